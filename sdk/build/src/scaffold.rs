//! A new layer: a crate that builds, with a test, a fixture and a README.

mod name;
mod sdk;

use std::path::{Path, PathBuf};
use std::{fs, io};

pub use name::{LayerName, NameFault};
pub use sdk::Sdk;

/// What a new layer judges, and so which example it begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// Each instrument alone.
    PerInstrument,
    /// Instruments against each other.
    CrossSection,
    /// The market as a whole.
    Market,
}

impl Template {
    fn layer(self) -> &'static str {
        match self {
            Self::PerInstrument => include_str!("../templates/per-instrument.rs.txt"),
            Self::CrossSection => include_str!("../templates/cross-section.rs.txt"),
            Self::Market => include_str!("../templates/market.rs.txt"),
        }
    }

    fn tests(self) -> &'static str {
        match self {
            Self::PerInstrument => include_str!("../templates/per-instrument.tests.txt"),
            Self::CrossSection => include_str!("../templates/cross-section.tests.txt"),
            Self::Market => include_str!("../templates/market.tests.txt"),
        }
    }

    /// What the tests use of the SDK beside the test kit.
    fn outcomes(self) -> &'static str {
        match self {
            Self::PerInstrument | Self::CrossSection => "use sluice_sdk::Outcome::{Abstain, Drop, Keep};\n",
            Self::Market => "",
        }
    }
}

/// A new layer that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// Something is there already.
    #[error("{} is there already: choose another folder with --path, or remove it first", .0.display())]
    Exists(PathBuf),
    /// A file could not be written.
    #[error("cannot {action} {}: {source}", .path.display())]
    File {
        /// "write", "make"…
        action: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ScaffoldError {
    fn file(action: &'static str, path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::File { action, path: path.to_owned(), source }
    }
}

/// Makes the crate of a new layer in `dir`, which must not be there or be empty. `unpacked` is the SDK's crate, which
/// [`Sdk::unpack`] wrote. The folder appears whole or not at all.
///
/// # Errors
/// Something is in the folder, or it cannot be written.
pub fn scaffold(
    name: &LayerName,
    template: Template,
    dir: &Path,
    sdk: &Sdk<'_>,
    unpacked: &Path,
) -> Result<(), ScaffoldError> {
    let is_empty = fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none());
    if dir.symlink_metadata().is_ok() && !is_empty {
        return Err(ScaffoldError::Exists(dir.to_owned()));
    }
    let filled = |text: &str| fill(text, name, template, sdk, unpacked);
    let files = [
        ("Cargo.toml", filled(include_str!("../templates/Cargo.toml.txt"))),
        ("Cargo.lock", sdk.lock.to_owned()),
        ("README.md", filled(include_str!("../templates/README.md.txt"))),
        (".gitignore", include_str!("../templates/gitignore.txt").to_owned()),
        ("src/lib.rs", filled(template.layer())),
        ("tests/fixture.rs", filled(include_str!("../templates/fixture.rs.txt"))),
        ("tests/bars.csv", include_str!("../templates/bars.csv.txt").to_owned()),
    ];
    sdk::whole(dir, files.iter().map(|(path, text)| (*path, text.as_str())))
}

fn fill(text: &str, name: &LayerName, template: Template, sdk: &Sdk<'_>, unpacked: &Path) -> String {
    let tests = template.tests().trim_end();
    text.replace("{{tests}}", tests)
        .replace("{{outcomes}}", template.outcomes())
        .replace("{{id}}", &name.id())
        .replace("{{name}}", name.name())
        .replace("{{crate}}", &name.crate_name())
        .replace("{{struct}}", &name.type_name())
        .replace("{{sdk_version}}", sdk.version)
        .replace("{{api}}", sdk.api)
        .replace("{{sdk_path}}", &quoted(&unpacked.to_string_lossy()))
}

/// A text as TOML has it between quotation marks.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
