//! Where PostgreSQL is installed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use crate::{other, while_doing};

/// Debian keeps one folder for each major version here and puts none on the PATH.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The two programs that a server is made with.
pub struct Programs {
    pub initdb: PathBuf,
    pub postgres: PathBuf,
}

impl Programs {
    /// The first on the PATH, else the newest of Debian's.
    pub fn find() -> Result<Self, String> {
        let path = env::var_os("PATH").unwrap_or_default();
        Self::first(env::split_paths(&path).chain(newest_first(Path::new(DEBIAN)))).ok_or_else(|| {
            format!("initdb and postgres are neither on the PATH nor in {DEBIAN}/*/bin; install PostgreSQL")
        })
    }

    fn first(folders: impl Iterator<Item = PathBuf>) -> Option<Self> {
        folders
            .map(|folder| Self { initdb: folder.join("initdb"), postgres: folder.join("postgres") })
            .find(|programs| programs.initdb.is_file() && programs.postgres.is_file())
    }

    /// Such as "15.18".
    pub fn version(&self) -> io::Result<String> {
        let output = Command::new(&self.postgres)
            .arg("--version")
            .output()
            .map_err(while_doing("postgres --version"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        parse_version(&text).ok_or_else(|| other(format!("postgres --version says {:?}", text.trim())))
    }
}

/// "postgres (PostgreSQL) 15.18 (Debian …)", "postgres (PostgreSQL) 17beta1"
fn parse_version(text: &str) -> Option<String> {
    let version = text.split_whitespace().nth(2)?;
    let plain = version.starts_with(|c: char| c.is_ascii_digit())
        && version.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    plain.then(|| version.to_owned())
}

/// The `bin` of each version's folder.
fn newest_first(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    versions.into_iter().rev().map(|(_, bin)| bin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_third_word() {
        let version = |text: &str| parse_version(text);
        assert_eq!(
            version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n").as_deref(),
            Some("15.18")
        );
        assert_eq!(version("postgres (PostgreSQL) 17beta1").as_deref(), Some("17beta1"));
        assert_eq!(version("postgres (PostgreSQL) ../x"), None);
        assert_eq!(version(""), None);
    }

    #[test]
    fn the_newest_version_with_both_programs_is_taken() {
        let root = tempfile::tempdir().unwrap();
        for (version, programs) in
            [("9", &["initdb", "postgres"][..]), ("15", &["initdb", "postgres"]), ("16", &["initdb"])]
        {
            let bin = root.path().join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            for program in programs {
                fs::write(bin.join(program), "").unwrap();
            }
        }
        fs::create_dir(root.path().join("common")).unwrap();
        let found = Programs::first(newest_first(root.path()).into_iter()).unwrap();
        assert_eq!(found.postgres, root.path().join("15/bin/postgres"));
        assert!(Programs::first(std::iter::empty()).is_none());
    }
}
