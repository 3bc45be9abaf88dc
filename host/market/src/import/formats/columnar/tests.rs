use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float32Array, Float64Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use parquet::arrow::ArrowWriter;

use super::*;
use crate::bars::Timeframe;
use crate::import::reader::Said;
use crate::import::testing::Collected;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

fn parquet(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn bars<'a>(symbol: ArrayRef, date: ArrayRef) -> Vec<(&'a str, ArrayRef)> {
    vec![
        ("Volume", Arc::new(Int64Array::from(vec![100, 200]))),
        ("ticker", symbol),
        ("Date", date),
        ("Open", Arc::new(Float32Array::from(vec![Some(1.5), None]))),
        ("High", Arc::new(Float64Array::from(vec![2.0, 2.0]))),
        ("Low", Arc::new(Float64Array::from(vec![1.0, 1.0]))),
        ("Close", Arc::new(Float64Array::from(vec![2.0, 1.25]))),
        ("Note", Arc::new(BooleanArray::from(vec![true, false]))),
    ]
}

fn symbols() -> ArrayRef {
    Arc::new(StringArray::from(vec!["A", "A"]))
}

fn read(bytes: &[u8]) -> Result<Collected, String> {
    Collected::told(&PARQUET, "x.parquet", bytes, &Said::default())
}

#[test]
fn dates_and_texts_of_every_type_give_the_same_bars() {
    let days = [17_568_i32, 17_569];
    let micros = |hour: i64| days.map(|day| (i64::from(day) * 24 + hour) * 3_600_000_000).to_vec();
    let dictionary: DictionaryArray<Int32Type> = ["A", "A"].into_iter().collect();
    let cases: Vec<(ArrayRef, ArrayRef)> = vec![
        (symbols(), Arc::new(Date32Array::from(days.to_vec()))),
        (Arc::new(dictionary), Arc::new(TimestampMicrosecondArray::from(micros(0)))),
        (symbols(), Arc::new(TimestampMicrosecondArray::from(micros(0)).with_timezone("UTC"))),
        (symbols(), Arc::new(TimestampMicrosecondArray::from(micros(5)).with_timezone("America/New_York"))),
        (symbols(), Arc::new(StringArray::from(vec!["2018-02-06", "20180207"]))),
        (symbols(), Arc::new(Int64Array::from(vec![1_517_875_200, 1_517_961_600]))),
    ];
    for (index, (symbol, date)) in cases.into_iter().enumerate() {
        let read = read(&parquet(&batch(bars(symbol, date)))).unwrap();
        assert_eq!(
            read.bar_lines(),
            ["A 2018-02-06 1.5 2 1 2 100", "A 2018-02-07 NaN 2 1 1.25 200"],
            "{index}"
        );
        assert_eq!(read.origins[0].ignored, ["Note"]);
        assert_eq!((read.rows, read.bars[1].0), (2, Place::Row(2)));
    }
}

#[test]
fn intraday_stamps_are_instants() {
    let nine_thirty = (17_568 * 24 + 14) * 3_600_000_000_i64 + 1_800_000_000;
    let stamps = vec![nine_thirty, nine_thirty + 300_000_000];
    let utc = TimestampMicrosecondArray::from(stamps.clone()).with_timezone("UTC");
    let local =
        TimestampMicrosecondArray::from(stamps.iter().map(|at| at - 5 * 3_600_000_000).collect::<Vec<_>>());
    for date in [Arc::new(utc) as ArrayRef, Arc::new(local)] {
        let read = read(&parquet(&batch(bars(symbols(), date)))).unwrap();
        let expected = ["A 2018-02-06T14:30:00Z 1.5 2 1 2 100", "A 2018-02-06T14:35:00Z NaN 2 1 1.25 200"];
        assert_eq!(read.bar_lines(), expected);
        assert_eq!(read.origins[0].timeframe, Timeframe::Minutes5);
    }
}

#[test]
fn arrow_files_and_streams_give_the_same_bars() {
    let batch = batch(bars(symbols(), Arc::new(Date32Array::from(vec![17_568, 17_569]))));
    let mut file = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    file.write(&batch).unwrap();
    let mut stream = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    stream.write(&batch).unwrap();
    for bytes in [file.into_inner().unwrap(), stream.into_inner().unwrap()] {
        let read = Collected::told(&ARROW, "x.arrow", &bytes, &Said::default()).unwrap();
        assert_eq!(read.bar_lines(), ["A 2018-02-06 1.5 2 1 2 100", "A 2018-02-07 NaN 2 1 1.25 200"]);
    }
}

#[test]
fn a_file_of_one_instrument_is_asked_for_its_symbol() {
    let mut columns = bars(symbols(), Arc::new(Date32Array::from(vec![17_568, 17_569])));
    columns.remove(1);
    let bytes = parquet(&batch(columns));
    assert!(read(&bytes).map(|_| ()).is_err_and(|error| error.contains("name it with --symbol")));
    let read = Collected::told(&PARQUET, "MSFT.parquet", &bytes, &Said::default()).unwrap();
    assert_eq!(read.bar_lines()[0], "MSFT 2018-02-06 1.5 2 1 2 100");
}

#[test]
fn a_column_of_the_wrong_type_is_named() {
    let bytes = parquet(&batch(bars(symbols(), Arc::new(BooleanArray::from(vec![true, false])))));
    assert_eq!(
        read(&bytes).map(|_| ()).unwrap_err(),
        "x.parquet: its column Date has type Boolean; write it as a date, a timestamp, or a text like 2018-02-07"
    );
}

#[test]
fn half_a_file_and_a_damaged_file_are_refused_without_a_panic() {
    let whole = parquet(&batch(bars(symbols(), Arc::new(Date32Array::from(vec![17_568, 17_569])))));
    for length in (4..whole.len()).step_by(101) {
        assert!(read(&whole[..length]).is_err(), "{length}");
    }
    for position in (4..whole.len() - 4).step_by(41) {
        let mut damaged = whole.clone();
        damaged[position] ^= 0xff;
        if let Err(error) = read(&damaged) {
            assert!(!error.contains('\n'), "{error}");
        }
    }
}

#[test]
fn an_arrow_file_or_stream_with_any_byte_changed_is_read_or_refused() {
    let batch = batch(bars(symbols(), Arc::new(Date32Array::from(vec![17_568, 17_569]))));
    let packed = || IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD)).unwrap();
    let mut file = FileWriter::try_new_with_options(Vec::new(), &batch.schema(), packed()).unwrap();
    file.write(&batch).unwrap();
    let mut stream = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    stream.write(&batch).unwrap();
    let mut refused = 0;
    for whole in [file.into_inner().unwrap(), stream.into_inner().unwrap()] {
        for position in 8..whole.len() {
            for flipped in [0x01, 0x7f, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[position] ^= flipped;
                if let Err(error) = Collected::told(&ARROW, "x.arrow", &damaged, &Said::default()) {
                    assert!(!error.contains('\n'), "{error}");
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 100, "only {refused} were refused");
}

#[test]
fn a_batch_whose_buffers_lie_outside_it_is_refused_by_name() {
    let batch = batch(bars(symbols(), Arc::new(Date32Array::from(vec![17_568, 17_569]))));
    let mut stream = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    stream.write(&batch).unwrap();
    let whole = stream.into_inner().unwrap();
    let errors = (8..whole.len()).filter_map(|position| {
        let mut damaged = whole.clone();
        damaged[position] ^= 0x40;
        Collected::told(&ARROW, "x.arrow", &damaged, &Said::default()).err()
    });
    let named = errors.filter(|error| error.contains("ends outside its batch of")).count();
    assert!(named > 0, "nothing was refused for its buffers");
}
