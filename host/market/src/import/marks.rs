//! Decimal and thousands marks: `1,234.5`, `1.234,5`, `1 234.5`, `1'234.5`.
//!
//! What a mark means is told by the whole file or not at all: `1,234` alone may be 1234 or 1.234, and a file whose
//! numbers do not tell is refused with the line. A single point is a decimal point unless commas are decimal.

use std::path::Path;

use super::error::ImportError;
use super::faults::quoted;
use crate::parse;

/// Longest number with marks that is read.
const MAX_NUMBER_BYTES: usize = 48;

/// How a file writes its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Marks {
    /// `1234.5`.
    #[default]
    Plain,
    /// `1,234.5`.
    CommaGroups,
    /// `1234,5` or `1.234,5`.
    CommaDecimal,
}

impl Marks {
    /// A number; NaN when it is missing, none when it is neither.
    pub(crate) fn number(self, text: &[u8]) -> Option<f64> {
        if self != Self::CommaDecimal
            && let Some(number) = parse::number(text)
        {
            return Some(number);
        }
        let (decimal, group) = match self {
            Self::Plain => (b'.', None),
            Self::CommaGroups => (b'.', Some(b',')),
            Self::CommaDecimal => (b',', Some(b'.')),
        };
        let mut plain = [0; MAX_NUMBER_BYTES];
        let length = without_marks(text.trim_ascii(), decimal, group, &mut plain)?;
        parse::number(plain.get(..length)?)
    }
}

/// Copies a number without its thousands marks and with a decimal point; none when a mark is out of place.
fn without_marks(
    text: &[u8],
    decimal: u8,
    group: Option<u8>,
    out: &mut [u8; MAX_NUMBER_BYTES],
) -> Option<usize> {
    let mut length = 0;
    // digits since the last thousands mark; none once the fraction or the exponent has begun
    let (mut digits, mut grouped) = (Some(0_usize), false);
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        let (mark, after) = blank_mark(rest).map_or((false, after), |after| (true, after));
        rest = after;
        let byte = match digits {
            Some(count) if mark || (Some(*byte) == group) => {
                let fits = if grouped { count == 3 } else { (1..=3).contains(&count) };
                if !fits {
                    return None;
                }
                (digits, grouped) = (Some(0), true);
                continue;
            }
            Some(count) if !byte.is_ascii_digit() => {
                if count > 0 || grouped {
                    if grouped && count != 3 {
                        return None;
                    }
                    digits = None;
                }
                if *byte == decimal { b'.' } else { *byte }
            }
            Some(count) => {
                digits = Some(count + 1);
                *byte
            }
            None => *byte,
        };
        *out.get_mut(length)? = byte;
        length += 1;
    }
    (!(grouped && digits.is_some_and(|count| count != 3))).then_some(length)
}

/// What follows a blank, an apostrophe or an unbreakable blank, which only ever mark thousands.
fn blank_mark(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b' ' | b'\'', rest @ ..] | [0xc2, 0xa0, rest @ ..] | [0xe2, 0x80, 0xaf, rest @ ..] => Some(rest),
        _ => None,
    }
}

/// What the numbers of a file tell of its marks.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    point: Option<Seen>,
    comma: Option<Seen>,
    undecided: Option<Seen>,
}

#[derive(Debug)]
struct Seen {
    line: u64,
    text: String,
}

impl Evidence {
    /// Looks at a field of a column of numbers.
    pub(crate) fn see(&mut self, line: u64, text: &[u8]) {
        let text = text.trim_ascii();
        let count = |sign: u8| text.iter().filter(|byte| **byte == sign).count();
        let (points, commas) = (count(b'.'), count(b','));
        let last = text.iter().rposition(|byte| matches!(byte, b'.' | b','));
        let Some(last) = last.filter(|_| text.iter().any(u8::is_ascii_digit)) else { return };
        if !text.iter().all(|byte| byte.is_ascii_digit() || b".,+- '".contains(byte)) {
            return;
        }
        let (before, after) =
            (text.get(..last).unwrap_or_default(), text.get(last + 1..).unwrap_or_default());
        let before: Vec<u8> = before.iter().copied().filter(|byte| !b"+-".contains(byte)).collect();
        let like_group = after.len() == 3 && (1..=3).contains(&before.len()) && before.first() != Some(&b'0');
        let slot = match (points, commas, text.get(last)) {
            (0, 1, _) if like_group => &mut self.undecided,
            (1, 0, _) if like_group => return,
            (0, 1, _) | (2.., 0, _) => &mut self.comma,
            (1, 0, _) | (0, 2.., _) => &mut self.point,
            (_, _, Some(b',')) => &mut self.comma,
            _ => &mut self.point,
        };
        slot.get_or_insert_with(|| Seen { line, text: quoted(text) });
    }

    /// Whether a comma was seen, so that the whole file has to be asked.
    pub(crate) fn has_commas(&self) -> bool {
        self.comma.is_some() || self.undecided.is_some()
    }

    /// What they tell.
    ///
    /// # Errors
    /// Numbers that contradict each other or do not tell.
    pub(crate) fn marks(&self, path: &Path) -> Result<Marks, ImportError> {
        match (&self.point, &self.comma, &self.undecided) {
            (Some(point), Some(comma), _) => {
                let reason = format!(
                    "line {}: {} has a decimal point, and {} in line {} a decimal comma",
                    point.line, point.text, comma.text, comma.line
                );
                Err(ImportError::content(path, reason, "write all its numbers alike"))
            }
            (None, Some(_), _) => Ok(Marks::CommaDecimal),
            (None, None, Some(seen)) => {
                let reason = format!(
                    "line {}: whether the comma of {} marks thousands or decimals cannot be told, here and in \
                     the rest of the file",
                    seen.line, seen.text
                );
                Err(ImportError::content(
                    path,
                    reason,
                    "write its numbers with a decimal point and without commas",
                ))
            }
            (Some(_), None, _) => Ok(Marks::CommaGroups),
            (None, None, None) => Ok(Marks::Plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(texts: &[&str]) -> Result<Marks, String> {
        let mut evidence = Evidence::default();
        for (line, text) in texts.iter().enumerate() {
            evidence.see(line as u64 + 1, text.as_bytes());
        }
        evidence.marks(Path::new("f.csv")).map_err(|error| error.to_string())
    }

    #[test]
    fn marks_are_told_by_the_numbers_that_have_only_one_meaning() {
        assert_eq!(told(&["1234", "12.5", "1.234", "-"]), Ok(Marks::CommaGroups));
        assert_eq!(told(&["1234", "1.234", "NA", ""]), Ok(Marks::Plain));
        assert_eq!(told(&["1,234", "12.5"]), Ok(Marks::CommaGroups));
        assert_eq!(told(&["1,234", "1,234,567"]), Ok(Marks::CommaGroups));
        assert_eq!(told(&["1,234.50"]), Ok(Marks::CommaGroups));
        for comma in ["12,5", "0,123", "1234,567", "1.234,5", "1.234.567"] {
            assert_eq!(told(&["1,234", comma]), Ok(Marks::CommaDecimal), "{comma}");
        }
    }

    #[test]
    fn a_file_that_does_not_tell_or_contradicts_itself_is_refused_with_the_line() {
        assert_eq!(
            told(&["7", "1,234", "-5,678"]).unwrap_err(),
            "f.csv: line 2: whether the comma of \"1,234\" marks thousands or decimals cannot be told, here and \
             in the rest of the file; write its numbers with a decimal point and without commas"
        );
        assert_eq!(
            told(&["12.5", "12,5"]).unwrap_err(),
            "f.csv: line 1: \"12.5\" has a decimal point, and \"12,5\" in line 2 a decimal comma; write all its \
             numbers alike"
        );
    }

    #[test]
    fn numbers_are_read_by_the_marks_of_their_file() {
        let cases = [
            (Marks::Plain, "1234.5", Some(1234.5)),
            (Marks::Plain, "1 234.5", Some(1234.5)),
            (Marks::Plain, "1'234'567", Some(1_234_567.0)),
            (Marks::Plain, "1,234", None),
            (Marks::Plain, "1 2345", None),
            (Marks::Plain, "1 23", None),
            (Marks::CommaGroups, "1,234,567.25", Some(1_234_567.25)),
            (Marks::CommaGroups, "-1,020", Some(-1020.0)),
            (Marks::CommaGroups, "12,34.5", None),
            (Marks::CommaGroups, "1.5e3", Some(1500.0)),
            (Marks::CommaDecimal, "1.234,5", Some(1234.5)),
            (Marks::CommaDecimal, "0,25", Some(0.25)),
            (Marks::CommaDecimal, "1234", Some(1234.0)),
            (Marks::CommaDecimal, "1.234", Some(1234.0)),
            (Marks::CommaDecimal, "12.5", None),
            (Marks::CommaDecimal, "1\u{a0}234,5", Some(1234.5)),
            (Marks::CommaDecimal, "1,2,3", None),
        ];
        for (marks, text, expected) in cases {
            assert_eq!(marks.number(text.as_bytes()), expected, "{marks:?} {text}");
        }
        for marks in [Marks::Plain, Marks::CommaGroups, Marks::CommaDecimal] {
            assert!(
                marks.number(b"NA").is_some_and(f64::is_nan) && marks.number(b"-").is_some_and(f64::is_nan)
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_readers_panic(text in proptest::collection::vec(proptest::num::u8::ANY, 0..60)) {
            for marks in [Marks::Plain, Marks::CommaGroups, Marks::CommaDecimal] {
                let _ = marks.number(&text);
            }
            Evidence::default().see(1, &text);
        }
    }
}
