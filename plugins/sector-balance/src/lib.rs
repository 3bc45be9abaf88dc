//! Stage 1.5, `sluice/sector-balance`: the best of each sector, and no sector above its share. Judges all instruments
//! against each other.
//!
//! Instruments are ranked within their sector by volume-weighted momentum: `Σ(change · volume) / Σ volume` over the newest
//! `lookback` daily bars, the change of each bar in percent of the close before; of equal ones the first by symbol. A
//! sector of n ranked instruments has `⌈top-percent · n⌉` places; together these are the places of all sectors. No
//! sector keeps more than `max-share` percent of them, but each keeps at least one.
//!
//! Score: the place within the sector as a percentage, 100 for the first of n, `100/n` for the last. Keeps what has a
//! place, drops the others with their score.
//!
//! Abstains where the sector is unknown, with fewer than `lookback` + 1 bars, without a bar in the newest session, and
//! when a number is missing. Such instruments take no places.

use std::collections::BTreeMap;

use sluice_sdk::prelude::*;

const DAILY: &str = "1d";
const PERCENT: f64 = 100.0;
/// Newest sessions that are asked for, to see whether the newest has a bar.
const SESSIONS: u32 = 2;

settings! {
    /// Places.
    pub struct SectorBalance {
        /// Bars of the momentum.
        lookback: u32 = default(20).unit("bars").range(2..=250),
        /// Share of each sector that has places.
        top_percent: f64 = default(30.0).unit("percent").range(0.1..=100.0),
        /// Greatest share of all places that one sector keeps.
        max_share: f64 = default(15.0).unit("percent").range(1.0..=100.0),
    }
}

impl Layer for SectorBalance {
    fn about() -> About {
        About::new(
            "sluice/sector-balance",
            env!("CARGO_PKG_VERSION"),
            "Keeps the strongest of each sector, and no sector above its share.",
        )
        .scope(Scope::CrossSection)
        .measure("momentum", "percent", "Mean daily change, weighted by volume.")
        .measure("place", "", "Place within the sector, from 1.")
        .measure("places", "", "Places that the sector keeps.")
    }

    fn needs(&self) -> Needs {
        Needs::none()
            .bars(BarsNeed::new(DAILY, self.lookback + 1, &["close", "volume"]).time())
            .sessions(SESSIONS)
            .profile()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let mut ranked: Vec<Result<Ranked<'_>, &'static str>> =
            batch.instruments().map(|instrument| self.ranked(instrument)).collect();
        self.place(ranked.iter_mut().flatten());
        let verdict = |ranked: &Result<Ranked<'_>, &'static str>| match ranked {
            Err(reason) => Verdict::abstain(*reason),
            Ok(ranked) => ranked.verdict(),
        };
        Ok(ranked.iter().map(verdict).collect())
    }
}

/// An instrument that takes part.
struct Ranked<'a> {
    sector: &'a str,
    symbol: &'a str,
    momentum: f64,
    /// From 0 within its sector.
    place: usize,
    /// Of its sector.
    members: usize,
    /// Places that its sector keeps.
    places: usize,
}

impl SectorBalance {
    fn ranked<'a>(&self, instrument: Instrument<'a>) -> Result<Ranked<'a>, &'static str> {
        let sector = instrument.sector().ok_or("its sector is unknown")?;
        let bars = instrument.bars(DAILY);
        if bars.len() <= self.lookback as usize {
            return Err("too few daily bars");
        }
        if bars.misses_newest_session() {
            return Err("no bar in the newest session");
        }
        let momentum = momentum(bars.close(), bars.volume());
        if !momentum.is_finite() {
            return Err("a close or a volume is missing");
        }
        Ok(Ranked { sector, symbol: instrument.symbol(), momentum, place: 0, members: 0, places: 0 })
    }

    /// Gives everyone a place.
    fn place<'r, 'a: 'r>(&self, ranked: impl Iterator<Item = &'r mut Ranked<'a>>) {
        let mut sectors: BTreeMap<&str, Vec<&mut Ranked<'a>>> = BTreeMap::new();
        for member in ranked {
            sectors.entry(member.sector).or_default().push(member);
        }
        let quota = |members: usize| share(members, self.top_percent).ceil() as usize;
        let all: usize = sectors.values().map(|members| quota(members.len())).sum();
        let most = (share(all, self.max_share).floor() as usize).max(1);
        for members in sectors.values_mut() {
            members.sort_by(|a, b| b.momentum.total_cmp(&a.momentum).then(a.symbol.cmp(b.symbol)));
            let count = members.len();
            for (place, member) in members.iter_mut().enumerate() {
                (member.place, member.members, member.places) = (place, count, quota(count).min(most));
            }
        }
    }
}

/// So many percent of a count.
fn share(count: usize, percent: f64) -> f64 {
    count as f64 * percent / PERCENT
}

/// Mean change in percent, weighted by volume; NaN when a number is missing or nothing was traded.
fn momentum(close: &[f64], volume: &[f64]) -> f64 {
    let changes =
        close.iter().zip(close.iter().skip(1)).map(|(before, close)| PERCENT * (close - before) / before);
    let (weighted, traded) =
        changes.zip(volume.iter().skip(1)).fold((0.0, 0.0), |(weighted, traded), (change, volume)| {
            (weighted + change * volume, traded + volume)
        });
    weighted / traded
}

impl Ranked<'_> {
    fn verdict(&self) -> Verdict {
        let score = PERCENT * (self.members - self.place) as f64 / self.members as f64;
        let verdict = if self.place < self.places {
            Verdict::keep(score, "among the strongest of its sector")
        } else {
            Verdict::drop(score, "its sector's places went to stronger ones")
        };
        verdict.measures([
            ("momentum", self.momentum),
            ("place", (self.place + 1) as f64),
            ("places", self.places as f64),
        ])
    }
}

sluice_sdk::export!(SectorBalance);

#[cfg(test)]
mod tests;
