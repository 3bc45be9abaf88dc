//! Who signed a layer, as it is shown.

use serde::Serialize;
use sluice_package::Signer;
use sluice_store::Provenance;
use std::fmt;

/// A signer in JSON and in tables.
#[derive(Debug, Clone, Serialize)]
pub struct ShownSigner {
    key: String,
    name: Option<String>,
}

impl ShownSigner {
    /// Of a layer as the store has it.
    pub fn of(provenance: &Provenance) -> Option<Self> {
        let key = provenance.signer.clone()?;
        Some(Self { key, name: provenance.signer_name.clone() })
    }
}

impl From<Signer> for ShownSigner {
    fn from(signer: Signer) -> Self {
        Self { key: signer.key.to_string(), name: signer.name }
    }
}

impl fmt::Display for ShownSigner {
    /// The name where it is known, else the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => f.write_str(name),
            None => write!(f, "unknown key {}", self.key),
        }
    }
}
