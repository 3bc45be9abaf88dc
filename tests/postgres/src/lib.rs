//! A PostgreSQL server that a test starts for itself: on a free port, in a temporary folder, gone with the test.
//!
//! It may start the installed `initdb` and `postgres`, and write below the temporary folder and below
//! `target/postgres`. It knows nothing of Sluice. A test that needs a server asks [`missing`] first and is reported
//! as skipped, with the reason, where there is none:
//!
//! ```no_run
//! use libtest_mimic::{Arguments, Trial};
//!
//! let missing = sluice_test_postgres::missing();
//! let trial = Trial::test("a_row_comes_back", || {
//!     let server = sluice_test_postgres::Server::start()?;
//!     assert!(server.url().starts_with("postgres://"));
//!     Ok(())
//! });
//! libtest_mimic::run(&Arguments::from_args(), vec![trial.with_ignored_flag(missing.is_some())]).exit();
//! ```
//!
//! A server ends with its [`Server`], and also when the test is killed: a small shell process outlives the test by
//! as long as it takes to stop the server and to remove its folder.

mod account;
mod guard;
mod port;
mod postmaster;
mod processes;
mod programs;
mod server;
mod template;
#[cfg(feature = "tls")]
mod tls;

use std::env;

pub use server::Server;

/// With the value `none` in it, PostgreSQL counts as missing: to see what a machine without it sees.
pub const SWITCH: &str = "SLUICE_TEST_POSTGRES";

/// Why no server can be started here, in one line without a full stop; `None` when one can.
#[must_use]
pub fn missing() -> Option<String> {
    if env::var_os(SWITCH).is_some_and(|value| value == "none") {
        return Some(format!("{SWITCH}=none"));
    }
    programs::Programs::find().map(drop).and_then(|()| account::Account::find().map(drop)).err()
}

fn other(text: impl Into<String>) -> std::io::Error {
    std::io::Error::other(text.into())
}

/// An error that says what was being done.
fn while_doing(what: &str) -> impl FnOnce(std::io::Error) -> std::io::Error {
    move |error| std::io::Error::new(error.kind(), format!("{what}: {error}"))
}
