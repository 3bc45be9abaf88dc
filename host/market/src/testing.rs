//! What several tests need.

use std::path::PathBuf;

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
