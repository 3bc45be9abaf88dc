//! DBN files, through Databento's own crate: versions 1 to 3, and the DBZ files of before.

use std::path::Path;

use dbn::decode::{DbnDecoder, DbnMetadata, DecodeRecord};
use dbn::{OhlcvMsg, Schema, TsSymbolMap};

use crate::bars::Timeframe;
use crate::days::date_of;
use crate::import::error::ImportError;
use crate::import::faults::{FaultKind, Place};
use crate::import::reader::Input;
use crate::import::sink::{Adjusted, Origin, Sink, Stamp, Stamped};
use crate::import::stamp::Unit;
use crate::instant::Instant;
use crate::symbol::printable;

/// Rows between two progress reports.
const PROGRESS_ROWS: u64 = 8192;
/// Nanoseconds.
const DAY: u64 = 86_400_000_000_000;
/// A price that means none.
const UNDEFINED: i64 = i64::MAX;
/// Behind the first byte, 0x50 to 0x5f, of a frame that zstd skips: a file of before DBN begins with one.
const SKIPPED_FRAME: &[u8] = &[0x2a, 0x4d, 0x18];

pub(super) fn sees(bytes: &[u8]) -> bool {
    bytes.starts_with(b"DBN") || is_dbz(bytes)
}

fn is_dbz(bytes: &[u8]) -> bool {
    let frame =
        bytes.first().is_some_and(|first| first & 0xf0 == 0x50) && bytes.get(1..4) == Some(SKIPPED_FRAME);
    frame && bytes.get(8..11) == Some(b"DBZ")
}

pub(super) fn read(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    let (path, said) = (input.head.path, input.said.symbol.as_deref());
    let text = &mut *input.text;
    if is_dbz(input.head.bytes) {
        #[expect(deprecated, reason = "the only reader of files of before DBN, which people still have")]
        let decoder = dbn::decode::dbz::Decoder::new(text).map_err(|error| failed(path, &error))?;
        return bars(said, path, decoder, sink);
    }
    let decoder = DbnDecoder::new(text).map_err(|error| failed(path, &error))?;
    bars(said, path, decoder, sink)
}

fn failed(path: &Path, error: &dbn::Error) -> ImportError {
    let reason = printable(&error.to_string(), 200);
    ImportError::content(path, format!("its DBN data cannot be read: {reason}"), "download it again")
}

fn bars(
    said: Option<&str>,
    path: &Path,
    mut decoder: impl DbnMetadata + DecodeRecord,
    sink: &mut dyn Sink,
) -> Result<(), ImportError> {
    let metadata = decoder.metadata();
    let timeframe = match metadata.schema {
        Some(Schema::Ohlcv1S) => Timeframe::Second,
        Some(Schema::Ohlcv1M) => Timeframe::Minute,
        Some(Schema::Ohlcv1H) => Timeframe::Hour,
        Some(Schema::Ohlcv1D | Schema::OhlcvEod) => Timeframe::Day,
        other => {
            let what = other.map_or("records of several kinds", |schema| schema.as_str());
            let advice = "download the schema ohlcv-1d, ohlcv-1h, ohlcv-1m or ohlcv-1s";
            return Err(ImportError::content(path, format!("it holds {what}, not bars"), advice));
        }
    };
    // without a map of numbers to symbols, --symbol or a fault for each bar
    let symbols = TsSymbolMap::from_metadata(metadata).unwrap_or_default();
    sink.begin(Origin {
        source: "databento",
        layout: "Databento bars (DBN)",
        timeframe,
        stamped: Stamped::Open,
        adjustment: Adjusted::Raw,
        mic: None,
        pages: false,
        ignored: Vec::new(),
    });
    let mut rows = 0;
    while let Some(bar) = decoder.decode_record::<OhlcvMsg>().map_err(|error| failed(path, &error))? {
        rows += 1;
        let place = Place::Row(rows);
        take(bar, place, said, &symbols, timeframe, sink);
        if rows.is_multiple_of(PROGRESS_ROWS) {
            sink.progress(rows)?;
        }
    }
    sink.progress(rows)
}

fn take(
    bar: &OhlcvMsg,
    place: Place,
    said: Option<&str>,
    symbols: &TsSymbolMap,
    timeframe: Timeframe,
    sink: &mut dyn Sink,
) {
    let nanos = bar.hd.ts_event;
    let number = bar.hd.instrument_id;
    let known = symbols.get_for_ts(nanos, number).map(String::as_str);
    let Some(symbol) = said.or(known) else {
        sink.fault(FaultKind::Symbol, place, &mut || {
            format!("the file does not say which instrument {number} is")
        });
        return;
    };
    let Some(ticker) = sink.ticker(place, symbol.as_bytes()) else { return };
    let stamp = if timeframe == Timeframe::Day {
        i32::try_from(nanos / DAY).ok().map(|day| Stamp::Day(date_of(day)))
    } else {
        i64::try_from(nanos)
            .ok()
            .and_then(Unit::of)
            .map(|(_, millis)| Stamp::At(Instant::from_millis(millis)))
    };
    let Some(stamp) = stamp else {
        sink.fault(FaultKind::Date, place, &mut || format!("{nanos} ns is no time"));
        return;
    };
    let price = |price: i64| if price == UNDEFINED { f64::NAN } else { price as f64 / 1e9 };
    let [open, high, low, close] = [bar.open, bar.high, bar.low, bar.close].map(price);
    sink.bar(place, ticker, stamp, [open, high, low, close, bar.volume as f64]);
}
