//! Text cut into words.

use crate::MAX_TEXT_BYTES;
use crate::error::ScreenError;

/// A word and where it begins: characters from 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) word: Word,
    pub(crate) at: usize,
}

/// What a word is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Word {
    Number(f64),
    Text(String),
    /// Lower-case letters, digits, `_`; begins with a letter.
    Name(String),
    /// An operator or a bracket.
    Sign(&'static str),
}

impl Word {
    /// As a message shows it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Number(number) => format!("{number}"),
            Self::Text(text) => format!("{text:?}"),
            Self::Name(name) => name.clone(),
            Self::Sign(sign) => (*sign).to_owned(),
        }
    }
}

/// Longer ones first: `<=` before `<`.
const SIGNS: [&str; 18] =
    ["<=", ">=", "==", "!=", "&&", "||", "<", ">", "=", "+", "-", "*", "/", "(", ")", "[", "]", ","];

/// Endings of numbers: thousand, million, billion.
const ENDINGS: [(char, f64); 3] = [('k', 1e3), ('m', 1e6), ('b', 1e9)];

/// Cuts a text into words.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, ScreenError> {
    if text.len() > MAX_TEXT_BYTES {
        let message = format!("the expression has {} bytes, at most {MAX_TEXT_BYTES} are read", text.len());
        return Err(ScreenError::new(1, message));
    }
    let mut reader = Reader { rest: text, at: 1 };
    let mut tokens = Vec::new();
    while let Some(token) = reader.next()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Reader<'a> {
    rest: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Result<Option<Token>, ScreenError> {
        let blanks = self.rest.len() - self.rest.trim_start().len();
        self.skip(blanks);
        let Some(first) = self.rest.chars().next() else { return Ok(None) };
        let at = self.at;
        let word = if first.is_ascii_digit() || (first == '.' && self.digit_after(1)) {
            self.number()?
        } else if first.is_ascii_alphabetic() || first == '_' {
            let length = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            Word::Name(self.take(length.unwrap_or(self.rest.len())).to_ascii_lowercase())
        } else if first == '"' || first == '\'' {
            self.text(first)?
        } else {
            self.sign(first)?
        };
        Ok(Some(Token { word, at }))
    }

    fn digit_after(&self, offset: usize) -> bool {
        self.rest.as_bytes().get(offset).is_some_and(u8::is_ascii_digit)
    }

    fn skip(&mut self, bytes: usize) {
        let (skipped, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.at += skipped.chars().count();
        self.rest = rest;
    }

    fn take(&mut self, bytes: usize) -> String {
        let taken = self.rest.get(..bytes).unwrap_or(self.rest).to_owned();
        self.skip(bytes);
        taken
    }

    /// `12`, `1_000`, `.5`, `2.5e6`, `5m`, `1.5k`.
    fn number(&mut self) -> Result<Word, ScreenError> {
        let at = self.at;
        let bytes = self.rest.as_bytes();
        let mut end = 0;
        while let Some(byte) = bytes.get(end) {
            let exponent = matches!(byte, b'e' | b'E')
                && (self.digit_after(end + 1)
                    || (matches!(bytes.get(end + 1), Some(b'+' | b'-')) && self.digit_after(end + 2)));
            match byte {
                b'0'..=b'9' | b'.' | b'_' => end += 1,
                _ if exponent => end += 2,
                _ => break,
            }
        }
        let digits = self.take(end).replace('_', "");
        let number = digits.parse::<f64>().ok().filter(|number| number.is_finite());
        let Some(number) = number else {
            return Err(ScreenError::new(at, format!("{digits} is no number")));
        };
        let ending = self.rest.chars().next().map(|c| c.to_ascii_lowercase());
        let factor = ENDINGS.iter().find(|(sign, _)| Some(*sign) == ending).map(|(_, factor)| *factor);
        if factor.is_some() {
            self.skip(1);
        }
        if self.rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
            let message = format!("{number} goes on with letters; the endings are k, m and b");
            return Err(ScreenError::new(at, message));
        }
        Ok(Word::Number(number * factor.unwrap_or(1.0)))
    }

    fn text(&mut self, quote: char) -> Result<Word, ScreenError> {
        let at = self.at;
        let inside = self.rest.get(1..).unwrap_or_default();
        let Some(end) = inside.find(quote) else {
            return Err(ScreenError::new(
                at,
                format!("a text begins here and its closing {quote} is missing"),
            ));
        };
        let text = inside.get(..end).unwrap_or_default().to_owned();
        self.skip(end + 2);
        Ok(Word::Text(text))
    }

    fn sign(&mut self, first: char) -> Result<Word, ScreenError> {
        let Some(sign) = SIGNS.iter().find(|sign| self.rest.starts_with(**sign)) else {
            let shown =
                if first.is_ascii_graphic() { first.to_string() } else { format!("U+{:04X}", first as u32) };
            return Err(ScreenError::new(self.at, format!("{shown} means nothing here")));
        };
        self.skip(sign.len());
        Ok(Word::Sign(sign))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text).unwrap().iter().map(|token| token.word.shown()).collect()
    }

    #[test]
    fn numbers_have_points_exponents_and_endings() {
        assert_eq!(
            words("1 .5 2.5e3 1_000 5m 1.5K 2b"),
            ["1", "0.5", "2500", "1000", "5000000", "1500", "2000000000"]
        );
        assert_eq!(
            tokens("5mm").unwrap_err().to_string(),
            "column 1: 5 goes on with letters; the endings are k, m and b"
        );
        assert_eq!(tokens("a > 1.2.3").unwrap_err().column, 5);
    }

    #[test]
    fn names_have_any_case_and_texts_either_quote() {
        assert_eq!(words("RSI(14)<=sector=='x y'"), ["rsi", "(", "14", ")", "<=", "sector", "==", "\"x y\""]);
        assert_eq!(tokens("sector != \"Util").unwrap_err().column, 11);
    }

    #[test]
    fn columns_count_characters_not_bytes() {
        let tokens = tokens("'ä' == a").unwrap();
        assert_eq!(tokens.iter().map(|token| token.at).collect::<Vec<_>>(), [1, 5, 8]);
        assert_eq!(super::tokens("'ä' § 1").unwrap_err().to_string(), "column 5: U+00A7 means nothing here");
    }
}
