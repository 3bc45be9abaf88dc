//! Texts of strangers (layers, servers, files) go to terminals, logs and web pages: nothing in them may act there.

/// Cuts a text at a character boundary to at most `max_bytes` and replaces every [unprintable](is_unprintable)
/// character by U+FFFD.
pub fn clean(text: &str, max_bytes: usize) -> String {
    cut(text, max_bytes).chars().map(printable).collect()
}

/// As [`clean`], for texts that may have been written as several lines: ends of lines and tabs become spaces.
pub fn line(text: &str, max_bytes: usize) -> String {
    let spaced = |c: char| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { printable(c) };
    cut(text, max_bytes).chars().map(spaced).collect()
}

fn printable(c: char) -> char {
    if is_unprintable(c) { '\u{fffd}' } else { c }
}

/// The beginning of a text, at most so many bytes, cut at a character boundary.
pub fn cut(text: &str, max_bytes: usize) -> &str {
    let mut end = text.len().min(max_bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
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
        assert_eq!(clean("a\u{1b}[31m\u{202e}b\nc", 100), "a\u{fffd}[31m\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn several_lines_become_one() {
        assert_eq!(line("at x.rs:1:2:\n\tno\u{1b}", 100), "at x.rs:1:2:  no\u{fffd}");
        assert_eq!(line("a\nb", 2), "a ");
    }
}
