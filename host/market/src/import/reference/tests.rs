//! The shared directories, to the last row.

use std::collections::BTreeMap;
use std::io::Read as _;

use super::*;
use crate::import::reader::Said;
use crate::import::testing::{Collected, seen_by};
use crate::instrument::{Kind, Status};
use crate::testing::shared;

fn read(file: &str, expected: &str, said: &Said) -> Option<Collected> {
    let path = shared(file)?;
    let mut bytes = std::fs::read(&path).unwrap();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut text = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut text).unwrap();
        bytes = text;
    }
    let seen: Vec<&str> = READERS.iter().flat_map(|readers| seen_by(readers, file, &bytes)).collect();
    if said.part.is_none() {
        assert_eq!(seen, [expected], "{file}");
    }
    let reader = READERS.iter().copied().flatten().find(|reader| reader.name == expected)?;
    Some(Collected::read(reader, file, &bytes, said).unwrap())
}

fn kinds(read: &Collected) -> BTreeMap<&str, usize> {
    let mut kinds = BTreeMap::new();
    for (_, listing) in &read.listings {
        *kinds.entry(listing.kind.as_ref().map_or("none", Kind::as_str)).or_default() += 1;
    }
    kinds
}

fn tests(read: &Collected) -> usize {
    read.listings.iter().filter(|(_, listing)| listing.status == Some(Status::Test)).count()
}

#[test]
fn nasdaqs_directory_has_4829_securities_of_which_8_are_tests() {
    let Some(read) = read("formats/nasdaqtrader/nasdaqlisted.txt.gz", "nasdaqlisted", &Said::default())
    else {
        return;
    };
    assert_eq!((read.listings.len(), read.rows, read.faults.len(), tests(&read)), (4829, 4829, 0, 8));
    let expected = [
        ("adr", 197),
        ("etf", 832),
        ("fund", 34),
        ("none", 4),
        ("note", 65),
        ("preferred", 114),
        ("right", 50),
        ("stock", 3095),
        ("unit", 95),
        ("warrant", 343),
    ];
    assert_eq!(kinds(&read), BTreeMap::from(expected));
}

#[test]
fn the_other_exchanges_directory_has_6464_securities_with_their_spellings() {
    let Some(read) = read("formats/nasdaqtrader/otherlisted.txt.gz", "otherlisted", &Said::default()) else {
        return;
    };
    assert_eq!((read.listings.len(), read.rows, read.faults.len(), tests(&read)), (6464, 6464, 0, 24));
    let mut venues = BTreeMap::new();
    for (_, listing) in &read.listings {
        *venues.entry(listing.mic.as_deref().unwrap()).or_insert(0) += 1;
    }
    assert_eq!(
        venues,
        BTreeMap::from([("ARCX", 2312), ("BATS", 944), ("IEXG", 3), ("XASE", 315), ("XNYS", 2890)])
    );
    let spelled = read.listings.iter().filter(|(_, listing)| !listing.aliases.is_empty()).count();
    assert_eq!(spelled, 467);
    let expected = [
        ("adr", 150),
        ("etf", 3300),
        ("fund", 133),
        ("none", 117),
        ("note", 97),
        ("preferred", 411),
        ("right", 3),
        ("stock", 2174),
        ("unit", 15),
        ("warrant", 64),
    ];
    assert_eq!(kinds(&read), BTreeMap::from(expected));
}

#[test]
fn the_heads_of_the_directories_have_199_securities_each() {
    for file in ["nasdaqlisted", "otherlisted"] {
        let path = format!("formats/nasdaqtrader/{file}_head200.txt");
        let Some(read) = read(&path, file, &Said::default()) else { return };
        assert_eq!((read.listings.len(), read.faults.len()), (199, 0), "{file}");
    }
}

#[test]
fn the_lists_of_the_sp500_are_a_directory_and_dated_members() {
    let Some(old) = read("constituents.csv", "directory", &Said::default()) else { return };
    assert_eq!((old.listings.len(), old.members.len(), old.faults.len()), (505, 0, 0));
    let said = Said { part: Some("sp500".to_owned()), ..Said::default() };
    let old = read("constituents.csv", "constituents", &said).unwrap();
    assert_eq!((old.listings.len(), old.members.len(), old.faults.len()), (505, 505, 0));
    assert!(old.members.iter().all(|(_, member)| member.from.is_some()), "as of the date of the list");

    let current = read("constituents_current.csv", "constituents", &Said::default()).unwrap();
    assert_eq!((current.listings.len(), current.members.len()), (503, 503));
    assert!(current.members.iter().all(|(_, member)| member.index == "sp500" && member.to.is_none()));
}
