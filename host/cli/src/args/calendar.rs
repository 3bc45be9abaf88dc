//! The command line of `sluice calendar`.

use chrono::NaiveDate;
use clap::Args;

/// Options of `calendar`.
#[derive(Debug, Args)]
#[command(after_help = "\
A date that the calendar does not cover is an error that says which dates it covers. Closures, half days, late opens \
and sessions of your own stand in calendar.toml in the home folder:
  [[day]]
  mic = \"XNYS\"
  date = 2026-12-24
  kind = \"half-day\"        # or closure, late-open, session
  closes = \"13:00\"         # the venue's clock; late-open takes opens, session both

Examples:
  sluice calendar XNYS --from 2024-07-01 --to 2024-07-05
  sluice calendar XHKG --from 2024-01-01 --to 2024-12-31 --format json")]
pub struct Calendar {
    /// ISO 10383 code such as XNYS, XLON, XTKS; XXXX is what no venue trades, open around the clock
    pub mic: String,
    /// First date, of the venue [default: today]
    #[arg(long, value_name = "DATE")]
    pub from: Option<NaiveDate>,
    /// Last date, of the venue [default: 30 days after the first]
    #[arg(long, value_name = "DATE")]
    pub to: Option<NaiveDate>,
}
