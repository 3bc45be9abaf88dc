//! Every table of the schema, and copying all their rows from one database into another of either kind.

use futures_util::TryStreamExt;
use sqlx::error::BoxDynError;

use super::progress::Progress;
use crate::sql::{self, Insert, Pool, Row, Stop, Transaction, Value, query, query_of};

/// Rows that are copied at once: few enough to hold, enough that a statement's cost does not count.
const ROWS: usize = 512;

/// The same of components, which have some hundred kilobytes or megabytes each.
const COMPONENTS: usize = 4;

/// A table, and its column that the database numbers by itself.
pub(super) struct Table {
    pub(super) name: &'static str,
    numbered: Option<&'static str>,
    /// Rows that are copied at once.
    rows: usize,
}

const fn table(name: &'static str) -> Table {
    Table { name, numbered: None, rows: ROWS }
}

const fn numbered(name: &'static str, column: &'static str) -> Table {
    Table { name, numbered: Some(column), rows: ROWS }
}

/// Every table, those that others refer to first.
pub(super) const TABLES: [Table; 24] = [
    table("identity"),
    numbered("instruments", "id"),
    numbered("layers", "id"),
    Table { name: "layer_components", numbered: None, rows: COMPONENTS },
    numbered("scans", "number"),
    numbered("layer_runs", "id"),
    table("verdicts"),
    table("results"),
    numbered("alerts", "id"),
    table("alert_keys"),
    table("reaches"),
    table("movements"),
    table("breakers"),
    table("activations"),
    table("shadow_runs"),
    table("settings_revisions"),
    table("settings_changes"),
    table("settings"),
    table("audit"),
    table("noticed_files"),
    table("secrets"),
    table("trusted_keys"),
    table("lists"),
    table("list_entries"),
];

/// Kind of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Integer,
    Number,
    Text,
    Bytes,
}

/// The columns of every table. The schemas of both databases agree.
pub(super) struct Columns(Vec<Vec<(String, Kind)>>);

impl Columns {
    /// Of a SQLite file.
    pub(super) async fn of(file: &Pool) -> Result<Self, sqlx::Error> {
        let mut columns = Vec::with_capacity(TABLES.len());
        for table in &TABLES {
            let found = query("SELECT name, type FROM pragma_table_info($1)").bind(table.name);
            let kinds = found.all(file).await?;
            let column = |row: &Row| Ok::<_, sqlx::Error>((row.at(0)?, Kind::of(&row.at::<String>(1)?)));
            columns.push(kinds.iter().map(column).collect::<Result<_, _>>()?);
        }
        Ok(Self(columns))
    }
}

impl Kind {
    /// By its name in a SQLite schema.
    fn of(name: &str) -> Self {
        match name {
            "INTEGER" => Self::Integer,
            "REAL" => Self::Number,
            "BLOB" => Self::Bytes,
            _ => Self::Text,
        }
    }

    fn read(self, row: &Row, at: usize) -> Result<Value<'static>, BoxDynError> {
        Ok(match self {
            Self::Integer => row.at::<Option<i64>>(at)?.into(),
            Self::Number => row.at::<Option<f64>>(at)?.into(),
            Self::Text => row.at::<Option<String>>(at)?.into(),
            Self::Bytes => row.at::<Option<Vec<u8>>>(at)?.into(),
        })
    }
}

/// Copies the rows of every table; tells how many there were.
pub(super) async fn copy_rows(
    from: &mut Transaction,
    to: &mut Transaction,
    columns: &Columns,
    progress: &Progress<impl FnMut(u64)>,
) -> Result<u64, Stop> {
    let mut copied = 0;
    for (table, columns) in TABLES.iter().zip(&columns.0) {
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let what = Insert { table: table.name, columns: &names, tail: "" };
        let mut rows = query_of(format!("SELECT {} FROM {}", names.join(", "), table.name)).stream(from)?;
        loop {
            let mut chunk = Vec::with_capacity(table.rows);
            while let Some(row) = rows.try_next().await? {
                chunk.push(row);
                if chunk.len() == table.rows {
                    break;
                }
            }
            if chunk.is_empty() {
                break;
            }
            sql::insert(to, &what, chunk.len(), |index, cells| {
                let Some(row) = chunk.get(index) else { return Ok(()) };
                columns.iter().enumerate().try_for_each(|(at, (_, kind))| cells.add(kind.read(row, at)?))
            })
            .await?;
            copied += chunk.len() as u64;
            progress.tell(copied);
        }
    }
    Ok(copied)
}

/// Rows of all tables.
pub(super) async fn count_rows(transaction: &mut Transaction) -> Result<u64, sqlx::Error> {
    let mut rows = 0_u64;
    for table in &TABLES {
        let count = query_of(format!("SELECT count(*) FROM {}", table.name));
        rows = rows.saturating_add(count.value::<i64>(&mut *transaction).await?.unsigned_abs());
    }
    Ok(rows)
}

/// Removes all rows.
pub(super) async fn clear(transaction: &mut Transaction) -> Result<(), sqlx::Error> {
    for table in TABLES.iter().rev() {
        query_of(format!("DELETE FROM {}", table.name)).execute(&mut *transaction).await?;
    }
    Ok(())
}

/// Keeps everybody else from writing into any table until the transaction ends; others may read. On a file the
/// transaction has the only write lock already.
pub(super) async fn lock(transaction: &mut Transaction) -> Result<(), sqlx::Error> {
    if let Transaction::Postgres(_) = transaction {
        let names = TABLES.map(|table| table.name).join(", ");
        query_of(format!("LOCK TABLE {names} IN EXCLUSIVE MODE")).execute(transaction).await?;
    }
    Ok(())
}

/// Lets a server number the next rows after those that came with their numbers.
pub(super) async fn go_on_numbering(transaction: &mut Transaction) -> Result<(), sqlx::Error> {
    if let Transaction::Sqlite(_) = transaction {
        return Ok(());
    }
    for table in &TABLES {
        let Table { name, numbered: Some(column), .. } = table else { continue };
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence('{name}', '{column}'), \
             (SELECT coalesce(max({column}), 0) + 1 FROM {name}), false)"
        );
        query_of(sql).all(&mut *transaction).await?;
    }
    Ok(())
}
