//! SEC Form 4: what insiders did with their company's shares; one event per transaction.
//!
//! The XML says when something was done, and not when the filing was accepted. That stands in EDGAR's header: within a
//! full submission (`.txt`), or in a file of its own (`…-index-headers.html`, `….hdr.sgml`) that is looked for in
//! the folder of the XML and taken when period, issuer and an owner are the same.

mod document;
mod header;

use std::io::Read;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use sha2::{Digest, Sha256};

use super::publish::publish;
use crate::import::error::ImportError;
use crate::import::faults::{FaultKind, Place};
use crate::import::reader::{Head, Input, Reader};
use crate::import::sink::Origin;
use crate::import::sink::{EventRow, Sink, Ticker, When};
use crate::import::source::read_error;
use document::{Filing, Transaction};
use header::Header;

/// Longest filing: real ones stay below 1 MiB.
const MAX_FILING_BYTES: u64 = 16 << 20;
/// Working days after the transaction within which a Form 4 must be filed.
const DAYS_TO_FILE: u32 = 2;
/// Bytes of the digest that name a filing.
const ID_BYTES: usize = 8;

const TITLE: &str = "SEC Form 4 (XML)";
const HEADER_TITLE: &str = "EDGAR header (read with the Form 4 beside it)";

pub(super) const READERS: &[Reader] = &[
    Reader { name: "sec-form4", title: TITLE, sees: |head| holds(head, b"<ownershipDocument"), read },
    Reader {
        name: "edgar-header",
        title: HEADER_TITLE,
        sees: |head| {
            (holds(head, b"ACCEPTANCE-DATETIME>") || holds(head, b"ACCEPTANCE-DATETIME&gt;"))
                && !holds(head, b"<ownershipDocument")
        },
        read: |_, sink| {
            sink.begin(Origin::without_bars("sec", HEADER_TITLE, Vec::new()));
            sink.progress(0)
        },
    },
];

fn holds(head: &Head<'_>, what: &[u8]) -> bool {
    head.bytes.trim_ascii_start().first() == Some(&b'<')
        && head.bytes.windows(what.len()).any(|window| window == what)
}

fn read(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    let path = input.head.path;
    let mut bytes = Vec::new();
    let taken = (&mut *input.text).take(MAX_FILING_BYTES + 1).read_to_end(&mut bytes);
    taken.map_err(|error| read_error(path, &error))?;
    if bytes.len() as u64 > MAX_FILING_BYTES {
        let reason =
            format!("it is a filing of more than {} MiB, the most that is read", MAX_FILING_BYTES >> 20);
        return Err(ImportError::content(path, reason, "import the Form 4's own XML"));
    }
    let text = String::from_utf8_lossy(&bytes);
    let (before, xml) = document::part(&text).ok_or_else(|| {
        ImportError::content(path, "its ownershipDocument ends too early", "copy or download it again")
    })?;
    let filing = Filing::parse(xml).map_err(|reason| {
        ImportError::content(path, format!("its XML is broken: {reason}"), "copy or download it again")
    })?;
    sink.begin(Origin::without_bars("sec", TITLE, Vec::new()));
    let header = Header::parse(before).or_else(|| header::beside(path, &filing));
    tell(&filing, header.as_ref(), &name_of(xml), sink);
    sink.progress(filing.transactions.len() as u64)
}

/// A name for a filing that is the same whether or not its header is there.
fn name_of(xml: &str) -> String {
    let digest = Sha256::digest(xml.as_bytes());
    digest.iter().take(ID_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

fn tell(filing: &Filing, header: Option<&Header>, name: &str, sink: &mut dyn Sink) {
    let place = Place::Nowhere;
    let Some(known) = known(filing, header) else {
        return sink.fault(FaultKind::Entry, place, &mut || {
            "it has neither a period nor a signature date".to_owned()
        });
    };
    if filing.transactions.is_empty() {
        let form = filing.form.clone();
        return sink.fault(FaultKind::Entry, place, &mut || format!("form {form} without a transaction"));
    }
    let Some(ticker) = sink.ticker(place, filing.ticker().as_bytes()) else { return };
    if header.is_none() {
        sink.fault(FaultKind::KnownAt, place, &mut || {
            "no acceptance time: known when the day of its signature is over".to_owned()
        });
    }
    for (index, transaction) in filing.transactions.iter().enumerate() {
        let row = event(filing, header, transaction, ticker, known, format!("{name}:{}", index + 1));
        publish(sink, Place::Row(index as u64 + 1), row);
    }
}

/// When the filing was public. Without EDGAR's word: after the day of its signature, or of its last day to be filed.
fn known(filing: &Filing, header: Option<&Header>) -> Option<When> {
    if let Some(header) = header {
        return Some(When::At(header.accepted));
    }
    let signed = filing.signed.into_iter().chain(filing.period).max();
    match filing.signed {
        Some(_) => signed.map(When::OnDate),
        None => filing.period.map(|period| When::OnDate(working_days_after(period, DAYS_TO_FILE))),
    }
}

fn working_days_after(date: NaiveDate, count: u32) -> NaiveDate {
    let mut left = count;
    let mut date = date;
    while left > 0 {
        date = date.checked_add_days(Days::new(1)).unwrap_or(date);
        if !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) || date == NaiveDate::MAX {
            left -= 1;
        }
    }
    date
}

fn event(
    filing: &Filing,
    header: Option<&Header>,
    transaction: &Transaction,
    ticker: Ticker,
    known: When,
    id: String,
) -> EventRow {
    let value = transaction.shares.zip(transaction.price).map(|(shares, price)| shares * price);
    let numbers = [
        ("shares", transaction.shares),
        ("price", transaction.price),
        ("value", value),
        ("sign", transaction.acquired.map(|acquired| if acquired { 1.0 } else { -1.0 })),
        ("shares-after", transaction.after),
    ];
    let owner = filing.owners.first();
    let named = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let yes = |set: bool| set.then(|| "true".to_owned());
    let attributes = [
        ("code", named(&transaction.code)),
        ("security", named(&transaction.security)),
        ("derivative", yes(transaction.derivative)),
        ("held", named(&transaction.held)),
        ("owner", owner.and_then(|owner| named(&owner.name))),
        ("owner-cik", owner.and_then(|owner| named(&owner.cik))),
        ("role", owner.and_then(|owner| named(&owner.role()))),
        ("title", owner.and_then(|owner| named(&owner.title))),
        ("owners", (filing.owners.len() > 1).then(|| filing.owners.len().to_string())),
        ("form", named(&filing.form)),
        ("amendment", yes(filing.form.ends_with("/A"))),
        ("plan-10b5-1", yes(filing.plan)),
        ("issuer-cik", named(&filing.issuer)),
        ("accession", header.and_then(|header| header.accession.clone())),
    ];
    EventRow {
        ticker,
        kind: "insider".to_owned(),
        known,
        effective: transaction.date.map(When::OnDate),
        headline: headline(filing, transaction),
        id: Some(id),
        numbers: numbers.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect(),
        attributes: attributes
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), text?)))
            .collect(),
    }
}

fn headline(filing: &Filing, transaction: &Transaction) -> String {
    let who = filing.owners.first().map_or("An insider", |owner| owner.name.as_str());
    let did = match (transaction.code.as_str(), transaction.acquired) {
        ("P", _) => "bought",
        ("S", _) => "sold",
        ("A", _) => "was granted",
        ("M" | "X", Some(true)) => "received on exercise",
        ("M" | "X", _) => "exercised",
        ("F", _) => "gave up for price or taxes",
        ("G", _) => "gave",
        (_, Some(true)) => "acquired",
        (_, Some(false)) => "disposed of",
        (_, None) => "traded",
    };
    let shares = transaction.shares.map(|shares| format!(" {shares}")).unwrap_or_default();
    let price = transaction.price.filter(|price| *price > 0.0).map(|price| format!(" at {price}"));
    let amended = if filing.form.ends_with("/A") { " (amended)" } else { "" };
    format!("{who} {did}{shares} {}{}{amended}", transaction.security, price.unwrap_or_default())
}

#[cfg(test)]
mod tests;
