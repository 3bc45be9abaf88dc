//! Which instruments there were, and what they were called.

use super::made::{self, day, listed, origin, symbol};
use super::*;
use crate::instrument::{FormerTicker, Instrument, Kind, Status};
use crate::set::{Adjusted, RecordSet};

fn market(dir: &Path, instruments: &[(Instrument, made::Rows<'_>)]) -> Market {
    let series: Vec<[made::Bars<'_>; 1]> =
        instruments.iter().map(|(_, bars)| [(Timeframe::Day, *bars)]).collect();
    let all: Vec<(Instrument, &[made::Bars<'_>])> = instruments
        .iter()
        .zip(&series)
        .map(|((instrument, _), series)| (instrument.clone(), &series[..]))
        .collect();
    made::market(dir, &all, vec![origin(Adjusted::Raw, None)], RecordSet::default())
}

/// The listed instruments with their newest close; NaN without one.
fn closes(snapshot: &Snapshot) -> Vec<(String, f64)> {
    let of = |position: &usize| {
        let bars = snapshot.read(&[*position], &request(CLOSE, 1, None)).unwrap();
        let close = bars.columns[0].first().copied().unwrap_or(f64::NAN);
        (snapshot.instruments()[*position].symbol.to_string(), close)
    };
    snapshot.listed().iter().map(of).collect()
}

fn row(symbol: &str, close: f64) -> (String, f64) {
    (symbol.to_owned(), close)
}

#[test]
fn a_rename_continues_a_series_under_the_ticker_of_the_day() {
    let dir = tempfile::tempdir().unwrap();
    let mut spxl = listed("SPXL");
    spxl.id = "ARCX:BGU".parse().unwrap();
    spxl.former = vec![FormerTicker { symbol: symbol("BGU"), until: "2012-06-28".parse().unwrap() }];
    let other = [(day("2012-06-27"), 1.0, 0), (day("2012-06-28"), 2.0, 0)];
    let series = [(day("2012-06-27"), 60.0, 0), (day("2012-06-28"), 61.0, 0)];
    let market = market(dir.path(), &[(listed("CCC"), &other), (spxl, &series)]);
    let before = market.snapshot(&at("2012-06-27")).unwrap();
    assert_eq!(closes(&before), [row("BGU", 60.0), row("CCC", 1.0)]);
    let after = market.snapshot(&at("2012-06-28")).unwrap();
    assert_eq!(closes(&after), [row("CCC", 2.0), row("SPXL", 61.0)]);
    let both = after.read(&[1], &request(CLOSE, 9, None)).unwrap();
    assert_eq!(both.columns[0], [60.0, 61.0]);
    assert_eq!(before.instruments()[0].id, after.instruments()[1].id);
    // today's ticker finds it in the past too, the other way round only where no one else has it
    assert_eq!(before.find(&symbol("SPXL")), Some(0));
    assert_eq!(before.find(&symbol("BGU")), Some(0));
    assert_eq!(after.find(&symbol("SPXL")), Some(1));
    // and requests in the order of the file and in the other one give each its own
    let wanted = request(CLOSE, 1, None);
    assert_eq!(before.read(&[0, 1], &wanted).unwrap().columns[0], [60.0, 1.0]);
    assert_eq!(before.read(&[1, 0], &wanted).unwrap().columns[0], [1.0, 60.0]);
    assert!(matches!(before.read(&[2], &wanted), Err(MarketError::Position { .. })));
}

#[test]
fn a_reused_ticker_does_not_mix_two_companies() {
    let dir = tempfile::tempdir().unwrap();
    let (mut first, mut second) = (listed("ENRN"), listed("ENRN"));
    (first.delisted, first.status) = (Some("2011-12-03".parse().unwrap()), Status::Delisted);
    second.id = "XNYS:ENRN#2".parse().unwrap();
    second.listed = Some("2019-01-02".parse().unwrap());
    let old = [(day("2011-12-01"), 1.0, 0), (day("2011-12-02"), 2.0, 0)];
    let new = [(day("2019-01-02"), 50.0, 0)];
    let market = market(dir.path(), &[(first, &old), (second, &new)]);
    let seen = |as_of| closes(&market.snapshot(&at(as_of)).unwrap());
    assert_eq!(seen("2011-12-02"), [row("ENRN", 2.0)]);
    assert_eq!(seen("2011-12-05"), []);
    assert_eq!(seen("2019-01-02"), [row("ENRN", 50.0)]);
    let found = |as_of| market.snapshot(&at(as_of)).unwrap().find(&symbol("ENRN"));
    assert_eq!((found("2011-12-02"), found("2019-01-02")), (Some(0), Some(1)));
    let then = market.snapshot(&at("2011-12-02")).unwrap();
    assert_eq!(then.instruments()[0].status, Status::Active);
}

#[test]
fn what_came_later_is_not_there_yet() {
    let dir = tempfile::tempdir().unwrap();
    let bar = |date| [(day(date), 1.0, 0)];
    let (early, late) = (bar("2024-07-01"), bar("2024-07-05"));
    let described = Instrument { kind: Kind::Stock, ..listed("DIR") };
    let instruments: [(Instrument, made::Rows<'_>); 4] =
        [(listed("AAA"), &early), (listed("BBB"), &late), (described, &[]), (listed("EEE"), &late)];
    let market = market(dir.path(), &instruments);
    let seen = |as_of| -> Vec<String> {
        closes(&market.snapshot(&at(as_of)).unwrap()).into_iter().map(|(symbol, _)| symbol).collect()
    };
    assert_eq!(seen("2024-07-03"), ["AAA", "DIR"]);
    assert_eq!(seen("2024-07-05"), ["AAA", "BBB", "DIR", "EEE"]);
}
