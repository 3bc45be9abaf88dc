//! Many rows at once: multi-row INSERTs of a few fixed sizes on SQLite, so that few prepared statements serve all,
//! and one INSERT of whole columns (arrays) on PostgreSQL. COPY would be sent in several small pieces, each of which
//! waits 40 ms for the other side's acknowledgement, since the driver leaves Nagle's algorithm on.
//!
//! One JSON array per chunk, taken apart by `json_each`, takes three times as long on SQLite:
//! `cargo run --release -p sluice-store --example store_speed . ways` measures both.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe};

use super::query::Value;
use super::{On, Transaction};

/// Rows per statement, largest first. The large one is enough that the hop to the driver's thread no longer counts
/// and is below SQLite's 32,766 parameters for 100 columns; what is left over goes into smaller ones of fixed size
/// too, since preparing a statement of its own for it would take longer than running it.
const ROWS: [usize; 4] = [256, 32, 4, 1];

/// Rows per statement on PostgreSQL: a whole layer run, most often.
const COLUMN_ROWS: usize = 8_192;

/// Bytes of texts and components per statement on PostgreSQL, about; far below the 1 GB that it takes.
const COLUMN_BYTES: usize = 8 << 20;

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
    /// Collected column by column.
    Postgres(Columns),
}

/// The values of some rows by column.
#[derive(Default)]
pub(crate) struct Columns {
    columns: Vec<Column>,
    /// The column that the next value belongs to.
    next: usize,
    rows: usize,
    bytes: usize,
}

enum Column {
    Integers(Vec<Option<i64>>),
    Numbers(Vec<Option<f64>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
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
        On::Postgres(connection) => insert_columns(connection, what, count, row).await,
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
        Cells::Postgres(_) => Ok(SqliteArguments::default()),
    }
}

async fn insert_columns<F>(
    connection: &mut PgConnection,
    what: &Insert<'_>,
    count: usize,
    row: F,
) -> Result<(), sqlx::Error>
where
    F: Fn(usize, &mut Cells) -> Result<(), BoxDynError>,
{
    let mut cells = Cells::Postgres(Columns::default());
    for index in 0..count {
        row(index, &mut cells).map_err(sqlx::Error::Encode)?;
        let Cells::Postgres(columns) = &mut cells else { break };
        columns.end_row();
        if index + 1 == count || columns.rows >= COLUMN_ROWS || columns.bytes >= COLUMN_BYTES {
            let columns = std::mem::take(columns);
            let sql = what.of_columns(&columns.columns);
            let arguments = columns.arguments().map_err(sqlx::Error::Encode)?;
            sqlx::query_with(AssertSqlSafe(sql), arguments).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

impl Cells {
    /// Adds the next value of a row.
    pub(crate) fn add<'q>(&mut self, value: impl Into<Value<'q>>) -> Result<(), BoxDynError> {
        let value = value.into();
        match self {
            Self::Sqlite(arguments) => value.add(arguments),
            Self::Postgres(columns) => columns.add(value),
        }
    }
}

impl Columns {
    fn add(&mut self, value: Value<'_>) -> Result<(), BoxDynError> {
        if self.next == self.columns.len() {
            self.columns.push(Column::of(&value));
        }
        self.bytes += match &value {
            Value::Text(Some(text)) => text.len(),
            Value::Bytes(Some(bytes)) => bytes.len(),
            _ => 0,
        };
        let column = self.columns.get_mut(self.next).ok_or("a row has more values than columns")?;
        self.next += 1;
        match (column, value) {
            (Column::Integers(column), Value::Integer(value)) => column.push(value),
            (Column::Numbers(column), Value::Number(value)) => column.push(value),
            (Column::Texts(column), Value::Text(value)) => column.push(value.map(Cow::into_owned)),
            (Column::Bytes(column), Value::Bytes(value)) => column.push(value.map(Cow::into_owned)),
            _ => return Err("a column has values of two kinds".into()),
        }
        Ok(())
    }

    fn end_row(&mut self) {
        self.next = 0;
        self.rows += 1;
    }

    fn arguments(self) -> Result<PgArguments, BoxDynError> {
        let mut arguments = PgArguments::default();
        for column in self.columns {
            match column {
                Column::Integers(values) => arguments.add(values),
                Column::Numbers(values) => arguments.add(values),
                Column::Texts(values) => arguments.add(values),
                Column::Bytes(values) => arguments.add(values),
            }?;
        }
        Ok(arguments)
    }
}

impl Column {
    /// An empty one for values of this kind.
    fn of(value: &Value<'_>) -> Self {
        match value {
            Value::Integer(_) => Self::Integers(Vec::new()),
            Value::Number(_) => Self::Numbers(Vec::new()),
            Value::Text(_) => Self::Texts(Vec::new()),
            Value::Bytes(_) => Self::Bytes(Vec::new()),
        }
    }

    /// PostgreSQL's name of the kind.
    fn kind(&self) -> &'static str {
        match self {
            Self::Integers(_) => "bigint",
            Self::Numbers(_) => "double precision",
            Self::Texts(_) => "text",
            Self::Bytes(_) => "bytea",
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

    /// The statement for whole columns. Where rows may be there already, it goes by the first column, so that two
    /// transactions lock the same rows in the same order.
    fn of_columns(&self, columns: &[Column]) -> String {
        let arrays: Vec<String> =
            columns.iter().zip(1..).map(|(column, place)| format!("${place}::{}[]", column.kind())).collect();
        let order = if self.tail.is_empty() { "" } else { "ORDER BY 1 " };
        let (table, names, arrays) = (self.table, self.columns.join(", "), arrays.join(", "));
        format!("INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) {order}{}", self.tail)
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
    fn a_statement_of_columns_names_their_kinds_and_takes_no_two_in_one() {
        let what = Insert { table: "t", columns: &["a", "b"], tail: "ON CONFLICT DO NOTHING" };
        let mut columns = Columns::default();
        for text in ["x", "y"] {
            columns.add(text.into()).unwrap();
            columns.add(None::<i64>.into()).unwrap();
            columns.end_row();
        }
        assert_eq!((columns.rows, columns.bytes), (2, 2));
        assert_eq!(
            what.of_columns(&columns.columns),
            "INSERT INTO t (a, b) SELECT * FROM unnest($1::text[], $2::bigint[]) ORDER BY 1 ON CONFLICT DO NOTHING"
        );
        columns.add("z".into()).unwrap();
        assert!(columns.add(1.5.into()).is_err());
    }
}
