//! Polygon (Massive): flat files of days and minutes, and the JSON of its aggregates.
//!
//! Flat files have the close before the high, nanoseconds, and prices as traded; index files lack the volume.

use serde::Deserialize;

use super::bar_table::{self, Group, Known, Plan, Who, no_column, with_header};
use super::has;
use super::json_bars::{JsonBar, Series, documents};
use crate::bars::Timeframe;
use crate::import::error::ImportError;
use crate::import::events::documents::has as has_members;
use crate::import::reader::{Input, Reader};
use crate::import::sink::{Adjusted, Sink};
use crate::import::table::Table;

/// Flat files: all tickers of a day.
pub(super) const FLAT: Reader = Reader {
    name: "polygon",
    title: "Polygon (Massive) flat file",
    sees: |head| has(head, &["ticker", "windowstart", "open", "high", "low", "close"]),
    read: |input, sink| bar_table::read(input, sink, with_header, &plan),
};

/// Answers of the aggregates interface: bars of a ticker, or of all tickers of a day.
pub(super) const AGGREGATES: Reader = Reader {
    name: "polygon-json",
    title: "Polygon (Massive) aggregates (JSON)",
    sees: |head| has_members(head, &["results", "o", "h", "l", "c", "t"]),
    read,
};

fn plan(table: &Table<'_>, known: &Known<'_>) -> Result<Plan, ImportError> {
    let column = |name: &str| table.find(&[name]).ok_or_else(|| no_column(known, table, name));
    let group = Group::usual(table, Who::column(column("ticker")?));
    let group = group.ok_or_else(|| no_column(known, table, "close"))?;
    Ok(Plan {
        adjustment: Adjusted::Raw,
        known: table.find(&["transactions"]).into_iter().collect(),
        ..Plan::new("polygon", "Polygon flat file", column("windowstart")?, group)
    })
}

/// An answer.
#[derive(Deserialize)]
struct Answer {
    ticker: Option<String>,
    adjusted: Option<bool>,
    results: Option<Vec<JsonBar>>,
}

fn read(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    let path = input.head.path;
    let said = input.said.symbol.clone();
    let mut bars: Vec<(String, Vec<JsonBar>)> = Vec::new();
    let (mut adjusted, mut grouped) = (None, false);
    for answer in documents::<Answer>(input)? {
        if adjusted.is_some() && answer.adjusted.is_some() && adjusted != answer.adjusted {
            let reason = "some of its pages are adjusted for splits and others are not";
            return Err(ImportError::content(path, reason, "import them as two files"));
        }
        adjusted = adjusted.or(answer.adjusted);
        for mut bar in answer.results.unwrap_or_default() {
            let own = bar.ticker.take();
            grouped |= own.is_some();
            let Some(ticker) = own.or_else(|| answer.ticker.clone()).or_else(|| said.clone()) else {
                let reason = "it holds bars of one instrument and does not say of which";
                return Err(ImportError::content(path, reason, "name it with --symbol, e.g. --symbol AAPL"));
            };
            match bars.last_mut() {
                Some((last, list)) if *last == ticker => list.push(bar),
                _ => bars.push((ticker, vec![bar])),
            }
        }
    }
    let series = Series {
        source: "polygon",
        layout: "Polygon aggregates (JSON)",
        adjustment: match adjusted {
            Some(true) => Adjusted::Split,
            Some(false) => Adjusted::Raw,
            None => Adjusted::Unknown,
        },
        // all tickers at once are asked for by the day
        timeframe: grouped.then_some(Timeframe::Day),
        zone: chrono_tz::Tz::America__New_York,
        bars,
    };
    series.give(input, sink)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::Collected;

    fn flat(rows: &str) -> Result<Collected, String> {
        let text = format!("ticker,volume,open,close,high,low,window_start,transactions\n{rows}");
        Collected::told(&FLAT, "2025-04-16.csv", text.as_bytes(), &Said::default())
    }

    #[test]
    fn minute_files_have_the_close_before_the_high_and_fractions_of_shares() {
        let rows = "AAPL,4930.5,200.29,200.5,200.63,200.2,1744792500000000000,129\nAAPL,1815,200.39,200.34,200.61,200.34,1744792560000000000,57\n";
        let read = flat(rows).unwrap();
        assert_eq!(
            read.bar_lines(),
            [
                "AAPL 2025-04-16T08:35:00Z 200.29 200.63 200.2 200.5 4930.5",
                "AAPL 2025-04-16T08:36:00Z 200.39 200.61 200.34 200.34 1815"
            ]
        );
        assert_eq!(
            (read.origins[0].timeframe, read.origins[0].adjustment),
            (Timeframe::Minute, Adjusted::Raw)
        );
    }

    #[test]
    fn day_files_have_one_bar_of_each_ticker_at_midnight() {
        let read = flat("A,1,2,3,4,1,1517979600000000000,\nNA,1,2,3,4,1,1517979600000000000,\n").unwrap();
        assert_eq!(
            read.bar_lines(),
            ["A 2018-02-07T05:00:00Z 2 4 1 3 1", "NA 2018-02-07T05:00:00Z 2 4 1 3 1"]
        );
        assert_eq!(read.origins[0].timeframe, Timeframe::Day);
    }

    #[test]
    fn index_files_have_no_volume() {
        let text = b"ticker,open,close,high,low,window_start\nI:SPX,1,2,3,1,1517979600000000000\n";
        let read = Collected::told(&FLAT, "x.csv", text, &Said::default()).unwrap();
        assert_eq!(read.bar_lines(), ["I:SPX 2018-02-07T05:00:00Z 1 3 1 2 NaN"]);
    }

    #[test]
    fn aggregates_say_whether_they_are_adjusted_and_days_follow_new_yorks_clock() {
        let text = r#"{"ticker":"AAPL","adjusted":true,"results":[{"v":6.5,"o":1,"c":2,"h":3,"l":1,"t":1112331600000},{"v":5,"o":1,"c":2,"h":3,"l":1,"t":1112587200000}]}"#;
        let read = Collected::told(&AGGREGATES, "x.json", text.as_bytes(), &Said::default()).unwrap();
        assert_eq!(
            read.bar_lines(),
            ["AAPL 2005-04-01T05:00:00Z 1 3 1 2 6.5", "AAPL 2005-04-04T04:00:00Z 1 3 1 2 5"]
        );
        assert_eq!(
            (read.origins[0].timeframe, read.origins[0].adjustment),
            (Timeframe::Day, Adjusted::Split)
        );
    }

    #[test]
    fn all_tickers_of_a_day_name_themselves() {
        let text =
            r#"{"adjusted":false,"results":[{"T":"GIK","v":8,"o":1,"c":2,"h":3,"l":1,"t":1602705600000}]}"#;
        let read = Collected::told(&AGGREGATES, "x.json", text.as_bytes(), &Said::default()).unwrap();
        assert_eq!(read.bar_lines(), ["GIK 2020-10-14T20:00:00Z 1 3 1 2 8"]);
        assert_eq!((read.origins[0].timeframe, read.origins[0].adjustment), (Timeframe::Day, Adjusted::Raw));
    }
}
