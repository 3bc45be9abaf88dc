//! Settings that operators change at run time, their history, and the names of secrets.

use std::fmt;

use crate::records::SettingKey;

/// A setting that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRow {
    /// Which one.
    pub key: SettingKey,
    /// Its value, JSON.
    pub value_json: String,
    /// The revision that gave it this value.
    pub revision: i64,
}

/// All settings that hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The newest revision; 0: nothing was ever set.
    pub revision: i64,
    /// Ascending by key.
    pub rows: Vec<SettingRow>,
}

/// What a change of settings came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is stored as this revision.
    Revision(i64),
    /// Everything was so already; nothing was written.
    Nothing,
}

/// One accepted change of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionRow {
    /// Its number, from 1 without gaps.
    pub revision: i64,
    /// When.
    pub at: i64,
    /// Who.
    pub actor: String,
    /// The revision whose settings it brought back.
    pub rolled_back_to: Option<i64>,
    /// What it changed, by key.
    pub changes: Vec<ChangeRow>,
}

/// One setting in one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// Which one.
    pub key: SettingKey,
    /// Its value before, JSON; none: it was not set.
    pub old_json: Option<String>,
    /// Its value since, JSON; none: it is no longer set.
    pub new_json: Option<String>,
}

impl fmt::Display for RevisionRow {
    /// On one line, e.g. `revision 4 by ann set threshold of stage:daily/catalyst from 60 to 65`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "revision {} by {} set ", self.revision, self.actor)?;
        for (index, change) in self.changes.iter().enumerate() {
            let ChangeRow { key, old_json, new_json } = change;
            let shown = |json: &Option<String>| json.clone().unwrap_or_else(|| "nothing".to_owned());
            let comma = if index > 0 { ", " } else { "" };
            write!(
                f,
                "{comma}{} of {} from {} to {}",
                key.name,
                key.target,
                shown(old_json),
                shown(new_json)
            )?;
        }
        Ok(())
    }
}

/// A secret without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRow {
    /// Its name.
    pub name: String,
    /// When it was set.
    pub set_at: i64,
    /// By whom.
    pub set_by: String,
}
