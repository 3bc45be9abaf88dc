//! Transactions that count, and what they come to.

use std::collections::BTreeSet;

use sluice_sdk::{Event, Instant};

const DAY_MS: i64 = 86_400_000;

/// A purchase or a sale on the market.
#[derive(Debug, Clone, Copy)]
struct Trade<'a> {
    id: &'a str,
    buys: bool,
    owner: &'a str,
    at: Instant,
    shares: f64,
    /// USD.
    value: f64,
}

/// Those of one instrument, oldest first.
#[derive(Debug)]
pub(crate) struct Trades<'a> {
    trades: Vec<Trade<'a>>,
    /// Purchases and sales whose value nobody told.
    pub(crate) without_value: usize,
}

impl<'a> Trades<'a> {
    pub(crate) fn of(events: impl Iterator<Item = Event<'a>>, count_plans: bool) -> Self {
        let mut all = Self { trades: Vec::new(), without_value: 0 };
        for event in events {
            let buys = match event.attribute("code") {
                Some("P") => true,
                Some("S") => false,
                _ => continue,
            };
            let derivative = event.attribute("derivative") == Some("true");
            let planned = event.attribute("plan-10b5-1") == Some("true") && !count_plans;
            if derivative || planned {
                continue;
            }
            let Some(value) = value(event) else {
                all.without_value += 1;
                continue;
            };
            let owner = event.attribute("owner-cik").or_else(|| event.attribute("owner"));
            let shares = event.number("shares").unwrap_or_default();
            all.trades.push(Trade {
                id: event.id(),
                buys,
                // who is not named is another one each time
                owner: owner.unwrap_or(event.id()),
                at: event.effective_at(),
                shares,
                value,
            });
        }
        all.trades.sort_by(|a, b| (a.at, a.owner, a.id).cmp(&(b.at, b.owner, b.id)));
        all.once_each();
        all
    }

    /// An amendment repeats the transactions that it corrects; what is equal in all that matters is the same one.
    fn once_each(&mut self) {
        let mut kept: Vec<Trade<'a>> = Vec::with_capacity(self.trades.len());
        for trade in &self.trades {
            let filing = |id: &'a str| id.rsplit_once(':').map_or(id, |(filing, _)| filing);
            let same = |other: &Trade<'_>| {
                (other.at, other.owner, other.buys) == (trade.at, trade.owner, trade.buys)
                    && (other.shares, other.value) == (trade.shares, trade.value)
            };
            // within one filing two equal lines are two transactions
            if !kept.iter().any(|other| same(other) && filing(other.id) != filing(trade.id)) {
                kept.push(*trade);
            }
        }
        self.trades = kept;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.trades.is_empty()
    }

    pub(crate) fn bought(&self) -> f64 {
        total(self.side(true))
    }

    pub(crate) fn sold(&self) -> f64 {
        total(self.side(false))
    }

    pub(crate) fn buyers(&self) -> usize {
        distinct(self.side(true))
    }

    pub(crate) fn sellers(&self) -> usize {
        distinct(self.side(false))
    }

    /// Ids of the purchases.
    pub(crate) fn purchases(&self) -> impl Iterator<Item = &'a str> {
        self.side(true).map(|trade| trade.id)
    }

    /// Ids of the sales.
    pub(crate) fn sales(&self) -> impl Iterator<Item = &'a str> {
        self.side(false).map(|trade| trade.id)
    }

    /// Runs of purchases by two owners or more, each within so many days of the one before, worth at least so much.
    pub(crate) fn clusters(&self, days: u32, value: f64) -> usize {
        let purchases: Vec<&Trade<'_>> = self.side(true).collect();
        let near = |a: &&Trade<'_>, b: &&Trade<'_>| b.at - a.at <= i64::from(days) * DAY_MS;
        let counts =
            |run: &&[&Trade<'_>]| distinct(run.iter().copied()) >= 2 && total(run.iter().copied()) >= value;
        purchases.chunk_by(near).filter(counts).count()
    }

    fn side(&self, buys: bool) -> impl Iterator<Item = &Trade<'a>> {
        self.trades.iter().filter(move |trade| trade.buys == buys)
    }
}

/// What was paid, USD; none when it is not known or nothing.
fn value(event: Event<'_>) -> Option<f64> {
    let product = || Some(event.number("shares")? * event.number("price")?);
    event.number("value").or_else(product).filter(|value| value.is_finite() && *value > 0.0)
}

/// From 0: an empty sum of floating-point numbers is −0.
fn total<'t, 'a: 't>(trades: impl Iterator<Item = &'t Trade<'a>>) -> f64 {
    trades.fold(0.0, |sum, trade| sum + trade.value)
}

fn distinct<'t, 'a: 't>(trades: impl Iterator<Item = &'t Trade<'a>>) -> usize {
    trades.map(|trade| trade.owner).collect::<BTreeSet<_>>().len()
}
