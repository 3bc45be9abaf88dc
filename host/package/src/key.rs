//! The public keys of those who sign.

use minisign_verify::PublicKey as VerifyingKey;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Base64 digits of a public key: two bytes of algorithm, eight of id, thirty-two of key.
const DIGITS: usize = 56;

/// The name that a key has in signatures, sixteen hexadecimal digits as minisign prints them. Whoever makes a key chooses
/// it, so that it finds a key but proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// Of the eight bytes in a key or a signature, least significant first.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(bytes.iter().rev().map(|byte| format!("{byte:02X}")).collect())
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no public key. It is not repeated: somebody may have given the secret one.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "that is no public key of minisign: one is a line of {DIGITS} characters that begins with RW, alone or as the second line of a .pub file"
)]
pub struct PublicKeyError;

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    id: KeyId,
    text: String,
}

impl PublicKey {
    /// Its name in signatures.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The key as one line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The file that minisign keeps it in.
    #[must_use]
    pub fn file(&self) -> String {
        format!("untrusted comment: minisign public key {}\n{}\n", self.id, self.text)
    }

    pub(crate) fn verifying(&self) -> &VerifyingKey {
        &self.key
    }
}

impl FromStr for PublicKey {
    type Err = PublicKeyError;

    /// A line with the key, or the file that minisign keeps it in.
    fn from_str(text: &str) -> Result<Self, PublicKeyError> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let first = lines.next().unwrap_or_default();
        let line = if first.starts_with("untrusted comment:") { lines.next() } else { Some(first) };
        let line = line.filter(|line| line.len() == DIGITS && lines.next().is_none());
        let line = line.ok_or(PublicKeyError)?;
        let key = VerifyingKey::from_base64(line).map_err(|_| PublicKeyError)?;
        // the other crate of the same author gives the id away
        let parsed = minisign::PublicKey::from_base64(line).map_err(|_| PublicKeyError)?;
        // one that is written in another way would be another key to whoever compares texts
        if parsed.to_base64() != line || !line.starts_with("RW") {
            return Err(PublicKeyError);
        }
        Ok(Self { key, id: KeyId::of(parsed.keynum()), text: line.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of minisign's own documentation.
    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    #[test]
    fn a_key_is_read_from_a_line_and_from_minisigns_file_and_has_minisigns_id() {
        let key: PublicKey = KEY.parse().unwrap();
        assert_eq!((key.id().as_str(), key.as_str()), ("E7620F1842B4E81F", KEY));
        let file = format!("untrusted comment: minisign public key E7620F1842B4E81F\n{KEY}\n");
        assert_eq!((file.parse(), key.file()), (Ok(key.clone()), file));
        assert_eq!(format!("  {KEY}\r\n").parse(), Ok(key));
    }

    #[test]
    fn anything_else_is_refused_without_being_repeated() {
        let cut = &KEY[..55];
        for text in [
            "",
            "RW",
            cut,
            &format!("{KEY}A"),
            &KEY.replace('R', "S"),
            &format!("{KEY}\n{KEY}"),
            "untrusted comment: x",
            &"é".repeat(28),
            &"=".repeat(56),
        ] {
            assert_eq!(text.parse::<PublicKey>(), Err(PublicKeyError), "{text}");
        }
        insta::assert_snapshot!(PublicKeyError, @"that is no public key of minisign: one is a line of 56 characters that begins with RW, alone or as the second line of a .pub file");
    }
}
