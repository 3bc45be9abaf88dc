//! What an operator trusts, and whether what the store has of a layer may be called: compared with the digest that it was
//! installed with, and with the keys that are trusted now, before anything of it is compiled.

use sluice_package::{Requirement, Trust, TrustedKey};
use sluice_store::{Store, StoreError};

/// What an operator trusts: the keys in the store under what `sluice.toml` requires.
///
/// # Errors
/// When the database cannot be read.
pub async fn trust(store: &Store, requirement: Requirement) -> Result<Trust, StoreError> {
    let mut keys = Vec::new();
    for row in store.trusted_keys().await? {
        match row.public_key.parse() {
            Ok(key) => keys.push(TrustedKey { name: row.name, key, is_removed: row.removed_at.is_some() }),
            // it counts for nobody, so that what it signed is refused
            Err(error) => tracing::warn!("the stored key of {} is damaged: {error}", row.name),
        }
    }
    Ok(Trust { requirement, keys })
}

/// Why the bytes that the store has of a layer must not be called; none when they may.
pub(crate) fn refusal(
    bytes: &[u8],
    installed_digest: &str,
    signature: Option<&str>,
    trust: &Trust,
) -> Option<String> {
    let digest = crate::record::digest(bytes);
    if digest != installed_digest {
        return Some(format!(
            "its component was altered in the database: its digest is {digest}, it was installed with {installed_digest}; remove and install it again, and look at `sluice audit verify`"
        ));
    }
    trust.judge(bytes, signature).err().map(|refusal| refusal.to_string())
}
