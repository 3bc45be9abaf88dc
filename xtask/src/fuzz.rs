//! Fuzzing: libFuzzer on the targets in `fuzz/`, or the same targets as plain programs that make inputs up at random.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
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
    READER_TARGET,
    ("report", &[]),
];

/// The target of readers of market files. `reader:NAME` is one of them alone; which one, the target is told by the
/// environment.
const READER: &str = "reader";
const CHOSEN_READER: &str = "SLUICE_FUZZ_READER";

const READER_TARGET: Target = (READER, &[READER_FILES]);

/// Every reader alone, one after the other.
const READERS: &str = "readers";

/// Where `fuzz/examples/readers.rs` puts files for readers to begin with.
const READER_FILES: &str = "target/fuzz/reader";

/// Larger public files beside the clone, whose beginnings are taken too when they are there.
const SHARED: [&str; 2] = ["../shared/data/formats", "../shared/data/events"];

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
    /// One of the targets, reader:NAME for one reader of market files, or readers for each of them alone; all targets
    /// when none is named
    target: Option<String>,
    /// Seconds for each target, or for each reader
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Without cargo-fuzz and a C++ compiler: plain programs with random inputs, which find less
    #[arg(long)]
    plain: bool,
}

/// A target to run.
#[derive(Debug, PartialEq)]
struct Job {
    target: Target,
    /// The only reader that is tried.
    reader: Option<String>,
}

impl Job {
    /// What it is called in reports, and its folder of inputs.
    fn name(&self) -> String {
        let (target, _) = self.target;
        self.reader.as_ref().map_or(target.to_owned(), |reader| format!("{target}-{reader}"))
    }

    fn seeds(&self) -> Vec<PathBuf> {
        let (_, folders) = self.target;
        folders.iter().map(|folder| place::root().join(folder)).filter(|folder| folder.is_dir()).collect()
    }

    fn command(&self, plan: &Plan) -> anyhow::Result<Command> {
        let mut command = if plan.plain { self.plain(plan.seconds) } else { self.libfuzzer()? };
        if let Some(reader) = &self.reader {
            command.env(CHOSEN_READER, reader);
        }
        command.args(self.seeds());
        if !plan.plain {
            command.arg("--").args(flags(plan.seconds));
        }
        Ok(command)
    }

    fn libfuzzer(&self) -> anyhow::Result<Command> {
        // the folder that new inputs go to; the first one that is named
        let corpus = place::root().join("fuzz/corpus").join(self.name());
        std::fs::create_dir_all(&corpus)?;
        let (target, _) = self.target;
        let mut command =
            place::cargo(&["fuzz", "run", "--fuzz-dir", "fuzz", "--sanitizer", SANITIZER, target]);
        command.arg(corpus).env(UNSTABLE.0, UNSTABLE.1);
        Ok(command)
    }

    fn plain(&self, seconds: u32) -> Command {
        let (target, _) = self.target;
        let mut command = run_of_crate();
        command.args(["--bin", target, "--", "--seconds", &seconds.to_string()]);
        command
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wanted<'a> {
    Everything,
    Target(Target),
    Reader(&'a str),
    Readers,
}

impl<'a> Wanted<'a> {
    fn of(name: Option<&'a str>) -> anyhow::Result<Self> {
        let Some(name) = name else { return Ok(Self::Everything) };
        if name == READERS {
            return Ok(Self::Readers);
        }
        if let Some((READER, reader)) = name.split_once(':') {
            return Ok(Self::Reader(reader));
        }
        match TARGETS.into_iter().find(|(known, _)| *known == name) {
            Some(target) => Ok(Self::Target(target)),
            None => {
                let known = TARGETS.map(|(name, _)| name).join(", ");
                bail!("there is no fuzz target {name}: {known}, {READER}:NAME, {READERS}")
            }
        }
    }

    /// Whether it is about readers of market files.
    fn reads(self) -> bool {
        !matches!(self, Self::Target((name, _)) if name != READER)
    }

    /// What to run for it, with the names of all readers.
    fn jobs(self, readers: Vec<String>) -> anyhow::Result<Vec<Job>> {
        let whole = |target| Job { target, reader: None };
        let alone = |reader| Job { target: READER_TARGET, reader: Some(reader) };
        Ok(match self {
            Self::Everything => TARGETS.map(whole).into(),
            Self::Target(target) => vec![whole(target)],
            Self::Readers => readers.into_iter().map(alone).collect(),
            Self::Reader(name) if readers.iter().any(|known| known == name) => vec![alone(name.to_owned())],
            Self::Reader(name) => bail!("there is no reader {name}: {}", readers.join(", ")),
        })
    }
}

/// Runs what is asked for; what was found stays in `fuzz/artifacts`, what is worth to begin with in `fuzz/corpus`.
pub fn fuzz(plan: &Plan) -> anyhow::Result<()> {
    let wanted = Wanted::of(plan.target.as_deref())?;
    let readers = if wanted.reads() { step("make files for readers", readers)? } else { Vec::new() };
    let jobs = wanted.jobs(readers)?;
    if !plan.plain {
        cargo_fuzz()?;
    }
    for job in jobs {
        let name = job.name();
        if job.seeds().is_empty() {
            skip(&format!("first inputs of {name}"), "there are none");
        }
        step(&format!("fuzz {name}"), || run(&mut job.command(plan)?))?;
    }
    Ok(())
}

/// Finds or installs it.
fn cargo_fuzz() -> anyhow::Result<()> {
    if works(&mut place::cargo(&["fuzz", "--version"])) {
        return Ok(());
    }
    step("install cargo-fuzz", || run(&mut place::cargo(&["install", "--locked", "cargo-fuzz"])))
}

fn flags(seconds: u32) -> [String; 3] {
    [
        format!("-max_total_time={seconds}"),
        format!("-timeout={INPUT_SECONDS}"),
        format!("-rss_limit_mb={MEMORY_MIB}"),
    ]
}

/// `cargo run` of a program of the crate, as plain Rust.
fn run_of_crate() -> Command {
    let mut command = place::cargo(&["run", "--release", "--manifest-path", MANIFEST, "--target-dir"]);
    command.arg(place::target());
    command
}

/// Names of the readers of market files, after files for them were made.
fn readers() -> anyhow::Result<Vec<String>> {
    let mut command = run_of_crate();
    command.args(["--example", READERS, "--"]).arg(place::root().join(READER_FILES));
    command.args(SHARED.map(|folder| place::root().join(folder)).iter().filter(|folder| folder.is_dir()));
    let output = command.stderr(Stdio::inherit()).output().context("cannot run cargo")?;
    if !output.status.success() {
        bail!("{READERS} failed");
    }
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
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
        let error = Wanted::of(Some("nothing")).unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no fuzz target nothing: component, config, reader, report, reader:NAME, readers"
        );
    }

    fn names(wanted: &str, readers: &[&str]) -> Vec<String> {
        let readers = readers.iter().map(|&name| name.to_owned()).collect();
        let jobs = Wanted::of(Some(wanted)).unwrap().jobs(readers).unwrap();
        jobs.iter().map(Job::name).collect()
    }

    #[test]
    fn readers_are_run_together_one_alone_or_each_alone() {
        let readers = ["dbn", "stooq"];
        assert_eq!(names("reader", &readers), ["reader"]);
        assert_eq!(names("reader:stooq", &readers), ["reader-stooq"]);
        assert_eq!(names("readers", &readers), ["reader-dbn", "reader-stooq"]);
        let error = Wanted::Reader("x").jobs(vec!["dbn".to_owned()]).unwrap_err().to_string();
        assert_eq!(error, "there is no reader x: dbn");
        assert_eq!(Wanted::Everything.jobs(Vec::new()).unwrap().len(), TARGETS.len());
    }

    #[test]
    fn files_for_readers_are_made_only_where_one_is_run() {
        let reads = |name| Wanted::of(name).unwrap().reads();
        assert!(reads(None) && reads(Some("reader")) && reads(Some("reader:x")) && reads(Some("readers")));
        assert!(!reads(Some("report")) && !reads(Some("config")));
    }

    #[test]
    fn a_reader_alone_is_named_to_the_target_and_has_inputs_of_its_own() {
        let job = Job { target: READER_TARGET, reader: Some("dbn".to_owned()) };
        let plan = Plan { target: None, seconds: 7, plain: true };
        let command = job.command(&plan).unwrap();
        let told = command.get_envs().find(|(name, _)| *name == CHOSEN_READER).and_then(|(_, value)| value);
        assert_eq!((told, job.name().as_str()), (Some("dbn".as_ref()), "reader-dbn"));
    }
}
