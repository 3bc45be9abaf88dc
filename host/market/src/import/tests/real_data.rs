//! The S&P 500 of five years: every fault that `faults.json` lists, and nothing else.

use super::*;

fn sp500(set: &Path, times: usize) -> Option<ImportSummary> {
    let file = shared("sp500_5yr/sp500_5yr.parquet")?;
    import(set, &vec![file; times], &options(), &mut |_| {}).ok()
}

#[test]
fn the_sp500_file_has_exactly_the_listed_faults() {
    let dir = tempfile::tempdir().unwrap();
    let Some(summary) = sp500(dir.path(), 1) else { return };
    let listed: serde_json::Value =
        serde_json::from_slice(&fs::read(shared("sp500_5yr/faults.json").unwrap()).unwrap()).unwrap();
    let number = |value: &serde_json::Value| value.as_u64().unwrap();
    assert_eq!(summary.rows, number(&listed["rows"]));
    assert_eq!(summary.bars_added, number(&listed["rows"]));
    assert_eq!(summary.instruments, number(&listed["symbols"]));
    assert_eq!(summary.first_date.unwrap().to_string(), listed["first"].as_str().unwrap());
    assert_eq!(summary.last_date.unwrap().to_string(), listed["last"].as_str().unwrap());
    let gaps: u64 = listed["symbols_with_gaps"].as_array().unwrap().iter().map(|gap| number(&gap[1])).sum();
    let expected = [
        ("missing-open", number(&listed["null"]["open"])),
        ("missing-high", number(&listed["null"]["high"])),
        ("missing-low", number(&listed["null"]["low"])),
        ("zero-volume", listed["zero_volume"].as_array().unwrap().len() as u64),
        ("inconsistent-prices", number(&listed["ohlc_rows_violating"])),
        ("missing-session", gaps),
    ];
    let counted: Vec<(&str, u64)> =
        summary.faults.iter().map(|fault| (fault.kind.as_str(), fault.count)).collect();
    assert_eq!(counted, expected);
    let zero: Vec<(String, String)> = summary.faults[3]
        .examples
        .iter()
        .map(|example| (example.symbol.clone().unwrap(), example.date.unwrap().to_string()))
        .collect();
    let listed: Vec<(String, String)> = listed["zero_volume"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row[0].as_str().unwrap().to_owned(), row[1].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(zero, listed);
    assert!(summary.faults[3].examples[0].row.is_some());

    let again = sp500(dir.path(), 1).unwrap();
    assert_eq!((again.bars_unchanged, again.bars_added, &again.digest), (619_040, 0, &summary.digest));
}

#[test]
fn constituents_make_names_and_sectors_known() {
    let dir = tempfile::tempdir().unwrap();
    let Some(constituents) = shared("constituents.csv") else { return };
    let Some(sample) = shared("sp500_5yr/sample42.csv.gz") else { return };
    let summary = import(dir.path(), &[sample, constituents], &options(), &mut |_| {}).unwrap();
    assert_eq!((summary.rows, summary.instruments), (47_469 + 505, 505));
    let market = Market::open(dir.path()).unwrap();
    let apple = &market.instruments()[market.find(&Symbol::try_from("AAPL").unwrap()).unwrap()];
    assert_eq!(
        (apple.name.as_str(), apple.sector.as_deref()),
        ("Apple Inc.", Some("Information Technology"))
    );
    assert_eq!(apple.kind, Kind::Unknown);
}

#[test]
fn the_sample_gives_the_same_bars_as_text_and_as_parquet() {
    let dir = tempfile::tempdir().unwrap();
    let Some(sample) = shared("sp500_5yr/sample42.csv.gz") else { return };
    if sp500(&dir.path().join("parquet"), 1).is_none() {
        return;
    }
    import(&dir.path().join("text"), &[sample], &options(), &mut |_| {}).unwrap();
    for symbol in ["AAPL", "DHR", "BRK.B"] {
        let (a, b) =
            (bars_of(&dir.path().join("text"), symbol), bars_of(&dir.path().join("parquet"), symbol));
        assert_eq!((&a.time, a.starts), (&b.time, b.starts), "{symbol}");
        for (a, b) in a.columns.iter().flatten().zip(b.columns.iter().flatten()) {
            assert!(a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()), "{symbol}: {a} {b}");
        }
    }
}
