//! `sluice layer install|list|remove`

use crate::support::{Home, contents, keys, list, test_layer, texts};
use serde_json::Value;
use std::fs::File;

/// Every folder of `plugins/`, in the order of the list.
const BUNDLED: &[&str] = &[
    "sluice/affinity",
    "sluice/breakout-52w",
    "sluice/earnings",
    "sluice/gap",
    "sluice/insider",
    "sluice/intermarket",
    "sluice/intraday",
    "sluice/liquidity",
    "sluice/news",
    "sluice/options",
    "sluice/premarket",
    "sluice/relative-strength",
    "sluice/screen",
    "sluice/sector-balance",
    "sluice/sector-rotation",
    "sluice/social",
    "sluice/technical",
    "sluice/universe",
    "sluice/volume",
];

fn listed(home: &Home) -> Vec<(String, String)> {
    let layers = home.json(&["layer", "list"]);
    let text = |layer: &Value, key: &str| layer[key].as_str().unwrap().to_owned();
    layers.as_array().unwrap().iter().map(|layer| (text(layer, "id"), text(layer, "origin"))).collect()
}

#[test]
fn the_bundled_layers_are_listed_with_their_parameters() {
    let home = Home::compiled();
    let layers = home.json(&["layer", "list"]);
    let layers = layers.as_array().unwrap();
    let ids: Vec<&str> = layers.iter().map(|layer| layer["id"].as_str().unwrap()).collect();
    assert_eq!(ids, BUNDLED);
    for layer in layers {
        let expected = "id version origin active_in digest api size installed_at source signer summary scope parameters alerts measures";
        assert_eq!(keys(layer), expected.split_whitespace().collect());
        assert_eq!((&layer["origin"], &layer["api"]), (&"bundled".into(), &"0.1".into()));
        for parameter in list(layer, "parameters") {
            assert_eq!(keys(parameter), "name doc unit default minimum maximum choices".split(' ').collect());
            assert_ne!(parameter["doc"], "", "{parameter}");
        }
    }
    let liquidity = layers.iter().find(|layer| layer["id"] == "sluice/liquidity").unwrap();
    let dollars = list(liquidity, "parameters")
        .iter()
        .find(|parameter| parameter["name"] == "min-dollar-volume")
        .unwrap();
    assert_eq!(
        (&dollars["default"], &dollars["unit"], &dollars["minimum"]),
        (&5e6.into(), &"USD".into(), &0.0.into())
    );
    assert!(!home.path().join("sluice.db").exists(), "looking made a database");
}

#[test]
fn every_bundled_layer_answers_or_abstains_and_none_faults() {
    let home = Home::with_market();
    let by_days: Vec<&str> = BUNDLED.iter().copied().filter(|id| !BY_THE_CLOCK.contains(id)).collect();
    home.configure(&format!(
        "[[pipelines.every.stages]]\nnumber = 0\nname = \"every\"\nlayers = {by_days:?}\npass = \"any\"\nunknown = \"keep\"\n"
    ));
    let scan = home.json(&["scan", "--pipeline", "every", "--dry-run"]);
    assert_eq!(scan["status"], "complete", "{}", scan["warnings"]);
    let layers = list(&scan["stages"][0], "layers");
    assert_eq!(layers.iter().map(|layer| layer["id"].as_str().unwrap()).collect::<Vec<_>>(), by_days);
    for layer in layers {
        assert_eq!(layer["status"], "ok", "{layer}");
    }
}

#[test]
fn a_layer_by_the_clock_abstains_and_the_scan_says_that_a_market_of_days_has_no_bars_for_it() {
    let home = Home::with_market();
    // 10:00 and 08:00 in New York, on the last session of the market of the tests and before
    let asked =
        BY_THE_CLOCK.into_iter().zip([("5m", "2025-06-30T14:00:00Z"), ("15m", "2025-06-30T12:00:00Z")]);
    for (id, (timeframe, instant)) in asked {
        let scan = home.json(&["scan", "--with", id, "--as-of", instant, "--dry-run"]);
        let stage = &scan["stages"][0];
        assert_eq!((&scan["status"], &stage["out"]), (&"complete".into(), &0.into()), "{scan}");
        assert_eq!((&stage["no_opinion"], &stage["layers"][0]["abstained"]), (&300.into(), &300.into()));
        let warnings = list(&scan, "warnings");
        let told = format!(
            "{id} asks for bars of {timeframe}, but at that instant only bars of 1d were known; it abstained on 300 of 300 instruments: import some, or set the layer to bars that there are"
        );
        assert!(warnings.contains(&told.as_str().into()), "{warnings:?}");
    }
}

#[test]
fn a_reference_that_the_market_does_not_have_is_named() {
    let home = Home::with_market();
    let warnings = |with: &str| home.json(&["scan", "--with", with, "--dry-run"])["warnings"].to_string();
    let strength = warnings("sluice/relative-strength");
    assert!(
        strength.contains("sluice/relative-strength looks at SPY beside the universe, but saw no bar of that: import its bars"),
        "{strength}"
    );
    let between = warnings("sluice/intermarket");
    assert!(between.contains("sluice/intermarket looks at SPY, "), "{between}");
    assert!(between.contains(", … beside the universe"), "{between}");
    assert!(!warnings("sluice/volume").contains("beside the universe"));
}

/// Layers that look at bars of minutes, which the market of these tests does not have.
const BY_THE_CLOCK: [&str; 2] = ["sluice/intraday", "sluice/premarket"];

#[test]
fn a_layer_is_installed_listed_used_and_removed() {
    let home = Home::with_market();
    let installed = home.json(&["layer", "install", &test_layer("empty")]);
    assert_eq!((&installed["id"], &installed["version"]), (&"test/empty".into(), &"0.1.0".into()));
    assert_eq!((&installed["installed"], &installed["api"]), (&true.into(), &"0.1".into()));
    assert!(listed(&home).contains(&("test/empty".to_owned(), "installed".to_owned())));
    let scan = home.json(&["scan", "--with", "test/empty"]);
    assert_eq!((list(&scan, "results").len(), &scan["results"][0]["score"]), (300, &50.0.into()));
    assert_eq!(scan["stages"][0]["layers"][0]["digest"], installed["digest"]);
    assert_eq!(home.ok(&["layer", "remove", "test/empty@0.1.0"]), "removed test/empty@0.1.0\n");
    assert_eq!(listed(&home).len(), BUNDLED.len());
    assert!(home.refuses(&["scan", "--with", "test/empty"], 2).contains("no layer test/empty"));
    assert_eq!(home.json(&["status"])["scans"], 1, "the scan that used it stays");
}

#[test]
fn installing_twice_says_so_and_changes_nothing() {
    let home = Home::compiled();
    let file = test_layer("empty");
    assert!(home.ok(&["layer", "install", &file]).starts_with("installed test/empty@0.1.0"));
    assert!(home.ok(&["layer", "install", &file]).starts_with("already installed: test/empty@0.1.0"));
    assert_eq!(home.json(&["layer", "install", &file])["installed"], false);
    assert_eq!(listed(&home).len(), BUNDLED.len() + 1);
    assert_eq!(home.json(&["status"])["installed_layers"], 1);
}

#[test]
fn another_component_under_the_same_version_is_refused() {
    let home = Home::compiled();
    home.ok(&["layer", "install", &test_layer("empty")]);
    // the same layer with a custom section behind it: other bytes, the same name and version
    let mut bytes = std::fs::read(test_layer("empty")).unwrap();
    bytes.extend([0, 2, 1, b'x']);
    let ran = home.run(&["layer", "install", &home.file("other.wasm", bytes)]);
    assert_eq!(ran.code, 4, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("test/empty") && ran.stderr.contains("0.1.0"), "{}", ran.stderr);
    assert_eq!(listed(&home).len(), BUNDLED.len() + 1);
}

#[test]
fn only_installed_layers_can_be_removed() {
    let home = Home::with_market();
    home.ok(&["layer", "install", &test_layer("empty")]);
    for layer in ["test/none", "sluice/volume", "test/empty@9.9.9"] {
        let error = home.fails(&["layer", "remove", layer]);
        assert!(error.contains(layer) && error.contains("sluice layer list"), "{error}");
    }
    let error = home.refuses(&["layer", "remove", "empty"], 2);
    assert!(error.contains("author/name"), "{error}");
    assert_eq!(listed(&home).len(), BUNDLED.len() + 1);
}

/// A component in the text format.
fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// File name, content, and what the message must say of it.
fn bad_files() -> Vec<(&'static str, Vec<u8>, &'static [&'static str])> {
    let whole = std::fs::read(test_layer("empty")).unwrap();
    vec![
        ("text.wasm", b"hello".to_vec(), &["no WebAssembly component", "starts with \"hello\""]),
        ("empty.wasm", Vec::new(), &["no WebAssembly component", "an empty file"]),
        ("core.wasm", component("(module)"), &["a core WebAssembly module", "wasm-tools component new"]),
        (
            "other.wasm",
            component(OTHER_WORLD),
            &["exports run instead of sluice:layer/scanner", "wit/layer.wit"],
        ),
        (
            "imports.wasm",
            component(IMPORTS),
            &["wasi:clocks/wall-clock@0.2.0", "nothing except sluice:layer/log"],
        ),
        (
            "newer.wasm",
            component(NEWER),
            &["needs sluice:layer 0.3, this host has 0.1", "install a newer sluice"],
        ),
        ("truncated.wasm", whole[..whole.len() / 2].to_vec(), &["is damaged", "copy it again"]),
        ("fake.wasm", component(FAKE), &["does not fit sluice:layer 0.1", "SDK"]),
    ]
}

const OTHER_WORLD: &str = r#"(component
    (core module $m (func (export "run")))
    (core instance $i (instantiate $m))
    (func $run (canon lift (core func $i "run")))
    (export "run" (func $run)))"#;
const IMPORTS: &str = r#"(component
    (import "wasi:clocks/wall-clock@0.2.0" (instance))
    (instance $scanner)
    (export "sluice:layer/scanner@0.1.0" (instance $scanner)))"#;
const NEWER: &str =
    r#"(component (instance $scanner) (export "sluice:layer/scanner@0.3.0" (instance $scanner)))"#;
/// The right name with nothing behind it.
const FAKE: &str =
    r#"(component (instance $scanner) (export "sluice:layer/scanner@0.1.0" (instance $scanner)))"#;

#[test]
fn a_file_that_is_no_layer_is_refused_in_one_line_that_says_what_to_do() {
    let home = Home::compiled();
    for (name, content, parts) in bad_files() {
        let error = home.fails(&["layer", "install", &home.file(name, content)]);
        assert!(error.contains(name), "{error} does not name {name}");
        for part in parts {
            assert!(error.contains(part), "{name}: {part} is missing: {error}");
        }
    }
    nothing_is_stored(&home);
}

#[test]
fn a_file_that_is_too_large_is_refused_without_being_read() {
    let home = Home::compiled();
    let path = home.file("large.wasm", "");
    File::options().write(true).open(&path).unwrap().set_len(65 << 20).unwrap();
    let error = home.fails(&["layer", "install", &path]);
    for part in ["large.wasm", "68157440 bytes are too large", "the limit is 67108864 bytes"] {
        assert!(error.contains(part), "{part} is missing: {error}");
    }
    nothing_is_stored(&home);
}

#[test]
fn a_file_that_is_not_there_is_named_once() {
    let home = Home::compiled();
    let error = home.fails(&["layer", "install", "missing.wasm"]);
    assert_eq!(error, "cannot read missing.wasm: No such file or directory (os error 2)");
    nothing_is_stored(&home);
}

#[test]
fn compiled_code_is_never_taken_for_a_layer() {
    let home = Home::with_market();
    let cached = contents(&home.path().join("cache")).into_iter().next().unwrap().1;
    let ran = home.run(&["layer", "install", &home.file("code.wasm", cached)]);
    assert_eq!(ran.code, 4, "{}", ran.stdout);
    nothing_is_stored(&home);
}

fn nothing_is_stored(home: &Home) {
    let status = home.json(&["status"]);
    assert_eq!(status["installed_layers"], 0);
    assert!(!home.path().join("sluice.db").exists(), "a refused layer left a database");
    assert_eq!(
        texts(&serde_json::json!({ "layers": home.json(&["layer", "list"]) }), "layers", "id").len(),
        BUNDLED.len()
    );
}
