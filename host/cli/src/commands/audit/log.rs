//! `sluice audit log`

use super::entry::Entry;
use crate::args::Log;
use crate::commands::paging;
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::output::clock::Clock;
use crate::output::list::{Item, ListWriter};
use crate::output::table::{self, Numbers};
use crate::signals::until_signal;
use anyhow::bail;
use serde_json::value::RawValue;
use sluice_store::{AuditAction, AuditFilter, AuditRow};

/// Characters of a change that a table shows; JSON and CSV have all of it.
const SHOWN: usize = 120;

/// Prints the rows that the filters let through.
pub fn run(home: &Home, options: &Log, out: &mut Output) -> anyhow::Result<Exit> {
    let filter = AuditFilter {
        actor: options.who.clone(),
        action: options.action.as_deref().map(action).transpose()?,
        subject: options.subject.clone(),
        since: options.since.map(|since| since.first),
        until: options.until.map(|until| until.end),
        oldest_first: options.oldest_first,
    };
    let narrowed = [&options.who, &options.action, &options.subject].iter().any(|filter| filter.is_some())
        || options.since.is_some()
        || options.until.is_some();
    let empty = match (options.after, narrowed) {
        (Some(_), _) => "no more rows",
        (None, true) => "no row matches",
        (None, false) => "the audit log is empty",
    };
    let clock = out.clock();
    let mut list = out.list_writer::<Entry>();
    let more = match home.has_store() {
        true => {
            let printing = print(home, options, &filter, clock, &mut list);
            crate::commands::tokio()?.block_on(until_signal("listing the audit log", printing))?
        }
        false => None,
    };
    list.finish(empty, more.map(paging::more).as_ref())?;
    Ok(Exit::Done)
}

async fn print(
    home: &Home,
    options: &Log,
    filter: &AuditFilter,
    clock: Clock,
    list: &mut ListWriter<'_>,
) -> anyhow::Result<Option<i64>> {
    let store = home.store().await?;
    let fetch = async |after, most| Ok(store.audit(filter, after, most).await?);
    let number = |row: &AuditRow| row.number;
    paging::each(options.limit, options.after, number, fetch, |row| {
        let at = clock.show(row.at);
        list.push(&Entry { at, ..row.into() })
    })
    .await
}

/// An action, or what the actions on one thing begin with.
fn action(text: &str) -> anyhow::Result<String> {
    let names = || AuditAction::ALL.iter().map(|action| action.as_str());
    let known = names().any(|name| name == text || name.split('.').next() == Some(text));
    if !known {
        let all: Vec<&str> = names().collect();
        bail!(Usage(format!("--action: there is no action {:?}; there are {}", text, all.join(", "))));
    }
    Ok(text.to_owned())
}

impl Item for Entry {
    fn header(numbers: Numbers) -> &'static [&'static str] {
        match numbers {
            Numbers::Rounded => &["number", "when", "who", "action", "subject", "change"],
            Numbers::Exact => &["number", "at", "who", "host", "action", "subject", "before", "after", "mac"],
        }
    }

    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        let json = |value: &Option<Box<RawValue>>| value.as_ref().map(|value| value.get().to_owned());
        let (before, after) = (json(&self.before), json(&self.after));
        let mut row = vec![self.number.to_string(), self.at.clone(), self.who.clone()];
        if numbers == Numbers::Exact {
            row.push(self.host.clone());
        }
        row.extend([self.action.clone(), self.subject.clone()]);
        match numbers {
            Numbers::Rounded => row.push(change(before, after)),
            Numbers::Exact => {
                row.extend([before.unwrap_or_default(), after.unwrap_or_default(), self.mac.clone()]);
            }
        }
        vec![row]
    }
}

/// Before and after on one line, cut.
fn change(before: Option<String>, after: Option<String>) -> String {
    let whole = match (before, after) {
        (None, None) => return table::NONE.to_owned(),
        (None, Some(after)) => after,
        (Some(before), None) => format!("{before} → nothing"),
        (Some(before), Some(after)) => format!("{before} → {after}"),
    };
    match whole.char_indices().nth(SHOWN) {
        None => whole,
        Some((end, _)) => format!("{}…", whole.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_one_there_is_or_the_begin_of_some() {
        for text in ["settings.changed", "layer", "import.begun", "database"] {
            assert_eq!(action(text).unwrap(), text);
        }
        for text in ["", "lay", "layer.", "Layer", "%", "x' OR 1=1; --"] {
            let error = action(text).unwrap_err();
            assert!(error.is::<Usage>() && error.to_string().contains("settings.changed"), "{error}");
        }
    }

    #[test]
    fn a_long_change_is_cut_at_a_character() {
        assert_eq!(change(None, Some("é".repeat(121))), format!("{}…", "é".repeat(120)));
        assert_eq!(change(Some("1".into()), None), "1 → nothing");
        assert_eq!(change(None, None), "–");
    }
}
