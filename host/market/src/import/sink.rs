//! What readers of files give: bars, listings, actions, events, facts, memberships, quotes, in the words of the file.
//!
//! A reader knows a vendor's layout and nothing of the set. It tells a [`Sink`] where it is ([`Place`]), what a
//! ticker looks like in the file, and when something happened as the file says it ([`Stamp`], [`When`]). Who that
//! instrument is, which calendar counts, what is too new, and what is wrong with a bar is decided behind the sink.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::faults::{FaultKind, Place};
use crate::bars::Timeframe;
use crate::instant::Instant;
use crate::instrument::{Kind, Status};
use crate::set::NUMBERS;
pub(crate) use crate::set::{Adjusted, Stamped};

/// Takes what a reader finds. Calls for bars cost no allocation.
pub(crate) trait Sink {
    /// A file, or a member of an archive, begins: what follows is said of it.
    fn begin(&mut self, origin: Origin);

    /// The number of a ticker as the file spells it; none, and a counted fault, when it cannot be one.
    /// Asking again for the ticker of the row before is cheap.
    fn ticker(&mut self, place: Place, text: &[u8]) -> Option<Ticker>;

    /// Zone in which this ticker's venue keeps its clock, for stamps without an offset.
    fn zone(&self, ticker: Ticker) -> Tz;

    /// A bar in the timeframe of the origin: open, high, low, close, volume; NaN where missing.
    fn bar(&mut self, place: Place, ticker: Ticker, stamp: Stamp, values: [f64; NUMBERS]);

    /// What a directory says of an instrument.
    fn listing(&mut self, place: Place, listing: ListingRow);

    /// A split, dividend, rename or end of a listing.
    fn action(&mut self, place: Place, action: ActionRow);

    /// Something that became known of an instrument.
    fn event(&mut self, place: Place, event: EventRow);

    /// A number that became known of an instrument.
    fn fact(&mut self, place: Place, fact: FactRow);

    /// That an instrument belonged to an index.
    fn member(&mut self, place: Place, member: MemberRow);

    /// What was bid and asked for an instrument.
    fn quote(&mut self, place: Place, quote: QuoteRow);

    /// A row, or a part of one, that is left out, or a remark on one that is not.
    fn fault(&mut self, kind: FaultKind, place: Place, detail: &mut dyn FnMut() -> String);

    /// Rows of the file read so far, in calls some thousand rows apart: progress, and a chance to stop.
    ///
    /// # Errors
    /// What keeps the import from going on, such as a full disk.
    fn progress(&mut self, rows: u64) -> Result<(), super::ImportError>;
}

/// A ticker of the file, numbered in the order of appearance over the whole import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Ticker(pub(crate) u32);

/// What holds for everything in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Who made it, in lower-case letters: `yahoo`, `stooq`, `polygon`; `csv` when nobody knows.
    pub(crate) source: &'static str,
    /// The layout in words, e.g. `Stooq bulk text`.
    pub(crate) layout: &'static str,
    /// Of its bars.
    pub(crate) timeframe: Timeframe,
    /// What the stamps of its bars mean.
    pub(crate) stamped: Stamped,
    /// What its prices have been adjusted for.
    pub(crate) adjustment: Adjusted,
    /// The venue, where the file or its vendor says it (ISO 10383).
    pub(crate) mic: Option<String>,
    /// Its file may be one page of several: the prices of all of them were adjusted at once.
    pub(crate) pages: bool,
    /// Columns that are not used.
    pub(crate) ignored: Vec<String>,
}

impl Origin {
    /// What holds for a file without bars: what is said of bars does not count.
    pub(crate) fn without_bars(source: &'static str, layout: &'static str, ignored: Vec<String>) -> Self {
        Self {
            source,
            layout,
            timeframe: Timeframe::Day,
            stamped: Stamped::Open,
            adjustment: Adjusted::Raw,
            mic: None,
            pages: false,
            ignored,
        }
    }
}

/// The time of a bar as the file says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// A date of the venue: bars of a day, a week (any date of it), a month (any date of it).
    Day(NaiveDate),
    /// An instant. A daily bar stamped with one belongs to the venue-local date of it.
    At(Instant),
}

/// When something became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum When {
    /// At an instant.
    At(Instant),
    /// Before the session of a date opened: known from the start of its pre-market, or from its open.
    BeforeOpen(NaiveDate),
    /// After the session of a date closed (half days close early): known from that close.
    AfterClose(NaiveDate),
    /// Some time on a date: known when that venue-local day is over.
    OnDate(NaiveDate),
}

/// What a directory says of one instrument. None: nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ListingRow {
    /// Its ticker, as the file spells it.
    pub(crate) symbol: String,
    /// Other spellings of the same ticker that the file has.
    pub(crate) aliases: Vec<String>,
    pub(crate) mic: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) kind: Option<Kind>,
    pub(crate) status: Option<Status>,
    pub(crate) currency: Option<String>,
    pub(crate) sector: Option<String>,
    pub(crate) industry: Option<String>,
    /// Shares.
    pub(crate) lot: Option<f64>,
    pub(crate) tick: Option<f64>,
    /// First date of the listing.
    pub(crate) listed: Option<NaiveDate>,
    /// First date after the listing.
    pub(crate) delisted: Option<NaiveDate>,
    /// Anything else that is worth keeping, by name: cik, market-category, financial-status…
    pub(crate) attributes: Vec<(String, String)>,
}

/// A corporate action.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ActionRow {
    pub(crate) ticker: Ticker,
    pub(crate) kind: ActionKind,
    /// The first date on which shares trade without the dividend, with the new ratio or under the new ticker.
    pub(crate) ex_date: NaiveDate,
    /// When it became known; none: when the session of `ex_date` began, as nobody said it earlier.
    pub(crate) known: Option<When>,
    /// Identity within the source, where there is one.
    pub(crate) id: Option<String>,
}

/// What happens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ActionKind {
    /// New shares for each old one: 4 for a 4:1 split, 0.1 for a reverse split 1:10.
    Split(f64),
    /// Cash for each share, in the instrument's currency as of the ex-date (not adjusted for later splits).
    Dividend(f64),
    /// The ticker becomes another one.
    Rename(Ticker),
    /// The listing ends: the last session was before `ex_date`.
    Delisting,
}

/// Something that became known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EventRow {
    pub(crate) ticker: Ticker,
    /// One of the contract's kinds, or another lower-case word.
    pub(crate) kind: String,
    pub(crate) known: When,
    /// When it takes effect; none: when it became known.
    pub(crate) effective: Option<When>,
    pub(crate) headline: String,
    /// Identity within the source; none: one is made from the content.
    pub(crate) id: Option<String>,
    pub(crate) numbers: Vec<(String, f64)>,
    pub(crate) attributes: Vec<(String, String)>,
}

/// A number that became known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FactRow {
    pub(crate) ticker: Ticker,
    /// Lower-case words joined by hyphens: `market-cap`, `pe`, `float`.
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) known: When,
}

/// Membership in an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemberRow {
    pub(crate) ticker: Ticker,
    /// Lower-case words joined by hyphens: `sp500`.
    pub(crate) index: String,
    /// First date as a member; none: since ever.
    pub(crate) from: Option<NaiveDate>,
    /// First date no longer as a member; none: still.
    pub(crate) to: Option<NaiveDate>,
}

/// What was bid and asked; NaN where the file says nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct QuoteRow {
    pub(crate) ticker: Ticker,
    /// When it became known.
    pub(crate) at: Instant,
    /// Prices as quoted; 0: nobody.
    pub(crate) bid: f64,
    pub(crate) ask: f64,
    /// Shares.
    pub(crate) bid_size: f64,
    pub(crate) ask_size: f64,
    /// Price of the newest trade by then.
    pub(crate) last: f64,
}
