//! Polygon (Massive): splits, dividends, changes of tickers, news; pages of its REST interface.

use serde_json::Value;

use super::announce::{About, announce};
use super::documents::{TakeItem, each_item, has, number, text};
use super::moment::plain_date;
use super::publish::publish;
use crate::import::error::ImportError;
use crate::import::faults::{FaultKind, Place};
use crate::import::reader::{Input, Reader};
use crate::import::sink::Origin;
use crate::import::sink::{ActionKind, EventRow, Sink, When};
use crate::instant::Instant;

pub(super) const READERS: &[Reader] = &[
    Reader {
        name: "polygon-splits",
        title: "Polygon splits (JSON)",
        sees: |head| has(head, &["execution_date", "split_from", "split_to", "ticker"]),
        read: |input, sink| items(input, sink, "Polygon splits (JSON)", &mut split),
    },
    Reader {
        name: "polygon-dividends",
        title: "Polygon dividends (JSON)",
        sees: |head| has(head, &["ex_dividend_date", "cash_amount", "ticker"]),
        read: |input, sink| items(input, sink, "Polygon dividends (JSON)", &mut dividend),
    },
    Reader {
        name: "polygon-ticker-events",
        title: "Polygon ticker events (JSON)",
        sees: |head| has(head, &["events", "ticker_change", "type", "date"]),
        read: |input, sink| items(input, sink, "Polygon ticker events (JSON)", &mut ticker_events),
    },
    Reader {
        name: "polygon-news",
        title: "Polygon news (JSON)",
        sees: |head| has(head, &["published_utc", "tickers", "title"]),
        read: |input, sink| items(input, sink, "Polygon news (JSON)", &mut news),
    },
];

fn items(
    input: &mut Input<'_>,
    sink: &mut dyn Sink,
    layout: &'static str,
    take: &mut TakeItem<'_>,
) -> Result<(), ImportError> {
    sink.begin(Origin::without_bars("polygon", layout, Vec::new()));
    each_item(input, sink, |document| document.get("results")?.as_array(), take).map(|_| ())
}

fn lacks(sink: &mut dyn Sink, place: Place, what: &str) {
    sink.fault(FaultKind::Entry, place, &mut || format!("it has no usable {what}"));
}

fn split(sink: &mut dyn Sink, place: Place, item: &Value) {
    let Some(name) = text(item, "ticker") else { return lacks(sink, place, "ticker") };
    let Some(ex_date) = text(item, "execution_date").and_then(plain_date) else {
        return lacks(sink, place, "execution_date");
    };
    let (from, to) = (number(item, "split_from"), number(item, "split_to"));
    let ratio = from.zip(to).filter(|(from, to)| *from > 0.0 && *to > 0.0).map(|(from, to)| to / from);
    let Some(ratio) = ratio else { return lacks(sink, place, "split_from and split_to") };
    let Some(ticker) = sink.ticker(place, name.as_bytes()) else { return };
    announce(sink, place, ticker, ActionKind::Split(ratio), ex_date, About::default());
}

fn dividend(sink: &mut dyn Sink, place: Place, item: &Value) {
    let Some(name) = text(item, "ticker") else { return lacks(sink, place, "ticker") };
    let Some(ex_date) = text(item, "ex_dividend_date").and_then(plain_date) else {
        return lacks(sink, place, "ex_dividend_date");
    };
    let Some(cash) = number(item, "cash_amount").filter(|cash| *cash > 0.0) else {
        return lacks(sink, place, "cash_amount");
    };
    let Some(ticker) = sink.ticker(place, name.as_bytes()) else { return };
    let kept = [
        ("dividend_type", "type"),
        ("currency", "currency"),
        ("pay_date", "pay-date"),
        ("record_date", "record-date"),
    ];
    let about = About {
        declared: text(item, "declaration_date").and_then(plain_date),
        numbers: number(item, "frequency").map(|times| ("frequency".to_owned(), times)).into_iter().collect(),
        attributes: attributes(item, &kept),
        ..About::default()
    };
    announce(sink, place, ticker, ActionKind::Dividend(cash), ex_date, about);
}

/// The tickers that one company had, with the date of each: every one but the first is a rename.
fn ticker_events(sink: &mut dyn Sink, place: Place, item: &Value) {
    let events = item.get("results").unwrap_or(item).get("events").and_then(Value::as_array);
    let Some(events) = events else { return lacks(sink, place, "list of events") };
    let mut changes = Vec::with_capacity(events.len());
    for event in events {
        let ticker = event.get("ticker_change").and_then(|change| text(change, "ticker"));
        match (text(event, "date").and_then(plain_date), ticker) {
            (Some(date), Some(ticker)) => changes.push((date, ticker)),
            _ => lacks(sink, place, "date and ticker in one of its events"),
        }
    }
    changes.sort_unstable();
    for ((_, old), (date, new)) in changes.iter().zip(changes.iter().skip(1)) {
        let Some(from) = sink.ticker(place, old.as_bytes()) else { continue };
        let Some(to) = sink.ticker(place, new.as_bytes()) else { continue };
        if from == to {
            continue;
        }
        let attributes = vec![("from".to_owned(), (*old).to_owned()), ("to".to_owned(), (*new).to_owned())];
        let about = About { detail: format!("{new}, before {old}"), attributes, ..About::default() };
        announce(sink, place, from, ActionKind::Rename(to), *date, about);
    }
}

fn news(sink: &mut dyn Sink, place: Place, item: &Value) {
    let published = text(item, "published_utc").and_then(|text| text.parse::<Instant>().ok());
    let Some(published) = published else { return lacks(sink, place, "published_utc") };
    let Some(title) = text(item, "title") else { return lacks(sink, place, "title") };
    let tickers: Vec<&str> = item
        .get("tickers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if tickers.is_empty() {
        return lacks(sink, place, "ticker");
    }
    let insights = item.get("insights").and_then(Value::as_array);
    for name in tickers {
        let Some(ticker) = sink.ticker(place, name.as_bytes()) else { continue };
        let mut attributes = attributes(item, &[("article_url", "url"), ("author", "author")]);
        let publisher = item.get("publisher").and_then(|publisher| text(publisher, "name"));
        attributes.extend(publisher.map(|name| ("publisher".to_owned(), name.to_owned())));
        let said = insights.into_iter().flatten().find(|said| text(said, "ticker") == Some(name));
        let sentiment = said.and_then(|said| text(said, "sentiment"));
        attributes.extend(sentiment.map(|text| ("sentiment".to_owned(), text.to_owned())));
        publish(
            sink,
            place,
            EventRow {
                ticker,
                kind: "news".to_owned(),
                known: When::At(published),
                effective: None,
                headline: title.to_owned(),
                id: text(item, "id").map(str::to_owned),
                numbers: Vec::new(),
                attributes,
            },
        );
    }
}

/// Members that are kept, by our names.
fn attributes(item: &Value, kept: &[(&str, &str)]) -> Vec<(String, String)> {
    let pair = |(theirs, ours): &(&str, &str)| Some(((*ours).to_owned(), text(item, theirs)?.to_owned()));
    kept.iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::{Collected, seen_by};

    fn read(name: &str, text: &str) -> Collected {
        assert_eq!(seen_by(READERS, "f.json", text.as_bytes()), [name]);
        let reader = READERS.iter().find(|reader| reader.name == name).unwrap();
        Collected::read(reader, "f.json", text.as_bytes(), &Said::default()).unwrap()
    }

    fn date(text: &str) -> chrono::NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn splits_are_new_for_old_and_known_when_the_ex_date_begins() {
        let text = r#"{"results":[
            {"execution_date":"2024-06-10","split_from":1,"split_to":10,"ticker":"NVDA"},
            {"execution_date":"2024-05-20","split_from":20,"split_to":1,"ticker":"XYZ"},
            {"execution_date":"2024-05-20","split_from":0,"split_to":1,"ticker":"BAD"},
            {"execution_date":"soon","split_from":1,"split_to":2,"ticker":"BAD"}]}"#;
        let read = read("polygon-splits", text);
        let ratios: Vec<_> =
            read.actions.iter().map(|(_, action)| (action.kind.clone(), action.known)).collect();
        assert_eq!(ratios, [(ActionKind::Split(10.0), None), (ActionKind::Split(0.05), None)]);
        let event = &read.events[0].1;
        assert_eq!((event.kind.as_str(), event.known), ("split", When::BeforeOpen(date("2024-06-10"))));
        assert_eq!(event.effective, Some(When::BeforeOpen(date("2024-06-10"))));
        assert_eq!(
            (event.headline.as_str(), event.id.as_deref()),
            ("Split: 10 new for 1 old", Some("split:2024-06-10"))
        );
        assert_eq!(
            read.faults.iter().map(|fault| fault.1).collect::<Vec<_>>(),
            [Place::Row(3), Place::Row(4)]
        );
        assert_eq!((read.rows, read.origins[0].source), (4, "polygon"));
    }

    #[test]
    fn a_dividend_is_known_after_its_declaration_or_else_on_its_ex_date() {
        let text = r#"{"results":[
            {"cash_amount":0.5,"declaration_date":"2022-02-10","dividend_type":"CD","ex_dividend_date":"2023-11-13","frequency":4,"ticker":"AIRTP"},
            {"cash_amount":0.5,"declaration_date":"2023-11-20","ex_dividend_date":"2023-11-13","ticker":"AIRTP"},
            {"cash_amount":0,"ex_dividend_date":"2023-11-13","ticker":"AIRTP"}]}"#;
        let read = read("polygon-dividends", text);
        let known: Vec<_> = read.actions.iter().map(|(_, action)| action.known).collect();
        assert_eq!(known, [Some(When::OnDate(date("2022-02-10"))), None]);
        assert_eq!(read.events[1].1.known, When::BeforeOpen(date("2023-11-13")));
        assert_eq!(read.events[0].1.numbers, [("frequency".to_owned(), 4.0), ("cash".to_owned(), 0.5)]);
        assert_eq!(read.count(FaultKind::Entry), 1);
    }

    #[test]
    fn ticker_events_are_renames_in_the_order_of_their_dates() {
        let text = r#"{"results":{"name":"Meta","events":[
            {"type":"ticker_change","date":"2022-06-09","ticker_change":{"ticker":"META"}},
            {"type":"ticker_change","date":"2012-05-18","ticker_change":{"ticker":"FB"}}]},"status":"OK"}"#;
        let read = read("polygon-ticker-events", text);
        assert_eq!(read.actions.len(), 1);
        let action = &read.actions[0].1;
        let ActionKind::Rename(to) = action.kind else { panic!("a rename") };
        assert_eq!((read.spelling(action.ticker), read.spelling(to)), ("FB", "META"));
        assert_eq!(action.ex_date, date("2022-06-09"));
        assert_eq!(read.events[0].1.headline, "New ticker META, before FB");
    }

    #[test]
    fn news_are_told_of_every_ticker_at_their_instant() {
        let text = r#"{"results":[{"id":"n1","publisher":{"name":"P"},"title":"T","published_utc":"2022-04-28T17:08:00Z",
            "article_url":"https://x","tickers":["MSFT","NA"],"insights":[{"ticker":"NA","sentiment":"negative"}]},
            {"id":"n2","title":"T","published_utc":"2022-04-28T17:08:00Z","tickers":[]}]}"#;
        let read = read("polygon-news", text);
        let told: Vec<_> =
            read.events.iter().map(|(_, event)| (read.spelling(event.ticker), event.id.as_deref())).collect();
        assert_eq!(told, [("MSFT", Some("n1")), ("NA", Some("n1"))]);
        assert_eq!(read.events[0].1.known, When::At("2022-04-28T17:08:00Z".parse().unwrap()));
        assert_eq!(read.events[1].1.attributes.last().unwrap().1, "negative");
        assert_eq!(read.count(FaultKind::Entry), 1);
    }
}
