//! `sluice scan --where` and `sluice screen`: an expression instead of code.

use crate::support::{Home, list, texts};
use serde_json::Value;

fn symbols(scan: &Value) -> Vec<&str> {
    texts(scan, "results", "symbol")
}

#[test]
fn a_screen_keeps_what_it_holds_for_in_the_order_of_the_stage_before() {
    let home = Home::with_market();
    let all = home.json(&["scan"]);
    let scan = home.json(&["scan", "--where", "close > 50"]);
    let stages = list(&scan, "stages");
    let last = stages.last().unwrap();
    assert_eq!((&last["number"], &last["name"]), (&3.into(), &"screen".into()));
    assert_eq!(last["layers"][0]["id"], "sluice/screen");
    assert_eq!(last["in"], list(&all, "results").len(), "it sees what the pipeline lets through");
    // TSDD 103.69, CIG 72.41, IJN 53.44: the closes of the alerts of the whole scan
    assert_eq!(symbols(&scan), ["TSDD", "CIG", "IJN"]);
    let score = |scan: &Value, symbol: &str| {
        let results = list(scan, "results").iter();
        results.filter(|result| result["symbol"] == symbol).map(|result| result["score"].clone()).next()
    };
    for symbol in symbols(&scan) {
        assert_eq!(score(&scan, symbol), score(&all, symbol), "without --score the score stays");
    }
    assert_eq!(list(&scan, "results")[0]["reason"], "it holds");
}

#[test]
fn with_a_score_the_screen_ranks_and_with_a_stage_it_sees_what_that_lets_through() {
    let home = Home::with_market();
    let universe = home.json(&["scan", "--stage", "0", "--dry-run"]);
    let scan =
        home.json(&["scan", "--stage", "0", "--where", "close > 0", "--score", "close / 10", "--dry-run"]);
    let stages = list(&scan, "stages");
    assert_eq!(stages.len(), 2);
    assert_eq!(stages[1]["in"], list(&universe, "results").len());
    let results = list(&scan, "results");
    let scores: Vec<f64> = results.iter().map(|result| result["score"].as_f64().unwrap()).collect();
    assert!(scores.len() > 200 && scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    // `value` is what the expression came to before it was cut to 0 to 100
    let opinion = &results[0]["layers"]["sluice/screen"];
    assert!(opinion["measures"]["value"].as_f64().unwrap() >= opinion["score"].as_f64().unwrap());
}

#[test]
fn an_error_points_at_the_column_of_the_text() {
    let home = Home::empty();
    for (args, wanted) in [
        (
            &["scan", "--where", "rvol > 2 and clos > 5"][..],
            "error: --where, column 14: clos is unknown: did you mean close?\n  rvol > 2 and clos > 5\n               ^\n",
        ),
        (
            &["scan", "--where", "rvol > 2", "--score", "rsi(14"],
            "error: --score, column 7: a comma or a closing bracket is missing\n  rsi(14\n        ^\n",
        ),
        (
            &["screen", "check", "close >> 1"],
            "error: --where, column 8: > stands where a value should be\n  close >> 1\n         ^\n",
        ),
    ] {
        let ran = home.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}");
        assert_eq!(ran.stderr, wanted, "{args:?}");
    }
    assert!(!home.path().exists(), "nothing was made for it");
    assert!(home.run(&["scan", "--score", "rsi"]).stderr.contains("--where <EXPR>"));
}

#[test]
fn a_check_says_what_an_expression_needs() {
    let home = Home::empty();
    let needs = home.json(&["screen", "check", "rvol > 2 and sector == 'Energy'", "--score", "fact('pe')"]);
    assert_eq!((&needs["bars"], &needs["profile"]), (&21.into(), &true.into()));
    assert_eq!(
        (&needs["columns"], &needs["facts"]),
        (&serde_json::json!(["volume"]), &serde_json::json!(["pe"]))
    );
    insta::assert_snapshot!(home.ok(&["screen", "check", "close > sma(50)"]), @r#"
    ┌─────────────────────────────┬───────┐
    │ it holds together           ┆       │
    ╞═════════════════════════════╪═══════╡
    │ columns                     ┆ close │
    │ bars back, warm-up included ┆ 50    │
    │ facts                       ┆ none  │
    │ earlier layers              ┆ none  │
    │ from the directory          ┆ none  │
    │ newest quote                ┆ no    │
    └─────────────────────────────┴───────┘
    "#);
}

#[test]
fn everything_that_an_expression_can_say_is_listed() {
    let home = Home::empty();
    let functions = home.json(&["screen", "functions"]);
    let forms: Vec<&str> =
        functions.as_array().unwrap().iter().map(|f| f["form"].as_str().unwrap()).collect();
    for form in [
        "close",
        "rvol",
        "sector",
        "rsi([x = close], [n = 14])",
        "crosses_above(x, x)",
        "fact(\"market-cap\")",
    ] {
        assert!(forms.contains(&form), "{form} is missing: {forms:?}");
    }
    let table = home.ok(&["screen", "functions"]);
    assert!(table.contains("Wilder's relative strength index, 0 to 100."), "{table}");
}
