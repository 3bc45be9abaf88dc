//! Readers of reference data: what instruments are, and which index they belonged to.

mod companies;
mod constituents;
mod directory;
mod exchanges;
mod nasdaq;
mod security;

use super::reader::Reader;
use super::sink::{Adjusted, Origin, Stamped};
use crate::bars::Timeframe;

/// The readers of this room.
pub(crate) const READERS: &[&[Reader]] =
    &[nasdaq::READERS, constituents::READERS, companies::READERS, directory::READERS];

/// What holds for a file of reference data: it has no bars, so that what is said of bars does not count.
fn origin(source: &'static str, layout: &'static str, ignored: Vec<String>) -> Origin {
    Origin {
        source,
        layout,
        timeframe: Timeframe::Day,
        stamped: Stamped::Open,
        adjustment: Adjusted::Raw,
        mic: None,
        ignored,
    }
}

#[cfg(test)]
mod tests;
