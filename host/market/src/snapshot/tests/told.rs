//! Events, facts, memberships and quotes as of an instant.

use super::made::{self, instant, listed, origin};
use super::*;
use crate::days::day_of;
use crate::set::{
    ActionRecord, ActionRecordKind, Adjusted, EventRecord, FactRecord, MemberRecord, QuoteRecord, RecordSet,
};

const DAY: u32 = 86_400;

fn market(dir: &Path, records: RecordSet) -> Market {
    let bar = [(made::day("2024-07-01"), 1.0, 0)];
    let series: [made::Bars<'_>; 1] = [(Timeframe::Day, &bar)];
    let instruments = ["LDW", "YHOO"].map(|symbol| (listed(symbol), &series[..]));
    made::market(dir, &instruments, vec![origin(Adjusted::Raw, None)], records)
}

fn event(instrument: u32, id: &str, known: &str, effective: &str) -> EventRecord {
    EventRecord {
        instrument,
        id: id.to_owned(),
        kind: "earnings".to_owned(),
        known_at: instant(known),
        effective_at: instant(effective),
        headline: format!("headline of {id}"),
        source: "vendor".to_owned(),
        numbers: vec![("eps".to_owned(), 1.5)],
        attributes: vec![("session".to_owned(), "post".to_owned())],
    }
}

fn seen(market: &Market, as_of: &str, around: Option<&str>, known_within: u32, within: u32) -> Vec<String> {
    let snapshot = market.snapshot(&at(as_of)).unwrap();
    let wanted = EventRequest {
        kind: "earnings",
        around: around.map_or(snapshot.as_of(), instant),
        known_within,
        effective_within: within,
    };
    let events = snapshot.events(&[1, 0], &wanted).unwrap();
    events.iter().map(|event| format!("{}:{}", event.instrument, event.id)).collect()
}

#[test]
fn an_event_is_there_from_the_instant_on_at_which_it_became_known() {
    let dir = tempfile::tempdir().unwrap();
    // filed at 14:30 New York of a half day: after its close
    let filed = event(0, "filing", "2024-07-03T18:30:00Z", "2024-07-03T18:30:00Z");
    let market = market(dir.path(), RecordSet { events: vec![filed], ..RecordSet::default() });
    let known = |as_of| !seen(&market, as_of, None, 10 * DAY, 0).is_empty();
    assert!(!known("2024-07-03"));
    assert!(!known("2024-07-03T18:29:59.999Z"));
    assert!(known("2024-07-03T18:30:00Z"));
    assert!(known("2024-07-05"));
}

#[test]
fn windows_bound_what_was_known_when_and_what_takes_effect_when() {
    let dir = tempfile::tempdir().unwrap();
    let events = vec![
        event(0, "old", "2024-06-01T12:00:00Z", "2024-07-03T12:00:00Z"),
        event(0, "far", "2024-07-01T12:00:00Z", "2024-07-20T12:00:00Z"),
        event(1, "late", "2024-07-02T12:00:00Z", "2024-07-03T12:00:00Z"),
        event(1, "near", "2024-07-01T12:00:00Z", "2024-07-03T12:00:00Z"),
        event(1, "past", "2024-07-01T11:00:00Z", "2024-06-03T12:00:00Z"),
    ];
    let market = market(dir.path(), RecordSet { events, ..RecordSet::default() });
    let as_of = "2024-07-02T12:00:00Z";
    assert_eq!(seen(&market, as_of, None, 2 * DAY, 5 * DAY), ["0:past", "0:near", "0:late"]);
    assert_eq!(
        seen(&market, as_of, None, 60 * DAY, 30 * DAY),
        ["0:past", "0:near", "0:late", "1:old", "1:far"]
    );
    assert_eq!(seen(&market, "2024-07-02T11:59:59Z", None, 2 * DAY, 5 * DAY), ["0:past", "0:near"]);
    // the windows of a layer without a clock are counted from the newest bar
    let newest_bar = Some("2024-07-01T20:00:00Z");
    assert_eq!(seen(&market, as_of, newest_bar, DAY / 2, DAY), ["0:past"]);
    assert_eq!(seen(&market, as_of, newest_bar, DAY / 2, 2 * DAY), ["0:past", "0:near", "0:late"]);
    assert_eq!(seen(&market, as_of, None, 0, 5 * DAY), ["0:late"]);
    let snapshot = market.snapshot(&at(as_of)).unwrap();
    let of_kind = |kind| {
        let wanted = EventRequest {
            kind,
            around: snapshot.as_of(),
            known_within: 60 * DAY,
            effective_within: 60 * DAY,
        };
        snapshot.events(&[0, 1], &wanted).unwrap()
    };
    assert_eq!(of_kind("news"), []);
    let first = of_kind("earnings").remove(0);
    assert_eq!((first.headline, first.source), ("headline of old", "vendor"));
    assert_eq!((first.numbers, first.attributes), (vec![("eps", 1.5)], vec![("session", "post")]));
}

#[test]
fn of_a_fact_the_newest_known_value_counts() {
    let dir = tempfile::tempdir().unwrap();
    let fact = |name: &str, value, known| FactRecord {
        instrument: 1,
        name: name.to_owned(),
        value,
        known_at: instant(known),
    };
    let facts = vec![
        fact("pe", 20.0, "2024-07-01T20:00:00Z"),
        fact("pe", 25.0, "2024-07-03T20:00:00Z"),
        fact("market-cap", 7.0, "2024-07-02T20:00:00Z"),
    ];
    let market = market(dir.path(), RecordSet { facts, ..RecordSet::default() });
    let pe = |as_of: &str| market.snapshot(&at(as_of)).unwrap().facts(&[1, 0], "pe").unwrap();
    assert!(pe("2024-07-01T19:59:59Z").iter().all(|value| value.is_nan()));
    assert_eq!((pe("2024-07-02")[0], pe("2024-07-05")[0]), (20.0, 25.0));
    assert!(pe("2024-07-05")[1].is_nan());
}

#[test]
fn membership_in_an_index_follows_its_dates() {
    let dir = tempfile::tempdir().unwrap();
    let member = |instrument, from: Option<&str>, to: Option<&str>| MemberRecord {
        instrument,
        index: "sp500".to_owned(),
        from_day: from.map(|date| day_of(date.parse().unwrap())),
        to_day: to.map(|date| day_of(date.parse().unwrap())),
    };
    // Yahoo came in when Laidlaw went out
    let members = vec![member(0, None, Some("1999-12-07")), member(1, Some("1999-12-07"), None)];
    let market = market(dir.path(), RecordSet { members, ..RecordSet::default() });
    let of = |as_of: &str| -> Vec<String> {
        let snapshot = market.snapshot(&at(as_of)).unwrap();
        let members = snapshot.members("sp500").unwrap();
        members.iter().map(|position| snapshot.instruments()[*position].symbol.to_string()).collect()
    };
    assert_eq!(of("1999-12-06"), ["LDW"]);
    assert_eq!(of("1999-12-07"), ["YHOO"]);
    let today = market.snapshot(&AsOf::Latest).unwrap();
    assert_eq!((today.indices(0).unwrap(), today.indices(1).unwrap()), (vec![], vec!["sp500"]));
    assert_eq!(today.members("dow").unwrap(), [0_usize; 0]);
}

fn quote(instrument: u32, known: &str, bid: f64, ask: f64) -> QuoteRecord {
    QuoteRecord {
        instrument,
        at: instant(known),
        bid: Some(bid),
        ask: Some(ask),
        bid_size: Some(100.0),
        ask_size: None,
        last: None,
    }
}

#[test]
fn the_newest_quote_of_the_newest_session_is_seen_and_no_later_one() {
    let dir = tempfile::tempdir().unwrap();
    let quotes =
        vec![quote(1, "2024-07-01T14:00:00Z", 10.0, 10.1), quote(1, "2024-07-01T15:00:00Z", 11.0, 11.1)];
    let market = market(dir.path(), RecordSet { quotes, ..RecordSet::default() });
    let seen = |as_of: &str| -> Vec<(u32, String, f64, f64)> {
        let quotes = market.snapshot(&at(as_of)).unwrap().quotes(&[1, 0]).unwrap();
        quotes.iter().map(|quote| (quote.instrument, quote.at.to_string(), quote.bid, quote.ask)).collect()
    };
    assert_eq!(seen("2024-07-01T13:59:59.999Z"), []);
    assert_eq!(seen("2024-07-01T14:00:00Z"), [(0, "2024-07-01T14:00:00Z".to_owned(), 10.0, 10.1)]);
    assert_eq!(seen("2024-07-01T14:59:59.999Z"), seen("2024-07-01T14:00:00Z"));
    let newest = [(0, "2024-07-01T15:00:00Z".to_owned(), 11.0, 11.1)];
    assert_eq!(seen("2024-07-01"), newest);
    // until the pre-market of the next session begins, at 04:00 in New York
    assert_eq!(seen("2024-07-02T07:59:59.999Z"), newest);
    assert_eq!(seen("2024-07-02T08:00:00Z"), []);
    let snapshot = market.snapshot(&at("2024-07-01")).unwrap();
    assert!(snapshot.quotes(&[1]).unwrap()[0].ask_size.is_nan(), "nobody says");
    assert!(snapshot.quotes(&[2]).is_err(), "there is no such instrument");
}

#[test]
fn a_quote_from_before_a_split_is_told_in_the_shares_of_the_instant() {
    let dir = tempfile::tempdir().unwrap();
    let split = ActionRecord {
        instrument: 0,
        id: "split".to_owned(),
        kind: ActionRecordKind::Split(4.0),
        ex_day: day_of("2024-07-02".parse().unwrap()),
        known_at: instant("2024-06-20T20:00:00Z"),
    };
    let quotes = vec![quote(0, "2024-07-01T19:00:00Z", 400.0, 404.0)];
    let records = RecordSet { actions: vec![split], quotes, ..RecordSet::default() };
    let market = market(dir.path(), records);
    let seen = |as_of: &str| {
        let quote = market.snapshot(&at(as_of)).unwrap().quotes(&[0]).unwrap()[0];
        (quote.bid, quote.ask, quote.bid_size)
    };
    assert_eq!(seen("2024-07-01T20:00:00Z"), (400.0, 404.0, 100.0));
    assert_eq!(
        seen("2024-07-02T07:00:00Z"),
        (100.0, 101.0, 400.0),
        "midnight is over, and the pre-market not begun"
    );
}
