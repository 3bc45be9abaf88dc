//! Stage 2, `sluice/intermarket`: how markets move against each other. A layer on the market as a whole: it judges no
//! instrument, and its alerts are on none, so that nothing here ever becomes a ticker.
//!
//! `base` is compared with every one of `others`, and with `bonds`, by percent changes of daily bars that both have (bars
//! are matched by time). *Now* is the newest 20 changes, *before* the 40 before those: 61 bars, which is what is asked
//! for. A correlation is Pearson's.
//!
//! | alert | raised when | confidence |
//! |---|---|---|
//! | `CORRELATION_ANOMALY` | the correlation was beyond ±0.7 before and has changed by more than 0.5 | 0.8 · min(change, 1) |
//! | `CORRELATION_ANOMALY` | it was within ±0.3 before and is beyond ±0.7 now | 0.8 · its absolute value |
//! | `DIVERGENCE` | the ratio of both closes is more than 2 population deviations from its mean of the 60 bars before | 0.7 · min(deviations / 3, 1) |
//! | `REGIME_CHANGE` | the volatility index is above 1.5 times its mean of the 20 bars before | 0.75 |
//! | `REGIME_CHANGE` | base and bonds correlate above 0.3 now, and did not before | 0.75 |
//!
//! Figures on the market: correlation and divergence per pair, the volatility index to its mean, and how many of the
//! references were there. What is missing raises nothing and has no figure.

mod pair;

use pair::{Pair, aligned};
use sluice_sdk::Bars;
use sluice_sdk::indicators::{newest, sma_last};
use sluice_sdk::kind::{CORRELATION_ANOMALY, DIVERGENCE, REGIME_CHANGE};
use sluice_sdk::prelude::*;

const DAILY: &str = "1d";
/// Changes of the correlation now.
const NOW: usize = 20;
/// Changes of the correlation before.
const BEFORE: usize = 40;
/// Bars that have so many changes.
const BARS: usize = NOW + BEFORE + 1;
/// A venue may have been closed on some of the other's days: more bars are asked for than are compared.
const SPARE_BARS: usize = 20;
const STRONG: f64 = 0.7;
const WEAK: f64 = 0.3;
const BREAK: f64 = 0.5;
/// Deviations that are a divergence.
const FAR_DEVIATIONS: f64 = 2.0;
/// Deviations with full confidence.
const FULL_DEVIATIONS: f64 = 3.0;
/// Bars of the volatility index's mean.
const FEAR_BARS: usize = 20;
const FEAR_RATIO: f64 = 1.5;
const ANOMALY_CONFIDENCE: f64 = 0.8;
const DIVERGENCE_CONFIDENCE: f64 = 0.7;
const REGIME_CONFIDENCE: f64 = 0.75;
/// Longest ticker of a reference in bytes, and most of them.
const MAX_TICKER_BYTES: u32 = 32;
const MAX_OTHERS: u32 = 30;

settings! {
    /// What is compared.
    pub struct Intermarket {
        /// What all others are compared with.
        base: String = text("SPY").max_length(MAX_TICKER_BYTES),
        /// Other markets.
        others: Vec<String> = texts(["QQQ", "IWM", "GLD", "USO", "UUP"]).max_length(MAX_OTHERS),
        /// Long bonds.
        bonds: String = text("TLT").max_length(MAX_TICKER_BYTES),
        /// The volatility index.
        volatility: String = text("^VIX").max_length(MAX_TICKER_BYTES),
    }
}

impl Layer for Intermarket {
    fn about() -> About {
        About::new(
            "sluice/intermarket",
            env!("CARGO_PKG_VERSION"),
            "Tells of correlations that break, markets that diverge, and regimes that change.",
        )
        .scope(Scope::Market)
        .alert(CORRELATION_ANOMALY)
        .alert(DIVERGENCE)
        .alert(REGIME_CHANGE)
    }

    fn needs(&self) -> Needs {
        let lookback = u32::try_from(BARS + SPARE_BARS).unwrap_or(u32::MAX);
        let needs = Needs::none().bars(BarsNeed::new(DAILY, lookback, &["close"]).time());
        self.references().into_iter().fold(needs, Needs::reference)
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let bars = |symbol: &str| batch.reference(symbol).map(|reference| reference.bars(DAILY));
        let known = self.references().iter().filter(|symbol| batch.reference(symbol).is_some()).count();
        let mut report = Report::new().market("references", known as f64);
        if let Some(base) = bars(&self.base) {
            let others = self.others.iter().chain([&self.bonds]).filter(|symbol| **symbol != self.base);
            for symbol in others {
                let Some(pair) = bars(symbol).and_then(|other| self.pair(&base, &other)) else { continue };
                report = self.compare(report, symbol, &pair);
            }
        }
        if let Some(fear) = bars(&self.volatility) {
            report = self.fear(report, &fear);
        }
        Ok(report)
    }
}

impl Intermarket {
    /// Each once.
    fn references(&self) -> Vec<&str> {
        let named = [&self.base, &self.bonds, &self.volatility].into_iter().chain(&self.others);
        let mut references: Vec<&str> = Vec::new();
        for symbol in named.map(String::as_str).filter(|symbol| !symbol.is_empty()) {
            if !references.contains(&symbol) {
                references.push(symbol);
            }
        }
        references
    }

    fn pair(&self, base: &Bars<'_>, other: &Bars<'_>) -> Option<Pair> {
        let (base, other) = aligned(base, other, BARS)?;
        Pair::of(&base, &other, NOW)
    }

    fn compare(&self, report: Report, symbol: &str, pair: &Pair) -> Report {
        let base = &self.base;
        let (now, before) = (pair.now, pair.before);
        let key = |kind: &str| format!("{kind} {base} {symbol}");
        let mut report = report.market(format!("correlation {base} {symbol}"), now);
        let broke = before.abs() > STRONG && (now - before).abs() > BREAK;
        let new = before.abs() < WEAK && now.abs() > STRONG;
        if broke || new {
            let size = if broke { (now - before).abs().min(1.0) } else { now.abs() };
            let word = if broke { "broke" } else { "is new" };
            report = report.alert(
                Alert::new(CORRELATION_ANOMALY)
                    .confidence(ANOMALY_CONFIDENCE * size)
                    .message(format!(
                        "The correlation of {base} and {symbol} {word}: {before:.2} before, {now:.2} now"
                    ))
                    .dedupe_key(key(CORRELATION_ANOMALY))
                    .number("before", before)
                    .number("now", now),
            );
        }
        if let Some(deviations) = pair.divergence {
            report = report.market(format!("divergence {base} {symbol}"), deviations);
            if deviations.abs() > FAR_DEVIATIONS {
                let word = if deviations > 0.0 { "above" } else { "below" };
                report = report.alert(
                    Alert::new(DIVERGENCE)
                        .confidence(DIVERGENCE_CONFIDENCE * (deviations.abs() / FULL_DEVIATIONS).min(1.0))
                        .message(format!(
                            "{symbol} is {:.1} deviations {word} its usual ratio to {base}",
                            deviations.abs()
                        ))
                        .dedupe_key(key(DIVERGENCE))
                        .number("deviations", deviations),
                );
            }
        }
        if symbol == self.bonds && now > WEAK && before <= WEAK {
            report = report.alert(
                Alert::new(REGIME_CHANGE)
                    .severity(Severity::Notice)
                    .confidence(REGIME_CONFIDENCE)
                    .message(format!("{base} and {symbol} move together: correlation {now:.2}"))
                    .dedupe_key(key(REGIME_CHANGE))
                    .number("now", now),
            );
        }
        report
    }

    /// The volatility index against its own mean.
    fn fear(&self, report: Report, bars: &Bars<'_>) -> Report {
        let mean = sma_last(bars.before_last(1).close(), FEAR_BARS);
        let Some(now) = newest(bars.close()).filter(|_| mean > 0.0) else { return report };
        let ratio = now / mean;
        let report = report.market("volatility-ratio", ratio);
        if ratio <= FEAR_RATIO {
            return report;
        }
        report.alert(
            Alert::new(REGIME_CHANGE)
                .severity(Severity::Notice)
                .confidence(REGIME_CONFIDENCE)
                .message(format!("{} is {ratio:.1} times its mean of {FEAR_BARS} bars", self.volatility))
                .dedupe_key(format!("{REGIME_CHANGE} {}", self.volatility))
                .number("ratio", ratio),
        )
    }
}

sluice_sdk::export!(Intermarket);

#[cfg(test)]
mod tests;
