//! The key: 32 random bytes outside the database, in a file that only its owner can read or in an environment
//! variable. What signs the audit log, what seals secrets and what encrypts a SQLite file are derived from it.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use crate::error::{StoreError, one_line};
use crate::hex;
use crate::part::Part;

/// Name of the key file in a home folder.
const KEY_FILE: &str = "sluice.key";

/// Name of the file of newest hashes, beside the key.
const HEADS_FILE: &str = "audit.heads";

/// Bytes of the key.
const LENGTH: usize = 32;

/// Characters of a key's name: enough to tell keys apart, too few to guess one.
const NAME_LENGTH: usize = 12;

/// Nobody but the owner may do anything with a key file.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// Where the key is. It is read, and its file made, when it is first needed.
#[derive(Clone)]
pub struct KeySource {
    key: Place,
    heads: PathBuf,
}

#[derive(Clone)]
enum Place {
    File(PathBuf),
    Given(Key),
}

/// The key itself.
#[derive(Clone)]
pub(crate) struct Key(Zeroizing<[u8; LENGTH]>);

/// What a key is derived for; each use has a key of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Use {
    /// Signing rows of the audit log.
    Audit,
    /// Sealing secrets.
    Seal,
    /// Encrypting a SQLite file.
    File,
    /// Naming the key.
    Name,
}

impl KeySource {
    /// `sluice.key` in a home folder, made when it is first needed.
    #[must_use]
    pub fn in_home(home: &Path) -> Self {
        Self { key: Place::File(home.join(KEY_FILE)), heads: home.join(HEADS_FILE) }
    }

    /// A key file, made when it is first needed. The newest hashes of audit logs are kept beside it.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self { key: Place::File(path.to_owned()), heads: path.with_file_name(HEADS_FILE) }
    }

    /// A key of 64 hexadecimal digits; the newest hashes of audit logs are kept in `home`.
    ///
    /// # Errors
    /// When it is something else. The message does not repeat it.
    pub fn given(digits: &str, home: &Path) -> Result<Self, StoreError> {
        let key = parse(digits).ok_or(StoreError::BadKey { place: "the key given".to_owned() })?;
        Ok(Self { key: Place::Given(key), heads: home.join(HEADS_FILE) })
    }

    /// File of the newest hashes.
    pub(crate) fn heads(&self) -> &Path {
        &self.heads
    }

    /// Reads the key; a missing file is made when `make` says so.
    pub(crate) fn load(&self, make: bool) -> Result<Key, StoreError> {
        let path = match &self.key {
            Place::Given(key) => return Ok(key.clone()),
            Place::File(path) => path,
        };
        match read(path) {
            Err(Trouble::Io(error)) if error.kind() == ErrorKind::NotFound && make => {
                create(path).and_then(|()| read(path))
            }
            other => other,
        }
        .map_err(|trouble| trouble.explain(path))
    }
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Place::File(path) => write!(f, "KeySource({})", path.display()),
            Place::Given(_) => f.write_str("KeySource(given)"),
        }
    }
}

impl Key {
    /// The key for one use (HMAC of the use's name, so that none can be computed from another).
    pub(crate) fn derive(&self, what: Use) -> Zeroizing<[u8; LENGTH]> {
        let label: &[u8] = match what {
            Use::Audit => b"sluice audit log 1",
            Use::Seal => b"sluice sealed secrets 1",
            Use::File => b"sluice database file 1",
            Use::Name => b"sluice name of the key 1",
        };
        let mut derived = Zeroizing::new([0; LENGTH]);
        let mut mac = keyed(&self.0[..]);
        mac.update(label);
        derived.copy_from_slice(&mac.finalize().into_bytes());
        derived
    }

    /// What tells this key from others without giving anything of it away.
    pub(crate) fn name(&self) -> String {
        let mut name = hex::encode(&self.derive(Use::Name)[..]);
        name.truncate(NAME_LENGTH);
        name
    }
}

/// HMAC-SHA-256 (RFC 2104) under a key.
pub(crate) fn keyed(key: &[u8]) -> Hmac<Sha256> {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mac) => mac,
        // HMAC takes keys of every length (RFC 2104, section 2); the signature says otherwise for other MACs
        Err(_) => unreachable!("HMAC takes a key of any length"),
    }
}

/// Why a key file is of no use.
enum Trouble {
    Io(io::Error),
    #[cfg(unix)]
    Readable(u32),
    Content,
}

impl Trouble {
    fn explain(self, path: &Path) -> StoreError {
        let place = one_line(&path.display().to_string());
        match self {
            Self::Content => StoreError::BadKey { place: format!("key file {place}") },
            #[cfg(unix)]
            Self::Readable(mode) => StoreError::Key {
                place,
                why: format!("others may use it (mode {mode:03o})"),
                advice: "make it its owner's only: chmod 600",
            },
            Self::Io(error) => StoreError::Key {
                place,
                why: one_line(&error.to_string()),
                advice: match error.kind() {
                    ErrorKind::NotFound => {
                        "create its folder first, or name the key file that this database belongs to"
                    }
                    ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
                        "make it readable (and its folder writable for a new one), or name another key file"
                    }
                    _ => "check the file and try again",
                },
            },
        }
    }
}

fn read(path: &Path) -> Result<Key, Trouble> {
    let mut file = File::open(path).map_err(Trouble::Io)?;
    #[cfg(unix)]
    {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&file.metadata().map_err(Trouble::Io)?.permissions());
        if mode & OTHERS != 0 {
            return Err(Trouble::Readable(mode & 0o777));
        }
    }
    // one more than a key and its line end take, so that a longer file is noticed
    let mut text = Zeroizing::new(String::with_capacity(2 * LENGTH + 4));
    let read = (&mut file).take(2 * LENGTH as u64 + 3).read_to_string(&mut text);
    match read {
        Ok(_) => parse(text.trim_end()).ok_or(Trouble::Content),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(Trouble::Content),
        Err(error) => Err(Trouble::Io(error)),
    }
}

fn parse(digits: &str) -> Option<Key> {
    let mut bytes = hex::decode(digits)?;
    let key = <[u8; LENGTH]>::try_from(bytes.as_slice()).ok().map(|key| Key(Zeroizing::new(key)));
    bytes.zeroize();
    key
}

/// Makes a key file, whole or not at all: of two processes that do so at once, one wins and both read the winner's.
fn create(path: &Path) -> Result<(), Trouble> {
    let mut key = Zeroizing::new([0; LENGTH]);
    getrandom::fill(&mut key[..]).map_err(|error| Trouble::Io(io::Error::other(error.to_string())))?;
    let mut text = Zeroizing::new(hex::encode(&key[..]));
    text.push('\n');
    let made = Part::of(path).and_then(|part| {
        part.file().write_all(text.as_bytes())?;
        part.keep()
    });
    match made {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(Trouble::Io(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const DIGITS: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn refusal(source: &KeySource) -> String {
        source.load(true).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_key_file_is_made_once_for_its_owner_only_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let source = KeySource::in_home(folder.path());
        assert!(source.load(false).is_err(), "nobody asked for a new one");
        let name = source.load(true).unwrap().name();
        assert_eq!(source.load(true).unwrap().name(), name);
        assert_eq!(name.len(), NAME_LENGTH);
        let files: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();
        assert_eq!(files.len(), 1, "nothing is left beside it");
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&files[0].metadata().unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn threads_that_make_the_file_at_once_get_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let source = KeySource::in_home(folder.path());
        let names: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| source.load(true).unwrap().name())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(names.iter().all(|name| *name == names[0]), "{names:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        fs::write(&path, DIGITS).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let text = refusal(&KeySource::file(&path));
        assert!(text.contains("others may use it (mode 640)") && text.contains("chmod 600"), "{text}");
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        for digits in ["", "00", &DIGITS[1..], &format!("{DIGITS}00"), &DIGITS.replace('a', "g")] {
            let error = KeySource::given(digits, Path::new("h")).unwrap_err().to_string();
            assert!(error.contains("64 hexadecimal digits"), "{error}");
            assert!(digits.len() < 4 || !error.contains(digits), "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        crate::part::create_new(&path).unwrap().write_all(b"not a key\n").unwrap();
        assert!(refusal(&KeySource::file(&path)).contains("64 hexadecimal digits"));
    }

    #[test]
    fn every_use_has_a_key_of_its_own_and_the_same_key_always_the_same() {
        let key = KeySource::given(DIGITS, Path::new("h")).unwrap().load(false).unwrap();
        let again = KeySource::given(&DIGITS.to_uppercase(), Path::new("h")).unwrap().load(false).unwrap();
        assert_eq!(key.derive(Use::Audit), again.derive(Use::Audit));
        assert_ne!(key.derive(Use::Audit), key.derive(Use::Seal));
        assert_ne!(key.name(), DIGITS[..NAME_LENGTH]);
    }
}
