//! Listing alerts, newest scan first and within a scan in the order in which they were given.

use std::fmt::Write;

use super::{LONGEST_PAGE, Store};
use crate::error::StoreError;
use crate::ids::AlertCursor;
use crate::rows::{AlertFilter, AlertPage, AlertRow};
use crate::sql::{Dialect, Query, Row, Transaction, query, query_of, read_all};

/// Most alerts that are handed over as one text: some megabyte.
const LONGEST_TEXT: u32 = 4_096;

/// What a row is made of.
const COLUMNS: &str = "a.scan AS scan_number, a.id AS number, s.id AS scan, s.finished_at AS raised_at, s.as_of, l.layer, l.version, r.stage, i.ident, \
     a.symbol, a.kind, a.severity, a.confidence, a.message, a.side, a.entry, a.stop, a.target, a.expires_at, \
     a.dedupe_key, a.evidence, a.numbers, a.number_values, a.surfaced, a.repetition, a.repeats, a.risk_json";

/// Scan by scan, newest first, along the alerts' index by scan: so rows come in the order of the list, a limit ends the
/// search, and nothing is sorted. SQLite keeps to it when it is told so (CROSS JOIN); else it sorts whole rows, which
/// takes as long again. A filter by symbol has an index of its own.
fn from(dialect: Dialect, filter: &AlertFilter) -> String {
    let join = if dialect == Dialect::Sqlite && filter.symbol.is_none() { "CROSS JOIN" } else { "JOIN" };
    format!(
        "FROM scans s {join} alerts a ON a.scan = s.number {join} layer_runs r ON r.id = a.layer_run \
         {join} layers l ON l.id = r.layer"
    )
}

/// Where in the list a statement reads. Two statements read on from a cursor, each along the index.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// From the newest scan on.
    All,
    /// The rest of the cursor's scan.
    SameScan(AlertCursor),
    /// The scans before that one.
    OlderScans(AlertCursor),
}

impl Store {
    /// One page of the alerts that the filter lets through, newest scan first, within a scan in the order in which they
    /// were given. At most 1,000; the next page begins after the last one's cursor.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn alerts(&self, filter: &AlertFilter) -> Result<Vec<AlertRow>, StoreError> {
        let most = filter.limit.min(LONGEST_PAGE);
        self.patiently("list alerts", || async {
            let mut rows = Vec::new();
            for part in parts(filter.after) {
                let left = most.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
                if left > 0 {
                    let from = from(Dialect::of(&self.pool), filter);
                    let select =
                        format!("SELECT {COLUMNS} {from} LEFT JOIN instruments i ON i.id = a.instrument");
                    let found = listing(&select, "", filter, part, left).all(&self.pool).await?;
                    rows.extend(read_all(&found, alert_row)?);
                }
            }
            Ok(rows)
        })
        .await
    }

    /// The same in the form that lists are printed from, at most 4,096 at once: many times faster, without what lists
    /// do not show.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn alert_page(&self, filter: &AlertFilter) -> Result<AlertPage, StoreError> {
        let most = filter.limit.min(LONGEST_TEXT);
        self.patiently("list alerts", || async {
            let mut page = AlertPage::default();
            let dialect = Dialect::of(&self.pool);
            let mut reading = self.pool.begin_reading().await?;
            for part in parts(filter.after) {
                let left = most.saturating_sub(u32::try_from(page.len()).unwrap_or(u32::MAX));
                if left > 0 {
                    let text = text(&mut reading, dialect, filter, part, left).await?;
                    let more = AlertPage::read(text)
                        .ok_or_else(|| sqlx::Error::Decode("an alert is not as it was asked for".into()))?;
                    page.append(&more);
                }
            }
            if dialect == Dialect::Sqlite && page.len() >= LONGEST_TEXT as usize {
                // each connection would keep as much of a long list as its cache may hold
                query("PRAGMA shrink_memory").execute(&mut reading).await?;
            }
            reading.commit().await?;
            Ok(page)
        })
        .await
    }
}

/// Some alerts as one text.
async fn text(
    reading: &mut Transaction,
    dialect: Dialect,
    filter: &AlertFilter,
    part: Part,
    limit: u32,
) -> Result<String, sqlx::Error> {
    let line = dialect.line(
        &["a.scan", "a.id", "s.finished_at", "s.as_of", "a.surfaced", "a.repetition", "a.repeats"],
        &["a.confidence", "a.entry", "a.stop", "a.target"],
        &[
            "s.id",
            "l.layer",
            "l.version",
            "a.symbol",
            "a.kind",
            "a.severity",
            "a.side",
            "a.message",
            "a.risk_json",
        ],
    );
    let joined = dialect.joined("line", "scan DESC, id");
    let from = from(dialect, filter);
    let select = format!("SELECT {joined} FROM (SELECT a.scan, a.id, {line} AS line {from}");
    let text: Option<String> = listing(&select, ") AS found", filter, part, limit).value(reading).await?;
    Ok(text.unwrap_or_default())
}

fn parts(after: Option<AlertCursor>) -> impl Iterator<Item = Part> {
    let parts = match after {
        None => [Some(Part::All), None],
        Some(after) => [Some(Part::SameScan(after)), Some(Part::OlderScans(after))],
    };
    parts.into_iter().flatten()
}

/// Only the conditions that are asked for, so that each can use its index.
fn listing<'q>(select: &str, end: &str, filter: &'q AlertFilter, part: Part, limit: u32) -> Query<'q> {
    let AlertFilter { scan, symbol, kind, layer, since, until, min_confidence, after: _, all, limit: _ } =
        filter;
    let mut sql = format!("{select} WHERE 1 = 1");
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
    condition("a.confidence >=", min_confidence.is_some());
    condition("s.number =", matches!(part, Part::SameScan(_)));
    condition("a.id >", matches!(part, Part::SameScan(_)));
    condition("s.number <", matches!(part, Part::OlderScans(_)));
    if !all {
        sql.push_str(" AND a.surfaced = 1");
    }
    let _ = write!(sql, " ORDER BY s.number DESC, a.id LIMIT ${}{end}", count + 1);
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
    if let Some(least) = min_confidence {
        query = query.bind(*least);
    }
    query = match part {
        Part::All => query,
        Part::SameScan(after) => query.bind(after.scan).bind(after.alert),
        Part::OlderScans(after) => query.bind(after.scan),
    };
    query.bind(i64::from(limit))
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
        repetition: row.truth("repetition")?,
        repeats: row.count("repeats")?,
        risk_json: row.get("risk_json")?,
    })
}
