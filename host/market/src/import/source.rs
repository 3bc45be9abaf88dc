//! Files that cannot be read, in words.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::error::ImportError;

const AGAIN: &str = "copy or download it again";

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
