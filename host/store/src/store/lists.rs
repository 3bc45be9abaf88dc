//! Lists of instruments: watchlists, and those that no scan looks at. Every change has its row in the audit log.

use serde_json::json;

use super::{Store, now};
use crate::error::StoreError;
use crate::ids::AuditAction;
use crate::records::AuditEntry;
use crate::rows::{ListChange, ListEntry, ListRow};
use crate::sql::{Lock, Row, Stop, Transaction, query, read_all};

/// The entries of a list, or of all lists that exclude.
macro_rules! entries {
    ($rest:literal) => {
        concat!("SELECT e.symbol, e.ident FROM list_entries e JOIN lists l ON l.name = e.list ", $rest)
    };
}

impl Store {
    /// All lists, by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn lists(&self) -> Result<Vec<ListRow>, StoreError> {
        const LISTS: &str = "SELECT l.name, l.excludes, l.made_at, l.made_by, \
             (SELECT count(*) FROM list_entries e WHERE e.list = l.name) AS entries FROM lists l";
        self.patiently("read the lists", || async {
            let mut lists = read_all(&query(LISTS).all(&self.pool).await?, list_row)?;
            // in the order of bytes, whatever the database's collation
            lists.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(lists)
        })
        .await
    }

    /// The instruments of a list, by ticker; none when there is no such list.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list(&self, name: &str) -> Result<Option<Vec<ListEntry>>, StoreError> {
        let doing = format!("read the list {name}");
        self.patiently(&doing, || async {
            let known = query("SELECT name FROM lists WHERE name = $1").bind(name);
            if known.optional(&self.pool).await?.is_none() {
                return Ok(None);
            }
            let rows = query(entries!("WHERE l.name = $1")).bind(name).all(&self.pool).await?;
            Ok(Some(sorted(read_all(&rows, entry)?)))
        })
        .await
    }

    /// The instruments that no scan looks at: those of all lists that exclude, each once.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn exclusions(&self) -> Result<Vec<ListEntry>, StoreError> {
        self.patiently("read the exclusions", || async {
            let rows = query(entries!("WHERE l.excludes = 1")).all(&self.pool).await?;
            let mut entries = sorted(read_all(&rows, entry)?);
            entries.dedup();
            Ok(entries)
        })
        .await
    }

    /// Makes an empty list; tells whether there was none of that name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_list(&self, name: &str, excludes: bool) -> Result<bool, StoreError> {
        const PUT: &str = "INSERT INTO lists (name, excludes, made_at, made_by) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (name) DO NOTHING";
        let doing = format!("make the list {name}");
        self.once(&doing, |operation| async move {
            let Some(mut transaction) = self.begin(&operation).await? else { return Ok(true) };
            let made = query(PUT)
                .bind(name)
                .bind(i64::from(excludes))
                .bind(now())
                .bind(&self.access.actor.name)
                .execute(&mut transaction)
                .await?;
            if made == 0 {
                return Ok(false);
            }
            let after = json!({ "excludes": excludes }).to_string();
            let entry = told(AuditAction::ListCreated, name, None, Some(after));
            self.commit(transaction, &operation.id, &entry).await?;
            Ok(true)
        })
        .await
    }

    /// Adds instruments to a list and takes others off it, by ticker or identity; none when there is no such list.
    /// Nothing is written when nothing changes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_list(
        &self,
        name: &str,
        add: &[ListEntry],
        remove: &[ListEntry],
    ) -> Result<Option<ListChange>, StoreError> {
        let doing = format!("change the list {name}");
        self.once(&doing, |operation| async move {
            let Some(mut transaction) = self.begin(&operation).await? else {
                // done by an attempt whose answer was lost
                let added = add.iter().map(|entry| entry.symbol.clone()).collect();
                let removed = remove.iter().map(|entry| entry.symbol.clone()).collect();
                return Ok(Some(ListChange { added, removed }));
            };
            transaction.lock(Lock::Lists).await?;
            let known = query("SELECT name FROM lists WHERE name = $1").bind(name);
            if known.optional(&mut transaction).await?.is_none() {
                return Ok(None);
            }
            let before = query(entries!("WHERE l.name = $1")).bind(name).all(&mut transaction).await?;
            let before = sorted(read_all(&before, entry)?);
            let change = self.apply(&mut transaction, name, &before, add, remove).await?;
            if change == ListChange::default() {
                return Ok(Some(change));
            }
            let after = json!({ "added": change.added, "removed": change.removed }).to_string();
            let before = json!({ "entries": before.len() }).to_string();
            let entry = told(AuditAction::ListChanged, name, Some(before), Some(after));
            self.commit(transaction, &operation.id, &entry).await?;
            Ok(Some(change))
        })
        .await
    }

    async fn apply(
        &self,
        transaction: &mut Transaction,
        name: &str,
        before: &[ListEntry],
        add: &[ListEntry],
        remove: &[ListEntry],
    ) -> Result<ListChange, Stop> {
        const PUT: &str = "INSERT INTO list_entries (list, symbol, ident, added_at, added_by) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (list, symbol) DO NOTHING";
        let same =
            |a: &ListEntry, b: &ListEntry| a.symbol == b.symbol || (a.ident.is_some() && a.ident == b.ident);
        let mut change = ListChange::default();
        for entry in add {
            if before.iter().any(|known| same(known, entry)) {
                continue;
            }
            let put = query(PUT)
                .bind(name)
                .bind(&entry.symbol)
                .bind(&entry.ident)
                .bind(now())
                .bind(&self.access.actor.name);
            if put.execute(&mut *transaction).await? > 0 {
                change.added.push(entry.symbol.clone());
            }
        }
        for entry in before.iter().filter(|known| remove.iter().any(|entry| same(known, entry))) {
            query("DELETE FROM list_entries WHERE list = $1 AND symbol = $2")
                .bind(name)
                .bind(&entry.symbol)
                .execute(&mut *transaction)
                .await?;
            change.removed.push(entry.symbol.clone());
        }
        Ok(change)
    }

    /// Removes a list with its entries; tells whether there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_list(&self, name: &str) -> Result<bool, StoreError> {
        let doing = format!("delete the list {name}");
        self.once(&doing, |operation| async move {
            let Some(mut transaction) = self.begin(&operation).await? else { return Ok(true) };
            transaction.lock(Lock::Lists).await?;
            let rows = query(entries!("WHERE l.name = $1")).bind(name).all(&mut transaction).await?;
            let entries = sorted(read_all(&rows, entry)?);
            query("DELETE FROM list_entries WHERE list = $1").bind(name).execute(&mut transaction).await?;
            let removed =
                query("DELETE FROM lists WHERE name = $1").bind(name).execute(&mut transaction).await?;
            if removed == 0 {
                return Ok(false);
            }
            let symbols: Vec<&str> = entries.iter().map(|entry| entry.symbol.as_str()).collect();
            let before = json!({ "entries": symbols }).to_string();
            let entry = told(AuditAction::ListDeleted, name, Some(before), None);
            self.commit(transaction, &operation.id, &entry).await?;
            Ok(true)
        })
        .await
    }
}

fn list_row(row: &Row) -> Result<ListRow, sqlx::Error> {
    Ok(ListRow {
        name: row.get("name")?,
        excludes: row.truth("excludes")?,
        entries: row.count("entries")?,
        made_at: row.get("made_at")?,
        made_by: row.get("made_by")?,
    })
}

fn entry(row: &Row) -> Result<ListEntry, sqlx::Error> {
    Ok(ListEntry { symbol: row.get("symbol")?, ident: row.get("ident")? })
}

/// In the order of bytes, whatever the database's collation.
fn sorted(mut entries: Vec<ListEntry>) -> Vec<ListEntry> {
    entries.sort();
    entries
}

fn told(
    action: AuditAction,
    name: &str,
    before_json: Option<String>,
    after_json: Option<String>,
) -> AuditEntry {
    AuditEntry { action, subject: name.to_owned(), before_json, after_json }
}
