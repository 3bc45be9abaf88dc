//! Noticing that the source of a layer changed: its files are looked at twice a second.

use sluice_runtime::Cancel;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Between two looks: a person does not notice it, and a look at some files costs nothing.
const LOOK: Duration = Duration::from_millis(500);
/// Between two looks at whether the user wants to stop.
const STOP: Duration = Duration::from_millis(50);

/// The files of a crate with the time of their last change and their size.
#[derive(Debug, PartialEq, Eq)]
pub struct Sources(BTreeMap<PathBuf, (Option<SystemTime>, u64)>);

impl Sources {
    /// Of nothing: different from every crate.
    pub fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// Of the crate in a folder; what is built there does not count.
    pub fn of(dir: &Path, target: Option<&Path>) -> Self {
        let mut files = BTreeMap::new();
        let mut folders = vec![dir.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let (path, name) = (entry.path(), entry.file_name());
                let built = path == dir.join("target") || Some(path.as_path()) == target;
                // cargo writes the lock file itself
                if built || name == "Cargo.lock" || name.to_string_lossy().starts_with('.') {
                    continue;
                }
                match entry.metadata() {
                    Ok(about) if about.is_dir() => folders.push(path),
                    Ok(about) => drop(files.insert(path, (about.modified().ok(), about.len()))),
                    // it went away meanwhile
                    Err(_) => {}
                }
            }
        }
        Self(files)
    }
}

/// Waits until the next look; true when the user wants to stop.
pub async fn is_over(cancel: &Cancel) -> bool {
    let mut waited = Duration::ZERO;
    while waited < LOOK {
        if cancel.is_cancelled() {
            return true;
        }
        tokio::time::sleep(STOP).await;
        waited += STOP;
    }
    cancel.is_cancelled()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_or_a_new_file_is_noticed_and_a_build_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("src/lib.rs", "one");
        let first = Sources::of(dir.path(), None);
        assert_ne!(first, Sources::none());
        write("target/x.wasm", "built");
        write("Cargo.lock", "locked");
        write(".git/index", "");
        assert_eq!(Sources::of(dir.path(), None), first);
        write("src/lib.rs", "other");
        let changed = Sources::of(dir.path(), None);
        assert_ne!(changed, first);
        write("tests/bars.csv", "");
        assert_ne!(Sources::of(dir.path(), None), changed);
    }
}
