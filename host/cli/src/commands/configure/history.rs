//! What was changed, when and by whom.

use super::{Change, Place, cell};
use crate::args::Configure;
use crate::commands::paging;
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::clock::Clock;
use crate::output::list::{Item, ListWriter};
use crate::output::table::Numbers;
use crate::signals::until_signal;
use serde::Serialize;
use sluice_store::RevisionRow;

/// Revisions that are listed when nobody says how many.
const REVISIONS: u32 = 100;

/// A revision as it is printed.
#[derive(Debug, Serialize)]
struct Revision {
    /// The same as the revision.
    cursor: i64,
    revision: i64,
    at: String,
    who: String,
    rolled_back_to: Option<i64>,
    changes: Vec<Change>,
}

/// Prints the revisions, newest first.
pub fn run(home: &Home, place: &Place, options: &Configure, out: &mut Output) -> anyhow::Result<Exit> {
    let targets = place.targets(&home.config()?)?;
    let empty = match (options.after, targets.is_empty()) {
        (Some(_), _) => "no earlier revisions",
        (None, true) => "nothing was changed yet: the settings are those of sluice.toml and of the layers",
        (None, false) => "nothing was changed there yet",
    };
    let clock = out.clock();
    let mut list = out.list_writer::<Revision>();
    let more = match home.has_store() {
        true => {
            let printing = print(home, &targets, options, clock, &mut list);
            crate::commands::tokio()?.block_on(until_signal("listing revisions", printing))?
        }
        false => None,
    };
    list.finish(empty, more.map(paging::more).as_ref())?;
    Ok(Exit::Done)
}

async fn print(
    home: &Home,
    targets: &[String],
    options: &Configure,
    clock: Clock,
    list: &mut ListWriter<'_>,
) -> anyhow::Result<Option<i64>> {
    let store = home.store().await?;
    let fetch = async |before, most| Ok(store.settings_history(targets, before, most).await?);
    let cursor = |row: &RevisionRow| row.revision;
    paging::each(options.limit.unwrap_or(REVISIONS), options.after, cursor, fetch, |row| {
        list.push(&Revision::of(row, clock))
    })
    .await
}

impl Revision {
    fn of(row: RevisionRow, clock: Clock) -> Self {
        Self {
            cursor: row.revision,
            revision: row.revision,
            at: clock.show(row.at),
            who: row.actor,
            rolled_back_to: row.rolled_back_to,
            changes: row.changes.into_iter().map(Change::from).collect(),
        }
    }
}

impl Item for Revision {
    fn header(numbers: Numbers) -> &'static [&'static str] {
        match numbers {
            Numbers::Rounded => &["revision", "when", "who", "of", "setting", "old", "new", "note"],
            Numbers::Exact => &["revision", "at", "who", "of", "setting", "old", "new", "rolled back to"],
        }
    }

    /// One per setting.
    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        let note = match (self.rolled_back_to, numbers) {
            (None, _) => String::new(),
            (Some(revision), Numbers::Rounded) => format!("back to revision {revision}"),
            (Some(revision), Numbers::Exact) => revision.to_string(),
        };
        let row = |change: &Change| {
            vec![
                self.revision.to_string(),
                self.at.clone(),
                self.who.clone(),
                change.of().to_owned(),
                change.setting.clone(),
                cell(&change.old),
                cell(&change.new),
                note.clone(),
            ]
        };
        self.changes.iter().map(row).collect()
    }
}
