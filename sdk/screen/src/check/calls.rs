//! Calls: functions with their arguments, and what is looked up by a text.

use super::nearest::unknown;
use super::{Checker, Does, Kind, Node, Upstream};
use crate::MAX_PERIOD;
use crate::error::ScreenError;
use crate::functions::{FUNCTIONS, Function, Gives, LOOKUPS, Parameter, form};
use crate::tree::{Part, What};

/// Longest name of a fact, a measure or an attribute, in bytes.
const MAX_NAME_BYTES: usize = 64;

impl Checker {
    pub(super) fn call(&mut self, part: &Part, name: &str, arguments: &[Part]) -> Result<Node, ScreenError> {
        if LOOKUPS.iter().any(|(lookup, ..)| *lookup == name) {
            return self.lookup(part, name, arguments);
        }
        let found = FUNCTIONS.iter().enumerate().find(|(_, function)| function.name == name);
        let Some((position, function)) = found else {
            return Err(ScreenError::new(part.at, unknown(name)));
        };
        let (series, constants) = self.arguments(part, function, arguments)?;
        self.wants.columns.extend(function.columns);
        let own = (function.bars)(&constants);
        let inner = series.iter().map(|node| node.bars.max(1)).max().unwrap_or(1);
        let kind = match function.gives {
            Gives::Number => Kind::Number,
            Gives::Condition => Kind::Condition,
        };
        let bars = own.saturating_add(inner).saturating_sub(1).max(1);
        let does = Does::Call(position, series, constants);
        Ok(Node { does, kind, bars, at: part.at, end: part.end })
    }

    /// Arguments by the function's parameters: series in front, constants behind.
    fn arguments(
        &mut self,
        part: &Part,
        function: &Function,
        given: &[Part],
    ) -> Result<(Vec<Node>, Vec<f64>), ScreenError> {
        let wrong =
            |at: usize, what: &str| Err(ScreenError::new(at, format!("{what}: write {}", form(function))));
        let (mut series, mut constants) = (Vec::new(), Vec::new());
        let mut given = given.iter().peekable();
        for parameter in function.parameters {
            match parameter {
                Parameter::Source => {
                    let constant = given.peek().is_none_or(|next| matches!(next.what, What::Number(_)));
                    if constant {
                        self.wants.columns.insert("close");
                        let does = Does::Column("close");
                        series.push(Node { does, kind: Kind::Number, bars: 1, at: part.at, end: part.end });
                    } else if let Some(argument) = given.next() {
                        series.push(self.expect(argument, Kind::Number)?);
                    }
                }
                Parameter::Series | Parameter::Condition => {
                    let Some(argument) = given.next() else {
                        return wrong(part.at, &format!("{} lacks an argument", function.name));
                    };
                    let kind = if *parameter == Parameter::Series { Kind::Number } else { Kind::Condition };
                    series.push(self.expect(argument, kind)?);
                }
                Parameter::Period(default) => match (given.next(), default) {
                    (Some(argument), _) => constants.push(whole(argument, 1)? as f64),
                    (None, Some(default)) => constants.push(*default as f64),
                    (None, None) => {
                        return wrong(part.at, &format!("{} lacks its number of bars", function.name));
                    }
                },
                Parameter::Factor(default) => match given.next() {
                    Some(Part { what: What::Number(number), .. }) if *number > 0.0 => constants.push(*number),
                    Some(argument) => return wrong(argument.at, "this should be a number above 0"),
                    None => constants.push(*default),
                },
            }
        }
        match given.next() {
            None => Ok((series, constants)),
            Some(argument) => wrong(argument.at, &format!("{} has an argument too many", function.name)),
        }
    }

    fn lookup(&mut self, part: &Part, name: &str, arguments: &[Part]) -> Result<Node, ScreenError> {
        let text = |part: &Part| match &part.what {
            What::Text(text) if !text.is_empty() && text.len() <= MAX_NAME_BYTES => Ok(text.clone()),
            _ => Err(ScreenError::new(
                part.at,
                format!("a text of 1 to {MAX_NAME_BYTES} bytes in quotes is wanted here"),
            )),
        };
        let (does, kind) = match (name, arguments) {
            ("fact", [fact]) => {
                let fact = text(fact)?;
                self.wants.facts.insert(fact.clone());
                (Does::Fact(fact), Kind::Number)
            }
            ("attribute", [attribute]) => {
                self.wants.profile = true;
                (Does::Attribute(text(attribute)?), Kind::Text)
            }
            ("upstream", [of, what]) => {
                let (layer, measure) = (text(of)?, text(what)?);
                self.wants.layers.insert(layer.clone());
                let (layer_at, measure_at) = (of.at, what.at);
                self.upstream.push(Upstream {
                    layer: layer.clone(),
                    layer_at,
                    measure: measure.clone(),
                    measure_at,
                });
                (Does::Upstream(layer, measure), Kind::Number)
            }
            _ => {
                let form =
                    LOOKUPS.iter().find(|(lookup, ..)| *lookup == name).map_or("", |(_, form, _)| *form);
                return Err(ScreenError::new(part.at, format!("{name} is written like {form}")));
            }
        };
        Ok(Node { does, kind, bars: 0, at: part.at, end: part.end })
    }
}

/// A whole number that is written as one.
pub(super) fn whole(part: &Part, least: usize) -> Result<usize, ScreenError> {
    match part.what {
        What::Number(number)
            if number.fract() == 0.0 && number >= least as f64 && number <= MAX_PERIOD as f64 =>
        {
            Ok(number as usize)
        }
        _ => {
            let message = format!("a whole number of bars from {least} to {MAX_PERIOD} is wanted here");
            Err(ScreenError::new(part.at, message))
        }
    }
}
