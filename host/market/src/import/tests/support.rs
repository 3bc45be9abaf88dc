//! Imports of what a reader could have found.

use super::super::files::FileSink as _;
use super::super::formats;
use super::super::intake::Intake;
use super::super::sink::{
    ActionKind, ActionRow, Adjusted, EventRow, FactRow, MemberRow, Origin, QuoteRow, Sink, Stamp, Stamped,
    Ticker, When,
};
use super::*;

pub(super) fn origin(timeframe: Timeframe, adjustment: Adjusted) -> Origin {
    Origin {
        source: "test",
        layout: "made up",
        timeframe,
        stamped: Stamped::Open,
        adjustment,
        mic: None,
        pages: false,
        ignored: Vec::new(),
    }
}

/// Imports what `fill` tells; the file counts as one that has rows.
pub(super) fn feed(
    set: &Path,
    options: &ImportOptions,
    origin: Origin,
    fill: impl FnOnce(&mut dyn Sink),
) -> ImportSummary {
    let mut ignored = |_: ImportProgress| {};
    let mut intake = Intake::new(set, options, (Rc::default(), 0), &mut ignored);
    let path = Path::new("made-up");
    intake.start_file(path, &formats::GENERIC[0]);
    intake.begin(origin);
    fill(&mut intake);
    intake.end_file(path, true).unwrap();
    let taken = intake.finish().unwrap();
    store(set, &[], options, taken, &mut |_| {}).unwrap()
}

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub(super) fn ticker(sink: &mut dyn Sink, text: &str) -> Ticker {
    sink.ticker(Place::Nowhere, text.as_bytes()).unwrap()
}

/// Daily bars of one price each.
pub(super) fn daily(sink: &mut dyn Sink, symbol: &str, bars: &[(&str, f64)]) {
    let ticker = ticker(sink, symbol);
    for ((day, price), line) in bars.iter().zip(1..) {
        sink.bar(Place::Line(line), ticker, Stamp::Day(date(day)), [*price, *price, *price, *price, 100.0]);
    }
}

pub(super) fn action(sink: &mut dyn Sink, symbol: &str, kind: ActionKind, ex_date: &str) {
    let ticker = ticker(sink, symbol);
    let row = ActionRow { ticker, kind, ex_date: date(ex_date), known: None, id: None };
    sink.action(Place::Nowhere, row);
}

pub(super) fn rename(sink: &mut dyn Sink, from: &str, to: &str, ex_date: &str) {
    let to = ticker(sink, to);
    action(sink, from, ActionKind::Rename(to), ex_date);
}

pub(super) fn event(sink: &mut dyn Sink, symbol: &str, known: When, id: Option<&str>, headline: &str) {
    let ticker = ticker(sink, symbol);
    let row = EventRow {
        ticker,
        kind: "earnings".to_owned(),
        known,
        effective: None,
        headline: headline.to_owned(),
        id: id.map(str::to_owned),
        numbers: vec![("eps".to_owned(), 1.25)],
        attributes: Vec::new(),
    };
    sink.event(Place::Nowhere, row);
}

pub(super) fn fact(sink: &mut dyn Sink, symbol: &str, value: f64, known: When) {
    let ticker = ticker(sink, symbol);
    sink.fact(Place::Nowhere, FactRow { ticker, name: "pe".to_owned(), value, known });
}

pub(super) fn quote(sink: &mut dyn Sink, symbol: &str, at: Instant, bid: f64, ask: f64) {
    let ticker = ticker(sink, symbol);
    let (bid_size, ask_size, last) = (f64::NAN, f64::NAN, f64::NAN);
    sink.quote(Place::Nowhere, QuoteRow { ticker, at, bid, ask, bid_size, ask_size, last });
}

pub(super) fn member(sink: &mut dyn Sink, symbol: &str, from: Option<&str>, to: Option<&str>) {
    let ticker = ticker(sink, symbol);
    let row = MemberRow { ticker, index: "sp500".to_owned(), from: from.map(date), to: to.map(date) };
    sink.member(Place::Nowhere, row);
}

/// What a set has of an instrument: keys, closes, and the origin of each bar.
pub(super) fn stored(
    market: &Market,
    timeframe: Timeframe,
    instrument: usize,
) -> Vec<(i64, f64, crate::set::OriginRecord)> {
    let Some(series) = market.set.series(timeframe) else { return Vec::new() };
    let span = series.spans[instrument];
    let rows = span.first..span.first + span.rows;
    let rows = std::slice::from_ref(&rows);
    let (mut keys, mut closes, mut origins) = (Vec::new(), Vec::new(), Vec::new());
    series.file.read_keys(rows, &mut keys).unwrap();
    series.file.read_numbers(3, rows, &mut closes).unwrap();
    series.file.read_origins(rows, &mut origins).unwrap();
    let origin = |number: i32| market.set.origins[usize::try_from(number).unwrap()].clone();
    keys.into_iter()
        .zip(closes)
        .zip(origins)
        .map(|((key, close), number)| (key, close, origin(number)))
        .collect()
}

pub(super) fn closes(market: &Market, instrument: usize) -> Vec<f64> {
    stored(market, Timeframe::Day, instrument).into_iter().map(|(_, close, _)| close).collect()
}

/// Ids and tickers of all instruments.
pub(super) fn names(market: &Market) -> Vec<(String, String)> {
    let name = |instrument: &crate::instrument::Instrument| {
        (instrument.id.to_string(), instrument.symbol.to_string())
    };
    market.instruments().iter().map(name).collect()
}
