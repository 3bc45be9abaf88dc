//! Whatever becomes known after the instant of a scan changes nothing that any bundled layer says: bars of days and within
//! them, splits, dividends, events, figures, quotes, memberships.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

use crate::support::{Dice, World, plan, printed};
use chrono::NaiveDate;
use proptest::prelude::*;
use serde_json::Value as Json;
use sluice_engine::Plan;
use sluice_market::{
    AsOf, Calendar, Calendars, ImportHints, ImportOptions, Instant, Market, Session, import,
};
use std::collections::BTreeSet;

/// Every bundled layer.
const LAYERS: [&str; 19] = [
    "sluice/universe",
    "sluice/liquidity",
    "sluice/affinity",
    "sluice/sector-balance",
    "sluice/volume",
    "sluice/technical",
    "sluice/gap",
    "sluice/breakout-52w",
    "sluice/relative-strength",
    "sluice/earnings",
    "sluice/news",
    "sluice/insider",
    "sluice/options",
    "sluice/social",
    "sluice/sector-rotation",
    "sluice/intermarket",
    "sluice/premarket",
    "sluice/intraday",
    "sluice/screen",
];
/// Ten stocks of two sectors, and two funds that layers look at beside the universe.
const STOCKS: u32 = 10;
const FUNDS: [&str; 2] = ["SPY", "TLT"];
/// Sessions with daily bars, and the last of them that have bars of quarters of an hour, too.
const SESSIONS: usize = 100;
const WITH_QUARTERS: usize = 9;
/// A scan is about one of so many sessions before the last one.
const SCANNED: usize = 3;
const MINUTE: i64 = 60_000;
const QUARTER: i64 = 15 * MINUTE;
/// From the start of pre-market trading to the end of trading after the close, in minutes.
const DAY_MINUTES: i64 = 16 * 60;

/// All layers side by side: whatever one of them says is part of the result.
fn all_layers() -> String {
    format!(
        "default-pipeline = \"all\"\n[[pipelines.all.stages]]\nnumber = 0\nname = \"all\"\nlayers = {LAYERS:?}\n\
         pass = \"any\"\nunknown = \"keep\"\n\
         [layers.\"sluice/intraday\".settings]\ntimeframe = \"15m\"\n\
         [layers.\"sluice/screen\".settings]\nwhere = 'close > sma(5) or fact(\"pe\") > 20 or spread < 1'\n\
         [layers.\"sluice/breakout-52w\".settings]\nlookback = 60\n"
    )
}

/// Something that a file says, and when it becomes known.
struct Line {
    known_at: Instant,
    text: String,
}

/// A stock in an index for a while.
struct Member {
    symbol: String,
    from: NaiveDate,
    to: NaiveDate,
}

/// Everything that there is to know, by file.
struct Everything {
    calendar: Calendar,
    sessions: Vec<Session>,
    days: Vec<Line>,
    quarters: Vec<Line>,
    actions: Vec<Line>,
    events: Vec<Line>,
    facts: Vec<Line>,
    quotes: Vec<Line>,
    members: Vec<Member>,
}

const BARS: &str = "ticker,volume,open,close,high,low,window_start,transactions";
const EVENTS: &str =
    "id,symbol,kind,known_at,effective_at,headline,code,owner,shares,price,iv-rank,flow,posts,sentiment";

impl Everything {
    fn new(seed: u64) -> Self {
        let calendar = Calendars::default().for_mic("XNYS").unwrap();
        let dates = "2024-02-01".parse::<NaiveDate>().unwrap().iter_days();
        let sessions: Vec<Session> =
            dates.filter_map(|date| calendar.session(date).unwrap()).take(SESSIONS).collect();
        let mut all = Self {
            calendar,
            sessions,
            days: Vec::new(),
            quarters: Vec::new(),
            actions: Vec::new(),
            events: Vec::new(),
            facts: Vec::new(),
            quotes: Vec::new(),
            members: Vec::new(),
        };
        let mut dice = Dice::new(seed);
        let stocks = (0..STOCKS).map(|number| format!("N{number}"));
        for symbol in stocks.chain(FUNDS.map(str::to_owned)) {
            all.bars(&symbol, &mut dice);
            all.told(&symbol, &mut dice);
        }
        all
    }

    /// A walk in days, and within the last of them in quarters of an hour; raw, with a split now and then.
    fn bars(&mut self, symbol: &str, dice: &mut Dice) {
        let mut cents = 2_000 + dice.below(20_000);
        let splits = dice.below(3) == 0;
        for (at, session) in self.sessions.iter().enumerate() {
            let trades = dice.below(25) > 0;
            if splits && at > SESSIONS - 12 && dice.below(6) == 0 {
                cents = (cents / 2).max(100);
                let text = format!("{symbol},{},0,2", session.date);
                self.actions.push(Line { known_at: session.pre_opens, text });
            }
            let before = cents;
            cents = (cents * (9_500 + dice.below(1_060)) / 10_000).max(100);
            if !trades {
                continue;
            }
            let volume = (dice.below(900_000) + 100_000) * if dice.below(8) == 0 { 6 } else { 1 };
            self.days.push(Line {
                known_at: self.calendar.known_at(session.date),
                text: bar(symbol, [before, cents], volume, midnight(session)),
            });
            if at < SESSIONS - WITH_QUARTERS {
                continue;
            }
            let mut open = session.pre_opens;
            let mut price = before;
            while open < session.closes {
                let end = Instant::from_millis(open.millis() + QUARTER);
                let from = price;
                price = (price * (9_900 + dice.below(205)) / 10_000).max(100);
                if dice.below(10) > 0 {
                    let volume = 1_000 + dice.below(60_000);
                    self.quarters
                        .push(Line { known_at: end, text: bar(symbol, [from, price], volume, open) });
                }
                open = end;
            }
        }
    }

    /// Events and figures of the last sessions, at any minute of any day, and a time in an index.
    fn told(&mut self, symbol: &str, dice: &mut Dice) {
        let first = self.sessions[SESSIONS - 12].pre_opens.millis();
        let minutes = u32::try_from((self.sessions[SESSIONS - 1].closes.millis() - first) / MINUTE).unwrap();
        for kind in ["earnings", "news", "insider", "options", "social"] {
            for number in 0..dice.below(6) {
                let known_at = Instant::from_millis(first + i64::from(dice.below(minutes)) * MINUTE);
                let ahead = i64::from(dice.below(6)) * DAY_MINUTES * MINUTE;
                let effective =
                    if kind == "earnings" { known_at.millis() + ahead } else { known_at.millis() };
                let text = format!(
                    "{symbol}-{kind}-{number},{symbol},{kind},{known_at},{},Upgrade after results beat,P,owner {},{},10,{},0.{},{},0.{}",
                    Instant::from_millis(effective),
                    dice.below(4),
                    1_000 + dice.below(90_000),
                    70 + dice.below(30),
                    dice.below(10),
                    5 + dice.below(500),
                    dice.below(10),
                );
                self.events.push(Line { known_at, text });
            }
        }
        for _ in 0..dice.below(4) {
            let known_at = Instant::from_millis(first + i64::from(dice.below(minutes)) * MINUTE);
            self.facts
                .push(Line { known_at, text: format!("{symbol},{known_at},pe,{}", 5 + dice.below(40)) });
        }
        for _ in 0..dice.below(40) {
            let known_at = Instant::from_millis(first + i64::from(dice.below(minutes)) * MINUTE);
            let bid = 20 + dice.below(200);
            let text = format!("{symbol},{known_at},{bid},{bid}.{:02},,,", 1 + dice.below(99));
            self.quotes.push(Line { known_at, text });
        }
        let [from, to] = [SESSIONS - 10, SESSIONS - 5].map(|first| {
            let at = first + dice.below(5) as usize;
            self.sessions[at].date
        });
        self.members.push(Member { symbol: symbol.to_owned(), from, to });
    }

    /// A market that was made when only what is known at an instant could be told; none: all of it.
    fn world(&self, until: Option<Instant>) -> World {
        let folder = tempfile::tempdir().unwrap();
        let take = |name: &str, header: &str, rows: Vec<String>, timeframe: Option<&str>| {
            if rows.is_empty() {
                return;
            }
            let file = folder.path().join(name);
            std::fs::write(&file, format!("{header}\n{}\n", rows.join("\n"))).unwrap();
            let timeframe = timeframe.map(|text| text.parse().unwrap());
            let options = ImportOptions {
                now: "2026-01-05T12:00:00Z".parse().unwrap(),
                hints: ImportHints { timeframe, ..ImportHints::default() },
                ..ImportOptions::default()
            };
            import(&folder.path().join("market"), &[file], &options, &mut |_| {}).unwrap();
        };
        let known = |lines: &[Line]| -> Vec<String> {
            let known = lines.iter().filter(|line| until.is_none_or(|until| line.known_at <= until));
            known.map(|line| line.text.clone()).collect()
        };
        let stock =
            |number: u32| format!("N{number},stock,active,{}", ["Energy", "Utilities"][number as usize % 2]);
        let funds = FUNDS.map(|fund| format!("{fund},etf,active,"));
        let directory: Vec<String> = (0..STOCKS).map(stock).chain(funds).collect();
        take("directory.csv", "symbol,kind,status,sector", directory, None);
        take("days.csv", BARS, known(&self.days), Some("1d"));
        take("quarters.csv", BARS, known(&self.quarters), Some("15m"));
        take("actions.csv", "symbol,date,dividends,stock_splits", known(&self.actions), None);
        take("events.csv", EVENTS, known(&self.events), None);
        take("facts.csv", "symbol,known_at,name,value", known(&self.facts), None);
        take("quotes.csv", "symbol,time,bid,ask,bid_size,ask_size,last", known(&self.quotes), None);
        let today = until.map(|until| {
            // at midnight the day that ends counts still
            self.calendar.local_date(Instant::from_millis(until.millis() - 1)).unwrap()
        });
        let is_known = |date: NaiveDate| today.is_none_or(|today| date <= today);
        let members = self.members.iter().filter(|member| is_known(member.from)).map(|member| {
            let to = if is_known(member.to) { member.to.to_string() } else { String::new() };
            format!("made-up,{},{},{to}", member.symbol, member.from)
        });
        take("members.csv", "index,symbol,from,to", members.collect(), None);
        World { market: Market::open(&folder.path().join("market")).unwrap(), folder }
    }

    /// Some minutes after the pre-market of a session before the last one began.
    fn instant(&self, before: usize, minutes: i64) -> Instant {
        let session = &self.sessions[SESSIONS - 2 - before];
        Instant::from_millis(session.pre_opens.millis() + minutes * MINUTE)
    }
}

/// When the day of a session began in New York, four hours before its pre-market.
fn midnight(session: &Session) -> Instant {
    Instant::from_millis(session.pre_opens.millis() - 4 * 60 * MINUTE)
}

fn bar(symbol: &str, [open, close]: [u32; 2], volume: u32, at: Instant) -> String {
    let (high, low) = (open.max(close) + 7, open.min(close) - 7);
    let [open, high, low, close] = [open, high, low, close].map(|cents| f64::from(cents) / 100.0);
    format!("{symbol},{volume},{open},{close},{high},{low},{}000000,1", at.millis())
}

/// What a scan says of everything that was listed then.
fn said(world: &World, plan: &Plan, as_of: Instant) -> Json {
    let as_of = AsOf::At(as_of);
    let listed = world.market.snapshot(&as_of).unwrap().listed().to_vec();
    printed(&world.run(plan, &as_of, listed, 2))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_becomes_known_later_changes_nothing_that_any_layer_says(
        seed in any::<u64>(),
        before in 0..SCANNED,
        minutes in 0..DAY_MINUTES,
    ) {
        let all = Everything::new(seed);
        let as_of = all.instant(before, minutes);
        let plan = plan(&all_layers());
        let whole = said(&all.world(None), &plan, as_of);
        for later in [0, 1, DAY_MINUTES] {
            let until = Instant::from_millis(as_of.millis() + later * MINUTE);
            prop_assert_eq!(&said(&all.world(Some(until)), &plan, as_of), &whole, "{} minutes later", later);
        }
    }
}

/// The property would hold of layers that never say anything, too.
#[test]
fn every_layer_has_something_to_say_of_these_markets() {
    let plan = plan(&all_layers());
    let (mut speak, mut spreads) = (BTreeSet::new(), 0);
    for (seed, minutes) in [(1, 3 * 60), (2, 9 * 60), (3, 15 * 60)] {
        let all = Everything::new(seed);
        let result = said(&all.world(None), &plan, all.instant(0, minutes));
        assert_eq!(result["status"], "complete", "{result}");
        for row in result["results"].as_array().unwrap() {
            let layers = row["layers"].as_object().unwrap();
            spreads += usize::from(row["layers"]["sluice/intraday"]["measures"]["spread"].is_number());
            speak.extend(
                layers.iter().filter(|(_, said)| said["outcome"] != "abstain").map(|(id, _)| id.clone()),
            );
        }
    }
    // judges the market, and no instrument
    let expected: BTreeSet<String> =
        LAYERS.iter().filter(|id| **id != "sluice/intermarket").map(|id| (*id).to_owned()).collect();
    assert_eq!(speak, expected);
    assert!(spreads > 0, "no layer saw a quote");
}
