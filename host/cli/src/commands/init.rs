//! `sluice init`

use crate::args::Init;
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use anyhow::{Context, bail};
use sluice_engine::DEFAULT_CONFIG;
use std::io::Write;

/// Writes the commented default, never over a file that is there unless told to.
pub fn run(home: &Home, options: &Init, out: &mut Output) -> anyhow::Result<Exit> {
    home.make()?;
    let path = home.config_file();
    let mut open = std::fs::OpenOptions::new();
    open.write(true).truncate(true);
    if options.force {
        open.create(true)
    } else {
        open.create_new(true)
    };
    let mut file = match open.open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("{} is there already: edit it, or give --force to replace it", path.display())
        }
        Err(error) => return Err(error).with_context(|| format!("cannot write {}", path.display())),
    };
    file.write_all(DEFAULT_CONFIG.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    out.line(format_args!("wrote {}", path.display()))?;
    Ok(Exit::Done)
}
