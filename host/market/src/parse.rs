//! Readers for the small texts of data files: dates and numbers.

use chrono::NaiveDate;

/// Texts that mean "no number".
const MISSING: [&[u8]; 8] = [b"", b"na", b"n/a", b"nan", b"null", b"none", b"-", b"<na>"];

/// A number of a data file; NaN when it is missing, none when it is neither.
pub(crate) fn number(text: &[u8]) -> Option<f64> {
    let text = text.trim_ascii();
    if let Some(value) = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok())
        && value.is_finite()
    {
        return Some(value);
    }
    MISSING.iter().any(|missing| text.eq_ignore_ascii_case(missing)).then_some(f64::NAN)
}

/// `YYYY-MM-DD`, exactly.
pub(crate) fn iso_date(text: &[u8]) -> Option<NaiveDate> {
    match *text {
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] => date_of(&[y1, y2, y3, y4], &[m1, m2], &[d1, d2]),
        _ => None,
    }
}

fn date_of(year: &[u8], month: &[u8], day: &[u8]) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(digits(year)?).ok()?, digits(month)?, digits(day)?)
}

/// Decimal digits, and nothing else, as a number; at most four.
fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_missing_ones_are_nan() {
        assert_eq!(number(b" 12.5 "), Some(12.5));
        assert_eq!(number(b"158168416"), Some(158_168_416.0));
        assert_eq!(number(b"1.5e6"), Some(1_500_000.0));
        for text in ["", " ", "NA", "null", "NaN", "None", "-"] {
            assert!(number(text.as_bytes()).is_some_and(f64::is_nan), "{text:?}");
        }
        for text in ["inf", "1,234", "12.5 USD", "0x10", "--", "\u{ff}"] {
            assert_eq!(number(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn iso_dates_are_read_exactly() {
        assert_eq!(iso_date(b"2018-02-07").map(|date| date.to_string()), Some("2018-02-07".to_owned()));
        for text in ["20180207", "2018/02/07", "2018-02-30", "2018-2-7", "2018-02-07x", ""] {
            assert_eq!(iso_date(text.as_bytes()), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_readers_panic(text in proptest::collection::vec(proptest::num::u8::ANY, 0..40)) {
            let _ = number(&text);
            let _ = iso_date(&text);
        }
    }
}
