//! Running programs and looking at files, behind a trait so that the search for a toolchain can be tested.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A program to run to its end with its output caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Path, or a name to look up on the PATH.
    pub program: PathBuf,
    /// Arguments.
    pub args: Vec<String>,
    /// Variables added to the environment.
    pub env: Vec<(&'static str, String)>,
    /// Working directory; none: that of this process.
    pub dir: Option<PathBuf>,
    /// Text for its standard input.
    pub input: &'static str,
    /// It is killed after this long.
    pub deadline: Duration,
}

impl Call {
    /// How long an ordinary question to a compiler may take; one second is usual on a cold disk.
    const DEADLINE: Duration = Duration::from_secs(30);

    /// A call with nothing set but its arguments.
    pub fn new(program: impl Into<PathBuf>, args: &[&str]) -> Self {
        Self {
            program: program.into(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            env: Vec::new(),
            dir: None,
            input: "",
            deadline: Self::DEADLINE,
        }
    }

    /// Runs in this folder.
    pub fn within(mut self, dir: &Path) -> Self {
        self.dir = Some(dir.to_owned());
        self
    }

    /// With this variable set.
    pub fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// With this text on standard input.
    pub fn input(mut self, text: &'static str) -> Self {
        self.input = text;
        self
    }

    /// With more or less time.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }
}

/// What a finished program left.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Output {
    /// It exited with 0.
    pub success: bool,
    /// Standard output, broken UTF-8 replaced.
    pub stdout: String,
    /// Standard error, broken UTF-8 replaced.
    pub stderr: String,
}

impl Output {
    /// The line of standard error that says most: the first with "error" or "E:" in front, else the last one.
    pub fn complaint(&self) -> String {
        let lines = || self.stderr.lines().map(str::trim).filter(|line| !line.is_empty());
        let told = lines().find(|line| line.starts_with("error") || line.starts_with("E:"));
        told.or_else(|| lines().next_back()).unwrap_or("no reason given").to_owned()
    }
}

/// The machine as far as the search for a toolchain needs it.
pub trait Machine {
    /// Runs a program to its end.
    ///
    /// # Errors
    /// When it does not start, or is killed at its deadline ([`io::ErrorKind::TimedOut`]).
    fn run(&self, call: &Call) -> io::Result<Output>;

    /// A file or folder exists.
    fn exists(&self, path: &Path) -> bool;

    /// The folders and files in a folder, sorted; none when it cannot be read.
    fn list(&self, dir: &Path) -> Vec<PathBuf>;

    /// A variable of the environment, when set and not empty.
    fn var(&self, name: &str) -> Option<String>;

    /// This process may install system packages.
    fn is_root(&self) -> bool;
}

/// The machine that this program runs on.
#[derive(Debug, Clone, Copy, Default)]
pub struct ThisMachine;

impl Machine for ThisMachine {
    fn run(&self, call: &Call) -> io::Result<Output> {
        let until = Instant::now() + call.deadline;
        let mut command = Command::new(&call.program);
        command.args(&call.args).envs(call.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(dir) = &call.dir {
            command.current_dir(dir);
        }
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not read its input closes it early; its exit code tells the rest.
            let _ = stdin.write_all(call.input.as_bytes());
        }
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        let caught = until_text(&stdout, until).zip(until_text(&stderr, until));
        let Some((stdout, stderr)) = caught else {
            child.kill()?;
            child.wait()?;
            let seconds = call.deadline.as_secs();
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("no end within {seconds} s")));
        };
        Ok(Output { success: child.wait()?.success(), stdout, stderr })
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn list(&self, dir: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(dir).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
        paths.sort();
        paths
    }

    fn var(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn is_root(&self) -> bool {
        let output = self.run(&Call::new("id", &["-u"]));
        output.is_ok_and(|output| output.stdout.trim() == "0")
    }
}

/// Reads a pipe to its end in a thread of its own, so that neither pipe can fill up and block the program.
fn collect(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is still worth showing.
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = send.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receive
}

fn until_text(receiver: &mpsc::Receiver<String>, until: Instant) -> Option<String> {
    receiver.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_and_exit_code_of_a_program_are_caught() {
        let output =
            ThisMachine.run(&Call::new("sh", &["-c", "cat; echo oops >&2; exit 3"]).input("in")).unwrap();
        assert_eq!(output, Output { success: false, stdout: "in".into(), stderr: "oops\n".into() });
    }

    #[test]
    fn a_program_that_does_not_end_is_killed_at_its_deadline() {
        let call = Call::new("sleep", &["600"]).deadline(Duration::from_millis(20));
        assert_eq!(ThisMachine.run(&call).unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn the_complaint_is_the_first_error_line_else_the_last_line() {
        let said = |stderr: &str| Output { stderr: stderr.into(), ..Output::default() }.complaint();
        assert_eq!(said("info: try\nerror: no network\ninfo: bye\n"), "error: no network");
        assert_eq!(said("one\ntwo\n\n"), "two");
        assert_eq!(said(""), "no reason given");
    }
}
