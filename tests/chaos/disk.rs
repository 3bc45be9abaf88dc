//! A disk without room and a folder that may not be written. Both need root: to mount a small disk, and to become
//! somebody whom permissions bind.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::state::sound_with;
use crate::support::{Home, Ran};

/// Size of the small disk: the database of a few scans fits beside the ballast, more do not.
const DISK: &str = "size=2m";

/// Bytes that fill the disk until somebody frees space. SQLite's log may hold as much as the database when the disk
/// runs full, and the next opening moves it there.
const BALLAST: usize = 1 << 20;

/// Scans after which the disk must be full.
const SCANS: usize = 40;

/// A user without rights (Debian's nobody and nogroup).
const NOBODY: u32 = 65_534;

/// A small disk that is gone after the test.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path) -> Self {
        fs::create_dir(at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(at).status();
        assert!(mounted.unwrap().success(), "cannot mount a small disk");
        Self(at.to_owned())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// The error names the full disk; every scan that was reported before is there, and after some room was made the
/// next one works.
pub fn full() {
    let home = Home::with_market();
    let disk = Disk::mount(&home.user().join("disk"));
    let ballast = disk.0.join("ballast");
    fs::write(&ballast, vec![1; BALLAST]).unwrap();
    let url = format!("sqlite:{}", disk.0.join("sluice.db").display());
    let db = ["--db", url.as_str()];
    let mut stored = 0;
    let refused = loop {
        assert!(stored < SCANS, "the disk was never full");
        let ran = home.run(&[&["scan"][..], &db].concat());
        match ran.code {
            0 => stored += 1,
            _ => break ran,
        }
    };
    assert_eq!(refused.code, 4, "{}", refused.stderr);
    assert!(refused.stderr.contains("the disk is full"), "{}", refused.stderr);
    assert!(refused.stderr.contains("free some space"), "{}", refused.stderr);
    fs::remove_file(&ballast).unwrap();
    let state = sound_with(&home, &db);
    assert!(state.scans as usize >= stored, "{stored} scans were reported, {state:?}");
    home.ok(&[&["configure", "--stage", "2", "--threshold", "60.5"][..], &db].concat());
    assert_eq!(sound_with(&home, &db).revision, 1);
}

/// Somebody who may read but not write gets clear words, and nothing is lost by the attempt.
pub fn read_only() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    hand_over(home.user());
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let as_nobody = |args: &[&str]| {
        let mut command = home.spawnable(args);
        command.uid(NOBODY).gid(NOBODY);
        Ran::of(command)
    };
    for args in [&["scan"][..], &["configure", "--stage", "2", "--threshold", "3"]] {
        let ran = as_nobody(args);
        assert_eq!(ran.code, 4, "{args:?}: {}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.stderr.lines().filter(|line| line.starts_with("error:")).count(), 1, "{}", ran.stderr);
        assert!(ran.stderr.contains("writable"), "{args:?}: {}", ran.stderr);
    }
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).unwrap();
    for name in ["sluice.db", "sluice.db-wal", "sluice.db-shm"] {
        let _ = fs::set_permissions(home.path().join(name), fs::Permissions::from_mode(0o600));
    }
    let ran = as_nobody(&["alerts", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.json().as_array().unwrap().is_empty(), "the earlier scan's alerts are there");
    let ran = as_nobody(&["scan"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

/// Gives a folder and all in it to nobody; the database files may be read only.
fn hand_over(folder: &Path) {
    chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        if path.is_dir() {
            hand_over(&path);
        } else if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("sluice.db")) {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        }
    }
}
