//! Whether what a layer says of itself makes sense. Each refusal names field, value and rule.

use crate::model::{Descriptor, Measure, Parameter, Value};

/// Longest id, name or kind, in bytes.
const NAME_BYTES: usize = 64;
/// Longest summary or doc, in bytes.
const TEXT_BYTES: usize = 2000;
/// Most parameters, alert kinds or measures.
const MAX_ITEMS: usize = 256;
/// Most findings that are kept: who has more of them has seen enough.
const MOST_FINDINGS: usize = 64;

/// Everything that is wrong with what a layer says of itself, in the order of the contract.
pub(super) fn findings(descriptor: &Descriptor) -> Vec<String> {
    let author = descriptor.id.split_once('/').map_or("", |(author, _)| author);
    let named = |names: &mut dyn Iterator<Item = &str>, what| check_unique(what, names);
    let parts = [
        check_id(&descriptor.id),
        check_version(&descriptor.version),
        check_text("summary", &descriptor.summary),
        check_count("parameters", descriptor.parameters.len()),
        check_count("alerts", descriptor.alerts.len()),
        check_count("measures", descriptor.measures.len()),
    ];
    let parameters = descriptor.parameters.iter().map(check_parameter);
    let measures = descriptor.measures.iter().map(check_measure);
    let kinds = descriptor.alerts.iter().map(|kind| check_kind(kind, author));
    let unique = [
        named(&mut descriptor.parameters.iter().map(|parameter| parameter.name.as_str()), "parameter"),
        named(&mut descriptor.measures.iter().map(|measure| measure.name.as_str()), "measure"),
    ];
    let all = parts.into_iter().chain(parameters).chain(measures).chain(kinds).chain(unique);
    all.filter_map(Result::err).take(MOST_FINDINGS).collect()
}

fn check_version(version: &str) -> Result<(), String> {
    semver::Version::parse(version)
        .map(drop)
        .map_err(|_| format!("version {} is no semantic version such as 1.2.0", show(version)))
}

fn check_measure(measure: &Measure) -> Result<(), String> {
    check_name("measure", &measure.name)?;
    check_text("a measure's doc", &measure.doc)?;
    check_text("a measure's unit", &measure.unit)
}

fn check_id(id: &str) -> Result<(), String> {
    match id.split_once('/') {
        Some((author, name)) if is_word(author) && is_word(name) && id.len() <= NAME_BYTES => Ok(()),
        _ => Err(format!(
            "id {} is not author/name in lower-case letters, digits and hyphens, at most {NAME_BYTES} bytes",
            show(id)
        )),
    }
}

/// A word, or one of the layer's author's own: nobody speaks in another's name.
fn check_kind(kind: &str, author: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let word = match kind.split_once('/') {
        Some((whose, _)) if whose != author => {
            return Err(format!(
                "alert kind {} is not of the layer's author {author}: a kind of its own is {author}/NAME",
                show(kind)
            ));
        }
        Some((_, word)) => word,
        None => kind,
    };
    if word.is_empty() || kind.len() > NAME_BYTES || !word.chars().all(fits) {
        return Err(format!("alert kind {} is no word of at most {NAME_BYTES} letters", show(kind)));
    }
    Ok(())
}

fn check_parameter(parameter: &Parameter) -> Result<(), String> {
    let name = &parameter.name;
    check_name("parameter", name)?;
    check_text("a parameter's doc", &parameter.doc)?;
    check_text("a parameter's unit", &parameter.unit)?;
    check_count("choices", parameter.choices.len())?;
    if let (Some(minimum), Some(maximum)) = (parameter.minimum, parameter.maximum)
        && (minimum > maximum || minimum.is_nan() || maximum.is_nan())
    {
        return Err(format!("parameter {name} has the minimum {minimum} above the maximum {maximum}"));
    }
    parameter
        .check(&parameter.default)
        .map_err(|detail| format!("the default of parameter {name} is not allowed by itself: {detail}"))
}

fn check_name(what: &str, name: &str) -> Result<(), String> {
    if is_word(name) && name.len() <= NAME_BYTES {
        return Ok(());
    }
    Err(format!(
        "{what} name {} is not in lower-case letters, digits and hyphens, at most {NAME_BYTES} bytes",
        show(name)
    ))
}

fn check_text(what: &str, text: &str) -> Result<(), String> {
    if text.len() > TEXT_BYTES {
        return Err(format!("{what} has {} bytes, over the limit of {TEXT_BYTES}", text.len()));
    }
    if crate::text::clean(text, TEXT_BYTES) != text {
        return Err(format!("{what} {} has control characters", show(text)));
    }
    Ok(())
}

fn check_count(what: &str, count: usize) -> Result<(), String> {
    if count > MAX_ITEMS {
        return Err(format!("{count} {what} are over the limit of {MAX_ITEMS}"));
    }
    Ok(())
}

fn check_unique<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(format!("{what} {name} is declared twice"));
        }
    }
    Ok(())
}

fn is_word(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(fits) && !text.starts_with('-') && !text.ends_with('-')
}

fn show(text: &str) -> String {
    format!("\"{}\"", crate::text::clean(text, NAME_BYTES))
}

impl Parameter {
    /// Whether a value is of the parameter's kind and within its bounds.
    ///
    /// # Errors
    /// One line: the value, the rule that it breaks.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        match (value, &self.default) {
            (Value::Number(number), Value::Number(_)) => self.check_number(*number),
            (Value::Integer(integer), Value::Integer(_)) => self.check_number(f64::from(*integer)),
            (Value::Boolean(_), Value::Boolean(_)) => Ok(()),
            (Value::Text(text), Value::Text(_)) => self.check_choice(text),
            (Value::Texts(texts), Value::Texts(_)) => {
                self.check_length("texts", texts.len())?;
                texts.iter().try_for_each(|text| self.check_choice(text))
            }
            (Value::Table(rows), Value::Table(_)) => {
                self.check_length("rows", rows.len())?;
                rows.iter().try_for_each(|(_, number)| self.check_number(*number))
            }
            (value, default) => Err(format!("it is {}, but must be {}", value.kind(), default.kind())),
        }
    }

    fn check_number(&self, number: f64) -> Result<(), String> {
        if !number.is_finite() {
            return Err(format!("{number} is no finite number"));
        }
        if let Some(minimum) = self.minimum
            && number < minimum
        {
            return Err(format!("{number} is below the minimum of {minimum}"));
        }
        if let Some(maximum) = self.maximum
            && number > maximum
        {
            return Err(format!("{number} is above the maximum of {maximum}"));
        }
        Ok(())
    }

    fn check_choice(&self, text: &str) -> Result<(), String> {
        if !self.choices.is_empty() && !self.choices.iter().any(|choice| choice == text) {
            return Err(format!("{} is none of {}", show(text), self.choices.join(", ")));
        }
        let limit = match self.max_length {
            0 => TEXT_BYTES,
            length => (length as usize).min(TEXT_BYTES),
        };
        if text.len() > limit {
            return Err(format!("{} has {} bytes, over the limit of {limit}", show(text), text.len()));
        }
        Ok(())
    }

    fn check_length(&self, what: &str, length: usize) -> Result<(), String> {
        let limit = match self.max_length {
            0 => MAX_ITEMS,
            most => (most as usize).min(MAX_ITEMS),
        };
        if length > limit {
            return Err(format!("{length} {what} are over the limit of {limit}"));
        }
        Ok(())
    }
}

impl Value {
    /// What the value is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Integer(_) => "a whole number",
            Self::Boolean(_) => "true or false",
            Self::Text(_) => "a text",
            Self::Texts(_) => "a list of texts",
            Self::Table(_) => "a table of numbers",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Measure, Scope};

    fn descriptor() -> Descriptor {
        Descriptor {
            id: "acme/gap".into(),
            version: "1.2.0".into(),
            summary: "Finds gaps.".into(),
            scope: Scope::PerInstrument,
            parameters: vec![Parameter {
                name: "threshold".into(),
                doc: String::new(),
                unit: "percent".into(),
                default: Value::Number(2.0),
                minimum: Some(0.0),
                maximum: Some(50.0),
                choices: Vec::new(),
                max_length: 0,
            }],
            alerts: vec!["GAP_UP".into()],
            measures: vec![Measure { name: "gap".into(), doc: String::new(), unit: "percent".into() }],
        }
    }

    fn refusal(change: impl FnOnce(&mut Descriptor)) -> String {
        let mut descriptor = descriptor();
        change(&mut descriptor);
        findings(&descriptor).into_iter().next().unwrap()
    }

    #[test]
    fn a_sensible_descriptor_is_taken() {
        assert_eq!(findings(&descriptor()), [""; 0]);
    }

    #[test]
    fn every_senseless_field_is_named() {
        assert!(refusal(|d| d.id = "Gap".into()).contains("id \"Gap\" is not author/name"));
        assert!(refusal(|d| d.id = String::new()).contains("id \"\""));
        assert!(refusal(|d| d.version = "1".into()).contains("version \"1\" is no semantic version"));
        assert!(refusal(|d| d.summary = "a\u{1b}[2J".into()).contains("control characters"));
        assert!(refusal(|d| d.alerts.push("gap up".into())).contains("alert kind \"gap up\""));
        assert_eq!(
            refusal(|d| d.alerts.push("other/GAP".into())),
            "alert kind \"other/GAP\" is not of the layer's author acme: a kind of its own is acme/NAME"
        );
        assert!(refusal(|d| d.alerts.push("acme/".into())).contains("is no word"));
        assert!(refusal(|d| d.alerts.push("acme/GAP/UP".into())).contains("is no word"));
        assert!(
            refusal(|d| d.measures.push(d.measures[0].clone())).contains("measure gap is declared twice")
        );
        assert!(refusal(|d| d.parameters = vec![d.parameters[0].clone(); 257]).contains("257 parameters"));
        assert!(
            refusal(|d| d.parameters[0].minimum = Some(60.0)).contains("the minimum 60 above the maximum 50")
        );
        assert!(refusal(|d| d.parameters[0].default = Value::Number(51.0)).contains(
            "default of parameter threshold is not allowed by itself: 51 is above the maximum of 50"
        ));
    }

    #[test]
    fn all_that_is_wrong_is_found() {
        let mut wrong = descriptor();
        wrong.version = "one".into();
        wrong.parameters[0].default = Value::Number(51.0);
        wrong.alerts.push("gap up".into());
        let found = findings(&wrong);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("version \"one\"") && found[2].starts_with("alert kind \"gap up\""));
    }

    #[test]
    fn values_are_held_to_kind_and_bounds() {
        let parameter = &descriptor().parameters[0];
        assert_eq!(parameter.check(&Value::Number(50.0)), Ok(()));
        assert_eq!(parameter.check(&Value::Number(f64::NAN)), Err("NaN is no finite number".into()));
        assert_eq!(
            parameter.check(&Value::Text("x".into())),
            Err("it is a text, but must be a number".into())
        );
    }
}
