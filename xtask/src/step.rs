//! Steps: one line each on stderr with the time taken, and a failing program's exit code handed on.

use std::fmt;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::Context as _;

/// Exit code when a program was killed and so has none.
const KILLED: u8 = 1;

/// A program of a step ended with an error of its own, which it has printed.
#[derive(Debug)]
pub struct Failed {
    /// Program and first argument.
    what: String,
    code: u8,
    /// The step's line has told it already.
    pub told: bool,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed with exit code {}", self.what, self.code)
    }
}

impl std::error::Error for Failed {}

/// Does the work and prints how it went: `xtask: build the program … 3.2 s`.
pub fn step<T>(name: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let started = Instant::now();
    let mut done = work();
    let seconds = started.elapsed().as_secs_f64();
    match &mut done {
        Ok(_) => eprintln!("xtask: {name} … {seconds:.1} s"),
        Err(error) => {
            eprintln!("xtask: {name} … failed after {seconds:.1} s: {error:#}");
            let code = code(error);
            let told = Failed { what: name.to_owned(), code, told: true };
            return Err(told.into());
        }
    }
    done
}

/// Says why a step is left out.
pub fn skip(name: &str, reason: &str) {
    eprintln!("xtask: {name} … skipped: {reason}");
}

/// Runs a program that prints for itself.
///
/// # Errors
/// It does not start, or ends with another exit code than 0 ([`Failed`]).
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let what = describe(command);
    let status = command.status().with_context(|| format!("cannot run {what}"))?;
    if status.success() {
        return Ok(());
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(KILLED);
    Err(Failed { what, code, told: false }.into())
}

/// Whether a program is there and content; its output is not shown.
pub fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Program and first argument, e.g. "cargo clippy".
pub fn describe(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program()).file_name().unwrap_or_default();
    let first = command.get_args().next().unwrap_or_default();
    format!("{} {}", program.display(), first.display()).trim_end().to_owned()
}

/// What this program ends with after an error.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    ExitCode::from(code(error))
}

fn code(error: &anyhow::Error) -> u8 {
    error.downcast_ref::<Failed>().map_or(KILLED, |failed| failed.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_of_a_failing_program_is_handed_on_through_its_step() {
        let error = step("try", || run(Command::new("sh").args(["-c", "exit 7"]))).unwrap_err();
        assert_eq!(code(&error), 7);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = run(&mut Command::new("no-such-program-at-all")).unwrap_err();
        assert!(error.to_string().contains("cannot run no-such-program-at-all"), "{error}");
        assert_eq!(code(&error), KILLED);
    }

    #[test]
    fn a_step_hands_on_what_its_work_made() {
        assert_eq!(step("try", || Ok(7)).unwrap(), 7);
    }
}
