//! Bars in JSON: `{"t":…,"o":…,"h":…,"l":…,"c":…,"v":…}`, as Alpaca and Polygon write them.

use std::fmt;
use std::io::Read;

use chrono_tz::Tz;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, Visitor};

use super::bar_table::day;
use crate::bars::Timeframe;
use crate::import::error::ImportError;
use crate::import::events::documents::MAX_DOCUMENT_BYTES;
use crate::import::faults::{FaultKind, Place};
use crate::import::reader::Input;
use crate::import::sink::{Adjusted, Origin, Sink, Stamp, Stamped};
use crate::import::source::read_error;
use crate::import::stamp::{Time, Unit};
use crate::import::steps::Steps;
use crate::instant::Instant;
use crate::symbol::printable;

/// Rows between two progress reports.
const PROGRESS_ROWS: u64 = 8192;

/// A bar. What is missing is missing.
#[derive(Debug, Deserialize)]
pub(super) struct JsonBar {
    t: Option<JsonTime>,
    o: Option<f64>,
    h: Option<f64>,
    l: Option<f64>,
    c: Option<f64>,
    v: Option<f64>,
    /// Polygon's bars of all tickers of a day name theirs.
    #[serde(rename = "T")]
    pub(super) ticker: Option<String>,
}

/// A text or a number since the epoch; none when it is neither.
#[derive(Debug, Clone, Copy)]
struct JsonTime(Option<Time>);

impl<'de> Deserialize<'de> for JsonTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = JsonTime;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<JsonTime, E> {
                Ok(JsonTime(Time::read(text.as_bytes(), b"", None).ok()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<JsonTime, E> {
                let time =
                    Unit::of(number).map(|(unit, millis)| Time::Epoch(Instant::from_millis(millis), unit));
                Ok(JsonTime(time))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<JsonTime, E> {
                self.visit_i64(i64::try_from(number).unwrap_or_default())
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<JsonTime, E> {
                self.visit_i64(number as i64)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// The documents of a file: one, or one behind the other.
///
/// # Errors
/// A file that is too large to be held, cut, or no such JSON.
pub(super) fn documents<T: DeserializeOwned>(input: &mut Input<'_>) -> Result<Vec<T>, ImportError> {
    let path = input.head.path;
    let mut text = Vec::new();
    let read = (&mut *input.text).take(MAX_DOCUMENT_BYTES + 1).read_to_end(&mut text);
    read.map_err(|error| read_error(path, &error))?;
    if text.len() as u64 > MAX_DOCUMENT_BYTES {
        let limit = MAX_DOCUMENT_BYTES >> 20;
        let reason = format!("it is a JSON file of more than {limit} MiB, the most that is held at once");
        return Err(ImportError::content(path, reason, "save its pages as several files"));
    }
    let documents = serde_json::Deserializer::from_slice(&text).into_iter::<T>();
    documents.collect::<Result<Vec<T>, _>>().map_err(|error| {
        let reason = match error.is_eof() {
            true => "its JSON ends too early".to_owned(),
            false => format!("its bars cannot be read: {}", printable(&error.to_string(), 120)),
        };
        ImportError::content(path, reason, "copy or download it again")
    })
}

/// What holds for the bars of a file.
pub(super) struct Series {
    pub(super) source: &'static str,
    pub(super) layout: &'static str,
    pub(super) adjustment: Adjusted,
    /// Where the layout tells it.
    pub(super) timeframe: Option<Timeframe>,
    /// Zone in which daily bars are stamped at midnight.
    pub(super) zone: Tz,
    /// Bars by ticker.
    pub(super) bars: Vec<(String, Vec<JsonBar>)>,
}

impl Series {
    /// Hands on the bars.
    ///
    /// # Errors
    /// Bars whose timeframe cannot be told.
    pub(super) fn give(self, input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
        let path = input.head.path;
        let timeframe = match input.said.timeframe.or(self.timeframe) {
            Some(timeframe) => timeframe,
            None => self.steps().decided(path)?,
        };
        sink.begin(Origin {
            source: self.source,
            layout: self.layout,
            timeframe,
            stamped: Stamped::Open,
            adjustment: self.adjustment,
            mic: None,
            pages: true,
            ignored: Vec::new(),
        });
        let mut rows = 0;
        for (symbol, bars) in &self.bars {
            for bar in bars {
                rows += 1;
                give(bar, Place::Row(rows), symbol, timeframe, sink);
                if rows.is_multiple_of(PROGRESS_ROWS) {
                    sink.progress(rows)?;
                }
            }
        }
        sink.progress(rows)
    }

    fn steps(&self) -> Steps {
        let mut steps = Steps::default();
        for (symbol, bars) in &self.bars {
            for time in bars.iter().filter_map(|bar| bar.t?.0) {
                let Some(at) = time.exact() else { continue };
                let local = at.to_utc().map(|at| at.with_timezone(&self.zone).time());
                let midnight = time.at_midnight() || local == Some(chrono::NaiveTime::MIN);
                steps.see(symbol.as_bytes(), at.millis(), midnight);
            }
        }
        steps
    }
}

fn give(bar: &JsonBar, place: Place, symbol: &str, timeframe: Timeframe, sink: &mut dyn Sink) {
    let Some(ticker) = sink.ticker(place, symbol.as_bytes()) else { return };
    let time = bar.t.and_then(|time| time.0);
    let stamp = time.and_then(|time| match timeframe.millis() {
        Some(_) => time.exact().map(Stamp::At),
        None => Some(day(time, false)),
    });
    let Some(stamp) = stamp else {
        sink.fault(FaultKind::Date, place, &mut || "its t is no time".to_owned());
        return;
    };
    let values = [bar.o, bar.h, bar.l, bar.c, bar.v].map(|value| value.unwrap_or(f64::NAN));
    sink.bar(place, ticker, stamp, values);
}
