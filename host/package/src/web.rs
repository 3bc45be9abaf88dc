//! Components from the web: over TLS only, within a size and a time, compared with a digest that came by another way.

use crate::digest::Digest;
use crate::error::{FetchError, is_passing};
use crate::file::{Fetched, SUFFIX};
use crate::signature::SIGNATURE_BYTES;
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Certificate, Client, Response, StatusCode, Url};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::time::Duration;

/// Longest time until a connection stands.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);
/// Longest time without a byte.
pub(crate) const SILENCE: Duration = Duration::from_secs(30);
/// Longest time in all: 64 MiB at 1 Mbit/s.
pub(crate) const WHOLE: Duration = Duration::from_secs(600);
/// Redirects that are followed.
const REDIRECTS: usize = 5;
/// Waits before the second and the third try.
const WAITS: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];
/// What servers see.
pub(crate) const USER_AGENT: &str = concat!("sluice/", env!("CARGO_PKG_VERSION"));

/// Is told how many bytes came, and of how many, where that is known.
pub type Progress<'a> = &'a (dyn Fn(u64, Option<u64>) + Sync);

/// Authorities that are trusted beside the system's.
#[derive(Debug, Clone, Default)]
pub struct Authorities(pub(crate) Vec<CertificateDer<'static>>);

impl Authorities {
    /// Those of a PEM file.
    ///
    /// # Errors
    /// When there is no certificate in it.
    pub fn read(pem: &[u8]) -> Result<Self, FetchError> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        match certificates {
            Ok(certificates) if !certificates.is_empty() => Ok(Self(certificates)),
            _ => Err(FetchError::Authority),
        }
    }
}

/// Makes the TLS of this process the one that everything here is built with; the first call counts.
pub(crate) fn choose_tls() {
    // an error says that it was chosen before
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Fetches a component that must have this digest, and the signature beside it if there is one.
///
/// # Errors
/// When the server cannot be reached or trusted, has no such file, or another one.
pub async fn fetch_web(
    url: &Url,
    digest: &Digest,
    most: usize,
    authorities: &Authorities,
    progress: Progress<'_>,
) -> Result<Fetched, FetchError> {
    let client = client(authorities)?;
    let place = crate::shown(url.as_str());
    let bytes = patiently(|| async {
        let response = ask(&client, url, &place).await?;
        match response.status().is_success() {
            true => read(response, &place, most, true, progress).await,
            false => Err(FetchError::Status { place: place.clone(), status: response.status().as_u16() }),
        }
    })
    .await?;
    let mut fetched = Fetched { bytes, signature: None, source: place };
    // before anything else is asked for
    fetched.must_be(digest)?;
    fetched.signature = signature(&client, url).await?;
    Ok(fetched)
}

/// What stands beside the component; none when nothing does.
async fn signature(client: &Client, url: &Url) -> Result<Option<String>, FetchError> {
    let mut beside = url.clone();
    beside.set_path(&format!("{}{SUFFIX}", url.path()));
    let place = crate::shown(beside.as_str());
    patiently(|| async {
        let response = ask(client, &beside, &place).await?;
        match response.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            status if status.is_success() => {
                let bytes = read(response, &place, SIGNATURE_BYTES, false, &|_, _| ()).await?;
                Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
            }
            status => Err(FetchError::Status { place: place.clone(), status: status.as_u16() }),
        }
    })
    .await
}

fn client(authorities: &Authorities) -> Result<Client, FetchError> {
    choose_tls();
    let certificates = authorities.0.iter().map(|der| Certificate::from_der(der));
    let certificates = certificates.collect::<Result<Vec<_>, _>>().map_err(|_| FetchError::Authority)?;
    Client::builder()
        .https_only(true)
        .redirect(Policy::custom(redirected))
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .timeout(WHOLE)
        .user_agent(USER_AGENT)
        .tls_certs_merge(certificates)
        .build()
        .map_err(|error| FetchError::of("the web", error))
}

fn redirected(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    if attempt.url().scheme() != "https" {
        return attempt.error("it goes to an address that is not encrypted");
    }
    if attempt.previous().len() > REDIRECTS {
        return attempt.error(format!("there are more than {REDIRECTS} redirects"));
    }
    attempt.follow()
}

async fn ask(client: &Client, url: &Url, place: &str) -> Result<Response, FetchError> {
    let response = client.get(url.clone()).send().await.map_err(|error| FetchError::of(place, error))?;
    match is_passing(response.status().as_u16()) {
        true => Err(FetchError::Status { place: place.to_owned(), status: response.status().as_u16() }),
        false => Ok(response),
    }
}

/// Reads an answer as it comes, never more than `most` bytes and one part. A longer one is an error where it `must_fit`,
/// else it is cut.
async fn read(
    mut response: Response,
    place: &str,
    most: usize,
    must_fit: bool,
    progress: Progress<'_>,
) -> Result<Vec<u8>, FetchError> {
    let too_large = || FetchError::TooLarge { place: place.to_owned(), limit: most };
    let told = response.content_length();
    if must_fit && told.is_some_and(|told| told > most as u64) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| FetchError::of(place, error))? {
        bytes.extend_from_slice(&part);
        if bytes.len() > most {
            if must_fit {
                return Err(too_large());
            }
            return Ok(bytes);
        }
        progress(bytes.len() as u64, told);
    }
    Ok(bytes)
}

/// Tries again what may work the next time.
pub(crate) async fn patiently<T, F>(attempt: impl Fn() -> F) -> Result<T, FetchError>
where
    F: Future<Output = Result<T, FetchError>>,
{
    for wait in WAITS {
        match attempt().await {
            Err(error) if error.is_transient() => tracing::debug!("{error}; it is tried again"),
            ended => return ended,
        }
        tokio::time::sleep(wait).await;
    }
    attempt().await
}
