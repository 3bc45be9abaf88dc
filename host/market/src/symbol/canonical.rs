//! One spelling for each ticker.
//!
//! | what | canonical | also written |
//! |---|---|---|
//! | share class | `BRK.B` | `BRK-B` (Yahoo), `BRK/B` (Alpaca, CQS), `BRK B` (Interactive Brokers) |
//! | preferred | `AA$`, `BAC$L` | `AA-` (Nasdaq), `AAp`, `BACpL` (CQS, Polygon), `BAC-PL` (Yahoo), `BAC PRL`, `BAC.PR.L`, `BAC.PRL`, `BAC/PRL` |
//! | warrant | `AACT.W` | `AACT.WS`, `AACT/WS` (CQS), `AACT+` (Nasdaq), `AACT-WT` (Yahoo) |
//! | unit | `AACT.U` | `AACT=` (Nasdaq), `AACT-UN` (Yahoo) |
//! | right | `JACS.R` | `JACSr` (CQS), `JACS^` (Nasdaq), `JACS-RI` (Yahoo) |
//!
//! Only a root of one to five capital letters is touched, and a class only when it is one letter: `BTC-USD`,
//! `EURUSD=X`, `0700.HK`, `^GSPC`, `ES=F` and `BTC/USD` stay as they are. One text cannot always be told:
//! `BAC-L` is Nasdaq's spelling of a preferred and would be Yahoo's of a class. It becomes `BAC.L` here; the
//! directory that has it tells `BAC-L` as an alias of `BAC$L`, and an alias comes first when a ticker is looked up.

use super::{Symbol, SymbolError};

/// Longest root that carries a mark.
const MAX_ROOT_LETTERS: usize = 5;

impl Symbol {
    /// The canonical ticker of what a file or a user writes. Blanks around it do not count.
    ///
    /// # Errors
    /// What is no ticker in any spelling.
    pub fn canonical(text: &str) -> Result<Self, SymbolError> {
        let text = text.trim();
        match fold(text) {
            Some(folded) => Self::try_from(folded.as_str()),
            None => Self::try_from(text),
        }
    }

    /// What a user means: the text as it is when it is a ticker, so that a vendor's own spelling is found first;
    /// else its canonical form, for `BRK B`.
    ///
    /// # Errors
    /// What is no ticker in any spelling.
    pub fn spelled(text: &str) -> Result<Self, SymbolError> {
        Self::try_from(text.trim()).or_else(|error| Self::canonical(text).map_err(|_| error))
    }
}

/// The canonical form of a text that is not; none when nothing is to be changed.
fn fold(text: &str) -> Option<String> {
    let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
    if letters == 0 || letters > MAX_ROOT_LETTERS {
        return None;
    }
    let (root, mark) = text.split_at(letters);
    let (sign, letter) = meaning(mark)?;
    let mut folded = String::with_capacity(letters + 2);
    folded.push_str(root);
    folded.push(sign);
    folded.extend(letter);
    Some(folded)
}

/// The sign and the letter that what follows the root stands for.
fn meaning(mark: &str) -> Option<(char, Option<char>)> {
    match mark {
        "-" | "p" => return Some(('$', None)),
        "+" | ".WS" | "/WS" | " WS" | "-WS" | "-WT" => return Some(('.', Some('W'))),
        "=" | "-UN" => return Some(('.', Some('U'))),
        "^" | "r" | "-RI" => return Some(('.', Some('R'))),
        ".PR" | "/PR" | " PR" | "-PR" => return Some(('$', None)),
        _ => {}
    }
    let preferred = ["p", "-P", ".PR.", ".PR", "/PR", " PR", "-PR"];
    if let Some(letter) = preferred.iter().find_map(|start| one_letter(mark.strip_prefix(start)?)) {
        return Some(('$', Some(letter)));
    }
    one_letter(mark.strip_prefix(['-', '/', ' '])?).map(|letter| ('.', Some(letter)))
}

fn one_letter(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|letter| letter.is_ascii_uppercase() && letters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        Symbol::canonical(text).map_or_else(|error| error.to_string(), |symbol| symbol.to_string())
    }

    #[test]
    fn every_spelling_of_a_security_gives_one_ticker() {
        for (one, spellings) in [
            ("BRK.B", ["BRK.B", "BRK-B", "BRK/B", "BRK B", " BRK-B "].as_slice()),
            ("BRK.A", &["BRK.A", "BRK/A", "BRK-A", "BRK A"]),
            ("BF.B", &["BF.B", "BF-B", "BF/B"]),
            ("AA$", &["AA$", "AAp", "AA-", "AA PR", "AA.PR"]),
            ("BAC$L", &["BAC$L", "BACpL", "BAC-PL", "BAC PRL", "BAC.PR.L", "BAC.PRL", "BAC/PRL"]),
            ("AACT.W", &["AACT.W", "AACT.WS", "AACT+", "AACT-WT", "AACT/WS"]),
            ("AACT.U", &["AACT.U", "AACT=", "AACT-UN", "AACT/U"]),
            ("JACS.R", &["JACS.R", "JACSr", "JACS^", "JACS-RI"]),
        ] {
            for spelling in spellings {
                assert_eq!(canonical(spelling), one, "{spelling}");
            }
        }
    }

    #[test]
    fn what_is_no_class_or_preferred_stays_as_it_is() {
        for text in [
            "^GSPC",
            "EURUSD=X",
            "0700.HK",
            "BTC/USD",
            "BTC-USD",
            "4063.T",
            "AET.L",
            "NA",
            "TRUE",
            "NAN",
            "NULL",
            "INF",
            "1E5",
            "CON",
            "PRN",
            "A",
            "M&M",
            "ES=F",
            "GOOGL",
            "aapl",
            "brk-b",
            "ABCDEF-B",
            "BRK-BB",
            "BRK.PRLX",
            "REI.UN",
            "7203-T",
            "ETH/BTC",
            "SPY:ARCX",
            "-B",
            "pL",
            "$A",
            "AA$B",
            "BCE.PR.A.TO",
        ] {
            assert_eq!(canonical(text), text);
        }
    }

    #[test]
    fn what_is_no_ticker_is_refused_as_it_was_written() {
        assert_eq!(canonical("A B C"), "\"A B C\" is no symbol: a blank is not allowed");
        assert_eq!(canonical("../x"), "\"../x\" is no symbol: \"..\" is not allowed");
        assert_eq!(canonical("  "), "\"\" is no symbol: it is empty");
    }

    #[test]
    fn a_user_is_taken_at_the_word_when_it_is_a_ticker() {
        let spelled = |text: &str| Symbol::spelled(text).map(|symbol| symbol.to_string());
        assert_eq!(spelled("BAC-L").unwrap(), "BAC-L");
        assert_eq!(spelled("BRK B").unwrap(), "BRK.B");
        assert_eq!(
            spelled("BRK BB").unwrap_err().to_string(),
            "\"BRK BB\" is no symbol: a blank is not allowed"
        );
    }

    proptest::proptest! {
        #[test]
        fn folding_twice_is_folding_once(
            text in "[A-Zp^]{1,6}[-./ $+=^pr]{0,2}[A-Zp]{0,4}([-./ ][A-Z]{0,2})?|\\PC{0,12}"
        ) {
            if let Ok(once) = Symbol::canonical(&text) {
                proptest::prop_assert_eq!(Symbol::canonical(once.as_str()), Ok(once));
            }
        }
    }
}
