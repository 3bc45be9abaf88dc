//! Waiting for a database that is busy or out of reach: a growing pause between attempts, and an end to it.

use std::time::{Duration, Instant};

use crate::error::StoreError;
use crate::sql::{self, Stop};

/// How long a database that is busy or out of reach is waited for, and how often it is asked.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long SQLite itself waits for a lock within one attempt.
    pub each_attempt: Duration,
    /// How long a connection to a server may take.
    pub connecting: Duration,
    /// A server that gave no answer for so long is asked beside, and has as long again to answer that.
    pub silence: Duration,
    /// After this long the fault is reported.
    pub limit: Duration,
    /// The same where nobody listens when the database is opened: most likely the server does not run at all.
    pub first_limit: Duration,
    /// The first pause; each one is twice the one before.
    pub first_pause: Duration,
    /// No pause is longer.
    pub longest_pause: Duration,
    /// How long nobody asks a server that was waited for in vain; each time that it stays away twice as long.
    pub first_back_off: Duration,
    /// It is asked at least so often.
    pub longest_back_off: Duration,
}

impl Default for Patience {
    /// A writer holds the lock for at most about 0.1 s, so 30 s outlast a queue of some hundred.
    fn default() -> Self {
        Self {
            each_attempt: Duration::from_secs(2),
            connecting: Duration::from_secs(10),
            silence: Duration::from_secs(5),
            first_limit: Duration::from_secs(10),
            limit: Duration::from_secs(30),
            first_pause: Duration::from_millis(5),
            longest_pause: Duration::from_millis(250),
            first_back_off: Duration::from_secs(1),
            longest_back_off: Duration::from_secs(30),
        }
    }
}

/// When patience ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    /// With a server that is not there.
    pub(super) absent: Duration,
    /// With one that does not answer, or was lost.
    pub(super) lost: Duration,
    /// With a database that others keep busy.
    pub(super) busy: Duration,
}

impl Limit {
    fn of(&self, error: &sqlx::Error) -> Duration {
        match error {
            error if sql::is_busy(error) => self.busy,
            error if sql::is_absence(error) => self.absent,
            _ => self.lost,
        }
    }
}

impl From<Duration> for Limit {
    fn from(limit: Duration) -> Self {
        Self { absent: limit, lost: limit, busy: limit }
    }
}

/// Runs `attempt` until it succeeds, fails for a reason that no waiting heals, or patience ends.
/// `attempt` is told whether it is a repetition: the one before may have been done although its answer was lost.
pub(super) async fn patiently<T, F>(
    patience: &Patience,
    limit: impl Into<Limit>,
    doing: &str,
    database: &str,
    attempt: impl Fn(bool) -> F,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, Stop>>,
{
    let limit = limit.into();
    let mut failing = None;
    let mut pause = patience.first_pause;
    loop {
        let begun = Instant::now();
        let error = match attempt(failing.is_some()).await {
            Ok(value) => return Ok(value),
            Err(Stop::Refused(error)) => return Err(error),
            Err(Stop::Sql(error)) => error,
        };
        if !sql::is_transient(&error) {
            return Err(sql::explain(doing, database, &error));
        }
        let limit = limit.of(&error);
        // a first attempt that took longer than anybody waits was at work (a backup, a check) until the fault came
        let worked = begun.elapsed() > patience.limit;
        let since = *failing.get_or_insert_with(|| if worked { Instant::now() } else { begun });
        let waited = since.elapsed();
        if waited >= limit {
            return Err(given_up(doing, database, waited, &error));
        }
        tracing::debug!(doing, database, waited_ms = waited.as_millis(), "{error}, trying again");
        tokio::time::sleep(scattered(pause)).await;
        pause = (pause * 2).min(patience.longest_pause);
    }
}

fn given_up(doing: &str, database: &str, waited: Duration, error: &sqlx::Error) -> StoreError {
    let (doing, database) = (doing.to_owned(), database.to_owned());
    let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
    if sql::is_busy(error) {
        return StoreError::Busy { doing, database, waited_ms };
    }
    StoreError::Unreachable { doing, database, waited_ms, why: sql::detail(error) }
}

/// Between half of the pause and all of it, so that processes that collided do not do so again.
fn scattered(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + 0.5 * noise())
}

/// Something between 0 and 1 that differs between processes.
pub(super) fn noise() -> f64 {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    f64::from(now.wrapping_mul(2_654_435_761) >> 16) / f64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::records::NewScan;
    use crate::{Access, Actor, DatabaseUrl, KeySource, Store};

    /// Ends at once.
    const HASTY: Patience = Patience {
        each_attempt: Duration::ZERO,
        connecting: Duration::from_secs(10),
        silence: Duration::from_secs(10),
        first_limit: Duration::ZERO,
        limit: Duration::ZERO,
        first_pause: Duration::ZERO,
        longest_pause: Duration::ZERO,
        first_back_off: Duration::ZERO,
        longest_back_off: Duration::ZERO,
    };

    fn access(home: &std::path::Path) -> Access {
        Access {
            actor: Actor { name: "ann".to_owned(), host: "desk".to_owned() },
            key: KeySource::in_home(home),
        }
    }

    const FILE: &str = "sqlite:x.db";

    #[tokio::test]
    async fn a_busy_database_is_asked_again_until_it_answers() {
        let asked = Cell::new(0);
        let patience = Patience { limit: Duration::from_secs(60), ..HASTY };
        let answer = patiently(&patience, patience.limit, "try", FILE, |_| async {
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
        let answer = patiently(&patience, patience.limit, "try", FILE, |_| async {
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
        let other = Store::open(&url, &access(folder.path())).await.unwrap();
        let store = Store::open_with(&url, &access(folder.path()), HASTY).await.unwrap();
        let lock = other.pool.begin().await.unwrap();
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
        assert_eq!(store.scans(None, 9).await.unwrap(), [], "readers do not wait for writers");
        let crate::sql::Transaction::Sqlite(lock) = lock else { panic!("no file") };
        lock.rollback().await.unwrap();
        store.begin_scan(&scan).await.unwrap();
        assert_eq!(other.scans(None, 9).await.unwrap().len(), 1);
    }

    /// Of a server that nobody waits long for.
    const BRIEF: Patience =
        Patience { connecting: Duration::from_millis(100), limit: Duration::from_millis(250), ..HASTY };

    fn is_unreachable(error: &StoreError, url: &DatabaseUrl) {
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(&format!(": {url} could not be reached for ")), "{text}");
        assert!(text.ends_with("check that the server runs and the URL is right, then try again"), "{text}");
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_given_up_by_name() {
        let folder = tempfile::tempdir().unwrap();
        // taken and given back: nobody listens there
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url: DatabaseUrl = format!("postgres://sluice@127.0.0.1:{port}/sluice").parse().unwrap();
        let error = Store::open_with(&url, &access(folder.path()), BRIEF).await.unwrap_err();
        is_unreachable(&error, &url);
    }
}
