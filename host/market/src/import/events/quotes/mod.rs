//! Quotes: what was bid and asked for an instrument, and its newest trade.
//!
//! ```text
//! table    a row for each quote: anybody's, with sizes in shares, or Polygon's
//! alpaca   Alpaca's JSON: latest quotes, historical ones, snapshots
//! ```
//! Both vendors counted sizes in round lots before November 2025 and in shares since, which a file does not tell; so
//! theirs are left out. A quote is of an instant: a date alone is refused.

mod alpaca;
mod table;

use super::moment::Moments;
use crate::import::faults::{FaultKind, Place, quoted};
use crate::import::reader::Reader;
use crate::import::sink::{Sink, Ticker, When};
use crate::instant::Instant;
use chrono_tz::Tz;

pub(super) const READERS: &[Reader] = &[table::QUOTES, table::POLYGON, alpaca::QUOTES];

/// The number of a ticker that quotes are kept of; none, and a counted fault, of an option or of what is no ticker.
fn ticker(sink: &mut dyn Sink, place: Place, text: &[u8]) -> Option<Ticker> {
    if is_option(text) {
        sink.fault(FaultKind::Entry, place, &mut || {
            format!("{} is an option, of which quotes are not kept", quoted(text))
        });
        return None;
    }
    sink.ticker(place, text)
}

/// Whether a ticker is that of an option: `O:…` at Polygon, else a root, six digits of a date, C or P, and eight of the
/// strike, as the Options Clearing Corporation writes it.
fn is_option(ticker: &[u8]) -> bool {
    const CONTRACT: usize = 15;
    let Some(root) = ticker.len().checked_sub(CONTRACT) else { return ticker.starts_with(b"O:") };
    let (_, contract) = ticker.split_at(root);
    let fits = |(at, byte): (usize, &u8)| match at {
        6 => matches!(byte, b'C' | b'P'),
        _ => byte.is_ascii_digit(),
    };
    ticker.starts_with(b"O:") || (root > 0 && contract.iter().enumerate().all(fits))
}

/// The instant of a quote; none, and a counted fault, when a text does not tell one.
fn instant(
    moments: &mut Moments,
    sink: &mut dyn Sink,
    place: Place,
    text: &str,
    zone: Tz,
) -> Option<Instant> {
    match moments.cell(sink, place, text, zone)? {
        When::At(at) => Some(at),
        _ => {
            let text = quoted(text.as_bytes());
            sink.fault(FaultKind::Date, place, &mut || {
                format!("{text} has no time of day, which a quote needs")
            });
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::{Collected, seen_by};

    pub(super) fn read_as(name: &str, text: &str, said: &Said) -> Collected {
        let reader = READERS.iter().find(|reader| reader.name == name).unwrap();
        Collected::read(reader, "q.txt", text.as_bytes(), said).unwrap()
    }

    pub(super) fn read(name: &str, text: &str) -> Collected {
        assert_eq!(seen_by(READERS, "q.txt", text.as_bytes()), [name]);
        read_as(name, text, &Said::default())
    }

    /// Ticker, instant, bid, ask, both sizes, last.
    pub(super) fn told(read: &Collected) -> Vec<String> {
        let quotes = read.quotes.iter().map(|(_, quote)| {
            let numbers = [quote.bid, quote.ask, quote.bid_size, quote.ask_size, quote.last];
            let numbers = numbers.map(|number| number.to_string()).join(" ");
            format!("{} {} {numbers}", read.spelling(quote.ticker), quote.at)
        });
        quotes.collect()
    }

    #[test]
    fn an_option_is_told_by_its_ticker() {
        for text in ["AAPL240426C00162500", "BRKB241220P00400000", "O:SPY241220P00720000", "O:X"] {
            assert!(is_option(text.as_bytes()), "{text}");
        }
        for text in ["AAPL", "BRK.B", "", "240426C00162500", "AAPL240426X00162500", "AAPL24042C600162500"] {
            assert!(!is_option(text.as_bytes()), "{text}");
        }
    }
}
