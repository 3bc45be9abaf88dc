//! What the store hands back. Times are UTC milliseconds since the Unix epoch.

mod activation;
mod administration;
mod alert_page;
mod audit;
mod breaker;
mod list;
mod past;
mod settings;
mod trust;

pub use activation::{ActivationRow, Shadow, ShadowRunRow, VersionKey};
pub use administration::{
    BackupSummary, DatabaseStatus, MigrateSummary, PruneSummary, RestoreSummary, VacuumSummary,
};
pub(crate) use alert_page::AlertTexts;
pub use alert_page::{AlertLine, AlertPage};
pub use audit::{AuditEnd, AuditFault, AuditFilter, AuditRow, AuditVerdict};
pub use breaker::{BreakerChange, BreakerNote, BreakerRow, GoodVerdict, LastGood};
pub use list::{ListChange, ListEntry, ListRow};
pub use past::PastRun;
pub use settings::{ChangeRow, Changed, RevisionRow, SecretRow, SettingRow, Settings};
pub use trust::{Provenance, TrustedKeyRow};

use crate::ids::{
    AlertCursor, Cause, LayerRunId, LayerRunStatus, Movement, Outcome, ScanId, ScanStatus, Severity, Side,
};

/// A scan as it is stored. Its configuration is apart: [`crate::Store::scan_config`].
#[derive(Debug, Clone, PartialEq)]
pub struct ScanRow {
    /// Its identity.
    pub id: ScanId,
    /// Its place among all scans; [`crate::Store::scans`] goes on from it.
    pub number: i64,
    /// Name of the pipeline.
    pub pipeline: String,
    /// Where it stands.
    pub status: ScanStatus,
    /// The instant that it is about.
    pub as_of: i64,
    /// Close of the newest bar that it saw.
    pub data_until: Option<i64>,
    /// When it began.
    pub started_at: i64,
    /// When it ended; none while it runs.
    pub finished_at: Option<i64>,
    /// Digest of its effective configuration.
    pub config_digest: String,
    /// Digest of the market data that it read.
    pub market_digest: String,
    /// Version of the program.
    pub program_version: String,
    /// The funnel, JSON; none unless it was finished.
    pub stages_json: Option<String>,
    /// What the user should know, in order.
    pub warnings: Vec<String>,
    /// Why it was interrupted.
    pub interruption: Option<String>,
}

/// One layer in one scan.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerRunRow {
    /// Its identity, for [`crate::Store::verdicts`].
    pub id: LayerRunId,
    /// Number of the stage, a text such as "1.5".
    pub stage: String,
    /// Name of the stage.
    pub stage_name: String,
    /// author/name of the layer.
    pub layer: String,
    /// Its version.
    pub version: String,
    /// Digest of its component.
    pub digest: String,
    /// How it fared.
    pub status: LayerRunStatus,
    /// Why it faulted or was skipped.
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
    /// Names of the measures, in the order of [`VerdictRow::measures`].
    pub measures: Vec<String>,
}

/// A layer's run of an earlier scan, in figures.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerHistory {
    /// The instant that the scan is about.
    pub as_of: i64,
    /// Name of the stage.
    pub stage_name: String,
    /// author/name of the layer.
    pub layer: String,
    /// Instruments without an opinion.
    pub abstained: u64,
    /// Statistics of the scores, JSON.
    pub stats_json: String,
}

/// How far an instrument came in a scan.
#[derive(Debug, Clone, PartialEq)]
pub struct ReachedRow {
    /// The scan.
    pub scan: ScanId,
    /// Number and name of its stages, in order.
    pub stages: Vec<(String, String)>,
    /// Place of the last stage that let it through, from 1; 0: none did.
    pub level: u8,
    /// Place from 0 of the first stage that stopped it; none when it came through.
    pub stopped: Option<u8>,
    /// Why that stage stopped it.
    pub cause: Cause,
    /// Of that stage, 0..100; where it ranked without an opinion of its own, and when the instrument came through, of the
    /// last one with an opinion.
    pub score: Option<f64>,
}

/// What a layer of a scan said of one instrument.
#[derive(Debug, Clone, PartialEq)]
pub struct OpinionRow {
    /// Number of the layer's stage, a text such as "1.5".
    pub stage: String,
    /// author/name.
    pub layer: String,
    /// Its version.
    pub version: String,
    /// How it fared in the scan.
    pub status: LayerRunStatus,
    /// Why it faulted or was skipped.
    pub fault: Option<String>,
    /// What it said; none: it did not see the instrument.
    pub outcome: Option<Outcome>,
    /// 0..100.
    pub score: Option<f64>,
    /// 0..100.
    pub percentile: Option<f64>,
    /// Why.
    pub reason: Option<String>,
    /// Its measures by name; nothing unless it saw the instrument.
    pub measures: Vec<(String, Option<f64>)>,
}

/// How an instrument came further, or less far, than in the scan before.
#[derive(Debug, Clone, PartialEq)]
pub struct StageMove {
    /// Which way.
    pub kind: Movement,
    /// Name of the last stage that it had passed; none: it had passed none.
    pub from: Option<String>,
    /// Name of the last stage that it passes now.
    pub to: Option<String>,
    /// Why it comes no further.
    pub cause: Cause,
    /// What the layers said of the last stage with an opinion that let it through; going down, of the stage that stopped
    /// it, unless that ranked it without an opinion of its own.
    pub reason: String,
    /// That stage's score, 0..100.
    pub score: Option<f64>,
}

/// One movement of one instrument.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryRow {
    /// Its place; [`crate::Store::history`] goes on from it.
    pub cursor: i64,
    /// The scan that found it, or that is the first one.
    pub scan: ScanId,
    /// The scan's pipeline.
    pub pipeline: String,
    /// The instant that the scan is about.
    pub as_of: i64,
    /// The ticker at the time of the scan; of a first one, today.
    pub symbol: String,
    /// What moved; of a first one, how far it came.
    pub moved: StageMove,
}

/// One instrument that moved between two scans.
#[derive(Debug, Clone, PartialEq)]
pub struct MoveRow {
    /// Its permanent identity.
    pub ident: String,
    /// Its ticker today.
    pub symbol: String,
    /// What moved.
    pub moved: StageMove,
}

/// How often answers of a layer were found in the verdict cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheUse {
    /// author/name of the layer.
    pub layer: String,
    /// Instruments whose answers were found.
    pub hits: u64,
    /// Instruments whose answers were not.
    pub misses: u64,
}

/// What one layer said of one instrument.
#[derive(Debug, Clone, PartialEq)]
pub struct VerdictRow {
    /// Permanent identity of the instrument.
    pub ident: String,
    /// Its ticker today.
    pub symbol: String,
    /// What the layer said.
    pub outcome: Outcome,
    /// 0..100.
    pub score: Option<f64>,
    /// 0..100.
    pub percentile: Option<f64>,
    /// Why.
    pub reason: String,
    /// In the order of [`LayerRunRow::measures`].
    pub measures: Vec<Option<f64>>,
}

/// One line of a scan's final list.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultRow {
    /// From 1.
    pub rank: u32,
    /// Permanent identity of the instrument.
    pub ident: String,
    /// Its ticker at the time of the scan.
    pub symbol: String,
    /// Its name today.
    pub name: String,
    /// What the pipeline said.
    pub outcome: Outcome,
    /// 0..100.
    pub score: Option<f64>,
    /// 0..100.
    pub percentile: Option<f64>,
    /// Why.
    pub reason: String,
}

/// Which alerts to list; `limit` 0 lists none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertFilter {
    /// Of this scan only.
    pub scan: Option<ScanId>,
    /// Of the instrument that had this ticker when the alert was raised.
    pub symbol: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Raised by this layer (author/name).
    pub layer: Option<String>,
    /// Raised by a layer of the stage with this number, a text such as "1.5".
    pub stage: Option<String>,
    /// Raised (the scan finished) at or after this instant.
    pub since: Option<i64>,
    /// Raised before this instant.
    pub until: Option<i64>,
    /// With at least this confidence, 0..1.
    pub min_confidence: Option<f64>,
    /// Those that come after this one in the list.
    pub after: Option<AlertCursor>,
    /// Also those that were held back as repetitions.
    pub all: bool,
    /// At most so many.
    pub limit: u32,
}

/// A stored alert.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertRow {
    /// Its place in the list.
    pub cursor: AlertCursor,
    /// The scan that raised it.
    pub scan: ScanId,
    /// When that scan finished.
    pub raised_at: i64,
    /// The instant that the scan is about.
    pub as_of: i64,
    /// author/name of the layer.
    pub layer: String,
    /// Its version.
    pub version: String,
    /// Number of the stage.
    pub stage: String,
    /// Permanent identity of the instrument; none: the market as a whole.
    pub ident: Option<String>,
    /// Its ticker at the time of the scan.
    pub symbol: Option<String>,
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
    /// Its figures by name.
    pub numbers: Vec<(String, Option<f64>)>,
    /// Shown to the user.
    pub surfaced: bool,
    /// Not shown because it repeats an earlier alert.
    pub repetition: bool,
    /// Later alerts that were held back as repetitions of this one.
    pub repeats: u64,
    /// The host's risk figures, JSON.
    pub risk_json: Option<String>,
}

/// A layer, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerRow {
    /// author/name.
    pub layer: String,
    /// Its version.
    pub version: String,
    /// Digest of the component.
    pub digest: String,
    /// Version of the contract that it was built against.
    pub api_version: String,
    /// Size of the component, bytes.
    pub size: u64,
    /// What it imports.
    pub imports: Vec<String>,
    /// What it says of itself, JSON.
    pub descriptor_json: String,
    /// Where it came from; "bundled" for the program's own.
    pub origin: String,
    /// When it was installed, or first used if bundled.
    pub installed_at: i64,
    /// There was a version of this layer before it was installed, so it is called where somebody activates it.
    pub waits: bool,
    /// Where it was installed from, and who signed it.
    pub provenance: Provenance,
}

impl LayerRow {
    /// Whether the program carries this layer inside, so that the store has no bytes of it.
    #[must_use]
    pub fn is_bundled(&self) -> bool {
        self.origin == crate::store::BUNDLED
    }
}

/// The state of a store.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreStatus {
    /// The database's URL, without a password.
    pub path: String,
    /// Newest migration that was applied.
    pub schema_version: i64,
    /// Scans, whatever their status.
    pub scans: u64,
    /// The newest of them.
    pub last_scan: Option<ScanRow>,
    /// Alerts, also those that were held back.
    pub alerts: u64,
    /// Layers installed from outside and not removed.
    pub layers: u64,
    /// Instruments.
    pub instruments: u64,
    /// Size of the database, bytes; of a file with its write-ahead log.
    pub size_bytes: u64,
}
