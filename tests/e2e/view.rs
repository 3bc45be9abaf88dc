//! What `sluice scan` shows of its result: filters, order, columns.

use crate::support::{Home, list, texts};
use serde_json::Value;

fn ranks(scan: &Value) -> Vec<u64> {
    list(scan, "results").iter().map(|result| result["rank"].as_u64().unwrap()).collect()
}

#[test]
fn filters_leave_out_what_is_not_asked_for_and_count_it() {
    let home = Home::with_market();
    let scan = |args: &[&str]| home.json(&[&["scan", "--dry-run"], args].concat());
    let all = scan(&[]);
    assert_eq!((ranks(&all), &all["hidden"]), (vec![1, 2, 3, 4, 5], &0.into()));
    let spikes = scan(&["--catalyst", "volume-spike"]);
    assert_eq!((texts(&spikes, "results", "symbol"), &spikes["hidden"]), (vec!["TSDD"], &4.into()));
    assert_eq!(texts(&spikes, "alerts", "symbol"), ["TSDD"; 3], "alerts are those of what is shown");
    assert_eq!(ranks(&scan(&["--catalyst", "VOLUME_SPIKE,MOMENTUM"])), [1, 2, 3, 4, 5]);
    assert_eq!(ranks(&scan(&["--min-score", "75"])), [1, 2, 3]);
    assert_eq!(ranks(&scan(&["--top", "2"])), [1, 2]);
    assert_eq!(ranks(&scan(&["--min-score", "100"])), Vec::<u64>::new());
}

#[test]
fn what_is_stored_is_the_whole_scan() {
    let home = Home::with_market();
    home.json(&["scan", "--top", "1", "--min-score", "90"]);
    let alerts = home.json(&["alerts", "--limit", "100"]);
    let symbols: std::collections::BTreeSet<&str> =
        alerts.as_array().unwrap().iter().map(|alert| alert["symbol"].as_str().unwrap()).collect();
    assert_eq!(symbols.len(), 5, "{symbols:?}");
}

#[test]
fn an_order_by_any_figure_keeps_the_ranks() {
    let home = Home::with_market();
    let scan = |args: &[&str]| home.json(&[&["scan", "--dry-run"], args].concat());
    let sorted = scan(&["--sort", "price:desc", "--columns", "price"]);
    let prices: Vec<f64> =
        list(&sorted, "results").iter().map(|result| result["columns"]["price"].as_f64().unwrap()).collect();
    assert!(prices.is_sorted_by(|a, b| a >= b), "{prices:?}");
    assert_eq!(ranks(&sorted), [1, 4, 5, 2, 3]);
    assert_eq!(ranks(&scan(&["--sort", "close - open", "--top", "1"])).len(), 1);
    assert_eq!(
        ranks(&scan(&["--sort", "market_cap:desc"])),
        [1, 2, 3, 4, 5],
        "what is missing keeps its order"
    );
}

#[test]
fn columns_are_computed_over_the_bars_of_the_scan() {
    let home = Home::with_market();
    let shown = |symbol: &str| {
        let rows = home.json(&["data", "show", symbol, "--last", "80"]);
        rows.as_array().unwrap().iter().map(|row| row["close"].as_f64().unwrap()).collect::<Vec<f64>>()
    };
    let scan = home.json(&[
        "scan",
        "--dry-run",
        "--columns",
        "price,change,sma(close, 5),date,alerts,spark,market_cap,kind",
    ]);
    for result in list(&scan, "results") {
        let closes = shown(result["symbol"].as_str().unwrap());
        let columns = &result["columns"];
        let [.., before, last] = closes[..] else { panic!("too few bars") };
        assert_eq!(columns["price"].as_f64(), Some(last));
        let change = columns["change"].as_f64().unwrap();
        assert!((change - 100.0 * (last / before - 1.0)).abs() < 1e-9, "{change}");
        let mean = closes[closes.len() - 5..].iter().sum::<f64>() / 5.0;
        assert!((columns["sma(close, 5)"].as_f64().unwrap() - mean).abs() < 1e-9);
        assert_eq!(columns["date"], "2025-06-30");
        let spark: Vec<f64> = serde_json::from_value(columns["spark"].clone()).unwrap();
        assert_eq!(spark, closes[closes.len() - 20..]);
        assert_eq!(columns["market_cap"], Value::Null);
        let alerts = list(&scan, "alerts").iter().filter(|alert| alert["symbol"] == result["symbol"]).count();
        assert_eq!(columns["alerts"].as_f64(), Some(alerts as f64));
    }
}

#[test]
fn columns_as_a_table_and_as_csv() {
    let home = Home::with_market();
    let args =
        ["scan", "--dry-run", "--top", "3", "--columns", "price,change,rvol,atr,volume,score,sector,spark"];
    let table = home.ok(&args);
    let results = table.split("└").nth(1).and_then(|rest| rest.split_once('\n')).unwrap().1;
    insta::assert_snapshot!(results, @r#"
    ┌──────┬────────┬────────┬────────┬──────┬────────┬────────────┬───────┬────────────────────────┬──────────────────────┐
    │ rank ┆ symbol ┆  price ┆ change ┆ rvol ┆    atr ┆     volume ┆ score ┆ sector                 ┆ spark                │
    ╞══════╪════════╪════════╪════════╪══════╪════════╪════════════╪═══════╪════════════════════════╪══════════════════════╡
    │    1 ┆ TSDD   ┆ 103.69 ┆  11.40 ┆ 3.51 ┆   4.17 ┆    855,729 ┆ 92.15 ┆ Energy                 ┆ ▁▂▂▃▃▂▂▂▃▄▄▅▅▅▅▆▆▆▆█ │
    │    2 ┆ WEDD   ┆  24.54 ┆   1.83 ┆ 1.11 ┆ 0.8315 ┆    371,864 ┆ 80.00 ┆ Consumer Discretionary ┆ ▂▁▂▄▅▃▂▂▃▂▂▁▃▃▁▄▅▅▇█ │
    │    3 ┆ EOH    ┆  22.83 ┆   3.07 ┆ 1.80 ┆ 0.7935 ┆ 78,017,075 ┆ 78.41 ┆ Consumer Discretionary ┆ ▁▁▁▃▂▄▃▁▂▃▃▂▃▆▅▆▇▆▇█ │
    "#);
    let csv = home.ok(&[&args[..], &["--format", "csv"]].concat());
    assert_eq!(csv.lines().next(), Some("rank,symbol,price,change,rvol,atr,volume,score,sector,spark"));
    assert_eq!(csv.lines().count(), 4);
    let plain = crate::support::Ran::of({
        let mut command = home.spawnable(&args);
        command.env("TERM", "dumb");
        command
    });
    assert!(!plain.stdout.contains('▁') && !plain.stdout.contains('█'), "{}", plain.stdout);
}

#[test]
fn what_makes_no_sense_is_refused_with_what_would() {
    let home = Home::with_market();
    for (args, wanted) in [
        (&["--columns", "prise"][..], "there is no column prise: there are rank, symbol, outcome, score"),
        (&["--columns", "sma(0)"], "column 5"),
        (&["--columns", "price,,rsi"], "there is no column"),
        (&["--sort", "change:down"], "\"down\" is no direction: write COLUMN:asc or COLUMN:desc"),
        (&["--sort", "spark"], "rows have no order by spark"),
        (&["--min-score", "101"], "a score is a number from 0 to 100"),
        (&["--top", "0"], "write a whole number from 1 to 4294967295"),
        (
            &["--catalyst", "VOLUME_SPICE"],
            "no layer of this scan raises alerts of the kind VOLUME_SPICE: they raise ",
        ),
    ] {
        let ran = home.run(&[&["scan", "--dry-run"], args].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(wanted), "{args:?}: {}", ran.stderr);
    }
}
