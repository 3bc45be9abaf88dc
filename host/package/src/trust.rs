//! What an operator trusts: whose signatures count, and whether a file without one does.

use crate::key::{KeyId, PublicKey};
use crate::signature::{Signature, SignatureError};
use std::fmt;
use thiserror::Error;

/// What a file must have to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Requirement {
    /// Nothing. A signature that is there must be right all the same.
    #[default]
    None,
    /// The signature of somebody who is trusted.
    Signed,
}

impl Requirement {
    /// The word that `sluice.toml` has for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Signed => "signed",
        }
    }
}

/// A key that an operator knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// Whose it is.
    pub name: String,
    /// The key.
    pub key: PublicKey,
    /// It was trusted once and is no more.
    pub is_removed: bool,
}

/// Who signed a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The id of the key.
    pub key: KeyId,
    /// Whose key it is; none when nobody here knows.
    pub name: Option<String>,
    /// What the signature says of the file; only of a known key, since it is not to be believed otherwise.
    pub comment: Option<String>,
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} (key {})", self.key),
            None => write!(f, "key {}, which nobody here knows", self.key),
        }
    }
}

/// A file that may be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judged {
    /// Who signed it; none when it is not signed.
    pub signer: Option<Signer>,
    /// What an operator should know; it follows the file's name.
    pub warning: Option<String>,
}

/// Why a file may not be used; it follows the file's name.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// No signature, though one is required.
    #[error(
        "it is not signed, and [trust] in sluice.toml requires that: get its .minisig file from its author, or look at it and sign it yourself with `sluice layer sign`"
    )]
    Unsigned,
    /// Something else in the place of a signature.
    #[error("its signature cannot be read: {0}; get its .minisig file again")]
    Unreadable(SignatureError),
    /// The key is one that is not trusted.
    #[error(
        "it is signed with key {key}, which is not trusted: compare the key with the one that its author publishes, then `sluice trust add PUBLICKEY --name WHO`"
    )]
    UnknownKey {
        /// The key.
        key: KeyId,
    },
    /// The key is one that was trusted once.
    #[error(
        "it is signed with key {key} of {name}, which was taken out of trust: get it signed with another key, or `sluice trust add` the key again"
    )]
    RemovedKey {
        /// The key.
        key: KeyId,
        /// Whose it is.
        name: String,
    },
    /// The signature is not of this file.
    #[error(
        "its signature by {name} (key {key}) is not of this file: one of them was altered, or belongs to another build; get both again"
    )]
    Altered {
        /// The key.
        key: KeyId,
        /// Whose it is.
        name: String,
    },
}

/// What is required, and the keys that are known.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// What a file must have.
    pub requirement: Requirement,
    /// The keys that are trusted, and those that were.
    pub keys: Vec<TrustedKey>,
}

impl Trust {
    /// Whether a file with this signature may be used.
    ///
    /// # Errors
    /// When a signature is required and there is none, or it is by nobody who is trusted; and whatever is required, when
    /// one is there that cannot be read or is wrong.
    pub fn judge(&self, bytes: &[u8], signature: Option<&str>) -> Result<Judged, Refusal> {
        let is_required = self.requirement == Requirement::Signed;
        let Some(text) = signature else {
            return if is_required { Err(Refusal::Unsigned) } else { Ok(Judged::default()) };
        };
        let signature: Signature = text.parse().map_err(Refusal::Unreadable)?;
        let key = signature.key_id().clone();
        // those that are trusted first; an id is no proof, so that there may be several
        let mut known: Vec<&TrustedKey> = self.keys.iter().filter(|known| known.key.id() == &key).collect();
        known.sort_by_key(|known| known.is_removed);
        let Some(first) = known.first() else {
            if is_required {
                return Err(Refusal::UnknownKey { key });
            }
            let warning = format!(
                "it is signed with key {key}, which nobody here knows, so that the signature says nothing: `sluice trust add` makes it known"
            );
            let signer = Signer { key, name: None, comment: None };
            return Ok(Judged { signer: Some(signer), warning: Some(warning) });
        };
        let Some(owner) = known.iter().find(|known| signature.is_of(bytes, &known.key)) else {
            return Err(Refusal::Altered { key, name: first.name.clone() });
        };
        let name = owner.name.clone();
        if owner.is_removed && is_required {
            return Err(Refusal::RemovedKey { key, name });
        }
        let warning = owner
            .is_removed
            .then(|| format!("it is signed with key {key} of {name}, which was taken out of trust"));
        let signer = Signer { key, name: Some(name), comment: Some(signature.comment()) };
        Ok(Judged { signer: Some(signer), warning })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::{NewKey, SigningKey};

    fn key() -> (SigningKey, PublicKey) {
        let new = NewKey::generate(None).unwrap();
        (SigningKey::open(&new.secret, None).unwrap(), new.public)
    }

    fn trust(requirement: Requirement, keys: &[(&str, &PublicKey, bool)]) -> Trust {
        let known = |(name, key, is_removed): &(&str, &PublicKey, bool)| TrustedKey {
            name: (*name).to_owned(),
            key: (*key).clone(),
            is_removed: *is_removed,
        };
        Trust { requirement, keys: keys.iter().map(known).collect() }
    }

    #[test]
    fn a_signature_that_is_required_must_be_there_right_and_by_a_trusted_key() {
        let (ann, ann_key) = key();
        let (bob, bob_key) = key();
        let by = |key: &SigningKey| key.sign(b"layer", "about", "x").unwrap();
        let trust = trust(Requirement::Signed, &[("ann", &ann_key, false), ("bob", &bob_key, true)]);
        let judged = trust.judge(b"layer", Some(&by(&ann))).unwrap();
        assert_eq!(judged.signer.unwrap().to_string(), format!("ann (key {})", ann_key.id()));
        assert_eq!(judged.warning, None);
        let refused = |bytes: &[u8], signature: Option<&str>| trust.judge(bytes, signature).unwrap_err();
        assert_eq!(refused(b"layer", None), Refusal::Unsigned);
        let (stranger, stranger_key) = key();
        assert_eq!(
            refused(b"layer", Some(&by(&stranger))),
            Refusal::UnknownKey { key: stranger_key.id().clone() }
        );
        assert_eq!(
            refused(b"layer", Some(&by(&bob))),
            Refusal::RemovedKey { key: bob_key.id().clone(), name: "bob".to_owned() }
        );
        assert_eq!(
            refused(b"Layer", Some(&by(&ann))),
            Refusal::Altered { key: ann_key.id().clone(), name: "ann".to_owned() }
        );
        assert_eq!(refused(b"layer", Some("hello")), Refusal::Unreadable(SignatureError::Format));
    }

    #[test]
    fn one_that_is_not_required_must_be_right_when_it_is_there() {
        let (ann, ann_key) = key();
        let (stranger, stranger_key) = key();
        let trust = trust(Requirement::None, &[("ann", &ann_key, false)]);
        assert_eq!(trust.judge(b"layer", None), Ok(Judged::default()));
        let signed = ann.sign(b"layer", "about", "x").unwrap();
        assert!(matches!(trust.judge(b"other", Some(&signed)), Err(Refusal::Altered { .. })));
        assert!(matches!(trust.judge(b"layer", Some("")), Err(Refusal::Unreadable(_))));
        let unknown = trust.judge(b"layer", Some(&stranger.sign(b"layer", "about", "x").unwrap())).unwrap();
        assert_eq!(
            unknown.signer,
            Some(Signer { key: stranger_key.id().clone(), name: None, comment: None })
        );
        assert!(unknown.warning.unwrap().contains("which nobody here knows"));
    }

    #[test]
    fn a_key_with_the_id_of_another_signs_for_nobody_else() {
        let (ann, ann_key) = key();
        let (_, other) = key();
        // the same id before another key
        let digits = [&ann_key.as_str()[..14], &other.as_str()[14..]].concat();
        let forged: PublicKey = digits.parse().unwrap();
        let trust = trust(Requirement::Signed, &[("mallory", &forged, false), ("ann", &ann_key, false)]);
        let signed = ann.sign(b"layer", "about", "x").unwrap();
        assert_eq!(trust.judge(b"layer", Some(&signed)).unwrap().signer.unwrap().name.unwrap(), "ann");
    }
}
