//! An audit log out of its database: rows, what ends them, and the key are enough to find whatever was done to it.

use sluice_store::{AuditCheck, AuditEnd, AuditFault, AuditFaultKind, AuditRow, AuditVerdict, KeySource};

use crate::audit::{busy, rows};
use crate::case::Case;
use crate::home::{Home, access};
use crate::records::{entry, scan_record};

pub const CASES: &[Case] = cases![
    an_exported_log_is_intact,
    whatever_was_done_to_an_exported_log_is_found_and_its_first_row_named,
    a_pruned_log_begins_at_its_checkpoint,
    another_key_is_named_and_none_is_not_made,
];

async fn exported(home: &Home) -> (Vec<AuditRow>, AuditEnd) {
    let rows = rows(&home.store).await;
    let end = home.store.end_of_audit(rows.last()).unwrap();
    (rows, end)
}

fn checked(home: &Home, rows: &[AuditRow], end: Option<&AuditEnd>) -> AuditVerdict {
    let mut check = AuditCheck::new(&home.access).unwrap();
    rows.iter().for_each(|row| check.read(row));
    for row in rows {
        if !check.take(row.clone()) {
            break;
        }
    }
    if let Some(end) = end {
        check.end(end.clone());
    }
    check.verdict()
}

fn fault(home: &Home, rows: &[AuditRow], end: Option<&AuditEnd>) -> (i64, AuditFaultKind) {
    let AuditFault { number, kind, detail } = checked(home, rows, end).fault.expect("it is found");
    assert!(!detail.is_empty() && !detail.contains('\n'), "{detail}");
    (number, kind)
}

async fn an_exported_log_is_intact(home: Home) {
    let count = busy(&home).await;
    let (rows, end) = exported(&home).await;
    let verdict = checked(&home, &rows, Some(&end));
    assert_eq!((verdict.fault, verdict.rows), (None, count));
    assert_eq!((verdict.first, verdict.newest, verdict.known_newest), (Some(1), Some(10), None));
    // one without rows ends too
    let end = home.store.end_of_audit(None).unwrap();
    assert_eq!(checked(&home, &[], Some(&end)).fault, None);
    assert_eq!(fault(&home, &[], None), (1, AuditFaultKind::Cut));
}

async fn whatever_was_done_to_an_exported_log_is_found_and_its_first_row_named(home: Home) {
    busy(&home).await;
    let (whole, end) = exported(&home).await;
    let after = |change: &dyn Fn(&mut Vec<AuditRow>)| {
        let mut rows = whole.clone();
        change(&mut rows);
        fault(&home, &rows, Some(&end))
    };
    use AuditFaultKind::{Changed, Cut, Inserted, Removed};
    let change_at = |at: usize, change: fn(&mut AuditRow)| after(&|rows| change(&mut rows[at]));
    assert_eq!(change_at(3, |row| row.at += 1), (4, Changed));
    assert_eq!(change_at(3, |row| row.actor = "mallory".to_owned()), (4, Changed));
    assert_eq!(change_at(3, |row| row.subject.push(' ')), (4, Changed));
    assert_eq!(change_at(3, |row| row.after_json = None), (4, Changed));
    assert_eq!(change_at(3, |row| row.operation = "x".to_owned()), (4, Changed));
    assert_eq!(change_at(9, |row| row.host.clear()), (10, Changed));
    assert_eq!(after(&|rows| rows.swap(3, 4)), (4, Removed));
    assert_eq!(after(&|rows| drop(rows.remove(0))), (1, Removed));
    assert_eq!(after(&|rows| drop(rows.drain(4..6))), (5, Removed));
    assert_eq!(after(&|rows| drop(rows.pop())), (10, Cut));
    assert_eq!(after(&|rows| rows.truncate(7)), (8, Cut));
    assert_eq!(after(&|rows| rows.clear()), (1, Cut));
    assert_eq!(after(&|rows| rows.insert(5, rows[2].clone())), (3, Inserted));
    let renumbered = |rows: &mut Vec<AuditRow>| {
        rows.insert(5, rows[2].clone());
        (1..).zip(rows).for_each(|(number, row)| row.number = number);
    };
    assert_eq!(after(&renumbered), (6, Inserted));
    assert_eq!(fault(&home, &whole, None), (11, Cut), "nothing tells that it ends there");
    let moved = AuditEnd { newest: 7, ..end.clone() };
    assert_eq!(fault(&home, &whole[..7], Some(&moved)), (8, Cut), "the end of another row");

    // a row behind the end, and something that is none
    let mut check = AuditCheck::new(&home.access).unwrap();
    whole[..9].iter().for_each(|row| assert!(check.take(row.clone())));
    check.end(home.store.end_of_audit(whole.get(8)).unwrap());
    assert!(!check.take(whole[9].clone()));
    let fault = check.verdict().fault.unwrap();
    assert_eq!((fault.number, fault.kind), (10, Inserted));
    let mut check = AuditCheck::new(&home.access).unwrap();
    whole[..4].iter().for_each(|row| assert!(check.take(row.clone())));
    check.spoilt("line 5 is nothing".to_owned());
    let verdict = check.verdict();
    assert_eq!(verdict.rows, 4);
    let expected = AuditFault { number: 5, kind: Changed, detail: "line 5 is nothing".to_owned() };
    assert_eq!(verdict.fault, Some(expected));
}

async fn a_pruned_log_begins_at_its_checkpoint(home: Home) {
    home.scanned(&scan_record()).await;
    home.store.record(&entry("x")).await.unwrap();
    assert_eq!(home.store.prune(i64::MAX, false, false).await.unwrap().checkpoint, Some(3));
    home.store.record(&entry("y")).await.unwrap();
    let (rows, end) = exported(&home).await;
    let verdict = checked(&home, &rows, Some(&end));
    assert_eq!((verdict.fault, verdict.first, verdict.checkpoint), (None, Some(4), Some(3)));
    assert_eq!(fault(&home, &rows[1..], Some(&end)), (1, AuditFaultKind::Removed));
}

async fn another_key_is_named_and_none_is_not_made(home: Home) {
    let (rows, end) = exported(&home).await;
    let other = access(KeySource::given(&"0".repeat(64), &home.folder).unwrap());
    let mut check = AuditCheck::new(&other).unwrap();
    check.take(rows[0].clone());
    check.end(end);
    let fault = check.verdict().fault.unwrap();
    assert_eq!((fault.number, fault.kind), (1, AuditFaultKind::OtherKey));
    let nowhere = home.folder.join("no.key");
    let error = AuditCheck::new(&access(KeySource::file(&nowhere))).err().expect("there is no key");
    assert!(error.to_string().contains("no.key"), "{error}");
    assert!(!nowhere.exists());
}
