//! Readers for the small texts of data files: dates and numbers.

use chrono::NaiveDate;

/// `YYYY-MM-DD`, exactly.
pub(crate) fn iso_date(text: &[u8]) -> Option<NaiveDate> {
    match text {
        [y @ .., b'-', m1, m2, b'-', d1, d2] if y.len() == 4 => {
            date_of(digits(y)?, digits(&[*m1, *m2])?, digits(&[*d1, *d2])?)
        }
        _ => None,
    }
}

fn date_of(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// At most nine decimal digits as a number.
fn digits(text: &[u8]) -> Option<u32> {
    let mut value = 0_u32;
    for byte in text {
        if !byte.is_ascii_digit() || value > 99_999_999 {
            return None;
        }
        value = value * 10 + u32::from(byte - b'0');
    }
    (!text.is_empty()).then_some(value)
}
