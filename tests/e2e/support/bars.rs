//! Daily bars that the tests make up.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use std::fmt::Write;

/// Last session of every market here.
pub const END: &str = "2025-06-30";

/// Weekdays of 2025 up to [`END`] on which New York did not trade.
const CLOSED: [&str; 7] =
    ["2025-01-01", "2025-01-09", "2025-01-20", "2025-02-17", "2025-04-18", "2025-05-26", "2025-06-19"];

/// A row of a file of bars.
#[derive(Debug, Clone)]
pub struct Bar {
    /// Ticker.
    pub symbol: String,
    /// Session.
    pub date: NaiveDate,
    /// Open, high, low, close in USD.
    pub prices: [f64; 4],
    /// Shares.
    pub volume: u64,
}

/// The last so many sessions of New York up to [`END`], oldest first; at most those of 2025.
pub fn sessions(count: usize) -> Vec<NaiveDate> {
    let mut date: NaiveDate = END.parse().unwrap();
    let mut dates = Vec::new();
    while dates.len() < count {
        assert_eq!(date.year(), 2025, "2025 has no {count} sessions up to {END}");
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        if !weekend && !CLOSED.contains(&date.to_string().as_str()) {
            dates.push(date);
        }
        date = date - Days::new(1);
    }
    dates.reverse();
    dates
}

/// A wandering price over the last so many sessions. Another seed is another walk.
pub fn walk(symbol: &str, count: usize, seed: u32) -> Vec<Bar> {
    let mut state = u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut step = || {
        // xorshift64: a few digits of noise, nothing that needs to be random
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % 2001) as f64 / 1000.0 - 1.0
    };
    let mut close = 50.0;
    let cents = |price: f64| (price * 100.0).round() / 100.0;
    let bar = |date| {
        let open = cents(close * (1.0 + 0.01 * step()));
        close = cents(open * (1.0 + 0.03 * step()));
        let (high, low) = (cents(open.max(close) * 1.01), cents(open.min(close) * 0.99));
        let volume = 1_000_000 + (900_000.0 * step().abs()) as u64;
        Bar { symbol: symbol.to_owned(), date, prices: [open, high, low, close], volume }
    };
    sessions(count).into_iter().map(bar).collect()
}

/// A CSV file with one header of many that are understood.
pub fn bars_csv<'a>(bars: impl IntoIterator<Item = &'a Bar>) -> String {
    let mut text = "date,open,high,low,close,volume,Name\n".to_owned();
    for Bar { symbol, date, prices: [open, high, low, close], volume } in bars {
        writeln!(text, "{date},{open},{high},{low},{close},{volume},{symbol}").unwrap();
    }
    text
}
