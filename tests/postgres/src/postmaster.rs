//! One run of the server: from its start until it has stopped.

use std::fs::{self, OpenOptions};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{io, thread};

use nix::sys::signal::Signal;

use crate::processes::{self, LOOK_AGAIN};
use crate::{other, while_doing};

/// Includes recovery after a crash, on a machine that does much else.
const STARTING: Duration = Duration::from_secs(60);

/// The server itself gives its processes 5 s after SIGQUIT.
const STOPPING: Duration = Duration::from_secs(20);

/// Line of `postmaster.pid` that says how far the server has come.
const STATUS_LINE: usize = 7;

/// Lines of the log that an error quotes.
const QUOTED_LINES: usize = 6;

/// What the log says when the port is another program's.
const PORT_TAKEN: &str = "could not create any TCP/IP sockets";

/// How to stop.
#[derive(Clone, Copy)]
pub enum Stop {
    /// Connections are cut and a checkpoint is written.
    Fast,
    /// As in a crash: the next start recovers from the log.
    Immediate,
}

/// The server's first process, running.
pub struct Postmaster {
    child: Child,
    pid: i32,
    paused: bool,
}

/// Why there is none.
pub enum Refused {
    PortTaken,
    Other(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Other(error)
    }
}

impl Postmaster {
    /// Starts the given command; its output goes to the log. The caller waits with [`Postmaster::ready`].
    pub fn spawn(command: &mut Command, log: &Path) -> io::Result<Self> {
        let out = OpenOptions::new().create(true).append(true).open(log)?;
        let err = out.try_clone()?;
        // A group of its own: Ctrl-C is for the test, which stops the server in its own way.
        command.stdin(Stdio::null()).stdout(out).stderr(err).process_group(0);
        let child = command.spawn().map_err(while_doing("cannot run postgres"))?;
        let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
        Ok(Self { child, pid, paused: false })
    }

    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Waits until connections are accepted.
    pub fn ready(&mut self, data: &Path, log: &Path) -> Result<(), Refused> {
        let until = Instant::now() + STARTING;
        loop {
            if says_ready(&data.join("postmaster.pid"), self.pid) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                let told = last_lines(log);
                let port = told.contains(PORT_TAKEN);
                let error = other(format!("postgres ended with {status}: {told}"));
                return Err(if port { Refused::PortTaken } else { Refused::Other(error) });
            }
            if Instant::now() > until {
                let waited = STARTING.as_secs();
                return Err(
                    other(format!("postgres is not ready after {waited} s: {}", last_lines(log))).into()
                );
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    /// Stops every process of the server where it is.
    pub fn pause(&mut self) -> io::Result<()> {
        self.paused = true;
        processes::pause(self.pid)
    }

    /// Lets them go on.
    pub fn resume(&mut self) -> io::Result<()> {
        processes::resume(self.pid)?;
        self.paused = false;
        Ok(())
    }

    /// Comes back when the server is gone, by force if it must be.
    pub fn stop(mut self, how: Stop) -> io::Result<()> {
        if self.paused {
            self.resume()?;
        }
        // A child that has ended but was not waited for keeps its number, so this cannot hit a stranger.
        processes::signal(self.pid, how.signal())?;
        let until = Instant::now() + STOPPING;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > until {
                self.child.kill()?;
                self.child.wait()?;
                return Err(other(format!(
                    "postgres did not stop within {} s and was killed",
                    STOPPING.as_secs()
                )));
            }
            thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }
}

impl Stop {
    fn signal(self) -> Signal {
        match self {
            Self::Fast => Signal::SIGINT,
            Self::Immediate => Signal::SIGQUIT,
        }
    }
}

/// The file of an earlier run may still be there.
fn says_ready(file: &Path, pid: i32) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = |number: usize| text.lines().nth(number).map(str::trim);
    line(0) == Some(pid.to_string().as_str()) && line(STATUS_LINE) == Some("ready")
}

/// In one line.
fn last_lines(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let quoted = lines.len().saturating_sub(QUOTED_LINES);
    lines.get(quoted..).unwrap_or_default().join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_file_of_this_run_says_ready() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("postmaster.pid");
        assert!(!says_ready(&file, 7));
        fs::write(&file, "7\ndata\n1\n5432\n/tmp\nlocalhost\n 1 2\nstarting\n").unwrap();
        assert!(!says_ready(&file, 7));
        fs::write(&file, "7\ndata\n1\n5432\n/tmp\nlocalhost\n 1 2\nready   \n").unwrap();
        assert!(says_ready(&file, 7));
        assert!(!says_ready(&file, 8));
    }
}
