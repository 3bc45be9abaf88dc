//! The command line of what is signed, trusted and sent around: `sluice trust`, `layer sign|install|publish`.

use super::secret::SecretName;
use clap::{Args, Subcommand};
use sluice_package::Digest;
use sluice_runtime::text::is_unprintable;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Longest name of a key, in characters.
const LONGEST: usize = 64;

/// Whose signatures count.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  sluice trust list")]
pub enum Trust {
    /// Make a key pair to sign layers with
    NewKey(NewKey),
    /// Trust a key: layers that are signed with it count as signed
    #[command(after_help = "\
With `require = \"signed\"` under [trust] in sluice.toml only layers with such a signature are installed and called. \
Compare a key with the one that its owner publishes before you trust it.

Examples:
  sluice trust add RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3 --name ann
  sluice trust add ann.pub --name ann")]
    Add {
        /// The public key, or a file with it
        #[arg(value_name = "PUBLICKEY|FILE")]
        key: String,
        /// Whose it is [default: its id]
        #[arg(long, value_name = "WHO")]
        name: Option<KeyName>,
    },
    /// The keys that are trusted, and those that were
    #[command(after_help = "Example: sluice trust list --format json")]
    List,
    /// Trust a key no more: where signatures are required, layers that are signed with it are not called any more
    #[command(after_help = "Example: sluice trust remove ann")]
    Remove {
        /// Name or id of the key
        #[arg(value_name = "NAME|KEYID")]
        key: String,
    },
}

/// Options of `trust new-key`.
#[derive(Debug, Args)]
#[command(after_help = "\
Two files are made: PATH with the secret key, readable by its owner only, and PATH.pub with the public one. Neither \
replaces a file. Both are minisign's, which can use them too. The password is typed, or taken from \
SLUICE_SIGNING_PASSWORD.

Example: sluice trust new-key ~/.keys/layers.key")]
pub struct NewKey {
    /// File of the secret key
    pub path: PathBuf,
    /// Protect it by no password: whoever reads the file can sign
    #[arg(long)]
    pub no_password: bool,
}

/// Options of `layer sign`.
#[derive(Debug, Args)]
#[command(after_help = "\
Writes FILE.minisig, which belongs beside FILE wherever that goes. Its comment has the layer's id, version and digest. \
The password of the key is typed, or taken from SLUICE_SIGNING_PASSWORD. `minisign -S -m FILE` does the same.

Example: sluice layer sign near-high/target/near-high.wasm --secret-key ~/.keys/layers.key")]
pub struct Sign {
    /// The component
    pub file: PathBuf,
    /// File of the secret key, as `sluice trust new-key` or minisign makes it
    #[arg(long, value_name = "KEYFILE")]
    pub secret_key: PathBuf,
}

/// Options of `layer install`.
#[derive(Debug, Args)]
#[command(after_help = "\
SOURCE is a path, https://… (with --digest), or oci://HOST[:PORT]/REPOSITORY:TAG, or …@sha256:DIGEST in its place. A \
signature is looked for beside it: SOURCE.minisig of files and addresses, in the manifest of a registry. One that is there \
must be right; whether there must be one says [trust] in sluice.toml.

Examples:
  sluice layer install near-high/target/near-high.wasm
  sluice layer install https://example.org/near-high.wasm --digest sha256:2c26…
  sluice layer install oci://registry.example.org/me/near-high:1.0.0")]
pub struct Install {
    /// Where the component is
    pub source: String,
    /// Refuse any other content; needed for an address of the web
    #[arg(long, value_name = "sha256:HEX")]
    pub digest: Option<Digest>,
    /// How servers are reached.
    #[command(flatten)]
    pub remote: Remote,
}

/// Options of `layer publish`.
#[derive(Debug, Args)]
#[command(after_help = "\
FILE.minisig goes with it when it is there. Prints the reference by digest, which never means anything else.

Example: sluice layer publish near-high/target/near-high.wasm oci://registry.example.org/me/near-high:1.0.0")]
pub struct Publish {
    /// The component
    pub file: PathBuf,
    /// Where it goes
    #[arg(value_name = "oci://HOST[:PORT]/REPOSITORY:TAG")]
    pub reference: String,
    /// How the registry is reached.
    #[command(flatten)]
    pub remote: Remote,
}

/// How servers are reached.
#[derive(Debug, Args)]
pub struct Remote {
    /// Trust the authorities in this file too, in PEM
    #[arg(long, value_name = "PEM")]
    pub ca_file: Option<PathBuf>,
    /// Ask a registry as the USER:PASSWORD in this secret [default: SLUICE_REGISTRY_USER and
    /// SLUICE_REGISTRY_PASSWORD]
    #[arg(long, value_name = "SECRET")]
    pub credentials: Option<SecretName>,
    /// Speak to a registry on this machine without TLS
    #[arg(long)]
    pub plain_http: bool,
}

/// Whose a key is: 1 to 64 printable characters.
#[derive(Debug, Clone)]
pub struct KeyName(String);

/// A text that names nobody.
#[derive(Debug, thiserror::Error)]
#[error(
    "a name is 1 to {LONGEST} printable characters that neither begin nor end with a space, and no id of a key"
)]
pub struct KeyNameError;

impl KeyName {
    /// As a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = KeyNameError;

    fn from_str(name: &str) -> Result<Self, KeyNameError> {
        // a key that is named like the id of another would be removed in its place
        let is_id = name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let fits = (1..=LONGEST).contains(&name.chars().count()) && name.trim() == name;
        match fits && !is_id && !name.chars().any(is_unprintable) {
            true => Ok(Self(name.to_owned())),
            false => Err(KeyNameError),
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_keys_are_printable_and_no_ids() {
        for name in ["ann", "Ann Lee <ann@example.org>", "Änne", &"x".repeat(64), "0123456789ABCDE"] {
            assert_eq!(name.parse::<KeyName>().unwrap().as_str(), name);
        }
        for name in
            ["", " ann", "ann ", "a\nb", "a\u{1b}[31m", "a\u{202e}", &"x".repeat(65), "0123456789ABCDEF"]
        {
            assert!(name.parse::<KeyName>().is_err(), "{name:?}");
        }
    }
}
