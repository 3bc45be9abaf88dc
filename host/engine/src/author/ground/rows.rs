//! The rows that go into the market, as the importers read them.

use super::odd::ODDITIES;
use crate::author::dice::Dice;
use chrono::NaiveDate;
use sluice_market::{Instant, Session, Timeframe};
use sluice_runtime::EventNeed;
use std::fmt::Write as _;

/// Ordinary instruments that have bars within the day: enough to tell, few enough to be read in a moment.
const INTRADAY_INSTRUMENTS: usize = 20;
/// Most bars within the day of one instrument.
const INTRADAY_BARS: usize = 8_000;
/// Figures that events of some kind have; a kind of an author's own has them too.
const FIGURES: [&str; 20] = [
    "eps-estimate",
    "eps-actual",
    "sentiment",
    "shares",
    "price",
    "value",
    "iv-rank",
    "volume-ratio",
    "flow",
    "call-sweep-premium",
    "put-sweep-premium",
    "top-strikes-share",
    "posts",
    "sentiment-change",
    "viral-share",
    "ratio",
    "amount",
    "rating",
    "target",
    "figure",
];
/// Milliseconds of a second and of a day.
const SECOND: i64 = 1_000;
const DAY: i64 = 86_400_000;

/// A table of bars.
#[derive(Debug)]
pub(super) struct Bars(String);

impl Bars {
    /// With this name of the column of times.
    pub(super) fn new(time: &str) -> Self {
        Self(format!("symbol,{time},open,high,low,close,volume\n"))
    }

    /// A bar; NaN is a missing number.
    pub(super) fn push(&mut self, symbol: &str, time: &str, bar: &[f64; 5]) {
        self.0.push_str(symbol);
        self.0.push(',');
        self.0.push_str(time);
        for number in bar {
            match number.is_nan() {
                true => self.0.push_str(",NA"),
                // writing to a String cannot fail
                false => drop(write!(self.0, ",{number}")),
            }
        }
        self.0.push('\n');
    }

    pub(super) fn text(self) -> String {
        self.0
    }
}

/// A wandering price: open, high, low, close and volume of so many bars, the same for every ticker and machine.
pub(super) fn path(symbol: &str, count: usize) -> impl Iterator<Item = [f64; 5]> {
    let mut dice = Dice::of(symbol, 2);
    let mut close = 10.0 + 90.0 * dice.unit();
    let cents = |price: f64| (price * 100.0).round() / 100.0;
    (0..count).map(move |_| {
        let open = cents(close * (1.0 + 0.01 * dice.signed()));
        close = cents(open * (1.0 + 0.03 * dice.signed())).max(1.0);
        let (high, low) = (cents(open.max(close) * 1.01), cents(open.min(close) * 0.99));
        let volume = (200_000.0 + 1_800_000.0 * dice.unit()).round();
        [open, high, low, close, volume]
    })
}

/// A wandering price on these days.
pub(super) fn walk(symbol: &str, days: &[NaiveDate], out: &mut Bars) {
    for (day, bar) in days.iter().zip(path(symbol, days.len())) {
        out.push(symbol, &day.to_string(), &bar);
    }
}

/// What the odd instruments and the references are.
pub(super) fn directory(references: &[String]) -> String {
    let mut text = "symbol,name,kind,status,mic,sector\n".to_owned();
    for odd in &ODDITIES {
        let _ = writeln!(text, "{},{} (odd),stock,active,XNYS,Technology", odd.symbol, odd.symbol);
    }
    for symbol in references {
        let _ = writeln!(text, "{symbol},{symbol} (reference),etf,active,XNYS,");
    }
    text
}

/// Events of the kinds asked for, of two instruments in three, within the windows asked for. Those of a later market
/// became known in its last day.
pub(super) fn events(needs: &[EventNeed], symbols: &[&str], until: Instant, later: bool) -> String {
    let mut text = format!("symbol,kind,known_at,effective_at,headline,id,{}\n", FIGURES.join(","));
    for (symbol, need) in symbols.iter().flat_map(|symbol| needs.iter().map(move |need| (symbol, need))) {
        let mut dice = Dice::of(symbol, 3);
        if dice.below(3) == 0 {
            continue;
        }
        for number in 0..=dice.below(3) {
            let window = if later { DAY } else { (i64::from(need.known_within) * SECOND).max(DAY) };
            let known = until.millis() - within(&mut dice, window) - SECOND;
            let effective = known + within(&mut dice, i64::from(need.effective_within) * SECOND);
            let (known, effective) = (Instant::from_millis(known), Instant::from_millis(effective));
            let kind = &need.kind;
            let words = ["beats and raises guidance", "misses, cuts outlook", "files a report"];
            let headline =
                words.get(usize::try_from(dice.below(3)).unwrap_or(0)).copied().unwrap_or("reports");
            let age = if later { "later" } else { "known" };
            let _ = write!(
                text,
                "{symbol},{kind},{known},{effective},{symbol} {headline},{symbol}-{kind}-{age}-{number}"
            );
            for _ in FIGURES {
                match dice.below(6) {
                    0 => text.push(','),
                    1 => text.push_str(",0"),
                    2 => drop(write!(text, ",{:.3}", dice.signed())),
                    3 => drop(write!(text, ",{:.1}", 100.0 * dice.unit())),
                    _ => drop(write!(text, ",{:.0}", 1e6 * dice.unit())),
                }
            }
            text.push('\n');
        }
    }
    text
}

fn within(dice: &mut Dice, window: i64) -> i64 {
    i64::try_from(dice.below(u64::try_from(window).unwrap_or(0))).unwrap_or(0)
}

/// Facts of most instruments: positive, negative, zero and missing ones.
pub(super) fn facts(names: &[String], symbols: &[&str], until: Instant) -> String {
    let mut text = "symbol,known_at,name,value\n".to_owned();
    for (symbol, name) in symbols.iter().flat_map(|symbol| names.iter().map(move |name| (symbol, name))) {
        let mut dice = Dice::of(symbol, 4);
        let value = match dice.below(8) {
            0 => continue,
            1 => 0.0,
            2 => (-100.0 * dice.unit()).round(),
            3 => (1e12 * dice.unit()).round(),
            _ => (1_000.0 * dice.unit()).round() / 10.0,
        };
        let known = Instant::from_millis(until.millis() - within(&mut dice, 2 * DAY) - SECOND);
        let _ = writeln!(text, "{symbol},{known},{name},{value}");
    }
    text
}

/// Quotes of most instruments, of the newest session and now and then of the days before: ordinary, one-sided, empty and
/// locked ones. Those of a later market became known in its last day.
pub(super) fn quotes(symbols: &[&str], until: Instant, later: bool) -> String {
    let mut text = "symbol,time,bid,ask,bid_size,ask_size,last\n".to_owned();
    for symbol in symbols {
        let mut dice = Dice::of(symbol, 5);
        for _ in 0..dice.below(4) {
            let window = if !later && dice.below(4) == 0 { 4 * DAY } else { DAY / 2 };
            let at = until.millis() - within(&mut dice, window) - SECOND;
            let at = Instant::from_millis(at);
            let bid = (1_000.0 + 9_000.0 * dice.unit()).round() / 100.0;
            let spread = (50.0 * dice.unit()).round() / 100.0;
            let numbers = match dice.below(8) {
                0 => format!("{bid},,100,,"),
                1 => format!(",{bid},,,{bid}"),
                2 => "0,0,0,0,".to_owned(),
                3 => format!("{bid},{bid},100,200,{bid}"),
                _ => format!("{bid},{:.2},300,100,{bid}", bid + spread),
            };
            let _ = writeln!(text, "{symbol},{at},{numbers}");
        }
    }
    text
}

/// The instruments with bars within the day; the odd ones come beside them.
pub(super) fn intraday_symbols<'a>(ordinary: &'a [String], references: &'a [String]) -> Vec<&'a str> {
    ordinary.iter().take(INTRADAY_INSTRUMENTS).chain(references).map(String::as_str).collect()
}

/// Bars of another timeframe over these sessions, from the pre-market to the close; none when the sessions are too few
/// for one.
pub(super) fn intraday(timeframe: Timeframe, symbols: &[&str], sessions: &[Session]) -> Option<String> {
    let times = times(timeframe, sessions);
    if times.is_empty() {
        return None;
    }
    let mut bars = Bars::new(if timeframe.millis().is_some() { "timestamp" } else { "date" });
    for odd in &ODDITIES {
        odd.shape.at(odd.symbol, &times, &mut bars);
    }
    for symbol in symbols {
        for (time, bar) in times.iter().zip(path(symbol, times.len())) {
            bars.push(symbol, time, &bar);
        }
    }
    Some(bars.text())
}

/// The newest times at which such bars open, oldest first.
fn times(timeframe: Timeframe, sessions: &[Session]) -> Vec<String> {
    let Some(span) = timeframe.millis() else {
        let every = if timeframe == Timeframe::Week { 5 } else { 21 };
        // the newest one is complete: it begins a whole span before the end
        let mut dates: Vec<String> = sessions
            .iter()
            .rev()
            .skip(every)
            .step_by(every)
            .map(|session| session.date.to_string())
            .collect();
        dates.reverse();
        return dates;
    };
    let mut opens: Vec<i64> = Vec::new();
    for session in sessions.iter().rev() {
        let bars = (session.closes.millis() - session.pre_opens.millis()) / span;
        opens.extend((0..bars).rev().map(|bar| session.pre_opens.millis() + bar * span));
        if opens.len() >= INTRADAY_BARS {
            break;
        }
    }
    opens.truncate(INTRADAY_BARS);
    opens.reverse();
    opens.into_iter().map(|open| Instant::from_millis(open).to_string()).collect()
}
