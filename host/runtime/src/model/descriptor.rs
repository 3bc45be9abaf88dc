//! What a layer is, how it is set, and what it needs.

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
