//! How the layers did in the newest scans of a pipeline.

use super::{LONGEST_PAGE, Store};
use crate::error::StoreError;
use crate::rows::PastRun;
use crate::sql::{Row, query, read_all};

impl Store {
    /// The layer runs of the newest scans of a pipeline that ended, newest scan first, in the order of the plan; a scan
    /// without any (it was interrupted) has one row without a layer. At most 1,000 scans.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn past_runs(&self, pipeline: &str, scans: u32) -> Result<Vec<PastRun>, StoreError> {
        const SELECT: &str = "SELECT s.number, s.status AS scan_status, s.started_at, s.finished_at, s.interruption, \
             r.stage, r.stage_name, l.layer, l.digest, r.status, r.fault, r.wall_us, r.cache_hits, r.cache_misses \
             FROM (SELECT number, status, started_at, finished_at, interruption FROM scans \
             WHERE pipeline = $1 AND status <> 'running' ORDER BY number DESC LIMIT $2) s \
             LEFT JOIN layer_runs r ON r.scan = s.number LEFT JOIN layers l ON l.id = r.layer \
             ORDER BY s.number DESC, r.position";
        self.patiently("read how past scans did", || async {
            let found = query(SELECT).bind(pipeline).bind(i64::from(scans.min(LONGEST_PAGE)));
            Ok(read_all(&found.all(&self.pool).await?, past_run)?)
        })
        .await
    }
}

impl Store {
    /// What a scan (by its place among all scans) says of its stages, as JSON; none when it did not come to its end.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn stages_of(&self, scan: i64) -> Result<Option<String>, StoreError> {
        const SELECT: &str = "SELECT stages_json FROM scans WHERE number = $1";
        self.patiently("read how far instruments came", || async {
            let found: Option<Option<String>> = query(SELECT).bind(scan).optional_value(&self.pool).await?;
            Ok(found.flatten())
        })
        .await
    }
}

/// A scan without a layer has none of these numbers.
fn count(row: &Row, column: &str) -> Result<u64, sqlx::Error> {
    Ok(row.get::<Option<i64>>(column)?.unwrap_or_default().unsigned_abs())
}

fn past_run(row: &Row) -> Result<PastRun, sqlx::Error> {
    Ok(PastRun {
        scan: row.get("number")?,
        scan_status: row.word("scan_status")?,
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
        interruption: row.get("interruption")?,
        stage: row.get::<Option<String>>("stage")?.unwrap_or_default(),
        stage_name: row.get::<Option<String>>("stage_name")?.unwrap_or_default(),
        layer: row.get("layer")?,
        digest: row.get("digest")?,
        status: row.optional_word("status")?,
        fault: row.get("fault")?,
        wall_us: count(row, "wall_us")?,
        cache_hits: count(row, "cache_hits")?,
        cache_misses: count(row, "cache_misses")?,
    })
}
