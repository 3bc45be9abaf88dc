//! `sluice layer activate|rollback|enable|disable|show`: several versions of a layer side by side.

use crate::support::{Home, list};
use serde_json::Value;
use sluice_hostile::by_hand::{ByHand, report_field};

const ID: &str = "test/hand";

/// A pipeline whose only layer is the one that has versions.
const PIPELINES: &str = r#"
[[pipelines.hand.stages]]
number = 1
name = "one"
layers = ["test/hand"]
"#;

fn hand(version: &str) -> ByHand {
    ByHand::new(ID).version(version).pages(16)
}

/// A version that gives everything this score.
fn scoring(version: &str, score: u32) -> ByHand {
    let scores = report_field("scores");
    // the last page: what the host hands over does not reach it
    let code = format!(
        "(block (loop
            (br_if 1 (i32.eqz (local.get $count)))
            (local.set $count (i32.sub (local.get $count) (i32.const 1)))
            (f64.store (i32.add (i32.const 983040) (i32.shl (local.get $count) (i32.const 3))) (f64.const {score}))
            (br 0)))
         (i32.store (i32.const {scores}) (i32.const 983040))"
    );
    hand(version).scan(&code)
}

fn install(home: &Home, layer: &ByHand, version: &str) -> Value {
    let file = home.file(&format!("hand-{version}.wasm"), layer.component());
    home.json(&["layer", "install", &file])
}

/// A home with two versions, which give 20 and 30.
fn two_versions() -> Home {
    let home = Home::with_market();
    home.configure(PIPELINES);
    install(&home, &scoring("0.1.0", 20), "0.1.0");
    install(&home, &scoring("0.2.0", 30), "0.2.0");
    home
}

fn scan(home: &Home) -> Value {
    home.json(&["scan", "--pipeline", "hand"])
}

/// The version that a scan called, and the score of its first result.
fn called(scan: &Value) -> (String, f64) {
    let layers = list(&scan["stages"][0], "layers");
    assert_eq!(layers.len(), 1, "{scan}");
    (layers[0]["version"].as_str().unwrap().to_owned(), scan["results"][0]["score"].as_f64().unwrap())
}

fn is(version: &str, score: f64) -> (String, f64) {
    (version.to_owned(), score)
}

fn audited(home: &Home) -> Vec<String> {
    let log = home.json(&["audit", "log", "--oldest-first", "--action", "layer"]);
    let rows = log.as_array().unwrap().iter();
    rows.map(|row| row["action"].as_str().unwrap().to_owned()).filter(|it| it != "layer.installed").collect()
}

#[test]
fn what_is_installed_beside_a_version_waits_until_it_is_activated_and_can_be_rolled_back() {
    let home = Home::with_market();
    home.configure(PIPELINES);
    let first = install(&home, &scoring("0.1.0", 20), "0.1.0");
    assert_eq!(first["active"]["hand"], "0.1.0");
    let second = install(&home, &scoring("0.2.0", 30), "0.2.0");
    assert_eq!(second["active"]["hand"], "0.1.0");
    assert_eq!(called(&scan(&home)), is("0.1.0", 20.0));
    let done = home.json(&["layer", "activate", "test/hand@0.2.0"]);
    assert_eq!((&done[0]["result"], &done[0]["active"]), (&"switched".into(), &"0.2.0".into()));
    assert_eq!((&done[0]["before"], &done[0]["digest"]), (&"0.1.0".into(), &second["digest"]));
    assert_eq!(called(&scan(&home)), is("0.2.0", 30.0));
    home.ok(&["layer", "rollback", ID]);
    assert_eq!(called(&scan(&home)), is("0.1.0", 20.0));
    home.ok(&["layer", "rollback", ID]);
    assert_eq!(called(&scan(&home)), is("0.2.0", 30.0));
    assert_eq!(audited(&home), ["layer.activated", "layer.rolled-back", "layer.rolled-back"]);
    let log = home.json(&["audit", "log", "--action", "layer.activated"]);
    assert_eq!(log[0]["before"]["hand"]["active"], "0.1.0");
    assert_eq!(log[0]["after"]["hand"]["active"], "0.2.0");
    assert_eq!(home.json(&["audit", "verify"])["intact"], true);
}

#[test]
fn a_version_that_is_activated_over_the_programs_own_gives_way_to_it_again() {
    let home = Home::with_market();
    let own = ByHand::new("sluice/volume").version("9.0.0").component();
    let installed = home.json(&["layer", "install", &home.file("volume.wasm", own)]);
    assert_ne!(installed["active"]["daily"], "9.0.0");
    home.ok(&["layer", "activate", "sluice/volume@9.0.0"]);
    let shown = home.json(&["layer", "show", "sluice/volume"]);
    assert_eq!(shown["pipelines"][0]["active"], "9.0.0");
    home.ok(&["layer", "activate", "sluice/volume@bundled"]);
    let shown = home.json(&["layer", "show", "sluice/volume"]);
    assert_eq!(shown["pipelines"][0]["active"], installed["active"]["daily"]);
    assert_eq!(shown["pipelines"][0]["previous"], "9.0.0");
}

#[test]
fn whatever_is_refused_says_why_and_what_stays() {
    let home = two_versions();
    install(&home, &hand("0.3.0").scan("unreachable"), "0.3.0");
    let refused = |args: &[&str], code: i32| home.refuses(&[&["layer"], args].concat(), code);
    insta::assert_snapshot!(refused(&["activate", "test/none@0.1.0"], 4), @"there is no layer test/none: `sluice layer list` shows what there is, `sluice layer install FILE` adds one");
    insta::assert_snapshot!(refused(&["activate", "test/hand@9.9.9"], 4), @"layer test/hand is here in 0.1.0, 0.2.0, 0.3.0, not in version 9.9.9: `sluice layer install FILE` adds one; nothing changed");
    insta::assert_snapshot!(refused(&["activate", "test/hand@0.2.0", "--pipeline", "x"], 2), @"there is no pipeline x: sluice.toml has daily, hand");
    insta::assert_snapshot!(refused(&["activate", "test/hand@0.3.0"], 4), @"test/hand@0.3.0 does not become active: the trial call failed: on 256 instruments as of 2025-06-30T20:00:00Z it trapped: it gave up without a message (`unreachable`), as after an abort or a panic that it does not log: this is a bug in the layer: built with debug assertions it may panic and tell where; test/hand@0.1.0 stays active in pipeline hand");
    insta::assert_snapshot!(refused(&["rollback", ID], 4), @"there is no version of test/hand to roll back to in pipeline hand: none was active before; `sluice layer show test/hand` lists the versions, `sluice layer activate test/hand@VERSION` chooses one");
    insta::assert_snapshot!(refused(&["remove", "test/hand@0.1.0"], 4), @"layer test/hand@0.1.0 stays: pipeline hand has it active; `sluice layer activate test/hand@VERSION` makes another version the active one first");
    insta::assert_snapshot!(home.ok(&["layer", "activate", "test/hand@0.1.0"]), @"nothing changed in pipeline hand: test/hand@0.1.0 is active already");
    assert_eq!(audited(&home), [""; 0], "a refusal changes nothing");
    assert_eq!(called(&scan(&home)), is("0.1.0", 20.0));
    home.configure(&PIPELINES.replace("\"test/hand\"", "\"test/hand@=0.1.0\""));
    insta::assert_snapshot!(refused(&["activate", "test/hand@0.2.0"], 4), @"test/hand@0.2.0 does not become active: it is not what is required: pipeline hand asks for =0.1.0 in sluice.toml, change that first or choose another pipeline with --pipeline; test/hand@0.1.0 stays active in pipeline hand");
    home.configure("");
    insta::assert_snapshot!(refused(&["activate", "test/hand@0.2.0"], 4), @"no pipeline of sluice.toml names test/hand, so there is nothing to change: add it to a stage, or choose one with --pipeline NAME for scans --with test/hand");
}

#[test]
fn an_active_version_that_a_pipeline_no_longer_takes_is_left_out_with_a_word_on_what_to_do() {
    let home = two_versions();
    home.ok(&["layer", "activate", "test/hand@0.2.0"]);
    let pinned =
        PIPELINES.replace("[\"test/hand\"]", "[\"test/hand@=0.1.0\", \"sluice/universe\"]\npass = \"any\"");
    home.configure(&pinned);
    let ran = home.run(&["scan", "--pipeline", "hand", "--format", "json"]);
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    let fault = ran.json()["stages"][0]["layers"][0]["fault"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(fault, @"cannot be called: version 0.2.0 is active in pipeline hand, which requires =0.1.0: `sluice layer activate test/hand@VERSION` makes one that fits the active one, or change the requirement in sluice.toml");
    home.ok(&["layer", "activate", "test/hand@0.1.0"]);
    assert_eq!(scan(&home)["status"], "complete");
}

/// What a scan says of a layer that it left out.
fn left_out(scan: &Value) -> String {
    let warnings = list(scan, "warnings").iter().map(|warning| warning.as_str().unwrap());
    warnings.filter(|warning| warning.contains("disabled")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_disabled_layer_is_left_out_and_its_stage_lets_everything_through() {
    let home = two_versions();
    insta::assert_snapshot!(home.ok(&["layer", "disable", ID]), @"test/hand is left out by scans of pipeline hand from now on");
    let done = scan(&home);
    assert_eq!((&done["status"], &done["stages"][0]["out"]), (&"complete".into(), &300.into()));
    assert_eq!(done["stages"][0]["disabled"][0], ID);
    assert_eq!(list(&done["stages"][0], "layers").len(), 0);
    insta::assert_snapshot!(left_out(&done), @"test/hand is disabled in pipeline hand: the scan left it out; stage one has no other layer and lets everything through; `sluice layer enable test/hand` brings it back");
    assert!(home.ok(&["scan", "--pipeline", "hand"]).contains("disabled"));
    home.ok(&["layer", "enable", ID]);
    assert_eq!(called(&scan(&home)), is("0.1.0", 20.0));
    assert_eq!(audited(&home), ["layer.disabled", "layer.enabled"]);
}

#[test]
fn a_version_that_is_tried_counts_for_nothing_until_it_did_well_in_all_scans() {
    let home = two_versions();
    home.ok(&["layer", "activate", "test/hand@0.2.0", "--shadow", "2"]);
    let first = scan(&home);
    assert_eq!(called(&first), is("0.1.0", 20.0));
    let shadow = &first["shadows"][0];
    assert_eq!((&shadow["active"], &shadow["candidate"]), (&"0.1.0".into(), &"0.2.0".into()));
    assert_eq!((&shadow["instruments"], &shadow["scores_differ"]), (&300.into(), &300.into()));
    assert_eq!((&shadow["outcomes_differ"], &shadow["greatest_difference"]), (&0.into(), &10.0.into()));
    assert_eq!(shadow["then"]["tried"]["scans_left"], 1);
    assert_eq!(scan_of_a_part(&home)["shadows"], Value::Null, "a part of the universe tries nothing");
    let second = scan(&home);
    assert_eq!((called(&second), &second["shadows"][0]["then"]), (is("0.1.0", 20.0), &"switched".into()));
    let third = scan(&home);
    assert_eq!((called(&third), &third["shadows"]), (is("0.2.0", 30.0), &Value::Null));
    let shown = home.json(&["layer", "show", ID]);
    assert_eq!(list(&shown, "shadows").len(), 2);
    assert_eq!(
        (&shown["pipelines"][0]["previous"], &shown["pipelines"][0]["candidate"]),
        (&"0.1.0".into(), &Value::Null)
    );
    assert_eq!(audited(&home), ["layer.shadowed", "layer.activated"]);
    assert_eq!(home.json(&["audit", "verify"])["intact"], true);
}

fn scan_of_a_part(home: &Home) -> Value {
    let symbol = scan_symbol(home);
    home.json(&["scan", "--pipeline", "hand", "--symbols", &symbol, "--dry-run"])
}

fn scan_symbol(home: &Home) -> String {
    home.json(&["scan", "--pipeline", "hand", "--dry-run"])["results"][0]["symbol"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_version_that_faults_while_it_is_tried_is_withdrawn_and_costs_nothing() {
    let home = two_versions();
    install(&home, &burning("0.4.0"), "0.4.0");
    home.ok(&["layer", "activate", "test/hand@0.4.0", "--shadow", "3"]);
    home.configure(&tight());
    let done = scan(&home);
    assert_eq!((&done["status"], called(&done)), (&"complete".into(), is("0.1.0", 20.0)));
    let shadow = &done["shadows"][0];
    assert_eq!(shadow["then"], "withdrawn");
    assert!(shadow["fault"].as_str().unwrap().contains("fuel"), "{shadow}");
    assert_eq!(home.json(&["breaker", "list"]), serde_json::json!([]), "its faults count for no breaker");
    assert_eq!(audited(&home), ["layer.shadowed", "layer.withdrawn"]);
    assert_eq!(scan(&home)["shadows"], Value::Null);
}

/// A version that needs some 80 million units of fuel.
fn burning(version: &str) -> ByHand {
    hand(version).scan(
        "(local.set $count (i32.const 20000000))
         (loop
            (local.set $count (i32.sub (local.get $count) (i32.const 1)))
            (br_if 0 (local.get $count)))",
    )
}

/// The pipeline under a limit of fuel that it exceeds, and breakers that open at once.
fn tight() -> String {
    format!(
        "{PIPELINES}\n[breakers]\nfaults = 1\n[layers.\"{ID}\"]\nwhen-open = \"previous-version\"\n\
         [layers.\"{ID}\".limits]\nfuel = 10000000\n"
    )
}

#[test]
fn a_new_version_whose_breaker_opens_in_its_trial_period_is_rolled_back_by_itself() {
    let home = two_versions();
    install(&home, &burning("0.4.0"), "0.4.0");
    home.ok(&["layer", "activate", "test/hand@0.4.0"]);
    home.configure(&tight());
    let ran = home.run(&["scan", "--pipeline", "hand", "--format", "json"]);
    assert_eq!(ran.code, 4, "its only stage said nothing: {}", ran.stdout);
    let warnings = ran.json()["warnings"].to_string();
    assert!(warnings.contains("test/hand is rolled back in pipeline hand"), "{warnings}");
    assert_eq!(called(&scan(&home)), is("0.1.0", 20.0));
    assert_eq!(audited(&home), ["layer.activated", "layer.rolled-back"]);
    let shown = home.json(&["layer", "show", ID]);
    assert_eq!(shown["pipelines"][0]["active"], "0.1.0");
    assert_eq!(home.json(&["audit", "verify"])["intact"], true);
}
