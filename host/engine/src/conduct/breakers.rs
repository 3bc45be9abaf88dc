//! The breakers around a scan: before it, which layers are not called and what stands in for them; after it, how those
//! that were called did.

use super::Request;
use crate::breaker::{Admission, BreakerRules, Conduct, admit, is_plain, report};
use crate::catalog::Origin;
use crate::config::WhenOpen;
use crate::error::EngineError;
use crate::plan::{Plan, PlannedLayer};
use crate::result::LayerConduct;
use sluice_market::{Instant, Snapshot};
use sluice_store::{ActivationRow, BreakerRow, LastGood, Store, StoreError};
use std::collections::BTreeMap;

/// Of one component: id and digest.
type Key = (String, String);

/// The breakers as one scan sees them.
pub(super) struct Breakers {
    rules: BreakerRules,
    rows: BTreeMap<Key, BreakerRow>,
    /// Names this scan of this process to the others.
    who: String,
}

impl Breakers {
    /// Reads all rows: a component without one is closed, and costs nothing more.
    pub(super) async fn read(store: &Store, rules: &BreakerRules) -> Result<Self, StoreError> {
        let rows = store.breakers().await?;
        let rows = rows.into_iter().map(|row| ((row.layer.clone(), row.digest.clone()), row)).collect();
        let who = format!("process {} since {}", std::process::id(), Instant::now());
        Ok(Self { rules: rules.clone(), rows, who })
    }

    /// Why a layer may not be called now, not even to be asked what it needs; as far as the rows that were read tell.
    pub(super) fn refusal(&self, id: &str, digest: &str) -> Option<String> {
        let row = self.rows.get(&(id.to_owned(), digest.to_owned()))?.clone();
        match admit(&self.rules, row, now(), &self.who).answer.value {
            Admission::Closed | Admission::Probe => None,
            Admission::Refused(refusal) => Some(refusal.to_string()),
        }
    }

    /// Takes the probes of those layers of the plan whose wait is over; one that another scan probes meanwhile is not
    /// called either. A dry run takes none.
    pub(super) async fn probe(&self, request: &Request, plan: &mut Plan) -> Result<(), StoreError> {
        if request.dry_run {
            return Ok(());
        }
        for planned in &mut plan.layers {
            let key = key(planned);
            if !planned.is_admitted() || self.rows.get(&key).is_none_or(is_plain) {
                continue;
            }
            planned.may_be_cached = false;
            let (layer, digest) = &key;
            let ask = |row: BreakerRow| admit(&self.rules, row, now(), &self.who);
            let admission = request.store.change_breaker(layer, digest, ask).await?.tell();
            if let Admission::Refused(refusal) = admission {
                planned.refuse(refusal.to_string());
            }
        }
        Ok(())
    }

    /// Decides what a scan does without the layers that are not called.
    ///
    /// # Errors
    /// When one of them must not be missing.
    pub(super) async fn stand_in(
        &self,
        request: &Request,
        plan: &mut Plan,
        snapshot: &Snapshot,
    ) -> Result<(), EngineError> {
        let pipeline = plan.pipeline.clone();
        for stage in &plan.stages {
            for planned in plan.layers.get_mut(stage.layers.clone()).unwrap_or_default() {
                let Err(absence) = &mut planned.sight else { continue };
                let id = planned.component.id();
                match request.config.layer(id).when_open {
                    WhenOpen::Fail => {
                        return Err(EngineError::Indispensable {
                            layer: id.to_owned(),
                            why: absence.why.clone(),
                        });
                    }
                    WhenOpen::Skip | WhenOpen::PreviousVersion => {}
                    WhenOpen::LastGood { max_age } => {
                        let until = snapshot.as_of().millis();
                        let age = i64::try_from(max_age.as_millis()).unwrap_or(i64::MAX);
                        let range = until.saturating_sub(age)..=until;
                        let good = request.store.last_good(&pipeline, &stage.config.name, id, range).await?;
                        absence.instead = Some(told(good.as_ref(), until, max_age.as_secs() / 3_600));
                        absence.last_good = good;
                    }
                }
            }
        }
        Ok(())
    }

    /// Tells the breakers how the layers did; a dry run tells nothing. What cannot be told is logged: the scan itself is
    /// done. Gives a warning for each new version that was taken back.
    pub(super) async fn report(
        &self,
        request: &Request,
        plan: &Plan,
        conducts: &[LayerConduct],
    ) -> Vec<String> {
        // one layer may stand in several stages
        let mut all: BTreeMap<Key, LayerConduct> = BTreeMap::new();
        let mut origins: BTreeMap<Key, Origin> = BTreeMap::new();
        for (planned, of) in plan.layers.iter().zip(conducts).filter(|(planned, _)| planned.is_admitted()) {
            origins.insert(key(planned), planned.origin);
            let known = all.entry(key(planned)).or_default();
            known.faults.extend(of.faults.iter().cloned());
            known.answered |= of.answered;
            known.calls += of.calls;
        }
        let mut taken_back = Vec::new();
        for (key, LayerConduct { faults, answered, calls }) in all {
            let all_faulted = !faults.is_empty() && !answered;
            let origin = origins.get(&key).copied().unwrap_or(Origin::Installed);
            let conduct = Conduct { faults, all_faulted, calls };
            let back = self.report_one(request, (&key, origin), &conduct).await;
            taken_back.extend(back.iter().map(|row| took_back(row, &key.1)));
        }
        taken_back
    }

    /// Gives the probes back of a scan that ended before anything was learnt, but of those that faulted already.
    pub(super) async fn give_back(&self, request: &Request, plan: &Plan) {
        for planned in plan.layers.iter().filter(|planned| planned.is_admitted()) {
            let fault = planned.sight.as_ref().err().map(|absence| absence.why.clone());
            let all_faulted = fault.is_some();
            let conduct = Conduct { faults: fault.into_iter().collect(), all_faulted, calls: 0 };
            for back in self.report_one(request, (&key(planned), planned.origin), &conduct).await {
                tracing::warn!("{}", took_back(&back, planned.component.digest()));
            }
        }
    }

    /// Gives the pipelines in which its version was taken back.
    async fn report_one(
        &self,
        request: &Request,
        (key, origin): (&Key, Origin),
        conduct: &Conduct,
    ) -> Vec<ActivationRow> {
        let untold = conduct.faults.is_empty() && self.rows.get(key).is_none_or(is_plain);
        if request.dry_run || untold {
            return Vec::new();
        }
        let (layer, digest) = key;
        let (now, noise) = (now(), noise());
        let change = |row: BreakerRow| report(&self.rules, row, now, &self.who, conduct, noise);
        let changed = match request.config.layer(layer).when_open {
            WhenOpen::PreviousVersion => {
                let version = origin.key(digest);
                request.store.change_breaker_on_trial(layer, digest, (&version, now), change).await
            }
            WhenOpen::Fail | WhenOpen::Skip | WhenOpen::LastGood { .. } => {
                request.store.change_breaker(layer, digest, change).await.map(|answer| (answer, Vec::new()))
            }
        };
        match changed {
            Ok((decided, back)) => {
                decided.tell();
                back
            }
            Err(error) => {
                tracing::error!("the breaker of {layer} does not know how it did in this scan: {error}");
                Vec::new()
            }
        }
    }
}

/// What an operator should know of a version that was taken back.
fn took_back(row: &ActivationRow, digest: &str) -> String {
    let ActivationRow { layer, pipeline, .. } = row;
    format!(
        "{layer} is rolled back in pipeline {pipeline}: the breaker of its new version ({digest}) opened within the trial \
         period; the next scan calls the version before it, `sluice layer show {layer}` tells more"
    )
}

/// What is used instead of a layer that is not called.
fn told(good: Option<&LastGood>, as_of: i64, hours: u64) -> String {
    match good {
        None => format!("there is no report of the last {hours} h to be used instead"),
        Some(good) => {
            let minutes = as_of.saturating_sub(good.as_of) / 60_000;
            format!(
                "what version {} said as of {}, {} h {} min before, is used instead",
                good.version,
                Instant::from_millis(good.as_of),
                minutes / 60,
                minutes % 60
            )
        }
    }
}

fn key(planned: &PlannedLayer) -> Key {
    (planned.component.id().to_owned(), planned.component.digest().to_owned())
}

fn now() -> i64 {
    Instant::now().millis()
}

/// 0 to 1, another one each time: it scatters the waits of many processes and needs no secrecy.
fn noise() -> f64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let mixed = now.subsec_nanos().wrapping_add(std::process::id()).wrapping_mul(2_654_435_761);
    f64::from(mixed >> 16) / f64::from(u16::MAX)
}
