//! Readers on bytes from anywhere, into a sink that forgets.

use std::path::Path;

use chrono_tz::Tz;

use super::ImportError;
use super::content::Content;
use super::detect::{self, Columns};
use super::faults::{FaultKind, Place};
use super::reader::{Head, Input, Said};
use super::sink::{
    ActionRow, EventRow, FactRow, ListingRow, MemberRow, Origin, QuoteRow, Sink, Stamp, Ticker,
};
use crate::set::NUMBERS;

/// Names of all readers.
pub(crate) fn names() -> Vec<&'static str> {
    detect::all().map(|reader| reader.name).collect()
}

/// Reads bytes by the reader of a name, or by the one that sees them.
pub(crate) fn read(name: &str, path: &Path, bytes: &[u8], zone: Tz) {
    // a file that is refused is as good as one that is read: only a panic or a hang is a find
    let _ = try_read(name, path, bytes, zone);
}

fn try_read(name: &str, path: &Path, bytes: &[u8], zone: Tz) -> Result<(), ImportError> {
    let content = Content::memory(&path.display().to_string(), bytes);
    let start = content.head()?;
    let said = Said { symbol: Some("FUZZ".to_owned()), zone: Some(zone), ..Said::default() };
    let columns = Columns::of(&start, &said);
    let head = || Head { path, bytes: &start, columns: &columns.0 };
    let reader = match detect::named(name) {
        Ok((reader, _)) => reader,
        Err(_) => detect::recognise(&head())?,
    };
    content.read(&mut |text| {
        let mut input = Input { head: head(), text, content: &content, said: &said };
        (reader.read)(&mut input, &mut Forget)
    })
}

/// A sink that forgets.
struct Forget;

impl Sink for Forget {
    fn begin(&mut self, _: Origin) {}

    fn ticker(&mut self, _: Place, _: &[u8]) -> Option<Ticker> {
        Some(Ticker(0))
    }

    fn zone(&self, _: Ticker) -> Tz {
        Tz::America__New_York
    }

    fn bar(&mut self, _: Place, _: Ticker, _: Stamp, _: [f64; NUMBERS]) {}

    fn listing(&mut self, _: Place, _: ListingRow) {}

    fn action(&mut self, _: Place, _: ActionRow) {}

    fn event(&mut self, _: Place, _: EventRow) {}

    fn fact(&mut self, _: Place, _: FactRow) {}

    fn member(&mut self, _: Place, _: MemberRow) {}

    fn quote(&mut self, _: Place, _: QuoteRow) {}

    fn fault(&mut self, _: FaultKind, _: Place, detail: &mut dyn FnMut() -> String) {
        drop(detail());
    }

    fn progress(&mut self, _: u64) -> Result<(), ImportError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(64))]
        #[test]
        fn no_reader_panics_on_bytes_from_anywhere(
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300),
            text in "[ -~\n\r\t]{0,300}",
            rows in "(date,open,high,low,close,volume\n|20[0-9]{2}[-/]?[0-9]{1,2}[-/]?[0-9]{1,2}[ T0-9:Z]{0,9},([0-9.,]{0,6},){3}[0-9\"]{0,5},[0-9]{1,3}\n){1,20}",
        ) {
            for name in crate::fuzz::names().into_iter().chain([""]) {
                crate::fuzz::read(name, &bytes);
                crate::fuzz::read(name, text.as_bytes());
                crate::fuzz::read(name, rows.as_bytes());
            }
        }
    }
}
