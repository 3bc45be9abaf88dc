//! Splits and dividends, applied on reading: pure arithmetic on the bars of one instrument.
//!
//! A file's prices are stored as they came, with what they had been adjusted for ([`Basis`]). A reader wants them as
//! traded, or comparable as of an instant: then a bar is adjusted for every action between its day and that
//! instant's day that was known. What is stored and what is wanted differ by a set of actions. Those that are wanted
//! and not in the stored price are applied, those that are in it and not wanted are taken back, so that a scan as
//! of a day before a split does not know of it though the file was made later.
//!
//! A split of `r` new shares for each old one divides the prices before its ex-date by `r` and multiplies the
//! volume. A dividend `D` multiplies the prices before its ex-date by `1 − D/C`, where `C` is the close before the
//! ex-date as it was traded; the volume stays.
//!
//! Times are days since the epoch, or milliseconds for bars within a day; all that meet here have the same unit.

use std::ops::Range;

use crate::bars::Adjustment;

/// What an action does to a share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Effect {
    /// New shares for each old one, above 0.
    Split(f64),
    /// Cash for each share as of the ex-date.
    Dividend(f64),
}

/// A corporate action as the arithmetic sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    /// When the first day begins that trades without the dividend, or with the new number of shares.
    pub(crate) ex: i64,
    pub(crate) effect: Effect,
    /// Whether it was known at the instant that is asked about.
    pub(crate) known: bool,
}

/// What a stored price had been adjusted for when its file was made: actions up to a day, of these kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Basis {
    pub(crate) splits: bool,
    pub(crate) dividends: bool,
    /// The newest day of the file.
    pub(crate) through: i64,
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) adjustment: Adjustment,
    /// The instant that is asked about; actions with later ex-dates have not happened yet.
    pub(crate) until: i64,
}

/// Bars of one instrument, oldest first. Longer than what was asked for where a dividend that is to be taken back
/// needs the closes after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct History<'a> {
    /// The last day that each bar covers, or when it begins within its day.
    pub(crate) times: &'a [i64],
    /// As stored; empty unless [`needs_closes`] said so.
    pub(crate) closes: &'a [f64],
}

/// What to do with some bars that stand side by side.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub(crate) rows: Range<usize>,
    scale: Scale,
}

/// Price: × up ÷ down × cash. Volume: × down ÷ up. Kept apart, so that a whole ratio divides exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scale {
    up: f64,
    down: f64,
    cash: f64,
}

impl Scale {
    const ONE: Self = Self { up: 1.0, down: 1.0, cash: 1.0 };
}

impl Run {
    /// Changes a column of prices, given from the first bar of the history on.
    pub(crate) fn adjust_prices(&self, prices: &mut [f64]) {
        let Scale { up, down, cash } = self.scale;
        for price in prices.get_mut(self.rows.clone()).unwrap_or_default() {
            *price = *price * up / down * cash;
        }
    }

    /// Changes a column of volumes, given from the first bar of the history on.
    pub(crate) fn adjust_volumes(&self, volumes: &mut [f64]) {
        let Scale { up, down, .. } = self.scale;
        for volume in volumes.get_mut(self.rows.clone()).unwrap_or_default() {
            *volume = *volume * down / up;
        }
    }
}

impl Basis {
    fn has(self, step: Step) -> bool {
        step.ex <= self.through
            && match step.effect {
                Effect::Split(_) => self.splits,
                Effect::Dividend(_) => self.dividends,
            }
    }
}

impl Wanted {
    fn has(self, step: Step) -> bool {
        let kind = match (self.adjustment, step.effect) {
            (Adjustment::Raw, _) => false,
            (Adjustment::Split, effect) => matches!(effect, Effect::Split(_)),
            (Adjustment::Total, _) => true,
        };
        kind && step.known && step.ex <= self.until
    }
}

/// Whether the arithmetic must see closes: some dividend is to be applied or taken back.
pub(crate) fn needs_closes(steps: &[Step], wanted: Wanted, dividends_stored: bool) -> bool {
    let dividends = steps.iter().any(|step| matches!(step.effect, Effect::Dividend(_)));
    dividends && (dividends_stored || wanted.adjustment == Adjustment::Total)
}

/// What to do with the first `count` bars of a history; bars that no run covers stay as they are. `steps` ascend
/// by day, `basis` tells what the stored price of a bar was adjusted for.
pub(crate) fn runs(
    steps: &[Step],
    wanted: Wanted,
    history: History<'_>,
    count: usize,
    basis: &dyn Fn(usize) -> Basis,
) -> Vec<Run> {
    // an action that is older than all bars changes none of them
    let first = history.times.first().copied().unwrap_or(i64::MAX);
    let steps = steps.get(steps.partition_point(|step| step.ex <= first)..).unwrap_or_default();
    let cash = cash_factors(steps, history, basis);
    let times = history.times.get(..count).unwrap_or(history.times);
    let mut runs = Vec::new();
    let mut row = 0;
    while let Some(time) = times.get(row) {
        let later = steps.partition_point(|step| step.ex <= *time);
        // no action has its ex-date after this bar: the same holds for all that follow
        let Some(next) = steps.get(later) else { break };
        let own = basis(row);
        let same = |(at, time): (usize, &i64)| *time < next.ex && basis(at) == own;
        let length = times.iter().enumerate().skip(row).take_while(|bar| same(*bar)).count().max(1);
        let pairs = steps.iter().zip(&cash).skip(later);
        let scale = scale(pairs, wanted, own);
        if scale != Scale::ONE {
            runs.push(Run { rows: row..row + length, scale });
        }
        row += length;
    }
    runs
}

fn scale<'a>(steps: impl Iterator<Item = (&'a Step, &'a f64)>, wanted: Wanted, basis: Basis) -> Scale {
    steps.fold(Scale::ONE, |scale, (step, cash)| match (step.effect, wanted.has(*step), basis.has(*step)) {
        (Effect::Split(ratio), true, false) => Scale { down: scale.down * ratio, ..scale },
        (Effect::Split(ratio), false, true) => Scale { up: scale.up * ratio, ..scale },
        (Effect::Dividend(_), true, false) => Scale { cash: scale.cash * cash, ..scale },
        (Effect::Dividend(_), false, true) => Scale { cash: scale.cash / cash, ..scale },
        (_, true, true) | (_, false, false) => scale,
    })
}

/// Of each step the factor of the prices before it: 1 for splits, for dividends without a close before, and for
/// those that are as large as the price.
fn cash_factors(steps: &[Step], history: History<'_>, basis: &dyn Fn(usize) -> Basis) -> Vec<f64> {
    let mut factors = vec![1.0; steps.len()];
    if history.closes.is_empty() {
        return factors;
    }
    // newest first: taking an older dividend back needs the factors of those after it
    for at in (0..steps.len()).rev() {
        let Some(Step { ex, effect: Effect::Dividend(cash), .. }) = steps.get(at).copied() else { continue };
        let before = history.times.partition_point(|time| *time < ex);
        let closes = history.closes.iter().enumerate().take(before).rev();
        let Some((row, close)) = closes.clone().find(|(_, close)| **close > 0.0) else { continue };
        let (Some(time), own) = (history.times.get(row), basis(row)) else { continue };
        // the close as traded, on the footing of the ex-date, but for the dividend itself where it is in there
        let mut base = *close;
        let mut is_stored = false;
        for (other, step) in steps.iter().enumerate().filter(|(_, step)| step.ex > *time) {
            match step.effect {
                Effect::Split(ratio) if own.has(*step) && step.ex > ex => base *= ratio,
                Effect::Split(ratio) if !own.has(*step) && step.ex <= ex => base /= ratio,
                Effect::Dividend(_) if other == at => is_stored = own.has(*step),
                Effect::Dividend(_) if own.has(*step) => {
                    base /= factors.get(other).copied().unwrap_or(1.0);
                }
                Effect::Split(_) | Effect::Dividend(_) => {}
            }
        }
        let factor = if is_stored { base / (base + cash) } else { 1.0 - cash / base };
        if let Some(place) = factors.get_mut(at).filter(|_| factor > 0.0 && factor <= 1.0) {
            *place = factor;
        }
    }
    factors
}

#[cfg(test)]
mod tests;
