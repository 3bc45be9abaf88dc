//! Signatures in minisign's format: Ed25519 over the BLAKE2b hash of a file, and over that signature with a comment.

use crate::key::{KeyId, PublicKey};
use minisign::SignatureBox;
use minisign_verify::Signature as Verifiable;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The longest text that is taken for a signature, in bytes: one has some 300, and comments.
pub const SIGNATURE_BYTES: usize = 8 << 10;

/// Longest comment that is shown, in bytes.
const COMMENT_BYTES: usize = 300;

/// Why a text is no signature.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureError {
    /// Not one of minisign's.
    #[error("it is not in minisign's format")]
    Format,
    /// Longer than any signature.
    #[error("it has more than {SIGNATURE_BYTES} bytes")]
    TooLong,
    /// Over the file itself, as before minisign 0.8.
    #[error("it is of the old kind, without a hash: sign the file again with minisign 0.10 or newer")]
    Legacy,
}

/// A signature, well formed; whether it is right only [`Signature::is_of`] tells.
#[derive(Clone)]
pub struct Signature {
    signature: Verifiable,
    id: KeyId,
    text: String,
}

impl Signature {
    /// The id of the key that it says it was made with.
    #[must_use]
    pub fn key_id(&self) -> &KeyId {
        &self.id
    }

    /// The file that it stands in.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What its maker says of the file; to be believed only when the signature is right. On one line, harmless.
    #[must_use]
    pub fn comment(&self) -> String {
        sluice_text::line(self.signature.trusted_comment(), COMMENT_BYTES)
    }

    /// Whether it was made of these bytes with this key.
    #[must_use]
    pub fn is_of(&self, bytes: &[u8], key: &PublicKey) -> bool {
        key.id() == &self.id && key.verifying().verify(bytes, &self.signature, false).is_ok()
    }
}

impl FromStr for Signature {
    type Err = SignatureError;

    fn from_str(text: &str) -> Result<Self, SignatureError> {
        if text.len() > SIGNATURE_BYTES {
            return Err(SignatureError::TooLong);
        }
        let signature = Verifiable::decode(text).map_err(|_| SignatureError::Format)?;
        let parsed = SignatureBox::from_string(text).map_err(|_| SignatureError::Format)?;
        if !parsed.is_prehashed() {
            return Err(SignatureError::Legacy);
        }
        Ok(Self { signature, id: KeyId::of(parsed.keynum()), text: text.to_owned() })
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signature").field(&self.id).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    /// Made by minisign of the file `test`, from the documentation of its crates.
    const BY_MINISIGN: &str = "untrusted comment: signature from minisign secret key
RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=
trusted comment: timestamp:1633700835\tfile:test\tprehashed
wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==
";

    #[test]
    fn a_signature_by_minisign_is_right_of_its_file_only() {
        let signature: Signature = BY_MINISIGN.parse().unwrap();
        let key: PublicKey = KEY.parse().unwrap();
        assert_eq!(signature.key_id().as_str(), "E7620F1842B4E81F");
        assert_eq!(signature.comment(), "timestamp:1633700835 file:test prehashed");
        assert!(signature.is_of(b"test", &key));
        assert!(!signature.is_of(b"Test", &key));
        assert!(!signature.is_of(b"", &key));
    }

    #[test]
    fn a_signature_with_any_character_changed_is_no_signature_or_a_wrong_one() {
        let key: PublicKey = KEY.parse().unwrap();
        // the first line is not signed
        let signed = BY_MINISIGN.find('\n').unwrap() + 1;
        for at in signed..BY_MINISIGN.len() - 1 {
            let mut bytes = BY_MINISIGN.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let text = String::from_utf8(bytes).unwrap();
            let right = text.parse::<Signature>().is_ok_and(|signature| signature.is_of(b"test", &key));
            assert!(!right, "character {at} of {text}");
        }
    }

    #[test]
    fn damaged_texts_are_refused_wherever_they_end() {
        for end in 0..BY_MINISIGN.len() - 2 {
            let refused = BY_MINISIGN[..end].parse::<Signature>();
            assert!(refused.is_err(), "{end}");
        }
        let long = format!("{BY_MINISIGN}{}", "x".repeat(SIGNATURE_BYTES));
        assert_eq!(long.parse::<Signature>().unwrap_err(), SignatureError::TooLong);
        let legacy = BY_MINISIGN.replacen("RUQf", "RWQf", 1);
        assert_eq!(legacy.parse::<Signature>().unwrap_err(), SignatureError::Legacy);
    }
}
