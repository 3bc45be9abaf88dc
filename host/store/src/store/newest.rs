//! The newest row of this log that is known outside the database: whether the log still has it, and what is remembered
//! instead when rows were written or the log was put back.

use super::Store;
use super::audit::identity;
use crate::error::StoreError;
use crate::heads::{Head, KnownHeads, Over};
use crate::sql::{Transaction, query};

/// What becomes of the newest hash that is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// The log must have it.
    Kept,
    /// The log was put back on purpose.
    Ignored,
}

/// A row that was written, to be remembered once it is committed.
pub(super) struct Written {
    pub(super) head: Head,
    pub(super) over: Over,
}

/// The newest row that is known here to be in the log.
pub(super) struct NewestKnown {
    pub(super) head: Head,
    /// The log was put back to it, which nobody has remembered yet.
    pub(super) put_back: bool,
}

impl Store {
    /// What is known of the newest rows of all logs; of a copy that nobody else uses nothing is.
    pub(super) fn known_heads(&self) -> KnownHeads {
        match self.tail {
            Known::Kept => self.heads().known(),
            Known::Ignored => KnownHeads::default(),
        }
    }

    /// The newest row of this log that is known here. A log that was about to be put back when its process was killed
    /// tells itself whether it was.
    pub(super) async fn newest_known(
        &self,
        transaction: &mut Transaction,
        heads: &KnownHeads,
        id: &str,
    ) -> Result<Option<NewestKnown>, sqlx::Error> {
        const THERE: &str = "SELECT count(*) FROM audit WHERE number = $1 AND mac = $2";
        if let Some(head) = heads.intended(id, &self.place) {
            let there: i64 = query(THERE).bind(head.number).bind(&head.mac).value(transaction).await?;
            if there > 0 {
                return Ok(Some(NewestKnown { head: head.clone(), put_back: true }));
            }
        }
        let known = heads.of(id, &self.place).cloned();
        Ok(known.map(|head| NewestKnown { head, put_back: false }))
    }

    /// Remembers the newest row outside the database. What is committed is committed: a failure is only a warning.
    pub(super) fn keep(&self, written: &Written) {
        if self.tail == Known::Kept {
            self.warned(self.heads().keep(&written.head, &written.over));
        }
    }

    /// Remembers which row the log is about to be put back to.
    pub(super) fn intend(&self, written: &Written) {
        self.warned(self.heads().intend(&written.head));
    }

    /// The log was not put back after all.
    pub(super) fn forget(&self, intended: &Head) {
        self.warned(self.heads().forget(intended));
    }

    fn warned(&self, done: std::io::Result<()>) {
        if let Err(error) = done {
            tracing::warn!(
                "cannot keep the newest audit hash in {}: {error}; a cut end of the log will not be noticed",
                self.access.key.heads().display()
            );
        }
    }

    /// The row of an operation, if it was done although its answer was lost.
    pub(super) async fn row_of(
        &self,
        transaction: &mut Transaction,
        operation: &str,
        known: Known,
    ) -> Result<Option<Written>, sqlx::Error> {
        const DONE: &str = "SELECT number, mac FROM audit WHERE operation = $1";
        let Some(row) = query(DONE).bind(operation).optional(&mut *transaction).await? else {
            return Ok(None);
        };
        let (number, mac) = (row.get("number")?, row.get("mac")?);
        let head = Head { id: identity(transaction).await?, place: self.place.to_string(), number, mac };
        let over = match known {
            Known::Kept => Over::Known(None),
            Known::Ignored => Over::Anything,
        };
        Ok(Some(Written { head, over }))
    }

    /// Refuses to go on with a log that ends before a row that was written from here.
    pub(super) fn refuse_cut(&self, known: &Head, number: i64, mac: &str) -> Result<(), StoreError> {
        if known.number > number || (known.number == number && known.mac != mac) {
            return Err(StoreError::AuditCut {
                doing: "write into the audit log".to_owned(),
                database: self.shown(),
                number: known.number,
            });
        }
        Ok(())
    }
}
