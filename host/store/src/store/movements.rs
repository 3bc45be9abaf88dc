//! The movements of an instrument, and how far it had come when they began to be told.
//!
//! Movements are stored, one row each. That an instrument is where it is since the first scan is not: that would be a row
//! for every instrument. It is read from what the first scan keeps of all of them.

use super::membership::{joined, reached_of, stages_of};
use super::{LONGEST_PAGE, Store};
use crate::error::StoreError;
use crate::ids::{Movement, Outcome};
use crate::reach::Reached;
use crate::rows::{HistoryRow, StageMove};
use crate::sql::{Row, Transaction, query, read_all};

/// Movements of the instrument `$1` before the scan of number `$2`, newest first.
const MOVEMENTS: &str = "SELECT m.scan AS number, s.id, s.pipeline, s.as_of, m.symbol, m.kind, m.from_stage, \
     m.to_stage, m.cause, m.reason, m.score FROM movements m JOIN scans s ON s.number = m.scan \
     WHERE m.instrument = $1 AND m.scan < $2 ORDER BY m.scan DESC LIMIT $3";

/// Scans of whole pipelines before that of number `$2` with which the movements of the instrument `$1` begin, newest first:
/// they were compared with none, or with one that is removed. Not one about the past, behind what was known already.
const FIRST: &str = "SELECT r.scan FROM reaches r JOIN scans s ON s.number = r.scan WHERE r.whole = 1 AND r.scan < $2 \
     AND (r.before_scan IS NULL OR NOT EXISTS (SELECT 1 FROM reaches b WHERE b.scan = r.before_scan)) \
     AND NOT EXISTS (SELECT 1 FROM scans e JOIN reaches k ON k.scan = e.number WHERE e.pipeline = s.pipeline \
     AND k.whole = 1 AND e.number < s.number AND e.as_of > s.as_of) \
     AND NOT EXISTS (SELECT 1 FROM movements m WHERE m.scan = r.scan AND m.instrument = $1) ORDER BY r.scan DESC";

impl Store {
    /// One page of an instrument's movements, newest first: at most 1,000, those before the one with the cursor `after`.
    /// Where they begin stands how far it had come by then ([`Movement::FirstScan`]).
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn history(
        &self,
        ident: &str,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<HistoryRow>, StoreError> {
        const FIND: &str = "SELECT id, symbol FROM instruments WHERE ident = $1";
        let (after, limit) = (after.unwrap_or(i64::MAX), limit.min(LONGEST_PAGE));
        self.patiently("read the movements of an instrument", || async {
            let mut transaction = self.pool.begin_reading().await?;
            let Some(found) = query(FIND).bind(ident).optional(&mut transaction).await? else {
                return Ok(Vec::new());
            };
            let (key, symbol): (i64, String) = (found.get("id")?, found.get("symbol")?);
            let page = query(MOVEMENTS).bind(key).bind(after).bind(i64::from(limit));
            let mut rows = read_all(&page.all(&mut transaction).await?, movement)?;
            let limit = limit as usize;
            // those before the last row of a full page are part of a later one
            let end = rows.last().filter(|_| rows.len() >= limit).map_or(i64::MIN, |last| last.cursor);
            let scans: Vec<i64> = query(FIRST).bind(key).bind(after).values(&mut transaction).await?;
            let mut firsts = Vec::new();
            for scan in scans.into_iter().filter(|scan| *scan > end) {
                if firsts.len() >= limit {
                    break;
                }
                firsts.extend(first(&mut transaction, scan, key, &symbol).await?);
            }
            rows.extend(firsts);
            rows.sort_by_key(|row| std::cmp::Reverse(row.cursor));
            rows.truncate(limit);
            Ok(rows)
        })
        .await
    }
}

/// How far an instrument came in a scan; none when it took no part.
async fn first(
    transaction: &mut Transaction,
    scan: i64,
    key: i64,
    symbol: &str,
) -> Result<Option<HistoryRow>, sqlx::Error> {
    const REACH: &str = "SELECT s.id, s.pipeline, s.as_of, r.stages, r.reached FROM reaches r \
         JOIN scans s ON s.number = r.scan WHERE r.scan = $1";
    let Some(row) = query(REACH).bind(scan).optional(&mut *transaction).await? else { return Ok(None) };
    let reached = reached_of(&row)?;
    let at = reached.binary_search_by_key(&key, |one| one.instrument);
    let Some(one) = at.ok().and_then(|at| reached.get(at)) else { return Ok(None) };
    let stages = stages_of(&row)?;
    let stage = |place: Option<u8>| stages.get(usize::from(place?));
    let reason = match stage(one.told_by) {
        Some((number, _)) => said(transaction, (scan, key), number, one).await?,
        None => String::new(),
    };
    Ok(Some(HistoryRow {
        cursor: scan,
        scan: row.word("id")?,
        pipeline: row.get("pipeline")?,
        as_of: row.get("as_of")?,
        symbol: symbol.to_owned(),
        moved: StageMove {
            kind: Movement::FirstScan,
            from: None,
            to: stage(one.level.checked_sub(1)).map(|(_, name)| name.clone()),
            cause: one.cause,
            reason,
            score: (!one.score.is_nan()).then_some(one.score),
        },
    }))
}

/// What the layers of a stage said of it.
async fn said(
    transaction: &mut Transaction,
    (scan, key): (i64, i64),
    stage: &str,
    one: &Reached,
) -> Result<String, sqlx::Error> {
    const SAID: &str = "SELECT v.outcome, v.reason FROM layer_runs r JOIN verdicts v ON v.layer_run = r.id \
         WHERE r.scan = $1 AND r.stage = $2 AND v.instrument = $3 ORDER BY r.position";
    let rows = query(SAID).bind(scan).bind(stage).bind(key).all(transaction).await?;
    let said: Vec<(bool, String)> =
        read_all(&rows, |row| Ok((row.outcome("outcome")? == Outcome::Keep, row.get("reason")?)))?;
    let said: Vec<(bool, &str)> = said
        .iter()
        .map(|(kept, reason)| (*kept, reason.as_str()))
        .filter(|(_, reason)| !reason.is_empty())
        .collect();
    Ok(joined(&said, one.is_told_for_it()))
}

fn movement(row: &Row) -> Result<HistoryRow, sqlx::Error> {
    Ok(HistoryRow {
        cursor: row.get("number")?,
        scan: row.word("id")?,
        pipeline: row.get("pipeline")?,
        as_of: row.get("as_of")?,
        symbol: row.get("symbol")?,
        moved: StageMove {
            kind: row.word("kind")?,
            from: row.get("from_stage")?,
            to: row.get("to_stage")?,
            cause: row.word("cause")?,
            reason: row.get("reason")?,
            score: row.get("score")?,
        },
    })
}
