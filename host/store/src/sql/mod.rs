//! One way to speak to both databases: a statement with values, sent through a pool or inside a transaction, and rows
//! that are read by column name. Statements are the same text for both; `$1` is the first value in either.
//!
//! Integers are 64 bits, numbers are doubles, texts are UTF-8: the schemas know nothing else, so that one kind of
//! value has one kind of column in both.

mod bulk;
mod dialect;
mod fault;
mod query;
mod row;
mod server;

pub(crate) use bulk::{Insert, insert};
pub(crate) use dialect::{Dialect, Field, PARTS, WRITTEN};
pub(crate) use fault::{
    Stop, detail, explain, explain_file, explain_io, is_absence, is_busy, is_damage, is_transient,
};
pub(crate) use query::{Query, Value, query, query_of};
pub(crate) use row::{Row, read_all};
pub(crate) use server::{Pulse, Server, gone, silent};

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgPool};
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use sqlx::{Postgres, Sqlite};

/// Open connections to one of the two databases.
#[derive(Debug, Clone)]
pub(crate) enum Pool {
    /// A file.
    Sqlite(SqlitePool),
    /// A server.
    Postgres(Arc<Server>),
}

/// A transaction; undone when it is dropped.
pub(crate) enum Transaction {
    /// On a file.
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    /// On a server.
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// What a statement is sent through.
pub(crate) enum On<'c> {
    /// Any connection to the file.
    SqlitePool(&'c SqlitePool),
    /// Any connection to the server.
    PostgresPool(PgPool),
    /// This connection to the file.
    Sqlite(&'c mut SqliteConnection),
    /// This connection to the server.
    Postgres(&'c mut PgConnection),
}

impl Pool {
    /// Begins a transaction that may write. On a file it takes the only write lock at once, so that it never has to
    /// be undone half-way because another writer came first.
    pub(crate) async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(pool) => Transaction::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            // whatever the server prefers: who waited for a lock must see what was committed meanwhile
            Self::Postgres(server) => Transaction::Postgres(
                server.pool().begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await?,
            ),
        })
    }

    /// Begins a transaction in which every statement sees the database as it is now.
    pub(crate) async fn begin_reading(&self) -> Result<Transaction, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(pool) => Transaction::Sqlite(pool.begin().await?),
            Self::Postgres(server) => Transaction::Postgres(
                server.pool().begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?,
            ),
        })
    }

    /// Closes every connection; those to a server that does not answer are left to themselves after a while.
    pub(crate) async fn close(&self, silence: Duration) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(server) => {
                let _ = tokio::time::timeout(silence, server.pool().close()).await;
            }
        }
    }
}

impl Transaction {
    /// Makes everything that was done in it last.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }

    /// Keeps others from changing what the rest of this transaction reads: one lock for each purpose, held to the
    /// end of the transaction. On a file the transaction has the only write lock already.
    pub(crate) async fn lock(&mut self, purpose: Lock) -> Result<(), sqlx::Error> {
        if let Self::Postgres(_) = self {
            query("SELECT pg_advisory_xact_lock($1)").bind(LOCKS | purpose as i64).execute(self).await?;
        }
        Ok(())
    }
}

/// What PostgreSQL's advisory locks of Sluice begin with, "Slui"; the lower half tells the purpose.
const LOCKS: i64 = 0x536c_7569 << 32;

/// What a transaction may want for itself. Whoever takes several takes them in the order of [`Lock::ALL`], so that no
/// two wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// The schema.
    Schema = 1,
    /// The rows of instruments.
    Instruments = 2,
    /// Installed layers.
    Layers = 3,
    /// Settings that operators change.
    Settings = 4,
    /// Files that are noticed.
    Files = 6,
    /// Breakers of components.
    Breakers = 7,
    /// Lists of instruments.
    Lists = 8,
    /// What alerts were told.
    Alerts = 9,
    /// Keys whose signatures count.
    Trust = 10,
    /// The end of the audit log.
    Audit = 5,
}

impl Lock {
    /// All of them, in the order in which they are taken.
    pub(crate) const ALL: [Self; 10] = [
        Self::Schema,
        Self::Instruments,
        Self::Layers,
        Self::Settings,
        Self::Files,
        Self::Breakers,
        Self::Lists,
        Self::Alerts,
        Self::Trust,
        Self::Audit,
    ];
}

impl<'c> From<&'c Pool> for On<'c> {
    fn from(pool: &'c Pool) -> Self {
        match pool {
            Pool::Sqlite(pool) => Self::SqlitePool(pool),
            Pool::Postgres(server) => Self::PostgresPool(server.pool()),
        }
    }
}

impl<'c> From<&'c mut Transaction> for On<'c> {
    fn from(transaction: &'c mut Transaction) -> Self {
        match transaction {
            Transaction::Sqlite(transaction) => Self::Sqlite(transaction),
            Transaction::Postgres(transaction) => Self::Postgres(transaction),
        }
    }
}
