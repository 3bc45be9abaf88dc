use std::path::Path;

use super::*;
use crate::testing::import_text;

const HEADER: &str = "symbol,date,open,high,low,close,volume\n";

/// A share of 400 and 404, then split four for one; with a dividend of 2 on the day after that.
fn market(dir: &Path) -> Market {
    let bars = |rows: &[(&str, f64)]| -> String {
        rows.iter().map(|(date, price)| format!("A,{date},{price},{price},{price},{price},1000\n")).collect()
    };
    // two imports: the first one was made before the split
    let before = bars(&[("2024-07-01", 400.0), ("2024-07-02", 404.0)]);
    let after = bars(&[("2024-07-03", 100.0), ("2024-07-05", 98.0)]);
    import_text(dir, "before.csv", &format!("{HEADER}{before}")).unwrap();
    import_text(dir, "after.csv", &format!("{HEADER}{after}")).unwrap();
    let actions = "symbol,date,dividends,stock_splits\nA,2024-07-03,0,4\nA,2024-07-05,2,0\n";
    import_text(dir, "actions.csv", actions).unwrap();
    Market::open(&dir.join("set")).unwrap()
}

fn span(from: Option<&str>, to: Option<&str>) -> BarSpan {
    let date = |text: &str| text.parse().unwrap();
    BarSpan { timeframe: Timeframe::Day, from: from.map(date), to: to.map(date) }
}

fn known(market: &Market, adjustment: Adjustment, as_of: &str, span: BarSpan) -> Vec<(String, f64, f64)> {
    let snapshot = market.snapshot(&as_of.parse().unwrap()).unwrap();
    let rows = BarView::Known(&snapshot, adjustment).rows(&[0], &span).unwrap().remove(0);
    for row in &rows {
        assert_eq!([row.open, row.high, row.low], [row.close; 3]);
    }
    rows.iter().map(|row| (row.time.to_string(), row.close, row.volume)).collect()
}

fn closes(market: &Market, adjustment: Adjustment, as_of: &str) -> Vec<f64> {
    known(market, adjustment, as_of, span(None, None)).into_iter().map(|(_, close, _)| close).collect()
}

#[test]
fn what_was_imported_stays_and_what_was_known_is_adjusted_as_of_its_instant() {
    let dir = tempfile::tempdir().unwrap();
    let market = market(dir.path());
    let imported = BarView::Imported(&market).rows(&[0], &span(None, None)).unwrap().remove(0);
    let stored: Vec<f64> = imported.iter().map(|row| row.close).collect();
    assert_eq!(stored, [400.0, 404.0, 100.0, 98.0]);
    assert_eq!(closes(&market, Adjustment::Split, "latest"), [100.0, 101.0, 100.0, 98.0]);
    assert_eq!(closes(&market, Adjustment::Raw, "latest"), [400.0, 404.0, 100.0, 98.0]);
    assert_eq!(closes(&market, Adjustment::Total, "latest"), [98.0, 101.0 * 0.98, 98.0, 98.0]);
    // on the day before the split nobody knew of it
    assert_eq!(closes(&market, Adjustment::Split, "2024-07-02"), [400.0, 404.0]);
    let newest = |as_of| known(&market, Adjustment::Split, as_of, span(None, None)).pop().unwrap();
    assert_eq!(newest("2024-07-02"), ("2024-07-02".to_owned(), 404.0, 1000.0));
    let oldest = known(&market, Adjustment::Split, "latest", span(None, None)).remove(0);
    assert_eq!(oldest, ("2024-07-01".to_owned(), 100.0, 4000.0));
}

#[test]
fn a_span_of_known_bars_is_a_part_of_them_whatever_follows_it() {
    let dir = tempfile::tempdir().unwrap();
    let market = market(dir.path());
    for adjustment in [Adjustment::Raw, Adjustment::Split, Adjustment::Total] {
        let all = known(&market, adjustment, "latest", span(None, None));
        for first in 0..all.len() {
            for last in first..all.len() {
                let part = span(Some(&all[first].0), Some(&all[last].0));
                assert_eq!(known(&market, adjustment, "latest", part), all[first..=last]);
            }
        }
        assert_eq!(known(&market, adjustment, "latest", span(Some("2024-08-01"), None)), []);
    }
}

#[test]
fn bars_are_seen_under_the_ticker_of_the_day() {
    let dir = tempfile::tempdir().unwrap();
    market(dir.path());
    import_text(dir.path(), "renames.csv", "old_symbol,new_symbol,date\nA,B,2024-07-05\n").unwrap();
    let market = Market::open(&dir.path().join("set")).unwrap();
    let ticker = |as_of: &str| {
        let snapshot = market.snapshot(&as_of.parse().unwrap()).unwrap();
        let view = BarView::Known(&snapshot, Adjustment::Split);
        assert_eq!(view.find(&Symbol::try_from("A").unwrap()), Some(0));
        assert_eq!(view.stored_rows(0, Timeframe::Day), 4);
        view.instruments()[0].symbol.to_string()
    };
    assert_eq!((ticker("2024-07-02"), ticker("2024-07-05")), ("A".to_owned(), "B".to_owned()));
}

#[test]
fn a_timeframe_that_was_not_known_is_an_error_that_names_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let market = market(dir.path());
    let snapshot = market.snapshot(&"latest".parse().unwrap()).unwrap();
    let hours = BarSpan { timeframe: Timeframe::Hour, ..span(None, None) };
    for view in [BarView::Imported(&market), BarView::Known(&snapshot, Adjustment::Raw)] {
        let error = view.rows(&[0], &hours).unwrap_err().to_string();
        assert_eq!(error, "there are no 1h bars: there are bars of 1d");
        assert_eq!(view.stored_rows(0, Timeframe::Hour), 0);
    }
}
