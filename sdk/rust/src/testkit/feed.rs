//! The batch for a layer: of the whole market only what the layer asked for, as the host does it.

use super::calendar;
use super::listing::{Happening, Listing};
use crate::Instant;
use crate::bindings::types as raw;

const SECOND_MS: i64 = 1_000;

/// What time it is, and whether the venues' sessions are unknown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    pub(super) as_of: Instant,
    pub(super) unknown: bool,
}

pub(super) fn batch(
    listings: &[Listing],
    references: &[Listing],
    needs: &raw::Needs,
    clock: Clock,
) -> raw::Batch {
    let as_of = clock.as_of;
    let wanted: Vec<&Listing> =
        references.iter().filter(|listing| needs.references.contains(&listing.symbol)).collect();
    let all: Vec<&Listing> = listings.iter().collect();
    let mics = mics(listings.iter().chain(wanted.iter().copied()));
    raw::Batch {
        as_of,
        venues: mics.iter().map(|mic| venue(mic, needs, clock)).collect(),
        universe: universe(&all, &mics, needs),
        references: universe(&wanted, &mics, needs),
        events: events(listings, needs, as_of),
        quotes: if needs.quotes { quotes(listings) } else { Vec::new() },
        facts: needs.facts.iter().map(|name| fact(listings, name, needs.packed)).collect(),
        upstream: needs.upstream.iter().map(|layer| upstream(listings, layer, needs.packed)).collect(),
    }
}

fn mics<'a>(listings: impl Iterator<Item = &'a Listing>) -> Vec<&'a str> {
    let mut mics: Vec<&str> = listings.map(|listing| listing.mic.as_str()).collect();
    mics.sort_unstable();
    mics.dedup();
    mics
}

fn venue(mic: &str, needs: &raw::Needs, clock: Clock) -> raw::Venue {
    let known = !clock.unknown && !mic.is_empty();
    raw::Venue {
        mic: mic.to_owned(),
        zone: "America/New_York".to_owned(),
        phase: calendar::phase(clock.as_of).to_owned(),
        sessions: if known { calendar::newest(needs.sessions, clock.as_of) } else { Vec::new() },
    }
}

fn universe(listings: &[&Listing], mics: &[&str], needs: &raw::Needs) -> raw::Universe {
    raw::Universe {
        instruments: listings.iter().map(|listing| instrument(listing, mics, needs.profile)).collect(),
        bars: needs.bars.iter().map(|need| bars(listings, need, needs.packed)).collect(),
    }
}

fn instrument(listing: &Listing, mics: &[&str], profile: bool) -> raw::Instrument {
    let venue = mics.iter().position(|&mic| mic == listing.mic).and_then(|at| u32::try_from(at).ok());
    let text = |text: &str| if profile { text.to_owned() } else { String::new() };
    raw::Instrument {
        id: format!("{}:{}", listing.mic, listing.symbol),
        symbol: listing.symbol.clone(),
        name: text(&listing.name),
        venue: venue.unwrap_or(u32::MAX),
        kind: listing.kind.clone(),
        status: listing.status.clone(),
        currency: text(&listing.currency),
        sector: listing.sector.clone().filter(|_| profile),
        industry: None,
        lot: f64::NAN,
        tick: f64::NAN,
        attributes: if profile { listing.attributes.clone() } else { Vec::new() },
    }
}

fn bars(listings: &[&Listing], need: &raw::BarsNeed, packed: bool) -> raw::Bars {
    let series = || listings.iter().map(|listing| listing.series(&need.timeframe));
    let times = || series().flatten().flat_map(|series| series.newest_times(need.lookback));
    let mut starts = vec![0];
    let mut rows = 0;
    for series in series() {
        rows += series.map_or(0, |series| series.newest_times(need.lookback).len());
        starts.push(u32::try_from(rows).unwrap_or(u32::MAX));
    }
    let rows_of = |name: &String| {
        series().flatten().flat_map(|series| series.newest_rows(name, need.lookback)).collect::<Vec<f64>>()
    };
    raw::Bars {
        timeframe: need.timeframe.clone(),
        starts,
        time: if need.time { times().copied().collect() } else { Vec::new() },
        columns: need.columns.iter().map(|name| column(name, rows_of(name), packed)).collect(),
    }
}

fn events(listings: &[Listing], needs: &raw::Needs, as_of: Instant) -> Vec<raw::Event> {
    let wanted = |event: &Happening| {
        needs.events.iter().any(|need| {
            need.kind == event.kind
                && event.known_at <= as_of
                && event.known_at >= as_of - i64::from(need.known_within) * SECOND_MS
                && event.effective_at <= as_of + i64::from(need.effective_within) * SECOND_MS
        })
    };
    let mut events = Vec::new();
    for (index, listing) in (0..).zip(listings) {
        events.extend(listing.events.iter().enumerate().filter(|(_, event)| wanted(event)).map(
            |(n, event)| raw::Event {
                id: format!("{}-{n}", listing.symbol),
                instrument: index,
                kind: event.kind.clone(),
                known_at: event.known_at,
                effective_at: event.effective_at,
                headline: event.headline.clone(),
                source: "testkit".to_owned(),
                numbers: event.numbers.clone(),
                attributes: event.attributes.clone(),
            },
        ));
    }
    events
}

fn quotes(listings: &[Listing]) -> Vec<raw::Quote> {
    let of = |(instrument, listing): (u32, &Listing)| {
        listing.quote.map(|quote| raw::Quote {
            instrument,
            at: quote.at,
            bid: quote.bid,
            ask: quote.ask,
            bid_size: quote.bid_size,
            ask_size: quote.ask_size,
            last: quote.last,
        })
    };
    (0..).zip(listings).filter_map(of).collect()
}

fn fact(listings: &[Listing], name: &str, packed: bool) -> raw::Column {
    let of =
        |listing: &Listing| listing.facts.iter().find(|(known, _)| known == name).map_or(f64::NAN, |f| f.1);
    column(name, listings.iter().map(of).collect(), packed)
}

fn upstream(listings: &[Listing], layer: &str, packed: bool) -> raw::Upstream {
    let said = || listings.iter().flat_map(|listing| &listing.upstream).filter(|(known, ..)| known == layer);
    let mut names: Vec<&str> = said().map(|(_, measure, _)| measure.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let of = |listing: &Listing, name: &str| {
        let known = listing.upstream.iter().find(|(by, measure, _)| by == layer && measure == name);
        known.map_or(f64::NAN, |(.., number)| *number)
    };
    let values = |name: &str| listings.iter().map(|listing| of(listing, name)).collect();
    raw::Upstream {
        layer: layer.to_owned(),
        columns: names.into_iter().map(|name| column(name, values(name), packed)).collect(),
    }
}

fn column(name: &str, numbers: Vec<f64>, packed: bool) -> raw::Column {
    let values = if packed {
        raw::Values::Packed(numbers.iter().flat_map(|number| number.to_le_bytes()).collect())
    } else {
        raw::Values::Numbers(numbers)
    };
    raw::Column { name: name.to_owned(), values }
}
