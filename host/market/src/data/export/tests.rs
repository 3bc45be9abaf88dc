use std::path::PathBuf;

use super::*;
use crate::bars::Timeframe;
use crate::import::import;
use crate::market::Market;
use crate::testing::{contents, import_text, options};

const BARS: &str = "symbol,date,open,high,low,close,volume\n\
    A,2024-07-01,1.5,2,1.25,1.75,1000\n\
    A,2024-07-02,,2.5,1.5,2.25,1234.5\n\
    B,2024-07-01,10,20,5,15.125,0\n";

fn market(dir: &Path) -> Market {
    import_text(dir, "in.csv", BARS).unwrap();
    Market::open(&dir.join("set")).unwrap()
}

fn write_to(market: &Market, to: &Path, from: Option<&str>) -> Result<ExportSummary, ExportError> {
    let instruments: Vec<usize> = (0..market.instruments().len()).collect();
    let span = BarSpan { timeframe: Timeframe::Day, from: from.map(|date| date.parse().unwrap()), to: None };
    export(BarView::Imported(market), &ExportRequest { to, instruments: &instruments, span }, &mut |_| {})
}

#[test]
fn a_csv_file_has_the_bars_as_they_were_imported() {
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("out.csv");
    let summary = write_to(&market(dir.path()), &to, None).unwrap();
    assert_eq!(std::fs::read_to_string(&to).unwrap(), BARS);
    assert_eq!((summary.instruments, summary.bars, summary.bytes), (2, 3, BARS.len() as u64));
}

#[test]
fn a_span_of_dates_is_a_part_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("out.csv");
    let summary = write_to(&market(dir.path()), &to, Some("2024-07-02")).unwrap();
    assert_eq!((summary.instruments, summary.bars), (1, 1));
    assert!(std::fs::read_to_string(&to).unwrap().ends_with("volume\nA,2024-07-02,,2.5,1.5,2.25,1234.5\n"));
}

#[test]
fn a_file_can_be_imported_again_into_an_equal_set() {
    let dir = tempfile::tempdir().unwrap();
    let market = market(dir.path());
    for name in ["out.csv", "out.parquet", "out.arrow"] {
        let to = dir.path().join(name);
        write_to(&market, &to, None).unwrap();
        let again = dir.path().join("again");
        let _ = std::fs::remove_dir_all(&again);
        import(&again, std::slice::from_ref(&to), &options(), &mut |_| {}).unwrap();
        let first = contents(&again);
        let summary = import(&again, &[to], &options(), &mut |_| {}).unwrap();
        assert_eq!((summary.bars_added, summary.bars_replaced), (0, 0), "{name} twice");
        assert_eq!(contents(&again), first, "{name} twice");
        let bars = |market: &Market| {
            let span = BarSpan { timeframe: Timeframe::Day, from: None, to: None };
            format!("{:?}", BarView::Imported(market).rows(&[0, 1], &span).unwrap())
        };
        assert_eq!(bars(&Market::open(&again).unwrap()), bars(&market), "{name}");
    }
}

#[test]
fn an_arrow_file_has_the_same_bars_with_nothing_where_a_number_is_missing() {
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Date32Type, Float64Type};
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("out.arrow");
    write_to(&market(dir.path()), &to, None).unwrap();
    let reader = arrow_ipc::reader::FileReader::try_new(std::fs::File::open(&to).unwrap(), None).unwrap();
    let batches: Vec<arrow_array::RecordBatch> = reader.map(Result::unwrap).collect();
    assert_eq!(batches.len(), 1);
    let names: Vec<String> = batches[0].schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["symbol", "date", "open", "high", "low", "close", "volume"]);
    let symbols: Vec<Option<&str>> = batches[0].column(0).as_string::<i32>().iter().collect();
    assert_eq!(symbols, [Some("A"), Some("A"), Some("B")]);
    let days: Vec<Option<i32>> = batches[0].column(1).as_primitive::<Date32Type>().iter().collect();
    assert_eq!(days, [Some(19_905), Some(19_906), Some(19_905)]);
    let opens: Vec<Option<f64>> = batches[0].column(2).as_primitive::<Float64Type>().iter().collect();
    assert_eq!(opens, [Some(1.5), None, Some(10.0)]);
}

#[test]
fn what_cannot_be_written_leaves_nothing_and_keeps_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let market = market(dir.path());
    let to = dir.path().join("out.csv");
    std::fs::write(&to, "before").unwrap();
    assert!(matches!(write_to(&market, &to, Some("2030-01-01")), Err(ExportError::Nothing)));
    assert_eq!(std::fs::read_to_string(&to).unwrap(), "before");
    let partial: Vec<PathBuf> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".partial"))
        .collect();
    assert_eq!(partial, Vec::<PathBuf>::new());
    let missing = dir.path().join("no/out.csv");
    let error = write_to(&market, &missing, None).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot write {}", missing.display())), "{error}");
    let unknown = write_to(&market, &dir.path().join("out.xls"), None).unwrap_err().to_string();
    assert!(
        unknown.ends_with("out.xls does not tell the format: end the name in .parquet, .arrow or .csv"),
        "{unknown}"
    );
}
