//! The types that a setting can have, each as a case of the contract's value.

use super::{SettingType, Value};
use crate::bindings::types as raw;

impl SettingType for f64 {
    const WANTED: &'static str = "a number";

    fn into_value(self) -> Value {
        Value(raw::Value::Number(self))
    }

    fn from_value(value: Value) -> Option<Self> {
        match value.0 {
            raw::Value::Number(number) => Some(number),
            _ => None,
        }
    }
}

impl SettingType for i32 {
    const WANTED: &'static str = "a whole number";

    fn into_value(self) -> Value {
        Value(raw::Value::Integer(self))
    }

    fn from_value(value: Value) -> Option<Self> {
        match value.0 {
            raw::Value::Integer(number) => Some(number),
            _ => None,
        }
    }
}

/// A count. Travels as the contract's `integer`, so that it ends at `i32::MAX`.
impl SettingType for u32 {
    const WANTED: &'static str = "a whole number, not negative";

    fn into_value(self) -> Value {
        Value(raw::Value::Integer(i32::try_from(self).unwrap_or(i32::MAX)))
    }

    fn from_value(value: Value) -> Option<Self> {
        i32::from_value(value).and_then(|number| u32::try_from(number).ok())
    }
}

impl SettingType for bool {
    const WANTED: &'static str = "true or false";

    fn into_value(self) -> Value {
        Value(raw::Value::Boolean(self))
    }

    fn from_value(value: Value) -> Option<Self> {
        match value.0 {
            raw::Value::Boolean(flag) => Some(flag),
            _ => None,
        }
    }
}

impl SettingType for String {
    const WANTED: &'static str = "a text";

    fn into_value(self) -> Value {
        Value(raw::Value::Text(self))
    }

    fn from_value(value: Value) -> Option<Self> {
        match value.0 {
            raw::Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl SettingType for Vec<String> {
    const WANTED: &'static str = "a list of texts";

    fn into_value(self) -> Value {
        Value(raw::Value::Texts(self))
    }

    fn from_value(value: Value) -> Option<Self> {
        match value.0 {
            raw::Value::Texts(texts) => Some(texts),
            _ => None,
        }
    }
}

impl SettingType for Vec<(String, f64)> {
    const WANTED: &'static str = "a table of numbers";

    fn into_value(self) -> Value {
        Value(raw::Value::Table(self))
    }

    fn from_value(value: Value) -> Option<Self> {
        match value.0 {
            raw::Value::Table(table) => Some(table),
            _ => None,
        }
    }
}
