//! Listing alerts, newest scan first and within a scan in the order in which they were given.

use std::fmt::Write;

use tokio::sync::Mutex;

use super::{LONGEST_PAGE, Store, connect};
use crate::error::StoreError;
use crate::ids::AlertCursor;
use crate::rows::{AlertFilter, AlertPage, AlertRow, AlertTexts};
use crate::sql::{Dialect, Field, Query, Row, Transaction, query_of, read_all};

/// Most alerts that are handed over as one text: half a megabyte. Longer ones take a little less time and twice the memory,
/// since a text is in several hands at once: SQLite's, the driver's, the reader's.
pub(super) const LONGEST_TEXT: u32 = 2_048;

/// What a row is made of.
const COLUMNS: &str = "a.scan AS scan_number, a.id AS number, s.id AS scan, s.finished_at AS raised_at, s.as_of, l.layer, l.version, r.stage, i.ident, \
     a.symbol, a.kind, a.severity, a.confidence, a.message, a.side, a.entry, a.stop, a.target, a.expires_at, \
     a.dedupe_key, a.evidence, a.numbers, a.number_values, a.surfaced, a.repetition, a.repeats, a.risk_json";

/// Scan by scan, newest first, along the alerts' index by scan: so rows come in the order of the list, a limit ends the
/// search, and nothing is sorted. SQLite keeps to it when it is told so (CROSS JOIN); else it sorts whole rows, which
/// takes as long again. A filter by symbol has an index of its own. `layers`: with the layer run and its layer, which take
/// two searches for each alert.
fn from(dialect: Dialect, filter: &AlertFilter, layers: bool) -> String {
    let join = if dialect == Dialect::Sqlite && filter.symbol.is_none() { "CROSS JOIN" } else { "JOIN" };
    let mut from = format!("FROM scans s {join} alerts a ON a.scan = s.number");
    if layers {
        // writing into a String does not fail
        let _ = write!(from, " {join} layer_runs r ON r.id = a.layer_run {join} layers l ON l.id = r.layer");
    }
    from
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
                    let from = from(Dialect::of(&self.pool), filter, true);
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

    /// The same in the form that lists are printed from, at most 2,048 at once: many times faster, without what lists
    /// do not show.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn alert_page(&self, filter: &AlertFilter) -> Result<AlertPage, StoreError> {
        let reading = Reading::new(self);
        let texts = reading.texts(filter).await?;
        reading.end().await;
        self.page(texts)
    }

    /// The page that was handed over.
    pub(super) fn page(&self, texts: AlertTexts) -> Result<AlertPage, StoreError> {
        texts.read().ok_or_else(|| self.explain("list alerts", &unread()))
    }
}

/// A transaction in which one page or several are read, made when it is first needed.
pub(super) struct Reading<'s> {
    store: &'s Store,
    open: Mutex<Option<Transaction>>,
}

impl<'s> Reading<'s> {
    pub(super) fn new(store: &'s Store) -> Self {
        Self { store, open: Mutex::default() }
    }

    /// What the database hands over for a page: at most so many alerts as the filter says, and [`LONGEST_TEXT`].
    pub(super) async fn texts(&self, filter: &AlertFilter) -> Result<AlertTexts, StoreError> {
        let most = filter.limit.min(LONGEST_TEXT);
        self.store
            .patiently("list alerts", || async {
                let mut open = self.open.lock().await;
                // it is lost when something fails, and the next attempt begins another
                let mut reading = match open.take() {
                    Some(reading) => reading,
                    None => self.begin().await?,
                };
                let texts = texts(&mut reading, Dialect::of(&self.store.pool), filter, most).await?;
                *open = Some(reading);
                Ok(texts)
            })
            .await
    }

    async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        let mut reading = self.store.pool.begin_reading().await?;
        connect::keep_few_pages(&mut reading, true).await?;
        Ok(reading)
    }

    /// Ends the transaction, so that the database keeps nothing for a reader that waits. One that is dropped instead, or
    /// cannot be ended, leaves its connection with a small cache until the next list.
    pub(super) async fn end(&self) {
        let Some(mut reading) = self.open.lock().await.take() else { return };
        let ended = self.store.watched(async {
            connect::keep_few_pages(&mut reading, false).await?;
            Ok(reading.commit().await?)
        });
        if let Err(error) = ended.await {
            // what was read is read
            tracing::debug!(?error, "reading alerts did not end as it should");
        }
    }
}

/// A page in a transaction.
async fn texts(
    reading: &mut Transaction,
    dialect: Dialect,
    filter: &AlertFilter,
    most: u32,
) -> Result<AlertTexts, sqlx::Error> {
    let mut texts = AlertTexts::default();
    let mut raised_by = Vec::new();
    for part in parts(filter.after) {
        let left = most.saturating_sub(u32::try_from(texts.len()).unwrap_or(u32::MAX));
        if left > 0 {
            let row = alerts(reading, dialect, filter, part, left).await?;
            let text: Option<String> = row.at(0)?;
            texts.add(text.unwrap_or_default(), row.at(1)?).ok_or_else(unread)?;
            raised_by.extend(row.at::<Option<String>>(2)?);
        }
    }
    if !raised_by.is_empty() {
        texts.raised_by(runs(reading, dialect, &format!("[{}]", raised_by.join(","))).await?);
    }
    Ok(texts)
}

/// Some alerts as one text, how many they are, and the ids of their layer runs: what all alerts of those have in common is
/// not repeated for each. A text ends with the place of its last alert in the list.
async fn alerts(
    reading: &mut Transaction,
    dialect: Dialect,
    filter: &AlertFilter,
    part: Part,
    limit: u32,
) -> Result<Row, sqlx::Error> {
    let line = dialect.line(&[
        Field::Integer("a.surfaced"),
        Field::Integer("a.repetition"),
        Field::Integer("a.repeats"),
        Field::Number("a.confidence"),
        Field::Number("a.entry"),
        Field::Number("a.stop"),
        Field::Number("a.target"),
        Field::Word("a.severity"),
        Field::Word("a.side"),
        Field::Text("a.symbol"),
        Field::Text("a.kind"),
        Field::Text("a.message"),
        Field::Text("a.risk_json"),
        Field::Integer("a.layer_run"),
        Field::Integer("a.scan"),
        Field::Integer("a.id"),
    ]);
    let (joined, runs) = (dialect.joined("line", "scan DESC, id"), dialect.distinct("layer_run"));
    let from = from(dialect, filter, filter.layer.is_some() || filter.stage.is_some());
    let select = format!(
        "SELECT {joined}, count(*), {runs} FROM (SELECT a.scan, a.id, a.layer_run, {line} AS line {from}"
    );
    listing(&select, ") AS found", filter, part, limit).one(reading).await
}

/// What all alerts of these layer runs have in common, as one text. The ids are a JSON array.
async fn runs(reading: &mut Transaction, dialect: Dialect, ids: &str) -> Result<String, sqlx::Error> {
    let line = dialect.line(&[
        Field::Integer("r.id"),
        Field::Integer("s.number"),
        Field::Integer("s.finished_at"),
        Field::Integer("s.as_of"),
        Field::Text("s.id"),
        Field::Text("l.layer"),
        Field::Text("l.version"),
    ]);
    let (joined, wanted) = (dialect.joined("line", "id"), dialect.integers_of("$1"));
    let select = format!(
        "SELECT {joined} FROM (SELECT r.id, {line} AS line FROM layer_runs r JOIN scans s ON s.number = r.scan \
         JOIN layers l ON l.id = r.layer WHERE r.id IN ({wanted})) AS found"
    );
    let text: Option<String> = query_of(select).bind(ids).value(reading).await?;
    Ok(text.unwrap_or_default())
}

/// An answer that no reader understands.
fn unread() -> sqlx::Error {
    sqlx::Error::Decode("an alert is not as it was asked for".into())
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
    let AlertFilter {
        scan,
        symbol,
        kind,
        layer,
        stage,
        since,
        until,
        min_confidence,
        after: _,
        all,
        limit: _,
    } = filter;
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
    condition("r.stage =", stage.is_some());
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
    for text in [symbol, kind, layer, stage].into_iter().flatten() {
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
