//! Stage 2, `sluice/earnings`: a report on earnings in the next sessions.
//!
//! Looks at events of the kind `earnings` and takes the soonest one that takes effect in the newest session or later.
//! How far ahead it is, is counted in sessions of the venue, not in days: 0 is the newest session's own day, and on a
//! Friday the next Monday is 1. Keeps when it is at most `within` sessions ahead.
//!
//! Score when kept: 100 today, falling in a straight line to 60 at `within` sessions ahead. Dropped: 0. Raises
//! `EARNINGS_ANNOUNCEMENT` with the event as evidence, keyed by the event so that it alerts once; confidence is
//! score / 100.
//!
//! Abstains when no earnings event of the last 400 days and the coming 200 is known (nobody told any date), and when the
//! venue's sessions are unknown.

use sluice_sdk::Event;
use sluice_sdk::kind::EARNINGS_ANNOUNCEMENT;
use sluice_sdk::prelude::*;

const KIND: &str = "earnings";
const DAY_SECONDS: u32 = 86_400;
/// Companies report four times a year: who has told no date for longer is not covered.
const KNOWN_WITHIN_SECONDS: u32 = 400 * DAY_SECONDS;
const EFFECTIVE_WITHIN_SECONDS: u32 = 200 * DAY_SECONDS;
/// Past sessions from which the weekdays of those to come are told: two weeks.
const SESSIONS: u32 = 10;
/// Score of a report that is as far ahead as allowed.
const FAR_SCORE: f64 = 60.0;

settings! {
    /// What is soon.
    pub struct Earnings {
        /// Farthest report that is kept; 0: only those of the newest session's day.
        within: u32 = default(5).unit("sessions").range(0..=60),
    }
}

impl Layer for Earnings {
    fn about() -> About {
        About::new(
            "sluice/earnings",
            env!("CARGO_PKG_VERSION"),
            "Keeps what reports earnings within the next sessions.",
        )
        .measure("sessions-ahead", "sessions", "From the newest session to that of the next report.")
        .measure("eps-estimate", "USD", "Earnings a share that are expected.")
        .alert(EARNINGS_ANNOUNCEMENT)
    }

    fn needs(&self) -> Needs {
        Needs::none().events(KIND, KNOWN_WITHIN_SECONDS, EFFECTIVE_WITHIN_SECONDS).sessions(SESSIONS)
    }

    fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
        let venue = instrument.venue();
        if venue.newest_session().is_none() {
            return Verdict::abstain("the sessions of its venue are unknown");
        }
        if instrument.events(KIND).next().is_none() {
            return Verdict::abstain("no date of earnings is known");
        }
        let ahead = |event: Event<'_>| venue.sessions_ahead(event.effective_at());
        let coming = instrument.events(KIND).filter_map(|event| Some((ahead(event)?, event)));
        let soonest = coming.min_by_key(|(sessions, event)| (*sessions, event.effective_at(), event.id()));
        let Some((sessions, event)) = soonest else {
            return Verdict::drop(0.0, "no coming earnings are known");
        };
        let measures = [
            ("sessions-ahead", f64::from(sessions)),
            ("eps-estimate", event.number("eps-estimate").unwrap_or(f64::NAN)),
        ];
        self.verdict(instrument, sessions, event).measures(measures)
    }
}

impl Earnings {
    fn verdict(&self, instrument: &Instrument<'_>, sessions: u32, event: Event<'_>) -> Verdict {
        if sessions > self.within {
            return Verdict::drop(0.0, format!("no earnings within {} sessions", self.within));
        }
        let far = if self.within == 0 { 0.0 } else { f64::from(sessions) / f64::from(self.within) };
        let score = score::FULL - (score::FULL - FAR_SCORE) * far;
        let message = match sessions {
            0 => "Earnings today".to_owned(),
            1 => "Earnings in the next session".to_owned(),
            _ => format!("Earnings in {sessions} sessions"),
        };
        let mut alert = Alert::new(EARNINGS_ANNOUNCEMENT)
            .severity(Severity::Notice)
            .confidence(score / score::FULL)
            .message(message)
            .dedupe_key(format!("{EARNINGS_ANNOUNCEMENT} {} {}", instrument.id(), event.id()))
            .evidence(event.id())
            .number("sessions-ahead", f64::from(sessions));
        if let Some(estimate) = event.number("eps-estimate") {
            alert = alert.number("eps-estimate", estimate);
        }
        Verdict::keep(score, "earnings soon").alert(alert)
    }
}

sluice_sdk::export!(Earnings);

#[cfg(test)]
mod tests;
