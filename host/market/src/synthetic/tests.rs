use std::collections::HashSet;

use super::*;
use crate::as_of::AsOf;
use crate::bars::{Adjustment, BarColumn, BarRequest, Bars, Timeframe};
use crate::instrument::{Kind, Status};

fn options(symbols: u32, sessions: u32) -> SyntheticOptions {
    let end = "2024-07-07".parse().unwrap();
    SyntheticOptions { symbols, sessions, seed: 7, end, mic: "XNYS".to_owned() }
}

fn make(options: &SyntheticOptions) -> (Market, ImportSummary) {
    let dir = tempfile::tempdir().unwrap();
    let summary = synthesize(dir.path(), options, &mut |_| {}).unwrap();
    (Market::open(dir.path()).unwrap(), summary)
}

fn read(market: &Market, lookback: u32) -> Bars {
    let all: Vec<usize> = (0..market.instruments().len()).collect();
    let columns = BarColumn::ALL;
    let request = BarRequest {
        timeframe: Timeframe::Day,
        columns,
        time: false,
        lookback,
        max_age: None,
        adjustment: Adjustment::Split,
    };
    market.snapshot(&AsOf::Latest).unwrap().read(&all, &request).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_market_on_every_platform() {
    let (_, summary) = make(&options(20, 30));
    assert_eq!(summary.digest, "614bde844baf176a1e9b7a3f6d62ce020090864c6d4d3ed44814c3828a6e9744");
    assert_ne!(make(&SyntheticOptions { seed: 8, ..options(20, 30) }).1.digest, summary.digest);
}

#[test]
fn the_sessions_are_real_and_end_at_the_last_one() {
    let (market, summary) = make(&options(50, 40));
    assert_eq!(summary.last_date.unwrap().to_string(), "2024-07-05");
    assert_eq!(market.last_date(), summary.last_date);
    assert_eq!(summary.first_date.unwrap().to_string(), "2024-05-08");
    assert_eq!(market.snapshot(&AsOf::Latest).unwrap().stale_sessions(), 0);
}

#[test]
fn a_second_run_changes_nothing_and_another_market_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let first = synthesize(dir.path(), &options(10, 20), &mut |_| {}).unwrap();
    let second = synthesize(dir.path(), &options(10, 20), &mut |_| {}).unwrap();
    assert_eq!((second.bars_added, second.bars_unchanged), (0, first.bars_added));
    synthesize(dir.path(), &options(5, 20), &mut |_| {}).unwrap();
    assert_eq!(Market::open(dir.path()).unwrap().instruments().len(), 5);
}

#[test]
fn a_large_market_looks_like_one() {
    let (market, _) = make(&options(4000, 60));
    let count =
        |test: &dyn Fn(&crate::Instrument) -> bool| market.instruments().iter().filter(|i| test(i)).count();
    assert!((2800..3200).contains(&count(&|i| i.kind == Kind::Stock)));
    assert!((350..600).contains(&count(&|i| i.kind == Kind::Etf)));
    for kind in [Kind::Adr, Kind::Preferred, Kind::Warrant, Kind::Unit, Kind::Unknown] {
        assert!(count(&|i| i.kind == kind) > 20, "{kind}");
    }
    assert!(count(&|i| i.status == Status::Halted) > 20);
    let sectors: HashSet<_> = market.instruments().iter().filter_map(|i| i.sector.clone()).collect();
    assert_eq!(sectors.len(), 11);

    let bars = read(&market, 20);
    let [.., close, volume] = &bars.columns[..] else { panic!("five columns") };
    let rows = |window: &[u32]| window[0] as usize..window[1] as usize;
    let liquid = bars.starts.windows(2).map(rows).filter(|rows| {
        let dollars: f64 = rows.clone().map(|row| close[row] * volume[row]).sum();
        dollars / rows.len().max(1) as f64 >= 5e6
    });
    let liquid = liquid.count();
    assert!((800..1200).contains(&liquid), "{liquid} of 4000 trade over $5M a day");
    let spikes = bars.starts.windows(2).map(rows).filter(|rows| {
        let before: f64 = rows.clone().rev().skip(1).map(|row| volume[row]).sum();
        rows.len() == 20 && volume[rows.end - 1] > 2.5 * before / 19.0
    });
    assert!((120..400).contains(&spikes.count()));
}

#[test]
fn bars_have_the_faults_of_real_data_and_few_of_them() {
    let (market, summary) = make(&options(2000, 100));
    let bars = read(&market, u32::MAX);
    let [open, high, low, close, volume] = &bars.columns[..] else { panic!("five columns") };
    let rows = 0..open.len();
    assert_eq!(rows.len() as u64, summary.rows);
    assert!(summary.rows < 200_000, "halts and young listings leave bars out");
    let missing = open.iter().filter(|value| value.is_nan()).count();
    let bad = rows
        .clone()
        .filter(|row| low[*row] > close[*row] || high[*row] < close[*row].max(open[*row]))
        .count();
    assert!((1..40).contains(&missing) && (1..40).contains(&bad), "{missing} {bad}");
    assert!(close.iter().all(|close| *close > 0.0) && volume.iter().all(|volume| *volume >= 0.0));
    let returns: Vec<f64> =
        close.windows(2).map(|pair| pair[1] / pair[0] - 1.0).filter(|r| r.abs() < 0.3).collect();
    let variance = returns.iter().map(|r| r * r).sum::<f64>() / returns.len() as f64;
    let fourth = returns.iter().map(|r| r.powi(4)).sum::<f64>() / returns.len() as f64;
    assert!(fourth / variance.powi(2) > 5.0, "returns have heavy tails");
}

#[test]
fn impossible_sizes_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let message =
        |options: &SyntheticOptions| synthesize(dir.path(), options, &mut |_| {}).unwrap_err().to_string();
    assert_eq!(message(&options(0, 10)), "number of symbols is 0, allowed are 1 to 50000");
    assert_eq!(message(&options(10, 1)), "number of sessions is 1, allowed are 2 to 5000");
    let early = SyntheticOptions { end: "2010-02-01".parse().unwrap(), ..options(10, 100) };
    assert!(
        message(&early)
            .starts_with("the calendar of XNYS has 20 sessions up to 2010-02-01, 100 were asked for")
    );
    assert!(std::fs::read_dir(dir.path()).unwrap().next().is_none());
}
