//! The shared files of events: every one is read to exactly what is in it, or refused with the documented reason.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use super::*;
use crate::import::error::ImportError;
use crate::import::faults::FaultKind;
use crate::import::reader::Said;
use crate::import::sink::{ActionKind, When};
use crate::import::testing::{Collected, seen_by};
use crate::testing::shared;

/// Reads a shared file by the one reader that sees it; none when it is not there.
fn read(file: &str, expected: &str) -> Option<Result<Collected, ImportError>> {
    let path = shared(&format!("events/{file}"))?;
    let bytes = unpacked(&path);
    let name = path.display().to_string();
    let seen: Vec<&str> = READERS.iter().flat_map(|readers| seen_by(readers, &name, &bytes)).collect();
    assert_eq!(seen, [expected], "{file}");
    let reader = READERS.iter().copied().flatten().find(|reader| reader.name == expected)?;
    Some(Collected::read(reader, &name, &bytes, &Said::default()))
}

fn unpacked(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return bytes;
    }
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut text).unwrap();
    text
}

#[test]
fn the_shared_earnings_are_9400_reports_before_open_or_after_close() {
    let Some(read) = read("earnings_sp500_2013-2018.csv.gz", "earnings") else { return };
    let read = read.unwrap();
    let before = read.events.iter().filter(|(_, event)| matches!(event.known, When::BeforeOpen(_))).count();
    let after = read.events.iter().filter(|(_, event)| matches!(event.known, When::AfterClose(_))).count();
    assert_eq!((read.events.len(), before, after, read.rows), (9400, 5737, 3663, 9400));
    assert_eq!((read.tickers.len(), read.faults.len()), (483, 0));
    let numbers: BTreeSet<usize> = read.events.iter().map(|(_, event)| event.numbers.len()).collect();
    assert_eq!(numbers, BTreeSet::from([3]));
    assert!(read.events.iter().all(|(_, event)| event.attributes[0].0 == "quarter"));
    let (first, last) =
        read.events.iter().fold(("9".to_owned(), String::new()), |(first, last), (_, event)| {
            let (When::BeforeOpen(date) | When::AfterClose(date)) = event.known else { return (first, last) };
            (first.min(date.to_string()), last.max(date.to_string()))
        });
    assert!(("2013-02"..="2013-03").contains(&first.as_str()), "{first}");
    assert!(last.starts_with("2018-0"), "{last}");
}

#[test]
fn the_shared_splits_and_dividends_are_those_of_the_file() {
    let Some(splits) = read("polygon_splits.json", "polygon-splits") else { return };
    let splits = splits.unwrap();
    let ratio = |ticker: &str| {
        let of =
            |(_, action): &&(_, crate::import::sink::ActionRow)| splits.spelling(action.ticker) == ticker;
        splits.actions.iter().find(of).map(|(_, action)| action.kind.clone())
    };
    assert_eq!((splits.actions.len(), splits.events.len(), splits.faults.len()), (10, 10, 0));
    assert_eq!(ratio("GOOGL"), Some(ActionKind::Split(20.0)));
    assert_eq!(ratio("BRW"), Some(ActionKind::Split(0.5)));
    assert_eq!(ratio("CIG.C"), Some(ActionKind::Split(4.0 / 3.0)));

    let dividends = read("polygon_dividends.json", "polygon-dividends").unwrap().unwrap();
    assert_eq!(
        (dividends.actions.len(), dividends.tickers.as_slice()),
        (10, ["CSSEN", "AIRTP"].map(str::to_owned).as_slice())
    );
    assert!(dividends.actions.iter().all(|(_, action)| matches!(action.known, Some(When::OnDate(_)))));
    assert_eq!(dividends.actions[0].1.kind, ActionKind::Dividend(0.593_75));
}

#[test]
fn the_shared_corporate_actions_are_fifteen() {
    let Some(read) = read("alpaca_corporate_actions.json", "alpaca-corporate-actions") else { return };
    let read = read.unwrap();
    let count =
        |wanted: fn(&ActionKind) -> bool| read.actions.iter().filter(|(_, a)| wanted(&a.kind)).count();
    assert_eq!(count(|kind| matches!(kind, ActionKind::Split(_))), 2);
    assert_eq!(count(|kind| matches!(kind, ActionKind::Rename(_))), 9);
    assert_eq!(count(|kind| matches!(kind, ActionKind::Delisting)), 4);
    assert_eq!((read.actions.len(), read.events.len(), read.faults.len()), (15, 15, 0));
}

#[test]
fn the_shared_article_is_told_of_its_four_tickers() {
    let Some(read) = read("polygon_news_NFLX.json", "polygon-news") else { return };
    let read = read.unwrap();
    assert_eq!(read.tickers, ["MSFT", "TSN", "NFLX", "AMZN"]);
    let known = When::At("2022-04-28T17:08:00Z".parse().unwrap());
    assert!(read.events.iter().all(|(_, event)| event.known == known));
}

#[test]
fn the_shared_holidays_are_refused() {
    let Some(read) = read("polygon_market_holidays_upcoming.json", "polygon-holidays") else { return };
    let refused = read.map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("calendar.toml"), "{refused}");
}

#[test]
fn the_shared_filings_are_told_by_transaction_and_the_header_belongs_to_neither() {
    let Some(snow) = read("sec_form4_SNOW_2022-12-13.xml", "sec-form4") else { return };
    let snow = snow.unwrap();
    let codes: Vec<&str> = snow.events.iter().map(|(_, event)| event.attributes[0].1.as_str()).collect();
    assert_eq!(codes, ["M", "S", "S", "S", "S", "S", "M"]);
    assert_eq!(
        (snow.tickers.as_slice(), snow.count(FaultKind::KnownAt)),
        (["SNOW".to_owned()].as_slice(), 1)
    );
    assert!(snow.events.iter().all(|(_, event)| event.known == When::OnDate("2022-12-14".parse().unwrap())));
    let sold: f64 =
        snow.events.iter().filter(|(_, e)| e.attributes[0].1 == "S").map(|(_, e)| e.numbers[0].1).sum();
    assert!((195_000.0..205_000.0).contains(&sold), "{sold}");

    let scwo = read("sec_form4_SCWO_2025-04-30.xml", "sec-form4").unwrap().unwrap();
    assert_eq!(scwo.events.len(), 2);
    assert_eq!(scwo.events[0].1.known, When::OnDate("2025-05-02".parse().unwrap()));
    assert_eq!(
        scwo.events[0].1.headline,
        "Melkote Rajesh Ramaswamy was granted 757756 Common Stock (restricted stock units)"
    );

    let header = read("sec_form4_index-headers.html", "edgar-header").unwrap().unwrap();
    assert_eq!((header.events.len(), header.faults.len()), (0, 0));
}
