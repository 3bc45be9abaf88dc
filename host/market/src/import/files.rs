//! The files of an import: folders and archives are opened up, each file goes to the reader that sees it.

use std::cell::Cell;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use zip::ZipArchive;

use super::content::{Content, zip_error};
use super::detect::{self, Columns};
use super::error::ImportError;
use super::reader::{Head, Input, Reader, Said};
use super::sink::Sink;

/// Folders within folders.
const MAX_DEPTH: u32 = 32;
const ZIP: &[u8] = b"PK\x03\x04";
/// What a workbook is told by.
const WORKBOOK: &str = "[Content_Types].xml";
/// Names that stand beside data and are none.
const ASIDE: [&str; 12] =
    ["md", "html", "htm", "pdf", "py", "ipynb", "png", "jpg", "log", "sh", "toml", "yaml"];

/// A sink that is told of the files.
pub(crate) trait FileSink: Sink {
    /// A file, or a member of an archive, is opened and read by a reader.
    fn start_file(&mut self, path: &Path, reader: &Reader);

    /// It is read. `named`: by the user, and not found in a folder or an archive.
    ///
    /// # Errors
    /// A file that was named and has nothing of use.
    fn end_file(&mut self, path: &Path, named: bool) -> Result<(), ImportError>;
}

/// A file to be read.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) content: Content,
    /// By the user, and not found in a folder or an archive.
    named: bool,
}

/// The files of an import.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) found: Vec<Found>,
    /// Bytes of all of them, packed.
    pub(crate) bytes: u64,
    /// Those in folders that are no data by their names.
    pub(crate) aside: Vec<PathBuf>,
}

impl Files {
    /// Opens up folders, in the order of their names, and archives. `read` counts the bytes that are read later.
    ///
    /// # Errors
    /// A path that cannot be opened, or a folder without a file.
    pub(crate) fn find(paths: &[PathBuf], read: &Rc<Cell<u64>>) -> Result<Self, ImportError> {
        if paths.is_empty() {
            return Err(ImportError::NoFile);
        }
        let mut files = Self { found: Vec::new(), bytes: 0, aside: Vec::new() };
        for path in paths {
            let before = files.found.len();
            files.add(path, 0, read)?;
            if files.found.len() == before {
                return Err(ImportError::content(
                    path,
                    "there is no file with data in it",
                    "name another folder",
                ));
            }
        }
        Ok(files)
    }

    fn add(&mut self, path: &Path, depth: u32, read: &Rc<Cell<u64>>) -> Result<(), ImportError> {
        let failed = |error| ImportError::io("open", path)(error);
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            return self.add_folder(path, depth, read);
        }
        let mut start = [0; 4];
        let mut file = File::open(path).map_err(failed)?;
        let length = file.read(&mut start).map_err(failed)?;
        self.bytes += metadata.len();
        if start.get(..length) == Some(ZIP) {
            return self.add_archive(path, file, read);
        }
        self.found.push(Found { content: Content::file(path, read), named: depth == 0 });
        Ok(())
    }

    fn add_folder(&mut self, path: &Path, depth: u32, read: &Rc<Cell<u64>>) -> Result<(), ImportError> {
        if depth == MAX_DEPTH {
            let reason = format!("it is more than {MAX_DEPTH} folders deep");
            return Err(ImportError::content(path, reason, "name the folder with the files"));
        }
        let failed = |error| ImportError::io("read", path)(error);
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            inside.push(entry.map_err(failed)?.path());
        }
        inside.sort();
        for path in inside {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') {
                continue;
            }
            if is_aside(&name) {
                self.aside.push(path);
            } else {
                self.add(&path, depth + 1, read)?;
            }
        }
        Ok(())
    }

    fn add_archive(&mut self, path: &Path, file: File, read: &Rc<Cell<u64>>) -> Result<(), ImportError> {
        let mut archive = ZipArchive::new(file).map_err(|error| zip_error(path, &error))?;
        let mut members = Vec::with_capacity(archive.len());
        for index in 0..archive.len() {
            let member = archive.by_index_raw(index).map_err(|error| zip_error(path, &error))?;
            let name = String::from_utf8_lossy(member.name_raw()).into_owned();
            if name == WORKBOOK {
                return Err(ImportError::content(path, "it is an Excel workbook", "save its sheet as CSV"));
            }
            let hidden = name.split(['/', '\\']).any(|part| part.starts_with('.') || part == "__MACOSX");
            if !name.ends_with('/') && !hidden {
                members.push((name, index));
            }
        }
        members.sort();
        for (name, index) in members {
            if is_aside(&name) {
                self.aside.push(path.join(name));
            } else {
                let content = Content::member(path, &name, index, read);
                self.found.push(Found { content, named: false });
            }
        }
        Ok(())
    }
}

/// Whether a name says that a file stands beside data and is none.
fn is_aside(name: &str) -> bool {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    name.starts_with("readme") || name.starts_with("license") || ASIDE.contains(&ending)
}

/// Reads all files in their order: by the reader that the user names, else by the one that sees each.
///
/// # Errors
/// The first file that cannot be recognised or read.
pub(crate) fn read(
    files: &[Found],
    reader: Option<&Reader>,
    said: &Said,
    sink: &mut dyn FileSink,
) -> Result<(), ImportError> {
    files.iter().try_for_each(|found| read_one(found, reader, said, sink))
}

fn read_one(
    found: &Found,
    named: Option<&Reader>,
    said: &Said,
    sink: &mut dyn FileSink,
) -> Result<(), ImportError> {
    let content = &found.content;
    let path = content.path();
    let bytes = content.head()?;
    let columns = Columns::of(&bytes, said);
    let head = || Head { path, bytes: &bytes, columns: &columns.0 };
    let reader = match named {
        // what the user says counts, but for what is no data at all
        Some(reader) if !(reader.sees)(&head()) => detect::check(&head()).map(|()| reader)?,
        Some(reader) => reader,
        None => detect::recognise(&head()).map_err(|error| detect::unmapped(error, &head(), said))?,
    };
    sink.start_file(path, reader);
    content.read(&mut |text| {
        let mut input = Input { head: head(), text, content, said };
        (reader.read)(&mut input, sink)
    })?;
    sink.end_file(path, found.named)
}

#[cfg(test)]
mod tests;
