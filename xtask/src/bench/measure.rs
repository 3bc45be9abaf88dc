//! Time and memory of one whole process, as the kernel counted it.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Context as _;
use wait4::Wait4 as _;

use crate::step::describe;

/// What a process took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// Milliseconds from before its start to its end.
    pub wall_ms: f64,
    /// Milliseconds of processor time, user and system, over all threads.
    pub cpu_ms: f64,
    /// Megabytes (10⁶ bytes) that were resident at once at most.
    pub peak_mb: f64,
}

impl Usage {
    /// The median of each figure by itself; zeros of no runs at all.
    pub fn medians(usages: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(usages.iter().map(figure).collect());
        Self { wall_ms: of(|u| u.wall_ms), cpu_ms: of(|u| u.cpu_ms), peak_mb: of(|u| u.peak_mb) }
    }
}

/// Runs a program to its end with its output thrown away.
///
/// # Errors
/// It does not start, or fails: what a failed run took means nothing.
pub fn measure(command: &mut Command) -> anyhow::Result<Usage> {
    let what = describe(command);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let child = command.spawn().with_context(|| format!("cannot run {what}"))?;
    let ended = child.wait4().with_context(|| format!("cannot wait for {what}"))?;
    let wall_ms = started.elapsed().as_secs_f64() * 1e3;
    anyhow::ensure!(ended.status.success(), "{what} failed while it was measured: {}", ended.status);
    let cpu_ms = (ended.rusage.utime + ended.rusage.stime).as_secs_f64() * 1e3;
    Ok(Usage { wall_ms, cpu_ms, peak_mb: ended.rusage.maxrss as f64 / 1e6 })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().saturating_sub(1) / 2, values.len() / 2);
    let at = |index: usize| values.get(index).copied().unwrap_or(0.0);
    f64::midpoint(at(low), at(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middles() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(vec![]), 0.0);
    }

    #[test]
    fn a_process_is_measured_with_its_memory() {
        let usage = measure(Command::new("sh").args(["-c", "exit 0"])).unwrap();
        assert!(usage.wall_ms > 0.0 && usage.peak_mb > 0.1 && usage.peak_mb < 1000.0, "{usage:?}");
    }

    #[test]
    fn a_failing_process_gives_no_figures() {
        let error = measure(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert!(error.to_string().contains("sh -c failed while it was measured"), "{error}");
    }
}
