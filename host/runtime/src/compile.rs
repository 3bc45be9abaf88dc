//! Compiling, which is the one thing done with a stranger's bytes that cannot be interrupted. Hence each compilation
//! has a thread of its own: when its time is over it is given up, which means that the caller goes on with an error,
//! that the thread ends by itself some time later, and that its result is thrown away.
//!
//! At most as many compilations run at one time as there are processors, those that were given up included, so that
//! bad components take a bounded share of the machine.

use crate::check;
use std::collections::BTreeMap;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wasmtime::Engine;
use wasmtime::component::Component;

/// Stack of a compiling thread, in bytes: deeply nested code makes the compiler recurse.
const STACK_BYTES: usize = 16 << 20;

/// Why there is no compiled component.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CompileError {
    /// Its time was over.
    Late,
    /// So many compilers are all held by components that were given up.
    Busy(usize),
    /// It uses something that is switched off.
    Feature(&'static check::Feature),
    /// It is no valid component; what the compiler says.
    Invalid(String),
    /// The compiler itself broke, or there is no thread for it.
    Broken(String),
}

/// The places for compilations.
pub(crate) struct Compilers {
    most: usize,
    places: Arc<Places>,
}

#[derive(Default)]
struct Places {
    jobs: Mutex<Jobs>,
    changed: Condvar,
}

#[derive(Default)]
struct Jobs {
    next: u64,
    /// Running compilations; true: given up.
    running: BTreeMap<u64, bool>,
}

impl Compilers {
    pub(crate) fn new(most: usize) -> Self {
        Self { most: most.max(1), places: Arc::default() }
    }

    /// Compiles, waiting for a place first. Waiting is not charged; it ends, because whoever has a place ends or is
    /// given up within its own limit. Without any time nothing is begun.
    pub(crate) fn compile(
        &self,
        engine: &Engine,
        bytes: &[u8],
        limit: Duration,
    ) -> Result<Component, CompileError> {
        if limit.is_zero() {
            return Err(CompileError::Late);
        }
        let (engine, bytes) = (engine.clone(), bytes.to_vec());
        self.run(limit, move || component(&engine, &bytes))?
    }

    fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, CompileError> {
        let place = self.take()?;
        let job = place.job;
        let (done, result) = channel();
        std::thread::Builder::new()
            .name("sluice-compile".into())
            .stack_size(STACK_BYTES)
            .spawn(move || {
                let _place = place;
                // Nobody listens any more when the time was over: the result is thrown away.
                let _ = done.send(work());
            })
            .map_err(|error| CompileError::Broken(format!("no thread to compile it on: {error}")))?;
        match result.recv_timeout(limit) {
            Ok(value) => Ok(value),
            Err(RecvTimeoutError::Timeout) => {
                self.places.give_up(job);
                Err(CompileError::Late)
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(CompileError::Broken("the compiler failed on it".to_owned()))
            }
        }
    }

    fn take(&self) -> Result<Place, CompileError> {
        let full = |jobs: &mut Jobs| {
            jobs.running.len() >= self.most && jobs.running.values().any(|given_up| !given_up)
        };
        let jobs = self.places.jobs();
        let mut jobs = self.places.changed.wait_while(jobs, full).unwrap_or_else(PoisonError::into_inner);
        if jobs.running.len() >= self.most {
            return Err(CompileError::Busy(jobs.running.len()));
        }
        let job = jobs.next;
        jobs.next = jobs.next.wrapping_add(1);
        jobs.running.insert(job, false);
        Ok(Place { places: self.places.clone(), job })
    }
}

impl Places {
    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_up(&self, job: u64) {
        if let Some(given_up) = self.jobs().running.get_mut(&job) {
            *given_up = true;
        }
        self.changed.notify_all();
    }
}

/// A place that is given back when its thread ends.
struct Place {
    places: Arc<Places>,
    job: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.jobs().running.remove(&self.job);
        self.places.changed.notify_all();
    }
}

fn component(engine: &Engine, bytes: &[u8]) -> Result<Component, CompileError> {
    Component::from_binary(engine, bytes).map_err(|error| match check::refused_feature(bytes) {
        Some(feature) => CompileError::Feature(feature),
        None => CompileError::Invalid(format!("{error:#}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender};

    const LONG: Duration = Duration::from_secs(60);

    /// A compilation that is given up at once and ends only when the sender is dropped.
    fn stuck(compilers: &Compilers) -> Sender<()> {
        let (end, ended): (Sender<()>, Receiver<()>) = channel();
        let work = move || {
            let _ = ended.recv();
        };
        assert_eq!(compilers.run(Duration::ZERO, work), Err(CompileError::Late));
        end
    }

    #[test]
    fn what_takes_too_long_is_given_up_and_others_go_on() {
        let compilers = Compilers::new(2);
        let _stuck = stuck(&compilers);
        assert_eq!(compilers.run(LONG, || 7), Ok(7));
        assert_eq!(compilers.run(LONG, || 8), Ok(8));
    }

    #[test]
    fn when_every_compiler_is_stuck_the_next_component_is_refused_instead_of_waiting() {
        let compilers = Compilers::new(2);
        let stuck = [stuck(&compilers), stuck(&compilers)];
        assert_eq!(compilers.run(LONG, || 7), Err(CompileError::Busy(2)));
        drop(stuck);
        // they end by themselves, and their places are free again
        let jobs = compilers.places.jobs();
        drop(compilers.places.changed.wait_while(jobs, |jobs| !jobs.running.is_empty()).unwrap());
        assert_eq!(compilers.run(LONG, || 7), Ok(7));
    }

    #[test]
    fn one_place_is_enough_for_many_that_wait_for_it() {
        let compilers = Compilers::new(1);
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|number| {
                    scope.spawn({
                        let compilers = &compilers;
                        move || compilers.run(LONG, move || number)
                    })
                })
                .collect();
            let sum: u32 = threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).sum();
            assert_eq!(sum, 28);
        });
    }

    #[test]
    fn a_panic_of_the_compiler_is_an_error() {
        let compilers = Compilers::new(1);
        let broken = compilers.run(LONG, || -> u32 { panic!("on purpose") });
        assert_eq!(broken, Err(CompileError::Broken("the compiler failed on it".to_owned())));
        assert_eq!(compilers.run(LONG, || 7), Ok(7));
    }
}
