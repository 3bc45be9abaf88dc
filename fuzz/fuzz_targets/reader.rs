//! A vendor's file, read for an import: by the reader that `SLUICE_FUZZ_READER` names, or, without it, by the reader
//! that the first byte names and, where that is the number of none, by the one that knows such content. Whatever it
//! is, the importer lives and comes to an end.
#![cfg_attr(fuzzing, no_main)]

use std::sync::LazyLock;

sluice_fuzz::target!(read);

/// The only reader that is tried.
const ONLY: &str = "SLUICE_FUZZ_READER";

static NAMES: LazyLock<Vec<&str>> = LazyLock::new(sluice_market::fuzz::names);

static CHOSEN: LazyLock<Option<String>> = LazyLock::new(|| {
    let name = std::env::var(ONLY).ok()?;
    assert!(NAMES.contains(&name.as_str()), "there is no reader {name}: {}", NAMES.join(", "));
    Some(name)
});

fn read(input: &[u8]) {
    if let Some(name) = &*CHOSEN {
        return sluice_market::fuzz::read(name, input);
    }
    match input.split_first().and_then(|(first, rest)| Some((NAMES.get(usize::from(*first))?, rest))) {
        Some((name, rest)) => sluice_market::fuzz::read(name, rest),
        None => sluice_market::fuzz::read("", input),
    }
}
