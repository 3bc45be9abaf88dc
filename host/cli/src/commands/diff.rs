//! `sluice diff`, and what `sluice scan --new` needs of it.

use super::paging;
use crate::args::{Diff, Format};
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::clock::Clock;
use crate::output::list::Item;
use crate::output::table::Numbers;
use crate::output::{self, Output};
use crate::signals::until_signal;
use anyhow::bail;
use serde::Serialize;
use sluice_store::{MoveRow, ResultRow, ScanId, ScanRow, ScanStatus, Store};
use std::collections::{BTreeMap, BTreeSet};

/// What changed of one instrument.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Change {
    symbol: String,
    /// Its permanent identity, by which a list goes on.
    id: String,
    /// Of the results: entered, left, moved. Of the earlier stages: promoted, demoted, or entered and left the funnel.
    change: &'static str,
    /// Its last stage before and after.
    from: Option<String>,
    to: Option<String>,
    rank_before: Option<u32>,
    rank: Option<u32>,
    score_before: Option<f64>,
    score: Option<f64>,
    /// Why it came no further; none of one that is among the results.
    cause: Option<&'static str>,
    reason: String,
}

/// Prints what changed between two scans.
pub fn run(home: &Home, options: &Diff, out: &mut Output) -> anyhow::Result<Exit> {
    home.require_store()?;
    let read = async {
        let store = home.store().await?;
        let (before, after) = chosen(home, options, &store).await?;
        let moves = store.moves(&before.id, &after.id).await?;
        let (old, new) = (store.results(&before.id).await?, store.results(&after.id).await?);
        anyhow::Ok((before, after, moves, old, new))
    };
    let (before, after, moves, old, new) = super::tokio()?.block_on(until_signal("comparing scans", read))?;
    let told = moves.is_some();
    let changes = changes(&old, &new, moves.unwrap_or_default(), options.stages);
    let clock = out.clock();
    if out.format() == Format::Table {
        out.line(format_args!("{} against {}", named(&after, clock), named(&before, clock)))?;
    }
    paging::print(out, &changes, &options.page, |change| change.id.as_str(), "nothing changed")?;
    out.flush()?;
    if !told {
        output::warn(
            "the scans have other stages, or were stored before stages were kept: only their results are compared",
        );
    }
    Ok(Exit::Done)
}

fn named(scan: &ScanRow, clock: Clock) -> String {
    format!("pipeline {} as of {} ({})", scan.pipeline, clock.show(scan.as_of), scan.id)
}

/// The earlier and the later scan.
async fn chosen(home: &Home, options: &Diff, store: &Store) -> anyhow::Result<(ScanRow, ScanRow)> {
    let after = match (&options.second, &options.first) {
        (Some(second), Some(first)) => {
            return Ok((finished(store, first).await?, finished(store, second).await?));
        }
        (_, Some(only)) => finished(store, only).await?,
        (_, None) => {
            let pipeline = match &options.pipeline {
                Some(name) => name.clone(),
                None => home.config()?.default_pipeline,
            };
            match store.last_comparable(&pipeline, i64::MAX, None).await? {
                Some(scan) => store.scan(&scan).await?,
                None => bail!(
                    "there is no whole scan of pipeline {pipeline}: `sluice scan` without --stage, --with and --symbols makes one"
                ),
            }
        }
    };
    match store.last_comparable(&after.pipeline, after.as_of, Some(&after.id)).await? {
        Some(before) => Ok((store.scan(&before).await?, after)),
        None => bail!(
            "there is no whole scan of pipeline {} before {} to compare with: scan again, or name two scans",
            after.pipeline,
            after.id
        ),
    }
}

async fn finished(store: &Store, id: &ScanId) -> anyhow::Result<ScanRow> {
    let scan = store.scan(id).await?;
    match scan.status {
        ScanStatus::Complete | ScanStatus::Partial => Ok(scan),
        ScanStatus::Running | ScanStatus::Failed | ScanStatus::Interrupted => {
            bail!(Usage(format!("scan {id} has no results: it is {}", scan.status)))
        }
    }
}

/// Those that entered, left and moved among the results, each by rank; then, if asked for, the other movements.
fn changes(old: &[ResultRow], new: &[ResultRow], moves: Vec<MoveRow>, stages: bool) -> Vec<Change> {
    let mut moves: BTreeMap<String, MoveRow> =
        moves.into_iter().map(|moved| (moved.ident.clone(), moved)).collect();
    let by_ident = |rows: &[ResultRow]| -> BTreeMap<String, ResultRow> {
        rows.iter().map(|row| (row.ident.clone(), row.clone())).collect()
    };
    let (before, after) = (by_ident(old), by_ident(new));
    let (mut entered, mut moved, mut left) = (Vec::new(), Vec::new(), Vec::new());
    for row in new {
        let was = before.get(&row.ident);
        let stage = moves.remove(&row.ident);
        let change = Change {
            symbol: row.symbol.clone(),
            id: row.ident.clone(),
            change: if was.is_some() { "moved" } else { "entered" },
            from: stage.as_ref().and_then(|of| of.moved.from.clone()),
            to: stage.and_then(|of| of.moved.to),
            rank_before: was.map(|was| was.rank),
            rank: Some(row.rank),
            score_before: was.and_then(|was| was.score),
            score: row.score,
            cause: None,
            reason: row.reason.clone(),
        };
        match was {
            None => entered.push(change),
            Some(was) if (was.rank, was.score) != (row.rank, row.score) => moved.push(change),
            Some(_) => {}
        }
    }
    for row in old.iter().filter(|row| !after.contains_key(&row.ident)) {
        let stage = moves.remove(&row.ident).map(|of| of.moved);
        left.push(Change {
            symbol: row.symbol.clone(),
            id: row.ident.clone(),
            change: "left",
            from: stage.as_ref().and_then(|of| of.from.clone()),
            to: stage.as_ref().and_then(|of| of.to.clone()),
            rank_before: Some(row.rank),
            rank: None,
            score_before: row.score,
            score: stage.as_ref().and_then(|of| of.score),
            cause: stage.as_ref().map(|of| of.cause.as_str()),
            reason: stage.map(|of| of.reason).unwrap_or_default(),
        });
    }
    let mut all = entered;
    all.extend(left);
    all.extend(moved);
    if stages {
        let mut others: Vec<MoveRow> = moves.into_values().collect();
        others.sort_by(|a, b| (&a.symbol, &a.ident).cmp(&(&b.symbol, &b.ident)));
        all.extend(others.into_iter().map(|of| Change {
            symbol: of.symbol,
            id: of.ident,
            change: of.moved.kind.as_str(),
            from: of.moved.from,
            to: of.moved.to,
            rank_before: None,
            rank: None,
            score_before: None,
            score: of.moved.score,
            cause: Some(of.moved.cause.as_str()),
            reason: of.moved.reason,
        }));
    }
    all
}

impl Item for Change {
    /// The identity is for programs: a person has the ticker.
    fn header(numbers: Numbers) -> &'static [&'static str] {
        const HEADER: [&str; 11] = [
            "symbol",
            "change",
            "rank before",
            "rank",
            "score before",
            "score",
            "from",
            "to",
            "cause",
            "reason",
            "id",
        ];
        let shown = if numbers == Numbers::Exact { HEADER.len() } else { HEADER.len() - 1 };
        HEADER.get(..shown).unwrap_or_default()
    }

    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        let rank = |rank: Option<u32>| rank.map(|rank| rank.to_string()).unwrap_or_default();
        let mut row = vec![
            self.symbol.clone(),
            self.change.to_owned(),
            rank(self.rank_before),
            rank(self.rank),
            numbers.number(self.score_before, 1),
            numbers.number(self.score, 1),
            self.from.clone().unwrap_or_default(),
            self.to.clone().unwrap_or_default(),
            self.cause.unwrap_or_default().to_owned(),
            self.reason.clone(),
        ];
        row.extend((numbers == Numbers::Exact).then(|| self.id.clone()));
        vec![row]
    }
}

/// Tickers of the results of the scan that a scan is compared with; none when there is none.
pub(super) async fn results_before(
    store: &Store,
    pipeline: &str,
    as_of: i64,
    scan: Option<&ScanId>,
) -> anyhow::Result<Option<BTreeSet<String>>> {
    let Some(before) = store.last_comparable(pipeline, as_of, scan).await? else { return Ok(None) };
    let results = store.results(&before).await?;
    Ok(Some(results.into_iter().map(|row| row.symbol).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_store::{Cause, Movement, Outcome, StageMove};

    fn result(rank: u32, symbol: &str, score: f64) -> ResultRow {
        ResultRow {
            rank,
            ident: format!("X:{symbol}"),
            symbol: symbol.to_owned(),
            name: String::new(),
            outcome: Outcome::Keep,
            score: Some(score),
            percentile: None,
            reason: format!("{symbol} is good"),
        }
    }

    fn moved(symbol: &str, kind: Movement, from: &str, to: &str, cause: Cause) -> MoveRow {
        MoveRow {
            ident: format!("X:{symbol}"),
            symbol: symbol.to_owned(),
            moved: StageMove {
                kind,
                from: Some(from.to_owned()),
                to: Some(to.to_owned()),
                cause,
                reason: "said so".to_owned(),
                score: Some(41.0),
            },
        }
    }

    #[test]
    fn what_entered_left_and_moved_is_told_in_this_order_and_the_rest_only_when_asked_for() {
        let old = [result(1, "A", 90.0), result(2, "B", 80.0), result(3, "C", 70.0)];
        let new = [result(1, "D", 95.0), result(2, "A", 90.0), result(3, "C", 70.0)];
        let moves = || {
            vec![
                moved("B", Movement::Demoted, "catalyst", "liquidity", Cause::Threshold),
                moved("D", Movement::Promoted, "liquidity", "catalyst", Cause::Passed),
                moved("Z", Movement::Entered, "", "liquidity", Cause::Passed),
            ]
        };
        let told = |stages| -> Vec<_> {
            changes(&old, &new, moves(), stages)
                .into_iter()
                .map(|of| (of.symbol, of.change, of.rank_before, of.rank, of.cause))
                .collect()
        };
        let expected = [
            ("D".to_owned(), "entered", None, Some(1), None),
            ("B".to_owned(), "left", Some(2), None, Some("threshold")),
            ("A".to_owned(), "moved", Some(1), Some(2), None),
        ];
        assert_eq!(told(false), expected);
        let all = told(true);
        assert_eq!(all[..3], expected);
        assert_eq!(all[3..], [("Z".to_owned(), "entered", None, None, Some("passed"))]);
        assert!(changes(&old, &old, Vec::new(), true).is_empty());
    }
}
