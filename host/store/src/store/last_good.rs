//! The newest report of a layer that can stand in for one that is not called now.

use std::ops::RangeInclusive;

use super::Store;
use crate::error::StoreError;
use crate::rows::{GoodVerdict, LastGood};
use crate::sql::{Row, query, read_all};

impl Store {
    /// The newest usable report of a layer, whatever its version: of a layer run that went well, under this name of a
    /// stage, in a scan of this pipeline that is complete or partial and is about an instant within `as_of`
    /// (inclusive, UTC milliseconds). Never one beyond the range's end: a scan of yesterday does not see today's.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn last_good(
        &self,
        pipeline: &str,
        stage_name: &str,
        layer: &str,
        as_of: RangeInclusive<i64>,
    ) -> Result<Option<LastGood>, StoreError> {
        const NEWEST: &str = "SELECT r.id AS run, s.id AS scan, s.as_of, l.version, l.digest, r.measures FROM scans s \
             JOIN layer_runs r ON r.scan = s.number JOIN layers l ON l.id = r.layer \
             WHERE s.pipeline = $1 AND s.as_of BETWEEN $2 AND $3 AND s.status IN ('complete', 'partial') \
             AND r.stage_name = $4 AND r.status = 'ok' AND l.layer = $5 \
             ORDER BY s.as_of DESC, s.number DESC, r.position DESC LIMIT 1";
        const VERDICTS: &str = "SELECT i.ident, v.outcome, v.score, v.reason, v.measures \
             FROM verdicts v JOIN instruments i ON i.id = v.instrument WHERE v.layer_run = $1 ORDER BY v.instrument";
        let doing = format!("read the newest good report of {layer}");
        let as_of = &as_of;
        self.patiently(&doing, || async move {
            // both are of one instant: the scan may be removed in between
            let mut transaction = self.pool.begin_reading().await?;
            let newest = query(NEWEST).bind(pipeline).bind(*as_of.start()).bind(*as_of.end());
            let newest = newest.bind(stage_name).bind(layer).optional(&mut transaction).await?;
            let Some(row) = newest else { return Ok(None) };
            let verdicts = query(VERDICTS).bind(row.get::<i64>("run")?).all(&mut transaction).await?;
            Ok(Some(LastGood {
                scan: row.word("scan")?,
                as_of: row.get("as_of")?,
                version: row.get("version")?,
                digest: row.get("digest")?,
                measures: row.texts("measures")?,
                verdicts: read_all(&verdicts, verdict)?,
            }))
        })
        .await
    }
}

fn verdict(row: &Row) -> Result<GoodVerdict, sqlx::Error> {
    let known = |value: Option<f64>| value.unwrap_or(f64::NAN);
    Ok(GoodVerdict {
        ident: row.get("ident")?,
        outcome: row.outcome("outcome")?,
        score: known(row.get("score")?),
        reason: row.get("reason")?,
        measures: row.numbers("measures")?.into_iter().map(known).collect(),
    })
}
