//! What is wrong with an expression, and where.

use std::fmt;

/// What is wrong with an expression, at which column of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreenError {
    /// Counted in characters from 1.
    pub column: usize,
    /// What is wrong and what would do.
    pub message: String,
}

impl ScreenError {
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { column: at, message: message.into() }
    }

    /// The text with a mark under the place, for people at a terminal.
    #[must_use]
    pub fn pointed(&self, text: &str) -> String {
        let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        format!("{line}\n{}^ {}", " ".repeat(self.column.saturating_sub(1)), self.message)
    }
}

impl fmt::Display for ScreenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.message)
    }
}

impl std::error::Error for ScreenError {}
