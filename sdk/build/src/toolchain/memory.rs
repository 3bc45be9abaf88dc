//! What an earlier search found, in a small file. A file that cannot be read or written, or that says something
//! else than expected, is as good as none: the search is made again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde_json::{Value, json};

use super::{Toolchain, Way};

pub(super) struct Memory<'a> {
    file: &'a Path,
}

impl<'a> Memory<'a> {
    pub fn new(file: &'a Path) -> Self {
        Self { file }
    }

    /// Way and compiler that were found when `active` was the active compiler, if neither compiler has changed.
    pub fn recall(&self, active: &Path) -> Option<(Way, PathBuf)> {
        let kept: Value = serde_json::from_slice(&fs::read(self.file).ok()?).ok()?;
        let text = |name: &str| kept.get(name).and_then(Value::as_str);
        let rustc = PathBuf::from(text("rustc")?);
        let same = text("active")? == active.to_str()?
            && text("active_stamp")? == stamp(active)?
            && text("rustc_stamp")? == stamp(&rustc)?;
        let way = Way::ALL.into_iter().find(|way| Some(way.key()) == text("way"))?;
        same.then_some((way, rustc))
    }

    /// Remembers what was found, if it is worth it: an installed target is found quickly every time.
    pub fn keep(&self, active: &Path, found: &Toolchain) {
        if found.library.is_none() {
            return;
        }
        let kept = json!({
            "active": active,
            "active_stamp": stamp(active),
            "rustc": found.rustc,
            "rustc_stamp": stamp(&found.rustc),
            "way": found.way.key(),
        });
        if let Some(dir) = self.file.parent() {
            let _ = fs::create_dir_all(dir);
        }
        let _ = fs::write(self.file, format!("{kept:#}\n"));
    }
}

/// Changes whenever the file is replaced.
fn stamp(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {}", metadata.len(), modified.as_nanos()))
}
