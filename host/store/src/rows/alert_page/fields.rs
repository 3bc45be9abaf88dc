//! The fields of a text that the database put together, as [`crate::sql::Dialect::line`] has it: `value;` each, and in
//! front of a text that may hold anything its length in bytes.

use std::ops::Range;

use crate::sql::{PARTS, WRITTEN};

/// What of a text is still to be read.
pub(super) struct Fields<'a> {
    text: &'a str,
    /// In bytes; always at the end of a field.
    at: usize,
}

impl<'a> Fields<'a> {
    /// Those of a text.
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Whether there is nothing more.
    pub(super) fn is_empty(&self) -> bool {
        self.at >= self.text.len()
    }

    /// The text that all fields are parts of.
    pub(super) fn whole(&self) -> &'a str {
        self.text
    }

    /// A whole number.
    pub(super) fn integer(&mut self) -> Option<i64> {
        let negative = self.skip(b'-');
        let count = self.digits()?;
        Some(if negative { -count } else { count })
    }

    /// A number; the inner one is none where there is no number.
    pub(super) fn number(&mut self) -> Option<Option<f64>> {
        if self.skip(b';') {
            return Some(None);
        }
        if self.skip(WRITTEN) {
            return self.field()?.parse().ok().map(Some);
        }
        let parts = PARTS.iter().find(|parts| parts.mark.is_none_or(|mark| self.skip(mark)))?;
        // no more of its bits are set than a double has, so both steps are exact
        Some(Some(self.digits()? as f64 / parts.one))
    }

    /// A word of a closed set, which has no separator in it.
    pub(super) fn word(&mut self) -> Option<Range<u32>> {
        let begin = self.at;
        let length = self.field()?.len();
        part(begin, begin + length)
    }

    /// A text that may hold anything.
    pub(super) fn text(&mut self) -> Option<Range<u32>> {
        let length = usize::try_from(self.digits()?).ok()?;
        let (begin, end) = (self.at, self.at.checked_add(length)?);
        // a length that ends inside a letter is none
        self.text.get(begin..end)?;
        (self.text.as_bytes().get(end) == Some(&b';')).then_some(())?;
        self.at = end + 1;
        part(begin, end)
    }

    /// Goes on behind a mark, if it stands there.
    fn skip(&mut self, mark: u8) -> bool {
        let there = self.text.as_bytes().get(self.at) == Some(&mark);
        self.at += usize::from(there);
        there
    }

    /// Digits up to the next separator, at least one. There are many of them in a long list, so they are read in one go.
    fn digits(&mut self) -> Option<i64> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let mut value: i64 = 0;
        for (length, byte) in rest.iter().enumerate() {
            match byte {
                b'0'..=b'9' => value = value.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?,
                b';' if length > 0 => {
                    self.at += length + 1;
                    return Some(value);
                }
                _ => return None,
            }
        }
        None
    }

    /// Up to the next separator.
    fn field(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let length = rest.bytes().position(|byte| byte == b';')?;
        self.at += length + 1;
        rest.get(..length)
    }
}

/// From one byte to another; none beyond 4 GB, more than a database puts into one value.
fn part(begin: usize, end: usize) -> Option<Range<u32>> {
    Some(u32::try_from(begin).ok()?..u32::try_from(end).ok()?)
}
