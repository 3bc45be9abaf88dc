//! Where an expression reads what earlier layers said: `upstream("sluice/volume", "ratio")`.
//!
//! The language knows the layers that it needs, but not where their names stand. Only whoever plans a scan can tell
//! whether they exist, and a message should point at the place.

use std::iter::Peekable;

/// The function of the language.
const UPSTREAM: &str = "upstream";

/// A text of an expression, and where it begins: characters from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) text: String,
    pub(crate) column: usize,
}

/// What is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) layer: Place,
    pub(crate) measure: Place,
}

/// All of them in an expression that was checked, in their order.
pub(crate) fn readings(expression: &str) -> Vec<Reading> {
    let mut words = Words { rest: expression.chars().enumerate().peekable() };
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        if !matches!(&word, Word::Name(name) if name.eq_ignore_ascii_case(UPSTREAM)) {
            continue;
        }
        let call = [words.next(), words.next(), words.next(), words.next()];
        if let [
            Some(Word::Sign('(')),
            Some(Word::Text(layer)),
            Some(Word::Sign(',')),
            Some(Word::Text(measure)),
        ] = call
        {
            found.push(Reading { layer, measure });
        }
    }
    found
}

/// As much of a word as matters here.
enum Word {
    Name(String),
    Text(Place),
    Sign(char),
}

struct Words<I: Iterator> {
    rest: Peekable<I>,
}

impl<I: Iterator<Item = (usize, char)>> Words<I> {
    fn next(&mut self) -> Option<Word> {
        while self.rest.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        let (at, first) = self.rest.next()?;
        if first == '"' || first == '\'' {
            let mut text = String::new();
            while let Some((_, c)) = self.rest.next_if(|(_, c)| *c != first) {
                text.push(c);
            }
            self.rest.next();
            return Some(Word::Text(Place { text, column: at + 1 }));
        }
        let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !is_inner(first) {
            return Some(Word::Sign(first));
        }
        let mut name = String::from(first);
        while let Some((_, c)) = self.rest.next_if(|(_, c)| is_inner(*c)) {
            name.push(c);
        }
        Some(Word::Name(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(expression: &str) -> Vec<(String, usize, String, usize)> {
        let one = |of: Reading| (of.layer.text, of.layer.column, of.measure.text, of.measure.column);
        readings(expression).into_iter().map(one).collect()
    }

    #[test]
    fn names_and_places_are_those_of_the_text() {
        let expression =
            "sector == 'ä' and Upstream( \"sluice/volume\" ,'ratio')>2 or upstream('a/b', 'c') < 1";
        assert_eq!(
            told(expression),
            [
                ("sluice/volume".to_owned(), 29, "ratio".to_owned(), 46),
                ("a/b".to_owned(), 69, "c".to_owned(), 76)
            ]
        );
        let at = |column: usize| expression.chars().nth(column - 1).unwrap();
        assert_eq!([29, 46, 69, 76].map(at), ['"', '\'', '\'', '\'']);
    }

    #[test]
    fn what_stands_in_quotes_or_is_no_call_is_none() {
        assert_eq!(told("sector == 'upstream(\"a/b\", \"c\")'"), []);
        assert_eq!(told("upstream > 1 and upstream('a/b') and my_upstream('a', 'b')"), []);
        assert_eq!(told("close > 1"), []);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "[a-z\"'(), ]{0,40}|.{0,40}", before in "(upstream\\()?") {
            for of in readings(&format!("{before}{text}")) {
                prop_assert!(of.layer.column < of.measure.column);
            }
        }
    }
}
