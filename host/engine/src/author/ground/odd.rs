//! Instruments whose data is odd, each in one way that real data is.

use super::rows::{Bars, path};
use chrono::NaiveDate;

/// The instrument of which nothing is known but that it is listed.
pub(in crate::author) const NOTHING: &str = "KITNOTHING";
/// Sessions without trading in the middle of a history.
const HALT: usize = 20;
/// Newest sessions without trading.
const HALTED_NOW: usize = 10;

/// An odd instrument.
#[derive(Debug)]
pub(in crate::author) struct Oddity {
    pub(in crate::author) symbol: &'static str,
    /// What is odd about it, behind its ticker.
    pub(in crate::author) what: &'static str,
    pub(super) shape: Shape,
}

/// In which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Nothing,
    NoBars,
    Newest(usize),
    ZeroVolume,
    ZeroVolumeNow,
    MissingNow,
    MissingOften,
    Halted,
    HaltedNow,
    Flat,
    Tiny,
    Huge,
    Jump,
}

/// All of them, by ticker.
pub(super) const ODDITIES: [Oddity; 14] = [
    odd("KITFLAT", "its price never changes", Shape::Flat),
    odd("KITHALT", "20 sessions without trading in the middle", Shape::Halted),
    odd("KITHALTNOW", "halted: no bar in the newest 10 sessions", Shape::HaltedNow),
    odd("KITHUGE", "prices and volumes of billions", Shape::Huge),
    odd("KITJUMP", "a hundred times its price in the newest bar", Shape::Jump),
    odd("KITNANNOW", "NaN: prices and volume missing in the newest bar", Shape::MissingNow),
    odd("KITNANOFTEN", "NaN: a number is missing in two bars of three", Shape::MissingOften),
    odd("KITNOBARS", "no bars", Shape::NoBars),
    odd(NOTHING, "no bars, no events, no facts", Shape::Nothing),
    odd("KITONEBAR", "one bar", Shape::Newest(1)),
    odd("KITTINY", "a price of a hundredth of a cent", Shape::Tiny),
    odd("KITTWOBARS", "two bars", Shape::Newest(2)),
    odd("KITZERO", "zero volume in every bar", Shape::ZeroVolume),
    odd("KITZERONOW", "zero volume in the newest bar", Shape::ZeroVolumeNow),
];

const fn odd(symbol: &'static str, what: &'static str, shape: Shape) -> Oddity {
    Oddity { symbol, what, shape }
}

impl Shape {
    /// Its bars on these days, oldest first.
    pub(super) fn bars(self, symbol: &str, days: &[NaiveDate], out: &mut Bars) {
        let texts: Vec<String> = days.iter().map(ToString::to_string).collect();
        self.at(symbol, &texts, out);
    }

    /// The same with times as texts.
    pub(super) fn at(self, symbol: &str, times: &[String], out: &mut Bars) {
        let count = times.len();
        let last = count.saturating_sub(1);
        for (at, (time, mut bar)) in times.iter().zip(path(symbol, count)).enumerate() {
            let newest = at == last;
            match self {
                Self::Nothing | Self::NoBars => return,
                Self::Newest(bars) if at + bars < count => continue,
                Self::HaltedNow if at + HALTED_NOW >= count => continue,
                Self::Halted if (count / 2..count / 2 + HALT).contains(&at) && !newest => continue,
                Self::ZeroVolume => set(&mut bar, 4, 0.0),
                Self::ZeroVolumeNow if newest => set(&mut bar, 4, 0.0),
                Self::MissingNow if newest => (1..5).for_each(|column| set(&mut bar, column, f64::NAN)),
                Self::MissingOften if at % 3 != 0 => set(&mut bar, (at * 7) % 5, f64::NAN),
                Self::Flat => bar = [10.0, 10.0, 10.0, 10.0, 1_000_000.0],
                Self::Tiny => scale(&mut bar, 1e-6),
                Self::Huge => {
                    scale(&mut bar, 1e8);
                    set(&mut bar, 4, 9e12);
                }
                Self::Jump if newest => scale(&mut bar, 100.0),
                _ => {}
            }
            out.push(symbol, time, &bar);
        }
    }
}

fn set(bar: &mut [f64; 5], column: usize, value: f64) {
    if let Some(number) = bar.get_mut(column) {
        *number = value;
    }
}

fn scale(bar: &mut [f64; 5], by: f64) {
    bar.iter_mut().take(4).for_each(|price| *price *= by);
}
