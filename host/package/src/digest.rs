//! What a component is known by: the SHA-256 of its bytes.

use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Hexadecimal digits of a digest.
const DIGITS: usize = 64;

/// The word before the digits.
const ALGORITHM: &str = "sha256:";

/// A SHA-256 digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest(String);

/// A text that is no digest.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "a digest is sha256: and {DIGITS} hexadecimal digits, as `sluice layer check` and sha256sum print them"
)]
pub struct DigestError;

impl Digest {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Its digits, in lower case, without the name of the algorithm.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let digits = text.strip_prefix(ALGORITHM).ok_or(DigestError)?;
        match digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            true => Ok(Self(digits.to_ascii_lowercase())),
            false => Err(DigestError),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ALGORITHM}{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_as_it_is_printed() {
        let digest = Digest::of(b"abc");
        let text = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.parse(), Ok(digest.clone()));
        assert_eq!(text.to_uppercase().replace("SHA256", "sha256").parse(), Ok(digest));
        for text in ["", "sha256:", &text[..70], &text[7..], &text.replace('b', "g"), &format!("{text}0")] {
            assert_eq!(text.parse::<Digest>(), Err(DigestError), "{text}");
        }
    }
}
