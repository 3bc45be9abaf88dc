//! The market that a layer is tried on: a synthetic one, instruments with every oddity of real ones among it, and the
//! events, facts and references that the layer asks for. The same market some sessions later shows whether the layer
//! looks ahead.

mod odd;
mod rows;

use super::error::AuthorError;
use crate::plan::Sight;
use chrono::NaiveDate;
use odd::ODDITIES;
pub(super) use odd::{NOTHING, Oddity};
use sluice_market::{
    AsOf, Calendars, ImportHints, ImportOptions, Instant, Market, Session, Snapshot, Symbol,
    SyntheticOptions, Timeframe, import, synthesize,
};
use std::path::{Path, PathBuf};

/// Venue of everything in it.
const MIC: &str = "XNYS";
/// The newest session: a Friday, with sessions behind it that the calendar knows.
const END: &str = "2024-06-28";
/// Another seed is another market.
const SEED: u64 = 11;
/// Sessions that the later market has beyond the other.
const LATER_SESSIONS: usize = 3;
/// Fewest and most sessions: enough for every usual look-back, within what the calendar knows.
const SESSIONS: (u32, u32) = (80, 3_000);
/// Sessions beyond the longest look-back, so that it is not full by chance.
const SPARE_SESSIONS: u32 = 20;
/// Most daily bars of the whole market: what is made in a second.
const MOST_BARS: u32 = 600_000;
/// Fewest instruments, whatever the sessions.
const FEWEST: u32 = 60;
/// Long after everything in the market, so that no bar of it is refused as unfinished.
const IMPORTED_AT: &str = "2026-01-05T12:00:00Z";

/// An instant at which the layer is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) at: Instant,
    /// As messages put it.
    pub(super) name: &'static str,
}

/// The market, and the same one later.
#[derive(Debug)]
pub(super) struct Ground {
    market: Market,
    later: Market,
    moments: Vec<Moment>,
}

impl Ground {
    /// Makes both in a folder, which must be empty, with about so many ordinary instruments.
    pub(super) fn lay(folder: &Path, sight: &Sight, instruments: u32) -> Result<Self, AuthorError> {
        let end: NaiveDate = END.parse().unwrap_or_default();
        let calendar = Calendars::default().for_mic(MIC)?;
        let close = calendar.known_at(end);
        let sessions = sessions(sight);
        let known = folder.join("known");
        let options = SyntheticOptions {
            symbols: instruments.min((MOST_BARS / sessions).max(FEWEST)),
            sessions,
            seed: SEED,
            end,
            mic: MIC.to_owned(),
        };
        synthesize(&known, &options, &mut |_| {})?;
        let ordinary: Vec<String> =
            Market::open(&known)?.instruments().iter().map(|it| it.symbol.as_str().to_owned()).collect();
        let past = calendar.sessions_until(close, sessions as usize);
        let future = following(&calendar, close);
        let scene = Scene { folder, sight, ordinary: &ordinary };
        scene.populate(&known, &past, close, Part::Known)?;
        let later = folder.join("later");
        copy(&known, &later)?;
        let then = future.last().map_or(close, |session| session.closes);
        scene.populate(&later, &future, then, Part::Later)?;
        Ok(Self {
            market: Market::open(&known)?,
            later: Market::open(&later)?,
            moments: moments(sight, past.last(), close),
        })
    }

    /// The instants at which the layer is asked: the close, and times within the day for a layer that looks at them.
    pub(super) fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// The market at an instant.
    pub(super) fn at(&self, moment: Moment) -> Result<Snapshot, AuthorError> {
        Ok(self.market.snapshot(&AsOf::At(moment.at))?)
    }

    /// The same instant, seen from some sessions later.
    pub(super) fn seen_later(&self, moment: Moment) -> Result<Snapshot, AuthorError> {
        Ok(self.later.snapshot(&AsOf::At(moment.at))?)
    }
}

/// The oddity of an instrument, when it has one.
pub(super) fn oddity(symbol: &str) -> Option<&'static Oddity> {
    ODDITIES.iter().find(|odd| odd.symbol == symbol)
}

/// Enough sessions for the longest look-back in days.
fn sessions(sight: &Sight) -> u32 {
    let daily = sight.bars.iter().filter(|bars| bars.timeframe == Timeframe::Day);
    let lookback = daily.map(|bars| bars.lookback).max().unwrap_or(0);
    lookback.saturating_add(SPARE_SESSIONS).clamp(SESSIONS.0, SESSIONS.1)
}

fn following(calendar: &sluice_market::Calendar, close: Instant) -> Vec<Session> {
    let next = |at: &Instant| calendar.next_session(*at);
    let mut at = close;
    std::iter::from_fn(|| {
        let session = next(&at)?;
        at = session.closes;
        Some(session)
    })
    .take(LATER_SESSIONS)
    .collect()
}

fn moments(sight: &Sight, newest: Option<&Session>, close: Instant) -> Vec<Moment> {
    let mut moments = vec![Moment { at: close, name: "at the close" }];
    let intraday = sight.bars.iter().any(|bars| bars.timeframe.millis().is_some());
    if let Some(session) = newest.filter(|_| intraday || sight.needs.clock) {
        let between = |from: Instant, to: Instant| Instant::from_millis((from.millis() + to.millis()) / 2);
        moments.push(Moment { at: between(session.pre_opens, session.opens), name: "before the open" });
        moments.push(Moment { at: between(session.opens, session.closes), name: "in the session" });
    }
    moments
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// What is known at the instants.
    Known,
    /// What became known afterwards.
    Later,
}

/// What goes into a market beside its synthetic bars.
struct Scene<'a> {
    folder: &'a Path,
    sight: &'a Sight,
    ordinary: &'a [String],
}

impl Scene<'_> {
    fn populate(
        &self,
        market: &Path,
        sessions: &[Session],
        until: Instant,
        part: Part,
    ) -> Result<(), AuthorError> {
        let references = self.references();
        let days: Vec<NaiveDate> = sessions.iter().map(|session| session.date).collect();
        let mut daily = rows::Bars::new("date");
        ODDITIES.iter().for_each(|odd| odd.shape.bars(odd.symbol, &days, &mut daily));
        references.iter().for_each(|symbol| rows::walk(symbol, &days, &mut daily));
        let mut files = Vec::new();
        if part == Part::Known {
            files.push(self.write("directory", &rows::directory(&references))?);
        } else {
            self.ordinary.iter().for_each(|symbol| rows::walk(symbol, &days, &mut daily));
        }
        files.push(self.write(part.name("daily"), &daily.text())?);
        let told: Vec<&str> = self.told().collect();
        if !self.sight.needs.events.is_empty() {
            let text = rows::events(&self.sight.needs.events, &told, until, part == Part::Later);
            files.push(self.write(part.name("events"), &text)?);
        }
        if !self.sight.needs.facts.is_empty() {
            let text = rows::facts(&self.sight.needs.facts, &told, until);
            files.push(self.write(part.name("facts"), &text)?);
        }
        if self.sight.needs.quotes {
            let text = rows::quotes(&told, until, part == Part::Later);
            files.push(self.write(part.name("quotes"), &text)?);
        }
        take(market, files, None)?;
        for timeframe in self.timeframes() {
            let symbols = rows::intraday_symbols(self.ordinary, &references);
            if let Some(text) = rows::intraday(timeframe, &symbols, sessions) {
                take(market, vec![self.write(part.name(timeframe.as_str()), &text)?], Some(timeframe))?;
            }
        }
        Ok(())
    }

    /// Timeframes other than days that the layer asks for, each once.
    fn timeframes(&self) -> Vec<Timeframe> {
        let mut timeframes: Vec<Timeframe> = self.sight.bars.iter().map(|bars| bars.timeframe).collect();
        timeframes.retain(|timeframe| *timeframe != Timeframe::Day);
        timeframes.sort_unstable();
        timeframes.dedup();
        timeframes
    }

    fn references(&self) -> Vec<String> {
        let symbols = self.sight.needs.references.iter().filter_map(|text| Symbol::spelled(text).ok());
        symbols.map(|symbol| symbol.as_str().to_owned()).collect()
    }

    /// Instruments of which something is told beside their bars.
    fn told(&self) -> impl Iterator<Item = &str> {
        let odd = ODDITIES.iter().map(|odd| odd.symbol).filter(|symbol| *symbol != NOTHING);
        self.ordinary.iter().map(String::as_str).chain(odd)
    }

    fn write(&self, name: impl AsRef<str>, text: &str) -> Result<PathBuf, AuthorError> {
        let path = self.folder.join(name.as_ref()).with_extension("csv");
        std::fs::write(&path, text)?;
        Ok(path)
    }
}

impl Part {
    fn name(self, of: &str) -> String {
        format!("{of}-{}", if self == Self::Known { "known" } else { "later" })
    }
}

fn take(market: &Path, files: Vec<PathBuf>, timeframe: Option<Timeframe>) -> Result<(), AuthorError> {
    let options = ImportOptions {
        mic: MIC.to_owned(),
        now: IMPORTED_AT.parse().unwrap_or_default(),
        hints: ImportHints { timeframe, ..ImportHints::default() },
        ..ImportOptions::default()
    };
    import(market, &files, &options, &mut |_| {})?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &target)?,
            false => std::fs::copy(entry.path(), target).map(drop)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
