//! The store itself: one open database, and what every part of it shares: the pool, the way a write is tried,
//! the audit row that goes with it, and what it is called in messages.

mod activations;
mod administer;
mod alert_pages;
mod alerts;
mod audit;
mod backup;
mod breakers;
mod cache_use;
mod chain;
mod circuit;
mod connect;
mod cool_down;
mod copy;
mod exported;
mod files;
mod finish;
mod history;
mod instruments;
mod last_good;
mod layer_history;
mod layers;
mod lists;
mod membership;
mod movements;
mod newest;
mod progress;
mod provenance;
mod prune;
mod reading;
mod restore;
mod retry;
mod scans;
mod secrets;
mod settings;
mod shadow;
mod sign;
mod tables;
mod trust;
mod verify;
mod watch;
mod ways;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uuid::Uuid;

pub use self::alert_pages::AlertPages;
use self::circuit::Circuit;
use self::connect::Upgrade;
pub use self::exported::AuditCheck;
pub use self::layers::InstallOutcome;
use self::newest::Known;
use self::retry::Limit;
pub use self::retry::Patience;
pub use self::trust::TrustOutcome;
use crate::access::Access;
use crate::error::StoreError;
use crate::heads::Heads;
use crate::key::Key;
use crate::part;
use crate::records::AuditEntry;
use crate::rows::StoreStatus;
use crate::sql::{Lock, Pool, Stop, Transaction, query};
use crate::url::DatabaseUrl;

/// Origin of the layers that the program carries inside.
pub(crate) const BUNDLED: &str = "bundled";

/// Most rows that one call for a page of a list gives, so that a reader holds a bounded amount at a time.
pub(crate) const LONGEST_PAGE: u32 = 1_000;

/// An open database. Cheap to clone; every clone uses the same few connections.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    url: DatabaseUrl,
    /// Where it is, however the URL is written; by that its newest hash is kept.
    place: Arc<str>,
    access: Arc<Access>,
    key: Arc<OnceLock<Key>>,
    patience: Patience,
    /// Whether the database was lost.
    circuit: Arc<Circuit>,
    /// Whether the audit log must go on from the newest row that is known here.
    tail: Known,
    /// What it is called in messages instead of its URL.
    alias: Option<String>,
}

impl Store {
    /// Opens the database, after creating its file (readable by its owner only) and bringing its schema up to
    /// date where needed (a file with a backup beside it before; a server only when it is empty), and marks the scans
    /// of dead processes as interrupted.
    ///
    /// # Errors
    /// When the database cannot be created, reached or used, is none of Sluice, or has another schema.
    pub async fn open(url: &DatabaseUrl, access: &Access) -> Result<Self, StoreError> {
        Self::open_with(url, access, Patience::default()).await
    }

    /// The same with another patience.
    pub(crate) async fn open_with(
        url: &DatabaseUrl,
        access: &Access,
        patience: Patience,
    ) -> Result<Self, StoreError> {
        let store = Self::unprepared(url, access, patience)?;
        store.sweep();
        let prepared = store
            .tried(patience.first_limit, "open the store", |_| connect::prepare(&store, Upgrade::Files))
            .await;
        if let Err(error) = prepared {
            store.close().await;
            return Err(error);
        }
        match store.mark_abandoned().await {
            // whoever looks into that needs an open store; what writes is refused in its turn
            Err(error @ (StoreError::AuditCut { .. } | StoreError::OtherKey { .. })) => {
                tracing::warn!("scans of dead processes stay as they are: {error}");
            }
            marked => drop(marked?),
        }
        Ok(store)
    }

    /// The same, with another patience.
    pub(crate) fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// How often all connections to a server were given up because it had gone silent.
    pub(crate) fn given_up(&self) -> u64 {
        match &self.pool {
            Pool::Postgres(server) => server.number(),
            Pool::Sqlite(_) => 0,
        }
    }

    /// A store whose schema nobody has looked at yet.
    fn unprepared(url: &DatabaseUrl, access: &Access, patience: Patience) -> Result<Self, StoreError> {
        // makes a file, so that it has a place
        let pool = connect::pool(url, access, &patience)?;
        Ok(Self {
            pool,
            // whatever folder each process runs in
            url: url.whole(),
            place: url.place().into(),
            access: Arc::new(access.clone()),
            key: Arc::default(),
            patience,
            circuit: Arc::default(),
            tail: Known::Kept,
            alias: None,
        })
    }

    /// Removes what killed processes left of backups and restores on their way, beside the database and the key.
    fn sweep(&self) {
        let beside = [self.url.path(), Some(self.access.key.heads())].map(|path| path.and_then(Path::parent));
        let [database, key] = beside;
        if let Some(folder) = database {
            part::sweep(folder);
        }
        if let Some(folder) = key.filter(|_| key != database) {
            part::sweep(folder);
        }
    }

    /// Closes every connection; the last process to do so folds the write-ahead log into the database file.
    pub async fn close(self) {
        self.pool.close(self.patience.silence).await;
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
        let (row, size_bytes) = self
            .patiently(doing, || async {
                Ok((query(COUNTS).one(&self.pool).await?, connect::size(self).await?))
            })
            .await?;
        let count = |name: &str| row.count(name).map_err(|error| self.explain(doing, &error));
        Ok(StoreStatus {
            path: self.url.to_string(),
            // the store does not open with another one
            schema_version: connect::newest(),
            scans: count("scans")?,
            last_scan: self.latest_scan(None).await?,
            alerts: count("alerts")?,
            layers: count("layers")?,
            instruments: count("instruments")?,
            size_bytes,
        })
    }

    /// Runs `attempt` until it succeeds, fails for another reason than a database that is busy or out of reach, or
    /// patience ends. `doing` completes "cannot …". For reading, and for writing what may be written twice.
    async fn patiently<T, F>(&self, doing: &str, attempt: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Stop>>,
    {
        self.tried(self.patience.limit, doing, |_| attempt()).await
    }

    /// The same for a change that must be made once only: `attempt` gets the identity of the operation and, in a
    /// repetition, begins with [`Store::begin_again`].
    async fn once<T, F>(&self, doing: &str, attempt: impl Fn(Operation) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Stop>>,
    {
        let id = Uuid::now_v7().to_string();
        self.tried(self.patience.limit, doing, |again| attempt(Operation { id: id.clone(), again })).await
    }

    /// Runs attempts as long as patience lasts, each watched, unless the database is known to be lost. `absent` is how
    /// long a server is waited for that is not there.
    async fn tried<T, F>(
        &self,
        absent: Duration,
        doing: &str,
        attempt: impl Fn(bool) -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Stop>>,
    {
        let pass = self.circuit.enter(doing, &self.url)?;
        let busy = self.patience.limit;
        let limit = match pass.tries {
            // who tries whether it is back does so once
            true => Limit { absent: Duration::ZERO, lost: Duration::ZERO, busy },
            false => Limit { absent, lost: self.patience.limit, busy },
        };
        let database = self.shown();
        let attempt = |again| self.watched(attempt(again));
        let done = retry::patiently(&self.patience, limit, doing, &database, attempt).await;
        pass.settle(&self.patience, &done);
        done
    }

    /// Runs an attempt, or something that is not tried again, for as long as the database answers.
    async fn watched<T>(&self, attempt: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
        watch::watched(&self.pool, &self.patience, attempt).await
    }

    /// Begins a transaction that may write; none when an earlier attempt of the same operation was done after all and
    /// only its answer was lost.
    async fn begin(&self, operation: &Operation) -> Result<Option<Transaction>, Stop> {
        self.begin_over(operation, self.tail).await
    }

    /// The same; `known` tells what becomes of the newest hash that is known here.
    async fn begin_over(&self, operation: &Operation, known: Known) -> Result<Option<Transaction>, Stop> {
        if operation.again {
            let mut looking = self.pool.begin().await?;
            // a server may still be at the commit whose answer was lost, and holds this lock until it is done
            looking.lock(Lock::Audit).await?;
            let row = self.row_of(&mut looking, &operation.id, known).await?;
            looking.commit().await?;
            if let Some(row) = row {
                self.keep(&row);
                return Ok(None);
            }
        }
        Ok(Some(self.pool.begin().await?))
    }

    /// Writes the audit row of what the transaction did and commits both.
    async fn commit(
        &self,
        mut transaction: Transaction,
        operation: &str,
        entry: &AuditEntry,
    ) -> Result<(), Stop> {
        let written = self.append(&mut transaction, operation, entry).await?;
        transaction.commit().await?;
        self.keep(&written);
        Ok(())
    }

    /// The key; its file is made when there is none.
    fn key(&self) -> Result<&Key, StoreError> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let key = self.access.key.load(true)?;
        Ok(self.key.get_or_init(|| key))
    }

    /// The newest hashes that are known here.
    fn heads(&self) -> Heads<'_> {
        Heads::in_file(self.access.key.heads())
    }

    /// What it is called in messages.
    fn shown(&self) -> String {
        self.alias.clone().unwrap_or_else(|| self.url.to_string())
    }

    /// The sentence for a fault that no other try will heal.
    fn explain(&self, doing: &str, error: &sqlx::Error) -> StoreError {
        crate::sql::explain(doing, &self.shown(), error)
    }
}

impl fmt::Debug for Store {
    /// Without the pool, whose options hold the password of a server or the key of a file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("url", &self.url).finish_non_exhaustive()
    }
}

/// One change that must be made once only.
struct Operation {
    /// Stored with its audit row, so that a repetition finds it.
    id: String,
    /// An earlier attempt may have been done.
    again: bool,
}

/// Now, in UTC milliseconds since the Unix epoch.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A text for file names that no other call gives and that sorts by time.
fn stamp() -> String {
    Uuid::now_v7().simple().to_string()
}
