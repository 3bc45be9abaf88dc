//! Administering a database: how it is, bringing its schema up to date, giving space back.

use super::connect::{self, Upgrade};
use super::retry::Patience;
use super::{Store, tables};
use crate::access::Access;
use crate::error::StoreError;
use crate::ids::AuditAction;
use crate::records::AuditEntry;
use crate::rows::{DatabaseStatus, MigrateSummary, VacuumSummary};
use crate::sql::{Pool, Stop, query, query_of};
use crate::url::DatabaseUrl;

/// Findings of an integrity check that are told.
const FINDINGS: i64 = 5;

/// Verdicts carry no foreign keys, since those would cost a sixth of storing a scan: what they refer to, and how many
/// refer to nothing.
const ORPHANS: [(&str, &str); 2] = [
    (
        "layer runs",
        "SELECT count(*) FROM verdicts v LEFT JOIN layer_runs r ON r.id = v.layer_run WHERE r.id IS NULL",
    ),
    (
        "instruments",
        "SELECT count(*) FROM verdicts v LEFT JOIN instruments i ON i.id = v.instrument WHERE i.id IS NULL",
    ),
];

impl Store {
    /// How the database is. Its integrity check reads all of it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn database_status(&self) -> Result<DatabaseStatus, StoreError> {
        let doing = "examine the database";
        let integrity = self.patiently(doing, || async { Ok(self.integrity().await?) }).await?;
        self.patiently(doing, || {
            let integrity = integrity.clone();
            async move {
                // before the transaction: who has one connection and waits for another may wait for ever
                let (server_version, size_bytes) =
                    (connect::server_version(self).await?, connect::size(self).await?);
                let mut transaction = self.pool.begin_reading().await?;
                let schema = connect::schema_version(&mut transaction).await?;
                let mut tables = Vec::new();
                for table in tables::TABLES {
                    let count = query_of(format!("SELECT count(*) FROM {}", table.name));
                    let count: i64 = count.value(&mut transaction).await?;
                    tables.push((table.name.to_owned(), count.unsigned_abs()));
                }
                let running = "SELECT count(*) FROM scans WHERE status = 'running'";
                let running: i64 = query(running).value(&mut transaction).await?;
                let revision = "SELECT coalesce(max(revision), 0) FROM settings_revisions";
                let rows_of =
                    |name: &str| tables.iter().find(|(table, _)| table == name).map_or(0, |(_, rows)| *rows);
                Ok(DatabaseStatus {
                    url: self.url.to_string(),
                    backend: match &self.pool {
                        Pool::Sqlite(_) => "sqlite",
                        Pool::Postgres(_) => "postgres",
                    },
                    server_version,
                    encrypted: cfg!(feature = "encrypted-sqlite") && self.url.path().is_some(),
                    id: super::audit::identity(&mut transaction).await?,
                    schema,
                    schema_known: connect::newest(),
                    size_bytes,
                    integrity,
                    running_scans: running.unsigned_abs(),
                    audit_rows: rows_of("audit"),
                    settings_revision: query(revision).value(&mut transaction).await?,
                    tables,
                })
            }
        })
        .await
    }

    /// What is damaged: pages and indexes of a file, rows that refer to nothing. A server checks its pages itself.
    pub(super) async fn integrity(&self) -> Result<Result<(), String>, sqlx::Error> {
        let mut findings = match self.damage().await {
            Ok(findings) => findings,
            Err(error) if crate::sql::is_damage(&error) => return Ok(Err(crate::sql::detail(&error))),
            Err(error) => return Err(error),
        };
        for (parent, orphans) in ORPHANS {
            let count: i64 = query(orphans).value(&self.pool).await?;
            if count > 0 {
                findings.push(format!("{count} verdicts refer to {parent} that are not there"));
            }
        }
        Ok(if findings.is_empty() { Ok(()) } else { Err(crate::error::one_line(&findings.join("; "))) })
    }

    /// What a file's own checks find.
    async fn damage(&self) -> Result<Vec<String>, sqlx::Error> {
        const REFERENCES: &str = "SELECT \"table\" || ' refers to rows of ' || parent || ' that are not there' \
             FROM pragma_foreign_key_check GROUP BY 1 LIMIT 5";
        let Pool::Sqlite(_) = &self.pool else { return Ok(Vec::new()) };
        let pages = query_of(format!("PRAGMA integrity_check({FINDINGS})"));
        let mut findings: Vec<String> = pages.values(&self.pool).await?;
        findings.retain(|finding| finding != "ok");
        findings.extend(query(REFERENCES).values::<String>(&self.pool).await?);
        Ok(findings)
    }

    /// Brings the schema of a database up to date, whatever kind it is; a file is backed up beside itself before.
    ///
    /// # Errors
    /// When the database cannot be reached or written, is none of Sluice, or has a newer schema.
    pub async fn migrate(url: &DatabaseUrl, access: &Access) -> Result<MigrateSummary, StoreError> {
        let patience = Patience::default();
        let store = Self::unprepared(url, access, patience)?;
        let doing = "migrate the database";
        let done = store.tried(patience.limit, doing, |_| connect::prepare(&store, Upgrade::Asked)).await;
        store.close().await;
        done
    }

    /// Gives unused space back to the system and refreshes what the database knows of its own content; the audit log
    /// tells of it.
    ///
    /// # Errors
    /// When the database fails or has no room for the work. [`StoreError::Untold`] when it is done but the audit log
    /// takes no row.
    pub async fn vacuum(&self) -> Result<VacuumSummary, StoreError> {
        let (before_bytes, after_bytes) = self.patiently("vacuum the database", || self.vacuumed()).await?;
        let size = |bytes: u64| Some(serde_json::json!({ "size_bytes": bytes }).to_string());
        let entry = AuditEntry {
            action: AuditAction::DatabaseVacuumed,
            subject: self.url.to_string(),
            before_json: size(before_bytes),
            after_json: size(after_bytes),
        };
        self.told(entry, || "unused space is given back".to_owned()).await?;
        Ok(VacuumSummary { before_bytes, after_bytes })
    }

    /// The sizes before and since.
    async fn vacuumed(&self) -> Result<(u64, u64), Stop> {
        let before = connect::size(self).await?;
        match &self.pool {
            Pool::Sqlite(_) => {
                query("VACUUM").execute(&self.pool).await?;
                query("PRAGMA optimize").execute(&self.pool).await?;
                // the log beside the file has all of it once more
                query("PRAGMA wal_checkpoint(TRUNCATE)").all(&self.pool).await?;
            }
            Pool::Postgres(_) => {
                query("VACUUM (ANALYZE)").execute(&self.pool).await?;
            }
        }
        Ok((before, connect::size(self).await?))
    }
}
