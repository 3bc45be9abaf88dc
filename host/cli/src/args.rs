//! The command line.

mod alerts;
mod audit;
mod breaker;
mod cache;
mod calendar;
mod configure;
mod data;
mod database;
mod history;
mod import;
mod layer;
mod limit;
mod list;
mod scan;
mod screen;
mod secret;
mod status;
mod time;
mod trust;

pub use alerts::{Alerts, Of};
pub use audit::{Audit, Log};
#[cfg(test)]
pub use breaker::DigestPrefix;
pub use breaker::{Breaker, LayerId, Reason, Which};
pub use cache::{Cache, CacheCommand, Clear};
pub use calendar::Calendar;
pub use configure::Configure;
pub use data::{Data, DataCheck, DataExport, DataList, DataShow, Sight, Span};
pub use database::{Database, Prune, Restore};
pub use history::{Diff, SymbolWay};
pub use import::Import;
pub use layer::{Bench, Build, Check, InPipeline, Layer, LayerVersion, New, Run, Scope, Test, Toolchain};
pub use limit::Page;
pub use list::{List, ListCommand};
pub use scan::{Scan, ViewArgs};
pub use screen::Screen;
pub use secret::{Secret, SecretName};
pub use status::{Status, Universe};
pub use trust::{Install, KeyName, NewKey, Publish, Remote, Sign, Trust};

use chrono::NaiveDate;
use clap::{Arg, Args as ClapArgs, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use sluice_market::Zone;
use std::path::PathBuf;

/// Scans a market through sandboxed layers until a few dozen instruments are left.
#[derive(Debug, Parser)]
#[command(name = "sluice", version, arg_required_else_help = true, propagate_version = true)]
#[command(after_help = "\
Examples:
  sluice demo                          try it on a synthetic market
  sluice import bars.parquet           bring your own data, of a dozen vendors
  sluice data check                    look for what is wrong with them
  sluice scan                          run the default pipeline on them
  sluice scan --stage 1 --format json  only as far as stage 1, for a program to read
  sluice layer new me/near-high        write a layer of your own
  sluice scan --where 'rvol > 2'       screen what is left by an expression
  sluice layer install gap.wasm        add a layer
  sluice configure --stage 2 --threshold 70  change a setting for the next scans
  sluice calendar XLON                 when London opens and closes

Exit codes: 0 done, 1 `data check`, `universe health`, `layer check` or `layer test` found something, 2 wrong usage, \
3 partial result, 4 failed, 5 no session though --require-open was given, 130 interrupted.")]
pub struct Args {
    /// Options that every command knows.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Args {
    /// What the user typed; after a mistake, or when help was asked for, it ends the program.
    pub fn of_program() -> Self {
        let mut matches = definition().get_matches();
        Self::from_arg_matches_mut(&mut matches)
            .unwrap_or_else(|error| error.format(&mut definition()).exit())
    }
}

/// The command line, in which a negative number may stand behind every option: what reads it says what would do, where
/// clap would tell of an unexpected argument.
fn definition() -> clap::Command {
    fn with_negative_numbers(command: clap::Command) -> clap::Command {
        let option = |arg: Arg| match arg.get_action().takes_values() && !arg.is_positional() {
            true => arg.allow_negative_numbers(true),
            false => arg,
        };
        command.mut_args(option).mut_subcommands(with_negative_numbers)
    }
    with_negative_numbers(Args::command())
}

/// Options that every command knows.
#[derive(Debug, ClapArgs)]
pub struct Global {
    /// Folder of configuration, bars, database and compiled layers [default: ~/.local/share/sluice]
    #[arg(long, global = true, env = "SLUICE_HOME", value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Database: sqlite:PATH, or postgres://USER@HOST:PORT/NAME?sslmode=verify-full&sslrootcert=FILE
    /// [default: sluice.db in the home folder]
    // a text here: what clap refuses it repeats, and a URL may hold a password
    #[arg(long, global = true, env = "SLUICE_DB", hide_env_values = true, value_name = "URL")]
    pub db: Option<String>,
    /// Key of the audit log and of the secrets, readable by its owner only [default: sluice.key in the home
    /// folder]; SLUICE_KEY holds the key itself instead, 64 hexadecimal digits
    #[arg(long, global = true, env = "SLUICE_KEY_FILE", value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Zone whose clock tables show, such as America/New_York [default: `zone` of [display] in sluice.toml, else UTC];
    /// JSON and CSV have UTC
    #[arg(long, global = true, env = "SLUICE_TZ", value_name = "ZONE")]
    pub tz: Option<Zone>,
    /// More diagnostics on stderr; twice for even more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// One JSON document
    Json,
    /// One JSON object per line
    Ndjson,
    /// Comma-separated values with a header
    Csv,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented sluice.toml into the home folder
    Init(Init),
    /// Make a synthetic market (once) and scan it, in a home of its own
    Demo(Demo),
    /// Import bars, directories and events from files, folders and archives
    Import(Import),
    /// See, check and export what was imported
    #[command(subcommand)]
    Data(Data),
    /// Run a pipeline and print what is left
    Scan(Box<Scan>),
    /// Watchlists, and exclusions that every scan respects
    List(List),
    /// The language of `scan --where`: what there is, and whether an expression is right
    #[command(subcommand)]
    Screen(Screen),
    /// What is here and how well it works: bars, scans, stages, layers
    Status(Status),
    /// The instruments: counts, and what is wrong with them
    #[command(subcommand)]
    Universe(Universe),
    /// What entered, left and moved from one scan to another
    Diff(Diff),
    /// An instrument's way through the stages, now and over time
    Symbol(SymbolWay),
    /// Alerts of stored scans, newest first
    Alerts(Alerts),
    /// Sessions of a venue in UTC and by its own clock
    Calendar(Calendar),
    /// Write, check, try, install and remove layers
    #[command(subcommand)]
    Layer(Layer),
    /// See and change which layers are called and which are not, because they faulted
    #[command(subcommand)]
    Breaker(Breaker),
    /// See and remove answers of layers that are kept from scan to scan
    Cache(Cache),
    /// Change, show and roll back what operators set at run time
    Configure(Configure),
    /// Read, check and export the audit log
    #[command(subcommand)]
    Audit(Audit),
    /// Look after the database
    #[command(subcommand)]
    Db(Database),
    /// Say whose signatures of layers count
    #[command(subcommand)]
    Trust(Trust),
    /// Keep provider keys and other secrets, sealed, in the database
    #[command(subcommand)]
    Secret(Secret),
    /// Make a synthetic market in the home folder
    #[command(hide = true)]
    Synthesize(Synthesize),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example: sluice completions bash > ~/.local/share/bash-completion/completions/sluice"
    )]
    Completions(Completions),
}

/// Options of `init`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example: sluice init --force")]
pub struct Init {
    /// Replace a sluice.toml that is there already
    #[arg(long)]
    pub force: bool,
}

/// Options of `demo`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  sluice demo
  sluice demo --symbols 500 --sessions 60 --seed 7")]
pub struct Demo {
    /// Instruments of the synthetic market
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(10..=50_000))]
    pub symbols: u32,
    /// Sessions of the synthetic market
    #[arg(long, default_value_t = 252, value_parser = clap::value_parser!(u32).range(2..=5_000))]
    pub sessions: u32,
    /// Another seed is another market
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Last session: this day's or the last before it [default: the last one that is completed]
    #[arg(long, value_name = "DATE")]
    pub end: Option<NaiveDate>,
}

/// Options of `synthesize`.
#[derive(Debug, ClapArgs)]
pub struct Synthesize {
    /// Size and seed of the market.
    #[command(flatten)]
    pub market: Demo,
}

/// Options of `completions`.
#[derive(Debug, ClapArgs)]
pub struct Completions {
    /// The shell
    pub shell: Shell,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_command_line_holds_together() {
        definition().debug_assert();
    }

    #[test]
    fn a_negative_number_is_refused_by_what_reads_it() {
        for (args, wanted) in [
            ("alerts --limit -1", "write a number from 1 to 4294967295, or all"),
            ("data list --limit -1", "write a number from 1 to 4294967295, or all"),
            ("scan --top -1", "write a whole number from 1 to 4294967295"),
            ("scan --top abc", "write a whole number from 1 to 4294967295"),
            ("scan --every 1 --times -1", "write a whole number from 1 to 4294967295"),
            ("scan --every -1", "give seconds from 0 to 86400"),
            ("scan --min-score -1", "a score is a number from 0 to 100"),
            ("alerts --min-score -1", "a score is a number from 0 to 100"),
            ("alerts --hours -1", "-1 is not in 1..=4294967295"),
            ("data show AAPL --last -1", "write a whole number from 1 to 4294967295"),
            ("cache clear --older-than -1", "write a whole number of hours, 1 or more, such as 24"),
            ("cache clear --older-than abc", "write a whole number of hours, 1 or more, such as 24"),
            ("db prune --older-than -1", "write days, weeks or hours, at least one: 90d, 12w, 36h"),
            ("db prune --older-than -1d", "write days, weeks or hours, at least one: 90d, 12w, 36h"),
        ] {
            let words = std::iter::once("sluice").chain(args.split(' '));
            let error = definition().try_get_matches_from(words).unwrap_err().to_string();
            assert!(error.contains(wanted), "{args}: {error}");
            assert!(!error.contains("unexpected argument"), "{args}: {error}");
        }
    }

    /// Every command that help shows, with its help for a terminal of 100 columns.
    fn helps() -> Vec<(String, String)> {
        fn collect(command: &mut clap::Command, path: &str, into: &mut Vec<(String, String)>) {
            let path = format!("{path} {}", command.get_name());
            let help = command.clone().term_width(100).render_long_help();
            into.push((path.clone(), help.to_string()));
            let visible = command.get_subcommands_mut().filter(|command| !command.is_hide_set());
            visible.for_each(|command| collect(command, &path, into));
        }
        let mut all = Vec::new();
        collect(&mut definition(), "", &mut all);
        assert!(all.len() > 40, "{}", all.len());
        all
    }

    #[test]
    fn every_command_shows_an_example() {
        for (command, help) in helps() {
            assert!(help.contains("Example"), "{command} has no example");
        }
    }

    #[test]
    fn paragraphs_of_help_are_broken_by_the_terminal_only() {
        for (command, help) in helps() {
            // a line that is much too short, in the midst of a paragraph
            let lines: Vec<&str> = help.lines().collect();
            for pair in lines.windows(2) {
                let [line, next] = pair else { continue };
                let word = next.split(' ').next().unwrap_or_default();
                let goes_on = !line.is_empty() && !next.is_empty() && !line.starts_with(' ');
                let fits = line.chars().count() + 1 + word.chars().count() <= 100;
                let is_title = line.ends_with(':') || next.starts_with(' ');
                assert!(!goes_on || is_title || !fits, "{command}: {line:?} is broken before {word:?}");
            }
        }
    }

    #[test]
    fn the_help_of_scan_names_every_column() {
        let mut command = Args::command();
        let help = command.find_subcommand_mut("scan").unwrap().render_long_help().to_string();
        let (_, columns) = help.split_once("Columns: ").unwrap();
        let columns = columns.split_once("and every expression").unwrap().0;
        let words: Vec<&str> = columns.split([',', ' ', '\n']).collect();
        for name in sluice_engine::COLUMN_NAMES {
            assert!(words.contains(&name), "{name}: {columns}");
        }
    }
}
