use std::fs;

use super::*;
use crate::import::reader::Said;
use crate::import::testing::{Collected, seen_by};

const FILING: &str = r#"<?xml version="1.0"?>
<ownershipDocument>
  <schemaVersion>X0508</schemaVersion><documentType>4</documentType><periodOfReport>2024-06-05</periodOfReport>
  <issuer><issuerCik>0000914156</issuerCik><issuerName>A &amp; B</issuerName><issuerTradingSymbol>NASDAQ: UFPT</issuerTradingSymbol></issuer>
  <reportingOwner>
    <reportingOwnerId><rptOwnerCik>0001641388</rptOwnerCik><rptOwnerName>Doe &amp; Sons</rptOwnerName></reportingOwnerId>
    <reportingOwnerRelationship><isDirector>1</isDirector><isOfficer>true</isOfficer><isTenPercentOwner>0</isTenPercentOwner><officerTitle>CFO</officerTitle></reportingOwnerRelationship>
  </reportingOwner>
  <aff10b5One>1</aff10b5One>
  <nonDerivativeTable>
    <nonDerivativeTransaction>
      <securityTitle><value>Common Stock</value></securityTitle>
      <transactionDate><value>2024-06-05</value></transactionDate>
      <transactionCoding><transactionFormType>4</transactionFormType><transactionCode>S</transactionCode></transactionCoding>
      <transactionAmounts>
        <transactionShares><value>1000</value><footnoteId id="F1"/></transactionShares>
        <transactionPricePerShare><value>250.5</value></transactionPricePerShare>
        <transactionAcquiredDisposedCode><value>D</value></transactionAcquiredDisposedCode>
      </transactionAmounts>
      <postTransactionAmounts><sharesOwnedFollowingTransaction><value>5000</value></sharesOwnedFollowingTransaction></postTransactionAmounts>
      <ownershipNature><directOrIndirectOwnership><value>D</value></directOrIndirectOwnership></ownershipNature>
    </nonDerivativeTransaction>
    <nonDerivativeHolding><securityTitle><value>Held</value></securityTitle></nonDerivativeHolding>
  </nonDerivativeTable>
  <derivativeTable><derivativeTransaction>
      <securityTitle><value>Option</value></securityTitle>
      <transactionDate><value>2024-06-05</value></transactionDate>
      <transactionCoding><transactionCode>M</transactionCode></transactionCoding>
      <transactionAmounts><transactionShares><value>7</value></transactionShares><transactionPricePerShare><footnoteId id="F2"/></transactionPricePerShare>
        <transactionAcquiredDisposedCode><value>D</value></transactionAcquiredDisposedCode></transactionAmounts>
      <underlyingSecurity><underlyingSecurityTitle><value>Common Stock</value></underlyingSecurityTitle></underlyingSecurity>
  </derivativeTransaction></derivativeTable>
  <ownerSignature><signatureDate>2024-06-06</signatureDate></ownerSignature>
</ownershipDocument>
"#;

const HEADER: &str = "<SEC-HEADER>0001062993-24-012217.hdr.sgml : 20240607\n<ACCEPTANCE-DATETIME>20240607181030\n\
    <ACCESSION-NUMBER>0001062993-24-012217\n<TYPE>4\n<PERIOD>20240605\n<REPORTING-OWNER>\n<CIK>0001641388\n\
    </REPORTING-OWNER>\n<ISSUER>\n<CIK>0000914156\n</ISSUER>\n</SEC-HEADER>\n";

fn read_at(path: &str, text: &str) -> Collected {
    assert_eq!(seen_by(READERS, path, text.as_bytes()), ["sec-form4"]);
    Collected::read(&READERS[0], path, text.as_bytes(), &Said::default()).unwrap()
}

fn on(date: &str) -> When {
    When::OnDate(date.parse().unwrap())
}

#[test]
fn every_transaction_is_an_event_with_who_what_and_how_much() {
    let read = read_at("nowhere/f.xml", FILING);
    assert_eq!(read.events.len(), 2);
    let sale = &read.events[0].1;
    assert_eq!((read.spelling(sale.ticker), sale.kind.as_str()), ("UFPT", "insider"));
    assert_eq!(sale.headline, "Doe & Sons sold 1000 Common Stock at 250.5");
    assert_eq!(sale.effective, Some(on("2024-06-05")));
    let numbers = [
        ("shares", 1000.0),
        ("price", 250.5),
        ("value", 250_500.0),
        ("sign", -1.0),
        ("shares-after", 5000.0),
    ];
    assert_eq!(sale.numbers, numbers.map(|(name, value)| (name.to_owned(), value)));
    let attributes = [
        ("code", "S"),
        ("security", "Common Stock"),
        ("held", "D"),
        ("owner", "Doe & Sons"),
        ("owner-cik", "0001641388"),
        ("role", "director, officer"),
        ("title", "CFO"),
        ("form", "4"),
        ("plan-10b5-1", "true"),
        ("issuer-cik", "0000914156"),
    ];
    assert_eq!(sale.attributes, attributes.map(|(name, text)| (name.to_owned(), text.to_owned())));
    let exercise = &read.events[1].1;
    assert_eq!(exercise.headline, "Doe & Sons exercised 7 Option");
    assert_eq!(exercise.numbers, [("shares".to_owned(), 7.0), ("sign".to_owned(), -1.0)]);
    assert!(exercise.attributes.contains(&("derivative".to_owned(), "true".to_owned())));
    assert_ne!(sale.id, exercise.id);
}

#[test]
fn without_a_header_it_is_known_after_its_signature_and_that_is_said() {
    let read = read_at("nowhere/f.xml", FILING);
    assert_eq!(read.events[0].1.known, on("2024-06-06"));
    assert_eq!(read.count(FaultKind::KnownAt), 1);
    let early = FILING.replace("<signatureDate>2024-06-06", "<signatureDate>2024-06-01");
    assert_eq!(read_at("nowhere/f.xml", &early).events[0].1.known, on("2024-06-05"), "not before its period");
    let unsigned = FILING.replace("<signatureDate>2024-06-06</signatureDate>", "");
    assert_eq!(
        read_at("nowhere/f.xml", &unsigned).events[0].1.known,
        on("2024-06-07"),
        "two working days to file"
    );
    assert_eq!(
        working_days_after("2024-06-06".parse().unwrap(), 2).to_string(),
        "2024-06-10",
        "over a week-end"
    );
}

#[test]
fn the_header_of_the_same_filing_tells_when_it_was_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("form4.xml").display().to_string();
    fs::write(dir.path().join("other-index-headers.html"), HEADER.replace("0000914156", "0000000001"))
        .unwrap();
    assert_eq!(read_at(&path, FILING).events[0].1.known, on("2024-06-06"), "of another filing");
    fs::write(dir.path().join("x-index-headers.html"), HEADER.replace('<', "&lt;").replace('>', "&gt;"))
        .unwrap();
    let read = read_at(&path, FILING);
    // 18:10:30 in New York in summer
    assert_eq!(read.events[0].1.known, When::At("2024-06-07T22:10:30Z".parse().unwrap()));
    assert_eq!(read.count(FaultKind::KnownAt), 0);
    assert!(
        read.events[0].1.attributes.contains(&("accession".to_owned(), "0001062993-24-012217".to_owned()))
    );
    assert_eq!(read.events[0].1.id, read_at("nowhere/f.xml", FILING).events[0].1.id, "the same event");
}

#[test]
fn a_full_submission_has_header_and_document() {
    let words = HEADER.replace("<PERIOD>", "CONFORMED PERIOD OF REPORT:\t");
    let submission = format!(
        "<SEC-DOCUMENT>x.txt : 20240607\n{words}<DOCUMENT>\n<TYPE>4\n<TEXT>\n<XML>\n{FILING}</XML>\n</TEXT>\n"
    );
    let read = read_at("nowhere/x.txt", &submission);
    assert_eq!(read.events[0].1.known, When::At("2024-06-07T22:10:30Z".parse().unwrap()));
}

#[test]
fn an_amendment_is_marked() {
    let amended = FILING.replace("<documentType>4<", "<documentType>4/A<");
    let read = read_at("nowhere/f.xml", &amended);
    assert!(read.events[0].1.attributes.contains(&("amendment".to_owned(), "true".to_owned())));
    assert!(read.events[0].1.headline.ends_with("(amended)"));
}

#[test]
fn a_header_alone_tells_nothing_and_is_no_mistake() {
    assert_eq!(seen_by(READERS, "x-index-headers.html", HEADER.as_bytes()), ["edgar-header"]);
    let read = Collected::read(&READERS[1], "x.html", HEADER.as_bytes(), &Said::default()).unwrap();
    assert_eq!((read.events.len(), read.origins.len()), (0, 1));
}

#[test]
fn broken_filings_are_refused_or_counted() {
    let refused = |text: &str| {
        Collected::read(&READERS[0], "f.xml", text.as_bytes(), &Said::default())
            .map(|_| ())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(&FILING[..900]),
        "f.xml: its ownershipDocument ends too early; copy or download it again"
    );
    assert!(refused("<ownershipDocument><a></b></ownershipDocument>").contains("its XML is broken"));
    let deep = format!("<ownershipDocument>{}</ownershipDocument>", "<a>".repeat(100));
    assert!(refused(&deep).contains("more than 64 deep"));
    let nobody = read_at("nowhere/f.xml", &FILING.replace("NASDAQ: UFPT", "A,B"));
    assert_eq!((nobody.events.len(), nobody.count(FaultKind::Symbol)), (0, 1));
    let empty = read_at(
        "nowhere/f.xml",
        "<ownershipDocument><periodOfReport>2024-06-05</periodOfReport></ownershipDocument>",
    );
    assert_eq!(empty.count(FaultKind::Entry), 1);
}
