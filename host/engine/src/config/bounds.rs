//! Numbers of a configuration and their bounds.

use std::fmt::Display;
use std::ops::RangeInclusive;

/// The value, where one is given and it lies within the bounds; else the sentence that says so.
pub(super) fn within<T: PartialOrd + Display>(
    name: &str,
    value: Option<T>,
    bounds: &RangeInclusive<T>,
) -> Result<Option<T>, String> {
    match value {
        Some(value) if !bounds.contains(&value) => {
            Err(format!("{name} {value} is not within {} to {}", bounds.start(), bounds.end()))
        }
        value => Ok(value),
    }
}
