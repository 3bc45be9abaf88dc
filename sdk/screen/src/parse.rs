//! Words made into a tree. From loosest to tightest: `or`, `and`, `not`, comparisons and `in`, `+ -`, `* /`, `-x`,
//! `x[n]`. Comparisons do not chain: `1 < x < 2` is refused, since it means something else in other languages.

use crate::error::ScreenError;
use crate::token::{Token, Word, tokens};
use crate::tree::{Operator, Part, What};
use crate::{MAX_DEPTH, MAX_PARTS};

/// Reads a whole text.
pub(crate) fn parse(text: &str) -> Result<Part, ScreenError> {
    let tokens = tokens(text)?;
    let end = text.chars().count() + 1;
    let mut parser = Parser { tokens, next: 0, end, parts: 0, depth: 0 };
    if parser.tokens.is_empty() {
        return Err(ScreenError::new(1, "the expression is empty"));
    }
    let part = parser.or()?;
    match parser.peek() {
        None => Ok(part),
        Some(token) => Err(ScreenError::new(
            token.at,
            format!("{} is too much here: the expression was complete before it", token.word.shown()),
        )),
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    /// Column after the last character.
    end: usize,
    parts: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn at(&self) -> usize {
        self.peek().map_or(self.end, |token| token.at)
    }

    /// Column after the last word that was taken.
    fn ended(&self) -> usize {
        let last = self.next.checked_sub(1).and_then(|last| self.tokens.get(last));
        last.map_or(1, |token| match &token.word {
            Word::Sign(sign) => token.at + sign.len(),
            Word::Name(name) => token.at + name.len(),
            // numbers and texts may be written in several ways: up to the next word
            _ => self.at(),
        })
    }

    fn sign(&mut self, sign: &str) -> bool {
        let there = matches!(self.peek(), Some(Token { word: Word::Sign(found), .. }) if *found == sign);
        self.next += usize::from(there);
        there
    }

    fn name(&mut self, name: &str) -> bool {
        let there = matches!(self.peek(), Some(Token { word: Word::Name(found), .. }) if found == name);
        self.next += usize::from(there);
        there
    }

    fn part(&mut self, at: usize, what: What) -> Result<Part, ScreenError> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return Err(ScreenError::new(at, format!("the expression has more than {MAX_PARTS} parts")));
        }
        Ok(Part { what, at, end: self.ended() })
    }

    fn pair(&mut self, operator: Operator, left: Part, right: Part) -> Result<Part, ScreenError> {
        let at = left.at;
        self.part(at, What::Pair(operator, Box::new(left), Box::new(right)))
    }

    /// Runs a deeper level, if there may be one.
    fn deeper(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<Part, ScreenError>,
    ) -> Result<Part, ScreenError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ScreenError::new(self.at(), format!("more than {MAX_DEPTH} levels of brackets")));
        }
        let part = run(self);
        self.depth -= 1;
        part
    }

    fn or(&mut self) -> Result<Part, ScreenError> {
        let mut left = self.and()?;
        while self.name("or") || self.sign("||") {
            let right = self.and()?;
            left = self.pair(Operator::Or, left, right)?;
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Part, ScreenError> {
        let mut left = self.not()?;
        while self.name("and") || self.sign("&&") {
            let right = self.not()?;
            left = self.pair(Operator::And, left, right)?;
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Part, ScreenError> {
        let at = self.at();
        if !self.name("not") {
            return self.comparison();
        }
        let part = self.deeper(Self::not)?;
        self.part(at, What::Not(Box::new(part)))
    }

    fn comparison(&mut self) -> Result<Part, ScreenError> {
        let left = self.sum()?;
        let at = self.at();
        let negated = self.name("not");
        if self.name("in") {
            let part = self.list(left)?;
            return if negated { self.part(part.at, What::Not(Box::new(part))) } else { Ok(part) };
        }
        if negated {
            return Err(ScreenError::new(at, "not stands before a condition, or before in"));
        }
        let Some(operator) = self.comparing()? else { return Ok(left) };
        let right = self.sum()?;
        let again = self.at();
        if self.comparing()?.is_some() {
            return Err(ScreenError::new(again, "comparisons do not chain: join two of them with and"));
        }
        self.pair(operator, left, right)
    }

    fn comparing(&mut self) -> Result<Option<Operator>, ScreenError> {
        let at = self.at();
        let known = [
            Operator::Less,
            Operator::AtMost,
            Operator::More,
            Operator::AtLeast,
            Operator::Equal,
            Operator::Unequal,
        ];
        if let Some(operator) = known.into_iter().find(|operator| self.sign(operator.sign())) {
            return Ok(Some(operator));
        }
        if self.sign("=") {
            return Err(ScreenError::new(at, "= alone means nothing: write == to compare"));
        }
        Ok(None)
    }

    fn list(&mut self, value: Part) -> Result<Part, ScreenError> {
        let at = self.at();
        if !self.sign("(") {
            return Err(ScreenError::new(
                at,
                "in wants a list in brackets: sector in (\"Energy\", \"Materials\")",
            ));
        }
        let entries = self.arguments()?;
        if entries.is_empty() {
            return Err(ScreenError::new(at, "the list is empty"));
        }
        let at = value.at;
        self.part(at, What::In(Box::new(value), entries))
    }

    fn sum(&mut self) -> Result<Part, ScreenError> {
        let mut left = self.product()?;
        loop {
            let operator = if self.sign("+") {
                Operator::Plus
            } else if self.sign("-") {
                Operator::Minus
            } else {
                return Ok(left);
            };
            let right = self.product()?;
            left = self.pair(operator, left, right)?;
        }
    }

    fn product(&mut self) -> Result<Part, ScreenError> {
        let mut left = self.minus()?;
        loop {
            let operator = if self.sign("*") {
                Operator::Times
            } else if self.sign("/") {
                Operator::Over
            } else {
                return Ok(left);
            };
            let right = self.minus()?;
            left = self.pair(operator, left, right)?;
        }
    }

    fn minus(&mut self) -> Result<Part, ScreenError> {
        let at = self.at();
        if !self.sign("-") {
            return self.ago();
        }
        let part = self.deeper(Self::minus)?;
        self.part(at, What::Minus(Box::new(part)))
    }

    fn ago(&mut self) -> Result<Part, ScreenError> {
        let mut part = self.single()?;
        while self.sign("[") {
            let offset = self.deeper(Self::or)?;
            self.close("]", "an offset ends with ]: close[1]")?;
            let at = part.at;
            part = self.part(at, What::Ago(Box::new(part), Box::new(offset)))?;
        }
        Ok(part)
    }

    fn close(&mut self, sign: &str, message: &str) -> Result<(), ScreenError> {
        let at = self.at();
        if self.sign(sign) { Ok(()) } else { Err(ScreenError::new(at, message)) }
    }

    fn single(&mut self) -> Result<Part, ScreenError> {
        let at = self.at();
        let Some(token) = self.peek().cloned() else {
            return Err(ScreenError::new(at, "the expression ends where a value should be"));
        };
        self.next += 1;
        match token.word {
            Word::Number(number) => self.part(at, What::Number(number)),
            Word::Text(text) => self.part(at, What::Text(text)),
            Word::Name(name) if matches!(name.as_str(), "and" | "or" | "in") => {
                Err(ScreenError::new(at, format!("{name} stands between two values")))
            }
            Word::Name(name) => {
                if !self.sign("(") {
                    return self.part(at, What::Name(name));
                }
                let arguments = self.arguments()?;
                self.part(at, What::Call(name, arguments))
            }
            Word::Sign("(") => {
                let part = self.deeper(Self::or)?;
                self.close(")", "a bracket that was opened is not closed")?;
                Ok(part)
            }
            Word::Sign(sign) => Err(ScreenError::new(at, format!("{sign} stands where a value should be"))),
        }
    }

    /// What is between brackets, after the opening one.
    fn arguments(&mut self) -> Result<Vec<Part>, ScreenError> {
        let mut arguments = Vec::new();
        if self.sign(")") {
            return Ok(arguments);
        }
        loop {
            // boxed in a part only to share the depth check
            arguments.push(self.deeper(Self::or)?);
            if self.sign(")") {
                return Ok(arguments);
            }
            let at = self.at();
            if !self.sign(",") {
                return Err(ScreenError::new(at, "a comma or a closing bracket is missing"));
            }
        }
    }
}
