//! The audit log: every row is signed over its own content and the signature of the row before, so that none can be
//! changed, removed or put between without the key.

use hmac::Mac;
use uuid::Uuid;

use super::{LONGEST_PAGE, Store, now};
use crate::check::Check;
use crate::error::StoreError;
use crate::heads::Head;
use crate::hex;
use crate::ids::AuditAction;
use crate::key::{self, Key, Use};
use crate::records::AuditEntry;
use crate::rows::{AuditFilter, AuditRow};
use crate::sql::{Lock, Row, Stop, Transaction, query, query_of, read_all};

/// What the first row of a log is chained to.
pub(super) const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Columns of a row, in the order in which they are signed.
pub(super) const COLUMNS: &str =
    "number, at, actor, host, action, subject, before_json, after_json, operation, key_name, mac";

/// A row with everything that is signed.
pub(super) struct Signed {
    pub(super) row: AuditRow,
    pub(super) operation: String,
    pub(super) key_name: String,
}

/// The row of an operation that was done although its answer was lost.
const NUMBER: &str = "SELECT number FROM audit WHERE operation = $1";

/// What signs rows.
pub(super) struct Signer {
    key: zeroize::Zeroizing<[u8; 32]>,
    /// Name of the key.
    pub(super) name: String,
}

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
            let head = self.append(&mut transaction, &operation.id, entry).await?;
            transaction.commit().await?;
            self.keep(&head, false);
            Ok(head.number)
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
            let Some(mut transaction) = self.begin(&operation).await? else {
                return Ok(query(NUMBER).bind(&operation.id).value(&self.pool).await?);
            };
            let id = identity(&mut transaction).await?;
            let lost = self
                .heads()
                .of(&id, &self.url.to_string())
                .map(|head| serde_json::json!({ "audit_rows": head.number, "mac": head.mac }).to_string());
            let entry = AuditEntry {
                action: AuditAction::AuditAccepted,
                subject: self.url.to_string(),
                before_json: lost,
                after_json: Some(serde_json::json!({ "reason": reason }).to_string()),
            };
            let head = self.append_to(&mut transaction, &operation.id, &entry, Known::Ignored).await?;
            transaction.commit().await?;
            self.keep(&head, true);
            Ok(head.number)
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

    /// Appends a row inside the transaction of what it tells of.
    pub(super) async fn append(
        &self,
        transaction: &mut Transaction,
        operation: &str,
        entry: &AuditEntry,
    ) -> Result<Head, Stop> {
        self.append_to(transaction, operation, entry, self.tail).await
    }

    /// The same; `known` tells what becomes of the newest hash that is known here.
    pub(super) async fn append_to(
        &self,
        transaction: &mut Transaction,
        operation: &str,
        entry: &AuditEntry,
        known: Known,
    ) -> Result<Head, Stop> {
        const NEWEST: &str = "SELECT number, key_name, mac FROM audit ORDER BY number DESC LIMIT 1";
        const INSERT: &str = "INSERT INTO audit (number, at, actor, host, action, subject, before_json, after_json, \
             operation, key_name, mac) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        transaction.lock(Lock::Audit).await?;
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
        if known == Known::Kept {
            self.refuse_cut(&id, number, &before)?;
        }
        let mut signed = Signed {
            row: AuditRow {
                number: number.saturating_add(1),
                at: now(),
                actor: self.access.actor.name.clone(),
                host: self.access.actor.host.clone(),
                action: entry.action.as_str().to_owned(),
                subject: entry.subject.clone(),
                before_json: entry.before_json.clone(),
                after_json: entry.after_json.clone(),
                mac: String::new(),
            },
            operation: operation.to_owned(),
            key_name: signer.name.clone(),
        };
        signed.row.mac = signer.sign(&before, &signed);
        let row = &signed.row;
        query(INSERT)
            .bind(row.number)
            .bind(row.at)
            .bind(&row.actor)
            .bind(&row.host)
            .bind(&row.action)
            .bind(&row.subject)
            .bind(&row.before_json)
            .bind(&row.after_json)
            .bind(&signed.operation)
            .bind(&signed.key_name)
            .bind(&row.mac)
            .execute(&mut *transaction)
            .await?;
        Ok(Head { id, url: self.url.to_string(), number: row.number, mac: row.mac.clone() })
    }

    /// Refuses to go on with a log that ends before a row that was written from here.
    fn refuse_cut(&self, id: &str, number: i64, mac: &str) -> Result<(), StoreError> {
        match self.heads().of(id, &self.url.to_string()) {
            Some(head) if head.number > number || (head.number == number && head.mac != mac) => {
                Err(StoreError::AuditCut {
                    doing: "write into the audit log".to_owned(),
                    database: self.shown(),
                    number: head.number,
                })
            }
            _ => Ok(()),
        }
    }

    /// Remembers the newest row outside the database. What is committed is committed: a failure is only a warning.
    pub(super) fn keep(&self, head: &Head, force: bool) {
        if let Err(error) = self.heads().keep(head, force) {
            tracing::warn!(
                "cannot keep the newest audit hash in {}: {error}; a cut end of the log will not be noticed",
                self.access.key.heads().display()
            );
        }
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

/// What becomes of the newest hash that is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// The log must have it.
    Kept,
    /// The log was put back on purpose.
    Ignored,
}

impl Signer {
    pub(super) fn new(key: &Key) -> Self {
        Self { key: key.derive(Use::Audit), name: key.name() }
    }

    /// HMAC-SHA-256 over the signature of the row before and every column but its own signature. Each part goes in
    /// with its length, so that none can flow into the next; NULL has a length that no text has.
    pub(super) fn sign(&self, before: &str, signed: &Signed) -> String {
        let Signed { row, operation, key_name } = signed;
        let AuditRow { number, at, actor, host, action, subject, before_json, after_json, mac: _ } = row;
        let mut mac = key::keyed(&self.key[..]);
        let mut part = |text: Option<&str>| {
            let length = text.map_or(u64::MAX, |text| text.len() as u64);
            mac.update(&length.to_le_bytes());
            mac.update(text.unwrap_or_default().as_bytes());
        };
        part(Some(before));
        part(Some(&number.to_string()));
        part(Some(&at.to_string()));
        for text in [actor, host, action, subject] {
            part(Some(text));
        }
        part(before_json.as_deref());
        part(after_json.as_deref());
        part(Some(operation));
        part(Some(key_name));
        hex::encode(&mac.finalize().into_bytes())
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

fn audit_row(row: &Row) -> Result<AuditRow, sqlx::Error> {
    Ok(signed_row(row)?.row)
}

pub(super) fn signed_row(row: &Row) -> Result<Signed, sqlx::Error> {
    Ok(Signed {
        row: AuditRow {
            number: row.get("number")?,
            at: row.get("at")?,
            actor: row.get("actor")?,
            host: row.get("host")?,
            action: row.get("action")?,
            subject: row.get("subject")?,
            before_json: row.get("before_json")?,
            after_json: row.get("after_json")?,
            mac: row.get("mac")?,
        },
        operation: row.get("operation")?,
        key_name: row.get("key_name")?,
    })
}
