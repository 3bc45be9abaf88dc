//! The name of something in a registry: host, repository, and a tag or a digest.

use crate::source::SourceError;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// `HOST[:PORT]/REPOSITORY:TAG`, or with a digest in the place of the tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference(oci_client::Reference);

impl Reference {
    pub(super) fn inner(&self) -> &oci_client::Reference {
        &self.0
    }

    /// Whether it names a tag, under which something can be published.
    #[must_use]
    pub fn is_tag(&self) -> bool {
        self.0.digest().is_none()
    }

    /// Whether the registry is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let registry = self.0.registry();
        let host = match registry.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => registry,
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The same content, by its digest.
    pub(super) fn with_digest(&self, digest: &str) -> String {
        format!("oci://{}/{}@{digest}", self.0.registry(), self.0.repository())
    }
}

impl FromStr for Reference {
    type Err = SourceError;

    /// What stands behind `oci://`.
    fn from_str(text: &str) -> Result<Self, SourceError> {
        let refused = |why: &str| SourceError::Reference { why: why.to_owned() };
        let (host, path) = text.split_once('/').ok_or_else(|| refused("it has no repository"))?;
        // elsewhere a missing host means a registry of somebody's choice
        if !(host.contains('.') || host.contains(':') || host == "localhost") {
            return Err(refused("it begins with no host"));
        }
        if !path.contains('@') && !path.contains(':') {
            return Err(refused("it names neither a tag nor a digest"));
        }
        let parsed: oci_client::Reference =
            text.parse().map_err(|error: oci_client::ParseError| refused(&error.to_string()))?;
        if parsed.registry() != host {
            return Err(refused("its host is another one than it seems"));
        }
        Ok(Self(parsed))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oci://{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_a_host_a_repository_and_a_tag_or_digest() {
        let digest = "a".repeat(64);
        for text in [
            "localhost:5000/me/gap:1.0.0",
            "registry.example.org/me/gap:latest",
            "127.0.0.1:5000/gap:1",
            &format!("registry.example.org/me/gap@sha256:{digest}"),
        ] {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(reference.to_string(), format!("oci://{text}"));
            assert_eq!(reference.is_tag(), !text.contains('@'));
        }
        for text in [
            "",
            "gap",
            "me/gap:1",
            "localhost:5000/me/gap",
            "registry.example.org/Me/Gap:1",
            "registry.example.org/me/gap@sha256:a",
            "a.b/:1",
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let is_loopback = |host: &str| format!("{host}/a:1").parse::<Reference>().unwrap().is_loopback();
        for host in ["localhost", "localhost:5000", "127.0.0.1:5000", "127.9.9.9:1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in
            ["registry.example.org", "10.0.0.1:5000", "localhost.example.org:5000", "127.0.0.1.example.org"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
