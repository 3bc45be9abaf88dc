//! Tables that anybody could have made: prices by their usual names, with a column of tickers or of one instrument.
//!
//! Nobody says what such prices are adjusted for, so they count as they were on the day of the import.

use super::bar_table::{self, Group, Known, Plan, Who, no_column, with_header};
use super::{has, has_any, names};
use crate::import::error::ImportError;
use crate::import::reader::{Head, Reader};
use crate::import::table::Table;

/// Names of a column of tickers.
pub(super) const SYMBOL: &[&str] = &["symbol", "ticker", "name", "code", "instrument"];
/// Names of a column of dates or times.
pub(super) const STAMP: &[&str] =
    &["date", "datetime", "timestamp", "time", "day", "start", "tradedate", "tradingdate", "opentime"];
/// The part of the day, where the date has a column of its own.
const CLOCK: &[&str] = &["time", "clock"];

/// Both layouts of the S&P 500 files on Kaggle, and any others with a column of tickers.
pub(super) const LONG: Reader = Reader {
    name: "csv",
    title: "table of bars with a column of tickers",
    sees: |head| prices(head) && has_any(head, SYMBOL),
    read: |input, sink| bar_table::read(input, sink, with_header, &plan),
};

/// One instrument, named by the file or by the user.
pub(super) const ONE: Reader = Reader {
    name: "csv-one",
    title: "table of bars of one instrument",
    sees: |head| prices(head) && !has_any(head, SYMBOL),
    read: |input, sink| bar_table::read(input, sink, with_header, &plan),
};

fn prices(head: &Head<'_>) -> bool {
    has_any(head, STAMP)
        && has(head, &["open"])
        && has_any(head, bar_table::CLOSE)
        && has(head, &["high", "low"])
}

fn plan(table: &Table<'_>, known: &Known<'_>) -> Result<Plan, ImportError> {
    let who = match table.find(SYMBOL) {
        Some(column) => Who::column(column),
        None => Who::One(names::symbol(known.path, known.said, names::no_rule)?),
    };
    let group =
        Group::usual(table, who).ok_or_else(|| no_column(known, table, "open, high, low or close"))?;
    let stamp = table.find(STAMP).ok_or_else(|| no_column(known, table, "date"))?;
    let clock = table.find(CLOCK).filter(|clock| *clock != stamp);
    Ok(Plan { clock, ..Plan::new("csv", "table of bars", stamp, group) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::Collected;

    fn long(text: &str) -> Result<Collected, String> {
        Collected::told(&LONG, "x.csv", text.as_bytes(), &Said::default())
    }

    #[test]
    fn both_kaggle_layouts_are_read_by_their_names() {
        let one = long("date,open,high,low,close,volume,Name\n2018-02-06,9.5,12,8,10,1000,BRK.B\n").unwrap();
        let other =
            long("Date,Symbol,Adj Close,Close,High,Low,Open,Volume\n2018-02-06,BRK.B,9,10,12,8,9.5,1000\n")
                .unwrap();
        assert_eq!(one.bar_lines(), ["BRK.B 2018-02-06 9.5 12 8 10 1000"]);
        assert_eq!(other.bar_lines(), one.bar_lines());
        assert_eq!(other.origins[0].ignored, ["Adj Close"]);
    }

    #[test]
    fn semicolons_with_extra_columns_are_understood() {
        let text = "Date;Open;High;Low;Close;Volume;Dividend;Split\n2018-02-06;1,5;2,25;1;2;1.000;;\n";
        let read = Collected::told(&ONE, "AAPL.csv", text.as_bytes(), &Said::default()).unwrap();
        assert_eq!(read.bar_lines(), ["AAPL 2018-02-06 1.5 2.25 1 2 1000"]);
        assert_eq!(read.origins[0].ignored, ["Dividend", "Split"]);
    }

    #[test]
    fn tickers_that_look_like_something_else_are_tickers_and_missing_numbers_are_missing() {
        let rows = "2018-02-06,NA,null,-,2,1E3,NA\n2018-02-06,1,2,1,2,10,TRUE\n2018-02-06,1,2,1,2,10,1E5\n";
        let read = long(&format!("date,open,high,low,close,volume,symbol\n{rows}")).unwrap();
        assert_eq!(
            read.bar_lines(),
            ["NA 2018-02-06 NaN NaN NaN 2 1000", "TRUE 2018-02-06 1 2 1 2 10", "1E5 2018-02-06 1 2 1 2 10"]
        );
        assert!(read.faults.is_empty(), "{:?}", read.faults);
    }

    #[test]
    fn columns_of_any_name_are_mapped() {
        let columns = [("close", "Last Price"), ("date", "When")];
        let columns = columns.map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned())).into();
        let said = Said { columns, ..Said::default() };
        let text = b"When,Open,High,Low,Last Price,Close,Ticker\n2018-02-06,1,2,1,1.5,9,A\n";
        let read = Collected::told(&LONG, "x.csv", text, &said).unwrap();
        assert_eq!(read.bar_lines(), ["A 2018-02-06 1 2 1 1.5 NaN"]);
        let columns = [("close".to_owned(), "Nothing".to_owned())].into();
        let error = Collected::told(&LONG, "x.csv", text, &Said { columns, ..Said::default() }).map(|_| ());
        assert_eq!(
            error.unwrap_err(),
            "x.csv: it has no column \"Nothing\": its columns are When, Open, High, Low, Last Price, Close, Ticker; \
             name one of them in --map"
        );
    }
}
