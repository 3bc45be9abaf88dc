//! The pre-market, seen through the test kit: it begins 5.5 hours before the open.

use sluice_sdk::Outcome::{self, Abstain, Drop, Keep};
use sluice_sdk::Side;
use sluice_sdk::testkit::{Judged, Market, Series, session_opens};

use super::Premarket;

const QUARTER_MS: i64 = 15 * 60_000;
const PRE_MS: i64 = 22 * QUARTER_MS;
/// Usual shares of a quarter of an hour.
const USUAL: f64 = 5_000.0;

/// Four quarters of pre-market and two of the session, of so many earlier sessions, and the first `count` quarters of
/// this pre-market, at `price` with so many shares each.
fn quarters(sessions: u32, count: i64, price: f64, shares: f64) -> Series {
    let (mut times, mut closes, mut volume) = (Vec::new(), Vec::new(), Vec::new());
    for ago in (0..=sessions).rev() {
        let pre_opens = session_opens(ago) - PRE_MS;
        let today = ago == 0;
        for quarter in 0..if today { count } else { 4 } {
            times.push(pre_opens + quarter * QUARTER_MS);
            closes.push(if today { price } else { 100.0 });
            volume.push(if today { shares } else { USUAL });
        }
        if !today {
            // the session itself trades a thousand times as much: it must not count
            times.extend([session_opens(ago), session_opens(ago) + QUARTER_MS]);
            closes.extend([100.0; 2]);
            volume.extend([1000.0 * USUAL; 2]);
        }
    }
    Series::closes(&closes).times(times).volume(&volume)
}

fn daily() -> Series {
    Series::closes(&[99.0, 100.0]).sessions_ago([2, 1])
}

fn judged_at(after_pre_open: i64, quarters: Series) -> Judged {
    let market = Market::new().instrument("X", |i| i.bars("15m", quarters).bars("1d", daily()));
    market.at(session_opens(0) - PRE_MS + after_pre_open).scan::<Premarket>().verdict("X").clone()
}

/// Half an hour into the pre-market.
fn judged(quarters: Series) -> Judged {
    judged_at(2 * QUARTER_MS, quarters)
}

fn opinion(judged: &Judged) -> (Outcome, &str) {
    (judged.outcome, judged.reason.as_str())
}

#[test]
fn three_times_the_volume_by_the_same_minute_and_three_percent_up_are_kept() {
    let up = judged(quarters(20, 2, 103.0, 15_000.0));
    assert_eq!(opinion(&up), (Keep, "up before the open"));
    assert_eq!((up.measure("relative-volume"), up.measure("volume")), (3.0, 30_000.0));
    assert!((up.measure("change") - 3.0).abs() < 1e-9 && (up.measure("vwap") - 103.0).abs() < 1e-9);
    // 50 · 3/5 + 30 · 3/3 + 20 · 30/200
    assert!((up.score - 63.0).abs() < 1e-9, "{}", up.score);
    let alert = &up.alerts[0];
    assert_eq!((alert.kind.as_str(), alert.side, alert.entry), ("MOMENTUM", Some(Side::Long), Some(103.0)));
    assert_eq!(alert.message, "+3.0 % before the open on 3.0 times the usual volume");
    assert_eq!(alert.expires_at, Some(session_opens(0)));
}

#[test]
fn a_fall_is_short() {
    let down = judged(quarters(20, 2, 96.0, 15_000.0));
    assert_eq!((opinion(&down), down.alerts[0].side), ((Keep, "down before the open"), Some(Side::Short)));
}

#[test]
fn cumulated_volume_is_not_compared_with_that_of_one_minute() {
    // an hour of the usual volume is usual, however long it has cumulated
    let usual = judged_at(4 * QUARTER_MS, quarters(20, 4, 103.0, USUAL));
    assert_eq!((opinion(&usual), usual.measure("relative-volume")), ((Drop, "usual volume"), 1.0));
}

#[test]
fn a_bar_that_is_not_complete_by_this_minute_is_not_compared() {
    let early = judged_at(2 * QUARTER_MS - 1, quarters(20, 1, 103.0, 15_000.0));
    assert_eq!(early.measure("relative-volume"), 3.0);
}

#[test]
fn each_rule_drops_by_itself() {
    assert_eq!(opinion(&judged(quarters(20, 2, 103.0, 9_999.0))), (Drop, "usual volume"));
    assert_eq!(opinion(&judged(quarters(20, 2, 101.9, 15_000.0))), (Drop, "hardly moved"));
    assert_eq!(opinion(&judged(quarters(20, 2, 103.0, 4_999.0))), (Drop, "volume below 10000 shares"));
    assert_eq!(opinion(&judged(quarters(20, 0, 103.0, 1.0))), (Drop, "nothing traded before the open"));
}

#[test]
fn it_answers_in_the_pre_market_only() {
    let bars = || quarters(20, 2, 103.0, 15_000.0);
    let closed = (Abstain, "its venue is not in its pre-market");
    for after_pre_open in [-1, PRE_MS, PRE_MS + 3_600_000, 2 * PRE_MS + 24 * 3_600_000] {
        assert_eq!(opinion(&judged_at(after_pre_open, bars())), closed, "{after_pre_open}");
    }
}

#[test]
fn missing_data_is_no_opinion() {
    assert_eq!(
        opinion(&judged(quarters(4, 2, 103.0, 15e3))),
        (Abstain, "bars of fewer than 5 earlier sessions")
    );
    assert_eq!(opinion(&judged(quarters(5, 2, 103.0, 15e3))).0, Keep);
    let silent = quarters(20, 2, 103.0, 15e3).volume(&{
        let mut volume = vec![0.0; 6 * 20];
        volume.extend([15e3; 2]);
        volume
    });
    assert_eq!(opinion(&judged(silent)), (Abstain, "nothing usually trades by this minute"));
    let at = session_opens(0) - PRE_MS + 2 * QUARTER_MS;
    let none = Market::new().instrument("X", |i| i.bars("1d", daily())).at(at);
    assert_eq!(opinion(none.scan::<Premarket>().verdict("X")), (Abstain, "no bars of 15m"));
    let old = Series::closes(&[99.0, 100.0]).sessions_ago([3, 2]);
    let old =
        Market::new().instrument("X", |i| i.bars("15m", quarters(20, 2, 103.0, 15e3)).bars("1d", old)).at(at);
    assert_eq!(
        opinion(old.scan::<Premarket>().verdict("X")),
        (Abstain, "the close of the session before is missing")
    );
}
