//! Which process a running scan belongs to, and whether that process still lives. Reads `/proc`; where there is
//! none, nothing is known and nothing is claimed.

use std::fs;

/// Kernel's own names for this start of the machine and for the set of processes that we can see.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
const HOST_NAME: &str = "/proc/sys/kernel/hostname";
const PID_NAMESPACE: &str = "/proc/self/ns/pid";

/// A process, told apart from a later one with the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProcessMark {
    /// Name of the machine.
    pub(crate) host: String,
    /// Number of the process.
    pub(crate) pid: i64,
    /// Start of the machine, process namespace and start of the process, separated by blanks; "" if unknown.
    pub(crate) process: String,
}

/// What is known of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// It runs.
    Alive,
    /// It ended, or the machine was restarted since.
    Gone,
    /// It is of another machine or container.
    Unknown,
}

impl ProcessMark {
    /// This process.
    pub(crate) fn current() -> Self {
        let pid = i64::from(std::process::id());
        let process = Surroundings::read()
            .and_then(|here| Some(format!("{} {} {}", here.boot, here.namespace, start_of(pid)?)));
        Self { host: host(), pid, process: process.unwrap_or_default() }
    }

    /// Whether the process lives, as far as this one can tell.
    pub(crate) fn life(&self) -> Life {
        let mut parts = self.process.split(' ');
        let (Some(boot), Some(namespace), Some(start)) = (parts.next(), parts.next(), parts.next()) else {
            return Life::Unknown;
        };
        let Some(here) = Surroundings::read() else { return Life::Unknown };
        if self.host != host() {
            return Life::Unknown;
        }
        if boot != here.boot {
            return Life::Gone;
        }
        if namespace != here.namespace {
            return Life::Unknown;
        }
        if start_of(self.pid).is_some_and(|now| now == start) { Life::Alive } else { Life::Gone }
    }
}

/// What the number of a process means something in.
struct Surroundings {
    boot: String,
    namespace: String,
}

impl Surroundings {
    fn read() -> Option<Self> {
        let boot = fs::read_to_string(BOOT_ID).ok()?.trim().to_owned();
        let namespace = fs::read_link(PID_NAMESPACE).ok()?.to_string_lossy().into_owned();
        Some(Self { boot, namespace })
    }
}

fn host() -> String {
    fs::read_to_string(HOST_NAME).map(|name| name.trim().to_owned()).unwrap_or_default()
}

/// When a process started, in clock ticks since the machine did; none when it is gone or only waits to be
/// collected by its parent. See proc(5): field 3 is the state, field 22 the start.
fn start_of(pid: i64) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // field 2 is the program's name in parentheses and may hold anything
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X" | "x") {
        return None;
    }
    // field 22 is the 19th of those after the state
    fields.nth(18).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This process, unless the machine has no `/proc`.
    fn here() -> Option<ProcessMark> {
        let mark = ProcessMark::current();
        if mark.process.is_empty() {
            eprintln!("skipped: this system has no /proc");
            return None;
        }
        Some(mark)
    }

    #[test]
    fn this_process_is_alive_and_one_that_had_its_number_before_is_gone() {
        let Some(mark) = here() else { return };
        assert_eq!(mark.life(), Life::Alive);
        let earlier = mark.process.rsplit_once(' ').unwrap().0.to_owned() + " 1";
        assert_eq!(ProcessMark { process: earlier, ..mark }.life(), Life::Gone);
    }

    #[test]
    fn a_process_that_ended_is_gone_even_before_it_is_collected() {
        let Some(mark) = here() else { return };
        let mut child = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let pid = i64::from(child.id());
        let start = start_of(pid).unwrap();
        let prefix = mark.process.rsplit_once(' ').unwrap().0.to_owned();
        let child_mark = ProcessMark { pid, process: format!("{prefix} {start}"), ..mark };
        assert_eq!(child_mark.life(), Life::Alive);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(child_mark.life(), Life::Gone);
    }

    #[test]
    fn of_other_machines_and_containers_nothing_is_claimed_and_a_restart_ends_every_process() {
        let Some(mark) = here() else { return };
        let parts: Vec<&str> = mark.process.split(' ').collect();
        let with = |host: &str, boot: &str, namespace: &str| ProcessMark {
            host: host.to_owned(),
            pid: mark.pid,
            process: format!("{boot} {namespace} {}", parts[2]),
        };
        assert_eq!(with("elsewhere", parts[0], parts[1]).life(), Life::Unknown);
        assert_eq!(with(&mark.host, parts[0], "pid:[1]").life(), Life::Unknown);
        assert_eq!(with(&mark.host, "another-start", parts[1]).life(), Life::Gone);
        assert_eq!(ProcessMark { process: String::new(), ..mark.clone() }.life(), Life::Unknown);
    }
}
