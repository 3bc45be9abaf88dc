//! How often scans found in the verdict cache what they looked for.

use super::Store;
use crate::error::StoreError;
use crate::rows::CacheUse;
use crate::sql::{Row, query, read_all};

impl Store {
    /// By layer, in the order of bytes, over so many newest scans: of how many instruments the answer was found, and of how
    /// many not. Layers that no scan looked up are there with zeros.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn cache_use(&self, scans: u32) -> Result<Vec<CacheUse>, StoreError> {
        const COUNT: &str = "SELECT l.layer, CAST(sum(r.cache_hits) AS BIGINT) AS hits, \
             CAST(sum(r.cache_misses) AS BIGINT) AS misses FROM layer_runs r JOIN layers l ON l.id = r.layer \
             WHERE r.scan > (SELECT coalesce(max(number), 0) FROM scans) - $1 GROUP BY l.layer";
        self.patiently("count what scans found in the cache", || async {
            let counted = query(COUNT).bind(i64::from(scans)).all(&self.pool).await?;
            let mut used = read_all(&counted, |row: &Row| {
                Ok(CacheUse {
                    layer: row.get("layer")?,
                    hits: row.count("hits")?,
                    misses: row.count("misses")?,
                })
            })?;
            used.sort_by(|a, b| a.layer.cmp(&b.layer));
            Ok(used)
        })
        .await
    }
}
