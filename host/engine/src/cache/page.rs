//! What is kept of one layer for one shared input.

use super::digest::Digest;
use super::folder::Place;
use super::segment::Draft;
use std::collections::{HashMap, HashSet};
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// Answers by what they are on. Read at once, then looked up by many threads.
#[derive(Debug)]
pub(crate) struct Page {
    label: String,
    place: Place,
    files: Vec<(PathBuf, Vec<u8>)>,
    entries: HashMap<Digest, (usize, Range<usize>)>,
}

impl Page {
    pub(super) fn read(label: &str, place: Place) -> Self {
        let contents = place.read();
        let entries =
            contents.entries(&place).into_iter().map(|(key, file, range)| (key, (file, range))).collect();
        Self { label: label.to_owned(), place, files: contents.files, entries }
    }

    /// The bytes kept under a key.
    pub(crate) fn get(&self, key: &Digest) -> Option<&[u8]> {
        let (file, range) = self.entries.get(key)?;
        self.files.get(*file)?.1.get(range.clone())
    }
}

/// Answers that were not there.
#[derive(Debug)]
pub(crate) struct Fresh {
    page: Arc<Page>,
    draft: Draft,
}

impl Fresh {
    pub(crate) fn new(page: Arc<Page>, entries: &[(Digest, Vec<u8>)]) -> Self {
        let mut draft = Draft::new(&page.label);
        // several calls may have logged the same
        let mut seen = HashSet::with_capacity(entries.len());
        for (key, bytes) in entries {
            if seen.insert(key) {
                draft.add(key, bytes);
            }
        }
        Self { page, draft }
    }

    /// Writes what is fresh, if anything is.
    pub(super) fn write(&self) -> io::Result<()> {
        if self.draft.is_empty() {
            return Ok(());
        }
        let page = &self.page;
        let old: Vec<PathBuf> = page.files.iter().map(|(path, _)| path.clone()).collect();
        let known = page.entries.keys().filter_map(|key| Some((key, page.get(key)?)));
        page.place.write(self.draft.clone(), &old, known)
    }
}
