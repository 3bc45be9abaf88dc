//! Refuses, before anything is written, what the database could not keep exactly: texts with NUL (PostgreSQL has
//! none), numbers beyond its integers, columns of different length, positions that point nowhere.

use std::collections::HashSet;

use crate::error::StoreError;
use crate::records::{
    AlertRecord, BundledLayer, InstrumentRecord, LayerRunRecord, NewLayer, NewScan, ReachRecord,
    ResultRecord, ScanRecord, SettingsChange, VerdictColumns,
};
use crate::rows::{BreakerNote, BreakerRow};

/// Characters of a refused text that are shown: enough to find it.
const SHOWN: usize = 40;

/// A record under inspection: what is being done with it.
#[derive(Clone, Copy)]
pub(crate) struct Check<'a> {
    doing: &'a str,
}

type Checked = Result<(), StoreError>;

impl<'a> Check<'a> {
    pub(crate) fn new(doing: &'a str) -> Self {
        Self { doing }
    }

    fn refuse(self, field: impl Into<String>, why: impl Into<String>) -> Checked {
        Err(StoreError::BadRecord { doing: self.doing.to_owned(), field: field.into(), why: why.into() })
    }

    /// A text without NUL. `field` is only called for the message.
    pub(crate) fn text(self, field: impl FnOnce() -> String, text: &str) -> Checked {
        if text.as_bytes().contains(&0) {
            return self.refuse(
                field(),
                format!("contains a NUL: {:?}", text.chars().take(SHOWN).collect::<String>()),
            );
        }
        Ok(())
    }

    fn texts<'t>(self, texts: impl IntoIterator<Item = (&'static str, &'t str)>) -> Checked {
        texts.into_iter().try_for_each(|(field, text)| self.text(|| field.to_owned(), text))
    }

    /// A text that names something.
    pub(crate) fn name(self, field: impl FnOnce() -> String, text: &str) -> Checked {
        if text.is_empty() {
            return self.refuse(field(), "is empty");
        }
        self.text(field, text)
    }

    fn count(self, field: &str, value: u64) -> Checked {
        if i64::try_from(value).is_err() {
            return self.refuse(field, format!("is {value}, the limit is {}", i64::MAX));
        }
        Ok(())
    }

    /// NaN or within 0..100.
    fn score(self, field: impl FnOnce() -> String, value: f64) -> Checked {
        if value.is_nan() || (0.0..=100.0).contains(&value) {
            return Ok(());
        }
        self.refuse(field(), format!("is {value}, allowed are 0 to 100"))
    }

    fn position(self, field: impl FnOnce() -> String, position: u32, length: usize) -> Checked {
        if (position as usize) < length {
            return Ok(());
        }
        self.refuse(field(), format!("is {position}, but there are only {length}"))
    }

    /// Keys that are named, each once, with values.
    pub(crate) fn settings(self, change: &SettingsChange) -> Checked {
        let mut seen = HashSet::new();
        for (key, value) in &change.set {
            self.name(|| "target of a setting".to_owned(), &key.target)?;
            self.name(|| format!("setting of {}", key.target), &key.name)?;
            if let Some(value) = value {
                self.name(|| format!("setting {}", key.name), value)?;
            }
            if !seen.insert(key) {
                return self.refuse(format!("setting {} of {}", key.name, key.target), "is given twice");
            }
        }
        Ok(())
    }

    /// Of the same component as before, with texts that can be kept.
    pub(crate) fn breaker(
        self,
        before: &BreakerRow,
        row: &BreakerRow,
        note: Option<&BreakerNote>,
    ) -> Checked {
        if (&row.layer, &row.digest) != (&before.layer, &before.digest) {
            return self.refuse("the changed row", format!("is of {} {}", row.layer, row.digest));
        }
        let texts = [&row.probe, &row.last_fault, &row.reason].into_iter().flatten();
        let told = note.map(|note| [&note.before_json, &note.after_json]).into_iter().flatten();
        texts.chain(told).try_for_each(|text| self.text(|| "a text of the breaker".to_owned(), text))
    }

    pub(crate) fn new_scan(self, scan: &NewScan) -> Checked {
        self.texts([
            ("pipeline", &*scan.pipeline),
            ("config_json", &scan.config_json),
            ("config_digest", &scan.config_digest),
            ("market_digest", &scan.market_digest),
            ("program_version", &scan.program_version),
        ])
    }

    pub(crate) fn instruments(self, instruments: &[InstrumentRecord]) -> Checked {
        let mut idents = HashSet::with_capacity(instruments.len());
        for (index, instrument) in instruments.iter().enumerate() {
            self.instrument(index, instrument)?;
            if !idents.insert(instrument.ident.as_str()) {
                return self.refuse(
                    format!("instruments[{index}].ident"),
                    format!("{:?} was there before", instrument.ident),
                );
            }
        }
        Ok(())
    }

    fn instrument(self, index: usize, instrument: &InstrumentRecord) -> Checked {
        let InstrumentRecord { ident, symbol, name, mic, kind, status, currency, sector, industry } =
            instrument;
        self.name(|| format!("instruments[{index}].ident"), ident)?;
        self.name(|| format!("instruments[{index}].symbol"), symbol)?;
        let rest = [name, mic, kind, status, currency];
        rest.into_iter()
            .chain(sector)
            .chain(industry)
            .try_for_each(|text| self.text(|| format!("a text of instrument {ident:?}"), text))
    }

    pub(crate) fn scan(self, scan: &ScanRecord) -> Checked {
        self.text(|| "stages_json".to_owned(), &scan.stages_json)?;
        for (index, warning) in scan.warnings.iter().enumerate() {
            self.text(|| format!("warnings[{index}]"), warning)?;
        }
        self.instruments(&scan.instruments)?;
        for (index, run) in scan.layer_runs.iter().enumerate() {
            self.layer_run(index, run, scan.instruments.len())?;
        }
        self.results(&scan.results, scan.instruments.len())?;
        for (index, alert) in scan.alerts.iter().enumerate() {
            self.alert(index, alert, scan)?;
        }
        for shadow in &scan.shadows {
            self.name(|| "stage_name of a version that was tried".to_owned(), &shadow.stage_name)?;
            self.name(|| "layer of a version that was tried".to_owned(), &shadow.layer)?;
            self.text(|| "comparison_json".to_owned(), &shadow.comparison_json)?;
        }
        scan.reach.as_ref().map_or(Ok(()), |reach| self.reach(reach, scan.instruments.len()))
    }

    /// Stages with names, and instruments that exist, each once, at stages that exist.
    fn reach(self, reach: &ReachRecord, instruments: usize) -> Checked {
        for (number, name) in &reach.stages {
            self.name(|| "number of a stage".to_owned(), number)?;
            self.name(|| "name of a stage".to_owned(), name)?;
        }
        let mut seen = vec![false; instruments];
        for one in &reach.instruments {
            self.position(|| "instrument of reach".to_owned(), one.instrument, instruments)?;
            let known = seen.get_mut(one.instrument as usize);
            if known.is_some_and(|seen| std::mem::replace(seen, true)) {
                return self.refuse("instrument of reach", format!("{} is given twice", one.instrument));
            }
            let stopped = u32::from(one.stopped.unwrap_or_default());
            self.position(|| "stopped".to_owned(), stopped, reach.stages.len().max(1))?;
            self.position(|| "level".to_owned(), u32::from(one.level), reach.stages.len() + 1)?;
            self.score(|| "score of reach".to_owned(), one.score)?;
            self.score(|| "passed score of reach".to_owned(), one.passed_score)?;
            for (name, place) in [("told by", one.told_by), ("passed by", one.passed_by)] {
                let place = place.map_or(0, u32::from);
                self.position(|| name.to_owned(), place, reach.stages.len().max(1))?;
            }
        }
        Ok(())
    }

    fn layer_run(self, index: usize, run: &LayerRunRecord, instruments: usize) -> Checked {
        self.texts([
            ("layer_runs.stage", &*run.stage),
            ("layer_runs.stage_name", &run.stage_name),
            ("layer_runs.layer", &run.layer),
            ("layer_runs.version", &run.version),
            ("layer_runs.digest", &run.digest),
            ("layer_runs.stats_json", &run.stats_json),
            ("layer_runs.calls_json", &run.calls_json),
            ("layer_runs.fault", run.fault.as_deref().unwrap_or_default()),
        ])?;
        if run.status == crate::LayerRunStatus::Faulted && run.fault.is_none() {
            return self.refuse(format!("layer_runs[{index}].fault"), "is missing, but the layer faulted");
        }
        self.count("layer_runs.calls", run.calls)?;
        self.count("layer_runs.cache_hits", run.cache_hits)?;
        self.count("layer_runs.cache_misses", run.cache_misses)?;
        self.count("layer_runs.fuel", run.fuel)?;
        self.count("layer_runs.wall_us", run.wall_us)?;
        self.count("layer_runs.peak_memory_bytes", run.peak_memory_bytes)?;
        self.count("layer_runs.abstained", run.abstained)?;
        for name in &run.measures {
            self.text(|| format!("a measure of {}", run.layer), name)?;
        }
        self.verdicts(&format!("layer_runs[{index}].verdicts"), run, instruments)
    }

    fn verdicts(self, at: &str, run: &LayerRunRecord, instruments: usize) -> Checked {
        let VerdictColumns { instruments: of, outcomes, scores, percentiles, reasons, reason, measures } =
            &run.verdicts;
        let rows = of.len();
        let lengths = [
            ("outcomes", outcomes.len()),
            ("scores", scores.len()),
            ("percentiles", percentiles.len()),
            ("reason", reason.len()),
        ];
        let measured = measures.iter().map(|column| ("measures", column.len()));
        if let Some((name, length)) = lengths.into_iter().chain(measured).find(|(_, length)| *length != rows)
        {
            return self.refuse(format!("{at}.{name}"), format!("has {length} rows, instruments has {rows}"));
        }
        if measures.len() != run.measures.len() {
            let why = format!("has {} columns for {} names", measures.len(), run.measures.len());
            return self.refuse(format!("{at}.measures"), why);
        }
        let mut seen = vec![false; instruments];
        for &position in of {
            match seen.get_mut(position as usize) {
                Some(seen) if !*seen => *seen = true,
                Some(_) => return self.refuse(format!("{at}.instruments"), format!("has {position} twice")),
                None => return self.position(|| format!("{at}.instruments"), position, instruments),
            }
        }
        for &index in reason {
            self.position(|| format!("{at}.reason"), index, reasons.len())?;
        }
        for text in reasons {
            self.text(|| format!("{at}.reasons"), text)?;
        }
        if let Some(outcome) = outcomes.iter().find(|outcome| **outcome > 3) {
            return self.refuse(format!("{at}.outcomes"), format!("has {outcome}, allowed are 0 to 3"));
        }
        scores.iter().try_for_each(|score| self.score(|| format!("{at}.scores"), *score))?;
        percentiles.iter().try_for_each(|rank| self.score(|| format!("{at}.percentiles"), *rank))
    }

    fn results(self, results: &[ResultRecord], instruments: usize) -> Checked {
        let mut ranks = HashSet::with_capacity(results.len());
        for (index, result) in results.iter().enumerate() {
            if result.rank == 0 || !ranks.insert(result.rank) {
                return self.refuse(
                    format!("results[{index}].rank"),
                    format!("is {}: ranks start at 1, each once", result.rank),
                );
            }
            self.position(|| format!("results[{index}].instrument"), result.instrument, instruments)?;
            self.score(|| format!("results[{index}].score"), result.score)?;
            self.score(|| format!("results[{index}].percentile"), result.percentile)?;
            self.text(|| format!("results[{index}].reason"), &result.reason)?;
        }
        Ok(())
    }

    fn alert(self, index: usize, alert: &AlertRecord, scan: &ScanRecord) -> Checked {
        let at = |field: &str| format!("alerts[{index}].{field}");
        self.position(|| at("layer_run"), alert.layer_run, scan.layer_runs.len())?;
        if let Some(instrument) = alert.instrument {
            self.position(|| at("instrument"), instrument, scan.instruments.len())?;
        }
        if !(0.0..=1.0).contains(&alert.confidence) {
            return self.refuse(at("confidence"), format!("is {}, allowed are 0 to 1", alert.confidence));
        }
        for (field, price) in [("entry", alert.entry), ("stop", alert.stop), ("target", alert.target)] {
            if let Some(price) = price.filter(|price| !price.is_finite()) {
                return self.refuse(at(field), format!("is {price}, no price"));
            }
        }
        let texts = [&alert.kind, &alert.message, &alert.dedupe_key, &alert.cool_key];
        let texts = texts.into_iter().chain(&alert.risk_json).chain(&alert.event_keys);
        let lists = alert.evidence.iter().chain(alert.numbers.iter().map(|(name, _)| name));
        texts.chain(lists).try_for_each(|text| self.text(|| at("a text"), text))
    }

    pub(crate) fn new_layer(self, layer: &NewLayer) -> Checked {
        if layer.size != layer.component.len() as u64 {
            let why = format!("is {}, the component has {} bytes", layer.size, layer.component.len());
            return self.refuse("size", why);
        }
        self.name(|| "origin".to_owned(), &layer.origin)?;
        if layer.origin == crate::store::BUNDLED {
            return self.refuse("origin", "is \"bundled\", which is kept for the program's own layers");
        }
        self.layer(&layer.as_bundled())
    }

    pub(crate) fn layer(self, layer: &BundledLayer) -> Checked {
        self.name(|| "layer".to_owned(), &layer.layer)?;
        self.name(|| "version".to_owned(), &layer.version)?;
        self.name(|| "digest".to_owned(), &layer.digest)?;
        self.count("size", layer.size)?;
        self.texts([("api_version", &*layer.api_version), ("descriptor_json", &layer.descriptor_json)])?;
        layer.imports.iter().try_for_each(|import| self.text(|| "imports".to_owned(), import))
    }
}
