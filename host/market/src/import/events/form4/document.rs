//! The XML of a filing.

use chrono::NaiveDate;
use quick_xml::events::Event;
use quick_xml::reader::Reader;

use crate::parse::{iso_date, number};
use crate::symbol::printable;

/// Deeper elements are those of no filing.
const MAX_DEPTH: usize = 64;
/// Longest text of an element that is kept, in bytes.
const MAX_TEXT_BYTES: usize = 1024;

/// What a filing says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Filing {
    /// `4`, `4/A`, `5`.
    pub(super) form: String,
    /// Date of the earliest transaction.
    pub(super) period: Option<NaiveDate>,
    /// CIK of the issuer.
    pub(super) issuer: String,
    symbol: String,
    pub(super) owners: Vec<Owner>,
    /// Done under a plan (rule 10b5-1).
    pub(super) plan: bool,
    /// The last signature.
    pub(super) signed: Option<NaiveDate>,
    pub(super) transactions: Vec<Transaction>,
}

/// Who reports.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Owner {
    pub(super) cik: String,
    pub(super) name: String,
    pub(super) title: String,
    director: bool,
    officer: bool,
    ten_percent: bool,
}

/// What was done.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Transaction {
    pub(super) derivative: bool,
    pub(super) security: String,
    pub(super) date: Option<NaiveDate>,
    /// P bought, S sold, A granted, M exercised, F withheld, G given …
    pub(super) code: String,
    pub(super) shares: Option<f64>,
    pub(super) price: Option<f64>,
    pub(super) acquired: Option<bool>,
    pub(super) after: Option<f64>,
    /// D directly, I indirectly.
    pub(super) held: String,
}

impl Owner {
    /// `director, officer, ten-percent`.
    pub(super) fn role(&self) -> String {
        let roles =
            [(self.director, "director"), (self.officer, "officer"), (self.ten_percent, "ten-percent")];
        let named: Vec<&str> = roles.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
        named.join(", ")
    }
}

/// What stands before the document, and the document: a submission has both, an XML file the latter only.
pub(super) fn part(text: &str) -> Option<(&str, &str)> {
    const END: &str = "</ownershipDocument>";
    let (before, rest) = text.split_at(text.find("<ownershipDocument")?);
    let end = rest.find(END)? + END.len();
    Some((before, rest.get(..end)?))
}

impl Filing {
    /// Reads a document, or says in a few words why it cannot be read.
    pub(super) fn parse(xml: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(xml);
        let mut filing = Self::default();
        let mut path: Vec<String> = Vec::new();
        let mut text = String::new();
        loop {
            match reader.read_event().map_err(|error| printable(&error.to_string(), 120))? {
                Event::Start(start) => {
                    if path.len() >= MAX_DEPTH {
                        return Err(format!("its elements are more than {MAX_DEPTH} deep"));
                    }
                    path.push(start.name().as_ref().to_owned());
                    text.clear();
                    filing.start(path.last().map_or("", String::as_str));
                }
                Event::Text(part) => push(&mut text, &part),
                Event::CData(part) => push(&mut text, &part),
                Event::GeneralRef(name) => {
                    let character = match &*name {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => name.resolve_char_ref().ok().flatten(),
                    };
                    push(&mut text, character.unwrap_or('?').encode_utf8(&mut [0; 4]));
                }
                Event::End(_) => {
                    filing.leaf(&path, text.trim());
                    text.clear();
                    path.pop();
                }
                Event::Eof if path.is_empty() => return Ok(filing),
                Event::Eof => return Err("it ends too early".to_owned()),
                _ => {}
            }
        }
    }

    /// The issuer's ticker, without an exchange before it or brackets around it.
    pub(super) fn ticker(&self) -> &str {
        let symbol = self.symbol.rsplit(':').next().unwrap_or_default();
        symbol.trim().trim_matches(['(', ')', '"'])
    }

    fn start(&mut self, element: &str) {
        match element {
            "nonDerivativeTransaction" => self.transactions.push(Transaction::default()),
            "derivativeTransaction" => {
                self.transactions.push(Transaction { derivative: true, ..Transaction::default() });
            }
            "reportingOwner" => self.owners.push(Owner::default()),
            _ => {}
        }
    }

    /// An element ends; most hold their text in a `value`.
    fn leaf(&mut self, path: &[String], text: &str) {
        if text.is_empty() {
            return;
        }
        let path = match path {
            [outer @ .., last] if last == "value" => outer,
            path => path,
        };
        let Some((name, outer)) = path.split_last() else { return };
        let inside = |element: &str| outer.iter().any(|name| name == element);
        if inside("nonDerivativeTransaction") || inside("derivativeTransaction") {
            if let Some(transaction) = self.transactions.last_mut() {
                transaction.leaf(name, text);
            }
        } else if inside("reportingOwner") {
            if let Some(owner) = self.owners.last_mut() {
                owner.leaf(name, text);
            }
        } else {
            match name.as_str() {
                "documentType" => self.form = text.to_owned(),
                "periodOfReport" => self.period = date(text),
                "issuerCik" => self.issuer = text.to_owned(),
                "issuerTradingSymbol" => self.symbol = text.to_owned(),
                "aff10b5One" => self.plan = is_set(text),
                "signatureDate" => self.signed = self.signed.max(date(text)),
                _ => {}
            }
        }
    }
}

impl Owner {
    fn leaf(&mut self, name: &str, text: &str) {
        match name {
            "rptOwnerCik" => self.cik = text.to_owned(),
            "rptOwnerName" => self.name = text.to_owned(),
            "officerTitle" => self.title = text.to_owned(),
            "isDirector" => self.director = is_set(text),
            "isOfficer" => self.officer = is_set(text),
            "isTenPercentOwner" => self.ten_percent = is_set(text),
            _ => {}
        }
    }
}

impl Transaction {
    fn leaf(&mut self, name: &str, text: &str) {
        let number = || number(text.as_bytes()).filter(|number| number.is_finite() && *number >= 0.0);
        match name {
            "securityTitle" => self.security = text.to_owned(),
            "transactionDate" => self.date = date(text),
            "transactionCode" => self.code = text.to_owned(),
            "transactionShares" => self.shares = number(),
            "transactionPricePerShare" => self.price = number(),
            "transactionAcquiredDisposedCode" => self.acquired = acquired(text),
            "sharesOwnedFollowingTransaction" => self.after = number(),
            "directOrIndirectOwnership" => self.held = text.to_owned(),
            _ => {}
        }
    }
}

fn push(text: &mut String, part: &str) {
    if text.len() + part.len() <= MAX_TEXT_BYTES {
        text.push_str(part);
    }
}

/// A date, which schemas allow to be followed by an offset.
fn date(text: &str) -> Option<NaiveDate> {
    iso_date(text.get(..10)?.as_bytes())
}

fn is_set(text: &str) -> bool {
    matches!(text, "1" | "true")
}

fn acquired(text: &str) -> Option<bool> {
    match text {
        "A" => Some(true),
        "D" => Some(false),
        _ => None,
    }
}
