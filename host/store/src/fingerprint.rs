//! One short text that stands for everything that is known of an instrument, so that a repeated scan compares
//! instead of writing.

use sha2::{Digest, Sha256};

use crate::records::InstrumentRecord;

/// Bytes of the hash that are kept: 128 bits do not collide by chance, and by intent only with 2^64 tries.
const KEPT: usize = 16;

/// Characters of a fingerprint.
pub(crate) const LENGTH: usize = 2 * KEPT;

/// The fingerprint of a record: equal for equal records only. Hexadecimal, [`LENGTH`] characters.
pub(crate) fn of(record: &InstrumentRecord) -> String {
    // every field, so that a new one cannot be forgotten
    let InstrumentRecord { ident, symbol, name, mic, kind, status, currency, sector, industry } = record;
    let mut hash = Sha256::new();
    for text in [ident, symbol, name, mic, kind, status, currency] {
        add(&mut hash, Some(text));
    }
    add(&mut hash, sector.as_deref());
    add(&mut hash, industry.as_deref());
    let mut hex = String::with_capacity(LENGTH);
    for byte in hash.finalize().iter().take(KEPT) {
        hex.extend([digit(byte >> 4), digit(byte & 0xf)]);
    }
    hex
}

/// A hexadecimal digit of a number below 16.
fn digit(number: u8) -> char {
    char::from(if number < 10 { b'0' + number } else { b'a' - 10 + number })
}

/// The length goes first, so that texts cannot flow into each other; no text has a length of its own.
fn add(hash: &mut Sha256, text: Option<&str>) {
    let length = text.map_or(u64::MAX, |text| text.len() as u64);
    hash.update(length.to_le_bytes());
    hash.update(text.unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_do_not_flow_into_each_other_and_none_differs_from_empty() {
        let record = |symbol: &str, name: &str, sector: Option<&str>| InstrumentRecord {
            ident: "i".to_owned(),
            symbol: symbol.to_owned(),
            name: name.to_owned(),
            sector: sector.map(str::to_owned),
            ..InstrumentRecord::default()
        };
        let all = [
            record("AB", "C", None),
            record("A", "BC", None),
            record("AB", "C", Some("")),
            record("AB", "", Some("C")),
        ];
        let prints: std::collections::BTreeSet<String> = all.iter().map(of).collect();
        assert_eq!(prints.len(), all.len());
        assert_eq!(of(&all[0]), of(&all[0].clone()));
        assert_eq!(of(&all[0]).len(), 32);
    }
}
