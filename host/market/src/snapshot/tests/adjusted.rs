//! Splits and dividends as of an instant.

use super::made::{self, VOLUME, action, day, instant, listed, open, origin};
use super::*;
use crate::set::{ActionRecord, ActionRecordKind, Adjusted, OriginRecord, RecordSet};

const DAYS: [&str; 4] = ["2024-07-01", "2024-07-02", "2024-07-03", "2024-07-05"];

fn actions(actions: &[ActionRecord]) -> RecordSet {
    RecordSet { actions: actions.to_vec(), ..RecordSet::default() }
}

/// One instrument with daily bars of (price, origin) on [`DAYS`].
fn market(dir: &Path, bars: &[(f64, u32)], origins: Vec<OriginRecord>, records: &[ActionRecord]) -> Market {
    let bars: Vec<(i64, f64, u32)> =
        DAYS.iter().zip(bars).map(|(date, (price, origin))| (day(date), *price, *origin)).collect();
    made::market(dir, &[(listed("A"), &[(Timeframe::Day, &bars)])], origins, actions(records))
}

fn read(market: &Market, adjustment: Adjustment, as_of: &AsOf) -> [Vec<f64>; 2] {
    let wanted = BarRequest { adjustment, ..request(&[BarColumn::Close, BarColumn::Volume], 9, None) };
    let bars = market.snapshot(as_of).unwrap().read(&[0], &wanted).unwrap();
    bars.columns.try_into().unwrap()
}

fn closes(market: &Market, as_of: &str) -> Vec<f64> {
    let [closes, _] = read(market, Adjustment::Split, &at(as_of));
    closes
}

fn split(ratio: f64, ex: &str) -> ActionRecord {
    action(ActionRecordKind::Split(ratio), ex)
}

#[test]
fn a_split_after_an_import_corrects_the_past_from_its_day_on() {
    let dir = tempfile::tempdir().unwrap();
    // two imports: the first ended before the split
    let origins =
        vec![origin(Adjusted::Unknown, Some("2024-07-02")), origin(Adjusted::Unknown, Some("2024-07-03"))];
    let bars = [(400.0, 0), (404.0, 0), (101.0, 1)];
    let market = market(dir.path(), &bars, origins, &[split(4.0, "2024-07-03")]);
    assert_eq!(closes(&market, "2024-07-02"), [400.0, 404.0]);
    assert_eq!(closes(&market, "2024-07-03"), [100.0, 101.0, 101.0]);
    let [_, volumes] = read(&market, Adjustment::Split, &AsOf::Latest);
    assert_eq!(volumes, [4.0 * VOLUME, 4.0 * VOLUME, VOLUME]);
    // on the morning of that day the last close is comparable with what trades then
    assert_eq!(closes(&market, "2024-07-03T13:29:59Z"), [400.0, 404.0]);
    assert_eq!(closes(&market, "2024-07-03T13:30:00Z"), [100.0, 101.0]);
    let [raw, volumes] = read(&market, Adjustment::Raw, &AsOf::Latest);
    assert_eq!((raw, volumes), (vec![400.0, 404.0, 101.0], vec![VOLUME; 3]));
}

#[test]
fn a_file_made_after_a_split_does_not_tell_of_it_before() {
    let dir = tempfile::tempdir().unwrap();
    let origins = vec![origin(Adjusted::Split, Some("2024-07-05"))];
    let bars = [(100.0, 0), (101.0, 0), (101.0, 0), (102.0, 0)];
    let market = market(dir.path(), &bars, origins, &[split(4.0, "2024-07-03")]);
    assert_eq!(closes(&market, "2024-07-02"), [400.0, 404.0]);
    assert_eq!(closes(&market, "2024-07-05"), [100.0, 101.0, 101.0, 102.0]);
    let [raw, volumes] = read(&market, Adjustment::Raw, &AsOf::Latest);
    assert_eq!(raw, [400.0, 404.0, 101.0, 102.0]);
    assert_eq!(volumes, [VOLUME / 4.0, VOLUME / 4.0, VOLUME, VOLUME]);
}

#[test]
fn a_split_that_is_announced_changes_nothing_before_its_day() {
    let dir = tempfile::tempdir().unwrap();
    let announced = ActionRecord { known_at: instant("2024-06-20T20:00:00Z"), ..split(2.0, "2024-07-05") };
    let origins = vec![origin(Adjusted::Raw, None)];
    let market = market(dir.path(), &[(8.0, 0), (8.0, 0), (8.0, 0), (4.0, 0)], origins, &[announced]);
    assert_eq!(closes(&market, "2024-07-03"), [8.0, 8.0, 8.0]);
    assert_eq!(closes(&market, "2024-07-05T08:00:00Z"), [4.0, 4.0, 4.0]);
}

#[test]
fn total_adjusts_for_dividends_by_the_close_before() {
    let dir = tempfile::tempdir().unwrap();
    let dividend = action(ActionRecordKind::Dividend(5.0), "2024-07-03");
    let bars = [(98.0, 0), (100.0, 0), (95.0, 0)];
    let market = market(dir.path(), &bars, vec![origin(Adjusted::Raw, None)], &[dividend]);
    let [total, volumes] = read(&market, Adjustment::Total, &AsOf::Latest);
    assert_eq!((total, volumes), (vec![98.0 * 0.95, 95.0, 95.0], vec![VOLUME; 3]));
    assert_eq!(closes(&market, "2024-07-03"), [98.0, 100.0, 95.0]);
    let [before, _] = read(&market, Adjustment::Total, &at("2024-07-02"));
    assert_eq!(before, [98.0, 100.0]);
}

#[test]
fn a_dividend_in_a_file_is_taken_back_by_the_close_that_follows_in_it() {
    let dir = tempfile::tempdir().unwrap();
    // 100 and a dividend of 5: a file adjusted for it says 95
    let dividend = action(ActionRecordKind::Dividend(5.0), "2024-07-03");
    let origins = vec![origin(Adjusted::Total, Some("2024-07-05"))];
    let market = market(dir.path(), &[(95.0, 0), (95.0, 0), (96.0, 0), (97.0, 0)], origins, &[dividend]);
    let seen = |adjustment, as_of: &str| {
        let [closes, _] = read(&market, adjustment, &at(as_of));
        closes.iter().map(|close| close.round()).collect::<Vec<_>>()
    };
    assert_eq!(seen(Adjustment::Total, "2024-07-01"), [100.0]);
    assert_eq!(seen(Adjustment::Split, "2024-07-05"), [100.0, 100.0, 96.0, 97.0]);
    assert_eq!(seen(Adjustment::Total, "2024-07-05"), [95.0, 95.0, 96.0, 97.0]);
}

#[test]
fn bars_within_a_day_and_of_a_week_are_adjusted_too() {
    let dir = tempfile::tempdir().unwrap();
    let minutes = [
        (open("2024-07-02T23:59:00Z"), 400.0, 0),
        (open("2024-07-03T12:00:00Z"), 100.0, 0),
        (open("2024-07-03T13:30:00Z"), 101.0, 0),
    ];
    // the week of the split ends after it: its close is one of the new shares
    let weeks = [(day("2024-06-24"), 400.0, 0), (day("2024-07-01"), 102.0, 0)];
    let series: [made::Bars<'_>; 2] = [(Timeframe::Minute, &minutes), (Timeframe::Week, &weeks)];
    let known = ActionRecord { known_at: instant("2024-07-01T20:00:00Z"), ..split(4.0, "2024-07-03") };
    let origins = vec![origin(Adjusted::Raw, None)];
    let market = made::market(dir.path(), &[(listed("A"), &series)], origins, actions(&[known]));
    let closes = |timeframe, as_of: &str| {
        let wanted = BarRequest { timeframe, ..request(CLOSE, 9, None) };
        market.snapshot(&at(as_of)).unwrap().read(&[0], &wanted).unwrap().columns.remove(0)
    };
    assert_eq!(closes(Timeframe::Minute, "2024-07-03T00:00:00Z"), [400.0]);
    assert_eq!(closes(Timeframe::Minute, "2024-07-03T20:00:00Z"), [100.0, 100.0, 101.0]);
    assert_eq!(closes(Timeframe::Week, "2024-07-02"), [400.0]);
    assert_eq!(closes(Timeframe::Week, "2024-07-05"), [100.0, 102.0]);
}

#[test]
fn other_instruments_and_short_look_backs_are_right_beside_a_split() {
    let dir = tempfile::tempdir().unwrap();
    let bars = |price: f64| DAYS.map(|date| (day(date), price, 0));
    let (a, b, c) = (bars(1.0), bars(8.0), bars(3.0));
    let instruments = [
        (listed("A"), &[(Timeframe::Day, &a[..])][..]),
        (listed("B"), &[(Timeframe::Day, &b[..])][..]),
        (listed("C"), &[(Timeframe::Day, &c[..])][..]),
    ];
    let of_b = ActionRecord { instrument: 1, ..split(2.0, "2024-07-05") };
    let origins = vec![origin(Adjusted::Raw, None)];
    let market = made::market(dir.path(), &instruments, origins, actions(&[of_b]));
    let snapshot = market.snapshot(&AsOf::Latest).unwrap();
    let bars = snapshot.read(&[2, 1, 0, 1], &request(CLOSE, 2, None)).unwrap();
    assert_eq!(bars.columns[0], [3.0, 3.0, 4.0, 8.0, 1.0, 1.0, 4.0, 8.0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// A vendor's file of today and one of an earlier day show the same as of that day.
    #[test]
    fn a_later_file_shows_what_an_earlier_one_showed(
        traded in proptest::collection::vec(1_u32..500, 4),
        splits in proptest::collection::btree_map(1_usize..4, prop_oneof![Just(2.0), Just(0.5), Just(4.0)], 0..3),
        as_of in 0_usize..4,
    ) {
        let records: Vec<ActionRecord> = splits.iter().map(|(at, ratio)| split(*ratio, DAYS[*at])).collect();
        let file = |last: usize| -> Vec<(f64, u32)> {
            let after = |at: usize| splits.iter().filter(move |(ex, _)| at < **ex && **ex <= last);
            let price = |at: usize| f64::from(traded[at]) / after(at).map(|(_, ratio)| ratio).product::<f64>();
            (0..=last).map(|at| (price(at), 0)).collect()
        };
        let seen = |last: usize| {
            let dir = tempfile::tempdir().unwrap();
            let known = records.iter().filter(|record| i64::from(record.ex_day) <= day(DAYS[last]));
            let known: Vec<ActionRecord> = known.cloned().collect();
            let origins = vec![origin(Adjusted::Split, Some(DAYS[last]))];
            let market = market(dir.path(), &file(last), origins, &known);
            // the bars here have one volume all along, which no vendor's would
            [Adjustment::Raw, Adjustment::Split].map(|adjustment| {
                let [closes, _] = read(&market, adjustment, &at(DAYS[as_of]));
                closes
            })
        };
        let [raw, split] = seen(3);
        let whole: Vec<f64> = traded.iter().take(as_of + 1).map(|price| f64::from(*price)).collect();
        prop_assert_eq!(&raw, &whole);
        prop_assert_eq!([raw, split], seen(as_of));
    }
}
