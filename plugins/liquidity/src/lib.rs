//! Stage 1, `sluice/liquidity`: what trades enough to get in and out of.
//!
//! Over the daily bars of the venue's last `lookback` sessions that have a close and a volume above 0 it takes the
//! mean dollar volume (close · volume, in the instrument's currency) and the mean close. Keeps when the dollar volume
//! reaches `min-dollar-volume` and the mean close is within `min-price`..`max-price`. With fewer than `min-bars` such
//! bars it abstains: a stock that hardly traded in these sessions is not judged by older bars.
//!
//! Score, kept or not: `100 · ln(dollar volume / 50 k) / ln(5 G / 50 k)`, clamped to 0..100, so 0 at $50 k a day, 20
//! at $500 k, 40 at $5 M, 60 at $50 M, 100 at $5 B.
//!
//! Where nobody knows the venue's sessions, the newest `lookback` bars stand in for them; the log says so.

use sluice_sdk::prelude::*;

const DAILY: &str = "1d";
/// Dollar volume a day with the score 0, USD.
const ZERO_SCORE_USD: f64 = 50e3;
/// Dollar volume a day with the score 100, USD.
const FULL_SCORE_USD: f64 = 5e9;

settings! {
    /// What is liquid.
    pub struct Liquidity {
        /// Sessions of the venue that are looked at.
        lookback: u32 = default(20).unit("sessions").range(1..=250),
        /// Least mean dollar volume a day.
        min_dollar_volume: f64 = default(5e6).unit("USD").range(0.0..=1e12),
        /// Least mean close.
        min_price: f64 = default(1.0).unit("USD").range(0.0..=1e7),
        /// Greatest mean close.
        max_price: f64 = default(2000.0).unit("USD").range(0.0..=1e7),
        /// Bars with a price and a volume that must be there.
        min_bars: u32 = default(10).unit("bars").range(1..=250),
    }
}

impl Layer for Liquidity {
    fn about() -> About {
        About::new(
            "sluice/liquidity",
            env!("CARGO_PKG_VERSION"),
            "Keeps what trades enough, within a price range.",
        )
        .measure("dollar-volume", "USD", "Mean of close times volume a day.")
        .measure("price", "USD", "Mean close.")
        .measure("bars", "bars", "Bars with a price and a volume in the sessions looked at.")
    }

    fn check(&self) -> Vec<SettingFault> {
        let mut faults = Vec::new();
        if self.max_price < self.min_price {
            faults.push(SettingFault::new(
                "max-price",
                format!("must be at least min-price, {}", self.min_price),
            ));
        }
        if self.min_bars > self.lookback {
            let message = format!("must be at most lookback, {}: a session has one daily bar", self.lookback);
            faults.push(SettingFault::new("min-bars", message));
        }
        faults
    }

    fn needs(&self) -> Needs {
        Needs::none()
            .bars(BarsNeed::new(DAILY, self.lookback, &["close", "volume"]).time())
            .sessions(self.lookback)
    }

    fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
        let bars = instrument.bars(DAILY);
        if bars.is_empty() {
            return Verdict::abstain("no daily bars");
        }
        let recent = bars.since_session(self.lookback).unwrap_or_else(|| bars.last(self.lookback as usize));
        let traded = Traded::over(recent.close(), recent.volume());
        if traded.bars < f64::from(self.min_bars) {
            let (least, sessions) = (self.min_bars, self.lookback);
            return Verdict::abstain(format!("fewer than {least} traded bars in {sessions} sessions"))
                .measure("bars", traded.bars);
        }
        self.verdict(&traded)
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        for venue in batch.venues().filter(|venue| venue.newest_session().is_none()) {
            log::warn(format!(
                "the sessions of venue {:?} are unknown: the newest {} bars stand in for them",
                venue.mic(),
                self.lookback
            ));
        }
        Ok(batch.instruments().map(|instrument| self.judge(&instrument)).collect())
    }
}

impl Liquidity {
    fn verdict(&self, traded: &Traded) -> Verdict {
        let score = score::log(traded.dollar_volume, ZERO_SCORE_USD, FULL_SCORE_USD);
        let verdict = if traded.dollar_volume < self.min_dollar_volume {
            Verdict::drop(score, format!("mean dollar volume below {}", self.min_dollar_volume))
        } else if traded.price < self.min_price {
            Verdict::drop(score, format!("mean close below {}", self.min_price))
        } else if traded.price > self.max_price {
            Verdict::drop(score, format!("mean close above {}", self.max_price))
        } else {
            Verdict::keep(score, "trades enough")
        };
        verdict.measures([
            ("dollar-volume", traded.dollar_volume),
            ("price", traded.price),
            ("bars", traded.bars),
        ])
    }
}

/// Means over the bars that have a close and a volume above 0; NaN without any.
#[derive(Debug)]
struct Traded {
    bars: f64,
    /// Mean of close · volume.
    dollar_volume: f64,
    /// Mean close.
    price: f64,
}

impl Traded {
    fn over(close: &[f64], volume: &[f64]) -> Self {
        let (mut bars, mut dollars, mut prices) = (0.0, 0.0, 0.0);
        for (&close, &volume) in close.iter().zip(volume) {
            let usable = close > 0.0 && volume > 0.0 && (close * volume).is_finite();
            if usable {
                bars += 1.0;
                dollars += close * volume;
                prices += close;
            }
        }
        Self { bars, dollar_volume: dollars / bars, price: prices / bars }
    }
}

sluice_sdk::export!(Liquidity);

#[cfg(test)]
mod tests;
