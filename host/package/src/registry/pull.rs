//! Taking a component out of a registry.

use super::{Access, COMPONENT_TYPE, Reference, SIGNATURE_ANNOTATION, failure};
use crate::digest::Digest;
use crate::error::FetchError;
use crate::file::Fetched;
use crate::web::{Progress, WHOLE, patiently};
use futures_util::TryStreamExt;
use oci_client::Client;
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest};
use std::error::Error as _;

/// Largest manifest that is looked into, in bytes; the OCI's own limit.
const MANIFEST_BYTES: usize = 4 << 20;

/// Fetches a component with its signature. Where a tag was given the source names the digest that it stood for.
///
/// # Errors
/// When the registry cannot be reached or trusted, refuses, or has no component there.
pub async fn fetch_registry(
    reference: &Reference,
    most: usize,
    access: &Access,
    progress: Progress<'_>,
) -> Result<Fetched, FetchError> {
    let place = reference.to_string();
    let client = access.client()?;
    let fetching = patiently(|| fetch(&client, reference, most, access, progress));
    match tokio::time::timeout(WHOLE, fetching).await {
        Ok(ended) => ended,
        Err(_) => Err(FetchError::Registry {
            place,
            why: format!("it took longer than {} s", WHOLE.as_secs()),
            is_transient: false,
        }),
    }
}

async fn fetch(
    client: &Client,
    reference: &Reference,
    most: usize,
    access: &Access,
    progress: Progress<'_>,
) -> Result<Fetched, FetchError> {
    let place = reference.to_string();
    let manifest = client.pull_manifest_raw(reference.inner(), &access.auth(), &[OCI_IMAGE_MEDIA_TYPE]).await;
    let (bytes, digest) = manifest.map_err(|error| failure(&place, error))?;
    let manifest = parse(&place, &bytes)?;
    let layer = component(&place, &manifest, most)?;
    let bytes = blob(client, reference, layer, most, progress).await?;
    let signature = manifest.annotations.and_then(|mut all| all.remove(SIGNATURE_ANNOTATION));
    Ok(Fetched { bytes, signature, source: crate::shown(&reference.with_digest(&digest)) })
}

fn parse(place: &str, bytes: &[u8]) -> Result<OciImageManifest, FetchError> {
    let layout = |why: String| FetchError::Layout { place: place.to_owned(), why };
    if bytes.len() > MANIFEST_BYTES {
        return Err(layout(format!("its manifest has more than {MANIFEST_BYTES} bytes")));
    }
    serde_json::from_slice(bytes)
        .map_err(|error| layout(format!("its manifest cannot be read: {}", crate::shown(&error.to_string()))))
}

/// The one layer that is a component.
fn component<'m>(
    place: &str,
    manifest: &'m OciImageManifest,
    most: usize,
) -> Result<&'m OciDescriptor, FetchError> {
    let layout = |why: String| FetchError::Layout { place: place.to_owned(), why };
    let [layer] = manifest.layers.as_slice() else {
        return Err(layout(format!("it has {} layers instead of one", manifest.layers.len())));
    };
    if layer.media_type != COMPONENT_TYPE {
        let kind = crate::shown(&layer.media_type);
        return Err(layout(format!("its layer is {kind} instead of {COMPONENT_TYPE}")));
    }
    match usize::try_from(layer.size) {
        Ok(size) if size <= most => Ok(layer),
        _ => Err(FetchError::TooLarge { place: place.to_owned(), limit: most }),
    }
}

/// Reads a layer as it comes, never more than `most` bytes and one part.
async fn blob(
    client: &Client,
    reference: &Reference,
    layer: &OciDescriptor,
    most: usize,
    progress: Progress<'_>,
) -> Result<Vec<u8>, FetchError> {
    let place = reference.to_string();
    let stream = client.pull_blob_stream(reference.inner(), layer).await;
    let mut stream = stream.map_err(|error| failure(&place, error))?;
    let total = u64::try_from(layer.size).ok();
    let mut bytes = Vec::new();
    let broken = |error: std::io::Error| FetchError::Registry {
        place: place.clone(),
        why: crate::shown(&error.source().map_or_else(|| error.to_string(), ToString::to_string)),
        is_transient: false,
    };
    while let Some(part) = stream.try_next().await.map_err(broken)? {
        bytes.extend_from_slice(&part);
        if bytes.len() > most {
            return Err(FetchError::TooLarge { place, limit: most });
        }
        progress(bytes.len() as u64, total);
    }
    // whatever the registry's client looked at
    let actual = Digest::of(&bytes).to_string();
    if actual != layer.digest {
        return Err(FetchError::Digest { place, expected: crate::shown(&layer.digest), actual });
    }
    Ok(bytes)
}
