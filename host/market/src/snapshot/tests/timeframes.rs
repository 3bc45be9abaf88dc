//! Bars of every timeframe are visible from their end on, and not before.

use super::made::{self, VOLUME, day, instant, listed, open, origin};
use super::*;
use crate::set::{Adjusted, RecordSet};

fn market(dir: &Path, series: &[made::Bars<'_>]) -> Market {
    made::market(dir, &[(listed("A"), series)], vec![origin(Adjusted::Raw, None)], RecordSet::default())
}

fn closes(market: &Market, timeframe: Timeframe, as_of: &str) -> Vec<f64> {
    let wanted = BarRequest { timeframe, ..request(CLOSE, 100, None) };
    market.snapshot(&at(as_of)).unwrap().read(&[0], &wanted).unwrap().columns.remove(0)
}

#[test]
fn an_hour_is_invisible_until_it_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let bars = [(Timeframe::Hour, &[(open("2024-07-02T14:00:00Z"), 1.0, 0)][..])];
    let market = market(dir.path(), &bars);
    let seen = |as_of| closes(&market, Timeframe::Hour, as_of).len();
    assert_eq!(seen("2024-07-02T14:30:00Z"), 0);
    assert_eq!(seen("2024-07-02T14:59:59.999Z"), 0);
    assert_eq!(seen("2024-07-02T15:00:00Z"), 1);
}

#[test]
fn at_midnight_of_a_day_only_the_day_before_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let bars = [(day("2024-07-01"), 10.0, 0), (day("2024-07-02"), 20.0, 0)];
    let market = market(dir.path(), &[(Timeframe::Day, &bars)]);
    assert_eq!(closes(&market, Timeframe::Day, "2024-07-02T04:00:00Z"), [10.0]);
    assert_eq!(closes(&market, Timeframe::Day, "2024-07-02T20:00:00Z"), [10.0, 20.0]);
}

/// Two sessions, with minutes before and after the open of the second one.
fn morning(dir: &Path) -> Market {
    let minutes = [
        (open("2024-07-01T13:30:00Z"), 10.0, 0),
        (open("2024-07-02T11:00:00Z"), 11.0, 0),
        (open("2024-07-02T11:59:00Z"), 12.0, 0),
        (open("2024-07-02T13:30:00Z"), 13.0, 0),
        (open("2024-07-02T13:34:00Z"), 14.0, 0),
    ];
    let days = [(day("2024-07-01"), 10.0, 0), (day("2024-07-02"), 99.0, 0)];
    market(dir, &[(Timeframe::Minute, &minutes), (Timeframe::Day, &days)])
}

#[test]
fn after_the_open_the_volume_of_the_day_is_what_traded_so_far() {
    let dir = tempfile::tempdir().unwrap();
    let snapshot = morning(dir.path()).snapshot(&at("2024-07-02T13:35:00Z")).unwrap();
    let volume = |timeframe| {
        let wanted = BarRequest { timeframe, time: true, ..request(&[BarColumn::Volume], 100, None) };
        let bars = snapshot.read(&[0], &wanted).unwrap();
        let today = instant("2024-07-02T13:30:00Z").millis();
        let own = bars.time.iter().zip(&bars.columns[0]).filter(|(open, _)| **open >= today);
        own.map(|(_, volume)| volume).sum::<f64>()
    };
    // the daily bar of the day is stored, with the whole day in it
    assert_eq!((volume(Timeframe::Minute), volume(Timeframe::Day)), (2.0 * VOLUME, 0.0));
}

#[test]
fn before_the_open_the_close_is_that_of_the_last_session() {
    let dir = tempfile::tempdir().unwrap();
    let market = morning(dir.path());
    let snapshot = market.snapshot(&at("2024-07-02T12:00:00Z")).unwrap();
    assert_eq!(closes(&market, Timeframe::Day, "2024-07-02T12:00:00Z"), [10.0]);
    assert_eq!(closes(&market, Timeframe::Minute, "2024-07-02T12:00:00Z"), [10.0, 11.0, 12.0]);
    assert_eq!(snapshot.data_until(), Some(instant("2024-07-02T12:00:00Z")));
    assert_eq!(snapshot.stale_sessions(), 0);
}

#[test]
fn the_data_ends_with_the_newest_visible_bar_of_any_timeframe() {
    let dir = tempfile::tempdir().unwrap();
    let market = morning(dir.path());
    let until = |as_of| market.snapshot(&at(as_of)).unwrap().data_until().unwrap().to_string();
    assert_eq!(until("2024-07-02T11:30:30Z"), "2024-07-02T11:01:00Z");
    assert_eq!(until("2024-07-02T13:34:59Z"), "2024-07-02T13:31:00Z");
    assert_eq!(until("2024-07-02T19:00:00Z"), "2024-07-02T13:35:00Z");
    assert_eq!(until("2024-07-02T20:00:00Z"), "2024-07-02T20:00:00Z");
    assert_eq!(market.snapshot(&AsOf::Latest).unwrap().as_of(), instant("2024-07-02T20:00:00Z"));
}

#[test]
fn the_last_bar_of_a_session_is_known_with_its_close() {
    let dir = tempfile::tempdir().unwrap();
    // an hour from 12:30, but the session ends at 13:00 New York
    let bars = [(open("2024-07-03T16:30:00Z"), 1.0, 0), (open("2024-07-03T17:00:00Z"), 2.0, 0)];
    let market = market(dir.path(), &[(Timeframe::Hour, &bars)]);
    let seen = |as_of| closes(&market, Timeframe::Hour, as_of).len();
    assert_eq!((seen("2024-07-03T16:59:59Z"), seen("2024-07-03T17:00:00Z")), (0, 1));
    assert_eq!((seen("2024-07-03T17:59:59Z"), seen("2024-07-03T18:00:00Z")), (1, 2));
    assert_eq!(market.snapshot(&AsOf::Latest).unwrap().as_of(), instant("2024-07-03T18:00:00Z"));
}

#[test]
fn a_week_and_a_month_are_invisible_until_their_last_session_closed() {
    let dir = tempfile::tempdir().unwrap();
    let weeks = [(day("2024-06-24"), 1.0, 0), (day("2024-07-01"), 2.0, 0)];
    let months = [(day("2024-06-01"), 3.0, 0), (day("2024-07-01"), 4.0, 0)];
    let market = market(dir.path(), &[(Timeframe::Week, &weeks), (Timeframe::Month, &months)]);
    assert_eq!(closes(&market, Timeframe::Week, "2024-06-28T19:59:59Z"), [0.0; 0]);
    assert_eq!(closes(&market, Timeframe::Week, "2024-06-28"), [1.0]);
    assert_eq!(closes(&market, Timeframe::Week, "2024-07-05T20:00:00Z"), [1.0, 2.0]);
    assert_eq!(closes(&market, Timeframe::Month, "2024-07-30"), [3.0]);
    assert_eq!(closes(&market, Timeframe::Month, "2024-07-31"), [3.0, 4.0]);
    let wanted = BarRequest { timeframe: Timeframe::Month, time: true, ..request(CLOSE, 1, None) };
    let snapshot = market.snapshot(&AsOf::Latest).unwrap();
    assert_eq!(snapshot.as_of(), instant("2024-07-31T20:00:00Z"));
    assert_eq!(snapshot.read(&[0], &wanted).unwrap().time, [open("2024-07-01T13:30:00Z")]);
}

#[test]
fn a_stale_instrument_gets_no_rows_whatever_the_timeframe() {
    let dir = tempfile::tempdir().unwrap();
    let minutes = [(open("2024-07-01T13:30:00Z"), 1.0, 0)];
    let weeks = [(day("2024-06-17"), 1.0, 0)];
    let market = market(dir.path(), &[(Timeframe::Minute, &minutes), (Timeframe::Week, &weeks)]);
    let stale = |timeframe, as_of, max_age| {
        let wanted = BarRequest { timeframe, ..request(CLOSE, 1, Some(max_age)) };
        let bars = market.snapshot(&at(as_of)).unwrap().read(&[0], &wanted).unwrap();
        assert_eq!(bars.stale.is_empty(), bars.rows() == 1);
        !bars.stale.is_empty()
    };
    assert!(!stale(Timeframe::Minute, "2024-07-01", 0));
    assert!(!stale(Timeframe::Minute, "2024-07-02T15:00:00Z", 0));
    assert!(stale(Timeframe::Minute, "2024-07-02", 0));
    assert!(!stale(Timeframe::Minute, "2024-07-02", 1));
    // the week of 24 June ended on the 28th
    assert!(!stale(Timeframe::Week, "2024-06-27", 0));
    assert!(stale(Timeframe::Week, "2024-06-28", 0));
    assert!(!stale(Timeframe::Week, "2024-06-28", 1));
}

#[test]
fn a_long_history_is_cut_at_the_right_row() {
    let dir = tempfile::tempdir().unwrap();
    let first = open("2024-06-03T00:00:00Z");
    let bars: Vec<(i64, f64, u32)> =
        (0..40_000).map(|minute| (first + minute * 60_000, minute as f64, 0)).collect();
    let market = market(dir.path(), &[(Timeframe::Minute, &bars)]);
    for minute in [1_i64, 2, 4_095, 4_096, 16_384, 20_000, 39_999] {
        let as_of = Instant::from_millis(first + minute * 60_000);
        let snapshot = market.snapshot(&AsOf::At(as_of)).unwrap();
        let wanted = BarRequest { timeframe: Timeframe::Minute, ..request(CLOSE, 1, None) };
        assert_eq!(snapshot.read(&[0], &wanted).unwrap().columns[0], [minute as f64 - 1.0]);
        assert_eq!(snapshot.data_until(), Some(as_of));
    }
}
