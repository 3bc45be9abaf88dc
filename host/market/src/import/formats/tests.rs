//! Vendors' files from shared data: each is imported, or refused for the reason that its README gives.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::Value;

use crate::import::files::{Files, read};
use crate::import::reader::Said;
use crate::import::sink::{Adjusted, Stamp};
use crate::import::testing::Collected;
use crate::testing::shared;

fn import(path: &Path, symbol: Option<&str>) -> Result<Collected, String> {
    let files = Files::find(&[path.to_path_buf()], &Rc::default()).map_err(|error| error.to_string())?;
    let said = Said { symbol: symbol.map(str::to_owned), ..Said::default() };
    let mut sink = Collected::default();
    read(&files.found, None, &said, &mut sink).map_err(|error| error.to_string())?;
    Ok(sink)
}

/// Path, symbol that is said, reader, timeframe, bars.
const BARS: &[(&str, Option<&str>, &str, &str, usize)] = &[
    ("yahoo/yahoofinance-AAPL-20040819-20180120.csv", Some("AAPL"), "yahoo", "1d", 3379),
    ("yahoo/yahoofinance-SPY-20200901-20210113.csv", Some("SPY"), "yahoo", "1d", 92),
    ("yahoo/yfinance_CALM-1d-no-bad-divs.csv", Some("CALM"), "yahoo", "1d", 662),
    ("yahoo/yfinance_4063-T-1d-bad-stock-split.csv", Some("4063.T"), "yahoo", "1d", 22),
    ("yahoo/yfinance_4063-T-1d-bad-stock-split-fixed.csv", Some("4063.T"), "yahoo", "1d", 22),
    ("yahoo/yfinance_AET-L-1d-100x-error.csv", Some("AET.L"), "yahoo", "1d", 23),
    ("intraday/yfinance_EA-15m-no-bad-divs.csv", Some("EA"), "yahoo", "15m", 319),
    ("intraday/SP500_NOV2019_Hist.csv", Some("^GSPC"), "csv-one", "1d", 20),
    ("stooq/reencoded/data/daily/us/nasdaq stocks/1/aapl.us.txt", None, "stooq", "1d", 1259),
    ("stooq/reencoded/data/daily/us/nyse stocks/1/brk-b.us.txt", None, "stooq", "1d", 277),
    ("tradingview/reencoded_NASDAQ_AAPL, 1D.csv", None, "tradingview", "1d", 277),
    ("alpaca/bars_AMZN_15Min.json", None, "alpaca", "15m", 5),
    ("alpaca/bars_GE_1Day_adjusted_page.json", None, "alpaca", "1d", 2),
    ("alpaca/bars_META_1Day_page1.json", None, "alpaca", "1d", 2),
    ("alpaca/bars_META_1Day_page2.json", None, "alpaca", "1d", 2),
    ("alpaca/multibars_1Day.json", None, "alpaca", "1d", 6),
    ("polygon/aggs_AAPL_1day_2005-04-01_2005-04-04.json", None, "polygon-json", "1d", 2),
    ("polygon/grouped_daily.json", None, "polygon-json", "1d", 1),
    ("polygon/minute_aggs_docs_sample.csv", None, "polygon", "1m", 2),
    ("polygon/reencoded_day_aggs_2018-02-07.csv", None, "polygon", "1d", 505),
    ("binance/ADABTC-1m-2021-11-27.csv", None, "binance", "1m", 10),
    // these hold no records
    ("dbn/test_data.ohlcv-1d.dbn", None, "dbn", "1d", 0),
    ("dbn/test_data.ohlcv-1d.dbz", None, "dbn", "1d", 0),
    ("dbn/test_data.ohlcv-1d.v1.dbn.zst", None, "dbn", "1d", 0),
    ("dbn/test_data.ohlcv-1d.v2.dbn.zst", None, "dbn", "1d", 0),
    ("dbn/test_data.ohlcv-1d.v3.dbn.zst", None, "dbn", "1d", 0),
    ("dbn/test_data.ohlcv-1h.v3.dbn.zst", None, "dbn", "1h", 2),
    ("dbn/test_data.ohlcv-1m.dbn", None, "dbn", "1m", 2),
    ("dbn/test_data.ohlcv-1m.v1.dbn.zst", None, "dbn", "1m", 2),
    ("dbn/test_data.ohlcv-1m.v3.dbn.zst", None, "dbn", "1m", 2),
    ("dbn/test_data.ohlcv-1s.v3.dbn.zst", None, "dbn", "1s", 2),
];

/// Path and the reason.
const REFUSED: &[(&str, &str)] = &[
    ("dbn/test_data.definition.v3.dbn.zst", "it holds definition, not bars; download the schema ohlcv-1d"),
    ("dbn/test_data.trades.v3.dbn.zst", "it holds trades, not bars; download the schema ohlcv-1d"),
    ("dbn/decoded_truth.json", "it is JSON of an unknown kind"),
    ("yahoo/yahoofinance-AAPL-20040819-20180120.csv", "does not say of which; name it with --symbol"),
    ("intraday/SP500_NOV2019_Hist.csv", "does not say of which; name it with --symbol"),
];

#[test]
fn every_vendors_file_is_imported_with_all_its_bars() {
    let Some(folder) = shared("formats") else { return };
    for (path, symbol, reader, timeframe, bars) in BARS {
        let read = import(&folder.join(path), *symbol).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read.files[0].1, *reader, "{path}");
        assert_eq!(read.origins[0].timeframe.as_str(), *timeframe, "{path}");
        assert_eq!((read.bars.len(), read.fault_lines()), (*bars, Vec::new()), "{path}");
    }
}

#[test]
fn what_holds_no_bars_is_refused_as_what_it_is() {
    let Some(folder) = shared("formats") else { return };
    for (path, reason) in REFUSED {
        let error = import(&folder.join(path), None).map(|_| ()).unwrap_err();
        assert!(error.contains(reason), "{path}: {error}");
    }
}

#[test]
fn no_file_of_the_folder_is_forgotten() {
    let Some(folder) = shared("formats") else { return };
    let files = Files::find(std::slice::from_ref(&folder), &Rc::default()).unwrap();
    let known: Vec<PathBuf> = BARS
        .iter()
        .map(|row| row.0)
        .chain(REFUSED.iter().map(|row| row.0))
        .map(|path| folder.join(path))
        .collect();
    for found in files.found {
        let path = found.content.path();
        let directory = path.starts_with(folder.join("nasdaqtrader"));
        assert!(directory || known.iter().any(|known| known == path), "{}", path.display());
    }
}

#[test]
fn prices_are_where_they_belong_in_files_with_an_order_of_their_own() {
    let Some(folder) = shared("formats") else { return };
    let lines = |path: &str, symbol| import(&folder.join(path), symbol).unwrap().bar_lines();
    let day = lines("polygon/reencoded_day_aggs_2018-02-07.csv", None);
    assert_eq!(day[1], "AAPL 2018-02-07T05:00:00Z 163.085 163.4 159.0685 159.54 51608580");
    let minute = lines("polygon/minute_aggs_docs_sample.csv", None);
    assert_eq!(minute[0], "AAPL 2025-04-16T08:35:00Z 200.29 200.63 200.29 200.5 4930");
    let american = lines("intraday/SP500_NOV2019_Hist.csv", Some("^GSPC"));
    assert_eq!(american[0], "^GSPC 2019-11-01 3050.72 3066.95 3050.72 3066.91 510301237");
    let premarket = lines("intraday/yfinance_EA-15m-no-bad-divs.csv", Some("EA"));
    assert_eq!(premarket[0], "EA 2026-05-26T08:00:00Z 170.0712 200.8117 170.0712 199.85 0");
    let session = lines("tradingview/reencoded_NASDAQ_AAPL, 1D.csv", None);
    assert_eq!(session[0], "AAPL 2017-01-03T14:30:00Z 115.8 116.33 114.76 116.15 28781865");
    let coin = lines("binance/ADABTC-1m-2021-11-27.csv", None);
    assert_eq!(coin[0], "ADABTC 2021-11-27T00:00:00Z 0.00002853 0.00002854 0.00002851 0.00002854 36304.2");
    let class = lines("stooq/reencoded/data/daily/us/nyse stocks/1/brk-b.us.txt", None);
    assert_eq!(class[0], "BRK-B 2017-01-03 164.34 164.71 162.44 163.83 4090967");
}

#[test]
fn dividends_of_a_yfinance_file_are_actions_of_their_dates() {
    let Some(folder) = shared("formats") else { return };
    let read =
        import(&folder.join("yahoo/yfinance_4063-T-1d-bad-stock-split-fixed.csv"), Some("4063.T")).unwrap();
    let actions: Vec<String> =
        read.actions.iter().map(|(_, action)| format!("{} {:?}", action.ex_date, action.kind)).collect();
    assert_eq!(actions, ["2023-03-30 Dividend(55.0)", "2023-03-30 Split(5.0)"]);
    assert_eq!(read.origins[0].adjustment, Adjusted::Split);
}

#[test]
fn dbn_files_equal_what_databentos_own_program_decodes() {
    let Some(folder) = shared("formats/dbn") else { return };
    let truth: Value = serde_json::from_slice(&fs::read(folder.join("decoded_truth.json")).unwrap()).unwrap();
    let mut compared = 0;
    for (name, file) in truth.as_object().unwrap() {
        let path = folder.join(name);
        if !file["schema"].as_str().unwrap().starts_with("ohlcv") || !path.exists() {
            continue;
        }
        let read = import(&path, None).unwrap();
        let records = file["records"].as_array().unwrap();
        assert_eq!(read.bars.len(), records.len(), "{name}");
        for (record, (_, ticker, stamp, values)) in records.iter().zip(&read.bars) {
            let price = |name: &str| record[name].as_i64().unwrap() as f64 / 1e9;
            let volume = record["volume"].as_u64().unwrap() as f64;
            let expected = [price("open"), price("high"), price("low"), price("close"), volume];
            let millis = record["ts_event"].as_i64().unwrap() / 1_000_000;
            let Stamp::At(at) = stamp else { panic!("{name}: {stamp:?}") };
            assert_eq!((at.millis(), *values), (millis, expected), "{name}");
            assert_eq!(read.spelling(*ticker), file["symbols"][0].as_str().unwrap(), "{name}");
            compared += 1;
        }
    }
    assert_eq!(compared, 10);
}
