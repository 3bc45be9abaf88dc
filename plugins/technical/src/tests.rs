//! What breaks out or gains momentum, seen through the test kit.

use sluice_sdk::Outcome::{self, Abstain, Drop, Keep};
use sluice_sdk::testkit::{Judged, Market, Series};
use sluice_sdk::{Side, setting::Value};

use super::Technical;

fn judged_with(series: Series, settings: &[(&str, Value)]) -> Judged {
    Market::new()
        .instrument("X", |i| i.bars("1d", series))
        .scan_with::<Technical>(settings)
        .verdict("X")
        .clone()
}

fn judged(series: Series) -> Judged {
    judged_with(series, &[])
}

fn opinion(judged: &Judged) -> (Outcome, f64, &str) {
    (judged.outcome, judged.score, judged.reason.as_str())
}

/// Closes that swing around 100 by a tenth, so that nothing moves; the last of an even count is the higher one.
fn quiet(count: usize) -> Vec<f64> {
    (0..count).map(|bar| if bar % 2 == 0 { 99.9 } else { 100.1 }).collect()
}

/// Quiet bars between 99 and 101, then one with this open, low and close.
fn after_quiet(count: usize, open: f64, low: f64, close: f64) -> Series {
    let mut closes = quiet(count);
    closes.push(close);
    let high: Vec<f64> = closes.iter().map(|_| 101.0).collect();
    let lows: Vec<f64> = closes.iter().map(|_| 99.0).collect();
    Series::closes(&closes)
        .high(&high)
        .low(&lows)
        .newest("open", open)
        .newest("high", close.max(open).max(101.0))
        .newest("low", low)
}

#[test]
fn quiet_bars_are_dropped_with_their_figures() {
    let quiet = judged(after_quiet(59, 100.0, 99.0, 100.0));
    assert_eq!(opinion(&quiet), (Drop, 0.0, "no rule fired"));
    assert!(quiet.alerts.is_empty());
    assert!((quiet.measure("atr") - 2.0).abs() < 1e-9, "{}", quiet.measure("atr"));
    assert!((quiet.measure("breakout") + 100.0 / 101.0).abs() < 1e-9);
    assert!((quiet.measure("gap") - 10.0 / 99.9).abs() < 1e-9);
}

#[test]
fn a_breakout_needs_two_percent_above_the_high_and_the_volume_to_confirm_it() {
    let breakout = || after_quiet(40, 100.0, 99.0, 104.03);
    assert_eq!(judged(breakout()).outcome, Drop, "no volume behind it");
    let confirmed = judged(breakout().newest("volume", 1_600_000.0));
    assert_eq!((confirmed.outcome, confirmed.reason.as_str()), (Keep, "breakout"));
    assert!((confirmed.score - 36.0).abs() < 0.01, "3 % above the high, times 1.2: {}", confirmed.score);
    let unconfirmed = judged_with(breakout(), &[("confirm-volume", false.into())]);
    assert!((unconfirmed.score - 30.0).abs() < 0.01, "{}", unconfirmed.score);
    let short = judged(after_quiet(40, 100.0, 99.0, 103.0).newest("volume", 1_600_000.0));
    assert_eq!(short.outcome, Drop, "1.98 % above");
}

#[test]
fn crossing_the_mean_of_fifty_bars_scores_seventy_and_needs_more_than_fifty_bars() {
    let crossed = judged(after_quiet(51, 99.0, 99.0, 102.0));
    assert_eq!(crossed.reason, "mean crossed");
    assert!((crossed.score - 70.0).abs() < 1e-9, "{}", crossed.score);
    assert_eq!(judged(after_quiet(49, 101.0, 99.0, 102.0)).reason, "no rule fired");
}

#[test]
fn a_gap_up_counts_more_when_it_holds_and_a_gap_down_does_not_count() {
    let held = judged(after_quiet(40, 103.0, 102.0, 102.5));
    assert_eq!(held.reason, "gap up");
    let gap = held.measure("gap");
    assert!((gap - 290.0 / 100.1).abs() < 1e-9, "{gap}");
    assert!((held.score - 11.0 * gap).abs() < 1e-9, "{}", held.score);
    let closed = judged(after_quiet(40, 103.0, 98.0, 102.5));
    assert!((closed.score - 10.0 * gap).abs() < 1e-9, "{}", closed.score);
    assert_eq!(judged(after_quiet(40, 95.0, 94.0, 95.0)).reason, "no rule fired");
}

#[test]
fn an_rsi_that_rises_by_five_points_scores_sixty() {
    let mut closes: Vec<f64> = (0..40).map(|bar| 100.0 - 0.1 * f64::from(bar) + f64::from(bar % 2)).collect();
    closes.push(closes[39] + 1.5);
    let rising = judged(Series::closes(&closes));
    assert_eq!(rising.reason, "RSI rising");
    assert!((rising.score - 60.0).abs() < 1e-9, "{}", rising.score);
    assert!((30.0..70.0).contains(&rising.measure("rsi")));
}

#[test]
fn four_of_five_closes_up_score_by_the_gain_and_at_most_eighty() {
    let climb = |step: f64| {
        let mut closes = vec![100.0; 35];
        closes.extend((1..=5).map(|bar| 100.0 + step * f64::from(bar)));
        judged(Series::closes(&closes))
    };
    let slow = climb(0.3);
    assert_eq!(slow.reason, "closes up");
    assert!((slow.score - 15.0).abs() < 1e-9, "{}", slow.score);
    assert!((slow.measure("change-5") - 1.5).abs() < 1e-9);
    let fast = climb(1.9);
    assert!(fast.reason.ends_with("closes up") && (fast.score - 80.0).abs() < 1e-9, "{fast:?}");
}

#[test]
fn several_rules_add_up_without_passing_a_hundred() {
    let three = judged(after_quiet(61, 103.0, 102.0, 105.0).newest("volume", 5e6));
    assert_eq!(three.reason, "breakout, mean crossed, gap up");
    let breakout = 0.12 * three.measure("breakout");
    let gap = 0.11 * three.measure("gap");
    let expected = 100.0 * (1.0 - (1.0 - breakout) * 0.3 * (1.0 - gap));
    assert!((three.score - expected).abs() < 1e-9, "{} is not {expected}", three.score);
    assert_eq!(judged(after_quiet(61, 120.0, 119.0, 150.0).newest("volume", 5e6)).score, 100.0);
}

#[test]
fn alerts_are_long_with_a_stop_at_two_and_a_target_at_four_ranges() {
    let both = judged(after_quiet(60, 103.0, 102.0, 104.03).newest("volume", 5e6));
    let kinds: Vec<&str> = both.alerts.iter().map(|alert| alert.kind.as_str()).collect();
    assert_eq!(kinds, ["TECHNICAL_BREAKOUT", "MOMENTUM"]);
    let atr = both.measure("atr");
    for alert in &both.alerts {
        assert_eq!((alert.side, alert.entry), (Some(Side::Long), Some(104.03)));
        assert_eq!(alert.stop, Some(104.03 - 2.0 * atr));
        assert_eq!(alert.target, Some(104.03 + 4.0 * atr));
    }
    let momentum = 0.11 * both.measure("gap");
    assert!((both.alerts[1].confidence - momentum).abs() < 1e-9, "{:?}", both.alerts[1]);
    assert_eq!(both.alerts[1].message, "gap up");
}

#[test]
fn an_alert_goes_without_a_stop_that_would_not_be_a_price() {
    let closes = [10.0; 35];
    let wild =
        Series::closes(&closes).high(&[60.0; 35]).low(&[5.0; 35]).newest("open", 11.0).newest("high", 60.0);
    let judged = judged(wild);
    assert_eq!(judged.reason, "gap up");
    assert_eq!((judged.alerts[0].stop, judged.alerts[0].target), (None, None));
}

#[test]
fn cheap_stocks_are_dropped() {
    assert_eq!(opinion(&judged(Series::flat(40, 4.99, 1e6))), (Drop, 0.0, "close below 5"));
}

#[test]
fn missing_or_nonsensical_data_is_no_opinion() {
    let reason = |series| {
        let judged = judged(series);
        assert_eq!(judged.outcome, Abstain);
        assert!(judged.alerts.is_empty());
        judged.reason
    };
    assert_eq!(reason(Series::flat(29, 50.0, 1e6)), "fewer than 30 daily bars");
    for (column, number) in
        [("close", f64::NAN), ("open", 0.0), ("low", f64::INFINITY), ("volume", 0.0), ("volume", f64::NAN)]
    {
        let broken = Series::flat(60, 50.0, 1e6).newest(column, number);
        assert_eq!(reason(broken), "its newest bar has no price or no volume", "{column} {number}");
    }
    let halted = Series::flat(60, 50.0, 1e6).sessions_ago((1..=60).rev());
    assert_eq!(reason(halted), "no bar in the newest session");
}

#[test]
fn a_hole_in_the_history_silences_only_the_rules_that_need_it() {
    let jump = |closes: &[f64]| {
        let bars = Series::closes(closes).newest("open", 104.0).newest("low", 102.0).newest("high", 104.0);
        judged(bars).reason
    };
    let mut closes = quiet(61);
    closes.push(102.5);
    assert_eq!(jump(&closes), "mean crossed, gap up");
    closes[30] = f64::NAN;
    assert_eq!(jump(&closes), "gap up");
}
