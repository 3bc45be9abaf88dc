//! JSON documents: one that is held whole, or one per line.

use std::collections::BTreeSet;
use std::io::{BufRead, Read};
use std::path::Path;

use serde_json::Value;

use crate::import::error::ImportError;
use crate::import::faults::{FaultKind, Place};
use crate::import::reader::{Head, Input};
use crate::import::sink::Sink;
use crate::import::source::read_error;
use crate::symbol::printable;

/// Longest document that is held whole: pages of the vendors' interfaces stay far below it.
pub(crate) const MAX_DOCUMENT_BYTES: u64 = 64 << 20;
/// Longest line of a file with a document per line.
const MAX_LINE_BYTES: u64 = 4 << 20;
/// Documents between two reports of progress.
const PROGRESS_LINES: u64 = 1024;

/// What takes a document, with its line when there is one per line.
pub(crate) type TakeDocument<'a> = dyn FnMut(&mut dyn Sink, Option<Place>, &Value) + 'a;
/// What takes an item of a document.
pub(crate) type TakeItem<'a> = dyn FnMut(&mut dyn Sink, Place, &Value) + 'a;

/// The members' names that the first bytes of a JSON file show, at whatever depth; empty for other files.
pub(crate) fn names<'a>(head: &Head<'a>) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    if !matches!(head.bytes.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return names;
    }
    let mut rest = head.bytes;
    while let Some((text, after)) = next_text(rest) {
        rest = after;
        if after.trim_ascii_start().first() == Some(&b':')
            && let Ok(name) = std::str::from_utf8(text)
        {
            names.insert(name);
        }
    }
    names
}

/// Whether a JSON file's first bytes have members of all these names.
pub(crate) fn has(head: &Head<'_>, wanted: &[&str]) -> bool {
    let names = names(head);
    wanted.iter().all(|name| names.contains(name))
}

/// The next text in quotes, still escaped, and what follows it.
fn next_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = bytes.iter().position(|byte| *byte == b'"')? + 1;
    let (_, inside) = bytes.split_at_checked(start)?;
    let mut escaped = false;
    let end = inside.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })?;
    let (text, after) = inside.split_at_checked(end)?;
    Some((text, after.get(1..)?))
}

/// Hands on the items of every document: those of the list that `find` sees in it, or the document itself when it
/// sees none. Returns how many there were.
pub(crate) fn each_item(
    input: &mut Input<'_>,
    sink: &mut dyn Sink,
    find: fn(&Value) -> Option<&Vec<Value>>,
    take: &mut TakeItem<'_>,
) -> Result<u64, ImportError> {
    let mut items = 0_u64;
    each(input, sink, &mut |sink, line, document| match find(document) {
        Some(list) => {
            for item in list {
                items += 1;
                take(sink, line.unwrap_or(Place::Row(items)), item);
            }
        }
        None => {
            items += 1;
            take(sink, line.unwrap_or(Place::Row(items)), document);
        }
    })?;
    sink.progress(items)?;
    Ok(items)
}

/// Hands on every document, with its line when there is one per line.
pub(crate) fn each(
    input: &mut Input<'_>,
    sink: &mut dyn Sink,
    take: &mut TakeDocument<'_>,
) -> Result<(), ImportError> {
    let path = input.head.path;
    if one_per_line(input.head.bytes) {
        return each_line(path, input.text, sink, take);
    }
    let mut text = Vec::new();
    let limited = (&mut *input.text).take(MAX_DOCUMENT_BYTES + 1).read_to_end(&mut text);
    limited.map_err(|error| read_error(path, &error))?;
    if text.len() as u64 > MAX_DOCUMENT_BYTES {
        let limit = MAX_DOCUMENT_BYTES >> 20;
        let reason =
            format!("it is one JSON document of more than {limit} MiB, the most that is held at once");
        return Err(ImportError::content(
            path,
            reason,
            "ask for smaller pages, or save one document per line",
        ));
    }
    let document = serde_json::from_slice(&text).map_err(|error| broken(path, &error))?;
    take(sink, None, &document);
    Ok(())
}

fn each_line(
    path: &Path,
    text: &mut dyn BufRead,
    sink: &mut dyn Sink,
    take: &mut TakeDocument<'_>,
) -> Result<(), ImportError> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = (&mut *text).take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut line);
        if read.map_err(|error| read_error(path, &error))? == 0 {
            break;
        }
        if line.len() as u64 > MAX_LINE_BYTES {
            let limit = MAX_LINE_BYTES >> 20;
            let reason =
                format!("its line {number} has more than {limit} MiB, the most that is held at once");
            return Err(ImportError::content(path, reason, "save one smaller document per line"));
        }
        let place = Place::Line(number);
        match serde_json::from_slice::<Value>(&line) {
            _ if line.trim_ascii().is_empty() => {}
            Ok(document) => take(sink, Some(place), &document),
            Err(error) => {
                let mut detail = || format!("it is no JSON: {}", reason(&error));
                sink.fault(FaultKind::Entry, place, &mut detail);
            }
        }
        if number.is_multiple_of(PROGRESS_LINES) {
            sink.progress(number)?;
        }
    }
    Ok(())
}

/// Whether the first line is a document of its own and another one follows.
fn one_per_line(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    let Some(end) = head.iter().position(|byte| *byte == b'\n') else { return false };
    let (first, rest) = head.split_at(end);
    first.starts_with(b"{")
        && rest.trim_ascii_start().starts_with(b"{")
        && serde_json::from_slice::<serde::de::IgnoredAny>(first).is_ok()
}

fn broken(path: &Path, error: &serde_json::Error) -> ImportError {
    let cut = error.is_eof();
    let reason = match cut {
        true => "its JSON ends too early".to_owned(),
        false => format!("it is no JSON: {}", reason(error)),
    };
    ImportError::content(path, reason, "copy or download it again")
}

fn reason(error: &serde_json::Error) -> String {
    printable(&error.to_string(), 120)
}

/// A member that is a text with something in it.
pub(crate) fn text<'a>(item: &'a Value, name: &str) -> Option<&'a str> {
    item.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// A member that is a number, or a text that is one.
pub(crate) fn number(item: &Value, name: &str) -> Option<f64> {
    match item.get(name)? {
        Value::String(text) => crate::parse::number(text.as_bytes()),
        other => other.as_f64(),
    }
    .filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::{Reader, Said};
    use crate::import::testing::Collected;

    fn head(text: &str) -> Head<'_> {
        Head { path: Path::new("f.json"), bytes: text.as_bytes(), columns: &[] }
    }

    /// Tells every item as a remark.
    const REMARKS: Reader = Reader {
        name: "remarks",
        title: "",
        sees: |_| true,
        read: |input, sink| {
            let take: &mut TakeItem<'_> =
                &mut |sink, place, item| sink.fault(FaultKind::Number, place, &mut || item.to_string());
            each_item(input, sink, |document| document.get("results")?.as_array(), take).map(|_| ())
        },
    };

    fn items(text: &str) -> Result<(Vec<(Place, String)>, Collected), String> {
        let read = Collected::read(&REMARKS, "f.json", text.as_bytes(), &Said::default());
        let read = read.map_err(|error| error.to_string())?;
        let items = read.faults.iter().filter(|fault| fault.0 == FaultKind::Number);
        Ok((items.map(|(_, place, text)| (*place, text.clone())).collect(), read))
    }

    #[test]
    fn names_are_seen_at_any_depth_and_in_a_cut_document() {
        let text = r#"{"a\"b": "not: \"x\":", "results" : [{"ticker":"A","t"  :1, "cut"#;
        assert_eq!(names(&head(text)), BTreeSet::from(["a\\\"b", "results", "ticker", "t"]));
        assert!(names(&head("ticker,\"t\": 1")).is_empty());
    }

    #[test]
    fn items_come_from_a_list_or_from_lines() {
        let (list, _) = items("{\"results\":\n[1, 2]}").unwrap();
        assert_eq!(list, [(Place::Row(1), "1".to_owned()), (Place::Row(2), "2".to_owned())]);
        let (lines, sink) = items("{\"a\":1}\n\n{\"results\":[7,8]}\n{oops\n").unwrap();
        let expected = [(1, "{\"a\":1}"), (3, "7"), (3, "8")];
        assert_eq!(lines, expected.map(|(line, text)| (Place::Line(line), text.to_owned())));
        assert_eq!(sink.count(FaultKind::Entry), 1);
        assert_eq!(sink.faults.last().unwrap().1, Place::Line(4));
    }

    #[test]
    fn a_cut_document_and_one_that_is_none_are_refused() {
        assert_eq!(
            items("{\"results\":[1,").map(|_| ()),
            Err("f.json: its JSON ends too early; copy or download it again".to_owned())
        );
        assert_eq!(
            items("{\"results\" 1}").map(|_| ()),
            Err("f.json: it is no JSON: expected `:` at line 1 column 12; copy or download it again"
                .to_owned())
        );
    }

    #[test]
    fn a_document_beyond_the_limit_is_refused_with_the_limit() {
        let text = format!("{{\"results\":[\"{}\"]}}", "x".repeat(MAX_DOCUMENT_BYTES as usize));
        let error = items(&text).map(|_| ()).unwrap_err();
        assert!(error.contains("more than 64 MiB"), "{error}");
        assert!(items(&format!("{{}}\n{{\"a\":\"{}\"}}", "x".repeat(MAX_LINE_BYTES as usize))).is_err());
    }
}
