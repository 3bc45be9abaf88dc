//! Rows of actions, events, facts, memberships and quotes as records: when they were known by the venue's calendar, and on
//! which day they are about who had the ticker.

use super::super::faults::{FaultKind, Place};
use super::super::sink::{ActionKind, ActionRow, EventRow, FactRow, MemberRow, QuoteRow, Ticker, When};
use super::super::taken::Told;
use super::venues::instant_of;
use super::{Intake, Known};
use crate::calendar::Calendar;
use crate::days::day_of;
use crate::instant::Instant;
use crate::set::{
    ActionRecord, ActionRecordKind, Content, EventRecord, FactRecord, MemberRecord, QuoteRecord,
};

/// Digits of an id that is made from the content.
const ID_DIGITS: usize = 16;
/// In the place of an instrument that is not known yet.
const NOBODY: u32 = u32::MAX;

impl Intake<'_> {
    fn told<T>(&self, ticker: Ticker, day: i32, record: T) -> Told<T> {
        Told { ticker: ticker.0, day, section: self.section(), record }
    }

    fn calendar(&self, ticker: Ticker) -> Option<(&Known, &Calendar)> {
        let known = self.tickers.get(ticker)?;
        Some((known, self.taken.venues.get(known.venue)?.calendar()))
    }

    /// The instant at which something became known, and the venue's day of it.
    fn known(&self, ticker: Ticker, when: When) -> Option<(Instant, i32)> {
        let (_, calendar) = self.calendar(ticker)?;
        let instant = instant_of(calendar, when);
        Some((instant, calendar.local_date(instant).map_or(0, day_of)))
    }

    fn record_fault(&mut self, kind: FaultKind, place: Place, ticker: Ticker, detail: String) {
        self.ticker_fault(kind, place, ticker, None, detail);
    }

    pub(super) fn tell_action(&mut self, place: Place, row: ActionRow) {
        if let Some(told) = self.action_of(place, &row) {
            self.taken.told.actions.add(&told);
        }
        if matches!(row.kind, ActionKind::Rename(_) | ActionKind::Delisting) {
            self.taken.changes.push(row);
        }
    }

    fn action_of(&mut self, place: Place, row: &ActionRow) -> Option<Told<ActionRecord>> {
        let ActionRow { ticker, kind, ex_date, known, id } = row;
        let ex_day = day_of(*ex_date);
        let positive = |value: &f64| value.is_finite() && *value > 0.0;
        let (kind, holder, day, content) = match kind {
            ActionKind::Split(ratio) | ActionKind::Dividend(ratio) if !positive(ratio) => {
                let detail = format!("{ratio} is no positive number");
                self.record_fault(FaultKind::Entry, place, *ticker, detail);
                return None;
            }
            ActionKind::Split(ratio) => {
                (ActionRecordKind::Split(*ratio), *ticker, ex_day, "split".to_owned())
            }
            ActionKind::Dividend(cash) => {
                (ActionRecordKind::Dividend(*cash), *ticker, ex_day, format!("dividend {cash}"))
            }
            ActionKind::Rename(other) => {
                let from = self.calendar(*ticker)?.0.canonical.clone();
                let to = self.calendar(*other)?.0.canonical.clone();
                (ActionRecordKind::Rename { from, to }, *other, ex_day, "rename".to_owned())
            }
            ActionKind::Delisting => {
                (ActionRecordKind::Delisting, *ticker, ex_day.saturating_sub(1), "delisting".to_owned())
            }
        };
        let (known_at, _) = self.known(*ticker, known.unwrap_or(When::BeforeOpen(*ex_date)))?;
        let id = id.clone().unwrap_or_else(|| format!("{content} {ex_date}"));
        Some(self.told(holder, day, ActionRecord { instrument: NOBODY, id, kind, ex_day, known_at }))
    }

    pub(super) fn tell_event(&mut self, row: EventRow) {
        let Some((known_at, day)) = self.known(row.ticker, row.known) else { return };
        let effective_at = match row.effective {
            None => Some(known_at),
            Some(when) => self.known(row.ticker, when).map(|(instant, _)| instant),
        };
        let Some(effective_at) = effective_at else { return };
        let id = row.id.unwrap_or_else(|| {
            let mut content = Content::new("event");
            content.text(&row.kind);
            content.integer(known_at.millis());
            content.integer(effective_at.millis());
            content.text(&row.headline);
            let mut id = content.hex();
            id.truncate(ID_DIGITS);
            id
        });
        let record = EventRecord {
            instrument: NOBODY,
            id,
            kind: row.kind,
            known_at,
            effective_at,
            headline: row.headline,
            source: self.taken.source(self.section()).to_owned(),
            numbers: row.numbers,
            attributes: row.attributes,
        };
        let told = self.told(row.ticker, day, record);
        self.taken.told.events.add(&told);
    }

    pub(super) fn tell_fact(&mut self, place: Place, row: FactRow) {
        let FactRow { ticker, name, value, known } = row;
        if !value.is_finite() {
            return self.record_fault(FaultKind::Number, place, ticker, format!("{name} is {value}"));
        }
        let Some((known_at, day)) = self.known(ticker, known) else { return };
        let told = self.told(ticker, day, FactRecord { instrument: NOBODY, name, value, known_at });
        self.taken.told.facts.add(&told);
    }

    pub(super) fn tell_member(&mut self, row: MemberRow) {
        let MemberRow { ticker, index, from, to } = row;
        let (from_day, to_day) = (from.map(day_of), to.map(day_of));
        let record = MemberRecord { instrument: NOBODY, index, from_day, to_day };
        let told = self.told(ticker, record.day(), record);
        self.taken.told.members.add(&told);
    }

    pub(super) fn tell_quote(&mut self, place: Place, row: &QuoteRow) {
        if let Some((kind, wrong)) = wrong_quote(row) {
            return self.record_fault(kind, place, row.ticker, wrong);
        }
        let Some((at, day)) = self.known(row.ticker, When::At(row.at)) else { return };
        // no number is none, and there is one zero
        let said = |number: f64| Some(number + 0.0).filter(|number| !number.is_nan());
        let record = QuoteRecord {
            instrument: NOBODY,
            at,
            bid: said(row.bid),
            ask: said(row.ask),
            bid_size: said(row.bid_size),
            ask_size: said(row.ask_size),
            last: said(row.last),
        };
        let told = self.told(row.ticker, day, record);
        self.taken.told.quotes.add(&told);
    }
}

/// Why nobody can have quoted this, in words; none when somebody can. A bid or an ask of 0 says that there was nobody.
fn wrong_quote(row: &QuoteRow) -> Option<(FaultKind, String)> {
    let numbers = [
        ("bid", row.bid),
        ("ask", row.ask),
        ("bid size", row.bid_size),
        ("ask size", row.ask_size),
        ("last", row.last),
    ];
    let wrong = numbers.iter().find(|(_, number)| number.is_infinite() || *number < 0.0);
    if let Some((name, number)) = wrong {
        return Some((FaultKind::Entry, format!("{number} as {name}")));
    }
    if row.bid > 0.0 && row.ask > 0.0 && row.bid > row.ask {
        return Some((FaultKind::Inconsistent, format!("bid {} above ask {}", row.bid, row.ask)));
    }
    let is_empty = [row.bid, row.ask, row.last].iter().all(|number| number.is_nan());
    is_empty.then(|| (FaultKind::Entry, "neither a bid nor an ask nor a last price".to_owned()))
}
