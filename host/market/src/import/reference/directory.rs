//! Directories: a row per instrument with whatever is known of it.

use crate::import::error::ImportError;
use crate::import::events::moment::plain_date;
use crate::import::faults::{FaultKind, quoted};
use crate::import::headers::{Header, NAME, SYMBOL, header};
use crate::import::reader::{Input, Reader};
use crate::import::sink::{ListingRow, Sink};
use crate::import::table::{Row, Table, listed};
use crate::instrument::{Kind, Status};
use crate::parse::number;

use super::exchanges::mic_of;
use crate::import::sink::Origin;

const TITLE: &str = "directory (CSV)";

pub(super) const READERS: &[Reader] =
    &[Reader { name: "directory", title: TITLE, sees: |head| header(head) == Some(Header::Directory), read }];

/// Columns that are kept as they are: plain name, and what the attribute is called.
const ATTRIBUTES: [(&str, &str); 9] = [
    ("cik", "cik"),
    ("isin", "isin"),
    ("figi", "figi"),
    ("compositefigi", "figi"),
    ("country", "country"),
    ("state", "state"),
    ("city", "city"),
    ("headquarterslocation", "headquarters"),
    ("founded", "founded"),
];

/// Columns of a directory; a missing one says nothing.
pub(super) struct Columns {
    pub(super) symbol: usize,
    name: Option<usize>,
    kind: Option<usize>,
    status: Option<usize>,
    mic: Option<usize>,
    exchange: Option<usize>,
    currency: Option<usize>,
    sector: Option<usize>,
    industry: Option<usize>,
    lot: Option<usize>,
    tick: Option<usize>,
    listed: Option<usize>,
    delisted: Option<usize>,
    attributes: Vec<(usize, &'static str)>,
}

impl Columns {
    /// Finds the columns.
    ///
    /// # Errors
    /// A table without tickers.
    pub(super) fn find(path: &std::path::Path, table: &Table<'_>) -> Result<Self, ImportError> {
        let find = |names: &[&str]| table.find(names);
        let symbol = find(SYMBOL).ok_or_else(|| ImportError::Columns {
            path: path.to_path_buf(),
            found: listed(table.names()),
            wanted: "it needs a column symbol (or ticker)".to_owned(),
        })?;
        let attribute = |(plain, name): &(&str, &'static str)| Some((find(&[plain])?, *name));
        Ok(Self {
            symbol,
            name: find(NAME).filter(|column| *column != symbol),
            kind: find(&["kind", "type", "quotetype", "assettype"]),
            status: find(&["status"]),
            mic: find(&["mic"]),
            exchange: find(&["exchange"]),
            currency: find(&["currency"]),
            sector: find(&["sector", "gicssector"]),
            industry: find(&["industry", "subindustry", "gicssubindustry"]),
            lot: find(&["lot", "lotsize", "roundlotsize"]),
            tick: find(&["tick", "ticksize"]),
            listed: find(&["listed", "listingdate", "ipodate"]),
            delisted: find(&["delisted", "delistingdate"]),
            attributes: ATTRIBUTES.iter().filter_map(attribute).collect(),
        })
    }

    /// Positions of the columns that are used.
    pub(super) fn used(&self) -> Vec<usize> {
        let optional = [
            self.name,
            self.kind,
            self.status,
            self.mic,
            self.exchange,
            self.currency,
            self.sector,
            self.industry,
            self.lot,
            self.tick,
            self.listed,
            self.delisted,
        ];
        let attributes = self.attributes.iter().map(|(column, _)| *column);
        std::iter::once(self.symbol).chain(optional.into_iter().flatten()).chain(attributes).collect()
    }

    /// What a row says. A date that is none is counted and says nothing.
    pub(super) fn listing(&self, row: &Row<'_>, sink: &mut dyn Sink) -> ListingRow {
        let size = |column: Option<usize>| number(row.maybe(column)).filter(|size| *size > 0.0);
        let mut date = |column: Option<usize>| {
            let text = row.text(column)?;
            let date = plain_date(&text);
            if date.is_none() {
                let quoted = quoted(text.as_bytes());
                sink.fault(FaultKind::Date, row.place(), &mut || {
                    format!("{quoted} is no date: write it like 2024-01-31")
                });
            }
            date
        };
        let (listed, delisted) = (date(self.listed), date(self.delisted));
        let attribute = |(column, name): &(usize, &str)| Some(((*name).to_owned(), row.text(Some(*column))?));
        ListingRow {
            symbol: row.text(Some(self.symbol)).unwrap_or_default(),
            aliases: Vec::new(),
            mic: row.text(self.mic).or_else(|| mic_of(&row.text(self.exchange)?).map(str::to_owned)),
            name: row.text(self.name),
            kind: row.text(self.kind).map(|text| Kind::parse(&text)),
            status: row.text(self.status).map(|text| Status::parse(&text)),
            currency: row.text(self.currency),
            sector: row.text(self.sector),
            industry: row.text(self.industry),
            lot: size(self.lot),
            tick: size(self.tick),
            listed,
            delisted,
            attributes: self.attributes.iter().filter_map(attribute).collect(),
        }
    }
}

fn read(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    let path = input.head.path;
    let mut table = Table::open(input)?;
    let columns = Columns::find(path, &table)?;
    sink.begin(Origin::without_bars("csv", TITLE, table.others(&columns.used())));
    while let Some(row) = table.next(sink)? {
        let listing = columns.listing(&row, sink);
        sink.listing(row.place(), listing);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::{Collected, seen_by};

    #[test]
    fn a_directory_says_what_its_columns_say() {
        let text = "ticker;Name;type;exchange;sector;lot;listed;delisted;CIK;x\n\
            NA;Nano Labs;ADR;NMS;Tech;10;2022-07-12;;1;?\n\
            ENRN;Enron;Common Stock;NYSE;;;soon;2001-11-28;;?\n";
        assert_eq!(seen_by(READERS, "d.csv", text.as_bytes()), ["directory"]);
        let read = Collected::read(&READERS[0], "d.csv", text.as_bytes(), &Said::default()).unwrap();
        let expected = ListingRow {
            symbol: "NA".to_owned(),
            mic: Some("XNAS".to_owned()),
            name: Some("Nano Labs".to_owned()),
            kind: Some(Kind::Adr),
            sector: Some("Tech".to_owned()),
            lot: Some(10.0),
            listed: Some("2022-07-12".parse().unwrap()),
            attributes: vec![("cik".to_owned(), "1".to_owned())],
            ..ListingRow::default()
        };
        assert_eq!(read.listings[0].1, expected);
        let enron = &read.listings[1].1;
        assert_eq!((enron.listed, enron.delisted), (None, Some("2001-11-28".parse().unwrap())));
        assert_eq!(enron.mic.as_deref(), Some("XNYS"));
        assert_eq!((read.count(FaultKind::Date), read.rows), (1, 2));
        assert_eq!(read.origins[0].ignored, ["x"]);
    }

    #[test]
    fn a_table_without_tickers_is_refused_with_its_columns() {
        let refused =
            Collected::read(&READERS[0], "d.csv", b"a,b\n1,2\n", &Said::default()).map(|_| ()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "d.csv: its columns (a, b) are none that are understood: it needs a column symbol (or ticker)"
        );
    }
}
