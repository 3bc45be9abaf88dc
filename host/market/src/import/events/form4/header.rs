//! EDGAR's header of a submission: when it was accepted.

use std::cmp::Reverse;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

use super::document::Filing;
use crate::import::events::moment::{local, plain_date};
use crate::instant::Instant;

/// EDGAR's clock.
const EDGAR_ZONE: Tz = Tz::America__New_York;
/// Longest header: real ones stay below 20 KiB.
const MAX_HEADER_BYTES: u64 = 256 << 10;
/// Entries of a folder that are looked at.
const MAX_ENTRIES: usize = 10_000;
/// Headers that are opened for one filing, those with the most alike names first.
const MAX_HEADERS: usize = 20;

/// What a header says.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    pub(super) accepted: Instant,
    pub(super) accession: Option<String>,
    period: Option<NaiveDate>,
    /// Of issuer and owners, without leading zeros.
    ciks: Vec<String>,
}

impl Header {
    /// Reads a header of tags (`<PERIOD>20240605`) or of words (`CONFORMED PERIOD OF REPORT: 20240605`); none when
    /// it has no acceptance time.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.replace("&lt;", "<").replace("&gt;", ">");
        let (mut accepted, mut accession, mut period, mut ciks) = (None, None, None, Vec::new());
        for line in text.lines() {
            let line = line.trim();
            let Some((name, value)) =
                line.strip_prefix('<').and_then(|line| line.split_once('>')).or_else(|| line.split_once(':'))
            else {
                continue;
            };
            let value = value.trim();
            match name.trim() {
                "ACCEPTANCE-DATETIME" => accepted = NaiveDateTime::parse_from_str(value, "%Y%m%d%H%M%S").ok(),
                "ACCESSION-NUMBER" | "ACCESSION NUMBER" => accession = Some(value.to_owned()),
                "PERIOD" | "CONFORMED PERIOD OF REPORT" => period = plain_date(value),
                "CIK" | "CENTRAL INDEX KEY" => ciks.push(plain_cik(value).to_owned()),
                _ => {}
            }
        }
        let accepted = local(accepted?, EDGAR_ZONE)?;
        let accession = accession
            .filter(|text| text.len() <= 24 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-'));
        Some(Self { accepted, accession, period, ciks })
    }

    /// Whether it is the header of a filing: the same period, issuer, and one of the owners.
    fn is_of(&self, filing: &Filing) -> bool {
        let names = |cik: &str| self.ciks.iter().any(|known| known == plain_cik(cik));
        self.period.is_some()
            && self.period == filing.period
            && names(&filing.issuer)
            && filing.owners.iter().any(|owner| names(&owner.cik))
    }
}

fn plain_cik(text: &str) -> &str {
    text.trim().trim_start_matches('0')
}

/// How many bytes two files' names begin with alike.
fn alike(one: &Path, other: &Path) -> usize {
    let bytes =
        |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    bytes(one).bytes().zip(bytes(other).bytes()).take_while(|(a, b)| a == b).count()
}

/// The header of a filing among the files in its folder.
pub(super) fn beside(path: &Path, filing: &Filing) -> Option<Header> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut names: Vec<_> = fs::read_dir(folder)
        .ok()?
        .flatten()
        .take(MAX_ENTRIES)
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.contains("index-headers") || name.ends_with(".hdr.sgml")
        })
        .map(|entry| entry.path())
        .collect();
    // one folder may hold many filings, whose files begin alike
    names.sort_by_cached_key(|name| (Reverse(alike(name, path)), name.clone()));
    names.iter().take(MAX_HEADERS).find_map(|name| {
        let mut text = Vec::new();
        File::open(name).ok()?.take(MAX_HEADER_BYTES).read_to_end(&mut text).ok()?;
        Header::parse(&String::from_utf8_lossy(&text)).filter(|header| header.is_of(filing))
    })
}
