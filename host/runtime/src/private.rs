//! Folders that only their owner can write to: whatever is in them is believed.

use std::fs;
use std::path::Path;

/// Makes a folder owner-only when it is new.
///
/// # Errors
/// When it cannot be made, or others have access to it: what to do.
pub fn private_folder(folder: &Path) -> Result<(), String> {
    make_private(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    check_private(folder)
}

#[cfg(unix)]
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn check_private(folder: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let meta = fs::symlink_metadata(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let owner = fs::metadata("/proc/self").map(|me| me.uid()).unwrap_or(meta.uid());
    if !meta.is_dir() || meta.uid() != owner || meta.mode() & 0o077 != 0 {
        return Err(format!(
            "{} is open to other users (mode {:o}), so what is in it is not trusted: run `chmod 700` on it",
            folder.display(),
            meta.mode() & 0o777
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_private(_folder: &Path) -> Result<(), String> {
    Ok(())
}
