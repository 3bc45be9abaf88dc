//! Exchanges by the names that files have for them.

/// The venue (ISO 10383) of an exchange's name: Yahoo's codes and common names. None for others.
pub(super) fn mic_of(exchange: &str) -> Option<&'static str> {
    let plain: String =
        exchange.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    Some(match plain.as_str() {
        "NMS" | "NGM" | "NCM" | "NASDAQ" | "NASDAQGS" | "NASDAQGM" | "NASDAQCM" | "XNAS" => "XNAS",
        "NYQ" | "NYSE" | "XNYS" => "XNYS",
        "ASE" | "AMEX" | "NYSEAMERICAN" | "NYSEMKT" | "XASE" => "XASE",
        "PCX" | "ARCA" | "NYSEARCA" | "ARCX" => "ARCX",
        "BTS" | "BATS" | "CBOE" | "CBOEBZX" => "BATS",
        "IEX" | "IEXG" => "IEXG",
        "PNK" | "OTC" | "OTCMKTS" | "PINK" => "OTCM",
        "LSE" | "XLON" => "XLON",
        "JPX" | "TSE" | "XTKS" => "XTKS",
        "HKG" | "HKEX" | "XHKG" => "XHKG",
        "TOR" | "TSX" | "XTSE" => "XTSE",
        "GER" | "XETRA" | "XETR" => "XETR",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchanges_are_venues_and_unknown_ones_are_none() {
        assert_eq!(mic_of("NMS"), Some("XNAS"));
        assert_eq!(mic_of("NYSE Arca"), Some("ARCX"));
        assert_eq!(mic_of("Moon"), None);
    }
}
