//! Binance's public klines, with and without a header: milliseconds until 2024, microseconds from 2025 on.
//!
//! Each row has the end of its bar, so the file tells its timeframe. Days are days in UTC; there is no market
//! that closes.

use super::bar_table::{self, Group, Known, Plan, Who, no_column};
use super::{first_row, has, names};
use crate::bars::Timeframe;
use crate::import::error::ImportError;
use crate::import::reader::{Head, Input, Reader};
use crate::import::sink::{Adjusted, Sink};
use crate::import::stamp::Unit;
use crate::import::steps::known as timeframes;
use crate::import::table::Table;

/// The columns, with the names of the files that have some.
const COLUMNS: [&str; 12] = [
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "count",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "ignore",
];
/// Position of the end of a bar.
const CLOSE_TIME: usize = 6;
/// Milliseconds.
const DAY: i64 = 86_400_000;

/// Klines.
pub(super) const KLINES: Reader = Reader {
    name: "binance",
    title: "Binance klines",
    sees: |head| has_header(head) || (head.columns.len() == COLUMNS.len() && span(head.columns).is_some()),
    read: |input: &mut Input<'_>, sink: &mut dyn Sink| bar_table::read(input, sink, open, &plan),
};

fn has_header(head: &Head<'_>) -> bool {
    has(head, &["opentime", "open", "high", "low", "close", "volume", "closetime"])
}

fn open<'a>(input: &'a mut Input<'_>) -> Result<Table<'a>, ImportError> {
    if starts_with_number(input.head.bytes) { Table::headless(input, &COLUMNS) } else { Table::open(input) }
}

fn starts_with_number(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(u8::is_ascii_digit)
}

/// Milliseconds from the start to the end of a bar.
fn span(row: &[String]) -> Option<i64> {
    let time = |position: usize| row.get(position)?.parse::<i64>().ok().and_then(Unit::of);
    let ((unit, start), (same, end)) = (time(0)?, time(CLOSE_TIME)?);
    // the last unit of the bar: 59,999 ms of a minute, or 59,999,999 µs
    (unit == same && unit != Unit::Seconds && end >= start).then_some(end - start + 1)
}

fn plan(table: &Table<'_>, known: &Known<'_>) -> Result<Plan, ImportError> {
    let first = first_row(known.head, !starts_with_number(known.head));
    let timeframe = match (known.said.timeframe, span(&first)) {
        (Some(timeframe), _) => Some(timeframe),
        (None, Some(span)) => Some(timeframe(span).ok_or_else(|| {
            let reason = format!("its bars are {} s long, which is no timeframe that is stored", span / 1000);
            ImportError::content(known.path, reason, format!("download one of {}", timeframes()))
        })?),
        (None, None) => None,
    };
    let symbol = names::symbol(known.path, known.said, of_name)?;
    let group = Group::usual(table, Who::One(symbol)).ok_or_else(|| no_column(known, table, "close"))?;
    Ok(Plan {
        timeframe,
        mic: Some("XXXX".to_owned()),
        adjustment: Adjusted::Raw,
        utc_days: true,
        known: (CLOSE_TIME..COLUMNS.len()).collect(),
        ..Plan::new("binance", "Binance klines", 0, group)
    })
}

fn timeframe(span: i64) -> Option<Timeframe> {
    match span {
        DAY => Some(Timeframe::Day),
        span if span == 7 * DAY => Some(Timeframe::Week),
        span if (28 * DAY..=31 * DAY).contains(&span) => Some(Timeframe::Month),
        span => Timeframe::ALL.iter().copied().find(|timeframe| timeframe.millis() == Some(span)),
    }
}

/// `ADABTC-1m-2021-11-27` is ADABTC.
fn of_name(stem: &str) -> Option<String> {
    let (symbol, rest) = stem.split_once('-')?;
    let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let interval = rest.split('-').next()?;
    let number = interval.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let told = number.len() < interval.len() && number.parse::<u32>().is_ok();
    (told && symbol.bytes().all(capital) && symbol.len() >= 4).then(|| symbol.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::Collected;

    fn read(name: &str, text: &str) -> Result<Collected, String> {
        Collected::told(&KLINES, name, text.as_bytes(), &Said::default())
    }

    const MILLIS: &str = "1704067200000,1.5,2,1,1.75,100.25,1704067259999,3,4,5,6,0\n";
    const MICROS: &str = "1735689600000000,1.5,2,1,1.75,100.25,1735689659999999,3,4,5,6,0\n";

    #[test]
    fn files_of_milliseconds_and_of_microseconds_have_right_years_and_equal_volumes() {
        let old = read("ADABTC-1m-2024-01-01.csv", MILLIS).unwrap();
        assert_eq!(old.bar_lines(), ["ADABTC 2024-01-01T00:00:00Z 1.5 2 1 1.75 100.25"]);
        let new = read("ADABTC-1m-2025-01-01.csv", MICROS).unwrap();
        assert_eq!(new.bar_lines(), ["ADABTC 2025-01-01T00:00:00Z 1.5 2 1 1.75 100.25"]);
        let origin = &new.origins[0];
        assert_eq!((origin.timeframe, origin.mic.as_deref()), (Timeframe::Minute, Some("XXXX")));
        assert!(origin.ignored.is_empty(), "{:?}", origin.ignored);
    }

    #[test]
    fn both_units_in_one_file_are_refused_with_the_line() {
        assert_eq!(
            read("ADABTC-1m-x.csv", &format!("{MILLIS}{MICROS}")).map(|_| ()).unwrap_err(),
            "ADABTC-1m-x.csv: line 2: its times are in microseconds here and in milliseconds above; split it by unit"
        );
    }

    #[test]
    fn a_header_is_understood_and_a_day_is_one_in_utc() {
        let text = format!("{}\n1704067200000,1,2,1,2,9,1704153599999,3,4,5,6,0\n", COLUMNS.join(","));
        let read = read("BTCUSDT-1d-2024-01.csv", &text).unwrap();
        assert_eq!(read.bar_lines(), ["BTCUSDT 2024-01-01 1 2 1 2 9"]);
        assert_eq!(read.origins[0].timeframe, Timeframe::Day);
    }

    #[test]
    fn a_span_that_is_not_stored_is_refused() {
        let error =
            read("BTCUSDT-3m-2024-01.csv", &MILLIS.replace("1704067259999", "1704067379999")).unwrap_err();
        assert!(
            error.contains("its bars are 180 s long, which is no timeframe that is stored; download one of"),
            "{error}"
        );
    }

    #[test]
    fn names_without_an_interval_are_asked_for() {
        assert_eq!(of_name("BTCUSDT-1h-2024-01"), Some("BTCUSDT".to_owned()));
        for stem in ["BTC-USD", "my-data", "btcusdt-1h-2024"] {
            assert_eq!(of_name(stem), None, "{stem}");
        }
    }
}
