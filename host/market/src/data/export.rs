//! Bars into a file for other programs: Parquet, Arrow or CSV, in one step and in constant memory.

mod encode;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{BarSpan, BarView};
use crate::error::MarketError;
use encode::Encoder;

/// Instruments that are read at a time, at most …
const INSTRUMENTS: usize = 32;
/// … and as few of them as have so many bars, but for one that has more.
const BARS: u64 = 1 << 20;

/// What a file of bars is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow, the file format of its IPC.
    Arrow,
    /// Comma-separated values with a header.
    Csv,
}

/// What to write.
#[derive(Debug, Clone)]
pub struct ExportRequest<'a> {
    /// The file; its ending chooses the format.
    pub to: &'a Path,
    /// Ascending positions in [`BarView::instruments`]; each instrument's bars follow each other.
    pub instruments: &'a [usize],
    /// Which bars.
    pub span: BarSpan,
}

/// How far it is, in instruments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportProgress {
    /// Instruments done.
    pub done: u64,
    /// Instruments in all.
    pub total: u64,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportSummary {
    /// The file.
    pub file: PathBuf,
    /// Instruments that have bars in it.
    pub instruments: u64,
    /// Its bars.
    pub bars: u64,
    /// Its size.
    pub bytes: u64,
}

/// Why bars cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file's name does not tell the format.
    #[error("{} does not tell the format: end the name in .parquet, .arrow or .csv", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// Nothing to write.
    #[error("there is no bar to export: nothing was written")]
    Nothing,
    /// The operating system refuses the file.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The bars cannot be read.
    #[error(transparent)]
    Market(#[from] MarketError),
}

impl ExportFormat {
    /// By the ending of the file's name.
    ///
    /// # Errors
    /// [`ExportError::Format`].
    pub fn of(path: &Path) -> Result<Self, ExportError> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        match ending.as_deref() {
            Some("parquet") => Ok(Self::Parquet),
            Some("arrow") => Ok(Self::Arrow),
            Some("csv") => Ok(Self::Csv),
            _ => Err(ExportError::Format { path: path.to_path_buf() }),
        }
    }
}

/// Writes bars into a file, which is there whole or not at all: until the end they are in one beside it that ends in
/// `.partial`. A file of that name is replaced.
///
/// # Errors
/// A name without a known ending, no bars, bars that cannot be read, a file that cannot be written.
pub fn export(
    view: BarView<'_>,
    request: &ExportRequest<'_>,
    progress: &mut dyn FnMut(ExportProgress),
) -> Result<ExportSummary, ExportError> {
    let format = ExportFormat::of(request.to)?;
    let mut partial = request.to.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let failed = |source| ExportError::Io { path: request.to.to_path_buf(), source };
    let file = File::create(&partial).map_err(failed)?;
    let written = write(view, request, format, file, progress)
        .and_then(|summary| std::fs::rename(&partial, request.to).map(|()| summary).map_err(failed));
    if written.is_err() {
        // what was not finished is of no use to anybody
        let _ = std::fs::remove_file(&partial);
    }
    written
}

fn write(
    view: BarView<'_>,
    request: &ExportRequest<'_>,
    format: ExportFormat,
    file: File,
    progress: &mut dyn FnMut(ExportProgress),
) -> Result<ExportSummary, ExportError> {
    let failed = |source| ExportError::Io { path: request.to.to_path_buf(), source };
    let total = request.instruments.len() as u64;
    let mut encoder = Encoder::new(format, request.span.timeframe, BufWriter::new(file)).map_err(failed)?;
    let (mut instruments, mut bars, mut done) = (0, 0, 0);
    let mut rest = request.instruments;
    while !rest.is_empty() {
        let (some, after) = rest.split_at(at_a_time(view, rest, request.span));
        rest = after;
        for (position, own) in some.iter().zip(view.rows(some, &request.span)?) {
            let Some(instrument) = view.instruments().get(*position).filter(|_| !own.is_empty()) else {
                continue;
            };
            encoder.write(instrument.symbol.as_str(), &own).map_err(failed)?;
            instruments += 1;
            bars += own.len() as u64;
        }
        done += some.len() as u64;
        progress(ExportProgress { done, total });
    }
    if bars == 0 {
        return Err(ExportError::Nothing);
    }
    let file = encoder.finish().and_then(|out| out.into_inner().map_err(io::IntoInnerError::into_error));
    let file = file.map_err(failed)?;
    file.sync_all().map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    Ok(ExportSummary { file: request.to.to_path_buf(), instruments, bars, bytes })
}

/// How many of the first instruments are read together; at least one.
fn at_a_time(view: BarView<'_>, instruments: &[usize], span: BarSpan) -> usize {
    let mut bars = 0_u64;
    let fits = |position: &&usize| {
        bars += view.stored_rows(**position, span.timeframe);
        bars <= BARS
    };
    instruments.iter().take(INSTRUMENTS).take_while(fits).count().max(1)
}

#[cfg(test)]
mod tests;
