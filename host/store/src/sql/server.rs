//! The connections to a PostgreSQL server, and whether it still answers. A server that was stopped, or a network that
//! swallows everything, leaves connections open and silent for ever: no error comes, so somebody has to ask.

use std::io;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};

/// Connections that can be replaced by fresh ones when the server left them silent.
#[derive(Debug)]
pub(crate) struct Server {
    pool: RwLock<Numbered>,
    pooling: PgPoolOptions,
    connecting: PgConnectOptions,
}

/// A pool, and how many were there before it.
#[derive(Debug)]
struct Numbered {
    number: u64,
    pool: PgPool,
}

/// What a server said when it was asked.
#[derive(Debug)]
pub(crate) enum Pulse {
    /// It works on something for this program.
    Busy,
    /// It works on nothing for this program.
    Idle,
    /// It takes no connection and says why: it has too many, or is just starting.
    Refusal(sqlx::Error),
    /// It did not answer.
    None,
    /// Nobody is there: the connection was refused.
    Gone,
}

impl Server {
    /// Connects when it is first used.
    pub(crate) fn new(pooling: PgPoolOptions, connecting: PgConnectOptions) -> Self {
        let pool = pooling.clone().connect_lazy_with(connecting.clone());
        Self { pool: RwLock::new(Numbered { number: 0, pool }), pooling, connecting }
    }

    /// The pool that is used now.
    pub(crate) fn pool(&self) -> PgPool {
        self.pool.read().unwrap_or_else(PoisonError::into_inner).pool.clone()
    }

    /// Which one that is.
    pub(crate) fn number(&self) -> u64 {
        self.pool.read().unwrap_or_else(PoisonError::into_inner).number
    }

    /// Gives up the pool with this number, unless that was done before: what is under way on its connections may end,
    /// each is closed afterwards, and none is used again.
    pub(crate) fn renew(&self, number: u64) {
        let mut held = self.pool.write().unwrap_or_else(PoisonError::into_inner);
        if held.number == number {
            let fresh = self.pooling.clone().connect_lazy_with(self.connecting.clone());
            let old = std::mem::replace(&mut *held, Numbered { number: number.wrapping_add(1), pool: fresh });
            // from here on it is closed; its silent connections are not waited for
            drop(old.pool.close());
        }
    }

    /// Asks over a connection of its own.
    pub(crate) async fn pulse(&self, within: Duration) -> Pulse {
        match tokio::time::timeout(within, self.ask()).await {
            Ok(Ok(0)) => Pulse::Idle,
            Ok(Ok(_)) => Pulse::Busy,
            Ok(Err(error @ sqlx::Error::Database(_))) => Pulse::Refusal(error),
            Ok(Err(sqlx::Error::Io(error))) if is_refusal(&error) => Pulse::Gone,
            Ok(Err(_)) | Err(_) => Pulse::None,
        }
    }

    /// How many statements of this program, from this machine, are being worked on.
    async fn ask(&self) -> Result<i64, sqlx::Error> {
        const ACTIVE: &str = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() \
             AND application_name = current_setting('application_name') \
             AND client_addr IS NOT DISTINCT FROM inet_client_addr()";
        let mut connection: PgConnection = self.connecting.connect().await?;
        let active = sqlx::query_scalar(ACTIVE).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(active)
    }
}

/// The error of an attempt that was given up.
pub(crate) fn silent(why: &'static str) -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, why))
}

/// The error of a connection that nobody takes.
pub(crate) fn gone() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::ConnectionRefused, "no server listens there"))
}

/// Whether nobody takes a connection.
pub(super) fn is_refusal(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ConnectionRefused
}
