//! Venues that a ticker names itself.

/// Code of "no market": pairs of currencies trade round the clock.
pub(crate) const NO_MARKET: &str = "XXXX";

/// Yahoo's suffixes of more than one letter. Nobody marks a class or a warrant of a US share like this, so that they
/// count in every file.
const SUFFIXES: &[(&str, &str)] = &[
    ("AS", "XAMS"),
    ("AX", "XASX"),
    ("BK", "XBKK"),
    ("BO", "XBOM"),
    ("BR", "XBRU"),
    ("CO", "XCSE"),
    ("DE", "XETR"),
    ("HE", "XHEL"),
    ("HK", "XHKG"),
    ("IR", "XDUB"),
    ("IS", "XIST"),
    ("JK", "XIDX"),
    ("JO", "XJSE"),
    ("KL", "XKLS"),
    ("KS", "XKRX"),
    ("LS", "XLIS"),
    ("MC", "XMAD"),
    ("MI", "XMIL"),
    ("MX", "XMEX"),
    ("NS", "XNSE"),
    ("NZ", "XNZE"),
    ("PA", "XPAR"),
    ("SA", "BVMF"),
    ("SI", "XSES"),
    ("SR", "XSAU"),
    ("SS", "XSHG"),
    ("ST", "XSTO"),
    ("SW", "XSWX"),
    ("SZ", "XSHE"),
    ("TO", "XTSE"),
    ("TW", "XTAI"),
    ("VI", "XWBO"),
];

/// Suffixes of one letter, which look like a share class elsewhere: they count in Yahoo's files only.
const YAHOO_SUFFIXES: &[(&str, &str)] = &[("L", "XLON"), ("T", "XTKS"), ("V", "XTSX")];

/// What a pair of currencies ends with.
const QUOTES: &[&str] = &["USD", "USDT", "USDC", "EUR", "GBP", "JPY", "BTC", "ETH"];

/// The venue that a ticker names, where it names one. A suffix of one letter is believed in Yahoo's files, or after
/// digits, which no US ticker has.
pub(crate) fn venue_of(ticker: &str, yahoo: bool) -> Option<&'static str> {
    let pair = ticker.split_once('/').or_else(|| ticker.split_once('-'));
    let is_pair = pair.is_some_and(|(base, quote)| !base.is_empty() && QUOTES.contains(&quote));
    if ticker.ends_with("=X") || is_pair {
        return Some(NO_MARKET);
    }
    let (root, suffix) = ticker.rsplit_once('.')?;
    let of =
        |table: &[(&str, &'static str)]| table.iter().find(|(text, _)| *text == suffix).map(|(_, mic)| *mic);
    let digits = root.bytes().all(|byte| byte.is_ascii_digit());
    of(SUFFIXES).or_else(|| of(YAHOO_SUFFIXES).filter(|_| yahoo || digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_names_the_venue_where_it_cannot_be_a_share_class() {
        for (ticker, yahoo, expected) in [
            ("0700.HK", false, Some("XHKG")),
            ("4063.T", false, Some("XTKS")),
            ("AET.L", true, Some("XLON")),
            ("AET.L", false, None),
            ("BRK.B", true, None),
            ("SHOP.TO", false, Some("XTSE")),
            ("AACT.WS", false, None),
            ("AAPL", true, None),
            ("^GSPC", true, None),
        ] {
            assert_eq!(venue_of(ticker, yahoo), expected, "{ticker}");
        }
    }

    #[test]
    fn pairs_of_currencies_have_no_market() {
        for ticker in ["EURUSD=X", "BTC-USD", "BTC/USD", "ETH/BTC"] {
            assert_eq!(venue_of(ticker, false), Some(NO_MARKET), "{ticker}");
        }
        for ticker in ["BRK-B", "BF/B", "ES=F", "-USD", "USD"] {
            assert_eq!(venue_of(ticker, false), None, "{ticker}");
        }
    }
}
