//! Places of sectors, seen through the test kit.

use sluice_sdk::Outcome::{Abstain, Drop, Keep};
use sluice_sdk::setting::Value;
use sluice_sdk::testkit::{Market, Scan, Series};

use super::SectorBalance;

/// Two bars: from 100 by so many percent.
fn change(percent: f64) -> Series {
    Series::closes(&[100.0, 100.0, 100.0 + percent])
}

/// So many instruments of a sector, the first the strongest.
fn listed(market: Market, sector: &str, count: u32) -> Market {
    (0..count).fold(market, |market, n| {
        let series = change(10.0 - f64::from(n) / 10.0);
        market.instrument(&format!("{sector}{n}"), |i| i.sector(sector).bars("1d", series))
    })
}

fn scan(market: &Market, settings: &[(&str, Value)]) -> Scan {
    let mut all: Vec<(&str, Value)> = vec![("lookback", 2_u32.into())];
    all.extend(settings.iter().cloned());
    market.scan_with::<SectorBalance>(&all)
}

#[test]
fn the_best_thirty_percent_of_each_sector_are_kept() {
    let market = listed(listed(Market::new(), "A", 10), "B", 4);
    let scan = scan(&market, &[("max-share", 100.0.into())]);
    assert_eq!(scan.kept(), ["A0", "A1", "A2", "B0", "B1"], "3 of 10, and 2 of 4, rounded up");
    let (first, last) = (scan.verdict("A0"), scan.verdict("A9"));
    assert_eq!((first.outcome, first.score, first.measure("place")), (Keep, 100.0, 1.0));
    assert_eq!((last.outcome, last.score, last.measure("places")), (Drop, 10.0, 3.0));
    assert_eq!(first.reason, "among the strongest of its sector");
    assert_eq!(last.reason, "its sector's places went to stronger ones");
}

#[test]
fn no_sector_keeps_more_than_its_share_of_all_places() {
    // 30 of 100, 3 of 10, 3 of 10: 36 places, a sixth of them is 6
    let market = listed(listed(listed(Market::new(), "A", 100), "B", 10), "C", 10);
    let scan = scan(&market, &[("max-share", 17.0.into())]);
    let of = |sector: &str| scan.kept().iter().filter(|symbol| symbol.starts_with(sector)).count();
    assert_eq!([of("A"), of("B"), of("C")], [6, 3, 3]);
    assert_eq!(scan.verdict("A5").outcome, Keep);
    assert_eq!((scan.verdict("A6").outcome, scan.verdict("A6").score), (Drop, 94.0));
}

#[test]
fn every_sector_keeps_its_best_one() {
    let market = (0..20).fold(Market::new(), |market, n| listed(market, &format!("S{n}x"), 1));
    assert_eq!(scan(&market, &[]).kept().len(), 20, "15 % of 20 places are 3, one each is less");
    let two = listed(listed(Market::new(), "A", 2), "B", 2);
    assert_eq!(scan(&two, &[]).kept(), ["A0", "B0"]);
}

#[test]
fn momentum_is_weighted_by_volume() {
    // 10 % up on 3 million, 10 % down on 1 million: 5 % on average
    let up = Series::closes(&[100.0, 110.0, 99.0]).volume(&[9e6, 3e6, 1e6]);
    let market = Market::new().instrument("X", |i| i.sector("A").bars("1d", up));
    let momentum = scan(&market, &[]).verdict("X").measure("momentum");
    assert!((momentum - 5.0).abs() < 1e-9, "{momentum}");
}

#[test]
fn equal_ones_are_ordered_by_symbol() {
    let with = |first: &str, second: &str| {
        let market = [first, second].into_iter().fold(Market::new(), |market, symbol| {
            market.instrument(symbol, |i| i.sector("A").bars("1d", change(1.0)))
        });
        scan(&market, &[]).kept().iter().map(|symbol| (*symbol).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!([with("P", "Q"), with("Q", "P")], [["P"], ["P"]]);
}

#[test]
fn missing_data_is_no_opinion_and_takes_no_place() {
    let market = listed(Market::new(), "A", 3)
        .instrument("NONE", |i| i.bars("1d", change(50.0)))
        .instrument("FEW", |i| i.sector("A").bars("1d", Series::closes(&[100.0, 150.0])))
        .instrument("HOLE", |i| i.sector("A").bars("1d", change(50.0).newest("volume", f64::NAN)))
        .instrument("QUIET", |i| i.sector("A").bars("1d", change(50.0).volume(&[0.0; 3])))
        .instrument("OLD", |i| i.sector("A").bars("1d", change(50.0).sessions_ago([3, 2, 1])));
    let scan = scan(&market, &[]);
    for (symbol, reason) in [
        ("NONE", "its sector is unknown"),
        ("FEW", "too few daily bars"),
        ("HOLE", "a close or a volume is missing"),
        ("QUIET", "a close or a volume is missing"),
        ("OLD", "no bar in the newest session"),
    ] {
        let judged = scan.verdict(symbol);
        assert_eq!((judged.outcome, judged.reason.as_str()), (Abstain, reason), "{symbol}");
    }
    assert_eq!(scan.kept(), ["A0"]);
}
