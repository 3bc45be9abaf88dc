//! Digests of the bars that each instrument has for one need in one snapshot, so that bars which are known to be the same
//! are not read again.

use super::digest::{DIGEST_BYTES, Digest};
use super::folder::Place;
use super::segment::Draft;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whose these files are.
pub(super) const LABEL: &str = "bars";

/// What is known of an instrument's bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KnownBars {
    pub(crate) digest: Digest,
    /// Its data was too old to be shown.
    pub(crate) stale: bool,
}

/// By position in the snapshot.
#[derive(Debug)]
pub(crate) struct BarsTable {
    /// Where it is kept; none when it is not.
    place: Option<Place>,
    files: Vec<PathBuf>,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    by_position: Vec<Option<KnownBars>>,
    /// Something was learnt that no file says.
    changed: bool,
}

impl Known {
    fn nothing(instruments: usize) -> Self {
        Self { by_position: vec![None; instruments], changed: false }
    }
}

impl BarsTable {
    /// A file has one entry: of each instrument a byte (0 unknown, 1 known, 2 known and stale) and the digest.
    pub(super) fn read(place: Place, instruments: usize) -> Self {
        let contents = place.read();
        let mut known = Known::nothing(instruments);
        for (_, file, range) in contents.entries(&place) {
            let bytes = contents.files.get(file).and_then(|(_, bytes)| bytes.get(range));
            for (own, bytes) in known.by_position.iter_mut().zip(bytes.unwrap_or_default().chunks(ENTRY)) {
                *own = own.or_else(|| decode(bytes));
            }
        }
        let files = contents.files.into_iter().map(|(path, _)| path).collect();
        Self { place: Some(place), files, known: Mutex::new(known) }
    }

    /// One that is forgotten with the scan.
    pub(super) fn passing(instruments: usize) -> Self {
        Self { place: None, files: Vec::new(), known: Mutex::new(Known::nothing(instruments)) }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of these, in their order; none unless all of them are.
    pub(crate) fn of(&self, positions: &[usize]) -> Option<Vec<KnownBars>> {
        let known = self.lock();
        positions.iter().map(|position| known.by_position.get(*position).copied().flatten()).collect()
    }

    pub(crate) fn learn(&self, positions: &[usize], bars: &[KnownBars]) {
        let mut known = self.lock();
        for (position, bars) in positions.iter().zip(bars) {
            if let Some(own) = known.by_position.get_mut(*position) {
                *own = Some(*bars);
            }
        }
        known.changed = true;
    }

    /// Writes what was learnt, if anything was.
    pub(super) fn write(&self) -> io::Result<()> {
        let known = self.lock();
        let Some(place) = self.place.as_ref().filter(|_| known.changed) else { return Ok(()) };
        let mut bytes = Vec::with_capacity(known.by_position.len() * ENTRY);
        for bars in &known.by_position {
            let state = bars.map_or(0, |bars| if bars.stale { 2 } else { 1 });
            bytes.push(state);
            bytes.extend_from_slice(&bars.map_or([0; DIGEST_BYTES], |bars| bars.digest.0));
        }
        let mut draft = Draft::new(LABEL);
        draft.add(&Digest::of(&bytes), &bytes);
        // it says all that the others did
        place.write(draft, &[], std::iter::empty())?;
        for old in &self.files {
            let _ = std::fs::remove_file(old);
        }
        Ok(())
    }
}

/// Bytes of one instrument.
const ENTRY: usize = 1 + DIGEST_BYTES;

fn decode(bytes: &[u8]) -> Option<KnownBars> {
    let (state, digest) = bytes.split_first()?;
    let digest = Digest(digest.try_into().ok()?);
    match state {
        1 => Some(KnownBars { digest, stale: false }),
        2 => Some(KnownBars { digest, stale: true }),
        _ => None,
    }
}
