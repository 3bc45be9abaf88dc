//! The newest hash of every audit log that was written from here, in a file beside the key: rows that are cut off the
//! end of a log leave no gap, but they leave a hash that the log no longer has.
//!
//! It belongs to a database by the identity that the database was given when it was made, so that a file that was moved
//! or renamed keeps it; copies of a database share the identity, and are told apart by their places.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The newest row of an audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// Identity of the database.
    pub(crate) id: String,
    /// Where it is.
    pub(crate) place: String,
    /// Number of the row.
    pub(crate) number: i64,
    /// Its signature, hexadecimal.
    pub(crate) mac: String,
}

/// What a new head takes the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Over {
    /// The one that was known when its row was written (number and signature; none: nothing was known), and those of
    /// rows between. Another one stays: the log was put back meanwhile, and has the row no more.
    Known(Option<(i64, String)>),
    /// Whatever there is: the log was put back to an earlier row, or its loss was accepted.
    Anything,
}

/// The file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads<'a> {
    path: &'a Path,
}

/// What was in the file at some instant.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownHeads(Vec<Line>);

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    head: Head,
    /// Not known to be in the log: somebody was about to put the log back, so that it ends with this row.
    intended: bool,
}

impl Line {
    fn is_of(&self, id: &str, place: &str) -> bool {
        (self.head.id.as_str(), self.head.place.as_str()) == (id, place)
    }
}

impl KnownHeads {
    /// What is known of a database at a place, or, when nothing is, at any other one: it may have moved.
    pub(crate) fn of(&self, id: &str, place: &str) -> Option<&Head> {
        let kept =
            || self.0.iter().filter(|line| !line.intended && line.head.id == id).map(|line| &line.head);
        kept().find(|head| head.place == place).or_else(|| kept().max_by_key(|head| head.number))
    }

    /// The row that somebody was about to put the log of a database back to.
    pub(crate) fn intended(&self, id: &str, place: &str) -> Option<&Head> {
        let mut lines = self.0.iter();
        lines.find(|line| line.intended && line.is_of(id, place)).map(|line| &line.head)
    }

    /// What is known of the database at a place.
    pub(crate) fn at(&self, place: &str) -> Option<&Head> {
        self.0.iter().find(|line| !line.intended && line.head.place == place).map(|line| &line.head)
    }
}

impl<'a> Heads<'a> {
    pub(crate) fn in_file(path: &'a Path) -> Self {
        Self { path }
    }

    /// What is known now; nothing, with a warning, when the file cannot be read. Whoever compares it with a log reads
    /// it before the log: a row that is written between the two is then one more than is known, not one that is gone.
    pub(crate) fn known(&self) -> KnownHeads {
        KnownHeads(self.read().unwrap_or_else(|error| {
            tracing::warn!("cannot read the newest audit hashes in {}: {error}", self.path.display());
            Vec::new()
        }))
    }

    /// Remembers a newest row. Several processes may do so at once: the highest number stays, unless `over` says
    /// otherwise. What was known of another database at the same place is forgotten; what is known of the same database
    /// at another one stays, since a backup may have been put there.
    pub(crate) fn keep(&self, newest: &Head, over: &Over) -> io::Result<()> {
        self.change(|lines| {
            let kept = lines.iter().find(|line| !line.intended && line.is_of(&newest.id, &newest.place));
            let follows = match (over, kept.map(|line| &line.head)) {
                (Over::Anything, _) | (_, None) => true,
                (Over::Known(None), Some(there)) => there.number < newest.number,
                (Over::Known(Some((number, mac))), Some(there)) => {
                    there.number < newest.number && (there.number > *number || there.mac == *mac)
                }
            };
            if follows {
                // what was intended may yet be done, unless this is it
                let stays = |line: &Line| {
                    line.head.place != newest.place || (line.intended && *over != Over::Anything)
                };
                lines.retain(stays);
                lines.push(Line { head: newest.clone(), intended: false });
            }
            follows
        })
    }

    /// Remembers which row a log is about to be put back to. Until [`Heads::keep`] or [`Heads::forget`], the log may end
    /// with it or with the newest row that is known.
    pub(crate) fn intend(&self, head: &Head) -> io::Result<()> {
        self.change(|lines| {
            lines.retain(|line| !line.intended || line.head.place != head.place);
            lines.push(Line { head: head.clone(), intended: true });
            true
        })
    }

    /// The log was not put back.
    pub(crate) fn forget(&self, intended: &Head) -> io::Result<()> {
        self.change(|lines| {
            let before = lines.len();
            lines.retain(|line| !line.intended || line.head != *intended);
            lines.len() < before
        })
    }

    /// Changes the file, one process after the other, if `change` says that it did.
    fn change(&self, change: impl FnOnce(&mut Vec<Line>) -> bool) -> io::Result<()> {
        let lock = self.lock()?;
        // what cannot be read must not be replaced by less
        let mut lines = self.read()?;
        let written = if change(&mut lines) { self.write(&lines) } else { Ok(()) };
        drop(lock);
        written
    }

    fn lock(&self) -> io::Result<File> {
        let file =
            owned(OpenOptions::new().write(true).create(true).truncate(false)).open(self.beside(".lock"))?;
        file.lock()?;
        Ok(file)
    }

    fn read(&self) -> io::Result<Vec<Line>> {
        let text = match fs::read_to_string(self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let lines: Vec<Line> = text.lines().filter_map(parse).collect();
        let rest = text.lines().count() - lines.len();
        if rest > 0 {
            tracing::warn!("{rest} lines of {} are no audit hashes and are ignored", self.path.display());
        }
        Ok(lines)
    }

    /// Replaces the file, on the disk before it has its name.
    fn write(&self, lines: &[Line]) -> io::Result<()> {
        let fresh = self.beside(".new");
        let mut file = owned(OpenOptions::new().write(true).create(true).truncate(true)).open(&fresh)?;
        for Line { head: Head { id, place, number, mac }, intended } in lines {
            let mut line = serde_json::json!({ "id": id, "url": place, "number": number, "mac": mac });
            if let (true, Some(line)) = (*intended, line.as_object_mut()) {
                line.insert("intended".to_owned(), true.into());
            }
            writeln!(file, "{line}")?;
        }
        file.sync_data()?;
        fs::rename(&fresh, self.path)
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        crate::url::beside(self.path, suffix)
    }
}

fn parse(line: &str) -> Option<Line> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
    let head = Head {
        id: text("id")?,
        place: text("url")?,
        number: value.get("number")?.as_i64()?,
        mac: text("mac")?,
    };
    Some(Line { head, intended: value.get("intended").and_then(serde_json::Value::as_bool).unwrap_or(false) })
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

    fn head(id: &str, place: &str, number: i64) -> Head {
        Head { id: id.to_owned(), place: place.to_owned(), number, mac: format!("{number:064}") }
    }

    /// Another row of the same number.
    fn other(id: &str, place: &str, number: i64) -> Head {
        Head { mac: format!("{number:f>64}"), ..head(id, place, number) }
    }

    fn seen(head: &Head) -> Over {
        Over::Known(Some((head.number, head.mac.clone())))
    }

    const NOTHING: Over = Over::Known(None);

    fn number(heads: Heads<'_>, id: &str, place: &str) -> Option<i64> {
        heads.known().of(id, place).map(|head| head.number)
    }

    #[test]
    fn the_newest_row_of_each_database_is_kept_whoever_writes_first() {
        let folder = tempfile::tempdir().unwrap();
        let source = KeySource::in_home(folder.path());
        let heads = Heads::in_file(source.heads());
        assert_eq!(number(heads, "a", "sqlite:a"), None);
        heads.keep(&head("a", "sqlite:a", 2), &NOTHING).unwrap();
        heads.keep(&head("b", "sqlite:b", 9), &NOTHING).unwrap();
        heads.keep(&head("a", "sqlite:a", 1), &NOTHING).unwrap();
        assert_eq!(number(heads, "a", "sqlite:a"), Some(2));
        assert_eq!(number(heads, "b", "sqlite:b"), Some(9));
        heads.keep(&head("a", "sqlite:a", 1), &Over::Anything).unwrap();
        assert_eq!(number(heads, "a", "sqlite:a"), Some(1));
    }

    #[test]
    fn a_row_of_a_log_that_was_put_back_meanwhile_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.heads");
        let heads = Heads::in_file(&path);
        let known = head("a", "x", 7);
        for (put_back, late) in [(other("a", "x", 4), 8), (other("a", "x", 7), 8), (other("a", "x", 8), 8)] {
            heads.keep(&known, &Over::Anything).unwrap();
            heads.keep(&put_back, &Over::Anything).unwrap();
            heads.keep(&head("a", "x", late), &seen(&known)).unwrap();
            assert_eq!(heads.known().of("a", "x"), Some(&put_back));
        }
        // others only went on
        heads.keep(&head("a", "x", 9), &seen(&other("a", "x", 8))).unwrap();
        heads.keep(&head("a", "x", 11), &seen(&other("a", "x", 8))).unwrap();
        heads.keep(&head("a", "x", 10), &seen(&head("a", "x", 9))).unwrap();
        assert_eq!(number(heads, "a", "x"), Some(11));
    }

    #[test]
    fn what_is_intended_stands_beside_what_is_known_until_it_is_kept_or_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.heads");
        let heads = Heads::in_file(&path);
        heads.keep(&head("a", "x", 7), &NOTHING).unwrap();
        heads.intend(&head("b", "x", 3)).unwrap();
        heads.keep(&head("a", "x", 8), &seen(&head("a", "x", 7))).unwrap();
        let known = heads.known();
        assert_eq!(known.of("a", "x"), Some(&head("a", "x", 8)));
        assert_eq!((known.of("b", "x"), known.at("x")), (None, Some(&head("a", "x", 8))));
        assert_eq!(known.intended("b", "x"), Some(&head("b", "x", 3)));
        assert_eq!((known.intended("a", "x"), known.intended("b", "y")), (None, None));
        heads.forget(&head("b", "x", 4)).unwrap();
        assert!(heads.known().intended("b", "x").is_some(), "of another attempt");
        heads.forget(&head("b", "x", 3)).unwrap();
        assert_eq!(heads.known().intended("b", "x"), None);
        heads.intend(&head("b", "x", 3)).unwrap();
        heads.keep(&head("b", "x", 3), &Over::Anything).unwrap();
        let known = heads.known();
        assert_eq!((known.of("b", "x"), known.of("a", "x")), (Some(&head("b", "x", 3)), None));
        assert_eq!(known.intended("b", "x"), None);
    }

    #[test]
    fn a_new_database_of_the_same_name_takes_the_place_of_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.heads");
        let heads = Heads::in_file(&path);
        heads.keep(&head("a", "sqlite:x", 5), &NOTHING).unwrap();
        assert_eq!(heads.known().at("sqlite:x").unwrap().id, "a");
        heads.keep(&head("b", "sqlite:x", 1), &NOTHING).unwrap();
        assert_eq!(heads.known().at("sqlite:x"), Some(&head("b", "sqlite:x", 1)));
        assert_eq!(number(heads, "a", "sqlite:x"), None);
    }

    #[test]
    fn a_copy_elsewhere_has_its_own_newest_row_and_a_moved_database_the_one_it_had() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.heads");
        let heads = Heads::in_file(&path);
        heads.keep(&head("a", "sqlite:x", 5), &NOTHING).unwrap();
        heads.keep(&head("a", "sqlite:copy", 6), &Over::Anything).unwrap();
        assert_eq!(number(heads, "a", "sqlite:x"), Some(5));
        assert_eq!(number(heads, "a", "sqlite:copy"), Some(6));
        assert_eq!(number(heads, "a", "sqlite:moved"), Some(6));
        heads.keep(&head("a", "sqlite:x", 4), &Over::Anything).unwrap();
        assert_eq!(number(heads, "a", "sqlite:x"), Some(4));
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
                        let head = head(id, &format!("sqlite:{id}"), number);
                        Heads::in_file(path).keep(&head, &NOTHING).unwrap();
                    }
                });
            }
        });
        for id in ["a", "b", "c", "d"] {
            assert_eq!(number(Heads::in_file(&path), id, &format!("sqlite:{id}")), Some(20), "{id}");
        }
    }
}
