//! Wrong settings are the user's mistake: told before anything is read, by layer, name, value and rule.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

use crate::support::{config, planned, runtime};
use sluice_engine::{Plan, PlanError, Selection};
use sluice_runtime::Value;

fn with_settings(layer: &str, settings: &str) -> Result<Plan, PlanError> {
    let text = config(&[("one", &[layer], "")]);
    planned(
        &format!("{text}[layers.{layer:?}.settings]\n{settings}\n"),
        &Selection::default(),
        &runtime(None),
    )
}

fn refusal(settings: &str) -> String {
    with_settings("sluice/liquidity", settings).unwrap_err().to_string()
}

#[test]
fn an_unknown_setting_is_refused_with_those_there_are() {
    assert_eq!(
        refusal("min-dolar-volume = 1.0"),
        "layer sluice/liquidity, setting min-dolar-volume: the layer has no such setting; it has lookback, \
         min-dollar-volume, min-price, max-price, min-bars"
    );
    assert_eq!(
        with_settings("test/empty", "x = 1").unwrap_err().to_string(),
        "layer test/empty, setting x: the layer has no such setting; it has none"
    );
}

#[test]
fn a_value_out_of_bounds_is_refused_with_value_and_bound() {
    assert_eq!(
        refusal("lookback = 0"),
        "layer sluice/liquidity, setting lookback: 0 is below the minimum of 1"
    );
    assert_eq!(
        refusal("lookback = 251"),
        "layer sluice/liquidity, setting lookback: 251 is above the maximum of 250"
    );
    assert_eq!(
        refusal("min-price = nan"),
        "layer sluice/liquidity, setting min-price: NaN is no finite number"
    );
    assert!(with_settings("sluice/liquidity", "lookback = 250").is_ok());
}

#[test]
fn a_value_of_another_kind_is_refused_with_both_kinds() {
    assert_eq!(
        refusal("lookback = \"20\""),
        "layer sluice/liquidity, setting lookback: it is a text, but must be a whole number"
    );
    assert_eq!(
        refusal("lookback = 20.0"),
        "layer sluice/liquidity, setting lookback: it is a number, but must be a whole number"
    );
    assert_eq!(
        with_settings("sluice/universe", "kinds = \"stock\"").unwrap_err().to_string(),
        "layer sluice/universe, setting kinds: it is a text, but must be a list of texts"
    );
}

#[test]
fn a_text_that_is_no_choice_is_refused_with_the_choices() {
    assert_eq!(
        with_settings("sluice/universe", "unknown-kind = \"maybe\"").unwrap_err().to_string(),
        "layer sluice/universe, setting unknown-kind: \"maybe\" is none of keep, drop"
    );
}

#[test]
fn what_the_layer_itself_refuses_is_told_in_its_words() {
    assert_eq!(
        refusal("min-price = 5.0\nmax-price = 4.0"),
        "layer sluice/liquidity, setting max-price: must be at least min-price, 5"
    );
    assert_eq!(
        refusal("min-price = 5.0\nmax-price = 4.0\nlookback = 5"),
        "layer sluice/liquidity, setting max-price: must be at least min-price, 5 (and 1 more)"
    );
}

#[test]
fn a_whole_number_is_taken_for_a_number_and_the_others_keep_their_defaults() {
    let plan = with_settings("sluice/liquidity", "min-price = 2").unwrap();
    let value = |name: &str| {
        let setting = plan.layers[0].settings.iter().find(|setting| setting.name == name);
        setting.unwrap().value.clone()
    };
    assert_eq!(value("min-price"), Value::Number(2.0));
    assert_eq!(value("max-price"), Value::Number(2000.0));
    assert_eq!(value("lookback"), Value::Integer(20));
}

#[test]
fn settings_decide_what_a_layer_needs() {
    let plan = with_settings("sluice/liquidity", "lookback = 33").unwrap();
    let sight = plan.layers[0].sight.as_ref().unwrap();
    assert_eq!((sight.bars[0].lookback, sight.needs.sessions), (33, 33));
}

#[test]
fn a_layer_that_is_not_there_is_refused_with_those_that_look_alike() {
    let text = config(&[("one", &["sluice/liquidity"], ""), ("two", &["acme/liquidity"], "")]);
    assert_eq!(
        planned(&text, &Selection::default(), &runtime(None)).unwrap_err().to_string(),
        "there is no layer acme/liquidity (did you mean sluice/liquidity?): `sluice layer list` shows what there is, \
         `sluice layer install FILE` adds one"
    );
}

#[test]
fn a_version_that_is_not_there_is_refused_with_those_that_are() {
    let text = config(&[("one", &["test/empty"], "")]).replace("test/empty", "test/empty@^2");
    assert_eq!(
        planned(&text, &Selection::default(), &runtime(None)).unwrap_err().to_string(),
        "layer test/empty is here in version 0.1.0, but ^2 is required: install it, or change the requirement in \
         sluice.toml"
    );
}
