//! The formats, help and colours of the output, and readers that go away.

use crate::support::{Home, Ran, list};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn ndjson_is_one_record_per_line() {
    let home = Home::with_market();
    let whole = home.json(&["scan", "--dry-run"]);
    let text = home.ok(&["scan", "--dry-run", "--format", "ndjson"]);
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |name: &str| records.iter().filter(|record| record["record"] == name).collect::<Vec<_>>();
    assert_eq!(records[0]["record"], "scan");
    assert_eq!((&records[0]["as_of"], &records[0]["status"]), (&whole["as_of"], &whole["status"]));
    for (name, member) in [("stage", "stages"), ("result", "results"), ("alert", "alerts")] {
        assert_eq!(of(name).len(), list(&whole, member).len(), "{name}");
    }
    assert_eq!(of("result")[0]["symbol"], whole["results"][0]["symbol"]);
    assert_eq!(records.len(), 1 + of("stage").len() + of("result").len() + of("alert").len());
}

#[test]
fn csv_has_a_header_and_numbers_that_are_numbers_or_nothing() {
    let home = Home::with_market();
    let results = home.json(&["scan", "--dry-run"]);
    for (args, header) in [
        (&["scan", "--dry-run"][..], "rank,symbol,outcome,score,percentile,reason"),
        (
            &["scan", "--dry-run", "--show-alerts"],
            "symbol,kind,side,entry,stop,stop by,target,reward/risk,shares,risk,severity,confidence,layer,message",
        ),
    ] {
        let text = home.ok(&[args, &["--format", "csv"]].concat());
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>().join(","), header);
        let columns: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let member = if columns[0] == "rank" { "results" } else { "alerts" };
        assert_eq!(rows.len(), list(&results, member).len());
        let numeric =
            ["rank", "score", "percentile", "entry", "stop", "target", "reward/risk", "shares", "confidence"];
        for (column, cell) in rows.iter().flat_map(|row| columns.iter().zip(row)) {
            let fits = cell.is_empty() || cell.parse::<f64>().is_ok();
            assert!(fits || !numeric.contains(&column.as_str()), "{column} is {cell:?}");
        }
    }
}

#[test]
fn list_commands_print_a_json_array() {
    let home = Home::with_market();
    for command in [&["alerts"][..], &["layer", "list"]] {
        assert!(home.json(command).is_array(), "{command:?}");
        home.ok(&[command, &["--format", "ndjson"]].concat());
        let csv = home.ok(&[command, &["--format", "csv"]].concat());
        assert!(csv.lines().next().unwrap().contains(','), "{csv}");
    }
}

/// Takes out what differs between runs: the id of the scan and the milliseconds, which are each row's last cell but one.
fn redacted(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = match line.rsplit_once(" (") {
            Some((start, _)) if line.starts_with("pipeline") => format!("{start} (SCAN)"),
            _ => line.to_owned(),
        };
        let cells: Vec<&str> = line.split('┆').collect();
        lines.push(match cells.as_slice() {
            [start @ .., _, last] if line.contains("@0.1.0") && line.contains("┆ ok ") => {
                [start, &["      MS ", last]].concat().join("┆")
            }
            _ => line,
        });
    }
    lines.join("\n")
}

#[test]
fn the_table_of_a_scan_looks_like_this() {
    let home = Home::with_market();
    let text = home.ok(&["scan", "--show-alerts"]);
    insta::assert_snapshot!(redacted(&text), @r#"
    pipeline daily as of 2025-06-30T20:00:00Z, data until 2025-06-30T20:00:00Z (SCAN)
    XNYS: post; last session 2025-06-30, next 2025-07-01 from 2025-07-01T13:30:00Z
    ┌───────┬───────────┬─────┬─────┬────────────┬────────────────────────┬────────┬──────────────┬─────────┬──────────────────────────────────────────────┐
    │ stage ┆ name      ┆  in ┆ out ┆ no opinion ┆ layer                  ┆ status ┆ median score ┆ call ms ┆ abstained                                    │
    ╞═══════╪═══════════╪═════╪═════╪════════════╪════════════════════════╪════════╪══════════════╪═════════╪══════════════════════════════════════════════╡
    │     0 ┆ universe  ┆ 300 ┆ 265 ┆          0 ┆ sluice/universe@0.1.0  ┆ ok     ┆        100.0 ┆      MS ┆ 0                                            │
    │     1 ┆ liquidity ┆ 265 ┆  59 ┆          2 ┆ sluice/liquidity@0.1.0 ┆ ok     ┆         22.7 ┆      MS ┆ 2 (fewer than 10 traded bars in 20 sessions) │
    │     2 ┆ catalyst  ┆  59 ┆   5 ┆          0 ┆ sluice/volume@0.1.0    ┆ ok     ┆          0.0 ┆      MS ┆ 0                                            │
    │       ┆           ┆     ┆     ┆            ┆ sluice/technical@0.1.0 ┆ ok     ┆          0.0 ┆      MS ┆ 0                                            │
    └───────┴───────────┴─────┴─────┴────────────┴────────────────────────┴────────┴──────────────┴─────────┴──────────────────────────────────────────────┘
    ┌──────┬────────┬─────────┬───────┬────────────┬──────────────────────────────────┐
    │ rank ┆ symbol ┆ outcome ┆ score ┆ percentile ┆ reason                           │
    ╞══════╪════════╪═════════╪═══════╪════════════╪══════════════════════════════════╡
    │    1 ┆ TSDD   ┆ keep    ┆  92.1 ┆       99.2 ┆ unusual volume; breakout, gap up │
    │    2 ┆ WEDD   ┆ keep    ┆  80.0 ┆       97.5 ┆ closes up                        │
    │    3 ┆ EOH    ┆ keep    ┆  78.4 ┆       95.8 ┆ closes up                        │
    │    4 ┆ CIG    ┆ keep    ┆  74.3 ┆       94.1 ┆ RSI rising, closes up            │
    │    5 ┆ IJN    ┆ keep    ┆  68.8 ┆       92.4 ┆ gap up, RSI rising               │
    └──────┴────────┴─────────┴───────┴────────────┴──────────────────────────────────┘
    ┌────────┬────────────────────┬──────┬────────┬───────┬─────────┬────────┬─────────────┬────────┬──────┬──────────┬────────────┬──────────────────┬──────────────────────────────────────┐
    │ symbol ┆ kind               ┆ side ┆  entry ┆  stop ┆ stop by ┆ target ┆ reward/risk ┆ shares ┆ risk ┆ severity ┆ confidence ┆ layer            ┆ message                              │
    ╞════════╪════════════════════╪══════╪════════╪═══════╪═════════╪════════╪═════════════╪════════╪══════╪══════════╪════════════╪══════════════════╪══════════════════════════════════════╡
    │ TSDD   ┆ VOLUME_SPIKE       ┆      ┆      – ┆     – ┆         ┆      – ┆           – ┆      – ┆      ┆ notice   ┆       0.70 ┆ sluice/volume    ┆ Volume 3.5 times the mean of 20 bars │
    │ TSDD   ┆ TECHNICAL_BREAKOUT ┆ long ┆ 103.69 ┆ 95.36 ┆ layer   ┆ 120.35 ┆         2.0 ┆      – ┆ ok   ┆ notice   ┆       0.63 ┆ sluice/technical ┆ breakout                             │
    │ TSDD   ┆ MOMENTUM           ┆ long ┆ 103.69 ┆ 95.36 ┆ layer   ┆ 120.35 ┆         2.0 ┆      – ┆ ok   ┆ notice   ┆       0.29 ┆ sluice/technical ┆ gap up                               │
    │ WEDD   ┆ MOMENTUM           ┆ long ┆  24.54 ┆ 22.88 ┆ layer   ┆  27.87 ┆         2.0 ┆      – ┆ ok   ┆ notice   ┆       0.80 ┆ sluice/technical ┆ closes up                            │
    │ EOH    ┆ MOMENTUM           ┆ long ┆  22.83 ┆ 21.24 ┆ layer   ┆  26.00 ┆         2.0 ┆      – ┆ ok   ┆ notice   ┆       0.78 ┆ sluice/technical ┆ closes up                            │
    │ CIG    ┆ MOMENTUM           ┆ long ┆  72.41 ┆ 70.17 ┆ layer   ┆  76.88 ┆         2.0 ┆      – ┆ ok   ┆ notice   ┆       0.74 ┆ sluice/technical ┆ RSI rising, closes up                │
    │ IJN    ┆ MOMENTUM           ┆ long ┆  53.44 ┆ 48.61 ┆ layer   ┆  63.09 ┆         2.0 ┆      – ┆ ok   ┆ notice   ┆       0.69 ┆ sluice/technical ┆ gap up, RSI rising                   │
    └────────┴────────────────────┴──────┴────────┴───────┴─────────┴────────┴─────────────┴────────┴──────┴──────────┴────────────┴──────────────────┴──────────────────────────────────────┘
    "#);
}

#[test]
fn without_alerts_to_show_the_table_ends_with_the_results() {
    let home = Home::with_market();
    assert!(!home.ok(&["scan", "--dry-run"]).contains("MOMENTUM"));
    let none = home.ok(&["scan", "--dry-run", "--show-alerts", "--stage", "0"]);
    assert!(none.ends_with("no alerts\n"), "{none}");
}

#[test]
fn the_status_of_a_home_in_words_and_numbers() {
    let home = Home::with_market_and_default();
    let table = home.ok(&["status"]);
    for part in ["built-in", "not made yet", "300", "2025-03-06 to 2025-06-30", "19 bundled, 0 installed"] {
        assert!(table.contains(part), "{part} is missing: {table}");
    }
    home.ok(&["scan"]);
    let status = home.json(&["status"]);
    assert_eq!((&status["first_date"], &status["last_date"]), (&"2025-03-06".into(), &"2025-06-30".into()));
    assert!(status["sessions_behind"].is_number() && status["database_bytes"].as_u64().unwrap() > 0);
}

#[test]
fn warnings_go_to_stderr_and_results_to_stdout() {
    let home = Home::with_market();
    let ran = home.run(&["scan", "--dry-run"]);
    assert!(!ran.stdout.contains("warning"), "{}", ran.stdout);
    assert!(ran.stderr.lines().all(|line| line.starts_with("warning: ")), "{}", ran.stderr);
    assert!(ran.stderr.contains("kept although their kind or status is unknown"), "{}", ran.stderr);
    let json = home.run(&["scan", "--dry-run", "--format", "json"]);
    assert_eq!(json.stderr, "", "the document has them");
    assert!(!list(&json.json(), "warnings").is_empty());
}

#[test]
fn verbose_runs_say_more_on_stderr_only() {
    let home = Home::with_market();
    let (plain, verbose) = (home.run(&["scan", "--dry-run"]), home.run(&["scan", "--dry-run", "-v"]));
    assert!(verbose.stderr.len() > plain.stderr.len(), "{}", verbose.stderr);
    assert_eq!(plain.stdout.lines().last(), verbose.stdout.lines().last());
}

#[test]
fn there_are_no_escape_codes_where_no_terminal_is() {
    let home = Home::with_market();
    for args in [
        &["scan", "-vv"][..],
        &["status"],
        &["layer", "list"],
        &["--help"],
        &["scan", "--nope"],
        &["scan", "--with", "x/y"],
    ] {
        let ran = home.run(args);
        assert!(!ran.stdout.contains('\u{1b}'), "{args:?}: {}", ran.stdout);
        assert!(!ran.stderr.contains('\u{1b}'), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let home = Home::with_market();
    // every instrument is kept, so that there is more to print than a pipe holds
    home.configure("[[pipelines.all.stages]]\nnumber = 0\nname = \"all\"\nlayers = [\"sluice/technical\", \"sluice/volume\", \"sluice/liquidity\"]\npass = \"any\"\nunknown = \"keep\"\n");
    for format in ["ndjson", "json", "csv", "table"] {
        let mut child = home
            .spawnable(&["scan", "--pipeline", "all", "--dry-run", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        if format == "ndjson" {
            let mut line = String::new();
            BufReader::with_capacity(16, &mut stdout).read_line(&mut line).unwrap();
            assert!(line.contains("\"record\":\"scan\""), "{line}");
        }
        drop(stdout);
        let ended = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(0), "{format}: {stderr}");
        assert!(!stderr.contains("panicked") && !stderr.contains("error"), "{format}: {stderr}");
    }
}

#[test]
fn help_has_examples_and_the_exit_codes() {
    let home = Home::empty();
    let help = home.ok(&["--help"]);
    assert!(help.contains("Examples:") && help.contains("sluice demo"), "{help}");
    let one_line = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        one_line.contains(
            "Exit codes: 0 done, 1 `data check`, `universe health`, `layer check` or `layer test` found something, 2 wrong usage, \
             3 partial result, 4 failed, \
             5 no session though --require-open was given, 130 interrupted."
        ),
        "{help}"
    );
    for command in ["import", "scan"] {
        let help = home.ok(&[command, "--help"]);
        assert!(help.contains("Examples:") && help.contains(&format!("sluice {command}")), "{help}");
    }
    for command in ["install", "activate", "sign", "publish"] {
        let help = home.ok(&["layer", command, "--help"]);
        let examples = help.split_once("Example").map(|(_, examples)| examples).unwrap_or_default();
        assert!(examples.contains(&format!("sluice layer {command} ")), "{help}");
    }
}

#[test]
fn version_is_the_packages() {
    let ran = Ran::of(Home::empty().bare(&["--version"]));
    assert_eq!((ran.code, ran.stdout), (0, format!("sluice {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn completions_exist_for_the_usual_shells() {
    let home = Home::empty();
    for shell in ["bash", "zsh", "fish"] {
        let script = home.ok(&["completions", shell]);
        for word in ["sluice", "scan", "as-of", "show-alerts"] {
            assert!(script.contains(word), "{word} is missing for {shell}");
        }
    }
    assert_eq!(home.run(&["completions", "cmd.exe"]).code, 2);
}
