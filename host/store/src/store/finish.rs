//! The results of a scan: everything in one transaction, or nothing.

use super::audit::operation_id;
use super::cool_down::CoolDown;
use super::{Store, instruments, membership, shadow};
use crate::check::Check;
use crate::columns;
use crate::error::StoreError;
use crate::fingerprint;
use crate::ids::{AuditAction, ScanId};
use crate::records::{AlertRecord, AuditEntry, LayerRunRecord, ResultRecord, ScanRecord};
use crate::sql::{self, Insert, Stop, Transaction, query};

const VERDICTS: Insert<'static> = Insert {
    table: "verdicts",
    columns: &["layer_run", "instrument", "outcome", "score", "percentile", "reason", "measures"],
    tail: "",
};

const RESULTS: Insert<'static> = Insert {
    table: "results",
    columns: &["scan", "rank", "instrument", "symbol", "outcome", "score", "percentile", "reason"],
    tail: "",
};

const ALERTS: Insert<'static> = Insert {
    table: "alerts",
    columns: &[
        "scan",
        "layer_run",
        "instrument",
        "symbol",
        "kind",
        "severity",
        "confidence",
        "message",
        "side",
        "entry",
        "stop",
        "target",
        "expires_at",
        "dedupe_key",
        "evidence",
        "numbers",
        "number_values",
        "surfaced",
        "repetition",
        "risk_json",
    ],
    tail: "",
};

impl Store {
    /// Stores what a running scan found and how it ended: everything in one transaction, or nothing.
    ///
    /// # Errors
    /// When the scan is not running, a record cannot be stored as it is, a layer was neither installed nor
    /// registered, or the database fails. The scan is then still running.
    pub async fn finish_scan(&self, scan: &ScanId, record: &ScanRecord) -> Result<(), StoreError> {
        let doing = format!("store scan {scan}");
        Check::new(&doing).scan(record)?;
        let prints: Vec<String> = record.instruments.iter().map(fingerprint::of).collect();
        let (doing, prints) = (doing.as_str(), prints.as_slice());
        self.once(doing, |operation| async move {
            let Some(mut transaction) = self.begin(&operation).await? else { return Ok(()) };
            let number = self.running(&mut transaction, scan).await?;
            let keys = instruments::keys_of(&mut transaction, &record.instruments, prints).await?;
            let writer = Writer { record, scan: number, keys };
            let mut runs = Vec::with_capacity(record.layer_runs.len());
            for (position, run) in (0_i64..).zip(&record.layer_runs) {
                let layer = self.layer_key(&mut transaction, doing, run).await?;
                let key = writer.layer_run(&mut transaction, position, layer, run).await?;
                writer.verdicts(&mut transaction, key, run).await?;
                runs.push(key);
            }
            let tried = shadow::write(&mut transaction, number, record, &operation.id).await?;
            writer.results(&mut transaction).await?;
            let cool_down = CoolDown::of(&mut transaction, record, number).await?;
            writer.alerts(&mut transaction, &runs, cool_down.as_ref()).await?;
            membership::write(&mut transaction, number, record, &writer.keys).await?;
            if !writer.scan(&mut transaction).await? {
                // since it was looked up: on a server nothing kept others from it
                let status = "interrupted or removed".to_owned();
                return Err(StoreError::NotRunning { scan: scan.to_string(), status }.into());
            }
            for entry in &tried {
                self.append(&mut transaction, &operation_id(), entry).await?;
            }
            self.commit(transaction, &operation.id, &told(scan, record)).await
        })
        .await
    }

    /// The key of the layer that a run names.
    async fn layer_key(
        &self,
        transaction: &mut Transaction,
        doing: &str,
        run: &LayerRunRecord,
    ) -> Result<i64, Stop> {
        const FIND: &str = "SELECT id FROM layers WHERE digest = $1 AND layer = $2 AND version = $3";
        let found = query(FIND).bind(&run.digest).bind(&run.layer).bind(&run.version);
        let key: Option<i64> = found.optional_value(transaction).await?;
        key.ok_or_else(|| {
            Stop::Refused(StoreError::UnknownLayer {
                doing: doing.to_owned(),
                layer: run.layer.clone(),
                version: run.version.clone(),
                digest: run.digest.clone(),
                database: self.url.to_string().into(),
            })
        })
    }
}

/// What every table's rows need to know. The record was checked: positions are in range.
struct Writer<'a> {
    record: &'a ScanRecord,
    /// Key of the scan.
    scan: i64,
    /// Keys of `record.instruments`.
    keys: Vec<i64>,
}

impl Writer<'_> {
    fn key(&self, instrument: u32) -> Option<i64> {
        self.keys.get(instrument as usize).copied()
    }

    fn symbol(&self, instrument: u32) -> Option<&str> {
        self.record.instruments.get(instrument as usize).map(|instrument| instrument.symbol.as_str())
    }

    async fn layer_run(
        &self,
        transaction: &mut Transaction,
        position: i64,
        layer: i64,
        run: &LayerRunRecord,
    ) -> Result<i64, sqlx::Error> {
        const INSERT: &str = "INSERT INTO layer_runs (scan, position, layer, stage, stage_name, status, fault, calls, \
             fuel, wall_us, peak_memory_bytes, abstained, stats_json, measures, calls_json, cache_hits, cache_misses) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id";
        query(INSERT)
            .bind(self.scan)
            .bind(position)
            .bind(layer)
            .bind(&run.stage)
            .bind(&run.stage_name)
            .bind(run.status.as_str())
            .bind(&run.fault)
            .bind(stored(run.calls))
            .bind(stored(run.fuel))
            .bind(stored(run.wall_us))
            .bind(stored(run.peak_memory_bytes))
            .bind(stored(run.abstained))
            .bind(&run.stats_json)
            .bind(columns::texts(&run.measures).map_err(sqlx::Error::Encode)?)
            .bind(&run.calls_json)
            .bind(stored(run.cache_hits))
            .bind(stored(run.cache_misses))
            .value(transaction)
            .await
    }

    async fn verdicts(
        &self,
        transaction: &mut Transaction,
        run_key: i64,
        run: &LayerRunRecord,
    ) -> Result<(), sqlx::Error> {
        let verdicts = &run.verdicts;
        sql::insert(transaction, &VERDICTS, verdicts.instruments.len(), |row, values| {
            let reason = verdicts.reason.get(row).and_then(|index| verdicts.reasons.get(*index as usize));
            let measures =
                verdicts.measures.iter().map(|column| column.get(row).copied().unwrap_or(f64::NAN));
            values.add(run_key)?;
            values.add(verdicts.instruments.get(row).and_then(|instrument| self.key(*instrument)))?;
            values.add(verdicts.outcomes.get(row).copied().map(i64::from))?;
            values.add(verdicts.scores.get(row).copied().and_then(known))?;
            values.add(verdicts.percentiles.get(row).copied().and_then(known))?;
            values.add(reason.map(String::as_str))?;
            values.add(columns::numbers(measures)?)
        })
        .await
    }

    async fn results(&self, transaction: &mut Transaction) -> Result<(), sqlx::Error> {
        let results = &self.record.results;
        sql::insert(transaction, &RESULTS, results.len(), |row, values| {
            let Some(result) = results.get(row) else { return Ok(()) };
            let ResultRecord { rank, instrument, outcome, score, percentile, reason } = result;
            values.add(self.scan)?;
            values.add(i64::from(*rank))?;
            values.add(self.key(*instrument))?;
            values.add(self.symbol(*instrument))?;
            values.add(i64::from(u8::from(*outcome)))?;
            values.add(known(*score))?;
            values.add(known(*percentile))?;
            values.add(reason.as_str())
        })
        .await
    }

    /// The alerts, those held back marked as repetitions; and what the next scan must know of them.
    async fn alerts(
        &self,
        transaction: &mut Transaction,
        runs: &[i64],
        cool_down: Option<&CoolDown>,
    ) -> Result<(), sqlx::Error> {
        const IDS: &str = "SELECT id FROM alerts WHERE scan = $1 ORDER BY id";
        let alerts = &self.record.alerts;
        sql::insert(transaction, &ALERTS, alerts.len(), |row, values| {
            let Some(alert) = alerts.get(row) else { return Ok(()) };
            let AlertRecord { layer_run, instrument, kind, severity, confidence, message, side, .. } = alert;
            let AlertRecord {
                entry,
                stop,
                target,
                expires_at,
                dedupe_key,
                evidence,
                numbers,
                surfaced,
                risk_json,
                ..
            } = alert;
            let repetition = cool_down.is_some_and(|cool_down| cool_down.repeats(row));
            values.add(self.scan)?;
            values.add(runs.get(*layer_run as usize).copied())?;
            values.add(instrument.and_then(|instrument| self.key(instrument)))?;
            values.add(instrument.and_then(|instrument| self.symbol(instrument)))?;
            values.add(kind.as_str())?;
            values.add(severity.as_str())?;
            values.add(*confidence)?;
            values.add(message.as_str())?;
            values.add(side.map(|side| side.as_str()))?;
            values.add(*entry)?;
            values.add(*stop)?;
            values.add(*target)?;
            values.add(*expires_at)?;
            values.add(dedupe_key.as_str())?;
            values.add(columns::texts(evidence)?)?;
            values.add(columns::texts(numbers.iter().map(|(name, _)| name))?)?;
            values.add(columns::numbers(numbers.iter().map(|(_, value)| *value))?)?;
            values.add(i64::from(*surfaced && !repetition))?;
            values.add(i64::from(repetition))?;
            values.add(risk_json.as_deref())
        })
        .await?;
        let Some(cool_down) = cool_down else { return Ok(()) };
        let ids: Vec<i64> = query(IDS).bind(self.scan).values(&mut *transaction).await?;
        cool_down.keep(transaction, alerts, &ids).await
    }

    /// Tells whether the scan was still running.
    async fn scan(&self, transaction: &mut Transaction) -> Result<bool, sqlx::Error> {
        const FINISH: &str = "UPDATE scans SET status = $2, finished_at = $3, stages_json = $4, warnings = $5 \
             WHERE number = $1 AND status = 'running'";
        let finished = query(FINISH)
            .bind(self.scan)
            .bind(self.record.status.as_str())
            .bind(self.record.finished_at)
            .bind(&self.record.stages_json)
            .bind(columns::texts(&self.record.warnings).map_err(sqlx::Error::Encode)?)
            .execute(transaction)
            .await?;
        Ok(finished == 1)
    }
}

/// What the audit log tells of a scan: enough to find it and to see whether it was changed later.
fn told(scan: &ScanId, record: &ScanRecord) -> AuditEntry {
    let surfaced = record.alerts.iter().filter(|alert| alert.surfaced).count();
    let after = serde_json::json!({
        "status": record.status.as_str(),
        "layers": record.layer_runs.len(),
        "results": record.results.len(),
        "alerts": surfaced,
        "warnings": record.warnings.len(),
    });
    AuditEntry {
        action: AuditAction::ScanFinished,
        subject: scan.to_string(),
        before_json: None,
        after_json: Some(after.to_string()),
    }
}

/// NaN means "none".
fn known(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}

/// A count as the database's integer; the record was checked, so that it fits.
fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
