//! Component files on their way: where they come from and who signed them.
//!
//! In the order of the way: the [place](Source) that somebody names, a [file](fetch_file), an address of the
//! [web](fetch_web) or a [registry](fetch_registry), where a component has its signature beside it; the [keys](PublicKey) of authors and the [secret ones](SigningKey) that they sign with,
//! [signatures](Signature) in minisign's format, and what an operator [trusts](Trust).
//!
//! The room knows files and signatures; it knows nothing of what is in a component, of markets or of SQL.

mod digest;
mod error;
mod file;
mod key;
mod registry;
mod signature;
mod signing;
mod source;
mod trust;
mod web;

pub use digest::{Digest, DigestError};
pub use error::FetchError;
pub use file::{Fetched, fetch_file, read, signature_file};
pub use key::{KeyId, PublicKey, PublicKeyError};
pub use registry::{Access, Credentials, Publication, Reference, fetch_registry, publish};
pub use signature::{SIGNATURE_BYTES, Signature, SignatureError};
pub use signing::{NewKey, Password, SigningError, SigningKey};
pub use source::{Source, SourceError};
pub use trust::{Judged, Refusal, Requirement, Signer, Trust, TrustedKey};
pub use web::{Authorities, Progress, fetch_web};

/// Longest text of a stranger that is shown, in bytes.
const SHOWN_BYTES: usize = 1_000;

/// A text of a stranger, harmless and on one line.
fn shown(text: &str) -> String {
    sluice_text::line(text, SHOWN_BYTES)
}
