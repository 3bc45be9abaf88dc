//! Everything that was read merged into the set, instrument by instrument.

mod bars;
mod descriptions;
mod old_bars;
mod origins;
mod records;
mod routes;

use serde::Serialize;

use super::error::ImportError;
use super::identity::Identities;
use super::taken::{Taken, ToldRecords};
use super::{ImportOptions, ImportProgress, ImportStep};
use crate::market::Market;
use crate::set::SetWriter;
use bars::{BarMerge, Names};
use origins::Origins;
use records::{Candidates, Placing};
use routes::Routes;

/// Instruments between two progress reports.
const PROGRESS_INSTRUMENTS: usize = 64;

/// How often things of one kind were new, changed, or known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Not there before.
    pub added: u64,
    /// There with other values; the new ones are kept.
    pub replaced: u64,
    /// There already.
    pub unchanged: u64,
}

/// What a merge did.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    pub(crate) bars: Changes,
    pub(crate) actions: Changes,
    pub(crate) events: Changes,
    pub(crate) facts: Changes,
    pub(crate) members: Changes,
    pub(crate) quotes: Changes,
    pub(crate) instruments: u64,
    pub(crate) instruments_added: u64,
    pub(crate) instruments_changed: u64,
}

/// Writes the old set with what was read into a new generation; the caller commits it.
pub(crate) fn merge(
    old: &Market,
    taken: &mut Taken,
    options: &ImportOptions,
    writer: &mut SetWriter,
    progress: &mut dyn FnMut(ImportProgress),
) -> Result<Merged, ImportError> {
    let mut identities = Identities::new(old.instruments());
    let mut merged = Merged::default();
    descriptions::apply(&mut identities, old, taken, &options.mic);
    let routes = Routes::new(&mut identities, taken);
    let dir = old.set.dir.as_path();
    let told = std::mem::replace(&mut taken.told, ToldRecords::new(dir, 0));
    let candidates = Candidates::new(told, &mut identities, taken, (dir, options.record_memory()))?;
    let owners = identities.owners_of_old(old.instruments().len());
    let plans = identities.into_sorted();
    merged.instruments = plans.len() as u64;
    let placing = Placing::new(old, owners, &plans);
    candidates.settle(&placing, taken, &mut merged, &mut writer.records)?;
    let origins = Origins::new(&taken.sections, std::mem::take(&mut taken.through));
    let names = Names { files: &taken.files, sections: &taken.sections };
    let mut bars = BarMerge::new(&old.set, &taken.bars, origins, &mut taken.venues, &mut taken.faults, names);
    let total = plans.len();
    for (done, (number, plan)) in plans.into_iter().enumerate() {
        let before = plan.old.first().and_then(|(position, _)| old.instruments().get(*position));
        match before {
            None => merged.instruments_added += 1,
            Some(before) => {
                merged.instruments_changed += u64::from(!descriptions::same(before, &plan.instrument));
            }
        }
        bars.write(plan, routes.of(number), writer, &mut merged.bars)?;
        if done % PROGRESS_INSTRUMENTS == 0 || done + 1 == total {
            progress(ImportProgress { step: ImportStep::Write, done: done as u64 + 1, total: total as u64 });
        }
    }
    Ok(merged)
}
