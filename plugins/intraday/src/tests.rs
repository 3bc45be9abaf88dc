//! The session, seen through the test kit: it lasts 6.5 hours.

use sluice_sdk::Outcome::{self, Abstain, Drop, Keep};
use sluice_sdk::testkit::{Judged, Listing, Market, Series, session_opens};
use sluice_sdk::{Quote, Side};

use super::Intraday;

const FIVE_MS: i64 = 5 * 60_000;
const SESSION_MS: i64 = 78 * FIVE_MS;
/// Usual shares of five minutes.
const USUAL: f64 = 1_000.0;

/// Twelve bars of earlier sessions, and bars of this one at these closes with so many shares each.
fn fives(sessions: u32, closes: &[f64], shares: f64) -> Series {
    let (mut times, mut all, mut volume) = (Vec::new(), Vec::new(), Vec::new());
    for ago in (1..=sessions).rev() {
        times.extend((0..12).map(|bar| session_opens(ago) + bar * FIVE_MS));
        all.extend([100.0; 12]);
        volume.extend([USUAL; 12]);
    }
    times.extend((0..).map(|bar| session_opens(0) + bar * FIVE_MS).take(closes.len()));
    all.extend(closes);
    volume.extend(vec![shares; closes.len()]);
    Series::closes(&all).times(times).volume(&volume)
}

fn judged_at(after_open: i64, build: impl FnOnce(Listing) -> Listing) -> Judged {
    let daily = Series::closes(&[99.0, 100.0]).sessions_ago([2, 1]);
    let market = Market::new().instrument("X", |i| build(i.bars("1d", daily)));
    market.at(session_opens(0) + after_open).scan::<Intraday>().verdict("X").clone()
}

/// When the bars of this session are just complete.
fn judged(closes: &[f64], shares: f64) -> Judged {
    judged_at(closes.len() as i64 * FIVE_MS, |i| i.bars("5m", fives(20, closes, shares)))
}

fn opinion(judged: &Judged) -> (Outcome, &str) {
    (judged.outcome, judged.reason.as_str())
}

#[test]
fn a_rise_on_three_times_the_volume_by_the_same_minute_is_kept() {
    // 8 bars: momentum is over the newest 6 steps, from 102 to 104.04
    let up = judged(&[101.0, 102.0, 103.0, 103.0, 103.0, 103.0, 103.0, 104.04], 3_000.0);
    assert_eq!(opinion(&up), (Keep, "up in the session"));
    assert_eq!(up.measure("relative-volume"), 3.0);
    assert!((up.measure("change") - 4.04).abs() < 1e-9 && (up.measure("momentum") - 2.0).abs() < 1e-9);
    assert!((up.measure("vwap") - 822.04 / 8.0).abs() < 1e-9, "{}", up.measure("vwap"));
    // 0.3 · 3 + 0.25 · 4 + 0.2 · 1 of 3.1
    assert!((up.score - 100.0 * 2.1 / 3.1).abs() < 1e-9, "{}", up.score);
    assert!(up.measure("spread").is_nan());
    let alert = &up.alerts[0];
    assert_eq!((alert.kind.as_str(), alert.side, alert.entry), ("MOMENTUM", Some(Side::Long), Some(104.04)));
    assert_eq!(alert.message, "+4.0 % on 3.0 times the usual volume, above the session's VWAP");
    assert_eq!(alert.expires_at, Some(session_opens(0) + SESSION_MS));
}

#[test]
fn a_narrow_spread_adds_to_the_score() {
    let at = session_opens(0) + FIVE_MS;
    let quote = Quote { at, bid: 99.95, ask: 100.05, bid_size: 1.0, ask_size: 1.0, last: 100.0 };
    let with = |quote: Quote| {
        judged_at(2 * FIVE_MS, |i| i.bars("5m", fives(20, &[104.0, 104.0], 5_000.0)).quote(quote))
    };
    let narrow = with(quote);
    assert!((narrow.measure("spread") - 0.1).abs() < 1e-6, "{}", narrow.measure("spread"));
    // 1.5 + 1 + 0 + 0.1 · 1 of 3.3
    assert!((narrow.score - 100.0 * 2.6 / 3.3).abs() < 1e-6, "{}", narrow.score);
    assert!(with(Quote { ask: 90.0, ..quote }).measure("spread").is_nan(), "a crossed quote tells of none");
    assert!(with(Quote { bid: 0.0, ..quote }).measure("spread").is_nan(), "nobody bids");
    assert!(
        with(Quote { at: session_opens(0) - 1, ..quote }).measure("spread").is_nan(),
        "before the session"
    );
}

#[test]
fn a_fall_is_short_and_a_rebound_across_the_vwap_raises_no_alert() {
    let down = judged(&[99.0, 97.0, 96.0], 3_000.0);
    assert_eq!((opinion(&down), down.alerts[0].side), ((Keep, "down in the session"), Some(Side::Short)));
    let rebound = judged(&[94.0, 95.0, 97.0], 3_000.0);
    assert_eq!((rebound.outcome, rebound.alerts.len()), (Keep, 0), "97 is above the mean of 95.3");
}

#[test]
fn cumulated_volume_is_compared_with_cumulated_volume() {
    let usual = judged(&[104.0; 12], USUAL);
    assert_eq!((opinion(&usual), usual.measure("relative-volume")), ((Drop, "usual volume"), 1.0));
    assert_eq!(opinion(&judged(&[101.0; 3], 3_000.0)), (Drop, "hardly moved"));
}

#[test]
fn it_answers_in_the_session_only() {
    let bars = || fives(20, &[104.0; 3], 3_000.0);
    for after_open in [-1, SESSION_MS, SESSION_MS + 3_600_000] {
        let judged = judged_at(after_open, |i| i.bars("5m", bars()));
        assert_eq!(opinion(&judged), (Abstain, "its venue is not in its session"), "{after_open}");
    }
}

#[test]
fn missing_data_is_no_opinion() {
    let at = |series: Series| judged_at(3 * FIVE_MS, |i| i.bars("5m", series));
    assert_eq!(opinion(&at(fives(4, &[104.0; 3], 3e3))), (Abstain, "bars of fewer than 5 earlier sessions"));
    assert_eq!(opinion(&at(fives(5, &[104.0; 3], 3e3))).0, Keep);
    let nothing = "nothing has traded in this session, or in those before by this minute";
    assert_eq!(opinion(&at(fives(20, &[], 3e3))), (Abstain, nothing));
    assert_eq!(opinion(&judged_at(FIVE_MS, |i| i)), (Abstain, "no bars of 5m"));
    let old = Series::closes(&[100.0]).sessions_ago([2]);
    let market = Market::new().instrument("X", |i| i.bars("1d", old).bars("5m", fives(20, &[104.0; 3], 3e3)));
    let scan = market.at(session_opens(0) + 3 * FIVE_MS).scan::<Intraday>();
    assert_eq!(opinion(scan.verdict("X")), (Abstain, "the close of the session before is missing"));
}
