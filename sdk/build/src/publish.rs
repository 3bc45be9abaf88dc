//! Storing what was built.

use std::fs;
use std::path::Path;

use crate::BuildError;

/// Stores `bytes` at `path`, making its folder. The file is replaced in one step, and only when its bytes
/// differ, so that cargo sees no change where there is none. Returns whether it was written.
///
/// # Errors
/// The folder cannot be made, or the file cannot be written or renamed.
pub fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<bool, BuildError> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    let failed = |action| move |source| BuildError::File { action, path: path.to_owned(), source };
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(failed("make the folder of"))?;
    }
    // The process id keeps two builds from writing the same temporary file.
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    fs::write(&temporary, bytes).map_err(failed("write"))?;
    fs::rename(&temporary, path).map_err(failed("replace"))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bytes_leave_the_file_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/er/x.wasm");
        assert!(write_if_changed(&path, b"one").unwrap());
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        assert!(!write_if_changed(&path, b"one").unwrap());
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
    }

    #[test]
    fn other_bytes_replace_the_file_and_leave_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.wasm");
        write_if_changed(&path, b"one").unwrap();
        assert!(write_if_changed(&path, b"two").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, b"").unwrap();
        let error = write_if_changed(&file.join("x.wasm"), b"one").unwrap_err().to_string();
        assert!(error.starts_with("cannot make the folder of ") && error.contains("x.wasm"), "{error}");
    }
}
