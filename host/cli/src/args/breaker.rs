//! The command line of `sluice breaker`.

use clap::{Args, Subcommand};
use sluice_engine::breaker::TEXT_BYTES;
use sluice_runtime::text;
use std::fmt;
use std::str::FromStr;

/// Longest part of a layer's id that a message repeats, in bytes.
const SHOWN: usize = 64;

/// Hexadecimal digits of a whole digest.
const DIGITS: usize = 64;

/// What to do with breakers.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  sluice breaker list
  sluice breaker show sluice/volume
  sluice breaker trip sluice/volume --reason 'too loud'")]
pub enum Breaker {
    /// Layers that are not called, or that faulted of late
    #[command(after_help = "\
A layer that faults too often is not called for a while (open), then by one scan that tries it \
(half-open), then by all again (closed), or by none until `sluice breaker reset` (quarantined). \
`[breakers]` in sluice.toml sets the numbers.

Examples:
  sluice breaker list
  sluice breaker list --all --format json")]
    List {
        /// Also those that are closed and count no faults
        #[arg(long)]
        all: bool,
    },
    /// Everything about the breakers of one layer
    #[command(after_help = "Example: sluice breaker show sluice/volume")]
    Show(Which),
    /// Let a layer be called again, and forget what counted against it
    #[command(after_help = "\
Examples:
  sluice breaker reset sluice/volume                   every component of it that is not called
  sluice breaker reset sluice/volume --digest 3fa9c1")]
    Reset(Which),
    /// Keep a layer from being called until it is reset
    #[command(after_help = "\
Without --digest it is the component that a scan would call now. The layer's `when-open` in \
sluice.toml says what scans do without it.

Example: sluice breaker trip sluice/volume --reason 'wrong on half days, see ticket 17'")]
    Trip {
        /// Of which component
        #[command(flatten)]
        which: Which,
        /// Why; scans repeat it
        #[arg(long, value_name = "TEXT")]
        reason: Reason,
    },
}

/// A layer, or one of its components.
#[derive(Debug, Args)]
pub struct Which {
    /// The layer
    #[arg(value_name = "AUTHOR/NAME")]
    pub layer: LayerId,
    /// Only the component whose digest begins so
    #[arg(long, value_name = "PREFIX")]
    pub digest: Option<DigestPrefix>,
}

/// What could be the id of a layer.
#[derive(Debug, Clone)]
pub struct LayerId(String);

/// The beginning of a component's digest: 1 to 64 hexadecimal digits.
#[derive(Debug, Clone)]
pub struct DigestPrefix(String);

/// An operator's reason: not blank, not too long.
#[derive(Debug, Clone)]
pub struct Reason(String);

impl LayerId {
    /// As a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl DigestPrefix {
    /// Whether a digest begins with it.
    pub fn fits(&self, digest: &str) -> bool {
        digest.starts_with(&self.0)
    }
}

impl Reason {
    /// As a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LayerId {
    type Err = String;

    fn from_str(id: &str) -> Result<Self, String> {
        let whole = id.split_once('/').is_some_and(|(author, name)| !author.is_empty() && !name.is_empty());
        match whole && !id.contains(['@', ' ']) && !id.contains(text::is_unprintable) {
            true => Ok(Self(id.to_owned())),
            false => Err(format!("{} is no layer: give author/name", text::line(id, SHOWN))),
        }
    }
}

impl FromStr for DigestPrefix {
    type Err = &'static str;

    fn from_str(digits: &str) -> Result<Self, &'static str> {
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        match hexadecimal && (1..=DIGITS).contains(&digits.len()) {
            true => Ok(Self(digits.to_ascii_lowercase())),
            false => Err("the beginning of a digest is 1 to 64 hexadecimal digits"),
        }
    }
}

impl FromStr for Reason {
    type Err = String;

    fn from_str(reason: &str) -> Result<Self, String> {
        let reason = reason.trim();
        match reason.len() {
            0 => Err("a reason is not blank: scans repeat it, and the audit log keeps it".to_owned()),
            1..=TEXT_BYTES => Ok(Self(reason.to_owned())),
            long => Err(format!("a reason has at most {TEXT_BYTES} bytes, this one has {long}")),
        }
    }
}

impl fmt::Display for LayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for DigestPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_author_and_name_and_nothing_else() {
        assert_eq!("sluice/volume".parse::<LayerId>().unwrap().as_str(), "sluice/volume");
        for id in ["", "volume", "/", "a/", "/b", "a/b@1.0.0", "a /b", "a/b\n", "a/\u{202e}b"] {
            assert!(id.parse::<LayerId>().is_err(), "{id:?}");
        }
    }

    #[test]
    fn a_digest_is_begun_in_hexadecimal_of_any_case() {
        let prefix: DigestPrefix = "3FA9".parse().unwrap();
        assert!(prefix.fits("3fa9c1") && !prefix.fits("3fb9c1") && !prefix.fits("3fa"));
        for digits in ["", "xyz", "3f a9", &"0".repeat(65)] {
            assert!(digits.parse::<DigestPrefix>().is_err(), "{digits}");
        }
    }

    #[test]
    fn a_reason_is_neither_blank_nor_endless() {
        assert_eq!(" it lies ".parse::<Reason>().unwrap().as_str(), "it lies");
        assert!("x".repeat(500).parse::<Reason>().is_ok());
        assert_eq!(
            "x".repeat(501).parse::<Reason>().unwrap_err(),
            "a reason has at most 500 bytes, this one has 501"
        );
        assert!(" \t".parse::<Reason>().is_err());
    }
}
