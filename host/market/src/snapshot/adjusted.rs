//! Columns as they were read → columns as they were asked for: the actions and origins that the arithmetic needs.

use std::cell::Cell;
use std::ops::Range;

use super::adjust::{Basis, Effect, History, Run, Step, Wanted, needs_closes, runs};
use super::known::last_day_of;
use super::layout::{Layout, starts_of, window_of, window_of_mut};
use super::read::{Window, number_of};
use crate::bars::{Adjustment, BarColumn, BarRequest};
use crate::calendar::Calendar;
use crate::days::{date_of, day_of};
use crate::error::MarketError;
use crate::set::{ActionRecord, ActionRecordKind, Adjusted, OriginRecord};

/// An instrument of the request with actions that may matter.
struct Touched<'a> {
    /// Its place in the request.
    index: usize,
    calendar: &'a Calendar,
    steps: Vec<Step>,
    /// The instant of the snapshot, in the unit of the series.
    until: i64,
    /// Its rows, and those after them where the arithmetic looks further.
    rows: Range<u64>,
    /// How many of them were asked for.
    count: usize,
}

impl Window<'_> {
    /// Adjusts columns for splits and dividends. Without any known action nothing is read and nothing changed.
    pub(super) fn adjust(
        &self,
        positions: &[usize],
        ranges: &[Range<u64>],
        starts: &[u32],
        request: &BarRequest<'_>,
        columns: &mut [Vec<f64>],
    ) -> Result<(), MarketError> {
        if self.snapshot.set.actions.is_empty() || columns.is_empty() {
            return Ok(());
        }
        let touched = self.touched(positions, ranges, request.adjustment)?;
        if touched.is_empty() {
            return Ok(());
        }
        for (index, runs) in self.runs(&touched, request.adjustment)? {
            let Some(window) = starts.get(index..index + 2) else { continue };
            for (column, values) in request.columns.iter().zip(columns.iter_mut()) {
                let own = window_of_mut(values, window);
                for run in &runs {
                    match column {
                        BarColumn::Volume => run.adjust_volumes(own),
                        _ => run.adjust_prices(own),
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether some stored prices had been adjusted for dividends.
    fn has_dividends(&self) -> bool {
        self.snapshot.set.origins.iter().any(|origin| origin.adjusted == Adjusted::Total)
    }

    fn touched(
        &self,
        positions: &[usize],
        ranges: &[Range<u64>],
        adjustment: Adjustment,
    ) -> Result<Vec<Touched<'_>>, MarketError> {
        let set = &self.snapshot.set;
        let has_dividends = self.has_dividends();
        let with_dividends = has_dividends || adjustment == Adjustment::Total;
        let mut touched = Vec::new();
        for (index, (position, rows)) in positions.iter().zip(ranges).enumerate() {
            let (Some(venue), Some(span)) = (set.venue(*position), self.series.spans.get(*position)) else {
                continue;
            };
            let actions = set.actions.of(*position)?;
            if rows.is_empty() || actions.is_empty() {
                continue;
            }
            let step = |action: &ActionRecord| self.step(&venue.calendar, action, with_dividends);
            let mut steps: Vec<Step> = actions.iter().filter_map(step).collect();
            if steps.is_empty() {
                continue;
            }
            steps.sort_by_key(|step| step.ex);
            let count = usize::try_from(rows.end - rows.start).unwrap_or_default();
            // a dividend that is to be taken back needs the close before its ex-date, which may come later
            let end = if has_dividends { span.first + span.rows } else { rows.end };
            let rows = rows.start..end.max(rows.end);
            let until = match self.series.timeframe.millis() {
                Some(_) => self.snapshot.as_of.millis().saturating_sub(1),
                None => i64::from(day_of(self.snapshot.today(*position))),
            };
            touched.push(Touched { index, calendar: &venue.calendar, steps, until, rows, count });
        }
        Ok(touched)
    }

    /// An action in the unit of the series.
    fn step(&self, calendar: &Calendar, action: &ActionRecord, with_dividends: bool) -> Option<Step> {
        let effect = match action.kind {
            ActionRecordKind::Split(ratio) => Effect::Split(ratio),
            ActionRecordKind::Dividend(cash) if with_dividends => Effect::Dividend(cash),
            _ => return None,
        };
        let known = action.known_at <= self.snapshot.as_of;
        Some(Step { ex: self.time_of(calendar, action.ex_day), effect, known })
    }

    /// When a day begins, in the unit of the series.
    fn time_of(&self, calendar: &Calendar, day: i32) -> i64 {
        match self.series.timeframe.millis() {
            Some(_) => calendar.midnight(date_of(day)).millis(),
            None => i64::from(day),
        }
    }

    /// What bars of an origin had been adjusted for; nothing is known of bars without one.
    fn basis(&self, calendar: &Calendar, origin: Option<&OriginRecord>) -> Basis {
        let unknown = OriginRecord::unknown();
        let origin = origin.unwrap_or(&unknown);
        let timeframe = self.series.timeframe;
        let through = match (origin.through, timeframe.millis()) {
            (None, _) => i64::MAX,
            (Some(day), Some(_)) => self.time_of(calendar, day.saturating_add(1)) - 1,
            (Some(day), None) => i64::from(last_day_of(timeframe, day)),
        };
        Basis {
            splits: origin.adjusted != Adjusted::Raw,
            dividends: origin.adjusted == Adjusted::Total,
            through,
        }
    }

    /// What to do with the bars of each of them, by place in the request.
    fn runs(
        &self,
        touched: &[Touched<'_>],
        adjustment: Adjustment,
    ) -> Result<Vec<(usize, Vec<Run>)>, MarketError> {
        let (set, file) = (&self.snapshot.set, &self.series.file);
        let ranges: Vec<Range<u64>> = touched.iter().map(|touched| touched.rows.clone()).collect();
        let starts = starts_of(&ranges)?;
        let layout = Layout::new(&ranges, &starts);
        let mut times = layout.read(|ranges, out| file.read_keys(ranges, out))?;
        if self.series.timeframe.millis().is_none() {
            let last_day = |day: i64| i32::try_from(day).map(|day| last_day_of(self.series.timeframe, day));
            times.iter_mut().for_each(|day| *day = last_day(*day).map_or(*day, i64::from));
        }
        // with one origin only there is nothing to look up
        let origins = match set.origins.len() {
            0 | 1 => Vec::new(),
            _ => layout.read(|ranges, out| file.read_origins(ranges, out))?,
        };
        let wanted = |touched: &Touched<'_>| Wanted { adjustment, until: touched.until };
        let closes_needed =
            touched.iter().any(|touched| needs_closes(&touched.steps, wanted(touched), self.has_dividends()));
        let closes = match closes_needed {
            true => layout.read(|ranges, out| file.read_numbers(number_of(BarColumn::Close), ranges, out))?,
            false => Vec::new(),
        };
        let runs = touched.iter().zip(starts.windows(2)).map(|(touched, window)| {
            let own = window_of(&origins, window);
            // bars of one file stand side by side: most rows have the origin of the row before
            let last: Cell<Option<(usize, Basis)>> = Cell::new(None);
            let of_row = |row: usize| {
                let origin = own.get(row).map_or(0, |origin| usize::try_from(*origin).unwrap_or(usize::MAX));
                if let Some((_, basis)) = last.get().filter(|(known, _)| *known == origin) {
                    return basis;
                }
                let basis = self.basis(touched.calendar, set.origins.get(origin));
                last.set(Some((origin, basis)));
                basis
            };
            let history = History { times: window_of(&times, window), closes: window_of(&closes, window) };
            (touched.index, runs(&touched.steps, wanted(touched), history, touched.count, &of_row))
        });
        Ok(runs.collect())
    }
}
