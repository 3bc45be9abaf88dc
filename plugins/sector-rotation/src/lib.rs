//! Stage 2, `sluice/sector-rotation`: sectors that lead, and what leads in them. Judges all instruments against each
//! other.
//!
//! Of every instrument the percent change over 20 and over 5 daily bars is taken by itself; a sector's momentum is the
//! median of its members' changes, so that neither their order nor a single wild one moves it. Sectors are ranked by their
//! momentum over 20 bars. A sector's name is that of the directory.
//!
//! | points | when |
//! |---|---|
//! | 30 | the sector's 20-bar momentum is above `min-momentum` percent |
//! | 10 more | it accelerates: its 5-bar momentum is more than 2 percentage points above a quarter of the 20-bar one |
//! | 20 | its 5-bar momentum is above 1 percent |
//! | 20 | it is one of the `top` sectors, and its 20-bar momentum is positive |
//! | 20 | the instrument itself gained more over 20 bars than its sector |
//!
//! The score is their sum. Keeps at `min-score` and above. Raises one `SECTOR_ROTATION` alert per leading sector, on the
//! market as a whole: a sector is no ticker.
//!
//! Abstains where the sector is unknown, with fewer than 21 bars, without a bar in the newest session, when a close
//! is missing, and in sectors with fewer than `min-members` such instruments.

mod sectors;

use sectors::{Change, Sector, Sectors};
use sluice_sdk::kind::SECTOR_ROTATION;
use sluice_sdk::prelude::*;

const DAILY: &str = "1d";
/// Bars of the momentum.
const LONG_BARS: u32 = 20;
/// Bars of the newest part of it.
const SHORT_BARS: usize = 5;
/// Percentage points of the 5-bar momentum beyond its share of the 20-bar one that are an acceleration.
const ACCELERATION: f64 = 2.0;
/// Percent of the 5-bar momentum.
const SHORT_MOMENTUM: f64 = 1.0;
/// Newest sessions that are asked for, to see whether the newest has a bar.
const SESSIONS: u32 = 2;

settings! {
    /// What leads.
    pub struct SectorRotation {
        /// 20-bar momentum above which a sector moves.
        min_momentum: f64 = default(3.0).unit("percent").range(-100.0..=100.0),
        /// Sectors that lead, by momentum.
        top: u32 = default(2).unit("sectors").range(1..=20),
        /// Fewest instruments that tell of a sector.
        min_members: u32 = default(5).unit("instruments").range(1..=1000),
        /// Least score that is kept.
        min_score: f64 = default(30.0).range(0.0..=100.0),
    }
}

impl Layer for SectorRotation {
    fn about() -> About {
        About::new(
            "sluice/sector-rotation",
            env!("CARGO_PKG_VERSION"),
            "Keeps what is in a sector that leads, most of all what leads in it.",
        )
        .scope(Scope::CrossSection)
        .measure("sector-momentum", "percent", "Median change of the sector over 20 bars.")
        .measure("sector-momentum-5", "percent", "Median change of the sector over 5 bars.")
        .measure("sector-rank", "", "Place of the sector by momentum, from 1.")
        .measure("change-20", "percent", "Change of the instrument over 20 bars.")
        .alert(SECTOR_ROTATION)
    }

    fn needs(&self) -> Needs {
        Needs::none()
            .bars(BarsNeed::new(DAILY, LONG_BARS + 1, &["close"]).time())
            .sessions(SESSIONS)
            .profile()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let changes: Vec<Result<Change, &'static str>> = batch.instruments().map(|i| change(&i)).collect();
        let named = batch
            .instruments()
            .zip(&changes)
            .filter_map(|(instrument, change)| Some((instrument.sector()?, *change.as_ref().ok()?)));
        let sectors = Sectors::of(named, self.min_members as usize);
        let judged = batch.instruments().zip(&changes).map(|(instrument, change)| match change {
            Err(reason) => Verdict::abstain(*reason),
            Ok(change) => match instrument.sector().and_then(|name| sectors.find(name)) {
                None => Verdict::abstain("too few instruments of its sector have bars"),
                Some(sector) => self.verdict(sector, *change),
            },
        });
        let report: Report = judged.collect();
        let leading = sectors.iter().filter(|sector| self.leads(sector) && sector.long > self.min_momentum);
        Ok(leading.fold(report, |report, sector| report.alert(alert(sector))))
    }
}

impl SectorRotation {
    fn leads(&self, sector: &Sector<'_>) -> bool {
        sector.rank <= self.top as usize && sector.long > 0.0
    }

    fn verdict(&self, sector: &Sector<'_>, change: Change) -> Verdict {
        let moves = sector.long > self.min_momentum;
        let usual = sector.long * SHORT_BARS as f64 / f64::from(LONG_BARS);
        let points = [
            (moves, 30.0),
            (moves && sector.short > usual + ACCELERATION, 10.0),
            (sector.short > SHORT_MOMENTUM, 20.0),
            (self.leads(sector), 20.0),
            (change.long > sector.long, 20.0),
        ];
        let score = points.iter().filter(|(holds, _)| *holds).fold(0.0, |sum, (_, points)| sum + points);
        let verdict = if score >= self.min_score {
            Verdict::keep(
                score,
                if self.leads(sector) { "in a leading sector" } else { "in a moving sector" },
            )
        } else {
            Verdict::drop(score, "its sector does not lead")
        };
        verdict.measures([
            ("sector-momentum", sector.long),
            ("sector-momentum-5", sector.short),
            ("sector-rank", sector.rank as f64),
            ("change-20", change.long),
        ])
    }
}

fn alert(sector: &Sector<'_>) -> Alert {
    Alert::new(SECTOR_ROTATION)
        .message(format!(
            "{} leads: median change {:.1} % in {LONG_BARS} bars over {} instruments",
            sector.name, sector.long, sector.members
        ))
        .dedupe_key(format!("{SECTOR_ROTATION} {}", sector.name))
        .number("momentum", sector.long)
}

/// The instrument's own changes, or why there are none.
fn change(instrument: &Instrument<'_>) -> Result<Change, &'static str> {
    if instrument.sector().is_none() {
        return Err("its sector is unknown");
    }
    let bars = instrument.bars(DAILY);
    if bars.misses_newest_session() {
        return Err("no bar in the newest session");
    }
    Change::of(bars.close(), LONG_BARS as usize, SHORT_BARS)
        .ok_or("fewer than 21 daily bars, or a close is missing")
}

sluice_sdk::export!(SectorRotation);

#[cfg(test)]
mod tests;
