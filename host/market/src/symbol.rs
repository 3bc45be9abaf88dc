//! Tickers: what counts as one, and why a text does not.

mod canonical;
mod lookup;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) use lookup::Lookup;

/// Longest ticker in bytes. Real ones stay below 25 (OCC option roots are told by other fields).
pub const MAX_SYMBOL_BYTES: usize = 32;

/// Signs that vendors use inside tickers beside letters and digits: class and unit marks (`.` `-` `/` `$` `+`),
/// indices (`^`), pairs (`=` `/` `:`), when-issued and test marks (`#` `*` `@` `!` `~`), `&` (M&M) and `_`, `%`.
const SYMBOL_SIGNS: &[u8] = b".-/$+^=:#*@!~&_%";

/// A canonical ticker such as `BRK.B`, `^GSPC`, `0700.HK` or `BTC/USD`. Its case is kept.
///
/// Made by validation only ([`Symbol::canonical`] also brings a vendor's spelling into this form): 1 to 32 bytes of ASCII letters, digits and `.-/$+^=:#*@!~&_%`, at least one letter
/// or digit, no `..`. It is never used as a file name. Cloning shares the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(Arc<str>);

/// Why a text is no ticker. `text` is escaped and cut, so that it can be printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is no symbol: {reason}")]
pub struct SymbolError {
    /// The text, escaped and cut.
    pub text: String,
    /// What is wrong with it.
    pub reason: SymbolFault,
}

/// What is wrong with a text that should be a ticker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SymbolFault {
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// Longer than [`MAX_SYMBOL_BYTES`].
    #[error("it has {actual} bytes, the limit is {MAX_SYMBOL_BYTES}")]
    TooLong {
        /// Its length in bytes.
        actual: usize,
    },
    /// A character that no ticker has.
    #[error("{0} is not allowed")]
    Character(String),
    /// `..` looks like a path.
    #[error("\"..\" is not allowed")]
    Dots,
    /// Only signs.
    #[error("it has no letter and no digit")]
    NoLetter,
}

impl Symbol {
    /// The ticker as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn fault(text: &str) -> Option<SymbolFault> {
        if text.is_empty() {
            return Some(SymbolFault::Empty);
        }
        if text.len() > MAX_SYMBOL_BYTES {
            return Some(SymbolFault::TooLong { actual: text.len() });
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || SYMBOL_SIGNS.contains(&byte);
        if !text.bytes().all(plain) {
            let strange = text.chars().find(|c| !u8::try_from(*c).is_ok_and(plain));
            return strange.map(|c| SymbolFault::Character(character_name(c)));
        }
        if text.contains("..") {
            return Some(SymbolFault::Dots);
        }
        (!text.bytes().any(|byte| byte.is_ascii_alphanumeric())).then_some(SymbolFault::NoLetter)
    }
}

fn character_name(c: char) -> String {
    match c {
        ' ' => "a blank".to_owned(),
        '\'' | '"' | '`' => format!("the quote {c}"),
        c if c.is_ascii_graphic() => format!("\"{c}\""),
        c => format!("the character U+{:04X}", c as u32),
    }
}

/// Outside text made printable: control and non-ASCII characters escaped, at most `limit` characters.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == limit {
            out.push('…');
            break;
        }
        if c == '"' || c == '\\' || !(c.is_ascii_graphic() || c == ' ') {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

impl TryFrom<&str> for Symbol {
    type Error = SymbolError;

    fn try_from(text: &str) -> Result<Self, SymbolError> {
        match Self::fault(text) {
            None => Ok(Self(Arc::from(text))),
            Some(reason) => Err(SymbolError { text: printable(text, MAX_SYMBOL_BYTES), reason }),
        }
    }
}

impl FromStr for Symbol {
    type Err = SymbolError;

    fn from_str(text: &str) -> Result<Self, SymbolError> {
        Self::try_from(text)
    }
}

impl AsRef<str> for Symbol {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Symbol({})", self.0)
    }
}

impl Serialize for Symbol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Symbol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::try_from(text.as_str()).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickers_of_every_vendor_are_symbols() {
        for text in [
            "BRK.B", "BF-B", "^GSPC", "0700.HK", "EURUSD=X", "BTC/USD", "BRK/A", "AA$", "NA", "TRUE", "CON",
            "1E5", "M&M", "ZXZZT", "aapl", "ES=F", "ABC+", "A",
        ] {
            let symbol = Symbol::try_from(text);
            assert_eq!(symbol.as_ref().map(Symbol::as_str), Ok(text), "{text}");
        }
    }

    #[test]
    fn texts_that_could_hurt_are_no_symbols() {
        for text in [
            "",
            " ",
            "A B",
            "A\n",
            "A\u{7f}",
            "A\0",
            "A;B",
            "A'B",
            "A\"B",
            "A`B",
            "..",
            "A..B",
            "../A",
            "Ä",
            "A\u{202e}B",
            "A,B",
            "A\\B",
            "<A>",
            "-",
            "^",
        ] {
            assert!(Symbol::try_from(text).is_err(), "{text:?}");
        }
        assert!(Symbol::try_from("A".repeat(32).as_str()).is_ok());
        assert!(Symbol::try_from("A".repeat(33).as_str()).is_err());
    }

    #[test]
    fn the_error_names_the_escaped_text_and_the_reason() {
        let message = |text: &str| Symbol::try_from(text).map(|_| ()).unwrap_err().to_string();
        assert_eq!(
            message("A\u{1b}[31m"),
            "\"A\\u{1b}[31m\" is no symbol: the character U+001B is not allowed"
        );
        assert_eq!(message("A;B"), "\"A;B\" is no symbol: \";\" is not allowed");
        assert_eq!(message(""), "\"\" is no symbol: it is empty");
        let long = "A".repeat(40);
        assert_eq!(
            message(&long),
            format!("\"{}…\" is no symbol: it has 40 bytes, the limit is 32", "A".repeat(32))
        );
    }

    #[test]
    fn serde_reads_and_writes_the_text_and_refuses_what_is_none() {
        let symbol: Symbol = serde_json::from_str("\"BRK.B\"").unwrap();
        assert_eq!(serde_json::to_string(&symbol).unwrap(), "\"BRK.B\"");
        assert!(serde_json::from_str::<Symbol>("\"A B\"").is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_symbol_or_a_printable_error(text in "\\PC*|[\\x00-\\x7f]{0,40}") {
            match Symbol::try_from(text.as_str()) {
                Ok(symbol) => proptest::prop_assert_eq!(symbol.as_str(), text.as_str()),
                Err(error) => proptest::prop_assert!(!error.to_string().contains(char::is_control)),
            }
        }
    }
}
