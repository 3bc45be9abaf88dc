//! Answers that are refused, and odd ones that are legal.

use super::Stand;
use crate::support::list;

fn kinds<'a>(names: &'a [&'a str]) -> Vec<String> {
    names.iter().map(|name| format!("kind = \"{name}\"")).collect()
}

fn faults(stand: &Stand, names: &[&str], limits: &str) -> String {
    stand.told(kinds(names).iter().map(String::as_str), limits)
}

#[test]
fn columns_that_do_not_fit_are_refused_with_field_and_counts() {
    let stand = Stand::with("columns");
    let told = faults(
        &stand,
        &[
            "nothing",
            "outcomes-short",
            "outcomes-long",
            "scores-short",
            "scores-long",
            "reason-short",
            "reason-long",
            "reason-out-of-range",
            "reason-far-out-of-range",
            "no-reasons",
            "abstains-with-score",
            "measure-missing",
            "measure-undeclared",
            "measure-renamed",
            "measure-short",
            "measure-infinite",
            "measure-packed-odd",
            "alert-out-of-range",
            "alerts-over-the-limit",
            "market-nan",
        ],
        "",
    );
    insta::assert_snapshot!(told);
    let many = faults(&stand, &["alerts-ten-million"], "memory-mib = 16");
    assert!(many.contains(": wanted ") && many.contains("over its limit of 16777216"), "{many}");
}

#[test]
fn a_faulted_layer_with_measures_is_stored_without_them() {
    let stand = Stand::with("columns");
    stand.faults("kind = \"measure-missing\"", "");
    stand.faults("kind = \"nothing\"", "");
}

#[test]
fn as_many_alerts_as_there_may_be_are_taken() {
    let stand = Stand::with("columns");
    let outcome = stand.scan("kind = \"alerts-at-the-limit\"", "");
    assert_eq!((outcome.code, &outcome.hostile()["status"]), (0, &"ok".into()));
    let entered = outcome.scan["stages"][super::LAST]["in"].as_u64().unwrap();
    let raised = outcome.home.json(&["alerts", "--all", "--layer", "test/columns", "--limit", "10000"]);
    assert!(!raised.as_array().unwrap().is_empty());
    assert!(raised.as_array().unwrap().len() as u64 <= entered * 8 + 100);
}

#[test]
fn an_alert_of_a_kind_that_is_not_declared_is_refused_with_the_whole_answer() {
    let fault = Stand::with("undeclared_alert").faults("", "");
    let rule = "its answer is refused: alert kind UNDECLARED is not declared; declared: none";
    assert_eq!(fault, format!("{rule}; it faulted on every one of 6 parts of its input, too"));
}

#[test]
fn an_alert_whose_stop_is_on_the_wrong_side_is_refused_alone() {
    let stand = Stand::with("silly_alert");
    let outcome = stand.scan("", "");
    assert_eq!((outcome.code, &outcome.hostile()["status"]), (0, &"ok".into()));
    stand.others_are_unchanged(&outcome.scan).unwrap();
    let end = ": its stop 11 is not below its entry 10; refused";
    let told = |line: &&serde_json::Value| line.as_str().unwrap().ends_with(end);
    let refused = list(&outcome.scan, "warnings").iter().filter(told).count();
    assert_eq!((outcome.hostile()["calls"].as_u64(), refused), (Some(1), 1), "one in each call");
    let raised = outcome.home.json(&["alerts", "--all", "--layer", "test/silly-alert", "--limit", "10000"]);
    let sound = raised.as_array().unwrap();
    assert_eq!(sound.len() as u64, outcome.scan["stages"][super::LAST]["in"].as_u64().unwrap());
    assert!(sound.iter().all(|alert| alert["message"] == "sound"));
}

#[test]
fn scores_that_are_none_are_refused_with_the_first_instrument() {
    let stand = Stand::with("scores");
    let told = faults(
        &stand,
        &["nan", "infinity", "minus-infinity", "minus-one", "above-hundred", "just-above-hundred"],
        "",
    );
    insta::assert_snapshot!(told);
    let below = stand.faults("kind = \"just-below-zero\"", "");
    assert!(below.contains(": scores lie within 0 to 100"), "{below}");
}

#[test]
fn minus_zero_subnormal_numbers_and_a_hundred_are_scores() {
    let stand = Stand::with("scores");
    for (kind, score) in [("minus-zero", 0.0), ("subnormal", f64::from_bits(1)), ("hundred", 100.0)] {
        let outcome = stand.scan(&format!("kind = \"{kind}\""), "");
        assert_eq!((outcome.code, &outcome.hostile()["status"]), (0, &"ok".into()), "{kind}");
        stand.others_are_unchanged(&outcome.scan).unwrap();
        let scores: Vec<f64> =
            outcome.opinions("test/scores").map(|(_, opinion)| opinion["score"].as_f64().unwrap()).collect();
        assert!(scores.len() > 20, "{kind}");
        assert!(scores.iter().all(|said| said.to_bits() == score.to_bits()), "{kind}: {scores:?}");
    }
}

#[test]
fn texts_that_a_terminal_obeys_or_that_have_no_end_are_refused() {
    let stand = Stand::with("texts");
    let mut cases = Vec::new();
    for kind in ["over-the-limit", "megabyte", "lines", "nul", "escapes", "override", "isolate"] {
        cases.push(format!("kind = \"{kind}\""));
    }
    for place in ["alert", "key", "figure", "market"] {
        cases.push(format!("kind = \"escapes\"\nplace = \"{place}\""));
    }
    let told = stand.told(cases.iter().map(String::as_str), "");
    insta::assert_snapshot!(told);
}

#[test]
fn faults_and_panics_with_hostile_texts_are_told_in_clean_words() {
    let stand = Stand::with("texts");
    let fault =
        |kind: &str, place: &str| stand.faults(&format!("kind = \"{kind}\"\nplace = \"{place}\""), "");
    let endless = fault("ten-megabytes", "fault");
    assert!(endless.starts_with("reported a fault: yyy") && endless.contains(&"y".repeat(500)), "{endless}");
    assert!(!endless.contains(&"y".repeat(501)), "{endless}");
    let mut told = String::new();
    for (kind, place) in [("escapes", "fault"), ("override", "fault"), ("html", "fault"), ("sql", "fault")] {
        told += &format!("{kind} in a {place}: {}\n", fault(kind, place));
    }
    insta::assert_snapshot!(told);
    let panic = fault("escapes", "panic");
    let start =
        "panicked: \u{fffd}[2J\u{fffd}]0;owned\u{fffd}\u{fffd}31mred (tests/hostile/examples/texts.rs:";
    assert!(panic.starts_with(start), "{panic}");
}

/// What is dangerous only to a page, a statement or a spreadsheet is a text like any other: stored and given as it is.
#[test]
fn html_sql_and_formulas_are_texts_and_stored_as_they_are() {
    let stand = Stand::with("texts");
    for (kind, text) in [
        ("html", "<script>alert(1)</script><img src=x onerror=alert(2)>&amp;"),
        ("sql", "'); DROP TABLE verdicts; --"),
        ("formula", "=HYPERLINK(\"http://example.invalid\",\"click\")"),
        ("emoji", "📈 naïve Ελλάδα"),
        ("at-the-limit", &"x".repeat(500)),
        ("empty", ""),
    ] {
        let reason = stand.scan(&format!("kind = \"{kind}\""), "");
        assert_eq!((reason.code, &reason.hostile()["status"]), (0, &"ok".into()), "{kind}");
        stand.others_are_unchanged(&reason.scan).unwrap();
        let given = list(&reason.scan, "results")
            .iter()
            .filter(|result| result["reason"].as_str().unwrap().contains(text));
        assert!(given.count() > 0, "{kind}: {}", reason.scan["results"][0]);
        let alert = stand.scan(&format!("kind = \"{kind}\"\nplace = \"alert\""), "");
        assert_eq!(alert.code, 0, "{kind}");
        let stored = alert.home.json(&["alerts", "--all", "--layer", "test/texts", "--limit", "1"]);
        assert_eq!(stored[0]["message"], text, "{kind}");
        super::rows(&alert.home);
    }
}
