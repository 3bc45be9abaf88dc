//! The name of a new layer: what the host takes as an id, cargo as a package, and the compiler as a type.

use std::str::FromStr;

/// Longest id, in bytes: the host's own limit.
const ID_BYTES: usize = 64;
/// The author of the layers inside the program.
const OWN_AUTHOR: &str = "sluice";
/// Names that cargo refuses for a package or that its folders have, and the dependencies of the new crate.
const TAKEN: [&str; 16] = [
    "test",
    "core",
    "std",
    "alloc",
    "proc-macro",
    "build",
    "deps",
    "examples",
    "incremental",
    "con",
    "prn",
    "aux",
    "nul",
    "sluice-sdk",
    "wit-bindgen",
    "layer",
];
/// Words of the language, of this and of coming editions.
const KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];
/// Types that the new crate uses of the SDK: one of its own of the same name would hide them.
const PRELUDE: [&str; 15] = [
    "About",
    "Alert",
    "BarsNeed",
    "Batch",
    "Fault",
    "Instrument",
    "Layer",
    "Needs",
    "Outcome",
    "Report",
    "Scope",
    "SettingFault",
    "Severity",
    "Side",
    "Verdict",
];

/// author/name of a new layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerName {
    author: String,
    name: String,
}

/// Why a text is no name of a new layer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" cannot be the name of a layer: {why}")]
pub struct NameFault {
    /// The text, cut and cleaned.
    pub given: String,
    /// Why, and what to do.
    pub why: String,
}

impl LayerName {
    /// author/name.
    pub fn id(&self) -> String {
        format!("{}/{}", self.author, self.name)
    }

    /// The name behind the author; also that of the package.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the compiler calls the crate.
    pub fn crate_name(&self) -> String {
        self.name.replace('-', "_")
    }

    /// What the layer's type is called.
    pub fn type_name(&self) -> String {
        let word = |word: &str| {
            let mut chars = word.chars();
            let first = chars.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(chars).collect::<String>()
        };
        let name: String = self.name.split('-').map(word).collect();
        if PRELUDE.contains(&name.as_str()) { format!("{name}Layer") } else { name }
    }
}

impl FromStr for LayerName {
    type Err = NameFault;

    fn from_str(text: &str) -> Result<Self, NameFault> {
        let fault = |why: String| NameFault {
            given: text.chars().take(ID_BYTES + 6).map(|c| if c.is_control() { '?' } else { c }).collect(),
            why,
        };
        let Some((author, name)) = text.split_once('/') else {
            return Err(fault("write AUTHOR/NAME, such as me/near-high".to_owned()));
        };
        for (what, word) in [("author", author), ("name", name)] {
            if !is_word(word) {
                return Err(fault(format!(
                    "its {what} is not in lower-case letters, digits and single hyphens, beginning with a letter"
                )));
            }
        }
        if text.len() > ID_BYTES {
            return Err(fault(format!("it has {} bytes, over the limit of {ID_BYTES}", text.len())));
        }
        if author == OWN_AUTHOR {
            return Err(fault(
                "the author sluice is that of the bundled layers: use a name of your own".to_owned(),
            ));
        }
        if KEYWORDS.contains(&name) || TAKEN.contains(&name) {
            return Err(fault(format!(
                "{name} is a word that Rust or cargo keep for themselves: add another, such as {name}-scan"
            )));
        }
        Ok(Self { author: author.to_owned(), name: name.to_owned() })
    }
}

fn is_word(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(fits)
        && !text.ends_with('-')
        && !text.contains("--")
}
