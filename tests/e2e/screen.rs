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
            "error: column 8: > stands where a value should be\n  close >> 1\n         ^\n",
        ),
        (
            &["screen", "check", "rvol > 2", "--score", "rsi(14"],
            "error: --score, column 7: a comma or a closing bracket is missing\n  rsi(14\n        ^\n",
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
fn what_no_layer_before_it_says_is_refused_at_its_column() {
    let home = Home::with_market();
    for (args, wanted) in [
        (
            &["scan", "--where", "upstream('sluice/volume', 'foo') > 2"][..],
            "error: --where, column 27: sluice/volume has no measure foo: it has score, relative-volume, z-score, volume\n  \
             upstream('sluice/volume', 'foo') > 2\n                            ^\n",
        ),
        (
            &["scan", "--where", "close > 1", "--score", "upstream('sluice/volum', 'score')"],
            "error: --score, column 10: no stage before this one runs a layer sluice/volum: there are \
             sluice/universe, sluice/liquidity, sluice/volume, sluice/technical\n  \
             upstream('sluice/volum', 'score')\n           ^\n",
        ),
        (
            &["scan", "--stage", "0", "--where", "upstream('sluice/volume', 'score') > 2"],
            "error: --where, column 10: no stage before this one runs a layer sluice/volume: there are \
             sluice/universe\n  upstream('sluice/volume', 'score') > 2\n           ^\n",
        ),
    ] {
        let ran = home.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stderr, wanted, "{args:?}");
    }
    assert_eq!(home.json(&["status"])["scans"], 0, "nothing was scanned");
    home.ok(&["layer", "disable", "sluice/technical"]);
    let disabled = home.run(&["scan", "--where", "upstream('sluice/technical', 'score') > 2"]);
    assert_eq!(disabled.code, 2, "{}", disabled.stderr);
    assert!(disabled.stderr.contains("column 10: sluice/technical is disabled in pipeline daily"));
    home.ok(&["layer", "enable", "sluice/technical"]);
    let scan = home.json(&["scan", "--where", "upstream('sluice/volume', 'score') >= 0"]);
    assert!(!symbols(&scan).is_empty());
}

#[test]
fn a_screen_of_the_configuration_that_reads_what_there_is_not_stops_the_scan() {
    let home = Home::with_market();
    let stage = "[[pipelines.daily.stages]]\nnumber = 3\nname = \"mine\"\nlayers = [\"sluice/screen\"]\n";
    let screen = |condition: &str| {
        home.configure(&format!("{stage}[layers.\"sluice/screen\".settings]\nwhere = \"{condition}\"\n"));
    };
    screen("close > 1 and upstream('sluice/gap', 'score') > 2");
    let error = home.fails(&["scan"]);
    assert!(
        error.contains(
            "layer sluice/screen, setting where: column 24: no stage before this one runs a layer sluice/gap"
        ),
        "{error}"
    );
    screen("upstream('sluice/technical', 'score') >= 0");
    home.ok(&["scan"]);
    // what an operator disables is left out, with a warning, and stops nobody
    home.ok(&["layer", "disable", "sluice/technical"]);
    let without = home.json(&["scan"]);
    assert_eq!(symbols(&without), Vec::<&str>::new());
    let warnings = without["warnings"].to_string();
    assert!(warnings.contains("sluice/technical is disabled in pipeline daily"), "{warnings}");
}

#[test]
fn a_fact_that_no_instrument_has_is_a_warning() {
    let home = Home::with_market();
    let told = |scan: &Value, fact: &str| {
        let warning = format!("sluice/screen asks for the fact {fact}, which no instrument has: import it");
        list(scan, "warnings").iter().any(|line| line.as_str() == Some(&warning))
    };
    let scan = home.json(&["scan", "--where", "fact('foo') > 2"]);
    assert!(told(&scan, "foo") && symbols(&scan).is_empty(), "{}", scan["warnings"]);
    // from the cache, too
    assert!(told(&home.json(&["scan", "--where", "fact('foo') > 2"]), "foo"));
    let symbol = home.json(&["scan"])["results"][0]["symbol"].as_str().unwrap().to_owned();
    let facts = format!("symbol,known_at,name,value\n{symbol},2025-06-02,foo,3\n");
    home.ok(&["import", &home.file("facts.csv", facts)]);
    let scan = home.json(&["scan", "--where", "fact('foo') > 2"]);
    assert!(!told(&scan, "foo"), "{}", scan["warnings"]);
    assert_eq!(symbols(&scan), [symbol]);
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
