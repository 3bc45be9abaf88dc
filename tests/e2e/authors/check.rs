//! `sluice layer check`: what install would say, and what an operator would stumble over.

use super::bundled;
use crate::support::{Home, list, test_layer};
use serde_json::Value;
use sluice_hostile::by_hand::{ByHand, OneParameter, Parameters};

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// What a check prints of a file, without what differs from build to build.
fn told(home: &Home, file: &str, code: i32) -> String {
    let ran = home.run(&["layer", "check", file]);
    assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stderr, "");
    let lines = ran.stdout.replace(file, "FILE");
    let lines = lines.lines().map(|line| match line.split_once(' ') {
        Some(("digest" | "size", _)) => line.split_whitespace().next().unwrap().to_owned() + "   …",
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_good_layer_is_told_with_all_that_install_records() {
    let home = Home::compiled();
    insta::assert_snapshot!(told(&home, &bundled("gap"), 0));
    let checked = home.json(&["layer", "check", &bundled("gap")]);
    let size = std::fs::metadata(bundled("gap")).unwrap().len();
    assert_eq!(checked["size"], size);
    assert_eq!(checked["digest"].as_str().unwrap().len(), 64);
    assert_eq!((list(&checked, "refusals").len(), list(&checked, "warnings").len()), (0, 0));
    assert!(!home.path().join("sluice.db").exists(), "a check made a database");
}

#[test]
fn what_install_refuses_is_refused_in_the_same_words_and_by_the_exit_code() {
    let home = Home::compiled();
    let hand = || ByHand::new("test/hand");
    let files = [
        ("a text", b"fn main() {}".to_vec()),
        ("a core module", component("(module)")),
        ("another world", component(r#"(component (instance $s) (export "a:b/c@1.0.0" (instance $s)))"#)),
        (
            "imports and a newer contract",
            component(
                r#"(component (import "wasi:http/types@0.2.0" (instance)) (instance $s)
                    (export "sluice:layer/scanner@9.0.0" (instance $s)))"#,
            ),
        ),
        ("a panic in describe", hand().describe("unreachable").component()),
        (
            "several wrong words",
            hand()
                .version("one")
                .summary("\u{1b}]0;owned\u{7}")
                .parameters(Parameters::One(OneParameter {
                    default: 5.0,
                    minimum: Some(9.0),
                    maximum: Some(1.0),
                }))
                .component(),
        ),
    ];
    let mut all = String::new();
    for (name, bytes) in files {
        let file = home.file("layer.wasm", bytes);
        let installed = home.fails(&["layer", "install", &file]);
        let ran = home.run(&["layer", "check", &file, "--format", "json"]);
        assert_eq!(ran.code, 1, "{name}: {}", ran.stderr);
        let refusals: Vec<String> = list(&ran.json(), "refusals")
            .iter()
            .map(|refusal| refusal.as_str().unwrap().to_owned())
            .collect();
        assert_eq!(refusals.first(), Some(&installed), "{name}");
        all += &format!("{name}:\n  {}\n", refusals.join("\n  ").replace(&file, "FILE"));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn another_component_of_an_installed_version_would_be_refused() {
    let home = Home::compiled();
    home.ok(&["layer", "install", &test_layer("empty")]);
    let mut bytes = std::fs::read(test_layer("empty")).unwrap();
    bytes.extend([0, 2, 1, b'x']);
    let ran = home.run(&["layer", "check", &home.file("other.wasm", bytes)]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("refused: layer test/empty@0.1.0 is installed as"), "{}", ran.stdout);
    // the very same one is no conflict
    assert_eq!(home.run(&["layer", "check", &test_layer("empty")]).code, 0);
}

#[test]
fn what_an_operator_would_stumble_over_is_a_warning() {
    let home = Home::compiled();
    let unbounded = ByHand::new("test/hand")
        .parameters(Parameters::One(OneParameter { default: 5.0, minimum: None, maximum: None }))
        .component();
    let mut all = String::new();
    for (name, file) in [
        ("never ready", test_layer("panics")),
        ("scores that are none", test_layer("nan_scores")),
        ("an opinion without data", test_layer("leaky")),
        ("an unbounded parameter", home.file("hand.wasm", unbounded)),
    ] {
        all += &format!("{name}:\n{}\n\n", told(&home, &file, 0));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let home = Home::compiled();
    let error = home.fails(&["layer", "check", "nowhere.wasm"]);
    assert!(error.starts_with("cannot read nowhere.wasm: "), "{error}");
    let none: Value = serde_json::json!([]);
    assert_eq!(home.json(&["layer", "check", &test_layer("empty")])["refusals"], none);
}
