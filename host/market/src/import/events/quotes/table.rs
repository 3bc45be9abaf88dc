//! Quotes as a table of text, a row each: anybody's, or Polygon's flat files.

use super::super::moment::{Moments, leading_date};
use super::{instant, ticker};
use crate::import::error::ImportError;
use crate::import::faults::{FaultKind, quoted};
use crate::import::headers::{ASK, BID, Header, QUOTED, SYMBOL, header};
use crate::import::reader::{Head, Input, Reader};
use crate::import::sink::{Origin, QuoteRow, Sink};
use crate::import::table::{Row, Table, listed, plain_name};
use crate::parse::number;

const TITLE: &str = "quotes (CSV)";
const POLYGON_TITLE: &str = "Polygon quotes (CSV)";
/// The name that only Polygon's tables have.
const SIP: &str = "siptimestamp";
/// Names that the tables of vendors have whose sizes are round lots or shares, depending on the day.
const VENDORS: &[&str] = &[SIP, "bidexchange", "askexchange", "tape"];
/// A column of dates, beside one of times of day.
const DATE: &[&str] = &["date", "quotedate"];
const BID_SIZE: &[&str] = &["bidsize", "bidshares"];
const ASK_SIZE: &[&str] = &["asksize", "askshares", "offersize"];
const LAST: &[&str] = &["last", "lastprice", "lasttrade", "lasttradeprice"];

pub(super) const QUOTES: Reader = Reader {
    name: "quotes",
    title: TITLE,
    sees: |head| is_table(head) && !is_polygon(head),
    read: |input, sink| read(input, sink, "csv", TITLE),
};

pub(super) const POLYGON: Reader = Reader {
    name: "polygon-quotes",
    title: POLYGON_TITLE,
    sees: |head| is_table(head) && is_polygon(head),
    read: |input, sink| read(input, sink, "polygon", POLYGON_TITLE),
};

fn is_table(head: &Head<'_>) -> bool {
    header(head) == Some(Header::Quotes)
}

fn is_polygon(head: &Head<'_>) -> bool {
    head.columns.iter().any(|name| plain_name(name) == SIP)
}

/// Where everything is.
struct Columns {
    symbol: usize,
    time: usize,
    /// Of dates, where `time` may be a time of day only.
    date: Option<usize>,
    /// Bid, ask, their sizes, last.
    numbers: [Option<usize>; 5],
}

impl Columns {
    fn find(table: &Table<'_>) -> Option<Self> {
        let (symbol, time) = table.find(SYMBOL).zip(table.find(QUOTED))?;
        let (bid, ask) = table.find(BID).zip(table.find(ASK))?;
        let has_shares = table.find(VENDORS).is_none();
        let size = |names: &[&str]| table.find(names).filter(|_| has_shares);
        let numbers = [Some(bid), Some(ask), size(BID_SIZE), size(ASK_SIZE), table.find(LAST)];
        Some(Self { symbol, time, date: table.find(DATE).filter(|date| *date != time), numbers })
    }

    fn all(&self) -> Vec<usize> {
        let numbers = self.numbers.into_iter().flatten();
        [self.symbol, self.time].into_iter().chain(self.date).chain(numbers).collect()
    }

    /// The words for when it was: a time of day with its date in front.
    fn when(&self, row: &Row<'_>) -> String {
        let time = row.text(Some(self.time)).unwrap_or_default();
        match row.text(self.date).filter(|_| time.contains(':') && leading_date(&time).is_none()) {
            Some(date) => format!("{date} {time}"),
            None => time,
        }
    }
}

fn read(
    input: &mut Input<'_>,
    sink: &mut dyn Sink,
    source: &'static str,
    title: &'static str,
) -> Result<(), ImportError> {
    let (path, said) = (input.head.path, input.said);
    let mut table = Table::open(input)?;
    let columns = Columns::find(&table).ok_or_else(|| ImportError::Columns {
        path: path.to_path_buf(),
        found: listed(table.names()),
        wanted: "quotes need symbol, time, bid and ask".to_owned(),
    })?;
    sink.begin(Origin::without_bars(source, title, table.others(&columns.all())));
    let mut moments = Moments::default();
    while let Some(row) = table.next(sink)? {
        let place = row.place();
        let Some(ticker) = ticker(sink, place, row.get(columns.symbol)) else { continue };
        let zone = said.zone.unwrap_or_else(|| sink.zone(ticker));
        let Some(at) = instant(&mut moments, sink, place, &columns.when(&row), zone) else { continue };
        match columns.numbers.map(|column| number(row.maybe(column)).ok_or(column)) {
            [Ok(bid), Ok(ask), Ok(bid_size), Ok(ask_size), Ok(last)] => {
                sink.quote(place, QuoteRow { ticker, at, bid, ask, bid_size, ask_size, last });
            }
            numbers => {
                for column in numbers.into_iter().filter_map(Result::err) {
                    let text = quoted(row.maybe(column));
                    sink.fault(FaultKind::Number, place, &mut || format!("{text} is no number"));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{read, read_as, told};
    use super::*;
    use crate::import::reader::Said;

    #[test]
    fn a_table_of_quotes_is_read_with_times_of_the_venue_and_missing_numbers() {
        let text = "symbol,time,bid,ask,bid_size,ask_size,last,venue\n\
            A,2024-01-31 09:31:00,99.5,100,200,300,99.8,X\n\
            NA,2024-01-31T14:31:00Z,1,,,,,X\nA,soon,1,2,,,,\nA,2024-01-31T14:32:00Z,x,2,,,,\n\
            A240426C00162500,2024-01-31T14:31:00Z,1,2,,,,\n";
        let read = read("quotes", text);
        assert_eq!(
            told(&read),
            ["A 2024-01-31T14:31:00Z 99.5 100 200 300 99.8", "NA 2024-01-31T14:31:00Z 1 NaN NaN NaN NaN"]
        );
        assert_eq!((read.count(FaultKind::Date), read.count(FaultKind::Number)), (1, 1));
        assert_eq!(
            (read.count(FaultKind::Entry), &read.origins[0].ignored[..]),
            (1, &["venue".to_owned()][..])
        );
    }

    #[test]
    fn a_date_alone_is_no_time_of_a_quote_and_one_beside_a_time_is_part_of_it() {
        let read_in = |text: &str| read("quotes", text);
        let dates = read_in("symbol,date,bid,ask\nA,2024-01-31,1,2\nA,2024-01-31 post,1,2\n");
        assert_eq!((dates.quotes.len(), dates.count(FaultKind::Date)), (0, 2));
        let both = read_in(
            "symbol,date,time,bid,ask\nA,2024-01-31,09:31:00,1,2\nA,2024-01-31,2024-01-30 09:31,1,2\n",
        );
        let expected = ["A 2024-01-31T14:31:00Z 1 2 NaN NaN NaN", "A 2024-01-30T14:31:00Z 1 2 NaN NaN NaN"];
        assert_eq!(told(&both), expected);
    }

    #[test]
    fn when_it_became_known_counts_before_when_it_was_given() {
        let text = "symbol,time,known_at,bid,ask\nA,2024-01-31T14:31:00Z,2024-01-31T14:46:00Z,1,2\n";
        assert_eq!(told(&read("quotes", text)), ["A 2024-01-31T14:46:00Z 1 2 NaN NaN NaN"]);
    }

    #[test]
    fn vendors_sizes_are_left_out_and_a_part_of_a_millisecond_counts_as_a_whole_one() {
        let polygon = "ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,sip_timestamp\n\
            AAPL,11,200.63,3,12,200.29,5,1744792500000000001\n";
        let polygon = read("polygon-quotes", polygon);
        assert_eq!(told(&polygon), ["AAPL 2025-04-16T08:35:00.001Z 200.29 200.63 NaN NaN NaN"]);
        assert!(polygon.origins[0].ignored.contains(&"bid_size".to_owned()));
        let frame = "symbol,timestamp,bid_price,bid_size,ask_price,ask_size,tape\n\
            A,2025-04-16 08:35:00.0000001+00:00,1,2,3,4,C\n";
        assert_eq!(told(&read("quotes", frame)), ["A 2025-04-16T08:35:00.001Z 1 3 NaN NaN NaN"]);
    }

    #[test]
    fn columns_may_be_mapped_and_the_zone_said() {
        let text = "symbol,when,Geld,Brief\nA,2024-01-31 09:31:00,1,2\n";
        let names = [("time", "when"), ("bid", "Geld"), ("ask", "Brief")];
        let columns = names.map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned()));
        let zone = Some(chrono_tz::Tz::Europe__Berlin);
        let said = Said { columns: columns.into(), zone, ..Said::default() };
        let read = read_as("quotes", text, &said);
        assert_eq!(told(&read), ["A 2024-01-31T08:31:00Z 1 2 NaN NaN NaN"]);
    }
}
