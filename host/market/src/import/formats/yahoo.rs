//! Yahoo's downloads and what `yfinance` writes with `to_csv`.
//!
//! Prices are adjusted for splits. `Adj Close`, adjusted for dividends too, is not used: dividends are applied on
//! reading, from the actions that `Dividends` and `Stock Splits` give. The suffix of a ticker names its venue, which
//! is the sink's business.

use super::bar_table::{self, Group, Known, Plan, Who, no_column, with_header};
use super::names::{self, no_rule};
use crate::import::error::ImportError;
use crate::import::reader::{Head, Input, Reader};
use crate::import::sink::{Adjusted, Sink};
use crate::import::table::{Table, header_of, plain_name};

const STAMP: &[&str] = &["date", "datetime", "timestamp"];

/// One ticker.
pub(super) const ONE: Reader = Reader {
    name: "yahoo",
    title: "Yahoo or yfinance bars of one instrument",
    sees: |head| {
        let plain = plain_columns(head);
        let has = |name: &str| plain.iter().any(|column| column == name);
        let theirs = has("adjclose") || has("dividends") || has("stocksplits");
        let ticker = has("symbol") || has("ticker") || has("name");
        theirs && !ticker && has("open") && has("close") && STAMP.iter().any(|name| has(name))
    },
    read: |input, sink| bar_table::read(input, sink, with_header, &plan_one),
};

/// Several tickers side by side, under two rows of headers.
pub(super) const WIDE: Reader = Reader {
    name: "yfinance-wide",
    title: "yfinance bars of several instruments side by side",
    sees: |head| header_rows(head.bytes).is_some(),
    read: |input: &mut Input<'_>, sink: &mut dyn Sink| bar_table::read(input, sink, open_wide, &plan_wide),
};

fn plain_columns(head: &Head<'_>) -> Vec<String> {
    head.columns.iter().map(|name| plain_name(name)).collect()
}

fn plan_one(table: &Table<'_>, known: &Known<'_>) -> Result<Plan, ImportError> {
    let symbol = names::symbol(known.path, known.said, no_rule)?;
    let group = Group::usual(table, Who::One(symbol)).ok_or_else(|| no_column(known, table, "close"))?;
    let group = Group { dividend: table.find(&["dividends"]), split: table.find(&["stocksplits"]), ..group };
    let stamp = table.find(STAMP).ok_or_else(|| no_column(known, table, "date"))?;
    let known = table.find(&["capitalgains"]).into_iter().collect();
    Ok(Plan { adjustment: Adjusted::Split, known, ..Plan::new("yahoo", "Yahoo bars", stamp, group) })
}

/// Rows of headers, and which of the first two has the tickers; none when it is another file.
fn header_rows(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut lines = bytes.split(|byte| *byte == b'\n').map(header_of);
    let mut first = || lines.next()?.first().map(|name| plain_name(name));
    let tickers = match (first()?.as_str(), first()?.as_str()) {
        ("price", "ticker") => 1,
        ("ticker", "price") => 0,
        _ => return None,
    };
    let third = first().unwrap_or_default();
    Some((if STAMP.contains(&third.as_str()) { 3 } else { 2 }, tickers))
}

fn open_wide<'a>(input: &'a mut Input<'_>) -> Result<Table<'a>, ImportError> {
    let rows = header_rows(input.head.bytes).map_or(2, |(rows, _)| rows);
    let mut table = Table::open(input)?;
    for _ in 1..rows {
        table.next_raw()?;
    }
    Ok(table)
}

fn plan_wide(table: &Table<'_>, known: &Known<'_>) -> Result<Plan, ImportError> {
    let (_, tickers) = header_rows(known.head).unwrap_or((2, 1));
    let mut rows = known.head.split(|byte| *byte == b'\n').map(header_of);
    let (first, second) = (rows.next().unwrap_or_default(), rows.next().unwrap_or_default());
    let (names, tickers) = if tickers == 1 { (first, second) } else { (second, first) };
    let plain: Vec<String> = names.iter().map(|name| plain_name(name)).collect();
    let mut order: Vec<&String> = Vec::new();
    for ticker in tickers.iter().skip(1).filter(|ticker| !ticker.is_empty()) {
        if !order.contains(&ticker) {
            order.push(ticker);
        }
    }
    let mut groups = Vec::with_capacity(order.len());
    for ticker in order {
        let find = |name: &str| {
            plain.iter().zip(&tickers).skip(1).position(|(column, other)| column == name && other == ticker)
        };
        let column = |name: &str| find(name).map(|position| position + 1);
        let numbers = ["open", "high", "low", "close", "volume"].map(column);
        if numbers.iter().take(4).any(Option::is_none) {
            return Err(no_column(known, table, "open, high, low and close of each ticker"));
        }
        let (dividend, split) = (column("dividends"), column("stocksplits"));
        groups.push(Group { who: Who::One(ticker.clone()), numbers, dividend, split });
    }
    if groups.is_empty() {
        return Err(no_column(known, table, "with a ticker"));
    }
    let adjusted = plain.iter().enumerate().filter(|(_, name)| *name == "adjclose").map(|(index, _)| index);
    Ok(Plan {
        adjustment: Adjusted::Split,
        known: adjusted.collect(),
        ..Plan::of("yahoo", "yfinance bars side by side", 0, groups)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bars::Timeframe;
    use crate::import::reader::Said;
    use crate::import::sink::ActionKind;
    use crate::import::testing::Collected;

    fn read(name: &str, text: &str) -> Result<Collected, String> {
        Collected::told(&ONE, name, text.as_bytes(), &Said::default())
    }

    #[test]
    fn a_download_is_adjusted_for_splits_and_its_adjusted_close_is_not_used() {
        let text = "Date,Open,High,Low,Close,Adj Close,Volume\n2018-02-06,1,2,1,2,1.5,10\n2018-02-07,null,null,null,null,null,null\n";
        let read = read("AAPL.csv", text).unwrap();
        assert_eq!(read.bar_lines(), ["AAPL 2018-02-06 1 2 1 2 10", "AAPL 2018-02-07 NaN NaN NaN NaN NaN"]);
        let origin = &read.origins[0];
        assert_eq!(
            (origin.source, origin.adjustment, origin.mic.as_deref()),
            ("yahoo", Adjusted::Split, None)
        );
        assert_eq!(origin.ignored, ["Adj Close"]);
    }

    #[test]
    fn descending_stamps_with_an_offset_are_dates_as_written() {
        let text = "Date,Open,High,Low,Close,Adj Close,Volume,Dividends,Stock Splits\n2023-04-14 00:00:00+09:00,1,2,1,2,2,10,0,0\n2023-04-13 00:00:00+09:00,1,2,1,2,2,10,0,0\n";
        let read = read("4063.T.csv", text).unwrap();
        assert_eq!(read.bar_lines(), ["4063.T 2023-04-14 1 2 1 2 10", "4063.T 2023-04-13 1 2 1 2 10"]);
        assert!(read.actions.is_empty());
    }

    #[test]
    fn dividends_and_splits_are_actions_in_the_money_of_their_day() {
        let header = "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n";
        let rows = "2020-08-07,1,2,1,2,9,0.205,0\n2020-08-31,1,2,1,2,9,0,4\n2020-11-06,1,2,1,2,9,0.205,0\n";
        let read = read("AAPL.csv", &format!("{header}{rows}")).unwrap();
        let actions: Vec<(String, ActionKind)> = read
            .actions
            .iter()
            .map(|(_, action)| (action.ex_date.to_string(), action.kind.clone()))
            .collect();
        let expected = [
            ("2020-08-07", ActionKind::Dividend(0.82)), // Yahoo divided it by the split that came later
            ("2020-08-31", ActionKind::Split(4.0)),
            ("2020-11-06", ActionKind::Dividend(0.205)),
        ];
        assert_eq!(actions, expected.map(|(date, kind)| (date.to_owned(), kind)));
        assert!(
            read.actions
                .iter()
                .all(|(_, action)| action.known.is_none() && read.spelling(action.ticker) == "AAPL")
        );
    }

    #[test]
    fn a_last_row_without_prices_is_handed_on_with_its_volume() {
        let text =
            "Date,Open,High,Low,Close,Adj Close,Volume\n2026-07-08,1,2,1,2,2,10\n2026-07-09,,,,,,6527\n";
        assert_eq!(read("AAPL.csv", text).unwrap().bar_lines()[1], "AAPL 2026-07-09 NaN NaN NaN NaN 6527");
    }

    #[test]
    fn several_tickers_stand_side_by_side_under_two_rows_of_headers() {
        let text = "Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume\nTicker,A,B,A,B,A,B,A,B,A,B\nDate,,,,,,,,,,\n2024-01-02,2,20,3,30,1,10,1.5,15,100,200\n2024-01-03,2,,3,,1,,1.5,,100,\n";
        let wide = Collected::told(&WIDE, "x.csv", text.as_bytes(), &Said::default()).unwrap();
        let expected =
            ["A 2024-01-02 1.5 3 1 2 100", "B 2024-01-02 15 30 10 20 200", "A 2024-01-03 1.5 3 1 2 100"];
        assert_eq!(wide.bar_lines(), expected);
        assert_eq!((wide.origins[0].timeframe, wide.faults.len()), (Timeframe::Day, 0));
        let by_ticker =
            "Ticker,A,A,A,A,A\nPrice,Open,High,Low,Close,Volume\nDate,,,,,\n2024-01-02,1.5,3,1,2,100\n";
        let wide = Collected::told(&WIDE, "x.csv", by_ticker.as_bytes(), &Said::default()).unwrap();
        assert_eq!(wide.bar_lines(), ["A 2024-01-02 1.5 3 1 2 100"]);
    }

    #[test]
    fn a_file_that_does_not_name_its_instrument_is_asked_for() {
        let error =
            read("yahoo-AAPL.csv", "Date,Open,High,Low,Close,Adj Close,Volume\n2018-02-06,1,2,1,2,1.5,10\n");
        assert!(error.map(|_| ()).unwrap_err().contains("name it with --symbol"));
    }
}
