//! The environment of a cargo that builds layers: which compiler, which flags, and none of what another cargo
//! (that of `cargo xtask`) left behind.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Toolchain;

/// Variables that would change what is built. `CARGO_ENCODED_RUSTFLAGS` is set below and goes before every other
/// source of flags, so that RUSTFLAGS and the configuration's have no say either.
const FOREIGN: [&str; 10] = [
    "RUSTFLAGS",
    "RUSTDOC",
    "RUSTDOCFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "CARGO",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_RUSTC",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET_DIR",
];

/// What `cargo run` tells the program that it runs; a build script that watches one of them would run again.
const FOREIGN_PREFIXES: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_PROFILE_"];

/// Separates flags in `CARGO_ENCODED_RUSTFLAGS`.
const FLAG_SEPARATOR: &str = "\u{1f}";

pub(super) fn prepare(command: &mut Command, toolchain: &Toolchain, workspace: &Path) {
    clear(command);
    command.env("RUSTC", &toolchain.rustc);
    command.env("CARGO_ENCODED_RUSTFLAGS", flags(toolchain, workspace, &Homes::of_this_user()));
    if let Some(library) = &toolchain.library {
        command.env("RUSTC_BOOTSTRAP", "1");
        if let Some(dir) = &library.linker_dir {
            command.env("PATH", with_first(dir, env::var_os("PATH")));
        }
    }
}

/// Takes away what another cargo left behind.
pub(crate) fn clear(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if FOREIGN.contains(&&*text) || FOREIGN_PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
}

/// Folders whose names tell about a machine.
struct Homes {
    user: Option<PathBuf>,
    cargo: Option<PathBuf>,
}

impl Homes {
    fn of_this_user() -> Self {
        let folder = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.parent().is_some());
        let user = folder("HOME");
        let cargo = folder("CARGO_HOME").or_else(|| user.as_ref().map(|home| home.join(".cargo")));
        Self { user, cargo }
    }
}

/// Gives every folder of this machine a neutral name in panic messages. The compiler takes the last one that
/// fits, so that the most special ones come last.
fn flags(toolchain: &Toolchain, workspace: &Path, homes: &Homes) -> OsString {
    let library = toolchain.library.as_ref().map(|library| library.source.clone());
    // Debian's source folder is a link; the compiler sees it under either name.
    let resolved = library.as_ref().and_then(|path| path.canonicalize().ok());
    let names = [
        (homes.user.clone(), "/home"),
        (homes.cargo.clone(), "/cargo"),
        (resolved, "/rust/library"),
        (library, "/rust/library"),
        (Some(workspace.to_owned()), "/layer"),
    ];
    let mut flags = OsString::new();
    for (folder, name) in names.into_iter().filter_map(|(folder, name)| Some((folder?, name))) {
        if !flags.is_empty() {
            flags.push(FLAG_SEPARATOR);
        }
        flags.push("--remap-path-prefix=");
        flags.push(folder);
        flags.push("=");
        flags.push(name);
    }
    flags
}

fn with_first(dir: &Path, path: Option<OsString>) -> OsString {
    let path = path.unwrap_or_default();
    let dirs = std::iter::once(dir.to_owned()).chain(env::split_paths(&path));
    // Only a folder with a colon in its name cannot be joined; the linker is then looked up on the PATH as it is.
    env::join_paths(dirs).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Way;
    use crate::toolchain::Library;

    fn toolchain(library: Option<Library>) -> Toolchain {
        let (cargo, rustc) = ("/t/bin/cargo".into(), "/t/bin/rustc".into());
        Toolchain { way: Way::Source, cargo, rustc, release: "1.96.0".into(), library }
    }

    fn set(command: &Command, name: &str) -> Option<String> {
        let found = command.get_envs().find(|(key, _)| *key == name)?.1?;
        Some(found.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_workspace_is_renamed_last_so_that_it_wins_over_the_home_around_it() {
        let homes = Homes { user: Some("/home/me".into()), cargo: Some("/home/me/.cargo".into()) };
        let library = Library { source: "/nowhere/library".into(), linker_dir: None };
        let flags = flags(&toolchain(Some(library)), Path::new("/home/me/w"), &homes);
        let flags: Vec<&str> = flags.to_str().unwrap().split('\u{1f}').collect();
        assert_eq!(
            flags,
            [
                "--remap-path-prefix=/home/me=/home",
                "--remap-path-prefix=/home/me/.cargo=/cargo",
                "--remap-path-prefix=/nowhere/library=/rust/library",
                "--remap-path-prefix=/home/me/w=/layer",
            ]
        );
    }

    #[test]
    fn a_compiler_with_the_target_gets_no_bootstrap_and_no_linker() {
        let mut command = Command::new("cargo");
        prepare(&mut command, &toolchain(None), Path::new("/w"));
        assert_eq!(set(&command, "RUSTC").as_deref(), Some("/t/bin/rustc"));
        assert_eq!(set(&command, "RUSTC_BOOTSTRAP"), None);
        assert_eq!(set(&command, "PATH"), None);
    }

    #[test]
    fn a_compiler_without_it_gets_both() {
        let library = Library { source: "/nowhere".into(), linker_dir: Some("/t/lld".into()) };
        let mut command = Command::new("cargo");
        prepare(&mut command, &toolchain(Some(library)), Path::new("/w"));
        assert_eq!(set(&command, "RUSTC_BOOTSTRAP").as_deref(), Some("1"));
        assert!(set(&command, "PATH").unwrap().starts_with("/t/lld:"));
    }
}
