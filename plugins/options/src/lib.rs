//! Stage 2, `sluice/options`: unusual activity in an instrument's options.
//!
//! Looks at the newest event of the kind `options` of the last `days` days, a summary of a day's trading with the numbers
//! below; one that is absent adds nothing.
//!
//! | number | meaning | points |
//! |---|---|---|
//! | `iv-rank` | implied volatility within its range of a year, 0 to 100 | `30 · (rank − 80) / 20` above 80, at most 30 |
//! | `volume-ratio` | contracts to their usual number | `10 · ratio` above 2, at most 30 |
//! | `flow` | bought calls minus bought puts, as a share of both, −1 to 1 | `100 · absolute flow` beyond 0.3, at most 30 |
//! | `call-sweep-premium` | USD paid in sweeps of calls | 20 above 10,000 |
//! | `put-sweep-premium` | USD paid in sweeps of puts | 20 above 10,000 |
//! | `top-strikes-share` | share of the three busiest strikes in this instrument's own call volume, 0 to 1 | 30 above 0.5 |
//!
//! Score: their sum, at most 100. Keeps at `min-score` and above. Raises `HIGH_IV_RANK` when the rank is above 95,
//! `LARGE_OPTIONS_FLOW` when the flow counts (long when calls are bought, short when puts), else
//! `UNUSUAL_OPTIONS_ACTIVITY`.
//!
//! Abstains without such an event, and when it has none of these numbers.

use sluice_sdk::Event;
use sluice_sdk::kind::{HIGH_IV_RANK, LARGE_OPTIONS_FLOW, UNUSUAL_OPTIONS_ACTIVITY};
use sluice_sdk::prelude::*;

const KIND: &str = "options";
const DAY_SECONDS: u32 = 86_400;
/// What became known after the newest bar's close also took effect after it; a scan of now still shows it.
const EFFECTIVE_WITHIN_SECONDS: u32 = 7 * DAY_SECONDS;
const RANK: f64 = 80.0;
const EXTREME_RANK: f64 = 95.0;
const RATIO: f64 = 2.0;
const FLOW_SHARE: f64 = 0.3;
const SWEEP_PREMIUM: f64 = 10_000.0;
const STRIKES_SHARE: f64 = 0.5;
/// Greatest points of rank, volume and flow each, and points of crowded strikes.
const PART_POINTS: f64 = 30.0;
const SWEEP_POINTS: f64 = 20.0;

settings! {
    /// What is unusual.
    pub struct Options {
        /// The event became known at most so long ago.
        days: u32 = default(4).unit("days").range(1..=30),
        /// Least score that is kept.
        min_score: f64 = default(30.0).range(0.0..=100.0),
    }
}

impl Layer for Options {
    fn about() -> About {
        About::new("sluice/options", env!("CARGO_PKG_VERSION"), "Keeps what trades unusually in options.")
            .measure("iv-rank", "percent", "Implied volatility within its range of a year.")
            .measure("volume-ratio", "ratio", "Contracts to their usual number.")
            .measure("flow", "", "Bought calls minus bought puts, as a share of both.")
            .alert(HIGH_IV_RANK)
            .alert(LARGE_OPTIONS_FLOW)
            .alert(UNUSUAL_OPTIONS_ACTIVITY)
    }

    fn needs(&self) -> Needs {
        Needs::none().events(KIND, self.days * DAY_SECONDS, EFFECTIVE_WITHIN_SECONDS)
    }

    fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
        let newest = instrument.events(KIND).max_by_key(|event| (event.known_at(), event.id()));
        let Some(event) = newest else {
            return Verdict::abstain("nothing is known of its options");
        };
        let seen = Seen::of(event);
        let Some(score) = seen.score() else {
            return Verdict::abstain("its options' event has none of the numbers");
        };
        let verdict = if score < self.min_score {
            Verdict::drop(score, "usual options")
        } else {
            Verdict::keep(score, "unusual options").alert(seen.alert(event, score))
        };
        let known = |number: Option<f64>| number.unwrap_or(f64::NAN);
        verdict.measures([
            ("iv-rank", known(seen.rank)),
            ("volume-ratio", known(seen.ratio)),
            ("flow", known(seen.flow)),
        ])
    }
}

/// The numbers of an event.
#[derive(Debug, Clone, Copy)]
struct Seen {
    rank: Option<f64>,
    ratio: Option<f64>,
    flow: Option<f64>,
    call_sweeps: Option<f64>,
    put_sweeps: Option<f64>,
    strikes: Option<f64>,
}

impl Seen {
    fn of(event: Event<'_>) -> Self {
        let number = |name: &str| event.number(name).filter(|number| number.is_finite());
        Self {
            rank: number("iv-rank"),
            ratio: number("volume-ratio"),
            flow: number("flow"),
            call_sweeps: number("call-sweep-premium"),
            put_sweeps: number("put-sweep-premium"),
            strikes: number("top-strikes-share"),
        }
    }

    /// None when no number is there.
    fn score(&self) -> Option<f64> {
        let rank = |rank: f64| (PART_POINTS * (rank - RANK) / (score::FULL - RANK)).clamp(0.0, PART_POINTS);
        let ratio = |ratio: f64| if ratio > RATIO { (10.0 * ratio).min(PART_POINTS) } else { 0.0 };
        let flow = |flow: f64| {
            if flow.abs() > FLOW_SHARE { (score::FULL * flow.abs()).min(PART_POINTS) } else { 0.0 }
        };
        let sweep = |premium: f64| if premium > SWEEP_PREMIUM { SWEEP_POINTS } else { 0.0 };
        let strikes = |share: f64| if share > STRIKES_SHARE { PART_POINTS } else { 0.0 };
        let parts = [
            self.rank.map(rank),
            self.ratio.map(ratio),
            self.flow.map(flow),
            self.call_sweeps.map(sweep),
            self.put_sweeps.map(sweep),
            self.strikes.map(strikes),
        ];
        parts.iter().any(Option::is_some).then(|| score::clamp(parts.iter().flatten().sum()))
    }

    fn alert(&self, event: Event<'_>, score: f64) -> Alert {
        let extreme = self.rank.filter(|rank| *rank > EXTREME_RANK);
        let flow = self.flow.filter(|flow| flow.abs() > FLOW_SHARE);
        let alert = match (extreme, flow) {
            (Some(rank), _) => {
                Alert::new(HIGH_IV_RANK).message(format!("Implied volatility at rank {rank:.0}"))
            }
            (None, Some(flow)) if flow > 0.0 => Alert::new(LARGE_OPTIONS_FLOW)
                .message(format!("Calls are bought: flow {flow:+.2}"))
                .side(Side::Long),
            (None, Some(flow)) => Alert::new(LARGE_OPTIONS_FLOW)
                .message(format!("Puts are bought: flow {flow:+.2}"))
                .side(Side::Short),
            (None, None) => Alert::new(UNUSUAL_OPTIONS_ACTIVITY).message("Unusual trading in options"),
        };
        alert.severity(Severity::Notice).confidence(score / score::FULL).evidence(event.id())
    }
}

sluice_sdk::export!(Options);

#[cfg(test)]
mod tests;
