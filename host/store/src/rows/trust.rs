//! Keys whose signatures count, and where a layer came from.

/// A key that is trusted, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKeyRow {
    /// The key as one line.
    pub public_key: String,
    /// Its id.
    pub key_id: String,
    /// Whose it is.
    pub name: String,
    /// When it was added.
    pub added_at: i64,
    /// By whom.
    pub added_by: String,
    /// When it was taken out of trust; none: it is trusted.
    pub removed_at: Option<i64>,
}

/// Where an installed layer came from and who signed it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provenance {
    /// A path, a URL or a reference in a registry; none of layers that were installed before this was kept.
    pub source: Option<String>,
    /// The signature, as the text of its file.
    pub signature: Option<String>,
    /// The id of the key that it was made with.
    pub signer: Option<String>,
    /// Whose key that was when the layer was installed.
    pub signer_name: Option<String>,
}
