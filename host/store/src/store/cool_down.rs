//! Alerts that repeat what was told before: which of a scan's are held back, and what the next scan must know.
//!
//! Within the cool-down alerts with the same key are one. An alert on events is one for ever: it is told again only when
//! it names an event that it did not name before. Time is that which the scans are about, not that of the clock, and
//! counts from the alert that was told, so that a layer which never falls silent is heard once per cool-down.

use std::collections::BTreeMap;

use super::Store;
use crate::error::StoreError;
use crate::ids::ScanId;
use crate::records::{AlertRecord, ScanRecord};
use crate::sql::{self, Insert, Lock, Transaction, query, query_of};

/// Keys that are looked up at once.
const KEYS: usize = 256;

const TOLD: Insert<'static> = Insert {
    table: "alert_keys",
    columns: &["pipeline", "alert_key", "as_of", "alert"],
    tail: "ON CONFLICT (pipeline, alert_key) DO UPDATE SET as_of = excluded.as_of, alert = excluded.alert",
};

/// The alert that another one repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    /// Of an earlier scan, by its row.
    Stored(i64),
    /// Of the same scan, by its position.
    Here(usize),
}

/// What was told last under a key.
#[derive(Debug, Clone, Copy)]
struct Told {
    as_of: i64,
    alert: i64,
}

/// A scan's alerts against those before.
pub(super) struct CoolDown {
    pipeline: String,
    as_of: i64,
    /// By the alert's position what it repeats.
    firsts: Vec<Option<First>>,
}

impl CoolDown {
    /// Finds the repetitions of a scan; none when it holds nothing back.
    pub(super) async fn of(
        transaction: &mut Transaction,
        record: &ScanRecord,
        scan: i64,
    ) -> Result<Option<Self>, sqlx::Error> {
        let Some(window) = record.cool_down else { return Ok(None) };
        if !record.alerts.iter().any(|alert| alert.surfaced) {
            return Ok(None);
        }
        // two scans that end at once do not tell the same twice
        transaction.lock(Lock::Alerts).await?;
        let row = query("SELECT pipeline, as_of FROM scans WHERE number = $1")
            .bind(scan)
            .one(&mut *transaction)
            .await?;
        let (pipeline, as_of) = (row.get::<String>("pipeline")?, row.get("as_of")?);
        let told = told(transaction, &pipeline, &record.alerts).await?;
        let firsts = firsts(&record.alerts, &told, as_of, window);
        Ok(Some(Self { pipeline, as_of, firsts }))
    }

    /// Whether the alert at this position is held back.
    pub(super) fn repeats(&self, position: usize) -> bool {
        self.firsts.get(position).is_some_and(Option::is_some)
    }

    /// Counts the repetitions with what they repeat, and keeps what was told. `ids`: rows of the scan's alerts, in order.
    pub(super) async fn keep(
        &self,
        transaction: &mut Transaction,
        alerts: &[AlertRecord],
        ids: &[i64],
    ) -> Result<(), sqlx::Error> {
        let mut counts: BTreeMap<i64, i64> = BTreeMap::new();
        let mut rows: BTreeMap<&str, i64> = BTreeMap::new();
        for (at, alert) in alerts.iter().enumerate().filter(|(_, alert)| alert.surfaced) {
            let Some(id) = ids.get(at).copied() else { continue };
            let first = match self.firsts.get(at).copied().flatten() {
                None => {
                    rows.extend(alert.keys().map(|key| (key, id)));
                    continue;
                }
                Some(First::Stored(first)) => Some(first),
                Some(First::Here(first)) => ids.get(first).copied(),
            };
            if let Some(first) = first {
                *counts.entry(first).or_default() += 1;
            }
        }
        for (first, count) in counts {
            const COUNT: &str = "UPDATE alerts SET repeats = repeats + $2 WHERE id = $1";
            query(COUNT).bind(first).bind(count).execute(&mut *transaction).await?;
        }
        let rows: Vec<(&str, i64)> = rows.into_iter().collect();
        sql::insert(transaction, &TOLD, rows.len(), |row, values| {
            let Some((key, alert)) = rows.get(row) else { return Ok(()) };
            values.add(self.pipeline.as_str())?;
            values.add(*key)?;
            values.add(self.as_of)?;
            values.add(*alert)
        })
        .await
    }
}

impl AlertRecord {
    /// Its own key, then those of its events.
    fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.cool_key)
            .chain(&self.event_keys)
            .map(String::as_str)
            .filter(|key| !key.is_empty())
    }
}

/// What was told last under each of the alerts' keys.
async fn told(
    transaction: &mut Transaction,
    pipeline: &str,
    alerts: &[AlertRecord],
) -> Result<BTreeMap<String, Told>, sqlx::Error> {
    let surfaced = alerts.iter().filter(|alert| alert.surfaced);
    let mut keys: Vec<&str> = surfaced.flat_map(AlertRecord::keys).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut told = BTreeMap::new();
    for chunk in keys.chunks(KEYS) {
        let places: Vec<String> = (2..chunk.len() + 2).map(|number| format!("${number}")).collect();
        let sql = format!(
            "SELECT alert_key, as_of, alert FROM alert_keys WHERE pipeline = $1 AND alert_key IN ({})",
            places.join(", ")
        );
        let find = chunk.iter().fold(query_of(sql).bind(pipeline), |find, key| find.bind(*key));
        for row in find.all(&mut *transaction).await? {
            told.insert(row.get("alert_key")?, Told { as_of: row.get("as_of")?, alert: row.get("alert")? });
        }
    }
    Ok(told)
}

/// By the alert's position what it repeats.
fn firsts(
    alerts: &[AlertRecord],
    told: &BTreeMap<String, Told>,
    as_of: i64,
    window: i64,
) -> Vec<Option<First>> {
    let mut here: BTreeMap<&str, usize> = BTreeMap::new();
    let mut firsts = Vec::with_capacity(alerts.len());
    for (at, alert) in alerts.iter().enumerate() {
        let first = if alert.surfaced { first(alert, told, &here, as_of, window) } else { None };
        if alert.surfaced && first.is_none() {
            for key in alert.keys() {
                here.entry(key).or_insert(at);
            }
        }
        firsts.push(first);
    }
    firsts
}

fn first(
    alert: &AlertRecord,
    told: &BTreeMap<String, Told>,
    here: &BTreeMap<&str, usize>,
    as_of: i64,
    window: i64,
) -> Option<First> {
    // what is about a later instant was not told yet
    let before = |key: &str| told.get(key).filter(|told| told.as_of <= as_of);
    let found = |key: &str| {
        let earlier = || before(key).map(|told| First::Stored(told.alert));
        here.get(key).map(|at| First::Here(*at)).or_else(earlier)
    };
    if window > 0 && !alert.cool_key.is_empty() {
        let key = alert.cool_key.as_str();
        let recent = before(key).filter(|told| as_of.saturating_sub(told.as_of) < window);
        let first = here.get(key).map(|at| First::Here(*at));
        if let Some(first) = first.or_else(|| recent.map(|told| First::Stored(told.alert))) {
            return Some(first);
        }
    }
    let mut events = alert.event_keys.iter().map(|key| found(key));
    let first = events.next()??;
    events.all(|event| event.is_some()).then_some(first)
}

impl Store {
    /// Positions in [`ScanRecord::alerts`] of those alerts of a finished scan that were held back as repetitions,
    /// ascending.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn held_back(&self, scan: &ScanId) -> Result<Vec<usize>, StoreError> {
        const ALERTS: &str = "SELECT a.repetition FROM alerts a JOIN scans s ON s.number = a.scan WHERE s.id = $1 ORDER BY a.id";
        let repetitions: Vec<i64> = self
            .patiently("look for repeated alerts", || async {
                Ok(query(ALERTS).bind(scan.to_string()).values(&self.pool).await?)
            })
            .await?;
        Ok(repetitions.iter().enumerate().filter(|(_, is)| **is == 1).map(|(at, _)| at).collect())
    }
}
