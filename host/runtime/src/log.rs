//! Log lines of a layer: capped per line and per call, cleaned of control characters, kept by the call and handed on
//! after it has ended, so that whoever reads them cannot hold up a call.

use crate::limits::Limits;
use crate::text;
use std::fmt;

/// How loud a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For the author.
    Debug,
    /// Worth knowing.
    Info,
    /// Something is odd.
    Warn,
    /// Something is wrong.
    Error,
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        })
    }
}

/// A line that a layer logged during one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How loud.
    pub level: LogLevel,
    /// The text on one line, cut and cleaned.
    pub message: String,
}

/// Sees every line that was kept of a call, in order, after the call has ended, whether well or not. Called on the
/// thread of the call, which no longer holds a place among the calls; it must not panic.
pub trait LogSink: Send + Sync {
    /// One line of `layer` (author/name, or the file before the layer has said who it is).
    fn line(&self, layer: &str, level: LogLevel, message: &str);
}

/// The lines kept of one call.
#[derive(Debug, Default)]
pub(crate) struct CallLog {
    lines: Vec<LogLine>,
    bytes: usize,
    dropped: u64,
    last_error: Option<String>,
}

impl CallLog {
    /// Keeps the line within the limits.
    pub(crate) fn push(&mut self, level: LogLevel, message: &str, limits: &Limits) {
        let message = text::line(message, limits.log_line_bytes);
        if level == LogLevel::Error {
            self.last_error = Some(message.clone());
        }
        let most_lines = usize::try_from(limits.log_lines).unwrap_or(usize::MAX);
        if self.lines.len() >= most_lines || self.bytes + message.len() > limits.log_bytes {
            self.dropped += 1;
            return;
        }
        self.bytes += message.len();
        self.lines.push(LogLine { level, message });
    }

    /// The newest line at error level, also when it was dropped: a guest's panic message, when there was one.
    pub(crate) fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    /// The lines that were kept.
    pub(crate) fn lines(&self) -> &[LogLine] {
        &self.lines
    }

    /// The lines, and a last one that says how many did not fit.
    pub(crate) fn into_lines(mut self, limits: &Limits) -> Vec<LogLine> {
        if self.dropped > 0 {
            let message = format!(
                "{} more log lines dropped: the limits are {} lines and {} bytes per call",
                self.dropped, limits.log_lines, limits.log_bytes
            );
            self.lines.push(LogLine { level: LogLevel::Warn, message });
        }
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits { log_bytes: 10, log_line_bytes: 4, ..Limits::default() }
    }

    #[test]
    fn lines_beyond_the_budget_of_the_call_are_counted_and_dropped() {
        let mut log = CallLog::default();
        for _ in 0..5 {
            log.push(LogLevel::Info, "1234567", &limits());
        }
        let lines = log.into_lines(&limits());
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0].message, "1234");
        assert_eq!(
            lines[2].message,
            "3 more log lines dropped: the limits are 1000 lines and 10 bytes per call"
        );
    }

    #[test]
    fn lines_are_counted_too() {
        let limits = Limits { log_lines: 3, ..Limits::default() };
        let mut log = CallLog::default();
        for _ in 0..5 {
            log.push(LogLevel::Info, "", &limits);
        }
        let lines = log.into_lines(&limits);
        assert_eq!(lines.len(), 4);
        assert_eq!(
            lines[3].message,
            "2 more log lines dropped: the limits are 3 lines and 65536 bytes per call"
        );
    }

    #[test]
    fn the_newest_error_is_found() {
        let mut log = CallLog::default();
        log.push(LogLevel::Error, "one", &limits());
        log.push(LogLevel::Info, "two", &limits());
        assert_eq!(log.last_error(), Some("one"));
    }

    #[test]
    fn the_newest_error_is_known_even_when_the_budget_was_used_up_before() {
        let mut log = CallLog::default();
        for _ in 0..5 {
            log.push(LogLevel::Info, "1234", &limits());
        }
        log.push(LogLevel::Error, "why", &limits());
        assert_eq!(log.lines().len(), 2);
        assert_eq!(log.last_error(), Some("why"));
    }
}
