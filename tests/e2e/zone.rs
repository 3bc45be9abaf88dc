//! Times by the clock of the reader: tables only, and with the zone shown.

use crate::support::{Home, Ran};

fn with_variable(home: &Home, zone: &str, args: &[&str]) -> Ran {
    let mut command = home.spawnable(args);
    command.env("SLUICE_TZ", zone);
    Ran::of(command)
}

#[test]
fn tables_have_the_clock_of_the_zone_and_programs_get_utc() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    let alerts = ["alerts", "--limit", "1"];
    assert!(home.ok(&alerts).contains("│ 2025-06-30T20:00:00Z ┆"), "UTC when nobody says otherwise");
    let there = |args: &[&str]| home.ok(&[&alerts, args].concat());
    assert!(there(&["--tz", "America/New_York"]).contains("│ 2025-06-30 16:00:00 EDT ┆"));
    for format in ["json", "ndjson", "csv"] {
        let text = there(&["--tz", "America/New_York", "--format", format]);
        assert!(text.contains("2025-06-30T20:00:00Z") && !text.contains("EDT"), "{text}");
    }
    let scan = home.ok(&["scan", "--dry-run", "--tz", "Asia/Tokyo"]);
    assert!(
        scan.starts_with("pipeline daily as of 2025-07-01 05:00:00 JST, data until 2025-07-01 05:00:00 JST"),
        "{scan}"
    );
    assert!(home.ok(&["status", "--tz", "Asia/Tokyo"]).contains("as of 2025-07-01 05:00:00 JST"));
}

#[test]
fn an_explanation_has_the_clock_of_the_zone_too() {
    let home = Home::with_market();
    let args = ["scan", "--dry-run", "--explain", "CIG"];
    let told = |more: &[&str]| home.ok(&[&args, more].concat());
    let there = told(&["--tz", "Asia/Tokyo"]);
    assert!(there.lines().next().unwrap().contains(" as of 2025-07-01 05:00:00 JST ("), "{there}");
    assert!(there.contains(" to 2025-06-30 22:30:00 JST"), "the newest bar: {there}");
    assert!(!there.contains("00Z"), "an instant in UTC: {there}");
    home.configure("[display]\nzone = \"Asia/Tokyo\"\n");
    assert_eq!(told(&[]), there);
    for format in ["json", "csv"] {
        let text = told(&["--format", format]);
        assert!(text.contains("2025-06-30T13:30:00Z") && !text.contains("JST"), "{text}");
    }
}

#[test]
fn the_option_wins_over_the_variable_and_that_over_the_file() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    home.configure("[display]\nzone = \"Asia/Tokyo\"\n");
    let alerts = ["alerts", "--limit", "1"];
    assert!(home.ok(&alerts).contains("05:00:00 JST"));
    assert!(with_variable(&home, "Europe/Berlin", &alerts).stdout.contains("22:00:00 CEST"));
    let both = [&alerts[..], &["--tz", "UTC"]].concat();
    assert!(with_variable(&home, "Europe/Berlin", &both).stdout.contains("20:00:00Z"));
}

#[test]
fn what_is_no_zone_is_refused() {
    let home = Home::with_market();
    let ran = home.run(&["alerts", "--tz", "New York"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("\"New York\" is no time zone: use a name like America/New_York"),
        "{}",
        ran.stderr
    );
    home.configure("[display]\nzone = \"Mars\"\n");
    assert!(home.fails(&["scan"]).contains("display, zone: \"Mars\" is no time zone"));
}
