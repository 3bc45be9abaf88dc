//! Quotes from a file to a layer, a screen, a column and an explanation: never before they were known.

use crate::support::{Home, texts};
use serde_json::Value;
use std::fmt::Write as _;

/// Sessions of New York in the summer, which opens at 13:30 UTC; the last is the one that is asked about.
const SESSIONS: [&str; 7] =
    ["2025-06-20", "2025-06-23", "2025-06-24", "2025-06-25", "2025-06-26", "2025-06-27", "2025-06-30"];
/// A quarter of an hour into the last session.
const AS_OF: &str = "2025-06-30T13:45:00Z";

/// Two instruments with three bars of five minutes in each session, at ten times the volume in the last one, in which
/// they rose by four percent; and their daily bars before it.
fn market() -> Home {
    let home = Home::compiled();
    let (mut fives, mut days) = (
        "symbol,timestamp,open,high,low,close,volume\n".to_owned(),
        "symbol,date,open,high,low,close,volume\n".to_owned(),
    );
    for symbol in ["NARROW", "WIDE"] {
        for date in SESSIONS {
            let (close, volume) = if date == AS_OF.split_at(10).0 { (104.0, 10_000) } else { (100.0, 1_000) };
            for minute in ["30", "35", "40"] {
                let _ = writeln!(
                    fives,
                    "{symbol},{date}T13:{minute}:00Z,{close},{close},{close},{close},{volume}"
                );
            }
            if close == 100.0 {
                let _ = writeln!(days, "{symbol},{date},100,101,99,100,1000000");
            }
        }
    }
    home.ok(&["import", "--timeframe", "5m", &home.file("fives.csv", fives)]);
    home.ok(&["import", &home.file("days.csv", days)]);
    home
}

fn quotes(home: &Home, rows: &str) -> Value {
    let text = format!("symbol,time,bid,ask,bid_size,ask_size,last\n{rows}");
    home.json(&["import", &home.file("quotes.csv", text)])
}

/// Spread and score of the layer `sluice/intraday`, by symbol.
fn intraday(home: &Home, more: &[&str]) -> Vec<(String, Option<f64>, f64)> {
    let args = ["scan", "--with", "sluice/intraday", "--as-of", AS_OF];
    let scan = home.json(&[&args, more].concat());
    let results = scan["results"].as_array().unwrap().iter();
    let said = results.map(|result| {
        let opinion = &result["layers"]["sluice/intraday"];
        let symbol = result["symbol"].as_str().unwrap().to_owned();
        (symbol, opinion["measures"]["spread"].as_f64(), opinion["score"].as_f64().unwrap())
    });
    let mut said: Vec<_> = said.collect();
    said.sort_by(|a, b| a.0.cmp(&b.0));
    said
}

#[test]
fn an_imported_quote_reaches_the_layer_that_asks_for_it_from_its_time_on() {
    let home = market();
    // 0.30 · 5 + 0.25 · 4 + 0.20 · 0 of 3.1: the rise was at the open, half an hour before which there is no bar
    let without = 100.0 * 2.5 / 3.1;
    for (symbol, spread, score) in intraday(&home, &[]) {
        assert!(spread.is_none() && (score - without).abs() < 1e-9, "{symbol} {spread:?} {score}");
    }
    let summary = quotes(
        &home,
        "NARROW,2025-06-30T13:44:59Z,103.948,104.052,100,200,104\n\
         WIDE,2025-06-30T13:44:00Z,102.96,105.04,,,\n\
         WIDE,2025-06-30T13:45:01Z,104,104,,,\n\
         WIDE,2025-06-30T13:44:30Z,105,104,,,\n",
    );
    assert_eq!(summary["quotes"], serde_json::json!({ "added": 3, "replaced": 0, "unchanged": 0 }));
    assert_eq!(texts(&summary, "faults", "kind"), ["inconsistent-prices"], "a bid above the ask is left out");
    let said = intraday(&home, &[]);
    assert_eq!(said.iter().map(|(symbol, ..)| symbol.as_str()).collect::<Vec<_>>(), ["NARROW", "WIDE"]);
    let spreads: Vec<f64> = said.iter().map(|(_, spread, _)| spread.unwrap()).collect();
    // 0.104 and 2.08 of 104; the quote of a second later is not known yet
    assert!((spreads[0] - 0.1).abs() < 1e-9 && (spreads[1] - 2.0).abs() < 1e-9, "{spreads:?}");
    // narrow: + 0.10 · (2 − 10 · 0.1) of 3.3; wide: + 0
    assert!((said[0].2 - 100.0 * 2.6 / 3.3).abs() < 1e-6, "{}", said[0].2);
    assert!((said[1].2 - 100.0 * 2.5 / 3.3).abs() < 1e-6, "{}", said[1].2);
    assert_eq!(intraday(&home, &[]), said, "from the verdict cache");
    assert_eq!(intraday(&home, &["--no-cache"]), said);
}

#[test]
fn a_screen_and_a_column_see_the_quote_and_an_explanation_tells_it() {
    let home = market();
    quotes(
        &home,
        "NARROW,2025-06-30T13:44:59Z,103.948,104.052,100,200,104\nWIDE,2025-06-30T13:44:00Z,102.96,105.04,,,\n",
    );
    let screened = |condition: &str| {
        let scan = home.json(&[
            "scan",
            "--stage",
            "0",
            "--as-of",
            AS_OF,
            "--where",
            condition,
            "--columns",
            "bid,ask,spread",
        ]);
        scan["results"].as_array().unwrap().clone()
    };
    let narrow = screened("spread < 0.5 and bid_size >= 100");
    assert_eq!((narrow.len(), &narrow[0]["symbol"]), (1, &"NARROW".into()));
    let columns = &narrow[0]["columns"];
    assert_eq!((&columns["bid"], &columns["ask"]), (&103.948.into(), &104.052.into()));
    assert!((columns["spread"].as_f64().unwrap() - 0.1).abs() < 1e-9, "{columns}");
    assert_eq!(screened("spread > 1.9")[0]["symbol"], "WIDE");
    let args = ["scan", "--with", "sluice/intraday", "--as-of", AS_OF, "--explain", "NARROW"];
    let text = home.ok(&args);
    assert!(text.contains("quote of 2025-06-30T13:44:59Z"), "{text}");
    assert!(text.contains("ask 104.052, ask-size 200, bid 103.948, bid-size 100, last 104"), "{text}");
}

#[test]
fn a_quote_of_an_earlier_session_is_unknown_to_screens_and_columns() {
    let home = market();
    quotes(&home, "NARROW,2025-06-27T19:00:00Z,99.9,100.1,,,\n");
    let spread = |as_of: &str, condition: &str| {
        let scan = home.json(&[
            "scan",
            "--stage",
            "0",
            "--as-of",
            as_of,
            "--symbols",
            "NARROW",
            "--where",
            condition,
            "--columns",
            "spread",
        ]);
        scan["results"].as_array().unwrap().first().map(|result| result["columns"]["spread"].clone())
    };
    let known = spread("2025-06-27T21:00:00Z", "spread < 0.21").unwrap().as_f64().unwrap();
    assert!((known - 0.2).abs() < 1e-9, "{known}");
    assert_eq!(spread("2025-06-27T18:59:59Z", "spread < 0.21"), None, "nobody had quoted");
    assert_eq!(spread(AS_OF, "spread < 0.21"), None, "it is of Friday");
    assert_eq!(spread(AS_OF, "close > 0"), Some(Value::Null));
}
