//! Waiting for a busy database: a growing pause between attempts, and an end to it.

use std::time::{Duration, Instant};

use crate::error::StoreError;
use crate::fault::{self, Stop};
use crate::url::DatabaseUrl;

/// How long a busy database is waited for, and how often it is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// How long SQLite itself waits for a lock within one attempt.
    pub(super) each_attempt: Duration,
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
            each_attempt: Duration::from_secs(2),
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::Store;
    use crate::records::NewScan;

    /// Ends at once.
    const HASTY: Patience = Patience {
        each_attempt: Duration::ZERO,
        limit: Duration::ZERO,
        first_pause: Duration::ZERO,
        longest_pause: Duration::ZERO,
    };

    fn url() -> DatabaseUrl {
        "sqlite:x.db".parse().unwrap()
    }

    #[tokio::test]
    async fn a_busy_database_is_asked_again_until_it_answers() {
        let asked = Cell::new(0);
        let patience = Patience { limit: Duration::from_secs(60), ..HASTY };
        let answer = patiently(&patience, "try", &url(), || async {
            asked.set(asked.get() + 1);
            if asked.get() < 4 { Err(Stop::Sql(sqlx::Error::PoolTimedOut)) } else { Ok("done") }
        })
        .await;
        assert_eq!(answer.unwrap(), "done");
        assert_eq!(asked.get(), 4);
    }

    #[tokio::test]
    async fn another_fault_is_not_tried_again() {
        let asked = Cell::new(0);
        let patience = Patience { limit: Duration::from_secs(60), ..HASTY };
        let answer = patiently(&patience, "try", &url(), || async {
            asked.set(asked.get() + 1);
            Err::<(), _>(Stop::Sql(sqlx::Error::RowNotFound))
        })
        .await;
        assert!(answer.unwrap_err().to_string().starts_with("cannot try in sqlite:x.db: "));
        assert_eq!(asked.get(), 1);
    }

    #[test]
    fn a_pause_keeps_at_least_half_of_its_length() {
        let pause = Duration::from_millis(100);
        for _ in 0..100 {
            let scattered = scattered(pause);
            assert!(scattered >= pause / 2 && scattered <= pause, "{scattered:?}");
        }
    }

    #[tokio::test]
    async fn a_writer_that_never_lets_go_is_reported_without_the_drivers_words_and_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::in_home(folder.path());
        let other = Store::open(&url).await.unwrap();
        let store = Store::open_with(&url, HASTY).await.unwrap();
        let lock = other.begin().await.unwrap();
        let scan = NewScan {
            pipeline: "default".to_owned(),
            as_of: 0,
            data_until: None,
            started_at: 0,
            config_json: String::new(),
            config_digest: String::new(),
            market_digest: String::new(),
            program_version: String::new(),
        };
        let error = store.begin_scan(&scan).await.unwrap_err();
        assert!(matches!(error, StoreError::Busy { .. }), "{error:?}");
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("cannot begin a scan: {url} was in use by other processes for ")),
            "{text}"
        );
        assert!(text.ends_with(" ms; nothing was written, try again") && !text.contains("locked"), "{text}");
        assert_eq!(store.scans(9).await.unwrap(), [], "readers do not wait for writers");
        lock.rollback().await.unwrap();
        store.begin_scan(&scan).await.unwrap();
        assert_eq!(other.scans(9).await.unwrap().len(), 1);
    }
}
