//! Layers: those installed from outside with their bytes, and those of the program that scans refer to.

use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::reading::{count, rows, texts};
use super::{BUNDLED, Store, now};
use crate::check::Check;
use crate::columns;
use crate::error::StoreError;
use crate::fault::Stop;
use crate::records::{BundledLayer, NewLayer};
use crate::rows::LayerRow;

/// What an installation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallOutcome {
    /// The layer is new here, or had been removed.
    Installed,
    /// The same version with the same content was installed before.
    AlreadyInstalled,
}

/// Adds a layer, or takes back its removal. A component belongs to one layer only, so that the digest decides.
const PUT: &str = "INSERT INTO layers (layer, version, digest, api_version, size, imports, descriptor_json, origin, \
     installed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
     ON CONFLICT (digest) DO UPDATE SET origin = excluded.origin, installed_at = excluded.installed_at, \
     removed_at = NULL RETURNING id";

impl Store {
    /// Installs a layer with its component.
    ///
    /// # Errors
    /// When another content is installed under the same version, a field cannot be stored as it is, or the
    /// database fails.
    pub async fn install_layer(&self, layer: &NewLayer) -> Result<InstallOutcome, StoreError> {
        let doing = format!("install layer {}@{}", layer.layer, layer.version);
        Check::new(&doing).new_layer(layer)?;
        let facts = layer.as_bundled();
        self.patiently(&doing, || async {
            let mut transaction = self.begin().await?;
            if is_installed(&mut transaction, layer).await? {
                return Ok(InstallOutcome::AlreadyInstalled);
            }
            let key = put(&mut transaction, &facts, &layer.origin).await?;
            const BYTES: &str = "INSERT INTO layer_components (layer, bytes) VALUES ($1, $2)";
            sqlx::query(BYTES).bind(key).bind(&layer.component).execute(&mut *transaction).await?;
            transaction.commit().await?;
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
            let known: i64 = sqlx::query_scalar(KNOWN).bind(&layer.digest).fetch_one(&self.pool).await?;
            if known > 0 {
                return Ok(());
            }
            let mut transaction = self.begin().await?;
            let known: i64 =
                sqlx::query_scalar(KNOWN).bind(&layer.digest).fetch_one(&mut *transaction).await?;
            if known == 0 {
                put(&mut transaction, layer, BUNDLED).await?;
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
             installed_at FROM layers WHERE removed_at IS NULL ORDER BY layer, installed_at, id";
        self.patiently("list layers", || async {
            Ok(rows(sqlx::query(SELECT).fetch_all(&self.pool).await?, layer_row)?)
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
        self.patiently(&doing, || async {
            Ok(sqlx::query_scalar(SELECT).bind(digest).fetch_optional(&self.pool).await?)
        })
        .await
    }

    /// Removes an installed layer, in one version or in all; returns how many versions. Its bytes go, scans keep
    /// referring to it. Bundled layers are not installed and stay.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_layer(&self, layer: &str, version: Option<&str>) -> Result<u64, StoreError> {
        const FIND: &str = "SELECT id FROM layers WHERE layer = $1 AND ($2 IS NULL OR version = $2) \
             AND removed_at IS NULL AND origin <> 'bundled'";
        let doing = format!("remove layer {layer}");
        self.patiently(&doing, || async {
            let mut transaction = self.begin().await?;
            let keys: Vec<i64> =
                sqlx::query_scalar(FIND).bind(layer).bind(version).fetch_all(&mut *transaction).await?;
            for key in &keys {
                remove(&mut transaction, *key).await?;
            }
            transaction.commit().await?;
            Ok(keys.len() as u64)
        })
        .await
    }
}

/// Whether exactly this is installed; refused when the version is, with another content.
async fn is_installed(connection: &mut SqliteConnection, layer: &NewLayer) -> Result<bool, Stop> {
    const FIND: &str = "SELECT digest FROM layers WHERE layer = $1 AND version = $2 AND removed_at IS NULL \
         AND origin <> 'bundled'";
    let query = sqlx::query_scalar(FIND).bind(&layer.layer).bind(&layer.version);
    let stored: Option<String> = query.fetch_optional(connection).await?;
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

async fn put(
    connection: &mut SqliteConnection,
    layer: &BundledLayer,
    origin: &str,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(PUT)
        .bind(&layer.layer)
        .bind(&layer.version)
        .bind(&layer.digest)
        .bind(&layer.api_version)
        .bind(i64::try_from(layer.size).unwrap_or(i64::MAX))
        .bind(columns::texts(&layer.imports).map_err(sqlx::Error::Encode)?)
        .bind(&layer.descriptor_json)
        .bind(origin)
        .bind(now())
        .fetch_one(connection)
        .await
}

async fn remove(connection: &mut SqliteConnection, key: i64) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM layer_components WHERE layer = $1").bind(key).execute(&mut *connection).await?;
    sqlx::query("UPDATE layers SET removed_at = $2 WHERE id = $1")
        .bind(key)
        .bind(now())
        .execute(connection)
        .await?;
    Ok(())
}

fn layer_row(row: &SqliteRow) -> Result<LayerRow, sqlx::Error> {
    Ok(LayerRow {
        layer: row.try_get("layer")?,
        version: row.try_get("version")?,
        digest: row.try_get("digest")?,
        api_version: row.try_get("api_version")?,
        size: count(row, "size")?,
        imports: texts(row, "imports")?,
        descriptor_json: row.try_get("descriptor_json")?,
        origin: row.try_get("origin")?,
        installed_at: row.try_get("installed_at")?,
    })
}
