//! Alpaca's bars: pages of one or of several symbols. The pages of a request simply are several files.
//!
//! A daily bar is stamped with midnight in New York. Prices are raw unless the request said otherwise, which the
//! answer does not tell.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::json_bars::{JsonBar, Series, documents};
use crate::import::error::ImportError;
use crate::import::events::documents::has;
use crate::import::reader::{Input, Reader};
use crate::import::sink::{Adjusted, Sink};

/// Bars.
pub(super) const BARS: Reader =
    Reader { name: "alpaca", title: "Alpaca bars (JSON)", sees: |head| has(head, &["bars"]), read };

/// A page.
#[derive(Deserialize)]
struct Page {
    bars: Bars,
    symbol: Option<String>,
}

/// Bars by symbol; without one in a page of a single symbol.
#[derive(Default)]
struct Bars(Vec<(Option<String>, Vec<JsonBar>)>);

impl<'de> Deserialize<'de> for Bars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Bars;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of bars, or one for each symbol")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Bars, A::Error> {
                let mut bars = Vec::new();
                while let Some((symbol, list)) = map.next_entry::<String, Option<Vec<JsonBar>>>()? {
                    bars.push((Some(symbol), list.unwrap_or_default()));
                }
                Ok(Bars(bars))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Bars, A::Error> {
                let mut bars = Vec::new();
                while let Some(bar) = list.next_element()? {
                    bars.push(bar);
                }
                Ok(Bars(vec![(None, bars)]))
            }

            fn visit_unit<E: Error>(self) -> Result<Bars, E> {
                Ok(Bars::default())
            }
        }
        deserializer.deserialize_any(Either)
    }
}

fn read(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    let said = input.said.symbol.clone();
    let mut bars: BTreeMap<String, Vec<JsonBar>> = BTreeMap::new();
    for page in documents::<Page>(input)? {
        for (symbol, list) in page.bars.0 {
            let Some(symbol) = symbol.or_else(|| page.symbol.clone()).or_else(|| said.clone()) else {
                let reason = "it holds bars of one instrument and does not say of which";
                return Err(ImportError::content(
                    input.head.path,
                    reason,
                    "name it with --symbol, e.g. --symbol AAPL",
                ));
            };
            bars.entry(symbol).or_default().extend(list);
        }
    }
    let series = Series {
        source: "alpaca",
        layout: "Alpaca bars (JSON)",
        adjustment: Adjusted::Raw,
        timeframe: None,
        zone: chrono_tz::Tz::America__New_York,
        bars: bars.into_iter().collect(),
    };
    series.give(input, sink)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bars::Timeframe;
    use crate::import::reader::Said;
    use crate::import::testing::Collected;

    fn read(text: &str) -> Result<Collected, String> {
        Collected::told(&BARS, "x.json", text.as_bytes(), &Said::default())
    }

    #[test]
    fn pages_of_several_symbols_and_of_one_are_read() {
        let bars = r#"[{"t":"2021-10-13T04:00:00Z","o":1,"h":2.5,"l":1,"c":2,"v":10,"n":3,"vw":1.5},{"t":"2021-10-14T04:00:00Z","o":1,"h":2,"l":1,"c":2,"v":11}]"#;
        let many = read(&format!(r#"{{"bars":{{"B":{bars},"A":null}},"next_page_token":"x"}}"#)).unwrap();
        let expected = ["B 2021-10-13T04:00:00Z 1 2.5 1 2 10", "B 2021-10-14T04:00:00Z 1 2 1 2 11"];
        assert_eq!(many.bar_lines(), expected);
        assert_eq!((many.origins[0].timeframe, many.origins[0].adjustment), (Timeframe::Day, Adjusted::Raw));
        assert_eq!(read(&format!(r#"{{"bars":{bars},"symbol":"B"}}"#)).unwrap().bar_lines(), expected);
        let error = read(&format!(r#"{{"bars":{bars}}}"#)).map(|_| ()).unwrap_err();
        assert!(error.contains("name it with --symbol"), "{error}");
    }

    #[test]
    fn intraday_pages_one_behind_the_other_are_one_series() {
        let page = |minute: u32| {
            format!(
                r#"{{"bars":{{"A":[{{"t":"2021-10-15T16:{minute:02}:00Z","o":1,"h":2,"l":1,"c":2,"v":1}}]}}}}"#
            )
        };
        let read = read(&format!("{}\n{}", page(0), page(15))).unwrap();
        assert_eq!(
            read.bar_lines(),
            ["A 2021-10-15T16:00:00Z 1 2 1 2 1", "A 2021-10-15T16:15:00Z 1 2 1 2 1"]
        );
        assert_eq!(read.origins[0].timeframe, Timeframe::Minutes15);
    }

    #[test]
    fn broken_pages_are_refused() {
        assert_eq!(
            read(r#"{"bars":{"A":[{"t":"20"#).map(|_| ()).unwrap_err(),
            "x.json: its JSON ends too early; copy or download it again"
        );
        let error = read(r#"{"bars":{"A":[{"o":"x"}]}}"#).map(|_| ()).unwrap_err();
        assert!(error.starts_with("x.json: its bars cannot be read: invalid type"), "{error}");
        let read = read(r#"{"bars":{"A":[{"t":"x","o":1},{"t":"2021-10-13T04:00:00Z","c":null}]}}"#).unwrap();
        assert_eq!(read.fault_lines(), ["unreadable-date row 1: its t is no time"]);
        assert_eq!(read.bar_lines(), ["A 2021-10-13T04:00:00Z NaN NaN NaN NaN NaN"]);
    }
}
