//! Where the registry is installed.

use std::path::PathBuf;

/// With the value `none` in it, the registry counts as missing: to see what a machine without it sees.
pub const SWITCH: &str = "SLUICE_TEST_REGISTRY";

/// Its names: Debian's, and its makers'.
const NAMES: [&str; 2] = ["docker-registry", "registry"];

/// Why no registry can be started here, in one line without a full stop; `None` when one can.
#[must_use]
pub fn missing() -> Option<String> {
    if std::env::var_os(SWITCH).is_some_and(|value| value == "none") {
        return Some(format!("{SWITCH}=none"));
    }
    match program() {
        Some(_) => None,
        None => Some("docker-registry is neither on the PATH nor in /usr/bin; install it".to_owned()),
    }
}

pub(crate) fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/bin".into()]);
    folders.flat_map(|folder| NAMES.map(|name| folder.join(name))).find(|program| program.is_file())
}
