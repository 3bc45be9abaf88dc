//! `sluice symbol`, `sluice diff`, `sluice scan --new` and `--explain`: what changed, and why.

use crate::support::Home;
use serde_json::Value;

/// The day before the newest session of the market of the tests.
const BEFORE: &str = "2025-06-27";

fn symbols(scan: &Value) -> Vec<String> {
    let results = scan["results"].as_array().unwrap().iter();
    results.map(|result| result["symbol"].as_str().unwrap().to_owned()).collect()
}

fn of_change<'a>(diff: &'a Value, change: &str) -> Vec<&'a Value> {
    diff.as_array().unwrap().iter().filter(|row| row["change"] == change).collect()
}

#[test]
fn a_diff_tells_what_entered_and_left_and_why() {
    let home = Home::with_market();
    let first = home.json(&["scan", "--as-of", BEFORE]);
    assert!(home.fails(&["diff"]).contains("to compare with"));
    let second = home.json(&["scan"]);
    let (old, new) = (symbols(&first), symbols(&second));
    let diff = home.json(&["diff"]);
    let named = |change: &str| -> Vec<String> {
        of_change(&diff, change).iter().map(|row| row["symbol"].as_str().unwrap().to_owned()).collect()
    };
    let entered: Vec<&String> = new.iter().filter(|symbol| !old.contains(symbol)).collect();
    let left: Vec<&String> = old.iter().filter(|symbol| !new.contains(symbol)).collect();
    assert!(!entered.is_empty() && !left.is_empty(), "a test on nothing tells nothing");
    assert_eq!(
        (named("entered").iter().collect::<Vec<_>>(), named("left").iter().collect::<Vec<_>>()),
        (entered.clone(), left)
    );
    for row in of_change(&diff, "left") {
        assert!(row["cause"].is_string() && row["cause"] != "passed", "{row}");
    }
    let ids = [&first, &second].map(|scan| scan["scan_id"].as_str().unwrap().to_owned());
    assert_eq!(home.json(&["diff", &ids[0], &ids[1]]), diff);
    assert_eq!(home.json(&["diff", &ids[1]]), diff);
    assert_eq!(home.json(&["diff", &ids[1], &ids[1]]), Value::Array(Vec::new()));
    let back = home.json(&["diff", &ids[1], &ids[0]]);
    assert_eq!(of_change(&back, "left").len(), entered.len());
    assert!(home.ok(&["diff"]).starts_with("pipeline daily as of 2025-06-30"));
}

#[test]
fn new_results_are_those_that_the_scan_before_did_not_have() {
    let home = Home::with_market();
    let all = home.run(&["scan", "--as-of", BEFORE, "--new", "--format", "json"]);
    assert!(all.stderr.contains("every result is new"), "{}", all.stderr);
    let old = symbols(&all.json());
    let dry = home.run(&["scan", "--new", "--dry-run", "--format", "json"]);
    let whole = symbols(&home.json(&["scan"]));
    let expected: Vec<String> = whole.iter().filter(|symbol| !old.contains(symbol)).cloned().collect();
    assert_eq!(symbols(&dry.json()), expected);
    let told = format!("{} of {} results are new", expected.len(), whole.len());
    assert!(dry.stderr.contains(&told), "{}", dry.stderr);
    let again = home.run(&["scan", "--new", "--format", "json"]);
    assert_eq!(symbols(&again.json()), Vec::<String>::new());
    assert!(again.stderr.contains("none is gone"), "{}", again.stderr);
}

#[test]
fn a_symbol_tells_its_way_and_its_movements() {
    let home = Home::with_market();
    home.ok(&["scan", "--as-of", BEFORE]);
    let scan = home.json(&["scan"]);
    let diff = home.json(&["diff"]);
    let entered = of_change(&diff, "entered")[0]["symbol"].as_str().unwrap();
    let way = home.json(&["symbol", entered]);
    assert_eq!(
        (&way["scan_id"], &way["cause"], &way["stopped"]),
        (&scan["scan_id"], &"passed".into(), &Value::Null)
    );
    let fates: Vec<&str> =
        way["stages"].as_array().unwrap().iter().map(|stage| stage["fate"].as_str().unwrap()).collect();
    assert_eq!(fates, ["passed", "passed", "passed"]);
    let history = home.json(&["symbol", entered, "--history"]);
    assert_eq!((&history[0]["scan_id"], &history[0]["to"]), (&scan["scan_id"], &"catalyst".into()));
    assert!(["entered", "promoted"].contains(&history[0]["movement"].as_str().unwrap()), "{history}");
    let left = of_change(&diff, "left")[0]["symbol"].as_str().unwrap();
    let told = home.ok(&["symbol", left]);
    assert!(
        told.lines().last().unwrap().starts_with(&format!("{left} went no further than stage ")),
        "{told}"
    );
    let gone = home.json(&["symbol", left, "--history"]);
    assert_eq!(gone[0]["from"], "catalyst");
    assert_eq!(home.json(&["symbol", left, "--history", "--limit", "all"]), gone);
    let since = gone.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&since["movement"], &since["to"], &since["as_of"], &since["cause"]),
        (&"first-scan".into(), &"catalyst".into(), &"2025-06-27T20:00:00Z".into(), &"passed".into())
    );
    let cursor = gone[0]["cursor"].to_string();
    let rest = home.json(&["symbol", left, "--history", "--after", &cursor]);
    assert_eq!(rest.as_array().unwrap().as_slice(), &gone.as_array().unwrap()[1..]);
    let table = home.ok(&["symbol", left, "--history"]);
    assert!(table.contains("first-scan"), "{table}");
    // a scan of the past moves nobody
    home.ok(&["scan", "--as-of", BEFORE]);
    assert_eq!(home.json(&["symbol", left, "--history"]), gone);
    let unknown = "unknown symbol NOBODY: `sluice data list` shows what is imported";
    for args in
        [&["symbol", "NOBODY"][..], &["symbol", "NOBODY", "--history"], &["scan", "--symbols", "NOBODY"]]
    {
        assert_eq!(home.refuses(args, 2), unknown, "{args:?}");
    }
    // the way is that of the newest day, whichever scan ran last
    assert_eq!(home.json(&["symbol", entered])["scan_id"], scan["scan_id"]);
    assert_eq!(home.json(&["symbol", &entered.to_lowercase()])["symbol"], entered);
}

#[test]
fn an_explanation_tells_what_every_layer_saw_computed_and_said() {
    let home = Home::with_market();
    let scan = home.json(&["scan"]);
    let first = &scan["results"][0];
    let symbol = first["symbol"].as_str().unwrap();
    let told = home.json(&["scan", "--explain", symbol, "--dry-run"]);
    assert_eq!(
        (&told["symbol"], &told["rank"], &told["cause"]),
        (&first["symbol"], &1.into(), &"passed".into())
    );
    for stage in told["stages"].as_array().unwrap() {
        assert_eq!((&stage["reached"], &stage["passed"]), (&true.into(), &true.into()));
        for layer in stage["layers"].as_array().unwrap() {
            let said = &first["layers"][layer["id"].as_str().unwrap()];
            assert_eq!((&layer["outcome"], &layer["score"]), (&said["outcome"], &said["score"]));
            assert_eq!(layer["measures"], said["measures"]);
            for bars in layer["saw"]["bars"].as_array().unwrap() {
                assert_eq!(
                    (&bars["timeframe"], &bars["last"]),
                    (&"1d".into(), &"2025-06-30T13:30:00Z".into())
                );
                assert!(bars["count"].as_u64() <= bars["lookback"].as_u64(), "{bars}");
            }
        }
    }
    let stopped = home.json(&["symbol", "--scan", scan["scan_id"].as_str().unwrap(), symbol]);
    assert_eq!(stopped["score"], told["score"]);
    let text = home.ok(&["scan", "--explain", symbol, "--dry-run"]);
    assert!(text.ends_with(&format!("{symbol} came through all stages, to rank 1\n")), "{text}");
    let small = home.json(&["scan", "--explain", &symbol.to_lowercase(), "--dry-run"]);
    assert_eq!(small["symbol"], symbol);
    assert_eq!(
        home.refuses(&["scan", "--explain", "NOBODY", "--dry-run"], 2),
        "unknown symbol NOBODY: `sluice data list` shows what is imported"
    );
}

#[test]
fn what_a_scan_does_not_look_at_is_not_explained_and_the_reason_is_the_true_one() {
    let home = Home::with_market();
    let explained = |args: &[&str]| home.refuses(&[&["scan", "--dry-run"], args].concat(), 2);
    assert_eq!(
        explained(&["--symbols", "CIG", "--explain", "TSDD"]),
        "TSDD is not among --symbols: add it there, or leave --symbols out"
    );
    for list in ["junk", "dull", "mine"] {
        home.ok(&[&["list", "create", list][..], if list == "mine" { &[] } else { &["--exclude"] }].concat());
    }
    home.ok(&["list", "add", "mine", "TSDD", "CIG"]);
    home.ok(&["list", "add", "junk", "TSDD", "EOH"]);
    let excluded = |lists: &str| {
        format!("TSDD is excluded by {lists}: no scan looks at it; `sluice list remove` takes it off")
    };
    for args in [&["--explain", "TSDD"][..], &["--symbols", "@mine", "--explain", "tsdd"]] {
        let told = explained(args).replace("tsdd", "TSDD");
        assert_eq!(told, excluded("list junk"), "{args:?}");
    }
    home.ok(&["list", "add", "dull", "TSDD"]);
    assert_eq!(explained(&["--explain", "TSDD"]), excluded("lists dull, junk"));
    home.ok(&["scan", "--dry-run", "--symbols", "@mine", "--explain", "CIG"]);
}

#[test]
fn in_the_default_pipeline_movements_have_the_score_and_reason_of_the_catalysts() {
    let home = Home::with_market_and_default();
    home.ok(&["scan", "--as-of", BEFORE]);
    let scan = home.json(&["scan"]);
    let results = scan["results"].as_array().unwrap();
    let mut told = 0;
    for result in results {
        let symbol = result["symbol"].as_str().unwrap();
        let history = home.json(&["symbol", symbol, "--history"]);
        let newest = &history[0];
        if newest["scan_id"] != scan["scan_id"] {
            continue;
        }
        told += 1;
        assert_eq!((&newest["to"], &newest["cause"]), (&"session".into(), &"passed".into()), "{newest}");
        assert_eq!((&newest["score"], &newest["reason"]), (&result["score"], &result["reason"]), "{newest}");
    }
    assert!(told > 0, "a test on nothing tells nothing");
}
