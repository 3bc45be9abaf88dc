//! Names in refusals: those that exist, close ones first.

use sluice_runtime::text;

/// Longest typed text that a message repeats, in bytes.
const SHOWN_BYTES: usize = 80;
/// Most names that a message lists.
const LISTED: usize = 30;

/// A text as typed, in quotes, without anything that could act on a terminal.
pub(super) fn shown(typed: &str) -> String {
    let rest = if typed.len() > SHOWN_BYTES { "…" } else { "" };
    format!("\"{}{rest}\"", text::clean(typed, SHOWN_BYTES))
}

/// Names, those that look like what was typed first; "none" when there is none.
pub(super) fn listed<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let typed = text::clean(typed, SHOWN_BYTES).to_lowercase();
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_by_cached_key(|name| remoteness(&typed, name));
    shortened(names.iter().copied(), ", ")
}

/// Texts joined, of a long list only the beginning.
pub(super) fn shortened<'a>(texts: impl ExactSizeIterator<Item = &'a str>, separator: &str) -> String {
    let count = texts.len();
    let texts: Vec<String> = texts.take(LISTED).map(|name| text::clean(name, SHOWN_BYTES)).collect();
    match (texts.is_empty(), count.saturating_sub(LISTED)) {
        (true, _) => "none".to_owned(),
        (false, 0) => texts.join(separator),
        (false, more) => format!("{} and {more} more", texts.join(separator)),
    }
}

/// How unlike two names are; whatever has little in common counts as equally far and keeps its order.
fn remoteness(typed: &str, name: &str) -> usize {
    let distance = distance(typed, name);
    let alike = distance * 2 <= typed.chars().count().max(name.chars().count());
    if alike || (typed.len() >= 3 && name.contains(typed)) { distance } else { usize::MAX }
}

/// Letters to insert, leave out or replace to make one text from the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, letter) in from.chars().enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        let mut next = Vec::with_capacity(row.len());
        next.push(left);
        for (other, up) in to.iter().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(letter != *other)).min(left + 1).min(up + 1);
            diagonal = *up;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_single_letters() {
        for (from, to, letters) in
            [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("é", "e", 1)]
        {
            assert_eq!(distance(from, to), letters, "{from} {to}");
        }
    }

    #[test]
    fn close_names_come_first_and_the_others_keep_their_order() {
        let names = ["lookback", "min-price", "max-price", "min-bars"];
        assert_eq!(listed("max-prise", names), "max-price, min-price, lookback, min-bars");
        assert_eq!(listed("zzzzzzzz", names), "lookback, min-price, max-price, min-bars");
        assert_eq!(listed("bars", names), "min-bars, lookback, min-price, max-price");
        assert_eq!(listed("x", []), "none");
    }

    #[test]
    fn what_was_typed_is_shown_without_controls_and_cut() {
        assert_eq!(shown("a\u{1b}[2J\u{202e}"), "\"a\u{fffd}[2J\u{fffd}\"");
        assert_eq!(shown(&"x".repeat(81)), format!("\"{}…\"", "x".repeat(80)));
    }
}
