//! Why a component cannot be had or published, each in one line that says from where and what to do.

use std::error::Error as _;
use thiserror::Error;

/// Why a server or registry is of no use.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// No answer, or none to the end.
    #[error("cannot reach {place}: {why}")]
    Unreachable {
        /// The server's address.
        place: String,
        /// Why.
        why: String,
        /// Whether it may work the next time.
        is_transient: bool,
    },
    /// The server is not who it says, or nobody here knows who says so.
    #[error("{place} cannot be trusted: {why}; --ca-file adds the certificate of your own authority")]
    Certificate {
        /// The server's address.
        place: String,
        /// Why.
        why: String,
    },
    /// An answer that is no file.
    #[error("{place} answered {status}{}", hint(.status))]
    Status {
        /// The server's address.
        place: String,
        /// The HTTP status.
        status: u16,
    },
    /// A redirect that is not followed.
    #[error("{place} leads elsewhere and is not followed: {why}")]
    Redirect {
        /// The server's address.
        place: String,
        /// Why.
        why: String,
    },
    /// More than a component may have.
    #[error("{place} has more than the {limit} bytes that a component may have")]
    TooLarge {
        /// Where it is.
        place: String,
        /// The limit, in bytes.
        limit: usize,
    },
    /// Other bytes than were asked for.
    #[error(
        "{place} has digest {actual}, but {expected} was asked for: it was altered or is another build; ask its author which digest is right"
    )]
    Digest {
        /// Where it is.
        place: String,
        /// The digest asked for.
        expected: String,
        /// That of what came.
        actual: String,
    },
    /// A file of certificates that has none.
    #[error("the file of --ca-file has no certificate: it must be in PEM")]
    Authority,
    /// A registry that refuses.
    #[error("{place}: {why}")]
    Registry {
        /// The reference.
        place: String,
        /// Why.
        why: String,
        /// Whether it may work the next time.
        is_transient: bool,
    },
    /// A registry that wants to know who asks.
    #[error(
        "{place}: the registry lets in only whom it knows: set SLUICE_REGISTRY_USER and SLUICE_REGISTRY_PASSWORD, or keep USER:PASSWORD with `sluice secret set NAME` and give --credentials NAME"
    )]
    Unauthorized {
        /// The reference.
        place: String,
    },
    /// Something else than a component is there.
    #[error("{place} is no WebAssembly component: {why}")]
    Layout {
        /// The reference.
        place: String,
        /// Why.
        why: String,
    },
}

impl FetchError {
    /// Whether it may work the next time.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { is_transient, .. } | Self::Registry { is_transient, .. } => *is_transient,
            Self::Status { status, .. } => is_passing(*status),
            _ => false,
        }
    }

    /// What the HTTP client says of an address.
    pub(crate) fn of(place: &str, error: reqwest::Error) -> Self {
        let place = place.to_owned();
        let error = error.without_url();
        if error.is_redirect() {
            return Self::Redirect { place, why: innermost(&error) };
        }
        let why = innermost(&error);
        match is_certificate(&error) {
            true => Self::Certificate { place, why },
            false => {
                let is_transient = !error.is_builder();
                let why = if error.is_timeout() { "it does not answer in time".to_owned() } else { why };
                Self::Unreachable { place, why, is_transient }
            }
        }
    }
}

/// Whether a server that answers so may answer otherwise soon.
pub(crate) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

fn hint(status: &u16) -> &'static str {
    match status {
        401 | 403 => {
            ", it does not let in whom it does not know: download the file and install it from its path"
        }
        404 | 410 => ", so it is not there: check the address",
        _ => "",
    }
}

/// The last cause, which says most.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    crate::shown(&cause.to_string())
}

/// Whether the server's certificate is what is wrong.
pub(crate) fn is_certificate(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(next) = cause {
        if let Some(tls) = next.downcast_ref::<rustls::Error>() {
            return matches!(tls, rustls::Error::InvalidCertificate(_));
        }
        // an error of input and output does not name the one inside it as its cause
        cause = match next.downcast_ref::<std::io::Error>() {
            Some(outer) => outer.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static)),
            None => next.source(),
        };
    }
    false
}
