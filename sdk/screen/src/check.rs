//! The tree made sense of: kinds, constants, and what the expression needs to see.

mod calls;
mod nearest;

use std::collections::{BTreeMap, BTreeSet};

use crate::MAX_LOOKBACK;
use crate::error::ScreenError;
use crate::functions::{COLUMNS, FUNCTIONS, Parameter, QUOTE, SHORT, TEXTS, form};
use crate::parse::parse;
use crate::tree::{Operator, Part, What};
use calls::whole;
use nearest::unknown;

/// What an expression needs to see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wants {
    /// Columns of the bars.
    pub columns: BTreeSet<&'static str>,
    /// Bars back from the newest one, itself included; 0 without columns.
    pub lookback: usize,
    /// Names of facts.
    pub facts: BTreeSet<String>,
    /// Layers whose measures are read.
    pub layers: BTreeSet<String>,
    /// Name, currency, sector, industry or attributes are read.
    pub profile: bool,
    /// The newest quote is read.
    pub quote: bool,
}

impl Wants {
    /// What both need.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.columns.extend(other.columns);
        self.lookback = self.lookback.max(other.lookback);
        self.facts.extend(other.facts);
        self.layers.extend(other.layers);
        self.profile |= other.profile;
        self.quote |= other.quote;
        self
    }
}

/// A measure of an earlier layer that an expression reads, or its `score`, and where both names stand: columns of the text,
/// from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// author/name.
    pub layer: String,
    /// Column of the layer.
    pub layer_at: usize,
    /// The measure.
    pub measure: String,
    /// Column of the measure.
    pub measure_at: usize,
}

/// An expression that was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Screen {
    text: String,
    pub(crate) root: Node,
    wants: Wants,
    upstream: Vec<Upstream>,
}

impl Screen {
    /// An expression that is true or false.
    ///
    /// # Errors
    /// What is wrong, at which column.
    pub fn condition(text: &str) -> Result<Self, ScreenError> {
        Self::of(text, Some(Kind::Condition))
    }

    /// An expression that is a number.
    ///
    /// # Errors
    /// What is wrong, at which column.
    pub fn number(text: &str) -> Result<Self, ScreenError> {
        Self::of(text, Some(Kind::Number))
    }

    /// An expression of any kind: a condition, a number or a text.
    ///
    /// # Errors
    /// What is wrong, at which column.
    pub fn any(text: &str) -> Result<Self, ScreenError> {
        Self::of(text, None)
    }

    fn of(text: &str, wanted: Option<Kind>) -> Result<Self, ScreenError> {
        let part = parse(text)?;
        let mut checker = Checker::default();
        let root = match wanted {
            Some(wanted) => checker.expect(&part, wanted)?,
            None => checker.check(&part)?,
        };
        let wants =
            Wants { lookback: if checker.wants.columns.is_empty() { 0 } else { root.bars }, ..checker.wants };
        if wants.lookback > MAX_LOOKBACK {
            let message = format!(
                "it looks back over {} bars, warm-up included; at most {MAX_LOOKBACK} are read: shorten its periods",
                wants.lookback
            );
            return Err(ScreenError::new(root.at, message));
        }
        Ok(Self { text: text.to_owned(), root, wants, upstream: checker.upstream })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it needs to see.
    #[must_use]
    pub fn wants(&self) -> &Wants {
        &self.wants
    }

    /// What it reads of earlier layers, in the order of the text: whether there is such a layer, and whether it measures
    /// that, only the host can tell.
    #[must_use]
    pub fn upstream(&self) -> &[Upstream] {
        &self.upstream
    }

    /// The words of a part.
    pub(crate) fn words(&self, node: &Node) -> String {
        let count = node.end.saturating_sub(node.at);
        self.text.chars().skip(node.at.saturating_sub(1)).take(count).collect::<String>().trim().to_owned()
    }
}

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Condition,
    Text,
}

impl Kind {
    const fn shown(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Condition => "a condition",
            Self::Text => "a text",
        }
    }
}

/// A part whose kind is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) does: Does,
    pub(crate) kind: Kind,
    /// Bars that its newest value needs; 0 when it has one value for all bars.
    pub(crate) bars: usize,
    pub(crate) at: usize,
    pub(crate) end: usize,
}

/// What a part computes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Does {
    Constant(f64),
    Words(String),
    Column(&'static str),
    Text(&'static str),
    Attribute(String),
    Fact(String),
    Quote(&'static str),
    Upstream(String, String),
    Ago(Box<Node>, usize),
    Minus(Box<Node>),
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Arithmetic(Operator, Box<Node>, Box<Node>),
    Compare(Operator, Box<Node>, Box<Node>),
    SameText(Box<Node>, Box<Node>, bool),
    /// Position in the table of functions, series, constants.
    Call(usize, Vec<Node>, Vec<f64>),
}

#[derive(Default)]
struct Checker {
    wants: Wants,
    upstream: Vec<Upstream>,
    /// Names that are being replaced, so that none stands for itself.
    inside: BTreeMap<&'static str, ()>,
}

impl Checker {
    fn expect(&mut self, part: &Part, wanted: Kind) -> Result<Node, ScreenError> {
        let node = self.check(part)?;
        if node.kind == wanted {
            return Ok(node);
        }
        let hint = match (node.kind, wanted) {
            (Kind::Number, Kind::Condition) => ": compare it with something, as in x > 0",
            (Kind::Condition, Kind::Number) => ": count(condition, n) makes a number of it",
            _ => "",
        };
        let message = format!("this is {}, {} is wanted here{hint}", node.kind.shown(), wanted.shown());
        Err(ScreenError::new(part.at, message))
    }

    fn check(&mut self, part: &Part) -> Result<Node, ScreenError> {
        let node = |does, kind, bars| Ok(Node { does, kind, bars, at: part.at, end: part.end });
        match &part.what {
            What::Number(number) => node(Does::Constant(*number), Kind::Number, 0),
            What::Text(text) => node(Does::Words(text.clone()), Kind::Text, 0),
            What::Name(name) => self.name(part, name),
            What::Call(name, arguments) => self.call(part, name, arguments),
            What::Ago(value, offset) => self.ago(part, value, offset),
            What::Minus(value) => {
                let value = self.expect(value, Kind::Number)?;
                let bars = value.bars;
                node(Does::Minus(Box::new(value)), Kind::Number, bars)
            }
            What::Not(value) => {
                let value = self.expect(value, Kind::Condition)?;
                let bars = value.bars;
                node(Does::Not(Box::new(value)), Kind::Condition, bars)
            }
            What::In(value, entries) => self.list(part, value, entries),
            What::Pair(operator, left, right) => self.pair(part, *operator, left, right),
        }
    }

    fn pair(
        &mut self,
        part: &Part,
        operator: Operator,
        left: &Part,
        right: &Part,
    ) -> Result<Node, ScreenError> {
        use Operator::{And, AtLeast, AtMost, Equal, Less, Minus, More, Or, Over, Plus, Times, Unequal};
        let wanted = match operator {
            And | Or => Kind::Condition,
            Less | AtMost | More | AtLeast | Plus | Minus | Times | Over => Kind::Number,
            Equal | Unequal => {
                let left = self.check(left)?;
                if left.kind == Kind::Condition {
                    return Err(ScreenError::new(part.at, "conditions are not compared: use and, or, not"));
                }
                let right = self.expect(right, left.kind)?;
                return Ok(equality(part, operator, left, right));
            }
        };
        let (left, right) = (self.expect(left, wanted)?, self.expect(right, wanted)?);
        let bars = left.bars.max(right.bars);
        let (left, right) = (Box::new(left), Box::new(right));
        let (does, kind) = match operator {
            And => (Does::And(left, right), Kind::Condition),
            Or => (Does::Or(left, right), Kind::Condition),
            Plus | Minus | Times | Over => (Does::Arithmetic(operator, left, right), Kind::Number),
            Less | AtMost | More | AtLeast | Equal | Unequal => {
                (Does::Compare(operator, left, right), Kind::Condition)
            }
        };
        Ok(Node { does, kind, bars, at: part.at, end: part.end })
    }

    /// A value that is one of several: equal to one or the other.
    fn list(&mut self, part: &Part, value: &Part, entries: &[Part]) -> Result<Node, ScreenError> {
        let value = self.check(value)?;
        if value.kind == Kind::Condition {
            return Err(ScreenError::new(part.at, "a condition is in no list"));
        }
        let mut any: Option<Node> = None;
        for entry in entries {
            let entry = self.expect(entry, value.kind)?;
            let same = equality(part, Operator::Equal, value.clone(), entry);
            let bars = same.bars.max(any.as_ref().map_or(0, |any| any.bars));
            any = Some(match any {
                None => same,
                Some(before) => {
                    Node { does: Does::Or(Box::new(before), Box::new(same.clone())), bars, ..same }
                }
            });
        }
        any.ok_or_else(|| ScreenError::new(part.at, "the list is empty"))
    }

    fn ago(&mut self, part: &Part, value: &Part, offset: &Part) -> Result<Node, ScreenError> {
        let bars = whole(offset, 0)?;
        let value = self.check(value)?;
        if value.bars == 0 {
            return Err(ScreenError::new(part.at, "this has one value, not one for each bar: it has no [n]"));
        }
        let (kind, all) = (value.kind, value.bars + bars);
        Ok(Node { does: Does::Ago(Box::new(value), bars), kind, bars: all, at: part.at, end: part.end })
    }

    fn name(&mut self, part: &Part, name: &str) -> Result<Node, ScreenError> {
        let node = |does, kind, bars| Ok(Node { does, kind, bars, at: part.at, end: part.end });
        if let Some(column) = COLUMNS.iter().find(|column| **column == name) {
            self.wants.columns.insert(column);
            return node(Does::Column(column), Kind::Number, 1);
        }
        if let Some((text, profile, _)) = TEXTS.iter().find(|(text, ..)| *text == name) {
            self.wants.profile |= profile;
            return node(Does::Text(text), Kind::Text, 0);
        }
        if let Some((quote, ..)) = QUOTE.iter().find(|(quote, ..)| *quote == name) {
            self.wants.quote = true;
            return node(Does::Quote(quote), Kind::Number, 0);
        }
        if let Some((short, expression, _)) = SHORT.iter().find(|(short, ..)| *short == name) {
            if self.inside.insert(short, ()).is_some() {
                return Err(ScreenError::new(part.at, format!("{name} stands for itself")));
            }
            let checked = self.check(&parse(expression)?)?;
            self.inside.remove(short);
            return Ok(Node { at: part.at, end: part.end, ..checked });
        }
        if let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) {
            // `true_range`, `rsi`: with nothing to say brackets may be left out
            let plain = function.parameters.iter().all(|parameter| {
                matches!(parameter, Parameter::Source | Parameter::Period(Some(_)) | Parameter::Factor(_))
            });
            if plain {
                return self.call(part, name, &[]);
            }
            let message = format!("{name} is a function: write {}", form(function));
            return Err(ScreenError::new(part.at, message));
        }
        Err(ScreenError::new(part.at, unknown(name)))
    }
}

fn equality(part: &Part, operator: Operator, left: Node, right: Node) -> Node {
    let bars = left.bars.max(right.bars);
    let text = left.kind == Kind::Text;
    let (left, right) = (Box::new(left), Box::new(right));
    let does = if text {
        Does::SameText(left, right, operator == Operator::Equal)
    } else {
        Does::Compare(operator, left, right)
    };
    Node { does, kind: Kind::Condition, bars, at: part.at, end: part.end }
}
