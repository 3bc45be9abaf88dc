//! A row of either database, read by the name of the column.

use std::str::FromStr;

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use crate::columns;
use crate::ids::{Outcome, UnknownWord};

/// A row.
pub(crate) enum Row {
    /// Of a file.
    Sqlite(SqliteRow),
    /// Of a server.
    Postgres(PgRow),
}

/// A value that a row can have in a column.
pub(crate) trait Cell: Sized {
    /// Reads it by name.
    fn named(row: &Row, column: &str) -> Result<Self, sqlx::Error>;
    /// Reads it by position.
    fn at(row: &Row, column: usize) -> Result<Self, sqlx::Error>;
}

macro_rules! cells {
    ($($kind:ty),*) => {$(
        impl Cell for $kind {
            fn named(row: &Row, column: &str) -> Result<Self, sqlx::Error> {
                match row {
                    Row::Sqlite(row) => row.try_get(column),
                    Row::Postgres(row) => row.try_get(column),
                }
            }
            fn at(row: &Row, column: usize) -> Result<Self, sqlx::Error> {
                match row {
                    Row::Sqlite(row) => row.try_get(column),
                    Row::Postgres(row) => row.try_get(column),
                }
            }
        }
    )*};
}

cells!(i64, Option<i64>, f64, Option<f64>, String, Option<String>, Vec<u8>, Option<Vec<u8>>);

impl Row {
    /// The value of a column.
    pub(crate) fn get<T: Cell>(&self, column: &str) -> Result<T, sqlx::Error> {
        T::named(self, column)
    }

    /// The value of the column at a position.
    pub(crate) fn at<T: Cell>(&self, column: usize) -> Result<T, sqlx::Error> {
        T::at(self, column)
    }

    /// The value of the first column.
    pub(crate) fn first<T: Cell>(&self) -> Result<T, sqlx::Error> {
        T::at(self, 0)
    }

    /// A count, which the database keeps as a signed integer.
    pub(crate) fn count(&self, column: &str) -> Result<u64, sqlx::Error> {
        number(self.get(column)?)
    }

    /// A number that fits into 32 bits.
    pub(crate) fn small(&self, column: &str) -> Result<u32, sqlx::Error> {
        number(self.get(column)?)
    }

    /// Yes or no, which the database keeps as 1 or 0.
    pub(crate) fn truth(&self, column: &str) -> Result<bool, sqlx::Error> {
        Ok(self.get::<i64>(column)? != 0)
    }

    /// A word of a closed set.
    pub(crate) fn word<T: FromStr<Err = UnknownWord>>(&self, column: &str) -> Result<T, sqlx::Error> {
        parse(&self.get::<String>(column)?)
    }

    /// A word of a closed set, or none.
    pub(crate) fn optional_word<T: FromStr<Err = UnknownWord>>(
        &self,
        column: &str,
    ) -> Result<Option<T>, sqlx::Error> {
        self.get::<Option<String>>(column)?.map(|text| parse(&text)).transpose()
    }

    /// What was said of an instrument.
    pub(crate) fn outcome(&self, column: &str) -> Result<Outcome, sqlx::Error> {
        let code: u8 = number(self.get(column)?)?;
        Outcome::try_from(code).map_err(|error| sqlx::Error::Decode(error.into()))
    }

    /// A list of texts.
    pub(crate) fn texts(&self, column: &str) -> Result<Vec<String>, sqlx::Error> {
        columns::read_texts(&self.get::<String>(column)?).map_err(sqlx::Error::Decode)
    }

    /// A list of instants.
    pub(crate) fn instants(&self, column: &str) -> Result<Vec<i64>, sqlx::Error> {
        columns::read_instants(&self.get::<String>(column)?).map_err(sqlx::Error::Decode)
    }

    /// A list of numbers.
    pub(crate) fn numbers(&self, column: &str) -> Result<Vec<Option<f64>>, sqlx::Error> {
        columns::read_numbers(&self.get::<String>(column)?).map_err(sqlx::Error::Decode)
    }
}

/// Every row, read by `read`.
pub(crate) fn read_all<T>(
    rows: &[Row],
    read: impl Fn(&Row) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, sqlx::Error> {
    rows.iter().map(read).collect()
}

fn parse<T: FromStr<Err = UnknownWord>>(text: &str) -> Result<T, sqlx::Error> {
    text.parse().map_err(|error: UnknownWord| sqlx::Error::Decode(error.into()))
}

fn number<T: TryFrom<i64>>(value: i64) -> Result<T, sqlx::Error>
where
    T::Error: std::error::Error + Send + Sync + 'static,
{
    T::try_from(value).map_err(|error| sqlx::Error::Decode(error.into()))
}
