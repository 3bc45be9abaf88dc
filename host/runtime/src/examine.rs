//! What loading a would-be layer brought to light: the facts, as far as they are known, and every reason against it.

use crate::check::ApiVersion;
use crate::error::LoadError;
use crate::layer::Layer;
use crate::model::Descriptor;

/// A would-be layer after everything that can be asked of it without calling it for work.
#[derive(Debug)]
pub struct Examined {
    /// Size in bytes.
    pub size: usize,
    /// SHA-256, lower-case hex.
    pub digest: String,
    /// The version of the contract that it speaks, when this host has it.
    pub api: Option<ApiVersion>,
    /// Names of what it imports, cut and cleaned; empty when its outside could not be read.
    pub imports: Vec<String>,
    /// What it says of itself, believed or not; none when it could not be asked.
    pub descriptor: Option<Descriptor>,
    /// The layer, or why it is none.
    pub outcome: Result<Layer, Refused>,
}

/// Why a component is refused: at least one reason.
#[derive(Debug)]
pub struct Refused {
    /// The one to mend first.
    pub first: LoadError,
    /// Further ones.
    pub others: Vec<LoadError>,
}

impl Refused {
    /// None when there is no reason.
    pub(crate) fn of(reasons: impl IntoIterator<Item = LoadError>) -> Option<Self> {
        let mut reasons = reasons.into_iter();
        let first = reasons.next()?;
        Some(Self { first, others: reasons.collect() })
    }

    /// For a component that names no version of the contract; a survey tells this in better words.
    pub(crate) fn unspoken(source_name: &str) -> Self {
        LoadError::OtherWorld { source_name: source_name.to_owned(), found: "nothing".to_owned() }.into()
    }

    /// All of them.
    pub fn reasons(&self) -> impl Iterator<Item = &LoadError> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl From<LoadError> for Refused {
    fn from(first: LoadError) -> Self {
        Self { first, others: Vec::new() }
    }
}
