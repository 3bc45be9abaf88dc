//! The rows of a table of bars, handed on one by one.

use chrono::NaiveDate;

use super::check::Check;
use super::{Conventions, Group, Known, Open, Plan, Who};
use crate::bars::Timeframe;
use crate::import::error::ImportError;
use crate::import::faults::{FaultKind, Place, quoted};
use crate::import::local::{Meaning, WallClock};
use crate::import::marks::Marks;
use crate::import::sink::{ActionKind, ActionRow, Sink, Stamp, Ticker};
use crate::import::stamp::{Time, TimeFault, Unit};
use crate::import::steps::known as timeframes;
use crate::import::table::Row;
use crate::instant::Instant;
use crate::set::NUMBERS;

/// An integer price that means none.
const UNDEFINED_PRICE: &[u8] = b"9223372036854775807";

/// A table that is being read.
pub(in crate::import::formats) struct Reading<'a> {
    known: &'a Known<'a>,
    open: Open,
    plan: &'a Plan,
    conventions: Conventions,
    clock: WallClock,
    unit: Option<Unit>,
    told: Option<Timeframe>,
    /// What the column says that must say the same in all rows.
    same: Option<Vec<u8>>,
    check: Check,
    actions: Vec<(Place, Ticker, NaiveDate, ActionKind)>,
}

impl<'a> Reading<'a> {
    pub(in crate::import::formats) fn new(
        known: &'a Known<'a>,
        open: Open,
        plan: &'a Plan,
        conventions: Conventions,
    ) -> Self {
        Self {
            known,
            open,
            plan,
            conventions,
            clock: WallClock::default(),
            unit: None,
            told: None,
            same: None,
            check: Check::default(),
            actions: Vec::new(),
        }
    }

    /// Hands on the bars of a row.
    ///
    /// # Errors
    /// A row that shows that the file contradicts itself.
    pub(super) fn row(&mut self, row: &Row<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
        let place = row.place();
        let plan = self.plan;
        let time = match self.time(row.get(plan.stamp), row.maybe(plan.clock))? {
            Ok(time) => time,
            Err(_) => {
                let text = row.get(plan.stamp);
                sink.fault(FaultKind::Date, place, &mut || {
                    format!("{} is no time: want one like 2018-02-07 or 2018-02-07T14:30:00Z", quoted(text))
                });
                return Ok(());
            }
        };
        self.same_unit(place, time)?;
        self.same_timeframe(row)?;
        self.same_instrument(row)?;
        for group in &plan.groups {
            self.group(group, row, time, sink)?;
        }
        Ok(())
    }

    /// Hands on a bar that was read by somebody else.
    ///
    /// # Errors
    /// A time that shows that the file contradicts itself.
    pub(in crate::import::formats) fn give(
        &mut self,
        place: Place,
        ticker: &[u8],
        time: Time,
        values: [f64; NUMBERS],
        sink: &mut dyn Sink,
    ) -> Result<(), ImportError> {
        self.same_unit(place, time)?;
        let Some(ticker) = sink.ticker(place, ticker) else { return Ok(()) };
        let Some(stamp) = self.stamp(place, ticker, time, sink)? else { return Ok(()) };
        sink.bar(place, ticker, stamp, values);
        Ok(())
    }

    fn group(
        &mut self,
        group: &Group,
        row: &Row<'_>,
        time: Time,
        sink: &mut dyn Sink,
    ) -> Result<(), ImportError> {
        let place = row.place();
        let Some(values) = self.values(group, row, sink)? else { return Ok(()) };
        if self.plan.groups.len() > 1 && values.iter().all(|value| value.is_nan()) {
            return Ok(());
        }
        let text = match &group.who {
            Who::Column(column, part) => part(row.get(*column)),
            Who::One(name) => name.as_bytes(),
        };
        let Some(ticker) = sink.ticker(place, text) else { return Ok(()) };
        let Some(stamp) = self.stamp(place, ticker, time, sink)? else { return Ok(()) };
        sink.bar(place, ticker, stamp, values);
        let (Some(dividend), Some(split)) = (group.dividend.or(group.split), group.split.or(group.dividend))
        else {
            return Ok(());
        };
        let above_zero =
            |column: usize| self.conventions.marks.number(row.get(column)).filter(|value| *value > 0.0);
        let date = time.written_date();
        if let Some(cash) = above_zero(dividend).filter(|_| group.dividend.is_some()) {
            self.actions.push((place, ticker, date, ActionKind::Dividend(cash)));
        }
        if let Some(ratio) = above_zero(split).filter(|_| group.split.is_some()) {
            self.actions.push((place, ticker, date, ActionKind::Split(ratio)));
        }
        Ok(())
    }

    /// Reads a stamp; a date whose order nobody has told yet sends us to the whole file.
    fn time(&mut self, text: &[u8], clock: &[u8]) -> Result<Result<Time, TimeFault>, ImportError> {
        let time = Time::read(text, clock, self.conventions.order);
        if time == Err(TimeFault::OrderUnknown) && !self.conventions.whole {
            self.ask_the_whole_file()?;
            return Ok(Time::read(text, clock, self.conventions.order));
        }
        Ok(time)
    }

    /// The numbers of a row; none, and a fault, when one of them is none.
    fn values(
        &mut self,
        group: &Group,
        row: &Row<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Option<[f64; NUMBERS]>, ImportError> {
        let mut values = [f64::NAN; NUMBERS];
        for (index, (value, column)) in values.iter_mut().zip(group.numbers).enumerate() {
            let Some(column) = column else { continue };
            let text = row.get(column);
            let price = index < 4;
            let mut number = self.conventions.marks.number(text);
            let marked = number.is_none() && self.conventions.marks == Marks::Plain && text.contains(&b',');
            if marked && !self.conventions.whole {
                self.ask_the_whole_file()?;
                number = self.conventions.marks.number(text);
            }
            let Some(number) = number else {
                sink.fault(FaultKind::Number, row.place(), &mut || format!("{} is no number", quoted(text)));
                return Ok(None);
            };
            *value = match self.plan.billionths && price {
                true if text == UNDEFINED_PRICE => f64::NAN,
                true => number / 1e9,
                false => number,
            };
        }
        Ok(Some(values))
    }

    fn ask_the_whole_file(&mut self) -> Result<(), ImportError> {
        let timeframe = self.conventions.timeframe;
        self.conventions =
            Conventions { timeframe, ..Conventions::of_all(self.known, self.open, self.plan)? };
        Ok(())
    }

    /// A number since the epoch has the unit of the ones before.
    fn same_unit(&mut self, place: Place, time: Time) -> Result<(), ImportError> {
        let Time::Epoch(_, unit) = time else { return Ok(()) };
        let before = *self.unit.get_or_insert(unit);
        if before == unit {
            return Ok(());
        }
        let (now, before) = (unit.as_str(), before.as_str());
        let reason = format!("{}its times are in {now} here and in {before} above", at(place));
        Err(ImportError::content(self.known.path, reason, "split it by unit"))
    }

    /// A column that tells the timeframe tells the same in every row.
    fn same_timeframe(&mut self, row: &Row<'_>) -> Result<(), ImportError> {
        let Some((column, read)) = self.plan.told else { return Ok(()) };
        let now = read(row.get(column));
        if self.told.is_some() && self.told == now {
            return Ok(());
        }
        let Some(timeframe) = now else {
            let text = quoted(row.get(column));
            let reason = format!("{}{text} is no timeframe that is stored", at(row.place()));
            return Err(ImportError::content(self.known.path, reason, format!("known are {}", timeframes())));
        };
        let before = *self.told.get_or_insert(timeframe);
        if before == timeframe {
            return Ok(());
        }
        let reason = format!("{}its bars are of {timeframe} here and of {before} above", at(row.place()));
        Err(ImportError::content(self.known.path, reason, "split it by timeframe"))
    }

    /// A file of one instrument holds no other.
    fn same_instrument(&mut self, row: &Row<'_>) -> Result<(), ImportError> {
        let Some(column) = self.plan.same else { return Ok(()) };
        let now = row.get(column);
        let before = self.same.get_or_insert_with(|| now.to_vec());
        if before == now {
            return Ok(());
        }
        let reason = format!("{}it holds bars of {} and of {}", at(row.place()), quoted(before), quoted(now));
        Err(ImportError::content(self.known.path, reason, "export it with a column of symbols"))
    }

    /// What a time means for a bar of the timeframe; none, and a fault, when there was no such time.
    fn stamp(
        &mut self,
        place: Place,
        ticker: Ticker,
        time: Time,
        sink: &mut dyn Sink,
    ) -> Result<Option<Stamp>, ImportError> {
        let timeframe = self.conventions.timeframe;
        let Some(span) = timeframe.millis() else {
            let stamp = day(time, self.plan.utc_days);
            self.check.day(place, ticker, time.written(), timeframe);
            return Ok(Some(stamp));
        };
        let at = match (time, time.exact()) {
            (_, Some(at)) => Some(at),
            (Time::Zoned(clock, zone), _) => {
                let meaning = self.clock.instant(zone, clock);
                self.meaning(place, meaning, time, sink)
            }
            _ => {
                let zone = match (self.known.said.zone, self.plan.zone_unknown) {
                    (Some(zone), _) => zone,
                    (None, None) => sink.zone(ticker),
                    (None, Some(why)) => {
                        let advice = "name the zone with --zone, e.g. --zone Europe/Athens";
                        return Err(ImportError::content(self.known.path, why, advice));
                    }
                };
                let meaning = self.clock.instant(zone, time.written());
                self.meaning(place, meaning, time, sink)
            }
        };
        let Some(at) = at else { return Ok(None) };
        if self.check.on_grid(place, at, span) || !self.conventions.inferred {
            return Ok(Some(Stamp::At(at)));
        }
        sink.fault(FaultKind::Date, place, &mut || format!("{at} is no start of a bar of {timeframe}"));
        Ok(None)
    }

    fn meaning(&self, place: Place, meaning: Meaning, time: Time, sink: &mut dyn Sink) -> Option<Instant> {
        let written = time.written();
        match meaning {
            Meaning::One(at) => Some(at),
            Meaning::Twice(at) => {
                sink.fault(FaultKind::LocalTime, place, &mut || {
                    format!("clocks were set back over {written}: the earlier one is taken, {at}")
                });
                Some(at)
            }
            Meaning::Never => {
                sink.fault(FaultKind::Date, place, &mut || {
                    format!("clocks were set forward over {written}: there was no such time")
                });
                None
            }
        }
    }

    /// All rows are read: says the actions, and whether the timeframe was right.
    ///
    /// # Errors
    /// Too many bars that do not fit the timeframe that was worked out.
    pub(in crate::import::formats) fn finish(self, sink: &mut dyn Sink) -> Result<(), ImportError> {
        if self.conventions.inferred {
            self.check.verdict(self.known.path, self.conventions.timeframe)?;
        }
        for (place, ticker, ex_date, kind) in &self.actions {
            let kind = match kind {
                ActionKind::Dividend(cash) => {
                    ActionKind::Dividend(cash * self.splits_after(*ticker, *ex_date))
                }
                other => other.clone(),
            };
            sink.action(
                *place,
                ActionRow { ticker: *ticker, kind, ex_date: *ex_date, known: None, id: None },
            );
        }
        Ok(())
    }

    /// A vendor that adjusts for splits divides older dividends too: this undoes it.
    fn splits_after(&self, ticker: Ticker, date: NaiveDate) -> f64 {
        let later = self.actions.iter().filter(|(_, other, ex_date, _)| *other == ticker && *ex_date > date);
        later.fold(1.0, |product, (.., kind)| match kind {
            ActionKind::Split(ratio) => product * ratio,
            _ => product,
        })
    }
}

/// The day of a bar that is a day long or longer: as it is written, or the venue's at that instant.
pub(in crate::import::formats) fn day(time: Time, utc_days: bool) -> Stamp {
    match (time, time.exact()) {
        (_, Some(at)) if !utc_days && !time.at_midnight() => Stamp::At(at),
        _ => Stamp::Day(time.written_date()),
    }
}

/// A place before a sentence.
pub(super) fn at(place: Place) -> String {
    match place {
        Place::Line(line) => format!("line {line}: "),
        Place::Row(row) => format!("row {row}: "),
        Place::Nowhere => String::new(),
    }
}
