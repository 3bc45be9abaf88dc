//! `sluice trust new-key`: two new files, of which one is nobody else's business.

use super::{given, typed};
use crate::args::{Format, NewKey as Options};
use crate::exit::{Exit, Usage};
use crate::output::Output;
use anyhow::{Context, bail};
use serde::Serialize;
use sluice_package::{NewKey, Password};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What was made.
#[derive(Debug, Serialize)]
struct Made {
    key: String,
    public_key: String,
    secret_file: PathBuf,
    public_file: PathBuf,
}

/// Makes a key pair.
pub fn run(options: &Options, out: &mut Output) -> anyhow::Result<Exit> {
    let secret_file = options.path.clone();
    let mut public_file = secret_file.clone().into_os_string();
    public_file.push(".pub");
    let public_file = PathBuf::from(public_file);
    // told before a password is typed for nothing
    for file in [&secret_file, &public_file] {
        if file.exists() {
            bail!(Usage(format!("{} is there already: choose another name", file.display())));
        }
    }
    let password = password(options.no_password)?;
    let new = NewKey::generate(password.as_ref())?;
    write(&secret_file, &new.secret, 0o600)?;
    if let Err(error) = write(&public_file, &new.public.file(), 0o644) {
        // half a pair is of no use
        let _ = std::fs::remove_file(&secret_file);
        return Err(error);
    }
    let made = Made {
        key: new.public.id().to_string(),
        public_key: new.public.as_str().to_owned(),
        secret_file,
        public_file,
    };
    match out.format() {
        Format::Json => out.json(&made)?,
        Format::Ndjson => out.json_line(&made)?,
        Format::Csv | Format::Table => {
            out.line(format_args!("made key {}", made.key))?;
            out.line(format_args!(
                "secret    {}: keep it to yourself, and a copy of it",
                made.secret_file.display()
            ))?;
            out.line(format_args!("public    {}: publish it", made.public_file.display()))?;
            out.line(format_args!("operators run `sluice trust add {} --name YOU`", made.public_key))?;
        }
    }
    Ok(Exit::Done)
}

fn password(none: bool) -> anyhow::Result<Option<Password>> {
    let password = match (none, given()?) {
        (true, _) => return Ok(None),
        (false, Some(password)) => password,
        (false, None) => {
            let password = typed("password of the new key: ")?;
            if !typed("once more: ")?.is(&password) {
                bail!(Usage("the passwords are not the same: nothing was made".to_owned()));
            }
            password
        }
    };
    if password.is_empty() {
        bail!(Usage("the password is empty: --no-password makes a key without one".to_owned()));
    }
    Ok(Some(password))
}

/// Writes a file that was not there, readable by whom `mode` says from the beginning.
fn write(file: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let written = options.open(file).and_then(|mut opened| {
        let written = opened.write_all(text.as_bytes()).and_then(|()| opened.sync_all());
        if written.is_err() {
            let _ = std::fs::remove_file(file);
        }
        written
    });
    written.with_context(|| format!("cannot write {}", file.display()))
}
