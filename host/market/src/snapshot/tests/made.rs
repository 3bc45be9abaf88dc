//! Market sets written directly, with what the tests need and no file says.

use std::path::Path;

use chrono_tz::Tz;

use crate::bars::Timeframe;
use crate::days::day_of;
use crate::instant::Instant;
use crate::instrument::Instrument;
use crate::market::Market;
use crate::set;
use crate::set::{ActionRecord, ActionRecordKind, Adjusted, OriginRecord, RecordSet, SetWriter, Stamped};
use crate::symbol::Symbol;

/// Shares of every bar.
pub(super) const VOLUME: f64 = 1000.0;

/// Keys, prices, and numbers of origins.
pub(super) type Rows<'a> = &'a [(i64, f64, u32)];

/// A series of an instrument.
pub(super) type Bars<'a> = (Timeframe, Rows<'a>);

pub(super) fn symbol(text: &str) -> Symbol {
    Symbol::try_from(text).unwrap()
}

pub(super) fn listed(text: &str) -> Instrument {
    Instrument::listed(symbol(text), "XNYS")
}

pub(super) fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

/// The key of a bar within a day.
pub(super) fn open(text: &str) -> i64 {
    instant(text).millis()
}

/// The key of a bar that is told by a day.
pub(super) fn day(text: &str) -> i64 {
    i64::from(day_of(text.parse().unwrap()))
}

pub(super) fn origin(adjusted: Adjusted, through: Option<&str>) -> OriginRecord {
    let through = through.map(|date| day_of(date.parse().unwrap()));
    OriginRecord { source: "csv".to_owned(), stamped: Stamped::Open, adjusted, through }
}

/// An action of the first instrument that became known when the session of its ex-date opened.
pub(super) fn action(kind: ActionRecordKind, ex: &str) -> ActionRecord {
    ActionRecord {
        instrument: 0,
        id: format!("{ex}-{kind:?}"),
        kind,
        ex_day: day_of(ex.parse().unwrap()),
        known_at: instant(&format!("{ex}T13:30:00Z")),
    }
}

/// A set whose bars have one price in all columns. Instruments must come by symbol, then id.
pub(super) fn market(
    dir: &Path,
    instruments: &[(Instrument, &[Bars<'_>])],
    origins: Vec<OriginRecord>,
    records: RecordSet,
) -> Market {
    let mut writer = SetWriter::lock(dir).unwrap().start(0);
    let numbers: Vec<u32> = origins.into_iter().map(|origin| writer.origin(origin)).collect();
    for (instrument, series) in instruments {
        writer.push(instrument.clone(), Tz::America__New_York);
        for (timeframe, bars) in *series {
            let keys: Vec<i64> = bars.iter().map(|(key, ..)| *key).collect();
            let prices: Vec<f64> = bars.iter().map(|(_, price, _)| *price).collect();
            let origins: Vec<u32> = bars.iter().map(|(.., origin)| numbers[*origin as usize]).collect();
            let volumes = vec![VOLUME; keys.len()];
            let numbers = [&prices, &prices, &prices, &prices, &volumes].map(Vec::as_slice);
            writer.append(*timeframe, set::Rows { keys: &keys, numbers, origins: &origins }).unwrap();
        }
    }
    records.add_to(&mut writer);
    writer.commit().unwrap();
    Market::open(dir).unwrap()
}
