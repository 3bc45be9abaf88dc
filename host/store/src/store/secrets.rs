//! Secrets: stored sealed (XChaCha20-Poly1305 under a key derived from ours, a random nonce each, the name as associated
//! data), so that the database alone gives none away and none can be put under another name.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use super::{Store, now};
use crate::error::{StoreError, one_line};
use crate::ids::AuditAction;
use crate::key::{Key, Use};
use crate::records::AuditEntry;
use crate::rows::SecretRow;
use crate::secret::Secret;
use crate::sql::{Row, query, read_all};

/// Bytes of a nonce, long enough to be drawn at random.
const NONCE: usize = 24;

/// Longest name, in characters.
const LONGEST_NAME: usize = 64;

impl Store {
    /// Seals and stores a secret under a name, in place of one that was there.
    ///
    /// # Errors
    /// When the name is not 1 to 64 of `a-z 0-9 . _ -`, the key cannot be used, or the database fails.
    pub async fn set_secret(&self, name: &str, secret: &Secret) -> Result<(), StoreError> {
        const PUT: &str = "INSERT INTO secrets (name, sealed, key_name, set_at, set_by) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, key_name = excluded.key_name, \
             set_at = excluded.set_at, set_by = excluded.set_by";
        check_name(name)?;
        let doing = format!("store the secret {name}");
        let key = self.key()?;
        let sealed = seal(key, name, secret).ok_or_else(|| StoreError::Failed {
            doing: doing.clone(),
            database: self.url.to_string(),
            why: "the system gives no random numbers".to_owned(),
            advice: "nothing was written; try again",
        })?;
        let (sealed, key_name) = (&sealed, &key.name());
        self.once(&doing, |operation| async move {
            let Some(mut transaction) = self.begin(&operation).await? else { return Ok(()) };
            query(PUT)
                .bind(name)
                .bind(&sealed[..])
                .bind(key_name)
                .bind(now())
                .bind(&self.access.actor.name)
                .execute(&mut transaction)
                .await?;
            self.commit(transaction, &operation.id, &entry(AuditAction::SecretSet, name)).await
        })
        .await
    }

    /// Opens a secret; none when there is none of this name.
    ///
    /// # Errors
    /// When it was sealed with another key, does not open, or the database cannot be read.
    pub async fn secret(&self, name: &str) -> Result<Option<Secret>, StoreError> {
        const FIND: &str = "SELECT sealed, key_name FROM secrets WHERE name = $1";
        check_name(name)?;
        let doing = format!("read the secret {name}");
        let found = self
            .patiently(&doing, || async {
                let row = query(FIND).bind(name).optional(&self.pool).await?;
                Ok(row
                    .map(|row| Ok::<_, sqlx::Error>((row.get("sealed")?, row.get("key_name")?)))
                    .transpose()?)
            })
            .await?;
        let Some((sealed, theirs)): Option<(Vec<u8>, String)> = found else { return Ok(None) };
        let key = self.key()?;
        if theirs != key.name() {
            return Err(self.other_key(&format!("the secret {name}"), theirs, &key.name()));
        }
        let opened = open(key, name, &sealed);
        let unsealed = || StoreError::Sealed { name: name.to_owned(), database: self.url.to_string() };
        opened.map(Some).ok_or_else(unsealed)
    }

    /// The names of all secrets, ascending.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn secrets(&self) -> Result<Vec<SecretRow>, StoreError> {
        self.patiently("list secrets", || async {
            let rows = query("SELECT name, set_at, set_by FROM secrets").all(&self.pool).await?;
            let mut secrets = read_all(&rows, secret_row)?;
            // in the order of bytes, whatever the database's collation
            secrets.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(secrets)
        })
        .await
    }

    /// Removes a secret; tells whether there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_secret(&self, name: &str) -> Result<bool, StoreError> {
        check_name(name)?;
        let doing = format!("remove the secret {name}");
        self.once(&doing, |operation| async move {
            let Some(mut transaction) = self.begin(&operation).await? else { return Ok(true) };
            let removed =
                query("DELETE FROM secrets WHERE name = $1").bind(name).execute(&mut transaction).await?;
            if removed == 0 {
                return Ok(false);
            }
            self.commit(transaction, &operation.id, &entry(AuditAction::SecretRemoved, name)).await?;
            Ok(true)
        })
        .await
    }
}

fn secret_row(row: &Row) -> Result<SecretRow, sqlx::Error> {
    Ok(SecretRow { name: row.get("name")?, set_at: row.get("set_at")?, set_by: row.get("set_by")? })
}

/// What the audit log tells: the name, never the content.
fn entry(action: AuditAction, name: &str) -> AuditEntry {
    AuditEntry { action, subject: name.to_owned(), before_json: None, after_json: None }
}

fn check_name(name: &str) -> Result<(), StoreError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    if (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    let shown: String = one_line(name).chars().take(LONGEST_NAME).collect();
    Err(StoreError::BadSecretName { name: shown })
}

/// Nonce and ciphertext; none when there is no randomness.
fn seal(key: &Key, name: &str, secret: &Secret) -> Option<Vec<u8>> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).ok()?;
    let payload = Payload { msg: secret.expose().as_bytes(), aad: name.as_bytes() };
    let mut sealed = nonce.to_vec();
    sealed.extend(cipher(key).encrypt(&XNonce::from(nonce), payload).ok()?);
    Some(sealed)
}

fn open(key: &Key, name: &str, sealed: &[u8]) -> Option<Secret> {
    let (nonce, ciphertext) = sealed.split_at_checked(NONCE)?;
    let nonce = <[u8; NONCE]>::try_from(nonce).ok()?;
    let payload = Payload { msg: ciphertext, aad: name.as_bytes() };
    let text = cipher(key).decrypt(&XNonce::from(nonce), payload).ok()?;
    String::from_utf8(text).ok().map(Secret::new)
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(*key.derive(Use::Seal)).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::KeySource;
    use std::path::Path;

    fn key(digit: char) -> Key {
        let digits: String = std::iter::repeat_n(digit, 64).collect();
        KeySource::given(&digits, Path::new("h")).unwrap().load(false).unwrap()
    }

    #[test]
    fn a_secret_opens_with_its_key_and_name_only_and_never_seals_twice_alike() {
        let secret = Secret::new("pa55 wörd".to_owned());
        let sealed = seal(&key('1'), "feed", &secret).unwrap();
        assert_eq!(open(&key('1'), "feed", &sealed), Some(secret.clone()));
        assert_eq!(open(&key('2'), "feed", &sealed), None);
        assert_eq!(open(&key('1'), "other", &sealed), None);
        assert_ne!(seal(&key('1'), "feed", &secret).unwrap(), sealed);
        assert!(!sealed.windows(4).any(|window| window == b"pa55"));
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert_eq!(open(&key('1'), "feed", &changed), None, "byte {position}");
        }
        assert_eq!(open(&key('1'), "feed", &sealed[..10]), None);
    }

    #[test]
    fn names_are_plain() {
        for name in ["a", "feed.polygon-2_x", &"a".repeat(64)] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", "A", "a b", "a'b", "ä", "a\0", "a/b", &"a".repeat(65)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
