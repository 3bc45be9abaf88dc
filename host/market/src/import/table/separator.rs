//! Which sign separates the fields of a table.

/// Lines that are looked at to find the separator.
const SAMPLE_LINES: usize = 20;
/// Signs that can separate fields.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Lines that are not blank.
pub(super) fn lines_of(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end).filter(|line| !line.is_empty())
}

/// The sign that cuts the first lines into equally many fields, and into most of them; a comma when there is only
/// one column.
///
/// # Errors
/// Two signs that do so equally well.
pub(super) fn separator(bytes: &[u8]) -> Result<u8, [u8; 2]> {
    let mut best: Option<((usize, usize), u8)> = None;
    let mut rival = None;
    for sign in SEPARATORS {
        let mut counts = lines_of(bytes).take(SAMPLE_LINES).map(|line| count_outside_quotes(line, sign));
        let Some(first) = counts.next().filter(|count| *count > 0) else { continue };
        let score = (counts.filter(|count| *count == first).count(), first);
        match best {
            Some((other, _)) if other > score => {}
            Some((other, sign_before)) if other == score => rival = Some([sign_before, sign]),
            _ => (best, rival) = (Some((score, sign)), None),
        }
    }
    match rival {
        Some(signs) => Err(signs),
        None => Ok(best.map_or(b',', |(_, sign)| sign)),
    }
}

fn count_outside_quotes(line: &[u8], sign: u8) -> usize {
    let mut open = false;
    let outside = line.iter().filter(|byte| {
        open ^= **byte == b'"';
        **byte == sign && !open
    });
    outside.count()
}
