//! Alpaca's quotes as JSON: latest ones and historical ones, of one symbol or by symbol, snapshots, and messages of its
//! stream.

use chrono_tz::Tz;
use serde_json::Value;

use super::super::documents::{each, has, number, text};
use super::super::moment::Moments;
use super::{instant, ticker};
use crate::import::error::ImportError;
use crate::import::faults::{FaultKind, Place};
use crate::import::reader::{Head, Input, Reader};
use crate::import::sink::{Origin, QuoteRow, Sink};
use crate::instant::Instant;

const TITLE: &str = "Alpaca quotes (JSON)";

pub(super) const QUOTES: Reader = Reader { name: "alpaca-quotes", title: TITLE, sees, read };

fn sees(head: &Head<'_>) -> bool {
    let is_page = has(head, &["quotes", "next_page_token"]);
    let is_snapshot = has(head, &["latestTrade", "t", "p"]);
    (is_page || is_snapshot || has(head, &["t", "bp", "ap"])) && !has(head, &["ticker"])
}

fn read(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    let symbol = input.said.symbol.as_deref();
    sink.begin(Origin::without_bars("alpaca", TITLE, Vec::new()));
    let (mut items, mut moments) = (0_u64, Moments::default());
    each(input, sink, &mut |sink, line, document| {
        let before = items;
        walk(document, symbol, &mut |symbol, quote| {
            items += 1;
            tell(sink, line.unwrap_or(Place::Row(items)), &mut moments, symbol, &quote);
        });
        let is_empty_page = document.get("quotes").is_some();
        if items == before && !is_empty_page {
            sink.fault(FaultKind::Entry, line.unwrap_or(Place::Nowhere), &mut || {
                "there is no quote in it".to_owned()
            });
        }
    })?;
    sink.progress(items)
}

/// A quote and the newest trade by then, as far as there are any.
struct Told<'a> {
    quote: Option<&'a Value>,
    trade: Option<&'a Value>,
}

/// Hands on every quote in a document with the symbol that it is of: what it says itself, else the name that it stands
/// under, else what the user said.
fn walk<'a>(value: &'a Value, symbol: Option<&'a str>, take: &mut dyn FnMut(Option<&'a str>, Told<'a>)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, symbol, take)),
        Value::Object(members) => {
            let symbol = text(value, "symbol").or_else(|| text(value, "S")).or(symbol);
            let member = |name: &str| members.get(name).filter(|member| member.is_object());
            let snapshot = Told { quote: member("latestQuote"), trade: member("latestTrade") };
            if members.contains_key("bp") || members.contains_key("ap") {
                take(symbol, Told { quote: Some(value), trade: None });
            } else if snapshot.quote.is_some() || snapshot.trade.is_some() {
                take(symbol, snapshot);
            } else {
                for (name, inside) in members {
                    let is_list = matches!(name.as_str(), "quotes" | "quote" | "snapshots" | "snapshot");
                    walk(inside, if is_list { symbol } else { Some(name) }, take);
                }
            }
        }
        _ => {}
    }
}

fn tell(sink: &mut dyn Sink, place: Place, moments: &mut Moments, symbol: Option<&str>, told: &Told<'_>) {
    let Some(symbol) = symbol else {
        return sink.fault(FaultKind::Symbol, place, &mut || {
            "the quote says of no instrument that it is its own: name it with --symbol".to_owned()
        });
    };
    let Some(ticker) = ticker(sink, place, symbol.as_bytes()) else { return };
    let mut at = |item: &Value| {
        let time = text(item, "t").unwrap_or_default();
        // one that is none has been counted
        instant(moments, sink, place, time, Tz::UTC).ok_or(())
    };
    let (quoted, traded) = (told.quote.map(&mut at).transpose(), told.trade.map(&mut at).transpose());
    let (Ok(quoted), Ok(traded)) = (quoted, traded) else { return };
    let zone = sink.zone(ticker);
    let day = |at: Instant| at.to_utc().map(|at| at.with_timezone(&zone).date_naive());
    // of different days they say nothing of each other: there may be a split in between
    let trade =
        told.trade.filter(|_| quoted.zip(traded).is_none_or(|(quoted, traded)| day(quoted) == day(traded)));
    let traded = traded.filter(|_| trade.is_some());
    let Some(at) = quoted.max(traded) else { return };
    let mut price = |item: Option<&Value>, name: &str| price(sink, place, item, name);
    let (bid, ask, last) = (price(told.quote, "bp"), price(told.quote, "ap"), price(trade, "p"));
    if let (Some(bid), Some(ask), Some(last)) = (bid, ask, last) {
        let (bid_size, ask_size) = (f64::NAN, f64::NAN);
        sink.quote(place, QuoteRow { ticker, at, bid, ask, bid_size, ask_size, last });
    }
}

/// A price, NaN where there is none; none, and a counted fault, when it is no number.
fn price(sink: &mut dyn Sink, place: Place, item: Option<&Value>, name: &str) -> Option<f64> {
    let said = item.and_then(|item| item.get(name)).filter(|said| !said.is_null());
    let Some(said) = said else { return Some(f64::NAN) };
    let price = item.and_then(|item| number(item, name));
    if price.is_none() {
        let shown = crate::symbol::printable(&said.to_string(), 40);
        sink.fault(FaultKind::Number, place, &mut || format!("{name} {shown} is no number"));
    }
    price
}

#[cfg(test)]
mod tests {
    use super::super::tests::{read, read_as, told};
    use super::*;
    use crate::import::reader::Said;

    const QUOTE: &str = r#"{"t":"2024-01-31T14:31:00.25Z","bp":99.5,"bs":2,"ap":100,"as":3}"#;
    const PLAIN: &str = "2024-01-31T14:31:00.250Z 99.5 100 NaN NaN NaN";

    #[test]
    fn pages_of_every_shape_are_read() {
        for (text, symbols) in [
            (format!(r#"{{"quotes":{{"A":{QUOTE},"BRK.B":{QUOTE}}}}}"#), &["A", "BRK.B"][..]),
            (format!(r#"{{"quotes":{{"A":[{QUOTE},{QUOTE}]}},"next_page_token":null}}"#), &["A", "A"]),
            (format!(r#"{{"quotes":[{QUOTE}],"symbol":"A"}}"#), &["A"]),
            (format!(r#"{{"quote":{QUOTE},"symbol":"A"}}"#), &["A"]),
            (r#"[{"T":"q","S":"A","t":"2024-01-31T14:31:00.25Z","bp":99.5,"ap":100}]"#.to_owned(), &["A"]),
            (r#"{"quotes":{},"next_page_token":null}"#.to_owned(), &[]),
        ] {
            let expected: Vec<String> = symbols.iter().map(|symbol| format!("{symbol} {PLAIN}")).collect();
            let read = read("alpaca-quotes", &text);
            assert_eq!((told(&read), read.faults.len()), (expected, 0), "{text}");
        }
    }

    #[test]
    fn a_quote_that_names_no_instrument_is_of_the_one_that_the_user_names() {
        assert_eq!(read("alpaca-quotes", QUOTE).count(FaultKind::Symbol), 1);
        let said = Said { symbol: Some("A".to_owned()), ..Said::default() };
        assert_eq!(told(&read_as("alpaca-quotes", QUOTE, &said)), [format!("A {PLAIN}")]);
    }

    fn snapshot(traded: &str, quoted: &str) -> String {
        format!(
            r#"{{"A":{{"latestTrade":{{"t":"{traded}","p":99.75}},"minuteBar":{{"t":"{traded}","o":1}},
            "latestQuote":{{"t":"{quoted}","bp":99.5,"ap":100}}}}}}"#
        )
    }

    #[test]
    fn a_snapshot_is_known_when_its_trade_and_its_quote_are() {
        let (early, late) = ("2024-01-31T14:31:00Z", "2024-01-31T14:32:00Z");
        for text in [snapshot(late, early), snapshot(early, late)] {
            assert_eq!(told(&read("alpaca-quotes", &text)), [format!("A {late} 99.5 100 NaN NaN 99.75")]);
        }
        let one = r#"{"symbol":"A","latestTrade":{"t":"2024-01-31T14:31:00Z","p":99.75},"latestQuote":null}"#;
        let trade = format!("A {early} NaN NaN NaN NaN 99.75");
        assert_eq!(told(&read("alpaca-quotes", one)), [trade], "nobody quoted");
    }

    #[test]
    fn of_a_snapshot_that_joins_two_days_the_trade_is_left_out() {
        // 20:00 in New York, and 04:00 of the next day
        let (friday, monday) = ("2024-02-03T00:59:00Z", "2024-02-05T09:00:05Z");
        assert_eq!(
            told(&read("alpaca-quotes", &snapshot(monday, friday))),
            [format!("A {friday} 99.5 100 NaN NaN NaN")]
        );
        assert_eq!(
            told(&read("alpaca-quotes", &snapshot(friday, monday))),
            [format!("A {monday} 99.5 100 NaN NaN NaN")]
        );
    }

    #[test]
    fn options_and_what_is_no_time_or_number_are_counted_and_so_is_a_document_without_a_quote() {
        let of = |symbol: &str, quote: &str| {
            read("alpaca-quotes", &format!(r#"{{"quotes":{{"{symbol}":{quote}}}}}"#))
        };
        let option = of("AAPL240426C00162500", QUOTE);
        assert_eq!((option.quotes.len(), option.count(FaultKind::Entry)), (0, 1));
        assert_eq!(of("A", r#"{"t":"soon","bp":1,"ap":2}"#).count(FaultKind::Date), 1);
        assert_eq!(of("A", r#"{"t":"2024-01-31T14:31:00Z","bp":"x","ap":2}"#).count(FaultKind::Number), 1);
        let nothing = read_as("alpaca-quotes", r#"{"message":"forbidden"}"#, &Said::default());
        assert_eq!(nothing.count(FaultKind::Entry), 1);
    }
}
