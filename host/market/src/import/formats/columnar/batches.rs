//! The batches of a columnar file, as often as somebody wants them.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::ChunkReader;

use super::arrow_check::{self, Flaw};
use crate::import::error::ImportError;
use crate::import::guarded::guarded;
use crate::import::reader::Input;
use crate::import::source::{parquet_error, read_error};
use crate::set::Chunks;
use crate::symbol::printable;

/// Rows that are decoded at a time: half a megabyte.
const BATCH_ROWS: usize = 8192;
/// Largest packed file that is held whole.
const MAX_HELD_BYTES: u64 = 256 << 20;

/// How the file is written.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Parquet,
    ArrowFile,
    ArrowStream,
}

impl Kind {
    /// In words.
    pub(super) fn layout(self) -> &'static str {
        match self {
            Self::Parquet => "bars in Parquet",
            Self::ArrowFile | Self::ArrowStream => "bars in Arrow IPC",
        }
    }
}

/// Takes a batch of the projected columns; false when it needs no more.
pub(super) type Take<'a> = dyn FnMut(&SchemaRef, &RecordBatch) -> Result<bool, ImportError> + 'a;

/// A file whose batches can be asked for more than once.
pub(super) struct Batches<'a> {
    path: &'a Path,
    kind: Kind,
    held: Option<Bytes>,
    /// Rows of the file, where it says so before they are read.
    pub(super) rows: Cell<u64>,
}

impl<'a> Batches<'a> {
    /// A file on disk is read there, any other is held.
    pub(super) fn of(input: &mut Input<'a>, kind: Kind) -> Result<Self, ImportError> {
        let path = input.head.path;
        if input.content.on_disk().is_some() {
            let batches = Self { path, kind, held: None, rows: Cell::new(0) };
            batches.look_at()?;
            return Ok(batches);
        }
        let mut bytes = Vec::new();
        let read = (&mut *input.text).take(MAX_HELD_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|error| read_error(path, &error))?;
        if bytes.len() as u64 > MAX_HELD_BYTES {
            let reason = format!("it is packed and has more than {} MiB unpacked", MAX_HELD_BYTES >> 20);
            return Err(ImportError::content(path, reason, "unpack it first"));
        }
        let batches = Self { path, kind, held: Some(bytes.into()), rows: Cell::new(0) };
        batches.look_at()?;
        Ok(batches)
    }

    /// Refuses what would make the reader panic.
    fn look_at(&self) -> Result<(), ImportError> {
        let open = || File::open(self.path).map(BufReader::new).map_err(ImportError::io("open", self.path));
        let looked = match (self.kind, &self.held) {
            (Kind::Parquet, _) => Ok(()),
            (Kind::ArrowFile, Some(bytes)) => arrow_check::file(Cursor::new(bytes)),
            (Kind::ArrowFile, None) => arrow_check::file(open()?),
            (Kind::ArrowStream, Some(bytes)) => arrow_check::stream(Cursor::new(bytes)),
            (Kind::ArrowStream, None) => arrow_check::stream(open()?),
        };
        looked.map_err(|flaw| match flaw {
            Flaw::Io(error) => read_error(self.path, &error),
            Flaw::Content(reason) => self.unreadable(&reason),
        })
    }

    /// Names of the columns.
    pub(super) fn header(&self) -> Result<Vec<String>, ImportError> {
        let mut header = Vec::new();
        self.each(None, &mut |schema, _| {
            header = schema.fields().iter().map(|field| field.name().clone()).collect();
            Ok(false)
        })?;
        Ok(header)
    }

    /// Hands on the batches with some columns, or all.
    pub(super) fn each(&self, columns: Option<&[usize]>, take: &mut Take<'_>) -> Result<(), ImportError> {
        let open = || File::open(self.path).map_err(ImportError::io("open", self.path));
        match (self.kind, &self.held) {
            (Kind::Parquet, Some(bytes)) => self.parquet(bytes.clone(), columns, take),
            (Kind::Parquet, None) => {
                let chunks = Chunks::open(self.path).map_err(ImportError::io("open", self.path))?;
                self.parquet(chunks, columns, take)
            }
            (Kind::ArrowFile, Some(bytes)) => self.arrow_file(Cursor::new(bytes.clone()), columns, take),
            (Kind::ArrowFile, None) => self.arrow_file(open()?, columns, take),
            (Kind::ArrowStream, Some(bytes)) => self.arrow_stream(Cursor::new(bytes.clone()), columns, take),
            (Kind::ArrowStream, None) => self.arrow_stream(open()?, columns, take),
        }
    }

    fn parquet(
        &self,
        reader: impl ChunkReader + 'static,
        columns: Option<&[usize]>,
        take: &mut Take<'_>,
    ) -> Result<(), ImportError> {
        let failed = |error: &dyn std::fmt::Display| parquet_error(self.path, error);
        let builder = ParquetRecordBatchReaderBuilder::try_new(reader).map_err(|error| failed(&error))?;
        let mask = match columns {
            Some(columns) => ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied()),
            None => ProjectionMask::all(),
        };
        self.rows.set(builder.metadata().file_metadata().num_rows().unsigned_abs());
        let schema = builder.schema().clone();
        let batches = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build();
        // an empty file has a schema too
        if !take(&schema, &RecordBatch::new_empty(schema.clone()))? {
            return Ok(());
        }
        for batch in batches.map_err(|error| failed(&error))? {
            let batch = batch.map_err(|error| failed(&error))?;
            if !take(&batch.schema(), &batch)? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn arrow_file(
        &self,
        reader: impl Read + Seek,
        columns: Option<&[usize]>,
        take: &mut Take<'_>,
    ) -> Result<(), ImportError> {
        let projection = columns.map(<[usize]>::to_vec);
        let reader = self.decoded(|| FileReader::try_new_buffered(reader, projection))?;
        self.arrow_batches(&reader.schema(), reader, take)
    }

    fn arrow_stream(
        &self,
        reader: impl Read,
        columns: Option<&[usize]>,
        take: &mut Take<'_>,
    ) -> Result<(), ImportError> {
        let projection = columns.map(<[usize]>::to_vec);
        let reader = self.decoded(|| StreamReader::try_new_buffered(reader, projection))?;
        self.arrow_batches(&reader.schema(), reader, take)
    }

    fn arrow_batches(
        &self,
        schema: &SchemaRef,
        mut batches: impl Iterator<Item = Result<RecordBatch, ArrowError>>,
        take: &mut Take<'_>,
    ) -> Result<(), ImportError> {
        if !take(schema, &RecordBatch::new_empty(schema.clone()))? {
            return Ok(());
        }
        while let Some(batch) = self.decoded(|| batches.next().transpose())? {
            if !take(&batch.schema(), &batch)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What the reader gives. It panics on some damaged batches.
    fn decoded<T>(&self, decode: impl FnOnce() -> Result<T, ArrowError>) -> Result<T, ImportError> {
        match guarded(decode) {
            Some(result) => result.map_err(|error| self.arrow(&error)),
            None => Err(self.unreadable("a batch is damaged")),
        }
    }

    fn arrow(&self, error: &ArrowError) -> ImportError {
        let error = error.to_string();
        self.unreadable(&printable(error.lines().next().unwrap_or_default(), 200))
    }

    fn unreadable(&self, reason: &str) -> ImportError {
        ImportError::content(self.path, format!("its Arrow data cannot be read: {reason}"), "write it again")
    }
}
