//! Stage 1.5, `sluice/affinity`: which strategy fits an instrument, and whether the market favours it now. Sees all
//! instruments at once, so it belongs behind the stages that make the universe small.
//!
//! Four strategies (`strategies.rs` has their formulas) get an affinity from 0 to 100 each, from the newest `lookback`
//! daily bars. The market's regime comes from `reference` (an index or its fund), and where the market lacks it from breadth
//! (`regime.rs`). Each regime prefers some strategies; the settings say which.
//!
//! Score: the greatest affinity among the preferred strategies. Keeps at `min-affinity` and above, drops else.
//!
//! Abstains with fewer than 60 bars, without a bar in the newest session, and when no preferred strategy has an
//! affinity because numbers are missing. There is no default that passes.

mod regime;
mod strategies;

use regime::{Regime, Weather};
use sluice_sdk::prelude::*;
use strategies::{NAMES, affinities};

const DAILY: &str = "1d";
/// Fewer bars than this are no history: the 50-bar mean needs some rows.
const MIN_BARS: usize = 60;
/// Newest sessions that are asked for, to see whether the newest has a bar.
const SESSIONS: u32 = 2;
/// Longest ticker of a reference in bytes.
const MAX_TICKER_BYTES: u32 = 32;

settings! {
    /// What fits.
    pub struct Affinity {
        /// Bars that are looked at.
        lookback: u32 = default(90).unit("bars").range(60..=500),
        /// Least affinity that is kept.
        min_affinity: f64 = default(50.0).range(0.0..=100.0),
        /// The index, or its fund, that tells the regime.
        reference: String = text("SPY").max_length(MAX_TICKER_BYTES),
        /// Strategies that a rising market prefers.
        bull_trend: Vec<String> = texts(["momentum", "breakout"]).choices(NAMES),
        /// Strategies that a falling market prefers.
        bear_trend: Vec<String> = texts(["mean-reversion", "sentiment"]).choices(NAMES),
        /// Strategies that a market without a direction prefers.
        mean_reverting: Vec<String> = texts(["mean-reversion"]).choices(NAMES),
        /// Strategies that a wild market prefers.
        high_volatility: Vec<String> = texts(["mean-reversion", "sentiment"]).choices(NAMES),
        /// Strategies that a calm market prefers.
        low_volatility: Vec<String> = texts(["breakout", "momentum"]).choices(NAMES),
        /// Strategies that a market between two regimes prefers.
        transitioning: Vec<String> =
            texts(["momentum", "breakout", "mean-reversion", "sentiment"]).choices(NAMES),
        /// Strategies where the regime is unknown.
        unknown: Vec<String> = texts(["momentum", "breakout", "mean-reversion", "sentiment"]).choices(NAMES),
    }
}

impl Layer for Affinity {
    fn about() -> About {
        About::new(
            "sluice/affinity",
            env!("CARGO_PKG_VERSION"),
            "Keeps what a strategy fits that the market favours now.",
        )
        .scope(Scope::CrossSection)
        .measure("momentum", "", "Affinity to momentum, 0 to 100.")
        .measure("mean-reversion", "", "Affinity to mean reversion, 0 to 100.")
        .measure("breakout", "", "Affinity to breakouts, 0 to 100.")
        .measure("sentiment", "", "Affinity to sentiment, 0 to 100.")
    }

    fn check(&self) -> Vec<SettingFault> {
        let all = Regime::ALL.into_iter().filter(|regime| self.preferred(*regime).is_empty());
        all.map(|regime| SettingFault::new(regime.name(), "prefers no strategy: name at least one")).collect()
    }

    fn needs(&self) -> Needs {
        let columns = ["open", "high", "low", "close", "volume"];
        Needs::none()
            .bars(BarsNeed::new(DAILY, self.lookback, &columns).time())
            .reference(&self.reference)
            .sessions(SESSIONS)
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let reference = batch.reference(&self.reference).map(|reference| reference.bars(DAILY));
        let closes = batch.instruments().map(|instrument| instrument.bars(DAILY).close());
        let weather = Weather::of(reference.map_or(&[], |bars| bars.close()), closes);
        let judged = batch.instruments().map(|instrument| self.judge_in(weather.regime, &instrument));
        let figures = [("breadth", weather.breadth), ("volatility", weather.volatility)];
        let known = figures.into_iter().filter(|(_, figure)| figure.is_finite());
        Ok(known.fold(judged.collect(), |report: Report, (name, figure)| report.market(name, figure)))
    }
}

impl Affinity {
    fn preferred(&self, regime: Regime) -> &[String] {
        match regime {
            Regime::BullTrend => &self.bull_trend,
            Regime::BearTrend => &self.bear_trend,
            Regime::MeanReverting => &self.mean_reverting,
            Regime::HighVolatility => &self.high_volatility,
            Regime::LowVolatility => &self.low_volatility,
            Regime::Transitioning => &self.transitioning,
            Regime::Unknown => &self.unknown,
        }
    }

    fn judge_in(&self, regime: Regime, instrument: &Instrument<'_>) -> Verdict {
        let bars = instrument.bars(DAILY);
        if bars.len() < MIN_BARS {
            return Verdict::abstain(format!("fewer than {MIN_BARS} daily bars"));
        }
        if bars.misses_newest_session() {
            return Verdict::abstain("no bar in the newest session");
        }
        let affinities = affinities(&bars);
        let preferred = self.preferred(regime);
        let known = NAMES.iter().zip(affinities).filter(|(name, affinity)| {
            affinity.is_finite() && preferred.iter().any(|wanted| wanted == *name)
        });
        let verdict = match known.max_by(|(_, a), (_, b)| a.total_cmp(b)) {
            None => return Verdict::abstain("numbers are missing for the strategies of this regime"),
            Some((name, score)) if score >= self.min_affinity => {
                Verdict::keep(score, format!("{name} fits, in a regime {}", regime.name()))
            }
            Some((_, score)) => {
                Verdict::drop(score, format!("no strategy fits that the regime {} prefers", regime.name()))
            }
        };
        NAMES
            .iter()
            .zip(affinities)
            .fold(verdict, |verdict, (name, affinity)| verdict.measure(name, affinity))
    }
}

sluice_sdk::export!(Affinity);

#[cfg(test)]
mod tests;
