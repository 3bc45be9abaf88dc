//! What a file is, told by its first bytes and never by its name.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use flate2::read::MultiGzDecoder;

use super::error::ImportError;

/// Bytes that are looked at to tell text from junk, and the size of the read buffer.
const BUFFER_BYTES: usize = 64 << 10;

const AGAIN: &str = "copy or download it again";
const SUPPORTED: &str = "import a CSV file (also .gz) or a Parquet file";

/// A recognised file.
pub(crate) enum Source {
    /// Parquet, to be opened by path.
    Parquet,
    /// Text, unpacked.
    Text(Box<dyn BufRead>),
}

/// Opens and recognises a file. `read` counts the bytes of the file that were consumed.
pub(crate) fn open(path: &Path, read: &Rc<Cell<u64>>) -> Result<Source, ImportError> {
    let failed = |error| ImportError::io("read", path)(error);
    let file = File::open(path).map_err(ImportError::io("open", path))?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(ImportError::content(path, "it is a folder", "name the files in it"));
    }
    let mut raw = BufReader::with_capacity(BUFFER_BYTES, Counted { file, read: Rc::clone(read) });
    let start = raw.fill_buf().map_err(failed)?;
    if start.starts_with(b"PAR1") {
        return Ok(Source::Parquet);
    }
    if !start.starts_with(&[0x1f, 0x8b]) {
        check_text(path, start)?;
        return Ok(Source::Text(Box::new(raw)));
    }
    let mut unpacked = BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(raw));
    let start = unpacked.fill_buf().map_err(|error| read_error(path, &error))?;
    check_text(path, start)?;
    Ok(Source::Text(Box::new(unpacked)))
}

/// A file that cannot be read to its end.
pub(crate) fn read_error(path: &Path, error: &io::Error) -> ImportError {
    let reason = match error.kind() {
        io::ErrorKind::UnexpectedEof => "its compressed data ends too early".to_owned(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            "its compressed data is broken".to_owned()
        }
        _ => format!("it cannot be read: {error}"),
    };
    ImportError::content(path, reason, AGAIN)
}

/// A Parquet file that cannot be understood.
pub(crate) fn parquet_error(path: &Path, error: &dyn std::fmt::Display) -> ImportError {
    let reason = error.to_string();
    let reason = reason.lines().next().unwrap_or_default();
    let whole = ends_like_parquet(path).unwrap_or(true);
    if whole {
        ImportError::content(path, format!("its Parquet data cannot be read: {reason}"), AGAIN)
    } else {
        let reason = "it ends before its Parquet footer, so it was not written or copied completely";
        ImportError::content(path, reason, AGAIN)
    }
}

fn ends_like_parquet(path: &Path) -> io::Result<bool> {
    use std::io::{Seek, SeekFrom};
    let mut end = [0; 4];
    let mut file = File::open(path)?;
    if file.metadata()?.len() < 12 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-4))?;
    file.read_exact(&mut end)?;
    Ok(end == *b"PAR1")
}

/// Refuses what is no table of text.
fn check_text(path: &Path, start: &[u8]) -> Result<(), ImportError> {
    let refused = |reason: &str, advice: &str| Err(ImportError::content(path, reason, advice));
    let trimmed = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    if trimmed.is_empty() {
        return refused("it is empty", AGAIN);
    }
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return refused("it is UTF-16 text", "save it as UTF-8");
    }
    if start.starts_with(b"PK\x03\x04") {
        return refused("it is a zip archive", "unpack it first");
    }
    // other control characters cost only the row that they stand in
    if start.contains(&0) {
        return refused("it is binary data of an unknown kind", SUPPORTED);
    }
    match trimmed.first() {
        Some(b'<') => refused(
            "it is a web page (HTML or XML), often the error page of a download",
            "open it in a browser to see what it says, then download the data again",
        ),
        Some(b'{' | b'[') => refused("it is JSON, which is not understood", SUPPORTED),
        _ => Ok(()),
    }
}

/// A file that counts what was read of it.
struct Counted {
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
