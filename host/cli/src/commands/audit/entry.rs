//! Rows of the audit log as they are printed, exported and read back: with everything that is signed, byte for byte.

use crate::output::clock::Clock;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sluice_market::Instant;
use sluice_store::{AuditEnd, AuditRow};

/// A row as it is printed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The same as the number.
    pub cursor: i64,
    pub number: i64,
    pub at: String,
    pub who: String,
    pub host: String,
    pub action: String,
    pub subject: String,
    pub before: Option<Box<RawValue>>,
    pub after: Option<Box<RawValue>>,
    pub operation: String,
    /// Name of the key.
    pub key: String,
    pub mac: String,
}

/// The last line of an export: without it nobody would see that lines were cut off.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    end: End,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    /// Number of the newest row.
    number: i64,
    mac: String,
}

impl From<AuditRow> for Entry {
    fn from(row: AuditRow) -> Self {
        Self {
            cursor: row.number,
            number: row.number,
            at: Clock::default().show(row.at),
            who: row.actor,
            host: row.host,
            action: row.action,
            subject: row.subject,
            before: row.before_json.map(exact),
            after: row.after_json.map(exact),
            operation: row.operation,
            key: row.key_name,
            mac: row.mac,
        }
    }
}

impl Entry {
    /// The row that it shows.
    ///
    /// # Errors
    /// When a part of it is none that was ever printed.
    pub fn row(self) -> Result<AuditRow, String> {
        if self.cursor != self.number {
            return Err(format!("its cursor is {}, its number {}", self.cursor, self.number));
        }
        let at: Instant = self.at.parse().map_err(|error| format!("{error}"))?;
        let json = |value: Option<Box<RawValue>>| value.map(|value| value.get().to_owned());
        Ok(AuditRow {
            number: self.number,
            at: at.millis(),
            actor: self.who,
            host: self.host,
            action: self.action,
            subject: self.subject,
            before_json: json(self.before),
            after_json: json(self.after),
            operation: self.operation,
            key_name: self.key,
            mac: self.mac,
        })
    }
}

impl From<AuditEnd> for Ending {
    fn from(end: AuditEnd) -> Self {
        Self { end: End { number: end.newest, mac: end.mac } }
    }
}

impl From<Ending> for AuditEnd {
    fn from(Ending { end }: Ending) -> Self {
        Self { newest: end.number, mac: end.mac }
    }
}

/// The stored JSON byte for byte. A row that somebody tampered with may hold anything: then it is a text.
fn exact(json: String) -> Box<RawValue> {
    let one_line = !json.contains(['\n', '\r']);
    match one_line.then(|| RawValue::from_string(json.clone())) {
        Some(Ok(raw)) => raw,
        _ => serde_json::value::to_raw_value(&json).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> AuditRow {
        AuditRow {
            number: 7,
            at: 1_795_554_000_123,
            actor: "ann".to_owned(),
            host: "desk".to_owned(),
            action: "settings.changed".to_owned(),
            subject: "it's \"quoted\" \u{1f600}\n".to_owned(),
            before_json: None,
            after_json: Some(r#"{"b":1.50,"a":[null,1e400,"\u00e9"]}"#.to_owned()),
            operation: "0198c2f4-5a10-7c3e-9d42-6f1f0c9a7b21".to_owned(),
            key_name: "0123456789ab".to_owned(),
            mac: "f".repeat(64),
        }
    }

    #[test]
    fn a_row_comes_back_from_its_line_as_it_was() {
        let line = serde_json::to_string(&Entry::from(row())).unwrap();
        assert_eq!(line.lines().count(), 1);
        assert_eq!(serde_json::from_str::<Entry>(&line).unwrap().row(), Ok(row()));
        for (part, other) in [
            ("\"cursor\":7", "\"cursor\":8"),
            (".123Z", ".123"),
            ("\"who\"", "\"more\":1,\"who\""),
            ("\"who\"", "\"whom\""),
        ] {
            let changed = line.replace(part, other);
            assert_ne!(changed, line);
            let read = serde_json::from_str::<Entry>(&changed).map(Entry::row);
            assert!(!matches!(read, Ok(Ok(_))), "{changed}");
        }
    }

    #[test]
    fn stored_json_is_printed_byte_for_byte_and_anything_else_as_a_text() {
        for (stored, printed) in [
            (r#"{"b":1.50,"a":[null]}"#, r#"{"b":1.50,"a":[null]}"#),
            ("no json\u{1b}", r#""no json\u001b""#),
            ("{\n}", r#""{\n}""#),
            ("", "\"\""),
        ] {
            assert_eq!(exact(stored.to_owned()).get(), printed);
        }
    }
}
