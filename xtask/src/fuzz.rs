//! Fuzzing: libFuzzer on the targets in `fuzz/`, or the same targets as plain programs that make inputs up at random.

use std::path::PathBuf;
use std::process::Command;

use anyhow::bail;
use clap::Args;

use crate::place;
use crate::step::{run, skip, step, works};

/// A target, and the folders whose files are its first inputs. What is not there is left out: the layers are there
/// after `cargo xtask build`.
type Target = (&'static str, &'static [&'static str]);

/// All targets, by name: each is a file in `fuzz/fuzz_targets` and a line in `fuzz/Cargo.toml` too.
const TARGETS: [Target; 4] = [
    ("component", &["target/layers", "target/layers/test"]),
    ("config", &["host/engine/src/config"]),
    ("reader", &[]),
    ("report", &[]),
];

/// The crate of the targets.
pub const MANIFEST: &str = "fuzz/Cargo.toml";

/// libFuzzer's instruments are flags of the compiler that only nightly has; this lets the one that we have take them.
const UNSTABLE: (&str, &str) = ("RUSTC_BOOTSTRAP", "1");

/// No sanitizer: our code has next to no `unsafe`, and wasmtime's is fuzzed with one by its makers. What is looked for
/// are panics, hangs and broken rules.
const SANITIZER: &str = "none";

/// Longest time for one input, in seconds. The targets' own limits are some seconds.
const INPUT_SECONDS: u32 = 60;
/// Most memory of a target, in MiB: pools of the sandbox, and the compiler on a bad component.
const MEMORY_MIB: u32 = 8 << 10;

#[derive(Args)]
pub struct Plan {
    /// One of the targets; all of them when none is named
    target: Option<String>,
    /// Seconds for each target
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Without cargo-fuzz and a C++ compiler: plain programs with random inputs, which find less
    #[arg(long)]
    plain: bool,
}

/// Runs what is asked for; what was found stays in `fuzz/artifacts`, what is worth to begin with in `fuzz/corpus`.
pub fn fuzz(plan: &Plan) -> anyhow::Result<()> {
    let targets = chosen(plan.target.as_deref())?;
    if !plan.plain {
        cargo_fuzz()?;
    }
    for (name, seeds) in targets {
        let seeds: Vec<PathBuf> =
            seeds.iter().map(|folder| place::root().join(folder)).filter(|folder| folder.is_dir()).collect();
        if seeds.is_empty() {
            skip(&format!("first inputs of {name}"), "there are none");
        }
        let mut command = if plan.plain { plain(name, plan.seconds) } else { libfuzzer(name)? };
        command.args(seeds);
        if !plan.plain {
            command.arg("--").args(flags(plan.seconds));
        }
        step(&format!("fuzz {name}"), || run(&mut command))?;
    }
    Ok(())
}

fn chosen(name: Option<&str>) -> anyhow::Result<Vec<Target>> {
    let Some(name) = name else { return Ok(TARGETS.to_vec()) };
    match TARGETS.into_iter().find(|(known, _)| *known == name) {
        Some(target) => Ok(vec![target]),
        None => bail!("there is no fuzz target {name}: {}", TARGETS.map(|(name, _)| name).join(", ")),
    }
}

/// Finds or installs it.
fn cargo_fuzz() -> anyhow::Result<()> {
    if works(&mut place::cargo(&["fuzz", "--version"])) {
        return Ok(());
    }
    step("install cargo-fuzz", || run(&mut place::cargo(&["install", "--locked", "cargo-fuzz"])))
}

fn libfuzzer(name: &str) -> anyhow::Result<Command> {
    // the folder that new inputs go to; the first one that is named
    let corpus = place::root().join("fuzz/corpus").join(name);
    std::fs::create_dir_all(&corpus)?;
    let mut command = place::cargo(&["fuzz", "run", "--fuzz-dir", "fuzz", "--sanitizer", SANITIZER, name]);
    command.arg(corpus).env(UNSTABLE.0, UNSTABLE.1);
    Ok(command)
}

fn flags(seconds: u32) -> [String; 3] {
    [
        format!("-max_total_time={seconds}"),
        format!("-timeout={INPUT_SECONDS}"),
        format!("-rss_limit_mb={MEMORY_MIB}"),
    ]
}

fn plain(name: &str, seconds: u32) -> Command {
    let mut command = place::cargo(&["run", "--release", "--manifest-path", MANIFEST, "--target-dir"]);
    command.arg(place::target()).args(["--bin", name, "--", "--seconds", &seconds.to_string()]);
    command
}

/// That the targets are formatted; they are no part of the workspace.
pub fn format() -> anyhow::Result<()> {
    step(&format!("check the format of {MANIFEST}"), || {
        run(&mut place::cargo(&["fmt", "--check", "--manifest-path", MANIFEST]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_a_file_and_a_line_of_the_manifest() {
        let fuzz = place::root().join("fuzz");
        let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
        let files = std::fs::read_dir(fuzz.join("fuzz_targets")).unwrap();
        let mut names: Vec<String> = files
            .map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(names, TARGETS.map(|(name, _)| name));
        assert!(names.iter().all(|name| manifest.contains(&format!("{{ name = \"{name}\", path = "))));
    }

    #[test]
    fn a_target_that_is_not_there_is_refused_with_those_that_are() {
        let error = chosen(Some("nothing")).unwrap_err().to_string();
        assert_eq!(error, "there is no fuzz target nothing: component, config, reader, report");
        assert_eq!(chosen(Some("report")).unwrap().len(), 1);
        assert_eq!(chosen(None).unwrap().len(), TARGETS.len());
    }
}
