//! Lists of instruments.

/// A list, without its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow {
    /// Its name.
    pub name: String,
    /// No scan looks at its instruments.
    pub excludes: bool,
    /// How many instruments are on it.
    pub entries: u64,
    /// When it was made.
    pub made_at: i64,
    /// By whom.
    pub made_by: String,
}

/// An instrument on a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListEntry {
    /// Its ticker when it was added.
    pub symbol: String,
    /// Its permanent identity; none when nobody knew it then.
    pub ident: Option<String>,
}

/// What a change of a list came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListChange {
    /// Tickers that were not on it before.
    pub added: Vec<String>,
    /// Tickers that were on it.
    pub removed: Vec<String>,
}
