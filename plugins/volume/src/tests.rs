//! What is unusual volume, seen through the test kit.

use sluice_sdk::Outcome::{self, Abstain, Drop, Keep};
use sluice_sdk::testkit::{Judged, Market, Series};

use super::Volume;

fn judged(series: Series) -> Judged {
    Market::new().instrument("X", |i| i.bars("1d", series)).scan::<Volume>().verdict("X").clone()
}

/// 20 bars of 100,000 shares, then one of so many.
fn after_usual_days(newest: f64) -> Series {
    Series::flat(21, 50.0, 100_000.0).newest("volume", newest)
}

fn opinion(judged: &Judged) -> (Outcome, &str) {
    (judged.outcome, judged.reason.as_str())
}

#[test]
fn three_times_the_usual_volume_scores_sixty_and_raises_a_spike() {
    let judged = judged(after_usual_days(300_000.0));
    assert_eq!(opinion(&judged), (Keep, "unusual volume"));
    assert_eq!(
        (judged.score, judged.measure("relative-volume"), judged.measure("volume")),
        (60.0, 3.0, 300_000.0)
    );
    assert_eq!(judged.alerts.len(), 1);
    assert_eq!(judged.alerts[0].kind, "VOLUME_SPIKE");
    assert_eq!(judged.alerts[0].confidence, 0.6);
    assert_eq!(judged.alerts[0].message, "Volume 3.0 times the mean of 20 bars");
    assert_eq!(judged.alerts[0].side, None);
}

#[test]
fn the_score_is_full_at_five_times_and_stays_there() {
    assert_eq!(judged(after_usual_days(500_000.0)).score, 100.0);
    assert_eq!(judged(after_usual_days(9_000_000.0)).score, 100.0);
}

#[test]
fn the_bar_itself_is_not_part_of_the_mean() {
    assert_eq!(opinion(&judged(after_usual_days(250_000.0))), (Keep, "unusual volume"));
    let usual = judged(after_usual_days(249_999.0));
    assert_eq!((opinion(&usual), usual.score), ((Drop, "usual volume"), 0.0));
    assert!(usual.alerts.is_empty());
}

#[test]
fn a_spike_of_a_thinly_traded_stock_is_dropped() {
    let thin = judged(Series::flat(21, 50.0, 1_000.0).newest("volume", 99_999.0));
    assert_eq!((opinion(&thin), thin.score), ((Drop, "volume below 100000 shares"), 0.0));
}

#[test]
fn the_z_score_counts_deviations_of_the_bars_before() {
    let mut volume: Vec<f64> = (0..20).map(|bar| if bar % 2 == 0 { 90_000.0 } else { 110_000.0 }).collect();
    volume.push(150_000.0);
    let z = judged(Series::flat(21, 50.0, 0.0).volume(&volume)).measure("z-score");
    assert!((z - 5.0).abs() < 1e-9, "{z}");
    assert!(judged(after_usual_days(300_000.0)).measure("z-score").is_nan(), "all before were equal");
}

#[test]
fn missing_data_is_no_opinion() {
    let few = judged(Series::flat(20, 50.0, 1e6));
    assert_eq!(opinion(&few), (Abstain, "fewer than 21 daily bars"));
    let no_price = judged(after_usual_days(900_000.0).newest("close", f64::NAN));
    assert_eq!(opinion(&no_price), (Abstain, "its newest bar has no price or no volume"));
    let no_volume = judged(after_usual_days(0.0));
    assert_eq!(opinion(&no_volume), (Abstain, "its newest bar has no price or no volume"));
    let mut volume = vec![100_000.0; 21];
    volume[5] = f64::NAN;
    let hole = judged(Series::flat(21, 50.0, 0.0).volume(&volume));
    assert_eq!(opinion(&hole), (Abstain, "volumes before the newest bar are missing or zero"));
}

#[test]
fn a_stock_that_did_not_trade_in_the_newest_session_is_not_judged_by_its_last_bar() {
    let halted = after_usual_days(900_000.0).sessions_ago((1..=21).rev());
    assert_eq!(opinion(&judged(halted)), (Abstain, "no bar in the newest session"));
}
