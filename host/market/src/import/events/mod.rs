//! Readers of events: earnings, splits, dividends, renames, filings, news, figures, quotes.
//!
//! # When something counts as known
//! A scan sees an event from the moment that it could be known, never before. Where a source does not say that
//! moment, the latest one that fits what it says is taken:
//!
//! | what the source says | known |
//! |---|---|
//! | an instant with an offset, or a time in a known zone | at that instant |
//! | a date and "before the open" (`pre`, `bmo`) | when trading of that session's date begins, pre-market included |
//! | a date and "after the close" (`post`, `amc`) | at that session's close; half days close early |
//! | a date only, or midnight without an offset | when that day is over at the venue |
//! | a split, dividend or rename with its ex-date only | when trading of the ex-date begins |
//! | a dividend with a declaration date | when that day is over |
//! | an article that was changed later | at the change: the text that we have was not there before |
//! | a Form 4 with EDGAR's acceptance time | at the acceptance |
//! | a Form 4 without it | when the day of its signature is over; without one, two working days after its period, by when it must be filed |
//! | a local time that a clock change makes twice | at the second one |
//!
//! What a company announces (a split, a dividend) is told twice: as an action, by which bars are adjusted, and as
//! an event, which layers see.
//!
//! A JSON document is held whole up to a limit (`documents`), one that has a document per line is streamed, and so
//! are tables of text.

mod actions;
mod alpaca;
mod announce;
mod any;
pub(crate) mod documents;
mod earnings;
mod facts;
mod form4;
mod holidays;
pub(crate) mod moment;
mod news;
mod polygon;
mod publish;
mod quotes;

use super::reader::Reader;

/// The readers of this room.
pub(crate) const READERS: &[&[Reader]] = &[
    earnings::READERS,
    actions::READERS,
    news::READERS,
    facts::READERS,
    quotes::READERS,
    any::READERS,
    polygon::READERS,
    alpaca::READERS,
    form4::READERS,
    holidays::READERS,
];

#[cfg(test)]
mod tests;
