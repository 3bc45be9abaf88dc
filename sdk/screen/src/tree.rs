//! The tree of an expression as it was written.

/// A part of an expression, where it begins and where it ends (characters from 1, end exclusive).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    pub(crate) what: What,
    pub(crate) at: usize,
    pub(crate) end: usize,
}

/// What a part is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    Number(f64),
    Text(String),
    /// A name without brackets.
    Name(String),
    /// A function with its arguments.
    Call(String, Vec<Part>),
    /// A value some bars ago.
    Ago(Box<Part>, Box<Part>),
    Minus(Box<Part>),
    Not(Box<Part>),
    Pair(Operator, Box<Part>, Box<Part>),
    /// Whether a value is one of a list.
    In(Box<Part>, Vec<Part>),
}

/// What stands between two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    Unequal,
    Plus,
    Minus,
    Times,
    Over,
}

impl Operator {
    /// As it is written.
    pub(crate) const fn sign(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Over => "/",
        }
    }
}
