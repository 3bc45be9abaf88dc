//! How layers did in past scans.

use crate::ids::{LayerRunStatus, ScanStatus};

/// A layer in a scan that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRun {
    /// The scan's place among all scans.
    pub scan: i64,
    /// How the scan ended.
    pub scan_status: ScanStatus,
    /// When it began.
    pub started_at: i64,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// Why it was interrupted.
    pub interruption: Option<String>,
    /// Number of the stage, a text such as "1.5"; empty without a layer.
    pub stage: String,
    /// Name of the stage; empty without a layer.
    pub stage_name: String,
    /// author/name; none of a scan that no layer had a part in.
    pub layer: Option<String>,
    /// Digest of its component.
    pub digest: Option<String>,
    /// How it fared.
    pub status: Option<LayerRunStatus>,
    /// Why it faulted or was skipped.
    pub fault: Option<String>,
    /// Wall time of its calls, summed, microseconds.
    pub wall_us: u64,
    /// Instruments whose answer came from the verdict cache.
    pub cache_hits: u64,
    /// Instruments that were looked for in it in vain.
    pub cache_misses: u64,
}
