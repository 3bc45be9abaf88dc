//! The store itself: one open database, and what every part of it shares: the pool, the way a write is tried,
//! and what it is called in messages.

mod alerts;
mod connect;
mod finish;
mod instruments;
mod layers;
mod reading;
mod retry;
mod scans;

use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::sqlite::{Sqlite, SqlitePool};
use sqlx::{Row, Transaction};

pub use self::layers::InstallOutcome;
use self::retry::Patience;
use crate::error::StoreError;
use crate::fault::Stop;
use crate::rows::StoreStatus;
use crate::url::DatabaseUrl;

/// Origin of the layers that the program carries inside.
pub(crate) const BUNDLED: &str = "bundled";

/// An open database. Cheap to clone; every clone uses the same few connections.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    url: DatabaseUrl,
    patience: Patience,
}

impl Store {
    /// Opens the database, after creating its file (readable by its owner only) and bringing its schema up to
    /// date where needed, and marks the scans of dead processes as interrupted.
    ///
    /// # Errors
    /// When the file cannot be created or used, is no database of Sluice, or has a newer schema.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        Self::open_with(url, Patience::default()).await
    }

    async fn open_with(url: &DatabaseUrl, patience: Patience) -> Result<Self, StoreError> {
        connect::create_file(url)?;
        let store = Self { pool: connect::pool(url, &patience), url: url.clone(), patience };
        let doing = "open the store";
        store.patiently(doing, || connect::prepare(&store)).await?;
        store.mark_abandoned().await?;
        Ok(store)
    }

    /// Closes every connection; the last process to do so folds the write-ahead log into the database file.
    pub async fn close(self) {
        self.pool.close().await;
    }

    /// Where the database is.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// What is in the store, in numbers.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn status(&self) -> Result<StoreStatus, StoreError> {
        const COUNTS: &str = "SELECT (SELECT count(*) FROM scans) AS scans, \
             (SELECT count(*) FROM alerts) AS alerts, \
             (SELECT count(*) FROM instruments) AS instruments, \
             (SELECT count(*) FROM layers WHERE removed_at IS NULL AND origin <> 'bundled') AS layers";
        let doing = "count what is stored";
        let (counts, schema_version) = self
            .patiently(doing, || async {
                let row = sqlx::query(COUNTS).fetch_one(&self.pool).await?;
                let count = |name: &str| row.try_get::<i64, _>(name).map(i64::unsigned_abs);
                let counts = (count("scans")?, count("alerts")?, count("instruments")?, count("layers")?);
                Ok((counts, connect::schema_version(&self.pool).await?))
            })
            .await?;
        let (scans, alerts, instruments, layers) = counts;
        Ok(StoreStatus {
            path: self.url.to_string(),
            schema_version,
            scans,
            last_scan: self.latest_scan(None).await?,
            alerts,
            layers,
            instruments,
            size_bytes: connect::size(&self.url),
        })
    }

    /// Runs `attempt` until it succeeds, fails for another reason than a busy database, or patience ends. `doing`
    /// completes "cannot …".
    async fn patiently<T, F>(&self, doing: &str, attempt: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Stop>>,
    {
        retry::patiently(&self.patience, doing, &self.url, attempt).await
    }

    /// Begins a transaction that may write: it takes the only write lock at once, so that it never has to be
    /// undone half-way because another writer came first.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.pool.begin_with("BEGIN IMMEDIATE").await
    }
}

/// Now, in UTC milliseconds since the Unix epoch.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
