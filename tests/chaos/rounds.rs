//! How often things are broken, and when.

use std::process::Child;
use std::time::{Duration, Instant};

use crate::support::Ran;

/// Says how many rounds the long form has.
const ROUNDS: &str = "SLUICE_CHAOS_ROUNDS";

/// Rounds of the long form; none in the short one.
pub fn long() -> Option<usize> {
    std::env::var(ROUNDS).ok().map(|text| text.parse().expect("SLUICE_CHAOS_ROUNDS is a number"))
}

/// Rounds of killing.
pub fn kills() -> usize {
    long().unwrap_or(8)
}

/// Why this process cannot become another user or mount a disk; none when it can.
pub fn not_root() -> Option<String> {
    let uid = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let root = uid
        .lines()
        .find_map(|line| line.strip_prefix("Uid:"))
        .is_some_and(|ids| ids.split_ascii_whitespace().nth(1) == Some("0"));
    (!root).then(|| "only root can mount a small disk and become another user".to_owned())
}

/// The part of `whole` after which round `round` strikes: different in each round, spread over a bit more than all
/// of it. The golden ratio spreads any number of rounds evenly.
pub fn instant(round: usize, whole: Duration) -> Duration {
    let part = (round as f64 * 0.618_033_988_749_895).fract();
    whole.mul_f64(1.1 * part)
}

/// How long a command takes that is not disturbed.
pub fn duration_of(command: std::process::Command) -> Duration {
    let begun = Instant::now();
    let ran = Ran::of(command);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    begun.elapsed()
}

/// Lets a process run for so long and kills it; tells whether it had ended well by then.
pub fn kill_after(mut child: Child, after: Duration) -> bool {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.success();
        }
        let Some(left) = after.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) else { break };
        // the instant of the kill is what is tested: nothing can be waited for
        std::thread::park_timeout(left.min(Duration::from_millis(1)));
    }
    child.kill().unwrap();
    child.wait().unwrap().success()
}
