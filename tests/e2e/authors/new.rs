//! `sluice layer new`: names, folders, and what stands in them.

use crate::support::{Home, contents};

#[test]
fn a_new_layer_has_code_a_test_a_fixture_and_a_readme() {
    let home = Home::empty();
    let mut sdk = None;
    for scope in ["per-instrument", "cross-section", "market"] {
        let made = home.json(&["layer", "new", "me/near-high", "--scope", scope, "--path", scope]);
        assert_eq!((made["id"].as_str(), made["api"].as_str()), (Some("me/near-high"), Some("0.1")));
        let folder = home.user().join(scope);
        let read = |path: &str| std::fs::read_to_string(folder.join(path)).unwrap();
        assert!(read("src/lib.rs").contains("\"me/near-high\""));
        assert!(read("tests/fixture.rs").contains("use near_high::NearHigh;"));
        assert!(read("tests/bars.csv").starts_with("symbol,date,open"));
        assert!(read("README.md").starts_with("# me/near-high\n"));
        let place = made["sdk"].as_str().unwrap();
        assert!(read("Cargo.toml").contains(&format!("sluice-sdk = {{ path = \"{place}\" }}")));
        assert!(read("Cargo.lock").contains("name = \"wit-bindgen\""));
        let files = contents(place.as_ref());
        assert!(files.len() > 30, "{}", files.len());
        // one SDK for all
        assert_eq!(*sdk.get_or_insert(files.clone()), files);
    }
    assert_eq!(std::fs::read_dir(home.path().join("sdk")).unwrap().count(), 1);
}

#[test]
fn the_next_steps_are_told_as_a_shell_takes_them() {
    let home = Home::empty();
    let told = home.ok(&["layer", "new", "me/near-high", "--path", "my layers"]);
    let steps: Vec<&str> = told.lines().filter(|line| line.starts_with("  ")).collect();
    assert_eq!(steps[0], "  sluice layer test 'my layers'");
    assert_eq!(steps[3], "  sluice layer install 'my layers'/target/near-high.wasm");
}

#[test]
fn what_cannot_be_a_layer_is_refused_with_what_to_do() {
    let home = Home::empty();
    let mut all = String::new();
    for name in ["near-high", "me/../../etc/cron", "me/Near", "me/match", "me/test", "sluice/gap", "me/", "/"]
    {
        let ran = home.run(&["layer", "new", name]);
        assert_eq!(ran.code, 2, "{name}: {}{}", ran.stdout, ran.stderr);
        all += ran.stderr.lines().next().unwrap();
        all += "\n";
    }
    std::fs::create_dir(home.user().join("there")).unwrap();
    home.file("there/note.txt", "mine");
    all += &home.fails(&["layer", "new", "me/near-high", "--path", "there"]);
    all += "\n";
    all += &home.fails(&["layer", "new", "me/near-high", "--path", "there/note.txt"]);
    insta::assert_snapshot!(all);
    assert_eq!(std::fs::read_dir(home.user().join("there")).unwrap().count(), 1);
    assert!(!home.user().join("near-high").exists());
}

#[test]
fn a_folder_without_a_crate_is_no_layer() {
    let home = Home::empty();
    std::fs::create_dir(home.user().join("empty")).unwrap();
    for command in ["build", "test"] {
        let error = home.fails(&["layer", command, "empty"]);
        assert!(error.contains("has no Cargo.toml") && error.contains("sluice layer new"), "{error}");
    }
}
