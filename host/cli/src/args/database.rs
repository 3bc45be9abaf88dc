//! The command line of `sluice db`.

use super::time::Age;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to do with the database.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  sluice db status
  sluice db backup /backup/sluice-2026-06-30.db")]
pub enum Database {
    /// Kind, schema, size, rows and integrity
    #[command(
        after_help = "Exit code 4: the database is damaged.\n\nExample: sluice db status --format json"
    )]
    Status,
    /// Bring the schema up to date
    #[command(after_help = "\
SQLite is backed up beside the file first, and is migrated by itself when it is opened. PostgreSQL is migrated by \
this command only, since others share it.

Example: sluice db migrate --db postgres://sluice@db.example/sluice")]
    Migrate,
    /// Copy the database into a new file while it is in use
    #[command(after_help = "Example: sluice db backup /backup/sluice-2026-06-30.db")]
    Backup {
        /// A SQLite file that is not there yet, whatever kind the database is
        file: PathBuf,
    },
    /// Put a backup in the place of the database; what was there is kept
    Restore(Restore),
    /// Remove old scans with their verdicts and alerts, and old rows of the audit log
    Prune(Prune),
    /// Give unused space back to the disk
    #[command(after_help = "Example: sluice db vacuum")]
    Vacuum,
}

/// Options of `db restore`.
#[derive(Debug, Args)]
#[command(after_help = "Example: sluice db restore /backup/sluice-2026-06-30.db --yes")]
pub struct Restore {
    /// The backup
    pub file: PathBuf,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// Options of `db prune`.
#[derive(Debug, Args)]
#[command(after_help = "\
D is a number of days, weeks or hours: 90d, 12w, 36h. The audit log keeps a checkpoint that `sluice audit verify` \
understands.

Examples:
  sluice db prune --older-than 90d --dry-run
  sluice db prune --older-than 52w --keep-audit")]
pub struct Prune {
    /// What is older than this goes
    #[arg(long, value_name = "D", allow_hyphen_values = true)]
    pub older_than: Age,
    /// Leave the audit log alone
    #[arg(long)]
    pub keep_audit: bool,
    /// Only say what would go
    #[arg(long)]
    pub dry_run: bool,
}
