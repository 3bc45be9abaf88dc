//! MetaTrader: exports of version 5 (tabs, names in brackets) and of version 4 (no header).
//!
//! Stamps are the broker's clock, which no file names: intraday bars need `--zone`.

use super::bar_table::{self, Group, Known, Plan, Who, no_column, with_header};
use super::{first_row, has, names};
use crate::import::error::ImportError;
use crate::import::reader::{Input, Reader};
use crate::import::sink::Sink;
use crate::import::table::Table;

const ZONE: &str = "MetaTrader stamps bars with its broker's clock, whose zone the file does not name";
/// Minutes of the timeframes that version 4 puts behind a symbol.
const MINUTES: [&str; 9] = ["43200", "10080", "1440", "240", "60", "30", "15", "5", "1"];

/// Version 5.
pub(super) const HISTORY: Reader = Reader {
    name: "metatrader",
    title: "MetaTrader 5 history",
    sees: |head| has(head, &["date", "open", "high", "low", "close", "tickvol"]),
    read: |input, sink| bar_table::read(input, sink, with_header, &plan),
};

/// Version 4, and converters of it.
pub(super) const PLAIN: Reader = Reader {
    name: "metatrader-4",
    title: "MetaTrader 4 history",
    sees: |head| {
        let header =
            has(head, &["date", "time", "open", "high", "low", "close", "volume"]) && head.columns.len() == 7;
        let row = first_row(head.bytes, header);
        let (Some(date), Some(time)) = (row.first(), row.get(1)) else { return false };
        let dotted = date.len() == 10 && date.split('.').count() == 3;
        dotted && time.contains(':') && row.len() == 7
    },
    read: |input: &mut Input<'_>, sink: &mut dyn Sink| bar_table::read(input, sink, open, &plan),
};

fn open<'a>(input: &'a mut Input<'_>) -> Result<Table<'a>, ImportError> {
    let header = !input.head.bytes.first().is_some_and(u8::is_ascii_digit);
    let names = ["date", "time", "open", "high", "low", "close", "volume"];
    if header { Table::open(input) } else { Table::headless(input, &names) }
}

fn plan(table: &Table<'_>, known: &Known<'_>) -> Result<Plan, ImportError> {
    let symbol = names::symbol(known.path, known.said, of_name)?;
    let mic = is_pair(&symbol).then(|| "XXXX".to_owned());
    let mut group = Group::usual(table, Who::One(symbol)).ok_or_else(|| no_column(known, table, "close"))?;
    let [.., volume] = &mut group.numbers;
    // the volume of what is traded over the counter is 0 throughout: the number of ticks stands for it
    let traded = volume.is_some_and(|column| {
        known.head.split(|byte| *byte == b'\n').skip(1).any(|line| {
            let field = super::super::table::header_of(line).get(column).cloned().unwrap_or_default();
            field.parse::<f64>().is_ok_and(|volume| volume > 0.0)
        })
    });
    let ticks = table.find(&["tickvol"]);
    let unused = if traded { ticks } else { *volume };
    if !traded && ticks.is_some() {
        *volume = ticks;
    }
    Ok(Plan {
        clock: table.find(&["time"]),
        mic,
        zone_unknown: Some(ZONE),
        known: table.find(&["spread"]).into_iter().chain(unused).collect(),
        ..Plan::new("metatrader", "MetaTrader history", table.find(&["date"]).unwrap_or_default(), group)
    })
}

/// `EURUSD_M15_202401020000_202401312345` and `EURUSD1440` are EURUSD.
fn of_name(stem: &str) -> Option<String> {
    if let Some((symbol, rest)) = stem.split_once('_') {
        let interval = rest.split('_').next()?;
        let told = ["Daily", "Weekly", "Monthly"].contains(&interval)
            || interval.strip_prefix(['M', 'H']).is_some_and(|number| number.parse::<u32>().is_ok());
        return told.then(|| symbol.to_owned());
    }
    let symbol = MINUTES.iter().find_map(|minutes| stem.strip_suffix(minutes))?;
    let letters = symbol.len() >= 2 && symbol.bytes().all(|byte| byte.is_ascii_uppercase());
    letters.then(|| symbol.to_owned())
}

/// Two currencies: a market that never closes in the week.
fn is_pair(symbol: &str) -> bool {
    let currencies = [
        "USD", "EUR", "JPY", "GBP", "CHF", "AUD", "NZD", "CAD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF",
        "TRY", "ZAR", "MXN", "SGD", "HKD", "CNH", "XAU", "XAG", "BTC", "ETH",
    ];
    let known = |part: Option<&str>| part.is_some_and(|part| currencies.contains(&part));
    symbol.len() == 6 && known(symbol.get(..3)) && known(symbol.get(3..))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::Collected;

    const HEADER: &str = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\r\n";

    #[test]
    fn version_5_is_read_with_ticks_for_a_volume_of_zero() {
        let rows = "2024.01.10\t00:00:00\t1.1\t1.2\t1.0\t1.15\t123\t0\t5\r\n2024.01.10\t00:15:00\t1.1\t1.2\t1.0\t1.15\t124\t0\t5\r\n";
        let text = format!("{HEADER}{rows}");
        let name = "EURUSD_M15_202401100000_202401100030.csv";
        let error =
            Collected::told(&HISTORY, name, text.as_bytes(), &Said::default()).map(|_| ()).unwrap_err();
        assert!(
            error.contains("broker's clock, whose zone the file does not name; name the zone with --zone"),
            "{error}"
        );
        let said = Said { zone: Some(chrono_tz::Tz::Europe__Athens), ..Said::default() };
        let read = Collected::told(&HISTORY, name, text.as_bytes(), &said).unwrap();
        assert_eq!(
            read.bar_lines(),
            [
                "EURUSD 2024-01-09T22:00:00Z 1.1 1.2 1 1.15 123",
                "EURUSD 2024-01-09T22:15:00Z 1.1 1.2 1 1.15 124"
            ]
        );
        let origin = &read.origins[0];
        assert_eq!((origin.mic.as_deref(), origin.timeframe.as_str()), (Some("XXXX"), "15m"));
        assert!(origin.ignored.is_empty(), "{:?}", origin.ignored);
    }

    #[test]
    fn daily_bars_of_version_5_have_no_clock_and_shares_have_a_volume() {
        let text = "<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n2024.01.10\t1\t2\t1\t2\t9\t1000\t5\n";
        let read =
            Collected::told(&HISTORY, "AAPL_Daily_2024.csv", text.as_bytes(), &Said::default()).unwrap();
        assert_eq!(read.bar_lines(), ["AAPL 2024-01-10 1 2 1 2 1000"]);
        assert_eq!(read.origins[0].mic, None);
    }

    #[test]
    fn version_4_has_no_header_and_the_symbol_in_its_name() {
        let text = b"2024.01.10,00:00,1.1,1.2,1.0,1.15,123\n2024.01.11,00:00,1.1,1.2,1.0,1.15,124\n";
        let read = Collected::told(&PLAIN, "EURUSD1440.csv", text, &Said::default()).unwrap();
        assert_eq!(
            read.bar_lines(),
            ["EURUSD 2024-01-10 1.1 1.2 1 1.15 123", "EURUSD 2024-01-11 1.1 1.2 1 1.15 124"]
        );
        let converted = [b"Date,Time,Open,High,Low,Close,Volume\n", &text[..]].concat();
        let again = Collected::told(&PLAIN, "EURUSD1440.csv", &converted, &Said::default()).unwrap();
        assert_eq!(again.bar_lines(), read.bar_lines());
    }
}
