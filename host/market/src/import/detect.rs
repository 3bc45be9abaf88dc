//! What a file is: the reader that sees it, or why there is none.

use std::path::Path;

use super::error::ImportError;
use super::reader::{Head, Reader, Said};
use super::table::{header_of, listed, no_column, rename};
use super::{events, formats, reference};
use crate::symbol::printable;

const AGAIN: &str = "copy or download it again";

/// Names of the first line's fields as readers see them.
pub(crate) struct Columns(pub(crate) Vec<String>);

impl Columns {
    /// Lower case, after `--map`.
    pub(crate) fn of(bytes: &[u8], said: &Said) -> Self {
        let header = header_of(bytes);
        let renamed = rename(&header, &said.columns).unwrap_or(header);
        Self(renamed.iter().map(|name| name.to_lowercase()).collect())
    }
}

/// Every reader: vendors' layouts first, then those that anybody could have made.
fn tiers() -> [Vec<&'static Reader>; 2] {
    let others = reference::READERS.iter().chain(events::READERS).copied().flatten();
    [formats::VENDORS.iter().chain(others).collect(), formats::GENERIC.iter().collect()]
}

/// Every reader.
pub(crate) fn all() -> impl Iterator<Item = &'static Reader> {
    tiers().into_iter().flatten()
}

/// The only reader that sees a file.
///
/// # Errors
/// A file that is no data, that nobody sees, or that several see.
pub(crate) fn recognise(head: &Head<'_>) -> Result<&'static Reader, ImportError> {
    let tiers = tiers();
    for tier in &tiers {
        let seen: Vec<&Reader> = tier.iter().copied().filter(|reader| (reader.sees)(head)).collect();
        match seen.as_slice() {
            [] => {}
            [reader] => return Ok(reader),
            several => {
                let names: Vec<&str> = several.iter().map(|reader| reader.name).collect();
                let reason = format!("it could be any of {}", names.join(", "));
                return Err(ImportError::content(head.path, reason, "say which with --as NAME"));
            }
        }
    }
    check(head)?;
    let found = listed(&super::table::header_of(head.bytes));
    let known: Vec<&str> = tiers.iter().flatten().map(|reader| reader.name).collect();
    let wanted = format!(
        "bars need a date, open, high, low, close and, for several instruments, a symbol; a directory needs a symbol \
         and some of name, kind, status, mic, currency, sector, industry; quotes need a symbol, time, bid and ask; \
         --map ours=theirs renames columns; --as NAME takes it for one of {}",
        known.join(", ")
    );
    Err(ImportError::Columns { path: head.path.to_path_buf(), found, wanted })
}

/// Says of a table that nobody sees which column `--map` misses there, when it misses one: that is why nobody does.
pub(crate) fn unmapped(error: ImportError, head: &Head<'_>, said: &Said) -> ImportError {
    let ImportError::Columns { .. } = error else { return error };
    let header = header_of(head.bytes);
    match rename(&header, &said.columns) {
        Err(missing) => no_column(head.path, &missing, &header),
        Ok(_) => error,
    }
}

/// The reader that `--as NAME` or `--as NAME=PART` means, and the part.
///
/// # Errors
/// A name that no reader has.
pub(crate) fn named(text: &str) -> Result<(&'static Reader, Option<String>), ImportError> {
    let (name, part) =
        text.split_once('=').map_or((text, None), |(name, part)| (name, Some(part.to_owned())));
    let tiers = tiers();
    let found = tiers.iter().flatten().find(|reader| reader.name == name);
    found.map(|reader| (*reader, part)).ok_or_else(|| {
        let known: Vec<String> =
            tiers.iter().flatten().map(|reader| format!("{} ({})", reader.name, reader.title)).collect();
        ImportError::Format { name: printable(name, 40), known: known.join(", ") }
    })
}

/// Refuses what is no data at all.
///
/// # Errors
/// An empty file, a web page, UTF-16, binary data, unknown JSON.
pub(crate) fn check(head: &Head<'_>) -> Result<(), ImportError> {
    let path: &Path = head.path;
    let refused = |reason: &str, advice: &str| Err(ImportError::content(path, reason, advice));
    let trimmed = head.bytes.trim_ascii_start();
    if trimmed.is_empty() {
        return refused("it is empty", AGAIN);
    }
    if head.bytes.starts_with(b"\xff\xfe") || head.bytes.starts_with(b"\xfe\xff") {
        return refused("it is UTF-16 text", "save it as UTF-8");
    }
    if head.bytes.starts_with(b"PK\x03\x04") {
        return refused(
            "it is a zip archive inside an archive, or an Excel workbook",
            "unpack it, or save it as CSV",
        );
    }
    if head.bytes.contains(&0) {
        return refused("it is binary data of an unknown kind", "export it as CSV or Parquet");
    }
    match trimmed.first() {
        Some(b'<') => refused(
            "it is a web page (HTML or XML), often the error page of a download",
            "open it in a browser to see what it says, then download the data again",
        ),
        Some(b'{' | b'[') => {
            let members = super::events::documents::names(head);
            let members: Vec<String> = members.into_iter().take(20).map(|name| printable(name, 24)).collect();
            let reason = format!("it is JSON of an unknown kind, with the members {}", members.join(", "));
            refused(&reason, "Alpaca's and Polygon's bars, actions, news and quotes are understood")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(name: &str, text: &str) -> Result<&'static str, String> {
        let columns = Columns::of(text.as_bytes(), &Said::default());
        let head = Head { path: Path::new(name), bytes: text.as_bytes(), columns: &columns.0 };
        recognise(&head).map(|reader| reader.name).map_err(|error| error.to_string())
    }

    #[test]
    fn every_header_of_a_vendor_is_seen_by_its_reader_alone() {
        for (text, name) in [
            ("<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n", "stooq"),
            ("Date,Open,High,Low,Close,Adj Close,Volume\n", "yahoo"),
            ("Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n", "yahoo"),
            ("Price,Close,High\nTicker,A,A\n", "yfinance-wide"),
            ("{\"bars\":{\"A\":[]},\"next_page_token\":null}", "alpaca"),
            ("ticker,volume,open,close,high,low,window_start,transactions\n", "polygon"),
            (
                "{\"ticker\":\"A\",\"results\":[{\"v\":1,\"o\":1,\"c\":1,\"h\":1,\"l\":1,\"t\":1}]}",
                "polygon-json",
            ),
            (
                "ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol\n",
                "databento-csv",
            ),
            ("DBN\u{1}", "dbn"),
            ("1637971200000,1,1,1,1,1,1637971259999,1,1,1,1,0\n", "binance"),
            ("open_time,open,high,low,close,volume,close_time,quote_volume,count,a,b,ignore\n", "binance"),
            ("time,open,high,low,close,Volume\n", "tradingview"),
            ("20210101T,0.1,0.1,0.1,0.1,0\n", "pine-seeds"),
            ("date,open,high,low,close,volume,average,barCount\n", "ibkr"),
            ("Statement,Header,Field Name,Field Value\n", "ibkr-statement"),
            ("<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n", "metatrader"),
            ("2024.01.10,00:00,1.1,1.2,1.0,1.15,123\n", "metatrader-4"),
            ("date,open,high,low,close,volume,Name\n", "csv"),
            ("Date,Symbol,Adj Close,Close,High,Low,Open,Volume\n", "csv"),
            ("Date;Open;High;Low;Close;Volume;Dividend;Split\n", "csv-one"),
            ("PAR1", "parquet"),
            ("ARROW1\0\0", "arrow"),
        ] {
            assert_eq!(seen("data.csv", text), Ok(name), "{text}");
        }
        assert_eq!(seen("aapl_us_d.csv", "Date,Open,High,Low,Close,Volume\n"), Ok("stooq-csv"));
    }

    #[test]
    fn what_nobody_sees_is_refused_with_its_columns_or_what_it_is() {
        let unknown = seen("f.csv", "a,b\u{1b},c\n1,2,3\n").unwrap_err();
        assert!(
            unknown
                .starts_with("f.csv: its columns (a, b\\u{1b}, c) are none that are understood: bars need a"),
            "{unknown}"
        );
        assert!(unknown.contains("takes it for one of yahoo, yfinance-wide, stooq"), "{unknown}");
        for (text, reason) in [
            ("", "it is empty"),
            (" \n\n", "it is empty"),
            ("\n<!DOCTYPE html><html>", "it is a web page"),
            ("{\"a\": 1}", "it is JSON of an unknown kind, with the members a"),
            ("\u{7f}ELF\u{1}\0\0", "it is binary data"),
            ("PK\u{3}\u{4} etc", "it is a zip archive"),
        ] {
            let error = seen("f", text).unwrap_err();
            assert!(error.starts_with(&format!("f: {reason}")), "{error}");
        }
    }

    #[test]
    fn names_are_unique_and_an_unknown_one_lists_them() {
        let mut names: Vec<&str> = tiers().iter().flatten().map(|reader| reader.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        let (reader, part) = named("yahoo=x").unwrap();
        assert_eq!((reader.name, part.as_deref()), ("yahoo", Some("x")));
        let error = named("excel").map(|_| ()).unwrap_err().to_string();
        assert!(
            error.starts_with("no format is called \"excel\": known are yahoo (Yahoo or yfinance bars"),
            "{error}"
        );
    }
}
