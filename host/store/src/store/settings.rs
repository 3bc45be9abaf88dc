//! Settings that operators change at run time: numbered revisions, each with its author and what it changed.

use std::collections::{BTreeMap, BTreeSet};

use super::{LONGEST_PAGE, Operation, Store, now};
use crate::check::Check;
use crate::error::StoreError;
use crate::ids::AuditAction;
use crate::records::{AuditEntry, Base, SettingKey, SettingsChange};
use crate::rows::{ChangeRow, Changed, RevisionRow, SettingRow, Settings};
use crate::sql::{Lock, Row, Stop, Transaction, query, query_of, read_all};

const NEWEST: &str = "SELECT coalesce(max(revision), 0) FROM settings_revisions";

impl Store {
    /// The settings that hold.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn settings(&self) -> Result<Settings, StoreError> {
        self.patiently("read the settings", || async {
            let mut transaction = self.pool.begin_reading().await?;
            let revision = query(NEWEST).value(&mut transaction).await?;
            Ok(Settings { revision, rows: current(&mut transaction).await? })
        })
        .await
    }

    /// The settings as they held after a revision; 0: before the first one.
    ///
    /// # Errors
    /// When there is no such revision, or the database cannot be read.
    pub async fn settings_at(&self, revision: i64) -> Result<Settings, StoreError> {
        // of each key its last change up to the revision
        const AT: &str = "SELECT c.target, c.name, c.new_json AS value_json, c.revision FROM settings_changes c \
             WHERE c.new_json IS NOT NULL AND c.revision = (SELECT max(l.revision) FROM settings_changes l \
             WHERE l.target = c.target AND l.name = c.name AND l.revision <= $1) ORDER BY c.target, c.name";
        let doing = format!("read the settings of revision {revision}");
        self.patiently(&doing, || async {
            let mut transaction = self.pool.begin_reading().await?;
            let newest: i64 = query(NEWEST).value(&mut transaction).await?;
            if !(0..=newest).contains(&revision) {
                let database = self.url.to_string();
                return Err(StoreError::UnknownRevision { revision, newest, database }.into());
            }
            let rows = query(AT).bind(revision).all(&mut transaction).await?;
            Ok(Settings { revision, rows: sorted(read_all(&rows, setting_row)?) })
        })
        .await
    }

    /// Stores a change as the next revision, with its audit row, or nothing of it.
    ///
    /// # Errors
    /// [`StoreError::StaleSettings`] when others changed what the change is based on; when a text cannot be stored as
    /// it is, a key occurs twice, or the database fails.
    pub async fn change_settings(&self, change: &SettingsChange) -> Result<Changed, StoreError> {
        const DONE: &str = "SELECT revision FROM settings_revisions WHERE operation = $1";
        let doing = "change the settings";
        Check::new(doing).settings(change)?;
        self.once(doing, |operation| async move {
            let Some(mut transaction) = self.begin(&operation).await? else {
                return Ok(Changed::Revision(query(DONE).bind(&operation.id).value(&self.pool).await?));
            };
            transaction.lock(Lock::Settings).await?;
            let newest: i64 = query(NEWEST).value(&mut transaction).await?;
            refuse_stale(&mut transaction, change, newest).await?;
            let changes = differences(current(&mut transaction).await?, change);
            if changes.is_empty() {
                return Ok(Changed::Nothing);
            }
            let revision = newest.saturating_add(1);
            self.write_revision(&mut transaction, &operation, revision, change, &changes).await?;
            self.commit(transaction, &operation.id, &told(revision, change, &changes)).await?;
            Ok(Changed::Revision(revision))
        })
        .await
    }

    /// One page of the history, newest first: revisions that changed one of these targets (any when none is named) and
    /// are older than `before`. At most 1,000 rows.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn settings_history(
        &self,
        targets: &[String],
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RevisionRow>, StoreError> {
        self.patiently("read the history of the settings", || async {
            let mut transaction = self.pool.begin_reading().await?;
            history(&mut transaction, targets, before, i64::from(limit.min(LONGEST_PAGE))).await
        })
        .await
    }

    async fn write_revision(
        &self,
        transaction: &mut Transaction,
        operation: &Operation,
        revision: i64,
        change: &SettingsChange,
        changes: &[ChangeRow],
    ) -> Result<(), sqlx::Error> {
        const REVISION: &str = "INSERT INTO settings_revisions (revision, at, actor, host, rolled_back_to, operation) \
             VALUES ($1, $2, $3, $4, $5, $6)";
        query(REVISION)
            .bind(revision)
            .bind(now())
            .bind(&self.access.actor.name)
            .bind(&self.access.actor.host)
            .bind(change.rolled_back_to)
            .bind(&operation.id)
            .execute(&mut *transaction)
            .await?;
        for change in changes {
            write_change(transaction, revision, change).await?;
        }
        Ok(())
    }
}

async fn write_change(
    transaction: &mut Transaction,
    revision: i64,
    change: &ChangeRow,
) -> Result<(), sqlx::Error> {
    const CHANGE: &str = "INSERT INTO settings_changes (revision, target, name, old_json, new_json) \
         VALUES ($1, $2, $3, $4, $5)";
    const SET: &str = "INSERT INTO settings (target, name, value_json, revision) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (target, name) DO UPDATE SET value_json = excluded.value_json, revision = excluded.revision";
    const UNSET: &str = "DELETE FROM settings WHERE target = $1 AND name = $2";
    let ChangeRow { key: SettingKey { target, name }, old_json, new_json } = change;
    let row = query(CHANGE).bind(revision).bind(target).bind(name).bind(old_json).bind(new_json);
    row.execute(&mut *transaction).await?;
    let held = match new_json {
        Some(value) => query(SET).bind(target).bind(name).bind(value).bind(revision),
        None => query(UNSET).bind(target).bind(name),
    };
    held.execute(transaction).await.map(drop)
}

/// Refuses a change when others changed meanwhile what it is based on, and shows what they did.
async fn refuse_stale(
    transaction: &mut Transaction,
    change: &SettingsChange,
    newest: i64,
) -> Result<(), Stop> {
    let (base, strict) = match change.base {
        Base::Exactly(base) => (base, true),
        Base::Seen(base) => (base, false),
    };
    if newest == base {
        return Ok(());
    }
    if base > newest || base < 0 {
        let newest_row = history(transaction, &[], None, 1).await?.pop();
        return Err(match newest_row {
            Some(row) => StoreError::StaleSettings { base, newest: Box::new(row) }.into(),
            None => StoreError::StaleSettings { base, newest: Box::new(nothing()) }.into(),
        });
    }
    let keys: BTreeSet<&SettingKey> = change.set.iter().map(|(key, _)| key).collect();
    let mut before = None;
    loop {
        let page = history(transaction, &[], before, i64::from(LONGEST_PAGE)).await?;
        let Some(last) = page.last().map(|row| row.revision) else { return Ok(()) };
        let newer = page.into_iter().filter(|row| row.revision > base);
        let in_the_way =
            |row: &RevisionRow| strict || row.changes.iter().any(|other| keys.contains(&other.key));
        if let Some(row) = newer.into_iter().find(in_the_way) {
            return Err(StoreError::StaleSettings { base, newest: Box::new(row) }.into());
        }
        if last <= base {
            return Ok(());
        }
        before = Some(last);
    }
}

/// What stands in for the newest revision while there is none.
fn nothing() -> RevisionRow {
    RevisionRow { revision: 0, at: 0, actor: "nobody".to_owned(), rolled_back_to: None, changes: Vec::new() }
}

async fn current(transaction: &mut Transaction) -> Result<Vec<SettingRow>, sqlx::Error> {
    let rows = query("SELECT target, name, value_json, revision FROM settings").all(transaction).await?;
    Ok(sorted(read_all(&rows, setting_row)?))
}

/// By key in the order of bytes, whatever the database's collation.
fn sorted(mut rows: Vec<SettingRow>) -> Vec<SettingRow> {
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    rows
}

fn setting_row(row: &Row) -> Result<SettingRow, sqlx::Error> {
    Ok(SettingRow {
        key: SettingKey { target: row.get("target")?, name: row.get("name")? },
        value_json: row.get("value_json")?,
        revision: row.get("revision")?,
    })
}

/// What the change comes to: the keys whose value it really changes.
fn differences(held: Vec<SettingRow>, change: &SettingsChange) -> Vec<ChangeRow> {
    let mut held: BTreeMap<SettingKey, String> =
        held.into_iter().map(|row| (row.key, row.value_json)).collect();
    let mut changes: Vec<ChangeRow> = change
        .set
        .iter()
        .map(|(key, new)| ChangeRow { old_json: held.remove(key), new_json: new.clone(), key: key.clone() })
        .filter(|change| change.old_json != change.new_json)
        .collect();
    changes.sort_by(|a, b| a.key.cmp(&b.key));
    changes
}

/// What the audit log tells: the values before and since, by target and name.
fn told(revision: i64, change: &SettingsChange, changes: &[ChangeRow]) -> AuditEntry {
    let values = |which: fn(&ChangeRow) -> &Option<String>| {
        let mut targets = BTreeMap::<&str, BTreeMap<&str, serde_json::Value>>::new();
        for change in changes {
            let value = which(change).as_deref().map_or(serde_json::Value::Null, |json| {
                serde_json::from_str(json).unwrap_or_else(|_| json.into())
            });
            targets.entry(&change.key.target).or_default().insert(&change.key.name, value);
        }
        serde_json::json!(targets)
    };
    let mut after = serde_json::json!({ "settings": values(|change| &change.new_json) });
    if let (Some(rolled_back_to), Some(after)) = (change.rolled_back_to, after.as_object_mut()) {
        after.insert("rolled_back_to".to_owned(), rolled_back_to.into());
    }
    AuditEntry {
        action: AuditAction::SettingsChanged,
        subject: format!("revision {revision}"),
        before_json: Some(serde_json::json!({ "settings": values(|change| &change.old_json) }).to_string()),
        after_json: Some(after.to_string()),
    }
}

async fn history(
    transaction: &mut Transaction,
    targets: &[String],
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<RevisionRow>, Stop> {
    let marks: Vec<String> = (0..targets.len()).map(|index| format!("${}", index + 3)).collect();
    let wanted = match marks.is_empty() {
        true => String::new(),
        false => format!(
            " AND EXISTS (SELECT 1 FROM settings_changes c WHERE c.revision = r.revision AND c.target IN ({}))",
            marks.join(", ")
        ),
    };
    let sql = format!(
        "SELECT r.revision, r.at, r.actor, r.rolled_back_to FROM settings_revisions r WHERE r.revision < $1{wanted} \
         ORDER BY r.revision DESC LIMIT $2"
    );
    let mut query = query_of(sql).bind(before.unwrap_or(i64::MAX)).bind(limit);
    for target in targets {
        query = query.bind(target);
    }
    let rows = query.all(&mut *transaction).await?;
    let mut found = read_all(&rows, revision_row)?;
    add_changes(transaction, &mut found).await?;
    Ok(found)
}

fn revision_row(row: &Row) -> Result<RevisionRow, sqlx::Error> {
    Ok(RevisionRow {
        revision: row.get("revision")?,
        at: row.get("at")?,
        actor: row.get("actor")?,
        rolled_back_to: row.get("rolled_back_to")?,
        changes: Vec::new(),
    })
}

/// Reads what each of the revisions changed.
async fn add_changes(transaction: &mut Transaction, revisions: &mut [RevisionRow]) -> Result<(), Stop> {
    if revisions.is_empty() {
        return Ok(());
    }
    // of these only: between them may be any number of others
    let marks: Vec<String> = (1..=revisions.len()).map(|place| format!("${place}")).collect();
    let mut changes = query_of(format!(
        "SELECT revision, target, name, old_json, new_json FROM settings_changes WHERE revision IN ({})",
        marks.join(", ")
    ));
    for revision in revisions.iter() {
        changes = changes.bind(revision.revision);
    }
    let rows = changes.all(transaction).await?;
    let mut changes = BTreeMap::<i64, Vec<ChangeRow>>::new();
    for row in &rows {
        let change = ChangeRow {
            key: SettingKey { target: row.get("target")?, name: row.get("name")? },
            old_json: row.get("old_json")?,
            new_json: row.get("new_json")?,
        };
        changes.entry(row.get("revision")?).or_default().push(change);
    }
    for revision in revisions {
        revision.changes = changes.remove(&revision.revision).unwrap_or_default();
        revision.changes.sort_by(|a, b| a.key.cmp(&b.key));
    }
    Ok(())
}
