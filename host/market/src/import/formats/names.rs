//! Tickers of files that hold bars of one and do not name it: what the user says, else the vendor's rule for the
//! file's name, else a name that can only be a ticker. Anything else is asked for.

use std::path::Path;

use crate::import::error::ImportError;
use crate::import::reader::Said;
use crate::symbol::Symbol;

/// Endings that say how a file is written, not what it holds.
const ENDINGS: [&str; 12] =
    ["gz", "zst", "csv", "tsv", "txt", "json", "parquet", "arrow", "feather", "ipc", "dbn", "dbz"];
/// Longest text in a file's name that is taken for a ticker.
const MAX_PLAUSIBLE: usize = 12;

/// A vendor's rule: the ticker in a file's name without endings.
pub(super) type Rule = fn(&str) -> Option<String>;

/// The ticker of a file with one.
///
/// # Errors
/// A name that does not tell.
pub(super) fn symbol(path: &Path, said: &Said, rule: Rule) -> Result<String, ImportError> {
    if let Some(symbol) = &said.symbol {
        return Ok(symbol.clone());
    }
    let stem = stem(path);
    let symbol = rule(&stem).or_else(|| plausible(&stem));
    let symbol = symbol.filter(|symbol| Symbol::try_from(symbol.as_str()).is_ok());
    symbol.ok_or_else(|| {
        let reason = "it holds bars of one instrument and does not say of which";
        ImportError::content(path, reason, "name it with --symbol, e.g. --symbol AAPL")
    })
}

/// No rule of its own.
pub(super) fn no_rule(_: &str) -> Option<String> {
    None
}

/// A file's name without the endings that say how it is written.
pub(super) fn stem(path: &Path) -> String {
    let mut name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    while let Some((stem, ending)) = name.rsplit_once('.') {
        if !ENDINGS.contains(&ending.to_ascii_lowercase().as_str()) {
            break;
        }
        name = stem.to_owned();
    }
    name
}

/// A name in capitals that is a ticker and nothing else, with a suffix at most: `AAPL`, `BRK-B`, `^GSPC`, `4063.T`,
/// `EURUSD=X`.
fn plausible(stem: &str) -> Option<String> {
    let body = stem.strip_prefix('^').unwrap_or(stem);
    let (root, suffix) = match body.find(['.', '-', '=']) {
        Some(mark) => (body.get(..mark)?, body.get(mark + 1..)?),
        None => (body, "X"),
    };
    let capital = |text: &str, longest: usize| {
        let sign = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        !text.is_empty() && text.len() <= longest && text.bytes().all(sign)
    };
    // a number alone could be anything
    let told = root.bytes().any(|byte| byte.is_ascii_uppercase()) || root.len() < body.len();
    (told && stem.len() <= MAX_PLAUSIBLE && capital(root, 8) && capital(suffix, 4)).then(|| stem.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Result<String, String> {
        symbol(Path::new(name), &Said::default(), no_rule).map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_that_can_only_be_a_ticker_is_one() {
        for (name, ticker) in [
            ("x/AAPL.csv", "AAPL"),
            ("BRK-B.csv", "BRK-B"),
            ("BRK.B.csv.gz", "BRK.B"),
            ("^GSPC.csv", "^GSPC"),
            ("EURUSD=X.csv", "EURUSD=X"),
            ("4063.T.csv", "4063.T"),
            ("NA.txt", "NA"),
        ] {
            assert_eq!(of(name), Ok(ticker.to_owned()), "{name}");
        }
    }

    #[test]
    fn any_other_name_is_asked_for() {
        for name in [
            "data.csv",
            "aapl.csv",
            "AAPL_2020.csv",
            "yahoofinance-AAPL-2004.csv",
            "2024.csv",
            "A B.csv",
            ".csv",
        ] {
            let error = of(name).unwrap_err();
            assert!(
                error.contains("does not say of which; name it with --symbol, e.g. --symbol AAPL"),
                "{error}"
            );
        }
        let said = Said { symbol: Some("SPY".to_owned()), ..Said::default() };
        assert_eq!(symbol(Path::new("data.csv"), &said, no_rule).unwrap(), "SPY");
    }
}
