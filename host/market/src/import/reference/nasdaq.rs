//! Nasdaq Trader's symbol directory: `nasdaqlisted.txt`, `otherlisted.txt`, `nasdaqtraded.txt`.
//!
//! Tables of text with `|` between the fields, without quotes, and a last line `File Creation Time: …`. What is
//! listed elsewhere has three spellings: the exchange's (`ACT Symbol`, `AA$`), the tape's (`CQS Symbol`, `AAp`)
//! and Nasdaq's (`AA-`). The first one is the ticker, the others are aliases.

use std::io::{BufRead, Read};
use std::path::Path;

use super::security::{kind_by_name, kind_by_suffix};
use crate::import::error::ImportError;
use crate::import::faults::{FaultKind, Place};
use crate::import::reader::{Head, Input, Reader};
use crate::import::sink::Origin;
use crate::import::sink::{ListingRow, Sink};
use crate::import::source::read_error;
use crate::instrument::{Kind, Status};
use crate::parse::number;

/// Longest line; real ones stay below 1 KiB.
const MAX_LINE_BYTES: u64 = 64 << 10;
/// Lines between two reports of progress.
const PROGRESS_LINES: u64 = 1024;
const FOOTER: &str = "File Creation Time";

pub(super) const READERS: &[Reader] = &[
    Reader {
        name: "nasdaqlisted",
        title: "Nasdaq Trader, nasdaqlisted.txt",
        sees: |head| {
            has(head, &["symbol", "security name", "market category", "financial status"], "nasdaq traded")
        },
        read: |input, sink| read(input, sink, "Nasdaq Trader, nasdaqlisted.txt"),
    },
    Reader {
        name: "otherlisted",
        title: "Nasdaq Trader, otherlisted.txt",
        sees: |head| has(head, &["act symbol", "security name", "exchange", "cqs symbol"], "nasdaq traded"),
        read: |input, sink| read(input, sink, "Nasdaq Trader, otherlisted.txt"),
    },
    Reader {
        name: "nasdaqtraded",
        title: "Nasdaq Trader, nasdaqtraded.txt",
        sees: |head| has(head, &["nasdaq traded", "symbol", "security name", "listing exchange"], ""),
        read: |input, sink| read(input, sink, "Nasdaq Trader, nasdaqtraded.txt"),
    },
];

fn has(head: &Head<'_>, wanted: &[&str], not: &str) -> bool {
    let is = |name: &str| head.columns.iter().any(|column| column == name);
    wanted.iter().all(|name| is(name)) && (not.is_empty() || !is(not))
}

/// Positions of the columns; each file lacks some.
struct Columns {
    count: usize,
    symbol: usize,
    name: usize,
    cqs: Option<usize>,
    nasdaq: Option<usize>,
    exchange: Option<usize>,
    category: Option<usize>,
    test: Option<usize>,
    financial: Option<usize>,
    lot: Option<usize>,
    etf: Option<usize>,
    next_shares: Option<usize>,
}

impl Columns {
    fn find(path: &Path, header: &str) -> Result<Self, ImportError> {
        let names: Vec<String> = header.split('|').map(|name| name.trim().to_lowercase()).collect();
        let find = |wanted: &str| names.iter().position(|name| name == wanted);
        let (Some(symbol), Some(name)) =
            (find("act symbol").or_else(|| find("symbol")), find("security name"))
        else {
            let reason = "its header has no symbol and security name between |";
            return Err(ImportError::content(path, reason, "download it again"));
        };
        Ok(Self {
            count: names.len(),
            symbol,
            name,
            cqs: find("cqs symbol"),
            nasdaq: find("nasdaq symbol"),
            exchange: find("exchange").or_else(|| find("listing exchange")),
            category: find("market category"),
            test: find("test issue"),
            financial: find("financial status"),
            lot: find("round lot size"),
            etf: find("etf"),
            next_shares: find("nextshares"),
        })
    }
}

fn read(input: &mut Input<'_>, sink: &mut dyn Sink, layout: &'static str) -> Result<(), ImportError> {
    let path = input.head.path;
    let mut line = String::new();
    next_line(path, input.text, 1, &mut line)?;
    let columns = Columns::find(path, &line)?;
    sink.begin(Origin::without_bars("nasdaq", layout, Vec::new()));
    let (mut rows, mut footer) = (0_u64, false);
    for number in 2.. {
        if !next_line(path, input.text, number, &mut line)? {
            break;
        }
        if line.trim().is_empty() {
            continue;
        }
        if line.starts_with(FOOTER) {
            footer = true;
            continue;
        }
        rows += 1;
        entry(&columns, Place::Line(number), &line, sink);
        if number.is_multiple_of(PROGRESS_LINES) {
            sink.progress(rows)?;
        }
    }
    if !footer {
        sink.fault(FaultKind::Entry, Place::Nowhere, &mut || {
            format!("no last line \"{FOOTER}\": the file may be cut")
        });
    }
    sink.progress(rows)
}

/// The next line without its end; false at the end of the file.
fn next_line(
    path: &Path,
    text: &mut dyn BufRead,
    number: u64,
    line: &mut String,
) -> Result<bool, ImportError> {
    let mut bytes = std::mem::take(line).into_bytes();
    bytes.clear();
    let read = (&mut *text).take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut bytes);
    let read = read.map_err(|error| read_error(path, &error))?;
    if bytes.len() as u64 > MAX_LINE_BYTES {
        let reason = format!("its line {number} has more than {} KiB", MAX_LINE_BYTES >> 10);
        return Err(ImportError::content(path, reason, "download it again"));
    }
    while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        bytes.pop();
    }
    *line = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Ok(read > 0)
}

fn entry(columns: &Columns, place: Place, line: &str, sink: &mut dyn Sink) {
    let fields: Vec<&str> = line.split('|').map(str::trim).collect();
    if fields.len() != columns.count {
        let (found, wanted) = (fields.len(), columns.count);
        return sink.fault(FaultKind::Fields, place, &mut || format!("{found} fields instead of {wanted}"));
    }
    let field = |column: Option<usize>| column.and_then(|at| fields.get(at)).copied().unwrap_or_default();
    let said = |column: Option<usize>| Some(field(column)).filter(|text| !text.is_empty());
    let symbol = field(Some(columns.symbol));
    if symbol.is_empty() {
        return sink.fault(FaultKind::Symbol, place, &mut || "no symbol".to_owned());
    }
    let name = field(Some(columns.name));
    let mut aliases: Vec<String> = Vec::new();
    for alias in [said(columns.cqs), said(columns.nasdaq)].into_iter().flatten() {
        if alias != symbol && !aliases.iter().any(|known| known == alias) {
            aliases.push(alias.to_owned());
        }
    }
    let test = field(columns.test) == "Y";
    let kind = if field(columns.etf) == "Y" {
        Some(Kind::Etf)
    } else if field(columns.next_shares) == "Y" {
        Some(Kind::Fund)
    } else {
        kind_by_suffix(&[symbol, field(columns.cqs), field(columns.nasdaq)]).or_else(|| kind_by_name(name))
    };
    let financial =
        said(columns.financial).map(|code| ("financial-status".to_owned(), financial_status(code)));
    let category = said(columns.category).map(|code| ("market-category".to_owned(), market_category(code)));
    let listing = ListingRow {
        symbol: symbol.to_owned(),
        aliases,
        mic: Some(mic(field(columns.exchange)).to_owned()),
        name: Some(name.to_owned()),
        kind,
        status: Some(if test { Status::Test } else { Status::Active }),
        currency: Some("USD".to_owned()),
        lot: said(columns.lot).and_then(|lot| number(lot.as_bytes())).filter(|lot| *lot > 0.0),
        attributes: category.into_iter().chain(financial).collect(),
        ..ListingRow::default()
    };
    sink.listing(place, listing);
}

/// The venue by its letter; `nasdaqlisted.txt` has no letter and is Nasdaq.
fn mic(exchange: &str) -> &'static str {
    match exchange {
        "A" => "XASE",
        "N" => "XNYS",
        "P" => "ARCX",
        "Z" => "BATS",
        "V" => "IEXG",
        _ => "XNAS",
    }
}

fn financial_status(code: &str) -> String {
    let words = match code {
        "N" => "normal",
        "D" => "deficient",
        "E" => "delinquent",
        "Q" => "bankrupt",
        "G" => "deficient, bankrupt",
        "H" => "deficient, delinquent",
        "J" => "delinquent, bankrupt",
        "K" => "deficient, delinquent, bankrupt",
        other => other,
    };
    words.to_owned()
}

fn market_category(code: &str) -> String {
    let words = match code {
        "Q" => "global-select",
        "G" => "global",
        "S" => "capital",
        other => other,
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::{Collected, seen_by};

    fn read(name: &str, text: &str) -> Collected {
        assert_eq!(seen_by(READERS, "f.txt", text.as_bytes()), [name]);
        let reader = READERS.iter().find(|reader| reader.name == name).unwrap();
        Collected::read(reader, "f.txt", text.as_bytes(), &Said::default()).unwrap()
    }

    const LISTED: &str =
        "Symbol|Security Name|Market Category|Test Issue|Financial Status|Round Lot Size|ETF|NextShares\n";

    #[test]
    fn nasdaqs_own_listings_have_kind_status_and_financial_status() {
        let text = format!(
            "{LISTED}AACBU|Artius II Acquisition Inc. - Units|G|N|N|100|N|N\n\
             AACG|ATA - American Depositary Shares, each representing two common shares|G|N|D|100|N|N\n\
             AADR|AdvisorShares \"Dorsey\" ADR ETF|G|N|N|10|Y|N\n\
             ZXZZT|NASDAQ TEST STOCK|G|Y|N|100|N|N\n\
             W|Wayfair|Q|N|Q|100|N\n\
             |No symbol|Q|N|N|100|N|N\n\
             File Creation Time: 0328202518:01|||||||\n"
        );
        let read = read("nasdaqlisted", &text);
        let told: Vec<String> = read
            .listings
            .iter()
            .map(|(_, l)| {
                let kind = l.kind.as_ref().map_or("none", Kind::as_str);
                let status = l.status.as_ref().map_or("none", Status::as_str);
                format!("{} {kind} {status} {} {}", l.symbol, l.mic.as_deref().unwrap(), l.lot.unwrap())
            })
            .collect();
        assert_eq!(
            told,
            [
                "AACBU unit active XNAS 100",
                "AACG adr active XNAS 100",
                "AADR etf active XNAS 10",
                "ZXZZT stock test XNAS 100",
            ]
        );
        let attributes: Vec<&str> =
            read.listings[1].1.attributes.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(attributes, ["global", "deficient"]);
        assert_eq!(read.listings[2].1.name.as_deref(), Some("AdvisorShares \"Dorsey\" ADR ETF"));
        let faults: Vec<_> = read.faults.iter().map(|(kind, place, _)| (*kind, *place)).collect();
        assert_eq!(faults, [(FaultKind::Fields, Place::Line(6)), (FaultKind::Symbol, Place::Line(7))]);
        assert_eq!(read.rows, 6);
    }

    #[test]
    fn three_spellings_are_a_ticker_and_its_aliases() {
        let text = "ACT Symbol|Security Name|Exchange|CQS Symbol|ETF|Round Lot Size|Test Issue|NASDAQ Symbol\r\n\
            AA|Alcoa Corporation Common Stock |N|AA|N|100|N|AA\r\n\
            AA$|Alcoa $3.75 Preferred Stock|A|AAp|N|100|N|AA-\r\n\
            AACT.W|Ares Redeemable Warrants|N|AACT.WS|N|100|N|AACT+\r\n\
            BRK.B|Berkshire Hathaway Inc.|N|BRK.B|N|1|N|BRK.B\r\n\
            File Creation Time: 0328202518:01||||||\r\n";
        let read = read("otherlisted", text);
        let told: Vec<_> = read
            .listings
            .iter()
            .map(|(_, l)| (l.symbol.as_str(), l.aliases.join(" "), l.mic.as_deref().unwrap(), l.kind.clone()))
            .collect();
        assert_eq!(
            told,
            [
                ("AA", String::new(), "XNYS", Some(Kind::Stock)),
                ("AA$", "AAp AA-".to_owned(), "XASE", Some(Kind::Preferred)),
                ("AACT.W", "AACT.WS AACT+".to_owned(), "XNYS", Some(Kind::Warrant)),
                ("BRK.B", String::new(), "XNYS", None),
            ]
        );
        assert!(read.faults.is_empty());
    }

    #[test]
    fn the_ticker_na_is_a_ticker_and_a_missing_footer_is_said() {
        let text = "Nasdaq Traded|Symbol|Security Name|Listing Exchange|Market Category|ETF|Round Lot Size|Test Issue|Financial Status|CQS Symbol|NASDAQ Symbol|NextShares\n\
            Y|NA|Nano Labs Ltd - American Depositary Shares|Q|G|N|100|N|N||NA|N\n\
            Y|AAA|Alternative Access ETF|P| |Y|100|N||AAA|AAA|N\n";
        let read = read("nasdaqtraded", text);
        let told: Vec<_> =
            read.listings.iter().map(|(_, l)| (l.symbol.as_str(), l.mic.as_deref().unwrap())).collect();
        assert_eq!(told, [("NA", "XNAS"), ("AAA", "ARCX")]);
        assert_eq!(read.listings[1].1.attributes, []);
        assert_eq!(read.faults.len(), 1);
        assert!(read.faults[0].2.contains("may be cut"), "{}", read.faults[0].2);
    }
}
