use super::*;
use sluice_market::{ImportOptions, Market};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// Two instruments of New York and one that is traded around the clock, each with a bar of 2024-11-27.
fn market() -> (tempfile::TempDir, Market) {
    let dir = tempfile::tempdir().unwrap();
    let bars = "date,open,high,low,close,volume,Name\n2024-11-27,1,1,1,1,1,A\n2024-11-27,1,1,1,1,1,B\n";
    let coin = "date,open,high,low,close,volume,Name\n2024-11-27,1,1,1,1,1,COIN\n";
    let set = dir.path().join("set");
    for (name, text, mic) in [("bars.csv", bars, "XNYS"), ("coin.csv", coin, "XXXX")] {
        let file = dir.path().join(name);
        std::fs::write(&file, text).unwrap();
        let options = ImportOptions {
            mic: mic.to_owned(),
            now: at("2025-01-01T00:00:00Z"),
            ..ImportOptions::default()
        };
        sluice_market::import(&set, &[file], &options, &mut |_| {}).unwrap();
    }
    let market = Market::open(&set).unwrap();
    (dir, market)
}

fn snapshot(market: &Market, as_of: &str) -> (Snapshot, AsOf) {
    let as_of: AsOf = as_of.parse().unwrap();
    (market.snapshot(&as_of).unwrap(), as_of)
}

#[test]
fn thanksgiving_is_no_session_and_says_which_one_is_used() {
    let (_dir, market) = market();
    let (snapshot, as_of) = snapshot(&market, "2024-11-28T15:00:00Z");
    let states = states(&snapshot, &[0, 1, 2], as_of);
    assert_eq!((states[0].mic, states[0].phase, states[0].is_session), ("XNYS", "closed", Some(false)));
    let (last, next) = (states[0].last_session.unwrap(), states[0].next_session.unwrap());
    assert_eq!(last.date.to_string(), "2024-11-27");
    assert_eq!((next.close_utc, next.early_close), (at("2024-11-29T18:00:00Z"), true));
    assert_eq!((states[1].mic, states[1].phase, states[1].is_session), ("XXXX", "regular", Some(true)));
    assert_eq!(
        remarks(&states),
        ["2024-11-28 is no session of XNYS: the last completed one, 2024-11-27, is used"]
    );
}

#[test]
fn a_date_is_judged_itself_though_its_instant_is_the_next_midnight() {
    let (_dir, market) = market();
    let (snapshot, as_of) = snapshot(&market, "2024-11-28");
    let states = states(&snapshot, &[0], as_of);
    assert_eq!((states[0].date, states[0].is_session), ("2024-11-28".parse().ok(), Some(false)));
}

#[test]
fn a_date_that_no_calendar_covers_is_said_to_be_unknown() {
    let (_dir, market) = market();
    let (snapshot, as_of) = snapshot(&market, "2035-11-28T15:00:00Z");
    let states = states(&snapshot, &[0], as_of);
    assert_eq!((states[0].is_session, states[0].phase, states[0].next_session), (None, "unknown", None));
    assert!(remarks(&states)[0].starts_with("no calendar of XNYS covers 2035-11-28"), "{states:?}");
}

#[test]
fn require_open_asks_the_wall_clock_for_what_is_newest_and_the_day_that_was_asked_for_otherwise() {
    let (_dir, market) = market();
    let refusal = |as_of: &str, now: &str| {
        let (snapshot, as_of) = snapshot(&market, as_of);
        require_open(&snapshot, &[0, 1], as_of, at(now)).err().map(|error| error.to_string())
    };
    assert_eq!(
        refusal("latest", "2024-11-28T15:00:00Z").unwrap(),
        "2024-11-28 is no session of XNYS, and a session is required: the next one is 2024-11-29, it opens at 2024-11-29T14:30:00Z"
    );
    assert_eq!(refusal("latest", "2024-11-27T07:47:00Z"), None, "a session's day before its pre-market");
    assert_eq!(refusal("2024-11-27", "2024-11-28T15:00:00Z"), None);
    assert!(refusal("2024-11-28", "2024-11-27T15:00:00Z").unwrap().contains("the next one is 2024-11-29"));
    assert_eq!(refusal("2024-11-29T15:00:00Z", "2024-11-28T15:00:00Z"), None);
    assert!(refusal("2024-11-30T15:00:00Z", "2024-11-29T15:00:00Z").is_some(), "a Saturday");
    assert!(refusal("latest", "2035-11-28T15:00:00Z").unwrap().contains("no calendar tells"), "not covered");
}

#[test]
fn one_open_venue_is_enough() {
    let (_dir, market) = market();
    let (snapshot, as_of) = snapshot(&market, "2024-11-28T15:00:00Z");
    assert!(require_open(&snapshot, &[0, 1, 2], as_of, at("2024-11-28T15:00:00Z")).is_ok());
}

#[test]
fn venues_with_the_same_clock_are_told_together() {
    let (_dir, market) = market();
    let (snapshot, as_of) = snapshot(&market, "2024-11-27T15:00:00Z");
    let mut states = states(&snapshot, &[0, 2], as_of);
    states.insert(1, VenueState { mic: "XNAS", ..states[0].clone() });
    let groups: Vec<Vec<&str>> = VenueState::alike(&states).into_iter().map(|(mics, _)| mics).collect();
    assert_eq!(groups, [vec!["XNYS", "XNAS"], vec!["XXXX"]]);
}
