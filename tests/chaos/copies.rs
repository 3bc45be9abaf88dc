//! Backups and restores that are killed.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use sluice_test_postgres::Server;

use crate::rounds::{duration_of, instant, kill_after, kills, long};
use crate::state::{State, sound_with};
use crate::support::Home;

/// Scans that are in the database, so that copying it takes a while.
const SCANS: usize = 20;

/// Revisions of settings that tell the backup from what came after.
const BACKED_UP: u64 = 1;

/// Starts a command whose output nobody reads, and kills it at an instant; tells whether it had ended well by then.
fn killed(home: &Home, args: &[&str], round: usize, whole: std::time::Duration) -> bool {
    let mut command = home.spawnable(args);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    kill_after(command.spawn().unwrap(), instant(round, whole))
}

fn with<'a>(args: &[&'a str], db: &[&'a str]) -> Vec<&'a str> {
    [args, db].concat()
}

/// A database with scans and one revision of settings.
fn fill(home: &Home, db: &[&str]) {
    for _ in 0..SCANS {
        home.ok(&with(&["scan"], db));
    }
    home.ok(&with(&["configure", "--stage", "2", "--threshold", "60"], db));
}

/// Names in a folder that contain a text.
fn names(folder: &Path, part: &str) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(part)).collect()
}

/// A killed backup is a whole file or none, and the database is as it was.
pub fn backups() {
    backups_of(&Home::with_market(), &[]);
}

/// The same of a server.
pub fn backups_of_a_server() {
    let server = Server::start().unwrap();
    backups_of(&Home::with_market(), &["--db", &server.url()]);
}

fn backups_of(home: &Home, db: &[&str]) {
    fill(home, db);
    let folder = home.user().join("backups");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("b.db");
    let path = file.to_str().unwrap();
    let backup = with(&["db", "backup", path], db);
    let whole = duration_of(home.spawnable(&backup));
    for round in 0..kills() {
        fs::remove_file(&file).unwrap();
        let before = sound_with(home, db);
        let done = killed(home, &backup, round, whole);
        let after = sound_with(home, db);
        assert_eq!((after.scans, after.revision), (before.scans, before.revision), "round {round}");
        let told = after.audit_rows - before.audit_rows;
        assert!(told <= 1 && (!done || told == 1), "round {round}: {told} rows tell of it");
        assert!(file.exists() || (!done && told == 0), "round {round}: told and not there");
        if file.exists() {
            is_whole(home, path, after);
            fs::remove_file(&file).unwrap();
        }
        home.ok(&backup);
        is_whole(home, path, after);
        assert_eq!(names(&folder, ""), ["b.db"], "round {round}: what was left is gone");
    }
}

/// A backup can be put into a database of its own, and has everything.
fn is_whole(home: &Home, backup: &str, expected: State) {
    let folder = home.user().join("elsewhere");
    fs::create_dir(&folder).unwrap();
    let url = format!("sqlite:{}", folder.join("x.db").display());
    home.ok(&["db", "restore", backup, "--yes", "--db", &url]);
    let found = sound_with(home, &["--db", &url]);
    assert_eq!((found.scans, found.revision), (expected.scans, expected.revision));
    fs::remove_dir_all(folder).unwrap();
}

/// After a killed restore the database is as it was or wholly the backup, the log goes on without anybody accepting
/// anything, and what was there before is in a file whenever it is nowhere else.
pub fn restores() {
    restores_of(&Home::with_market(), &[]);
}

/// The same of a server.
pub fn restores_of_a_server() {
    let server = Server::start().unwrap();
    restores_of(&Home::with_market(), &["--db", &server.url()]);
}

fn restores_of(home: &Home, db: &[&str]) {
    fill(home, db);
    let file = home.user().join("b.db");
    let restore = with(&["db", "restore", file.to_str().unwrap(), "--yes"], db);
    home.ok(&with(&["db", "backup", file.to_str().unwrap()], db));
    let go_on = || home.ok(&with(&["configure", "--stage", "2", "--threshold", "61"], db));
    go_on();
    let whole = duration_of(home.spawnable(&restore));
    for round in 0..long().map_or(kills(), |rounds| rounds.min(200)) {
        if sound_with(home, db).revision == BACKED_UP {
            go_on();
        }
        let kept = names(&home.path(), ".before-restore.");
        let before = sound_with(home, db);
        let done = killed(home, &restore, round, whole);
        let after = sound_with(home, db);
        let restored = after.revision == BACKED_UP;
        assert_eq!(after.scans, SCANS as u64, "round {round}");
        assert!(restored || (!done && after == before), "round {round}: {before:?} {after:?}");
        let new: Vec<String> =
            names(&home.path(), ".before-restore.").into_iter().filter(|name| !kept.contains(name)).collect();
        assert!(!restored || new.len() == 1, "round {round}: what was there is in {new:?}");
        for name in new {
            is_whole(home, home.path().join(&name).to_str().unwrap(), before);
            fs::remove_file(home.path().join(name)).unwrap();
        }
        assert_eq!(names(&home.path(), "sluice-part"), [""; 0], "round {round}: what was left is gone");
        // whatever happened, the log goes on
        home.ok(&with(
            &["configure", "--stage", "2", "--threshold", if round % 2 == 0 { "62" } else { "63" }],
            db,
        ));
        sound_with(home, db);
    }
}
