//! Stage 0, `sluice/universe`: what may be scanned at all.
//!
//! Looks at reference data only: kind, status and venue of an instrument as the directory gives them. The letters of
//! a ticker say nothing (CVX is no right, BRK.W would be no warrant). Needs no bars.
//!
//! Score: 100 when kind and status are known, 50 when one of them is unknown and its setting says `keep`. An
//! instrument that is kept although something is unknown has a reason that says so, and the log warns of them. A venue
//! that is unknown is on no list of excluded ones.

use sluice_sdk::prelude::*;

/// Score of an instrument whose kind and status are known.
const KNOWN_SCORE: f64 = 100.0;
/// Score of an instrument that is kept although its kind or its status is unknown: neither for it nor against it.
const UNKNOWN_SCORE: f64 = 50.0;
/// The word for a kind or a status that no directory told.
const UNKNOWN: &str = "unknown";
/// The one status that trades.
const ACTIVE: &str = "active";

choice! {
    /// What becomes of an instrument about which the directory says nothing.
    pub enum Unknown {
        /// It stays, with a reason that says so.
        Keep = "keep",
        /// It goes.
        Drop = "drop",
    }
}

settings! {
    /// Which kinds, statuses and venues are let in.
    pub struct Universe {
        /// Kinds that are let in.
        kinds: Vec<String> = texts(["stock", "adr", "etf"]).max_length(32),
        /// Market identifier codes of venues that are kept out; the over-the-counter ones unless told.
        excluded_venues: Vec<String> = texts([
            "OTCM", "OTCQ", "OTCB", "PINX", "PINC", "PINI", "PINL", "PSGM", "EXPM", "CAVE", "OOTC", "XOTC",
        ]).max_length(128),
        /// What becomes of an instrument of unknown kind.
        unknown_kind: Unknown = default(Unknown::Keep),
        /// What becomes of an instrument of unknown status.
        unknown_status: Unknown = default(Unknown::Keep),
    }
}

impl Layer for Universe {
    fn about() -> About {
        About::new(
            "sluice/universe",
            env!("CARGO_PKG_VERSION"),
            "Lets in what trades and is of a wanted kind, by reference data alone.",
        )
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
        match self.refusal(instrument) {
            Some(reason) => Verdict::drop(0.0, reason),
            None => match (instrument.kind(), instrument.status()) {
                (UNKNOWN, UNKNOWN) => {
                    Verdict::keep(UNKNOWN_SCORE, "kept although kind and status are unknown")
                }
                (UNKNOWN, _) => Verdict::keep(UNKNOWN_SCORE, "kept although its kind is unknown"),
                (_, UNKNOWN) => Verdict::keep(UNKNOWN_SCORE, "kept although its status is unknown"),
                _ => Verdict::keep(KNOWN_SCORE, "active, of a wanted kind"),
            },
        }
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        // the same words for every shard: the host tells a warning once
        if batch.instruments().any(|instrument| self.is_kept_unknown(&instrument)) {
            log::warn(
                "instruments are kept although their kind or status is unknown: import a directory, or set \
                 unknown-kind and unknown-status to drop",
            );
        }
        Ok(batch.instruments().map(|instrument| self.judge(&instrument)).collect())
    }
}

impl Universe {
    /// Why an instrument is not let in; none: it is.
    fn refusal(&self, instrument: &Instrument<'_>) -> Option<String> {
        let (kind, status, mic) = (instrument.kind(), instrument.status(), instrument.venue().mic());
        if status == UNKNOWN {
            if self.unknown_status == Unknown::Drop {
                return Some("its status is unknown".to_owned());
            }
        } else if status != ACTIVE {
            return Some(format!("its status is {status}"));
        }
        if kind == UNKNOWN {
            if self.unknown_kind == Unknown::Drop {
                return Some("its kind is unknown".to_owned());
            }
        } else if !self.kinds.iter().any(|wanted| wanted == kind) {
            return Some(format!("its kind is {kind}"));
        }
        let excluded = !mic.is_empty() && self.excluded_venues.iter().any(|venue| venue == mic);
        excluded.then(|| format!("its venue {mic} is excluded"))
    }

    fn is_kept_unknown(&self, instrument: &Instrument<'_>) -> bool {
        let unknown = instrument.kind() == UNKNOWN || instrument.status() == UNKNOWN;
        unknown && self.refusal(instrument).is_none()
    }
}

sluice_sdk::export!(Universe);

#[cfg(test)]
mod tests;
