//! What several tests need.

use std::path::{Path, PathBuf};

use crate::calendar::Calendars;
use crate::import::{FaultKind, ImportError, ImportOptions, ImportSummary, import};
use crate::instant::Instant;

/// A file of the shared data beside the repository; none, and a note, when it is not there.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    use std::io::Write as _;
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    if !path.exists() {
        let _ = writeln!(std::io::stderr(), "skipped: no {}", path.display());
        return None;
    }
    Some(path)
}

/// A fixed wall clock: long after all test data.
pub(crate) fn options() -> ImportOptions {
    ImportOptions {
        mic: "XNYS".to_owned(),
        now: "2026-01-05T12:00:00Z".parse().unwrap_or(Instant::default()),
        calendars: Calendars::default(),
        ..ImportOptions::default()
    }
}

/// Writes a text into a file and imports it into a set beside it.
pub(crate) fn import_text(dir: &Path, name: &str, text: &str) -> Result<ImportSummary, ImportError> {
    let file = dir.join(name);
    std::fs::write(&file, text).unwrap();
    import(&dir.join("set"), &[file], &options(), &mut |_| {})
}

/// How often a fault was counted.
pub(crate) fn count(summary: &ImportSummary, kind: FaultKind) -> u64 {
    summary.faults.iter().find(|fault| fault.kind == kind).map_or(0, |fault| fault.count)
}

/// What is in a set: its files' names and contents.
pub(crate) fn contents(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .map(|entries| {
            entries
                .flatten()
                .filter(|entry| entry.file_name() != "lock")
                .map(|entry| {
                    (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap())
                })
                .collect()
        })
        .unwrap_or_default();
    files.sort();
    files
}
