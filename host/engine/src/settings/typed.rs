//! Texts as operators type them → values, and values as the store keeps them → values. Stricter than what the
//! language's own parsers take: a setting that is read in another way than it was meant costs money.

use super::names;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::Value as Json;
use sluice_runtime::{Parameter, Value, text};
use std::fmt;

/// Longest detail of a refusal, in bytes.
const DETAIL_BYTES: usize = 200;

pub(super) const OUT_OF_BOUNDS: &str = "out of bounds";

/// A finite decimal number: -12, 0.5, 5e6.
pub(super) fn decimal(text: &str) -> Result<f64, String> {
    let refused = || "no plain decimal number".to_owned();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let written = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    let number = written.then(|| text.parse::<f64>().ok()).flatten().ok_or_else(refused)?;
    if !number.is_finite() {
        return Err("no finite number".to_owned());
    }
    // a negative zero would be another value than zero without meaning anything else
    Ok(number + 0.0)
}

/// A plain whole number: 10, -3; never 1e3, 10.0, +5, 0x10 or 010.
pub(super) fn whole(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty()
        && digits.chars().all(|c| c.is_ascii_digit())
        && (text == "0" || !digits.starts_with('0'));
    if !plain {
        return Err("no plain whole number".to_owned());
    }
    text.parse().map_err(|_| OUT_OF_BOUNDS.to_owned())
}

/// The value of a parameter, by the kind of its default, within its bounds.
pub(super) fn value(parameter: &Parameter, typed: &str) -> Result<Value, String> {
    if typed.chars().any(text::is_unprintable) {
        return Err("it has characters that cannot be printed".to_owned());
    }
    let value = match &parameter.default {
        Value::Number(_) => Value::Number(decimal(typed)?),
        Value::Integer(_) => {
            Value::Integer(i32::try_from(whole(typed)?).map_err(|_| OUT_OF_BOUNDS.to_owned())?)
        }
        Value::Boolean(_) => match typed {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            _ => return Err("neither true nor false".to_owned()),
        },
        Value::Text(_) => Value::Text(typed.to_owned()),
        Value::Texts(_) => Value::Texts(texts(typed)?),
        Value::Table(_) => Value::Table(table(typed)?),
    };
    parameter.check(&value).map_err(|detail| text::clean(&detail, DETAIL_BYTES))?;
    Ok(value)
}

/// A JSON array of texts, or texts separated by commas.
fn texts(typed: &str) -> Result<Vec<String>, String> {
    if typed.starts_with('[') {
        let texts: Vec<String> =
            serde_json::from_str(typed).map_err(|error| format!("no JSON array of texts ({error})"))?;
        return printable(texts.iter()).map(|()| texts);
    }
    let texts: Vec<String> = typed.split(',').map(|text| text.trim().to_owned()).collect();
    if texts.iter().any(String::is_empty) {
        return Err("an empty text stands between its commas (an empty list is [])".to_owned());
    }
    Ok(texts)
}

/// A JSON object of numbers, or name=number pairs separated by commas; by name.
fn table(typed: &str) -> Result<Vec<(String, f64)>, String> {
    let mut rows = if typed.starts_with('{') {
        let Rows(rows) =
            serde_json::from_str(typed).map_err(|error| format!("no JSON object of numbers ({error})"))?;
        rows
    } else {
        typed.split(',').map(row).collect::<Result<_, _>>()?
    };
    printable(rows.iter().map(|(name, _)| name))?;
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    let twice = rows.iter().zip(rows.iter().skip(1)).find(|((a, _), (b, _))| a == b);
    match twice {
        Some(((name, _), _)) => Err(format!("{} stands in it twice", names::shown(name))),
        None => Ok(rows),
    }
}

fn row(typed: &str) -> Result<(String, f64), String> {
    let (name, number) = typed
        .split_once('=')
        .map(|(name, number)| (name.trim(), number.trim()))
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| format!("{} is no name=number (an empty table is {{}})", names::shown(typed)))?;
    let number = decimal(number).map_err(|fault| format!("{} is {fault}", names::shown(number)))?;
    Ok((name.to_owned(), number))
}

/// JSON can escape what must not be typed.
fn printable<'a>(mut texts: impl Iterator<Item = &'a String>) -> Result<(), String> {
    match texts.any(|text| text.chars().any(text::is_unprintable)) {
        true => Err("it has characters that cannot be printed".to_owned()),
        false => Ok(()),
    }
}

/// Rows of an object as written: a map would forget a name that stands twice.
struct Rows(Vec<(String, f64)>);

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Rows;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of numbers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rows, A::Error> {
                let mut rows = Vec::new();
                while let Some((name, number)) = map.next_entry::<String, f64>()? {
                    rows.push((name, number + 0.0));
                }
                Ok(Rows(rows))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

/// A stored value, with kinds as in `sluice.toml`: the layer's schema decides later whether a number was meant.
pub(super) fn stored(json: &Json) -> Result<Value, &'static str> {
    match json {
        Json::Null => Err("null is no value"),
        Json::Bool(boolean) => Ok(Value::Boolean(*boolean)),
        Json::String(text) => Ok(Value::Text(text.clone())),
        Json::Number(number) => match number.as_i64().and_then(|whole| i32::try_from(whole).ok()) {
            Some(whole) => Ok(Value::Integer(whole)),
            None => number.as_f64().map(Value::Number).ok_or("the number is too great"),
        },
        Json::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .map(Value::Texts)
            .ok_or("a list holds texts only"),
        Json::Object(rows) => rows
            .iter()
            .map(|(name, number)| number.as_f64().map(|number| (name.clone(), number)))
            .collect::<Option<_>>()
            .map(Value::Table)
            .ok_or("a table holds numbers only"),
    }
}

/// What a parameter takes, for messages: a whole number from 1 to 250.
pub(super) fn bounds(parameter: &Parameter) -> String {
    let choices = || names::shortened(parameter.choices.iter().map(String::as_str), ", ");
    let most = |what: &str| match parameter.max_length {
        0 => String::new(),
        most => format!(", at most {most} {what}"),
    };
    let any = parameter.choices.is_empty();
    match &parameter.default {
        Value::Number(_) => format!("a number{}", range(parameter)),
        Value::Integer(_) => format!("a whole number{}", range(parameter)),
        Value::Boolean(_) => "true or false".to_owned(),
        Value::Text(_) if any => format!("a text{}", most("bytes")),
        Value::Text(_) => format!("one of {}", choices()),
        Value::Texts(_) if any => format!("texts{}", most("of them")),
        Value::Texts(_) => format!("some of {}{}", choices(), most("of them")),
        Value::Table(_) => format!("name=number pairs, each a number{}{}", range(parameter), most("of them")),
    }
}

fn range(parameter: &Parameter) -> String {
    let (mut least, mut most) = (parameter.minimum, parameter.maximum);
    if matches!(parameter.default, Value::Integer(_)) {
        least = Some(least.unwrap_or(f64::NEG_INFINITY).max(f64::from(i32::MIN)));
        most = Some(most.unwrap_or(f64::INFINITY).min(f64::from(i32::MAX)));
    }
    match (least, most) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" of at least {least}"),
        (None, Some(most)) => format!(" of at most {most}"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests;
