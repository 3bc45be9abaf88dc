use chrono::NaiveDate;

use super::*;
use crate::days::day_of;

fn symbol(text: &str) -> Symbol {
    Symbol::try_from(text).unwrap()
}

fn day(text: &str) -> i32 {
    day_of(text.parse::<NaiveDate>().unwrap())
}

/// Asks for tickers by their own text.
struct Asks(Vec<Symbol>);

impl Asks {
    fn new(texts: &[&str]) -> Self {
        Self(texts.iter().map(|text| symbol(text)).collect())
    }

    fn at(&self, index: usize) -> Ask<'_> {
        Ask { spelling: &self.0[index], canonical: &self.0[index], mic: "XNYS" }
    }
}

fn listed(text: &str) -> Instrument {
    Instrument::listed(symbol(text), "XNYS")
}

fn id(identities: &Identities, plan: usize) -> &str {
    identities.get(plan).unwrap().instrument.id.as_str()
}

#[test]
fn a_ticker_that_nobody_has_makes_an_instrument_once() {
    let asks = Asks::new(&["A"]);
    let mut identities = Identities::new(&[]);
    let first = identities.owner(asks.at(0), 0);
    assert_eq!(identities.owner(asks.at(0), 10_000), first);
    assert_eq!(id(&identities, first), "XNYS:A");
}

#[test]
fn a_rename_continues_the_series_and_the_old_ticker_is_free_afterwards() {
    let asks = Asks::new(&["FB", "META"]);
    let mut identities = Identities::new(&[listed("FB")]);
    let renamed = day("2022-06-09");
    let plan = identities.rename(asks.at(0), asks.at(1), renamed, &|_| None);
    assert_eq!((plan, id(&identities, plan)), (0, "XNYS:FB"));
    assert_eq!(identities.get(0).unwrap().instrument.symbol, symbol("META"));
    assert_eq!(identities.owner(asks.at(0), renamed - 1), 0);
    assert_eq!(identities.owner(asks.at(1), renamed), 0);
    // a vendor gives the whole history under the newest ticker
    assert_eq!(identities.owner(asks.at(1), renamed - 1000), 0);
    let other = identities.owner(asks.at(0), renamed);
    assert_eq!(id(&identities, other), "XNYS:FB#2");
    assert_eq!(identities.owner(asks.at(0), renamed - 1), 0);
}

#[test]
fn the_same_rename_again_changes_nothing_but_its_date() {
    let asks = Asks::new(&["FB", "META"]);
    let mut identities = Identities::new(&[listed("FB")]);
    identities.rename(asks.at(0), asks.at(1), day("2022-06-09"), &|_| None);
    assert_eq!(identities.rename(asks.at(0), asks.at(1), day("2022-06-08"), &|_| None), 0);
    let former = &identities.get(0).unwrap().instrument.former;
    assert_eq!((former.len(), former[0].until.to_string().as_str()), (1, "2022-06-08"));
    assert_eq!(identities.plans.len(), 1);
}

#[test]
fn a_chain_of_renames_is_one_instrument() {
    let asks = Asks::new(&["A", "B", "C"]);
    let mut identities = Identities::new(&[listed("A")]);
    identities.rename(asks.at(0), asks.at(1), 100, &|_| None);
    identities.rename(asks.at(1), asks.at(2), 200, &|_| None);
    for (ask, day) in [(0, 99), (1, 100), (1, 199), (2, 200), (2, 5000)] {
        assert_eq!(identities.owner(asks.at(ask), day), 0, "{ask} {day}");
    }
    identities.rename(asks.at(0), asks.at(1), 100, &|_| None);
    assert_eq!(identities.get(0).unwrap().instrument.former.len(), 2);
}

#[test]
fn a_series_that_began_under_the_new_ticker_is_joined() {
    let asks = Asks::new(&["BGU", "SPXL"]);
    let mut identities = Identities::new(&[listed("BGU"), listed("SPXL")]);
    let plan = identities.rename(asks.at(0), asks.at(1), 100, &|_| Some((100, 200)));
    assert_eq!(plan, 0);
    assert_eq!(identities.get(0).unwrap().old, [(0, ALWAYS), (1, ALWAYS)]);
    let sorted = identities.into_sorted();
    assert_eq!(sorted.len(), 1);
    assert_eq!(sorted[0].1.instrument.id.as_str(), "XNYS:BGU");
}

#[test]
fn who_had_the_new_ticker_before_keeps_what_it_has_until_then() {
    let asks = Asks::new(&["FB", "META"]);
    let mut identities = Identities::new(&[listed("FB"), listed("META")]);
    identities.rename(asks.at(0), asks.at(1), 100, &|_| Some((0, 200)));
    assert_eq!(identities.get(0).unwrap().old, [(0, ALWAYS), (1, 100..i32::MAX)]);
    assert_eq!(identities.get(1).unwrap().old, [(1, i32::MIN..100)]);
    assert_eq!(identities.owners(asks.at(1), 0, 200), [(1, i32::MIN..100), (0, 100..i32::MAX)]);
    let owners = identities.owners_of_old(2);
    assert_eq!(owners[1], [(0, 100..i32::MAX), (1, i32::MIN..100)]);
}

#[test]
fn a_rename_of_what_nobody_knows_is_remembered() {
    let asks = Asks::new(&["OLD", "NEW"]);
    let mut identities = Identities::new(&[]);
    let plan = identities.rename(asks.at(0), asks.at(1), 100, &|_| None);
    assert_eq!(id(&identities, plan), "XNYS:OLD");
    assert_eq!(identities.owner(asks.at(0), 99), plan);
    assert_eq!(identities.owner(asks.at(1), 100), plan);
}

#[test]
fn what_is_told_under_a_ticker_on_the_day_of_its_end_is_about_who_had_it() {
    let asks = Asks::new(&["FB", "META", "ENRN"]);
    let mut identities = Identities::new(&[listed("ENRN"), listed("FB")]);
    let day = day("2022-06-09");
    identities.rename(asks.at(0), asks.at(1), day, &|_| None);
    identities.delist(asks.at(2), day);
    for told in [day - 400, day - 1, day, day + 30] {
        assert_eq!((identities.subject(asks.at(0), told), identities.subject(asks.at(2), told)), (1, 0));
    }
    assert_eq!(identities.subject(asks.at(1), day), 1);
    assert_eq!(identities.plans.len(), 2, "nobody else came of it");
    // a month later the ticker is somebody else's
    let other = identities.subject(asks.at(2), day + 31);
    assert_eq!(id(&identities, other), "XNYS:ENRN#2");
}

#[test]
fn a_ticker_that_is_used_again_after_a_delisting_is_another_instrument() {
    let asks = Asks::new(&["ENRN"]);
    let mut identities = Identities::new(&[listed("ENRN")]);
    let ended = day("2001-12-03");
    assert_eq!(identities.delist(asks.at(0), ended), Some(0));
    let owners = identities.owners(asks.at(0), day("2000-01-03"), day("2019-06-03"));
    assert_eq!(owners, [(0, i32::MIN..ended), (1, ended..i32::MAX)]);
    assert_eq!(id(&identities, 1), "XNYS:ENRN#2");
    // told again, and by another source some days apart
    assert_eq!(identities.delist(asks.at(0), ended), Some(0));
    assert_eq!(identities.delist(asks.at(0), ended + 3), Some(0));
    assert_eq!(identities.plans.len(), 2);
}

#[test]
fn a_rename_that_is_told_as_an_end_too_ends_nothing() {
    let asks = Asks::new(&["FB", "META"]);
    for delisting_first in [true, false] {
        let mut identities = Identities::new(&[listed("FB")]);
        if delisting_first {
            identities.delist(asks.at(0), 100);
        }
        identities.rename(asks.at(0), asks.at(1), 101, &|_| None);
        if !delisting_first {
            assert_eq!(identities.delist(asks.at(0), 100), None);
        }
        assert_eq!(identities.get(0).unwrap().instrument.delisted, None, "{delisting_first}");
        assert_eq!(identities.owner(asks.at(1), 5000), 0);
    }
}

#[test]
fn an_entry_of_a_later_listing_is_another_instrument() {
    let asks = Asks::new(&["ENRN"]);
    let mut identities = Identities::new(&[listed("ENRN")]);
    let listing = (Some(day("2019-05-01")), None);
    let days = |_: usize| Some((day("2000-01-03"), day("2001-11-30")));
    let plan = identities.listed(asks.at(0), listing, false, &days);
    assert_eq!(id(&identities, plan), "XNYS:ENRN#2");
    let before = identities.get(0).unwrap().instrument.delisted.unwrap();
    assert_eq!(before.to_string(), "2001-12-01");
    // an entry that says nothing of dates is about the present holder
    assert_eq!(identities.listed(asks.at(0), (None, None), false, &days), plan);
}

#[test]
fn another_spelling_finds_the_instrument_and_is_learnt() {
    let mut identities = Identities::new(&[listed("BRK.B")]);
    let (dash, canonical) = (symbol("BRK-B"), symbol("BRK.B"));
    let ask = Ask { spelling: &dash, canonical: &canonical, mic: "XNAS" };
    assert_eq!(identities.owner(ask, 0), 0);
    identities.learn(0, ask);
    identities.learn(0, ask);
    assert_eq!(identities.get(0).unwrap().instrument.aliases, [symbol("BRK-B")]);
    let elsewhere = Ask { mic: "XLON", ..ask };
    assert_ne!(identities.owner(elsewhere, 0), 0);
}
