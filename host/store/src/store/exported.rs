//! Checking an audit log that was taken out of its database, with nothing but its rows and the key.

use super::chain::{Chain, Checkpoint};
use super::sign::Signer;
use crate::access::Access;
use crate::error::StoreError;
use crate::ids::AuditFaultKind;
use crate::rows::{AuditEnd, AuditRow, AuditVerdict};

/// A check of rows that come from outside, oldest first. All of them are shown to it twice: at the first reading it
/// learns what the log itself tells of rows that were pruned, at the second one it checks.
pub struct AuditCheck {
    chain: Chain,
    begun: bool,
    checkpoints: Vec<Checkpoint>,
    /// Checked together with the row behind it.
    held: Option<AuditRow>,
    end: Option<AuditEnd>,
}

impl AuditCheck {
    /// A check with the key of `access`, which must be there.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn new(access: &Access) -> Result<Self, StoreError> {
        let chain = Chain::new(Signer::new(&access.key.load(false)?), None);
        Ok(Self { chain, begun: false, checkpoints: Vec::new(), held: None, end: None })
    }

    /// Shows a row for the first time.
    pub fn read(&mut self, row: &AuditRow) {
        self.checkpoints.extend(Checkpoint::told_by(row));
    }

    /// Checks a row; false when the check need not go on.
    pub fn take(&mut self, row: AuditRow) -> bool {
        if let Some(end) = &self.end {
            let detail = format!("row {} stands behind the end of the log at row {}", row.number, end.newest);
            self.spoil(AuditFaultKind::Inserted, detail);
            return false;
        }
        if !self.begun {
            self.begun = true;
            self.chain.begin(row.number, self.checkpoints.drain(..));
        }
        if let Some(held) = self.held.take() {
            self.chain.take(&held, Some(&row));
        }
        self.held = Some(row);
        !self.chain.is_spoilt()
    }

    /// What ends the log.
    pub fn end(&mut self, end: AuditEnd) {
        self.end = Some(end);
    }

    /// Something stands where the next row should be.
    pub fn spoilt(&mut self, detail: String) {
        self.spoil(AuditFaultKind::Changed, detail);
    }

    fn spoil(&mut self, kind: AuditFaultKind, detail: String) {
        if let Some(held) = self.held.take() {
            self.chain.take(&held, None);
        }
        self.chain.spoil(self.chain.expected(), kind, detail);
    }

    /// Rows that were checked so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.chain.rows()
    }

    /// What was found, once all rows were shown.
    #[must_use]
    pub fn verdict(mut self) -> AuditVerdict {
        if let Some(held) = self.held.take() {
            self.chain.take(&held, None);
        }
        if !self.chain.is_spoilt() {
            self.chain.end_with(self.end.as_ref());
        }
        self.chain.verdict()
    }
}
