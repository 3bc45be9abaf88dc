//! Reading scans, their layer runs, verdicts and results.

use std::str::FromStr;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Store;
use crate::columns;
use crate::error::StoreError;
use crate::ids::{LayerRunId, Outcome, ScanId, UnknownWord};
use crate::rows::{LayerRunRow, ResultRow, ScanRow, VerdictRow};

/// The columns of a [`ScanRow`].
macro_rules! scans {
    ($rest:literal) => {
        concat!(
            "SELECT id, pipeline, status, as_of, data_until, started_at, finished_at, config_digest, \
             market_digest, program_version, stages_json, warnings, interruption FROM scans ",
            $rest
        )
    };
}

impl Store {
    /// One scan.
    ///
    /// # Errors
    /// When there is no such scan, or the database cannot be read.
    pub async fn scan(&self, scan: &ScanId) -> Result<ScanRow, StoreError> {
        let doing = format!("read scan {scan}");
        let row = self
            .patiently(&doing, || async {
                let query = sqlx::query(scans!("WHERE id = $1")).bind(scan.to_string());
                Ok(query.fetch_optional(&self.pool).await?.as_ref().map(scan_row).transpose()?)
            })
            .await?;
        row.ok_or_else(|| self.unknown_scan(scan))
    }

    /// The newest scan, of one pipeline or of any.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn latest_scan(&self, pipeline: Option<&str>) -> Result<Option<ScanRow>, StoreError> {
        self.patiently("read the newest scan", || async {
            let query = match pipeline {
                None => sqlx::query(scans!("ORDER BY number DESC LIMIT 1")),
                Some(name) => {
                    sqlx::query(scans!("WHERE pipeline = $1 ORDER BY number DESC LIMIT 1")).bind(name)
                }
            };
            Ok(query.fetch_optional(&self.pool).await?.as_ref().map(scan_row).transpose()?)
        })
        .await
    }

    /// The newest scans, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn scans(&self, limit: u32) -> Result<Vec<ScanRow>, StoreError> {
        self.patiently("list scans", || async {
            let query = sqlx::query(scans!("ORDER BY number DESC LIMIT $1")).bind(i64::from(limit));
            Ok(rows(query.fetch_all(&self.pool).await?, scan_row)?)
        })
        .await
    }

    /// The whole effective configuration of a scan, JSON.
    ///
    /// # Errors
    /// When there is no such scan, or the database cannot be read.
    pub async fn scan_config(&self, scan: &ScanId) -> Result<String, StoreError> {
        let doing = format!("read the configuration of scan {scan}");
        let config = self
            .patiently(&doing, || async {
                let query =
                    sqlx::query_scalar("SELECT config_json FROM scans WHERE id = $1").bind(scan.to_string());
                Ok(query.fetch_optional(&self.pool).await?)
            })
            .await?;
        config.ok_or_else(|| self.unknown_scan(scan))
    }

    /// The final list of a scan, by rank; empty for an unknown scan and for one that was not finished.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn results(&self, scan: &ScanId) -> Result<Vec<ResultRow>, StoreError> {
        const SELECT: &str = "SELECT r.rank, i.ident, r.symbol, i.name, r.outcome, r.score, r.percentile, r.reason \
             FROM scans s JOIN results r ON r.scan = s.number JOIN instruments i ON i.id = r.instrument \
             WHERE s.id = $1 ORDER BY r.rank";
        let doing = format!("read the results of scan {scan}");
        self.patiently(&doing, || async {
            let found = sqlx::query(SELECT).bind(scan.to_string()).fetch_all(&self.pool).await?;
            Ok(rows(found, result_row)?)
        })
        .await
    }

    /// The layer runs of a scan, in the order in which they were stored.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn layer_runs(&self, scan: &ScanId) -> Result<Vec<LayerRunRow>, StoreError> {
        const SELECT: &str = "SELECT r.id, r.stage, r.stage_name, l.layer, l.version, l.digest, r.status, r.fault, \
             r.calls, r.fuel, r.wall_us, r.peak_memory_bytes, r.abstained, r.stats_json, r.measures \
             FROM scans s JOIN layer_runs r ON r.scan = s.number JOIN layers l ON l.id = r.layer \
             WHERE s.id = $1 ORDER BY r.position";
        let doing = format!("read the layer runs of scan {scan}");
        self.patiently(&doing, || async {
            let found = sqlx::query(SELECT).bind(scan.to_string()).fetch_all(&self.pool).await?;
            Ok(rows(found, layer_run_row)?)
        })
        .await
    }

    /// What a layer run said, in the order in which the instruments became known.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn verdicts(&self, run: LayerRunId) -> Result<Vec<VerdictRow>, StoreError> {
        const SELECT: &str = "SELECT i.ident, i.symbol, v.outcome, v.score, v.percentile, v.reason, v.measures \
             FROM verdicts v JOIN instruments i ON i.id = v.instrument \
             WHERE v.layer_run = $1 ORDER BY v.instrument";
        let doing = format!("read the verdicts of layer run {run}");
        self.patiently(&doing, || async {
            let found = sqlx::query(SELECT).bind(run.0).fetch_all(&self.pool).await?;
            Ok(rows(found, verdict_row)?)
        })
        .await
    }
}

/// Every row, read by `read`.
pub(super) fn rows<T>(
    rows: Vec<SqliteRow>,
    read: impl Fn(&SqliteRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, sqlx::Error> {
    rows.iter().map(read).collect()
}

/// A word of a closed set.
pub(super) fn word<T: FromStr<Err = UnknownWord>>(row: &SqliteRow, column: &str) -> Result<T, sqlx::Error> {
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|error: UnknownWord| sqlx::Error::Decode(error.into()))
}

/// A count, which the database keeps as a signed integer.
pub(super) fn count(row: &SqliteRow, column: &str) -> Result<u64, sqlx::Error> {
    let value: i64 = row.try_get(column)?;
    u64::try_from(value).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// A list of texts.
pub(super) fn texts(row: &SqliteRow, column: &str) -> Result<Vec<String>, sqlx::Error> {
    columns::read_texts(row.try_get(column)?).map_err(sqlx::Error::Decode)
}

/// A list of numbers.
pub(super) fn numbers(row: &SqliteRow, column: &str) -> Result<Vec<Option<f64>>, sqlx::Error> {
    columns::read_numbers(row.try_get(column)?).map_err(sqlx::Error::Decode)
}

fn outcome(row: &SqliteRow) -> Result<Outcome, sqlx::Error> {
    let code: u8 = row.try_get("outcome")?;
    Outcome::try_from(code).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn scan_row(row: &SqliteRow) -> Result<ScanRow, sqlx::Error> {
    Ok(ScanRow {
        id: word(row, "id")?,
        pipeline: row.try_get("pipeline")?,
        status: word(row, "status")?,
        as_of: row.try_get("as_of")?,
        data_until: row.try_get("data_until")?,
        started_at: row.try_get("started_at")?,
        finished_at: row.try_get("finished_at")?,
        config_digest: row.try_get("config_digest")?,
        market_digest: row.try_get("market_digest")?,
        program_version: row.try_get("program_version")?,
        stages_json: row.try_get("stages_json")?,
        warnings: texts(row, "warnings")?,
        interruption: row.try_get("interruption")?,
    })
}

fn result_row(row: &SqliteRow) -> Result<ResultRow, sqlx::Error> {
    Ok(ResultRow {
        rank: row.try_get("rank")?,
        ident: row.try_get("ident")?,
        symbol: row.try_get("symbol")?,
        name: row.try_get("name")?,
        outcome: outcome(row)?,
        score: row.try_get("score")?,
        percentile: row.try_get("percentile")?,
        reason: row.try_get("reason")?,
    })
}

fn layer_run_row(row: &SqliteRow) -> Result<LayerRunRow, sqlx::Error> {
    Ok(LayerRunRow {
        id: LayerRunId(row.try_get("id")?),
        stage: row.try_get("stage")?,
        stage_name: row.try_get("stage_name")?,
        layer: row.try_get("layer")?,
        version: row.try_get("version")?,
        digest: row.try_get("digest")?,
        status: word(row, "status")?,
        fault: row.try_get("fault")?,
        calls: count(row, "calls")?,
        fuel: count(row, "fuel")?,
        wall_us: count(row, "wall_us")?,
        peak_memory_bytes: count(row, "peak_memory_bytes")?,
        abstained: count(row, "abstained")?,
        stats_json: row.try_get("stats_json")?,
        measures: texts(row, "measures")?,
    })
}

fn verdict_row(row: &SqliteRow) -> Result<VerdictRow, sqlx::Error> {
    Ok(VerdictRow {
        ident: row.try_get("ident")?,
        symbol: row.try_get("symbol")?,
        outcome: outcome(row)?,
        score: row.try_get("score")?,
        percentile: row.try_get("percentile")?,
        reason: row.try_get("reason")?,
        measures: numbers(row, "measures")?,
    })
}
