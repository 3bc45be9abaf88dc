//! Which version of a layer each pipeline runs: changed by one process after the other, each change with its row in the
//! audit log.

use super::{Store, now};
use crate::error::StoreError;
use crate::ids::AuditAction;
use crate::records::AuditEntry;
use crate::rows::{ActivationRow, Shadow, VersionKey};
use crate::sql::{Lock, Row, Stop, Transaction, query, read_all};

/// The columns of an [`ActivationRow`].
macro_rules! activations {
    ($rest:literal) => {
        concat!(
            "SELECT pipeline, layer, active, previous, enabled, since, trial_until, candidate, scans, scans_left, \
             revision FROM activations ",
            $rest
        )
    };
}

pub(super) use activations;

impl Store {
    /// What operators decided, by pipeline and layer in the order of bytes.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn activations(&self) -> Result<Vec<ActivationRow>, StoreError> {
        self.patiently("read which versions of layers are active", || async {
            let mut rows = read_all(&query(activations!("")).all(&self.pool).await?, activation_row)?;
            // in the order of bytes, whatever the database's collation
            rows.sort_by(|a, b| (&a.pipeline, &a.layer).cmp(&(&b.pipeline, &b.layer)));
            Ok(rows)
        })
        .await
    }

    /// Writes what becomes of one layer in one or several pipelines, with one row of the audit log, all in one
    /// transaction. Each row has the revision that it was read with (0: there was none), and nothing is written when
    /// somebody changed one of them since. A version that becomes active or a candidate must be installed.
    ///
    /// # Errors
    /// When a row was changed meanwhile, a version is not installed any more, a text cannot be stored as it is, the
    /// audit log takes no row, or the database fails.
    pub async fn change_activations(
        &self,
        rows: &[ActivationRow],
        action: AuditAction,
        layer: &str,
        before_json: &str,
        after_json: &str,
    ) -> Result<(), StoreError> {
        let doing = format!("change which version of {layer} is active");
        let entry = AuditEntry {
            action,
            subject: layer.to_owned(),
            before_json: Some(before_json.to_owned()),
            after_json: Some(after_json.to_owned()),
        };
        let entry = &entry;
        self.once(&doing, |operation| async move {
            let Some(mut transaction) = self.begin(&operation).await? else { return Ok(()) };
            // there may be no row yet that could be locked; and a version must not be removed meanwhile
            transaction.lock(Lock::Layers).await?;
            for row in rows {
                unchanged(&mut transaction, row).await?;
                let tried = row.shadow.as_ref().map(|shadow| &shadow.candidate);
                for version in row.active.iter().chain(tried) {
                    installed(&mut transaction, &row.layer, version).await?;
                }
                put(&mut transaction, row, &operation.id).await?;
            }
            self.commit(transaction, &operation.id, entry).await
        })
        .await
    }
}

/// Refuses a row that is not as it was when it was read.
async fn unchanged(transaction: &mut Transaction, row: &ActivationRow) -> Result<(), Stop> {
    const REVISION: &str = "SELECT revision FROM activations WHERE pipeline = $1 AND layer = $2";
    let found = query(REVISION).bind(&row.pipeline).bind(&row.layer);
    let revision: Option<i64> = found.optional_value(transaction).await?;
    match revision.unwrap_or_default() == row.revision {
        true => Ok(()),
        false => {
            Err(StoreError::StaleActivation { layer: row.layer.clone(), pipeline: row.pipeline.clone() }
                .into())
        }
    }
}

/// Refuses a version whose component is gone.
async fn installed(transaction: &mut Transaction, layer: &str, version: &VersionKey) -> Result<(), Stop> {
    match is_installed(transaction, layer, version).await? {
        true => Ok(()),
        false => {
            let (layer, digest) = (layer.to_owned(), version.to_string());
            Err(StoreError::NotInstalled { layer, digest }.into())
        }
    }
}

/// Whether the component of a version is here; whether the program carries one nobody here knows, so it is believed.
pub(super) async fn is_installed(
    transaction: &mut Transaction,
    layer: &str,
    version: &VersionKey,
) -> Result<bool, sqlx::Error> {
    const FIND: &str = "SELECT count(*) FROM layers WHERE digest = $1 AND layer = $2 AND removed_at IS NULL \
         AND origin <> 'bundled'";
    let VersionKey::Installed(digest) = version else { return Ok(true) };
    Ok(query(FIND).bind(digest).bind(layer).value::<i64>(transaction).await? > 0)
}

/// Writes a row over the one with its revision.
pub(super) async fn put(
    transaction: &mut Transaction,
    row: &ActivationRow,
    operation: &str,
) -> Result<(), sqlx::Error> {
    const PUT: &str = "INSERT INTO activations (pipeline, layer, active, previous, enabled, since, trial_until, candidate, \
         scans, scans_left, revision, operation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (pipeline, layer) DO UPDATE SET active = excluded.active, previous = excluded.previous, \
         enabled = excluded.enabled, since = excluded.since, trial_until = excluded.trial_until, \
         candidate = excluded.candidate, scans = excluded.scans, scans_left = excluded.scans_left, \
         revision = excluded.revision, operation = excluded.operation";
    let shadow = row.shadow.as_ref();
    query(PUT)
        .bind(&row.pipeline)
        .bind(&row.layer)
        .bind(row.active.as_ref().map(VersionKey::as_str))
        .bind(row.previous.as_ref().map(VersionKey::as_str))
        .bind(i64::from(row.enabled))
        .bind(row.since)
        .bind(row.trial_until)
        .bind(shadow.map(|shadow| shadow.candidate.as_str()))
        .bind(shadow.map(|shadow| i64::from(shadow.scans)))
        .bind(shadow.map(|shadow| i64::from(shadow.scans_left)))
        .bind(row.revision.saturating_add(1))
        .bind(operation)
        .execute(transaction)
        .await
        .map(drop)
}

/// Forgets a component that is removed: it is nobody's previous version any more, and what was decided of it in
/// pipelines that do not name its layer is void.
///
/// # Errors
/// When one of `pipelines`, those that name the layer, has it active or tries it.
pub(super) async fn forget(
    transaction: &mut Transaction,
    layer: &str,
    (version, digest): (&str, &str),
    pipelines: &[&str],
    operation: &str,
) -> Result<(), Stop> {
    let found = query(activations!("WHERE layer = $1 AND (active = $2 OR candidate = $2 OR previous = $2)"));
    let rows = found.bind(layer).bind(digest).all(&mut *transaction).await?;
    let gone = |version: &Option<VersionKey>| version.as_ref().is_some_and(|key| key.as_str() == digest);
    for mut row in read_all(&rows, activation_row)? {
        let tried = row.shadow.as_ref().is_some_and(|shadow| shadow.candidate.as_str() == digest);
        if (gone(&row.active) || tried) && pipelines.contains(&row.pipeline.as_str()) {
            return Err(StoreError::ActiveLayer {
                layer: layer.to_owned(),
                version: version.to_owned(),
                pipeline: row.pipeline,
                tried: !gone(&row.active),
            }
            .into());
        }
        if gone(&row.active) {
            (row.active, row.trial_until, row.since) = (None, None, now());
        }
        if gone(&row.previous) {
            row.previous = None;
        }
        if tried {
            row.shadow = None;
        }
        put(transaction, &row, operation).await?;
    }
    Ok(())
}

/// Makes the version before the active one again wherever this one is active and within its trial period. Gives what
/// became of the rows.
pub(super) async fn take_back(
    transaction: &mut Transaction,
    layer: &str,
    version: &VersionKey,
    at: i64,
    operation: &str,
) -> Result<Vec<ActivationRow>, Stop> {
    let found =
        query(activations!("WHERE layer = $1 AND active = $2 AND trial_until > $3 AND previous IS NOT NULL"));
    let found = found.bind(layer).bind(version.as_str()).bind(at).all(&mut *transaction).await?;
    let mut rows = Vec::new();
    for row in read_all(&found, activation_row)? {
        let Some(previous) = row.previous.clone() else { continue };
        if !is_installed(transaction, layer, &previous).await? {
            continue;
        }
        let shadow = row.shadow.clone();
        let row = ActivationRow { shadow, ..row.switched(previous, Some(version.clone()), at, None) };
        put(transaction, &row, operation).await?;
        rows.push(row);
    }
    rows.sort_by(|a, b| a.pipeline.cmp(&b.pipeline));
    Ok(rows)
}

pub(super) fn activation_row(row: &Row) -> Result<ActivationRow, sqlx::Error> {
    let version =
        |column: &str| Ok::<_, sqlx::Error>(row.get::<Option<String>>(column)?.map(VersionKey::read));
    let shadow = match version("candidate")? {
        Some(candidate) => {
            Some(Shadow { candidate, scans: row.small("scans")?, scans_left: row.small("scans_left")? })
        }
        None => None,
    };
    Ok(ActivationRow {
        pipeline: row.get("pipeline")?,
        layer: row.get("layer")?,
        active: version("active")?,
        previous: version("previous")?,
        enabled: row.truth("enabled")?,
        since: row.get("since")?,
        trial_until: row.get("trial_until")?,
        shadow,
        revision: row.get("revision")?,
    })
}
