//! `sluice layer publish`

use super::component::{self, Accepted};
use super::signer::ShownSigner;
use super::{install, remote};
use crate::args::{Format, Publish};
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::progress::Spinner;
use anyhow::bail;
use serde::Serialize;
use sluice_package::{Publication, Source, publish};

/// What `publish` did.
#[derive(Debug, Serialize)]
struct Published {
    id: String,
    version: String,
    digest: String,
    reference: String,
    signer: Option<ShownSigner>,
}

/// Puts a component that install would take into a registry.
pub fn run(home: &Home, options: &Publish, out: &mut Output) -> anyhow::Result<Exit> {
    let Source::Registry(reference) = remote::source(&options.reference)? else {
        bail!(Usage("layers are published to a registry: give oci://HOST[:PORT]/REPOSITORY:TAG".to_owned()));
    };
    if !reference.is_tag() {
        bail!(Usage(format!("{reference}: what is published gets a tag; its digest follows from it")));
    }
    let access = remote::access(home, &reference, &options.remote)?;
    let name = options.file.display().to_string();
    let fetched = component::fetch(&options.file)?;
    let Accepted { layer, imports, .. } =
        component::accepted(home, &name, Some(&options.file), &fetched.bytes)?;
    let judged = install::judge(home, &name, &fetched)?;
    let publication = Publication {
        title: layer.id().to_owned(),
        version: layer.version().to_owned(),
        imports,
        bytes: fetched.bytes,
        signature: fetched.signature,
    };
    let spinner = Spinner::new("publishing");
    let by_digest = super::super::tokio()?.block_on(publish(&reference, publication, &access))?;
    drop(spinner);
    let published = Published {
        id: layer.id().to_owned(),
        version: layer.version().to_owned(),
        digest: layer.digest().to_owned(),
        reference: by_digest,
        signer: judged.signer.map(ShownSigner::from),
    };
    match out.format() {
        Format::Json => out.json(&published)?,
        Format::Ndjson => out.json_line(&published)?,
        Format::Csv | Format::Table => {
            let signed = if published.signer.is_some() { "with its signature" } else { "not signed" };
            out.line(format_args!("published {} as {reference}, {signed}", layer.label()))?;
            out.line(&published.reference)?;
        }
    }
    Ok(Exit::Done)
}
