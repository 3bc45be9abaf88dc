//! What directories and corporate actions say of instruments.

use super::super::faults::{FaultExample, FaultKind};
use super::super::identity::{Ask, Identities};
use super::super::sink::{ActionKind, ListingRow};
use super::super::suffix::venue_of;
use super::super::taken::{Said, Taken};
use super::routes::ask;
use crate::days::{LocalDays, day_of};
use crate::instrument::{Instrument, Status};
use crate::market::Market;
use crate::symbol::{Symbol, printable};

/// Longest name, sector, industry or attribute in characters.
const MAX_TEXT_CHARS: usize = 200;

/// Applies renames, ends of listings and directory entries, in the order of their dates, then of the files.
pub(super) fn apply(identities: &mut Identities, old: &Market, taken: &mut Taken, mic: &str) {
    let days_of = |position: usize| days_of(old, position);
    taken.changes.sort_by_key(|change| change.ex_date);
    for change in &taken.changes {
        let day = day_of(change.ex_date);
        let Some(from) = taken.tickers.get(change.ticker.0 as usize) else { continue };
        let from = ask(from, &taken.venues);
        match &change.kind {
            ActionKind::Rename(to) => {
                let Some(to) = taken.tickers.get(to.0 as usize) else { continue };
                identities.rename(from, ask(to, &taken.venues), day, &days_of);
            }
            _ => {
                identities.delist(from, day);
            }
        }
    }
    for said in std::mem::take(&mut taken.listings) {
        list(identities, taken, said, mic, &days_of);
    }
}

fn list(
    identities: &mut Identities,
    taken: &mut Taken,
    said: Said<ListingRow>,
    default: &str,
    days_of: &dyn Fn(usize) -> Option<(i32, i32)>,
) {
    let file = taken.sections.get(said.section as usize).and_then(|section| taken.files.get(section.file));
    let file = file.map_or("", |file| file.name.as_str());
    let listing = said.row;
    let canonical = match Symbol::canonical(&listing.symbol) {
        Ok(symbol) => symbol,
        Err(error) => {
            let example = || FaultExample::new(file, said.place, error.to_string());
            return taken.faults.add(FaultKind::Symbol, 1, example);
        }
    };
    let spelling = Symbol::try_from(listing.symbol.trim()).unwrap_or_else(|_| canonical.clone());
    let named =
        listing.mic.as_deref().map(|mic| mic.trim().to_ascii_uppercase()).filter(|mic| !mic.is_empty());
    let known = named.as_deref().filter(|mic| taken.venues.number(mic).is_some()).map(str::to_owned);
    if let (Some(mic), None) = (&named, &known) {
        let detail = format!("no calendar for venue \"{}\"", printable(mic, 12));
        let example = || FaultExample::new(file, said.place, detail).of(canonical.as_str(), None);
        taken.faults.add(FaultKind::Venue, 1, example);
    }
    let by_suffix = venue_of(spelling.as_str(), false).filter(|mic| taken.venues.number(mic).is_some());
    let mic = known.as_deref().or(by_suffix).unwrap_or(default);
    let ask = Ask { spelling: &spelling, canonical: &canonical, mic };
    let is_dead = listing.status == Some(Status::Delisted);
    let dates = (listing.listed.map(day_of), listing.delisted.map(day_of));
    let plan = identities.listed(ask, dates, is_dead, days_of);
    identities.learn(plan, ask);
    for alias in &listing.aliases {
        if let Ok(alias) = Symbol::try_from(alias.trim()) {
            identities.learn(plan, Ask { spelling: &alias, canonical: &canonical, mic });
        }
    }
    identities.describe(plan, |instrument| describe(instrument, listing, known));
}

/// Writes what is said into an instrument; what is not said stays.
fn describe(instrument: &mut Instrument, listing: ListingRow, mic: Option<String>) {
    fn set<T>(target: &mut T, said: Option<T>) {
        if let Some(said) = said {
            *target = said;
        }
    }
    let size = |size: Option<f64>| size.filter(|size| size.is_finite() && *size > 0.0);
    let iso = |text: &String| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let currency = clean(listing.currency).map(|text| text.to_ascii_uppercase()).filter(iso);
    set(&mut instrument.mic, mic);
    set(&mut instrument.name, clean(listing.name));
    set(&mut instrument.kind, listing.kind);
    set(&mut instrument.status, listing.status);
    set(&mut instrument.currency, currency);
    set(&mut instrument.lot, size(listing.lot));
    set(&mut instrument.tick, size(listing.tick));
    set(&mut instrument.sector, clean(listing.sector).map(Some));
    set(&mut instrument.industry, clean(listing.industry).map(Some));
    set(&mut instrument.listed, listing.listed.map(Some));
    set(&mut instrument.delisted, listing.delisted.map(Some));
    for (name, value) in listing.attributes {
        let (Some(name), Some(value)) = (clean(Some(name)), clean(Some(value))) else { continue };
        match instrument.attributes.binary_search_by(|(known, _)| known.as_str().cmp(&name)) {
            Ok(place) => {
                if let Some((_, known)) = instrument.attributes.get_mut(place) {
                    *known = value;
                }
            }
            Err(place) => instrument.attributes.insert(place, (name, value)),
        }
    }
}

/// A text without control characters, bidirectional overrides and outer blanks; none when nothing is left.
fn clean(text: Option<String>) -> Option<String> {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let text: String = text?.chars().filter(|c| !hidden(*c)).take(MAX_TEXT_CHARS).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Whether two descriptions of an instrument are the same.
pub(super) fn same(a: &Instrument, b: &Instrument) -> bool {
    // NaN lots and ticks never equal themselves: compare their bits
    let sizes = |instrument: &Instrument| (instrument.lot.to_bits(), instrument.tick.to_bits());
    let texts = |instrument: &Instrument| Instrument { lot: 0.0, tick: 0.0, ..instrument.clone() };
    sizes(a) == sizes(b) && texts(a) == texts(b)
}

/// The days of an instrument's oldest and newest bar in a set.
fn days_of(market: &Market, position: usize) -> Option<(i32, i32)> {
    let zone = market.set.venue(position)?.calendar.tz();
    let keys = |series: &crate::market::Series| Some((series.timeframe, series.spans.get(position)?.keys?));
    let days = market.set.series.iter().filter_map(keys).map(|(timeframe, keys)| {
        let day = |key: i64| match timeframe.millis() {
            Some(_) => LocalDays::new(zone).day(key),
            None => i32::try_from(key).unwrap_or_default(),
        };
        (day(keys.0), day(keys.1))
    });
    days.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}
