//! What stands in front of a database that was lost: once an operation waited for it in vain, the next ones fail at
//! once instead of waiting as long again, but for one now and then that tries whether it is back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::now;
use super::retry::{Patience, noise};
use crate::error::StoreError;
use crate::url::DatabaseUrl;

/// The pauses between two tries differ by up to this part, so that many processes do not come back all at once.
const JITTER: f64 = 0.1;

/// Whether the database can be asked, for every clone of a store.
#[derive(Debug, Default)]
pub(super) struct Circuit(Mutex<Option<Lost>>);

/// A database that was lost.
#[derive(Debug)]
struct Lost {
    since: Instant,
    /// The same on the clock, UTC milliseconds.
    since_ms: i64,
    why: String,
    /// The pause before the next try.
    back_off: Duration,
    /// From here on one operation tries.
    retry: Instant,
    /// One does so now.
    tried: bool,
}

/// An operation that may ask the database. Dropped unsettled, it leaves everything as it was.
pub(super) struct Pass<'c> {
    circuit: &'c Circuit,
    begun: Instant,
    /// It tries whether the database is back, and should not wait long for it.
    pub(super) tries: bool,
}

impl Circuit {
    /// Lets an operation through, or refuses it while the database is lost.
    pub(super) fn enter(&self, doing: &str, url: &DatabaseUrl) -> Result<Pass<'_>, StoreError> {
        let begun = Instant::now();
        let tries = match &mut *self.held() {
            None => false,
            Some(lost) if !lost.tried && begun >= lost.retry => {
                lost.tried = true;
                true
            }
            Some(lost) => return Err(lost.refusal(doing, url, begun)),
        };
        Ok(Pass { circuit: self, begun, tries })
    }

    fn held(&self) -> MutexGuard<'_, Option<Lost>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// Draws the conclusion from how the operation ended.
    pub(super) fn settle<T>(self, patience: &Patience, done: &Result<T, StoreError>) {
        let mut held = self.circuit.held();
        let Err(StoreError::Unreachable { why, .. }) = done else {
            // whatever else it said: it was there
            *held = None;
            return;
        };
        match &mut *held {
            None => *held = Some(Lost::new(patience, self.begun, why)),
            Some(lost) if self.tries => lost.longer(patience, why),
            // another one was faster
            Some(_) => {}
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.tries
            && let Some(lost) = &mut *self.circuit.held()
        {
            lost.tried = false;
        }
    }
}

impl Lost {
    fn new(patience: &Patience, begun: Instant, why: &str) -> Self {
        let waited = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        let back_off = patience.first_back_off;
        Self {
            since: begun,
            since_ms: now().saturating_sub(waited),
            why: why.to_owned(),
            back_off,
            retry: Instant::now() + uneven(back_off),
            tried: false,
        }
    }

    fn longer(&mut self, patience: &Patience, why: &str) {
        why.clone_into(&mut self.why);
        self.back_off = (self.back_off * 2).min(patience.longest_back_off);
        self.retry = Instant::now() + uneven(self.back_off);
    }

    /// In the words of the operation that lost it, and since when.
    fn refusal(&self, doing: &str, url: &DatabaseUrl, at: Instant) -> StoreError {
        let left = self.retry.saturating_duration_since(at).as_millis();
        let next =
            if self.tried { "is tried just now".to_owned() } else { format!("is tried again in {left} ms") };
        StoreError::Unreachable {
            doing: doing.to_owned(),
            database: url.to_string(),
            waited_ms: u64::try_from(at.saturating_duration_since(self.since).as_millis())
                .unwrap_or(u64::MAX),
            why: format!("{}; lost since {} and {next}", self.why, time_of_day(self.since_ms)),
        }
    }
}

/// A pause that is longer or shorter by up to [`JITTER`].
fn uneven(pause: Duration) -> Duration {
    pause.mul_f64(1.0 - JITTER + 2.0 * JITTER * noise())
}

/// Such as `14:03:07 UTC`.
fn time_of_day(at: i64) -> String {
    let second = at.div_euclid(1000).rem_euclid(24 * 60 * 60);
    format!("{:02}:{:02}:{:02} UTC", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> DatabaseUrl {
        "postgres://ann@h/d".parse().unwrap()
    }

    /// Tried again at once, or never within a test.
    fn patience(back_off: Duration) -> Patience {
        Patience { first_back_off: back_off, longest_back_off: back_off * 3, ..Patience::default() }
    }

    const NEVER: Duration = Duration::from_secs(3600);

    fn lost() -> Result<(), StoreError> {
        Err(StoreError::Unreachable {
            doing: "x".to_owned(),
            database: url().to_string(),
            waited_ms: 30_012,
            why: "no connection could be made".to_owned(),
        })
    }

    fn refused(circuit: &Circuit) -> String {
        circuit.enter("list scans", &url()).err().expect("it is refused").to_string()
    }

    #[test]
    fn a_database_that_is_there_stands_open_whatever_else_it_says() {
        let circuit = Circuit::default();
        for done in [Ok(()), Err(StoreError::BadSecretName { name: "x".to_owned() })] {
            let pass = circuit.enter("x", &url()).unwrap();
            assert!(!pass.tries);
            pass.settle(&patience(NEVER), &done);
        }
        assert!(!circuit.enter("x", &url()).unwrap().tries);
    }

    #[test]
    fn a_lost_database_is_refused_at_once_in_the_same_words_and_since_when() {
        let circuit = Circuit::default();
        circuit.enter("x", &url()).unwrap().settle(&patience(NEVER), &lost());
        let text = refused(&circuit);
        assert!(
            text.starts_with("cannot list scans: postgres://ann@h/d could not be reached for "),
            "{text}"
        );
        assert!(text.contains(" ms (no connection could be made; lost since "), "{text}");
        assert!(text.contains(" UTC and is tried again in "), "{text}");
        assert!(text.ends_with("check that the server runs and the URL is right, then try again"), "{text}");
    }

    #[test]
    fn one_operation_at_a_time_tries_and_opens_the_way_when_it_succeeds() {
        let (circuit, patience) = (Circuit::default(), patience(Duration::ZERO));
        circuit.enter("x", &url()).unwrap().settle(&patience, &lost());
        let first = circuit.enter("x", &url()).unwrap();
        assert!(first.tries);
        assert!(refused(&circuit).contains("is tried just now"));
        // cancelled: another one may try
        drop(first);
        let second = circuit.enter("x", &url()).unwrap();
        assert!(second.tries);
        second.settle(&patience, &lost());
        let third = circuit.enter("x", &url()).unwrap();
        assert!(third.tries);
        third.settle(&patience, &Ok(()));
        assert!(!circuit.enter("x", &url()).unwrap().tries);
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_differ_by_a_tenth() {
        let (circuit, patience) = (Circuit::default(), patience(NEVER));
        circuit.enter("x", &url()).unwrap().settle(&patience, &lost());
        let pause = |circuit: &Circuit| circuit.held().as_ref().unwrap().back_off;
        assert_eq!(pause(&circuit), NEVER);
        for expected in [NEVER * 2, NEVER * 3, NEVER * 3] {
            circuit.held().as_mut().unwrap().longer(&patience, "still");
            assert_eq!(pause(&circuit), expected);
        }
        for _ in 0..100 {
            let uneven = uneven(NEVER).as_secs_f64() / NEVER.as_secs_f64();
            assert!((0.9..=1.1).contains(&uneven), "{uneven}");
        }
    }

    #[test]
    fn an_instant_is_shown_as_its_time_of_day() {
        assert_eq!(time_of_day(1_795_554_187_999), "21:03:07 UTC");
        assert_eq!(time_of_day(-1), "23:59:59 UTC");
    }
}
