//! Layers: those installed from outside with their bytes, and those of the program that scans refer to.

use super::{BUNDLED, Operation, Store, activations, now, provenance};
use crate::check::Check;
use crate::columns;
use crate::error::StoreError;
use crate::ids::AuditAction;
use crate::records::{AuditEntry, BundledLayer, NewLayer};
use crate::rows::LayerRow;
use crate::sql::{Lock, Row, Stop, Transaction, query, read_all};

/// What an installation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallOutcome {
    /// The layer is new here, or had been removed.
    Installed,
    /// The same version with the same content was installed before.
    AlreadyInstalled,
    /// The same, but the signature is new.
    Signed,
}

/// Adds a layer, or takes back its removal. A component belongs to one layer only, so that the digest decides.
const PUT: &str = "INSERT INTO layers (layer, version, digest, api_version, size, imports, descriptor_json, origin, \
     installed_at, waits) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
     ON CONFLICT (digest) DO UPDATE SET origin = excluded.origin, installed_at = excluded.installed_at, \
     waits = excluded.waits, removed_at = NULL RETURNING id";

/// Where the audit row of a removal has the digests by version.
const DIGESTS: &str = "digests";

impl Store {
    /// Installs a layer with its component. Where there is a version of it already, that one goes on being called.
    ///
    /// # Errors
    /// When another content is installed under the same version, a field cannot be stored as it is, or the
    /// database fails.
    pub async fn install_layer(&self, layer: &NewLayer) -> Result<InstallOutcome, StoreError> {
        let doing = format!("install layer {}@{}", layer.layer, layer.version);
        Check::new(&doing).new_layer(layer)?;
        provenance::check(&doing, &layer.provenance)?;
        let facts = &layer.as_bundled();
        self.once(&doing, |operation| async move {
            const BYTES: &str = "INSERT INTO layer_components (layer, bytes) VALUES ($1, $2)";
            let Some(mut transaction) = self.begin(&operation).await? else {
                return Ok(InstallOutcome::Installed);
            };
            transaction.lock(Lock::Layers).await?;
            if is_installed(&mut transaction, layer).await? {
                return Ok(match self.sign_again(transaction, &operation, layer).await? {
                    true => InstallOutcome::Signed,
                    false => InstallOutcome::AlreadyInstalled,
                });
            }
            let waits = layer.behind_bundled || has_versions(&mut transaction, &layer.layer).await?;
            let key = put(&mut transaction, facts, &layer.origin, waits).await?;
            provenance::put(&mut transaction, key, &layer.provenance).await?;
            query(BYTES).bind(key).bind(&layer.component[..]).execute(&mut transaction).await?;
            let after = serde_json::json!({
                "digest": layer.digest, "size": layer.size, "api_version": layer.api_version, "origin": layer.origin,
                "imports": layer.imports, "provenance": provenance::told(&layer.provenance),
            });
            let entry = AuditEntry {
                action: AuditAction::LayerInstalled,
                subject: format!("{}@{}", layer.layer, layer.version),
                before_json: None,
                after_json: Some(after.to_string()),
            };
            self.commit(transaction, &operation.id, &entry).await?;
            Ok(InstallOutcome::Installed)
        })
        .await
    }

    /// Records a layer that the program carries inside, so that scans can refer to it. Doing so again, or for a
    /// component that is installed, changes nothing.
    ///
    /// # Errors
    /// When a field cannot be stored as it is, or the database fails.
    pub async fn register_layer(&self, layer: &BundledLayer) -> Result<(), StoreError> {
        const KNOWN: &str = "SELECT count(*) FROM layers WHERE digest = $1 AND removed_at IS NULL";
        let doing = format!("register layer {}@{}", layer.layer, layer.version);
        Check::new(&doing).layer(layer)?;
        self.patiently(&doing, || async {
            let known: i64 = query(KNOWN).bind(&layer.digest).value(&self.pool).await?;
            if known > 0 {
                return Ok(());
            }
            let mut transaction = self.pool.begin().await?;
            transaction.lock(Lock::Layers).await?;
            let known: i64 = query(KNOWN).bind(&layer.digest).value(&mut transaction).await?;
            if known == 0 {
                put(&mut transaction, layer, BUNDLED, false).await?;
            }
            transaction.commit().await?;
            Ok(())
        })
        .await
    }

    /// Every layer that was not removed, by name and version, bundled ones that scans used included.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn layers(&self) -> Result<Vec<LayerRow>, StoreError> {
        const SELECT: &str = "SELECT layer, version, digest, api_version, size, imports, descriptor_json, origin, \
             installed_at, waits, source, signature, signer, signer_name FROM layers WHERE removed_at IS NULL \
             ORDER BY layer, installed_at, id";
        self.patiently("list layers", || async {
            let mut layers = read_all(&query(SELECT).all(&self.pool).await?, layer_row)?;
            // in the order of bytes, whatever the database's collation; equal ones stay as they came
            layers.sort_by(|a, b| a.layer.cmp(&b.layer));
            Ok(layers)
        })
        .await
    }

    /// The component with this digest; none when it was removed, is bundled, or was never here.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn component(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        const SELECT: &str =
            "SELECT c.bytes FROM layers l JOIN layer_components c ON c.layer = l.id WHERE l.digest = $1";
        let doing = format!("read component {digest}");
        self.patiently(&doing, || async { Ok(query(SELECT).bind(digest).optional_value(&self.pool).await?) })
            .await
    }

    /// Removes an installed layer, in one version or in all; returns how many versions. Its bytes go, scans keep
    /// referring to it. Bundled layers are not installed and stay. `pipelines`: those that name the layer.
    ///
    /// # Errors
    /// When one of the pipelines has the version active or tries it, or the database fails.
    pub async fn remove_layer(
        &self,
        layer: &str,
        version: Option<&str>,
        pipelines: &[&str],
    ) -> Result<u64, StoreError> {
        const FIND: &str = "SELECT id, version, digest FROM layers WHERE layer = $1 AND ($2 IS NULL OR version = $2) \
             AND removed_at IS NULL AND origin <> 'bundled'";
        let doing = format!("remove layer {layer}");
        self.once(&doing, |operation| async move {
            let Some(mut transaction) = self.begin(&operation).await? else {
                return self.removed_by(&operation).await;
            };
            transaction.lock(Lock::Layers).await?;
            let found = query(FIND).bind(layer).bind(version).all(&mut transaction).await?;
            let mut gone = serde_json::Map::new();
            for row in &found {
                let (version, digest): (String, String) = (row.get("version")?, row.get("digest")?);
                let what = (version.as_str(), digest.as_str());
                activations::forget(&mut transaction, layer, what, pipelines, &operation.id).await?;
                remove(&mut transaction, row.get("id")?).await?;
                gone.insert(version, digest.into());
            }
            if found.is_empty() {
                return Ok(0);
            }
            let entry = AuditEntry {
                action: AuditAction::LayerRemoved,
                subject: layer.to_owned(),
                before_json: Some(serde_json::json!({ DIGESTS: gone }).to_string()),
                after_json: None,
            };
            self.commit(transaction, &operation.id, &entry).await?;
            Ok(found.len() as u64)
        })
        .await
    }

    /// How many versions an operation removed whose answer was lost: its audit row tells.
    async fn removed_by(&self, operation: &Operation) -> Result<u64, Stop> {
        const TOLD: &str = "SELECT before_json FROM audit WHERE operation = $1";
        let told: Option<String> = query(TOLD).bind(&operation.id).value(&self.pool).await?;
        let told: Option<serde_json::Value> = told.and_then(|told| serde_json::from_str(&told).ok());
        let digests = told.as_ref().and_then(|told| told.get(DIGESTS)?.as_object());
        Ok(digests.map_or(0, serde_json::Map::len) as u64)
    }
}

/// Whether exactly this is installed; refused when the version is, with another content.
async fn is_installed(transaction: &mut Transaction, layer: &NewLayer) -> Result<bool, Stop> {
    const FIND: &str = "SELECT digest FROM layers WHERE layer = $1 AND version = $2 AND removed_at IS NULL \
         AND origin <> 'bundled'";
    let found = query(FIND).bind(&layer.layer).bind(&layer.version);
    let stored: Option<String> = found.optional_value(transaction).await?;
    match stored {
        None => Ok(false),
        Some(stored) if stored == layer.digest => Ok(true),
        Some(stored) => Err(StoreError::LayerConflict {
            layer: layer.layer.clone(),
            version: layer.version.clone(),
            stored,
            given: layer.digest.clone(),
        }
        .into()),
    }
}

/// Whether some version of a layer is installed.
async fn has_versions(transaction: &mut Transaction, layer: &str) -> Result<bool, sqlx::Error> {
    const COUNT: &str =
        "SELECT count(*) FROM layers WHERE layer = $1 AND removed_at IS NULL AND origin <> 'bundled'";
    Ok(query(COUNT).bind(layer).value::<i64>(transaction).await? > 0)
}

async fn put(
    transaction: &mut Transaction,
    layer: &BundledLayer,
    origin: &str,
    waits: bool,
) -> Result<i64, sqlx::Error> {
    query(PUT)
        .bind(&layer.layer)
        .bind(&layer.version)
        .bind(&layer.digest)
        .bind(&layer.api_version)
        .bind(i64::try_from(layer.size).unwrap_or(i64::MAX))
        .bind(columns::texts(&layer.imports).map_err(sqlx::Error::Encode)?)
        .bind(&layer.descriptor_json)
        .bind(origin)
        .bind(now())
        .bind(i64::from(waits))
        .value(transaction)
        .await
}

async fn remove(transaction: &mut Transaction, key: i64) -> Result<(), sqlx::Error> {
    query("DELETE FROM layer_components WHERE layer = $1").bind(key).execute(&mut *transaction).await?;
    let gone = query("UPDATE layers SET removed_at = $2 WHERE id = $1").bind(key).bind(now());
    gone.execute(transaction).await.map(drop)
}

fn layer_row(row: &Row) -> Result<LayerRow, sqlx::Error> {
    Ok(LayerRow {
        layer: row.get("layer")?,
        version: row.get("version")?,
        digest: row.get("digest")?,
        api_version: row.get("api_version")?,
        size: row.count("size")?,
        imports: row.texts("imports")?,
        descriptor_json: row.get("descriptor_json")?,
        origin: row.get("origin")?,
        installed_at: row.get("installed_at")?,
        waits: row.truth("waits")?,
        provenance: provenance::of(row)?,
    })
}
