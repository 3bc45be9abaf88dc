//! Which series bars belong to, and how the set tells them.

use super::super::sink::{ActionKind, Adjusted, Stamp};
use super::support::*;
use super::*;
use crate::days::day_of;

fn raw() -> super::super::sink::Origin {
    origin(Timeframe::Day, Adjusted::Raw)
}

fn pair(id: &str, symbol: &str) -> (String, String) {
    (id.to_owned(), symbol.to_owned())
}

/// BGU became SPXL on 2012-06-28.
#[test]
fn a_rename_continues_a_series_whatever_comes_first() {
    let old = [("2012-06-26", 1.0), ("2012-06-27", 2.0)];
    let new = [("2012-06-28", 3.0), ("2012-06-29", 4.0)];
    let mut digests = Vec::new();
    for order in 0..3 {
        let dir = tempfile::tempdir().unwrap();
        let set = dir.path();
        let tell_bars = |sink: &mut dyn super::super::sink::Sink| {
            daily(sink, "BGU", &old);
            daily(sink, "SPXL", &new);
        };
        match order {
            0 => {
                feed(set, &options(), raw(), |sink| {
                    tell_bars(sink);
                    rename(sink, "BGU", "SPXL", "2012-06-28");
                });
            }
            1 => {
                let summary = feed(set, &options(), raw(), tell_bars);
                assert_eq!(summary.instruments, 2);
                let joined = feed(set, &options(), raw(), |sink| rename(sink, "BGU", "SPXL", "2012-06-28"));
                assert_eq!((joined.instruments, joined.actions.added), (1, 1));
            }
            _ => {
                feed(set, &options(), raw(), |sink| daily(sink, "BGU", &old));
                feed(set, &options(), raw(), |sink| rename(sink, "BGU", "SPXL", "2012-06-28"));
                feed(set, &options(), raw(), |sink| daily(sink, "SPXL", &new));
            }
        }
        let market = Market::open(set).unwrap();
        assert_eq!(names(&market), [pair("XNYS:BGU", "SPXL")], "{order}");
        assert_eq!(closes(&market, 0), [1.0, 2.0, 3.0, 4.0], "{order}");
        let former = &market.instruments()[0].former[0];
        assert_eq!((former.symbol.as_str(), former.until), ("BGU", date("2012-06-28")));
        digests.push(market.digest().to_owned());
        let again = feed(set, &options(), raw(), |sink| rename(sink, "BGU", "SPXL", "2012-06-28"));
        assert_eq!((again.actions.unchanged, again.digest), (1, market.digest().to_owned()));
    }
    digests.dedup();
    assert_eq!(digests.len(), 1);
}

/// As ENRN, delisted and reused: no later company continues the series of an earlier one.
#[test]
fn a_reused_ticker_is_another_instrument() {
    let dir = tempfile::tempdir().unwrap();
    let bars = [("2011-11-29", 1.0), ("2011-11-30", 2.0), ("2019-06-03", 50.0)];
    feed(dir.path(), &options(), raw(), |sink| {
        action(sink, "ENRN", ActionKind::Delisting, "2011-12-01");
        daily(sink, "ENRN", &bars);
    });
    let market = Market::open(dir.path()).unwrap();
    assert_eq!(names(&market), [pair("XNYS:ENRN", "ENRN"), pair("XNYS:ENRN#2", "ENRN")]);
    assert_eq!((closes(&market, 0), closes(&market, 1)), (vec![1.0, 2.0], vec![50.0]));
    assert_eq!(market.instruments()[0].delisted, Some(date("2011-12-01")));
    // the same again, and newer bars: still two
    let again = feed(dir.path(), &options(), raw(), |sink| daily(sink, "ENRN", &bars));
    assert_eq!((again.bars_unchanged, again.digest), (3, market.digest().to_owned()));
    feed(dir.path(), &options(), raw(), |sink| daily(sink, "ENRN", &[("2019-06-04", 51.0)]));
    assert_eq!(closes(&Market::open(dir.path()).unwrap(), 1), [50.0, 51.0]);
}

#[test]
fn words_that_look_like_values_are_tickers() {
    let dir = tempfile::tempdir().unwrap();
    let tickers = ["1E5", "CON", "INF", "NA", "NAN", "NULL", "TRUE"];
    let rows: String = tickers.iter().map(|ticker| format!("2018-02-06,1,1,1,1,1,{ticker}\n")).collect();
    import_text(dir.path(), "a.csv", &format!("{HEADER}{rows}")).unwrap();
    let market = Market::open(&dir.path().join("set")).unwrap();
    let symbols: Vec<&str> =
        market.instruments().iter().map(|instrument| instrument.symbol.as_str()).collect();
    assert_eq!(symbols, tickers);
}

#[test]
fn spellings_of_one_ticker_are_one_series() {
    let dir = tempfile::tempdir().unwrap();
    let rows = "2018-02-05,1,1,1,1,1,BRK-B\n2018-02-06,2,2,2,2,2,BRK/B\n2018-02-07,3,3,3,3,3,BRK.B\n";
    import_text(dir.path(), "a.csv", &format!("{HEADER}{rows}")).unwrap();
    let market = Market::open(&dir.path().join("set")).unwrap();
    assert_eq!(names(&market), [pair("XNYS:BRK.B", "BRK.B")]);
    assert_eq!(closes(&market, 0), [1.0, 2.0, 3.0]);
    let aliases: Vec<&str> = market.instruments()[0].aliases.iter().map(Symbol::as_str).collect();
    assert_eq!(aliases, ["BRK-B", "BRK/B"]);
}

#[test]
fn a_suffix_names_the_venue() {
    let dir = tempfile::tempdir().unwrap();
    import_text(dir.path(), "a.csv", &format!("{HEADER}2018-02-06,1,1,1,1,1,0700.HK\n")).unwrap();
    let market = Market::open(&dir.path().join("set")).unwrap();
    assert_eq!(names(&market), [pair("XHKG:0700.HK", "0700.HK")]);
}

#[test]
fn a_split_that_comes_after_the_bars_leaves_them_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let before = [("2024-07-01", 400.0), ("2024-07-02", 404.0)];
    feed(dir.path(), &options(), raw(), |sink| daily(sink, "A", &before));
    let summary = feed(dir.path(), &options(), raw(), |sink| {
        action(sink, "A", ActionKind::Split(4.0), "2024-07-03");
        daily(sink, "A", &[("2024-07-03", 101.0)]);
    });
    assert_eq!((summary.actions.added, summary.bars_added), (1, 1));
    let market = Market::open(dir.path()).unwrap();
    assert_eq!(closes(&market, 0), [400.0, 404.0, 101.0]);
    let split = &market.set.actions.all().unwrap()[0];
    assert_eq!((split.ex_day, split.known_at), (day_of(date("2024-07-03")), at("2024-07-03T08:00:00Z")));
}

#[test]
fn adjusted_bars_tell_up_to_when_they_are() {
    let dir = tempfile::tempdir().unwrap();
    feed(dir.path(), &options(), origin(Timeframe::Day, Adjusted::Split), |sink| {
        daily(sink, "A", &[("2024-07-01", 1.0), ("2024-07-02", 2.0)]);
        daily(sink, "B", &[("2024-07-01", 1.0)]);
    });
    feed(dir.path(), &options(), raw(), |sink| daily(sink, "B", &[("2024-07-02", 2.0)]));
    let market = Market::open(dir.path()).unwrap();
    let through = |instrument| -> Vec<(Adjusted, Option<i32>)> {
        let bars = stored(&market, Timeframe::Day, instrument);
        bars.into_iter().map(|(.., origin)| (origin.adjusted, origin.through)).collect()
    };
    let day = |text| Some(day_of(date(text)));
    assert_eq!(through(0), [(Adjusted::Split, day("2024-07-02")); 2]);
    assert_eq!(through(1), [(Adjusted::Split, day("2024-07-01")), (Adjusted::Raw, None)]);
}

#[test]
fn pages_of_one_source_are_adjusted_up_to_the_newest_day_of_all_of_them() {
    let page = |ticker: &str, rows: &[(&str, f64)]| {
        let bar = |(date, price): &(&str, f64)| {
            let t = at(&format!("{date}T04:00:00Z")).millis();
            format!("{{\"t\":{t},\"o\":{price},\"h\":{price},\"l\":{price},\"c\":{price},\"v\":1}}")
        };
        let bars: Vec<String> = rows.iter().map(bar).collect();
        format!("{{\"ticker\":\"{ticker}\",\"adjusted\":true,\"results\":[{}]}}", bars.join(","))
    };
    let dir = tempfile::tempdir().unwrap();
    // a split of four for one on 3 July, which the prices before it are adjusted for on both pages
    let files = [
        ("1.json", page("A", &[("2024-06-28", 99.0), ("2024-07-01", 100.0), ("2024-07-02", 101.0)])),
        ("2.json", page("A", &[("2024-07-03", 102.0), ("2024-07-05", 103.0), ("2024-07-08", 104.0)])),
        ("3.json", page("B", &[("2024-06-28", 1.0), ("2024-07-01", 1.0), ("2024-07-02", 1.0)])),
    ];
    let write = |(name, text): (&str, String)| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let set = dir.path().join("set");
    import(&set, &files.map(write), &options(), &mut |_| {}).unwrap();
    import_text(dir.path(), "s.csv", "symbol,date,dividends,stock_splits\nA,2024-07-03,0,4\n").unwrap();
    let market = Market::open(&set).unwrap();
    let through = |instrument| -> Vec<Option<i32>> {
        let bars = stored(&market, Timeframe::Day, instrument);
        bars.into_iter().map(|(.., origin)| origin.through).collect()
    };
    let day = |text| Some(day_of(date(text)));
    assert_eq!(through(0), [day("2024-07-08"); 6]);
    assert_eq!(through(1), [day("2024-07-02"); 3], "another ticker ends where it ends");
    let wanted = crate::BarRequest {
        timeframe: Timeframe::Day,
        columns: &[crate::BarColumn::Close],
        time: false,
        lookback: 9,
        max_age: None,
        adjustment: crate::Adjustment::Split,
    };
    let seen = market.snapshot(&crate::AsOf::Latest).unwrap().read(&[0], &wanted).unwrap();
    assert_eq!(seen.columns[0], [99.0, 100.0, 101.0, 102.0, 103.0, 104.0], "not adjusted twice");
}

#[test]
fn weeks_months_and_minutes_are_told_by_their_own_keys() {
    let dir = tempfile::tempdir().unwrap();
    let prices = [1.0, 1.0, 1.0, 1.0, 1.0];
    let key = |text: &str| i64::from(day_of(date(text)));
    feed(dir.path(), &options(), origin(Timeframe::Week, Adjusted::Raw), |sink| {
        let ticker = ticker(sink, "A");
        sink.bar(Place::Line(1), ticker, Stamp::Day(date("2024-07-05")), prices);
    });
    feed(dir.path(), &options(), origin(Timeframe::Month, Adjusted::Raw), |sink| {
        let ticker = ticker(sink, "A");
        sink.bar(Place::Line(1), ticker, Stamp::At(at("2024-07-01T04:00:00Z")), prices);
    });
    let minute = "2024-07-01T13:30:00Z";
    feed(dir.path(), &options(), origin(Timeframe::Minute, Adjusted::Raw), |sink| {
        let ticker = ticker(sink, "A");
        sink.bar(Place::Line(1), ticker, Stamp::At(at(minute)), prices);
        sink.bar(Place::Line(2), ticker, Stamp::At(at("2024-07-01T13:31:00Z")), prices);
    });
    let market = Market::open(dir.path()).unwrap();
    let keys =
        |timeframe| -> Vec<i64> { stored(&market, timeframe, 0).into_iter().map(|(key, ..)| key).collect() };
    assert_eq!(keys(Timeframe::Week), [key("2024-07-01")]);
    assert_eq!(keys(Timeframe::Month), [key("2024-07-01")]);
    assert_eq!(keys(Timeframe::Minute), [at(minute).millis(), at(minute).millis() + 60_000]);
    assert_eq!((market.instruments().len(), market.bar_count()), (1, 4));
}

/// A candle of 15 minutes from 09:00 that was fetched at 09:01.
#[test]
fn a_running_candle_is_left_out_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let options = ImportOptions { now: at("2024-07-02T13:01:00Z"), ..options() };
    let summary = feed(dir.path(), &options, origin(Timeframe::Minutes15, Adjusted::Raw), |sink| {
        let ticker = ticker(sink, "A");
        for open in ["2024-07-02T12:45:00Z", "2024-07-02T13:00:00Z"] {
            sink.bar(Place::Line(1), ticker, Stamp::At(at(open)), [1.0; 5]);
        }
    });
    assert_eq!((summary.bars_added, count(&summary, FaultKind::Future)), (1, 1));
}

/// Two rows for one day, a row for the next day without prices.
#[test]
fn of_two_rows_for_a_day_the_later_stays_and_a_row_without_prices_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let rows = "2020-08-17,1,1,1,1,0,A\n2020-08-17,2,2,2,2,9,A\n2020-08-18,,,,,6527,A\n";
    let summary = import_text(dir.path(), "a.csv", &format!("{HEADER}{rows}")).unwrap();
    assert_eq!(summary.bars_added, 1);
    assert_eq!(count(&summary, FaultKind::Duplicate), 1);
    assert_eq!(count(&summary, FaultKind::NoPrices), 1);
    assert_eq!(count(&summary, FaultKind::MissingOpen), 0);
    assert_eq!(closes(&Market::open(&dir.path().join("set")).unwrap(), 0), [2.0]);
}

#[test]
fn a_file_may_run_backwards() {
    let dir = tempfile::tempdir().unwrap();
    let rows = "2018-02-07,3,3,3,3,3,A\n2018-02-06,2,2,2,2,2,A\n2018-02-05,1,1,1,1,1,A\n";
    let summary = import_text(dir.path(), "a.csv", &format!("{HEADER}{rows}")).unwrap();
    assert!(summary.faults.is_empty(), "{:?}", summary.faults);
    assert_eq!(closes(&Market::open(&dir.path().join("set")).unwrap(), 0), [1.0, 2.0, 3.0]);
}

#[test]
fn a_tiny_memory_gives_the_same_set() {
    let rows: String = (0..30_000)
        .map(|row| {
            let (day, month, ticker) = (1 + row / 3 % 28, 1 + row / 84 % 12, ["A", "B", "C"][row % 3]);
            format!("2018-{month:02}-{day:02},1,2,1,2,{},{ticker}\n", 1 + row)
        })
        .collect();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.csv");
    fs::write(&file, format!("{HEADER}{rows}")).unwrap();
    let summaries: Vec<ImportSummary> = [0, 10_000, 1 << 30]
        .into_iter()
        .map(|memory| {
            let set = dir.path().join(memory.to_string());
            let options = ImportOptions { memory, ..options() };
            let summary = import(&set, std::slice::from_ref(&file), &options, &mut |_| {}).unwrap();
            assert_eq!(contents(&set).len(), 3);
            summary
        })
        .collect();
    assert_eq!(summaries[0], summaries[2]);
    assert_eq!(summaries[1], summaries[2]);
    assert!(summaries[0].bars_added == 1008 && count(&summaries[0], FaultKind::Duplicate) > 1000);
}
