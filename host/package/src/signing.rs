//! Secret keys, and signing with them.

use crate::key::PublicKey;
use minisign::{KeyPair, SecretKey, SecretKeyBox};
use thiserror::Error;
use zeroize::Zeroize;

/// What the second line of a key file begins with when a password protects it: Ed25519 and scrypt in base64. Without one
/// there are zeros in the second place.
const ENCRYPTED: &str = "RWRTY";

/// A password, wiped when it is dropped.
pub struct Password(String);

impl Password {
    /// Keeps a text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Whether nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether both are the same.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Drop for Password {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Why nothing can be signed.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SigningError {
    /// Not one of minisign's secret keys.
    #[error("it is no secret key of minisign: `sluice trust new-key FILE` makes one")]
    Format,
    /// The key does not open with this password, or is damaged.
    #[error("it does not open with this password")]
    Password,
    /// The key has a damaged checksum.
    #[error("it is damaged: its checksum is wrong; take a copy of it")]
    Damaged,
    /// The system gives no random numbers, or no memory.
    #[error("no key can be made or used: {0}")]
    System(String),
}

/// A key pair that was just made, as the texts of its two files.
pub struct NewKey {
    /// The secret half, for its owner only.
    pub secret: String,
    /// The public half.
    pub public: PublicKey,
}

impl NewKey {
    /// Makes one; without a password the secret half can be used by whoever reads it.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn generate(password: Option<&Password>) -> Result<Self, SigningError> {
        let system = |error: minisign::PError| SigningError::System(error.to_string());
        let pair = match password {
            Some(password) => KeyPair::generate_encrypted_keypair(Some(password.0.clone())),
            None => KeyPair::generate_unencrypted_keypair(),
        };
        let KeyPair { pk, sk } = pair.map_err(system)?;
        let public: PublicKey = pk.to_base64().parse().map_err(|_| SigningError::Format)?;
        let comment = format!("minisign secret key {}", public.id());
        Ok(Self { secret: sk.to_box(Some(&comment)).map_err(system)?.into_string(), public })
    }
}

/// A secret key, ready to sign.
pub struct SigningKey {
    secret: SecretKey,
    public: PublicKey,
}

impl SigningKey {
    /// Whether the key in this file is protected by a password.
    #[must_use]
    pub fn is_encrypted(file: &str) -> bool {
        file.lines().nth(1).is_some_and(|line| line.starts_with(ENCRYPTED))
    }

    /// Opens the key in a file of minisign's; the password is not looked at when none protects it.
    ///
    /// # Errors
    /// When it is no such file, or does not open.
    pub fn open(file: &str, password: Option<&Password>) -> Result<Self, SigningError> {
        let key = SecretKeyBox::from_string(file).map_err(|_| SigningError::Format)?;
        let secret = match (Self::is_encrypted(file), password) {
            (true, Some(password)) => key.into_secret_key(Some(password.0.clone())),
            (true, None) => return Err(SigningError::Password),
            (false, _) => key.into_unencrypted_secret_key(),
        };
        let secret = secret.map_err(|error| match (error.kind(), Self::is_encrypted(file)) {
            (minisign::ErrorKind::Verify, true) => SigningError::Password,
            (minisign::ErrorKind::Verify, false) => SigningError::Damaged,
            (minisign::ErrorKind::KDF, _) => SigningError::System(error.to_string()),
            _ => SigningError::Format,
        })?;
        let public = minisign::PublicKey::from_secret_key(&secret).map_err(|_| SigningError::Format)?;
        let public = public.to_base64().parse().map_err(|_| SigningError::Format)?;
        Ok(Self { secret, public })
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The signature of these bytes, as the text of its file. `about` is signed with them; `untrusted` is not.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn sign(&self, bytes: &[u8], about: &str, untrusted: &str) -> Result<String, SigningError> {
        minisign::sign(None, &self.secret, bytes, Some(about), Some(untrusted))
            .map(minisign::SignatureBox::into_string)
            .map_err(|error| SigningError::System(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::Signature;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned())
    }

    #[test]
    fn what_is_signed_with_a_key_is_right_with_its_public_half_only() {
        let (new, other) = (NewKey::generate(None).unwrap(), NewKey::generate(None).unwrap());
        let key = SigningKey::open(&new.secret, None).unwrap();
        assert_eq!(key.public(), &new.public);
        let text = key.sign(b"component", "me/x@1.0.0 sha256:aa", "of me/x").unwrap();
        let signature: Signature = text.parse().unwrap();
        assert!(signature.is_of(b"component", &new.public));
        assert!(!signature.is_of(b"componenT", &new.public));
        assert!(!signature.is_of(b"component", &other.public));
        assert_eq!(signature.comment(), "me/x@1.0.0 sha256:aa");
        assert!(text.starts_with("untrusted comment: of me/x\n"), "{text}");
    }

    #[test]
    fn a_protected_key_opens_with_its_password_only() {
        let new = NewKey::generate(Some(&password("pä55"))).unwrap();
        assert!(SigningKey::is_encrypted(&new.secret));
        assert_eq!(SigningKey::open(&new.secret, Some(&password("pä55"))).unwrap().public(), &new.public);
        for wrong in [Some(password("pa55")), Some(password("")), None] {
            assert_eq!(SigningKey::open(&new.secret, wrong.as_ref()).err(), Some(SigningError::Password));
        }
    }

    #[test]
    fn a_key_without_a_password_ignores_one_and_a_damaged_one_is_told() {
        let new = NewKey::generate(None).unwrap();
        assert!(!SigningKey::is_encrypted(&new.secret));
        assert!(SigningKey::open(&new.secret, Some(&password("x"))).is_ok());
        let at = new.secret.len() - 60;
        let swapped = if new.secret.as_bytes()[at] == b'A' { "B" } else { "A" };
        let mut damaged = new.secret.clone();
        damaged.replace_range(at..=at, swapped);
        assert_eq!(SigningKey::open(&damaged, None).err(), Some(SigningError::Damaged));
    }

    #[test]
    fn other_files_are_no_secret_keys() {
        let public = NewKey::generate(None).unwrap().public;
        for text in ["", "x", "untrusted comment: x\n", "untrusted comment: x\nRWRTY", &public.file()] {
            assert!(
                matches!(
                    SigningKey::open(text, Some(&password("x"))).err(),
                    Some(SigningError::Format | SigningError::Damaged)
                ),
                "{text}"
            );
        }
    }
}
