//! An imported bar as the spool keeps it.

use std::cmp::Ordering;

use super::faults::Place;
use super::sink::Ticker;
use crate::bars::Timeframe;
use crate::set::NUMBERS;
use crate::spool::{Group, Row};

/// Says in [`BarRow::line`] that it is a row of a table rather than a line of a text.
const IS_ROW: u32 = 1 << 31;
/// Bytes of a bar in the file.
const BYTES: usize = size_of::<BarRow>();

/// A bar of a ticker. 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BarRow {
    pub(crate) group: Group,
    /// Number of the file, or of the part of it, in the order of reading.
    pub(crate) section: u32,
    /// Line or row of the file.
    line: u32,
    /// Day, or UTC milliseconds of the open.
    pub(crate) key: i64,
    pub(crate) values: [f64; NUMBERS],
}

/// The bars of a ticker in one timeframe.
pub(crate) fn group_of(ticker: Ticker, timeframe: Timeframe) -> Group {
    Group(u64::from(ticker.0) << 8 | timeframe as u64)
}

impl BarRow {
    pub(crate) fn new(
        (ticker, timeframe): (Ticker, Timeframe),
        (section, place): (u32, Place),
        key: i64,
        values: [f64; NUMBERS],
    ) -> Self {
        let cut = |number: u64| u32::try_from(number).unwrap_or(u32::MAX).min(IS_ROW - 1);
        let line = match place {
            Place::Line(line) => cut(line),
            Place::Row(row) => cut(row) | IS_ROW,
            Place::Nowhere => 0,
        };
        Self { group: group_of(ticker, timeframe), section, line, key, values }
    }

    pub(crate) fn ticker(&self) -> Ticker {
        Ticker((self.group.0 >> 8) as u32)
    }

    /// Where it was in its file.
    pub(crate) fn place(&self) -> Place {
        match (self.line, self.line & !IS_ROW) {
            (0, _) => Place::Nowhere,
            (line, number) if line & IS_ROW != 0 => Place::Row(u64::from(number)),
            (_, number) => Place::Line(u64::from(number)),
        }
    }
}

impl Row for BarRow {
    fn group(&self) -> Group {
        self.group
    }

    fn key(&self) -> i64 {
        self.key
    }

    fn compare(&self, other: &Self) -> Ordering {
        (self.key, self.section, self.line).cmp(&(other.key, other.section, other.line))
    }

    fn memory(&self) -> usize {
        BYTES
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.group.0.to_le_bytes());
        out.extend_from_slice(&self.section.to_le_bytes());
        out.extend_from_slice(&self.line.to_le_bytes());
        out.extend_from_slice(&self.key.to_le_bytes());
        for value in self.values {
            out.extend_from_slice(&value.to_le_bytes());
        }
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let (row, rest) = bytes.split_first_chunk::<BYTES>()?;
        *bytes = rest;
        let (words, _) = row.as_chunks::<8>();
        let word = |index: usize| words.get(index).copied().unwrap_or_default();
        let place = u64::from_le_bytes(word(1));
        let mut values = [f64::NAN; NUMBERS];
        for (value, word) in values.iter_mut().zip(words.iter().skip(3)) {
            *value = f64::from_le_bytes(*word);
        }
        Some(Self {
            group: Group(u64::from_le_bytes(word(0))),
            section: place as u32,
            line: (place >> 32) as u32,
            key: i64::from_le_bytes(word(2)),
            values,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_keeps_every_bit_in_the_file() {
        let values = [f64::NAN, -0.0, f64::MIN_POSITIVE, 1e300, 0.1];
        let of = (Ticker(u32::MAX), Timeframe::Month);
        let odd = BarRow::new(of, (u32::MAX - 1, Place::Row(3)), -5, values);
        let mut bytes = Vec::new();
        odd.encode(&mut bytes);
        let mut rest = bytes.as_slice();
        let back = BarRow::decode(&mut rest).unwrap();
        assert!(rest.is_empty());
        assert_eq!((back.ticker(), back.group, back.section, back.key), (of.0, odd.group, u32::MAX - 1, -5));
        assert_eq!(back.place(), Place::Row(3));
        assert_eq!(back.values.map(f64::to_bits), values.map(f64::to_bits));
        assert!(BarRow::decode(&mut &bytes[..63]).is_none());
    }
}
