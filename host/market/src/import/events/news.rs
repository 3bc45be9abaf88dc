//! News as a table of text: a ticker or several, a time, a headline.

use super::moment::Moments;
use super::publish::publish;
use crate::import::error::ImportError;
use crate::import::faults::FaultKind;
use crate::import::headers::{HEADLINE, Header, NEWS_SYMBOL, PUBLISHED, header};
use crate::import::reader::{Input, Reader};
use crate::import::sink::Origin;
use crate::import::sink::{EventRow, Sink};
use crate::import::table::{Table, listed};
use crate::parse::number;

const TITLE: &str = "news (CSV)";

pub(super) const READERS: &[Reader] =
    &[Reader { name: "news", title: TITLE, sees: |head| header(head) == Some(Header::News), read }];

/// Columns that are kept as attributes: plain name and what the attribute is called.
const ATTRIBUTES: [(&str, &str); 6] = [
    ("url", "url"),
    ("link", "url"),
    ("publisher", "publisher"),
    ("source", "publisher"),
    ("author", "author"),
    ("category", "category"),
];
/// Columns that are kept as numbers, or as an attribute where they hold words.
const SENTIMENT: &[&str] = &["sentiment", "sentimentscore"];

fn read(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    let (path, said) = (input.head.path, input.said);
    let mut table = Table::open(input)?;
    let found = table.find(NEWS_SYMBOL).zip(table.find(PUBLISHED)).zip(table.find(HEADLINE));
    let ((symbol, published), headline) = found.ok_or_else(|| ImportError::Columns {
        path: path.to_path_buf(),
        found: listed(table.names()),
        wanted: "news need symbol, published_at (or date) and headline".to_owned(),
    })?;
    let (id, sentiment) = (table.find(&["id", "newsid"]), table.find(SENTIMENT));
    let attributes: Vec<(usize, &str)> =
        ATTRIBUTES.iter().filter_map(|(plain, name)| Some((table.find(&[plain])?, *name))).collect();
    let used: Vec<usize> = [symbol, published, headline]
        .into_iter()
        .chain([id, sentiment].into_iter().flatten())
        .chain(attributes.iter().map(|(column, _)| *column))
        .collect();
    sink.begin(Origin::without_bars("csv", TITLE, table.others(&used)));
    let mut moments = Moments::default();
    while let Some(row) = table.next(sink)? {
        let place = row.place();
        let Some(headline) = row.text(Some(headline)) else {
            sink.fault(FaultKind::Entry, place, &mut || "no headline".to_owned());
            continue;
        };
        let mut attributes: Vec<(String, String)> = attributes
            .iter()
            .filter_map(|(column, name)| Some(((*name).to_owned(), row.text(Some(*column))?)))
            .collect();
        let mut numbers = Vec::new();
        match number(row.maybe(sentiment)) {
            Some(value) if value.is_nan() => {}
            Some(value) => numbers.push(("sentiment".to_owned(), value)),
            None => attributes.extend(row.text(sentiment).map(|text| ("sentiment".to_owned(), text))),
        }
        let published = row.text(Some(published)).unwrap_or_default();
        let names = row.text(Some(symbol)).unwrap_or_default();
        for name in names.split([',', ';', '|']).map(tidy) {
            let Some(ticker) = sink.ticker(place, name.as_bytes()) else { continue };
            let zone = said.zone.unwrap_or_else(|| sink.zone(ticker));
            let Some(known) = moments.cell(sink, place, &published, zone) else { break };
            publish(
                sink,
                place,
                EventRow {
                    ticker,
                    kind: "news".to_owned(),
                    known,
                    effective: None,
                    headline: headline.clone(),
                    id: row.text(id),
                    numbers: numbers.clone(),
                    attributes: attributes.clone(),
                },
            );
        }
    }
    Ok(())
}

/// A ticker of a list, without what programs put around it: `['AAPL', 'MSFT']`.
fn tidy(name: &str) -> &str {
    name.trim_matches(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '\'' | '"'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::sink::When;
    use crate::import::testing::{Collected, seen_by};

    fn read(text: &str, said: &Said) -> Collected {
        assert_eq!(seen_by(READERS, "n.csv", text.as_bytes()), ["news"]);
        Collected::read(&READERS[0], "n.csv", text.as_bytes(), said).unwrap()
    }

    #[test]
    fn headlines_are_known_at_their_time_or_when_their_day_is_over() {
        let text = ",headline,url,publisher,date,stock\n\
            0,Stocks That Hit 52-Week Highs,https://x,Benzinga,2020-06-05 10:30:54-04:00,A\n\
            1,\"Upgrade, again\",,B,2020-06-03 00:00:00,NA\n\
            2,,,B,2020-06-03,A\n3,H,,B,6/3/2020,A\n";
        let read = read(text, &Said::default());
        let told: Vec<_> = read.events.iter().map(|(_, e)| (read.spelling(e.ticker), e.known)).collect();
        assert_eq!(
            told,
            [
                ("A", When::At("2020-06-05T14:30:54Z".parse().unwrap())),
                ("NA", When::OnDate("2020-06-03".parse().unwrap())),
            ]
        );
        assert_eq!(read.events[0].1.attributes[1], ("publisher".to_owned(), "Benzinga".to_owned()));
        assert_eq!(read.events[1].1.headline, "Upgrade, again");
        assert_eq!((read.count(FaultKind::Entry), read.count(FaultKind::Date)), (1, 1));
    }

    #[test]
    fn one_row_may_name_several_tickers_and_a_zone_may_be_said() {
        let text = "id,tickers,published_at,title,sentiment\nn1,\"['AAPL', 'BRK.B']\",2024-01-31 09:30:00,T,-0.5\nn2,A,2024-01-31T09:30:00Z,T,bad\n";
        let said = Said { zone: Some(chrono_tz::Tz::Asia__Tokyo), ..Said::default() };
        let read = read(text, &said);
        let told: Vec<_> = read.events.iter().map(|(_, e)| (read.spelling(e.ticker), e.known)).collect();
        let tokyo = When::At("2024-01-31T00:30:00Z".parse().unwrap());
        assert_eq!(
            told,
            [("AAPL", tokyo), ("BRK.B", tokyo), ("A", When::At("2024-01-31T09:30:00Z".parse().unwrap()))]
        );
        assert_eq!(read.events[0].1.numbers, [("sentiment".to_owned(), -0.5)]);
        assert_eq!(read.events[2].1.attributes, [("sentiment".to_owned(), "bad".to_owned())]);
        assert_eq!(read.events[1].1.id.as_deref(), Some("n1"));
    }
}
