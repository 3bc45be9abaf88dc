use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::bars::{Adjustment, BarColumn, BarRequest, Bars};
use crate::import::{ImportHints, ImportOptions, import};
use crate::market::Market;
use crate::testing::options;

mod adjusted;
mod listed;
mod made;
mod timeframes;
mod told;
mod unchanged;

const CLOSE: &[BarColumn] = &[BarColumn::Close];

fn request(columns: &[BarColumn], lookback: u32, max_age: Option<u32>) -> BarRequest<'_> {
    BarRequest {
        timeframe: Timeframe::Day,
        columns,
        time: false,
        lookback,
        max_age,
        adjustment: Adjustment::Split,
    }
}

fn at(text: &str) -> AsOf {
    text.parse().unwrap()
}

fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

/// A market of (symbol, date, close): open = high = low = close, volume = 100 × close. That they are days is said, since
/// a few dates far apart do not tell it.
fn market(dir: &Path, bars: &[(&str, &str, f64)]) -> Market {
    let mut text = "symbol,date,open,high,low,close,volume\n".to_owned();
    for (symbol, date, close) in bars {
        text += &format!("{symbol},{date},{close},{close},{close},{close},{}\n", close * 100.0);
    }
    let file = dir.join("bars.csv");
    std::fs::write(&file, text).unwrap();
    let hints = ImportHints { timeframe: Some(Timeframe::Day), ..ImportHints::default() };
    let options = ImportOptions { hints, ..options() };
    import(&dir.join("set"), &[file], &options, &mut |_| {}).unwrap();
    Market::open(&dir.join("set")).unwrap()
}

const BARS: &[(&str, &str, f64)] = &[
    ("A", "2024-07-01", 1.0),
    ("A", "2024-07-02", 2.0),
    ("A", "2024-07-03", 3.0),
    ("A", "2024-07-05", 4.0),
    ("B", "2024-07-01", 10.0),
    ("B", "2024-07-02", 20.0),
    ("C", "2024-07-05", 100.0),
];

#[test]
fn a_missing_set_is_an_empty_market() {
    let dir = tempfile::tempdir().unwrap();
    let market = Market::open(&dir.path().join("none")).unwrap();
    assert!(market.is_empty());
    assert_eq!((market.bar_count(), market.digest(), market.first_date()), (0, "", None));
    assert!(matches!(market.snapshot(&AsOf::Latest), Err(MarketError::NoBars { .. })));
    let snapshot = market.snapshot_at_now(&AsOf::Now, instant("2024-07-05T12:00:00Z")).unwrap();
    assert_eq!((snapshot.data_until(), snapshot.stale_sessions()), (None, 0));
    assert_eq!(snapshot.read(&[], &request(CLOSE, 5, None)).unwrap().starts, [0]);
    assert!(matches!(snapshot.read(&[0], &request(CLOSE, 5, None)), Err(MarketError::Position { .. })));
}

#[test]
fn latest_is_the_close_of_the_newest_bar() {
    let dir = tempfile::tempdir().unwrap();
    let snapshot = market(dir.path(), BARS).snapshot(&AsOf::Latest).unwrap();
    assert_eq!(snapshot.as_of(), instant("2024-07-05T20:00:00Z"));
    assert_eq!((snapshot.data_until(), snapshot.stale_sessions()), (Some(snapshot.as_of()), 0));
    let bars = snapshot.read(&[0, 1, 2], &request(&[BarColumn::Volume, BarColumn::Close], 2, None)).unwrap();
    assert_eq!(bars.starts, [0, 2, 4, 5]);
    assert_eq!(bars.columns, [[300.0, 400.0, 1000.0, 2000.0, 10_000.0], [3.0, 4.0, 10.0, 20.0, 100.0]]);
    assert!(bars.time.is_empty());
}

#[test]
fn a_bar_is_visible_from_its_close_on_and_not_before() {
    let dir = tempfile::tempdir().unwrap();
    let market = market(dir.path(), BARS);
    let newest = |as_of: &str| -> Vec<f64> {
        let snapshot = market.snapshot(&at(as_of)).unwrap();
        snapshot.read(&[0], &request(CLOSE, 1, None)).unwrap().columns.remove(0)
    };
    // The early close of 3 July is at 13:00 New York.
    assert_eq!(newest("2024-07-03T16:59:59.999Z"), [2.0]);
    assert_eq!(newest("2024-07-03T17:00:00Z"), [3.0]);
    assert_eq!(newest("2024-07-03"), [3.0]);
    assert_eq!(newest("2024-07-04"), [3.0]);
    assert_eq!(newest("2024-07-02"), [2.0]);
    assert_eq!(newest("2024-06-28"), [0.0; 0]);
    assert_eq!(newest("2030-01-01T00:00:00Z"), [4.0]);
}

#[test]
fn staleness_counts_completed_sessions_and_skips_holidays() {
    let dir = tempfile::tempdir().unwrap();
    let market = market(dir.path(), BARS);
    let stale = |as_of: &str| market.snapshot(&at(as_of)).unwrap().stale_sessions();
    assert_eq!(stale("2024-07-03"), 0);
    assert_eq!(stale("2024-07-04"), 0);
    assert_eq!(stale("2024-07-08T13:30:00Z"), 0);
    assert_eq!(stale("2024-07-08T20:00:00Z"), 1);
    assert_eq!(stale("2024-07-12"), 5);
}

#[test]
fn an_instrument_whose_newest_bar_is_too_old_gets_no_rows() {
    let dir = tempfile::tempdir().unwrap();
    let market = market(dir.path(), BARS);
    let snapshot = market.snapshot(&AsOf::Latest).unwrap();
    // B ends on 2 July: 3 and 5 July were sessions since.
    let read = |max_age| snapshot.read(&[0, 1, 2], &request(CLOSE, 1, Some(max_age))).unwrap();
    assert_eq!((read(1).stale, read(1).starts), (vec![1], vec![0, 1, 1, 2]));
    assert_eq!((read(2).stale, read(2).starts), (vec![], vec![0, 1, 2, 3]));
    let past = market.snapshot(&at("2024-07-02")).unwrap();
    let bars = past.read(&[0, 1, 2], &request(CLOSE, 1, Some(0))).unwrap();
    // C has no visible bar at all: it is not stale, it is not there.
    assert_eq!((bars.stale, bars.starts), (vec![], vec![0, 1, 2, 2]));
}

#[test]
fn positions_may_come_in_any_order_and_repeat() {
    let dir = tempfile::tempdir().unwrap();
    let snapshot = market(dir.path(), BARS).snapshot(&AsOf::Latest).unwrap();
    let mut wanted = request(CLOSE, 2, None);
    wanted.time = true;
    let bars = snapshot.read(&[2, 0, 1, 0], &wanted).unwrap();
    assert_eq!(bars.starts, [0, 1, 3, 5, 7]);
    assert_eq!(bars.columns[0], [100.0, 3.0, 4.0, 10.0, 20.0, 3.0, 4.0]);
    let opens =
        ["2024-07-05", "2024-07-03", "2024-07-05", "2024-07-01", "2024-07-02", "2024-07-03", "2024-07-05"];
    assert_eq!(bars.time, opens.map(|date| instant(&format!("{date}T13:30:00Z")).millis()));
}

#[test]
fn a_bar_of_a_closed_day_is_known_at_the_end_of_that_day() {
    let dir = tempfile::tempdir().unwrap();
    let market = market(dir.path(), &[("A", "2024-07-03", 1.0), ("A", "2024-07-04", 2.0)]);
    let rows = |as_of: &str| {
        market.snapshot(&at(as_of)).unwrap().read(&[0], &request(CLOSE, 9, None)).unwrap().rows()
    };
    assert_eq!((rows("2024-07-05T03:59:59Z"), rows("2024-07-05T04:00:00Z"), rows("2024-07-04")), (1, 2, 2));
    assert_eq!(market.snapshot(&AsOf::Latest).unwrap().as_of(), instant("2024-07-05T04:00:00Z"));
}

#[test]
fn a_timeframe_without_visible_bars_is_an_empty_column() {
    let dir = tempfile::tempdir().unwrap();
    let snapshot = market(dir.path(), BARS).snapshot(&AsOf::Latest).unwrap();
    let wanted = BarRequest { timeframe: Timeframe::Hour, time: true, ..request(CLOSE, 1, Some(5)) };
    let bars = snapshot.read(&[1, 0], &wanted).unwrap();
    let nothing = Bars { starts: vec![0, 0, 0], columns: vec![Vec::new()], ..Bars::default() };
    assert_eq!(bars, nothing);
}

#[test]
fn many_threads_read_the_same_as_one() {
    let dir = tempfile::tempdir().unwrap();
    let options = crate::SyntheticOptions {
        symbols: 600,
        sessions: 300,
        seed: 3,
        end: "2024-07-05".parse().unwrap(),
        mic: "XNYS".to_owned(),
    };
    crate::synthesize(dir.path(), &options, &mut |_| {}).unwrap();
    let snapshot = Market::open(dir.path()).unwrap().snapshot(&AsOf::Latest).unwrap();
    let shards: Vec<Vec<usize>> = (0..600).collect::<Vec<_>>().chunks(100).map(<[usize]>::to_vec).collect();
    let wanted = BarRequest { time: true, ..request(&[BarColumn::Close, BarColumn::Open], 30, None) };
    let bits =
        |bars: &Bars| -> Vec<u64> { bars.columns.iter().flatten().map(|value| value.to_bits()).collect() };
    let alone: Vec<_> = shards.iter().map(|shard| bits(&snapshot.read(shard, &wanted).unwrap())).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (snapshot, shards, alone, wanted) = (snapshot.clone(), &shards, &alone, &wanted);
            scope.spawn(move || {
                for _ in 0..5 {
                    for (shard, expected) in shards.iter().zip(alone) {
                        assert_eq!(bits(&snapshot.read(shard, wanted).unwrap()), *expected);
                    }
                }
            });
        }
    });
}

#[test]
fn damaged_files_are_errors_that_name_the_file() {
    let dir = tempfile::tempdir().unwrap();
    drop(market(dir.path(), BARS));
    let set = dir.path().join("set");
    for (name, content) in crate::testing::contents(&set) {
        let path = set.join(&name);
        for cut in [0, content.len() / 2, content.len() - 1] {
            std::fs::write(&path, &content[..cut]).unwrap();
            let error = Market::open(&set).map(drop).unwrap_err().to_string();
            assert!(error.contains(&name) && !error.contains('\n'), "{error}");
        }
        std::fs::remove_file(&path).unwrap();
        if name != "current.json" {
            let error = Market::open(&set).map(drop).unwrap_err().to_string();
            assert!(error.contains(&name), "{error}");
        }
        std::fs::write(&path, &content).unwrap();
    }
    let manifest = set.join("current.json");
    let newer = std::fs::read_to_string(&manifest).unwrap().replace("\"format\":2", "\"format\":3");
    std::fs::write(&manifest, newer).unwrap();
    let error = Market::open(&set).map(drop).unwrap_err().to_string();
    assert!(error.ends_with("has format 3, this program knows up to 2: update the program"), "{error}");
}

/// Sessions of the property tests, with an early close and a holiday among them.
const DATES: [&str; 8] = [
    "2024-06-27",
    "2024-06-28",
    "2024-07-01",
    "2024-07-02",
    "2024-07-03",
    "2024-07-05",
    "2024-07-08",
    "2024-07-09",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What is read as of an instant is what a set that ends there gives: later bars have no influence.
    #[test]
    fn bars_after_the_as_of_never_influence_a_read(
        present in proptest::collection::vec(any::<bool>(), 32),
        newest in 0_usize..8,
        hour in 0_i64..30,
        lookback in 0_u32..6,
        max_age in proptest::option::of(0_u32..4),
        order in Just(vec![0_usize, 1, 2, 3]).prop_shuffle(),
    ) {
        let symbols = ["A", "B", "C", "D"];
        // Each symbol has one early bar, so that both sets have the same instruments.
        let mut all: Vec<(&str, &str, f64)> = symbols.iter().map(|symbol| (*symbol, "2024-06-03", 0.5)).collect();
        for (index, there) in present.iter().enumerate() {
            if *there {
                all.push((symbols[index / 8], DATES[index % 8], index as f64 + 1.0));
            }
        }
        let midnight = instant(&format!("{}T04:00:00Z", DATES[newest])).millis();
        let as_of = Instant::from_millis(midnight + hour * 3_600_000);
        let calendar = crate::calendar::Calendars::default().for_mic("XNYS").unwrap();
        let known: Vec<_> =
            all.iter().copied().filter(|(_, date, _)| calendar.known_at(date.parse().unwrap()) <= as_of).collect();
        let (whole, cut) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let snapshots = [market(whole.path(), &all), market(cut.path(), &known)]
            .map(|market| market.snapshot(&AsOf::At(as_of)).unwrap());
        let wanted = BarRequest { time: true, ..request(&[BarColumn::Close, BarColumn::Volume], lookback, max_age) };
        let [a, b] = snapshots.each_ref().map(|snapshot| snapshot.read(&order, &wanted).unwrap());
        prop_assert_eq!(&a, &b);
        prop_assert_eq!(snapshots[0].data_until(), snapshots[1].data_until());
        prop_assert_eq!(snapshots[0].stale_sessions(), snapshots[1].stale_sessions());
        prop_assert!(a.time.iter().all(|open| *open < as_of.millis()));
    }
}
