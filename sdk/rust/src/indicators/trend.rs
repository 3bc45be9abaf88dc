//! Whether there is a trend: MACD and the directional movement system. `T` is a column, or a number for the newest row.

use super::averages::Smoother;
use super::missing::{LARGEST, RUN, all_known, is_known, longest, same_length};
use super::volatility::true_range_of;

/// The three lines of a MACD, in price units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Macd<T = Vec<f64>> {
    /// Fast EMA minus slow EMA.
    pub macd: T,
    /// EMA of `macd`.
    pub signal: T,
    /// `macd` minus `signal`.
    pub histogram: T,
}

/// Moving average convergence/divergence (G. Appel) with TA-Lib's start: both EMAs get their first value on row
/// `slow − 1`, each seeded with the mean of its own newest values; the signal line is seeded with the mean of the
/// first `signal` differences; all three lines begin with the signal, on row `slow + signal − 2`. The usual periods
/// are 12, 26, 9; `fast` and `slow` are swapped when they are the wrong way round.
pub fn macd(close: &[f64], fast: usize, slow: usize, signal: usize) -> Macd {
    let mut state = Convergence::new(fast, slow, signal);
    let column = || Vec::with_capacity(close.len());
    let mut out = Macd { macd: column(), signal: column(), histogram: column() };
    for &close in close {
        state.push(close);
        let row = state.row();
        out.macd.push(row.macd);
        out.signal.push(row.signal);
        out.histogram.push(row.histogram);
    }
    out
}

/// The newest row of [`macd`].
pub fn macd_last(close: &[f64], fast: usize, slow: usize, signal: usize) -> Macd<f64> {
    let mut state = Convergence::new(fast, slow, signal);
    let (runs, rest) = close.as_chunks::<RUN>();
    runs.iter().for_each(|run| state.push_run(run));
    rest.iter().for_each(|&close| state.push(close));
    state.row()
}

/// The state of a MACD.
struct Convergence {
    /// Bars that the fast average lets pass, so that both averages are ready on the same bar.
    head_start: usize,
    seen: usize,
    fast: Smoother,
    slow: Smoother,
    signal: Smoother,
}

impl Convergence {
    fn new(fast: usize, slow: usize, signal: usize) -> Self {
        let (fast, slow) = (fast.min(slow), fast.max(slow));
        Self {
            head_start: slow - fast,
            seen: 0,
            fast: Smoother::exponential(fast),
            slow: Smoother::exponential(slow),
            signal: Smoother::exponential(signal),
        }
    }

    #[inline]
    fn push(&mut self, close: f64) {
        if !is_known(close) {
            self.seen = 0;
            [&mut self.fast, &mut self.slow, &mut self.signal].into_iter().for_each(Smoother::restart);
            return;
        }
        if self.seen >= self.head_start {
            self.fast.push(close);
        }
        self.seen += 1;
        self.slow.push(close);
        if self.fast.is_ready() && self.slow.is_ready() {
            self.signal.push(self.fast.mean() - self.slow.mean());
        }
    }

    #[inline]
    fn push_run(&mut self, run: &[f64; RUN]) {
        let steady = self.fast.is_ready() && self.slow.is_ready() && self.signal.is_ready();
        if !(steady && all_known(run)) {
            run.iter().for_each(|&close| self.push(close));
            return;
        }
        for &close in run {
            self.fast.advance(close);
            self.slow.advance(close);
            self.signal.advance(self.fast.mean() - self.slow.mean());
        }
    }

    #[inline]
    fn row(&self) -> Macd<f64> {
        let signal = self.signal.mean();
        let macd = if signal.is_nan() { f64::NAN } else { self.fast.mean() - self.slow.mean() };
        Macd { macd, signal, histogram: macd - signal }
    }
}

/// The directional movement system, 0 to 100 each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adx<T = Vec<f64>> {
    /// Average directional index: how strong the trend is, whichever way it goes.
    pub adx: T,
    /// +DI: share of the range that was movement upwards.
    pub plus_di: T,
    /// −DI: share of the range that was movement downwards.
    pub minus_di: T,
}

/// Average directional index and directional indicators (Wilder 1978) with TA-Lib's start: the sums of movement and
/// range are seeded with the first `period − 1` changes, so the indicators begin at row `period`; the ADX is seeded
/// with the plain mean of the first `period` directional indexes and begins at row `2 · period − 1`. Without any range
/// both indicators are 0; without any movement the directional index is undefined: it counts as 0 in the seed, and
/// later leaves the ADX as it is.
pub fn adx(high: &[f64], low: &[f64], close: &[f64], period: usize) -> Adx {
    let mut state = Directional::new(period);
    let rows = longest([high, low, close]);
    let column = || Vec::with_capacity(rows);
    let mut out = Adx { adx: column(), plus_di: column(), minus_di: column() };
    for ((&high, &low), &close) in high.iter().zip(low).zip(close) {
        state.push(Bar { high, low, close });
        out.adx.push(state.adx.mean());
        out.plus_di.push(state.plus_di);
        out.minus_di.push(state.minus_di);
    }
    for column in [&mut out.adx, &mut out.plus_di, &mut out.minus_di] {
        column.resize(rows, f64::NAN);
    }
    out
}

/// The newest row of [`adx`].
pub fn adx_last(high: &[f64], low: &[f64], close: &[f64], period: usize) -> Adx<f64> {
    let mut state = Directional::new(period);
    if same_length([high, low, close]) {
        for ((&high, &low), &close) in high.iter().zip(low).zip(close) {
            state.push(Bar { high, low, close });
        }
    }
    Adx { adx: state.adx.mean(), plus_di: state.plus_di, minus_di: state.minus_di }
}

#[derive(Debug, Clone, Copy)]
struct Bar {
    high: f64,
    low: f64,
    close: f64,
}

/// The state of an ADX.
struct Directional {
    period: usize,
    /// Share of each sum that is kept when a new bar comes: 1 − 1 / period.
    kept: f64,
    previous: Option<Bar>,
    /// Changes so far, at most `period`.
    changes: usize,
    up: f64,
    down: f64,
    range: f64,
    plus_di: f64,
    minus_di: f64,
    adx: Smoother,
}

impl Directional {
    fn new(period: usize) -> Self {
        Self {
            period,
            kept: 1.0 - 1.0 / period as f64,
            previous: None,
            changes: 0,
            up: 0.0,
            down: 0.0,
            range: 0.0,
            plus_di: f64::NAN,
            minus_di: f64::NAN,
            adx: Smoother::wilder(period),
        }
    }

    #[inline]
    fn push(&mut self, bar: Bar) {
        if !(is_known(bar.high) && is_known(bar.low) && is_known(bar.close)) {
            *self = Self::new(self.period);
            return;
        }
        let Some(previous) = self.previous.replace(bar) else { return };
        if self.period == 0 {
            return;
        }
        let (up, down) = movement(bar.high - previous.high, previous.low - bar.low);
        let range = true_range_of(bar.high, bar.low, previous.close);
        self.changes = self.period.min(self.changes + 1);
        let kept = if self.changes < self.period { 1.0 } else { self.kept };
        self.up = self.up * kept + up;
        self.down = self.down * kept + down;
        self.range = self.range * kept + range;
        if self.changes == self.period {
            self.index();
        }
    }

    /// The indicators from the sums, and the directional index into the ADX.
    #[inline]
    fn index(&mut self) {
        // A low above the high can make the movement larger than the range, by any factor: it has to stay finite.
        let share =
            |sum: f64| if self.range == 0.0 { 0.0 } else { (100.0 * (sum / self.range)).min(LARGEST) };
        (self.plus_di, self.minus_di) = (share(self.up), share(self.down));
        let sum = self.plus_di + self.minus_di;
        if sum != 0.0 {
            self.adx.push(100.0 * ((self.plus_di - self.minus_di).abs() / sum));
        } else if !self.adx.is_ready() {
            self.adx.push(0.0);
        }
    }
}

/// The larger of both moves counts, if it is one at all; equal ones cancel.
#[inline]
fn movement(up: f64, down: f64) -> (f64, f64) {
    (if up > down && up > 0.0 { up } else { 0.0 }, if down > up && down > 0.0 { down } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(rows: usize) -> Vec<f64> {
        (0..rows).map(|row| 50.0 + ((row * row) % 13) as f64 / 4.0 + row as f64 / 10.0).collect()
    }

    fn prices(rows: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let close = wave(rows);
        (
            close.iter().map(|price| price + 1.0).collect(),
            close.iter().map(|price| price - 0.75).collect(),
            close,
        )
    }

    fn blank(values: &[f64]) -> bool {
        values.iter().all(|value| value.is_nan())
    }

    #[test]
    fn the_macd_begins_with_its_signal_line() {
        let out = macd(&wave(50), 12, 26, 9);
        for line in [&out.macd, &out.signal, &out.histogram] {
            assert!(blank(&line[..33]) && line[33..].iter().all(|value| value.is_finite()));
        }
        assert_eq!(out.histogram[40], out.macd[40] - out.signal[40]);
        assert_eq!(macd(&wave(50), 26, 12, 9).macd[33..], out.macd[33..]);
    }

    #[test]
    fn the_macd_of_a_straight_line_is_the_constant_lag_of_the_averages() {
        // An EMA lags a straight line of slope 1 by (n − 1) / 2 bars: 12.5 − 5.5.
        let out = macd_last(&(0..60).map(f64::from).collect::<Vec<_>>(), 12, 26, 9);
        assert!(
            (out.macd - 7.0).abs() < 1e-12 && (out.signal - 7.0).abs() < 1e-12 && out.histogram.abs() < 1e-12
        );
    }

    #[test]
    fn the_macd_starts_anew_after_a_gap() {
        let mut holed = wave(60);
        holed[25] = f64::NAN;
        let out = macd(&holed, 3, 6, 4);
        assert!(blank(&out.macd[25..34]) && blank(&out.signal[25..34]));
        assert_eq!(out.macd[34..], macd(&wave(60)[26..], 3, 6, 4).macd[8..]);
        assert_eq!(out.signal[8..25], macd(&wave(60), 3, 6, 4).signal[8..25]);
    }

    #[test]
    fn the_adx_begins_where_it_has_seen_enough() {
        let (high, low, close) = prices(60);
        let out = adx(&high, &low, &close, 14);
        assert!(blank(&out.adx[..27]) && out.adx[27..].iter().all(|value| (0.0..=100.0).contains(value)));
        assert!(
            blank(&out.plus_di[..14]) && out.plus_di[14..].iter().all(|value| (0.0..=100.0).contains(value))
        );
    }

    #[test]
    fn a_steady_rise_is_all_upward_movement() {
        let close: Vec<f64> = (10..50).map(f64::from).collect();
        let out = adx_last(&close, &close, &close, 5);
        assert_eq!(out, Adx { adx: 100.0, plus_di: 100.0, minus_di: 0.0 });
    }

    #[test]
    fn a_market_without_range_has_no_direction() {
        let out = adx(&[5.0; 40], &[5.0; 40], &[5.0; 40], 14);
        assert_eq!((out.adx[39], out.plus_di[14], out.minus_di[39]), (0.0, 0.0, 0.0));
        assert!(blank(&out.adx[..27]) && blank(&out.plus_di[..14]));
    }

    #[test]
    fn a_low_above_the_high_spoils_the_indicators_of_its_own_bars_only() {
        let (mut high, mut low, mut close) = prices(60);
        (high[10], low[10], close[10]) = (0.0, 50.0, f64::MIN_POSITIVE);
        (high[11], low[11], close[11]) = (0.0, f64::MIN_POSITIVE, 0.0);
        for period in [1, 5] {
            let out = adx(&high, &low, &close, period);
            assert!(out.minus_di[11..].iter().chain(&out.adx[11..]).all(|value| !value.is_infinite()));
            assert!(out.adx[59] > 0.0 && out.plus_di[59] <= 100.0 && out.minus_di[59] <= 100.0);
        }
    }

    #[test]
    fn the_adx_starts_anew_after_a_gap() {
        let (mut high, low, close) = prices(80);
        let whole = adx(&high, &low, &close, 7);
        let after = adx(&high[31..], &low[31..], &close[31..], 7);
        high[30] = f64::NAN;
        let out = adx(&high, &low, &close, 7);
        assert_eq!((&out.adx[13..30], &out.minus_di[7..30]), (&whole.adx[13..30], &whole.minus_di[7..30]));
        assert!(blank(&out.adx[30..44]) && blank(&out.plus_di[30..38]));
        assert_eq!((&out.adx[44..], &out.plus_di[38..]), (&after.adx[13..], &after.plus_di[7..]));
    }

    #[test]
    fn impossible_periods_give_nan() {
        let (high, low, close) = prices(20);
        for period in [0, 20, usize::MAX] {
            let out = adx(&high, &low, &close, period);
            assert!(blank(&out.adx) && blank(&out.plus_di) && out.minus_di.len() == 20, "period {period}");
            for (fast, slow, signal) in [(period, 6, 3), (3, period, 3), (3, 6, period)] {
                let out = macd(&close, fast, slow, signal);
                assert!(
                    blank(&out.macd) && blank(&out.signal) && out.histogram.len() == 20,
                    "period {period}"
                );
            }
        }
    }

    #[test]
    fn columns_of_differing_lengths_end_in_nan() {
        let (high, low, close) = prices(30);
        let out = adx(&high[..25], &low, &close, 5);
        assert_eq!(out.adx.len(), 30);
        assert!(out.adx[24].is_finite() && blank(&out.adx[25..]) && blank(&out.plus_di[25..]));
        assert!(adx_last(&high[..25], &low, &close, 5).adx.is_nan());
    }
}
