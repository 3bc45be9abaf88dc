//! Volume of a session so far against that of earlier sessions up to the same minute of the venue's clock.
//!
//! What has traded by 08:15 is compared with what had traded by 08:15 on other days, never with a whole day or with a
//! single minute. Offsets are counted from the session's own start, so that they hold through clock changes and half
//! days alike.

use crate::indicators::{newest, vwap_cumulative};
use crate::{Bars, Instant, Instrument, Session};

const DAILY: &str = "1d";
const MINUTE_MS: i64 = 60_000;
/// Minutes from the start of the pre-market to the end of trading after the close, at most.
const DAY_MINUTES: u32 = 16 * 60;

crate::choice! {
    /// Bars within a session, as a setting.
    pub enum Step {
        /// Quarters of an hour.
        Quarter = "15m",
        /// Five minutes.
        Five = "5m",
        /// Minutes.
        Minute = "1m",
    }
}

impl Step {
    const fn minutes(self) -> u32 {
        match self {
            Self::Quarter => 15,
            Self::Five => 5,
            Self::Minute => 1,
        }
    }

    /// Bars of so many sessions, trading before the open and after the close included: a look-back.
    pub const fn bars_of(self, sessions: u32) -> u32 {
        sessions * (DAY_MINUTES / self.minutes())
    }
}

/// The part of a session that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// From the start of pre-market trading to the open.
    Pre,
    /// From the open to the close.
    Regular,
}

impl Part {
    fn range(self, session: Session<'_>) -> (Instant, Instant) {
        match self {
            Self::Pre => (session.pre_opens(), session.opens()),
            Self::Regular => (session.opens(), session.closes()),
        }
    }
}

/// What has traded so far.
#[derive(Debug, Clone, Copy)]
pub struct ByClock<'a> {
    /// Bars of this session's part so far; empty when nothing traded.
    pub bars: Bars<'a>,
    /// Their volume, shares.
    pub volume: f64,
    /// Mean volume of the earlier sessions up to the same minute, shares; NaN without any.
    pub usual: f64,
    /// Earlier sessions that the bars reach back to.
    pub sessions: usize,
}

impl ByClock<'_> {
    /// Volume-weighted average price of this session's part so far, with (high + low + close) / 3 as price; NaN until
    /// something was traded.
    pub fn vwap(&self) -> f64 {
        let bars = self.bars;
        newest(&vwap_cumulative(bars.high(), bars.low(), bars.close(), bars.volume())).unwrap_or(f64::NAN)
    }
}

impl Instrument<'_> {
    /// The close of the session before the running one, from its newest daily bar; none when that bar is missing or of
    /// an older session. The needs must ask for one daily bar with `time`, and for 2 sessions.
    pub fn close_before(&self) -> Option<f64> {
        let daily = self.bars(DAILY);
        let before = self.venue().sessions().rev().nth(1)?;
        let of_that_session = *daily.time().last()? >= before.pre_opens();
        daily.last_close().filter(|close| of_that_session && *close > 0.0)
    }
}

impl<'a> Bars<'a> {
    /// The volume of the running session's part up to now against that of the earlier sessions. None: the venue is not
    /// in that part now, or the times are unknown. The needs must ask for `time`, the clock, and one session more than
    /// are compared.
    pub fn by_clock(&self, part: Part, step: Step) -> Option<ByClock<'a>> {
        let span_ms = i64::from(step.minutes()) * MINUTE_MS;
        let running = self.venue().newest_session()?;
        let (from, to) = part.range(running);
        let elapsed = self.as_of().saturating_sub(from);
        let oldest = *self.time().first()?;
        if elapsed < 0 || self.as_of() >= to {
            return None;
        }
        // only bars that are complete by this minute
        let until = |from: Instant, to: Instant| to.min(from.saturating_add(elapsed)) - span_ms;
        let bars = self.between(from, until(from, to));
        let (mut sum, mut sessions) = (0.0, 0_usize);
        for session in self.venue().sessions().rev().skip(1) {
            let (from, to) = part.range(session);
            if from < oldest {
                break;
            }
            sum += traded(&self.between(from, until(from, to)));
            sessions += 1;
        }
        let usual = if sessions == 0 { f64::NAN } else { sum / sessions as f64 };
        Some(ByClock { bars, volume: traded(&bars), usual, sessions })
    }
}

/// The volume of the bars, those without one left out.
fn traded(bars: &Bars<'_>) -> f64 {
    bars.volume().iter().filter(|volume| volume.is_finite()).fold(0.0, |sum, volume| sum + volume)
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testkit::{Market, Series, session_opens};
    use crate::{ByClock, Part, Step};

    settings! {
        /// Reports what `by_clock` gives.
        struct Show {}
    }

    impl Layer for Show {
        fn about() -> About {
            About::new("test/show", "0.1.0", "Shows.")
                .measure("volume", "", "v")
                .measure("usual", "", "u")
                .measure("sessions", "", "s")
        }
        fn needs(&self) -> Needs {
            Needs::none()
                .bars(BarsNeed::new("15m", Step::Quarter.bars_of(4), &["close", "volume"]).time())
                .sessions(4)
                .clock()
        }
        fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
            match instrument.bars("15m").by_clock(Part::Pre, Step::Quarter) {
                None => Verdict::abstain("not now"),
                Some(ByClock { volume, usual, sessions, .. }) => Verdict::keep(1.0, "now").measures([
                    ("volume", volume),
                    ("usual", usual),
                    ("sessions", sessions as f64),
                ]),
            }
        }
    }

    const QUARTER_MS: i64 = 15 * 60_000;
    /// From the kit's start of pre-market trading to its open.
    const PRE_MS: i64 = 22 * QUARTER_MS;

    /// Quarters of an hour from the pre-market of the three sessions before and of the running one: 100, 200, … shares,
    /// times the session's factor.
    fn quarters() -> Series {
        let mut times = Vec::new();
        let mut volume = Vec::new();
        for (factor, ago) in [(1.0, 3), (2.0, 2), (3.0, 1), (40.0, 0)] {
            for quarter in 0..30_u32 {
                times.push(session_opens(ago) - PRE_MS + i64::from(quarter) * QUARTER_MS);
                volume.push(factor * 100.0 * f64::from(quarter + 1));
            }
        }
        Series::flat(times.len(), 10.0, 1.0).times(times).volume(&volume)
    }

    fn at(after_pre_open: i64) -> crate::testkit::Judged {
        let market = Market::new().instrument("X", |i| i.bars("15m", quarters()));
        let now = session_opens(0) - PRE_MS + after_pre_open;
        market.at(now).scan::<Show>().verdict("X").clone()
    }

    #[test]
    fn volume_is_compared_up_to_the_same_minute() {
        // two bars are complete after 44 minutes: 100 + 200, times the session's factor
        let judged = at(3 * QUARTER_MS - 60_000);
        assert_eq!((judged.measure("volume"), judged.measure("sessions")), (12_000.0, 3.0));
        assert_eq!(judged.measure("usual"), 600.0, "the mean of 300, 600 and 900");
        assert_eq!(at(3 * QUARTER_MS).measure("usual"), 1_200.0, "now the third is complete");
    }

    #[test]
    fn outside_of_that_part_there_is_no_answer() {
        assert_eq!(at(PRE_MS).outcome, Outcome::Abstain, "the session has opened");
        assert_eq!(at(-1).outcome, Outcome::Abstain, "the pre-market has not begun");
        assert_eq!(at(0).measure("volume"), 0.0, "nothing is complete at its very start");
    }
}
