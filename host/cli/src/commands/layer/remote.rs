//! Components from elsewhere: from the web and from registries.

use super::component;
use crate::args::{Remote, SecretName};
use crate::exit::Usage;
use crate::home::Home;
use crate::progress::Progress;
use anyhow::{Context, bail};
use sluice_package::{
    Access, Authorities, Credentials, Digest, Fetched, Reference, Source, fetch_registry, fetch_web,
};
use sluice_runtime::{MOST_COMPONENT_BYTES, text};

/// Variables with who asks a registry.
const USER_VARIABLE: &str = "SLUICE_REGISTRY_USER";
const PASSWORD_VARIABLE: &str = "SLUICE_REGISTRY_PASSWORD";

/// The longest file of certificates, in bytes: a system's whole bundle has some 220 KiB.
const CA_BYTES: usize = 4 << 20;

/// Longest source that is repeated, in bytes.
const SHOWN_BYTES: usize = 200;

/// The place that a text names.
pub fn source(given: &str) -> anyhow::Result<Source> {
    // not through clap, which would repeat a password that is refused
    given.parse::<Source>().map_err(|error| match error {
        error @ sluice_package::SourceError::Password => Usage(error.to_string()).into(),
        error => Usage(format!("{}: {error}", text::clean(given, SHOWN_BYTES))).into(),
    })
}

/// Fetches a component with the signature beside it.
pub fn fetch(
    home: &Home,
    source: &Source,
    digest: Option<&Digest>,
    remote: &Remote,
) -> anyhow::Result<Fetched> {
    let progress = Progress::new();
    let report = |done, total| progress.fetch(done, total);
    let fetched = match source {
        Source::File(file) => component::fetch(file)?,
        Source::Web(url) => {
            let Some(digest) = digest else {
                bail!(Usage(format!(
                    "{}: what comes from the web must be what its author says: give --digest sha256:HEX, which `sluice layer check` prints",
                    text::clean(url.as_str(), SHOWN_BYTES)
                )));
            };
            let authorities = authorities(remote)?;
            super::super::tokio()?.block_on(fetch_web(
                url,
                digest,
                MOST_COMPONENT_BYTES,
                &authorities,
                &report,
            ))?
        }
        Source::Registry(reference) => {
            let access = access(home, reference, remote)?;
            super::super::tokio()?.block_on(fetch_registry(
                reference,
                MOST_COMPONENT_BYTES,
                &access,
                &report,
            ))?
        }
    };
    progress.finish();
    if let Some(digest) = digest {
        fetched.must_be(digest)?;
    }
    Ok(fetched)
}

/// How a registry is spoken to.
pub fn access(home: &Home, reference: &Reference, remote: &Remote) -> anyhow::Result<Access> {
    if remote.plain_http && !reference.is_loopback() {
        bail!(Usage(format!(
            "{reference}: --plain-http is for a registry on this machine only; name one as localhost or 127.0.0.1"
        )));
    }
    let credentials = match &remote.credentials {
        Some(name) => Some(kept(home, name)?),
        None => given()?,
    };
    Ok(Access { authorities: authorities(remote)?, credentials, plain: remote.plain_http })
}

fn authorities(remote: &Remote) -> anyhow::Result<Authorities> {
    let Some(file) = &remote.ca_file else { return Ok(Authorities::default()) };
    let pem =
        sluice_package::read(file, CA_BYTES).with_context(|| format!("cannot read {}", file.display()))?;
    Authorities::read(&pem).map_err(|error| Usage(format!("{}: {error}", file.display())).into())
}

/// User and password that are kept as a secret.
fn kept(home: &Home, name: &SecretName) -> anyhow::Result<Credentials> {
    let secret = match home.has_store() {
        true => super::super::tokio()?
            .block_on(async { anyhow::Ok(home.store().await?.secret(name.as_str()).await?) })?,
        false => None,
    };
    let Some(secret) = secret else {
        bail!(Usage(format!("no secret is called {name}: `sluice secret set {name}` stores one")));
    };
    match secret.expose().split_once(':') {
        Some((user, password)) => Ok(Credentials::new(user.to_owned(), password.to_owned())),
        None => bail!(Usage(format!("the secret {name} is not USER:PASSWORD, as a registry needs it"))),
    }
}

/// User and password from the environment.
fn given() -> anyhow::Result<Option<Credentials>> {
    match (std::env::var(USER_VARIABLE), std::env::var(PASSWORD_VARIABLE)) {
        (Ok(user), Ok(password)) => Ok(Some(Credentials::new(user, password))),
        (Err(_), Err(_)) => Ok(None),
        _ => {
            bail!(Usage(format!("{USER_VARIABLE} and {PASSWORD_VARIABLE} go together: set both, or neither")))
        }
    }
}
