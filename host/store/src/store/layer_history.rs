//! What the layers of a pipeline said in the scans before, in figures.

use super::Store;
use crate::error::StoreError;
use crate::rows::LayerHistory;
use crate::sql::{Row, query, read_all};

impl Store {
    /// The good layer runs of a pipeline's newest `scans` finished scans about instants before `as_of`, newest first;
    /// of several scans about one instant the last one counts.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn layer_history(
        &self,
        pipeline: &str,
        as_of: i64,
        scans: u32,
    ) -> Result<Vec<LayerHistory>, StoreError> {
        const RUNS: &str = "SELECT s.as_of, r.stage_name, l.layer, r.abstained, r.stats_json FROM scans s \
             JOIN layer_runs r ON r.scan = s.number JOIN layers l ON l.id = r.layer WHERE r.status = 'ok' \
             AND s.number IN (SELECT max(number) FROM scans WHERE pipeline = $1 AND as_of < $2 \
             AND status IN ('complete', 'partial') GROUP BY as_of ORDER BY as_of DESC LIMIT $3) \
             ORDER BY s.as_of DESC, r.position";
        self.patiently("read what layers said before", || async {
            let runs = query(RUNS).bind(pipeline).bind(as_of).bind(i64::from(scans));
            Ok(read_all(&runs.all(&self.pool).await?, history)?)
        })
        .await
    }
}

fn history(row: &Row) -> Result<LayerHistory, sqlx::Error> {
    Ok(LayerHistory {
        as_of: row.get("as_of")?,
        stage_name: row.get("stage_name")?,
        layer: row.get("layer")?,
        abstained: row.count("abstained")?,
        stats_json: row.get("stats_json")?,
    })
}
