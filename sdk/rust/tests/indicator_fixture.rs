//! Every indicator against values that another implementation computed: TA-Lib 0.8 for what it has, plain NumPy loops
//! for the rest. fixtures/indicators.csv has 80 synthetic bars: heavy tails, four equal closes in a row, one bar
//! without volume.

use sluice_sdk::indicators as ind;

mod table;

use table::Table;

const FIXTURE: &[u8] = include_bytes!("fixtures/indicators.csv");

/// Every indicator that the fixture has values for, by the name of its column.
fn computed(bars: &Table) -> Vec<(&'static str, Vec<f64>)> {
    let [high, low, close, volume] = ["high", "low", "close", "volume"].map(|name| bars.column(name));
    let macd = ind::macd(close, 5, 13, 4);
    let bands = ind::bollinger(close, 15, 2.5);
    let adx = ind::adx(high, low, close, 8);
    let stochastic = ind::stochastic(high, low, close, 9, 3, 5);
    vec![
        ("sma_5", ind::sma(close, 5)),
        ("ema_7", ind::ema(close, 7)),
        ("rsi_9", ind::rsi(close, 9)),
        ("true_range", ind::true_range(high, low, close)),
        ("atr_10", ind::atr(high, low, close, 10)),
        ("macd_5_13_4", macd.macd),
        ("macd_signal_5_13_4", macd.signal),
        ("macd_histogram_5_13_4", macd.histogram),
        ("bollinger_upper_15_2.5", bands.upper),
        ("bollinger_middle_15_2.5", bands.middle),
        ("bollinger_lower_15_2.5", bands.lower),
        ("adx_8", adx.adx),
        ("plus_di_8", adx.plus_di),
        ("minus_di_8", adx.minus_di),
        ("obv", ind::obv(close, volume)),
        ("roc_4", ind::roc(close, 4)),
        ("fast_k_9", ind::fast_k(high, low, close, 9)),
        ("stochastic_k_9_3_5", stochastic.k),
        ("stochastic_d_9_3_5", stochastic.d),
        ("mfi_6", ind::mfi(high, low, close, volume, 6)),
        ("rolling_max_12", ind::rolling_max(high, 12)),
        ("rolling_min_12", ind::rolling_min(low, 12)),
        ("rolling_std_10", ind::rolling_std(close, 10)),
        ("z_score_10", ind::z_score(close, 10)),
        ("vwap_10", ind::vwap(high, low, close, volume, 10)),
        ("vwap_cumulative", ind::vwap_cumulative(high, low, close, volume)),
        ("relative_volume_10", ind::relative_volume(volume, 10)),
    ]
}

#[test]
fn every_indicator_equals_the_fixture_with_nan_in_the_same_rows() {
    let bars = Table::read(FIXTURE);
    for (name, values) in computed(&bars) {
        bars.assert_is(name, &values, "fixture");
    }
}

#[test]
fn every_column_of_the_fixture_is_checked() {
    let bars = Table::read(FIXTURE);
    let mut names: Vec<&str> = computed(&bars).into_iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    assert_eq!(names, bars.truths());
}
