use super::*;
use proptest::prelude::*;
use sluice_runtime::{Measure, Severity, Side};

fn descriptor() -> Descriptor {
    Descriptor {
        id: "a/b".into(),
        version: "1.0.0".into(),
        summary: String::new(),
        scope: Scope::PerInstrument,
        parameters: Vec::new(),
        alerts: vec!["GAP".into()],
        measures: vec![Measure { name: "gap".into(), doc: String::new(), unit: "percent".into() }],
    }
}

fn report() -> Report {
    Report {
        outcomes: vec![Outcome::Keep, Outcome::Abstain],
        scores: vec![70.0, f64::NAN],
        reasons: vec!["gap of 3 %".into(), "no bars".into()],
        reason: vec![0, 1],
        measures: vec![("gap".into(), vec![3.0, f64::NAN])],
        alerts: vec![alert()],
        market: Vec::new(),
    }
}

fn alert() -> Alert {
    Alert {
        instrument: Some(0),
        kind: "GAP".into(),
        severity: Severity::Notice,
        confidence: 0.7,
        message: "gap of 3 %".into(),
        side: Some(Side::Long),
        entry: Some(10.0),
        stop: Some(9.0),
        target: Some(12.0),
        expires_at: None,
        dedupe_key: "AAA gap".into(),
        evidence: Vec::new(),
        numbers: vec![("gap".into(), 3.0)],
    }
}

fn check(report: Report) -> Result<Believed, Violation> {
    validate(report, &descriptor(), 2, &|at| ["AAA", "BBB"].get(at).copied().unwrap_or("?"))
}

fn refusal(change: impl FnOnce(&mut Report)) -> String {
    let mut report = report();
    change(&mut report);
    check(report).unwrap_err().rule
}

fn refused_alert(change: impl FnOnce(&mut Alert)) -> String {
    let mut report = report();
    change(&mut report.alerts[0]);
    let believed = check(report).unwrap();
    assert!(believed.alerts.is_empty());
    assert_eq!(believed.refused.len(), 1);
    believed.refused[0].rule.clone()
}

#[test]
fn an_answer_that_fits_is_believed_as_it_is() {
    let believed = check(report()).unwrap();
    assert_eq!(believed.outcomes, [Outcome::Keep, Outcome::Abstain]);
    assert_eq!(believed.alerts, [alert()]);
    assert!(believed.refused.is_empty());
}

#[test]
fn columns_of_another_length_are_refused_by_name() {
    assert_eq!(refusal(|r| r.scores.truncate(1)), "scores has 1 entries for 2 instruments");
    assert_eq!(refusal(|r| r.outcomes.push(Outcome::Keep)), "outcomes has 3 entries for 2 instruments");
    assert_eq!(refusal(|r| r.reason.clear()), "reason has 0 entries for 2 instruments");
    assert_eq!(refusal(|r| r.measures[0].1.clear()), "measure gap has 0 entries for 2 instruments");
}

#[test]
fn scores_outside_0_to_100_are_refused_with_symbol_and_value() {
    assert_eq!(
        refusal(|r| r.scores[0] = 100.0001),
        "the score of AAA is 100.0001: scores lie within 0 to 100"
    );
    assert_eq!(refusal(|r| r.scores[0] = -1.0), "the score of AAA is -1: scores lie within 0 to 100");
    assert_eq!(
        refusal(|r| r.scores[0] = f64::INFINITY),
        "the score of AAA is inf: scores lie within 0 to 100"
    );
    assert_eq!(refusal(|r| r.scores[0] = f64::NAN), "the score of AAA is NaN: NaN goes only with abstain");
    assert_eq!(refusal(|r| r.scores[1] = 0.0), "the score of BBB is 0: a layer that abstains gives NaN");
}

#[test]
fn minus_zero_becomes_zero() {
    let mut minus = report();
    minus.scores[0] = -0.0;
    assert!(check(minus).unwrap().scores[0].is_sign_positive());
}

#[test]
fn reasons_out_of_range_too_long_or_unclean_are_refused() {
    assert_eq!(refusal(|r| r.reason[1] = 2), "the reason of BBB is number 2, but there are 2");
    assert_eq!(refusal(|r| r.reasons[0] = "x".repeat(501)), "a reason has 501 bytes, over the limit of 500");
    assert_eq!(
        refusal(|r| r.reasons[0] = "\u{1b}[31mred".into()),
        "a reason holds the control character U+001B: \"\u{fffd}[31mred\""
    );
    assert!(refusal(|r| r.reasons[0] = "a\u{202e}b".into()).contains("U+202E"));
}

#[test]
fn measures_other_than_declared_are_refused() {
    assert_eq!(
        refusal(|r| r.measures[0].0 = "gag".into()),
        "measure \"gag\" is reported where gap is declared"
    );
    assert_eq!(refusal(|r| r.measures.clear()), "0 measures are reported, 1 declared");
    assert!(refusal(|r| r.measures[0].1[0] = f64::INFINITY).contains("measure gap of AAA is infinite"));
}

#[test]
fn an_undeclared_alert_or_one_on_nobody_spoils_the_answer() {
    assert_eq!(
        refusal(|r| r.alerts[0].kind = "MOON".into()),
        "alert kind MOON is not declared; declared: GAP"
    );
    assert_eq!(refusal(|r| r.alerts[0].instrument = Some(2)), "alert GAP is on instrument number 2 of 2");
    assert!(refusal(|r| r.alerts[0].confidence = 1.1).contains("confidence of alert GAP is 1.1"));
    assert!(
        refusal(|r| r.alerts = vec![alert(); 117])
            .contains("117 alerts on 2 instruments are over the limit of 116")
    );
}

#[test]
fn an_alert_with_senseless_prices_is_refused_alone() {
    assert_eq!(
        refused_alert(|a| a.stop = Some(10.5)),
        "alert GAP on AAA: its stop 10.5 is not below its entry 10"
    );
    assert_eq!(
        refused_alert(|a| a.entry = Some(-1.0)),
        "alert GAP on AAA: its entry is -1, which is no price"
    );
    assert_eq!(
        refused_alert(|a| a.target = Some(10.0)),
        "alert GAP on AAA: its target 10 is not above its entry 10"
    );
    assert_eq!(
        refused_alert(|a| {
            a.side = Some(Side::Short);
            a.instrument = None;
        }),
        "alert GAP on the market: its stop 9 is not above its entry 10"
    );
}

#[test]
fn a_market_layer_has_no_verdicts() {
    let market = Descriptor { scope: Scope::Market, measures: Vec::new(), ..descriptor() };
    let empty = Report { market: vec![("breadth".into(), 0.6)], ..Report::default() };
    let believed = validate(empty, &market, 2, &|_| "?").unwrap();
    assert_eq!(believed.market, [("breadth".to_owned(), 0.6)]);
    assert!(
        validate(report(), &market, 2, &|_| "?").unwrap_err().rule.contains("outcomes has 2 entries for 0")
    );
}

proptest! {
    #[test]
    fn no_number_gets_past_that_is_not_within_0_to_100(score in any::<f64>()) {
        let mut wild = report();
        wild.scores[0] = score;
        match check(wild) {
            Ok(believed) => prop_assert!((0.0..=100.0).contains(&believed.scores[0])),
            Err(_) => prop_assert!(!(0.0..=100.0).contains(&score)),
        }
    }

    #[test]
    fn any_text_that_gets_past_is_clean_and_short(text in any::<String>()) {
        let mut wild = report();
        wild.reasons[0] = text;
        if let Ok(believed) = check(wild) {
            prop_assert!(believed.reasons[0].len() <= TEXT_BYTES);
            prop_assert!(!believed.reasons[0].chars().any(char::is_control));
        }
    }
}
