//! The command line of `sluice audit`.

use super::limit::limit;
use super::time::Moment;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  sluice audit log --limit 20
  sluice audit verify")]
pub enum Audit {
    /// Who did what, newest first
    Log(Log),
    /// Check that no row was changed, removed or inserted, and that the newest ones are there
    #[command(after_help = "\
An exported log is checked without its database, with the key that it was signed with.

Exit codes: 0 nothing was touched, 4 something was: the first row of it is named.

Examples:
  sluice audit verify --format json
  sluice audit verify --file audit-2026-06.ndjson --key-file /media/key/sluice.key")]
    Verify {
        /// A file that `sluice audit export` wrote, instead of the database's log
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Go on after rows were lost, with a row that says so and why
    #[command(after_help = "\
After rows were lost (a database file was put back by hand, say) nothing more is written until this is done, or \
`sluice db restore FILE` has brought them back.

Example: sluice audit accept --reason 'disk failure on 2026-06-30, copied back from the day before'")]
    Accept {
        /// Why the rows are lost
        #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
        reason: String,
    },
    /// Write all rows, oldest first, one JSON object per line, and a last line that ends them
    #[command(after_help = "\
`sluice audit verify --file FILE` checks what was written.

Examples:
  sluice audit export audit-2026-06.ndjson
  sluice audit export | gzip > audit.ndjson.gz")]
    Export {
        /// A new file, readable by its owner only [default: stdout]
        file: Option<PathBuf>,
    },
}

/// Options of `audit log`.
#[derive(Debug, Args)]
#[command(after_help = "\
T is an instant (2026-06-30T20:00:00Z) or a date, which means the whole day in UTC.

Examples:
  sluice audit log --action settings.changed --since 2026-06-01
  sluice audit log --action layer --who anna
  sluice audit log --limit 20 --after 345
  sluice audit log --oldest-first --format ndjson")]
pub struct Log {
    /// At most so many
    #[arg(long, default_value = "100", value_name = "N|all", value_parser = limit)]
    pub limit: u32,
    /// Those behind this one: the `number` of the last row that was seen
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(0..))]
    pub after: Option<i64>,
    /// From then on
    #[arg(long, value_name = "T")]
    pub since: Option<Moment>,
    /// Up to then
    #[arg(long, value_name = "T")]
    pub until: Option<Moment>,
    /// By this user only
    #[arg(long, value_name = "NAME")]
    pub who: Option<String>,
    /// Such actions only, e.g. layer.installed, or layer for all on layers
    #[arg(long, value_name = "NAME")]
    pub action: Option<String>,
    /// Only where the subject contains this text
    #[arg(long, value_name = "TEXT")]
    pub subject: Option<String>,
    /// Oldest first
    #[arg(long)]
    pub oldest_first: bool,
}
