//! Quotes: of each instrument the newest that was known at the instant, when it is of the venue's newest session, which
//! begins with the pre-market. An older one says nothing of what anybody bids.
//!
//! Whoever asks first makes one pass through the file, in which at most one quote for each instrument is kept: there may
//! be many more of them than fit into memory.

use std::sync::{Mutex, OnceLock, PoisonError};

use super::Snapshot;
use crate::calendar::Calendar;
use crate::days::day_of;
use crate::error::MarketError;
use crate::instant::Instant;
use crate::set::{ActionRecordKind, QuoteRecord};

/// The newest known quote of an instrument in its venue's newest session. Where shares were split since, it is told in
/// the shares of the instant. NaN: nobody says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quote {
    /// Position in the request.
    pub instrument: u32,
    /// When it became known.
    pub at: Instant,
    /// Price in the instrument's currency; 0: nobody bids.
    pub bid: f64,
    /// Price in the instrument's currency; 0: nobody asks.
    pub ask: f64,
    /// Shares.
    pub bid_size: f64,
    /// Shares.
    pub ask_size: f64,
    /// Price of the newest trade by then.
    pub last: f64,
}

/// What the pass found.
#[derive(Debug, Default)]
pub(super) struct Newest {
    /// By position in the set; empty without quotes.
    found: OnceLock<Vec<Option<QuoteRecord>>>,
    /// Held by who looks: one pass is enough for all threads.
    looking: Mutex<()>,
}

impl Snapshot {
    /// The newest known quotes of some instruments, given by position: in the order of the request, and none of those of
    /// which nobody quoted anything since the newest session of their venue began.
    ///
    /// # Errors
    /// A position that does not exist, a file that cannot be read.
    pub fn quotes(&self, instruments: &[usize]) -> Result<Vec<Quote>, MarketError> {
        let newest = self.newest_quotes()?;
        let mut quotes = Vec::new();
        for (index, position) in (0_u32..).zip(instruments) {
            let own = self.checked(*position)?;
            if let Some(record) = newest.get(own).and_then(Option::as_ref) {
                quotes.push(self.quote(index, own, record)?);
            }
        }
        Ok(quotes)
    }

    /// When the newest session of a venue began; none where the calendar does not say.
    fn newest_session_of(&self, calendar: &Calendar) -> Option<Instant> {
        calendar.sessions_until(self.as_of, 1).pop().map(|session| session.pre_opens)
    }

    fn newest_quotes(&self) -> Result<&[Option<QuoteRecord>], MarketError> {
        if let Some(newest) = self.quotes.found.get() {
            return Ok(newest);
        }
        let _looking = self.quotes.looking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(newest) = self.quotes.found.get() {
            return Ok(newest);
        }
        let mut newest = Vec::new();
        if !self.set.quotes.is_empty() {
            newest.resize(self.set.instruments.len(), None);
        }
        let begun: Vec<Option<Instant>> =
            self.set.calendars.iter().map(|calendar| self.newest_session_of(calendar)).collect();
        self.set.quotes.each(&mut |record| {
            let own = record.instrument as usize;
            let begun = begun.get(self.set.venue_index(own)).copied().flatten();
            let counts = begun.is_some_and(|begun| (begun..=self.as_of).contains(&record.at));
            // those of an instrument ascend with time
            if let Some(slot) = newest.get_mut(own).filter(|_| counts) {
                *slot = Some(record);
            }
            Ok(())
        })?;
        Ok(self.quotes.found.get_or_init(|| newest))
    }

    fn quote(&self, index: u32, own: usize, record: &QuoteRecord) -> Result<Quote, MarketError> {
        let ratio = self.split_since(own, record.at)?;
        let number = |number: Option<f64>| number.unwrap_or(f64::NAN);
        Ok(Quote {
            instrument: index,
            at: record.at,
            bid: number(record.bid) / ratio,
            ask: number(record.ask) / ratio,
            bid_size: number(record.bid_size) * ratio,
            ask_size: number(record.ask_size) * ratio,
            last: number(record.last) / ratio,
        })
    }

    /// What a share of an instant has become at the snapshot's, by the splits that were known.
    fn split_since(&self, own: usize, at: Instant) -> Result<f64, MarketError> {
        let Some(venue) = self.set.venue(own) else { return Ok(1.0) };
        let quoted = venue.calendar.local_date(at).map_or(i32::MAX, day_of);
        let days = quoted.saturating_add(1)..=day_of(self.today(own));
        let splits = self.set.actions.of(own)?.iter().filter_map(|action| match action.kind {
            ActionRecordKind::Split(ratio) if action.known_at <= self.as_of => {
                days.contains(&action.ex_day).then_some(ratio)
            }
            _ => None,
        });
        Ok(splits.product())
    }
}
