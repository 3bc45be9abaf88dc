//! What the store promises, on a SQLite file and on a PostgreSQL server: the same cases for both, each in a database of
//! its own. Where no server can be started, its cases are reported as skipped.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
#![expect(clippy::expect_used, reason = "tests fail by panicking")]
#![expect(clippy::panic, reason = "tests fail by panicking")]
#![expect(clippy::print_stderr, reason = "a test program tells why it skips")]

#[macro_use]
mod case;
mod home;
mod records;

mod audit;
mod backup;
mod breakers;
mod concurrent;
mod cool_down;
mod exported;
mod files;
mod last_good;
mod layers;
mod level;
mod lists;
mod membership;
mod noticed;
mod paging;
mod promises;
mod property;
mod proxy;
mod prune;
mod restart;
mod restore;
mod round_trip;
mod schema;
mod secrets;
mod server;
mod settings;
mod silence;
mod tampered;
mod tried;
mod trust;
mod undecided;
mod upgrade;

use home::Backend;
use libtest_mimic::Arguments;

/// What only a plain file can show: an encrypted one does not open at all with another key, and has no plain header.
const PLAIN: [&str; 6] = [
    "a_change_whose_audit_row_is_refused_changes_nothing",
    "a_change_without_its_audit_row_leaves_no_revision",
    "a_file_that_is_no_database_or_another_programs_is_refused_and_left_alone",
    "another_key_is_named",
    "another_key_opens_nothing_and_replaces_nothing",
    "what_is_no_text_is_refused",
];

/// Exit code of a run in which a case failed, as libtest has it.
const FAILED: i32 = 101;

fn main() {
    let arguments = Arguments::from_args();
    let missing = sluice_test_postgres::missing();
    if let Some(reason) = missing.as_ref().filter(|_| !arguments.list) {
        eprintln!("PostgreSQL tests skipped: {reason}");
    }
    let both = [
        ("audit", audit::CASES),
        ("backup", backup::CASES),
        ("breakers", breakers::CASES),
        ("concurrent", concurrent::CASES),
        ("cool_down", cool_down::CASES),
        ("exported", exported::CASES),
        ("last_good", last_good::CASES),
        ("layers", layers::CASES),
        ("tried", tried::CASES),
        ("membership", membership::CASES),
        ("level", level::CASES),
        ("lists", lists::CASES),
        ("noticed", noticed::CASES),
        ("paging", paging::CASES),
        ("promises", promises::CASES),
        ("property", property::CASES),
        ("prune", prune::CASES),
        ("restore", restore::CASES),
        ("round_trip", round_trip::CASES),
        ("schema", schema::CASES),
        ("secrets", secrets::CASES),
        ("settings", settings::CASES),
        ("tampered", tampered::CASES),
        ("trust", trust::CASES),
    ];
    let sqlite = [("files", files::CASES), ("upgrade", upgrade::FILES)];
    let postgres = [
        ("proxy", proxy::CASES),
        ("restart", restart::CASES),
        ("schema", schema::COMPARED),
        ("server", server::CASES),
        ("silence", silence::CASES),
        ("undecided", undecided::CASES),
        ("upgrade", upgrade::SERVERS),
    ];
    let mut trials = Vec::new();
    for (module, cases) in both.iter().chain(&sqlite) {
        let unfit = |name| cfg!(feature = "encrypted-sqlite") && PLAIN.contains(&name);
        let trial =
            |case: &case::Case| case.trial(module, Backend::Sqlite).with_ignored_flag(unfit(case.name));
        trials.extend(cases.iter().map(trial));
    }
    for (module, cases) in both.iter().chain(&postgres) {
        let trial = |case: &case::Case| case.trial(module, Backend::Postgres);
        trials.extend(cases.iter().map(|case| trial(case).with_ignored_flag(missing.is_some())));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    leave(if conclusion.has_failed() { FAILED } else { 0 })
}

/// Ends the process without what C libraries do at an orderly exit: SQLCipher's OpenSSL frees what it has in common
/// there, while the driver's thread of a connection that was just dropped may still be closing it, and the process would
/// end by a segmentation fault after a test that passed. The program itself leaves the same way.
fn leave(code: i32) -> ! {
    // a reader that is gone has no use for the rest
    std::io::Write::flush(&mut std::io::stdout()).ok();
    signal_hook::low_level::exit(code)
}
