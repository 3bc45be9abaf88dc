//! Events, facts, memberships and quotes: when they are known, and what comes twice.

use super::super::sink::{ActionKind, Adjusted, When};
use super::support::*;
use super::*;
use crate::days::day_of;

fn raw() -> super::super::sink::Origin {
    origin(Timeframe::Day, Adjusted::Raw)
}

#[test]
fn events_are_known_by_the_venues_clock() {
    let dir = tempfile::tempdir().unwrap();
    let half_day = date("2024-07-03");
    let summary = feed(dir.path(), &options(), raw(), |sink| {
        event(sink, "A", When::AfterClose(half_day), Some("after"), "");
        event(sink, "A", When::BeforeOpen(half_day), Some("before"), "");
        event(sink, "A", When::OnDate(half_day), Some("on"), "");
        event(sink, "A", When::At(at("2024-07-03T18:30:00Z")), Some("at"), "");
    });
    assert_eq!((summary.events.added, summary.instruments_added), (4, 1));
    let market = Market::open(dir.path()).unwrap();
    let known: Vec<(&str, String)> = market
        .set
        .events
        .all()
        .unwrap()
        .iter()
        .map(|event| (event.id.as_str(), event.known_at.to_string()))
        .collect();
    let expected = [
        ("before", "2024-07-03T08:00:00Z"),
        ("after", "2024-07-03T17:00:00Z"),
        ("at", "2024-07-03T18:30:00Z"),
        ("on", "2024-07-04T04:00:00Z"),
    ];
    assert_eq!(known, expected.map(|(id, at)| (id, at.to_owned())));
}

#[test]
fn an_event_that_comes_again_takes_its_own_place() {
    let dir = tempfile::tempdir().unwrap();
    let known = When::At(at("2024-07-03T18:30:00Z"));
    let first = feed(dir.path(), &options(), raw(), |sink| {
        event(sink, "A", known, Some("1"), "old");
        event(sink, "A", known, None, "without id");
        event(sink, "B", known, Some("1"), "another instrument");
    });
    let same = feed(dir.path(), &options(), raw(), |sink| {
        event(sink, "A", known, None, "without id");
        event(sink, "B", known, Some("1"), "another instrument");
    });
    assert_eq!((same.events.unchanged, same.events.added, &same.digest), (2, 0, &first.digest));
    let other = feed(dir.path(), &options(), raw(), |sink| {
        event(sink, "A", known, Some("1"), "draft");
        event(sink, "A", known, Some("1"), "new");
    });
    assert_eq!((other.events.replaced, other.events.added), (1, 0));
    let market = Market::open(dir.path()).unwrap();
    let headlines: Vec<&str> =
        market.set.events.of(0).unwrap().iter().map(|event| event.headline.as_str()).collect();
    assert_eq!(headlines.len(), 2);
    assert!(headlines.contains(&"new") && headlines.contains(&"without id"));
}

#[test]
fn facts_and_memberships_are_kept_once() {
    let dir = tempfile::tempdir().unwrap();
    let tell = |sink: &mut dyn super::super::sink::Sink| {
        fact(sink, "A", 12.0, When::OnDate(date("2024-07-02")));
        fact(sink, "A", 13.0, When::OnDate(date("2024-07-05")));
        fact(sink, "A", f64::NAN, When::OnDate(date("2024-07-06")));
        member(sink, "A", Some("1999-12-07"), None);
    };
    let first = feed(dir.path(), &options(), raw(), tell);
    assert_eq!((first.facts.added, first.members.added, count(&first, FaultKind::Number)), (2, 1, 1));
    let again = feed(dir.path(), &options(), raw(), tell);
    assert_eq!((again.facts.unchanged, again.members.unchanged, &again.digest), (2, 1, &first.digest));
    let left =
        feed(dir.path(), &options(), raw(), |sink| member(sink, "A", Some("1999-12-07"), Some("2024-07-01")));
    assert_eq!(left.members.replaced, 1);
    let market = Market::open(dir.path()).unwrap();
    let member = &market.set.members.all().unwrap()[0];
    assert_eq!(
        (member.from_day, member.to_day),
        (Some(day_of(date("1999-12-07"))), Some(day_of(date("2024-07-01"))))
    );
    assert_eq!(market.set.members.all().unwrap().len(), 1);
    let values: Vec<f64> = market.set.facts.all().unwrap().iter().map(|fact| fact.value).collect();
    assert_eq!(values, [12.0, 13.0]);
}

#[test]
fn quotes_are_kept_once_and_those_that_cannot_be_are_left_out_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let at = |text: &str| text.parse().unwrap();
    let told = |sink: &mut dyn super::super::sink::Sink| {
        quote(sink, "A", at("2024-07-02T14:00:00Z"), 9.0, 9.5);
        quote(sink, "A", at("2024-07-02T14:00:00Z"), 10.0, 10.5);
        quote(sink, "A", at("2024-07-02T15:00:00Z"), -0.0, f64::NAN);
        for (bid, ask) in [(11.0, 10.0), (-1.0, 10.0), (1.0, f64::INFINITY), (f64::NAN, f64::NAN)] {
            quote(sink, "A", at("2024-07-02T16:00:00Z"), bid, ask);
        }
    };
    let first = feed(dir.path(), &options(), raw(), told);
    assert_eq!((first.quotes.added, count(&first, FaultKind::Entry)), (2, 3));
    assert_eq!(count(&first, FaultKind::Inconsistent), 1);
    let again = feed(dir.path(), &options(), raw(), told);
    assert_eq!((again.quotes.unchanged, &again.digest), (2, &first.digest));
    let market = Market::open(dir.path()).unwrap();
    let bids: Vec<_> = market.set.quotes.all().unwrap().iter().map(|quote| (quote.bid, quote.ask)).collect();
    assert_eq!(
        bids,
        [(Some(10.0), Some(10.5)), (Some(0.0), None)],
        "of two for an instant the later row counts"
    );
    assert!(market.set.quotes.all().unwrap()[1].bid.unwrap().is_sign_positive(), "there is one zero");
}

#[test]
fn a_quote_is_of_who_had_the_ticker_at_its_instant() {
    let dir = tempfile::tempdir().unwrap();
    feed(dir.path(), &options(), raw(), |sink| {
        daily(sink, "FB", &[("2022-06-07", 1.0), ("2022-06-08", 1.0)]);
        rename(sink, "FB", "META", "2022-06-09");
        // 19:59 of the last evening in New York, and the pre-market of the first morning
        quote(sink, "FB", "2022-06-08T23:59:00Z".parse().unwrap(), 1.0, 2.0);
        quote(sink, "META", "2022-06-09T08:00:00Z".parse().unwrap(), 3.0, 4.0);
    });
    let market = Market::open(dir.path()).unwrap();
    let ids: Vec<&str> = market.instruments().iter().map(|instrument| instrument.id.as_str()).collect();
    assert_eq!(ids, ["XNYS:FB"]);
    assert_eq!(market.set.quotes.of(0).unwrap().len(), 2);
}

#[test]
fn of_two_splits_for_a_date_the_newer_stays_and_dividends_of_one_source_add_up() {
    let dir = tempfile::tempdir().unwrap();
    let dividends = |sink: &mut dyn super::super::sink::Sink| {
        action(sink, "A", ActionKind::Dividend(0.25), "2024-07-02");
        action(sink, "A", ActionKind::Dividend(1.0), "2024-07-02");
        action(sink, "A", ActionKind::Dividend(0.25), "2024-07-02");
    };
    let first = feed(dir.path(), &options(), raw(), |sink| {
        dividends(sink);
        action(sink, "A", ActionKind::Split(2.0), "2024-07-02");
        action(sink, "A", ActionKind::Split(4.0), "2024-07-02");
        action(sink, "A", ActionKind::Split(-1.0), "2024-07-03");
    });
    assert_eq!((first.actions.added, count(&first, FaultKind::Entry)), (3, 1));
    let again = feed(dir.path(), &options(), raw(), dividends);
    assert_eq!((again.actions.unchanged, again.digest), (2, first.digest));
    let other = feed(dir.path(), &options(), raw(), |sink| {
        action(sink, "A", ActionKind::Split(5.0), "2024-07-02");
    });
    assert_eq!((other.actions.replaced, other.actions.added), (1, 0));
}

#[test]
fn records_follow_their_instrument_when_others_come_before_it() {
    let dir = tempfile::tempdir().unwrap();
    feed(dir.path(), &options(), raw(), |sink| {
        fact(sink, "M", 1.0, When::OnDate(date("2024-07-02")));
        event(sink, "M", When::OnDate(date("2024-07-02")), Some("1"), "");
    });
    feed(dir.path(), &options(), raw(), |sink| daily(sink, "A", &[("2024-07-02", 1.0)]));
    let market = Market::open(dir.path()).unwrap();
    assert_eq!(market.set.facts.all().unwrap()[0].instrument, 1);
    assert_eq!(market.set.events.of(1).unwrap().len(), 1);
}
