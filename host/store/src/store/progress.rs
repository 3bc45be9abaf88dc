//! How far an operation is, told by whichever of its attempts is under way.

use std::sync::{Mutex, PoisonError};

/// Whoever is told.
pub(super) struct Progress<F>(Mutex<F>);

impl<F: FnMut(u64)> Progress<F> {
    pub(super) fn new(told: F) -> Self {
        Self(Mutex::new(told))
    }

    /// Tells how many rows are done.
    pub(super) fn tell(&self, rows: u64) {
        (self.0.lock().unwrap_or_else(PoisonError::into_inner))(rows);
    }
}
