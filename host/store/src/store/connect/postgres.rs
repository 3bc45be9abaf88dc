//! A PostgreSQL server: how connections are set up, and its schema.

use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};

use super::super::retry::Patience;

/// Every schema change, compiled into the program.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// One connection writes, some read beside it. A server takes about a hundred from all processes together.
const CONNECTIONS: u32 = 4;

/// A connection that nobody used for this long is given back to the server.
const IDLE: Duration = Duration::from_secs(60);

/// A pool that connects when it is first used.
pub(super) fn pool(options: PgConnectOptions, patience: &Patience) -> PgPool {
    let options = options.application_name("sluice").disable_statement_logging();
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(patience.connecting)
        .idle_timeout(Some(IDLE))
        // asking first costs a round trip each time; a lost connection is noticed when it is used, and tried again
        .test_before_acquire(false)
        .connect_lazy_with(options)
}

/// The schema of the database, 0 when it is empty; none when it is another program's.
pub(super) async fn inspect(pool: &PgPool) -> Result<Option<i64>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let has = |name: &'static str| sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL").bind(name);
    let migrated: bool = has("_sqlx_migrations").fetch_one(&mut *connection).await?;
    let ours: bool = has("layer_runs").fetch_one(&mut *connection).await?;
    match (migrated, ours) {
        (true, true) => schema_version(&mut connection).await.map(Some),
        (false, false) => Ok(Some(0)),
        _ => Ok(None),
    }
}

/// The newest migration that was applied, 0 when none was.
pub(super) async fn schema_version(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    let there: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !there {
        return Ok(0);
    }
    sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success")
        .fetch_one(connection)
        .await
}

/// Applies what is missing.
pub(super) async fn migrate(connection: &mut PgConnection) -> Result<(), MigrateError> {
    MIGRATIONS.run_direct(None, connection, false).await
}

/// Size of the database, bytes.
pub(super) async fn size(pool: &PgPool) -> Result<u64, sqlx::Error> {
    let size: i64 = sqlx::query_scalar("SELECT pg_database_size(current_database())").fetch_one(pool).await?;
    Ok(size.unsigned_abs())
}
