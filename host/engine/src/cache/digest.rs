//! Digests of what a layer sees.

use std::fmt::Write;

/// A BLAKE3 digest. Two things with the same one are taken for equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Digest(pub(crate) [u8; DIGEST_BYTES]);

/// Length of a digest.
pub(crate) const DIGEST_BYTES: usize = 32;

impl Digest {
    /// Of bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// Lower-case hex.
    pub(crate) fn hex(&self) -> String {
        self.0.iter().fold(String::with_capacity(2 * DIGEST_BYTES), |mut text, byte| {
            // writing to a String cannot fail
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// Gathers fields, then gives their digest. Every field has a fixed length or says its own, so that no two different
/// sequences of fields are the same bytes.
#[derive(Debug, Default)]
pub(crate) struct Digester(Vec<u8>);

impl Digester {
    /// Begins with what it is a digest of, so that different things never have the same one.
    pub(crate) fn new(what: &str) -> Self {
        let mut digester = Self(Vec::with_capacity(512));
        digester.text(what);
        digester
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn texts<'a>(&mut self, texts: impl ExactSizeIterator<Item = &'a str>) {
        self.count(texts.len());
        texts.for_each(|text| self.text(text));
    }

    pub(crate) fn optional(&mut self, text: Option<&str>) {
        self.flag(text.is_some());
        self.text(text.unwrap_or_default());
    }

    pub(crate) fn count(&mut self, count: usize) {
        self.0.extend_from_slice(&(count as u64).to_le_bytes());
    }

    pub(crate) fn integer(&mut self, number: i64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// By its bits: −0 and 0 differ, and so do NaNs that a layer could tell apart.
    pub(crate) fn number(&mut self, number: f64) {
        self.0.extend_from_slice(&number.to_bits().to_le_bytes());
    }

    pub(crate) fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    pub(crate) fn numbers(&mut self, numbers: &[f64]) {
        self.count(numbers.len());
        self.0.extend(numbers.iter().flat_map(|number| number.to_bits().to_le_bytes()));
    }

    pub(crate) fn integers(&mut self, integers: &[i64]) {
        self.count(integers.len());
        self.0.extend(integers.iter().flat_map(|integer| integer.to_le_bytes()));
    }

    pub(crate) fn digest(&mut self, digest: &Digest) {
        self.0.extend_from_slice(&digest.0);
    }

    pub(crate) fn finish(&self) -> Digest {
        Digest::of(&self.0)
    }

    /// Where it stands, to go on from there again.
    pub(crate) fn mark(&self) -> usize {
        self.0.len()
    }

    /// Forgets what came after a mark; the memory stays.
    pub(crate) fn back_to(&mut self, mark: usize) {
        self.0.truncate(mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fill: impl FnOnce(&mut Digester)) -> Digest {
        let mut digester = Digester::new("test");
        fill(&mut digester);
        digester.finish()
    }

    #[test]
    fn fields_that_run_together_otherwise_differ() {
        assert_ne!(
            of(|d| {
                d.text("ab");
                d.text("c");
            }),
            of(|d| {
                d.text("a");
                d.text("bc");
            })
        );
        assert_ne!(of(|d| d.optional(None)), of(|d| d.optional(Some(""))));
        assert_ne!(
            of(|d| {
                d.numbers(&[1.0]);
                d.numbers(&[]);
            }),
            of(|d| {
                d.numbers(&[]);
                d.numbers(&[1.0]);
            })
        );
        assert_ne!(of(|d| d.number(0.0)), of(|d| d.number(-0.0)));
    }

    #[test]
    fn going_back_to_a_mark_gives_the_digest_of_what_stood_there() {
        let expected = of(|d| d.text("a"));
        let gone_back = of(|d| {
            d.text("a");
            let mark = d.mark();
            d.text("b");
            d.back_to(mark);
        });
        assert_eq!(gone_back, expected);
        assert_eq!(expected.hex().len(), 64);
    }
}
