//! Before a call: what of it is in the verdict cache. After it: what of its answer goes there.

use super::Inputs;
use super::call::Called;
use super::stage::Running;
use crate::batch::{self, Reading, Said, Told};
use crate::cache::{self, BarsTable, DIGEST_BYTES, Digest, Digester, KnownBars, Page, ScanCache, Shared};
use crate::error::EngineError;
use crate::validate::Believed;
use sluice_runtime::Scope;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is known of some rows before a layer is called.
pub(super) struct Looked {
    page: Arc<Page>,
    /// Of each row what decides the answer on it; of a layer that sees all of them at once one for all.
    keys: Vec<Digest>,
    is_divided: bool,
    /// The answers that are kept.
    pub(super) hits: Option<Hits>,
    /// Rows without one, with their places among all.
    missing: Vec<(usize, usize)>,
    /// Positions in the snapshot whose data was too old.
    pub(super) stale: Vec<usize>,
}

/// Answers from the cache.
pub(super) struct Hits {
    /// Rows of the stage's input that they are about.
    pub(super) rows: Vec<usize>,
    pub(super) answer: Believed,
    pub(super) complaints: Vec<String>,
}

/// Bytes that are to be kept, by their keys.
pub(super) type Entries = Vec<(Digest, Vec<u8>)>;

impl Looked {
    /// Rows that the layer is to be asked about.
    pub(super) fn missing(&self) -> Vec<usize> {
        self.missing.iter().map(|(_, row)| *row).collect()
    }

    /// What of the answer on the missing rows is to be kept; nothing when it cannot be divided. Warnings that the layer
    /// logged are no part of its answer, but whoever gets the answer should see them again: each is an entry of its own,
    /// which those of all rows of the call name.
    pub(super) fn entries(&self, answer: &Believed, complaints: &[String]) -> Entries {
        let key = |place: usize| self.keys.get(place).copied();
        if !self.is_divided {
            return key(0).map(|key| (key, cache::whole(answer, complaints))).into_iter().collect();
        }
        let mut entries = Entries::with_capacity(self.missing.len());
        let warnings: Vec<(Digest, Vec<u8>)> =
            complaints.iter().map(|line| (warning_key(line), line.clone().into_bytes())).collect();
        let named: Vec<u8> = warnings.iter().flat_map(|(key, _)| key.0).collect();
        let keep = |at: usize, bytes: &[u8]| {
            let key = self.missing.get(at).and_then(|(place, _)| key(*place));
            entries.extend(key.map(|key| (key, [bytes, &named].concat())));
        };
        if cache::divided(answer, keep).is_none() {
            return Entries::new();
        }
        entries.extend(warnings);
        entries
    }
}

/// Looks some rows of the stage's input up (ascending). `known_missing`: they were looked up before.
///
/// # Errors
/// When the data cannot be read.
pub(super) fn look_up(
    inputs: Inputs<'_>,
    cache: &ScanCache<'_>,
    running: &Running,
    at: usize,
    called: Called<'_>,
    (rows, known_missing): (&[usize], bool),
) -> Result<Looked, EngineError> {
    let page = page(inputs, cache, running, at, called)?;
    let (keys, stale) = keys(inputs, cache, running, called, rows)?;
    let is_divided = called.layer.descriptor().scope == Scope::PerInstrument;
    let mut looked = Looked { page, keys, is_divided, hits: None, missing: Vec::new(), stale };
    if !is_divided {
        let mut digester = Digester::new("whole");
        looked.keys.iter().for_each(|key| digester.digest(key));
        looked.keys = vec![digester.finish()];
        let kept = looked.keys.first().and_then(|key| cache::whole_of(looked.page.get(key)?));
        match kept {
            Some(kept) => {
                let (answer, complaints) = (kept.answer, kept.complaints);
                looked.hits = Some(Hits { rows: rows.to_vec(), answer, complaints });
            }
            None => looked.missing = rows.iter().copied().enumerate().collect(),
        }
        return Ok(looked);
    }
    let mut hits = Hits { rows: Vec::new(), answer: Believed::default(), complaints: Vec::new() };
    let mut named = BTreeSet::new();
    for (place, (row, key)) in rows.iter().zip(&looked.keys).enumerate() {
        let bytes = looked.page.get(key).filter(|_| !known_missing);
        match bytes.and_then(|bytes| hits.add(&looked.page, &mut named, bytes)) {
            Some(()) => hits.rows.push(*row),
            None => looked.missing.push((place, *row)),
        }
    }
    looked.hits = (!hits.rows.is_empty()).then_some(hits);
    Ok(looked)
}

impl Hits {
    /// Adds the answer on one row with the warnings that it names, those in `named` already but once. None, and the hits as
    /// they were, when something of it is not there.
    fn add(&mut self, page: &Page, named: &mut BTreeSet<Digest>, bytes: &[u8]) -> Option<()> {
        let (one, rest) = cache::one_of(bytes)?;
        let (keys, beside) = rest.as_chunks::<DIGEST_BYTES>();
        let mut lines = Vec::new();
        for key in keys.iter().map(|key| Digest(*key)).filter(|key| !named.contains(key)) {
            let line = std::str::from_utf8(page.get(&key)?).ok()?;
            lines.push((key, line.to_owned()));
        }
        if !beside.is_empty() {
            return None;
        }
        one.add(&mut self.answer)?;
        for (key, line) in lines {
            named.insert(key);
            self.complaints.push(line);
        }
        Some(())
    }
}

fn warning_key(line: &str) -> Digest {
    let mut digester = Digester::new("warning");
    digester.text(line);
    digester.finish()
}

/// What is kept of the layer for what all calls of the stage share; read by the first that asks.
fn page(
    inputs: Inputs<'_>,
    cache: &ScanCache<'_>,
    running: &Running,
    at: usize,
    called: Called<'_>,
) -> Result<Arc<Page>, EngineError> {
    let Called { planned, layer, sight } = called;
    let references = running.references(inputs, at, sight)?;
    let read = || {
        let venues = batch::venues(inputs.snapshot, sight);
        let shared = Shared {
            as_of: batch::instant(inputs.snapshot, sight),
            venues: &venues,
            references: &references.universe(inputs.snapshot, sight, &[]),
            upstream: &running.said(sight).collect::<Vec<&Said>>(),
        };
        let layer_key = cache::layer_key(planned, layer, sight);
        Arc::new(cache.folder().page(layer.label(), &layer_key, &shared.key()))
    };
    Ok(running.page(at, read))
}

/// The key of each row, and the positions in the snapshot whose data was too old.
fn keys(
    inputs: Inputs<'_>,
    cache: &ScanCache<'_>,
    running: &Running,
    Called { sight, .. }: Called<'_>,
    rows: &[usize],
) -> Result<(Vec<Digest>, Vec<usize>), EngineError> {
    let positions = running.positions(rows);
    let tables: Vec<Arc<BarsTable>> =
        sight.bars.iter().map(|plan| cache.bars(plan, running.max_age)).collect();
    let known: Option<Vec<Vec<KnownBars>>> = tables.iter().map(|table| table.of(&positions)).collect();
    let bars = match known {
        Some(known) => known,
        None => {
            let reading = Reading::read(inputs.snapshot, sight, &positions, running.max_age)?;
            let bars = digests(&reading, positions.len());
            tables.iter().zip(&bars).for_each(|(table, bars)| table.learn(&positions, bars));
            bars
        }
    };
    let told = Told::read(inputs.snapshot, sight, &positions)?;
    let (events, quotes) = (told.events(), told.quotes());
    let instruments = batch::views(inputs.snapshot, sight, &positions, told.indices());
    let upstream: Vec<&Said> = running.said(sight).collect();
    let mut digester = Digester::new("instrument");
    let start = digester.mark();
    let mut keys = Vec::with_capacity(rows.len());
    for (at, (row, instrument)) in rows.iter().zip(&instruments).enumerate() {
        digester.back_to(start);
        cache::instrument(&mut digester, instrument);
        for bars in &bars {
            if let Some(bars) = bars.get(at) {
                digester.digest(&bars.digest);
            }
        }
        let own = of_one(&events, |event| event.instrument, at);
        digester.count(own.len());
        own.iter().for_each(|event| cache::event(&mut digester, event));
        if sight.needs.quotes {
            let own = of_one(&quotes, |quote| quote.instrument, at);
            digester.count(own.len());
            own.iter().for_each(|quote| cache::quote(&mut digester, quote));
        }
        for fact in told.facts() {
            digester.number(fact.get(at).copied().unwrap_or(f64::NAN));
        }
        for (_, values) in upstream.iter().flat_map(|said| &said.columns) {
            digester.number(values.get(*row).copied().unwrap_or(f64::NAN));
        }
        keys.push(digester.finish());
    }
    let is_stale = |at: usize| bars.iter().any(|bars| bars.get(at).is_some_and(|bars| bars.stale));
    let stale = positions.iter().enumerate().filter(|(at, _)| is_stale(*at)).map(|(_, position)| *position);
    Ok((keys, stale.collect()))
}

/// Of each need the digests of all instruments' bars.
fn digests(reading: &Reading, instruments: usize) -> Vec<Vec<KnownBars>> {
    let mut digester = Digester::new("bars");
    let of_need = |bars: &sluice_market::Bars| {
        let mut stale = vec![false; instruments];
        for at in &bars.stale {
            if let Some(stale) = stale.get_mut(*at as usize) {
                *stale = true;
            }
        }
        let one = |(at, stale)| KnownBars { digest: cache::bars_digest(&mut digester, bars, at), stale };
        stale.into_iter().enumerate().map(one).collect()
    };
    reading.bars().iter().map(of_need).collect()
}

/// What is of one instrument among what is of all, in the order of the instruments.
fn of_one<T>(all: &[T], instrument: impl Fn(&T) -> u32, at: usize) -> &[T] {
    let first = all.partition_point(|one| (instrument(one) as usize) < at);
    let end = all.partition_point(|one| (instrument(one) as usize) <= at);
    all.get(first..end).unwrap_or_default()
}
