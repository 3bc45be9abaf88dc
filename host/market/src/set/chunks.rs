//! Positioned reads of one open file, safe from many threads.
//!
//! The parquet crate's reader for `File` clones the handle, but clones share their cursor: two threads that seek
//! and read race. This one names the offset in every call.

use std::io::{self, Read};
use std::path::Path;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use super::reads::Reads;

/// Bytes read ahead by [`ChunkReader::get_read`], enough for a page header.
const READ_AHEAD_BYTES: usize = 4096;

/// An open file of fixed length.
#[derive(Debug, Clone)]
pub(crate) struct Chunks {
    reads: Reads,
    length: u64,
}

impl Chunks {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let (reads, length) = Reads::open(path)?;
        Ok(Self { reads, length })
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Chunks {
    type T = io::BufReader<From>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        let from = From { reads: self.reads.clone(), offset: start };
        Ok(io::BufReader::with_capacity(READ_AHEAD_BYTES, from))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.length) {
            let message = format!("bytes {start} to {start}+{length} of a file with {} bytes", self.length);
            return Err(ParquetError::EOF(message));
        }
        let mut buffer = vec![0; length];
        self.reads.read_exact_at(&mut buffer, start)?;
        Ok(buffer.into())
    }
}

/// Reads onwards from an offset of its own.
pub(crate) struct From {
    reads: Reads,
    offset: u64,
}

impl Read for From {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reads.read_at(buffer, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}
