//! Texts of events come from anybody. They are told without what a terminal obeys or what hides, and not without end.

use crate::import::faults::Place;
use crate::import::sink::{EventRow, Sink};

/// Longest headline and longest remark in characters.
const MAX_TEXT_CHARS: usize = 500;

/// Tells of an event, its texts made fit to be shown.
pub(super) fn publish(sink: &mut dyn Sink, place: Place, mut event: EventRow) {
    event.headline = shown(event.headline);
    event.id = event.id.map(shown).filter(|id| !id.is_empty());
    for (_, text) in &mut event.attributes {
        *text = shown(std::mem::take(text));
    }
    event.attributes.retain(|(_, text)| !text.is_empty());
    sink.event(place, event);
}

/// A text without control characters, marks that change the direction of writing, and outer blanks; cut.
fn shown(text: String) -> String {
    if text.is_ascii() && text.len() <= MAX_TEXT_CHARS && !text.contains(|c: char| c.is_ascii_control()) {
        return text;
    }
    let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let blank = |c: char| if c.is_control() { ' ' } else { c };
    let clean: String = text.chars().filter(|c| !hidden(*c)).map(blank).take(MAX_TEXT_CHARS).collect();
    clean.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_lose_what_hides_and_have_an_end() {
        for (text, shown_as) in [
            ("Q1 results", "Q1 results"),
            ("a\u{1b}[31m\nb\u{202e}c\u{200b}", "a [31m bc"),
            ("\u{fc}ber \u{2014} alles", "\u{fc}ber \u{2014} alles"),
            ("\u{7f}", ""),
        ] {
            assert_eq!(shown(text.to_owned()), shown_as, "{text:?}");
        }
        assert_eq!(shown("x".repeat(2000)).len(), MAX_TEXT_CHARS);
        assert_eq!(shown("\u{fc}".repeat(2000)).chars().count(), MAX_TEXT_CHARS);
    }
}
