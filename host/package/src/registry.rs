//! Components in registries, as the WebAssembly OCI layout has them: one layer with the component, a configuration that
//! tells its imports, and the signature as an annotation, since tools of that layout take no second layer.

mod publish;
mod pull;
mod reference;

pub use publish::{Publication, publish};
pub use pull::fetch_registry;
pub use reference::Reference;

use crate::error::{FetchError, innermost, is_certificate, is_passing};
use crate::web::{Authorities, CONNECT, SILENCE, USER_AGENT, choose_tls};
use oci_client::Client;
use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol};
use oci_client::errors::{OciDistributionError, OciError, OciErrorCode};
use oci_client::secrets::RegistryAuth;
use std::fmt;
use zeroize::Zeroize;

/// Media type of a component.
const COMPONENT_TYPE: &str = "application/wasm";
/// Media type of the configuration that goes with one.
const CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";
/// Name of the annotation with the whole text of the signature.
const SIGNATURE_ANNOTATION: &str = "org.minisign.signature";

/// Who asks.
#[derive(Clone)]
pub struct Credentials {
    user: String,
    password: String,
}

impl Credentials {
    /// A user with a password or token.
    #[must_use]
    pub fn new(user: String, password: String) -> Self {
        Self { user, password }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(***)")
    }
}

impl Drop for Credentials {
    fn drop(&mut self) {
        self.password.zeroize();
    }
}

/// How a registry is spoken to.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Authorities that are trusted beside the system's.
    pub authorities: Authorities,
    /// Who asks; none: anybody.
    pub credentials: Option<Credentials>,
    /// Without TLS; only for a registry on this machine.
    pub plain: bool,
}

impl Access {
    fn client(&self) -> Result<Client, FetchError> {
        choose_tls();
        let certificates = self.authorities.0.iter();
        let config = ClientConfig {
            protocol: if self.plain { ClientProtocol::Http } else { ClientProtocol::Https },
            extra_root_certificates: certificates
                .map(|der| Certificate { encoding: CertificateEncoding::Der, data: der.to_vec() })
                .collect(),
            connect_timeout: Some(CONNECT),
            read_timeout: Some(SILENCE),
            user_agent: USER_AGENT,
            // a component is for no platform, so that there is nothing to choose
            platform_resolver: None,
            ..ClientConfig::default()
        };
        Client::try_from(config).map_err(|_| FetchError::Authority)
    }

    fn auth(&self) -> RegistryAuth {
        match &self.credentials {
            Some(known) => RegistryAuth::Basic(known.user.clone(), known.password.clone()),
            None => RegistryAuth::Anonymous,
        }
    }
}

/// What the registry's client says of a reference.
fn failure(place: &str, error: OciDistributionError) -> FetchError {
    let place = place.to_owned();
    let registry =
        |why: String, is_transient| FetchError::Registry { place: place.clone(), why, is_transient };
    match error {
        OciDistributionError::RequestError(error) if is_certificate(&error) => {
            FetchError::Certificate { place, why: innermost(&error) }
        }
        OciDistributionError::RequestError(error) => FetchError::of(&place, error),
        OciDistributionError::UnauthorizedError { .. } | OciDistributionError::AuthenticationFailure(_) => {
            FetchError::Unauthorized { place }
        }
        OciDistributionError::ImageManifestNotFoundError(_) => registry("it is not there".to_owned(), false),
        OciDistributionError::RegistryError { envelope, .. } => {
            let is_absent = |error: &OciError| {
                matches!(error.code, OciErrorCode::ManifestUnknown | OciErrorCode::NameUnknown)
            };
            if envelope.errors.iter().any(is_absent) {
                return registry("it is not there: check its name, and its tag or digest".to_owned(), false);
            }
            let said: Vec<&str> = envelope.errors.iter().map(|error| error.message.as_str()).collect();
            registry(format!("the registry refuses: {}", crate::shown(&said.join(", "))), false)
        }
        OciDistributionError::ServerError { code, message, .. } => {
            let why = format!("the registry answered {code} {}", crate::shown(&message));
            registry(why.trim_end().to_owned(), is_passing(code))
        }
        OciDistributionError::DigestError(error) => {
            registry(format!("what came is not what was asked for: {}", innermost(&error)), false)
        }
        other => registry(innermost(&other), false),
    }
}
