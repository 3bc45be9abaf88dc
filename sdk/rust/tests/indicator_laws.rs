//! Laws that hold for every indicator, on generated bars with holes, halts and bad ticks.

use proptest::collection::vec;
use proptest::prelude::*;
use sluice_sdk::indicators as ind;

/// Bars as columns.
#[derive(Debug, Clone)]
struct Columns {
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<f64>,
}

impl Columns {
    fn len(&self) -> usize {
        self.close.len()
    }

    /// These rows of every column.
    fn rows(&self, range: std::ops::Range<usize>) -> Self {
        let cut = |column: &Vec<f64>| column[range.clone()].to_vec();
        Self {
            high: cut(&self.high),
            low: cut(&self.low),
            close: cut(&self.close),
            volume: cut(&self.volume),
        }
    }

    /// Every price through `price`, every volume through `volume`.
    fn map(&self, price: impl Fn(f64) -> f64, volume: impl Fn(f64) -> f64) -> Self {
        let prices = |column: &Vec<f64>| column.iter().map(|&value| price(value)).collect();
        Self {
            high: prices(&self.high),
            low: prices(&self.low),
            close: prices(&self.close),
            volume: self.volume.iter().map(|&value| volume(value)).collect(),
        }
    }

    /// Takes all numbers of a bar away; no such bar, no change.
    fn lose(&mut self, row: usize) {
        for column in [&mut self.high, &mut self.low, &mut self.close, &mut self.volume] {
            column.iter_mut().skip(row).take(1).for_each(|number| *number = f64::NAN);
        }
    }
}

/// What a missing bar does to an indicator.
#[derive(Clone, Copy, PartialEq)]
enum After {
    /// Everything goes on as if the series began behind the gap.
    Anew,
    /// The total goes on.
    Resumed,
}

struct Indicator {
    name: &'static str,
    after: After,
    rows: Vec<f64>,
}

/// Every column of every indicator.
fn all(bars: &Columns, period: usize) -> Vec<Indicator> {
    let Columns { high, low, close, volume } = bars;
    let macd = ind::macd(close, period, 2 * period + 1, period);
    let bands = ind::bollinger(close, period, 2.0);
    let adx = ind::adx(high, low, close, period);
    let stochastic = ind::stochastic(high, low, close, period, 3, 2);
    let anew = [
        ("sma", ind::sma(close, period)),
        ("ema", ind::ema(close, period)),
        ("rsi", ind::rsi(close, period)),
        ("true_range", ind::true_range(high, low, close)),
        ("atr", ind::atr(high, low, close, period)),
        ("macd", macd.macd),
        ("macd.signal", macd.signal),
        ("macd.histogram", macd.histogram),
        ("bollinger.upper", bands.upper),
        ("bollinger.middle", bands.middle),
        ("bollinger.lower", bands.lower),
        ("adx", adx.adx),
        ("adx.plus_di", adx.plus_di),
        ("adx.minus_di", adx.minus_di),
        ("fast_k", ind::fast_k(high, low, close, period)),
        ("stochastic.k", stochastic.k),
        ("stochastic.d", stochastic.d),
        ("mfi", ind::mfi(high, low, close, volume, period)),
        ("vwap", ind::vwap(high, low, close, volume, period)),
        ("relative_volume", ind::relative_volume(volume, period)),
        ("rolling_max", ind::rolling_max(high, period)),
        ("rolling_min", ind::rolling_min(low, period)),
        ("rolling_mean", ind::rolling_mean(close, period)),
        ("rolling_std", ind::rolling_std(close, period)),
        ("z_score", ind::z_score(close, period)),
    ];
    let resumed = [
        ("obv", ind::obv(close, volume)),
        ("vwap_cumulative", ind::vwap_cumulative(high, low, close, volume)),
        // Compares two bars only, so a gap between them does not matter.
        ("roc", ind::roc(close, period)),
    ];
    let of = |after| move |(name, rows)| Indicator { name, after, rows };
    anew.into_iter().map(of(After::Anew)).chain(resumed.into_iter().map(of(After::Resumed))).collect()
}

/// Equal to the last bit; every NaN is equal.
fn identical(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// Equal but for rounding, in numbers of the size `scale`.
fn close_to(a: f64, b: f64, scale: f64) -> bool {
    (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * scale
}

/// Prices in cents between $1 and $200; no move, often, since ties are where indicators differ.
fn clean_bars(rows: std::ops::Range<usize>) -> impl Strategy<Value = Columns> {
    let bar = (prop_oneof![3 => -300_i32..300, 1 => Just(0)], 0_i32..200, 0_i32..200, 0_u32..100_000);
    (500_i32..20_000, vec(bar, rows)).prop_map(|(start, bars)| {
        let mut cents = start;
        let mut out = Columns { high: vec![], low: vec![], close: vec![], volume: vec![] };
        for (change, above, below, volume) in bars {
            cents = (cents + change).clamp(100, 20_000);
            out.close.push(f64::from(cents) / 100.0);
            out.high.push(f64::from(cents + above) / 100.0);
            out.low.push(f64::from((cents - below).max(1)) / 100.0);
            out.volume.push(f64::from(volume));
        }
        out
    })
}

/// Any f64 at all; small numbers, zeros and the largest that counts are more frequent.
fn wild_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -100.0..100.0,
        1 => Just(0.0),
        1 => Just(1e100),
        1 => Just(f64::MIN_POSITIVE),
        1 => any::<f64>(),
    ]
}

/// Bars of any numbers, in columns of one length or of differing lengths.
fn wild_bars() -> impl Strategy<Value = Columns> {
    let lengths = prop_oneof![
        3 => (0_usize..60).prop_map(|length| [length; 4]),
        1 => [0_usize..60, 0..60, 0..60, 0..60],
    ];
    lengths.prop_flat_map(|lengths| {
        lengths.map(|length| vec(wild_number(), length)).prop_map(|[high, low, close, volume]| Columns {
            high,
            low,
            close,
            volume,
        })
    })
}

/// Rows that the answer of an indicator must have: as many as the longest of its columns.
fn expected_rows(name: &str, bars: &Columns) -> usize {
    let Columns { high, low, close, volume } = bars;
    let columns: &[&Vec<f64>] = match name.split('.').next().unwrap_or_default() {
        "rolling_max" => &[high],
        "rolling_min" => &[low],
        "relative_volume" => &[volume],
        "obv" => &[close, volume],
        "mfi" | "vwap" | "vwap_cumulative" => &[high, low, close, volume],
        "true_range" | "atr" | "adx" | "fast_k" | "stochastic" => &[high, low, close],
        _ => &[close],
    };
    columns.iter().map(|column| column.len()).max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bars_that_come_later_change_nothing(
        mut bars in clean_bars(1..90),
        holes in vec(0_usize..90, 0..3),
        cut in 0.0..1.0,
        period in 1_usize..12,
    ) {
        holes.into_iter().for_each(|row| bars.lose(row));
        let so_far = (cut * bars.len() as f64) as usize;
        for (early, late) in all(&bars.rows(0..so_far), period).iter().zip(all(&bars, period)) {
            for (row, (&before, &after)) in early.rows.iter().zip(&late.rows).enumerate() {
                prop_assert!(identical(before, after), "{} row {row}: {before} became {after}", early.name);
            }
        }
    }

    #[test]
    fn a_missing_bar_hides_no_more_than_its_warm_up(
        mut bars in clean_bars(60..120),
        gap in 0_usize..60,
        period in 1_usize..8,
    ) {
        let whole = all(&bars, period);
        bars.lose(gap);
        let afresh = all(&bars.rows(gap + 1..bars.len()), period);
        for ((holed, whole), afresh) in all(&bars, period).iter().zip(whole).zip(afresh) {
            let (name, rows) = (holed.name, &holed.rows);
            prop_assert!(rows[..gap].iter().zip(&whole.rows).all(|(&a, &b)| identical(a, b)), "{name} before");
            prop_assert!(rows[gap].is_nan(), "{name} has a value on the missing bar");
            let after = rows[gap + 1..].iter().zip(&afresh.rows).filter(|_| holed.after == After::Anew);
            for (row, (&value, &afresh)) in after.enumerate() {
                prop_assert!(close_to(value, afresh, 1e3), "{name} row {row} after: {value}, afresh {afresh}");
            }
        }
    }

    #[test]
    fn whatever_the_numbers_the_answer_is_as_long_and_never_infinite(
        bars in wild_bars(),
        period in prop_oneof![0_usize..70, Just(usize::MAX / 4)],
    ) {
        for Indicator { name, rows, .. } in all(&bars, period) {
            prop_assert_eq!(rows.len(), expected_rows(name, &bars), "{}", name);
            prop_assert!(rows.iter().all(|value| !value.is_infinite()), "{name}: {rows:?}");
        }
    }

    #[test]
    fn the_newest_value_alone_is_the_last_row_to_the_bit(bars in wild_bars(), period in 0_usize..30) {
        let Columns { high, low, close, volume } = &bars;
        let macd = (ind::macd(close, 3, period, 4), ind::macd_last(close, 3, period, 4));
        let bands = (ind::bollinger(close, period, 1.5), ind::bollinger_last(close, period, 1.5));
        let adx = (ind::adx(high, low, close, period), ind::adx_last(high, low, close, period));
        let pairs = [
            ("sma", ind::sma(close, period), ind::sma_last(close, period)),
            ("ema", ind::ema(close, period), ind::ema_last(close, period)),
            ("rsi", ind::rsi(close, period), ind::rsi_last(close, period)),
            ("roc", ind::roc(close, period), ind::roc_last(close, period)),
            ("atr", ind::atr(high, low, close, period), ind::atr_last(high, low, close, period)),
            ("macd", macd.0.macd, macd.1.macd),
            ("macd.signal", macd.0.signal, macd.1.signal),
            ("macd.histogram", macd.0.histogram, macd.1.histogram),
            ("bollinger.upper", bands.0.upper, bands.1.upper),
            ("bollinger.middle", bands.0.middle, bands.1.middle),
            ("bollinger.lower", bands.0.lower, bands.1.lower),
            ("adx", adx.0.adx, adx.1.adx),
            ("adx.plus_di", adx.0.plus_di, adx.1.plus_di),
            ("adx.minus_di", adx.0.minus_di, adx.1.minus_di),
            ("relative_volume", ind::relative_volume(volume, period), ind::relative_volume_last(volume, period)),
            ("rolling_max", ind::rolling_max(high, period), ind::highest(high, period)),
            ("rolling_min", ind::rolling_min(low, period), ind::lowest(low, period)),
            ("rolling_std", ind::rolling_std(close, period), ind::rolling_std_last(close, period)),
            ("z_score", ind::z_score(close, period), ind::z_score_last(close, period)),
        ];
        for (name, column, alone) in pairs {
            let last = column.last().copied().unwrap_or(f64::NAN);
            prop_assert!(identical(last, alone), "{name}: {last} in the column, {alone} alone");
        }
        let last = |column: Vec<bool>| column.last().copied().unwrap_or(false);
        prop_assert_eq!(last(ind::crosses_above(high, close)), ind::crosses_above_last(high, close));
        prop_assert_eq!(last(ind::crosses_below(high, close)), ind::crosses_below_last(high, close));
    }

    #[test]
    fn the_same_bars_give_the_same_bits(bars in wild_bars(), period in 1_usize..20) {
        for (first, second) in all(&bars, period).iter().zip(all(&bars.clone(), period)) {
            let same = first.rows.iter().zip(&second.rows).all(|(&a, &b)| identical(a, b));
            prop_assert!(same, "{}", first.name);
        }
    }

    #[test]
    fn a_deviation_keeps_its_digits_through_spikes(
        values in vec(prop_oneof![9 => 10.0..11.0, 1 => 1e4..1e6], 1..200),
        period in 1_usize..50,
    ) {
        let deviations = ind::rolling_std(&values, period);
        for (row, window) in values.windows(period).enumerate() {
            let mean = window.iter().sum::<f64>() / period as f64;
            let squares: f64 = window.iter().map(|value| (value - mean).powi(2)).sum();
            let (value, truth) = (deviations[row + period - 1], (squares / period as f64).sqrt());
            // The plain mean is itself off by some of its last digits: nothing below 1e-12 of the level is compared.
            prop_assert!((value - truth).abs() <= 1e-9 * truth + 1e-12 * mean, "row {row}: {value} or {truth}");
        }
    }

    #[test]
    fn windows_do_not_depend_on_where_the_series_begins(
        bars in clean_bars(40..90),
        dropped in 1_usize..20,
        period in 1_usize..12,
    ) {
        const WINDOWED: [&str; 13] = [
            "sma", "bollinger.upper", "bollinger.lower", "fast_k", "stochastic.k", "stochastic.d", "mfi", "vwap",
            "rolling_max", "rolling_min", "rolling_std", "relative_volume", "roc",
        ];
        let later = all(&bars.rows(dropped..bars.len()), period);
        for (whole, later) in all(&bars, period).iter().zip(later) {
            let rows = whole.rows[dropped..].iter().zip(&later.rows);
            for (row, (&long, &short)) in rows.enumerate().filter(|_| WINDOWED.contains(&whole.name)) {
                let equal = short.is_nan() || close_to(long, short, 1e3);
                prop_assert!(equal, "{} row {row}: {long} or {short}", whole.name);
            }
        }
    }

    #[test]
    fn a_shift_of_all_prices_moves_no_difference(
        bars in clean_bars(30..90),
        shift in 1_u32..500,
        period in 1_usize..12,
    ) {
        const UNMOVED: [&str; 14] = [
            "rsi", "true_range", "atr", "macd", "macd.signal", "adx", "adx.plus_di", "adx.minus_di", "fast_k",
            "stochastic.k", "stochastic.d", "rolling_std", "z_score", "obv",
        ];
        const MOVED: [&str; 7] =
            ["sma", "ema", "bollinger.upper", "bollinger.lower", "rolling_max", "rolling_min", "vwap"];
        // In 64ths a price is exact, with and without the shift: equal moves up and down stay equal.
        let bars = bars.map(|price| (price * 100.0).round() / 64.0, |volume| volume);
        let shift = f64::from(shift);
        let shifted = all(&bars.map(|price| price + shift, |volume| volume), period);
        for (before, after) in all(&bars, period).iter().zip(shifted) {
            let moved = MOVED.contains(&before.name);
            let rows = before.rows.iter().zip(&after.rows).enumerate();
            for (row, (&old, &new)) in rows.filter(|_| moved || UNMOVED.contains(&before.name)) {
                let expected = if moved { old + shift } else { old };
                prop_assert!(close_to(expected, new, 1e3), "{} row {row}: {old} became {new}", before.name);
            }
        }
    }

    #[test]
    fn prices_in_another_currency_give_the_same_oscillators(
        bars in clean_bars(30..90),
        exponent in -12_i32..12,
        period in 1_usize..12,
    ) {
        const PURE: [&str; 11] = [
            "rsi", "roc", "adx", "adx.plus_di", "adx.minus_di", "fast_k", "stochastic.k", "stochastic.d", "mfi",
            "z_score", "relative_volume",
        ];
        // A power of two, so that the prices have the same digits.
        let rate = 2.0_f64.powi(exponent);
        let converted = all(&bars.map(|price| price * rate, |volume| volume), period);
        for (before, after) in all(&bars, period).iter().zip(converted) {
            let rows = before.rows.iter().zip(&after.rows).enumerate();
            for (row, (&old, &new)) in rows.filter(|_| PURE.contains(&before.name)) {
                prop_assert!(close_to(old, new, 100.0), "{} row {row}: {old} became {new}", before.name);
            }
        }
    }

    #[test]
    fn oscillators_stay_in_their_range(bars in clean_bars(10..120), period in 1_usize..12) {
        const BOUNDED: [&str; 8] =
            ["rsi", "adx", "adx.plus_di", "adx.minus_di", "fast_k", "stochastic.k", "stochastic.d", "mfi"];
        for Indicator { name, rows, .. } in all(&bars, period) {
            let outside = |value: &&f64| !value.is_nan() && !(-1e-9..=100.0 + 1e-9).contains(*value);
            let outside = rows.iter().find(outside).filter(|_| BOUNDED.contains(&name));
            prop_assert_eq!(outside, None, "{}", name);
        }
    }
}
