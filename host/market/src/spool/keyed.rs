//! Values of any kind in the order of keys that are made of them.

use std::cmp::Ordering;
use std::marker::PhantomData;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ALL_KEYS, Group, Row, Sequence, Spool};
use crate::error::MarketError;

/// Bytes of the two lengths in front of a value in the file.
const LENGTHS: usize = 8;
/// There is only one group.
const ONLY: Group = Group(0);

/// Bytes that are in order as the parts are of which they were made.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn integer(&mut self, value: impl Into<i64>) {
        // with the sign turned around negative numbers come first
        self.0.extend_from_slice(&(value.into() ^ i64::MIN).to_be_bytes());
    }

    /// An integer that may be missing, which comes before all others.
    pub(crate) fn optional(&mut self, value: Option<impl Into<i64>>) {
        self.0.push(u8::from(value.is_some()));
        if let Some(value) = value {
            self.integer(value);
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        for byte in text.bytes() {
            self.0.push(byte);
            if byte == 0 {
                self.0.push(1);
            }
        }
        // an end that is less than any byte that could follow
        self.0.extend_from_slice(&[0, 0]);
    }
}

/// A key and the bytes of a value.
#[derive(Clone)]
struct Keyed {
    /// Where the value begins.
    key: usize,
    bytes: Box<[u8]>,
}

impl Keyed {
    fn key(&self) -> &[u8] {
        self.bytes.get(..self.key).unwrap_or_default()
    }

    fn value(&self) -> &[u8] {
        self.bytes.get(self.key..).unwrap_or_default()
    }
}

impl Row for Keyed {
    fn group(&self) -> Group {
        ONLY
    }

    fn key(&self) -> i64 {
        0
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.key().cmp(other.key())
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.bytes.len()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        for length in [self.key, self.bytes.len()] {
            out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        }
        out.extend_from_slice(&self.bytes);
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let (lengths, rest) = bytes.split_first_chunk::<LENGTHS>()?;
        let (&[a, b, c, d], rest_of_lengths) = lengths.split_first_chunk::<4>()?;
        let key = u32::from_le_bytes([a, b, c, d]) as usize;
        let length = u32::from_le_bytes(*rest_of_lengths.first_chunk::<4>()?) as usize;
        let (value, rest) = rest.split_at_checked(length)?;
        *bytes = rest;
        Some(Self { key, bytes: value.into() })
    }
}

/// Values of one kind that are handed back in the order of their keys, those with equal keys as they came.
pub(crate) struct Sorter<T> {
    spool: Spool<Keyed>,
    /// Why a value could not be kept.
    failed: Option<postcard::Error>,
    kind: PhantomData<T>,
}

impl<T: Serialize + DeserializeOwned> Sorter<T> {
    /// A sorter that takes so many bytes of memory, and puts the rest into a file in a folder.
    pub(crate) fn new(dir: &Path, memory: u64) -> Self {
        Self { spool: Spool::new(dir, memory), failed: None, kind: PhantomData }
    }

    /// Adds a value. [`Sorter::relieve`] is to be called now and then.
    pub(crate) fn push(&mut self, key: &Key, value: &T) {
        match postcard::to_extend(value, key.0.clone()) {
            Ok(bytes) => self.spool.push(Keyed { key: key.0.len(), bytes: bytes.into_boxed_slice() }),
            Err(error) => self.failed = Some(error),
        }
    }

    /// Values so far.
    pub(crate) fn len(&self) -> u64 {
        self.spool.len()
    }

    /// Moves what is in memory into the file when it has become too much.
    pub(crate) fn relieve(&mut self) -> Result<(), MarketError> {
        match self.failed.take() {
            Some(error) => Err(self.unreadable("write", error)),
            None => self.spool.relieve(),
        }
    }

    /// All values are there.
    pub(crate) fn finish(&mut self) -> Result<(), MarketError> {
        self.relieve()?;
        self.spool.finish();
        Ok(())
    }

    /// All of them in order.
    pub(crate) fn values(&self) -> Result<Values<'_, T>, MarketError> {
        let rows = self.spool.rows(&[(ONLY, ALL_KEYS)])?;
        Ok(Values { rows, sorter: self })
    }

    fn unreadable(&self, what: &'static str, error: postcard::Error) -> MarketError {
        MarketError::io(what, self.spool.folder())(std::io::Error::other(error))
    }
}

/// Values in order.
pub(crate) struct Values<'a, T> {
    rows: Sequence<'a, Keyed>,
    sorter: &'a Sorter<T>,
}

impl<T: Serialize + DeserializeOwned> Iterator for Values<'_, T> {
    type Item = Result<T, MarketError>;

    fn next(&mut self) -> Option<Self::Item> {
        let folder = self.sorter.spool.folder();
        match self.rows.take() {
            Ok(row) => {
                let value = row.map(|row| postcard::from_bytes(row.value()))?;
                Some(value.map_err(|error| self.sorter.unreadable("read", error)))
            }
            Err(error) => Some(Err(MarketError::io("read", folder)(error))),
        }
    }
}
