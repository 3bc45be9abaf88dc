//! Reading how far instruments came, why, and what changed between two scans.

use std::collections::HashMap;

use super::Store;
use super::membership::{joined, reached_of, stages_of};
use crate::error::StoreError;
use crate::ids::{Outcome, ScanId};
use crate::reach::{Moved, compare};
use crate::rows::{MoveRow, OpinionRow, ReachedRow, StageMove};
use crate::sql::{Row, query, read_all};

impl Store {
    /// The newest finished scan that a scan of all stages and instruments of this pipeline is compared with, about an
    /// instant not after `as_of` (UTC milliseconds); `except`: not that one, and only those before it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn last_comparable(
        &self,
        pipeline: &str,
        as_of: i64,
        except: Option<&ScanId>,
    ) -> Result<Option<ScanId>, StoreError> {
        const FIND: &str = "SELECT s.id FROM scans s JOIN reaches r ON r.scan = s.number \
             WHERE s.pipeline = $1 AND r.whole = 1 AND s.as_of <= $2 \
             AND s.number < coalesce((SELECT number FROM scans WHERE id = $3), 9223372036854775807) \
             ORDER BY s.as_of DESC, s.number DESC LIMIT 1";
        self.patiently("find a scan to compare with", || async {
            let except = except.map(ToString::to_string).unwrap_or_default();
            let found = query(FIND).bind(pipeline).bind(as_of).bind(except).optional(&self.pool).await?;
            Ok(found.map(|row| row.word("id")).transpose()?)
        })
        .await
    }

    /// How far an instrument (by its permanent identity) came in a scan, or in the newest one in which it took part: of
    /// the newest instant, and of several of that one the last that ran.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn reached(
        &self,
        ident: &str,
        scan: Option<&ScanId>,
    ) -> Result<Option<ReachedRow>, StoreError> {
        const KEY: &str = "SELECT id FROM instruments WHERE ident = $1";
        const NEWEST: &str = "SELECT s.id, r.stages, r.reached FROM (SELECT number, id, as_of FROM scans \
             WHERE number IN (SELECT scan FROM reaches) ORDER BY as_of DESC, number DESC LIMIT $1) s \
             JOIN reaches r ON r.scan = s.number ORDER BY s.as_of DESC, s.number DESC";
        const ONE: &str = "SELECT s.id, r.stages, r.reached FROM reaches r JOIN scans s ON s.number = r.scan \
             WHERE s.id = $1";
        /// Newest scans that are looked through: of some of them it was no part.
        const LOOKED_THROUGH: i64 = 50;
        self.patiently("read how far an instrument came", || async {
            let mut transaction = self.pool.begin_reading().await?;
            let key: Option<i64> = query(KEY).bind(ident).optional_value(&mut transaction).await?;
            let Some(key) = key else { return Ok(None) };
            let rows = match scan {
                Some(scan) => query(ONE).bind(scan.to_string()).all(&mut transaction).await?,
                None => query(NEWEST).bind(LOOKED_THROUGH).all(&mut transaction).await?,
            };
            for row in rows {
                let reached = reached_of(&row)?;
                let Ok(at) = reached.binary_search_by_key(&key, |one| one.instrument) else { continue };
                let Some(one) = reached.get(at) else { continue };
                return Ok(Some(ReachedRow {
                    scan: row.word("id")?,
                    stages: stages_of(&row)?,
                    level: one.level,
                    stopped: one.stopped,
                    cause: one.cause,
                    score: (!one.score.is_nan()).then_some(one.score),
                }));
            }
            Ok(None)
        })
        .await
    }

    /// Permanent identities of the instruments that have a ticker, the newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn idents(&self, symbol: &str) -> Result<Vec<String>, StoreError> {
        const FIND: &str = "SELECT ident FROM instruments WHERE symbol = $1 ORDER BY id DESC";
        self.patiently("find an instrument", || async {
            Ok(query(FIND).bind(symbol).values(&self.pool).await?)
        })
        .await
    }

    /// What every layer of a scan said of an instrument, in the order of the stages; also of the layers that did not see
    /// it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn opinions(&self, scan: &ScanId, ident: &str) -> Result<Vec<OpinionRow>, StoreError> {
        const SELECT: &str = "SELECT r.stage, l.layer, l.version, r.status, r.fault, r.measures AS names, v.outcome, \
             v.score, v.percentile, v.reason, v.measures FROM scans s JOIN layer_runs r ON r.scan = s.number \
             JOIN layers l ON l.id = r.layer LEFT JOIN verdicts v ON v.layer_run = r.id \
             AND v.instrument = (SELECT id FROM instruments WHERE ident = $2) WHERE s.id = $1 ORDER BY r.position";
        let doing = format!("read what scan {scan} says of an instrument");
        self.patiently(&doing, || async {
            let found = query(SELECT).bind(scan.to_string()).bind(ident).all(&self.pool).await?;
            Ok(read_all(&found, opinion)?)
        })
        .await
    }

    /// What moved between two finished scans, by ticker; none when one of them has no record of it, or their stages differ.
    ///
    /// # Errors
    /// When there is no such scan, or the database cannot be read.
    pub async fn moves(&self, before: &ScanId, after: &ScanId) -> Result<Option<Vec<MoveRow>>, StoreError> {
        const REACH: &str =
            "SELECT r.stages, r.reached FROM reaches r JOIN scans s ON s.number = r.scan WHERE s.id = $1";
        const SAID: &str = "SELECT r.stage, v.instrument, v.outcome, v.reason FROM scans s \
             JOIN layer_runs r ON r.scan = s.number JOIN verdicts v ON v.layer_run = r.id \
             WHERE s.id = $1 ORDER BY r.position";
        const TICKERS: &str = "SELECT id, ident, symbol FROM instruments";
        self.scan(before).await?;
        self.scan(after).await?;
        self.patiently("compare two scans", || async {
            let mut transaction = self.pool.begin_reading().await?;
            let old = query(REACH).bind(before.to_string()).optional(&mut transaction).await?;
            let new = query(REACH).bind(after.to_string()).optional(&mut transaction).await?;
            let (Some(old), Some(new)) = (old, new) else { return Ok(None) };
            let stages = stages_of(&new)?;
            if stages_of(&old)? != stages {
                return Ok(None);
            }
            let moved = compare(&reached_of(&old)?, &reached_of(&new)?);
            let mut said: HashMap<(i64, String), Vec<(bool, String)>> = HashMap::new();
            let told_by =
                |moved: &Moved| stages.get(usize::from(moved.told_by?)).map(|(number, _)| number.clone());
            let wanted: HashMap<i64, Option<String>> =
                moved.iter().map(|moved| (moved.key, told_by(moved))).collect();
            if !moved.is_empty() {
                for row in query(SAID).bind(after.to_string()).all(&mut transaction).await? {
                    let (key, stage): (i64, String) = (row.get("instrument")?, row.get("stage")?);
                    let reason: String = row.get("reason")?;
                    if wanted.get(&key) == Some(&Some(stage.clone())) && !reason.is_empty() {
                        let kept = row.outcome("outcome")? == Outcome::Keep;
                        said.entry((key, stage)).or_default().push((kept, reason));
                    }
                }
            }
            let mut tickers: HashMap<i64, (String, String)> = HashMap::new();
            for row in query(TICKERS).all(&mut transaction).await? {
                tickers.insert(row.get("id")?, (row.get("ident")?, row.get("symbol")?));
            }
            let stage = |level: u8| {
                let at = level.checked_sub(1)?;
                stages.get(usize::from(at)).map(|(_, name)| name.clone())
            };
            let row = |moved: &Moved| {
                let (ident, symbol) = tickers.get(&moved.key)?.clone();
                let told = told_by(moved).and_then(|stage| said.get(&(moved.key, stage)));
                let told: Vec<(bool, &str)> =
                    told.into_iter().flatten().map(|(kept, reason)| (*kept, reason.as_str())).collect();
                Some(MoveRow {
                    ident,
                    symbol,
                    moved: StageMove {
                        kind: moved.kind,
                        from: stage(moved.from),
                        to: stage(moved.to),
                        cause: moved.cause,
                        reason: joined(&told, moved.by_keepers),
                        score: (!moved.score.is_nan()).then_some(moved.score),
                    },
                })
            };
            let mut rows: Vec<MoveRow> = moved.iter().filter_map(row).collect();
            rows.sort_by(|a, b| (&a.symbol, &a.ident).cmp(&(&b.symbol, &b.ident)));
            Ok(Some(rows))
        })
        .await
    }
}

fn opinion(row: &Row) -> Result<OpinionRow, sqlx::Error> {
    let outcome = match row.get::<Option<i64>>("outcome")? {
        None => None,
        Some(_) => Some(row.outcome("outcome")?),
    };
    let values = match outcome {
        None => Vec::new(),
        Some(_) => row.numbers("measures")?,
    };
    Ok(OpinionRow {
        stage: row.get("stage")?,
        layer: row.get("layer")?,
        version: row.get("version")?,
        status: row.word("status")?,
        fault: row.get("fault")?,
        outcome,
        score: row.get("score")?,
        percentile: row.get("percentile")?,
        reason: row.get("reason")?,
        measures: row.texts("names")?.into_iter().zip(values).collect(),
    })
}
