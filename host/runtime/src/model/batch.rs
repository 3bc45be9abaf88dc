//! Everything that a layer sees in one call.

/// One trading session of a venue; instants in ms since the epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Venue-local date, YYYYMMDD.
    pub date: u32,
    /// Start of pre-market trading.
    pub pre_opens: i64,
    /// Start of the regular session.
    pub opens: i64,
    /// End of the regular session.
    pub closes: i64,
    /// End of post-market trading.
    pub post_closes: i64,
    /// Midday break [start, end).
    pub midday_break: Option<(i64, i64)>,
    /// Ends earlier than on an ordinary day.
    pub early_close: bool,
}

/// A venue with its clock.
#[derive(Debug, Clone)]
pub struct Venue<'a> {
    /// ISO 10383, "" when unknown.
    pub mic: &'a str,
    /// IANA name.
    pub zone: &'a str,
    /// closed, pre, regular, break, post, unknown.
    pub phase: &'a str,
    /// Oldest first.
    pub sessions: Vec<Session>,
}

/// One instrument of a shard.
#[derive(Debug, Clone)]
pub struct Instrument<'a> {
    /// Permanent identity.
    pub id: &'a str,
    /// Canonical ticker.
    pub symbol: &'a str,
    /// Name of the security; "" unless the profile was asked for.
    pub name: &'a str,
    /// Index into [`Batch::venues`].
    pub venue: u32,
    /// Canonical kind.
    pub kind: &'a str,
    /// Canonical status.
    pub status: &'a str,
    /// ISO 4217, "" when unknown.
    pub currency: &'a str,
    /// Sector.
    pub sector: Option<&'a str>,
    /// Industry.
    pub industry: Option<&'a str>,
    /// Smallest tradable quantity; NaN when unknown.
    pub lot: f64,
    /// Price step; NaN when unknown.
    pub tick: f64,
    /// Texts by name.
    pub attributes: Vec<(&'a str, &'a str)>,
}

/// A named column of numbers of the caller's.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// Name of the column.
    pub name: &'a str,
    /// The numbers, oldest first; NaN: missing.
    pub values: &'a [f64],
}

/// Bars of all instruments of a universe at one timeframe.
#[derive(Debug, Clone)]
pub struct Bars<'a> {
    /// 1d, …
    pub timeframe: &'a str,
    /// First row of each instrument, then the number of rows.
    pub starts: &'a [u32],
    /// Bar opens, ms; empty unless asked for.
    pub time: &'a [i64],
    /// The columns asked for.
    pub columns: Vec<Column<'a>>,
}

/// Instruments with their bars.
#[derive(Debug, Clone, Default)]
pub struct Universe<'a> {
    /// The instruments.
    pub instruments: Vec<Instrument<'a>>,
    /// One entry per need for bars, in that order.
    pub bars: Vec<Bars<'a>>,
}

/// Something that became known about an instrument.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// Identity within its source.
    pub id: &'a str,
    /// Index into the shard.
    pub instrument: u32,
    /// Canonical kind.
    pub kind: &'a str,
    /// When it became public, ms.
    pub known_at: i64,
    /// When it takes effect, ms.
    pub effective_at: i64,
    /// Headline.
    pub headline: &'a str,
    /// Source.
    pub source: &'a str,
    /// Figures by name.
    pub numbers: &'a [(&'a str, f64)],
    /// Texts by name.
    pub attributes: &'a [(&'a str, &'a str)],
}

/// The newest quote of an instrument.
#[derive(Debug, Clone, Copy)]
pub struct Quote {
    /// Index into the shard.
    pub instrument: u32,
    /// Instant, ms.
    pub at: i64,
    /// Best bid.
    pub bid: f64,
    /// Best ask.
    pub ask: f64,
    /// Shares at the bid.
    pub bid_size: f64,
    /// Shares at the ask.
    pub ask_size: f64,
    /// Last price.
    pub last: f64,
}

/// What another layer said of the same instruments.
#[derive(Debug, Clone)]
pub struct Upstream<'a> {
    /// author/name.
    pub layer: &'a str,
    /// `score`, then its measures.
    pub columns: Vec<Column<'a>>,
}

/// Everything that a layer sees in one call.
#[derive(Debug, Clone, Default)]
pub struct Batch<'a> {
    /// The instant that the answer is about, ms.
    pub as_of: i64,
    /// Columns go in as little-endian bytes instead of lists of numbers.
    pub packed: bool,
    /// The venues of the instruments.
    pub venues: Vec<Venue<'a>>,
    /// The shard.
    pub universe: Universe<'a>,
    /// The references.
    pub references: Universe<'a>,
    /// Events known.
    pub events: Vec<Event<'a>>,
    /// Quotes known.
    pub quotes: Vec<Quote>,
    /// Facts, one column each.
    pub facts: Vec<Column<'a>>,
    /// Answers of other layers.
    pub upstream: Vec<Upstream<'a>>,
}
