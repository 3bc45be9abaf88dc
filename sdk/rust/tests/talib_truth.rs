//! The indicators against TA-Lib on five years of real bars: a split, an unadjusted split, a bad tick, exact ties,
//! sessions that are missing. The files are not part of the repository; without them these tests skip themselves, and
//! indicator_fixture.rs stands alone.

#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "tests fail by panicking and say when they are skipped"
)]

use std::fs::File;
use std::path::PathBuf;

use sluice_sdk::indicators as ind;

mod table;

use table::Table;

/// Files that are truth from the first to the last row.
const TRUTH: [&str; 5] = ["AAPL", "AMD", "DISCA", "LNT", "DHR_nullrows_dropped"];
/// The same stock as the last one, with two bars of which some prices are missing. What TA-Lib says after the first of
/// them is no truth.
const HOLED: &str = "DHR";

fn truth(name: &str) -> Option<Table> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/talib_truth");
    let Ok(file) = File::open(folder.join(format!("{name}.csv.gz"))) else {
        eprintln!("skipped: no TA-Lib truth for {name} beside the repository");
        return None;
    };
    Some(Table::read(flate2::read::GzDecoder::new(file)))
}

/// Every indicator that the files have values for, over these rows of the bars.
fn computed(bars: &Table, rows: std::ops::Range<usize>) -> Vec<(&'static str, Vec<f64>)> {
    let [high, low, close, volume] =
        ["high", "low", "close", "volume"].map(|name| &bars.column(name)[rows.clone()]);
    let macd = ind::macd(close, 12, 26, 9);
    let bands = ind::bollinger(close, 20, 2.0);
    let adx = ind::adx(high, low, close, 14);
    let stochastic = ind::stochastic(high, low, close, 5, 3, 3);
    vec![
        ("sma20", ind::sma(close, 20)),
        ("ema20", ind::ema(close, 20)),
        ("rsi14", ind::rsi(close, 14)),
        ("atr14", ind::atr(high, low, close, 14)),
        ("macd", macd.macd),
        ("macd_signal", macd.signal),
        ("macd_hist", macd.histogram),
        ("bb_upper20_2", bands.upper),
        ("bb_mid20_2", bands.middle),
        ("bb_lower20_2", bands.lower),
        ("adx14", adx.adx),
        ("plus_di14", adx.plus_di),
        ("minus_di14", adx.minus_di),
        ("obv", ind::obv(close, volume)),
        ("roc10", ind::roc(close, 10)),
        ("stoch_k5_3", stochastic.k),
        ("stoch_d3", stochastic.d),
        ("mfi14", ind::mfi(high, low, close, volume, 14)),
    ]
}

#[test]
fn every_indicator_equals_ta_lib_on_real_bars_with_nan_in_the_same_rows() {
    for name in TRUTH {
        let Some(bars) = truth(name) else { continue };
        for (column, values) in computed(&bars, 0..bars.column("close").len()) {
            bars.assert_is(column, &values, name);
        }
    }
}

#[test]
fn every_column_of_the_truth_is_checked() {
    let Some(bars) = truth(TRUTH[0]) else { return };
    let mut names: Vec<&str> = computed(&bars, 0..50).into_iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    assert_eq!(names, bars.truths());
}

#[test]
fn up_to_the_first_missing_price_a_holed_series_equals_ta_lib() {
    let Some(bars) = truth(HOLED) else { return };
    let rows = bars.column("close").len();
    let gap = first_hole(&bars);
    for (column, values) in computed(&bars, 0..rows) {
        bars.assert_starts_with(column, &values[..gap], HOLED);
    }
}

#[test]
fn after_a_missing_price_every_indicator_comes_back() {
    let Some(bars) = truth(HOLED) else { return };
    let rows = bars.column("close").len();
    for (column, values) in computed(&bars, 0..rows) {
        assert!(values.last().is_some_and(|value| value.is_finite()), "{column} is missing at the end");
    }
}

#[test]
fn after_a_missing_price_what_needs_it_goes_on_as_if_the_series_began_there() {
    // The bars in question have a close, so indicators of closes alone don't notice them.
    let starts_anew = ["atr14", "adx14", "plus_di14", "minus_di14", "stoch_k5_3", "stoch_d3", "mfi14"];
    let Some(bars) = truth(HOLED) else { return };
    let rows = bars.column("close").len();
    let after = last_hole(&bars) + 1;
    let afresh = computed(&bars, after..rows);
    let pairs = computed(&bars, 0..rows).into_iter().zip(afresh);
    for ((column, values), (_, afresh)) in pairs.filter(|((column, _), _)| starts_anew.contains(column)) {
        for (row, (&value, &afresh)) in values[after..].iter().zip(&afresh).enumerate() {
            let equal = (value.is_nan() && afresh.is_nan()) || (value - afresh).abs() < 1e-9 * afresh.abs();
            assert!(equal, "{column} row {row} after the gap: {value}, afresh {afresh}");
        }
    }
}

fn holes(bars: &Table) -> impl DoubleEndedIterator<Item = usize> {
    let missing = |row: &usize| ["high", "low", "close"].iter().any(|name| bars.column(name)[*row].is_nan());
    (0..bars.column("close").len()).filter(missing)
}

fn first_hole(bars: &Table) -> usize {
    holes(bars).next().expect("the file has missing prices")
}

fn last_hole(bars: &Table) -> usize {
    holes(bars).next_back().expect("the file has missing prices")
}
