//! Where the bytes of a file come from, unpacked: a plain file, `.gz`, `.zst`, a member of a `.zip`.
//!
//! What a file is is told by its first bytes and never by its name. It can be read from its start as often as
//! somebody needs it: some questions (which mark is the decimal one?) are answered by the whole file only.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use super::error::ImportError;
use super::source::read_error;

/// Bytes that are looked at to recognise a file, and the size of the read buffers.
pub(crate) const HEAD_BYTES: usize = 64 << 10;
/// A packed file may be packed once more inside an archive, and no deeper.
const MAX_LAYERS: u32 = 2;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file that can be read, more than once.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    /// What messages call it: the file, or the archive and the member in it.
    path: PathBuf,
    origin: Kept,
    /// Bytes consumed of packed files, over all files of an import.
    read: Rc<Cell<u64>>,
}

#[derive(Debug, Clone)]
enum Kept {
    File,
    Member { archive: PathBuf, index: usize },
    Memory(Bytes),
}

impl Content {
    /// A file on disk.
    pub(crate) fn file(path: &Path, read: &Rc<Cell<u64>>) -> Self {
        Self { path: path.to_path_buf(), origin: Kept::File, read: Rc::clone(read) }
    }

    /// A member of a zip archive.
    pub(crate) fn member(archive: &Path, name: &str, index: usize, read: &Rc<Cell<u64>>) -> Self {
        let origin = Kept::Member { archive: archive.to_path_buf(), index };
        Self { path: archive.join(name), origin, read: Rc::clone(read) }
    }

    /// Bytes in memory, for tests and fuzzing.
    pub(crate) fn memory(name: &str, bytes: &[u8]) -> Self {
        let origin = Kept::Memory(Bytes::copy_from_slice(bytes));
        Self { path: PathBuf::from(name), origin, read: Rc::default() }
    }

    /// What messages call it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file on disk, when that is not packed.
    pub(crate) fn on_disk(&self) -> Option<&Path> {
        let Kept::File = self.origin else { return None };
        let mut start = [0; 4];
        let read = File::open(&self.path).and_then(|mut file| file.read(&mut start)).ok()?;
        let start = start.get(..read)?;
        (!start.starts_with(GZIP) && !start.starts_with(ZSTD)).then_some(self.path.as_path())
    }

    /// Counts bytes that were read past this module.
    pub(crate) fn count(&self, bytes: u64) {
        self.read.set(self.read.get() + bytes);
    }

    /// Hands out the unpacked bytes from the first one on, without a byte order mark.
    ///
    /// # Errors
    /// A file that cannot be opened or unpacked, or what `take` says.
    pub(crate) fn read<T>(
        &self,
        take: &mut dyn FnMut(&mut dyn BufRead) -> Result<T, ImportError>,
    ) -> Result<T, ImportError> {
        self.read_counted(&self.read, take)
    }

    /// The same for somebody who looks before the real reading: progress does not count it.
    ///
    /// # Errors
    /// A file that cannot be opened or unpacked, or what `take` says.
    pub(crate) fn look<T>(
        &self,
        take: &mut dyn FnMut(&mut dyn BufRead) -> Result<T, ImportError>,
    ) -> Result<T, ImportError> {
        self.read_counted(&Rc::default(), take)
    }

    /// The first bytes, at most [`HEAD_BYTES`].
    ///
    /// # Errors
    /// A file that cannot be opened or unpacked.
    pub(crate) fn head(&self) -> Result<Vec<u8>, ImportError> {
        self.look(&mut |text| {
            let mut head = Vec::new();
            let read = text.take(HEAD_BYTES as u64).read_to_end(&mut head);
            read.map_err(|error| read_error(&self.path, &error))?;
            Ok(head)
        })
    }

    fn read_counted<T>(
        &self,
        read: &Rc<Cell<u64>>,
        take: &mut dyn FnMut(&mut dyn BufRead) -> Result<T, ImportError>,
    ) -> Result<T, ImportError> {
        let path = self.path.as_path();
        match &self.origin {
            Kept::Memory(bytes) => unpacked(path, &mut bytes.as_ref(), 0, take),
            Kept::File => {
                let file = open(path, read)?;
                unpacked(path, &mut BufReader::with_capacity(HEAD_BYTES, file), 0, take)
            }
            Kept::Member { archive, index } => {
                let mut archive =
                    ZipArchive::new(open(archive, read)?).map_err(|error| zip_error(path, &error))?;
                let member = archive.by_index(*index).map_err(|error| zip_error(path, &error))?;
                unpacked(path, &mut BufReader::with_capacity(HEAD_BYTES, member), 0, take)
            }
        }
    }
}

fn open(path: &Path, read: &Rc<Cell<u64>>) -> Result<Counted, ImportError> {
    let file = File::open(path).map_err(ImportError::io("open", path))?;
    Ok(Counted { file, read: Rc::clone(read) })
}

/// Takes off compression as long as there is some, then the byte order mark.
fn unpacked<T>(
    path: &Path,
    raw: &mut dyn BufRead,
    layers: u32,
    take: &mut dyn FnMut(&mut dyn BufRead) -> Result<T, ImportError>,
) -> Result<T, ImportError> {
    let failed = |error: io::Error| read_error(path, &error);
    let start = raw.fill_buf().map_err(failed)?;
    let (gzip, zstd) = (start.starts_with(GZIP), start.starts_with(ZSTD));
    if (gzip || zstd) && layers == MAX_LAYERS {
        return Err(ImportError::content(path, "it is packed more than twice", "unpack it first"));
    }
    if gzip {
        let mut text = BufReader::with_capacity(HEAD_BYTES, MultiGzDecoder::new(raw));
        return unpacked(path, &mut text, layers + 1, take);
    }
    if zstd {
        let decoder = zstd::Decoder::with_buffer(raw).map_err(failed)?;
        let mut text = BufReader::with_capacity(HEAD_BYTES, decoder);
        return unpacked(path, &mut text, layers + 1, take);
    }
    if start.starts_with(BYTE_ORDER_MARK) {
        raw.consume(BYTE_ORDER_MARK.len());
    }
    take(raw)
}

/// An archive that cannot be read.
pub(crate) fn zip_error(path: &Path, error: &zip::result::ZipError) -> ImportError {
    match error {
        zip::result::ZipError::Io(error) => read_error(path, error),
        other => {
            ImportError::content(path, format!("the zip archive cannot be read: {other}"), "unpack it first")
        }
    }
}

/// A file that counts what was read of it.
pub(crate) struct Counted {
    file: File,
    read: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.set(self.read.get() + count as u64);
        Ok(count)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
