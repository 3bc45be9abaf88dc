//! A client of the server, one connection a question.

use std::error::Error;
use std::path::PathBuf;

use sqlx::{Connection as _, PgConnection};

pub type Tried<T = ()> = Result<T, Box<dyn Error>>;

fn ask<T>(future: impl Future<Output = Result<T, sqlx::Error>>) -> Tried<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(future)?)
}

/// Connects and goes.
pub fn connect(url: &str) -> Tried {
    ask(async { PgConnection::connect(url).await?.close().await })
}

/// Runs statements.
pub fn run(url: &str, statements: &'static str) -> Tried {
    ask(async { sqlx::raw_sql(statements).execute(&mut PgConnection::connect(url).await?).await.map(drop) })
}

/// The only value of the only row.
pub fn number(url: &str, query: &'static str) -> Tried<i64> {
    ask(async { sqlx::query_scalar(query).fetch_one(&mut PgConnection::connect(url).await?).await })
}

/// The only column.
pub fn texts(url: &str, query: &'static str) -> Tried<Vec<String>> {
    ask(async { sqlx::query_scalar(query).fetch_all(&mut PgConnection::connect(url).await?).await })
}

/// The server's folder; its data are in `data` below it.
pub fn folder_of(url: &str) -> Tried<PathBuf> {
    let mut folder = PathBuf::from(texts(url, "SELECT current_setting('data_directory')")?.concat());
    folder.pop();
    Ok(folder)
}
