//! The command line of `sluice secret`.

use clap::Subcommand;
use std::fmt;
use std::str::FromStr;

/// Longest name, in characters.
const LONGEST: usize = 64;

/// What to do with secrets.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  sluice secret list")]
pub enum Secret {
    /// Store a secret under a name, in the place of one that is there
    #[command(after_help = "\
The value is read from stdin, without its last end of line, or typed without being shown. It is never an argument: \
those are seen by everybody on the machine and kept by the shell.

Examples:
  sluice secret set provider.key
  sluice secret set provider.key < key.txt")]
    Set {
        /// 1 to 64 of a–z, 0–9, dot, underscore and dash
        name: SecretName,
    },
    /// The names, when they were set and by whom; never a value
    #[command(after_help = "Example: sluice secret list")]
    List,
    /// Remove a secret
    #[command(after_help = "Example: sluice secret remove provider.key")]
    Remove {
        /// Its name
        name: SecretName,
    },
}

/// Name of a secret: 1 to 64 of a–z, 0–9, dot, underscore and dash.
#[derive(Debug, Clone)]
pub struct SecretName(String);

/// A text that names no secret. It is not repeated: it may be the secret itself.
#[derive(Debug, thiserror::Error)]
#[error("a secret's name is 1 to 64 of a–z, 0–9, dot, underscore and dash")]
pub struct NameError;

impl SecretName {
    /// As a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SecretName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        match (1..=LONGEST).contains(&name.len()) && name.chars().all(fits) {
            true => Ok(Self(name.to_owned())),
            false => Err(NameError),
        }
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for name in ["a", "provider.key", "web_hook-2", &"x".repeat(64)] {
            assert_eq!(name.parse::<SecretName>().unwrap().as_str(), name);
        }
        for name in
            ["", "Key", "a b", "a/b", "schlüssel", "a\0", "'; DROP TABLE secrets; --", &"x".repeat(65)]
        {
            assert!(name.parse::<SecretName>().is_err(), "{name}");
        }
    }
}
