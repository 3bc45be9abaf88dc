use std::path::Path;

use chrono_tz::Tz;

use super::*;
use crate::instant::Instant;
use crate::instrument::{FormerTicker, Instrument};
use crate::market::Market;
use crate::symbol::Symbol;
use crate::testing::contents;

mod first_format;

fn symbol(text: &str) -> Symbol {
    Symbol::try_from(text).unwrap()
}

fn listed(text: &str) -> Instrument {
    Instrument::listed(symbol(text), "XNYS")
}

fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

fn origin(adjusted: Adjusted, through: Option<i32>) -> OriginRecord {
    OriginRecord { source: "yahoo".to_owned(), stamped: Stamped::Open, adjusted, through }
}

/// Bars with the same price in all columns.
fn append(writer: &mut SetWriter, timeframe: Timeframe, bars: &[(i64, f64, u32)]) {
    let keys: Vec<i64> = bars.iter().map(|(key, ..)| *key).collect();
    let prices: Vec<f64> = bars.iter().map(|(_, price, _)| *price).collect();
    let origins: Vec<u32> = bars.iter().map(|(.., origin)| *origin).collect();
    let rows = Rows { keys: &keys, numbers: [&prices; NUMBERS], origins: &origins };
    writer.append(timeframe, rows).unwrap();
}

/// What a series has of an instrument: keys, closes, origins.
fn stored(market: &Market, timeframe: Timeframe, instrument: usize) -> Vec<(i64, f64, i32)> {
    let series = market.set.series(timeframe).unwrap();
    let span = series.spans[instrument];
    let rows = span.first..span.first + span.rows;
    let rows = std::slice::from_ref(&rows);
    let (mut keys, mut closes, mut origins) = (Vec::new(), Vec::new(), Vec::new());
    series.file.read_keys(rows, &mut keys).unwrap();
    series.file.read_numbers(3, rows, &mut closes).unwrap();
    series.file.read_origins(rows, &mut origins).unwrap();
    assert_eq!(span.keys, keys.first().copied().zip(keys.last().copied()));
    keys.into_iter().zip(closes).zip(origins).map(|((key, close), origin)| (key, close, origin)).collect()
}

fn write(dir: &Path, fill: impl FnOnce(&mut SetWriter)) -> Manifest {
    let mut writer = SetWriter::lock(dir).unwrap().start(0);
    assert_eq!(writer.origin(origin(Adjusted::Raw, None)), 0);
    assert_eq!(writer.origin(origin(Adjusted::Split, Some(17_569))), 1);
    assert_eq!(writer.origin(origin(Adjusted::Raw, None)), 0);
    fill(&mut writer);
    writer.commit().unwrap()
}

fn whole() -> RecordSet {
    let at = instant("2018-02-07T21:00:00Z");
    let action = |instrument, id: &str, kind, ex_day| ActionRecord {
        instrument,
        id: id.to_owned(),
        kind,
        ex_day,
        known_at: at,
    };
    RecordSet {
        actions: vec![
            action(1, "c", ActionRecordKind::Rename { from: symbol("B"), to: symbol("C") }, 17_570),
            action(1, "d", ActionRecordKind::Delisting, 17_600),
            action(0, "b", ActionRecordKind::Dividend(0.25), 17_569),
            action(0, "a", ActionRecordKind::Split(4.0), 17_569),
        ],
        events: vec![EventRecord {
            instrument: 1,
            id: "e".to_owned(),
            kind: "earnings".to_owned(),
            known_at: at,
            effective_at: instant("2018-02-08T21:00:00Z"),
            headline: "Ünïcode".to_owned(),
            source: "polygon".to_owned(),
            numbers: vec![("eps".to_owned(), 1.5), ("surprise".to_owned(), f64::NAN)],
            attributes: vec![("session".to_owned(), "post".to_owned())],
        }],
        facts: vec![FactRecord { instrument: 0, name: "pe".to_owned(), value: 12.5, known_at: at }],
        members: vec![MemberRecord {
            instrument: 1,
            index: "sp500".to_owned(),
            from_day: Some(10_000),
            to_day: None,
        }],
        quotes: vec![
            QuoteRecord {
                instrument: 1,
                at,
                bid: Some(0.0),
                ask: None,
                bid_size: None,
                ask_size: Some(300.0),
                last: Some(5.0),
            },
            QuoteRecord {
                instrument: 0,
                at,
                bid: Some(99.5),
                ask: Some(100.0),
                bid_size: Some(200.0),
                ask_size: None,
                last: None,
            },
        ],
    }
}

#[test]
fn a_set_gives_back_everything_that_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut rich = listed("C");
    rich.aliases = vec![symbol("C-A"), symbol("C/A")];
    rich.former = vec![FormerTicker { symbol: symbol("B"), until: "2018-02-08".parse().unwrap() }];
    rich.listed = Some("1999-12-07".parse().unwrap());
    rich.delisted = Some("2018-03-10".parse().unwrap());
    rich.attributes = vec![("cik".to_owned(), "0000320193".to_owned())];
    let start = instant("2018-02-07T14:30:00Z").millis();
    let manifest = write(dir.path(), |writer| {
        writer.push(listed("A"), Tz::America__New_York);
        append(writer, Timeframe::Day, &[(17_568, 1.0, 1)]);
        append(writer, Timeframe::Day, &[(17_569, f64::NAN, 0)]);
        writer.push(rich.clone(), Tz::America__New_York);
        append(writer, Timeframe::Minute, &[(start, 3.0, 0), (start + 60_000, 4.0, 0)]);
        append(writer, Timeframe::Day, &[(17_569, 5.0, 0)]);
        whole().add_to(writer);
    });
    assert_eq!(manifest.timeframes(), [Timeframe::Minute, Timeframe::Day]);
    assert_eq!(manifest.bars[0].days, [("XNYS".to_owned(), vec![17_569])]);
    assert_eq!(manifest.bars[1].days, [("XNYS".to_owned(), vec![17_568, 17_569])]);

    let market = Market::open(dir.path()).unwrap();
    assert_eq!((market.bar_count(), market.digest()), (5, manifest.digest.as_str()));
    assert_eq!(market.instruments()[1].aliases, rich.aliases);
    let texts = |instrument: &Instrument| Instrument { lot: 0.0, tick: 0.0, ..instrument.clone() };
    assert_eq!(texts(&market.instruments()[1]), texts(&rich));
    // numbers are given in the order of first use
    assert_eq!(market.set.origins, [origin(Adjusted::Split, Some(17_569)), origin(Adjusted::Raw, None)]);
    let daily = stored(&market, Timeframe::Day, 0);
    assert_eq!((daily[0], daily[1].0, daily[1].2), ((17_568, 1.0, 0), 17_569, 1));
    assert!(daily[1].1.is_nan());
    assert_eq!(stored(&market, Timeframe::Day, 1), [(17_569, 5.0, 1)]);
    assert_eq!(stored(&market, Timeframe::Minute, 0), []);
    assert_eq!(stored(&market, Timeframe::Minute, 1), [(start, 3.0, 1), (start + 60_000, 4.0, 1)]);

    let mut sorted = whole();
    sorted.sort();
    assert_eq!(market.set.actions.all().unwrap(), sorted.actions);
    assert_eq!(market.set.actions.of(0).unwrap().len(), 2);
    let event = &market.set.events.of(1).unwrap()[0];
    assert!(event.numbers[1].1.is_nan());
    assert_eq!(
        (event.numbers[0].clone(), &event.headline, &event.attributes),
        (("eps".to_owned(), 1.5), &sorted.events[0].headline, &sorted.events[0].attributes)
    );
    assert_eq!(market.set.facts.all().unwrap(), sorted.facts);
    assert_eq!(market.set.members.all().unwrap(), sorted.members);
    assert_eq!(market.set.members.of(0).unwrap(), []);
    assert_eq!(market.set.quotes.all().unwrap(), sorted.quotes);
    assert_eq!(market.set.quotes.of(0).unwrap()[0].bid, Some(99.5));
}

#[test]
fn the_digest_tells_every_change_and_not_how_bars_came() {
    let dir = tempfile::tempdir().unwrap();
    let digest = |fill: &dyn Fn(&mut SetWriter)| {
        write(dir.path(), |writer| {
            writer.push(listed("A"), Tz::UTC);
            fill(writer);
        })
        .digest
    };
    let all = digest(&|writer| append(writer, Timeframe::Day, &[(1, 1.0, 0), (2, 2.0, 0)]));
    let pieces = digest(&|writer| {
        append(writer, Timeframe::Day, &[(1, 1.0, 0)]);
        append(writer, Timeframe::Day, &[(2, 2.0, 0)]);
    });
    assert_eq!(all, pieces);
    let others = [
        digest(&|_| {}),
        digest(&|writer| append(writer, Timeframe::Day, &[(1, 1.0, 0), (2, 2.5, 0)])),
        digest(&|writer| append(writer, Timeframe::Day, &[(1, 1.0, 0), (3, 2.0, 0)])),
        digest(&|writer| append(writer, Timeframe::Day, &[(1, 1.0, 0), (2, 2.0, 1)])),
        digest(&|writer| append(writer, Timeframe::Week, &[(1, 1.0, 0), (2, 2.0, 0)])),
        digest(&|writer| {
            append(writer, Timeframe::Day, &[(1, 1.0, 0), (2, 2.0, 0)]);
            RecordSet { members: whole().members, ..RecordSet::default() }.add_to(writer);
        }),
    ];
    for (index, other) in others.iter().enumerate() {
        assert_ne!(*other, all, "{index}");
        assert!(!others[..index].contains(other), "{index}");
    }
}

#[test]
fn a_timeframe_or_a_record_that_is_gone_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let names = || contents(dir.path()).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    write(dir.path(), |writer| {
        writer.push(listed("A"), Tz::UTC);
        append(writer, Timeframe::Hour, &[(0, 1.0, 0)]);
        writer.push(listed("B"), Tz::UTC);
        whole().add_to(writer);
    });
    assert_eq!(names().len(), 8);
    write(dir.path(), |writer| {
        writer.push(listed("A"), Tz::UTC);
        append(writer, Timeframe::Day, &[(0, 1.0, 0)]);
    });
    let left = names();
    assert_eq!(left.len(), 3);
    assert!(left[0].starts_with("bars-1d-") && left[1] == "current.json", "{left:?}");
}

#[test]
fn an_instrument_may_be_longer_than_a_row_group() {
    let dir = tempfile::tempdir().unwrap();
    let part: Vec<(i64, f64, u32)> = (0..50_000).map(|second| (second * 1000, second as f64, 0)).collect();
    write(dir.path(), |writer| {
        writer.push(listed("A"), Tz::UTC);
        for round in 0..4 {
            let rows: Vec<_> =
                part.iter().map(|(key, price, origin)| (key + round * 50_000_000, *price, *origin)).collect();
            append(writer, Timeframe::Second, &rows);
        }
        writer.push(listed("B"), Tz::UTC);
        append(writer, Timeframe::Second, &[(7, 7.0, 1)]);
    });
    let market = Market::open(dir.path()).unwrap();
    let rows = stored(&market, Timeframe::Second, 0);
    assert_eq!((rows.len(), rows[150_001]), (200_000, (150_001_000, 1.0, 0)));
    assert_eq!(stored(&market, Timeframe::Second, 1), [(7, 7.0, 1)]);
}

#[test]
fn damaged_records_are_named_and_do_not_keep_bars_from_being_read() {
    let dir = tempfile::tempdir().unwrap();
    let manifest = write(dir.path(), |writer| {
        writer.push(listed("A"), Tz::UTC);
        append(writer, Timeframe::Day, &[(0, 1.0, 0)]);
        writer.push(listed("B"), Tz::UTC);
        whole().add_to(writer);
    });
    let path = manifest.record_path(dir.path(), "actions");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes.truncate(middle);
    std::fs::write(&path, bytes).unwrap();
    let market = Market::open(dir.path()).unwrap();
    assert_eq!(stored(&market, Timeframe::Day, 0), [(0, 1.0, 0)]);
    assert_eq!(market.set.events.all().unwrap().len(), 1);
    let error = market.set.actions.all().unwrap_err().to_string();
    assert!(error.starts_with(&format!("{} is damaged: ", path.display())), "{error}");
}
