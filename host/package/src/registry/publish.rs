//! Putting a component into a registry.

use super::{Access, COMPONENT_TYPE, CONFIG_TYPE, Reference, SIGNATURE_ANNOTATION, failure};
use crate::digest::Digest;
use crate::error::FetchError;
use crate::web::WHOLE;
use oci_client::RegistryOperation;
use oci_client::manifest::OCI_IMAGE_MEDIA_TYPE;
use reqwest::header::HeaderValue;
use serde_json::json;

/// What is published.
#[derive(Debug, Clone)]
pub struct Publication {
    /// author/name.
    pub title: String,
    /// Its version.
    pub version: String,
    /// What the component imports.
    pub imports: Vec<String>,
    /// The component.
    pub bytes: Vec<u8>,
    /// Its signature, the whole text.
    pub signature: Option<String>,
}

/// Publishes a component under a tag, replacing what the tag stood for; gives the reference by digest. The same component
/// has the same digest whenever it is published.
///
/// # Errors
/// When the registry cannot be reached or trusted, or refuses.
pub async fn publish(
    reference: &Reference,
    publication: Publication,
    access: &Access,
) -> Result<String, FetchError> {
    let place = reference.to_string();
    match tokio::time::timeout(WHOLE, push(reference, publication, access)).await {
        Ok(ended) => ended,
        Err(_) => Err(FetchError::Registry {
            place,
            why: format!("it took longer than {} s", WHOLE.as_secs()),
            is_transient: false,
        }),
    }
}

async fn push(
    reference: &Reference,
    publication: Publication,
    access: &Access,
) -> Result<String, FetchError> {
    let place = reference.to_string();
    let failed = |error| failure(&place, error);
    let client = access.client()?;
    client.auth(reference.inner(), &access.auth(), RegistryOperation::Push).await.map_err(failed)?;
    let component = Digest::of(&publication.bytes).to_string();
    let config = config(&publication, &component).into_bytes();
    let manifest = manifest(&publication, &component, &config).into_bytes();
    let digest = Digest::of(&manifest).to_string();
    client.push_blob(reference.inner(), publication.bytes, &component).await.map_err(failed)?;
    let config_digest = Digest::of(&config).to_string();
    client.push_blob(reference.inner(), config, &config_digest).await.map_err(failed)?;
    let kind = HeaderValue::from_static(OCI_IMAGE_MEDIA_TYPE);
    client.push_manifest_raw(reference.inner(), manifest, kind).await.map_err(failed)?;
    Ok(reference.with_digest(&digest))
}

fn config(publication: &Publication, component: &str) -> String {
    json!({
        // the layout wants an instant; with the present one no digest would come twice
        "created": "1970-01-01T00:00:00Z",
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [component],
        "component": { "exports": [], "imports": publication.imports, "target": null },
    })
    .to_string()
}

fn manifest(publication: &Publication, component: &str, config: &[u8]) -> String {
    let mut annotations = json!({
        "org.opencontainers.image.title": publication.title,
        "org.opencontainers.image.version": publication.version,
    });
    if let (Some(signature), Some(all)) = (&publication.signature, annotations.as_object_mut()) {
        all.insert(SIGNATURE_ANNOTATION.to_owned(), signature.as_str().into());
    }
    json!({
        "schemaVersion": 2,
        "mediaType": OCI_IMAGE_MEDIA_TYPE,
        "config": {
            "mediaType": CONFIG_TYPE, "digest": Digest::of(config).to_string(), "size": config.len(),
        },
        "layers": [
            { "mediaType": COMPONENT_TYPE, "digest": component, "size": publication.bytes.len() },
        ],
        "annotations": annotations,
    })
    .to_string()
}
