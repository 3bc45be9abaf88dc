//! The audit log: every row is written in the transaction of what it tells of, numbered and signed after the row
//! before, and goes on only from the newest row that is known.

use super::newest::{Known, Written};
use super::sign::{BEGINNING, Signer};
use super::{LONGEST_PAGE, Store, now};
use crate::check::Check;
use crate::error::StoreError;
use crate::heads::{Head, Over};
use crate::ids::AuditAction;
use crate::records::AuditEntry;
use crate::rows::{AuditEnd, AuditFilter, AuditRow};
use crate::sql::{Lock, Row, Stop, Transaction, query, query_of, read_all};
use uuid::Uuid;

/// Columns of a row, in the order in which they are signed.
pub(super) const COLUMNS: &str =
    "number, at, actor, host, action, subject, before_json, after_json, operation, key_name, mac";

/// The row of an operation that was done although its answer was lost.
const NUMBER: &str = "SELECT number FROM audit WHERE operation = $1";

impl Store {
    /// Tells the audit log of something that was done outside the database; gives the number of the row.
    ///
    /// # Errors
    /// When a text cannot be stored as it is, the key cannot be used or is another one than before, the log lost rows,
    /// or the database fails.
    pub async fn record(&self, entry: &AuditEntry) -> Result<i64, StoreError> {
        let doing = format!("write {} into the audit log", entry.action);
        let check = Check::new(&doing);
        check.text(|| "subject".to_owned(), &entry.subject)?;
        for json in [&entry.before_json, &entry.after_json].into_iter().flatten() {
            check.text(|| "content".to_owned(), json)?;
        }
        self.once(&doing, |operation| async move {
            let Some(mut transaction) = self.begin(&operation).await? else {
                return Ok(query(NUMBER).bind(&operation.id).value(&self.pool).await?);
            };
            let written = self.append(&mut transaction, &operation.id, entry).await?;
            transaction.commit().await?;
            self.keep(&written);
            Ok(written.head.number)
        })
        .await
    }

    /// Accepts that the audit log lost rows, for example since the database was put back by other means than
    /// `sluice db restore`: the log goes on from where it is, with a row that tells so.
    ///
    /// # Errors
    /// As [`Store::record`], but for lost rows.
    pub async fn accept_audit(&self, reason: &str) -> Result<i64, StoreError> {
        let doing = "go on with the audit log as it is";
        Check::new(doing).text(|| "reason".to_owned(), reason)?;
        self.once(doing, |operation| async move {
            let Some(mut transaction) = self.begin_over(&operation, Known::Ignored).await? else {
                return Ok(query(NUMBER).bind(&operation.id).value(&self.pool).await?);
            };
            let heads = self.known_heads();
            let id = identity(&mut transaction).await?;
            let lost = self.newest_known(&mut transaction, &heads, &id).await?.map(|known| {
                serde_json::json!({ "audit_rows": known.head.number, "mac": known.head.mac }).to_string()
            });
            let entry = AuditEntry {
                action: AuditAction::AuditAccepted,
                subject: self.url.to_string(),
                before_json: lost,
                after_json: Some(serde_json::json!({ "reason": reason }).to_string()),
            };
            let written = self.append_to(&mut transaction, &operation.id, &entry, Known::Ignored).await?;
            transaction.commit().await?;
            self.keep(&written);
            Ok(written.head.number)
        })
        .await
    }

    /// One page of the audit log, newest first unless the filter says otherwise; `after` is the number of the last row
    /// of the page before. At most 1,000 rows.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        self.patiently("read the audit log", || async {
            let rows = listing(filter, after, limit).all(&self.pool).await?;
            Ok(read_all(&rows, audit_row)?)
        })
        .await
    }

    /// What ends the log when it is taken out of its database; `newest` is its last row there.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn end_of_audit(&self, newest: Option<&AuditRow>) -> Result<AuditEnd, StoreError> {
        let (number, mac) = newest.map_or((0, BEGINNING), |row| (row.number, row.mac.as_str()));
        Ok(Signer::new(self.key()?).sign_end(number, mac))
    }

    /// Appends a row inside the transaction of what it tells of.
    pub(super) async fn append(
        &self,
        transaction: &mut Transaction,
        operation: &str,
        entry: &AuditEntry,
    ) -> Result<Written, Stop> {
        self.append_to(transaction, operation, entry, self.tail).await
    }

    /// The same; `known` tells what becomes of the newest hash that is known here.
    pub(super) async fn append_to(
        &self,
        transaction: &mut Transaction,
        operation: &str,
        entry: &AuditEntry,
        known: Known,
    ) -> Result<Written, Stop> {
        const NEWEST: &str = "SELECT number, key_name, mac FROM audit ORDER BY number DESC LIMIT 1";
        transaction.lock(Lock::Audit).await?;
        let heads = self.known_heads();
        let signer = Signer::new(self.key()?);
        let id = identity(transaction).await?;
        let newest = query(NEWEST).optional(&mut *transaction).await?;
        let (number, key_name, before) = match &newest {
            None => (0, None, BEGINNING.to_owned()),
            Some(row) => (row.get::<i64>("number")?, Some(row.get::<String>("key_name")?), row.get("mac")?),
        };
        if let Some(theirs) = key_name.filter(|theirs| *theirs != signer.name) {
            return Err(self.other_key("the audit log", theirs, &signer.name).into());
        }
        let over = match known {
            Known::Ignored => Over::Anything,
            Known::Kept => match self.newest_known(transaction, &heads, &id).await? {
                None => Over::Known(None),
                Some(known) => {
                    self.refuse_cut(&known.head, number, &before)?;
                    if known.put_back {
                        Over::Anything
                    } else {
                        Over::Known(Some((known.head.number, known.head.mac)))
                    }
                }
            },
        };
        let mut row = AuditRow {
            number: number.saturating_add(1),
            at: now(),
            actor: self.access.actor.name.clone(),
            host: self.access.actor.host.clone(),
            action: entry.action.as_str().to_owned(),
            subject: entry.subject.clone(),
            before_json: entry.before_json.clone(),
            after_json: entry.after_json.clone(),
            operation: operation.to_owned(),
            key_name: signer.name.clone(),
            mac: String::new(),
        };
        row.mac = signer.sign(&before, &row);
        insert(transaction, &row).await?;
        Ok(Written {
            head: Head { id, place: self.place.to_string(), number: row.number, mac: row.mac },
            over,
        })
    }

    pub(super) fn other_key(&self, what: &str, theirs: String, ours: &str) -> StoreError {
        StoreError::OtherKey {
            doing: "use the key".to_owned(),
            what: what.to_owned(),
            database: self.shown().into(),
            theirs,
            ours: ours.to_owned(),
        }
    }
}

/// Identity of the database.
pub(super) async fn identity(transaction: &mut Transaction) -> Result<String, sqlx::Error> {
    query("SELECT id FROM identity WHERE single = 1").value(transaction).await
}

/// A fresh identity of an operation.
pub(super) fn operation_id() -> String {
    Uuid::now_v7().to_string()
}

/// Only the conditions that are asked for.
fn listing<'q>(filter: &AuditFilter, after: Option<i64>, limit: u32) -> crate::sql::Query<'q> {
    use std::fmt::Write;
    let AuditFilter { actor, action, subject, since, until, oldest_first } = filter.clone();
    // every text contains the empty one
    let subject = subject.filter(|text| !text.is_empty());
    let mut sql = format!("SELECT {COLUMNS} FROM audit WHERE 1 = 1");
    let mut count = 0;
    let mut condition = |text: &str, given: bool| {
        if given {
            count += 1;
            // writing into a String does not fail
            let _ = write!(sql, " AND {}", text.replace("$$", &format!("${count}")));
        }
    };
    condition("actor = $$", actor.is_some());
    condition("(action = $$ OR substr(action, 1, length($$) + 1) = $$ || '.')", action.is_some());
    condition(SUBJECT, subject.is_some());
    condition("at >= $$", since.is_some());
    condition("at < $$", until.is_some());
    let beyond = if oldest_first { "number > $$" } else { "number < $$" };
    condition(beyond, after.is_some());
    count += 1;
    let order = if oldest_first { "" } else { " DESC" };
    let _ = write!(sql, " ORDER BY number{order} LIMIT ${count}");
    let mut query = query_of(sql);
    for text in [actor, action, subject].into_iter().flatten() {
        query = query.bind(text);
    }
    for number in [since, until, after].into_iter().flatten() {
        query = query.bind(number);
    }
    query.bind(i64::from(limit.min(LONGEST_PAGE)))
}

/// Both databases know `replace`; a text that contains another one changes when that is taken out of it.
const SUBJECT: &str = "replace(subject, $$, '') <> subject";

pub(super) fn audit_row(row: &Row) -> Result<AuditRow, sqlx::Error> {
    Ok(AuditRow {
        number: row.get("number")?,
        at: row.get("at")?,
        actor: row.get("actor")?,
        host: row.get("host")?,
        action: row.get("action")?,
        subject: row.get("subject")?,
        before_json: row.get("before_json")?,
        after_json: row.get("after_json")?,
        operation: row.get("operation")?,
        key_name: row.get("key_name")?,
        mac: row.get("mac")?,
    })
}

async fn insert(transaction: &mut Transaction, row: &AuditRow) -> Result<(), sqlx::Error> {
    const INSERT: &str = "INSERT INTO audit (number, at, actor, host, action, subject, before_json, after_json, \
         operation, key_name, mac) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    query(INSERT)
        .bind(row.number)
        .bind(row.at)
        .bind(&row.actor)
        .bind(&row.host)
        .bind(&row.action)
        .bind(&row.subject)
        .bind(&row.before_json)
        .bind(&row.after_json)
        .bind(&row.operation)
        .bind(&row.key_name)
        .bind(&row.mac)
        .execute(transaction)
        .await
        .map(drop)
}
