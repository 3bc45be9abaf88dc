//! `sluice layer sign`

use super::component;
use crate::args::{Format, Sign};
use crate::commands::trust::{SECRET_KEY_BYTES, password};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use anyhow::{Context, anyhow};
use serde::Serialize;
use sluice_package::{SigningKey, signature_file};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What `sign` made.
#[derive(Debug, Serialize)]
struct Signed {
    id: String,
    version: String,
    digest: String,
    key: String,
    signature: PathBuf,
}

/// Signs a component that install would take.
pub fn run(home: &Home, options: &Sign, out: &mut Output) -> anyhow::Result<Exit> {
    let name = options.file.display().to_string();
    let bytes = component::read(&options.file)?;
    let layer = component::accepted(home, &name, Some(&options.file), &bytes)?.layer;
    let key = open(&options.secret_key)?;
    let label = layer.label();
    let about = format!("{label} sha256:{}", layer.digest());
    let signature = key
        .sign(&bytes, &about, &format!("signature of {label} with minisign secret key {}", key.public().id()))
        .map_err(|error| anyhow!("cannot sign {name}: {error}"))?;
    let path = signature_file(&options.file);
    write(&path, &signature).with_context(|| format!("cannot write {}", path.display()))?;
    let signed = Signed {
        id: layer.id().to_owned(),
        version: layer.version().to_owned(),
        digest: layer.digest().to_owned(),
        key: key.public().id().to_string(),
        signature: path,
    };
    match out.format() {
        Format::Json => out.json(&signed)?,
        Format::Ndjson => out.json_line(&signed)?,
        Format::Csv | Format::Table => {
            out.line(format_args!("signed {label} with key {}: {}", signed.key, signed.signature.display()))?;
        }
    }
    Ok(Exit::Done)
}

fn open(file: &Path) -> anyhow::Result<SigningKey> {
    let name = file.display();
    let text = component::read_text(file, SECRET_KEY_BYTES)?;
    let password = match SigningKey::is_encrypted(&text) {
        true => Some(password(&format!("password of {name}: "))?),
        false => None,
    };
    SigningKey::open(&text, password.as_ref()).map_err(|error| anyhow!("cannot sign with {name}: {error}"))
}

/// Writes the signature in the place of one that was there: a file that was built anew is signed anew.
fn write(path: &Path, signature: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut part = builder.tempfile_in(folder)?;
    part.write_all(signature.as_bytes())?;
    part.as_file().sync_all()?;
    part.persist(path)?;
    Ok(())
}
