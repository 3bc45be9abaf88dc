//! Made-up instruments: tickers, names, kinds, sectors.

use std::collections::HashSet;

use super::random::Draws;
use crate::instrument::{Instrument, Kind, Status};
use crate::symbol::Symbol;

/// The eleven GICS sectors with two industries each.
pub(super) const SECTORS: [(&str, [&str; 2]); 11] = [
    ("Energy", ["Oil & Gas Exploration & Production", "Energy Equipment & Services"]),
    ("Materials", ["Specialty Chemicals", "Gold"]),
    ("Industrials", ["Industrial Machinery", "Air Freight & Logistics"]),
    ("Consumer Discretionary", ["Apparel Retail", "Restaurants"]),
    ("Consumer Staples", ["Packaged Foods & Meats", "Household Products"]),
    ("Health Care", ["Biotechnology", "Health Care Equipment"]),
    ("Financials", ["Regional Banks", "Property & Casualty Insurance"]),
    ("Information Technology", ["Application Software", "Semiconductors"]),
    ("Communication Services", ["Interactive Media & Services", "Broadcasting"]),
    ("Utilities", ["Electric Utilities", "Gas Utilities"]),
    ("Real Estate", ["Office REITs", "Industrial REITs"]),
];

const START: [&str; 20] = [
    "Ar", "Bel", "Cor", "Dal", "El", "Fen", "Gor", "Hal", "Ith", "Jun", "Kel", "Lum", "Mar", "Nor", "Or",
    "Pel", "Quil", "Ros", "Sil", "Tor",
];
const END: [&str; 16] = [
    "vane", "mont", "dine", "way", "field", "ara", "ix", "ton", "well", "ora", "stead", "mark", "lyn",
    "gate", "ven", "is",
];
/// Share of each kind in percent, out of 100.
const KINDS: [(Kind, f64); 7] = [
    (Kind::Stock, 74.0),
    (Kind::Etf, 12.0),
    (Kind::Adr, 4.0),
    (Kind::Preferred, 4.0),
    (Kind::Warrant, 2.5),
    (Kind::Unit, 1.5),
    (Kind::Unknown, 2.0),
];
/// Share of each status in percent, out of 100.
const STATUSES: [(Status, f64); 6] = [
    (Status::Active, 97.0),
    (Status::Halted, 1.2),
    (Status::Suspended, 0.4),
    (Status::Delisted, 0.6),
    (Status::Test, 0.2),
    (Status::Unknown, 0.6),
];
/// Letters of a ticker root and how often in percent.
const ROOT_LETTERS: [(usize, f64); 4] = [(2, 4.0), (3, 36.0), (4, 50.0), (1, 10.0)];

/// A made-up instrument and the index of its sector, 11 for none.
pub(super) struct Made {
    pub(super) instrument: Instrument,
    pub(super) sector: usize,
    /// The stream of its bars.
    pub(super) stream: u64,
}

/// Makes instruments with distinct tickers, sorted by ticker.
pub(super) fn make(count: u32, draws: &mut Draws, mic: &str, currency: &str) -> Vec<Made> {
    let mut taken = HashSet::new();
    let mut made: Vec<Made> = Vec::with_capacity(count as usize);
    while made.len() < count as usize {
        let kind = weighted(draws, &KINDS);
        let ticker = ticker(draws, &kind);
        let Ok(symbol) = Symbol::try_from(ticker.as_str()) else { continue };
        if !taken.insert(symbol.clone()) {
            continue;
        }
        let stream = made.len() as u64 + 1;
        made.push(instrument(symbol, kind, draws, mic, currency, stream));
    }
    made.sort_by(|a, b| a.instrument.symbol.cmp(&b.instrument.symbol));
    made
}

fn instrument(symbol: Symbol, kind: Kind, draws: &mut Draws, mic: &str, currency: &str, stream: u64) -> Made {
    let sector = if kind == Kind::Etf { SECTORS.len() } else { draws.below(SECTORS.len()) };
    let (sector_name, industry) = match SECTORS.get(sector) {
        Some((name, industries)) => {
            (Some((*name).to_owned()), draws.pick(industries).map(|text| (*text).to_owned()))
        }
        None => (None, None),
    };
    let name = format!(
        "{}{} {}",
        draws.pick(&START).unwrap_or(&""),
        draws.pick(&END).unwrap_or(&""),
        name_ending(&kind, sector_name.as_deref())
    );
    let status = weighted(draws, &STATUSES);
    let instrument = Instrument {
        name,
        kind,
        status,
        currency: currency.to_owned(),
        sector: sector_name,
        industry,
        lot: 1.0,
        tick: 0.01,
        ..Instrument::listed(symbol, mic)
    };
    Made { instrument, sector, stream }
}

fn name_ending(kind: &Kind, sector: Option<&str>) -> String {
    let business = sector.unwrap_or("Index");
    match kind {
        Kind::Etf => format!("{business} ETF"),
        Kind::Adr => format!("{business} ADR"),
        Kind::Preferred => format!("{business} Preferred Series A"),
        Kind::Warrant => "Acquisition Warrants".to_owned(),
        Kind::Unit => "Acquisition Units".to_owned(),
        _ => format!("{business} Inc."),
    }
}

fn ticker(draws: &mut Draws, kind: &Kind) -> String {
    let letters = weighted(draws, &ROOT_LETTERS);
    let mut ticker: String = (0..letters).map(|_| char::from(b'A' + draws.below(26) as u8)).collect();
    match kind {
        Kind::Preferred => ticker.push_str("$A"),
        Kind::Warrant => ticker.push_str(".W"),
        Kind::Unit => ticker.push_str(".U"),
        Kind::Stock if draws.chance(0.02) => ticker.push_str(".B"),
        _ => {}
    }
    ticker
}

/// A value by its share in percent; the first one when the shares do not reach 100.
fn weighted<T: Clone + Default>(draws: &mut Draws, shares: &[(T, f64)]) -> T {
    let mut rest = draws.between(0.0, 100.0);
    for (value, share) in shares {
        if rest < *share {
            return value.clone();
        }
        rest -= share;
    }
    shares.first().map(|(value, _)| value.clone()).unwrap_or_default()
}
