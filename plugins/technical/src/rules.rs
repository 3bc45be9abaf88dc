//! The rules, each with the condition on which it fires and its score from 0 to 100. Prices are of the newest bar,
//! "before" are the bars before it.
//!
//! | rule | fires when | score |
//! |---|---|---|
//! | breakout | close > 1.02 · highest high of the 20 bars before; with `confirm-volume` also volume > 1.5 · mean of the 20 before | 10 · percent above that high, at most 100; · 1.2 when the volume confirms, at most 100 |
//! | mean crossed | previous close ≤ SMA50 and close > 1.01 · SMA50, with more than 50 bars | 70 |
//! | gap up | open > 1.02 · previous close, and `gaps` | 10 · percent, at most 100; · 1.1 when the low stays above that close, at most 100 |
//! | RSI rising | 30 < RSI < 70 and RSI more than 5 points above the bar before | 60 |
//! | closes up | at least 4 of the newest 5 closes are above the close before them, and 5 bars gained | 10 · percent gained, at most 80 |

use sluice_sdk::indicators::{highest, percent_change, relative_volume_last, rsi_last, sma_last};
use sluice_sdk::{Bars, score};

/// Bars of the high that is broken, and of the mean volume.
const HIGH_BARS: usize = 20;
/// Percent above the high that make a breakout.
const BREAKOUT_PERCENT: f64 = 2.0;
/// Relative volume above which a breakout is confirmed.
const CONFIRMING_VOLUME: f64 = 1.5;
/// What a confirmed breakout's score is multiplied by.
const CONFIRMED_FACTOR: f64 = 1.2;
/// Bars of the mean that is crossed.
const MEAN_BARS: usize = 50;
/// Percent above the mean that make a crossing.
const MEAN_PERCENT: f64 = 1.0;
const MEAN_SCORE: f64 = 70.0;
/// Percent of a gap.
const GAP_PERCENT: f64 = 2.0;
/// What the score of a gap is multiplied by when the bar's low did not close it.
const HELD_FACTOR: f64 = 1.1;
/// Percent of a breakout or a gap with the score 100.
const FULL_PERCENT: f64 = 10.0;
const RSI_PERIOD: usize = 14;
const RSI_RANGE: std::ops::Range<f64> = 30.0..70.0;
/// Points that RSI must rise from one bar to the next.
const RSI_RISE: f64 = 5.0;
const RSI_SCORE: f64 = 60.0;
/// Closes that are compared with the one before them.
const STREAK_BARS: usize = 5;
/// How many of them must be up.
const STREAK_UP: usize = 4;
const STREAK_MAX_SCORE: f64 = 80.0;

/// What a rule tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    Breakout,
    Momentum,
}

#[derive(Debug, Clone, Copy)]
struct Signal {
    name: &'static str,
    theme: Theme,
    score: f64,
}

/// The figures of one instrument that the rules look at; NaN: not enough bars, or numbers are missing.
#[derive(Debug)]
pub(crate) struct Rules<'a> {
    bars: Bars<'a>,
    confirm_volume: bool,
    gaps: bool,
    /// RSI of the newest bar.
    pub(crate) rsi: f64,
    /// Percent of the open above the close before.
    pub(crate) gap: f64,
    /// Percent of the close above the highest high of the bars before.
    pub(crate) breakout: f64,
    /// Percent of the close above the close five bars before.
    pub(crate) change: f64,
}

impl<'a> Rules<'a> {
    pub(crate) fn of(bars: &Bars<'a>, confirm_volume: bool, gaps: bool) -> Self {
        let before = bars.before_last(1);
        let (close, open) = (newest(bars.close()), newest(bars.open()));
        Self {
            bars: *bars,
            confirm_volume,
            gaps,
            rsi: rsi_last(bars.close(), RSI_PERIOD),
            gap: percent_change(newest(before.close()), open),
            breakout: percent_change(highest(before.high(), HIGH_BARS), close),
            change: percent_change(newest(bars.before_last(STREAK_BARS).close()), close),
        }
    }

    /// What fires on the newest bar.
    pub(crate) fn fired(&self) -> Fired {
        let rules = [
            ("breakout", Theme::Breakout, self.breakout_score()),
            ("mean crossed", Theme::Breakout, self.mean_score()),
            ("gap up", Theme::Momentum, self.gap_score()),
            ("RSI rising", Theme::Momentum, self.rsi_score()),
            ("closes up", Theme::Momentum, self.streak_score()),
        ];
        Fired(rules.map(|(name, theme, score)| score.map(|score| Signal { name, theme, score })))
    }

    fn breakout_score(&self) -> Option<f64> {
        let confirmed = relative_volume_last(self.bars.volume(), HIGH_BARS) > CONFIRMING_VOLUME;
        let fires = self.breakout > BREAKOUT_PERCENT && (confirmed || !self.confirm_volume);
        let factor = if confirmed { CONFIRMED_FACTOR } else { 1.0 };
        fires.then(|| score::clamp(score::ratio(self.breakout, FULL_PERCENT) * factor))
    }

    fn mean_score(&self) -> Option<f64> {
        let close = self.bars.close();
        let mean = sma_last(close, MEAN_BARS);
        let before = newest(self.bars.before_last(1).close());
        let fires =
            close.len() > MEAN_BARS && before <= mean && percent_change(mean, newest(close)) > MEAN_PERCENT;
        fires.then_some(MEAN_SCORE)
    }

    fn gap_score(&self) -> Option<f64> {
        let held = newest(self.bars.low()) > newest(self.bars.before_last(1).close());
        let factor = if held { HELD_FACTOR } else { 1.0 };
        (self.gaps && self.gap > GAP_PERCENT)
            .then(|| score::clamp(score::ratio(self.gap, FULL_PERCENT) * factor))
    }

    fn rsi_score(&self) -> Option<f64> {
        let before = self.bars.before_last(1).close();
        let inside = self.rsi > RSI_RANGE.start && self.rsi < RSI_RANGE.end;
        // It rises only with the close; asking that first spares half the instruments a second pass.
        let up = newest(self.bars.close()) > newest(before);
        let fires = inside && up && self.rsi - rsi_last(before, RSI_PERIOD) > RSI_RISE;
        fires.then_some(RSI_SCORE)
    }

    fn streak_score(&self) -> Option<f64> {
        let closes = self.bars.last(STREAK_BARS + 1).close();
        let up = closes.iter().zip(closes.iter().skip(1)).filter(|(before, close)| close > before).count();
        let fires = up >= STREAK_UP && self.change > 0.0;
        fires.then(|| score::ratio(self.change, FULL_PERCENT).min(STREAK_MAX_SCORE))
    }
}

/// The rules that fired.
#[derive(Debug)]
pub(crate) struct Fired([Option<Signal>; 5]);

impl Fired {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// Only those that tell of this.
    pub(crate) fn of(&self, theme: Theme) -> Self {
        Self(self.0.map(|signal| signal.filter(|signal| signal.theme == theme)))
    }

    /// All of them as one score.
    pub(crate) fn score(&self) -> f64 {
        score::noisy_or(self.0.iter().flatten().map(|signal| signal.score))
    }

    /// Their names in the order of the table.
    pub(crate) fn names(&self) -> String {
        self.0.iter().flatten().map(|signal| signal.name).collect::<Vec<_>>().join(", ")
    }
}

fn newest(column: &[f64]) -> f64 {
    column.last().copied().unwrap_or(f64::NAN)
}
