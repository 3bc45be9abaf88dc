//! Which schedule belongs to which ISO 10383 code.

use exchange_hours::Exchange;

/// A schedule and what a market identifier code means for it.
#[derive(Debug)]
pub(super) struct Venue {
    pub(super) exchange: Exchange,
    /// Codes of the venues that keep this schedule.
    pub(super) mics: &'static [&'static str],
    /// Pre- and post-market trading of the whole market rather than of the single venue.
    pub(super) consolidated_us: bool,
    /// Whole-day closures that `exchange-hours` 1.3.0 lacks.
    pub(super) closures: &'static [Ymd],
    /// Lunch that `exchange-hours` 1.3.0 lacks: from when on, start and end in seconds of the local day.
    pub(super) lunch: Option<(Ymd, u32, u32)>,
    /// Closing auction that `exchange-hours` 1.3.0 does not count as regular: from when on, and its minutes.
    pub(super) auction: Option<(Ymd, i64)>,
}

/// Year, month, day.
pub(super) type Ymd = (i32, u32, u32);

/// 2018-12-05: national day of mourning for George H. W. Bush; NYSE and Nasdaq were closed.
const US_CLOSURES: &[Ymd] = &[(2018, 12, 5)];

/// Codes of US equity venues. They share sessions, holidays, early closes and tickers, so that they have one
/// calendar (NYSE, whose holidays are known furthest ahead). OTC trading follows the same sessions.
const US_EQUITIES: &[&str] = &[
    "XNYS", "XNAS", "XASE", "ARCX", "BATS", "XNGS", "XNMS", "XNCM", "XBOS", "XPHL", "XPSX", "BATY", "EDGA",
    "EDGX", "XCIS", "XCHI", "IEXG", "LTSE", "MEMX", "EPRL", "XBXO", "XADF", "FINR", "OOTC", "OTCM", "PINX",
    "XOTC",
];

/// Days without trading in Hong Kong: typhoons Nangka, Kompasu, Talim, Saola, a black rainstorm, Yagi.
const HONG_KONG_STORMS: &[Ymd] =
    &[(2020, 10, 13), (2021, 10, 13), (2023, 7, 17), (2023, 9, 1), (2023, 9, 8), (2024, 9, 6)];

const fn venue(exchange: Exchange, mics: &'static [&'static str]) -> Venue {
    Venue { exchange, mics, consolidated_us: false, closures: &[], lunch: None, auction: None }
}

/// 12:00 and 13:00 local time in seconds.
const NOON: u32 = 12 * 3600;
const ONE: u32 = 13 * 3600;

const VENUES: &[Venue] = &[
    Venue { consolidated_us: true, closures: US_CLOSURES, ..venue(Exchange::Nyse, US_EQUITIES) },
    // 2022-09-19: state funeral of Queen Elizabeth II.
    Venue { closures: &[(2022, 9, 19)], ..venue(Exchange::Lse, &["XLON"]) },
    venue(Exchange::Xetra, &["XETR"]),
    venue(Exchange::Six, &["XSWX", "XVTX"]),
    venue(Exchange::EuronextParis, &["XPAR"]),
    venue(Exchange::EuronextAmsterdam, &["XAMS"]),
    venue(Exchange::EuronextBrussels, &["XBRU"]),
    venue(Exchange::EuronextLisbon, &["XLIS"]),
    venue(Exchange::EuronextDublin, &["XDUB", "XMSM"]),
    venue(Exchange::EuronextMilan, &["XMIL", "MTAA"]),
    venue(Exchange::Bme, &["XMAD"]),
    venue(Exchange::NasdaqStockholm, &["XSTO"]),
    venue(Exchange::NasdaqHelsinki, &["XHEL"]),
    venue(Exchange::NasdaqCopenhagen, &["XCSE"]),
    venue(Exchange::Vienna, &["XWBO"]),
    venue(Exchange::BorsaIstanbul, &["XIST"]),
    Venue {
        // 2020-10-01: system failure, no trading all day. Since 2024-11-05 the close is called 15:25 to 15:30.
        closures: &[(2020, 10, 1)],
        auction: Some(((2024, 11, 5), 5)),
        ..venue(Exchange::Tse, &["XTKS", "XJPX"])
    },
    // The lunch is 12:00 to 13:00 since 2012-03-05; the table knows only the session of some funds across it.
    Venue {
        lunch: Some(((2012, 3, 5), NOON, ONE)),
        closures: HONG_KONG_STORMS,
        ..venue(Exchange::Hkex, &["XHKG"])
    },
    venue(Exchange::Sse, &["XSHG"]),
    venue(Exchange::Szse, &["XSHE"]),
    venue(Exchange::Krx, &["XKRX"]),
    venue(Exchange::Twse, &["XTAI"]),
    venue(Exchange::SgxSecurities, &["XSES"]),
    venue(Exchange::Asx, &["XASX"]),
    venue(Exchange::Nzx, &["XNZE"]),
    venue(Exchange::NseIndia, &["XNSE"]),
    venue(Exchange::BseIndia, &["XBOM"]),
    venue(Exchange::BursaMalaysia, &["XKLS"]),
    venue(Exchange::SetThailand, &["XBKK"]),
    venue(Exchange::Idx, &["XIDX"]),
    venue(Exchange::Pse, &["XPHS"]),
    venue(Exchange::Hose, &["XSTC"]),
    venue(Exchange::Tsx, &["XTSE", "XTSX"]),
    venue(Exchange::B3, &["BVMF"]),
    venue(Exchange::Bmv, &["XMEX"]),
    venue(Exchange::Jse, &["XJSE"]),
    venue(Exchange::Tadawul, &["XSAU"]),
];

pub(super) fn find(mic: &str) -> Option<&'static Venue> {
    VENUES.iter().find(|venue| venue.mics.contains(&mic))
}

/// Where a ticker is unique: US equity venues share one name space, every other venue has its own.
pub(crate) fn ticker_space(mic: &str) -> &str {
    if US_EQUITIES.contains(&mic) { "US" } else { mic }
}
