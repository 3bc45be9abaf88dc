//! Checking the audit log: from its oldest row to its newest, every row must be signed with our key, be numbered and
//! chained to the row before, and the newest row that is known beside the key must be there.

use super::audit::{BEGINNING, COLUMNS, Signed, Signer, identity, signed_row};
use super::{LONGEST_PAGE, Store};
use crate::error::StoreError;
use crate::heads::Head;
use crate::ids::{AuditAction, AuditFaultKind};
use crate::rows::{AuditFault, AuditVerdict};
use crate::sql::{Stop, Transaction, query, query_of, read_all};

/// What a checkpoint tells: rows up to a number were pruned, and the signature of the last of them.
pub(super) struct Checkpoint {
    pub(super) through: i64,
    pub(super) mac: String,
}

impl Store {
    /// Checks the whole audit log against the key; `progress` is told how many rows were checked so far. A log that is
    /// not intact is no error: the verdict names the first row that is not as it was written.
    ///
    /// # Errors
    /// When the key cannot be used or the database cannot be read.
    pub async fn verify_audit(&self, mut progress: impl FnMut(u64)) -> Result<AuditVerdict, StoreError> {
        let doing = "check the audit log";
        let signer = Signer::new(self.key()?);
        let mut walk = self.patiently(doing, || self.start(&signer)).await?;
        while walk.fault.is_none() {
            let more = self.watched(walk.step()).await.map_err(|stop| match stop {
                Stop::Sql(error) => self.explain(doing, &error),
                Stop::Refused(error) => error,
            })?;
            progress(walk.rows);
            if !more {
                break;
            }
        }
        Ok(walk.verdict())
    }

    async fn start<'s>(&self, signer: &'s Signer) -> Result<Walk<'s>, Stop> {
        let mut transaction = self.pool.begin_reading().await?;
        let id = identity(&mut transaction).await?;
        let heads = self.heads();
        let url = self.url.to_string();
        let known = heads.of(&id, &url);
        let replaced = match &known {
            None => heads.of_url(&url),
            Some(_) => None,
        };
        let first: Option<i64> =
            query("SELECT min(number) FROM audit").value::<Option<i64>>(&mut transaction).await?;
        let mut walk = Walk {
            transaction,
            signer,
            known,
            rows: 0,
            first,
            last: first.map_or(0, |first| first - 1),
            mac: BEGINNING.to_owned(),
            checkpoint: None,
            fault: None,
        };
        if let Some(replaced) = replaced {
            walk.fault = Some(AuditFault {
                number: 1,
                kind: AuditFaultKind::Removed,
                detail: format!(
                    "the database is another one: the log of the one that was here before had {} rows",
                    replaced.number
                ),
            });
        } else if walk.last > 0 {
            walk.begin_at_checkpoint().await?;
        }
        Ok(walk)
    }
}

/// Where the check stands.
struct Walk<'s> {
    /// Sees the log as it was when the check began.
    transaction: Transaction,
    signer: &'s Signer,
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

impl Walk<'_> {
    /// Rows up to `last` are gone: a row of the log must say that they were pruned. That row is checked in its turn.
    async fn begin_at_checkpoint(&mut self) -> Result<(), Stop> {
        const PRUNED: &str = "SELECT after_json FROM audit WHERE action = $1 ORDER BY number DESC";
        let action = AuditAction::DatabasePruned.as_str();
        let told: Vec<Option<String>> = query(PRUNED).bind(action).values(&mut self.transaction).await?;
        let checkpoints = told.iter().flatten().filter_map(|json| Checkpoint::read(json));
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
                self.fault = Some(AuditFault { number: 1, kind: AuditFaultKind::Removed, detail });
            }
        }
        Ok(())
    }

    /// Checks the next page of rows; false when none is left.
    async fn step(&mut self) -> Result<bool, Stop> {
        let sql = format!("SELECT {COLUMNS} FROM audit WHERE number > $1 ORDER BY number LIMIT $2");
        // one more than is checked, since what is wrong with a row shows in the next
        let limit = i64::from(LONGEST_PAGE) + 1;
        let page = query_of(sql).bind(self.last).bind(limit).all(&mut self.transaction).await?;
        let page = read_all(&page, signed_row)?;
        for (index, signed) in page.iter().take(LONGEST_PAGE as usize).enumerate() {
            self.fault = self.check(signed, page.get(index + 1));
            if self.fault.is_some() {
                return Ok(false);
            }
            self.last = signed.row.number;
            self.mac.clone_from(&signed.row.mac);
            self.rows += 1;
        }
        if page.is_empty() {
            self.fault = self.cut();
        }
        Ok(!page.is_empty())
    }

    fn check(&self, signed: &Signed, next: Option<&Signed>) -> Option<AuditFault> {
        let number = signed.row.number;
        let fault = |number, kind, detail: String| Some(AuditFault { number, kind, detail });
        let expected = self.last.saturating_add(1);
        if number != expected {
            let gone = match number - 1 {
                last if last == expected => format!("row {expected} is not there"),
                last => format!("rows {expected} to {last} are not there"),
            };
            return fault(expected, AuditFaultKind::Removed, gone);
        }
        if signed.key_name != self.signer.name {
            let (theirs, ours) = (&signed.key_name, &self.signer.name);
            let detail = format!("row {number} was signed with key {theirs:.12}, this is key {ours}");
            return fault(number, AuditFaultKind::OtherKey, detail);
        }
        if self.signer.sign(&self.mac, signed) != signed.row.mac {
            return match self.was_put_before(signed, next) {
                true => fault(
                    number,
                    AuditFaultKind::Inserted,
                    format!(
                        "row {number} was not written by Sluice: its signature is wrong, and the log goes on without it"
                    ),
                ),
                false => fault(
                    number,
                    AuditFaultKind::Changed,
                    format!("row {number} is not as it was written: its signature is wrong"),
                ),
            };
        }
        match &self.known {
            Some(known) if known.number == number && known.mac != signed.row.mac => fault(
                number,
                AuditFaultKind::Changed,
                format!("row {number} is not the one whose hash is kept beside the key"),
            ),
            _ => None,
        }
    }

    /// Whether the log goes on behind this row as if it were not there: the next row is chained to the one before, or
    /// there should be none here at all.
    fn was_put_before(&self, signed: &Signed, next: Option<&Signed>) -> bool {
        let beyond_the_end = self.known.as_ref().is_some_and(|known| known.number < signed.row.number);
        let chained_past = next.is_some_and(|next| {
            let mut moved = Signed {
                row: next.row.clone(),
                operation: next.operation.clone(),
                key_name: next.key_name.clone(),
            };
            moved.row.number = signed.row.number;
            self.signer.sign(&self.mac, &moved) == next.row.mac
        });
        beyond_the_end || chained_past
    }

    /// Whether rows are missing at the end.
    fn cut(&self) -> Option<AuditFault> {
        let known = self.known.as_ref().filter(|known| known.number > self.last)?;
        let number = self.last.saturating_add(1);
        let detail = match known.number {
            last if last == number => format!("row {number} was written but is not there"),
            last => format!("rows {number} to {last} were written but are not there"),
        };
        Some(AuditFault { number, kind: AuditFaultKind::Cut, detail })
    }

    fn verdict(self) -> AuditVerdict {
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

    fn read(json: &str) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_str(json).ok()?;
        let checkpoint = value.get("checkpoint")?;
        Some(Self {
            through: checkpoint.get("through")?.as_i64()?,
            mac: checkpoint.get("mac")?.as_str()?.to_owned(),
        })
    }
}
