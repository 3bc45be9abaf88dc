//! What does not fit into memory.

use proptest::prelude::*;

use super::super::sink::{ActionKind, Adjusted, Sink, When};
use super::support::{action, daily, event, fact, feed, member, origin, rename};
use super::*;

const DAYS: [&str; 5] = ["2018-01-03", "2018-01-16", "2018-02-07", "2018-06-29", "2018-12-24"];
const TICKERS: [&str; 4] = ["A", "B", "BRK-B", "Z"];

/// Something that a file tells: what, of which ticker, on which day, and a small number that makes it another one.
type Thing = (u8, usize, usize, u8);

fn things() -> impl Strategy<Value = Vec<Thing>> {
    prop::collection::vec((0_u8..8, 0..TICKERS.len(), 0..DAYS.len(), 0_u8..3), 0..40)
}

fn tell(sink: &mut dyn Sink, (what, ticker, day, number): Thing) {
    let (symbol, day, value) = (TICKERS[ticker], DAYS[day], f64::from(number) + 1.0);
    let known = When::AfterClose(day.parse().unwrap());
    match what {
        0 => event(sink, symbol, known, Some(&number.to_string()), day),
        1 => event(sink, symbol, known, None, &value.to_string()),
        2 => fact(sink, symbol, value, known),
        3 => member(sink, symbol, (number > 0).then_some(day), None),
        4 => action(sink, symbol, ActionKind::Dividend(value), day),
        5 => action(sink, symbol, ActionKind::Split(value), day),
        6 if number == 0 => action(sink, symbol, ActionKind::Delisting, day),
        6 => rename(sink, symbol, TICKERS[(ticker + usize::from(number)) % TICKERS.len()], day),
        _ => daily(sink, symbol, &[(day, value)]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn any_memory_gives_the_same_set(first in things(), second in things()) {
        let results = [0, 2_000, 1 << 30].map(|memory| {
            let dir = tempfile::tempdir().unwrap();
            let options = ImportOptions { memory, ..options() };
            let summaries = [&first, &second].map(|things| {
                feed(dir.path(), &options, origin(Timeframe::Day, Adjusted::Raw), |sink| {
                    // a file of which nothing can be used is refused
                    daily(sink, "SURE", &[("2018-01-02", 1.0)]);
                    for thing in things {
                        tell(sink, *thing);
                        sink.progress(1).unwrap();
                    }
                })
            });
            (summaries, contents(dir.path()))
        });
        prop_assert_eq!(&results[0], &results[2]);
        prop_assert_eq!(&results[1], &results[2]);
    }
}

#[test]
fn a_failed_import_of_news_that_did_not_fit_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (news, broken) = (dir.path().join("a-news.csv"), dir.path().join("b.csv"));
    let rows: String =
        (0..20_000).map(|row| format!("{row},T{},2018-02-07T15:00:00Z,headline {row}\n", row % 50)).collect();
    fs::write(&news, format!("id,symbol,published_at,headline\n{rows}")).unwrap();
    fs::write(&broken, "neither,a,table\nof,anything,known\n").unwrap();
    let set = dir.path().join("set");
    let options = ImportOptions { memory: 10_000, ..options() };
    import(&set, &[news.clone(), broken], &options, &mut |_| {}).unwrap_err();
    assert_eq!(contents(&set), []);
    let summary = import(&set, &[news], &options, &mut |_| {}).unwrap();
    assert_eq!((summary.events.added, contents(&set).len()), (20_000, 3));
    let market = Market::open(&set).unwrap();
    assert_eq!(market.set.events.of(7).unwrap().len(), 400);
}
