//! The command line of `sluice scan`.

use super::limit::whole;
use clap::Args;
use sluice_engine::{Column, ColumnError, Sort, Wanted};
use sluice_market::{AsOf, Symbol};
use std::str::FromStr;
use std::time::Duration;

/// Longest time between the starts of two scans, in seconds: a day.
const LONGEST_PAUSE: f64 = 86_400.0;

/// Options of `scan`.
#[derive(Debug, Args)]
#[command(after_help = "\
--where screens what the pipeline's stages let through (with --stage: what that stage lets through; --stage 0 is the \
whole universe) in a further stage, run by the layer sluice/screen. Without --score the instruments keep the score and \
the order that they came with. `sluice screen functions` lists what an expression can say.

--catalyst, --min-score, --sort, --top and --columns choose what is shown; what is stored is the whole scan, and rank is \
the place in it. Columns: rank, symbol, outcome, score, percentile, reason, alerts (how many), date, price, open, high, \
low, close, volume, bid, ask, bid_size, ask_size, last, spread, change, gap, rvol, atr, rsi, dollar_volume, \
spread_of_day, market_cap, pe, float, days_to_earnings, name, kind, status, venue, currency, sector, industry, spark \
(the last 20 closes), and every expression, such as 'sma(50)' or 'close / highest(high, 252)'; computed over daily bars.

--every keeps scanning in one process. Each scan sees the bars, layers, settings and lists as they are when it begins; \
what somebody changes meanwhile is told within a second. It ends by Ctrl-C or SIGTERM: with code 0 between two scans, \
130 within one, which is then marked interrupted. After --times the code is that of the worst scan.

Examples:
  sluice scan --show-alerts
  sluice scan --as-of 2018-02-07 --symbols AAPL,MSFT,BRK.B
  sluice scan --symbols @tech,BRK.B
  sluice scan --with sluice/universe,sluice/technical --dry-run
  sluice scan --every 60 --new --format ndjson
  sluice scan --new                     only what the scan before did not have
  sluice scan --explain AAPL --dry-run  why it is, or is not, among the results
  sluice scan --stage liquidity --format csv | head
  sluice scan --stage 1 --where 'rvol > 2 and rsi(14) < 70 and sector != \"Utilities\"' --score 'rvol * 20'
  sluice scan --catalyst VOLUME_SPIKE --min-score 70 --columns price,change,rvol,sector,spark --sort change:desc --top 10")]
pub struct Scan {
    /// Pipeline in sluice.toml [default: its default-pipeline]
    #[arg(long, value_name = "NAME")]
    pub pipeline: Option<String>,
    /// Stop after this stage, by number or name; only what it needs is run
    #[arg(long, value_name = "N|NAME")]
    pub stage: Option<String>,
    /// Just these layers (author/name)
    #[arg(long, value_delimiter = ',', value_name = "ID,ID")]
    pub with: Vec<String>,
    /// The same for one layer; a bare number means --stage
    #[arg(long, value_name = "ID", conflicts_with_all = ["with"])]
    pub layer: Option<String>,
    /// Then keep only what this holds for, such as 'rvol > 2 and close > sma(50)'
    #[arg(long = "where", value_name = "EXPR")]
    pub condition: Option<String>,
    /// How good what --where keeps is, 0 to 100 [default: the score that it came with]
    #[arg(long, value_name = "EXPR", requires = "condition")]
    pub score: Option<String>,
    /// Just these instruments, by any spelling of their tickers; @NAME means those of a list
    #[arg(long, value_delimiter = ',', value_name = "A,B,@LIST")]
    pub symbols: Vec<Wanted>,
    /// Instant that the scan is about: latest, now, a date (after that session's close) or an RFC 3339 time
    #[arg(long, default_value = "latest", value_name = "WHEN")]
    pub as_of: AsOf,
    /// Refuse (exit code 5) to scan on a day on which none of the venues has a session: today for latest and now,
    /// else the day of --as-of
    #[arg(long)]
    pub require_open: bool,
    /// Store nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print only results that the last whole scan of the pipeline did not have
    #[arg(long)]
    pub new: bool,
    /// Print instead what every layer saw, computed and said of this instrument, and why it went no further
    #[arg(long, value_name = "SYMBOL", value_parser = Symbol::spelled, conflicts_with_all = ["new", "show_alerts"])]
    pub explain: Option<Symbol>,
    /// Ask every layer about everything, without the verdict cache
    #[arg(long)]
    pub no_cache: bool,
    /// Scan again and again, so many seconds from start to start, 0 to 86400: 0 means without a pause; until Ctrl-C
    #[arg(long, value_name = "SECONDS", value_parser = seconds, conflicts_with = "explain")]
    pub every: Option<Duration>,
    /// Stop after so many scans
    #[arg(long, value_name = "N", requires = "every", value_parser = whole)]
    pub times: Option<u32>,
    /// What is shown.
    #[command(flatten)]
    pub view: ViewArgs,
}

/// What of a scan is shown.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "What is shown")]
pub struct ViewArgs {
    /// Only instruments with an alert of one of these kinds
    #[arg(long, value_delimiter = ',', num_args = 1.., value_name = "KIND")]
    pub catalyst: Vec<String>,
    /// Only instruments with at least this score, 0 to 100
    #[arg(long, value_name = "X", value_parser = score)]
    pub min_score: Option<f64>,
    /// The first so many, after sorting
    #[arg(long, value_name = "N", value_parser = whole)]
    pub top: Option<u32>,
    /// These figures beside each instrument
    #[arg(long, value_name = "COLUMN,COLUMN")]
    pub columns: Option<Columns>,
    /// In this order instead of that of the ranks, smallest first; `:desc` behind it: largest first
    #[arg(long, value_name = "COLUMN[:desc]")]
    pub sort: Option<Sort>,
    /// Print the alerts too; in CSV, which is one table, instead of the results (JSON has them always)
    #[arg(long)]
    pub show_alerts: bool,
}

/// Columns, separated by commas that stand in no bracket and no text.
#[derive(Debug, Clone)]
pub struct Columns(pub Vec<Column>);

impl FromStr for Columns {
    type Err = ColumnError;

    fn from_str(text: &str) -> Result<Self, ColumnError> {
        let (mut depth, mut quote) = (0_u32, None);
        let split = |c: char| {
            match (quote, c) {
                (Some(open), _) if open == c => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(c),
                (None, '(' | '[') => depth += 1,
                (None, ')' | ']') => depth = depth.saturating_sub(1),
                (None, ',') => return depth == 0,
                _ => {}
            }
            false
        };
        text.split(split).map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// A pause between the starts of two scans.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.0..=LONGEST_PAUSE).contains(seconds));
    match seconds.map(Duration::try_from_secs_f64) {
        Some(Ok(pause)) => Ok(pause),
        _ => Err(format!("give seconds from 0 to {LONGEST_PAUSE}")),
    }
}

/// A score as a filter takes it.
pub fn score(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "a score is a number from 0 to 100".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_within_brackets_and_texts_part_nothing() {
        let names = |text: &str| {
            let columns: Columns = text.parse().unwrap();
            columns.0.iter().map(|column| column.name().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names("price, sma(close, 50),close[1]"), ["price", "sma(close, 50)", "close[1]"]);
        assert_eq!(names("sector in ('a,b', \"c)\"),rsi"), ["sector in ('a,b', \"c)\")", "rsi"]);
        assert!("price,,rsi".parse::<Columns>().is_err());
    }

    #[test]
    fn a_pause_is_of_no_to_a_days_seconds() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        assert_eq!((seconds("0"), seconds("86400")), (Ok(Duration::ZERO), Ok(Duration::from_secs(86_400))));
        for text in ["-1", "86401", "nan", "inf", "1m", ""] {
            assert_eq!(seconds(text), Err("give seconds from 0 to 86400".to_owned()), "{text}");
        }
    }

    #[test]
    fn a_score_lies_within_0_to_100() {
        assert_eq!(score("70.5"), Ok(70.5));
        for text in ["101", "-1", "nan", "inf", "x", ""] {
            assert!(score(text).is_err(), "{text}");
        }
    }
}
