//! Waiting for a busy database: a growing pause between attempts, and an end to it.

use std::time::{Duration, Instant};

use crate::error::StoreError;
use crate::fault::{self, Stop};
use crate::url::DatabaseUrl;

/// How long a busy database is waited for, and how often it is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// After this long the busy database is reported.
    pub(super) limit: Duration,
    /// The first pause; each one is twice the one before.
    pub(super) first_pause: Duration,
    /// No pause is longer.
    pub(super) longest_pause: Duration,
}

impl Default for Patience {
    /// A writer holds the lock for at most about 0.1 s, so 30 s outlast a queue of some hundred.
    fn default() -> Self {
        Self {
            limit: Duration::from_secs(30),
            first_pause: Duration::from_millis(5),
            longest_pause: Duration::from_millis(250),
        }
    }
}

/// Runs `attempt` until it succeeds, fails for another reason than a busy database, or patience ends.
pub(super) async fn patiently<T, F>(
    patience: &Patience,
    doing: &str,
    url: &DatabaseUrl,
    attempt: impl Fn() -> F,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, Stop>>,
{
    let begun = Instant::now();
    let mut pause = patience.first_pause;
    loop {
        let error = match attempt().await {
            Ok(value) => return Ok(value),
            Err(Stop::Refused(error)) => return Err(error),
            Err(Stop::Sql(error)) => error,
        };
        if !fault::is_busy(&error) {
            return Err(fault::explain(doing, &url.to_string(), &error));
        }
        let waited = begun.elapsed();
        if waited >= patience.limit {
            return Err(StoreError::Busy {
                doing: doing.to_owned(),
                database: url.to_string(),
                waited_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
            });
        }
        tracing::debug!(doing, database = %url, waited_ms = waited.as_millis(), "busy, trying again");
        tokio::time::sleep(scattered(pause)).await;
        pause = (pause * 2).min(patience.longest_pause);
    }
}

/// Between half of the pause and all of it, so that processes that collided do not do so again.
fn scattered(pause: Duration) -> Duration {
    let noise =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    let part = f64::from(noise.wrapping_mul(2_654_435_761) >> 16) / f64::from(u16::MAX);
    pause.mul_f64(0.5 + 0.5 * part)
}
