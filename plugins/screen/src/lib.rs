//! `sluice/screen`: an expression instead of code, in any stage.
//!
//! `where` is a condition over bars, indicators, facts, texts, the newest quote and what earlier layers measured, such as
//! `rvol > 2 and rsi(14) < 70 and close > sma(50) and sector != "Utilities"`; the language is that of `sluice-screen`.
//! Keeps when it holds at the newest bar, drops when it does not (the reason names the part that failed), abstains when
//! a value that decides is missing (the reason names it), and without a bar in the newest session.
//!
//! Score: `score`, an expression that is a number, clamped to 0..100; without one 100 when kept. Dropped: 0. Where the
//! score is unknown the layer abstains. The measure `value` is what `score` came to before it was clamped.

use sluice_screen::{Answer, Screen, ScreenError, Sight, Wants};
use sluice_sdk::Quote;
use sluice_sdk::prelude::*;

/// Newest sessions that are asked for, to see whether the newest has a bar.
const SESSIONS: u32 = 2;
/// Longest expression in bytes.
const MAX_TEXT_BYTES: u32 = 4096;

choice! {
    /// The bars that the columns are of.
    pub enum Bar {
        /// A session.
        Day = "1d",
        /// A week.
        Week = "1w",
        /// An hour.
        Hour = "1h",
        /// Half an hour.
        Minutes30 = "30m",
        /// A quarter of an hour.
        Minutes15 = "15m",
        /// Five minutes.
        Minutes5 = "5m",
        /// A minute.
        Minute = "1m",
    }
}

choice! {
    /// What becomes of an instrument without a bar in the newest session.
    pub enum Old {
        /// The layer abstains.
        Abstain = "abstain",
        /// It is judged by its newest bar, whenever that was.
        Judge = "judge",
    }
}

settings! {
    /// The expressions.
    pub struct ScreenLayer {
        /// What must hold. `sluice screen functions` lists what can be written.
        r#where: String = text("close > 0").max_length(MAX_TEXT_BYTES),
        /// How good it is, 0 to 100; empty: 100 for all that is kept.
        score: String = text("").max_length(MAX_TEXT_BYTES),
        /// The bars that columns and indicators are of.
        timeframe: Bar = default(Bar::Day),
        /// What becomes of daily bars that end before the newest session.
        old_bars: Old = default(Old::Abstain),
    }
}

/// The expressions, read.
struct Compiled {
    condition: Screen,
    score: Option<Screen>,
    /// What both need.
    wants: Wants,
}

impl ScreenLayer {
    fn compile(&self) -> Result<Compiled, (&'static str, ScreenError)> {
        let condition = Screen::condition(&self.r#where).map_err(|error| ("where", error))?;
        let score = match self.score.trim() {
            "" => None,
            text => Some(Screen::number(text).map_err(|error| ("score", error))?),
        };
        let wants = match &score {
            None => condition.wants().clone(),
            Some(score) => condition.wants().clone().with(score.wants().clone()),
        };
        Ok(Compiled { condition, score, wants })
    }

    fn judge_with(&self, screens: &Compiled, instrument: &Instrument<'_>) -> Verdict {
        let timeframe = self.timeframe.as_str();
        let looks_at_bars = screens.wants.lookback > 0;
        let bars = looks_at_bars.then(|| instrument.bars(timeframe));
        let quote = instrument.quote();
        let seen = Seen { instrument, bars, quote };
        let daily = matches!(self.timeframe, Bar::Day) && self.old_bars == Old::Abstain;
        if let Some(bars) = &seen.bars {
            if bars.is_empty() {
                return Verdict::abstain(format!("no bars of {timeframe}"));
            }
            if daily && bars.misses_newest_session() {
                return Verdict::abstain("no bar in the newest session");
            }
        }
        match screens.condition.answer(&seen) {
            Answer::Unknown(part) => Verdict::abstain(format!("unknown: {part}")),
            Answer::False(part) => Verdict::drop(0.0, format!("not: {part}")),
            Answer::True => match &screens.score {
                None => Verdict::keep(score::FULL, "it holds"),
                Some(expression) => match expression.value(&seen) {
                    value if value.is_nan() => Verdict::abstain("unknown: its score"),
                    value => Verdict::keep(score::clamp(value), "it holds").measure("value", value),
                },
            },
        }
    }
}

impl Layer for ScreenLayer {
    fn about() -> About {
        About::new(
            "sluice/screen",
            env!("CARGO_PKG_VERSION"),
            "Keeps what an expression holds for, with no code to write.",
        )
        .measure(
            "value",
            "",
            "What the score's expression came to, before it was clamped to 0 to 100.",
        )
    }

    fn check(&self) -> Vec<SettingFault> {
        match self.compile() {
            Ok(_) => Vec::new(),
            Err((name, error)) => vec![SettingFault::new(name, error.to_string())],
        }
    }

    fn needs(&self) -> Needs {
        let Ok(screens) = self.compile() else { return Needs::none() };
        let wants = &screens.wants;
        let mut needs = Needs::none();
        if wants.lookback > 0 {
            let columns: Vec<&str> = wants.columns.iter().copied().collect();
            let lookback = u32::try_from(wants.lookback).unwrap_or(u32::MAX);
            let bars = BarsNeed::new(self.timeframe.as_str(), lookback, &columns).time();
            needs = needs.bars(bars).sessions(SESSIONS);
        }
        if wants.quote {
            needs = needs.quotes();
        }
        for fact in &wants.facts {
            needs = needs.fact(fact);
        }
        for layer in &wants.layers {
            needs = needs.upstream(layer);
        }
        if wants.profile { needs.profile() } else { needs }
    }

    fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
        match self.compile() {
            Ok(screens) => self.judge_with(&screens, instrument),
            // `check` refuses such settings before any call
            Err((name, error)) => Verdict::abstain(format!("{name}: {error}")),
        }
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let screens = self.compile().map_err(|(name, error)| Fault::new(format!("{name}: {error}")))?;
        Ok(batch.instruments().map(|instrument| self.judge_with(&screens, &instrument)).collect())
    }
}

/// An instrument as the language sees it.
struct Seen<'a> {
    instrument: &'a Instrument<'a>,
    bars: Option<sluice_sdk::Bars<'a>>,
    quote: Option<Quote>,
}

impl Sight for Seen<'_> {
    fn bars(&self) -> usize {
        self.bars.as_ref().map_or(0, sluice_sdk::Bars::len)
    }

    fn column(&self, name: &str) -> &[f64] {
        self.bars.as_ref().map_or(&[], |bars| bars.column(name))
    }

    fn text(&self, name: &str) -> Option<&str> {
        let instrument = self.instrument;
        let text = match name {
            "symbol" => instrument.symbol(),
            "kind" => instrument.kind(),
            "status" => instrument.status(),
            "venue" => instrument.venue().mic(),
            "name" => instrument.name(),
            "currency" => instrument.currency(),
            "sector" => instrument.sector()?,
            "industry" => instrument.industry()?,
            _ => return None,
        };
        // the host's words for "nobody said"
        (!matches!(text, "" | "unknown")).then_some(text)
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.instrument.attribute(name)
    }

    fn fact(&self, name: &str) -> Option<f64> {
        self.instrument.fact(name)
    }

    fn quote(&self) -> Option<Quote> {
        self.quote
    }

    fn upstream(&self, layer: &str, measure: &str) -> Option<f64> {
        self.instrument.upstream(layer, measure)
    }
}

sluice_sdk::export!(ScreenLayer);

#[cfg(test)]
mod tests;
