//! Where a component is: a file, an address of the web, a reference in a registry.

use crate::registry::Reference;
use reqwest::Url;
use std::path::PathBuf;
use std::str::FromStr;
use thiserror::Error;

/// Where a component is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// An address of the web, encrypted and without a password.
    Web(Url),
    /// A reference in a registry.
    Registry(Reference),
}

/// Why a text is no source.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceError {
    /// Anybody on the way could change what comes, and see who asks for it.
    #[error(
        "http: is neither encrypted nor checked: use https:, or download the file and install it from its path"
    )]
    Plain,
    /// Another scheme.
    #[error("nothing is installed from {scheme}: use a path, https://… or oci://HOST/REPOSITORY:TAG")]
    Scheme {
        /// The scheme with its colon.
        scheme: String,
    },
    /// No address.
    #[error("it is no address: {why}")]
    Address {
        /// Why.
        why: String,
    },
    /// A password would be stored and shown with the layer.
    #[error("an address with a user or password is not taken: it would be stored with the layer")]
    Password,
    /// No reference.
    #[error(
        "it is no reference in a registry: {why}; use oci://HOST[:PORT]/REPOSITORY:TAG or …@sha256:DIGEST"
    )]
    Reference {
        /// Why.
        why: String,
    },
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self::File(text.into()));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "https" => web(text).map(Self::Web),
            "oci" => rest.parse().map(Self::Registry),
            "http" => Err(SourceError::Plain),
            _ => Err(SourceError::Scheme { scheme: crate::shown(&format!("{scheme}:")) }),
        }
    }
}

fn web(text: &str) -> Result<Url, SourceError> {
    let mut url = Url::parse(text).map_err(|error| SourceError::Address { why: error.to_string() })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SourceError::Password);
    }
    // no server gets to see it
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        text.parse::<Source>().unwrap_err().to_string()
    }

    #[test]
    fn paths_addresses_and_references_are_told_by_their_scheme() {
        assert_eq!("a/b.wasm".parse(), Ok(Source::File("a/b.wasm".into())));
        assert_eq!("c:x".parse(), Ok(Source::File("c:x".into())));
        let url = |text: &str| Ok(Source::Web(Url::parse(text).unwrap()));
        assert_eq!("https://example.org/a.wasm#x".parse(), url("https://example.org/a.wasm"));
        assert_eq!("HTTPS://example.org/a.wasm".parse(), url("https://example.org/a.wasm"));
        assert!(matches!("oci://localhost:5000/me/gap:1".parse(), Ok(Source::Registry(_))));
    }

    #[test]
    fn what_is_none_of_them_is_refused_with_what_to_use() {
        insta::assert_snapshot!(refusal("http://example.org/a.wasm"), @"http: is neither encrypted nor checked: use https:, or download the file and install it from its path");
        insta::assert_snapshot!(refusal("ftp\u{1b}://x"), @"nothing is installed from ftp�:: use a path, https://… or oci://HOST/REPOSITORY:TAG");
        insta::assert_snapshot!(refusal("https://"), @"it is no address: empty host");
        insta::assert_snapshot!(refusal("https://me:pw@example.org/x"), @"an address with a user or password is not taken: it would be stored with the layer");
    }
}
