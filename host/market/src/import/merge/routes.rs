//! Which instrument the bars of each ticker go to.

use std::collections::HashMap;
use std::ops::Range;

use super::super::identity::{Ask, Identities};
use super::super::intake::Known;
use super::super::intake::venues::Venues;
use super::super::sink::Ticker;
use super::super::taken::Taken;

/// The bars of a ticker on some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) ticker: Ticker,
    pub(super) days: Range<i32>,
}

/// By instrument: the tickers that it has bars of.
pub(super) struct Routes(HashMap<usize, Vec<Route>>);

impl Routes {
    pub(super) fn new(identities: &mut Identities, taken: &Taken) -> Self {
        let mut routes: HashMap<usize, Vec<Route>> = HashMap::new();
        for (known, number) in taken.tickers.iter().zip(0..) {
            let Some((oldest, newest)) = known.days else { continue };
            let ask = ask(known, &taken.venues);
            for (owner, days) in identities.owners(ask, oldest, newest) {
                identities.learn(owner, ask);
                routes.entry(owner).or_default().push(Route { ticker: Ticker(number), days });
            }
        }
        Self(routes)
    }

    pub(super) fn of(&self, plan: usize) -> &[Route] {
        self.0.get(&plan).map_or(&[], Vec::as_slice)
    }
}

/// A ticker at its venue.
pub(super) fn ask<'a>(known: &'a Known, venues: &'a Venues) -> Ask<'a> {
    let mic = venues.get(known.venue).map_or("", |venue| venue.calendar().mic());
    Ask { spelling: &known.spelling, canonical: &known.canonical, mic }
}
