//! How far instruments come in scans, and how that changes from one comparable scan to the next.
//!
//! Scans are comparable when they ran all stages on all instruments, with the same stages in the same pipeline. Movements
//! are written with the scan, against the newest one about an earlier or the same instant; a scan of the past, behind what
//! is known already, writes none.

use std::collections::HashMap;

use crate::columns;
use crate::ids::Outcome;
use crate::reach::{Moved, Reached, compare, pack, unpack};
use crate::records::{ReachRecord, ReachedRecord, ScanRecord};
use crate::sql::{self, Insert, Row, Transaction, query};

const MOVEMENTS: Insert<'static> = Insert {
    table: "movements",
    columns: &["scan", "instrument", "symbol", "kind", "from_stage", "to_stage", "cause", "reason", "score"],
    tail: "",
};

/// The scan that a new one of the same pipeline is compared with: `$2` is about when, `$3` the number of the new one.
const LAST: &str = "SELECT s.number, s.id, s.as_of, r.stages, r.reached FROM scans s JOIN reaches r ON r.scan = s.number \
     WHERE s.pipeline = $1 AND r.whole = 1 AND s.number <> $2 ORDER BY s.as_of DESC, s.number DESC LIMIT 1";

/// Writes how far everything came in the scan of this number, and what moved. `keys` are those of the record's
/// instruments.
pub(super) async fn write(
    transaction: &mut Transaction,
    scan: i64,
    record: &ScanRecord,
    keys: &[i64],
) -> Result<(), sqlx::Error> {
    const INSERT: &str =
        "INSERT INTO reaches (scan, whole, before_scan, stages, reached) VALUES ($1, $2, $3, $4, $5)";
    const ABOUT: &str = "SELECT pipeline, as_of FROM scans WHERE number = $1";
    let Some(reach) = &record.reach else { return Ok(()) };
    let reached = keyed(reach, keys);
    let stages = columns::texts(flat(&reach.stages)).map_err(sqlx::Error::Encode)?;
    let before = match reach.whole {
        false => None,
        true => {
            let about = query(ABOUT).bind(scan).one(&mut *transaction).await?;
            let pipeline: String = about.get("pipeline")?;
            let last = query(LAST).bind(&pipeline).bind(scan).optional(&mut *transaction).await?;
            let as_of: i64 = about.get("as_of")?;
            match last {
                Some(last)
                    if last.get::<i64>("as_of")? <= as_of && last.get::<String>("stages")? == stages =>
                {
                    Some((last.get::<i64>("number")?, reached_of(&last)?))
                }
                _ => None,
            }
        }
    };
    query(INSERT)
        .bind(scan)
        .bind(i64::from(reach.whole))
        .bind(before.as_ref().map(|(number, _)| *number))
        .bind(&stages)
        .bind(pack(&reached).as_slice())
        .execute(&mut *transaction)
        .await?;
    let Some((_, before)) = before else { return Ok(()) };
    let moved = compare(&before, &reached);
    if moved.is_empty() {
        return Ok(());
    }
    let positions: HashMap<i64, u32> = keys.iter().copied().zip(0..).collect();
    let gone = symbols_of_gone(transaction, &moved, &positions).await?;
    let said = Said::of(record);
    let stage = |level: u8| level.checked_sub(1).and_then(|at| reach.stages.get(usize::from(at)));
    sql::insert(transaction, &MOVEMENTS, moved.len(), |row, values| {
        let Some(moved) = moved.get(row) else { return Ok(()) };
        let position = positions.get(&moved.key).copied();
        let known = position.and_then(|at| record.instruments.get(at as usize));
        let symbol =
            known.map(|known| known.symbol.as_str()).or_else(|| gone.get(&moved.key).map(String::as_str));
        let told_by = moved.told_by.and_then(|at| reach.stages.get(usize::from(at)));
        let reason = match (told_by, position) {
            (Some((number, _)), Some(position)) => said.reason(number, position, moved.by_keepers),
            _ => String::new(),
        };
        values.add(scan)?;
        values.add(moved.key)?;
        values.add(symbol.unwrap_or_default())?;
        values.add(moved.kind.as_str())?;
        values.add(stage(moved.from).map(|(_, name)| name.as_str()))?;
        values.add(stage(moved.to).map(|(_, name)| name.as_str()))?;
        values.add(moved.cause.as_str())?;
        values.add(reason)?;
        values.add((!moved.score.is_nan()).then_some(moved.score))
    })
    .await
}

/// Number and name of each stage in one list.
fn flat(stages: &[(String, String)]) -> impl Iterator<Item = &str> {
    stages.iter().flat_map(|(number, name)| [number.as_str(), name.as_str()])
}

pub(super) fn stages_of(row: &Row) -> Result<Vec<(String, String)>, sqlx::Error> {
    let texts = row.texts("stages")?;
    let pair = |pair: &[String]| match pair {
        [number, name] => Some((number.clone(), name.clone())),
        _ => None,
    };
    Ok(texts.chunks(2).filter_map(pair).collect())
}

pub(super) fn reached_of(row: &Row) -> Result<Vec<Reached>, sqlx::Error> {
    let damaged = || sqlx::Error::Decode("how far instruments came is damaged".into());
    unpack(&row.get::<Vec<u8>>("reached")?).ok_or_else(damaged)
}

/// By the keys of the database, ascending.
fn keyed(reach: &ReachRecord, keys: &[i64]) -> Vec<Reached> {
    let one = |one: &ReachedRecord| Some(one.under(*keys.get(one.instrument as usize)?));
    let mut reached: Vec<Reached> = reach.instruments.iter().filter_map(one).collect();
    reached.sort_by_key(|one| one.instrument);
    reached
}

/// Tickers of those that moved but are not in the market any more.
async fn symbols_of_gone(
    transaction: &mut Transaction,
    moved: &[Moved],
    positions: &HashMap<i64, u32>,
) -> Result<HashMap<i64, String>, sqlx::Error> {
    if moved.iter().all(|moved| positions.contains_key(&moved.key)) {
        return Ok(HashMap::new());
    }
    let all = query("SELECT id, symbol FROM instruments").all(transaction).await?;
    all.iter().map(|row| Ok((row.get("id")?, row.get("symbol")?))).collect()
}

/// What the layers of a scan said, by instrument.
struct Said<'a> {
    record: &'a ScanRecord,
    /// Of each layer run the place of each instrument in its columns.
    places: Vec<HashMap<u32, usize>>,
}

impl<'a> Said<'a> {
    fn of(record: &'a ScanRecord) -> Self {
        let places = record.layer_runs.iter().map(|run| {
            run.verdicts.instruments.iter().copied().enumerate().map(|(at, key)| (key, at)).collect()
        });
        Self { record, places: places.collect() }
    }

    /// The reasons that the layers of a stage gave: `by_keepers` of those that kept it, else of the others; of all when there
    /// is none of these.
    fn reason(&self, stage: &str, instrument: u32, by_keepers: bool) -> String {
        let runs = self.record.layer_runs.iter().zip(&self.places).filter(|(run, _)| run.stage == stage);
        let said: Vec<(bool, &str)> = runs
            .filter_map(|(run, places)| {
                let at = *places.get(&instrument)?;
                let kept = *run.verdicts.outcomes.get(at)? == u8::from(Outcome::Keep);
                let reason = run.verdicts.reasons.get(*run.verdicts.reason.get(at)? as usize)?;
                Some((kept, reason.as_str()))
            })
            .filter(|(_, reason)| !reason.is_empty())
            .collect();
        joined(&said, by_keepers)
    }
}

/// Reasons of those layers that decided (`by_keepers`: that kept it), else of all.
pub(super) fn joined(said: &[(bool, &str)], by_keepers: bool) -> String {
    let decisive: Vec<&str> =
        said.iter().filter(|(kept, _)| *kept == by_keepers).map(|(_, reason)| *reason).collect();
    match decisive.is_empty() {
        false => decisive.join("; "),
        true => said.iter().map(|(_, reason)| *reason).collect::<Vec<_>>().join("; "),
    }
}
