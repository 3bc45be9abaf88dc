//! Where the home folder is, and who may read it.

use crate::support::{Home, Ran, bars_csv, contents, walk};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn the_option_wins_over_the_variable_and_the_variable_over_the_users_data_folder() {
    let home = Home::empty();
    let folder = |name: &str| home.user().join(name).display().to_string();
    let chosen = |vars: &[(&str, String)], args: &[&str]| {
        let mut command = home.bare(&[&["status", "--format", "json"], args].concat());
        command.envs(vars.iter().cloned());
        Ran::of(command).json()["home"].as_str().unwrap().to_owned()
    };
    let data = ("XDG_DATA_HOME", folder("data"));
    let variable = ("SLUICE_HOME", folder("variable"));
    assert_eq!(chosen(&[], &[]), folder(".local/share/sluice"));
    assert_eq!(chosen(std::slice::from_ref(&data), &[]), folder("data/sluice"));
    assert_eq!(chosen(&[("XDG_DATA_HOME", "relative".to_owned())], &[]), folder(".local/share/sluice"));
    assert_eq!(chosen(&[data.clone(), variable.clone()], &[]), folder("variable"));
    assert_eq!(chosen(&[data, variable], &["--home", &folder("option")]), folder("option"));
}

#[test]
fn without_any_folder_the_error_says_how_to_name_one() {
    let home = Home::empty();
    let mut command = home.bare(&["status"]);
    command.env_remove("HOME");
    let ran = Ran::of(command);
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.contains("--home DIR") && ran.stderr.contains("SLUICE_HOME"), "{}", ran.stderr);
}

#[test]
fn home_and_database_are_for_their_owner_only() {
    let home = Home::empty();
    home.ok(&["import", &home.file("bars.csv", bars_csv(&walk("WMT", 30, 1)))]);
    home.ok(&["scan"]);
    assert_eq!(mode(&home.path()), 0o700);
    for (path, _) in contents(&home.path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("sluice.db") {
            assert_eq!(mode(&path), 0o600, "{name}");
        }
    }
    assert_eq!(mode(&home.path().join("sluice.db")), 0o600);
    assert_eq!(mode(&home.path().join("cache/layers")), 0o700);
}

#[test]
fn the_database_can_be_elsewhere() {
    let home = Home::with_market();
    let url = format!("sqlite:{}", home.user().join("other.db").display());
    let scan = home.json(&["scan", "--db", &url]);
    assert_eq!(home.json(&["status", "--db", &url])["last_scan"]["scan_id"], scan["scan_id"]);
    assert_eq!(home.json(&["status"])["scans"], 0);
    assert_eq!(mode(&home.user().join("other.db")), 0o600);
}

#[test]
fn it_runs_from_any_folder_and_leaves_nothing_there() {
    let home = Home::with_market();
    let folder = home.user().join("elsewhere");
    std::fs::create_dir(&folder).unwrap();
    let mut command = home.spawnable(&["scan", "--format", "json"]);
    command.current_dir(&folder);
    let there = Ran::of(command).json();
    assert_eq!(there["results"], home.json(&["scan"])["results"]);
    assert_eq!(contents(&folder), []);
    let mut root = home.spawnable(&["status"]);
    root.current_dir("/");
    assert_eq!(Ran::of(root).code, 0);
}

#[test]
fn a_relative_home_is_relative_to_the_working_folder() {
    let home = Home::empty();
    let ran = Ran::of(home.bare(&["init", "--home", "here"]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(home.user().join("here/sluice.toml").exists());
}

#[test]
fn looking_makes_nothing() {
    let home = Home::empty();
    for command in [&["status"][..], &["alerts"], &["--help"], &["completions", "bash"]] {
        home.ok(command);
        assert!(!home.path().exists(), "{command:?} made something");
    }
}

#[test]
fn layers_are_compiled_once_and_a_damaged_cache_is_made_anew() {
    let home = Home::empty();
    home.ok(&["import", &home.file("bars.csv", bars_csv(&walk("WMT", 70, 1)))]);
    let cold = home.json(&["scan", "--dry-run", "--with", "sluice/technical"]);
    let cache = home.path().join("cache").join("layers");
    let compiled = contents(&cache);
    assert!(!compiled.is_empty());
    home.ok(&["scan", "--dry-run"]);
    assert!(contents(&cache) == compiled, "a warm scan compiled again");
    for (path, mut bytes) in compiled {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
        std::fs::write(path, bytes).unwrap();
    }
    let again = home.json(&["scan", "--dry-run", "--with", "sluice/technical"]);
    assert_eq!((&cold["results"], &again["status"]), (&again["results"], &"complete".into()));
}
