//! Reading scans, their layer runs, verdicts and results.

use super::{LONGEST_PAGE, Store};
use crate::error::StoreError;
use crate::ids::{LayerRunId, ScanId};
use crate::rows::{LayerRunRow, ResultRow, ScanRow, VerdictRow};
use crate::sql::{Row, query, read_all};

/// The columns of a [`ScanRow`].
macro_rules! scans {
    ($rest:literal) => {
        concat!(
            "SELECT number, id, pipeline, status, as_of, data_until, started_at, finished_at, config_digest, \
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
                let found =
                    query(scans!("WHERE id = $1")).bind(scan.to_string()).optional(&self.pool).await?;
                Ok(found.as_ref().map(scan_row).transpose()?)
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
            let newest = match pipeline {
                None => query(scans!("ORDER BY number DESC LIMIT 1")),
                Some(name) => query(scans!("WHERE pipeline = $1 ORDER BY number DESC LIMIT 1")).bind(name),
            };
            Ok(newest.optional(&self.pool).await?.as_ref().map(scan_row).transpose()?)
        })
        .await
    }

    /// One page of the scans, newest first: those before the scan with this number. At most 1,000.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn scans(&self, before: Option<i64>, limit: u32) -> Result<Vec<ScanRow>, StoreError> {
        self.patiently("list scans", || async {
            let page = query(scans!("WHERE number < $1 ORDER BY number DESC LIMIT $2"))
                .bind(before.unwrap_or(i64::MAX))
                .bind(i64::from(limit.min(LONGEST_PAGE)));
            Ok(read_all(&page.all(&self.pool).await?, scan_row)?)
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
                let found = query("SELECT config_json FROM scans WHERE id = $1").bind(scan.to_string());
                Ok(found.optional_value(&self.pool).await?)
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
            let found = query(SELECT).bind(scan.to_string()).all(&self.pool).await?;
            Ok(read_all(&found, result_row)?)
        })
        .await
    }

    /// The layer runs of a scan, in the order in which they were stored.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn layer_runs(&self, scan: &ScanId) -> Result<Vec<LayerRunRow>, StoreError> {
        const SELECT: &str = "SELECT r.id, r.stage, r.stage_name, l.layer, l.version, l.digest, r.status, r.fault, \
             r.calls, r.cache_hits, r.cache_misses, r.fuel, r.wall_us, r.peak_memory_bytes, r.abstained, r.stats_json, r.calls_json, r.measures \
             FROM scans s JOIN layer_runs r ON r.scan = s.number JOIN layers l ON l.id = r.layer \
             WHERE s.id = $1 ORDER BY r.position";
        let doing = format!("read the layer runs of scan {scan}");
        self.patiently(&doing, || async {
            let found = query(SELECT).bind(scan.to_string()).all(&self.pool).await?;
            Ok(read_all(&found, layer_run_row)?)
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
            let found = query(SELECT).bind(run.0).all(&self.pool).await?;
            Ok(read_all(&found, verdict_row)?)
        })
        .await
    }
}

fn scan_row(row: &Row) -> Result<ScanRow, sqlx::Error> {
    Ok(ScanRow {
        number: row.get("number")?,
        id: row.word("id")?,
        pipeline: row.get("pipeline")?,
        status: row.word("status")?,
        as_of: row.get("as_of")?,
        data_until: row.get("data_until")?,
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
        config_digest: row.get("config_digest")?,
        market_digest: row.get("market_digest")?,
        program_version: row.get("program_version")?,
        stages_json: row.get("stages_json")?,
        warnings: row.texts("warnings")?,
        interruption: row.get("interruption")?,
    })
}

fn result_row(row: &Row) -> Result<ResultRow, sqlx::Error> {
    Ok(ResultRow {
        rank: row.small("rank")?,
        ident: row.get("ident")?,
        symbol: row.get("symbol")?,
        name: row.get("name")?,
        outcome: row.outcome("outcome")?,
        score: row.get("score")?,
        percentile: row.get("percentile")?,
        reason: row.get("reason")?,
    })
}

fn layer_run_row(row: &Row) -> Result<LayerRunRow, sqlx::Error> {
    Ok(LayerRunRow {
        id: LayerRunId(row.get("id")?),
        stage: row.get("stage")?,
        stage_name: row.get("stage_name")?,
        layer: row.get("layer")?,
        version: row.get("version")?,
        digest: row.get("digest")?,
        status: row.word("status")?,
        fault: row.get("fault")?,
        calls: row.count("calls")?,
        cache_hits: row.count("cache_hits")?,
        cache_misses: row.count("cache_misses")?,
        fuel: row.count("fuel")?,
        wall_us: row.count("wall_us")?,
        peak_memory_bytes: row.count("peak_memory_bytes")?,
        abstained: row.count("abstained")?,
        stats_json: row.get("stats_json")?,
        calls_json: row.get("calls_json")?,
        measures: row.texts("measures")?,
    })
}

fn verdict_row(row: &Row) -> Result<VerdictRow, sqlx::Error> {
    Ok(VerdictRow {
        ident: row.get("ident")?,
        symbol: row.get("symbol")?,
        outcome: row.outcome("outcome")?,
        score: row.get("score")?,
        percentile: row.get("percentile")?,
        reason: row.get("reason")?,
        measures: row.numbers("measures")?,
    })
}
