//! Settings: one declaration from which the descriptor's parameters and the parsing of what the host hands over
//! both come, so that a name or a default is written once.
//!
//! [`settings!`](crate::settings) declares the struct, [`choice!`](crate::choice) a setting with fixed words.

use crate::bindings::types as raw;

mod types;

/// A layer's struct: its settings, typed. Implemented by [`settings!`](crate::settings), not by hand.
pub trait Settings: Sized {
    /// What `describe` tells of every field, in the order of declaration.
    fn parameters() -> Vec<Parameter>;

    /// Takes every field out of what was given; faults are gathered in `given`.
    fn read(given: &mut Given) -> Self;
}

/// A setting as the descriptor shows it. Made by [`settings!`](crate::settings).
#[derive(Debug, Clone)]
pub struct Parameter(pub(crate) raw::Parameter);

/// A setting that the layer refuses, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFault {
    /// The parameter's name as the operator writes it.
    pub name: String,
    /// What is wrong with it and what would do.
    pub message: String,
}

impl SettingFault {
    /// Refuses the setting `name`.
    pub fn new(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { name: name.into(), message: message.into() }
    }
}

/// A type that a setting can have.
pub trait SettingType: Sized {
    /// What the operator is told to write, e.g. "a whole number".
    const WANTED: &'static str;

    /// The words that are allowed; none: any.
    fn choices() -> &'static [&'static str] {
        &[]
    }

    /// The value in the contract's words.
    fn into_value(self) -> Value;

    /// The value back; none when it has another type or does not fit.
    fn from_value(value: Value) -> Option<Self>;
}

/// The value of a setting in the contract's words.
#[derive(Debug, Clone)]
pub struct Value(pub(crate) raw::Value);

impl<T: SettingType> From<T> for Value {
    fn from(value: T) -> Self {
        value.into_value()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(raw::Value::Text(text.to_owned()))
    }
}

/// One setting: its default, unit and bounds. Begins with [`default`], [`text`], [`texts`] or [`table`].
#[derive(Debug, Clone)]
pub struct Spec<T> {
    default: T,
    unit: &'static str,
    minimum: Option<f64>,
    maximum: Option<f64>,
    choices: &'static [&'static str],
    max_length: u32,
}

/// A setting with this default.
pub fn default<T: SettingType>(value: T) -> Spec<T> {
    Spec { default: value, unit: "", minimum: None, maximum: None, choices: T::choices(), max_length: 0 }
}

/// A text with this default.
pub fn text(value: &str) -> Spec<String> {
    default(value.to_owned())
}

/// A list of texts with this default.
pub fn texts<const N: usize>(values: [&str; N]) -> Spec<Vec<String>> {
    default(values.map(str::to_owned).to_vec())
}

/// A table of numbers with this default.
pub fn table<const N: usize>(rows: [(&str, f64); N]) -> Spec<Vec<(String, f64)>> {
    default(rows.map(|(name, number)| (name.to_owned(), number)).to_vec())
}

impl<T: SettingType> Spec<T> {
    /// sessions, bars, USD, percent, ratio…
    pub fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// Inclusive bounds of a number, or of every number of a table.
    pub fn range<N: Into<f64> + Copy>(self, bounds: std::ops::RangeInclusive<N>) -> Self {
        Self { minimum: Some((*bounds.start()).into()), maximum: Some((*bounds.end()).into()), ..self }
    }

    /// The least number that is allowed.
    pub fn at_least(self, minimum: impl Into<f64>) -> Self {
        Self { minimum: Some(minimum.into()), ..self }
    }

    /// The greatest number that is allowed.
    pub fn at_most(self, maximum: impl Into<f64>) -> Self {
        Self { maximum: Some(maximum.into()), ..self }
    }

    /// The words that a text or every text of a list may be.
    pub fn choices(self, choices: &'static [&'static str]) -> Self {
        Self { choices, ..self }
    }

    /// Longest text in bytes, longest list or table in entries.
    pub fn max_length(self, max_length: u32) -> Self {
        Self { max_length, ..self }
    }

    fn check(&self, value: &raw::Value) -> Result<(), String> {
        match value {
            raw::Value::Number(number) => self.check_number(*number),
            raw::Value::Integer(number) => self.check_number(f64::from(*number)),
            raw::Value::Boolean(_) => Ok(()),
            raw::Value::Text(text) => {
                self.check_length(text.len(), "bytes").and_then(|()| self.check_word(text))
            }
            raw::Value::Texts(texts) => self
                .check_length(texts.len(), "entries")
                .and_then(|()| texts.iter().try_for_each(|text| self.check_word(text))),
            raw::Value::Table(rows) => self
                .check_length(rows.len(), "entries")
                .and_then(|()| rows.iter().try_for_each(|(_, number)| self.check_number(*number))),
        }
    }

    fn check_number(&self, number: f64) -> Result<(), String> {
        let unit = self.unit;
        let space = if unit.is_empty() { "" } else { " " };
        match (self.minimum, self.maximum) {
            _ if !number.is_finite() => Err(format!("{number} is not a finite number")),
            (Some(minimum), _) if number < minimum => {
                Err(format!("{number} is below the least allowed, {minimum}{space}{unit}"))
            }
            (_, Some(maximum)) if number > maximum => {
                Err(format!("{number} is above the greatest allowed, {maximum}{space}{unit}"))
            }
            _ => Ok(()),
        }
    }

    fn check_word(&self, word: &str) -> Result<(), String> {
        if self.choices.is_empty() || self.choices.contains(&word) {
            return Ok(());
        }
        Err(format!("{word:?} is none of {}", self.choices.join(", ")))
    }

    fn check_length(&self, length: usize, unit: &str) -> Result<(), String> {
        if self.max_length == 0 || length <= self.max_length as usize {
            return Ok(());
        }
        Err(format!("has {length} {unit}, at most {} are allowed", self.max_length))
    }
}

/// What the host handed over, while [`Settings::read`] takes it apart.
#[derive(Debug)]
pub struct Given {
    settings: Vec<raw::Setting>,
    faults: Vec<SettingFault>,
}

impl Given {
    /// Takes the setting of this field. A setting that was not given has its default; one that is wrong leaves a
    /// fault and has its default for the time being.
    pub fn take<T: SettingType>(&mut self, field: &str, spec: Spec<T>) -> T {
        let name = parameter_name(field);
        let Some(at) = self.settings.iter().position(|setting| setting.name == name) else {
            return spec.default;
        };
        let value = self.settings.swap_remove(at).value;
        let parsed = spec.check(&value).and_then(|()| {
            T::from_value(Value(value)).ok_or_else(|| format!("has the wrong type, it must be {}", T::WANTED))
        });
        parsed.unwrap_or_else(|message| {
            self.faults.push(SettingFault { name, message });
            spec.default
        })
    }
}

/// Describes a field. For [`settings!`](crate::settings).
pub fn declare<T: SettingType>(field: &str, doc: &str, spec: Spec<T>) -> Parameter {
    Parameter(raw::Parameter {
        name: parameter_name(field),
        doc: doc.trim().to_owned(),
        unit: spec.unit.to_owned(),
        default: spec.default.into_value().0,
        minimum: spec.minimum,
        maximum: spec.maximum,
        choices: spec.choices.iter().map(|&word| word.to_owned()).collect(),
        max_length: spec.max_length,
    })
}

/// The typed settings, or every setting that is wrong or unknown.
pub(crate) fn parse<S: Settings>(settings: Vec<raw::Setting>) -> Result<S, Vec<SettingFault>> {
    let mut given = Given { settings, faults: Vec::new() };
    let parsed = S::read(&mut given);
    let unknown =
        given.settings.into_iter().map(|s| SettingFault::new(s.name, "the layer has no such setting"));
    given.faults.extend(unknown);
    if given.faults.is_empty() { Ok(parsed) } else { Err(given.faults) }
}

/// `min_price` in Rust is `min-price` for operators.
fn parameter_name(field: &str) -> String {
    field.trim_start_matches("r#").replace('_', "-")
}

/// Declares a layer's struct: its settings with default, unit, bounds and doc, each written once.
///
/// The right side of a field begins with `default(value)`, `text("…")`, `texts([…])` or `table([…])` (see
/// [`setting`](crate::setting)) and may go on with the methods of [`Spec`](crate::setting::Spec). A field
/// `min_price` is the parameter `min-price`; its doc comment is the parameter's doc.
///
/// ```
/// sluice_sdk::settings! {
///     /// Keeps what is not too cheap.
///     pub struct Cheap {
///         /// Least mean close.
///         min_price: f64 = default(1.0).unit("USD").range(0.0..=1e6),
///         /// Bars that the mean is taken over.
///         lookback: u32 = default(20).unit("bars").range(1..=250),
///     }
/// }
/// ```
#[macro_export]
macro_rules! settings {
    (
        $(#[$outer:meta])*
        $vis:vis struct $name:ident {
            $( $(#[doc = $doc:literal])+ $field_vis:vis $field:ident : $type:ty = $spec:expr ),* $(,)?
        }
    ) => {
        $(#[$outer])*
        #[derive(Debug, Clone, PartialEq)]
        $vis struct $name {
            $( $(#[doc = $doc])+ $field_vis $field: $type, )*
        }

        impl $crate::Settings for $name {
            fn parameters() -> ::std::vec::Vec<$crate::setting::Parameter> {
                #[allow(unused_imports, reason = "a layer may use only some of the kinds of settings")]
                use $crate::setting::{default, table, text, texts};
                ::std::vec![
                    $( $crate::setting::declare::<$type>(stringify!($field), concat!($($doc),+), $spec) ),*
                ]
            }

            #[allow(unused_variables, reason = "a layer may have no settings")]
            fn read(given: &mut $crate::setting::Given) -> Self {
                #[allow(unused_imports, reason = "a layer may use only some of the kinds of settings")]
                use $crate::setting::{default, table, text, texts};
                Self { $( $field: given.take::<$type>(stringify!($field), $spec) ),* }
            }
        }
    };
}

/// Declares a setting with fixed words: an enum that [`settings!`](crate::settings) takes as a field's type.
///
/// ```
/// sluice_sdk::choice! {
///     /// What becomes of an instrument that nobody knows.
///     pub enum Unknown {
///         /// It stays.
///         Keep = "keep",
///         /// It goes.
///         Drop = "drop",
///     }
/// }
/// ```
#[macro_export]
macro_rules! choice {
    (
        $(#[$outer:meta])*
        $vis:vis enum $name:ident { $( $(#[$inner:meta])* $variant:ident = $word:literal ),+ $(,)? }
    ) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name { $( $(#[$inner])* $variant, )+ }

        impl $name {
            /// The word as the operator writes it.
            #[allow(dead_code, reason = "many choices are only matched")]
            $vis const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
        }

        impl $crate::setting::SettingType for $name {
            const WANTED: &'static str = concat!("one of the words", $( " ", $word ),+);

            fn choices() -> &'static [&'static str] {
                &[$( $word ),+]
            }

            fn into_value(self) -> $crate::setting::Value {
                self.as_str().into()
            }

            fn from_value(value: $crate::setting::Value) -> ::std::option::Option<Self> {
                let word = <::std::string::String as $crate::setting::SettingType>::from_value(value)?;
                match word.as_str() {
                    $( $word => ::std::option::Option::Some(Self::$variant), )+
                    _ => ::std::option::Option::None,
                }
            }
        }
    };
}

#[cfg(test)]
mod tests;
