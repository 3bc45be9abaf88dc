//! Which file has which layout: told by its set of column names, never by their order.

use std::path::Path;

use super::error::ImportError;
use super::sink::{Adjusted, Origin, Stamped};
use crate::bars::Timeframe;
use crate::set::NUMBERS;
use crate::symbol::printable;

const SYMBOL: &[&str] = &["symbol", "ticker", "actsymbol"];
const DATE: &[&str] = &["date", "timestamp", "datetime", "day", "time"];
/// Names of the number columns in the order of the bar file.
const NUMBER_NAMES: [&[&str]; NUMBERS] = [&["open"], &["high"], &["low"], &["close"], &["volume", "vol"]];
/// `name` holds the ticker in some bar files and the security's name in directories.
const NAME: &[&str] = &["name", "security", "securityname", "longname", "shortname", "companyname"];

const WANTED: &str = "bars need symbol (or ticker, or name), date (or timestamp), open, high, low, close and \
                      volume; a directory needs symbol and some of name, kind, status, mic, currency, sector, industry";

/// Columns of a file by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Layout {
    Bars(BarLayout),
    Directory(DirectoryLayout),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BarLayout {
    pub(crate) symbol: usize,
    pub(crate) date: usize,
    pub(crate) numbers: [usize; NUMBERS],
}

/// Columns of a directory; a missing one says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DirectoryLayout {
    pub(crate) symbol: usize,
    pub(crate) name: Option<usize>,
    pub(crate) kind: Option<usize>,
    pub(crate) status: Option<usize>,
    pub(crate) mic: Option<usize>,
    pub(crate) currency: Option<usize>,
    pub(crate) sector: Option<usize>,
    pub(crate) industry: Option<usize>,
    pub(crate) lot: Option<usize>,
    pub(crate) tick: Option<usize>,
}

/// A layout, and the columns that it leaves aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recognised {
    pub(crate) layout: Layout,
    pub(crate) ignored: Vec<String>,
}

impl Recognised {
    /// What is told of the file.
    pub(crate) fn origin(&self, parquet: bool) -> Origin {
        let layout = match (&self.layout, parquet) {
            (Layout::Bars(_), false) => "daily bars (text)",
            (Layout::Bars(_), true) => "daily bars (Parquet)",
            (Layout::Directory(_), false) => "directory (text)",
            (Layout::Directory(_), true) => "directory (Parquet)",
        };
        Origin {
            source: "csv",
            layout,
            timeframe: Timeframe::Day,
            stamped: Stamped::Open,
            adjustment: Adjusted::Unknown,
            mic: None,
            ignored: self.ignored.clone(),
        }
    }
}

/// Recognises a file by its column names.
pub(crate) fn recognise(path: &Path, header: &[String]) -> Result<Recognised, ImportError> {
    let plain: Vec<String> = header.iter().map(|name| plain_name(name)).collect();
    let find = |names: &[&str]| names.iter().find_map(|name| plain.iter().position(|column| column == name));
    let bar_part = [find(DATE), find(NUMBER_NAMES[0]), find(NUMBER_NAMES[1]), find(NUMBER_NAMES[2])];
    let layout = if bar_part.iter().filter(|part| part.is_some()).count() >= 2 {
        bar_layout(&find).map(Layout::Bars)
    } else {
        directory_layout(&find).map(Layout::Directory)
    };
    let Some(layout) = layout else { return Err(unknown(path, header, &find)) };
    let used = layout.columns();
    let ignored = header.iter().enumerate().filter(|(index, _)| !used.contains(index));
    Ok(Recognised { ignored: ignored.map(|(_, name)| printable(name.trim(), 40)).collect(), layout })
}

fn bar_layout(find: &impl Fn(&[&str]) -> Option<usize>) -> Option<BarLayout> {
    let mut numbers = [0; NUMBERS];
    for (column, names) in numbers.iter_mut().zip(NUMBER_NAMES) {
        *column = find(names)?;
    }
    Some(BarLayout { symbol: find(SYMBOL).or_else(|| find(&["name"]))?, date: find(DATE)?, numbers })
}

fn directory_layout(find: &impl Fn(&[&str]) -> Option<usize>) -> Option<DirectoryLayout> {
    let layout = DirectoryLayout {
        symbol: find(SYMBOL)?,
        name: find(NAME),
        kind: find(&["kind", "type", "quotetype", "assettype"]),
        status: find(&["status"]),
        mic: find(&["mic"]),
        currency: find(&["currency"]),
        sector: find(&["sector", "gicssector"]),
        industry: find(&["industry", "subindustry", "gicssubindustry"]),
        lot: find(&["lot", "lotsize", "roundlotsize"]),
        tick: find(&["tick", "ticksize"]),
    };
    let says = [
        layout.name,
        layout.kind,
        layout.status,
        layout.mic,
        layout.currency,
        layout.sector,
        layout.industry,
    ];
    says.iter().any(Option::is_some).then_some(layout)
}

fn unknown(path: &Path, header: &[String], find: &impl Fn(&[&str]) -> Option<usize>) -> ImportError {
    let found: Vec<String> = header.iter().take(20).map(|name| printable(name.trim(), 24)).collect();
    let more = if header.len() > found.len() { ", …" } else { "" };
    let found = format!("{}{more}", found.join(", "));
    let one_symbol = find(SYMBOL).is_none()
        && find(DATE).is_some()
        && NUMBER_NAMES.iter().all(|names| find(names).is_some());
    let wanted = if one_symbol {
        format!("there is no symbol column, and files of a single symbol cannot be imported yet; {WANTED}")
    } else {
        WANTED.to_owned()
    };
    ImportError::Columns { path: path.to_path_buf(), found, wanted }
}

/// Lower case, without quotes, blanks and joints: `GICS Sub-Industry` is `gicssubindustry`.
fn plain_name(name: &str) -> String {
    let sign = |c: char| c.is_whitespace() || matches!(c, '_' | '-' | '"' | '\'' | '\u{feff}' | '<' | '>');
    name.chars().filter(|c| !sign(*c)).flat_map(char::to_lowercase).collect()
}

impl Layout {
    /// Positions of the columns that are used.
    pub(crate) fn columns(&self) -> Vec<usize> {
        match self {
            Self::Bars(bars) => [bars.symbol, bars.date].into_iter().chain(bars.numbers).collect(),
            Self::Directory(d) => {
                let optional =
                    [d.name, d.kind, d.status, d.mic, d.currency, d.sector, d.industry, d.lot, d.tick];
                std::iter::once(d.symbol).chain(optional.into_iter().flatten()).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(header: &str) -> Result<Recognised, String> {
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        recognise(Path::new("f.csv"), &header).map_err(|error| error.to_string())
    }

    #[test]
    fn bar_files_are_told_by_names_in_any_order() {
        let kaggle = columns("date,open,high,low,close,volume,Name").unwrap();
        assert_eq!(kaggle.layout, Layout::Bars(BarLayout { symbol: 6, date: 0, numbers: [1, 2, 3, 4, 5] }));
        let stocks = columns("Date,Symbol,Adj Close,Close,High,Low,Open,Volume").unwrap();
        assert_eq!(stocks.layout, Layout::Bars(BarLayout { symbol: 1, date: 0, numbers: [6, 4, 5, 3, 7] }));
        assert_eq!(stocks.ignored, ["Adj Close"]);
        assert!(columns("\u{feff}\"ticker\",TIMESTAMP,o,High,Low,Close,Volume,Open").is_ok());
    }

    #[test]
    fn directories_are_told_by_what_they_say() {
        let layout = columns("Symbol,Security,GICS Sector,GICS Sub-Industry,CIK").unwrap();
        let Layout::Directory(directory) = layout.layout else { panic!("a directory") };
        assert_eq!((directory.symbol, directory.name), (0, Some(1)));
        assert_eq!((directory.sector, directory.industry), (Some(2), Some(3)));
        assert_eq!(layout.ignored, ["CIK"]);
        assert!(columns("symbol,kind").is_ok());
    }

    #[test]
    fn unknown_columns_are_named_with_those_that_are_understood() {
        assert_eq!(
            columns("a,b\u{1b},c").unwrap_err(),
            format!("f.csv: its columns (a, b\\u{{1b}}, c) are none that are understood: {WANTED}")
        );
        let single = columns("Date,Open,High,Low,Close,Volume").unwrap_err();
        assert!(single.contains("there is no symbol column"), "{single}");
        assert!(columns("symbol,date,open,high,low,close").is_err());
        assert!(columns("symbol,price").is_err());
    }
}
