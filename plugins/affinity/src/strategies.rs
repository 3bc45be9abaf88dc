//! How well four strategies fit an instrument, each from 0 to 100 out of four parts. *Volume ratio* is the volume to the
//! mean of the 20 bars before, *change* the close to the close before. A share is that of the bars on which it is known.
//!
//! | strategy | points | part |
//! |---|---|---|
//! | momentum | 35 | share of bars whose newest 20 changes sum to more than 2 % |
//! | | 25 | share of bars with close > SMA20 > SMA50 |
//! | | 25 | share of bars with MACD(12, 26, 9) above its signal |
//! | | 15 | min(mean volume ratio of rising bars / 1.5, 1) |
//! | mean-reversion | 30 | share of bars with RSI(14) below 30 or above 70 |
//! | | 25 | share of bars in the lowest or highest tenth of the Bollinger band (20, 2) |
//! | | 25 | share of the 30 % largest changes after which, within 5 bars, the close was within 2 % of SMA20 |
//! | | 20 | 1 − min(absolute move over all bars / 20 %, 1) |
//! | breakout | 25 | min(slope of the volume, as a share of its mean per bar, / 0.001, 1), at least 0 |
//! | | 35 | min(share of closes beyond the 30 bars' high or low before, on a volume ratio above 1.5, / 0.1, 1) |
//! | | 25 | min(expansions / 10, 1): a change of more than twice the mean size of the 20 before, when that of the 5 before was less than half of it |
//! | | 15 | min(share of bars with a volume ratio above 2 / 5 %, 1) |
//! | sentiment | 30 | min(share of opens more than 2 % from the close before / 10 %, 1) |
//! | | 25 | min(share of bars with a volume ratio above 2 and a change of more than 3 % / 5 %, 1) |
//! | | 25 | share of closes in the highest fifth of their bar |
//! | | 20 | share of bars with a volume ratio above 1.8 that went on in their direction over 3 bars |
//!
//! A part about bars of a kind that there are none of is 0. A part that no bar tells of, because numbers are missing,
//! makes the strategy unknown: NaN.

use sluice_sdk::Bars;
use sluice_sdk::indicators::{
    bollinger, macd, percent_change, relative_volume, rolling_max, rolling_min, rsi, sma,
};

/// In the order of [`affinities`].
pub(crate) const NAMES: &[&str] = &["momentum", "mean-reversion", "breakout", "sentiment"];

const MEAN_BARS: usize = 20;
const LONG_BARS: usize = 50;
const RSI_BARS: usize = 14;
const RANGE_BARS: usize = 30;
/// Share of the changes that are not among the largest.
const USUAL_CHANGES: f64 = 0.7;
const REVERSION_BARS: usize = 5;
const FOLLOW_BARS: usize = 3;
const CALM_BARS: usize = 5;

/// Affinities to the strategies in the order of [`NAMES`].
pub(crate) fn affinities(bars: &Bars<'_>) -> [f64; 4] {
    let rows = Rows::of(bars);
    [rows.momentum(), rows.mean_reversion(), rows.breakout(), rows.sentiment()]
}

/// Columns that several parts look at, one row per bar.
struct Rows<'a> {
    open: &'a [f64],
    high: &'a [f64],
    low: &'a [f64],
    close: &'a [f64],
    volume: &'a [f64],
    change: Vec<f64>,
    ratio: Vec<f64>,
    mean: Vec<f64>,
}

impl<'a> Rows<'a> {
    fn of(bars: &Bars<'a>) -> Self {
        let close = bars.close();
        let changes =
            close.iter().zip(close.iter().skip(1)).map(|(before, close)| percent_change(*before, *close));
        Self {
            open: bars.open(),
            high: bars.high(),
            low: bars.low(),
            close,
            volume: bars.volume(),
            change: std::iter::once(f64::NAN).chain(changes).collect(),
            ratio: relative_volume(bars.volume(), MEAN_BARS),
            mean: sma(close, MEAN_BARS),
        }
    }

    fn momentum(&self) -> f64 {
        let sums = sma(&self.change, MEAN_BARS);
        let long = sma(self.close, LONG_BARS);
        let trend = self.close.iter().zip(&self.mean).zip(&long);
        let macd = macd(self.close, 12, 26, 9);
        let rising =
            self.ratio.iter().zip(&self.change).filter(|(_, change)| **change > 0.0).map(|(ratio, _)| *ratio);
        weighted([
            (35.0, share(sums.iter().map(|mean| known(*mean, mean * MEAN_BARS as f64 > 2.0)))),
            (
                25.0,
                share(trend.map(|((close, mean), long)| known(long + close, close > mean && mean > long))),
            ),
            (
                25.0,
                share(macd.macd.iter().zip(&macd.signal).map(|(macd, signal)| known(*signal, macd > signal))),
            ),
            (15.0, self.volume_told((mean_of(rising) / 1.5).min(1.0))),
        ])
    }

    fn mean_reversion(&self) -> f64 {
        let bands = bollinger(self.close, MEAN_BARS, 2.0);
        let edge = self.close.iter().zip(&bands.lower).zip(&bands.upper).map(|((close, lower), upper)| {
            let place = (close - lower) / (upper - lower);
            // a band without any width has no edges
            known(close - lower, upper > lower && !(0.1..=0.9).contains(&place))
        });
        let ends = self.close.first().zip(self.close.last());
        let moved = ends.map_or(f64::NAN, |(first, last)| percent_change(*first, *last)).abs();
        weighted([
            (
                30.0,
                share(rsi(self.close, RSI_BARS).iter().map(|rsi| known(*rsi, *rsi < 30.0 || *rsi > 70.0))),
            ),
            (25.0, share(edge)),
            (25.0, self.reversions()),
            (20.0, 1.0 - limited(moved / 20.0)),
        ])
    }

    /// Share of the largest changes that came back to the mean.
    fn reversions(&self) -> f64 {
        let mut sizes: Vec<f64> =
            self.change.iter().map(|change| change.abs()).filter(|size| size.is_finite()).collect();
        sizes.sort_by(f64::total_cmp);
        let usual = (sizes.len() as f64 * USUAL_CHANGES) as usize;
        let Some(&least) = sizes.get(usual) else { return f64::NAN };
        let back = |at: usize| {
            let later = self.close.iter().zip(&self.mean).skip(at + 1).take(REVERSION_BARS);
            later.clone().count() == REVERSION_BARS
                && later.clone().all(|(close, mean)| (close + mean).is_finite())
        };
        let large = self
            .change
            .iter()
            .enumerate()
            .filter(|(at, change)| change.abs() >= least && **change != 0.0 && back(*at));
        or_none(share(large.map(|(at, _)| {
            let mut later = self.close.iter().zip(&self.mean).skip(at + 1).take(REVERSION_BARS);
            Some(later.any(|(close, mean)| percent_change(*mean, *close).abs() <= 2.0))
        })))
    }

    fn breakout(&self) -> f64 {
        let (high, low) = (rolling_max(self.high, RANGE_BARS), rolling_min(self.low, RANGE_BARS));
        let beyond = self.close.iter().zip(&self.ratio).skip(1).zip(high.iter().zip(&low)).map(
            |((close, ratio), (high, low))| {
                known(high + low + close + ratio, (close > high || close < low) && *ratio > 1.5)
            },
        );
        let loud = self.ratio.iter().map(|ratio| known(*ratio, *ratio > 2.0));
        weighted([
            (25.0, limited(slope(self.volume) / 0.001)),
            (35.0, limited(share(beyond) / 0.1)),
            (25.0, limited(self.expansions() / 10.0)),
            (15.0, limited(share(loud) / 0.05)),
        ])
    }

    /// Large changes after small ones.
    fn expansions(&self) -> f64 {
        let sizes: Vec<f64> = self.change.iter().map(|change| change.abs()).collect();
        let (usual, calm) = (sma(&sizes, MEAN_BARS), sma(&sizes, CALM_BARS));
        if usual.iter().all(|size| size.is_nan()) {
            return f64::NAN;
        }
        let rows = sizes.iter().skip(1).zip(usual.iter().zip(&calm));
        rows.filter(|(size, (usual, calm))| **calm < **usual / 2.0 && **size > 2.0 * **usual).count() as f64
    }

    fn sentiment(&self) -> f64 {
        let gaps = self.close.iter().zip(self.open.iter().skip(1)).map(|(before, open)| {
            let gap = percent_change(*before, *open);
            known(gap, gap.abs() > 2.0)
        });
        let shocks = self
            .ratio
            .iter()
            .zip(&self.change)
            .map(|(ratio, change)| known(ratio + change, *ratio > 2.0 && change.abs() > 3.0));
        let strong = self.close.iter().zip(self.low).zip(self.high).map(|((close, low), high)| {
            known(close + low + high, high > low && (close - low) / (high - low) > 0.8)
        });
        let later = self.close.iter().skip(FOLLOW_BARS);
        let days = self.ratio.iter().zip(&self.change).zip(self.close.iter().zip(later));
        let followed = days.filter(|((ratio, change), _)| **ratio > 1.8 && **change != 0.0).map(
            |((_, change), (close, later))| known(change + later - close, (later - close) * change > 0.0),
        );
        weighted([
            (30.0, limited(share(gaps) / 0.1)),
            (25.0, limited(share(shocks) / 0.05)),
            (25.0, share(strong)),
            (20.0, self.volume_told(or_none(share(followed)))),
        ])
    }

    /// NaN instead when no bar has a volume ratio.
    fn volume_told(&self, part: f64) -> f64 {
        if self.ratio.iter().all(|ratio| ratio.is_nan()) { f64::NAN } else { part }
    }
}

/// Whether it holds on a bar; none when a number behind it is missing.
fn known(number: f64, holds: bool) -> Option<bool> {
    number.is_finite().then_some(holds)
}

/// Share of the known ones that hold; NaN when none is known.
fn share(bars: impl Iterator<Item = Option<bool>>) -> f64 {
    let (hold, all) = bars.flatten().fold((0, 0), |(hold, all), holds| (hold + usize::from(holds), all + 1));
    if all == 0 { f64::NAN } else { hold as f64 / all as f64 }
}

/// Of a kind of bars that there are none of: 0.
fn or_none(share: f64) -> f64 {
    if share.is_nan() { 0.0 } else { share }
}

/// The mean of the known ones, 0 when there are none.
fn mean_of(values: impl Iterator<Item = f64>) -> f64 {
    let known = values.filter(|value| value.is_finite());
    let (sum, count) = known.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { 0.0 } else { sum / f64::from(count) }
}

/// Between 0 and 1; NaN stays.
fn limited(part: f64) -> f64 {
    part.clamp(0.0, 1.0)
}

fn weighted(parts: [(f64, f64); 4]) -> f64 {
    parts.iter().map(|(points, part)| points * part).sum()
}

/// Slope of the least-squares line per bar, as a share of the mean; NaN when a number is missing or the mean is not
/// positive.
fn slope(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let middle = (count - 1.0) / 2.0;
    let rows = || values.iter().enumerate().map(|(at, value)| (at as f64 - middle, value));
    let rise: f64 = rows().map(|(at, value)| at * (value - mean)).sum();
    let run: f64 = rows().map(|(at, _)| at * at).sum();
    if mean > 0.0 { rise / run / mean } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_is_a_share_of_the_mean_per_bar() {
        assert!((slope(&[90.0, 100.0, 110.0]) - 0.1).abs() < 1e-12);
        assert!((slope(&[110.0, 100.0, 90.0]) + 0.1).abs() < 1e-12);
        assert!(slope(&[0.0, 0.0]).is_nan());
        assert!(slope(&[1.0, f64::NAN, 2.0]).is_nan());
    }

    #[test]
    fn a_share_is_of_the_known_and_unknown_without_any() {
        assert_eq!(share([Some(true), None, Some(false)].into_iter()), 0.5);
        assert!(share([None].into_iter()).is_nan());
    }
}
