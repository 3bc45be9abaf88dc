//! A database that is gone, and one with a damaged page.

use std::fs;
use std::io::{Seek, SeekFrom, Write};

use crate::state::{sound, told};
use crate::support::Home;

/// Bytes of a page of a SQLite file.
const PAGE: u64 = 4_096;

/// The next command makes a new database; the first row of its audit log tells how far the lost one had come.
pub fn removed() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    let lost = sound(&home).audit_rows;
    for name in ["sluice.db", "sluice.db-wal", "sluice.db-shm"] {
        let _ = fs::remove_file(home.path().join(name));
    }
    home.ok(&["scan"]);
    let state = sound(&home);
    assert_eq!(state.scans, 1);
    let first = home.json(&["audit", "log", "--oldest-first", "--limit", "1"]);
    assert_eq!(first[0]["action"], "database.created");
    assert_eq!(first[0]["before"]["lost_audit_rows"].as_u64().unwrap(), lost);
}

/// The damage is named together with what heals it; the backup brings back every scan, and the damaged file is kept.
pub fn corrupted() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    home.ok(&["configure", "--stage", "2", "--threshold", "61"]);
    let backup = home.file("unused", "");
    fs::remove_file(&backup).unwrap();
    home.ok(&["db", "backup", &backup]);
    let before = sound(&home);
    // no page may be left in the log beside the file, which would be read instead
    home.ok(&["db", "vacuum"]);
    let path = home.path().join("sluice.db");
    let pages = fs::metadata(&path).unwrap().len() / PAGE;
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    for page in 1..pages {
        file.seek(SeekFrom::Start(page * PAGE)).unwrap();
        file.write_all(&[0xa5; 512]).unwrap();
    }
    drop(file);
    let ran = home.run(&["scan"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("the database is damaged"), "{}", ran.stderr);
    assert!(ran.stderr.contains("sluice db restore FILE"), "{}", ran.stderr);
    home.ok(&["db", "restore", &backup, "--yes"]);
    let after = sound(&home);
    assert_eq!((after.scans, after.revision), (before.scans, before.revision));
    assert_eq!(told(&home, "database.restored"), [backup.as_str()]);
    let aside = fs::read_dir(home.path()).unwrap().flatten();
    let kept = aside.filter(|entry| entry.file_name().to_string_lossy().contains(".damaged.")).count();
    assert!(kept >= 1, "the damaged file is kept");
    home.ok(&["scan"]);
}
