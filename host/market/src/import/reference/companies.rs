//! Kaggle's `sp500_companies.csv`: a directory with figures that have no date.
//!
//! When a figure was known is said by nobody, so that figures are left out, unless `--as companies=2024-12-20` says of
//! which date they are.

use super::directory::Columns;
use crate::import::error::ImportError;
use crate::import::events::moment::plain_date;
use crate::import::faults::{FaultKind, quoted};
use crate::import::headers::{FACTS, Header, header};
use crate::import::reader::{Input, Reader};
use crate::import::sink::Origin;
use crate::import::sink::{FactRow, Sink, When};
use crate::import::table::Table;
use crate::parse::number;

const TITLE: &str = "Kaggle S&P 500 companies (CSV)";

pub(super) const READERS: &[Reader] =
    &[Reader { name: "companies", title: TITLE, sees: |head| header(head) == Some(Header::Companies), read }];

fn read(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    let (path, said) = (input.head.path, input.said);
    let date = match said.part.as_deref() {
        None => None,
        Some(text) => Some(plain_date(text).ok_or_else(|| {
            let reason = format!("{} is no date of its figures", quoted(text.as_bytes()));
            ImportError::content(path, reason, "write it like --as companies=2024-12-20")
        })?),
    };
    let mut table = Table::open(input)?;
    let columns = Columns::find(path, &table)?;
    let facts: Vec<(usize, &str)> = match date {
        Some(_) => FACTS.iter().filter_map(|(plain, name)| Some((table.find(&[plain])?, *name))).collect(),
        None => Vec::new(),
    };
    let used: Vec<usize> =
        columns.used().into_iter().chain(facts.iter().map(|(column, _)| *column)).collect();
    sink.begin(Origin::without_bars("kaggle", TITLE, table.others(&used)));
    while let Some(row) = table.next(sink)? {
        let listing = columns.listing(&row, sink);
        sink.listing(row.place(), listing);
        let Some(date) = date else { continue };
        let Some(ticker) = sink.ticker(row.place(), row.get(columns.symbol)) else { continue };
        for (column, name) in &facts {
            match number(row.get(*column)) {
                Some(value) if value.is_nan() => {}
                Some(value) => {
                    let known = When::OnDate(date);
                    sink.fact(row.place(), FactRow { ticker, name: (*name).to_owned(), value, known });
                }
                None => {
                    let text = quoted(row.get(*column));
                    sink.fault(FaultKind::Number, row.place(), &mut || format!("{text} is no number"));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::{Collected, seen_by};

    const TEXT: &str = "Exchange,Symbol,Shortname,Longname,Sector,Industry,Currentprice,Marketcap,Ebitda,Revenuegrowth,City,State,Country,Fulltimeemployees,Longbusinesssummary,Weight\n\
        NMS,AAPL,Apple Inc.,Apple Inc.,Technology,Consumer Electronics,254.49,3846819807232,134660997120,0.061,Cupertino,CA,United States,164000,\"Apple\n\nmakes, \"\"phones\"\"\",0.069\n\
        NYQ,BRK-B,Berkshire,Berkshire Hathaway Inc.,Financial Services,Insurance,453.2,978776031232,,-0.002,Omaha,NE,United States,396500,\"B\",0.0176\n";

    #[test]
    fn companies_are_listings_and_their_figures_need_a_date() {
        assert_eq!(seen_by(READERS, "c.csv", TEXT.as_bytes()), ["companies"]);
        let read = Collected::read(&READERS[0], "c.csv", TEXT.as_bytes(), &Said::default()).unwrap();
        let told: Vec<_> =
            read.listings.iter().map(|(_, l)| (l.symbol.as_str(), l.mic.as_deref().unwrap())).collect();
        assert_eq!(told, [("AAPL", "XNAS"), ("BRK-B", "XNYS")]);
        assert_eq!(read.listings[1].1.name.as_deref(), Some("Berkshire Hathaway Inc."));
        assert_eq!(read.facts, []);
        assert!(read.origins[0].ignored.contains(&"Marketcap".to_owned()));

        let said = Said { part: Some("2024-12-20".to_owned()), ..Said::default() };
        let read = Collected::read(&READERS[0], "c.csv", TEXT.as_bytes(), &said).unwrap();
        let facts: Vec<_> =
            read.facts.iter().map(|(_, f)| (read.spelling(f.ticker), f.name.as_str(), f.value)).collect();
        assert_eq!(
            facts,
            [
                ("AAPL", "market-cap", 3_846_819_807_232.0),
                ("AAPL", "ebitda", 134_660_997_120.0),
                ("AAPL", "revenue-growth", 0.061),
                ("BRK-B", "market-cap", 978_776_031_232.0),
                ("BRK-B", "revenue-growth", -0.002),
            ]
        );
        assert_eq!(read.facts[0].1.known, When::OnDate("2024-12-20".parse().unwrap()));
        let said = Said { part: Some("soon".to_owned()), ..Said::default() };
        assert!(Collected::read(&READERS[0], "c.csv", TEXT.as_bytes(), &said).is_err());
    }
}
