//! Made-up bars: returns with heavy tails and clusters, volumes with clusters and spikes, and the faults that
//! real data has.

use super::listing::SECTORS;
use super::random::{Draws, exp, power_of_ten};
use crate::instrument::{Kind, Status};
use crate::set::NUMBERS;

/// Mean and standard deviation of log10 of the daily dollar volume: 22 % of the market trade over $5M a day.
const LOG_DOLLAR_VOLUME: (f64, f64) = (5.7, 1.25);
/// Bounds of log10 of the first price: $0.80 to $400.
const LOG_PRICE: (f64, f64) = (-0.1, 2.6);
/// Bounds of log10 of the ordinary daily standard deviation: 0.8 % to 4 %.
const LOG_DEVIATION: (f64, f64) = (-2.1, -1.4);
/// A share of the instruments jumps on the newest session: volume spikes and breakouts for the layers to find.
const EVENT_SHARE: f64 = 0.05;
/// Chance of a jump on any day, with its size as a fraction of the price.
const JUMP: (f64, f64, f64) = (0.004, 0.04, 0.15);
/// Chance of a volume spike on any day, with its bounds.
const SPIKE: (f64, f64, f64) = (0.008, 3.0, 8.0);
/// Sessions before the newest whose highs a breakout leaves behind.
const BREAKOUT_SESSIONS: usize = 30;
/// No bar is cheaper.
const LOWEST_PRICE: f64 = 0.01;

/// Daily returns of the market and of each sector.
pub(super) struct Factors {
    market: Vec<f64>,
    sectors: Vec<Vec<f64>>,
}

impl Factors {
    pub(super) fn new(sessions: usize, draws: &mut Draws) -> Self {
        let mut calm = 1.0_f64;
        let market = (0..sessions)
            .map(|_| {
                let shock = draws.heavy();
                let deviation = 0.008 * calm.sqrt();
                calm = 0.06 + 0.86 * calm + 0.08 * shock * shock;
                0.0003 + deviation * shock
            })
            .collect();
        let sectors =
            SECTORS.iter().map(|_| (0..sessions).map(|_| 0.005 * draws.normal()).collect()).collect();
        Self { market, sectors }
    }
}

/// The bars of one instrument: indexes of sessions, and open, high, low, close, volume.
#[derive(Default)]
pub(super) struct Path {
    pub(super) sessions: Vec<usize>,
    pub(super) numbers: [Vec<f64>; NUMBERS],
}

impl Path {
    /// Makes the bars of an instrument over some sessions.
    pub(super) fn make(
        &mut self,
        count: usize,
        factors: &Factors,
        sector: usize,
        kind: &Kind,
        status: &Status,
        draws: &mut Draws,
    ) {
        self.sessions.clear();
        self.numbers.iter_mut().for_each(Vec::clear);
        self.walk(count, factors, sector, kind, draws);
        if draws.chance(EVENT_SHARE) {
            self.add_event(draws);
        }
        let adjusted = self.add_split(draws);
        self.add_bad_data(draws);
        self.round(adjusted);
        self.leave_out(status, draws);
    }

    fn walk(&mut self, count: usize, factors: &Factors, sector: usize, kind: &Kind, draws: &mut Draws) {
        let mut close = power_of_ten(draws.between(LOG_PRICE.0, LOG_PRICE.1));
        let quiet = if *kind == Kind::Etf { 0.5 } else { 1.0 };
        let deviation = quiet * power_of_ten(draws.between(LOG_DEVIATION.0, LOG_DEVIATION.1));
        let beta = draws.between(0.3, 1.7);
        let shares = power_of_ten(LOG_DOLLAR_VOLUME.0 + LOG_DOLLAR_VOLUME.1 * draws.normal()) / close;
        let drift = draws.between(-0.0008, 0.0012);
        let (mut heat, mut interest) = (1.0_f64, 0.0);
        let sector = factors.sectors.get(sector);
        for session in 0..count {
            let shock = draws.heavy();
            let common = factors.market.get(session).copied().unwrap_or_default() * beta
                + sector.and_then(|sector| sector.get(session)).copied().unwrap_or_default();
            let own = deviation * heat.sqrt() * shock;
            heat = (0.08 + 0.80 * heat + 0.12 * shock * shock).min(12.0);
            let mut overnight = 0.35 * own + 0.5 * common;
            if draws.chance(JUMP.0) {
                let size = draws.between(JUMP.1, JUMP.2);
                overnight += if draws.chance(0.5) { size } else { -size };
            }
            let intraday = drift + 0.65 * own + 0.5 * common;
            let open = (close * (1.0 + overnight.max(-0.6))).max(LOWEST_PRICE);
            close = (open * (1.0 + intraday.max(-0.6))).max(LOWEST_PRICE);
            let reach = 0.5 * deviation * heat.sqrt();
            let high = open.max(close) * (1.0 + reach * draws.normal().abs());
            let low = open.min(close) * (1.0 - (reach * draws.normal().abs()).min(0.5));
            interest = 0.75 * interest + 0.25 * draws.normal();
            let mut volume = shares * exp(0.8 * interest + 0.25 * (shock.abs() - 0.8));
            if draws.chance(SPIKE.0) {
                volume *= draws.between(SPIKE.1, SPIKE.2);
            }
            self.sessions.push(session);
            for (column, value) in self.numbers.iter_mut().zip([open, high, low, close, volume]) {
                column.push(value);
            }
        }
    }

    /// The newest session trades a multiple of the usual volume; half of the times it leaves the range of the
    /// sessions before, or opens with a gap.
    fn add_event(&mut self, draws: &mut Draws) {
        let Some(last) = self.sessions.len().checked_sub(1) else { return };
        let factor = draws.between(2.5, 9.0);
        self.scale(4, last..last + 1, factor);
        let breakout = draws.chance(0.6);
        let lift = draws.between(1.025, 1.09);
        let [open, high, low, close, _] = &mut self.numbers;
        let before = high.get(last.saturating_sub(BREAKOUT_SESSIONS)..last).unwrap_or_default();
        let top = before.iter().copied().fold(0.0, f64::max);
        let previous = last.checked_sub(1).and_then(|index| close.get(index)).copied().unwrap_or_default();
        let bar = (open.get_mut(last), high.get_mut(last), low.get_mut(last), close.get_mut(last));
        let (Some(open), Some(high), Some(low), Some(close)) = bar else { return };
        if !breakout || previous <= 0.0 || top > 1.6 * previous {
            return;
        }
        *close = top * lift;
        *open = previous * (1.0 + 0.5 * (lift - 1.0));
        *high = close.max(*open) * 1.004;
        *low = open.min(*close) * 0.996;
    }

    /// A split: adjusted (earlier prices carry fractions of a cent: the session is returned), or, as bad data, not.
    fn add_split(&mut self, draws: &mut Draws) -> usize {
        if !draws.chance(0.018) {
            return 0;
        }
        let ratio = draws.pick(&[2.0, 3.0, 4.0, 10.0]).copied().unwrap_or(2.0);
        let at = draws.below(self.sessions.len());
        if draws.chance(0.8) {
            return at;
        }
        for column in 0..4 {
            self.scale(column, 0..at, ratio);
        }
        self.scale(4, 0..at, 1.0 / ratio);
        0
    }

    /// A bad tick in one price, or a bar that was never formed.
    fn add_bad_data(&mut self, draws: &mut Draws) {
        if draws.chance(0.004) {
            let at = draws.below(self.sessions.len());
            let column = draws.below(4);
            let factor = draws.pick(&[0.5, 0.1, 2.0, 10.0]).copied().unwrap_or(0.5);
            self.scale(column, at..at + 1, factor);
        }
        if draws.chance(0.004) {
            let at = draws.below(self.sessions.len());
            let [open, high, low, _, volume] = &mut self.numbers;
            for column in [open, high, low] {
                if let Some(value) = column.get_mut(at) {
                    *value = f64::NAN;
                }
            }
            if let Some(volume) = volume.get_mut(at) {
                *volume = 0.0;
            }
        }
    }

    /// Sessions without a bar: young listings, halts in between, and those whose status says so.
    fn leave_out(&mut self, status: &Status, draws: &mut Draws) {
        let count = self.sessions.len();
        let ended = match status {
            Status::Halted => 1 + draws.below(30),
            Status::Suspended => 5 + draws.below(60),
            Status::Delisted => 10 + draws.below(90),
            _ => 0,
        };
        let young = if draws.chance(0.05) { draws.below(count) } else { 0 };
        let halt = if draws.chance(0.01) { 1 + draws.below(10) } else { 0 };
        let halted = draws.below(count);
        let keep = |index: usize| {
            let listed = index >= young && index + ended < count;
            // Whoever is young or long gone still has one bar.
            let only = index + 1 == count && (young + ended >= count);
            (listed || only) && !(halted..halted + halt).contains(&index) || (only && halt == 0)
        };
        let keep: Vec<bool> = (0..count).map(keep).collect();
        retain(&mut self.sessions, &keep);
        for column in &mut self.numbers {
            retain(column, &keep);
        }
    }

    fn scale(&mut self, column: usize, rows: std::ops::Range<usize>, factor: f64) {
        let values = self.numbers.get_mut(column).and_then(|column| column.get_mut(rows));
        for value in values.into_iter().flatten() {
            *value *= factor;
        }
    }

    /// Prices to the cent (below a dollar, and before an adjusted split, to a hundredth of it), volumes to the
    /// share.
    fn round(&mut self, adjusted: usize) {
        let [open, high, low, close, volume] = &mut self.numbers;
        for column in [open, high, low, close] {
            for (session, price) in column.iter_mut().enumerate() {
                let steps = if *price < 1.0 || session < adjusted { 10_000.0 } else { 100.0 };
                let rounded = (*price * steps).round();
                // A missing price stays missing: NaN is not below one step.
                *price = if rounded < 1.0 { 1.0 } else { rounded } / steps;
            }
        }
        for shares in volume {
            *shares = shares.round();
        }
    }
}

fn retain<T>(values: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    values.retain(|_| keep.next().copied().unwrap_or(false));
}
