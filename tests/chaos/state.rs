//! What is checked after everything that breaks.

use crate::support::Home;

/// What is in a home's database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Scans, whatever their status.
    pub scans: u64,
    /// The newest revision of the settings.
    pub revision: u64,
    /// Rows of the audit log.
    pub audit_rows: u64,
}

/// Opens the database as a user would: its pages and references are sound, no scan is left running, its schema is
/// ours, and the audit log is intact.
pub fn sound(home: &Home) -> State {
    sound_with(home, &[])
}

/// The same with more arguments, such as another database.
pub fn sound_with(home: &Home, more: &[&str]) -> State {
    let status = home.json(&[&["db", "status"], more].concat());
    assert_eq!(status["intact"], true, "{status}");
    assert_eq!(status["running_scans"], 0, "{status}");
    assert_eq!(status["schema"], status["schema_known"], "{status}");
    let verdict = home.json(&[&["audit", "verify"], more].concat());
    assert_eq!(verdict["intact"], true, "{verdict}");
    State {
        scans: status["tables"]["scans"].as_u64().unwrap(),
        revision: status["settings_revision"].as_u64().unwrap(),
        audit_rows: verdict["rows"].as_u64().unwrap(),
    }
}

/// Actions of the audit log with their subjects, oldest first.
pub fn told(home: &Home, action: &str) -> Vec<String> {
    let rows = home.json(&["audit", "log", "--oldest-first", "--limit", "1000000", "--action", action]);
    rows.as_array().unwrap().iter().map(|row| row["subject"].as_str().unwrap().to_owned()).collect()
}
