//! `sluice init`

use crate::support::Home;

#[test]
fn init_writes_the_commented_default() {
    let home = Home::empty();
    let path = home.path().join("sluice.toml");
    assert_eq!(home.ok(&["init"]), format!("wrote {}\n", path.display()));
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains("default-pipeline = \"daily\""), "{text}");
    for layer in ["sluice/universe", "sluice/liquidity", "sluice/volume", "sluice/technical"] {
        assert!(text.contains(layer), "{layer} is missing: {text}");
    }
    assert!(text.lines().filter(|line| line.starts_with('#')).count() > 10, "hardly a comment: {text}");
}

#[test]
fn init_never_overwrites_unless_it_is_told_to() {
    let home = Home::empty();
    home.ok(&["init"]);
    let path = home.path().join("sluice.toml");
    let default = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, "# mine\n").unwrap();
    let error = home.fails(&["init"]);
    assert!(error.contains("sluice.toml is there already") && error.contains("--force"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "# mine\n");
    home.ok(&["init", "--force"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), default);
}

#[test]
fn the_written_file_gives_the_same_scan_as_no_file() {
    let home = Home::with_market_and_default();
    let without = home.json(&["scan", "--dry-run"]);
    assert_eq!(home.json(&["status"])["config"], "built-in");
    home.ok(&["init"]);
    let with = home.json(&["scan", "--dry-run"]);
    assert!(home.json(&["status"])["config"].as_str().unwrap().ends_with("sluice.toml"));
    for part in ["results", "alerts", "status", "as_of", "pipeline"] {
        assert_eq!(without[part], with[part], "{part}");
    }
}
