//! A component with its signature, from a file.

use crate::digest::Digest;
use crate::error::FetchError;
use crate::signature::SIGNATURE_BYTES;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// What the name of a signature's file ends with, behind that of the signed one.
pub(crate) const SUFFIX: &str = ".minisig";

/// A component as it came, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its bytes; at most one more than were asked for.
    pub bytes: Vec<u8>,
    /// What stands where its signature belongs.
    pub signature: Option<String>,
    /// Where it came from.
    pub source: String,
}

impl Fetched {
    /// Compares it with what was asked for.
    ///
    /// # Errors
    /// When it has another digest.
    pub fn must_be(&self, digest: &Digest) -> Result<(), FetchError> {
        let actual = Digest::of(&self.bytes);
        match &actual == digest {
            true => Ok(()),
            false => Err(FetchError::Digest {
                place: self.source.clone(),
                expected: digest.to_string(),
                actual: actual.to_string(),
            }),
        }
    }
}

/// Where the signature of a file is.
#[must_use]
pub fn signature_file(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(SUFFIX);
    name.into()
}

/// Reads a file, at most `most` bytes of it and one more, so that a longer one is noticed.
///
/// # Errors
/// When it cannot be read.
pub fn read(file: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a component of at most `most` bytes with the signature beside it.
///
/// # Errors
/// When one of the files cannot be read, with its path; that there is no signature is no error.
pub fn fetch_file(file: &Path, most: usize) -> Result<Fetched, (PathBuf, io::Error)> {
    let bytes = read(file, most).map_err(|error| (file.to_owned(), error))?;
    let beside = signature_file(file);
    let signature = match read(&beside, SIGNATURE_BYTES) {
        // what is no text is no signature either, which whoever judges it tells
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err((beside, error)),
    };
    let whole = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    Ok(Fetched { bytes, signature, source: crate::shown(&whole.display().to_string()) })
}
