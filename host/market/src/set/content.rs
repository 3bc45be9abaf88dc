//! The digest of a set: a hash of its content, whatever the files look like.

use sha2::{Digest, Sha256};

/// Collects content. Every text is preceded by its length, so that no two contents look alike.
#[derive(Clone)]
pub(crate) struct Content(Sha256);

impl Content {
    pub(crate) fn new(title: &str) -> Self {
        let mut content = Self(Sha256::new());
        content.text(title);
        content
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.count(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    /// A text that may be missing, which is not the same as an empty one.
    pub(crate) fn optional(&mut self, text: Option<&str>) {
        self.count(u64::from(text.is_some()));
        if let Some(text) = text {
            self.text(text);
        }
    }

    pub(crate) fn count(&mut self, count: u64) {
        self.0.update(count.to_le_bytes());
    }

    pub(crate) fn integer(&mut self, value: i64) {
        self.0.update(value.to_le_bytes());
    }

    pub(crate) fn optional_day(&mut self, day: Option<i32>) {
        self.integer(day.map_or(i64::MIN, i64::from));
    }

    /// A number; every NaN is the same NaN.
    pub(crate) fn number(&mut self, value: f64) {
        self.0.update(canonical(value));
    }

    /// A column of numbers, or a further part of one; `buffer` is only there to be used again.
    pub(crate) fn numbers(&mut self, values: &[f64], buffer: &mut Vec<u8>) {
        buffer.clear();
        buffer.extend(values.iter().flat_map(|value| canonical(*value)));
        self.0.update(buffer.as_slice());
    }

    /// A column of integers, or a further part of one.
    pub(crate) fn integers(&mut self, values: &[i64], buffer: &mut Vec<u8>) {
        buffer.clear();
        buffer.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        self.0.update(buffer.as_slice());
    }

    /// Another content as a part of this one.
    pub(crate) fn part(&mut self, part: Self) {
        self.0.update(part.0.finalize());
    }

    /// The digest in hex.
    pub(crate) fn hex(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn canonical(value: f64) -> [u8; 8] {
    if value.is_nan() { f64::NAN.to_le_bytes() } else { value.to_le_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(fill: impl FnOnce(&mut Content)) -> String {
        let mut content = Content::new("test");
        fill(&mut content);
        content.hex()
    }

    #[test]
    fn texts_that_are_split_differently_differ() {
        let parts = |a: &'static str, b: &'static str| {
            digest(move |content| {
                content.text(a);
                content.text(b);
            })
        };
        assert_ne!(parts("ab", "c"), parts("a", "bc"));
        assert_ne!(digest(|content| content.optional(None)), digest(|content| content.optional(Some(""))));
    }

    #[test]
    fn a_column_in_pieces_is_the_column_and_every_nan_is_the_same() {
        let mut buffer = Vec::new();
        let whole = digest(|content| content.numbers(&[1.0, f64::NAN, 3.0], &mut buffer));
        let other_nan = f64::from_bits(f64::NAN.to_bits() | 1);
        let pieces = digest(|content| {
            content.numbers(&[1.0], &mut Vec::new());
            content.numbers(&[other_nan, 3.0], &mut Vec::new());
        });
        assert_eq!(whole, pieces);
        assert_eq!(whole.len(), 64);
    }
}
