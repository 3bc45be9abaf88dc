//! Libraries that panic on damaged files: called so that the panic becomes an answer.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is within a call whose panic becomes an error: a program's panic hook need not tell of it.
#[must_use]
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// What `decode` gives; none when it panicked. Whatever it worked on must not be used after that.
pub(super) fn guarded<T>(decode: impl FnOnce() -> T) -> Option<T> {
    GUARDED.set(true);
    let result = catch_unwind(AssertUnwindSafe(decode));
    GUARDED.set(false);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_no_answer_and_is_marked_while_it_lasts() {
        assert_eq!(guarded(|| (1, is_guarded())), Some((1, true)));
        assert!(!is_guarded());
        let nothing: Vec<u8> = Vec::new();
        let place = nothing.len();
        assert_eq!(guarded(|| nothing[place]), None);
        assert!(!is_guarded());
    }
}
