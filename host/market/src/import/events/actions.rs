//! Splits, dividends and renames as tables of text.
//!
//! `Date,Dividends,Stock Splits` as yfinance writes them (`0.0` means none; one ticker per file), Yahoo's `Date,Stock
//! Splits` with `4:1`, and tables with a ticker per row. The date is the ex-date.

use chrono::NaiveDate;

use super::announce::{About, announce};
use super::moment::{leading_date, plain_date};
use crate::import::error::ImportError;
use crate::import::faults::{FaultKind, Place, quoted};
use crate::import::headers::{DAY, DIVIDEND, Header, NEW, OLD, SPLIT, SYMBOL, header};
use crate::import::reader::{Input, Reader};
use crate::import::sink::Origin;
use crate::import::sink::{ActionKind, Sink};
use crate::import::table::{Row, Table, listed};
use crate::parse::number;

const ACTIONS: &str = "splits and dividends (CSV)";
const RENAMES: &str = "renames (CSV)";

pub(super) const READERS: &[Reader] = &[
    Reader {
        name: "actions",
        title: ACTIONS,
        sees: |head| header(head) == Some(Header::Actions),
        read: actions,
    },
    Reader {
        name: "renames",
        title: RENAMES,
        sees: |head| header(head) == Some(Header::Renames),
        read: renames,
    },
];

fn actions(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    let (path, said) = (input.head.path, input.said);
    let mut table = Table::open(input)?;
    let (symbol, day) = (table.find(SYMBOL), table.find(DAY));
    let (dividend, split) = (table.find(DIVIDEND), table.find(SPLIT));
    let declared = table.find(&["declarationdate", "declared", "announced"]);
    let (Some(day), true) = (day, dividend.or(split).is_some()) else {
        return Err(ImportError::Columns {
            path: path.to_path_buf(),
            found: listed(table.names()),
            wanted: "it needs date (or ex_date) and dividends or stock_splits".to_owned(),
        });
    };
    let named = match symbol {
        Some(_) => None,
        None => Some(said.symbol.clone().or_else(|| named_by(path)).ok_or_else(|| {
            ImportError::content(path, "it does not say of which ticker it is", "say it with --symbol TICKER")
        })?),
    };
    let used: Vec<usize> = [symbol, Some(day), dividend, split, declared].into_iter().flatten().collect();
    sink.begin(Origin::without_bars("csv", ACTIONS, table.others(&used)));
    while let Some(row) = table.next(sink)? {
        let name = named.as_ref().map_or_else(|| row.maybe(symbol), String::as_bytes);
        let Some(ex_date) = date(&row, day, sink) else { continue };
        let Some(ticker) = sink.ticker(row.place(), name) else { continue };
        let declared = row.text(declared).and_then(|text| plain_date(&text));
        let about = || About { declared, ..About::default() };
        if let Some(ratio) = amount(row.maybe(split), row.place(), sink, ratio) {
            announce(sink, row.place(), ticker, ActionKind::Split(ratio), ex_date, about());
        }
        if let Some(cash) = amount(row.maybe(dividend), row.place(), sink, number) {
            announce(sink, row.place(), ticker, ActionKind::Dividend(cash), ex_date, about());
        }
    }
    Ok(())
}

/// The ticker that a file's name is, and nothing else: `AAPL.csv`, `BRK-B_dividends.csv`.
fn named_by(path: &std::path::Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    let end = ["_dividends", "_splits", "_actions", "-dividends", "-splits", "-actions"];
    let name = end.iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
    let plausible = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b".-^=".contains(&byte);
    (!name.is_empty() && name.len() <= 10 && name.bytes().all(plausible)).then(|| name.to_owned())
}

/// The date of a row; none, and a counted fault, when it has none.
fn date(row: &Row<'_>, column: usize, sink: &mut dyn Sink) -> Option<NaiveDate> {
    let text = row.text(Some(column)).unwrap_or_default();
    let date = leading_date(&text);
    if date.is_none() {
        let text = quoted(text.as_bytes());
        sink.fault(FaultKind::Date, row.place(), &mut || {
            format!("{text} is no date: write it like 2024-01-31")
        });
    }
    date
}

/// A positive number; none when it is missing or zero, which says "no action", or when it is none, which is counted.
fn amount(text: &[u8], place: Place, sink: &mut dyn Sink, read: fn(&[u8]) -> Option<f64>) -> Option<f64> {
    let found = read(text);
    if found.is_none_or(|value| value < 0.0) {
        let text = quoted(text);
        sink.fault(FaultKind::Number, place, &mut || format!("{text} is no amount or ratio"));
        return None;
    }
    found.filter(|value| *value > 0.0)
}

/// `4`, `4:1`, `4/1`, `1-for-10`.
fn ratio(text: &[u8]) -> Option<f64> {
    if let Some(ratio) = number(text) {
        return Some(ratio);
    }
    let text = std::str::from_utf8(text).ok()?.to_ascii_lowercase();
    let (new, old) = [":", "/", "-for-", " for "].iter().find_map(|sign| text.split_once(sign))?;
    let part = |text: &str| number(text.as_bytes()).filter(|part| *part > 0.0);
    Some(part(new)? / part(old)?)
}

fn renames(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    let path = input.head.path;
    let mut table = Table::open(input)?;
    let found = table.find(OLD).zip(table.find(NEW)).zip(table.find(DAY));
    let ((old, new), day) = found.ok_or_else(|| ImportError::Columns {
        path: path.to_path_buf(),
        found: listed(table.names()),
        wanted: "renames need old_symbol, new_symbol and date".to_owned(),
    })?;
    sink.begin(Origin::without_bars("csv", RENAMES, table.others(&[old, new, day])));
    while let Some(row) = table.next(sink)? {
        let Some(date) = date(&row, day, sink) else { continue };
        let Some(from) = sink.ticker(row.place(), row.get(old)) else { continue };
        let Some(to) = sink.ticker(row.place(), row.get(new)) else { continue };
        if from == to {
            sink.fault(FaultKind::Entry, row.place(), &mut || "old and new ticker are the same".to_owned());
            continue;
        }
        let (from_text, to_text) =
            (row.text(Some(old)).unwrap_or_default(), row.text(Some(new)).unwrap_or_default());
        let about = About {
            detail: format!("{to_text}, before {from_text}"),
            attributes: vec![("from".to_owned(), from_text), ("to".to_owned(), to_text)],
            ..About::default()
        };
        announce(sink, row.place(), from, ActionKind::Rename(to), date, about);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::{Collected, seen_by};

    fn read(name: &str, file: &str, text: &str) -> Result<Collected, String> {
        assert_eq!(seen_by(READERS, file, text.as_bytes()), [name]);
        let reader = READERS.iter().find(|reader| reader.name == name).unwrap();
        Collected::read(reader, file, text.as_bytes(), &Said::default()).map_err(|error| error.to_string())
    }

    fn told(read: &Collected) -> Vec<String> {
        let told = |(_, a): &(Place, crate::import::sink::ActionRow)| {
            format!("{} {} {:?}", read.spelling(a.ticker), a.ex_date, a.kind)
        };
        read.actions.iter().map(told).collect()
    }

    #[test]
    fn yfinances_actions_are_those_that_are_not_zero() {
        let text = "Date,Dividends,Stock Splits\n2020-08-07 00:00:00-04:00,0.82,0.0\n2020-08-31 00:00:00-04:00,0.0,4.0\n\
            2020-09-01 00:00:00-04:00,0.0,0.0\nsoon,1,0\n2020-09-02,-1,x\n";
        let read = read("actions", "AAPL.csv", text).unwrap();
        assert_eq!(told(&read), ["AAPL 2020-08-07 Dividend(0.82)", "AAPL 2020-08-31 Split(4.0)"]);
        let faults: Vec<FaultKind> = read.faults.iter().map(|fault| fault.0).collect();
        assert_eq!(faults, [FaultKind::Date, FaultKind::Number, FaultKind::Number]);
    }

    #[test]
    fn ratios_are_new_for_old_in_every_form() {
        let text = "symbol,ex_date,ratio,declared\nA,2020-08-31,4:1,2020-07-30\nB,2020-08-31,1/10,\nC,2020-08-31,3-for-2,\nD,2020-08-31,0.5,\n";
        let read = read("actions", "s.csv", text).unwrap();
        let ratios: Vec<_> = read.actions.iter().map(|(_, action)| action.kind.clone()).collect();
        assert_eq!(ratios, [4.0, 0.1, 1.5, 0.5].map(ActionKind::Split));
        assert_eq!(
            read.actions[0].1.known,
            Some(crate::import::sink::When::OnDate("2020-07-30".parse().unwrap()))
        );
    }

    #[test]
    fn a_file_of_one_ticker_that_is_not_named_by_it_is_refused() {
        let text = "Date,Dividends\n2020-08-07,0.82\n";
        assert_eq!(
            read("actions", "my dividends.csv", text).map(|_| ()),
            Err("my dividends.csv: it does not say of which ticker it is; say it with --symbol TICKER"
                .to_owned())
        );
        assert_eq!(
            told(&read("actions", "BRK-B_dividends.csv", text).unwrap()),
            ["BRK-B 2020-08-07 Dividend(0.82)"]
        );
    }

    #[test]
    fn renames_lead_from_the_old_ticker_to_the_new_one() {
        let text = "old_symbol,new_symbol,date\nBGU,SPXL,2012-06-28\nA,A,2012-06-28\nA,B,6/28/12\n";
        let read = read("renames", "r.csv", text).unwrap();
        assert_eq!(told(&read), ["BGU 2012-06-28 Rename(Ticker(1))"]);
        assert_eq!(read.spelling(crate::import::sink::Ticker(1)), "SPXL");
        assert_eq!((read.count(FaultKind::Entry), read.count(FaultKind::Date)), (1, 1));
        assert_eq!(read.events[0].1.headline, "New ticker SPXL, before BGU");
    }
}
