//! Quotes: what was bid and asked for an instrument, and its newest trade.
//!
//! A table with a row for each quote, that of anybody (sizes in shares) or Polygon's, or Alpaca's pages of latest
//! quotes, historical ones and snapshots. Both vendors counted sizes in round lots before November 2025 and in shares
//! since, which a file does not tell; so theirs are left out.

use serde_json::Value;

use super::documents::{each, has, text};
use super::moment::Moments;
use crate::import::error::ImportError;
use crate::import::faults::{FaultKind, Place, quoted};
use crate::import::headers::{ASK, BID, Header, QUOTED, SYMBOL, header};
use crate::import::reader::{Head, Input, Reader};
use crate::import::sink::{Origin, QuoteRow, Sink, Ticker, When};
use crate::import::table::{Table, listed, plain_name};
use crate::instant::Instant;
use crate::parse::number;

const TITLE: &str = "quotes (CSV)";
const POLYGON: &str = "Polygon quotes (CSV)";
const ALPACA: &str = "Alpaca quotes (JSON)";
/// The name that only Polygon's tables have.
const SIP: &str = "siptimestamp";
const BID_SIZE: &[&str] = &["bidsize", "bidshares", "bs"];
const ASK_SIZE: &[&str] = &["asksize", "askshares", "offersize", "as"];
const LAST: &[&str] = &["last", "lastprice", "lasttrade", "price"];

pub(super) const READERS: &[Reader] = &[
    Reader {
        name: "quotes",
        title: TITLE,
        sees: |head| is_table(head) && !is_polygon(head),
        read: |input, sink| table(input, sink, ("csv", TITLE), true),
    },
    Reader {
        name: "polygon-quotes",
        title: POLYGON,
        sees: |head| is_table(head) && is_polygon(head),
        read: |input, sink| table(input, sink, ("polygon", POLYGON), false),
    },
    Reader {
        name: "alpaca-quotes",
        title: ALPACA,
        sees: |head| has(head, &["t", "bp", "ap"]) && !has(head, &["ticker"]),
        read: alpaca,
    },
];

fn is_table(head: &Head<'_>) -> bool {
    header(head) == Some(Header::Quotes)
}

fn is_polygon(head: &Head<'_>) -> bool {
    head.columns.iter().any(|name| plain_name(name) == SIP)
}

fn table(
    input: &mut Input<'_>,
    sink: &mut dyn Sink,
    (source, title): (&'static str, &'static str),
    has_sizes: bool,
) -> Result<(), ImportError> {
    let (path, said) = (input.head.path, input.said);
    let mut table = Table::open(input)?;
    let found = table.find(SYMBOL).zip(table.find(QUOTED)).zip(table.find(BID).zip(table.find(ASK)));
    let ((symbol, time), (bid, ask)) = found.ok_or_else(|| ImportError::Columns {
        path: path.to_path_buf(),
        found: listed(table.names()),
        wanted: "quotes need symbol, time, bid and ask".to_owned(),
    })?;
    let size = |names: &[&str]| table.find(names).filter(|_| has_sizes);
    let columns = [Some(bid), Some(ask), size(BID_SIZE), size(ASK_SIZE), table.find(LAST)];
    let used: Vec<usize> = [symbol, time].into_iter().chain(columns.into_iter().flatten()).collect();
    sink.begin(Origin::without_bars(source, title, table.others(&used)));
    let mut moments = Moments::default();
    while let Some(row) = table.next(sink)? {
        let place = row.place();
        let Some(ticker) = sink.ticker(place, row.get(symbol)) else { continue };
        let zone = said.zone.unwrap_or_else(|| sink.zone(ticker));
        let text = row.text(Some(time)).unwrap_or_default();
        let known = match moments.read(&text, zone) {
            Ok(known) => known,
            Err(fault) => {
                let text = quoted(text.as_bytes());
                sink.fault(FaultKind::Date, place, &mut || format!("{text} {}", fault.reason()));
                continue;
            }
        };
        let mut numbers = [f64::NAN; 5];
        let mut wrong = None;
        for (column, slot) in columns.iter().zip(&mut numbers) {
            match number(row.maybe(*column)) {
                Some(value) => *slot = value,
                None => wrong = Some(quoted(row.maybe(*column))),
            }
        }
        match wrong {
            Some(text) => sink.fault(FaultKind::Number, place, &mut || format!("{text} is no number")),
            None => sink.quote(place, row_of(ticker, known, numbers)),
        }
    }
    Ok(())
}

fn row_of(ticker: Ticker, known: When, [bid, ask, bid_size, ask_size, last]: [f64; 5]) -> QuoteRow {
    QuoteRow { ticker, known, bid, ask, bid_size, ask_size, last }
}

fn alpaca(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    sink.begin(Origin::without_bars("alpaca", ALPACA, Vec::new()));
    let mut items = 0_u64;
    each(input, sink, &mut |sink, line, document| {
        let mut tell = |symbol: &str, quote: &Value, trade: Option<&Value>| {
            items += 1;
            let place = line.unwrap_or(Place::Row(items));
            if let Some(ticker) = sink.ticker(place, symbol.as_bytes()) {
                alpaca_quote(sink, place, ticker, quote, trade);
            }
        };
        let own = text(document, "symbol").unwrap_or_default();
        let quotes = document.get("quotes").or_else(|| document.get("quote"));
        match quotes {
            // of one symbol
            Some(Value::Array(quotes)) => quotes.iter().for_each(|quote| tell(own, quote, None)),
            Some(quote) if quote.get("t").is_some() => tell(own, quote, None),
            // by symbol, one each or a list
            Some(by_symbol) => {
                for (symbol, quotes) in by_symbol.as_object().into_iter().flatten() {
                    match quotes {
                        Value::Array(quotes) => quotes.iter().for_each(|quote| tell(symbol, quote, None)),
                        quote => tell(symbol, quote, None),
                    }
                }
            }
            // snapshots by symbol
            None => {
                let by_symbol = document.get("snapshots").unwrap_or(document);
                for (symbol, snapshot) in by_symbol.as_object().into_iter().flatten() {
                    if let Some(quote) = snapshot.get("latestQuote") {
                        tell(symbol, quote, snapshot.get("latestTrade"));
                    }
                }
            }
        }
    })?;
    sink.progress(items)
}

fn alpaca_quote(sink: &mut dyn Sink, place: Place, ticker: Ticker, quote: &Value, trade: Option<&Value>) {
    let instant = |item: &Value| text(item, "t").and_then(|text| text.parse::<Instant>().ok());
    let price = |item: &Value, name: &str| super::documents::number(item, name).unwrap_or(f64::NAN);
    let Some(at) = instant(quote) else {
        return sink.fault(FaultKind::Entry, place, &mut || "a quote without a time t".to_owned());
    };
    // a trade counts as known no earlier than it was made
    let trade = trade.and_then(|trade| Some((instant(trade)?, price(trade, "p"))));
    let known = trade.map_or(at, |(traded, _)| traded.max(at));
    let last = trade.map_or(f64::NAN, |(_, price)| price);
    let numbers = [price(quote, "bp"), price(quote, "ap"), f64::NAN, f64::NAN, last];
    sink.quote(place, row_of(ticker, When::At(known), numbers));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::{Collected, seen_by};

    fn read(name: &str, text: &str) -> Collected {
        assert_eq!(seen_by(READERS, "q.txt", text.as_bytes()), [name]);
        let reader = READERS.iter().find(|reader| reader.name == name).unwrap();
        Collected::read(reader, "q.txt", text.as_bytes(), &Said::default()).unwrap()
    }

    fn told(read: &Collected) -> Vec<String> {
        let line = |(_, q): &(Place, QuoteRow)| {
            let When::At(at) = q.known else { panic!("{:?}", q.known) };
            let numbers = [q.bid, q.ask, q.bid_size, q.ask_size, q.last].map(|number| number.to_string());
            format!("{} {at} {}", read.spelling(q.ticker), numbers.join(" "))
        };
        read.quotes.iter().map(line).collect()
    }

    #[test]
    fn a_table_of_quotes_is_read_with_times_of_the_venue_and_missing_numbers() {
        let text = "symbol,time,bid,ask,bid_size,ask_size,last,venue\n\
            A,2024-01-31 09:31:00,99.5,100,200,300,99.8,X\n\
            NA,2024-01-31T14:31:00Z,1,,,,,X\nA,soon,1,2,,,,\nA,2024-01-31T14:32:00Z,x,2,,,,\n";
        let read = read("quotes", text);
        assert_eq!(
            told(&read),
            ["A 2024-01-31T14:31:00Z 99.5 100 200 300 99.8", "NA 2024-01-31T14:31:00Z 1 NaN NaN NaN NaN"]
        );
        assert_eq!((read.count(FaultKind::Date), read.count(FaultKind::Number)), (1, 1));
        assert_eq!(read.origins[0].ignored, ["venue"]);
    }

    #[test]
    fn polygons_table_is_told_by_its_stamp_in_nanoseconds_and_its_sizes_are_left_out() {
        let text = "ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,sip_timestamp\n\
            AAPL,11,200.63,3,12,200.29,5,1744792500000000000\n";
        let read = read("polygon-quotes", text);
        assert_eq!(told(&read), ["AAPL 2025-04-16T08:35:00Z 200.29 200.63 NaN NaN NaN"]);
        assert!(read.origins[0].ignored.contains(&"bid_size".to_owned()));
    }

    #[test]
    fn alpacas_pages_of_every_shape_are_read() {
        let quote = r#"{"t":"2024-01-31T14:31:00.25Z","bp":99.5,"bs":2,"ap":100,"as":3}"#;
        let plain = "2024-01-31T14:31:00.250Z 99.5 100 NaN NaN NaN";
        for (text, expected) in [
            (format!(r#"{{"quotes":{{"A":{quote},"BRK.B":{quote}}}}}"#), vec!["A", "BRK.B"]),
            (format!(r#"{{"quotes":{{"A":[{quote},{quote}]}},"next_page_token":null}}"#), vec!["A", "A"]),
            (format!(r#"{{"quotes":[{quote}],"symbol":"A"}}"#), vec!["A"]),
            (format!(r#"{{"quote":{quote},"symbol":"A"}}"#), vec!["A"]),
        ] {
            let expected: Vec<String> = expected.iter().map(|symbol| format!("{symbol} {plain}")).collect();
            assert_eq!(told(&read("alpaca-quotes", &text)), expected, "{text}");
        }
    }

    #[test]
    fn a_snapshot_has_the_newest_trade_and_is_not_known_before_it() {
        let text = r#"{"A":{"latestTrade":{"t":"2024-01-31T14:32:00Z","p":99.75},
            "latestQuote":{"t":"2024-01-31T14:31:00Z","bp":99.5,"ap":100}},
            "B":{"latestQuote":{"bp":1,"ap":2}}}"#;
        let read = read("alpaca-quotes", text);
        assert_eq!(told(&read), ["A 2024-01-31T14:32:00Z 99.5 100 NaN NaN 99.75"]);
        assert_eq!(read.count(FaultKind::Entry), 1);
    }
}
