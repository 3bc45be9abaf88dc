//! Sets that were written before bars had origins.

use std::fs::File;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, Date32Array, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
};
use arrow_schema::{Field, Schema};
use parquet::arrow::ArrowWriter;

use super::*;
use crate::testing::import_text;

const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn file(path: &Path, columns: Vec<(&str, ArrayRef, bool)>) {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array, optional)| Field::new(*name, array.data_type().clone(), *optional))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let arrays = columns.into_iter().map(|(_, array, _)| array).collect();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), Arc::clone(&schema), None).unwrap();
    writer.write(&RecordBatch::try_new(schema, arrays).unwrap()).unwrap();
    writer.close().unwrap();
}

/// One instrument with two bars, as the first version of this program wrote it.
fn first_set(dir: &Path) {
    std::fs::create_dir_all(dir).unwrap();
    let price = || -> ArrayRef { Arc::new(Float64Array::from(vec![1.0, 2.0])) };
    let symbols: DictionaryArray<Int32Type> = ["A", "A"].into_iter().collect();
    file(
        &dir.join("bars-1d-0123456789abcdef.parquet"),
        vec![
            ("symbol", Arc::new(symbols), false),
            ("date", Arc::new(Date32Array::from(vec![17_567, 17_568])), false),
            ("open", price(), false),
            ("high", price(), false),
            ("low", price(), false),
            ("close", price(), false),
            ("volume", price(), false),
        ],
    );
    let text = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value])) };
    let number = |value: f64| -> ArrayRef { Arc::new(Float64Array::from(vec![value])) };
    let count = |value: i64| -> ArrayRef { Arc::new(Int64Array::from(vec![value])) };
    let day = |value: i32| -> ArrayRef { Arc::new(Date32Array::from(vec![value])) };
    file(
        &dir.join("instruments-0123456789abcdef.parquet"),
        vec![
            ("id", text("XNYS:A"), false),
            ("symbol", text("A"), false),
            ("name", text("Alpha"), false),
            ("mic", text("XNYS"), false),
            ("kind", text("stock"), false),
            ("status", text("active"), false),
            ("currency", text("USD"), false),
            ("sector", text("Energy"), true),
            ("industry", Arc::new(StringArray::from(vec![None::<&str>])), true),
            ("lot", number(1.0), false),
            ("tick", number(0.01), false),
            ("first_row", count(0), false),
            ("rows", count(2), false),
            ("first_date", day(17_567), true),
            ("last_date", day(17_568), true),
        ],
    );
    let manifest = format!(
        r#"{{"format":1,"digest":"{DIGEST}","bars":2,"instruments":1,"bar_days":[["XNYS",[17567,17568]]]}}"#
    );
    std::fs::write(dir.join("current.json"), manifest).unwrap();
}

#[test]
fn a_set_of_the_first_format_is_read_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    first_set(dir.path());
    let market = Market::open(dir.path()).unwrap();
    assert_eq!((market.digest(), market.bar_count()), (DIGEST, 2));
    assert_eq!(market.instruments()[0].sector.as_deref(), Some("Energy"));
    assert_eq!(stored(&market, Timeframe::Day, 0), [(17_567, 1.0, 0), (17_568, 2.0, 0)]);
    assert_eq!(market.set.origins, [OriginRecord::unknown()]);
    assert!(market.set.actions.is_empty());
}

#[test]
fn the_next_import_turns_it_into_the_present_format() {
    let dir = tempfile::tempdir().unwrap();
    first_set(&dir.path().join("set"));
    let text = "symbol,date,open,high,low,close,volume\nA,2018-02-07,3,3,3,3,3\n";
    let summary = import_text(dir.path(), "a.csv", text).unwrap();
    assert_eq!((summary.bars_added, summary.instruments_added), (1, 0));
    let market = Market::open(&dir.path().join("set")).unwrap();
    let bars: Vec<(i64, f64)> =
        stored(&market, Timeframe::Day, 0).into_iter().map(|(key, close, _)| (key, close)).collect();
    assert_eq!(bars, [(17_567, 1.0), (17_568, 2.0), (17_569, 3.0)]);
    assert_eq!(market.instruments()[0].name, "Alpha");
    assert_eq!(contents(&dir.path().join("set")).len(), 3);
    let manifest = Manifest::read(&dir.path().join("set")).unwrap().unwrap();
    assert_eq!(manifest.format, 2);
    // importing the same again changes nothing
    let again = import_text(dir.path(), "a.csv", text).unwrap();
    assert_eq!((again.bars_unchanged, again.digest), (1, summary.digest));
}
