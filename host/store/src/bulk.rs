//! Many rows at once on SQLite: multi-row INSERTs of one fixed size, so that one prepared statement serves all.
//!
//! One JSON array per chunk, taken apart by `json_each`, takes three times as long:
//! `cargo run --release -p sluice-store --example store_speed . ways` measures both.

use std::sync::Arc;

use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe};

/// Rows per statement: enough that the hop to the driver's thread no longer counts, few enough that preparing
/// the statement does not either, and below SQLite's 32,766 parameters for 20 columns.
const ROWS: usize = 512;

/// What is inserted.
pub(crate) struct Insert {
    /// `INSERT INTO table (columns) VALUES`.
    pub(crate) head: &'static str,
    /// How many columns that are.
    pub(crate) columns: usize,
    /// What follows the values: "" or `ON CONFLICT …`.
    pub(crate) tail: &'static str,
}

/// Inserts rows `0..count`; `row` adds the values of one, in the order of the columns.
///
/// # Errors
/// Whatever the database says, or a value that cannot be bound.
pub(crate) async fn insert<F>(
    connection: &mut SqliteConnection,
    what: &Insert,
    count: usize,
    row: F,
) -> Result<(), sqlx::Error>
where
    F: Fn(usize, &mut SqliteArguments) -> Result<(), BoxDynError>,
{
    let full: Arc<str> = what.statement(ROWS).into();
    let mut start = 0;
    let mut ready = bind(what, start, count, &row)?;
    while start < count {
        let rows = ROWS.min(count - start);
        let whole = rows == ROWS;
        let sql = if whole { full.clone() } else { what.statement(rows).into() };
        start += rows;
        let statement = sqlx::query_with(AssertSqlSafe(sql), ready).persistent(whole);
        // the driver's thread writes these rows while this one binds the next
        let (written, next) =
            tokio::join!(statement.execute(&mut *connection), async { bind(what, start, count, &row) });
        written?;
        ready = next?;
    }
    Ok(())
}

/// The values of up to [`ROWS`] rows from `start` on.
fn bind<F>(what: &Insert, start: usize, count: usize, row: &F) -> Result<SqliteArguments, sqlx::Error>
where
    F: Fn(usize, &mut SqliteArguments) -> Result<(), BoxDynError>,
{
    let rows = start..count.min(start + ROWS);
    let mut values = SqliteArguments::default();
    values.reserve(rows.len() * what.columns, 0);
    for index in rows {
        row(index, &mut values).map_err(sqlx::Error::Encode)?;
    }
    Ok(values)
}

impl Insert {
    /// The statement for so many rows. Its parameters have no numbers: SQLite looks numbered ones up by name.
    fn statement(&self, rows: usize) -> String {
        let group = format!("({})", vec!["?"; self.columns].join(","));
        format!("{} {} {}", self.head, vec![group.as_str(); rows].join(","), self.tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_has_one_group_of_parameters_per_row() {
        let what = Insert { head: "INSERT INTO t (a, b) VALUES", columns: 2, tail: "ON CONFLICT DO NOTHING" };
        let expected = "INSERT INTO t (a, b) VALUES (?,?),(?,?),(?,?) ON CONFLICT DO NOTHING";
        assert_eq!(what.statement(3), expected);
    }
}
