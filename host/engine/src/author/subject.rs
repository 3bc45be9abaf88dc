//! A layer with the settings that hold for it and what it needs under them, ready to be asked.

use super::error::AuthorError;
use crate::config::Config;
use crate::plan::{self, Sight};
use sluice_runtime::{Descriptor, Layer, Limits, Setting};

/// A layer that is tried.
#[derive(Debug)]
pub struct Subject {
    layer: Layer,
    pub(super) settings: Vec<Setting>,
    pub(super) sight: Sight,
    pub(super) limits: Limits,
}

impl Subject {
    /// The layer under what `config` sets for it, as a scan would have it.
    ///
    /// # Errors
    /// Settings that it does not have or refuses, needs that nobody can meet, a call of `prepare` that failed.
    pub fn new(config: &Config, layer: &Layer) -> Result<Self, AuthorError> {
        let (settings, sight) = plan::prepare(&config.layer(layer.id()), layer)?;
        let unready = |why| AuthorError::Unready { layer: layer.label().to_owned(), why };
        let sight = sight.map_err(unready)?;
        Ok(Self { layer: layer.clone(), settings, sight, limits: config.layer(layer.id()).limits })
    }

    /// The layer.
    pub fn layer(&self) -> &Layer {
        &self.layer
    }

    pub(super) fn descriptor(&self) -> &Descriptor {
        self.layer.descriptor()
    }

    /// Whether it asks for anything that may be missing.
    pub(super) fn needs_data(&self) -> bool {
        let needs = &self.sight.needs;
        let lists = [needs.events.is_empty(), needs.facts.is_empty(), needs.upstream.is_empty()];
        !needs.bars.is_empty() || needs.quotes || lists.contains(&false)
    }
}
