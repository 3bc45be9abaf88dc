//! A statement and its values.

use std::borrow::Cow;
use std::sync::Arc;

use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, SqlSafeStr, SqlStr};

use super::row::{Cell, Row};
use super::{On, Transaction};

/// A value as both databases know it; `None` is NULL.
#[derive(Debug, Clone)]
pub(crate) enum Value<'q> {
    Integer(Option<i64>),
    Number(Option<f64>),
    Text(Option<Cow<'q, str>>),
    Bytes(Option<Cow<'q, [u8]>>),
}

/// A statement with values for `$1`, `$2` …
#[must_use]
pub(crate) struct Query<'q> {
    sql: SqlStr,
    values: Vec<Value<'q>>,
}

/// Rows as they come.
pub(crate) type Rows<'c> = BoxStream<'c, Result<Row, sqlx::Error>>;

/// A statement that is written in the program.
pub(crate) fn query<'q>(sql: &'static str) -> Query<'q> {
    Query { sql: sql.into_sql_str(), values: Vec::new() }
}

/// A statement that the program put together from parts that it wrote; what users gave is bound, never part of it.
pub(crate) fn query_of<'q>(sql: impl Into<Arc<str>>) -> Query<'q> {
    Query { sql: AssertSqlSafe(sql.into()).into_sql_str(), values: Vec::new() }
}

/// Sends `$query` in the way `$how` to whatever `$on` is; `$wrap` turns its rows into ours.
macro_rules! send {
    ($query:ident, $on:expr, $how:ident, $sqlite:expr, $postgres:expr) => {
        match $on.into() {
            On::SqlitePool(pool) => {
                sqlx::query_with($query.sql.clone(), $query.sqlite()?).$how(pool).await.map($sqlite)
            }
            On::Sqlite(connection) => {
                sqlx::query_with($query.sql.clone(), $query.sqlite()?).$how(connection).await.map($sqlite)
            }
            On::PostgresPool(pool) => {
                sqlx::query_with($query.sql.clone(), $query.postgres()?).$how(&pool).await.map($postgres)
            }
            On::Postgres(connection) => {
                sqlx::query_with($query.sql.clone(), $query.postgres()?).$how(connection).await.map($postgres)
            }
        }
    };
}

impl<'q> Query<'q> {
    /// Gives the next value.
    pub(crate) fn bind(mut self, value: impl Into<Value<'q>>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs it; tells how many rows it touched.
    pub(crate) async fn execute<'c>(self, on: impl Into<On<'c>>) -> Result<u64, sqlx::Error> {
        send!(self, on, execute, |done| done.rows_affected(), |done| done.rows_affected())
    }

    /// All its rows.
    pub(crate) async fn all<'c>(self, on: impl Into<On<'c>>) -> Result<Vec<Row>, sqlx::Error> {
        send!(self, on, fetch_all, |rows| rows.into_iter().map(Row::Sqlite).collect(), |rows| rows
            .into_iter()
            .map(Row::Postgres)
            .collect())
    }

    /// Its first row, if there is one.
    pub(crate) async fn optional<'c>(self, on: impl Into<On<'c>>) -> Result<Option<Row>, sqlx::Error> {
        send!(self, on, fetch_optional, |row| row.map(Row::Sqlite), |row| row.map(Row::Postgres))
    }

    /// Its only row.
    pub(crate) async fn one<'c>(self, on: impl Into<On<'c>>) -> Result<Row, sqlx::Error> {
        send!(self, on, fetch_one, Row::Sqlite, Row::Postgres)
    }

    /// The first column of its only row.
    pub(crate) async fn value<'c, T: Cell>(self, on: impl Into<On<'c>>) -> Result<T, sqlx::Error> {
        self.one(on).await?.first()
    }

    /// The first column of its first row, if there is one.
    pub(crate) async fn optional_value<'c, T: Cell>(
        self,
        on: impl Into<On<'c>>,
    ) -> Result<Option<T>, sqlx::Error> {
        self.optional(on).await?.map(|row| row.first()).transpose()
    }

    /// The first column of all its rows.
    pub(crate) async fn values<'c, T: Cell>(self, on: impl Into<On<'c>>) -> Result<Vec<T>, sqlx::Error> {
        self.all(on).await?.iter().map(Row::first).collect()
    }

    /// Its rows as they come; none is kept.
    pub(crate) fn stream<'c>(self, transaction: &'c mut Transaction) -> Result<Rows<'c>, sqlx::Error> {
        Ok(match transaction {
            Transaction::Sqlite(connection) => {
                let rows = sqlx::query_with(self.sql.clone(), self.sqlite()?).fetch(&mut **connection);
                rows.map_ok(Row::Sqlite).boxed()
            }
            Transaction::Postgres(connection) => {
                let rows = sqlx::query_with(self.sql.clone(), self.postgres()?).fetch(&mut **connection);
                rows.map_ok(Row::Postgres).boxed()
            }
        })
    }

    fn sqlite(&self) -> Result<SqliteArguments, sqlx::Error> {
        let mut arguments = SqliteArguments::default();
        for value in &self.values {
            value.add(&mut arguments).map_err(sqlx::Error::Encode)?;
        }
        Ok(arguments)
    }

    fn postgres(&self) -> Result<PgArguments, sqlx::Error> {
        let mut arguments = PgArguments::default();
        for value in &self.values {
            match value {
                Value::Integer(value) => arguments.add(*value),
                Value::Number(value) => arguments.add(*value),
                Value::Text(value) => arguments.add(value.as_deref()),
                Value::Bytes(value) => arguments.add(value.as_deref()),
            }
            .map_err(sqlx::Error::Encode)?;
        }
        Ok(arguments)
    }
}

impl Value<'_> {
    /// Adds the value to those of a statement for SQLite.
    pub(super) fn add(&self, arguments: &mut SqliteArguments) -> Result<(), BoxDynError> {
        match self {
            Self::Integer(value) => arguments.add(*value),
            Self::Number(value) => arguments.add(*value),
            Self::Text(value) => arguments.add(value.as_deref()),
            Self::Bytes(value) => arguments.add(value.as_deref()),
        }
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Integer(value)
    }
}

/// SQLite has no negative zero in a column of numbers, so that neither database gets one.
impl From<f64> for Value<'_> {
    fn from(value: f64) -> Self {
        Self::Number(Some(value + 0.0))
    }
}

impl From<Option<f64>> for Value<'_> {
    fn from(value: Option<f64>) -> Self {
        Self::Number(value.map(|value| value + 0.0))
    }
}

impl<'q> From<&'q str> for Value<'q> {
    fn from(value: &'q str) -> Self {
        Self::Text(Some(Cow::Borrowed(value)))
    }
}

impl<'q> From<&'q String> for Value<'q> {
    fn from(value: &'q String) -> Self {
        Self::Text(Some(Cow::Borrowed(value)))
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Self::Text(Some(Cow::Owned(value)))
    }
}

impl<'q> From<Option<&'q str>> for Value<'q> {
    fn from(value: Option<&'q str>) -> Self {
        Self::Text(value.map(Cow::Borrowed))
    }
}

impl<'q> From<&'q Option<String>> for Value<'q> {
    fn from(value: &'q Option<String>) -> Self {
        Self::Text(value.as_deref().map(Cow::Borrowed))
    }
}

impl<'q> From<&'q [u8]> for Value<'q> {
    fn from(value: &'q [u8]) -> Self {
        Self::Bytes(Some(Cow::Borrowed(value)))
    }
}

impl From<Option<Vec<u8>>> for Value<'_> {
    fn from(value: Option<Vec<u8>>) -> Self {
        Self::Bytes(value.map(Cow::Owned))
    }
}

impl From<Option<String>> for Value<'_> {
    fn from(value: Option<String>) -> Self {
        Self::Text(value.map(Cow::Owned))
    }
}
