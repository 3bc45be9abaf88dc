//! A time limit for every attempt on a server. A long statement is no fault, and silence is no error by itself: an
//! attempt may take as long as the server, when it is asked beside it, answers and works for us.

use std::time::{Duration, Instant};

use super::retry::Patience;
use crate::sql::{Pool, Pulse, Server, Stop, gone, silent};

/// Why an attempt was given up.
const NO_ANSWER: &str = "the server does not answer";
const LOST: &str = "the connection went silent";

/// Runs an attempt; gives it up, and every connection of the pool with it, when the server has gone silent.
pub(super) async fn watched<T>(
    pool: &Pool,
    patience: &Patience,
    attempt: impl Future<Output = Result<T, Stop>>,
) -> Result<T, Stop> {
    let server = match pool {
        // a file answers when its disk does
        Pool::Sqlite(_) => return attempt.await,
        Pool::Postgres(server) => server,
    };
    let number = server.number();
    let mut attempt = std::pin::pin!(attempt);
    // half of the patience, so that the rest is left for a fresh connection
    let idle = patience.limit / 2;
    let why = tokio::select! {
        biased;
        done = &mut attempt => return explained(server, patience, done).await,
        why = silence(server, patience.silence, idle) => why,
    };
    server.renew(number);
    Err(Stop::Sql(silent(why)))
}

/// Of a connection that it did not get the pool tells only that it got none. The server is asked why: whether it has too
/// many, does not answer, is not there, or whether it was all a matter of a busy machine.
async fn explained<T>(server: &Server, patience: &Patience, done: Result<T, Stop>) -> Result<T, Stop> {
    let Err(Stop::Sql(sqlx::Error::PoolTimedOut)) = done else { return done };
    Err(Stop::Sql(match server.pulse(patience.silence).await {
        Pulse::Busy | Pulse::Idle => sqlx::Error::PoolTimedOut,
        Pulse::Refusal(error) => error,
        Pulse::None => silent(NO_ANSWER),
        Pulse::Gone => gone(),
    }))
}

/// Ends when the server does not answer, or works on nothing for us for longer than `idle`.
async fn silence(server: &Server, each: Duration, idle: Duration) -> &'static str {
    let mut idle_since = None;
    loop {
        tokio::time::sleep(each).await;
        match server.pulse(each).await {
            Pulse::None | Pulse::Gone => return NO_ANSWER,
            Pulse::Busy | Pulse::Refusal(_) => idle_since = None,
            Pulse::Idle if idle_since.get_or_insert_with(Instant::now).elapsed() >= idle => return LOST,
            Pulse::Idle => {}
        }
    }
}
