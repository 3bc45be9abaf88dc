//! TradingView: what its charts export, and the headerless files of its "pine seeds".
//!
//! Prices are adjusted for splits. The symbol is in the file's name only: `NASDAQ_AAPL, 1D.csv`.

use super::bar_table::{self, Group, Known, Plan, Who, no_column, with_header};
use super::names;
use crate::bars::Timeframe;
use crate::import::error::ImportError;
use crate::import::reader::{Input, Reader};
use crate::import::sink::{Adjusted, Sink};
use crate::import::table::Table;

/// An export: bars, and a column for each indicator of the chart.
pub(super) const EXPORT: Reader = Reader {
    name: "tradingview",
    title: "TradingView chart export",
    sees: |head| {
        let first = ["time", "open", "high", "low", "close"];
        head.columns.len() >= first.len()
            && first.iter().zip(head.columns).all(|(name, column)| name == column)
    },
    read: |input, sink| bar_table::read(input, sink, with_header, &plan),
};

/// `20210101T,0.1,0.1,0.1,0.1,0`: no header, days.
pub(super) const SEEDS: Reader = Reader {
    name: "pine-seeds",
    title: "TradingView pine seeds",
    sees: |head| {
        let [date, rest @ ..] = head.columns else { return false };
        let day = date
            .strip_suffix('t')
            .is_some_and(|day| day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit()));
        day && rest.len() == 5 && rest.iter().all(|number| number.parse::<f64>().is_ok())
    },
    read: |input: &mut Input<'_>, sink: &mut dyn Sink| bar_table::read(input, sink, open_seeds, &plan_seeds),
};

fn plan(table: &Table<'_>, known: &Known<'_>) -> Result<Plan, ImportError> {
    let stem = names::stem(known.path);
    let symbol = names::symbol(known.path, known.said, |stem| of_name(stem).map(|name| name.symbol))?;
    let named = of_name(&stem);
    let group = Group::usual(table, Who::One(symbol)).ok_or_else(|| no_column(known, table, "close"))?;
    Ok(Plan {
        timeframe: named.as_ref().and_then(|name| name.timeframe),
        mic: named.and_then(|name| name.mic).map(str::to_owned),
        adjustment: Adjusted::Split,
        ..Plan::new("tradingview", "TradingView export", 0, group)
    })
}

/// What a name like `NASDAQ_AAPL, 1D` says.
struct Named {
    symbol: String,
    mic: Option<&'static str>,
    timeframe: Option<Timeframe>,
}

fn of_name(stem: &str) -> Option<Named> {
    let (ticker, interval) = stem.rsplit_once(", ")?;
    let (exchange, symbol) = ticker.rsplit_once('_')?;
    let exchange = exchange.rsplit_once('_').map_or(exchange, |(_, exchange)| exchange);
    // a second download of the same chart ends in _ and letters, or in (1)
    let interval = interval.split(['_', ' ']).next().unwrap_or_default();
    Some(Named { symbol: symbol.to_owned(), mic: venue(exchange), timeframe: timeframe(interval) })
}

fn venue(exchange: &str) -> Option<&'static str> {
    Some(match exchange {
        "NASDAQ" => "XNAS",
        "NYSE" => "XNYS",
        "AMEX" => "ARCX",
        "LSE" => "XLON",
        "TSE" => "XTKS",
        "HKEX" => "XHKG",
        "TSX" => "XTSE",
        "XETR" => "XETR",
        "EURONEXT" => "XPAR",
        "BSE" => "XBOM",
        "NSE" => "XNSE",
        "ASX" => "XASX",
        "BINANCE" | "COINBASE" | "KRAKEN" | "BITSTAMP" | "BYBIT" | "FX" | "OANDA" | "FOREXCOM" => "XXXX",
        _ => return None,
    })
}

/// Minutes are a plain number; what is not stored is worked out, and refused, from the stamps.
fn timeframe(interval: &str) -> Option<Timeframe> {
    Some(match interval {
        "1S" => Timeframe::Second,
        "1" => Timeframe::Minute,
        "5" => Timeframe::Minutes5,
        "15" => Timeframe::Minutes15,
        "30" => Timeframe::Minutes30,
        "60" => Timeframe::Hour,
        "D" | "1D" => Timeframe::Day,
        "W" | "1W" => Timeframe::Week,
        "M" | "1M" => Timeframe::Month,
        _ => return None,
    })
}

fn open_seeds<'a>(input: &'a mut Input<'_>) -> Result<Table<'a>, ImportError> {
    Table::headless(input, &["date", "open", "high", "low", "close", "volume"])
}

fn plan_seeds(table: &Table<'_>, known: &Known<'_>) -> Result<Plan, ImportError> {
    let symbol = names::symbol(known.path, known.said, names::no_rule)?;
    let group = Group::usual(table, Who::One(symbol)).ok_or_else(|| no_column(known, table, "close"))?;
    Ok(Plan { timeframe: Some(Timeframe::Day), ..Plan::new("tradingview", "pine seeds", 0, group) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::Collected;

    #[test]
    fn the_name_of_an_export_tells_symbol_venue_and_timeframe() {
        let text = b"time,open,high,low,close,Volume,MA\n1483453800,1,2,1,2,10,\n1483540200,1,2,1,2,11,1.5\n";
        let read = Collected::told(&EXPORT, "NASDAQ_AAPL, 1D.csv", text, &Said::default()).unwrap();
        assert_eq!(
            read.bar_lines(),
            ["AAPL 2017-01-03T14:30:00Z 1 2 1 2 10", "AAPL 2017-01-04T14:30:00Z 1 2 1 2 11"]
        );
        let origin = &read.origins[0];
        assert_eq!((origin.timeframe, origin.mic.as_deref()), (Timeframe::Day, Some("XNAS")));
        assert_eq!(origin.ignored, ["MA"]);
    }

    #[test]
    fn offsets_and_files_without_volume_are_understood() {
        let text = b"time,open,high,low,close\n2024-01-10T09:30:00-05:00,1,2,1,2\n2024-01-10T09:45:00-05:00,1,2,1,2\n";
        let said = Said { symbol: Some("SPX".to_owned()), ..Said::default() };
        let read = Collected::told(&EXPORT, "chart.csv", text, &said).unwrap();
        assert_eq!(
            read.bar_lines(),
            ["SPX 2024-01-10T14:30:00Z 1 2 1 2 NaN", "SPX 2024-01-10T14:45:00Z 1 2 1 2 NaN"]
        );
        assert_eq!(read.origins[0].timeframe, Timeframe::Minutes15);
    }

    #[test]
    fn names_of_second_downloads_and_futures_are_read() {
        let of = |stem: &str| of_name(stem).map(|name| (name.symbol, name.mic, name.timeframe));
        assert_eq!(of("CME_MINI_ES1!, 60"), Some(("ES1!".to_owned(), None, Some(Timeframe::Hour))));
        assert_eq!(
            of("NYSE_BRK.B, 1W_a1b2c"),
            Some(("BRK.B".to_owned(), Some("XNYS"), Some(Timeframe::Week)))
        );
        assert_eq!(of("NASDAQ_AAPL, 1D (1)"), Some(("AAPL".to_owned(), Some("XNAS"), Some(Timeframe::Day))));
        assert_eq!(of("NASDAQ_AAPL, 240").map(|name| name.2), Some(None));
        assert_eq!(of("chart"), None);
    }

    #[test]
    fn seeds_have_no_header() {
        let text = b"20210101T,0.1,0.2,0.1,0.15,0\n20210104T,0.1,0.2,0.1,0.15,3\n";
        let read = Collected::told(&SEEDS, "SEED.csv", text, &Said::default()).unwrap();
        assert_eq!(
            read.bar_lines(),
            ["SEED 2021-01-01 0.1 0.2 0.1 0.15 0", "SEED 2021-01-04 0.1 0.2 0.1 0.15 3"]
        );
    }
}
