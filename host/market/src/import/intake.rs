//! Takes what readers find: checks bars, numbers tickers, and keeps everything until all files are read.

mod checks;
mod records;
mod tickers;
pub(crate) mod venues;

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use chrono_tz::Tz;

use super::bar_row::BarRow;
use super::error::ImportError;
use super::faults::{FaultExample, FaultKind, Faults, Place};
use super::files::FileSink;
use super::reader::Reader;
use super::sink::{
    ActionRow, EventRow, FactRow, ListingRow, MemberRow, Origin, QuoteRow, Sink, Stamp, Ticker,
};
use super::suffix::venue_of;
use super::taken::{Said, Section, Taken, ToldRecords};
use super::{FileSummary, ImportOptions, ImportProgress, ImportStep};
use crate::days::date_of;
use crate::set::NUMBERS;
use crate::spool::Spool;
use crate::symbol::printable;
pub(crate) use tickers::Known;
use tickers::{Course, Tickers};
use venues::{DayKind, Moment, Venues};

/// 1900-01-01: an older date is a misread number.
const OLDEST_DAY: i32 = -25_567;
/// The sink of an import.
pub(crate) struct Intake<'a> {
    taken: Taken,
    tickers: Tickers,
    /// Venue of tickers that name none.
    mic: &'a str,
    /// Rows of the present file.
    rows: u64,
    /// Things that were taken from the present file.
    used: u64,
    /// Bytes of the files that were consumed so far.
    read: Rc<Cell<u64>>,
    total: u64,
    progress: &'a mut dyn FnMut(ImportProgress),
}

impl<'a> Intake<'a> {
    /// An intake for files of so many bytes, of which `read` are consumed, which spills into a folder.
    pub(crate) fn new(
        dir: &Path,
        options: &'a ImportOptions,
        (read, total): (Rc<Cell<u64>>, u64),
        progress: &'a mut dyn FnMut(ImportProgress),
    ) -> Self {
        let taken = Taken {
            files: Vec::new(),
            sections: Vec::new(),
            tickers: Vec::new(),
            through: Vec::new(),
            bars: Spool::new(dir, options.memory),
            listings: Vec::new(),
            changes: Vec::new(),
            told: ToldRecords::new(dir, options.record_memory()),
            venues: Venues::new(options.now, options.calendars.clone()),
            faults: Faults::default(),
            rows: 0,
        };
        Self {
            taken,
            tickers: Tickers::default(),
            mic: &options.mic,
            rows: 0,
            used: 0,
            read,
            total,
            progress,
        }
    }

    /// All files are read.
    pub(crate) fn finish(mut self) -> Result<Taken, ImportError> {
        self.end_courses();
        self.taken.tickers = self.tickers.all().to_vec();
        self.taken.finish()?;
        Ok(self.taken)
    }

    fn report(&mut self) {
        let done = self.read.get().min(self.total);
        (self.progress)(ImportProgress { step: ImportStep::Read, done, total: self.total });
    }

    /// The name of the present file.
    fn file(&self) -> &str {
        self.taken.files.last().map_or("", |file| file.name.as_str())
    }

    fn section(&self) -> u32 {
        u32::try_from(self.taken.sections.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// Counts a fault of what was said of a ticker, on a day where there is one.
    fn ticker_fault(
        &mut self,
        kind: FaultKind,
        place: Place,
        ticker: Ticker,
        day: Option<i32>,
        detail: String,
    ) {
        let name = self.tickers.get(ticker).map_or("", |known| known.spelling.as_str());
        let file = self.taken.files.last().map_or("", |file| file.name.as_str());
        self.taken.faults.add(kind, 1, || FaultExample::new(file, place, detail).of(name, day));
    }

    /// Keeps how far the bars of the section that ends reach, by ticker.
    fn end_courses(&mut self) {
        let Some(origin) = self.taken.sections.last().map(|section| &section.origin) else { return };
        if origin.adjustment == super::sink::Adjusted::Raw {
            return;
        }
        let section = self.section();
        for (known, number) in self.tickers.all().iter().zip(0..) {
            if known.course.section == section {
                self.taken.through.push((Ticker(number), section, known.course.newest_day));
            }
        }
    }

    /// Everything about a bar that is worth a remark but no reason to leave it out.
    #[cold]
    fn remark(
        &mut self,
        (place, ticker, day): (Place, Ticker, i32),
        values: &[f64; NUMBERS],
        turned: Option<i64>,
        kind: DayKind,
    ) {
        let mut remarks = Vec::new();
        checks::report(values, |kind, detail| remarks.push((kind, detail)));
        if turned.is_some() {
            remarks.push((FaultKind::Unsorted, "it turns around the order of the rows before it".to_owned()));
        }
        remarks.extend(checks::report_day(kind).map(|(kind, detail)| (kind, detail.to_owned())));
        for (kind, detail) in remarks {
            self.ticker_fault(kind, place, ticker, Some(day), detail);
        }
    }

    /// The venue of a text that was not seen in this scope before.
    fn venue(&mut self, place: Place, text: &[u8]) -> Option<usize> {
        let (mic, yahoo) = self.tickers.scope();
        let written = String::from_utf8_lossy(text);
        let mic = mic.or_else(|| venue_of(written.trim(), yahoo)).unwrap_or(self.mic).to_owned();
        let venue = self.taken.venues.number(&mic);
        if venue.is_none() {
            let detail =
                format!("no calendar for venue \"{}\" of {}", printable(&mic, 12), printable(&written, 32));
            self.fault(FaultKind::Venue, place, &mut || detail.clone());
        }
        venue
    }
}

impl FileSink for Intake<'_> {
    fn start_file(&mut self, path: &Path, _: &Reader) {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        self.taken.files.push(FileSummary::new(path, printable(&name, 80)));
        (self.rows, self.used) = (0, 0);
    }

    fn end_file(&mut self, path: &Path, named: bool) -> Result<(), ImportError> {
        let rows = self.rows.max(self.used);
        self.taken.rows += rows;
        if let Some(file) = self.taken.files.last_mut() {
            file.rows = rows;
        }
        self.report();
        self.taken.relieve()?;
        if self.used > 0 {
            return Ok(());
        }
        let reason = match self.taken.faults.first_of(self.file()) {
            // databases of vendors have such files
            _ if rows == 0 && !named => return Ok(()),
            _ if rows == 0 => "it has a header and no rows".to_owned(),
            Some(fault) => {
                let place = fault.line.map(|line| format!("line {line}: "));
                let place = place.or_else(|| fault.row.map(|row| format!("row {row}: ")));
                format!("none of its {rows} rows can be used; {}{}", place.unwrap_or_default(), fault.detail)
            }
            None => format!("none of its {rows} rows can be used"),
        };
        Err(ImportError::content(path, reason, "nothing was imported"))
    }
}

impl Sink for Intake<'_> {
    fn begin(&mut self, origin: Origin) {
        self.end_courses();
        self.tickers.begin(origin.mic.as_deref(), origin.source);
        if let Some(file) = self.taken.files.last_mut() {
            file.tell(&origin);
        }
        let file = self.taken.files.len().saturating_sub(1);
        self.taken.sections.push(Section { file, origin });
    }

    fn ticker(&mut self, place: Place, text: &[u8]) -> Option<Ticker> {
        if let Some(ticker) = self.tickers.find(text) {
            return Some(ticker);
        }
        let venue = self.venue(place, text)?;
        match self.tickers.add(text, venue) {
            Ok(ticker) => Some(ticker),
            Err(error) => {
                self.fault(FaultKind::Symbol, place, &mut || error.to_string());
                None
            }
        }
    }

    fn zone(&self, ticker: Ticker) -> Tz {
        let venue = self.tickers.get(ticker).and_then(|known| self.taken.venues.get(known.venue));
        venue.map_or(Tz::UTC, venues::Venue::zone)
    }

    fn bar(&mut self, place: Place, ticker: Ticker, stamp: Stamp, values: [f64; NUMBERS]) {
        let section = self.section();
        let Some(origin) = self.taken.sections.last().map(|section| &section.origin) else { return };
        let timeframe = origin.timeframe;
        let Some(known) = self.tickers.get_mut(ticker) else { return };
        let Some(venue) = self.taken.venues.get_mut(known.venue) else { return };
        let Some(moment) = venue.moment(timeframe, origin.stamped, stamp) else {
            let detail = || format!("a {timeframe} bar needs a time of day");
            return self.fault(FaultKind::Date, place, &mut detail.clone());
        };
        let Moment { key, day } = moment;
        if day < OLDEST_DAY {
            return self.fault(FaultKind::Date, place, &mut || format!("{} is before 1900", date_of(day)));
        }
        if checks::is_empty(&values) {
            let detail = "no price at all".to_owned();
            return self.ticker_fault(FaultKind::NoPrices, place, ticker, Some(day), detail);
        }
        if !venue.is_complete(timeframe, moment) {
            let detail = "it was not complete when it was imported".to_owned();
            return self.ticker_fault(FaultKind::Future, place, ticker, Some(day), detail);
        }
        let whole_days = matches!(timeframe, crate::bars::Timeframe::Week | crate::bars::Timeframe::Month);
        let kind = if whole_days { DayKind::Session } else { venue.kind(day) };
        if known.course.section != section {
            known.course = Course::new(section);
        }
        let turned = known.course.follow(key, day);
        let (oldest, newest) = known.days.unwrap_or((day, day));
        known.days = Some((oldest.min(day), newest.max(day)));
        if kind != DayKind::Session || turned.is_some() || !checks::is_sound(&values) {
            self.remark((place, ticker, day), &values, turned, kind);
        }
        self.used += 1;
        self.taken.bars.push(BarRow::new((ticker, timeframe), (section, place), key, values));
    }

    fn listing(&mut self, place: Place, listing: ListingRow) {
        self.used += 1;
        self.taken.listings.push(Said { section: self.section(), place, row: listing });
    }

    fn action(&mut self, place: Place, action: ActionRow) {
        self.used += 1;
        self.tell_action(place, action);
    }

    fn event(&mut self, _: Place, event: EventRow) {
        self.used += 1;
        self.tell_event(event);
    }

    fn fact(&mut self, place: Place, fact: FactRow) {
        self.used += 1;
        self.tell_fact(place, fact);
    }

    fn member(&mut self, _: Place, member: MemberRow) {
        self.used += 1;
        self.tell_member(member);
    }

    fn quote(&mut self, place: Place, quote: QuoteRow) {
        self.used += 1;
        self.tell_quote(place, &quote);
    }

    fn fault(&mut self, kind: FaultKind, place: Place, detail: &mut dyn FnMut() -> String) {
        let file = self.taken.files.last().map_or("", |file| file.name.as_str());
        self.taken.faults.add(kind, 1, || FaultExample::new(file, place, detail()));
    }

    fn progress(&mut self, rows: u64) -> Result<(), ImportError> {
        self.rows = rows;
        self.report();
        self.taken.relieve()
    }
}
