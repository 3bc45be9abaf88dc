//! A name that nobody knows, and the known one that was probably meant.

use crate::functions::{COLUMNS, FUNCTIONS, LOOKUPS, QUOTE, SHORT, TEXTS};

/// What to say of a name that nobody knows: the nearest known one, if it is near.
pub(super) fn unknown(name: &str) -> String {
    let known = COLUMNS
        .iter()
        .copied()
        .chain(TEXTS.iter().map(|(text, ..)| *text))
        .chain(QUOTE.iter().map(|(name, ..)| *name))
        .chain(SHORT.iter().map(|(short, ..)| *short))
        .chain(FUNCTIONS.iter().map(|function| function.name))
        .chain(LOOKUPS.iter().map(|(lookup, ..)| *lookup));
    let nearest = known.map(|known| (distance(name, known), known)).min();
    match nearest {
        Some((distance, known)) if distance <= 1 + name.len() / 4 => {
            format!("{name} is unknown: did you mean {known}?")
        }
        _ => format!("{name} is unknown: `sluice screen functions` lists what there is"),
    }
}

/// Letters to change, add or leave out (Levenshtein, 1966).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.bytes().enumerate() {
        let mut corner = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        let mut left = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(b.bytes()) {
            let cost = (corner + usize::from(a != b)).min(*cell + 1).min(left + 1);
            corner = *cell;
            *cell = cost;
            left = cost;
        }
    }
    row.last().copied().unwrap_or_default()
}
