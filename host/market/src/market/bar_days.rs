//! The dates of a venue that have bars.

use std::sync::OnceLock;

use crate::bars::Timeframe;
use crate::calendar::Calendar;
use crate::snapshot::known::day_opens_at;

/// The dates of a venue that have bars of a timeframe.
#[derive(Debug, Default)]
pub(crate) struct BarDays {
    /// Ascending days since the epoch.
    days: Vec<i32>,
    opens: OnceLock<BarOpens>,
}

/// Bar opens by date, worked out once: a calendar question per bar would cost more than reading it.
#[derive(Debug)]
pub(crate) struct BarOpens {
    first_day: i32,
    millis: Vec<i64>,
}

impl BarDays {
    pub(super) fn new(days: Vec<i32>) -> Self {
        Self { days, opens: OnceLock::new() }
    }

    /// Ascending days since the epoch.
    pub(crate) fn days(&self) -> &[i32] {
        &self.days
    }

    /// When the bars of these dates open; for timeframes that are told by dates.
    pub(crate) fn opens(&self, calendar: &Calendar, timeframe: Timeframe) -> &BarOpens {
        self.opens.get_or_init(|| {
            let first_day = self.days.first().copied().unwrap_or_default();
            let last_day = self.days.last().copied().unwrap_or(first_day);
            let length = usize::try_from(i64::from(last_day) - i64::from(first_day) + 1).unwrap_or_default();
            let mut millis = vec![0; length];
            for day in &self.days {
                let slot = usize::try_from(day - first_day).ok().and_then(|index| millis.get_mut(index));
                if let Some(slot) = slot {
                    *slot = day_opens_at(calendar, timeframe, *day).millis();
                }
            }
            BarOpens { first_day, millis }
        })
    }
}

impl BarOpens {
    /// UTC milliseconds; none for a day that has no bars.
    pub(crate) fn at(&self, day: i32) -> Option<i64> {
        let index = usize::try_from(i64::from(day) - i64::from(self.first_day)).ok()?;
        self.millis.get(index).copied()
    }
}
