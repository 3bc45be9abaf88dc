//! Sectors that lead, seen through the test kit.

use sluice_sdk::Outcome::{Abstain, Drop, Keep};
use sluice_sdk::testkit::{Market, Scan, Series};

use super::SectorRotation;

/// 16 bars at 100, four at `five_ago`, the newest at `now`.
fn path(five_ago: f64, now: f64) -> Series {
    let mut closes = vec![100.0; 15];
    closes.extend([five_ago; 5]);
    closes.push(now);
    Series::closes(&closes)
}

/// Three instruments per sector: as its median, one better by 1 percent and one worse.
fn listed(market: Market, sector: &str, five_ago: f64, now: f64) -> Market {
    [("A", 0.0), ("B", 1.0), ("C", -1.0)].into_iter().fold(market, |market, (suffix, more)| {
        let symbol = format!("{}{suffix}", &sector[..2]);
        market.instrument(&symbol, |i| i.sector(sector).bars("1d", path(five_ago, now + more)))
    })
}

fn scan(market: &Market) -> Scan {
    market.scan_with::<SectorRotation>(&[("min-members", 3_u32.into())])
}

/// Energy +10 % and accelerating, Tech +4 % and slowing, Health −5 %.
fn three_sectors() -> Market {
    let market = listed(Market::new(), "Energy", 104.0, 110.0);
    listed(listed(market, "Tech", 103.8, 104.0), "Health", 96.0, 95.0)
}

#[test]
fn the_leader_of_a_sector_that_leads_and_accelerates_scores_a_hundred() {
    let scan = scan(&three_sectors());
    let best = scan.verdict("EnB");
    assert_eq!((best.outcome, best.score, best.reason.as_str()), (Keep, 100.0, "in a leading sector"));
    assert!((best.measure("sector-momentum") - 10.0).abs() < 1e-9);
    assert!((best.measure("sector-momentum-5") - 600.0 / 104.0).abs() < 1e-9);
    assert!((best.measure("change-20") - 11.0).abs() < 1e-9);
    assert_eq!(best.measure("sector-rank"), 1.0);
    assert_eq!(scan.verdict("EnA").score, 80.0, "as good as its sector is not better");
}

#[test]
fn a_sector_that_moves_slower_has_fewer_points_and_one_that_falls_has_none() {
    let scan = scan(&three_sectors());
    // 30 for the momentum, 20 for the second place
    assert_eq!((scan.verdict("TeA").outcome, scan.verdict("TeA").score), (Keep, 50.0));
    let falling = scan.verdict("HeA");
    assert_eq!(
        (falling.outcome, falling.score, falling.reason.as_str()),
        (Drop, 0.0, "its sector does not lead")
    );
    assert_eq!(scan.verdict("HeB").score, 20.0, "better than its sector");
}

#[test]
fn the_order_of_the_instruments_changes_nothing_and_one_wild_member_hardly_does() {
    let other = listed(
        listed(listed(Market::new(), "Health", 96.0, 95.0), "Tech", 103.8, 104.0),
        "Energy",
        104.0,
        110.0,
    );
    for symbol in ["EnA", "TeB", "HeC"] {
        assert_eq!(scan(&other).verdict(symbol).score, scan(&three_sectors()).verdict(symbol).score);
    }
    let wild = three_sectors().instrument("HeX", |i| i.sector("Health").bars("1d", path(100.0, 900.0)));
    let momentum = scan(&wild).verdict("HeA").measure("sector-momentum");
    assert!((momentum + 4.5).abs() < 1e-9, "{momentum}");
}

#[test]
fn alerts_are_on_the_market_and_never_on_a_ticker() {
    let scan = scan(&three_sectors());
    let said: Vec<&str> = scan.market_alerts().iter().map(|alert| alert.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "Energy leads: median change 10.0 % in 20 bars over 3 instruments",
            "Tech leads: median change 4.0 % in 20 bars over 3 instruments"
        ]
    );
    assert_eq!(scan.market_alerts()[0].dedupe_key, "SECTOR_ROTATION Energy");
    assert!(["EnA", "EnB", "EnC"].iter().all(|symbol| scan.verdict(symbol).alerts.is_empty()));
}

#[test]
fn missing_data_is_no_opinion() {
    let market = three_sectors()
        .instrument("NONE", |i| i.bars("1d", path(100.0, 110.0)))
        .instrument("FEW", |i| i.sector("Energy").bars("1d", Series::flat(20, 100.0, 1.0)))
        .instrument("HOLE", |i| i.sector("Energy").bars("1d", path(f64::NAN, 110.0)))
        .instrument("OLD", |i| i.sector("Energy").bars("1d", path(100.0, 110.0).sessions_ago((1..22).rev())))
        .instrument("ONLY", |i| i.sector("Materials").bars("1d", path(100.0, 110.0)));
    let scan = scan(&market);
    for (symbol, reason) in [
        ("NONE", "its sector is unknown"),
        ("FEW", "fewer than 21 daily bars, or a close is missing"),
        ("HOLE", "fewer than 21 daily bars, or a close is missing"),
        ("OLD", "no bar in the newest session"),
        ("ONLY", "too few instruments of its sector have bars"),
    ] {
        let judged = scan.verdict(symbol);
        assert_eq!((judged.outcome, judged.reason.as_str()), (Abstain, reason), "{symbol}");
    }
    assert_eq!(scan.verdict("EnB").score, 100.0, "who lacks data does not disturb the others");
}
