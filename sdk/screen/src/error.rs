//! What is wrong with an expression, and where.

use std::fmt;

/// Characters of a text that are shown around the place.
const SHOWN: usize = 72;

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

    /// The text with a mark under the place, for people at a terminal: two lines, of a long text the part around the
    /// place.
    #[must_use]
    pub fn pointed(&self, text: &str) -> String {
        let line: Vec<char> = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let at = self.column.saturating_sub(1).min(line.len());
        let first = if line.len() > SHOWN { at.saturating_sub(SHOWN / 2) } else { 0 };
        let end = line.len().min(first + SHOWN);
        let shown: String = line.get(first..end).unwrap_or_default().iter().collect();
        let before = if first > 0 { "…" } else { "" };
        let behind = if end < line.len() { "…" } else { "" };
        let blanks = " ".repeat(at - first + before.chars().count());
        format!("{before}{shown}{behind}\n{blanks}^")
    }
}

impl fmt::Display for ScreenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.message)
    }
}

impl std::error::Error for ScreenError {}
