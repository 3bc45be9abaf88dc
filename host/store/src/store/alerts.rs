//! Listing alerts, newest scan first and within a scan in the order in which they were given.

use std::fmt::Write;

use super::{LONGEST_PAGE, Store};
use crate::error::StoreError;
use crate::ids::AlertCursor;
use crate::rows::{AlertFilter, AlertRow};
use crate::sql::{Query, Row, query_of, read_all};

/// Read along the alerts' index by scan, backwards, so that a limit ends the search; a filter by scan or symbol uses
/// its own index.
const SELECT: &str = "SELECT a.scan AS scan_number, a.id AS number, s.id AS scan, s.finished_at AS raised_at, s.as_of, l.layer, l.version, r.stage, i.ident, \
     a.symbol, a.kind, a.severity, a.confidence, a.message, a.side, a.entry, a.stop, a.target, a.expires_at, \
     a.dedupe_key, a.evidence, a.numbers, a.number_values, a.surfaced \
     FROM alerts a JOIN scans s ON s.number = a.scan JOIN layer_runs r ON r.id = a.layer_run \
     JOIN layers l ON l.id = r.layer LEFT JOIN instruments i ON i.id = a.instrument";

impl Store {
    /// One page of the alerts that the filter lets through, newest scan first, within a scan in the order in which they
    /// were given. At most 1,000; the next page begins after the last one's cursor.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn alerts(&self, filter: &AlertFilter) -> Result<Vec<AlertRow>, StoreError> {
        self.patiently("list alerts", || async {
            Ok(read_all(&listing(filter).all(&self.pool).await?, alert_row)?)
        })
        .await
    }
}

/// Only the conditions that are asked for, so that each can use its index.
fn listing(filter: &AlertFilter) -> Query<'_> {
    let AlertFilter { scan, symbol, kind, layer, since, until, after, all, limit } = filter;
    let mut sql = format!("{SELECT} WHERE 1 = 1");
    let mut count = 0;
    let mut condition = |text: &str, given: bool| {
        if given {
            count += 1;
            // writing into a String does not fail
            let _ = write!(sql, " AND {text} ${count}");
        }
    };
    condition("s.id =", scan.is_some());
    condition("a.symbol =", symbol.is_some());
    condition("a.kind =", kind.is_some());
    condition("l.layer =", layer.is_some());
    condition("s.finished_at >=", since.is_some());
    condition("s.finished_at <", until.is_some());
    if after.is_some() {
        // the first comparison alone lets the index by scan be used
        condition("a.scan <=", true);
        let _ = write!(sql, " AND (a.scan < ${count} OR a.id > ${})", count + 1);
        count += 1;
    }
    if !all {
        sql.push_str(" AND a.surfaced = 1");
    }
    let _ = write!(sql, " ORDER BY a.scan DESC, a.id LIMIT ${}", count + 1);
    let mut query = query_of(sql);
    if let Some(scan) = scan {
        query = query.bind(scan.to_string());
    }
    for text in [symbol, kind, layer].into_iter().flatten() {
        query = query.bind(text);
    }
    for instant in [since, until].into_iter().flatten() {
        query = query.bind(*instant);
    }
    if let Some(after) = after {
        query = query.bind(after.scan).bind(after.alert);
    }
    query.bind(i64::from((*limit).min(LONGEST_PAGE)))
}

fn alert_row(row: &Row) -> Result<AlertRow, sqlx::Error> {
    let names = row.texts("numbers")?;
    Ok(AlertRow {
        cursor: AlertCursor { scan: row.get("scan_number")?, alert: row.get("number")? },
        scan: row.word("scan")?,
        raised_at: row.get("raised_at")?,
        as_of: row.get("as_of")?,
        layer: row.get("layer")?,
        version: row.get("version")?,
        stage: row.get("stage")?,
        ident: row.get("ident")?,
        symbol: row.get("symbol")?,
        kind: row.get("kind")?,
        severity: row.word("severity")?,
        confidence: row.get("confidence")?,
        message: row.get("message")?,
        side: row.optional_word("side")?,
        entry: row.get("entry")?,
        stop: row.get("stop")?,
        target: row.get("target")?,
        expires_at: row.get("expires_at")?,
        dedupe_key: row.get("dedupe_key")?,
        evidence: row.texts("evidence")?,
        numbers: names.into_iter().zip(row.numbers("number_values")?).collect(),
        surfaced: row.truth("surfaced")?,
    })
}
