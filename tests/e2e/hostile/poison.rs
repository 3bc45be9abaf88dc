//! Layers that misbehave on some instruments only: these get the outcome `error`, all others keep what a scan without
//! them would say.

use super::rows;
use crate::support::{Home, Ran, list, test_layer};
use serde_json::Value;
use std::collections::BTreeMap;

const CONFIG: &str = r#"
[[pipelines.poison.stages]]
number = 0
name = "judged"
layers = ["sluice/volume", "ID"]
pass = "any"
score = "max"

[layers."ID".settings]
kind = "KIND"
symbols = [SYMBOLS]

[layers."ID".limits]
fuel = 20_000_000
wall-ms = 60_000
"#;

/// What is said of every instrument, and what of the run as a whole.
struct Judged {
    home: Home,
    code: i32,
    scan: Value,
}

/// A home in which one of the two layers is installed.
struct Stand {
    home: Home,
    id: &'static str,
    symbols: Vec<String>,
}

impl Stand {
    fn new(file: &str, id: &'static str) -> Self {
        let home = Home::with_market();
        home.ok(&["layer", "install", &test_layer(file)]);
        let stand = Self { home, id, symbols: Vec::new() };
        let honest = stand.judge("none", &[], &[]);
        assert_eq!((honest.code, &honest.scan["status"]), (0, &"complete".into()));
        let symbols = honest.opinions(id).into_keys().collect();
        Self { symbols, ..stand }
    }

    fn alone() -> Self {
        Self::new("poison", "test/poison")
    }

    fn together() -> Self {
        Self::new("poison_cross", "test/poison-cross")
    }

    /// So many symbols, far from each other.
    fn some(&self, count: usize) -> Vec<&str> {
        (1..=count).map(|at| self.symbols[self.symbols.len() * at / (count + 1)].as_str()).collect()
    }

    /// A scan with these instruments as poison, on the market without some.
    fn judge(&self, kind: &str, poison: &[&str], without: &[&str]) -> Judged {
        let home = self.home.copy();
        let path = home.path().join("sluice.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let quoted: Vec<String> = poison.iter().map(|symbol| format!("{symbol:?}")).collect();
        let config =
            CONFIG.replace("ID", self.id).replace("KIND", kind).replace("SYMBOLS", &quoted.join(", "));
        std::fs::write(path, format!("{text}\n{config}")).unwrap();
        let chosen: Vec<&str> =
            self.symbols.iter().map(String::as_str).filter(|symbol| !without.contains(symbol)).collect();
        let chosen = chosen.join(",");
        let mut args = vec!["scan", "--no-cache", "--pipeline", "poison", "--format", "json"];
        if !without.is_empty() {
            args.extend(["--symbols", &chosen]);
        }
        let Ran { code, stdout, stderr } = home.run(&args);
        assert!([0, 3].contains(&code), "{kind}: {stdout}{stderr}");
        Judged { home, code, scan: serde_json::from_str(&stdout).unwrap() }
    }

    /// That these instruments, and only these, have the outcome `error`, and that everything else is as without them.
    fn isolates(&self, kind: &str, poison: &[&str]) -> Judged {
        let judged = self.judge(kind, poison, &[]);
        assert_eq!((judged.code, &judged.scan["status"]), (3, &"partial".into()), "{kind}");
        assert_eq!(judged.layer(self.id)["status"], "ok", "{kind}: {}", judged.layer(self.id));
        let mut expected = poison.to_vec();
        expected.sort_unstable();
        let mut found = judged.errors(self.id).into_keys().collect::<Vec<_>>();
        found.sort_unstable();
        assert_eq!(found, expected, "{kind}");
        let without = self.judge(kind, poison, poison);
        assert_eq!((without.code, &without.scan["status"]), (0, &"complete".into()), "{kind}");
        let mut opinions = judged.opinions(self.id);
        for symbol in poison {
            let opinion = opinions.remove(*symbol);
            // an instrument that another layer keeps is still in the result
            if let Some(opinion) = opinion {
                assert_eq!(
                    (&opinion["outcome"], &opinion["score"]),
                    (&"error".into(), &Value::Null),
                    "{kind}"
                );
            }
        }
        assert_eq!(
            opinions,
            without.opinions(self.id),
            "{kind}: others are not those of a scan without them"
        );
        let mut others = judged.opinions("sluice/volume");
        poison.iter().for_each(|symbol| drop(others.remove(*symbol)));
        assert_eq!(others, without.opinions("sluice/volume"), "{kind}: the other layer");
        judged
    }
}

impl Judged {
    fn layer(&self, id: &str) -> &Value {
        list(&self.scan["stages"][0], "layers").iter().find(|layer| layer["id"] == id).unwrap()
    }

    /// What a layer said of the instruments that got through.
    fn opinions(&self, id: &str) -> BTreeMap<String, Value> {
        let results = list(&self.scan, "results").iter();
        results
            .map(|result| (result["symbol"].as_str().unwrap().to_owned(), result["layers"][id].clone()))
            .filter(|(_, opinion)| !opinion.is_null())
            .collect()
    }

    /// Instruments that a layer faulted on, with its faults.
    fn errors(&self, id: &str) -> BTreeMap<&str, &str> {
        let errors = self.layer(id)["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().map(|it| (it["symbol"].as_str().unwrap(), it["fault"].as_str().unwrap())).collect()
    }

    fn calls(&self, id: &str) -> u64 {
        self.layer(id)["calls"].as_u64().unwrap()
    }
}

#[test]
fn one_poisonous_instrument_costs_its_own_opinion_only() {
    let stand = Stand::alone();
    let [poison] = stand.some(1)[..] else { panic!("no symbol") };
    let mut told = String::new();
    for kind in ["panic", "names", "names-nobody", "nan", "infinity", "reason", "loop"] {
        let judged = stand.isolates(kind, &[poison]);
        let fault = judged.errors(stand.id)[poison].to_owned();
        assert!(judged.calls(stand.id) <= 24, "{kind}: {} calls", judged.calls(stand.id));
        told += &format!("{kind}, {} calls: {fault}\n", judged.calls(stand.id));
        let warnings = judged.scan["warnings"].to_string();
        assert!(warnings.contains(poison) && warnings.contains(stand.id), "{kind}: {warnings}");
    }
    insta::assert_snapshot!(told.replace(poison, "POISON"));
}

#[test]
fn an_instrument_that_the_layer_names_is_found_with_one_more_call() {
    let stand = Stand::alone();
    let poison = stand.some(1);
    assert_eq!(stand.isolates("names", &poison).calls(stand.id), 2);
    assert_eq!(stand.isolates("nan", &poison).calls(stand.id), 2);
}

#[test]
fn two_poisonous_instruments_are_both_found() {
    let stand = Stand::alone();
    for kind in ["panic", "names", "nan", "loop"] {
        stand.isolates(kind, &stand.some(2));
    }
    // side by side, and at both ends
    let symbols: Vec<&str> = stand.symbols.iter().map(String::as_str).collect();
    stand.isolates("panic", &symbols[10..12]);
    stand.isolates("panic", &[symbols[0], symbols[symbols.len() - 1]]);
}

#[test]
fn what_was_judged_of_the_others_is_stored_and_what_was_not_is_stored_as_an_error() {
    let stand = Stand::alone();
    let poison = stand.some(1);
    let honest = stand.judge("none", &[], &[]);
    let judged = stand.isolates("panic", &poison);
    assert_eq!(rows(&judged.home), rows(&honest.home), "a row for each, whatever its outcome");
    let again = judged.home.json(&["scan"]);
    assert_eq!(again["status"], "complete");
}

#[test]
fn with_more_poison_than_can_be_isolated_the_layer_has_faulted() {
    let stand = Stand::alone();
    let poison = stand.some(9);
    for kind in ["panic", "names"] {
        let judged = stand.judge(kind, &poison, &[]);
        assert_eq!((judged.code, &judged.layer(stand.id)["status"]), (3, &"faulted".into()), "{kind}");
        assert_eq!(judged.opinions(stand.id), BTreeMap::new(), "{kind}");
        assert_eq!(judged.errors(stand.id), BTreeMap::new(), "{kind}");
    }
    stand.isolates("panic", &stand.some(3));
}

#[test]
fn a_layer_that_faults_on_everything_is_found_out_after_a_few_calls() {
    let stand = Stand::alone();
    let mut told = String::new();
    for kind in ["panic", "loop", "nan", "names", "names-nobody"] {
        let judged = stand.judge(kind, &["*"], &[]);
        let layer = judged.layer(stand.id);
        assert_eq!(layer["status"], "faulted", "{kind}");
        let fault = layer["fault"].as_str().unwrap();
        told += &format!("{kind}, {} calls: {fault}\n", judged.calls(stand.id));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_layer_that_goes_on_naming_innocent_instruments_is_at_fault_itself() {
    let stand = Stand::alone();
    let judged = stand.judge("names-first", &stand.some(1), &[]);
    assert_eq!((judged.code, &judged.layer(stand.id)["status"]), (3, &"faulted".into()));
    assert!(judged.calls(stand.id) <= 12, "{} calls", judged.calls(stand.id));
    assert_eq!(judged.errors(stand.id), BTreeMap::new(), "nobody is blamed");
}

#[test]
fn a_layer_that_compares_is_asked_once_more_without_the_instrument_that_it_names() {
    let stand = Stand::together();
    let poison = stand.some(1);
    for kind in ["names", "nan"] {
        assert_eq!(stand.isolates(kind, &poison).calls(stand.id), 2, "{kind}");
    }
}

#[test]
fn a_layer_that_compares_is_never_divided() {
    let stand = Stand::together();
    let mut told = String::new();
    for (kind, count) in [("panic", 1), ("loop", 1), ("names-nobody", 1), ("names", 2), ("nan", 2)] {
        let poison = stand.some(count);
        let judged = stand.judge(kind, &poison, &[]);
        assert_eq!((judged.code, &judged.layer(stand.id)["status"]), (3, &"faulted".into()), "{kind}");
        assert!(judged.calls(stand.id) <= 2, "{kind}: {} calls", judged.calls(stand.id));
        assert_eq!(judged.opinions(stand.id), BTreeMap::new(), "{kind}");
        let mut fault = judged.layer(stand.id)["fault"].as_str().unwrap().to_owned();
        for (at, symbol) in poison.iter().enumerate() {
            fault = fault.replace(symbol, &format!("POISON{}", at + 1));
        }
        told += &format!("{kind} on {count}: {fault}\n");
    }
    insta::assert_snapshot!(told);
}
