//! Options of `sluice import`.

use clap::Args;
use sluice_market::{ColumnName, FormatName, Symbol, Timeframe, Zone};
use std::path::PathBuf;

/// Options of `import`.
#[derive(Debug, Args)]
#[command(after_help = "\
Every file is told by its content, wherever it lies: bars of Yahoo and yfinance, Stooq, Alpaca, Polygon, Databento, \
Binance, TradingView, Interactive Brokers, MetaTrader, and any table with a date, open, high, low, close (and volume); \
directories, constituents, events. README has the list; --as with a wrong name prints it. What is not understood, or \
could be read in two ways, is refused with the line, and then nothing is changed.

Examples:
  sluice import sp500_5yr.parquet directory.csv
  sluice import ~/stooq/data/daily/us                     a folder with all that is in it
  sluice import us_stocks_sip.zip bars-2025.csv.gz        packed files and archives
  sluice import quotes.csv --symbol AAPL                  bars of one instrument that the file does not name
  sluice import EURUSD_M15.csv --zone Europe/Athens       clocks of a broker
  sluice import x.csv --map close='Last Price' --map date=When --timeframe 1d
  sluice import members.csv --as constituents=sp500")]
pub struct Import {
    /// Files, folders and zip archives; text, JSON, Parquet, Arrow and DBN, also packed as .gz or .zst
    #[arg(required = true, value_name = "PATH")]
    pub files: Vec<PathBuf>,
    /// Take the files for this format instead of looking
    #[arg(id = "as", long = "as", value_name = "FORMAT")]
    pub format: Option<FormatName>,
    /// Instrument of files that hold bars of one and do not name it
    #[arg(long)]
    pub symbol: Option<Symbol>,
    /// Zone of times without an offset [default: the venue's]
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<Zone>,
    /// Span of a bar: 1s, 1m, 5m, 15m, 30m, 1h, 1d, 1w, 1mo [default: what the times show]
    #[arg(long, value_name = "SPAN")]
    pub timeframe: Option<Timeframe>,
    /// What a column is called: ours=theirs, where ours is date, time, symbol, open, high, low, close, volume …
    #[arg(long = "map", value_name = "OURS=THEIRS")]
    pub columns: Vec<ColumnName>,
    /// Venue (ISO 10383) of instruments that neither file nor directory places elsewhere [default: from sluice.toml]
    #[arg(long, value_name = "MIC")]
    pub venue: Option<String>,
}
