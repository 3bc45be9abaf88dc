//! Which machine the figures are of.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

/// One line: processor, cores, memory, kernel, compiler. What cannot be told is "unknown".
pub fn describe() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let processor = field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(unknown);
    let cores = available_parallelism().map_or_else(|_| unknown(), |cores| cores.to_string());
    let memory =
        field(&read("/proc/meminfo"), "MemTotal").as_deref().and_then(gigabytes).unwrap_or_else(unknown);
    let kernel = read("/proc/sys/kernel/osrelease").trim().to_owned();
    let rustc = Command::new("rustc").arg("--version").output().ok();
    let rustc =
        rustc.map_or_else(unknown, |output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!("machine: {processor}, {cores} cores, {memory} memory, Linux {kernel}, {rustc}")
}

fn unknown() -> String {
    "unknown".to_owned()
}

/// The value behind `name:` in a file of /proc.
fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// From "24684544 kB", which means KiB.
fn gigabytes(kibibytes: &str) -> Option<String> {
    let number: f64 = kibibytes.split_whitespace().next()?.parse().ok()?;
    Some(format!("{:.1} GB", number * 1024.0 / 1e9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_proc_are_read() {
        let text = "processor\t: 0\nmodel name\t: Some Processor @ 2.00GHz\n";
        assert_eq!(field(text, "model name").as_deref(), Some("Some Processor @ 2.00GHz"));
        assert_eq!(field(text, "cache size"), None);
        assert_eq!(gigabytes("24684544 kB").as_deref(), Some("25.3 GB"));
    }
}
