//! Which schedule belongs to which ISO 10383 code.

use exchange_hours::Exchange;

/// The code of what no venue trades, such as crypto-currencies and foreign exchange ("no market" in ISO 10383).
const NO_MARKET: &str = "XXXX";

/// A schedule and what a market identifier code means for it.
#[derive(Debug)]
pub(super) struct Venue {
    pub(super) hours: Hours,
    /// Codes of the venues that keep this schedule.
    pub(super) mics: &'static [&'static str],
    /// Pre- and post-market trading of the whole market rather than of the single venue.
    pub(super) consolidated_us: bool,
    /// Whole-day closures that `exchange-hours` 1.3.0 lacks.
    pub(super) closures: &'static [Ymd],
    /// Lunches that `exchange-hours` 1.3.0 lacks: from when on, start and end in seconds of the local day; ascending.
    pub(super) lunches: &'static [(Ymd, u32, u32)],
    /// Closing auction that `exchange-hours` 1.3.0 does not count as regular: from when on, and its minutes.
    pub(super) auction: Option<(Ymd, i64)>,
    /// Closing auction that `exchange-hours` 1.3.0 does count as regular, but only on half days: the same.
    pub(super) half_day_auction: Option<(Ymd, i64)>,
}

/// Where the sessions of a schedule come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hours {
    /// The tables of an exchange.
    Exchange(Exchange),
    /// Open without an end: every day in UTC is a session.
    Always,
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

/// Days without trading in Hong Kong: typhoons Nesat and Utor, a holiday of 2015 alone (70 years after the war),
/// typhoons Nida, Haima, Hato, Nangka, Kompasu, Talim, Saola, a black rainstorm, typhoon Yagi.
const HONG_KONG_CLOSURES: &[Ymd] = &[
    (2011, 9, 29),
    (2013, 8, 14),
    (2015, 9, 3),
    (2016, 8, 2),
    (2016, 10, 21),
    (2017, 8, 23),
    (2020, 10, 13),
    (2021, 10, 13),
    (2023, 7, 17),
    (2023, 9, 1),
    (2023, 9, 8),
    (2024, 9, 6),
];

/// Lunches of Hong Kong; the table knows only the session of some funds across them.
const HONG_KONG_LUNCHES: &[(Ymd, u32, u32)] = &[
    ((2010, 1, 1), NOON + HALF_AN_HOUR, 14 * 3600 + HALF_AN_HOUR),
    ((2011, 3, 7), NOON, 13 * 3600 + HALF_AN_HOUR),
    ((2012, 3, 5), NOON, 13 * 3600),
];

const fn venue(exchange: Exchange, mics: &'static [&'static str]) -> Venue {
    hours(Hours::Exchange(exchange), mics)
}

const fn hours(hours: Hours, mics: &'static [&'static str]) -> Venue {
    Venue {
        hours,
        mics,
        consolidated_us: false,
        closures: &[],
        lunches: &[],
        auction: None,
        half_day_auction: None,
    }
}

/// Local time in seconds.
const NOON: u32 = 12 * 3600;
const HALF_AN_HOUR: u32 = 1800;

pub(super) const VENUES: &[Venue] = &[
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
    Venue {
        lunches: HONG_KONG_LUNCHES,
        closures: HONG_KONG_CLOSURES,
        // The closing auction came on 2016-07-25: on half days it ends at 12:10.
        half_day_auction: Some(((2016, 7, 25), 10)),
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
    // 2010-07-01: Canada Day.
    Venue { closures: &[(2010, 7, 1)], ..venue(Exchange::Tsx, &["XTSE", "XTSX"]) },
    venue(Exchange::B3, &["BVMF"]),
    venue(Exchange::Bmv, &["XMEX"]),
    venue(Exchange::Jse, &["XJSE"]),
    venue(Exchange::Tadawul, &["XSAU"]),
    hours(Hours::Always, &[NO_MARKET]),
];

/// The position of a code's schedule in [`VENUES`], with the code.
pub(super) fn find(mic: &str) -> Option<(usize, &'static str)> {
    VENUES.iter().enumerate().find_map(|(position, venue)| {
        venue.mics.iter().find(|known| **known == mic).map(|known| (position, *known))
    })
}

/// Where a ticker is unique: US equity venues share one name space, every other venue has its own.
pub(crate) fn ticker_space(mic: &str) -> &str {
    if US_EQUITIES.contains(&mic) { "US" } else { mic }
}
