//! Edits of a sound input: what is nearly right gets further than noise.

/// Bytes that say what to do, where, and with what.
const EDIT_BYTES: usize = 4;
/// Most bytes that one edit takes out or doubles.
const MOST_MOVED: usize = 64;

/// Makes the edits that `script` says, four bytes each, on `base`.
pub fn edited(base: &[u8], script: &[u8]) -> Vec<u8> {
    let mut bytes = base.to_vec();
    for edit in script.chunks_exact(EDIT_BYTES) {
        if let &[what, high, low, value] = edit {
            let place = usize::from(u16::from_be_bytes([high, low]));
            // any place of a long input is reached, those of a short one exactly
            let at = if bytes.len() <= 1 << 16 { place } else { place * (bytes.len() >> 16) };
            make(&mut bytes, what, at, value);
        }
    }
    bytes
}

fn make(bytes: &mut Vec<u8>, what: u8, at: usize, value: u8) {
    let end = at.saturating_add(usize::from(value) % MOST_MOVED).min(bytes.len());
    match what % 6 {
        0 | 1 if at < bytes.len() => bytes[at] ^= value,
        2 if at < bytes.len() => bytes[at] = value,
        3 if at <= bytes.len() => bytes.insert(at, value),
        4 if at < end => drop(bytes.drain(at..end)),
        5 if at < end => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        _ => {}
    }
}
