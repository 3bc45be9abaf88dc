//! Many rows at once: multi-row INSERTs of a few fixed sizes on SQLite, so that few prepared statements serve all,
//! and COPY on PostgreSQL.
//!
//! One JSON array per chunk, taken apart by `json_each`, takes three times as long on SQLite:
//! `cargo run --release -p sluice-store --example store_speed . ways` measures both.

use std::ops::Range;
use std::sync::Arc;

use sqlx::error::BoxDynError;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe};

use super::query::Value;
use super::{On, Transaction};
use crate::hex;

/// Rows per statement, largest first. The large one is enough that the hop to the driver's thread no longer counts
/// and is below SQLite's 32,766 parameters for 100 columns; what is left over goes into smaller ones of fixed size
/// too, since preparing a statement of its own for it would take longer than running it.
const ROWS: [usize; 4] = [256, 32, 4, 1];

/// Bytes of COPY data that are sent at once.
const COPY_BYTES: usize = 1 << 18;

/// What is inserted.
pub(crate) struct Insert<'a> {
    /// The table.
    pub(crate) table: &'a str,
    /// Its columns that are given, in order.
    pub(crate) columns: &'a [&'a str],
    /// What follows the values: "" or `ON CONFLICT …`.
    pub(crate) tail: &'a str,
}

/// The values of some rows on their way into the database.
pub(crate) enum Cells {
    /// Bound to a statement.
    Sqlite(SqliteArguments),
    /// Text for COPY. The flag tells whether a row has begun.
    Copy(Vec<u8>, bool),
}

/// Inserts rows `0..count`; `row` adds the values of one, in the order of the columns.
///
/// # Errors
/// Whatever the database says, or a value that cannot be bound.
pub(crate) async fn insert<F>(
    transaction: &mut Transaction,
    what: &Insert<'_>,
    count: usize,
    row: F,
) -> Result<(), sqlx::Error>
where
    F: Fn(usize, &mut Cells) -> Result<(), BoxDynError>,
{
    match On::from(transaction) {
        On::Sqlite(connection) => insert_rows(connection, what, count, row).await,
        On::Postgres(connection) if what.tail.is_empty() => {
            copy(connection, what.table, what, count, row).await.map(drop)
        }
        On::Postgres(connection) => copy_through(connection, what, count, row).await,
        // a transaction is a connection
        On::SqlitePool(_) | On::PostgresPool(_) => Ok(()),
    }
}

async fn insert_rows<F>(
    connection: &mut SqliteConnection,
    what: &Insert<'_>,
    count: usize,
    row: F,
) -> Result<(), sqlx::Error>
where
    F: Fn(usize, &mut Cells) -> Result<(), BoxDynError>,
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
fn bind<F>(what: &Insert<'_>, rows: Range<usize>, row: &F) -> Result<SqliteArguments, sqlx::Error>
where
    F: Fn(usize, &mut Cells) -> Result<(), BoxDynError>,
{
    let mut values = SqliteArguments::default();
    values.reserve(rows.len() * what.columns.len(), 0);
    let mut cells = Cells::Sqlite(values);
    for index in rows {
        row(index, &mut cells).map_err(sqlx::Error::Encode)?;
    }
    match cells {
        Cells::Sqlite(values) => Ok(values),
        Cells::Copy(..) => Ok(SqliteArguments::default()),
    }
}

/// Copies rows into a table.
async fn copy<F>(
    connection: &mut PgConnection,
    table: &str,
    what: &Insert<'_>,
    count: usize,
    row: F,
) -> Result<u64, sqlx::Error>
where
    F: Fn(usize, &mut Cells) -> Result<(), BoxDynError>,
{
    if count == 0 {
        return Ok(0);
    }
    let statement = format!("COPY {table} ({}) FROM STDIN", what.columns.join(", "));
    let mut sink = connection.copy_in_raw(&statement).await?;
    let mut cells = Cells::Copy(Vec::with_capacity(COPY_BYTES + COPY_BYTES / 8), false);
    for index in 0..count {
        let added = row(index, &mut cells).map_err(sqlx::Error::Encode);
        let Cells::Copy(bytes, begun) = &mut cells else { break };
        if let Err(error) = added {
            sink.abort("a value cannot be written").await?;
            return Err(error);
        }
        bytes.push(b'\n');
        *begun = false;
        if bytes.len() >= COPY_BYTES {
            sink.send(&bytes[..]).await?;
            bytes.clear();
        }
    }
    if let Cells::Copy(bytes, _) = &cells {
        sink.send(&bytes[..]).await?;
    }
    sink.finish().await
}

/// COPY knows no `ON CONFLICT`: the rows go through a table of this transaction's own. They are taken from it in the
/// order of the first column, so that two transactions lock the same rows in the same order.
async fn copy_through<F>(
    connection: &mut PgConnection,
    what: &Insert<'_>,
    count: usize,
    row: F,
) -> Result<(), sqlx::Error>
where
    F: Fn(usize, &mut Cells) -> Result<(), BoxDynError>,
{
    let Some(first) = what.columns.first() else { return Ok(()) };
    let (columns, table) = (what.columns.join(", "), what.table);
    let make = format!(
        "CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA"
    );
    sqlx::raw_sql(AssertSqlSafe(make)).execute(&mut *connection).await?;
    copy(&mut *connection, "incoming", what, count, row).await?;
    let take = format!(
        "INSERT INTO {table} ({columns}) SELECT {columns} FROM incoming ORDER BY {first} {}",
        what.tail
    );
    sqlx::raw_sql(AssertSqlSafe(take)).execute(&mut *connection).await?;
    sqlx::raw_sql(AssertSqlSafe("DROP TABLE incoming".to_owned())).execute(connection).await?;
    Ok(())
}

impl Cells {
    /// Adds the next value of a row.
    pub(crate) fn add<'q>(&mut self, value: impl Into<Value<'q>>) -> Result<(), BoxDynError> {
        let value = value.into();
        match self {
            Self::Sqlite(arguments) => value.add(arguments),
            Self::Copy(bytes, begun) => {
                if std::mem::replace(begun, true) {
                    bytes.push(b'\t');
                }
                write_copied(bytes, &value);
                Ok(())
            }
        }
    }
}

/// A value in the text format of COPY (PostgreSQL's documentation, "COPY", section "Text Format").
fn write_copied(bytes: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Integer(Some(value)) => bytes.extend_from_slice(value.to_string().as_bytes()),
        Value::Number(Some(value)) => {
            let text = match value {
                value if value.is_nan() => "NaN".to_owned(),
                value if value.is_infinite() && *value > 0.0 => "Infinity".to_owned(),
                value if value.is_infinite() => "-Infinity".to_owned(),
                // the shortest digits that read back as the same number
                value => format!("{value:?}"),
            };
            bytes.extend_from_slice(text.as_bytes());
        }
        Value::Text(Some(text)) => {
            for byte in text.bytes() {
                match byte {
                    b'\\' => bytes.extend_from_slice(br"\\"),
                    b'\t' => bytes.extend_from_slice(br"\t"),
                    b'\n' => bytes.extend_from_slice(br"\n"),
                    b'\r' => bytes.extend_from_slice(br"\r"),
                    byte => bytes.push(byte),
                }
            }
        }
        Value::Bytes(Some(value)) => {
            bytes.extend_from_slice(br"\\x");
            bytes.extend_from_slice(hex::encode(value).as_bytes());
        }
        Value::Integer(None) | Value::Number(None) | Value::Text(None) | Value::Bytes(None) => {
            bytes.extend_from_slice(br"\N");
        }
    }
}

impl Insert<'_> {
    /// The statement for so many rows. Its parameters have no numbers: SQLite looks numbered ones up by name.
    fn statement(&self, rows: usize) -> String {
        let group = format!("({})", vec!["?"; self.columns.len()].join(","));
        let groups = vec![group.as_str(); rows].join(",");
        format!("INSERT INTO {} ({}) VALUES {groups} {}", self.table, self.columns.join(", "), self.tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_has_one_group_of_parameters_per_row() {
        let what = Insert { table: "t", columns: &["a", "b"], tail: "ON CONFLICT DO NOTHING" };
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

    #[test]
    fn copied_texts_cannot_end_their_field_or_row() {
        let mut cells = Cells::Copy(Vec::new(), false);
        cells.add("a\tb\nc\rd\\N").unwrap();
        cells.add(None::<i64>).unwrap();
        cells.add(-0.1).unwrap();
        cells.add(1e300).unwrap();
        cells.add(&b"\x00\xff"[..]).unwrap();
        let Cells::Copy(bytes, _) = cells else { panic!("not for COPY") };
        assert_eq!(String::from_utf8(bytes).unwrap(), "a\\tb\\nc\\rd\\\\N\t\\N\t-0.1\t1e300\t\\\\x00ff");
    }
}
