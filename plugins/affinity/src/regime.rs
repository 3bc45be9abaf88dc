//! The market's regime, from the closes of a reference or from breadth.
//!
//! | regime | by the reference, the first that holds | by breadth |
//! |---|---|---|
//! | high-volatility | volatility of at least 30 % a year | |
//! | bull-trend | close > SMA20 > SMA50 | at least 60 % of the instruments close above their SMA50 |
//! | bear-trend | close < SMA20 < SMA50 | at most 40 % do |
//! | low-volatility | volatility of at most 8 % a year | |
//! | mean-reverting | less than 2 % up or down in 20 bars | between |
//! | transitioning | else | |
//! | unknown | | fewer than 20 instruments have an SMA50 |
//!
//! Volatility is the population standard deviation of the newest 20 daily changes, times √252.

use sluice_sdk::indicators::{newest, percent_change, rolling_std_last, sma_last};

const SHORT_BARS: usize = 20;
const LONG_BARS: usize = 50;
/// Percent a year.
const HIGH_VOLATILITY: f64 = 30.0;
const LOW_VOLATILITY: f64 = 8.0;
/// Trading days of a year.
const YEAR_DAYS: f64 = 252.0;
/// Percent in 20 bars below which a market has no direction.
const STILL_PERCENT: f64 = 2.0;
const BULL_BREADTH: f64 = 0.6;
const BEAR_BREADTH: f64 = 0.4;
/// Fewest instruments that tell of breadth.
const MIN_INSTRUMENTS: usize = 20;

/// What the market is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Regime {
    BullTrend,
    BearTrend,
    MeanReverting,
    HighVolatility,
    LowVolatility,
    Transitioning,
    Unknown,
}

impl Regime {
    pub(crate) const ALL: [Self; 7] = [
        Self::BullTrend,
        Self::BearTrend,
        Self::MeanReverting,
        Self::HighVolatility,
        Self::LowVolatility,
        Self::Transitioning,
        Self::Unknown,
    ];

    /// Also the name of the setting that says what it prefers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::BullTrend => "bull-trend",
            Self::BearTrend => "bear-trend",
            Self::MeanReverting => "mean-reverting",
            Self::HighVolatility => "high-volatility",
            Self::LowVolatility => "low-volatility",
            Self::Transitioning => "transitioning",
            Self::Unknown => "unknown",
        }
    }
}

/// The regime and the figures behind it; NaN: unknown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weather {
    pub(crate) regime: Regime,
    /// Share of instruments that close above their 50-bar mean, 0 to 1.
    pub(crate) breadth: f64,
    /// Of the reference, percent a year.
    pub(crate) volatility: f64,
}

impl Weather {
    pub(crate) fn of<'a>(reference: &[f64], instruments: impl Iterator<Item = &'a [f64]>) -> Self {
        let breadth = breadth(instruments);
        let volatility = volatility(reference);
        let regime = by_reference(reference, volatility).unwrap_or_else(|| by_breadth(breadth));
        Self { regime, breadth, volatility }
    }
}

fn by_reference(close: &[f64], volatility: f64) -> Option<Regime> {
    let now = newest(close)?;
    let (short, long) = (sma_last(close, SHORT_BARS), sma_last(close, LONG_BARS));
    let before = close.len().checked_sub(SHORT_BARS + 1).and_then(|at| close.get(at)).copied()?;
    let change = percent_change(before, now);
    if [short, long, change, volatility].iter().any(|figure| !figure.is_finite()) {
        return None;
    }
    Some(if volatility >= HIGH_VOLATILITY {
        Regime::HighVolatility
    } else if now > short && short > long {
        Regime::BullTrend
    } else if now < short && short < long {
        Regime::BearTrend
    } else if volatility <= LOW_VOLATILITY {
        Regime::LowVolatility
    } else if change.abs() < STILL_PERCENT {
        Regime::MeanReverting
    } else {
        Regime::Transitioning
    })
}

fn by_breadth(breadth: f64) -> Regime {
    match breadth {
        breadth if breadth.is_nan() => Regime::Unknown,
        breadth if breadth >= BULL_BREADTH => Regime::BullTrend,
        breadth if breadth <= BEAR_BREADTH => Regime::BearTrend,
        _ => Regime::MeanReverting,
    }
}

fn breadth<'a>(instruments: impl Iterator<Item = &'a [f64]>) -> f64 {
    let (mut above, mut known) = (0, 0);
    for close in instruments {
        let mean = sma_last(close, LONG_BARS);
        if let Some(close) = newest(close).filter(|_| mean.is_finite()) {
            known += 1;
            above += usize::from(close > mean);
        }
    }
    if known < MIN_INSTRUMENTS { f64::NAN } else { above as f64 / known as f64 }
}

fn volatility(close: &[f64]) -> f64 {
    let newest = close.get(close.len().saturating_sub(SHORT_BARS + 1)..).unwrap_or_default();
    let changes: Vec<f64> = newest
        .iter()
        .zip(newest.iter().skip(1))
        .map(|(before, close)| percent_change(*before, *close))
        .collect();
    rolling_std_last(&changes, SHORT_BARS) * YEAR_DAYS.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regime(close: impl Fn(f64) -> f64) -> Regime {
        let closes: Vec<f64> = (0..60).map(|bar| close(f64::from(bar))).collect();
        Weather::of(&closes, std::iter::empty()).regime
    }

    /// Swings by so many percent from bar to bar.
    fn swing(bar: f64, percent: f64) -> f64 {
        if bar % 2.0 == 0.0 { 1.0 + percent / 100.0 } else { 1.0 }
    }

    #[test]
    fn the_reference_tells_all_regimes_but_the_unknown_one() {
        assert_eq!(regime(|bar| 100.0 + bar), Regime::BullTrend);
        assert_eq!(regime(|bar| 200.0 - bar), Regime::BearTrend);
        assert_eq!(
            regime(|bar| 100.0 * swing(bar, 3.0)),
            Regime::HighVolatility,
            "3 % a day is some 48 % a year"
        );
        assert_eq!(regime(|_| 100.0), Regime::LowVolatility);
        // 1 % a day is some 16 % a year; the close of the last bar is the lower one, the means are equal
        assert_eq!(regime(|bar| 100.0 * swing(bar, 1.0)), Regime::MeanReverting);
        // up for long, then five percent down in the newest bars
        let turn = |bar: f64| (100.0 + bar.min(50.0)) * swing(bar, 1.0) * if bar > 55.0 { 0.95 } else { 1.0 };
        assert_eq!(regime(turn), Regime::Transitioning);
    }

    #[test]
    fn volatility_is_of_a_year() {
        let closes: Vec<f64> = (0..21).map(|bar| if bar % 2 == 0 { 100.0 } else { 101.0 }).collect();
        // ten changes of 1 and ten of -100/101 percent: their deviation is half their distance
        let expected = (1.0 + 100.0 / 101.0) / 2.0 * 252_f64.sqrt();
        assert!((volatility(&closes) - expected).abs() < 1e-9);
        assert!(volatility(&closes[1..]).is_nan());
    }

    #[test]
    fn breadth_tells_where_there_is_no_reference() {
        let up: Vec<f64> = (0..60).map(|bar| 100.0 + f64::from(bar)).collect();
        let down: Vec<f64> = up.iter().map(|close| 300.0 - close).collect();
        let with = |ups: usize, downs: usize| {
            let all =
                std::iter::repeat_n(up.as_slice(), ups).chain(std::iter::repeat_n(down.as_slice(), downs));
            Weather::of(&[], all)
        };
        assert_eq!((with(12, 8).regime, with(12, 8).breadth), (Regime::BullTrend, 0.6));
        assert_eq!(with(10, 10).regime, Regime::MeanReverting);
        assert_eq!(with(8, 12).regime, Regime::BearTrend);
        assert_eq!(with(10, 9).regime, Regime::Unknown);
        assert!(with(10, 9).breadth.is_nan());
    }
}
