//! Parquet files of other programs: types, halves, and wrong schemas.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float32Array, Float64Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use parquet::arrow::ArrowWriter;

use super::*;

fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn table<'a>(symbol: ArrayRef, date: ArrayRef) -> Vec<(&'a str, ArrayRef)> {
    vec![
        ("Volume", Arc::new(Int64Array::from(vec![100, 200]))),
        ("ticker", symbol),
        ("Date", date),
        ("Open", Arc::new(Float32Array::from(vec![Some(1.5), None]))),
        ("High", Arc::new(Float64Array::from(vec![2.0, 2.0]))),
        ("Low", Arc::new(Float64Array::from(vec![1.0, 1.0]))),
        ("Close", Arc::new(Float64Array::from(vec![2.0, 1.25]))),
    ]
}

fn plain_symbols() -> ArrayRef {
    Arc::new(StringArray::from(vec!["A", "A"]))
}

#[test]
fn dates_and_texts_of_every_type_give_the_same_bars() {
    let dir = tempfile::tempdir().unwrap();
    let days = [17_568_i32, 17_569];
    let micros = |offset: i64| days.map(|day| i64::from(day) * 86_400_000_000 + offset).to_vec();
    let dictionary: DictionaryArray<Int32Type> = ["A", "A"].into_iter().collect();
    let hours = 3_600_000_000;
    let cases: Vec<(ArrayRef, ArrayRef)> = vec![
        (plain_symbols(), Arc::new(Date32Array::from(days.to_vec()))),
        (Arc::new(dictionary), Arc::new(TimestampMicrosecondArray::from(micros(0)))),
        (plain_symbols(), Arc::new(TimestampMicrosecondArray::from(micros(0)).with_timezone("UTC"))),
        (
            plain_symbols(),
            Arc::new(TimestampMicrosecondArray::from(micros(5 * hours)).with_timezone("America/New_York")),
        ),
        (plain_symbols(), Arc::new(TimestampMicrosecondArray::from(micros(5 * hours)))),
        (plain_symbols(), Arc::new(StringArray::from(vec!["2018-02-06", "20180207"]))),
    ];
    let mut digests = Vec::new();
    for (index, (symbol, date)) in cases.into_iter().enumerate() {
        let file = dir.path().join("t.parquet");
        write(&file, table(symbol, date));
        let set = dir.path().join(index.to_string());
        let summary = import(&set, &[file], &options(), &mut |_| {}).unwrap();
        assert_eq!(count(&summary, FaultKind::MissingOpen), 1, "{index}");
        digests.push(summary.digest);
    }
    digests.dedup();
    assert_eq!(digests.len(), 1);
}

#[test]
fn a_column_of_the_wrong_type_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("t.parquet");
    write(&file, table(plain_symbols(), Arc::new(BooleanArray::from(vec![true, false]))));
    let error =
        import(&dir.path().join("set"), std::slice::from_ref(&file), &options(), &mut |_| {}).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{}: its column Date has type Boolean; write it as a date, a timestamp, or a text like 2018-02-07",
            file.display()
        )
    );
}

#[test]
fn half_a_file_and_a_damaged_file_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("t.parquet");
    write(&file, table(plain_symbols(), Arc::new(Date32Array::from(vec![17_568, 17_569]))));
    let whole = fs::read(&file).unwrap();
    for length in (4..whole.len()).step_by(101) {
        fs::write(&file, &whole[..length]).unwrap();
        let error = import(&dir.path().join("set"), std::slice::from_ref(&file), &options(), &mut |_| {});
        let error = error.unwrap_err().to_string();
        assert!(error.contains("it ends before its Parquet footer"), "{length}: {error}");
        assert!(!error.contains('\n'));
    }
    for position in (4..whole.len() - 4).step_by(41) {
        let mut damaged = whole.clone();
        damaged[position] ^= 0xff;
        fs::write(&file, &damaged).unwrap();
        if let Err(error) =
            import(&dir.path().join("set"), std::slice::from_ref(&file), &options(), &mut |_| {})
        {
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    }
}

#[test]
fn a_directory_may_be_parquet() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("d.parquet");
    let text = |values: [Option<&str>; 2]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
    write(
        &file,
        vec![
            ("symbol", text([Some("A"), Some("B")])),
            ("kind", text([Some("stock"), None])),
            ("lot", Arc::new(Int64Array::from(vec![100, 1]))),
        ],
    );
    let summary = import(&dir.path().join("set"), &[file], &options(), &mut |_| {}).unwrap();
    assert_eq!((summary.instruments_added, summary.first_date), (2, None));
    let market = Market::open(&dir.path().join("set")).unwrap();
    assert_eq!((&market.instruments()[0].kind, market.instruments()[0].lot), (&Kind::Stock, 100.0));
    assert_eq!(market.instruments()[1].kind, Kind::Unknown);
    let error = market.snapshot(&AsOf::Latest).unwrap_err().to_string();
    assert!(error.contains("has no bars: import some first"), "{error}");
}
