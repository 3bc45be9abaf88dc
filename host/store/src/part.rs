//! Files that appear whole or not at all: written under another name beside the one that they will have, put on the
//! disk, and named at the end. A part is locked for as long as its process lives, so that what a killed process left
//! can be told from what is being written: whoever makes the next part in a folder removes it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::url::{COMPANIONS, beside};

/// What the name of a part ends with, behind that of its file and [`DIGITS`] hexadecimal digits.
const SUFFIX: &str = ".sluice-part";

/// Digits that no other part has.
const DIGITS: usize = 32;

/// A file on its way. Dropped before it has its name, it is removed together with what SQLite keeps beside it.
#[derive(Debug)]
pub struct Part {
    path: PathBuf,
    target: PathBuf,
    /// Holds the lock.
    file: File,
}

impl Part {
    /// A new empty file beside `target`, which only its owner can read. What killed processes left there is removed.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn of(target: &Path) -> io::Result<Self> {
        sweep(folder_of(target));
        loop {
            let path = beside(target, &format!(".{}{SUFFIX}", Uuid::now_v7().simple()));
            let file = create_new(&path)?;
            // between its making and its locking another process may have taken it for one that was left
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {}
                // a file system without locks: nobody can lock a part there, so that none is removed either
                Ok(()) | Err(TryLockError::Error(_)) if path.exists() => {
                    return Ok(Self { path, target: target.to_owned(), file });
                }
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
        }
    }

    /// Where it is written.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The open file.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Gives the file its name, on the disk before that.
    ///
    /// # Errors
    /// When another file has the name (it stays as it is), or the disk fails.
    pub fn keep(self) -> io::Result<()> {
        self.file.sync_all()?;
        // other than a rename, a link replaces nothing
        fs::hard_link(&self.path, &self.target)?;
        sync_folder(&self.target)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// Removes what killed processes left in a folder.
pub(crate) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let part = name.to_str().and_then(part_name).map(|part| folder.join(part));
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if let Some(part) = part.filter(|_| is_file) {
            remove_left(&part);
        }
    }
}

/// The name of the part that a file is, or belongs to; none of any other file.
fn part_name(name: &str) -> Option<&str> {
    let part = COMPANIONS.iter().find_map(|companion| name.strip_suffix(companion)).unwrap_or(name);
    let (_, digits) = part.strip_suffix(SUFFIX)?.rsplit_once('.')?;
    (digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(part)
}

/// Removes a part unless somebody writes it.
fn remove_left(part: &Path) {
    match File::open(part) {
        Ok(file) => {
            if file.try_lock().is_ok() {
                remove(part);
            }
        }
        // of one that was killed while it removed its part
        Err(error) if error.kind() == ErrorKind::NotFound => remove(part),
        Err(_) => {}
    }
}

/// The part itself goes last: without it nobody would find the rest.
fn remove(part: &Path) {
    for companion in COMPANIONS {
        let _ = fs::remove_file(beside(part, companion));
    }
    let _ = fs::remove_file(part);
}

/// Creates a file that only its owner can read.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a name in a folder last.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_part_becomes_its_file_and_leaves_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("b.db");
        let part = Part::of(&target).unwrap();
        assert!(!target.exists() && part.path().exists());
        part.file().write_all(b"whole").unwrap();
        part.keep().unwrap();
        assert_eq!(names(folder.path()), ["b.db"]);
        assert_eq!(fs::read(&target).unwrap(), b"whole");
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&target.metadata().unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_part_that_is_given_up_is_removed_with_its_companions() {
        let folder = tempfile::tempdir().unwrap();
        let part = Part::of(&folder.path().join("b")).unwrap();
        fs::write(beside(part.path(), "-wal"), "x").unwrap();
        drop(part);
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn a_name_that_is_taken_meanwhile_stays_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("b");
        let part = Part::of(&target).unwrap();
        fs::write(&target, "mine").unwrap();
        assert_eq!(part.keep().unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
        assert_eq!(names(folder.path()), ["b"]);
    }

    #[test]
    fn the_next_part_removes_what_a_killed_process_left_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let digits = "0198c2f45a107c3e9d426f1f0c9a7b21";
        let left = [
            format!("a.{digits}.sluice-part"),
            format!("a.{digits}.sluice-part-wal"),
            format!("b.{}.sluice-part-journal", digits.replace('0', "f")),
        ];
        let others = [
            "a.sluice-part".to_owned(),
            format!("a.{digits}"),
            format!("a.{}.sluice-part", &digits[1..]),
            format!("a.{}.sluice-part", digits.replace('0', "g")),
        ];
        for name in left.iter().chain(&others) {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        fs::create_dir(folder.path().join(format!("c.{digits}.sluice-part"))).unwrap();
        let living = Part::of(&folder.path().join("living")).unwrap();
        let other = Part::of(&folder.path().join("other")).unwrap();
        let there = names(folder.path());
        assert!(others.iter().all(|name| there.contains(name)), "{there:?}");
        assert!(left.iter().all(|name| !there.contains(name)), "{there:?}");
        assert!(living.path().exists() && other.path().exists());
        assert_eq!(there.len(), others.len() + 3);
    }

    #[test]
    fn threads_that_make_parts_at_once_do_not_remove_each_others() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let folder = folder.path();
                scope.spawn(move || {
                    for round in 0..50 {
                        let target = folder.join(format!("{thread}-{round}"));
                        let part = Part::of(&target).unwrap();
                        part.file().write_all(target.as_os_str().as_encoded_bytes()).unwrap();
                        part.keep().unwrap();
                    }
                });
            }
        });
        let there = names(folder.path());
        assert_eq!(there.len(), 200);
        for name in there {
            let path = folder.path().join(name);
            assert_eq!(fs::read(&path).unwrap(), path.as_os_str().as_encoded_bytes());
        }
    }
}
