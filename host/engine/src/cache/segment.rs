//! A file of the cache: what belongs to one key, whole or not believed.
//!
//! ```text
//! magic, checksum over all that follows and over the name, label, count, then each entry: digest, length, bytes
//! ```

use super::digest::{DIGEST_BYTES, Digest};
use std::ops::Range;

/// First bytes of a file; the number grows when the layout changes.
const MAGIC: &[u8; 8] = b"sluicev1";
/// Where the checked part begins.
const BODY: usize = MAGIC.len() + DIGEST_BYTES;
/// Longest label, in bytes.
const LABEL_BYTES: usize = 300;
/// Bytes of the beginning that tell the label and the count.
pub(super) const HEAD_BYTES: usize = BODY + 4 + LABEL_BYTES + 4;

/// Entries on their way into a file.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    label: String,
    count: u32,
    entries: Vec<u8>,
}

impl Draft {
    /// `label` says whose entries they are.
    pub(super) fn new(label: &str) -> Self {
        let label = sluice_runtime::text::clean(label, LABEL_BYTES);
        Self { label, count: 0, entries: Vec::new() }
    }

    pub(super) fn add(&mut self, key: &Digest, bytes: &[u8]) {
        self.count += 1;
        self.entries.extend_from_slice(&key.0);
        self.entries.extend_from_slice(&length(bytes));
        self.entries.extend_from_slice(bytes);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn bytes(&self) -> usize {
        self.entries.len()
    }

    /// The file's bytes and their checksum; `name` is what it belongs to.
    pub(super) fn file(&self, name: &str) -> (Vec<u8>, Digest) {
        let mut file = Vec::with_capacity(HEAD_BYTES + self.entries.len());
        file.extend_from_slice(MAGIC);
        file.extend_from_slice(&[0; DIGEST_BYTES]);
        file.extend_from_slice(&length(self.label.as_bytes()));
        file.extend_from_slice(self.label.as_bytes());
        file.extend_from_slice(&self.count.to_le_bytes());
        file.extend_from_slice(&self.entries);
        let checksum = checksum(name, file.get(BODY..).unwrap_or_default());
        if let Some(place) = file.get_mut(MAGIC.len()..BODY) {
            place.copy_from_slice(&checksum.0);
        }
        (file, checksum)
    }
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes()
}

/// Over the name too: entries of another layer must not pass for this one's after a file was renamed.
fn checksum(name: &str, body: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(name.as_bytes()).update(body);
    Digest(*hasher.finalize().as_bytes())
}

/// Whose entries a file has, and how many, by its first bytes; not checked.
pub(super) fn head(file: &[u8]) -> Option<(String, u64)> {
    let mut rest = file.strip_prefix(MAGIC)?.get(DIGEST_BYTES..)?;
    let label = take(&mut rest)?;
    let count = rest.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))?;
    Some((String::from_utf8(label.to_vec()).ok()?, u64::from(count)))
}

/// The entries of a file as ranges of its bytes; none unless it is whole and belongs to `name`.
pub(super) fn entries(name: &str, file: &[u8]) -> Option<Vec<(Digest, Range<usize>)>> {
    let found = file.strip_prefix(MAGIC)?.first_chunk().map(|bytes| Digest(*bytes))?;
    let mut rest = file.get(BODY..)?;
    if checksum(name, rest) != found {
        return None;
    }
    take(&mut rest)?;
    let (count, mut rest) = rest.split_first_chunk()?;
    let count = u32::from_le_bytes(*count) as usize;
    let mut entries = Vec::with_capacity(count.min(rest.len() / DIGEST_BYTES));
    while !rest.is_empty() {
        let (key, after) = rest.split_first_chunk()?;
        rest = after;
        let bytes = take(&mut rest)?;
        let end = file.len() - rest.len();
        entries.push((Digest(*key), end - bytes.len()..end));
    }
    (entries.len() == count).then_some(entries)
}

/// Bytes behind their length.
fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk()?;
    let (bytes, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *rest = after;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut draft = Draft::new("a/b@1.0.0");
        draft.add(&Digest::of(b"one"), b"first");
        draft.add(&Digest::of(b"two"), b"");
        draft.file("name").0
    }

    #[test]
    fn a_file_gives_back_its_entries_and_says_whose_they_are() {
        let file = sample();
        let entries = entries("name", &file).unwrap();
        let found: Vec<_> = entries.iter().map(|(key, range)| (*key, &file[range.clone()])).collect();
        assert_eq!(found, [(Digest::of(b"one"), &b"first"[..]), (Digest::of(b"two"), &b""[..])]);
        assert_eq!(head(&file[..HEAD_BYTES.min(file.len())]), Some(("a/b@1.0.0".to_owned(), 2)));
    }

    #[test]
    fn a_file_with_any_other_byte_length_or_name_is_not_believed() {
        let file = sample();
        assert_eq!(entries("other", &file), None);
        for at in 0..file.len() {
            assert_eq!(entries("name", &file[..at]), None, "cut at {at}");
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert_eq!(entries("name", &changed), None, "changed at {at}");
        }
        assert_eq!(entries("name", &[file.as_slice(), b"x"].concat()), None);
    }
}
