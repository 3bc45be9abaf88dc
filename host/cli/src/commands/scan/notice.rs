//! What others change while a process scans again and again. The store is the truth: the audit log tells what was done,
//! by whoever, and the next scan sees it.

use crate::output;
use sluice_store::{AuditFilter, AuditRow, Store, StoreError};

/// Rows that are told at once; of more only the number.
const TOLD: usize = 20;
/// Rows that are read at once.
const PAGE: u32 = 1_000;
/// Beginnings of the actions that change what the next scan does. What scans write themselves is not among them, but for
/// a layer that is switched by rule.
const CHANGING: [&str; 7] =
    ["settings.", "layer.", "trust.", "list.", "import.finished", "breaker.reset", "breaker.tripped"];

/// Where in the audit log what is new begins.
pub struct Notices {
    /// Number and signature of the newest row that was looked at; a database that was put back has another one there.
    seen: Option<(i64, String)>,
    /// The log could not be read, which was told.
    blind: bool,
}

impl Notices {
    /// Everything up to now is known.
    ///
    /// # Errors
    /// When the audit log cannot be read.
    pub async fn from_now(store: &Store) -> Result<Self, StoreError> {
        Ok(Self { seen: newest(store).await?, blind: false })
    }

    /// Tells on stderr what was changed since the last time.
    pub async fn tell(&mut self, store: &Store) {
        match self.fresh(store).await {
            Ok(lines) => {
                self.blind = false;
                lines.iter().take(TOLD).for_each(|line| output::note(line));
                if let Some(more) = lines.len().checked_sub(TOLD).filter(|more| *more > 0) {
                    output::note(&format!("{more} more changes: `sluice audit log` lists them"));
                }
            }
            Err(error) if !self.blind => {
                self.blind = true;
                output::warn(&format!("what others change is not seen: {error}"));
            }
            Err(_) => {}
        }
    }

    /// A line for each change.
    async fn fresh(&mut self, store: &Store) -> Result<Vec<String>, StoreError> {
        let newest = newest(store).await?;
        let (Some((number, _)), Some((seen, _))) = (&newest, &self.seen) else {
            self.seen = newest;
            return Ok(Vec::new());
        };
        if newest == self.seen {
            return Ok(Vec::new());
        }
        if number <= seen {
            self.seen = newest;
            return Ok(vec!["the database was put back; the next scan goes by what is there now".to_owned()]);
        }
        let oldest_first = AuditFilter { oldest_first: true, ..AuditFilter::default() };
        let mut lines = Vec::new();
        let mut after = *seen;
        loop {
            let rows = store.audit(&oldest_first, Some(after), PAGE).await?;
            let Some(last) = rows.last() else { return Ok(lines) };
            after = last.number;
            self.seen = Some((last.number, last.mac.clone()));
            lines.extend(rows.iter().filter(|row| changes(&row.action)).map(line));
        }
    }
}

async fn newest(store: &Store) -> Result<Option<(i64, String)>, StoreError> {
    let rows = store.audit(&AuditFilter::default(), None, 1).await?;
    Ok(rows.into_iter().next().map(|row| (row.number, row.mac)))
}

fn changes(action: &str) -> bool {
    CHANGING.iter().any(|beginning| action.starts_with(beginning))
}

fn line(row: &AuditRow) -> String {
    format!("{} {} by {}: the next scan goes by it", row.action, row.subject, row.actor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_scan_writes_itself_is_no_news() {
        for (action, expected) in [
            ("settings.changed", true),
            ("layer.installed", true),
            ("import.finished", true),
            ("breaker.reset", true),
            ("import.begun", false),
            ("scan.finished", false),
            ("breaker.opened", false),
            ("file.changed", false),
        ] {
            assert_eq!(changes(action), expected, "{action}");
        }
    }
}
