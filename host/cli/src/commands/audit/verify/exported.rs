//! Checking a file that `sluice audit export` wrote: with nothing but the file and the key.

use crate::commands::audit::entry::{Ending, Entry};
use anyhow::Context;
use sluice_store::{Access, AuditCheck, AuditEnd, AuditRow, AuditVerdict};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Bytes of the longest line that is read: far beyond any row, and no file may fill the memory.
const LONGEST_LINE: u64 = 64 << 20;

/// A line of the file.
enum Line {
    Row(Box<AuditRow>),
    End(AuditEnd),
    /// What is wrong with it.
    Spoilt(String),
}

/// Checks every line; `progress` is told how many rows were checked so far.
///
/// # Errors
/// When the key cannot be used or the file cannot be read.
pub fn verify(access: &Access, path: &Path, progress: impl Fn(u64)) -> anyhow::Result<AuditVerdict> {
    let mut check = AuditCheck::new(access)?;
    each(path, |line| {
        if let Line::Row(row) = &line {
            check.read(row);
        }
        true
    })?;
    each(path, |line| match line {
        Line::Row(row) => {
            progress(check.rows());
            check.take(*row)
        }
        Line::End(end) => {
            check.end(end);
            true
        }
        Line::Spoilt(why) => {
            check.spoilt(why);
            false
        }
    })?;
    Ok(check.verdict())
}

/// Gives lines to `take` for as long as it wants more.
fn each(path: &Path, mut take: impl FnMut(Line) -> bool) -> anyhow::Result<()> {
    let cannot = || format!("cannot read {}", path.display());
    let mut file = BufReader::new(File::open(path).with_context(cannot)?);
    let mut bytes = Vec::new();
    for number in 1_u64.. {
        bytes.clear();
        let read = (&mut file).take(LONGEST_LINE + 1).read_until(b'\n', &mut bytes).with_context(cannot)?;
        if read == 0 || !take(line(number, &bytes)) {
            break;
        }
    }
    Ok(())
}

fn line(number: u64, bytes: &[u8]) -> Line {
    let spoilt = |why: String| Line::Spoilt(format!("line {number} is no row of an exported log: {why}"));
    if bytes.len() as u64 > LONGEST_LINE {
        return spoilt(format!("it is longer than {LONGEST_LINE} bytes"));
    }
    match serde_json::from_slice::<Entry>(bytes) {
        Ok(entry) => entry.row().map_or_else(spoilt, |row| Line::Row(Box::new(row))),
        Err(error) => match serde_json::from_slice::<Ending>(bytes) {
            Ok(end) => Line::End(end.into()),
            Err(_) => spoilt(error.to_string()),
        },
    }
}
