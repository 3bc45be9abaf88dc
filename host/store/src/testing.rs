//! Impatience, for tests of what happens where patience ends. No part of the stable interface.

use std::path::Path;

use crate::access::Access;
use crate::error::StoreError;
use crate::rows::RestoreSummary;
use crate::store::Store;
use crate::url::DatabaseUrl;

pub use crate::store::Patience;

/// [`Store::open`] with another patience.
///
/// # Errors
/// As there.
pub async fn open(url: &DatabaseUrl, access: &Access, patience: Patience) -> Result<Store, StoreError> {
    Store::open_with(url, access, patience).await
}

/// The same store, with another patience from here on.
#[must_use]
pub fn with_patience(store: Store, patience: Patience) -> Store {
    store.with_patience(patience)
}

/// How often all connections to a server were given up because it had gone silent.
#[must_use]
pub fn given_up(store: &Store) -> u64 {
    store.given_up()
}

/// [`Store::restore`] with another patience.
///
/// # Errors
/// As there.
pub async fn restore(
    url: &DatabaseUrl,
    access: &Access,
    file: &Path,
    patience: Patience,
) -> Result<RestoreSummary, StoreError> {
    Store::restore_with(url, access, file, patience, |_| ()).await
}
