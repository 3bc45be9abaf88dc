//! Threads whose stack is large enough for a call. A layer's functions run on the stack of the thread that calls them,
//! and what that one has left nobody can tell: a call that finds too little would end the process.

use crate::limits::MOST_STACK_BYTES;
use std::io;

/// Stack that a thread needs which calls layers, in bytes: the most that a layer may use, and as much again for the
/// host.
pub const CALL_STACK_BYTES: usize = 2 * MOST_STACK_BYTES;

/// Does the work on a thread of its own that has so much. It costs some 30 us: for calls that are made once.
///
/// # Errors
/// When the operating system has no thread.
pub(crate) fn with_call_stack<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("sluice-call".into()).stack_size(CALL_STACK_BYTES);
        let thread = thread.spawn_scoped(scope, work)?;
        Ok(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_borrows_from_its_caller_and_brings_its_value() {
        let numbers = [3, 4];
        assert_eq!(with_call_stack(|| numbers.iter().sum::<i32>()).unwrap(), 7);
    }

    #[test]
    fn a_panic_is_the_callers() {
        let panic = std::panic::catch_unwind(|| with_call_stack(|| panic!("on purpose"))).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"on purpose"));
    }
}
