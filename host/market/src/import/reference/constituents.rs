//! Constituents of an index, with their sectors and the dates of their membership.
//!
//! The index is a column, or what follows `--as constituents=`; the list of the S&P 500 that Wikipedia has is told by
//! its header. `from` (`Date added`) is the first day as a member, `to` the first day no longer. Without `from`
//! somebody was a member ever since; a list without any such column says so of all, which looks ahead for the
//! past, and is remarked.

use chrono::NaiveDate;

use super::directory::Columns;
use crate::import::error::ImportError;
use crate::import::events::moment::plain_date;
use crate::import::faults::{FaultKind, Place, quoted};
use crate::import::headers::{FROM, Header, INDEX, TO, header};
use crate::import::reader::{Input, Reader};
use crate::import::sink::Origin;
use crate::import::sink::{MemberRow, Sink};
use crate::import::table::{Row, Table};

const TITLE: &str = "constituents of an index (CSV)";
/// What the list of the S&P 500 is told by.
const SP500_COLUMNS: [&str; 3] = ["dateadded", "gicssector", "founded"];
const SP500: &str = "sp500";

pub(super) const READERS: &[Reader] = &[Reader {
    name: "constituents",
    title: TITLE,
    sees: |head| header(head) == Some(Header::Constituents),
    read,
}];

fn read(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    let (path, said) = (input.head.path, input.said);
    let mut table = Table::open(input)?;
    let columns = Columns::find(path, &table)?;
    let (index, from, to) = (table.find(INDEX), table.find(FROM), table.find(TO));
    let named = said.part.as_deref().map(slug).filter(|name| !name.is_empty());
    let sp500 = SP500_COLUMNS.iter().all(|name| table.find(&[name]).is_some());
    let named = named.or_else(|| sp500.then(|| SP500.to_owned()));
    if index.is_none() && named.is_none() {
        let advice = "add a column index, or say it: --as constituents=sp500";
        return Err(ImportError::content(path, "it does not say of which index it is", advice));
    }
    let used: Vec<usize> =
        columns.used().into_iter().chain([index, from, to].into_iter().flatten()).collect();
    sink.begin(Origin::without_bars("csv", TITLE, table.others(&used)));
    if from.is_none() && to.is_none() {
        sink.fault(FaultKind::KnownAt, Place::Nowhere, &mut || {
            "no dates of membership: taken as members ever since, which looks ahead for the past".to_owned()
        });
    }
    while let Some(row) = table.next(sink)? {
        let listing = columns.listing(&row, sink);
        sink.listing(row.place(), listing);
        let index = row.text(index).map(|text| slug(&text)).filter(|text| !text.is_empty());
        let Some(index) = index.or_else(|| named.clone()) else {
            sink.fault(FaultKind::Entry, row.place(), &mut || "it does not say which index".to_owned());
            continue;
        };
        let (Some(from), Some(to)) = (day(&row, from, sink), day(&row, to, sink)) else { continue };
        let Some(ticker) = sink.ticker(row.place(), row.get(columns.symbol)) else { continue };
        sink.member(row.place(), MemberRow { ticker, index, from, to });
    }
    Ok(())
}

/// A date or an empty field; none, and a counted fault, when it is neither.
fn day(row: &Row<'_>, column: Option<usize>, sink: &mut dyn Sink) -> Option<Option<NaiveDate>> {
    let Some(text) = row.text(column) else { return Some(None) };
    let date = plain_date(&text);
    if date.is_none() {
        let text = quoted(text.as_bytes());
        sink.fault(FaultKind::Date, row.place(), &mut || {
            format!("{text} is no date: write it like 2024-01-31")
        });
    }
    date.map(Some)
}

/// The name of an index: `S&P 500` and `SP-500` are `sp500`, `Dow Jones` is `dow-jones`.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    let mut joint = false;
    for c in text.trim().chars().filter(|c| *c != '&') {
        if !c.is_ascii_alphanumeric() {
            joint = !slug.is_empty();
            continue;
        }
        let number = c.is_ascii_digit() && slug.ends_with(|last: char| last.is_ascii_lowercase());
        if joint && !number {
            slug.push('-');
        }
        joint = false;
        slug.push(c.to_ascii_lowercase());
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::{Collected, seen_by};

    fn read(text: &str, part: Option<&str>) -> Result<Collected, String> {
        let said = Said { part: part.map(str::to_owned), ..Said::default() };
        Collected::read(&READERS[0], "c.csv", text.as_bytes(), &said).map_err(|error| error.to_string())
    }

    fn members(read: &Collected) -> Vec<String> {
        let date = |date: Option<NaiveDate>| date.map_or("-".to_owned(), |date| date.to_string());
        let told = |(_, m): &(Place, MemberRow)| {
            format!("{} {} {} {}", read.spelling(m.ticker), m.index, date(m.from), date(m.to))
        };
        read.members.iter().map(told).collect()
    }

    #[test]
    fn the_list_of_the_sp500_is_known_by_its_header() {
        let text = "Symbol,Security,GICS Sector,GICS Sub-Industry,Headquarters Location,Date added,CIK,Founded\n\
            MMM,3M,Industrials,Industrial Conglomerates,\"Saint Paul, Minnesota\",1957-03-04,66740,1902\n\
            BRK.B,Berkshire Hathaway,Financials,Insurance,\"Omaha, Nebraska\",2010-02-16,1067983,1839\n\
            XYZ,X,Energy,Oil,\"A\",long ago,1,1\nOLD,O,Energy,Oil,\"A\",,1,1\n";
        assert_eq!(seen_by(READERS, "c.csv", text.as_bytes()), ["constituents"]);
        let read = read(text, None).unwrap();
        assert_eq!(members(&read), ["MMM sp500 1957-03-04 -", "BRK.B sp500 2010-02-16 -", "OLD sp500 - -"]);
        assert_eq!((read.listings.len(), read.count(FaultKind::Date)), (4, 1));
        assert_eq!(read.listings[0].1.industry.as_deref(), Some("Industrial Conglomerates"));
    }

    #[test]
    fn members_come_and_go_by_their_dates() {
        let text = "index,symbol,from,to\nS&P 500,YHOO,1999-12-07,2017-06-19\nS&P 500,LDW,,1999-12-07\n";
        let read = read(text, None).unwrap();
        assert_eq!(members(&read), ["YHOO sp500 1999-12-07 2017-06-19", "LDW sp500 - 1999-12-07"]);
        assert!(read.faults.is_empty());
    }

    #[test]
    fn a_list_without_an_index_is_refused_until_it_is_said() {
        let text = "symbol,name\nAAPL,Apple\n";
        assert_eq!(
            read(text, None).map(|_| ()),
            Err("c.csv: it does not say of which index it is; add a column index, or say it: --as constituents=sp500"
                .to_owned())
        );
        let read = read(text, Some("Nasdaq-100")).unwrap();
        assert_eq!(members(&read), ["AAPL nasdaq100 - -"]);
        assert_eq!(read.count(FaultKind::KnownAt), 1);
    }

    #[test]
    fn names_of_indices_are_made_alike() {
        for (text, name) in [
            ("S&P 500", "sp500"),
            ("SP-500", "sp500"),
            ("Dow Jones", "dow-jones"),
            ("Russell 2000", "russell2000"),
            ("--", ""),
        ] {
            assert_eq!(slug(text), name, "{text}");
        }
    }
}
