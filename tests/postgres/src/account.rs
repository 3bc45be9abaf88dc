//! Who runs the server: PostgreSQL refuses to run as root.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use nix::unistd::{User, geteuid};

use crate::while_doing;

/// Users that root can become for it.
const OTHERS: [&str; 2] = ["postgres", "nobody"];

/// What the programs read from their environment beside these would make tests differ between machines.
const KEPT: [&str; 3] = ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"];

/// The user that a server runs as.
#[derive(Clone, Copy)]
pub struct Account {
    /// User and group to become; `None`: we stay who we are.
    become_id: Option<(u32, u32)>,
}

impl Account {
    /// Ourselves, or somebody else when we are root.
    pub fn find() -> Result<Self, String> {
        if !geteuid().is_root() {
            return Ok(Self { become_id: None });
        }
        OTHERS
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Self { become_id: Some((user.uid.as_raw(), user.gid.as_raw())) })
            .ok_or_else(|| {
                format!(
                    "PostgreSQL does not run as root, and there is no user {} to run it",
                    OTHERS.join(" or ")
                )
            })
    }

    /// A program run by this user, with a bare environment, in the given folder.
    pub fn command(self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).env_clear().env("LC_ALL", "C").env("TZ", "UTC");
        for name in KEPT {
            if let Some(value) = env::var_os(name) {
                command.env(name, value);
            }
        }
        if let Some((user, group)) = self.become_id {
            command.uid(user).gid(group);
        }
        command
    }

    /// Makes a file or folder this user's.
    pub fn give(self, path: &Path) -> io::Result<()> {
        match self.become_id {
            Some((user, group)) => chown(path, Some(user), Some(group))
                .map_err(while_doing(&format!("cannot give {} to user {user}", path.display()))),
            None => Ok(()),
        }
    }

    /// A fresh folder of this user's, which everybody may enter, removed when dropped.
    pub fn folder(self) -> io::Result<tempfile::TempDir> {
        let parent = self.temporary();
        let made = tempfile::Builder::new().prefix("sluice-postgres-").tempdir_in(&parent);
        let folder = made.map_err(while_doing(&format!("cannot make a folder in {}", parent.display())))?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        self.give(folder.path())?;
        Ok(folder)
    }

    /// The temporary folder, or the machine's own when the user that we become cannot enter ours.
    fn temporary(self) -> PathBuf {
        let ours = env::temp_dir();
        if self.become_id.is_none() || enterable(&ours) { ours } else { PathBuf::from("/tmp") }
    }
}

/// Whether everybody can reach what is inside.
fn enterable(folder: &Path) -> bool {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    folder
        .ancestors()
        .all(|part| fs::metadata(part).is_ok_and(|found| found.permissions().mode() & 0o001 != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_enterable_when_it_and_all_above_are() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let open =
            |folder: &Path, mode| fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
        open(&inner, 0o755);
        open(outer.path(), 0o700);
        assert!(!enterable(&inner));
        assert!(enterable(Path::new("/")));
    }
}
