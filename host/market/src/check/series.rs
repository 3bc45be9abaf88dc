//! What is wrong with the bars of one instrument, told from the bars alone.

use super::Faults;
use super::rules::{LEAST_JUMP, PADDED_BARS, alike};
use crate::data::BarTime;
use crate::import::FaultKind;

/// Bars of one instrument and timeframe, in the order of the set. Columns are as long as `times`; NaN is missing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Series<'a> {
    /// Which bars.
    pub(crate) times: &'a [BarTime],
    /// Open, high, low, close, volume.
    pub(crate) columns: [&'a [f64]; 5],
}

/// A bar's numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bar {
    prices: [f64; 4],
    volume: f64,
}

const PRICE_NAMES: [&str; 4] = ["open", "high", "low", "close"];
const MISSING: [FaultKind; 4] =
    [FaultKind::MissingOpen, FaultKind::MissingHigh, FaultKind::MissingLow, FaultKind::MissingClose];

impl Series<'_> {
    fn bar(&self, row: usize) -> Bar {
        let value = |column: &[f64]| column.get(row).copied().unwrap_or(f64::NAN);
        let [open, high, low, close, volume] = self.columns;
        Bar { prices: [open, high, low, close].map(value), volume: value(volume) }
    }

    /// Adds what is wrong. `split` tells the new shares for each old one between two bars; without it a close far from
    /// the one before is not worth a word at this timeframe.
    pub(crate) fn check(&self, split: Option<&dyn Fn(BarTime, BarTime) -> f64>, faults: &mut Faults) {
        let mut before: Option<BarTime> = None;
        let mut last: Option<(BarTime, f64)> = None;
        for (row, time) in self.times.iter().copied().enumerate() {
            let bar = self.bar(row);
            if let Some(before) = before {
                order(before, time, faults);
            }
            before = Some(time);
            bar.check(time, faults);
            let close = bar.close();
            if let (Some(last), Some(split)) = (last, split) {
                jump(last, (time, close), split, faults);
            }
            if close > 0.0 {
                last = Some((time, close));
            }
        }
        self.padding(faults);
    }

    /// Bars at the end that repeat each other: a price carried forward after trading ended.
    fn padding(&self, faults: &mut Faults) {
        let Some(last) = self.times.len().checked_sub(1) else { return };
        let newest = self.bar(last);
        let same = (0..last).rev().take_while(|row| self.bar(*row) == newest).count();
        let flat = newest.prices.iter().all(|price| *price == newest.close());
        if flat
            && same + 1 >= PADDED_BARS
            && let Some(bar) = self.times.get(last)
        {
            faults.add(FaultKind::StaleTail, *bar, || {
                format!("the last {} bars are the same, all at {}", same + 1, newest.close())
            });
        }
    }
}

impl Bar {
    fn close(&self) -> f64 {
        let [.., close] = self.prices;
        close
    }

    fn check(&self, bar: BarTime, faults: &mut Faults) {
        let [open, high, low, close] = self.prices;
        let sound = low > 0.0
            && self.volume > 0.0
            && low <= open.min(close)
            && high >= open.max(close)
            && !open.is_nan()
            && !close.is_nan();
        if !sound {
            self.report(bar, faults);
        }
    }

    #[cold]
    fn report(&self, bar: BarTime, faults: &mut Faults) {
        for (kind, price) in MISSING.iter().zip(self.prices) {
            if price.is_nan() {
                faults.add(*kind, bar, || "no value".to_owned());
            }
        }
        if let Some((name, price)) = PRICE_NAMES.iter().zip(self.prices).find(|(_, price)| *price <= 0.0) {
            faults.add(FaultKind::NonPositivePrice, bar, || format!("{name} is {price}"));
        }
        let volume = self.volume;
        if volume.is_nan() {
            faults.add(FaultKind::MissingVolume, bar, || "no value".to_owned());
        } else if volume < 0.0 {
            faults.add(FaultKind::NegativeVolume, bar, || format!("volume is {volume}"));
        } else if volume == 0.0 {
            faults.add(FaultKind::ZeroVolume, bar, || "volume is 0".to_owned());
        }
        let [open, high, low, close] = self.prices;
        let pairs = [
            ("low", low, "high", high),
            ("low", low, "open", open),
            ("low", low, "close", close),
            ("open", open, "high", high),
            ("close", close, "high", high),
        ];
        if let Some((small_name, small, large_name, large)) =
            pairs.iter().find(|(_, small, _, large)| small > large)
        {
            faults.add(FaultKind::Inconsistent, bar, || {
                format!("{small_name} {small} is above {large_name} {large}")
            });
        }
    }
}

fn order(before: BarTime, bar: BarTime, faults: &mut Faults) {
    if bar == before {
        faults.add(FaultKind::Duplicate, bar, || "another bar stands before it".to_owned());
    } else if bar < before {
        faults.add(FaultKind::Unsorted, bar, || format!("a bar of {before} stands before it"));
    }
}

fn jump(
    (time_before, before): (BarTime, f64),
    (time, close): (BarTime, f64),
    split: &dyn Fn(BarTime, BarTime) -> f64,
    faults: &mut Faults,
) {
    // NaN and prices that are none compare as no jump
    let change = close / before - 1.0;
    if close > 0.0 && change.abs() > LEAST_JUMP {
        if (close * split(time_before, time) / before - 1.0).abs() <= LEAST_JUMP {
            return;
        }
        faults.add(FaultKind::Jump, time, || {
            let like = alike(before, close).map_or_else(String::new, |what| format!(", like {what}"));
            format!("close {close} after {before}: {:+.1} %{like}", 100.0 * change)
        });
    }
}

#[cfg(test)]
mod tests;
