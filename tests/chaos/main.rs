//! The program while everything around it breaks: it is killed, run many times at once, its disk is full, its folder
//! read-only, its database removed, damaged or restarted. After each: what was committed is there, nothing half-done
//! is, the audit log is intact, and the next run works.
//!
//! The forms here are short enough for every run of the tests; `SLUICE_CHAOS_ROUNDS` makes them long
//! (`cargo xtask chaos`). What a machine lacks (root, PostgreSQL) is reported as ignored.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking"
)]

#[path = "../e2e/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "shared with the end-to-end tests, which need more of it")]
mod support;

mod copies;
mod damage;
mod disk;
mod kill;
mod migrate;
mod rounds;
mod server;
mod silent;
mod state;
mod swap;
mod together;

use libtest_mimic::{Arguments, Trial};

/// A case, and why it cannot run on this machine.
fn case(name: &str, missing: Option<&String>, run: fn()) -> Trial {
    let trial = Trial::test(format!("chaos::{name}"), move || {
        run();
        Ok(())
    });
    trial.with_ignored_flag(missing.is_some())
}

fn main() {
    let arguments = Arguments::from_args();
    let no_server = sluice_test_postgres::missing();
    let no_root = rounds::not_root();
    let older = support::encrypted().then(|| "no older program encrypted its files".to_owned());
    if !arguments.list {
        for (what, reason) in
            [("a server", &no_server), ("an account of its own", &no_root), ("an older file", &older)]
        {
            if let Some(reason) = reason {
                eprintln!("skipped, what needs {what}: {reason}");
            }
        }
    }
    let (server, root) = (no_server.as_ref(), no_root.as_ref());
    let trials = vec![
        case("a_killed_scan_is_whole_or_interrupted", None, kill::scans),
        case("a_killed_import_leaves_the_bars_as_they_were_or_will_be", None, kill::imports),
        case("a_killed_change_of_settings_is_made_or_not", None, kill::changes),
        case("a_killed_activation_leaves_one_version_active_whole", None, kill::activations),
        case("a_killed_installation_is_whole_or_not_there", None, kill::installations),
        case("a_killed_migration_loses_nothing", older.as_ref(), migrate::kills),
        case("a_killed_backup_is_whole_or_not_there", None, copies::backups),
        case("a_killed_restore_is_done_or_not_and_the_log_goes_on", None, copies::restores),
        case("changes_from_many_processes_are_each_in_the_history_once", None, together::changes),
        case("versions_that_are_swapped_during_scans_fail_none_and_mix_in_none", None, swap::swaps),
        case("scans_and_changes_at_once_never_meet_a_locked_database", None, together::scans),
        case("a_removed_database_is_made_anew_and_the_audit_log_tells_of_the_loss", None, damage::removed),
        case("a_corrupted_page_is_named_and_a_backup_brings_all_back", None, damage::corrupted),
        case("a_full_disk_is_named_and_nothing_is_lost", root, disk::full),
        case("a_home_that_may_not_be_written_is_named_and_nothing_is_lost", root, disk::read_only),
        case("a_server_that_is_killed_and_restarted_within_a_scan_loses_nothing", server, server::restarted),
        case("a_server_that_stops_answering_within_a_scan_loses_nothing", server, server::frozen),
        case(
            "a_server_that_goes_on_after_a_scan_noticed_its_silence_has_the_scan_once",
            server,
            silent::goes_on,
        ),
        case(
            "a_server_that_stands_still_for_good_is_named_and_what_was_promised_is_there_when_it_goes_on",
            server,
            silent::for_good,
        ),
        case("a_server_that_does_not_come_back_is_named", server, server::gone),
        case("a_killed_backup_of_a_server_is_whole_or_not_there", server, copies::backups_of_a_server),
        case(
            "a_killed_restore_of_a_server_is_done_or_not_and_the_log_goes_on",
            server,
            copies::restores_of_a_server,
        ),
        case("changes_from_many_processes_on_a_server_are_each_in_the_history_once", server, server::changes),
    ];
    libtest_mimic::run(&arguments, trials).exit();
}
