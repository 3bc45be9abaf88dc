//! Everything that can be called or named, in one table each: what `check` allows, `eval` runs and lists show.

use sluice_sdk::{Quote, indicators as ind};

/// A column of bars.
pub(crate) const OPEN: &str = "open";
pub(crate) const HIGH: &str = "high";
pub(crate) const LOW: &str = "low";
pub(crate) const CLOSE: &str = "close";
pub(crate) const VOLUME: &str = "volume";

/// The columns that an expression may name.
pub(crate) const COLUMNS: [&str; 5] = [OPEN, HIGH, LOW, CLOSE, VOLUME];

/// Texts that are known of an instrument, and whether they are part of its profile.
pub(crate) const TEXTS: [(&str, bool, &str); 8] = [
    ("symbol", false, "Its ticker."),
    (
        "kind",
        false,
        "stock, adr, etf, fund, preferred, warrant, right, unit, index, forex, crypto, derivative.",
    ),
    ("status", false, "active, halted, suspended, delisted, test."),
    ("venue", false, "Its venue's ISO 10383 code, such as XNAS."),
    ("name", true, "Name of the security."),
    ("currency", true, "ISO 4217."),
    ("sector", true, "Sector by the directory's own scheme."),
    ("industry", true, "Industry by the directory's own scheme."),
];

/// A number of a quote.
type OfQuote = fn(&Quote) -> f64;

/// Numbers of the newest quote.
pub(crate) const QUOTE: [(&str, OfQuote, &str); 6] = [
    (
        "bid",
        |quote| quote.bid,
        "Best bid of the newest quote since the newest session's pre-market began; 0: nobody bids.",
    ),
    ("ask", |quote| quote.ask, "Best ask of the newest quote since then; 0: nobody asks."),
    ("bid_size", |quote| quote.bid_size, "Shares wanted at the bid."),
    ("ask_size", |quote| quote.ask_size, "Shares offered at the ask."),
    ("last", |quote| quote.last, "Price of the newest trade that the newest quote tells."),
    (
        "spread",
        |quote| quote.spread().unwrap_or(f64::NAN),
        "Percent from bid to ask, of the middle between them; unknown without one or the other.",
    ),
];

/// Names that stand for an expression.
pub(crate) const SHORT: [(&str, &str, &str); 9] = [
    ("rvol", "relative_volume(20)", "Volume against the mean of the 20 bars before."),
    ("change", "percent_change(close[1], close)", "Percent since the close before."),
    ("gap", "percent_change(close[1], open)", "Percent of the open from the close before."),
    ("dollar_volume", "close * volume", "Close times volume."),
    ("spread_of_day", "percent_change(low, high)", "Percent from the low to the high of the bar."),
    ("market_cap", "fact(\"market-cap\")", "The fact market-cap."),
    ("pe", "fact(\"pe\")", "The fact pe, price to earnings."),
    ("float", "fact(\"float\")", "The fact float, shares that trade freely."),
    ("days_to_earnings", "fact(\"days-to-earnings\")", "The fact days-to-earnings."),
];

/// Bars after which a recursive mean has forgotten where it began: e⁻¹⁶ of the first value is left of Wilder's.
const FORGETS: usize = 16;

/// What a function is given.
pub(crate) struct Arguments<'a> {
    /// The series arguments, all as long as the bars.
    pub(crate) series: Vec<&'a [f64]>,
    /// The constant arguments.
    pub(crate) numbers: &'a [f64],
    /// The bars by column.
    pub(crate) column: &'a dyn Fn(&'static str) -> &'a [f64],
}

impl<'a> Arguments<'a> {
    fn series(&self, index: usize) -> &'a [f64] {
        self.series.get(index).copied().unwrap_or_default()
    }

    fn period(&self, index: usize) -> usize {
        // checked to be a whole number of at most MAX_PERIOD
        self.number(index) as usize
    }

    fn number(&self, index: usize) -> f64 {
        self.numbers.get(index).copied().unwrap_or(f64::NAN)
    }

    fn high(&self) -> &'a [f64] {
        (self.column)(HIGH)
    }

    fn low(&self) -> &'a [f64] {
        (self.column)(LOW)
    }

    fn close(&self) -> &'a [f64] {
        (self.column)(CLOSE)
    }

    fn volume(&self) -> &'a [f64] {
        (self.column)(VOLUME)
    }

    fn each(&self, of: impl Fn(f64) -> f64) -> Vec<f64> {
        self.series(0).iter().map(|value| finite(of(*value))).collect()
    }

    fn pairs(&self, of: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let pairs = self.series(0).iter().zip(self.series(1));
        pairs.map(|(a, b)| if a.is_nan() || b.is_nan() { f64::NAN } else { finite(of(*a, *b)) }).collect()
    }
}

/// Unknown instead of infinite.
pub(crate) fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

/// An argument of a function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Parameter {
    /// A number for every bar; may be left out in front of a period, and is the close then.
    Source,
    /// A number for every bar.
    Series,
    /// A condition for every bar.
    Condition,
    /// A whole number of bars, written as a number; its value when left out.
    Period(Option<usize>),
    /// A positive constant; its value when left out.
    Factor(f64),
}

/// What comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    Number,
    Condition,
}

/// A function.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) parameters: &'static [Parameter],
    /// Columns that it reads beside its arguments.
    pub(crate) columns: &'static [&'static str],
    pub(crate) gives: Gives,
    pub(crate) doc: &'static str,
    /// Bars that it needs for one value, by its constants.
    pub(crate) bars: fn(&[f64]) -> usize,
    pub(crate) run: fn(&Arguments<'_>) -> Vec<f64>,
}

use Gives::{Condition as Cond, Number as Num};
use Parameter::{Condition, Factor, Period, Series, Source};

const NONE: &[&str] = &[];
const RANGE: &[&str] = &[HIGH, LOW, CLOSE];
const TRADED: &[&str] = &[HIGH, LOW, CLOSE, VOLUME];

fn one(_: &[f64]) -> usize {
    1
}

fn two(_: &[f64]) -> usize {
    2
}

fn first(numbers: &[f64]) -> usize {
    at(numbers, 0)
}

fn first_and_one(numbers: &[f64]) -> usize {
    at(numbers, 0) + 1
}

fn recursive(numbers: &[f64]) -> usize {
    at(numbers, 0) * FORGETS
}

fn at(numbers: &[f64], index: usize) -> usize {
    numbers.get(index).map_or(0, |number| *number as usize)
}

fn slow_macd(numbers: &[f64]) -> usize {
    // exponential means forget twice as fast as Wilder's
    (at(numbers, 1) + at(numbers, 2)) * FORGETS / 2
}

fn stochastic_bars(numbers: &[f64]) -> usize {
    at(numbers, 0) + at(numbers, 1) + at(numbers, 2)
}

fn truth(value: bool) -> f64 {
    f64::from(u8::from(value))
}

fn crossing(pairs: &Arguments<'_>, of: fn(f64, f64) -> bool) -> Vec<f64> {
    let (a, b) = (pairs.series(0), pairs.series(1));
    let mut out = vec![f64::NAN; a.len()];
    let windows = a.windows(2).zip(b.windows(2));
    for (slot, (a, b)) in out.iter_mut().skip(1).zip(windows) {
        if let ([a0, a1], [b0, b1]) = (a, b) {
            let before = a0 - b0;
            let now = a1 - b1;
            if !before.is_nan() && !now.is_nan() {
                *slot = truth(of(before, now));
            }
        }
    }
    out
}

/// Conditions that hold among the newest bars; unknown while one of them is.
fn counted(arguments: &Arguments<'_>) -> Vec<f64> {
    let period = arguments.period(0);
    ind::sma(arguments.series(0), period).iter().map(|mean| (mean * period as f64).round()).collect()
}

fn macd(arguments: &Arguments<'_>) -> ind::Macd {
    ind::macd(arguments.series(0), arguments.period(0), arguments.period(1), arguments.period(2))
}

fn bollinger(arguments: &Arguments<'_>) -> ind::Bollinger {
    ind::bollinger(arguments.series(0), arguments.period(0), arguments.number(1))
}

fn adx(arguments: &Arguments<'_>) -> ind::Adx {
    ind::adx(arguments.high(), arguments.low(), arguments.close(), arguments.period(0))
}

fn stochastic(arguments: &Arguments<'_>) -> ind::Stochastic {
    let periods = [0, 1, 2].map(|index| arguments.period(index));
    let [fast, slow, signal] = periods;
    ind::stochastic(arguments.high(), arguments.low(), arguments.close(), fast, slow, signal)
}

const MACD: &[Parameter] = &[Source, Period(Some(12)), Period(Some(26)), Period(Some(9))];
const STOCHASTIC: &[Parameter] = &[Period(Some(14)), Period(Some(3)), Period(Some(3))];
const BANDS: &[Parameter] = &[Source, Period(Some(20)), Factor(2.0)];

macro_rules! table {
    ($($name:literal ($parameters:expr, $columns:expr, $bars:expr) $gives:expr, $doc:literal, $run:expr;)*) => {
        &[$(Function { name: $name, parameters: $parameters, columns: $columns, gives: $gives, doc: $doc, bars: $bars, run: $run }),*]
    };
}

/// All functions, by theme.
pub(crate) static FUNCTIONS: &[Function] = table! {
    "sma" (&[Source, Period(None)], NONE, first) Num, "Simple mean.", |a| ind::sma(a.series(0), a.period(0));
    "ema" (&[Source, Period(None)], NONE, recursive) Num, "Exponential mean, factor 2/(n+1).", |a| ind::ema(a.series(0), a.period(0));
    "highest" (&[Source, Period(None)], NONE, first) Num, "Largest value.", |a| ind::rolling_max(a.series(0), a.period(0));
    "lowest" (&[Source, Period(None)], NONE, first) Num, "Smallest value.", |a| ind::rolling_min(a.series(0), a.period(0));
    "std" (&[Source, Period(None)], NONE, first) Num, "Population standard deviation.", |a| ind::rolling_std(a.series(0), a.period(0));
    "zscore" (&[Source, Period(None)], NONE, first) Num, "Standard deviations above the mean.", |a| ind::z_score(a.series(0), a.period(0));
    "roc" (&[Source, Period(None)], NONE, first_and_one) Num, "Percent since n bars ago.", |a| ind::roc(a.series(0), a.period(0));
    "rsi" (&[Source, Period(Some(14))], NONE, recursive) Num, "Wilder's relative strength index, 0 to 100.", |a| ind::rsi(a.series(0), a.period(0));
    "macd" (MACD, NONE, slow_macd) Num, "Fast minus slow exponential mean.", |a| macd(a).macd;
    "macd_signal" (MACD, NONE, slow_macd) Num, "Exponential mean of macd.", |a| macd(a).signal;
    "macd_histogram" (MACD, NONE, slow_macd) Num, "macd minus its signal.", |a| macd(a).histogram;
    "bollinger_upper" (BANDS, NONE, first) Num, "Mean plus deviations.", |a| bollinger(a).upper;
    "bollinger_lower" (BANDS, NONE, first) Num, "Mean minus deviations.", |a| bollinger(a).lower;
    "atr" (&[Period(Some(14))], RANGE, recursive) Num, "Wilder's average true range.", |a| ind::atr(a.high(), a.low(), a.close(), a.period(0));
    "true_range" (&[], RANGE, two) Num, "True range of the bar.", |a| ind::true_range(a.high(), a.low(), a.close());
    "adx" (&[Period(Some(14))], RANGE, recursive) Num, "Average directional index, 0 to 100.", |a| adx(a).adx;
    "plus_di" (&[Period(Some(14))], RANGE, recursive) Num, "Directional movement up, 0 to 100.", |a| adx(a).plus_di;
    "minus_di" (&[Period(Some(14))], RANGE, recursive) Num, "Directional movement down, 0 to 100.", |a| adx(a).minus_di;
    "stochastic_k" (STOCHASTIC, RANGE, stochastic_bars) Num, "Slow %K, 0 to 100.", |a| stochastic(a).k;
    "stochastic_d" (STOCHASTIC, RANGE, stochastic_bars) Num, "Slow %D, 0 to 100.", |a| stochastic(a).d;
    "mfi" (&[Period(Some(14))], TRADED, first_and_one) Num, "Money flow index, 0 to 100.", |a| ind::mfi(a.high(), a.low(), a.close(), a.volume(), a.period(0));
    "vwap" (&[Period(None)], TRADED, first) Num, "Mean typical price weighted by volume.", |a| ind::vwap(a.high(), a.low(), a.close(), a.volume(), a.period(0));
    "relative_volume" (&[Period(Some(20))], &[VOLUME], first_and_one) Num, "Volume against the mean of the n bars before.", |a| ind::relative_volume(a.volume(), a.period(0));
    "percent_change" (&[Series, Series], NONE, one) Num, "Percent from the first to the second.", |a| a.pairs(ind::percent_change);
    "abs" (&[Series], NONE, one) Num, "Without its sign.", |a| a.each(f64::abs);
    "sqrt" (&[Series], NONE, one) Num, "Square root; unknown below 0.", |a| a.each(f64::sqrt);
    "log" (&[Series], NONE, one) Num, "Natural logarithm; unknown at 0 and below.", |a| a.each(f64::ln);
    "min" (&[Series, Series], NONE, one) Num, "The smaller one.", |a| a.pairs(f64::min);
    "max" (&[Series, Series], NONE, one) Num, "The larger one.", |a| a.pairs(f64::max);
    "crosses_above" (&[Series, Series], NONE, two) Cond, "Above here, not above on the bar before.", |a| crossing(a, |before, now| before <= 0.0 && now > 0.0);
    "crosses_below" (&[Series, Series], NONE, two) Cond, "Below here, not below on the bar before.", |a| crossing(a, |before, now| before >= 0.0 && now < 0.0);
    "count" (&[Condition, Period(None)], NONE, first) Num, "On how many of the newest n bars it holds.", counted;
    "every" (&[Condition, Period(None)], NONE, first) Cond, "Holds on all of the newest n bars.", |a| counted(a).iter().map(|count| if count.is_nan() { f64::NAN } else { truth(*count >= a.number(0)) }).collect();
    "some" (&[Condition, Period(None)], NONE, first) Cond, "Holds on one of the newest n bars.", |a| counted(a).iter().map(|count| if count.is_nan() { f64::NAN } else { truth(*count > 0.0) }).collect();
    "is_known" (&[Series], NONE, one) Cond, "Whether there is a value.", |a| a.series(0).iter().map(|value| truth(!value.is_nan())).collect();
};

/// Functions of texts that `check` knows by itself.
pub(crate) const LOOKUPS: [(&str, &str, &str); 3] = [
    ("fact", "fact(\"market-cap\")", "The newest value of a fact that is known of the instrument."),
    ("upstream", "upstream(\"sluice/volume\", \"score\")", "What an earlier layer measured, or its score."),
    ("attribute", "attribute(\"cik\")", "A text that the directory has of the instrument."),
];

/// An entry of a list for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// How it is written.
    pub form: String,
    /// What it is.
    pub doc: String,
}

/// The functions, with their arguments.
#[must_use]
pub fn functions() -> Vec<Described> {
    let own =
        FUNCTIONS.iter().map(|function| Described { form: form(function), doc: function.doc.to_owned() });
    let lookups =
        LOOKUPS.iter().map(|(_, form, doc)| Described { form: (*form).to_owned(), doc: (*doc).to_owned() });
    own.chain(lookups).collect()
}

/// The names without arguments: columns, texts, the quote, and what stands for an expression.
#[must_use]
pub fn names() -> Vec<Described> {
    let columns = COLUMNS.iter().map(|name| Described {
        form: (*name).to_owned(),
        doc: format!("Column {name} of the bars; {name}[1] is that of the bar before."),
    });
    let texts =
        TEXTS.iter().map(|(name, _, doc)| Described { form: (*name).to_owned(), doc: (*doc).to_owned() });
    let quote =
        QUOTE.iter().map(|(name, _, doc)| Described { form: (*name).to_owned(), doc: (*doc).to_owned() });
    let short = SHORT.iter().map(|(name, expression, doc)| Described {
        form: (*name).to_owned(),
        doc: format!("{doc} Short for {expression}."),
    });
    columns.chain(texts).chain(quote).chain(short).collect()
}

/// `rsi([x = close,] n = 14)`.
pub(crate) fn form(function: &Function) -> String {
    let shown = function.parameters.iter().map(|parameter| match parameter {
        Source => "[x = close]".to_owned(),
        Series => "x".to_owned(),
        Condition => "condition".to_owned(),
        Period(None) => "n".to_owned(),
        Period(Some(default)) => format!("[n = {default}]"),
        Factor(default) => format!("[k = {default}]"),
    });
    format!("{}({})", function.name, shown.collect::<Vec<_>>().join(", "))
}
