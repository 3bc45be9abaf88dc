//! Corporate actions on disk.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::ArrowError;

use super::file::{OWN, Record};
use super::{ActionRecord, ActionRecordKind};
use crate::set::columns::{day, days, instant, instants, number, numbers, optional_text, text, texts};
use crate::set::content::Content;
use crate::spool::Key;
use crate::symbol::Symbol;

impl ActionRecordKind {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Split(_) => "split",
            Self::Dividend(_) => "dividend",
            Self::Rename { .. } => "rename",
            Self::Delisting => "delisting",
        }
    }

    const fn value(&self) -> Option<f64> {
        match self {
            Self::Split(ratio) => Some(*ratio),
            Self::Dividend(cash) => Some(*cash),
            Self::Rename { .. } | Self::Delisting => None,
        }
    }

    fn tickers(&self) -> Option<(&str, &str)> {
        match self {
            Self::Rename { from, to } => Some((from.as_str(), to.as_str())),
            _ => None,
        }
    }
}

impl Record for ActionRecord {
    const FILE: &'static str = "actions";

    fn instrument(&self) -> u32 {
        self.instrument
    }

    fn instrument_mut(&mut self) -> &mut u32 {
        &mut self.instrument
    }

    fn place(&self, key: &mut Key) {
        key.integer(self.instrument);
        key.integer(self.ex_day);
        key.text(self.kind.as_str());
        key.text(&self.id);
    }

    fn columns(records: &[Self]) -> Result<Vec<(&'static str, ArrayRef)>, ArrowError> {
        Ok(vec![
            ("id", texts(records.iter().map(|action| Some(action.id.as_str())))),
            ("kind", texts(records.iter().map(|action| Some(action.kind.as_str())))),
            ("value", numbers(records.iter().map(|action| action.kind.value()))),
            ("from", texts(records.iter().map(|action| action.kind.tickers().map(|(from, _)| from)))),
            ("to", texts(records.iter().map(|action| action.kind.tickers().map(|(_, to)| to)))),
            ("ex_date", days(records.iter().map(|action| Some(action.ex_day)))),
            ("known_at", instants(records.iter().map(|action| Some(action.known_at)))),
        ])
    }

    fn of_row(batch: &RecordBatch, row: usize, instrument: u32) -> Result<Self, String> {
        let value = || {
            let value = number(batch, OWN + 2, row);
            let sound = value.is_finite() && value > 0.0;
            if sound { Ok(value) } else { Err(format!("{value} is no positive number")) }
        };
        let ticker = |column: usize| {
            let text = optional_text(batch, OWN + column, row).unwrap_or_default();
            Symbol::try_from(text).map_err(|error| error.to_string())
        };
        let kind = match text(batch, OWN + 1, row)? {
            "split" => ActionRecordKind::Split(value()?),
            "dividend" => ActionRecordKind::Dividend(value()?),
            "rename" => ActionRecordKind::Rename { from: ticker(3)?, to: ticker(4)? },
            "delisting" => ActionRecordKind::Delisting,
            other => return Err(format!("{other} is no kind of action")),
        };
        Ok(Self {
            instrument,
            id: text(batch, OWN, row)?.to_owned(),
            kind,
            ex_day: day(batch, OWN + 5, row).ok_or("it has no date")?,
            known_at: instant(batch, OWN + 6, row)?,
        })
    }

    fn digest(&self, content: &mut Content) {
        content.count(u64::from(self.instrument));
        content.text(&self.id);
        content.text(self.kind.as_str());
        content.number(self.kind.value().unwrap_or(f64::NAN));
        let tickers = self.kind.tickers();
        content.optional(tickers.map(|(from, _)| from));
        content.optional(tickers.map(|(_, to)| to));
        content.integer(i64::from(self.ex_day));
        content.integer(self.known_at.millis());
    }
}
