//! Texts from a layer go to terminals, logs and web pages: nothing in them may act there.

/// Cuts a text at a character boundary to at most `max_bytes` and replaces every [unprintable](is_unprintable)
/// character by U+FFFD.
pub fn clean(text: &str, max_bytes: usize) -> String {
    let mut end = text.len().min(max_bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let printable = |c: char| if is_unprintable(c) { '\u{fffd}' } else { c };
    text.get(..end).unwrap_or_default().chars().map(printable).collect()
}

/// Control characters, which move a terminal's cursor or end a line, and the marks that reorder the text around
/// them (Unicode bidirectional embeddings, overrides, isolates).
pub fn is_unprintable(c: char) -> bool {
    let reorders =
        matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || reorders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_at_a_character_boundary() {
        assert_eq!(clean("abcé", 4), "abc");
        assert_eq!(clean("abcé", 5), "abcé");
    }

    #[test]
    fn control_and_bidirectional_characters_become_replacement_marks() {
        assert_eq!(clean("a\u{1b}[31m\u{202e}b", 100), "a\u{fffd}[31m\u{fffd}b");
    }
}
