//! One writer at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::error::MarketError;
use crate::instant::Instant;
use crate::symbol::printable;

const LOCK_FILE: &str = "lock";

/// The right to write a set. The operating system takes it back when the process ends, however it ends, so that
/// a lock file without a living holder never blocks.
#[derive(Debug)]
pub(crate) struct WriteLock {
    _file: File,
}

impl WriteLock {
    pub(crate) fn acquire(dir: &Path) -> Result<Self, MarketError> {
        let path = dir.join(LOCK_FILE);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(MarketError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(MarketError::Busy { path: dir.to_path_buf(), holder: holder_of(&mut file) });
            }
            Err(TryLockError::Error(source)) => {
                return Err(MarketError::Io { what: "lock", path, source });
            }
        }
        // Who holds it only serves the message of the others: failing to say so is no reason to stop.
        let note = format!("process {} since {}", std::process::id(), Instant::now());
        if let Err(error) = file.set_len(0).and_then(|()| file.write_all(note.as_bytes())) {
            tracing::debug!(%error, "cannot note the holder of the lock");
        }
        Ok(Self { _file: file })
    }
}

fn holder_of(file: &mut File) -> String {
    let mut note = String::new();
    let read = file.rewind().and_then(|()| file.take(200).read_to_string(&mut note));
    if read.is_err() || note.is_empty() { "another process".to_owned() } else { printable(&note, 100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_is_told_who_the_first_is() {
        let dir = tempfile::tempdir().unwrap();
        let first = WriteLock::acquire(dir.path()).unwrap();
        let message = WriteLock::acquire(dir.path()).unwrap_err().to_string();
        assert!(
            message.contains(&format!("is being written by process {} since", std::process::id())),
            "{message}"
        );
        drop(first);
        WriteLock::acquire(dir.path()).unwrap();
    }

    #[test]
    fn a_lock_file_that_nobody_holds_does_not_block() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(LOCK_FILE), "process 1 since yesterday").unwrap();
        WriteLock::acquire(dir.path()).unwrap();
    }
}
