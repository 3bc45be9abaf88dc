//! The clock of the deadlines: an OS thread that advances the epoch of every engine. A task of an async executor
//! could be starved by the very calls that it should stop.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use wasmtime::{Engine, EngineWeak};

/// Time between two looks at the deadlines. Short enough that Ctrl-C feels immediate, long enough to cost nothing.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Runs until it is dropped.
pub(crate) struct Ticker {
    engines: Arc<Mutex<Vec<EngineWeak>>>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts the thread; it has no engine yet.
    ///
    /// # Errors
    /// When the machine has no thread left.
    pub(crate) fn start() -> std::io::Result<Self> {
        let engines = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = channel::<()>();
        let ticking = engines.clone();
        let thread = std::thread::Builder::new().name("sluice-epoch".into()).spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(TICK) {
                tick(&ticking);
            }
        })?;
        Ok(Self { engines, stop: Some(stop), thread: Some(thread) })
    }

    /// From now on the deadlines of this engine are looked at too.
    pub(crate) fn add(&self, engine: &Engine) {
        self.engines.lock().unwrap_or_else(PoisonError::into_inner).push(engine.weak());
    }
}

/// Advances every engine that is still there.
fn tick(engines: &Mutex<Vec<EngineWeak>>) {
    let mut engines = engines.lock().unwrap_or_else(PoisonError::into_inner);
    engines.retain(|engine| match engine.upgrade() {
        Some(engine) => {
            engine.increment_epoch();
            true
        }
        None => false,
    });
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread only sleeps and counts; if it died, there is nothing left to stop.
            let _ = thread.join();
        }
    }
}
