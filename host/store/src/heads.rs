//! The newest hash of every audit log that was written from here, in a file beside the key: rows that are cut off the
//! end of a log leave no gap, but they leave a hash that the log no longer has.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The newest row of an audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// Identity of the database.
    pub(crate) id: String,
    /// Its URL, without secrets.
    pub(crate) url: String,
    /// Number of the row.
    pub(crate) number: i64,
    /// Its signature, hexadecimal.
    pub(crate) mac: String,
}

/// The file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads<'a> {
    path: &'a Path,
}

impl<'a> Heads<'a> {
    pub(crate) fn at(path: &'a Path) -> Self {
        Self { path }
    }

    /// What is known of a database under a URL, or, when nothing is, under any other one: it may have moved. None when
    /// nothing is known, or the file cannot be read.
    pub(crate) fn of(&self, id: &str, url: &str) -> Option<Head> {
        let mut heads = self.known();
        heads.retain(|head| head.id == id);
        let here = heads.iter().position(|head| head.url == url);
        match here {
            Some(here) => heads.into_iter().nth(here),
            None => heads.into_iter().max_by_key(|head| head.number),
        }
    }

    /// What is known of the database under a URL.
    pub(crate) fn of_url(&self, url: &str) -> Option<Head> {
        self.known().into_iter().find(|head| head.url == url)
    }

    /// Remembers a newest row. Several processes may do so at once: the highest number stays, unless `force` says that
    /// the log was put back to an earlier one. What was known of another database of the same URL is forgotten; what is
    /// known of the same database under another one stays, since a backup may have been put there.
    pub(crate) fn keep(&self, newest: &Head, force: bool) -> io::Result<()> {
        let lock = self.lock()?;
        // what cannot be read must not be replaced by less
        let mut heads = self.read()?;
        let known = heads.iter().find(|head| head.id == newest.id && head.url == newest.url);
        if !force && known.is_some_and(|known| known.number > newest.number) {
            return Ok(());
        }
        heads.retain(|head| head.url != newest.url);
        heads.push(newest.clone());
        let written = self.write(&heads);
        drop(lock);
        written
    }

    fn lock(&self) -> io::Result<File> {
        let file =
            owned(OpenOptions::new().write(true).create(true).truncate(false)).open(self.beside(".lock"))?;
        file.lock()?;
        Ok(file)
    }

    /// What is in the file; when it cannot be read, a warning.
    fn known(&self) -> Vec<Head> {
        self.read().unwrap_or_else(|error| {
            tracing::warn!("cannot read the newest audit hashes in {}: {error}", self.path.display());
            Vec::new()
        })
    }

    fn read(&self) -> io::Result<Vec<Head>> {
        let text = match fs::read_to_string(self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let heads: Vec<Head> = text.lines().filter_map(parse).collect();
        let rest = text.lines().count() - heads.len();
        if rest > 0 {
            tracing::warn!("{rest} lines of {} are no audit hashes and are ignored", self.path.display());
        }
        Ok(heads)
    }

    /// Replaces the file, on the disk before it has its name.
    fn write(&self, heads: &[Head]) -> io::Result<()> {
        let fresh = self.beside(".new");
        let mut file = owned(OpenOptions::new().write(true).create(true).truncate(true)).open(&fresh)?;
        for head in heads {
            let line = serde_json::json!({
                "id": head.id, "url": head.url, "number": head.number, "mac": head.mac,
            });
            writeln!(file, "{line}")?;
        }
        file.sync_data()?;
        fs::rename(&fresh, self.path)
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        crate::url::beside(self.path, suffix)
    }
}

fn parse(line: &str) -> Option<Head> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
    Some(Head {
        id: text("id")?,
        url: text("url")?,
        number: value.get("number")?.as_i64()?,
        mac: text("mac")?,
    })
}

/// For files that only their owner can read.
fn owned(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::KeySource;

    fn head(id: &str, url: &str, number: i64) -> Head {
        Head { id: id.to_owned(), url: url.to_owned(), number, mac: format!("{number:064}") }
    }

    #[test]
    fn the_newest_row_of_each_database_is_kept_whoever_writes_first() {
        let folder = tempfile::tempdir().unwrap();
        let source = KeySource::in_home(folder.path());
        let heads = Heads::at(source.heads());
        assert_eq!(heads.of("a", "sqlite:a"), None);
        heads.keep(&head("a", "sqlite:a", 2), false).unwrap();
        heads.keep(&head("b", "sqlite:b", 9), false).unwrap();
        heads.keep(&head("a", "sqlite:a", 1), false).unwrap();
        assert_eq!(heads.of("a", "sqlite:a").unwrap().number, 2);
        assert_eq!(heads.of("b", "sqlite:b").unwrap().number, 9);
        heads.keep(&head("a", "sqlite:a", 1), true).unwrap();
        assert_eq!(heads.of("a", "sqlite:a").unwrap().number, 1);
    }

    #[test]
    fn a_new_database_of_the_same_name_takes_the_place_of_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.heads");
        let heads = Heads::at(&path);
        heads.keep(&head("a", "sqlite:x", 5), false).unwrap();
        assert_eq!(heads.of_url("sqlite:x").unwrap().id, "a");
        heads.keep(&head("b", "sqlite:x", 1), false).unwrap();
        assert_eq!(heads.of_url("sqlite:x").unwrap(), head("b", "sqlite:x", 1));
        assert_eq!(heads.of("a", "sqlite:x"), None);
    }

    #[test]
    fn a_copy_elsewhere_has_its_own_newest_row_and_a_moved_database_the_one_it_had() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.heads");
        let heads = Heads::at(&path);
        heads.keep(&head("a", "sqlite:x", 5), false).unwrap();
        heads.keep(&head("a", "sqlite:copy", 6), true).unwrap();
        assert_eq!(heads.of("a", "sqlite:x").unwrap().number, 5);
        assert_eq!(heads.of("a", "sqlite:copy").unwrap().number, 6);
        assert_eq!(heads.of("a", "sqlite:moved").unwrap().number, 6);
        heads.keep(&head("a", "sqlite:x", 4), true).unwrap();
        assert_eq!(heads.of("a", "sqlite:x").unwrap().number, 4);
    }

    #[test]
    fn threads_that_write_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.heads");
        std::thread::scope(|scope| {
            for id in ["a", "b", "c", "d"] {
                let path = &path;
                scope.spawn(move || {
                    for number in 1..=20 {
                        Heads::at(path).keep(&head(id, &format!("sqlite:{id}"), number), false).unwrap();
                    }
                });
            }
        });
        for id in ["a", "b", "c", "d"] {
            assert_eq!(Heads::at(&path).of(id, &format!("sqlite:{id}")).unwrap().number, 20, "{id}");
        }
    }
}
