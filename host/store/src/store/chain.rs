//! The chain of an audit log, row by row: each must be numbered after the row before and signed over it with our key,
//! and the newest row that is known must be there. Where the rows come from does not matter here.

use super::sign::{BEGINNING, Signer};
use crate::heads::Head;
use crate::ids::{AuditAction, AuditFaultKind};
use crate::rows::{AuditEnd, AuditFault, AuditRow, AuditVerdict};

/// What the row of a pruning tells: rows up to a number are gone, and the signature of the last of them.
#[derive(Debug, Clone)]
pub(super) struct Checkpoint {
    pub(super) through: i64,
    pub(super) mac: String,
}

/// Where the check stands.
pub(super) struct Chain {
    signer: Signer,
    /// The newest row that is known beside the key.
    known: Option<Head>,
    rows: u64,
    first: Option<i64>,
    /// Number and signature of the row before the next one.
    last: i64,
    mac: String,
    checkpoint: Option<i64>,
    fault: Option<AuditFault>,
}

impl Chain {
    pub(super) fn new(signer: Signer, known: Option<Head>) -> Self {
        let mac = BEGINNING.to_owned();
        Self { signer, known, rows: 0, first: None, last: 0, mac, checkpoint: None, fault: None }
    }

    /// Begins with the first row there is. Rows before it must have been pruned, as one of these tells; the row that
    /// tells so is checked in its turn.
    pub(super) fn begin(&mut self, first: i64, checkpoints: impl IntoIterator<Item = Checkpoint>) {
        self.first = Some(first);
        self.last = first.saturating_sub(1);
        if self.last == 0 {
            return;
        }
        match checkpoints.into_iter().find(|checkpoint| checkpoint.through == self.last) {
            Some(checkpoint) => {
                self.mac = checkpoint.mac;
                self.checkpoint = Some(checkpoint.through);
            }
            None => {
                let detail = match self.last {
                    1 => "row 1 is not there, and no row tells that it was pruned".to_owned(),
                    last => format!("rows 1 to {last} are not there, and no row tells that they were pruned"),
                };
                self.spoil(1, AuditFaultKind::Removed, detail);
            }
        }
    }

    /// Checks the next row; what is wrong with it may show in the one behind it.
    pub(super) fn take(&mut self, row: &AuditRow, next: Option<&AuditRow>) {
        if self.fault.is_some() {
            return;
        }
        match self.wrong(row, next) {
            Some((number, kind, detail)) => self.spoil(number, kind, detail),
            None => {
                self.last = row.number;
                self.mac.clone_from(&row.mac);
                self.rows += 1;
            }
        }
    }

    fn wrong(&self, row: &AuditRow, next: Option<&AuditRow>) -> Option<(i64, AuditFaultKind, String)> {
        let (number, expected) = (row.number, self.expected());
        if number < expected {
            let detail = format!("row {number} is there once more, where row {expected} should be");
            return Some((number, AuditFaultKind::Inserted, detail));
        }
        if number > expected {
            let gone = match number.saturating_sub(1) {
                last if last > expected => format!("rows {expected} to {last} are not there"),
                _ => format!("row {expected} is not there"),
            };
            return Some((expected, AuditFaultKind::Removed, gone));
        }
        if row.key_name != self.signer.name {
            let (theirs, ours) = (&row.key_name, &self.signer.name);
            let detail = format!("row {number} was signed with key {theirs:.12}, this is key {ours}");
            return Some((number, AuditFaultKind::OtherKey, detail));
        }
        if self.signer.sign(&self.mac, row) != row.mac {
            return Some(match self.was_put_before(row, next) {
                true => (
                    number,
                    AuditFaultKind::Inserted,
                    format!(
                        "row {number} was not written by Sluice: its signature is wrong, and the log goes on without it"
                    ),
                ),
                false => (
                    number,
                    AuditFaultKind::Changed,
                    format!("row {number} is not as it was written: its signature is wrong"),
                ),
            });
        }
        let known = self.known.as_ref().filter(|known| known.number == number && known.mac != row.mac);
        known.map(|_| {
            let detail = format!("row {number} is not the one whose hash is kept beside the key");
            (number, AuditFaultKind::Changed, detail)
        })
    }

    /// Whether the log goes on behind this row as if it were not there: the next row is chained to the one before, or
    /// there should be none here at all.
    fn was_put_before(&self, row: &AuditRow, next: Option<&AuditRow>) -> bool {
        let beyond_the_end = self.known.as_ref().is_some_and(|known| known.number < row.number);
        let chained_past = next.is_some_and(|next| {
            let moved = AuditRow { number: row.number, ..next.clone() };
            self.signer.sign(&self.mac, &moved) == next.mac
        });
        beyond_the_end || chained_past
    }

    /// No row follows: is any missing that is known?
    pub(super) fn end(&mut self) {
        let last = self.known.as_ref().map_or(0, |known| known.number);
        if last > self.last {
            self.cut(last, "written");
        }
    }

    /// No row follows but what tells that none was cut off.
    pub(super) fn end_with(&mut self, end: Option<&AuditEnd>) {
        let (last, next) = (self.last, self.expected());
        match end {
            Some(end) if end.newest > last => self.cut(end.newest, "exported"),
            Some(end) if *end == self.signer.sign_end(last, &self.mac) => {}
            Some(_) => self.spoil(
                next,
                AuditFaultKind::Cut,
                format!("what ends the log does not belong to row {last}: rows behind it are missing, or were put in"),
            ),
            None => self.spoil(
                next,
                AuditFaultKind::Cut,
                format!("the log does not end behind row {last}: what ends it is not there, and rows may be missing"),
            ),
        }
    }

    fn cut(&mut self, last: i64, how: &str) {
        let number = self.expected();
        let detail = match last {
            last if last == number => format!("row {number} was {how} but is not there"),
            last => format!("rows {number} to {last} were {how} but are not there"),
        };
        self.spoil(number, AuditFaultKind::Cut, detail);
    }

    /// Number that the next row must have.
    pub(super) fn expected(&self) -> i64 {
        self.last.saturating_add(1)
    }

    /// Remembers the first fault.
    pub(super) fn spoil(&mut self, number: i64, kind: AuditFaultKind, detail: String) {
        self.fault.get_or_insert(AuditFault { number, kind, detail });
    }

    /// Rows that were checked so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn last(&self) -> i64 {
        self.last
    }

    pub(super) fn is_spoilt(&self) -> bool {
        self.fault.is_some()
    }

    pub(super) fn verdict(self) -> AuditVerdict {
        AuditVerdict {
            rows: self.rows,
            first: self.first,
            newest: self.first.map(|_| self.last),
            checkpoint: self.checkpoint,
            known_newest: self.known.map(|known| known.number),
            fault: self.fault,
        }
    }
}

impl Checkpoint {
    /// As the row of a pruning tells it.
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::json!({ "through": self.through, "mac": self.mac })
    }

    /// What a row tells, if it is one of a pruning that removed rows.
    pub(super) fn told_by(row: &AuditRow) -> Option<Self> {
        let json =
            row.after_json.as_deref().filter(|_| row.action == AuditAction::DatabasePruned.as_str())?;
        Self::read(json)
    }

    /// From what the row of a pruning tells.
    pub(super) fn read(json: &str) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_str(json).ok()?;
        let checkpoint = value.get("checkpoint")?;
        Some(Self {
            through: checkpoint.get("through")?.as_i64()?,
            mac: checkpoint.get("mac")?.as_str()?.to_owned(),
        })
    }
}
