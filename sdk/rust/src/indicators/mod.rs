//! Indicators over columns of bars.
