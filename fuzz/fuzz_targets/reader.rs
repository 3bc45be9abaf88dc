//! A vendor's file, read for an import: by the reader that its first byte names, or, where that is the number of none,
//! by the one that knows such content. Whatever it is, the importer lives and comes to an end.
#![cfg_attr(fuzzing, no_main)]

use std::sync::LazyLock;

sluice_fuzz::target!(read);

static NAMES: LazyLock<Vec<&str>> = LazyLock::new(sluice_market::fuzz::names);

fn read(input: &[u8]) {
    match input.split_first().and_then(|(first, rest)| Some((NAMES.get(usize::from(*first))?, rest))) {
        Some((name, rest)) => sluice_market::fuzz::read(name, rest),
        None => sluice_market::fuzz::read("", input),
    }
}
