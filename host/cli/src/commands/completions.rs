//! `sluice completions`

use crate::args::{Args, Completions};
use crate::exit::Exit;
use crate::output::Output;
use clap::CommandFactory;

/// Prints the script.
pub fn run(options: &Completions, out: &mut Output) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Args::command(), "sluice", &mut script);
    out.bytes(&script)?;
    Ok(Exit::Done)
}
