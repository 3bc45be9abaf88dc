//! What the reader of Arrow IPC takes on trust: that a message and its buffers lie within the file, and unpack to what
//! memory can hold. It asks for more memory than there is where they do not, which ends the process, so every message is
//! looked at before.
//!
//! Only that is looked for. What else is wrong with a file, the reader itself says, or its panic does.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use arrow_ipc::{Block, Message, RecordBatch, root_as_footer, root_as_message};

/// Longest description of a message, in bytes.
const MOST_METADATA: u64 = 16 << 20;
/// Most that one buffer may unpack to, in bytes.
const MOST_UNPACKED: i64 = 1 << 30;
/// Before the length of a message since version 0.15 of the format.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// At the end of a file, behind the length of its footer.
const MAGIC: &[u8; 6] = b"ARROW1";

/// Why a file is not given to the reader.
#[derive(Debug)]
pub(super) enum Flaw {
    /// It cannot be read.
    Io(io::Error),
    /// In words.
    Content(String),
}

impl From<io::Error> for Flaw {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Looks at the messages of a stream, one behind the other.
pub(super) fn stream(mut input: impl Read + Seek) -> Result<(), Flaw> {
    cut_is_fine(stream_messages(&mut input))
}

/// Looks at the messages that the footer of a file names.
pub(super) fn file(mut input: impl Read + Seek) -> Result<(), Flaw> {
    cut_is_fine(file_messages(&mut input))
}

/// A file that ends too early is the reader's to refuse.
fn cut_is_fine(result: Result<(), Flaw>) -> Result<(), Flaw> {
    match result {
        Err(Flaw::Io(error)) if error.kind() == ErrorKind::UnexpectedEof => Ok(()),
        other => other,
    }
}

fn stream_messages(input: &mut (impl Read + Seek)) -> Result<(), Flaw> {
    let end = input.seek(SeekFrom::End(0))?;
    input.rewind()?;
    loop {
        let mut length: [u8; 4] = array(input)?;
        if length == CONTINUATION {
            length = array(input)?;
        }
        let length = i32::from_le_bytes(length);
        if length == 0 {
            return Ok(());
        }
        let metadata = metadata(input, i64::from(length))?;
        // the reader says that it is none
        let Ok(message) = root_as_message(&metadata) else { return Ok(()) };
        let start = input.stream_position()?;
        let body = within(message.bodyLength(), start, end)?;
        look_at(input, &message, start, body)?;
        input.seek(SeekFrom::Start(start + body))?;
    }
}

fn file_messages(input: &mut (impl Read + Seek)) -> Result<(), Flaw> {
    let end = input.seek(SeekFrom::End(0))?;
    let Some(tail) = end.checked_sub(4 + MAGIC.len() as u64) else { return Ok(()) };
    input.seek(SeekFrom::Start(tail))?;
    let length = u64::from(u32::from_le_bytes(array(input)?));
    let Some(start) = tail.checked_sub(length).filter(|_| length <= MOST_METADATA) else {
        return Err(Flaw::Content(format!("its footer is said to be {length} bytes long")));
    };
    input.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    input.by_ref().take(length).read_to_end(&mut bytes)?;
    let Ok(footer) = root_as_footer(&bytes) else { return Ok(()) };
    let blocks =
        footer.dictionaries().into_iter().flatten().chain(footer.recordBatches().into_iter().flatten());
    for block in blocks {
        block_of_file(input, block, end)?;
    }
    Ok(())
}

fn block_of_file(input: &mut (impl Read + Seek), block: &Block, end: u64) -> Result<(), Flaw> {
    let Ok(offset) = u64::try_from(block.offset()) else {
        return Err(Flaw::Content(format!("a batch is said to begin at {}", block.offset())));
    };
    let metadata_length = within(i64::from(block.metaDataLength()), offset, end)?;
    let start = offset + metadata_length;
    let body = within(block.bodyLength(), start, end)?;
    input.seek(SeekFrom::Start(offset))?;
    let metadata = metadata(input, i64::from(block.metaDataLength()))?;
    let prefix = if metadata.starts_with(&CONTINUATION) { 8 } else { 4 };
    let Some(metadata) = metadata.get(prefix..) else {
        return Err(Flaw::Content(format!("a batch is described in {metadata_length} bytes")));
    };
    match root_as_message(metadata) {
        Ok(message) => look_at(input, &message, start, body),
        Err(_) => Ok(()),
    }
}

/// The next bytes, which describe a message.
fn metadata(input: &mut impl Read, length: i64) -> Result<Vec<u8>, Flaw> {
    match u64::try_from(length) {
        Ok(length) if length <= MOST_METADATA => {
            let mut bytes = Vec::new();
            input.take(length).read_to_end(&mut bytes)?;
            match bytes.len() as u64 == length {
                true => Ok(bytes),
                false => Err(Flaw::Io(ErrorKind::UnexpectedEof.into())),
            }
        }
        _ => Err(Flaw::Content(format!("a message is said to be described in {length} bytes"))),
    }
}

/// A length that ends before the file does.
fn within(length: i64, start: u64, end: u64) -> Result<u64, Flaw> {
    let fits = |length: &u64| start.checked_add(*length).is_some_and(|behind| behind <= end);
    u64::try_from(length).ok().filter(fits).ok_or_else(|| {
        Flaw::Content(format!("a part of {length} bytes at {start} ends outside the file of {end} bytes"))
    })
}

/// Whether the buffers of a message lie within its body, which begins at `start` and has so many bytes.
fn look_at(input: &mut (impl Read + Seek), message: &Message<'_>, start: u64, body: u64) -> Result<(), Flaw> {
    let dictionary = || message.header_as_dictionary_batch().and_then(|batch| batch.data());
    let Some(batch): Option<RecordBatch<'_>> = message.header_as_record_batch().or_else(dictionary) else {
        return Ok(());
    };
    for node in batch.nodes().into_iter().flatten() {
        let (rows, missing) = (node.length(), node.null_count());
        if !(0..=rows).contains(&missing) {
            return Err(Flaw::Content(format!("a column of {rows} rows is said to miss {missing} values")));
        }
    }
    for buffer in batch.buffers().into_iter().flatten() {
        let (offset, length) = (buffer.offset(), buffer.length());
        let behind = offset.checked_add(length).and_then(|behind| u64::try_from(behind).ok());
        if offset < 0 || length < 0 || behind.is_none_or(|behind| behind > body) {
            return Err(Flaw::Content(format!(
                "a buffer of {length} bytes at {offset} ends outside its batch of {body} bytes"
            )));
        }
        // packed: the length when unpacked comes first, −1 when it is not packed after all
        if batch.compression().is_some() && length >= 8 {
            input.seek(SeekFrom::Start(start + offset.unsigned_abs()))?;
            let unpacked = i64::from_le_bytes(array(input)?);
            if !(-1..=MOST_UNPACKED).contains(&unpacked) {
                return Err(Flaw::Content(format!(
                    "a buffer is said to unpack to {unpacked} bytes; at most {MOST_UNPACKED} are taken"
                )));
            }
        }
    }
    Ok(())
}

fn array<const N: usize>(input: &mut impl Read) -> Result<[u8; N], Flaw> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}
