//! What crosses the boundary, in the host's own types: one set for every version of the contract.
//!
//! Going in, everything is borrowed, so that columns are copied once, from the caller's buffer into the layer's
//! memory. Coming out, everything is owned and still unbelieved. Units and meanings are those of `wit/layer.wit`.

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

/// The value of a setting.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number.
    Number(f64),
    /// A whole number.
    Integer(i32),
    /// Yes or no.
    Boolean(bool),
    /// A text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// Numbers by name.
    Table(Vec<(String, f64)>),
}

/// A setting by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The parameter's name.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// A setting that a layer understands.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it does.
    pub doc: String,
    /// Its unit.
    pub unit: String,
    /// Its default, whose kind is the kind of every value.
    pub default: Value,
    /// Least number.
    pub minimum: Option<f64>,
    /// Greatest number.
    pub maximum: Option<f64>,
    /// The texts allowed; empty: any.
    pub choices: Vec<String>,
    /// Longest text in bytes, longest list or table; 0: the host's own limit.
    pub max_length: u32,
}

/// A number that a layer reports of each instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Its name.
    pub name: String,
    /// What it is.
    pub doc: String,
    /// Its unit.
    pub unit: String,
}

/// How a layer judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Each instrument alone.
    PerInstrument,
    /// Instruments against each other.
    CrossSection,
    /// The market only.
    Market,
}

/// What a layer says it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Descriptor {
    /// author/name.
    pub id: String,
    /// Semantic version.
    pub version: String,
    /// One sentence.
    pub summary: String,
    /// How it judges.
    pub scope: Scope,
    /// Its settings.
    pub parameters: Vec<Parameter>,
    /// Alert kinds that it may raise.
    pub alerts: Vec<String>,
    /// Its measures.
    pub measures: Vec<Measure>,
}

/// Bars that a layer wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BarsNeed {
    /// Timeframe.
    pub timeframe: String,
    /// Columns.
    pub columns: Vec<String>,
    /// Bar opens too.
    pub time: bool,
    /// Bars back.
    pub lookback: u32,
    /// raw, split, total.
    pub adjustment: String,
}

/// Events that a layer wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventNeed {
    /// Kind.
    pub kind: String,
    /// Seconds back.
    pub known_within: u32,
    /// Seconds ahead.
    pub effective_within: u32,
}

/// What a layer needs under given settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// Bars.
    pub bars: Vec<BarsNeed>,
    /// Events.
    pub events: Vec<EventNeed>,
    /// Facts by name.
    pub facts: Vec<String>,
    /// Quotes.
    pub quotes: bool,
    /// Layers that it reads.
    pub upstream: Vec<String>,
    /// Reference symbols.
    pub references: Vec<String>,
    /// Newest sessions of each venue.
    pub sessions: u32,
    /// The instruments' profile.
    pub profile: bool,
    /// The real as-of instant.
    pub clock: bool,
    /// Columns as bytes.
    pub packed: bool,
}

/// A setting that a layer refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFault {
    /// The setting.
    pub name: String,
    /// Why.
    pub message: String,
}

/// What a layer says of one instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Goes on.
    Keep,
    /// Found wanting.
    Drop,
    /// No opinion.
    Abstain,
}

/// Direction of a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Buy first.
    Long,
    /// Sell first.
    Short,
}

/// How loud an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// For the record.
    Info,
    /// Worth a look.
    Notice,
    /// Now.
    Urgent,
}

/// An alert as a layer raised it.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Index into the shard; none: the market.
    pub instrument: Option<u32>,
    /// Kind.
    pub kind: String,
    /// How loud.
    pub severity: Severity,
    /// 0..1.
    pub confidence: f64,
    /// Text.
    pub message: String,
    /// Direction.
    pub side: Option<Side>,
    /// Entry price.
    pub entry: Option<f64>,
    /// Stop price.
    pub stop: Option<f64>,
    /// Target price.
    pub target: Option<f64>,
    /// Valid until, ms.
    pub expires_at: Option<i64>,
    /// Key of the cool-down.
    pub dedupe_key: String,
    /// Events behind it.
    pub evidence: Vec<String>,
    /// Figures behind it.
    pub numbers: Vec<(String, f64)>,
}

/// A layer's answer, not yet believed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// One per instrument.
    pub outcomes: Vec<Outcome>,
    /// One per instrument.
    pub scores: Vec<f64>,
    /// Distinct reasons.
    pub reasons: Vec<String>,
    /// Per instrument an index into `reasons`.
    pub reason: Vec<u32>,
    /// Name and one number per instrument.
    pub measures: Vec<(String, Vec<f64>)>,
    /// Alerts.
    pub alerts: Vec<Alert>,
    /// Figures of the market.
    pub market: Vec<(String, f64)>,
}
