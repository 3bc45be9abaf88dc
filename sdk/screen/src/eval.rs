//! An expression computed over the bars of one instrument.

use std::borrow::Cow;

use sluice_sdk::Quote;

use crate::check::{Does, Kind, Node, Screen};
use crate::functions::{Arguments, FUNCTIONS, QUOTE, finite};
use crate::tree::Operator;

/// What is known of one instrument. Columns are oldest first and equally long.
pub trait Sight {
    /// How many bars there are.
    fn bars(&self) -> usize;
    /// A column of the bars; empty when there is none.
    fn column(&self, name: &str) -> &[f64];
    /// A text by one of the names that the language has; none when it is not known.
    fn text(&self, name: &str) -> Option<&str>;
    /// A text of the directory.
    fn attribute(&self, name: &str) -> Option<&str>;
    /// A fact.
    fn fact(&self, name: &str) -> Option<f64>;
    /// The newest quote of the newest session; none when nobody quoted anything in it.
    fn quote(&self) -> Option<Quote>;
    /// A measure of an earlier layer, or its `score`.
    fn upstream(&self, layer: &str, measure: &str) -> Option<f64>;
}

/// What a condition comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It holds.
    True,
    /// It does not, because of this part of it.
    False(String),
    /// A value that decides is missing in this part of it.
    Unknown(String),
}

impl Screen {
    /// Judges one instrument by the newest bar.
    #[must_use]
    pub fn answer(&self, sight: &dyn Sight) -> Answer {
        let run = Run { sight };
        let newest = run.newest(&self.root);
        if newest > 0.0 {
            return Answer::True;
        }
        // the part that decides: of parts joined by `and` the first false one, else the first unknown one
        let mut joined = Vec::new();
        split(&self.root, &mut joined);
        let wanted = |value: f64| if newest.is_nan() { value.is_nan() } else { value == 0.0 };
        let part = joined.iter().find(|part| wanted(run.newest(part)));
        let words = self.words(part.copied().unwrap_or(&self.root));
        if newest.is_nan() { Answer::Unknown(words) } else { Answer::False(words) }
    }

    /// The number of one instrument at the newest bar; NaN when it is unknown.
    #[must_use]
    pub fn value(&self, sight: &dyn Sight) -> f64 {
        Run { sight }.newest(&self.root)
    }

    /// The text of one instrument; none when it is not known, or the expression is no text.
    #[must_use]
    pub fn text_value(&self, sight: &dyn Sight) -> Option<String> {
        Run { sight }.text(&self.root)
    }
}

fn split<'a>(node: &'a Node, parts: &mut Vec<&'a Node>) {
    match &node.does {
        Does::And(left, right) => {
            split(left, parts);
            split(right, parts);
        }
        _ => parts.push(node),
    }
}

/// A value for every bar, or one for all of them. Conditions are 1, 0 and NaN.
enum Value<'a> {
    One(f64),
    Many(Cow<'a, [f64]>),
}

impl<'a> Value<'a> {
    fn over(self, of: impl Fn(f64) -> f64) -> Self {
        match self {
            Self::One(value) => Self::One(of(value)),
            Self::Many(mut values) => {
                values.to_mut().iter_mut().for_each(|value| *value = of(*value));
                Self::Many(values)
            }
        }
    }

    fn with(self, other: Self, of: impl Fn(f64, f64) -> f64) -> Self {
        match (self, other) {
            (Self::One(a), Self::One(b)) => Self::One(of(a, b)),
            (Self::One(a), Self::Many(mut b)) => {
                b.to_mut().iter_mut().for_each(|b| *b = of(a, *b));
                Self::Many(b)
            }
            (Self::Many(mut a), Self::One(b)) => {
                a.to_mut().iter_mut().for_each(|a| *a = of(*a, b));
                Self::Many(a)
            }
            (Self::Many(mut a), Self::Many(b)) => {
                a.to_mut().iter_mut().zip(b.iter()).for_each(|(a, b)| *a = of(*a, *b));
                Self::Many(a)
            }
        }
    }

    fn many(self, length: usize) -> Cow<'a, [f64]> {
        match self {
            Self::One(value) => Cow::Owned(vec![value; length]),
            Self::Many(values) => values,
        }
    }
}

struct Run<'a> {
    sight: &'a dyn Sight,
}

impl<'a> Run<'a> {
    fn newest(&self, node: &Node) -> f64 {
        match self.value(node) {
            Value::One(value) => value,
            Value::Many(values) => values.last().copied().unwrap_or(f64::NAN),
        }
    }

    fn value(&self, node: &Node) -> Value<'a> {
        match &node.does {
            Does::Constant(number) => Value::One(*number),
            Does::Column(column) => Value::Many(Cow::Borrowed(self.sight.column(column))),
            Does::Fact(name) => Value::One(self.sight.fact(name).map_or(f64::NAN, finite)),
            Does::Quote(name) => Value::One(self.quote(name)),
            Does::Upstream(layer, measure) => {
                Value::One(self.sight.upstream(layer, measure).map_or(f64::NAN, finite))
            }
            Does::Ago(value, bars) => self.ago(value, *bars),
            Does::Minus(value) => self.value(value).over(|value| -value),
            Does::Not(value) => self.value(value).over(|value| 1.0 - value),
            Does::And(left, right) => self.value(left).with(self.value(right), and),
            Does::Or(left, right) => self.value(left).with(self.value(right), or),
            Does::Arithmetic(operator, left, right) => {
                let operator = *operator;
                self.value(left).with(self.value(right), move |a, b| arithmetic(operator, a, b))
            }
            Does::Compare(operator, left, right) => {
                let operator = *operator;
                self.value(left).with(self.value(right), move |a, b| compare(operator, a, b))
            }
            Does::SameText(left, right, equal) => Value::One(self.same_text(left, right, *equal)),
            Does::Call(function, series, constants) => self.call(*function, series, constants),
            // texts are compared, or are the whole expression
            Does::Words(_) | Does::Text(_) | Does::Attribute(_) => Value::One(f64::NAN),
        }
    }

    fn quote(&self, name: &str) -> f64 {
        let number = QUOTE.iter().find(|(known, ..)| *known == name).map(|(_, number, _)| number);
        self.sight.quote().zip(number).map_or(f64::NAN, |(quote, number)| finite(number(&quote)))
    }

    fn ago(&self, value: &Node, bars: usize) -> Value<'a> {
        match self.value(value) {
            Value::One(value) => Value::One(value),
            Value::Many(values) => {
                let shifted = std::iter::repeat_n(f64::NAN, bars).chain(values.iter().copied());
                Value::Many(shifted.take(values.len()).collect())
            }
        }
    }

    /// A text; none when it is not known, or no text.
    fn text(&self, node: &Node) -> Option<String> {
        match &node.does {
            Does::Words(words) => Some(words.clone()),
            Does::Text(name) => self.sight.text(name).filter(|text| !text.is_empty()).map(str::to_owned),
            Does::Attribute(name) => self.sight.attribute(name).map(str::to_owned),
            _ => None,
        }
    }

    fn same_text(&self, left: &Node, right: &Node, equal: bool) -> f64 {
        match (self.text(left), self.text(right)) {
            (Some(left), Some(right)) => f64::from(u8::from(left.eq_ignore_ascii_case(&right) == equal)),
            _ => f64::NAN,
        }
    }

    fn call(&self, function: usize, series: &[Node], constants: &[f64]) -> Value<'a> {
        let Some(function) = FUNCTIONS.get(function) else { return Value::One(f64::NAN) };
        let flat = series.iter().all(|node| node.bars == 0) && function.columns.is_empty();
        let length = if flat { 1 } else { self.sight.bars() };
        let values: Vec<Cow<'a, [f64]>> = series.iter().map(|node| self.value(node).many(length)).collect();
        let arguments = Arguments {
            series: values.iter().map(AsRef::as_ref).collect(),
            numbers: constants,
            column: &|name| self.sight.column(name),
        };
        let out = (function.run)(&arguments);
        if flat { Value::One(out.last().copied().unwrap_or(f64::NAN)) } else { Value::Many(Cow::Owned(out)) }
    }
}

fn and(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 {
        0.0
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        1.0
    }
}

fn or(a: f64, b: f64) -> f64 {
    if a > 0.0 || b > 0.0 {
        1.0
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        0.0
    }
}

fn arithmetic(operator: Operator, a: f64, b: f64) -> f64 {
    finite(match operator {
        Operator::Plus => a + b,
        Operator::Minus => a - b,
        Operator::Times => a * b,
        Operator::Over => a / b,
        _ => f64::NAN,
    })
}

fn compare(operator: Operator, a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    f64::from(u8::from(match operator {
        Operator::Less => a < b,
        Operator::AtMost => a <= b,
        Operator::More => a > b,
        Operator::AtLeast => a >= b,
        Operator::Unequal => a != b,
        _ => a == b,
    }))
}

impl Screen {
    /// Whether it is a condition.
    #[must_use]
    pub fn is_condition(&self) -> bool {
        self.root.kind == Kind::Condition
    }

    /// Whether it is a text.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.root.kind == Kind::Text
    }
}
