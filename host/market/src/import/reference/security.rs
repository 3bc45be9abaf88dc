//! What a US security is, by its name in the directory and by the suffix of its ticker.
//!
//! Letters inside a ticker say nothing: `W` may end a warrant of Nasdaq or a company's own name.

use crate::instrument::Kind;

/// Where the part of a name ends that says what the security itself is: what follows tells what it can become.
const TURNS: [&str; 9] = [
    " each ",
    "(each",
    ",each",
    " consisting ",
    " exercisable ",
    " to purchase ",
    " representing ",
    " entitling ",
    "(representing",
];

/// What the name of a security says that it is; none when it says nothing.
pub(super) fn kind_by_name(name: &str) -> Option<Kind> {
    let name = format!(" {} ", name.to_lowercase());
    let end = TURNS.iter().filter_map(|turn| name.find(turn)).min().unwrap_or(name.len());
    let (itself, _) = name.split_at(end);
    let words: Vec<&str> =
        itself.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let says = |phrase: &str| name.contains(phrase);
    let itself_says = |phrase: &str| itself.contains(phrase);

    let kind = if says("american deposit") || has(&["ads", "adss", "adr", "adrs", "gdr", "gds"]) {
        Kind::Adr
    } else if says(" registry shares") {
        Kind::Stock
    } else if has(&["etf", "etn", "etns"]) || says("exchange traded") || says("exchange-traded") {
        Kind::Etf
    } else if says("preferred") || says("preference share") {
        Kind::Preferred
    } else if partnership(&name, itself) || plain_stock(itself) {
        Kind::Stock
    } else if has(&["unit", "units"]) {
        Kind::Unit
    } else if has(&["warrant", "warrants"]) {
        Kind::Warrant
    } else if has(&["right", "rights"]) {
        Kind::Right
    } else if has(&["debenture", "debentures"]) || (has(&["note", "notes", "bond", "bonds"]) && says(" due "))
    {
        Kind::parse("note")
    } else if itself_says("closed end fund") || itself_says("closed-end fund") || has(&["fund"]) {
        Kind::Fund
    } else if share(itself, &words) {
        Kind::Stock
    } else {
        return None;
    };
    Some(kind)
}

/// Units of partnerships and trusts trade like shares: they are no bundle of securities.
fn partnership(name: &str, itself: &str) -> bool {
    const PHRASES: [&str; 8] = [
        "common unit",
        "partnership",
        "limited partner",
        "depositary unit",
        " l.p. ",
        " lp ",
        "trust unit",
        "beneficial interest",
    ];
    itself.contains(" unit") && PHRASES.iter().any(|phrase| name.contains(phrase))
}

/// It ends in what a common share is called, whatever the company is called.
fn plain_stock(itself: &str) -> bool {
    let end = itself.trim_end();
    ["common stock", "common shares", "ordinary shares", "ordinary share"]
        .iter()
        .any(|text| end.ends_with(text))
}

fn share(itself: &str, words: &[&str]) -> bool {
    const PHRASES: [&str; 8] = [
        "common stock",
        "common share",
        "ordinary share",
        "ord share",
        "capital stock",
        "voting share",
        "beneficial interest",
        "registered share",
    ];
    let pair = |first: &str, second: &[&str]| {
        words.windows(2).any(|pair| matches!(pair, [a, b] if *a == first && second.contains(b)))
    };
    PHRASES.iter().any(|phrase| itself.contains(phrase))
        || pair("class", &["a", "b", "c"])
        || words.last().is_some_and(|word| matches!(*word, "shares" | "stock"))
}

/// What the suffix of a ticker in the exchanges' own spellings says that it is.
pub(super) fn kind_by_suffix(spellings: &[&str]) -> Option<Kind> {
    spellings.iter().find_map(|spelling| {
        let root = spelling.bytes().take_while(u8::is_ascii_uppercase).count();
        let (root, mark) = spelling.split_at(root);
        if root.is_empty() {
            return None;
        }
        match mark {
            "+" | ".WS" => Some(Kind::Warrant),
            "=" => Some(Kind::Unit),
            "^" | "r" | "rw" | "^#" => Some(Kind::Right),
            _ if mark.starts_with(".WS.") || mark.starts_with('+') => Some(Kind::Warrant),
            _ if mark.starts_with('$') || mark.starts_with('p') || mark.starts_with('-') => {
                Some(Kind::Preferred)
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_what_a_security_is() {
        for (name, kind) in [
            ("Agilent Technologies, Inc. Common Stock", "stock"),
            ("Alphabet Inc. - Class C Capital Stock", "stock"),
            ("Service Properties Trust - Shares of Beneficial Interest", "stock"),
            ("ASML Holding N.V. - New York Registry Shares", "stock"),
            ("Energy Transfer LP Common Units ", "stock"),
            ("AllianceBernstein Holding L.P.  Units", "stock"),
            ("MV Oil Trust Units of Beneficial Interests", "stock"),
            ("Brookfield Renewable Partners L.P. Limited Partnership Units", "stock"),
            ("Icahn Enterprises L.P. - Depositary Units representing Limited Partner Interests", "stock"),
            ("Plains GP Holdings, L.P. - Class A Shares representing limited partner interests", "stock"),
            ("Unit Corporation Common Stock", "stock"),
            ("Warrant Technologies Inc. - Common Stock", "stock"),
            (
                "ATA Creativity Global - American Depositary Shares, each representing two common shares",
                "adr",
            ),
            ("Azul S.A. American Depositary Shares (each representing three preferred shares)", "adr"),
            ("EHang Holdings Limited - ADS", "adr"),
            ("Artius II Acquisition Inc. - Units", "unit"),
            (
                "EQV Corp. Units, each consisting of one Class A ordinary share and one-third of one redeemable warrant",
                "unit",
            ),
            (
                "Archer Aviation Inc. Redeemable Warrants, each whole warrant exercisable for one Class A common stock",
                "warrant",
            ),
            ("JACS II Rights, each right to acquire one-tenth of one Class A ordinary share", "right"),
            ("cbdMD, Inc. 8.0% Series A Cumulative Convertible Preferred Stock", "preferred"),
            (
                "Bank Depositary Shares, each representing 1/1000th interest in a share of Preferred Stock",
                "preferred",
            ),
            (
                "Brookfield Infrastructure Partners LP 5.125% Class A Preferred Limited Partnership Units",
                "preferred",
            ),
            ("Argo Blockchain plc - 8.75% Senior Notes due 2026", "note"),
            ("Calamos Dynamic Convertible & Income Fund - Closed End Fund", "fund"),
            ("ETRACS Gold Shares Covered Call ETNs due February 2, 2033", "etf"),
        ] {
            let found = kind_by_name(name);
            assert_eq!(found.as_ref().map(Kind::as_str), Some(kind), "{name}");
        }
        assert_eq!(kind_by_name("Advance Auto Parts Inc."), None);
    }

    #[test]
    fn a_suffix_counts_and_letters_inside_do_not() {
        let kind = |spellings: &[&str]| kind_by_suffix(spellings).map(|kind| kind.as_str().to_owned());
        assert_eq!(kind(&["AA$", "AAp", "AA-"]).as_deref(), Some("preferred"));
        assert_eq!(kind(&["AACT.W", "AACT.WS", "AACT+"]).as_deref(), Some("warrant"));
        assert_eq!(kind(&["NE.A", "NE.WS.A", "NE+A"]).as_deref(), Some("warrant"));
        assert_eq!(kind(&["AACT.U", "AACT.U", "AACT="]).as_deref(), Some("unit"));
        assert_eq!(kind(&["JQC.V", "JQCrw", "JQC^#"]).as_deref(), Some("right"));
        for ticker in ["W", "WRAP", "QRVO", "CVX", "BRK.B", "AACTW", "GOOGL", "NA"] {
            assert_eq!(kind(&[ticker]), None, "{ticker}");
        }
    }
}
