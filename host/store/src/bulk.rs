//! Many rows at once on SQLite: multi-row INSERTs of a few fixed sizes, so that few prepared statements serve all.
//!
//! One JSON array per chunk, taken apart by `json_each`, takes three times as long:
//! `cargo run --release -p sluice-store --example store_speed . ways` measures both.

use std::ops::Range;
use std::sync::Arc;

use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe};

/// Rows per statement, largest first. The large one is enough that the hop to the driver's thread no longer counts
/// and is below SQLite's 32,766 parameters for 100 columns; what is left over goes into smaller ones of fixed size
/// too, since preparing a statement of its own for it would take longer than running it.
const ROWS: [usize; 4] = [256, 32, 4, 1];

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
    let mut start = 0;
    let mut rows = step(count);
    let mut sql: Arc<str> = what.statement(rows).into();
    let mut ready = bind(what, start..start + rows, &row)?;
    while rows > 0 {
        start += rows;
        let next_rows = step(count - start);
        let statement = sqlx::query_with(AssertSqlSafe(sql.clone()), ready);
        // the driver's thread writes these rows while this one binds the next
        let (written, next) = tokio::join!(statement.execute(&mut *connection), async {
            bind(what, start..start + next_rows, &row)
        });
        written?;
        ready = next?;
        if next_rows != rows {
            rows = next_rows;
            sql = what.statement(rows).into();
        }
    }
    Ok(())
}

/// How many of the rows that are left go into the next statement; 0 when none is left.
fn step(left: usize) -> usize {
    ROWS.into_iter().find(|rows| *rows <= left).unwrap_or_default()
}

/// The values of some rows.
fn bind<F>(what: &Insert, rows: Range<usize>, row: &F) -> Result<SqliteArguments, sqlx::Error>
where
    F: Fn(usize, &mut SqliteArguments) -> Result<(), BoxDynError>,
{
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

    #[test]
    fn the_steps_cover_every_row_once_and_only_shrink() {
        for count in [0, 1, 3, 4, 31, 255, 256, 300, 10_000] {
            let mut left = count;
            let mut last = usize::MAX;
            while step(left) > 0 {
                assert!(step(left) <= last);
                last = step(left);
                left -= last;
            }
            assert_eq!(left, 0, "{count}");
        }
    }
}
