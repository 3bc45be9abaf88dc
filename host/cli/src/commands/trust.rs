//! `sluice trust new-key|add|list|remove`

mod keys;
mod new_key;

use crate::args::Trust as Command;
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use anyhow::{Context, bail};
use sluice_package::Password;
use std::io::IsTerminal;

/// Variable with the password of a secret key. There is no option for it: everybody on the machine sees arguments.
const PASSWORD_VARIABLE: &str = "SLUICE_SIGNING_PASSWORD";

/// The longest file that is taken for a key, in bytes: one has some 250, and a comment.
pub const SECRET_KEY_BYTES: usize = 8 << 10;

/// Runs the command.
pub fn run(home: &Home, command: &Command, out: &mut Output) -> anyhow::Result<Exit> {
    match command {
        Command::NewKey(options) => new_key::run(options, out),
        Command::Add { key, name } => keys::add(home, key, name.as_ref(), out),
        Command::List => keys::list(home, out),
        Command::Remove { key } => keys::remove(home, key, out),
    }
}

/// The password from the environment, else typed without being shown.
pub fn password(prompt: &str) -> anyhow::Result<Password> {
    match given()? {
        Some(password) => Ok(password),
        None => typed(prompt),
    }
}

/// The password from the environment.
fn given() -> anyhow::Result<Option<Password>> {
    match std::env::var(PASSWORD_VARIABLE) {
        Ok(text) => Ok(Some(Password::new(text))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            bail!(Usage(format!("{PASSWORD_VARIABLE} is no UTF-8 text")))
        }
    }
}

fn typed(prompt: &str) -> anyhow::Result<Password> {
    if !std::io::stdin().is_terminal() {
        bail!(Usage(format!(
            "a password is needed, and there is no terminal to type it: set {PASSWORD_VARIABLE}"
        )));
    }
    rpassword::prompt_password(prompt).map(Password::new).context("cannot read from the terminal")
}
