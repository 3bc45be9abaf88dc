//! Signals to the server's processes: the postmaster and its children, each of which is a session of its own.

use std::time::{Duration, Instant};
use std::{fs, io, thread};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::{other, while_doing};

/// Between two looks at a process that is about to change.
pub const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// A signal needs to be noticed, no more.
const STOPPING: Duration = Duration::from_secs(10);

/// One line of `/proc/PID/stat`.
#[derive(Debug, PartialEq, Eq)]
struct Process {
    pid: i32,
    parent: i32,
    state: char,
}

impl Process {
    /// The program's name stands in brackets and may hold anything, brackets too.
    fn parse(stat: &str) -> Option<Self> {
        let (pid, rest) = stat.split_once(" (")?;
        let (_, rest) = rest.rsplit_once(") ")?;
        let mut fields = rest.split(' ');
        let state = fields.next()?.chars().next()?;
        Some(Self { pid: pid.parse().ok()?, parent: fields.next()?.parse().ok()?, state })
    }

    fn stopped(&self) -> bool {
        matches!(self.state, 'T' | 't' | 'Z' | 'X')
    }
}

/// The process and its children; none when it is gone.
fn family(pid: i32) -> io::Result<Vec<Process>> {
    let entries = fs::read_dir("/proc").map_err(while_doing("cannot list processes in /proc"))?;
    // A process that ends meanwhile is no error.
    let stats = entries.flatten().filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    let all = stats.filter_map(|stat| Process::parse(&stat));
    Ok(all.filter(|process| process.pid == pid || process.parent == pid).collect())
}

/// Sends one signal; a process that is gone already is no error.
pub fn signal(pid: i32, signal: Signal) -> io::Result<()> {
    match kill(Pid::from_raw(pid), signal) {
        Ok(()) | Err(nix::errno::Errno::ESRCH) => Ok(()),
        Err(errno) => Err(other(format!("cannot send {signal} to process {pid}: {errno}"))),
    }
}

/// Stops the process and its children, and comes back when none of them runs. The parent first: then it makes no more
/// children.
pub fn pause(pid: i32) -> io::Result<()> {
    signal(pid, Signal::SIGSTOP)?;
    let until = Instant::now() + STOPPING;
    loop {
        let family = family(pid)?;
        if family.is_empty() {
            return Err(other(format!("process {pid} is gone")));
        }
        if family.iter().all(Process::stopped) {
            return Ok(());
        }
        if Instant::now() > until {
            return Err(other(format!("processes are still running: {family:?}")));
        }
        if family.iter().any(|process| process.pid == pid && process.stopped()) {
            for child in family.iter().filter(|process| !process.stopped()) {
                signal(child.pid, Signal::SIGSTOP)?;
            }
        }
        thread::sleep(LOOK_AGAIN);
    }
}

/// Lets the process and its children go on.
pub fn resume(pid: i32) -> io::Result<()> {
    family(pid)?.iter().try_for_each(|process| signal(process.pid, Signal::SIGCONT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name() {
        let read = Process::parse("42 (a) b) S (c)) T 7 42 42 0 -1").unwrap();
        assert_eq!(read, Process { pid: 42, parent: 7, state: 'T' });
        assert!(read.stopped());
        assert_eq!(Process::parse("42 (a"), None);
        assert_eq!(Process::parse(""), None);
    }
}
