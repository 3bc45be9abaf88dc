//! Readers of reference data: what instruments are, and which index they belonged to.

mod companies;
mod constituents;
mod directory;
mod exchanges;
mod nasdaq;
mod security;

use super::reader::Reader;

/// The readers of this room.
pub(crate) const READERS: &[&[Reader]] =
    &[nasdaq::READERS, constituents::READERS, companies::READERS, directory::READERS];

#[cfg(test)]
mod tests;
