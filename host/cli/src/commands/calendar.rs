//! `sluice calendar`

use crate::args;
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::output::list::Item;
use crate::output::table::{NONE, Numbers};
use anyhow::{Context, bail};
use chrono::{Datelike, Days, NaiveDate};
use serde::Serialize;
use sluice_market::{Calendar, Instant, Session};

/// Days that are shown when nobody says until when.
const SPAN_DAYS: u64 = 30;
/// Most days of one call: longer than any calendar, and short enough to be counted.
const MOST_DAYS: i64 = 100_000;

/// A session as it is printed.
#[derive(Debug, Serialize)]
struct Line {
    date: NaiveDate,
    open_utc: Instant,
    close_utc: Instant,
    break_start_utc: Option<Instant>,
    break_end_utc: Option<Instant>,
    early_close: bool,
    /// Opens, closes and the break by the venue's clock.
    #[serde(skip)]
    local: [String; 3],
}

impl Item for Line {
    fn header(numbers: Numbers) -> &'static [&'static str] {
        match numbers {
            Numbers::Exact => {
                &["date", "open_utc", "close_utc", "break_start_utc", "break_end_utc", "early_close"]
            }
            Numbers::Rounded => {
                &["date", "day", "opens", "closes", "break", "opens (UTC)", "closes (UTC)", "early close"]
            }
        }
    }

    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        let instant = |instant: Option<Instant>| instant.map_or_else(|| NONE.to_owned(), |at| at.to_string());
        let date = self.date.to_string();
        vec![match numbers {
            Numbers::Exact => vec![
                date,
                self.open_utc.to_string(),
                self.close_utc.to_string(),
                instant(self.break_start_utc),
                instant(self.break_end_utc),
                self.early_close.to_string(),
            ],
            Numbers::Rounded => {
                let [opens, closes, pause] = self.local.clone();
                let early = if self.early_close { "early" } else { "" };
                vec![
                    date,
                    self.date.weekday().to_string(),
                    opens,
                    closes,
                    pause,
                    self.open_utc.to_string(),
                    self.close_utc.to_string(),
                    early.to_owned(),
                ]
            }
        }]
    }
}

/// Prints the sessions between two dates; refuses a span that the calendar does not cover as a whole.
pub fn run(home: &Home, options: &args::Calendar, out: &mut Output) -> anyhow::Result<Exit> {
    let calendar = home.calendars()?.for_mic(&options.mic)?;
    let from = match options.from {
        Some(from) => from,
        None => calendar.local_date(Instant::now()).context("the clock of this machine is wrong")?,
    };
    let to = match options.to {
        Some(to) => to,
        None => from.checked_add_days(Days::new(SPAN_DAYS)).unwrap_or(from),
    };
    if to < from {
        bail!(Usage(format!("--to {to} is before --from {from}")));
    }
    let days = to.signed_duration_since(from).num_days() + 1;
    if days > MOST_DAYS {
        bail!(Usage(format!("{from} to {to} are {days} days, the limit is {MOST_DAYS}")));
    }
    let mut lines = Vec::new();
    for date in from.iter_days().take_while(|date| *date <= to) {
        lines.extend(calendar.session(date)?.map(|session| line(&calendar, session)));
    }
    out.list(&lines, &format!("{} has no session from {from} to {to}", calendar.mic()))?;
    Ok(Exit::Done)
}

fn line(calendar: &Calendar, session: Session) -> Line {
    let clock = |instant: Instant| {
        calendar.local(instant).map_or_else(String::new, |time| time.format("%H:%M").to_string())
    };
    let (start, end) = session.midday_break.unzip();
    let pause = session
        .midday_break
        .map_or_else(String::new, |(start, end)| format!("{}–{}", clock(start), clock(end)));
    Line {
        date: session.date,
        open_utc: session.opens,
        close_utc: session.closes,
        break_start_utc: start,
        break_end_utc: end,
        early_close: session.early_close,
        local: [clock(session.opens), clock(session.closes), pause],
    }
}
