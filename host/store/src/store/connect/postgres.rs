//! A PostgreSQL server: how connections are set up, and its schema.

use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};

use super::super::retry::Patience;
use crate::sql::Server;

/// Every schema change, compiled into the program.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// One works, the other is for whoever comes while that waits for a lock. Not more: a server takes about a hundred from
/// all processes together, and a process comes to hold as many as it may, since the driver asks a connection that is given
/// back whether it is sound, and opens another for an operation that follows before the answer.
const CONNECTIONS: u32 = 2;

/// A connection that nobody used for this long is given back to the server.
const IDLE: Duration = Duration::from_secs(60);

/// A pool that connects when it is first used.
pub(super) fn pool(options: PgConnectOptions, patience: &Patience) -> Server {
    let options = options.application_name("sluice").disable_statement_logging();
    let pooling = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(patience.connecting)
        .idle_timeout(Some(IDLE))
        // asking first costs a round trip each time; a lost connection is noticed when it is used, and tried again
        .test_before_acquire(false);
    Server::new(pooling, options)
}

/// The schema of the database, 0 when it is empty; none when it is another program's.
pub(super) async fn inspect(pool: &PgPool) -> Result<Option<i64>, sqlx::Error> {
    // in one statement, so that it sees all of what another process creates, or nothing
    const FOUND: &str = "SELECT count(*) FILTER (WHERE relname = '_sqlx_migrations') AS migrated, \
         count(*) FILTER (WHERE relname = 'layer_runs') AS ours, count(*) AS tables FROM pg_class c \
         WHERE relkind IN ('r', 'p') AND pg_table_is_visible(oid) AND relnamespace = current_schema()::regnamespace \
         AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')";
    let mut connection = pool.acquire().await?;
    let (migrated, ours, tables): (i64, i64, i64) = sqlx::query_as(FOUND).fetch_one(&mut *connection).await?;
    match (migrated > 0, ours > 0) {
        (true, true) => schema_version(&mut connection).await.map(Some),
        // tables of extensions do not count
        (false, false) if tables == 0 => Ok(Some(0)),
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
