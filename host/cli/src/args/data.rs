//! The command line of `sluice data`.

use super::limit::{limit, whole};
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use sluice_market::{Adjustment, AsOf, InstrumentId, Symbol, Timeframe};
use std::path::PathBuf;

/// What to do with the bars that were imported.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  sluice data list --limit 20
  sluice data show AAPL --last 20
  sluice data check")]
pub enum Data {
    /// Which bars there are of each instrument, and where they came from
    List(DataList),
    /// Bars of one instrument
    Show(DataShow),
    /// Write bars into a file for other programs
    Export(DataExport),
    /// Look for what is wrong with the bars; exit code 1 when something is
    Check(DataCheck),
}

/// Options of `data list`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice data list --limit 20
  sluice data list --symbols AAPL,BRK.B --format json")]
pub struct DataList {
    /// Just these instruments
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub symbols: Vec<Symbol>,
    /// At most so many instruments
    #[arg(long, default_value = "100", value_name = "N|all", value_parser = limit)]
    pub limit: u32,
    /// Those behind this one: the `id` of the last instrument that was seen
    #[arg(long, value_name = "ID")]
    pub after: Option<InstrumentId>,
}

/// Options of `data show`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice data show AAPL --last 20
  sluice data show AAPL --adjust split --as-of 2020-08-28
  sluice data show BRK.B --from 2018-01-02 --to 2018-01-31 --format csv")]
pub struct DataShow {
    /// Ticker, in any spelling that was imported
    pub symbol: Symbol,
    /// Which bars.
    #[command(flatten)]
    pub span: Span,
    /// As what they are seen.
    #[command(flatten)]
    pub sight: Sight,
    /// Only the newest so many of them
    #[arg(long, value_name = "N", value_parser = whole)]
    pub last: Option<u32>,
}

/// Options of `data export`.
#[derive(Debug, Args)]
#[command(after_help = "\
The file has the columns symbol, date (or time, in UTC), open, high, low, close, volume, and can be imported again. It is \
there whole or not at all.

Examples:
  sluice data export bars.parquet
  sluice data export aapl.csv --symbols AAPL --from 2018-01-01
  sluice data export total.arrow --adjust total")]
pub struct DataExport {
    /// The file; .parquet, .arrow or .csv at its end chooses the format
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Just these instruments
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub symbols: Vec<Symbol>,
    /// Which bars.
    #[command(flatten)]
    pub span: Span,
    /// As what they are seen.
    #[command(flatten)]
    pub sight: Sight,
}

/// Options of `data check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Looks for: bars of one time twice or out of order, missing numbers, prices of zero or less, volume of zero or less, low \
above or high below another price, days without session, sessions without bar, an end before the venue's other \
instruments or in equal flat bars (stale-tail), closes more than 30 % from the one before (price-jump, with what it looks \
like: a split that nobody adjusted for, a change of unit by 100), bars that are not complete yet.

Exit codes: 0 nothing found, 1 something found.

Examples:
  sluice data check
  sluice data check --symbols AAPL,DHR --format json")]
pub struct DataCheck {
    /// Just these instruments
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub symbols: Vec<Symbol>,
}

/// Which bars.
#[derive(Debug, Args)]
pub struct Span {
    /// Span of a bar: 1s, 1m, 5m, 15m, 30m, 1h, 1d, 1w, 1mo
    #[arg(long, default_value = "1d")]
    pub timeframe: Timeframe,
    /// First date, of the venue
    #[arg(long, value_name = "DATE")]
    pub from: Option<NaiveDate>,
    /// Last date, of the venue
    #[arg(long, value_name = "DATE")]
    pub to: Option<NaiveDate>,
}

/// As what bars are seen.
#[derive(Debug, Args)]
pub struct Sight {
    /// Adjust prices and volumes, as of --as-of: raw (as traded), split, total (splits and dividends) [default: as they
    /// were imported; split with --as-of]
    #[arg(long, value_name = "WHAT")]
    pub adjust: Option<Adjustment>,
    /// Only what a scan as of then sees: latest, now, a date (after that session's close) or an RFC 3339 time
    /// [default: all; latest with --adjust]
    #[arg(long, value_name = "WHEN")]
    pub as_of: Option<AsOf>,
}
