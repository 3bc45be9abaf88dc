//! Views on what the host hands over: right on what makes sense, silent on what does not, and never a panic.

use proptest::prelude::*;

use super::*;
use crate::log::taken;

fn instrument(symbol: &str, venue: u32) -> raw::Instrument {
    raw::Instrument {
        id: format!("id-{symbol}"),
        symbol: symbol.to_owned(),
        name: String::new(),
        venue,
        kind: "stock".to_owned(),
        status: "active".to_owned(),
        currency: String::new(),
        sector: None,
        industry: None,
        lot: f64::NAN,
        tick: 0.01,
        attributes: vec![("country".to_owned(), "US".to_owned())],
    }
}

fn session(opens: Instant) -> raw::Session {
    raw::Session {
        date: 20240628,
        pre_opens: opens - 5,
        opens,
        closes: opens + 50,
        post_closes: opens + 60,
        break_: None,
        early_close: false,
    }
}

fn column(name: &str, values: &[f64]) -> raw::Column {
    raw::Column { name: name.to_owned(), values: raw::Values::Numbers(values.to_vec()) }
}

fn packed(name: &str, values: &[f64]) -> raw::Column {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    raw::Column { name: name.to_owned(), values: raw::Values::Packed(bytes) }
}

fn event(instrument: u32, kind: &str, known_at: Instant) -> raw::Event {
    raw::Event {
        id: format!("{kind}-{known_at}"),
        instrument,
        kind: kind.to_owned(),
        known_at,
        effective_at: known_at,
        headline: String::new(),
        source: String::new(),
        numbers: vec![("eps".to_owned(), 1.5), ("gap".to_owned(), f64::NAN)],
        attributes: Vec::new(),
    }
}

/// Two instruments with three and two bars, sessions at 100, 200, 300, as of the close of the last.
fn batch() -> raw::Batch {
    raw::Batch {
        as_of: 350,
        venues: vec![raw::Venue {
            mic: "XNYS".to_owned(),
            zone: "America/New_York".to_owned(),
            phase: "post".to_owned(),
            sessions: vec![session(100), session(200), session(300)],
        }],
        universe: raw::Universe {
            instruments: vec![instrument("A", 0), instrument("B", 0)],
            bars: vec![raw::Bars {
                timeframe: "1d".to_owned(),
                starts: vec![0, 3, 5],
                time: vec![100, 200, 300, 100, 200],
                columns: vec![
                    column("close", &[1.0, 2.0, 3.0, 4.0, 5.0]),
                    packed("volume", &[6.0, 7.0, 8.0, 9.0, 0.5]),
                ],
            }],
        },
        references: raw::Universe { instruments: vec![instrument("SPY", 9)], bars: Vec::new() },
        events: vec![
            event(1, "news", 30),
            event(0, "news", 20),
            event(1, "earnings", 10),
            event(1, "news", 40),
        ],
        quotes: vec![raw::Quote {
            instrument: 1,
            at: 1,
            bid: 2.0,
            ask: 3.0,
            bid_size: 4.0,
            ask_size: 5.0,
            last: 6.0,
        }],
        facts: vec![column("pe", &[12.0, f64::NAN])],
        upstream: vec![raw::Upstream {
            layer: "me/x".to_owned(),
            columns: vec![packed("score", &[50.0, f64::NAN])],
        }],
    }
}

fn of<'a>(batch: &'a Batch, symbol: &str) -> Instrument<'a> {
    batch.instruments().find(|instrument| instrument.symbol() == symbol).unwrap()
}

#[test]
fn each_instrument_sees_its_own_bars_listed_or_packed() {
    let batch = Batch::new(batch());
    let (a, b) = (of(&batch, "A").bars("1d"), of(&batch, "B").bars("1d"));
    assert_eq!(
        (a.close(), a.volume(), a.time()),
        (&[1.0, 2.0, 3.0][..], &[6.0, 7.0, 8.0][..], &[100, 200, 300][..])
    );
    assert_eq!((b.close(), b.volume(), b.len()), (&[4.0, 5.0][..], &[9.0, 0.5][..], 2));
    assert_eq!(
        (a.last(2).close(), a.last(9).len(), a.before_last(1).close()),
        (&[2.0, 3.0][..], 3, &[1.0, 2.0][..])
    );
    assert_eq!((b.last_close(), b.before_last(2).last_close()), (Some(5.0), None));
}

#[test]
fn sessions_count_even_those_in_which_an_instrument_did_not_trade() {
    let batch = Batch::new(batch());
    let (a, b) = (of(&batch, "A").bars("1d"), of(&batch, "B").bars("1d"));
    assert_eq!(a.since_session(2).unwrap().close(), [2.0, 3.0]);
    assert_eq!(b.since_session(2).unwrap().close(), [5.0]);
    assert_eq!(b.since_session(1).unwrap().len(), 0);
    assert_eq!(a.since_session(99).unwrap().len(), 3, "the calendar's oldest session bounds the window");
    assert!(a.since_session(0).is_none());
    assert_eq!((a.sessions_old(), b.sessions_old()), (Some(0), Some(1)));
}

#[test]
fn a_session_that_still_runs_makes_no_bar_old() {
    let mut running = batch();
    running.as_of = 349;
    assert_eq!(of(&Batch::new(running), "B").bars("1d").sessions_old(), Some(0));
}

#[test]
fn without_a_calendar_or_times_there_are_no_sessions() {
    let mut without = batch();
    without.venues[0].sessions.clear();
    assert!(of(&Batch::new(without), "A").bars("1d").since_session(2).is_none());
    let mut without = batch();
    without.universe.bars[0].time.clear();
    let without = Batch::new(without);
    let bars = of(&without, "A").bars("1d");
    assert!(bars.since_session(2).is_none() && bars.sessions_old().is_none());
}

#[test]
fn a_column_that_was_not_asked_for_is_empty_and_told_once() {
    let batch = Batch::new(batch());
    let _earlier = taken();
    assert!(batch.instruments().all(|instrument| instrument.bars("1d").high().is_empty()));
    assert!(batch.instruments().all(|instrument| instrument.bars("5m").is_empty()));
    let lines: Vec<String> = taken().into_iter().map(|(_, line)| line).collect();
    assert_eq!(
        lines,
        ["bars 1d have no high: ask for it in needs()", "there are no bars 5m: ask for them in needs()"]
    );
}

#[test]
fn events_quotes_facts_and_upstream_belong_to_their_instrument() {
    let batch = Batch::new(batch());
    let (a, b) = (of(&batch, "A"), of(&batch, "B"));
    let known: Vec<Instant> = b.events("news").map(|event| event.known_at()).collect();
    assert_eq!(known, [30, 40]);
    assert_eq!((a.events("news").count(), a.events("earnings").count()), (1, 0));
    let event = a.events("news").next().unwrap();
    assert_eq!((event.number("eps"), event.number("gap"), event.number("none")), (Some(1.5), None, None));
    assert_eq!((a.quote(), b.quote().map(|quote| quote.ask)), (None, Some(3.0)));
    assert_eq!((a.fact("pe"), b.fact("pe"), a.fact("beta")), (Some(12.0), None, None));
    assert_eq!((a.upstream("me/x", "score"), b.upstream("me/x", "score")), (Some(50.0), None));
    assert_eq!((a.upstream("me/y", "score"), a.upstream("me/x", "depth")), (None, None));
    assert_eq!((a.attribute("country"), a.lot(), a.tick()), (Some("US"), None, Some(0.01)));
}

#[test]
fn a_reference_is_found_by_symbol_and_has_nothing_of_the_shard() {
    let batch = Batch::new(batch());
    let spy = batch.reference("SPY").unwrap();
    assert_eq!(
        (spy.symbol(), spy.fact("pe"), spy.quote(), spy.events("news").count()),
        ("SPY", None, None, 0)
    );
    assert_eq!((spy.venue().mic(), spy.bars("1d").len()), ("", 0));
    assert!(batch.reference("A").is_none());
}

/// Touches everything that a layer can reach.
fn walk(batch: &Batch) -> usize {
    let mut seen = 0;
    for instrument in batch.instruments().chain(batch.reference("SPY")) {
        let bars = instrument.bars("1d");
        for part in [Some(bars), Some(bars.last(2)), Some(bars.before_last(1)), bars.since_session(2)]
            .into_iter()
            .flatten()
        {
            seen += part.close().len() + part.volume().len() + part.time().len() + part.open().len();
            assert!(part.close().is_empty() || part.close().len() == part.len());
            assert!(part.volume().is_empty() || part.volume().len() == part.len());
        }
        seen += bars.sessions_old().unwrap_or(0) + instrument.venue().sessions().len();
        seen += instrument.events("news").count() + usize::from(instrument.quote().is_some());
        seen += usize::from(instrument.fact("pe").is_some())
            + usize::from(instrument.upstream("me/x", "score").is_some());
    }
    seen
}

proptest! {
    #[test]
    fn no_malformed_batch_makes_a_view_panic(
        starts in prop::collection::vec(prop_oneof![0_u32..8, any::<u32>()], 0..5),
        time in prop::collection::vec(any::<i64>(), 0..8),
        close in prop::collection::vec(any::<f64>(), 0..8),
        bytes in prop::collection::vec(any::<u8>(), 0..50),
        venue in any::<u32>(),
        of in prop::collection::vec(prop_oneof![0_u32..3, any::<u32>()], 0..6),
        sessions in prop::collection::vec(-1000_i64..1000, 0..4),
        as_of in any::<i64>(),
    ) {
        let mut batch = batch();
        batch.as_of = as_of;
        batch.venues[0].sessions = sessions.into_iter().map(session).collect();
        batch.universe.instruments[1].venue = venue;
        batch.universe.bars[0] = raw::Bars {
            timeframe: "1d".to_owned(),
            starts,
            time,
            columns: vec![
                column("close", &close),
                raw::Column { name: "volume".to_owned(), values: raw::Values::Packed(bytes) },
            ],
        };
        batch.events = of.iter().map(|&index| event(index, "news", 0)).collect();
        batch.quotes = of.iter().map(|&instrument| raw::Quote { instrument, ..batch.quotes[0] }).collect();
        batch.facts = vec![column("pe", &close)];
        walk(&Batch::new(batch));
    }
}

#[test]
fn an_empty_batch_has_no_instruments() {
    let mut empty = batch();
    empty.universe = raw::Universe { instruments: Vec::new(), bars: Vec::new() };
    let empty = Batch::new(empty);
    assert_eq!((empty.is_empty(), empty.len(), empty.instruments().count()), (true, 0, 0));
}
