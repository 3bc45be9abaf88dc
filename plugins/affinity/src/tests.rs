//! What fits, seen through the test kit.

use sluice_sdk::Outcome::{Abstain, Drop, Keep};
use sluice_sdk::setting::Value;
use sluice_sdk::testkit::{Judged, Market, Series};

use super::Affinity;

/// 90 bars that rise by one percent each; open as the close before, high and low at the ends.
fn rising() -> Series {
    let closes: Vec<f64> = (0..90).map(|bar| 100.0 * 1.01_f64.powi(bar)).collect();
    let open: Vec<f64> = closes.iter().map(|close| close / 1.01).collect();
    Series::closes(&closes).open(&open).low(&open)
}

fn spy(closes: impl Fn(f64) -> f64) -> Market {
    let closes: Vec<f64> = (0..90).map(|bar| closes(f64::from(bar))).collect();
    Market::new().reference("SPY", |i| i.bars("1d", Series::closes(&closes)))
}

fn bull() -> Market {
    spy(|bar| 100.0 + bar / 10.0)
}

fn judged(market: Market, series: Series, settings: &[(&str, Value)]) -> Judged {
    market.instrument("X", |i| i.bars("1d", series)).scan_with::<Affinity>(settings).verdict("X").clone()
}

#[test]
fn a_steady_rise_is_momentum_and_a_rising_market_keeps_it() {
    let steady = judged(bull(), rising(), &[]);
    // trend and sums always hold: 35 + 25; the MACD of a steady rate of growth keeps rising: 25; volume ratio 1: 10
    assert!((steady.measure("momentum") - 95.0).abs() < 1e-9, "{}", steady.measure("momentum"));
    assert_eq!((steady.outcome, steady.reason.as_str()), (Keep, "momentum fits, in a regime bull-trend"));
    assert_eq!(steady.score, steady.measure("momentum"));
    // always overbought: 30; a steady rise stands at 1 + 9.57 of 20 bars' spread … always in the same tenth or never
    let band = steady.measure("mean-reversion") - 30.0;
    assert!(band.abs() < 1e-6 || (band - 25.0).abs() < 1e-6, "{band}");
    // no volume trend, no spike: nothing of a breakout
    assert_eq!(steady.measure("breakout"), 0.0);
    // closes at the high: 25, nothing else
    assert!((steady.measure("sentiment") - 25.0).abs() < 1e-9, "{}", steady.measure("sentiment"));
}

#[test]
fn the_same_instrument_is_dropped_where_the_regime_prefers_another_strategy() {
    let falling = judged(
        spy(|bar| 200.0 - bar / 10.0),
        rising(),
        &[("bear-trend", vec!["sentiment".to_owned()].into())],
    );
    assert_eq!(falling.outcome, Drop);
    assert_eq!(falling.reason, "no strategy fits that the regime bear-trend prefers");
    assert!((falling.score - 25.0).abs() < 1e-9, "{}", falling.score);
}

#[test]
fn a_price_that_never_moves_fits_nothing_but_standing_still() {
    let flat = judged(bull(), Series::flat(90, 50.0, 1e6), &[]);
    let figures = ["momentum", "mean-reversion", "breakout", "sentiment"].map(|name| flat.measure(name));
    assert_eq!(figures, [0.0, 20.0, 0.0, 0.0]);
    assert_eq!((flat.outcome, flat.score), (Drop, 0.0));
}

#[test]
fn gaps_and_shocks_on_high_volume_are_sentiment() {
    // every tenth bar opens and closes 5 % away on three times the volume, up and down in turn
    let (mut closes, mut volume) = (Vec::new(), Vec::new());
    let mut price = 100.0;
    for bar in 0..90 {
        let shock = bar % 10 == 9;
        if shock {
            price *= if bar % 20 == 9 { 1.05 } else { 1.0 / 1.05 };
        }
        closes.push(price);
        volume.push(if shock { 3e6 } else { 1e6 });
    }
    let shocks = judged(bull(), Series::closes(&closes).volume(&volume), &[]);
    // 9 of 89 gaps: full 30; 7 of 70 shocks: full 25; no range within a bar: 0; no bar went on: 0
    assert!((shocks.measure("sentiment") - 55.0).abs() < 1e-9, "{}", shocks.measure("sentiment"));
}

#[test]
fn growing_volume_and_new_highs_on_it_are_breakouts() {
    let mut closes = vec![100.0; 60];
    let mut volume = vec![1e6; 60];
    for step in 0..30 {
        let loud = step % 3 == 0;
        closes.push(100.0 + f64::from(step + 1));
        volume.push(if loud { 4e6 } else { 1e6 });
    }
    let breaks = judged(bull(), Series::closes(&closes).volume(&volume), &[]);
    // volume grows: 25; 10 breaks of 60 bars on volume: 35; 10 of 70 loud bars: 15; the first step follows upon nothing: 0
    assert!((breaks.measure("breakout") - 75.0).abs() < 1e-9, "{}", breaks.measure("breakout"));
    assert_eq!((breaks.outcome, breaks.reason.as_str()), (Keep, "breakout fits, in a regime bull-trend"));
}

#[test]
fn breadth_tells_the_regime_where_the_market_has_no_reference() {
    let market = (0..20)
        .fold(Market::new(), |market, n| market.instrument(&format!("UP{n}"), |i| i.bars("1d", rising())));
    let scan = market.scan::<Affinity>();
    assert_eq!(scan.market("breadth"), Some(1.0));
    assert_eq!(scan.market("volatility"), None);
    assert_eq!(scan.verdict("UP7").reason, "momentum fits, in a regime bull-trend");
    let few = Market::new().instrument("X", |i| i.bars("1d", rising())).scan::<Affinity>();
    assert_eq!(few.verdict("X").reason, "momentum fits, in a regime unknown");
}

#[test]
fn missing_data_is_no_opinion_and_never_a_half() {
    let reason = |series| {
        let judged = judged(bull(), series, &[]);
        assert_eq!(judged.outcome, Abstain);
        judged.reason
    };
    assert_eq!(reason(Series::flat(59, 50.0, 1e6)), "fewer than 60 daily bars");
    assert_eq!(reason(rising().sessions_ago((1..91).rev())), "no bar in the newest session");
    let missing = "numbers are missing for the strategies of this regime";
    assert_eq!(reason(rising().volume(&[f64::NAN; 90])), missing);
    assert_eq!(reason(Series::flat(90, f64::NAN, 1e6)), missing);
}

#[test]
fn a_regime_that_prefers_nothing_is_refused() {
    let none: Vec<String> = Vec::new();
    let error = Market::new().try_scan::<Affinity>(&[("bull-trend", none.into())]).unwrap_err();
    assert!(error.contains("bull-trend: prefers no strategy"), "{error}");
    let other = vec!["astrology".to_owned()];
    assert!(Market::new().try_scan::<Affinity>(&[("unknown", other.into())]).is_err());
}
