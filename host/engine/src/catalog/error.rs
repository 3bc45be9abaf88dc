//! Why a layer cannot be had.

use thiserror::Error;

/// Shortest text that hints at an id: shorter ones are inside everything.
const LEAST_HINT: usize = 3;

/// Why a layer cannot be had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// It is here, but cannot be called.
    #[error("layer {id} {why}")]
    Unloadable {
        /// The id asked for.
        id: String,
        /// Why, and what to do.
        why: String,
    },
    /// No such id.
    #[error("there is no layer {id}{}: `sluice layer list` shows what there is, `sluice layer install FILE` adds one", hint(.close))]
    Unknown {
        /// The id asked for.
        id: String,
        /// Ids that look alike.
        close: Vec<String>,
    },
    /// The id, but no version that will do.
    #[error(
        "layer {id} is here in version {have}, but {required} is required: install it, or change the requirement in sluice.toml"
    )]
    Version {
        /// The id asked for.
        id: String,
        /// The requirement.
        required: String,
        /// The versions at hand.
        have: String,
    },
}

fn hint(close: &[String]) -> String {
    match close {
        [] => String::new(),
        close => format!(" (did you mean {}?)", close.join(" or ")),
    }
}

impl CatalogError {
    /// An id that is none of those that are known; those that look alike are told: the same name under another author,
    /// or an id that contains the text.
    pub fn unknown<'a>(id: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let name = id.rsplit('/').next().unwrap_or(id);
        let alike = known.filter(|known| name.len() >= LEAST_HINT && known.contains(name));
        let mut close: Vec<String> = alike.map(str::to_owned).collect();
        close.sort_unstable();
        close.dedup();
        close.truncate(3);
        Self::Unknown { id: id.to_owned(), close }
    }
}
