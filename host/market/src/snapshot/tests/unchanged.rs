//! Whatever becomes known after the instant changes nothing that can be seen: bars of all timeframes, actions,
//! events, facts, memberships, quotes, renames.

use super::made::{self, instant, listed, origin, symbol};
use super::*;
use crate::calendar::Calendars;
use crate::days::{date_of, day_of};
use crate::instrument::{FormerTicker, Instrument};
use crate::set::{ActionRecord, ActionRecordKind, Adjusted, EventRecord, FactRecord, QuoteRecord, RecordSet};

/// The first of the sessions that bars are made for, and how many there are.
const FIRST: &str = "2024-06-24";
const SESSIONS: usize = 12;
const HOUR: i64 = 3_600_000;

/// Key, price and origin of each bar.
type MadeBars = Vec<(i64, f64, u32)>;

/// Everything there is to know of some instruments.
#[derive(Debug, Clone)]
struct World {
    instruments: Vec<OfOne>,
}

#[derive(Debug, Clone)]
struct OfOne {
    daily: Vec<(i64, f64, u32)>,
    hourly: Vec<(i64, f64, u32)>,
    /// Of each its session and its ratio.
    splits: Vec<(usize, f64)>,
    /// Milliseconds after the first midnight.
    told: Vec<i64>,
    /// The session from which on it has its ticker.
    renamed: Option<usize>,
}

fn sessions() -> Vec<i32> {
    let calendar = Calendars::default().for_mic("XNYS").unwrap();
    let dates = FIRST.parse::<NaiveDate>().unwrap().iter_days();
    dates.filter(|date| calendar.counts_as_session(*date)).map(day_of).take(SESSIONS).collect()
}

fn start() -> i64 {
    instant(&format!("{FIRST}T04:00:00Z")).millis()
}

fn one() -> impl Strategy<Value = OfOne> {
    let price = 1_u32..400;
    let daily = proptest::collection::vec(proptest::option::weighted(0.8, price.clone()), SESSIONS);
    let hourly = proptest::collection::vec(proptest::option::weighted(0.5, price), SESSIONS * 24);
    let ratio = prop_oneof![Just(2.0), Just(4.0), Just(0.5)];
    let splits = proptest::collection::btree_map(0..SESSIONS, ratio, 0..3);
    let told = proptest::collection::vec(0..(16 * 24 * HOUR), 0..6);
    let renamed = proptest::option::weighted(0.3, 1..SESSIONS);
    (daily, hourly, splits, told, renamed).prop_map(|(daily, hourly, splits, told, renamed)| {
        let days = sessions();
        let bar = |(key, price): (i64, &Option<u32>)| Some((key, f64::from((*price)?), 0));
        OfOne {
            daily: days.iter().map(|day| i64::from(*day)).zip(&daily).filter_map(bar).collect(),
            hourly: (0_i64..).map(|hour| start() + hour * HOUR).zip(&hourly).filter_map(bar).collect(),
            splits: splits.into_iter().collect(),
            told,
            renamed,
        }
    })
}

impl World {
    /// As it is in a set that was made at an instant; none: in the end.
    fn market(&self, dir: &Path, until: Option<Instant>) -> Market {
        let calendar = Calendars::default().for_mic("XNYS").unwrap();
        let days = sessions();
        let is_known = |at: Instant| until.is_none_or(|until| at <= until);
        let mut named: Vec<(Instrument, &OfOne)> = (0..).map(name).zip(&self.instruments).collect();
        for (number, (instrument, own)) in named.iter_mut().enumerate() {
            // a rename belongs to the session that it begins with
            if let Some(day) = own
                .renamed
                .map(|at| days[at])
                .filter(|day| until.is_none_or(|until| calendar.midnight(date_of(*day)) < until))
            {
                instrument.former =
                    vec![FormerTicker { symbol: instrument.symbol.clone(), until: date_of(day) }];
                instrument.symbol = symbol(&format!("Z{}", 9 - number));
            }
        }
        let visible: Vec<(Instrument, [MadeBars; 2], &OfOne)> = named
            .into_iter()
            .map(|(instrument, own)| {
                let hourly = own.hourly.iter().copied();
                let hourly = hourly.filter(|(open, ..)| {
                    is_known(crate::periods::known_at(&calendar, Timeframe::Hour, *open))
                });
                let daily = own.daily.iter().copied();
                let closes = |day: i64| calendar.known_at(date_of(i32::try_from(day).unwrap()));
                let daily = daily.filter(|(day, ..)| is_known(closes(*day)));
                let bars: [MadeBars; 2] = [hourly.collect(), daily.collect()];
                (instrument, bars, own)
            })
            .filter(|(_, bars, _)| bars.iter().any(|bars| !bars.is_empty()))
            .collect();
        let mut sorted = visible;
        sorted.sort_by(|(a, ..), (b, ..)| (&a.symbol, &a.id).cmp(&(&b.symbol, &b.id)));
        let mut records = RecordSet::default();
        for (number, (_, _, own)) in (0_u32..).zip(&sorted) {
            own.tell(number, &calendar, &days, &is_known, &mut records);
        }
        let series: Vec<[made::Bars<'_>; 2]> = sorted
            .iter()
            .map(|(_, [hourly, daily], _)| [(Timeframe::Hour, &hourly[..]), (Timeframe::Day, &daily[..])])
            .collect();
        let all: Vec<(Instrument, &[made::Bars<'_>])> =
            sorted.iter().zip(&series).map(|((one, ..), series)| (one.clone(), &series[..])).collect();
        made::market(dir, &all, vec![origin(Adjusted::Raw, None)], records)
    }
}

fn name(number: u32) -> Instrument {
    listed(&format!("S{number}"))
}

impl OfOne {
    fn tell(
        &self,
        instrument: u32,
        calendar: &Calendar,
        days: &[i32],
        is_known: &dyn Fn(Instant) -> bool,
        records: &mut RecordSet,
    ) {
        let splits = self.splits.iter().map(|(at, ratio)| ActionRecord {
            instrument,
            id: format!("split {at}"),
            kind: ActionRecordKind::Split(*ratio),
            ex_day: days[*at],
            known_at: calendar.bar_opens(date_of(days[*at])),
        });
        records.actions.extend(splits.filter(|split| is_known(split.known_at)));
        for (number, told) in self.told.iter().enumerate() {
            let known_at = Instant::from_millis(start() + told);
            if !is_known(known_at) {
                continue;
            }
            records.facts.push(FactRecord {
                instrument,
                name: "pe".to_owned(),
                value: *told as f64,
                known_at,
            });
            records.quotes.push(QuoteRecord {
                instrument,
                at: known_at,
                bid: Some(*told as f64),
                ask: None,
                bid_size: Some(1.0),
                ask_size: None,
                last: None,
            });
            records.events.push(EventRecord {
                instrument,
                id: format!("event {number}"),
                kind: "news".to_owned(),
                known_at,
                effective_at: known_at,
                headline: String::new(),
                source: "test".to_owned(),
                numbers: Vec::new(),
                attributes: Vec::new(),
            });
        }
    }
}

/// Everything that can be seen of a market at an instant, as text.
fn seen(market: &Market, as_of: Instant) -> String {
    let snapshot = market.snapshot(&AsOf::At(as_of)).unwrap();
    let listed = snapshot.listed();
    let ids: Vec<String> = listed
        .iter()
        .map(|position| {
            format!("{} {}", snapshot.instruments()[*position].symbol, snapshot.instruments()[*position].id)
        })
        .collect();
    let mut text = format!(
        "{ids:?} {:?} {} {:?}",
        snapshot.data_until(),
        snapshot.stale_sessions(),
        snapshot.timeframes()
    );
    for timeframe in snapshot.timeframes() {
        for adjustment in Adjustment::ALL {
            let wanted = BarRequest {
                timeframe: *timeframe,
                columns: &[BarColumn::Close, BarColumn::Volume],
                time: true,
                lookback: 30,
                max_age: Some(2),
                adjustment: *adjustment,
            };
            text += &format!("\n{:?}", snapshot.read(listed, &wanted).unwrap());
        }
    }
    let events =
        EventRequest { kind: "news", around: as_of, known_within: 500_000, effective_within: 500_000 };
    text += &format!(
        "\n{:?}\n{:?}\n{:?}",
        snapshot.events(listed, &events).unwrap(),
        snapshot.facts(listed, "pe").unwrap(),
        snapshot.quotes(listed).unwrap()
    );
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_becomes_known_later_changes_nothing_that_is_seen(
        instruments in proptest::collection::vec(one(), 1..5),
        minutes in 0_i64..16 * 24 * 60,
    ) {
        let as_of = Instant::from_millis(start() + minutes * 60_000);
        let world = World { instruments };
        let (whole, cut) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let whole = world.market(whole.path(), None);
        let cut = world.market(cut.path(), Some(as_of));
        prop_assert_eq!(seen(&whole, as_of), seen(&cut, as_of));
    }
}
