//! Where installed layers came from, and who signed them.

use serde_json::{Value, json};

use super::{Operation, Store};
use crate::error::StoreError;
use crate::ids::AuditAction;
use crate::records::{AuditEntry, NewLayer};
use crate::rows::Provenance;
use crate::sql::{Row, Stop, Transaction, query};

/// Writes it beside the other facts of a layer.
pub(super) async fn put(
    transaction: &mut Transaction,
    key: i64,
    provenance: &Provenance,
) -> Result<(), sqlx::Error> {
    const PUT: &str =
        "UPDATE layers SET source = $2, signature = $3, signer = $4, signer_name = $5 WHERE id = $1";
    query(PUT)
        .bind(key)
        .bind(&provenance.source)
        .bind(&provenance.signature)
        .bind(&provenance.signer)
        .bind(&provenance.signer_name)
        .execute(transaction)
        .await
        .map(drop)
}

/// Reads it from a row of layers.
pub(super) fn of(row: &Row) -> Result<Provenance, sqlx::Error> {
    Ok(Provenance {
        source: row.get("source")?,
        signature: row.get("signature")?,
        signer: row.get("signer")?,
        signer_name: row.get("signer_name")?,
    })
}

/// What the audit log tells of it.
pub(super) fn told(provenance: &Provenance) -> Value {
    let signer = provenance
        .signer
        .as_ref()
        .map(|key| json!({ "key": key, "name": provenance.signer_name, "signature": provenance.signature }));
    json!({ "source": provenance.source, "signer": signer })
}

impl Store {
    /// Gives a layer that is installed already the signature that came with it now, which is another one than before;
    /// tells whether there was anything to do. A file without one takes none away.
    pub(super) async fn sign_again(
        &self,
        mut transaction: Transaction,
        operation: &Operation,
        layer: &NewLayer,
    ) -> Result<bool, Stop> {
        const FIND: &str = "SELECT id, source, signature, signer, signer_name FROM layers WHERE digest = $1";
        let Some(signature) = &layer.provenance.signature else { return Ok(false) };
        let found = query(FIND).bind(&layer.digest).optional(&mut transaction).await?;
        let Some(row) = found else { return Ok(false) };
        let before = of(&row)?;
        if before.signature.as_ref() == Some(signature) && before.signer_name == layer.provenance.signer_name
        {
            return Ok(false);
        }
        put(&mut transaction, row.get("id")?, &layer.provenance).await?;
        let entry = AuditEntry {
            action: AuditAction::LayerSigned,
            subject: format!("{}@{}", layer.layer, layer.version),
            before_json: Some(told(&before).to_string()),
            after_json: Some(told(&layer.provenance).to_string()),
        };
        self.commit(transaction, &operation.id, &entry).await?;
        Ok(true)
    }
}

/// The fields that a check looks at before anything is written.
pub(super) fn texts(provenance: &Provenance) -> impl Iterator<Item = (&'static str, &str)> {
    let Provenance { source, signature, signer, signer_name } = provenance;
    [("source", source), ("signature", signature), ("signer", signer), ("signer_name", signer_name)]
        .into_iter()
        .filter_map(|(name, text)| text.as_deref().map(|text| (name, text)))
}

/// Refuses what the database could not keep.
pub(super) fn check(doing: &str, provenance: &Provenance) -> Result<(), StoreError> {
    let check = crate::check::Check::new(doing);
    texts(provenance).try_for_each(|(field, text)| check.text(|| field.to_owned(), text))
}
