//! Columnar files without prices, as the text that somebody would have exported.

use arrow_array::RecordBatch;
use arrow_cast::display::{ArrayFormatter, FormatOptions};

use super::batches::Batches;
use crate::import::content::Content;
use crate::import::detect::{Columns, recognise, unmapped};
use crate::import::error::ImportError;
use crate::import::reader::{Head, Input};
use crate::import::sink::Sink;
use crate::symbol::printable;

/// Most text that is held.
const MAX_TEXT_BYTES: usize = 64 << 20;

/// Reads the file by the reader that sees its columns in a table of text.
pub(super) fn read(
    batches: &Batches<'_>,
    header: &[String],
    input: &Input<'_>,
    sink: &mut dyn Sink,
) -> Result<(), ImportError> {
    let path = input.head.path;
    let mut text = String::new();
    line(&mut text, header.iter().map(String::as_str));
    batches.each(None, &mut |_, batch| {
        rows(&mut text, batch).map_err(|error| {
            let reason = format!("a column cannot be read: {}", printable(&error.to_string(), 120));
            ImportError::content(path, reason, "write it again")
        })?;
        if text.len() > MAX_TEXT_BYTES {
            let reason =
                format!("it holds no bars, and more than {} MiB of other data", MAX_TEXT_BYTES >> 20);
            return Err(ImportError::content(path, reason, "write it as text"));
        }
        Ok(true)
    })?;
    let content = Content::memory(&path.display().to_string(), text.as_bytes());
    let bytes = content.head()?;
    let columns = Columns::of(&bytes, input.said);
    let head = || Head { path, bytes: &bytes, columns: &columns.0 };
    let reader = recognise(&head()).map_err(|error| unmapped(error, &head(), input.said))?;
    content.look(&mut |text| {
        let mut input = Input { head: head(), text, content: &content, said: input.said };
        (reader.read)(&mut input, sink)
    })
}

fn rows(text: &mut String, batch: &RecordBatch) -> Result<(), arrow_schema::ArrowError> {
    let options = FormatOptions::new().with_null("");
    let formatters = batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options));
    let formatters = formatters.collect::<Result<Vec<_>, _>>()?;
    for row in 0..batch.num_rows() {
        let cells: Vec<String> = formatters.iter().map(|column| column.value(row).to_string()).collect();
        line(text, cells.iter().map(String::as_str));
    }
    Ok(())
}

/// A line of quoted fields.
fn line<'a>(text: &mut String, fields: impl Iterator<Item = &'a str>) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push('"');
        text.push_str(&field.replace('"', "\"\""));
        text.push('"');
    }
    text.push('\n');
}
