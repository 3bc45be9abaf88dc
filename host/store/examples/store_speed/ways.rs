//! Ways to write the same 24,000 verdicts in one transaction: multi-row statements of several sizes, one JSON array
//! per chunk, and what flushing every commit to the disk costs. They are why `bulk` does what it does.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use sqlx::error::BoxDynError;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous,
};
use sqlx::{Arguments, AssertSqlSafe, Connection};

use crate::{report, sample};

/// The same table as the store's, without its neighbours.
const TABLE: &str = "CREATE TABLE verdicts (layer_run INTEGER NOT NULL, instrument INTEGER NOT NULL, \
     outcome INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 2), score REAL CHECK (score BETWEEN 0 AND 100), \
     percentile REAL CHECK (percentile BETWEEN 0 AND 100), reason TEXT NOT NULL, measures TEXT NOT NULL, \
     PRIMARY KEY (layer_run, instrument)) STRICT, WITHOUT ROWID";

const COLUMNS: usize = 7;
const ROUNDS: usize = 7;

#[derive(Clone)]
struct Verdict {
    run: i64,
    instrument: i64,
    outcome: i64,
    score: f64,
    percentile: f64,
    reason: String,
    measures: String,
}

/// Prints a line per way.
pub async fn compare(folder: &Path) -> Result<(), Box<dyn Error>> {
    let verdicts = verdicts();
    for (name, synchronous) in [("FULL", SqliteSynchronous::Full), ("NORMAL", SqliteSynchronous::Normal)] {
        let options = SqliteConnectOptions::new()
            .filename(folder.join(format!("ways-{name}.db")))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .pragma("cache_size", "-32768")
            .synchronous(synchronous);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        sqlx::query(TABLE).execute(&mut connection).await?;
        let mut run = 0;
        for rows in [8, 32, 64, 128, 256, 1024, 4096] {
            let mut times = Vec::new();
            for _ in 0..ROUNDS {
                run += 10;
                let begun = Instant::now();
                let mut transaction = connection.begin().await?;
                multi_row(&mut transaction, &verdicts, rows, run).await?;
                transaction.commit().await?;
                times.push(begun.elapsed());
            }
            report(&format!("{name}: {rows} rows a statement"), &times)?;
        }
        for rows in [512, 4096] {
            let mut times = Vec::new();
            for _ in 0..ROUNDS {
                run += 10;
                let begun = Instant::now();
                let mut transaction = connection.begin().await?;
                json_each(&mut transaction, &verdicts, rows, run).await?;
                transaction.commit().await?;
                times.push(begun.elapsed());
            }
            report(&format!("{name}: json_each, {rows} rows a statement"), &times)?;
        }
        connection.close().await?;
    }
    Ok(())
}

fn verdicts() -> Vec<Verdict> {
    let mut all = Vec::new();
    for (run, record) in (0..).zip(sample::scan().layer_runs) {
        let columns = record.verdicts;
        for (row, instrument) in columns.instruments.iter().enumerate() {
            let measures: Vec<f64> =
                columns.measures.iter().filter_map(|column| column.get(row).copied()).collect();
            all.push(Verdict {
                run,
                instrument: i64::from(*instrument),
                outcome: columns.outcomes.get(row).copied().unwrap_or_default().into(),
                score: columns.scores.get(row).copied().unwrap_or_default(),
                percentile: columns.percentiles.get(row).copied().unwrap_or_default(),
                reason: columns.reasons.get(row).cloned().unwrap_or_default(),
                measures: format!("{measures:?}"),
            });
        }
    }
    all
}

async fn multi_row(
    connection: &mut SqliteConnection,
    verdicts: &[Verdict],
    rows: usize,
    first_run: i64,
) -> Result<(), Box<dyn Error>> {
    for chunk in verdicts.chunks(rows) {
        let group = format!("({})", ["?"; COLUMNS].join(","));
        let sql = format!("INSERT INTO verdicts VALUES {}", vec![group.as_str(); chunk.len()].join(","));
        let mut arguments = SqliteArguments::default();
        arguments.reserve(chunk.len() * COLUMNS, 0);
        for verdict in chunk {
            bind(&mut arguments, verdict, first_run).map_err(sqlx::Error::Encode)?;
        }
        let whole = chunk.len() == rows;
        sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(whole).execute(&mut *connection).await?;
    }
    Ok(())
}

fn bind(arguments: &mut SqliteArguments, verdict: &Verdict, first_run: i64) -> Result<(), BoxDynError> {
    arguments.add(first_run + verdict.run)?;
    arguments.add(verdict.instrument)?;
    arguments.add(verdict.outcome)?;
    arguments.add(verdict.score)?;
    arguments.add(verdict.percentile)?;
    arguments.add(verdict.reason.as_str())?;
    arguments.add(verdict.measures.as_str())
}

async fn json_each(
    connection: &mut SqliteConnection,
    verdicts: &[Verdict],
    rows: usize,
    first_run: i64,
) -> Result<(), Box<dyn Error>> {
    const SQL: &str = "INSERT INTO verdicts SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, \
         value ->> 5, value ->> 6 FROM json_each(?)";
    for chunk in verdicts.chunks(rows) {
        let tuples: Vec<_> = chunk
            .iter()
            .map(|v| {
                (first_run + v.run, v.instrument, v.outcome, v.score, v.percentile, &v.reason, &v.measures)
            })
            .collect();
        sqlx::query(SQL).bind(serde_json::to_string(&tuples)?).execute(&mut *connection).await?;
    }
    Ok(())
}
