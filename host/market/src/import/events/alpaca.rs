//! Alpaca: corporate actions and news; pages of its REST interface.

use chrono::NaiveDate;
use serde_json::Value;

use super::announce::{About, announce};
use super::documents::{each, each_item, has, number, text};
use super::moment::plain_date;
use super::publish::publish;
use crate::import::error::ImportError;
use crate::import::faults::{FaultKind, Place};
use crate::import::reader::{Input, Reader};
use crate::import::sink::Origin;
use crate::import::sink::{ActionKind, EventRow, Sink, Ticker, When};
use crate::instant::Instant;

const ACTIONS: &str = "Alpaca corporate actions (JSON)";
const NEWS: &str = "Alpaca news (JSON)";

pub(super) const READERS: &[Reader] = &[
    Reader {
        name: "alpaca-corporate-actions",
        title: ACTIONS,
        sees: |head| has(head, &["corporate_actions"]),
        read: actions,
    },
    Reader {
        name: "alpaca-news",
        title: NEWS,
        sees: |head| has(head, &["headline", "created_at", "symbols"]),
        read: |input, sink| {
            sink.begin(Origin::without_bars("alpaca", NEWS, Vec::new()));
            each_item(input, sink, |document| document.get("news")?.as_array(), &mut news).map(|_| ())
        },
    },
];

fn actions(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    sink.begin(Origin::without_bars("alpaca", ACTIONS, Vec::new()));
    let mut items = 0_u64;
    each(input, sink, &mut |sink, line, document| {
        let lists = document.get("corporate_actions").and_then(Value::as_object);
        for (kind, list) in lists.into_iter().flatten() {
            for item in list.as_array().into_iter().flatten() {
                items += 1;
                action(sink, line.unwrap_or(Place::Row(items)), kind, item);
            }
        }
    })?;
    sink.progress(items)
}

/// An item of one of the lists. Dates are those of the exchange.
fn action(sink: &mut dyn Sink, place: Place, list: &str, item: &Value) {
    let done = match list {
        "forward_splits" | "reverse_splits" => split(sink, place, item),
        "stock_dividends" => rate(item, "rate").and_then(|rate| {
            let kind = ActionKind::Split(1.0 + rate);
            tell(sink, place, item, "symbol", kind, &["ex_date", "process_date"], "by a stock dividend")
        }),
        "cash_dividends" => rate(item, "rate").and_then(|rate| {
            let special = item.get("special").and_then(Value::as_bool) == Some(true);
            let detail = if special { "(special)" } else { "" };
            let kind = ActionKind::Dividend(rate);
            tell(sink, place, item, "symbol", kind, &["ex_date", "process_date"], detail)
        }),
        "name_changes" => rename(sink, place, item),
        "stock_mergers" | "cash_mergers" | "stock_and_cash_mergers" => {
            let acquirer = text(item, "acquirer_symbol").map(|by| format!("(merged into {by})"));
            let detail = acquirer.unwrap_or_else(|| "(acquired)".to_owned());
            let dates = ["effective_date", "process_date"];
            tell(sink, place, item, "acquiree_symbol", ActionKind::Delisting, &dates, &detail)
        }
        "redemptions" => {
            tell(sink, place, item, "symbol", ActionKind::Delisting, &["process_date"], "(redeemed)")
        }
        "worthless_removals" => {
            tell(sink, place, item, "symbol", ActionKind::Delisting, &["process_date"], "(worthless)")
        }
        other => event(sink, place, other, item),
    };
    if done.is_none() {
        sink.fault(FaultKind::Entry, place, &mut || {
            format!("this entry of {} is not complete", printable(list))
        });
    }
}

fn printable(text: &str) -> String {
    crate::symbol::printable(text, 40)
}

fn rate(item: &Value, name: &str) -> Option<f64> {
    number(item, name).filter(|rate| *rate > 0.0)
}

fn first_date(item: &Value, names: &[&str]) -> Option<NaiveDate> {
    names.iter().find_map(|name| text(item, name).and_then(plain_date))
}

fn split(sink: &mut dyn Sink, place: Place, item: &Value) -> Option<()> {
    let ratio = rate(item, "new_rate")? / rate(item, "old_rate")?;
    tell(sink, place, item, "symbol", ActionKind::Split(ratio), &["ex_date", "process_date"], "")
}

fn rename(sink: &mut dyn Sink, place: Place, item: &Value) -> Option<()> {
    let (old, new) = (text(item, "old_symbol")?, text(item, "new_symbol")?);
    let to = first_date(item, &["process_date"]).map(|_| sink.ticker(place, new.as_bytes()))?;
    // a text that is no ticker has been counted
    let Some(to) = to else { return Some(()) };
    let detail = format!("{new}, before {old}");
    tell(sink, place, item, "old_symbol", ActionKind::Rename(to), &["process_date"], &detail)
}

/// Announces an action of the ticker in member `of`; none when something is missing.
fn tell(
    sink: &mut dyn Sink,
    place: Place,
    item: &Value,
    of: &str,
    kind: ActionKind,
    dates: &[&str],
    detail: &str,
) -> Option<()> {
    let (name, date) = (text(item, of)?, first_date(item, dates)?);
    let Some(ticker) = sink.ticker(place, name.as_bytes()) else { return Some(()) };
    let kept = [
        ("old_symbol", "from"),
        ("new_symbol", "to"),
        ("acquirer_symbol", "acquirer"),
        ("payable_date", "pay-date"),
        ("record_date", "record-date"),
    ];
    let pair = |(theirs, ours): &(&str, &str)| Some(((*ours).to_owned(), text(item, theirs)?.to_owned()));
    let about = About {
        detail: detail.to_owned(),
        attributes: kept.iter().filter_map(pair).collect(),
        numbers: number(item, "acquirer_rate")
            .map(|rate| ("acquirer-rate".to_owned(), rate))
            .into_iter()
            .collect(),
        ..About::default()
    };
    announce(sink, place, ticker, kind, date, about);
    Some(())
}

/// What changes no price by a known factor, such as a spin-off: an event only.
fn event(sink: &mut dyn Sink, place: Place, list: &str, item: &Value) -> Option<()> {
    let name = ["symbol", "source_symbol", "old_symbol"].iter().find_map(|name| text(item, name))?;
    let date = first_date(item, &["ex_date", "effective_date", "process_date"])?;
    let Some(ticker) = sink.ticker(place, name.as_bytes()) else { return Some(()) };
    let what = printable(&list.strip_suffix('s').unwrap_or(list).replace('_', " "));
    publish(
        sink,
        place,
        EventRow {
            ticker,
            kind: "other".to_owned(),
            known: When::BeforeOpen(date),
            effective: Some(When::BeforeOpen(date)),
            headline: what.clone(),
            id: Some(format!("{}:{date}", what.replace(' ', "-"))),
            numbers: Vec::new(),
            attributes: vec![("action".to_owned(), what)],
        },
    );
    Some(())
}

fn news(sink: &mut dyn Sink, place: Place, item: &Value) {
    let instant = |name: &str| text(item, name).and_then(|text| text.parse::<Instant>().ok());
    let headline = text(item, "headline");
    // what was changed later was not there before: the text that we have is known from its change
    let known = instant("created_at").map(|created| created.max(instant("updated_at").unwrap_or(created)));
    let (Some(headline), Some(known)) = (headline, known) else {
        return sink.fault(FaultKind::Entry, place, &mut || "it has no headline or no created_at".to_owned());
    };
    let symbols = item.get("symbols").and_then(Value::as_array);
    let symbols: Vec<&str> = symbols.into_iter().flatten().filter_map(Value::as_str).collect();
    if symbols.is_empty() {
        return sink.fault(FaultKind::Entry, place, &mut || "it names no symbol".to_owned());
    }
    let id = item
        .get("id")
        .and_then(|id| id.as_str().map(str::to_owned).or_else(|| Some(id.as_u64()?.to_string())));
    let kept = [("source", "publisher"), ("author", "author"), ("url", "url")];
    let pair = |(theirs, ours): &(&str, &str)| Some(((*ours).to_owned(), text(item, theirs)?.to_owned()));
    let attributes: Vec<(String, String)> = kept.iter().filter_map(pair).collect();
    for symbol in symbols {
        let Some(ticker) = sink.ticker(place, symbol.as_bytes()) else { continue };
        publish(sink, place, article(ticker, known, headline, id.clone(), attributes.clone()));
    }
}

fn article(
    ticker: Ticker,
    known: Instant,
    headline: &str,
    id: Option<String>,
    attributes: Vec<(String, String)>,
) -> EventRow {
    EventRow {
        ticker,
        kind: "news".to_owned(),
        known: When::At(known),
        effective: None,
        headline: headline.to_owned(),
        id,
        numbers: Vec::new(),
        attributes,
    }
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

    #[test]
    fn every_list_of_corporate_actions_is_read_or_counted() {
        let text = r#"{"corporate_actions":{
            "cash_dividends":[{"ex_date":"2023-05-04","rate":0.125,"special":true,"symbol":"CPK"}],
            "forward_splits":[{"ex_date":"2024-03-13","new_rate":5,"old_rate":1,"symbol":"FBL"}],
            "name_changes":[{"new_symbol":"SPXL","old_symbol":"BGU","process_date":"2012-06-28"}],
            "reverse_splits":[{"ex_date":"2023-08-18","new_rate":1,"old_rate":10,"symbol":"MLEC"}],
            "spin_offs":[{"ex_date":"2023-08-17","new_symbol":"SRM","source_symbol":"JUPW"}],
            "stock_dividends":[{"ex_date":"2023-05-19","rate":0.05,"symbol":"MSBC"}],
            "stock_mergers":[{"acquiree_symbol":"FAZE","acquirer_symbol":"GAME","acquirer_rate":0.13,"effective_date":"2024-03-11"}],
            "unit_splits":[{"old_symbol":"LIBYU","process_date":"2024-03-12"}],
            "worthless_removals":[{"process_date":"2024-03-12","symbol":"EACPW"},{"symbol":"X"}]},"next_page_token":null}"#;
        let read = read("alpaca-corporate-actions", text);
        let told: Vec<String> = read
            .actions
            .iter()
            .map(|(_, action)| {
                format!("{} {} {:?}", read.spelling(action.ticker), action.ex_date, action.kind)
            })
            .collect();
        assert_eq!(
            told,
            [
                "CPK 2023-05-04 Dividend(0.125)",
                "FBL 2024-03-13 Split(5.0)",
                "BGU 2012-06-28 Rename(Ticker(2))",
                "MLEC 2023-08-18 Split(0.1)",
                "MSBC 2023-05-19 Split(1.05)",
                "FAZE 2024-03-11 Delisting",
                "EACPW 2024-03-12 Delisting",
            ]
        );
        let others: Vec<_> =
            read.events.iter().filter(|(_, e)| e.kind == "other").map(|(_, e)| e.headline.as_str()).collect();
        assert_eq!(others, ["spin off", "unit split"]);
        assert_eq!(
            read.events.iter().find(|(_, e)| e.kind == "listing").unwrap().1.headline,
            "Listing ends (merged into GAME)"
        );
        assert_eq!(
            read.faults,
            [(
                FaultKind::Entry,
                Place::Row(10),
                "this entry of worthless_removals is not complete".to_owned()
            )]
        );
        assert_eq!(read.rows, 10);
    }

    #[test]
    fn an_article_that_was_changed_is_known_from_its_change() {
        let text = r#"{"news":[
            {"id":1,"headline":"H","created_at":"2021-12-31T11:08:42Z","updated_at":"2021-12-31T15:00:00Z","symbols":["AAPL","BRK.B"],"source":"benzinga"},
            {"id":2,"headline":"H","created_at":"2021-12-31T11:08:42Z","symbols":[]},
            {"id":3,"headline":"","created_at":"2021-12-31T11:08:42Z","symbols":["A"]}],"next_page_token":"x"}"#;
        let read = read("alpaca-news", text);
        assert_eq!(read.events.len(), 2);
        let event = &read.events[1].1;
        assert_eq!(event.known, When::At("2021-12-31T15:00:00Z".parse().unwrap()));
        assert_eq!((read.spelling(event.ticker), event.id.as_deref()), ("BRK.B", Some("1")));
        assert_eq!(event.attributes, [("publisher".to_owned(), "benzinga".to_owned())]);
        assert_eq!(read.count(FaultKind::Entry), 2);
    }
}
