//! Where things are.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `cargo run` sets for the program that it runs; build scripts that watch one would run again.
const CARGO_RUN_PREFIXES: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];

/// The workspace's folder.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// Folder of everything built for layers and benchmarks.
pub fn target() -> PathBuf {
    root().join("target")
}

/// The components inside the program; host/cli/build.rs reads them here.
pub fn bundled_layers() -> PathBuf {
    target().join("layers")
}

/// The components for tests of the host.
pub fn test_layers() -> PathBuf {
    bundled_layers().join("test")
}

/// The program.
pub fn program() -> PathBuf {
    let host_target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    root().join(host_target.unwrap_or_else(target)).join("release/sluice")
}

/// The cargo that runs us, in the workspace's folder, without what `cargo run` has set for this program alone.
pub fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(root());
    for (name, _) in env::vars_os() {
        if CARGO_RUN_PREFIXES.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}
