//! The files of the cache: written whole under a name of their own, read without locks, removed when there are too many.
//!
//! ```text
//! layers/LAYER/SHARED-CHECKSUM.seg   answers of a layer (its key) to calls that share something (its key)
//! bars/NEED-CHECKSUM.seg             digests of the bars that instruments have for a need
//! ```
//!
//! Any number of processes use it at once. A file never changes: whoever has more to say writes another one with the same
//! keys, and whoever finds many of them writes one in their place. A file that vanishes meanwhile is a miss.

use super::digest::Digest;
use super::segment::{self, Draft};
use sluice_market::Instant;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Folders of the answers and of the digests of bars.
pub(super) const VERDICTS: &str = "layers";
pub(super) const BARS: &str = "bars";
/// Endings of a file and of one that is being written.
const ENDING: &str = "seg";
const PART_ENDING: &str = "part";
/// Files with the same keys beyond which they are made one.
const MOST_FILES: usize = 8;
/// Most bytes of one file, and of those with the same keys that are read.
pub(super) const MOST_BYTES: usize = 128 << 20;
/// What was being written so long ago was left by a process that was killed.
const PART_AGE: Duration = Duration::from_secs(3_600);
/// A file's time of use is not told more often.
const USE_GRAIN: Duration = Duration::from_secs(60);

/// What all files of a key say.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) files: Vec<(PathBuf, Vec<u8>)>,
}

/// A file as a list of all of them tells it.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    /// When it was last used.
    pub(super) used: SystemTime,
    pub(super) is_part: bool,
}

/// What belongs together: the folder below the cache's, and the beginning of the files' names.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) name: String,
}

impl Place {
    pub(super) fn of_verdicts(root: &Path, layer: &Digest, shared: &Digest) -> Self {
        Self { folder: root.join(VERDICTS).join(layer.hex()), name: shared.hex() }
    }

    pub(super) fn of_bars(root: &Path, need: &Digest) -> Self {
        Self { folder: root.join(BARS), name: need.hex() }
    }

    /// What a checksum is over, beside the content.
    pub(super) fn checked_name(&self) -> String {
        let folder = self.folder.file_name().map(|name| name.to_string_lossy().into_owned());
        format!("{}/{}", folder.unwrap_or_default(), self.name)
    }

    /// Reads all files; what is damaged is removed.
    pub(super) fn read(&self) -> Contents {
        let mut found: Vec<Listed> = list_folder(&self.folder)
            .into_iter()
            .filter(|file| !file.is_part && self.owns(&file.path))
            .collect();
        // the newest first, in case they are too many
        found.sort_by_key(|file| std::cmp::Reverse(file.used));
        let (mut contents, mut bytes) = (Contents::default(), 0_usize);
        for file in found {
            let size = usize::try_from(file.bytes).unwrap_or(usize::MAX);
            bytes = bytes.saturating_add(size);
            if bytes > MOST_BYTES {
                break;
            }
            let Ok(content) = fs::read(&file.path) else { continue };
            touch(&file);
            contents.files.push((file.path, content));
        }
        contents
    }

    fn owns(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.strip_prefix(&self.name).is_some_and(|rest| rest.starts_with('-'))
    }

    /// Writes what is new, whole or not at all; when there are many files already, one with the `known` entries in their
    /// place.
    pub(super) fn write<'a>(
        &self,
        mut draft: Draft,
        old: &[PathBuf],
        known: impl Iterator<Item = (&'a Digest, &'a [u8])>,
    ) -> io::Result<()> {
        let merge = old.len() >= MOST_FILES;
        if merge {
            known
                .take_while(|(_, bytes)| draft.bytes() + bytes.len() < MOST_BYTES / 2)
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|(key, bytes)| draft.add(key, bytes));
        }
        let (file, checksum) = draft.file(&self.checked_name());
        let digits = checksum.hex();
        let name = format!("{}-{}", self.name, digits.get(..16).unwrap_or(&digits));
        let path = self.folder.join(&name).with_extension(ENDING);
        if self.put(&name, &path, &file).is_err() {
            // somebody may have cleared the cache meanwhile
            self.put(&name, &path, &file)?;
        }
        for gone in old.iter().filter(|gone| merge && **gone != path) {
            let _ = fs::remove_file(gone);
        }
        Ok(())
    }

    fn put(&self, name: &str, path: &Path, file: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let part = self.folder.join(format!("{name}.{}.{PART_ENDING}", std::process::id()));
        let written = write_new(&part, file).and_then(|()| fs::rename(&part, path));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

/// Says that a file was used just now.
fn touch(file: &Listed) {
    let now = SystemTime::now();
    if now.duration_since(file.used).is_ok_and(|age| age > USE_GRAIN) {
        let _ = File::options().append(true).open(&file.path).and_then(|opened| opened.set_modified(now));
    }
}

impl Contents {
    /// The entries of all whole files, with the file that each is in; damaged ones are removed.
    pub(super) fn entries(&self, place: &Place) -> Vec<(Digest, usize, std::ops::Range<usize>)> {
        let name = place.checked_name();
        let mut all = Vec::new();
        for (at, (path, bytes)) in self.files.iter().enumerate() {
            match segment::entries(&name, bytes) {
                Some(entries) => all.extend(entries.into_iter().map(|(key, range)| (key, at, range))),
                None => {
                    tracing::warn!(
                        "{} is damaged and is removed; its answers are asked for again",
                        path.display()
                    );
                    let _ = fs::remove_file(path);
                }
            }
        }
        all
    }
}

/// All files below the cache's folder.
pub(super) fn list(root: &Path) -> Vec<Listed> {
    let mut all = list_folder(&root.join(BARS));
    for layer in fs::read_dir(root.join(VERDICTS)).into_iter().flatten().flatten() {
        all.extend(list_folder(&layer.path()));
    }
    all
}

fn list_folder(folder: &Path) -> Vec<Listed> {
    let listed = |entry: fs::DirEntry| {
        let path = entry.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        let is_part = ending == Some(PART_ENDING);
        if !is_part && ending != Some(ENDING) {
            return None;
        }
        let about = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        Some(Listed { bytes: about.len(), used: about.modified().ok()?, path, is_part })
    };
    fs::read_dir(folder).into_iter().flatten().flatten().filter_map(listed).collect()
}

/// Whose entries a file has, and how many.
pub(super) fn head_of(path: &Path) -> Option<(String, u64)> {
    let mut head = Vec::with_capacity(segment::HEAD_BYTES);
    let file = File::open(path).ok()?;
    file.take(segment::HEAD_BYTES as u64).read_to_end(&mut head).ok()?;
    segment::head(&head)
}

/// Removes files, and folders that are empty then; gives those that are gone.
pub(super) fn remove(files: Vec<Listed>) -> Vec<Listed> {
    let gone: Vec<Listed> = files.into_iter().filter(|file| fs::remove_file(&file.path).is_ok()).collect();
    for folder in gone.iter().filter_map(|file| file.path.parent()) {
        // fails while there is something in it
        let _ = fs::remove_dir(folder);
    }
    gone
}

/// Removes what was used longest ago until the cache is a tenth below its cap, and what killed processes left.
pub(super) fn evict(root: &Path, cap: u64) {
    let now = SystemTime::now();
    let (parts, mut files): (Vec<Listed>, Vec<Listed>) =
        list(root).into_iter().partition(|file| file.is_part);
    let is_left = |file: &Listed| now.duration_since(file.used).is_ok_and(|age| age > PART_AGE);
    remove(parts.into_iter().filter(is_left).collect());
    let mut bytes: u64 = files.iter().map(|file| file.bytes).sum();
    if bytes <= cap {
        return;
    }
    files.sort_by_key(|file| file.used);
    let mut goes = |file: &Listed| {
        let over = bytes > cap - cap / 10;
        bytes -= if over { file.bytes } else { 0 };
        over
    };
    let gone = remove(files.into_iter().take_while(|file| goes(file)).collect());
    tracing::debug!("removed {} files of the verdict cache to keep it below {cap} bytes", gone.len());
}

/// When a file was last used, as the rest of the program tells times.
pub(super) fn instant(time: SystemTime) -> Instant {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Instant::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
