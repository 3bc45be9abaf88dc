//! Ctrl-C and SIGTERM: the first asks the work to stop and clean up, the second ends the program at once.

use crate::exit::{self, Exit};
use sluice_runtime::Cancel;

/// Cancels `cancel` at the first signal, and tells who waits for it. Must be called inside a tokio runtime.
pub fn cancel_on_signal(cancel: &Cancel) -> Stopping {
    let cancel = cancel.clone();
    let (tell, stopping) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        wait().await;
        cancel.cancel();
        tell.send_replace(true);
        wait().await;
        exit::leave(Exit::Interrupted);
    });
    Stopping(stopping)
}

/// Whether a signal came.
#[derive(Debug, Clone)]
pub struct Stopping(tokio::sync::watch::Receiver<bool>);

impl Stopping {
    /// Waits for the signal.
    pub async fn wait(&mut self) {
        if self.0.wait_for(|stopped| *stopped).await.is_err() {
            // nobody is left who could tell, so there is no signal to come
            std::future::pending::<()>().await;
        }
    }
}

/// Does `work` on this thread; a signal meanwhile cleans up with `tidy` and ends the program.
///
/// # Errors
/// When no thread can be started.
pub fn tidy_on_signal<T>(
    tidy: impl FnOnce() + Send + 'static,
    work: impl FnOnce() -> T,
) -> std::io::Result<T> {
    let waiting = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    waiting.spawn(async move {
        wait().await;
        tidy();
        exit::leave(Exit::Interrupted);
    });
    let done = work();
    waiting.shutdown_background();
    Ok(done)
}

/// The user stopped the work.
#[derive(Debug, thiserror::Error)]
#[error("interrupted while {doing}: what was not finished was not done")]
pub struct Stopped {
    /// What was being done.
    doing: &'static str,
}

/// Does `work` until a signal comes; then it is dropped where it stands, as every part of it must allow.
///
/// # Errors
/// Those of `work`, and [`Stopped`].
pub async fn until_signal<T, E>(
    doing: &'static str,
    work: impl Future<Output = Result<T, E>>,
) -> anyhow::Result<T>
where
    anyhow::Error: From<E>,
{
    tokio::select! {
        done = work => Ok(done?),
        () = wait() => Err(Stopped { doing }.into()),
    }
}

#[cfg(unix)]
async fn wait() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn wait() {
    let _ = tokio::signal::ctrl_c().await;
}
