//! `sluice calendar`, `calendar.toml`, and what a scan says of its day.

use crate::support::{Bar, Home, bars_csv, keys, list, texts};
use serde_json::{Value, json};

/// A home with one stock that traded up to the day before Thanksgiving 2024.
fn november() -> Home {
    let home = Home::compiled();
    let bar = |day: &str| Bar {
        symbol: "WMT".to_owned(),
        date: day.parse().unwrap(),
        prices: [90.0, 91.0, 89.0, 90.5],
        volume: 10_000_000,
    };
    let bars: Vec<Bar> = ["2024-11-25", "2024-11-26", "2024-11-27"].map(bar).into();
    home.ok(&["import", &home.file("bars.csv", bars_csv(&bars))]);
    home
}

/// Scans without storing anything.
fn scan(home: &Home, more: &[&str]) -> Value {
    home.json(&[&["scan", "--dry-run", "--with", "sluice/universe"], more].concat())
}

fn warnings(scan: &Value) -> String {
    scan["warnings"].to_string()
}

fn write_calendar(home: &Home, text: &str) {
    std::fs::create_dir_all(home.path()).unwrap();
    std::fs::write(home.path().join("calendar.toml"), text).unwrap();
}

const CLOSURE: &str = "[[day]]\nmic = \"XNYS\"\ndate = 2024-11-26\nkind = \"closure\"\nnote = \"a storm\"\n";

#[test]
fn json_is_an_array_of_sessions_in_utc() {
    let home = Home::empty().in_zone("Asia/Tokyo");
    let sessions = home.json(&["calendar", "XNYS", "--from", "2024-07-03", "--to", "2024-07-05"]);
    let session = |date: &str, close: &str, early: bool| {
        json!({
            "date": date, "open_utc": format!("{date}T13:30:00Z"), "close_utc": format!("{date}T{close}Z"),
            "break_start_utc": null, "break_end_utc": null, "early_close": early,
        })
    };
    assert_eq!(
        sessions,
        json!([session("2024-07-03", "17:00:00", true), session("2024-07-05", "20:00:00", false)])
    );
    let tokyo = home.json(&["calendar", "XTKS", "--from", "2024-11-05", "--to", "2024-11-05"]);
    assert_eq!(tokyo[0]["break_start_utc"], "2024-11-05T02:30:00Z");
    assert_eq!(tokyo[0]["close_utc"], "2024-11-05T06:30:00Z");
    assert!(!home.path().exists(), "looking at a calendar made something");
}

#[test]
fn the_table_has_the_venues_clock_and_utc() {
    let home = Home::empty().in_zone("Asia/Tokyo");
    let table = home.ok(&["calendar", "XNYS", "--from", "2024-07-03", "--to", "2024-07-05"]);
    let row = table.lines().find(|line| line.contains("2024-07-03")).unwrap();
    for part in ["Wed", "09:30", "13:00", "2024-07-03T13:30:00Z", "2024-07-03T17:00:00Z", "early"] {
        assert!(row.contains(part), "{part} is missing: {row}");
    }
    let csv = home.ok(&["calendar", "XHKG", "--from", "2024-11-05", "--to", "2024-11-05", "--format", "csv"]);
    assert_eq!(
        csv,
        "date,open_utc,close_utc,break_start_utc,break_end_utc,early_close\n\
         2024-11-05,2024-11-05T01:30:00Z,2024-11-05T08:00:00Z,2024-11-05T04:00:00Z,2024-11-05T05:00:00Z,false\n"
    );
}

#[test]
fn no_coverage_is_said_with_what_is_covered_and_never_guessed() {
    let home = Home::empty();
    let early = home.refuses(&["calendar", "XNYS", "--from", "2007-11-23", "--to", "2007-11-23"], 2);
    assert_eq!(early, "the calendar of XNYS does not cover 2007-11-23: it knows 2010-01-01 to 2028-12-29");
    let late = home.refuses(&["calendar", "XNYS", "--from", "2028-12-28", "--to", "2029-01-03"], 2);
    assert!(late.contains("does not cover 2028-12-30"), "{late}");
    let mumbai = home.refuses(&["calendar", "XBOM", "--from", "2018-01-01", "--to", "2018-01-05"], 2);
    assert!(mumbai.starts_with("there is no calendar for XBOM"), "{mumbai}");
    let unknown = home.refuses(&["calendar", "XNYX", "--format", "json"], 2);
    assert!(
        unknown.starts_with("no calendar for venue \"XNYX\": use an ISO 10383 code such as XNYS"),
        "{unknown}"
    );
    let backwards = home.refuses(&["calendar", "XNYS", "--from", "2024-07-05", "--to", "2024-07-03"], 2);
    assert_eq!(backwards, "--to 2024-07-03 is before --from 2024-07-05");
}

#[test]
fn a_span_without_session_is_an_empty_list() {
    let home = Home::empty();
    let weekend = ["calendar", "XLON", "--from", "2024-07-06", "--to", "2024-07-07"];
    assert_eq!(home.json(&weekend), json!([]));
    assert_eq!(home.ok(&weekend), "XLON has no session from 2024-07-06 to 2024-07-07\n");
}

#[test]
fn what_no_venue_trades_is_open_on_every_day() {
    let days = Home::empty().json(&["calendar", "XXXX", "--from", "2024-12-24", "--to", "2024-12-26"]);
    assert_eq!(days.as_array().unwrap().len(), 3);
    assert_eq!(
        (&days[1]["open_utc"], &days[1]["close_utc"]),
        (&json!("2024-12-25T00:00:00Z"), &json!("2024-12-26T00:00:00Z"))
    );
}

#[test]
fn calendar_toml_changes_days_everywhere() {
    let home = november();
    let span = ["calendar", "XNYS", "--from", "2024-11-25", "--to", "2024-11-27"];
    assert_eq!(home.json(&span).as_array().unwrap().len(), 3);
    // A bar of a day without session is known when that day is over.
    let known = |home: &Home| scan(home, &["--as-of", "2024-11-26T22:00:00Z"])["data_until"].clone();
    assert_eq!(known(&home), "2024-11-26T21:00:00Z");
    write_calendar(&home, CLOSURE);
    assert_eq!(home.json(&span).as_array().unwrap().len(), 2);
    assert_eq!(known(&home), "2024-11-25T21:00:00Z");
}

#[test]
fn a_changed_calendar_is_noticed_and_audited() {
    let home = november();
    let noticed = || {
        home.ok(&["scan", "--with", "sluice/universe"]);
        let log = home.json(&["audit", "log", "--action", "file"]);
        let subjects = log.as_array().unwrap().iter().map(|row| row["subject"].as_str().unwrap().to_owned());
        subjects.filter(|subject| subject.ends_with("calendar.toml")).count()
    };
    assert_eq!(noticed(), 0);
    write_calendar(&home, CLOSURE);
    assert_eq!((noticed(), noticed()), (1, 1), "the same file is the same");
    write_calendar(&home, &CLOSURE.replace("storm", "flood"));
    assert_eq!(noticed(), 2);
}

#[test]
fn a_wrong_calendar_stops_every_command_that_needs_it_with_its_line() {
    let home = november();
    write_calendar(&home, &format!("{CLOSURE}\n{CLOSURE}"));
    for command in [&["scan"][..], &["status"], &["calendar", "XNYS"], &["import", "bars.csv"]] {
        let line = home.fails(command);
        assert!(
            line.contains("calendar.toml, line 9: 2024-11-26 of XNYS is set in line 3 already"),
            "{line}"
        );
    }
}

#[test]
fn a_scan_tells_where_the_clock_of_its_venue_stands() {
    let home = november();
    let day = scan(&home, &["--as-of", "2024-11-27T15:00:00Z"]);
    let venue = &day["venues"][0];
    let members = ["mic", "zone", "phase", "date", "is_session", "last_session", "next_session"];
    assert_eq!(keys(venue), members.into());
    assert_eq!(texts(&day, "venues", "phase"), ["regular"]);
    assert_eq!((&venue["mic"], &venue["zone"]), (&json!("XNYS"), &json!("America/New_York")));
    assert_eq!((&venue["date"], &venue["is_session"]), (&json!("2024-11-27"), &json!(true)));
    assert_eq!(
        venue["last_session"],
        json!({
            "date": "2024-11-26", "open_utc": "2024-11-26T14:30:00Z", "close_utc": "2024-11-26T21:00:00Z",
            "early_close": false,
        })
    );
    assert_eq!(venue["next_session"]["date"], "2024-11-29");
    assert_eq!(venue["next_session"]["early_close"], true);
    for (instant, phase) in [("T07:47:00Z", "closed"), ("T09:00:00Z", "pre"), ("T21:00:00Z", "post")] {
        let day = scan(&home, &["--as-of", &format!("2024-11-27{instant}")]);
        assert_eq!(day["venues"][0]["phase"], phase, "{instant}");
    }
}

#[test]
fn on_a_day_without_session_the_scan_says_so_and_uses_the_last_completed_one() {
    let home = november();
    let said = "2024-11-28 is no session of XNYS: the last completed one, 2024-11-27, is used";
    for as_of in ["2024-11-28", "2024-11-28T15:00:00Z"] {
        let holiday = scan(&home, &["--as-of", as_of]);
        assert_eq!(holiday["data_until"], "2024-11-27T21:00:00Z");
        assert!(warnings(&holiday).contains(said), "{}", warnings(&holiday));
        assert_eq!(list(&holiday, "venues")[0]["is_session"], false);
    }
    assert!(!warnings(&scan(&home, &["--as-of", "2024-11-27"])).contains("no session"));
    let table =
        home.run(&["scan", "--dry-run", "--with", "sluice/universe", "--as-of", "2024-11-28T15:00:00Z"]);
    let line = "XNYS: closed, 2024-11-28 is no session; last session 2024-11-27, next 2024-11-29 from 2024-11-29T14:30:00Z (early close)";
    assert!(table.stdout.contains(line), "{}", table.stdout);
    assert!(table.stderr.contains(said), "{}", table.stderr);
}

#[test]
fn require_open_refuses_a_day_without_session_with_exit_code_5_and_stores_nothing() {
    let home = november();
    let refusal = home.refuses(&["scan", "--require-open", "--as-of", "2024-11-28"], 5);
    assert_eq!(
        refusal,
        "2024-11-28 is no session of XNYS, and a session is required: the next one is 2024-11-29, it opens at 2024-11-29T14:30:00Z"
    );
    assert_eq!(home.json(&["status"])["scans"], 0);
    home.ok(&["scan", "--require-open", "--as-of", "2024-11-27", "--with", "sluice/universe"]);
    write_calendar(&home, &CLOSURE.replace("11-26", "11-27"));
    home.refuses(&["scan", "--require-open", "--as-of", "2024-11-27"], 5);
}
