//! The rules for layers: every bundled layer keeps them, and layers made to break one are found out.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

use crate::support::{component, runtime};
use sluice_engine::{Config, Conformance, Rule, RuleVerdict, Subject, check, conform, measure, seen, trial};
use sluice_market::AsOf;
use sluice_runtime::{Cancel, Layer};

fn layer(id: &str) -> Layer {
    runtime(None).load(id, &component(id)).unwrap()
}

fn config() -> Config {
    Config::parse("sluice.toml", sluice_engine::DEFAULT_CONFIG).unwrap()
}

fn conformance(id: &str) -> Conformance {
    let subject = Subject::new(&config(), &layer(id)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    conform(&subject, folder.path(), &Cancel::new()).unwrap()
}

fn verdict(conformance: &Conformance, rule: Rule) -> (RuleVerdict, &[String]) {
    let result = conformance.rules.iter().find(|result| result.rule == rule).unwrap();
    (result.verdict, &result.findings)
}

/// The names of the bundled layers, by their files.
fn bundled() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| format!("sluice/{}", entry.unwrap().file_name().to_string_lossy()))
        .collect();
    names.sort();
    names
}

#[test]
fn every_bundled_layer_keeps_every_rule() {
    let names = bundled();
    assert!(names.len() >= 19, "{names:?}");
    let mut told = String::new();
    for name in &names {
        let conformance = conformance(name);
        for result in conformance.rules.iter().filter(|result| result.verdict == RuleVerdict::Failed) {
            told +=
                &format!("{name} {}: {:#?} and {} more\n", result.rule.name(), result.findings, result.more);
        }
    }
    assert!(told.is_empty(), "{told}");
}

#[test]
fn a_layer_that_speaks_of_bars_is_tried_in_earnest() {
    let conformance = conformance("sluice/gap");
    assert!(conformance.passed);
    assert!(conformance.instruments > 512, "{}", conformance.instruments);
    assert!(conformance.opinions > 300, "{}", conformance.opinions);
    assert!(conformance.abstentions > 3, "{}", conformance.abstentions);
    assert!(conformance.rules.iter().all(|result| result.verdict == RuleVerdict::Passed));
}

#[test]
fn a_layer_that_judges_the_market_is_not_asked_what_does_not_apply() {
    let conformance = conformance("sluice/intermarket");
    for rule in [Rule::ShardIndependent, Rule::Abstains] {
        let (verdict, why) = verdict(&conformance, rule);
        assert_eq!(verdict, RuleVerdict::NotTried);
        assert!(why[0].starts_with("does not apply"), "{why:?}");
    }
    assert!(conformance.passed);
}

#[test]
fn layers_that_misbehave_fail_the_rule_that_they_break() {
    for (id, words) in [
        ("test/panics", "panicked"),
        ("test/nan-scores", "NaN goes only with abstain"),
        ("test/undeclared-alert", "is not declared"),
    ] {
        let conformance = conformance(id);
        assert!(!conformance.passed, "{id}");
        let (verdict, findings) = verdict(&conformance, Rule::Survives);
        assert_eq!(verdict, RuleVerdict::Failed, "{id}");
        assert!(findings.iter().any(|finding| finding.contains(words)), "{id}: {findings:?}");
    }
}

#[test]
fn what_depends_on_the_company_of_an_instrument_is_found_with_instrument_and_both_values() {
    let conformance = conformance("test/leaky");
    for (rule, words) in [
        (Rule::OrderIndependent, " at the close, in order and shuffled: score "),
        (Rule::ShardIndependent, " at the close, in a scan's shards and in shards of 1: score "),
        (Rule::Abstains, "KITNOBARS (no bars) at the close: keep with score "),
    ] {
        let (verdict, findings) = verdict(&conformance, rule);
        assert_eq!(verdict, RuleVerdict::Failed, "{rule:?}");
        assert!(findings.iter().any(|finding| finding.contains(words)), "{rule:?}: {findings:?}");
    }
    let more = conformance.rules.iter().find(|result| result.rule == Rule::OrderIndependent).unwrap().more;
    assert!(more > 500, "every instrument is told of, but not shown: {more}");
    for rule in [Rule::Survives, Rule::Deterministic, Rule::NoLookAhead] {
        assert_eq!(verdict(&conformance, rule).0, RuleVerdict::Passed, "{rule:?}");
    }
}

#[test]
fn a_check_of_a_good_layer_has_no_refusal_and_no_warning() {
    let bytes = component("sluice/gap");
    let checked = check(&runtime(None), "gap.wasm", &bytes);
    assert!(checked.is_accepted());
    assert_eq!((checked.id.as_deref(), checked.api.as_deref()), (Some("sluice/gap"), Some("0.1")));
    assert_eq!(checked.size, bytes.len());
    assert_eq!(checked.warnings, [""; 0]);
    let folder = tempfile::tempdir().unwrap();
    let tried = trial(&config(), &checked.layer.unwrap(), folder.path(), &Cancel::new()).unwrap();
    let warnings = [tried.faults, tried.warnings].concat();
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn a_trial_call_tells_of_a_layer_that_always_fails() {
    let folder = tempfile::tempdir().unwrap();
    let tried = trial(&config(), &layer("test/panics"), folder.path(), &Cancel::new()).unwrap();
    let warnings = [tried.warnings, tried.faults].concat();
    assert!(
        warnings.iter().any(|warning| warning.contains("a trial call at the close failed: it panicked")),
        "{warnings:?}"
    );
}

#[test]
fn a_measurement_holds_every_cost_against_its_limit() {
    let subject = Subject::new(&config(), &layer("sluice/gap")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cost = measure(&subject, folder.path(), &Cancel::new()).unwrap();
    assert!(cost.instruments > 2_000 && cost.calls >= 4, "{cost:?}");
    assert!(cost.fuel_per_instrument > 100.0 && cost.micros_per_instrument > 0.0, "{cost:?}");
    let limits: Vec<&str> = cost.limits.iter().map(|share| share.limit).collect();
    assert_eq!(limits, ["fuel", "wall-ms", "memory-mib"]);
    assert!(cost.limits.iter().all(|share| share.percent > 0.0 && share.percent < 20.0), "{cost:?}");
}

#[test]
fn what_a_layer_sees_is_what_it_asked_for() {
    let world = crate::support::World::synthetic();
    let subject = Subject::new(&config(), &layer("sluice/gap")).unwrap();
    let snapshot = world.market.snapshot(&AsOf::Latest).unwrap();
    let seen = seen(&subject, &snapshot, 0).unwrap();
    assert_eq!(seen.symbol, snapshot.instruments()[0].symbol.as_str());
    assert_eq!(seen.bars.len(), 1);
    let bars = &seen.bars[0];
    assert_eq!((bars.timeframe.as_str(), bars.lookback), ("1d", 2));
    assert_eq!(bars.columns, ["open", "high", "low", "close"]);
    assert_eq!(bars.newest.len(), bars.count);
    assert!(bars.newest[0].0.is_some(), "it asks for times");
}
