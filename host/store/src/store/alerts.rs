//! Listing alerts, newest scan first and within a scan in the order in which they were given.

use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{QueryBuilder, Row};

use super::Store;
use super::reading::{numbers, rows, texts, word};
use crate::error::StoreError;
use crate::rows::{AlertFilter, AlertRow};

/// Read along the alerts' index by scan, backwards, so that a limit ends the search; a filter by scan or symbol uses
/// its own index.
const SELECT: &str = "SELECT s.id AS scan, s.finished_at AS raised_at, s.as_of, l.layer, l.version, r.stage, i.ident, \
     a.symbol, a.kind, a.severity, a.confidence, a.message, a.side, a.entry, a.stop, a.target, a.expires_at, \
     a.dedupe_key, a.evidence, a.numbers, a.number_values, a.surfaced \
     FROM alerts a JOIN scans s ON s.number = a.scan JOIN layer_runs r ON r.id = a.layer_run \
     JOIN layers l ON l.id = r.layer LEFT JOIN instruments i ON i.id = a.instrument";

impl Store {
    /// The alerts that the filter lets through, newest scan first, within a scan in the order in which they were
    /// given.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn alerts(&self, filter: &AlertFilter) -> Result<Vec<AlertRow>, StoreError> {
        self.patiently("list alerts", || async {
            let found = query(filter).build().fetch_all(&self.pool).await?;
            Ok(rows(found, alert_row)?)
        })
        .await
    }
}

/// Only the conditions that are asked for, so that each can use its index.
fn query(filter: &AlertFilter) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(SELECT);
    query.push(" WHERE 1 = 1");
    if let Some(scan) = filter.scan {
        query.push(" AND s.id = ").push_bind(scan.to_string());
    }
    if let Some(symbol) = &filter.symbol {
        query.push(" AND a.symbol = ").push_bind(symbol.clone());
    }
    if let Some(kind) = &filter.kind {
        query.push(" AND a.kind = ").push_bind(kind.clone());
    }
    if let Some(layer) = &filter.layer {
        query.push(" AND l.layer = ").push_bind(layer.clone());
    }
    if let Some(since) = filter.since {
        query.push(" AND s.finished_at >= ").push_bind(since);
    }
    if !filter.all {
        query.push(" AND a.surfaced = 1");
    }
    query.push(" ORDER BY a.scan DESC, a.id LIMIT ").push_bind(i64::from(filter.limit));
    query
}

fn alert_row(row: &SqliteRow) -> Result<AlertRow, sqlx::Error> {
    let side: Option<&str> = row.try_get("side")?;
    let names = texts(row, "numbers")?;
    Ok(AlertRow {
        scan: word(row, "scan")?,
        raised_at: row.try_get("raised_at")?,
        as_of: row.try_get("as_of")?,
        layer: row.try_get("layer")?,
        version: row.try_get("version")?,
        stage: row.try_get("stage")?,
        ident: row.try_get("ident")?,
        symbol: row.try_get("symbol")?,
        kind: row.try_get("kind")?,
        severity: word(row, "severity")?,
        confidence: row.try_get("confidence")?,
        message: row.try_get("message")?,
        side: side.map(|_| word(row, "side")).transpose()?,
        entry: row.try_get("entry")?,
        stop: row.try_get("stop")?,
        target: row.try_get("target")?,
        expires_at: row.try_get("expires_at")?,
        dedupe_key: row.try_get("dedupe_key")?,
        evidence: texts(row, "evidence")?,
        numbers: names.into_iter().zip(numbers(row, "number_values")?).collect(),
        surfaced: row.try_get("surfaced")?,
    })
}
