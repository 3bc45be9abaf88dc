//! What is handed to the store. Times are UTC milliseconds since the Unix epoch; NaN in a column means "none".

use crate::ids::{AuditAction, Cause, FinalStatus, LayerRunStatus, Outcome, Severity, Side};
use crate::rows::Provenance;
use crate::rows::VersionKey;

/// A scan that begins now.
#[derive(Debug, Clone, PartialEq)]
pub struct NewScan {
    /// Name of the pipeline.
    pub pipeline: String,
    /// The instant that the scan is about.
    pub as_of: i64,
    /// Close of the newest bar that it saw.
    pub data_until: Option<i64>,
    /// When it began.
    pub started_at: i64,
    /// The whole effective configuration, JSON.
    pub config_json: String,
    /// Digest of that configuration.
    pub config_digest: String,
    /// Digest of the market data that it reads.
    pub market_digest: String,
    /// Version of the program.
    pub program_version: String,
}

/// What is known of an instrument. `ident` is its permanent identity; the rest may change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InstrumentRecord {
    /// Permanent identity, unique.
    pub ident: String,
    /// Ticker.
    pub symbol: String,
    /// Name of the security, "" when unknown.
    pub name: String,
    /// ISO 10383 market identifier code, "" when unknown.
    pub mic: String,
    /// stock, etf…, unknown.
    pub kind: String,
    /// active, halted…, unknown.
    pub status: String,
    /// ISO 4217, "" when unknown.
    pub currency: String,
    /// Sector by the directory's own scheme.
    pub sector: Option<String>,
    /// Industry by the directory's own scheme.
    pub industry: Option<String>,
}

/// Everything that a finished scan leaves behind. Instruments are referred to by their position in
/// `instruments`, layer runs by their position in `layer_runs`.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanRecord {
    /// How it ended.
    pub status: FinalStatus,
    /// When it ended.
    pub finished_at: i64,
    /// The funnel, JSON.
    pub stages_json: String,
    /// What the user should know, in order.
    pub warnings: Vec<String>,
    /// Every instrument that the scan speaks of, each once. New and changed ones are written, the others cost
    /// a comparison only.
    pub instruments: Vec<InstrumentRecord>,
    /// One entry per layer and stage, in order.
    pub layer_runs: Vec<LayerRunRecord>,
    /// The final list.
    pub results: Vec<ResultRecord>,
    /// In the order in which they are to be shown.
    pub alerts: Vec<AlertRecord>,
    /// So many milliseconds after an alert, by the instants that scans are about, another one with the same key is held
    /// back; 0: only those on the same events are. None: this scan holds nothing back, and is not remembered.
    pub cool_down: Option<i64>,
    /// How far every instrument came; none of a scan without results.
    pub reach: Option<ReachRecord>,
    /// Versions that were tried beside active ones.
    pub shadows: Vec<ShadowRecord>,
}

/// A version that was tried beside the active one in a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowRecord {
    /// Name of the stage.
    pub stage_name: String,
    /// author/name.
    pub layer: String,
    /// The active version.
    pub active: VersionKey,
    /// As its author calls it.
    pub active_version: String,
    /// Digest of its component.
    pub active_digest: String,
    /// The version that was tried.
    pub candidate: VersionKey,
    /// As its author calls it.
    pub candidate_version: String,
    /// Digest of its component.
    pub candidate_digest: String,
    /// Why it may not become active; none: it did well.
    pub fault: Option<String>,
    /// Where the two differ, JSON.
    pub comparison_json: String,
    /// When the scan ended, UTC milliseconds: since then it is active if this was the last scan.
    pub at: i64,
    /// Until when a breaker that opens takes it back then.
    pub trial_until: i64,
}

/// How far the instruments of a scan came.
#[derive(Debug, Clone, PartialEq)]
pub struct ReachRecord {
    /// Number and name of each stage, in order.
    pub stages: Vec<(String, String)>,
    /// All stages of the pipeline ran on all instruments, so that the scan can be compared with others.
    pub whole: bool,
    /// Of every instrument that took part.
    pub instruments: Vec<ReachedRecord>,
}

/// How far one instrument came. In a record it goes by its position in [`ScanRecord::instruments`].
pub type ReachedRecord = Reached<u32>;

/// How far one instrument came, whatever it goes by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reached<I> {
    /// The instrument.
    pub instrument: I,
    /// Place of the last stage that let it through, from 1; 0: none did.
    pub level: u8,
    /// Place from 0 of the first stage that stopped it; none when it came through.
    pub stopped: Option<u8>,
    /// Why that stage stopped it.
    pub cause: Cause,
    /// Place from 0 of the stage whose layers tell why it went no further: the one that stopped it, unless that ranked it
    /// without an opinion of its own; then, and when it came through, the last one with an opinion.
    pub told_by: Option<u8>,
    /// That stage's score, 0..100; NaN: none.
    pub score: f64,
    /// Place from 0 of the last stage with an opinion that let it through, else of the last one that did.
    pub passed_by: Option<u8>,
    /// That stage's score, 0..100; NaN: none.
    pub passed_score: f64,
}

impl<I> Reached<I> {
    /// The same of the instrument under another name.
    #[must_use]
    pub fn under<J>(self, instrument: J) -> Reached<J> {
        let Self { instrument: _, level, stopped, cause, told_by, score, passed_by, passed_score } = self;
        Reached { instrument, level, stopped, cause, told_by, score, passed_by, passed_score }
    }
}

/// How one layer fared in one scan.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerRunRecord {
    /// Number of the stage, a text such as "1.5".
    pub stage: String,
    /// Name of the stage.
    pub stage_name: String,
    /// author/name of the layer.
    pub layer: String,
    /// Its version.
    pub version: String,
    /// Digest of its component; installed or registered before.
    pub digest: String,
    /// How it fared.
    pub status: LayerRunStatus,
    /// Why it faulted or was skipped; required when it faulted.
    pub fault: Option<String>,
    /// Calls made.
    pub calls: u64,
    /// Instruments whose answers came from the verdict cache.
    pub cache_hits: u64,
    /// Instruments whose answers were looked for in the verdict cache and not found.
    pub cache_misses: u64,
    /// Fuel burnt.
    pub fuel: u64,
    /// Wall time, microseconds.
    pub wall_us: u64,
    /// Largest memory of one call, bytes.
    pub peak_memory_bytes: u64,
    /// Instruments without an opinion.
    pub abstained: u64,
    /// Statistics of the scores, JSON.
    pub stats_json: String,
    /// What each call took, JSON: an array with one object per call.
    pub calls_json: String,
    /// Names of the measures, in the order of `verdicts.measures`.
    pub measures: Vec<String>,
    /// What it said, column by column.
    pub verdicts: VerdictColumns,
}

/// Verdicts of one layer run, column by column: every column is as long as `instruments`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VerdictColumns {
    /// Positions in `ScanRecord::instruments`, each at most once.
    pub instruments: Vec<u32>,
    /// [`Outcome`] as a number: keep 0, drop 1, abstain 2, error 3.
    pub outcomes: Vec<u8>,
    /// 0..100; NaN: none.
    pub scores: Vec<f64>,
    /// 0..100; NaN: none.
    pub percentiles: Vec<f64>,
    /// The distinct reasons.
    pub reasons: Vec<String>,
    /// Per instrument an index into `reasons`.
    pub reason: Vec<u32>,
    /// One column per name in `LayerRunRecord::measures`; NaN: none.
    pub measures: Vec<Vec<f64>>,
}

/// One line of the final list.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultRecord {
    /// From 1, each once.
    pub rank: u32,
    /// Position in `ScanRecord::instruments`.
    pub instrument: u32,
    /// What the pipeline said.
    pub outcome: Outcome,
    /// 0..100; NaN: none.
    pub score: f64,
    /// 0..100; NaN: none.
    pub percentile: f64,
    /// Why.
    pub reason: String,
}

/// Something that a trader should see.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertRecord {
    /// Position in `ScanRecord::layer_runs`.
    pub layer_run: u32,
    /// Position in `ScanRecord::instruments`; none: the market as a whole.
    pub instrument: Option<u32>,
    /// As the layer declared it.
    pub kind: String,
    /// How much it matters.
    pub severity: Severity,
    /// 0..1.
    pub confidence: f64,
    /// For a person.
    pub message: String,
    /// The side of the trade.
    pub side: Option<Side>,
    /// Price in the instrument's currency.
    pub entry: Option<f64>,
    /// Price in the instrument's currency.
    pub stop: Option<f64>,
    /// Price in the instrument's currency.
    pub target: Option<f64>,
    /// When it loses its meaning.
    pub expires_at: Option<i64>,
    /// Alerts with the same key are one.
    pub dedupe_key: String,
    /// Ids of the events that it rests on.
    pub evidence: Vec<String>,
    /// Its figures by name; NaN: none.
    pub numbers: Vec<(String, f64)>,
    /// Shown to the user unless it repeats another one; false: part of no result.
    pub surfaced: bool,
    /// Alerts of a pipeline with the same key are one within the cool-down; "": it repeats nothing.
    pub cool_key: String,
    /// One key per event that it rests on: an alert all of whose events were told is a repetition at any time.
    pub event_keys: Vec<String>,
    /// The host's risk figures, JSON.
    pub risk_json: Option<String>,
}

/// A layer that is installed from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLayer {
    /// author/name.
    pub layer: String,
    /// Its version.
    pub version: String,
    /// Digest of the component, hexadecimal; unique.
    pub digest: String,
    /// Version of the contract that it was built against.
    pub api_version: String,
    /// Size of the component, bytes.
    pub size: u64,
    /// What it imports.
    pub imports: Vec<String>,
    /// What it says of itself, JSON.
    pub descriptor_json: String,
    /// The component.
    pub component: Vec<u8>,
    /// What kind of layer it is; never "bundled".
    pub origin: String,
    /// The program carries a layer of this id, too.
    pub behind_bundled: bool,
    /// Where it came from, and who signed it.
    pub provenance: Provenance,
}

/// A layer that the program carries inside: recorded so that scans can refer to it, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundledLayer {
    /// author/name.
    pub layer: String,
    /// Its version.
    pub version: String,
    /// Digest of the component, hexadecimal; unique.
    pub digest: String,
    /// Version of the contract that it was built against.
    pub api_version: String,
    /// Size of the component, bytes.
    pub size: u64,
    /// What it imports.
    pub imports: Vec<String>,
    /// What it says of itself, JSON.
    pub descriptor_json: String,
}

impl NewLayer {
    /// The same without bytes and origin.
    pub(crate) fn as_bundled(&self) -> BundledLayer {
        BundledLayer {
            layer: self.layer.clone(),
            version: self.version.clone(),
            digest: self.digest.clone(),
            api_version: self.api_version.clone(),
            size: self.size,
            imports: self.imports.clone(),
            descriptor_json: self.descriptor_json.clone(),
        }
    }
}

/// Something that was done and is to be told by the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// What.
    pub action: AuditAction,
    /// To what: a stage, a layer, a file, a scan.
    pub subject: String,
    /// How it was before, JSON.
    pub before_json: Option<String>,
    /// How it is since, JSON.
    pub after_json: Option<String>,
}

/// Which setting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SettingKey {
    /// What it belongs to: `stage:PIPELINE/NAME` or `layer:AUTHOR/NAME`.
    pub target: String,
    /// Its name there.
    pub name: String,
}

/// A change of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsChange {
    /// What its author had seen.
    pub base: Base,
    /// The new values, JSON; none: no longer set. Each key once.
    pub set: Vec<(SettingKey, Option<String>)>,
    /// The revision whose settings it brings back.
    pub rolled_back_to: Option<i64>,
}

/// The revision that the author of a change had seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// A change of one of the same keys since then is in the way.
    Seen(i64),
    /// Any change since then is in the way.
    Exactly(i64),
}
