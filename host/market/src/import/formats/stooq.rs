//! Stooq: the bulk text files of its database, and the history of one instrument.
//!
//! Whether prices are adjusted, and for what, Stooq does not say. Nor does it say in which zone intraday bars are
//! stamped, so that has to be said.

use super::bar_table::{self, Group, Known, Plan, Who, no_column, with_header};
use super::{first_row, has, names};
use crate::bars::Timeframe;
use crate::import::error::ImportError;
use crate::import::reader::Reader;
use crate::import::table::Table;

/// Files of the database: tickers, timeframe, date and time in every row.
pub(super) const BULK: Reader = Reader {
    name: "stooq",
    title: "Stooq bulk text",
    sees: |head| has(head, &["ticker", "per", "date", "time", "open", "high", "low", "close"]),
    read: |input, sink| bar_table::read(input, sink, with_header, &plan_bulk),
};

/// `aapl_us_d.csv`: the layout is anybody's, the file's name is Stooq's.
pub(super) const SINGLE: Reader = Reader {
    name: "stooq-csv",
    title: "Stooq history of one instrument",
    sees: |head| {
        has(head, &["date", "open", "high", "low", "close"])
            && head.columns.len() <= 6
            && of_name(&names::stem(head.path)).is_some()
    },
    read: |input, sink| bar_table::read(input, sink, with_header, &plan_single),
};

fn plan_bulk(table: &Table<'_>, known: &Known<'_>) -> Result<Plan, ImportError> {
    let column = |name: &str| table.find(&[name]).ok_or_else(|| no_column(known, table, name));
    let ticker = column("ticker")?;
    let group = Group::usual(table, Who::Column(ticker, without_us));
    let group = group.ok_or_else(|| no_column(known, table, "close"))?;
    let first = first_row(known.head, true).get(ticker).cloned().unwrap_or_default();
    let folder = known.path.to_string_lossy().to_ascii_lowercase();
    Ok(Plan {
        clock: Some(column("time")?),
        told: Some((column("per")?, timeframe)),
        mic: venue(&folder, &first.to_ascii_uppercase()).map(str::to_owned),
        zone_unknown: Some("Stooq does not say in which zone its intraday bars are stamped"),
        known: table.find(&["openint"]).into_iter().collect(),
        ..Plan::new("stooq", "Stooq bulk text", column("date")?, group)
    })
}

fn plan_single(table: &Table<'_>, known: &Known<'_>) -> Result<Plan, ImportError> {
    let named = of_name(&names::stem(known.path));
    let symbol = names::symbol(known.path, known.said, |stem| of_name(stem).map(|(symbol, ..)| symbol))?;
    let group = Group::usual(table, Who::One(symbol)).ok_or_else(|| no_column(known, table, "close"))?;
    let stamp = table.find(&["date"]).ok_or_else(|| no_column(known, table, "date"))?;
    let (mic, timeframe) = named.map_or((None, None), |(_, mic, timeframe)| (mic, Some(timeframe)));
    let mic = mic.map(str::to_owned);
    Ok(Plan { mic, timeframe, ..Plan::new("stooq", "Stooq history", stamp, group) })
}

/// `AAPL.US` is AAPL; other countries keep their suffix.
fn without_us(ticker: &[u8]) -> &[u8] {
    match ticker.len().checked_sub(3).and_then(|length| ticker.split_at_checked(length)) {
        Some((root, suffix)) if suffix.eq_ignore_ascii_case(b".US") => root,
        _ => ticker,
    }
}

fn timeframe(text: &[u8]) -> Option<Timeframe> {
    Some(match text {
        b"D" => Timeframe::Day,
        b"W" => Timeframe::Week,
        b"M" => Timeframe::Month,
        b"60" => Timeframe::Hour,
        b"30" => Timeframe::Minutes30,
        b"15" => Timeframe::Minutes15,
        b"5" => Timeframe::Minutes5,
        b"1" => Timeframe::Minute,
        _ => return None,
    })
}

/// The venue by the database's folders (`nasdaq stocks`), else the country by the ticker's suffix.
fn venue(folder: &str, ticker: &str) -> Option<&'static str> {
    let folders = [
        ("nasdaq ", "XNAS"),
        ("nysemkt ", "XASE"),
        ("nyse ", "XNYS"),
        ("lse ", "XLON"),
        ("xetra ", "XETR"),
        ("tse ", "XTKS"),
        ("hkex ", "XHKG"),
    ];
    let found = folders.iter().find(|(name, _)| folder.split(['/', '\\']).any(|part| part.starts_with(name)));
    found.map(|(_, mic)| *mic).or_else(|| {
        let (_, suffix) = ticker.rsplit_once('.')?;
        country(suffix)
    })
}

fn country(suffix: &str) -> Option<&'static str> {
    Some(match suffix {
        "US" => "XNYS",
        "UK" => "XLON",
        "DE" => "XETR",
        "JP" => "XTKS",
        "HK" => "XHKG",
        "PL" => "XWAR",
        "HU" => "XBUD",
        "V" => "XXXX",
        _ => return None,
    })
}

/// Ticker, venue and timeframe in a name like `aapl_us_d` or `^spx_d`.
fn of_name(stem: &str) -> Option<(String, Option<&'static str>, Timeframe)> {
    let (ticker, interval) = stem.rsplit_once('_')?;
    let timeframe = timeframe(interval.to_ascii_uppercase().as_bytes())?;
    let small = |text: &str| {
        !text.is_empty()
            && !text.bytes().any(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte == b' ')
    };
    match ticker.rsplit_once('_') {
        Some((root, suffix)) if small(root) && (1..=2).contains(&suffix.len()) => {
            let suffix = suffix.to_ascii_uppercase();
            let root = root.to_ascii_uppercase();
            let mic = country(&suffix)?;
            Some((if suffix == "US" { root } else { format!("{root}.{suffix}") }, Some(mic), timeframe))
        }
        None if small(ticker) && ticker.starts_with('^') => {
            Some((ticker.to_ascii_uppercase(), None, timeframe))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::Collected;

    const HEADER: &str = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\r\n";

    fn read(path: &str, rows: &str, said: &Said) -> Result<Collected, String> {
        Collected::told(&BULK, path, format!("{HEADER}{rows}").as_bytes(), said)
    }

    #[test]
    fn a_bulk_file_tells_ticker_timeframe_and_by_its_folder_the_venue() {
        let rows = "AAPL.US,D,20240110,000000,100,110,95,105.5,98594718.564571,0\r\n";
        let read = read("data/daily/us/nasdaq stocks/1/aapl.us.txt", rows, &Said::default()).unwrap();
        assert_eq!(read.bar_lines(), ["AAPL 2024-01-10 100 110 95 105.5 98594718.564571"]);
        let origin = &read.origins[0];
        assert_eq!(
            (origin.source, origin.timeframe, origin.mic.as_deref()),
            ("stooq", Timeframe::Day, Some("XNAS"))
        );
        assert!(origin.ignored.is_empty(), "{:?}", origin.ignored);
    }

    #[test]
    fn reserved_names_and_other_countries_are_told_by_the_rows() {
        let prn = read("daily/us/_prn.us.txt", "PRN.US,D,20240110,000000,1,1,1,1,1,0\r\n", &Said::default())
            .unwrap();
        assert_eq!((prn.tickers[0].as_str(), prn.origins[0].mic.as_deref()), ("PRN", Some("XNYS")));
        let toyota =
            read("7203.jp.txt", "7203.JP,D,20240110,000000,1,1,1,1,1,0\r\n", &Said::default()).unwrap();
        assert_eq!((toyota.tickers[0].as_str(), toyota.origins[0].mic.as_deref()), ("7203.JP", Some("XTKS")));
    }

    #[test]
    fn a_file_with_a_header_only_gives_nothing() {
        let read =
            read("x.us.txt", "", &Said { timeframe: Some(Timeframe::Day), ..Said::default() }).unwrap();
        assert_eq!((read.bars.len(), read.rows), (0, 0));
    }

    #[test]
    fn intraday_bars_need_a_zone() {
        let rows = "AAPL.US,5,20240110,153500,1,2,1,2,10,0\r\n";
        let error = read("a.txt", rows, &Said::default()).unwrap_err();
        assert!(
            error.contains("in which zone its intraday bars are stamped; name the zone with --zone"),
            "{error}"
        );
        let said = Said { zone: Some(chrono_tz::Tz::Europe__Warsaw), ..Said::default() };
        assert_eq!(read("a.txt", rows, &said).unwrap().bar_lines(), ["AAPL 2024-01-10T14:35:00Z 1 2 1 2 10"]);
    }

    #[test]
    fn two_timeframes_in_one_file_are_refused_with_the_line() {
        let rows = "A.US,D,20240110,000000,1,1,1,1,1,0\r\nA.US,5,20240110,153500,1,1,1,1,1,0\r\n";
        assert_eq!(
            read("a.txt", rows, &Said::default()).unwrap_err(),
            "a.txt: line 3: its bars are of 5m here and of 1d above; split it by timeframe"
        );
        let rows = "A.US,Q,20240110,000000,1,1,1,1,1,0\r\n";
        let error =
            read("a.txt", rows, &Said { timeframe: Some(Timeframe::Day), ..Said::default() }).unwrap_err();
        assert!(
            error.starts_with("a.txt: line 2: \"Q\" is no timeframe that is stored; known are 1"),
            "{error}"
        );
    }

    #[test]
    fn a_history_is_told_by_its_name_too() {
        let text = b"Date,Open,High,Low,Close,Volume\n2024-01-10,1,2,1,2,10\n";
        let read = Collected::told(&SINGLE, "brk-b_us_d.csv", text, &Said::default()).unwrap();
        assert_eq!(read.bar_lines(), ["BRK-B 2024-01-10 1 2 1 2 10"]);
        assert_eq!(read.origins[0].mic.as_deref(), Some("XNYS"));
        assert_eq!(of_name("^spx_w"), Some(("^SPX".to_owned(), None, Timeframe::Week)));
        assert_eq!(
            of_name("vod_uk_d").map(|(symbol, mic, _)| (symbol, mic)),
            Some(("VOD.UK".to_owned(), Some("XLON")))
        );
        for name in ["my_data_d", "AAPL_us_d", "aapl_us_x", "d", "spx_d"] {
            assert_eq!(of_name(name), None, "{name}");
        }
    }
}
