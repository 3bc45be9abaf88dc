//! Whole words: what a phrase is found by.

/// A phrase to look for.
#[derive(Debug)]
pub(crate) struct Phrase {
    words: Vec<String>,
    /// −100 (bad) to 100 (good).
    pub(crate) impact: f64,
}

impl Phrase {
    pub(crate) fn new(text: &str, impact: f64) -> Self {
        Self { words: words(text).collect(), impact }
    }

    /// Its words stand in the headline one after the other.
    pub(crate) fn is_in(&self, headline: &[String]) -> bool {
        !self.words.is_empty() && headline.windows(self.words.len()).any(|window| window == self.words)
    }
}

/// The words of a text in lower case: runs of letters and digits. An apostrophe within a word belongs to it, all else
/// separates.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '\u{2019}');
    text.split(move |c| !inside(c))
        .map(|word| word.trim_matches(['\'', '\u{2019}']).to_lowercase())
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(phrase: &str, headline: &str) -> bool {
        Phrase::new(phrase, 1.0).is_in(&words(headline).collect::<Vec<_>>())
    }

    #[test]
    fn a_phrase_is_found_as_whole_words_in_a_row_only() {
        assert!(found("sec", "SEC probes X"));
        assert!(!found("sec", "X rises for a second day"));
        assert!(!found("deal", "Dealer of cars expands"));
        assert!(!found("eps", "X steps up"));
        assert!(found("price target raised", "X: Price-Target raised to $5"));
        assert!(!found("price target raised", "Price raised, target kept"));
        assert!(!found("", "anything"));
    }

    #[test]
    fn marks_separate_words_and_apostrophes_do_not() {
        let split: Vec<String> = words("Moody\u{2019}s 'cuts' Q3-outlook (again)").collect();
        assert_eq!(split, ["moody\u{2019}s", "cuts", "q3", "outlook", "again"]);
    }
}
