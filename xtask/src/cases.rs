//! The table of cases reported against other scanners (`tests/cases.md`) names tests; they exist.

use std::fs;
use std::path::Path;

use crate::place;

/// Folders that hold tests.
const FOLDERS: [&str; 5] = ["host", "sdk", "plugins", "tests", "xtask"];

/// The names in backticks of the rows of the table.
fn named(table: &str) -> Vec<&str> {
    let rows = table.lines().filter(|line| line.starts_with("| ") && line.contains(" | `"));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2)).collect()
}

/// The text of every source file below a folder.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap_or_default());
        }
    }
}

#[test]
fn every_test_that_the_table_of_cases_names_exists() {
    let table = fs::read_to_string(place::root().join("tests/cases.md")).unwrap_or_default();
    let named = named(&table);
    assert!(named.len() > 40, "{named:?}");
    let mut text = String::new();
    for folder in FOLDERS {
        sources(&place::root().join(folder), &mut text);
    }
    let missing: Vec<&str> =
        named.into_iter().filter(|name| !text.contains(&format!("fn {name}("))).collect();
    assert_eq!(missing, [""; 0]);
}
