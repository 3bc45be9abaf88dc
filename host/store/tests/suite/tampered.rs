//! Whatever is done to the audit log past the store is found, and its first row is named.

use sluice_store::{AuditFaultKind, AuditVerdict, KeySource, Store};

use crate::audit::busy;
use crate::case::Case;
use crate::home::{Cell, Database, Home, access};
use crate::records::{entry, scan_record};

pub const CASES: &[Case] = cases![
    a_change_of_any_column_is_found,
    a_row_that_is_gone_is_found,
    a_row_that_was_put_in_is_found,
    a_row_that_was_put_in_between_two_pages_is_found,
    a_log_that_was_replaced_by_another_of_the_same_key_is_found,
    a_database_that_was_replaced_is_found,
    another_key_is_named,
    a_checkpoint_that_was_tampered_with_is_found,
];

/// The verdict after a change past the store; the log is then put back.
async fn after(home: &Database, store: &Store, sql: &str) -> AuditVerdict {
    home.run("DROP TABLE IF EXISTS kept").await.unwrap();
    home.run("CREATE TABLE kept AS SELECT * FROM audit").await.unwrap();
    home.run(sql).await.unwrap();
    let verdict = store.verify_audit(|_| ()).await.unwrap();
    home.run("DELETE FROM audit; INSERT INTO audit SELECT * FROM kept; DROP TABLE kept").await.unwrap();
    assert_eq!(store.verify_audit(|_| ()).await.unwrap().fault, None);
    verdict
}

async fn fault(home: &Database, store: &Store, sql: &str) -> (i64, AuditFaultKind, String) {
    let verdict = after(home, store, sql).await;
    let fault = verdict.fault.unwrap_or_else(|| panic!("not found: {sql}"));
    assert!(!fault.detail.is_empty() && !fault.detail.contains('\n'), "{fault:?}");
    (fault.number, fault.kind, fault.detail)
}

async fn a_change_of_any_column_is_found(home: Home) {
    busy(&home).await;
    let digits = "f".repeat(64);
    let new_values = [
        ("at", "at + 1"),
        ("actor", "'mallory'"),
        ("host", "host || ' '"),
        ("action", "'layer.installed'"),
        ("subject", "''"),
        ("before_json", "NULL"),
        ("after_json", "'{\"bars\":3}'"),
        ("operation", "'00000000-0000-7000-8000-000000000000'"),
        ("mac", &format!("'{digits}'")),
        ("before_json = after_json, after_json", "before_json"),
        ("actor = host, host", "actor"),
    ];
    for (column, value) in new_values {
        let sql = format!("UPDATE audit SET {column} = {value} WHERE number = 2");
        let (number, kind, detail) = fault(&home, &home.store, &sql).await;
        assert_eq!((number, kind), (2, AuditFaultKind::Changed), "{column}: {detail}");
    }
    for number in [1, 10] {
        let sql = format!("UPDATE audit SET subject = 'x' WHERE number = {number}");
        let (found, kind, _) = fault(&home, &home.store, &sql).await;
        assert_eq!((found, kind), (number, AuditFaultKind::Changed));
    }
    let sql = "UPDATE audit SET key_name = '0123456789ab' WHERE number = 4";
    let (number, kind, detail) = fault(&home, &home.store, sql).await;
    assert_eq!((number, kind), (4, AuditFaultKind::OtherKey), "{detail}");
    assert!(detail.contains("0123456789ab"), "{detail}");
    let (number, kind, _) = fault(&home, &home.store, "UPDATE audit SET number = 99 WHERE number = 3").await;
    assert_eq!((number, kind), (3, AuditFaultKind::Removed));
    // two rows change places
    let swap = "UPDATE audit SET number = 99 WHERE number = 5; UPDATE audit SET number = 5 WHERE number = 6; \
         UPDATE audit SET number = 6 WHERE number = 99";
    assert_eq!(fault(&home, &home.store, swap).await.0, 5);
}

async fn a_row_that_is_gone_is_found(home: Home) {
    busy(&home).await;
    for (condition, number, kind) in [
        ("number = 1", 1, AuditFaultKind::Removed),
        ("number <= 4", 1, AuditFaultKind::Removed),
        ("number = 5", 5, AuditFaultKind::Removed),
        ("number IN (5, 6)", 5, AuditFaultKind::Removed),
        ("number IN (3, 7)", 3, AuditFaultKind::Removed),
        ("number = 10", 10, AuditFaultKind::Cut),
        ("number >= 8", 8, AuditFaultKind::Cut),
        ("number > 0", 1, AuditFaultKind::Cut),
    ] {
        let (found, found_kind, detail) =
            fault(&home, &home.store, &format!("DELETE FROM audit WHERE {condition}")).await;
        assert_eq!((found, found_kind), (number, kind), "{condition}: {detail}");
    }
    // those behind it move up
    let closed = "DELETE FROM audit WHERE number = 5; UPDATE audit SET number = number + 999 WHERE number > 5; \
         UPDATE audit SET number = number - 1000 WHERE number > 999";
    let (number, kind, _) = fault(&home, &home.store, closed).await;
    assert_eq!((number, kind), (5, AuditFaultKind::Changed));
}

/// Puts a copy of row 2 under a number, with an operation of its own.
fn copy_as(number: i64) -> String {
    format!(
        "INSERT INTO audit (number, at, actor, host, action, subject, operation, key_name, mac) SELECT {number}, at, \
         'mallory', host, action, subject, '00000000-0000-7000-8000-000000000000', key_name, mac FROM audit \
         WHERE number = 2;"
    )
}

/// Makes room for a row.
fn room_at(number: i64) -> String {
    format!(
        "UPDATE audit SET number = number + 100000 WHERE number >= {number}; \
         UPDATE audit SET number = number - 99999 WHERE number > 99999;"
    )
}

async fn a_row_that_was_put_in_is_found(home: Home) {
    busy(&home).await;
    for number in [1, 3, 5, 10] {
        let sql = format!(
            "{} {}",
            room_at(number),
            copy_as(number).replace("= 2;", if number == 1 { "= 3;" } else { "= 2;" })
        );
        let (found, kind, detail) = fault(&home, &home.store, &sql).await;
        assert_eq!((found, kind), (number, AuditFaultKind::Inserted), "{detail}");
    }
    let (number, kind, _) = fault(&home, &home.store, &copy_as(11)).await;
    assert_eq!((number, kind), (11, AuditFaultKind::Inserted), "appended");
    assert_eq!(fault(&home, &home.store, &copy_as(13)).await.0, 11, "appended with a gap");
}

async fn a_row_that_was_put_in_between_two_pages_is_found(home: Home) {
    // a page of the check has 1,000 rows
    crate::concurrent::records_at_once(&home, 4, 252).await;
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().rows, 1009);
    for number in [1000, 1001] {
        let (found, kind, detail) =
            fault(&home, &home.store, &format!("{} {}", room_at(number), copy_as(number))).await;
        assert_eq!((found, kind), (number, AuditFaultKind::Inserted), "{detail}");
    }
}

fn literal(cell: &Cell) -> String {
    match cell {
        Cell::Null => "NULL".to_owned(),
        Cell::Integer(value) => value.to_string(),
        Cell::Text(text) => format!("'{}'", text.replace('\'', "''")),
        other => panic!("{other:?}"),
    }
}

async fn a_log_that_was_replaced_by_another_of_the_same_key_is_found(home: Home) {
    let other = home.fresh("other").await;
    let store = other.open().await;
    home.store.record(&entry("theirs")).await.unwrap();
    home.store.record(&entry("more")).await.unwrap();
    for length in [2, 3, 5] {
        while store.verify_audit(|_| ()).await.unwrap().rows < length {
            store.record(&entry("ours")).await.unwrap();
        }
        let mut sql = "DELETE FROM audit;".to_owned();
        for row in other.rows("SELECT * FROM audit ORDER BY number").await {
            let values: Vec<String> = row.iter().map(literal).collect();
            sql.push_str(&format!("INSERT INTO audit VALUES ({});", values.join(", ")));
        }
        let (number, kind, detail) = fault(&home, &home.store, &sql).await;
        assert_eq!(number, 3, "{detail}");
        assert_eq!(kind, if length == 2 { AuditFaultKind::Cut } else { AuditFaultKind::Changed }, "{detail}");
    }
}

async fn a_database_that_was_replaced_is_found(home: Home) {
    home.store.record(&entry("x")).await.unwrap();
    home.run("UPDATE identity SET id = '0198c2f4-5a10-7c3e-9d42-6f1f0c9a7b21'").await.unwrap();
    let fault = home.store.verify_audit(|_| ()).await.unwrap().fault.unwrap();
    assert_eq!((fault.number, fault.kind), (1, AuditFaultKind::Removed));
    assert!(
        fault.detail.contains("the database is another one") && fault.detail.contains("2 rows"),
        "{fault:?}"
    );
}

async fn another_key_is_named(home: Home) {
    home.store.record(&entry("x")).await.unwrap();
    let other = access(KeySource::given(&"0".repeat(64), &home.folder).unwrap());
    let other = Store::open(&home.url, &other).await.unwrap();
    let verdict = other.verify_audit(|_| ()).await.unwrap();
    let fault = verdict.fault.unwrap();
    assert_eq!((fault.number, fault.kind, verdict.rows), (1, AuditFaultKind::OtherKey, 0));
    let name = home.texts("SELECT key_name FROM audit WHERE number = 1").await.remove(0);
    assert!(fault.detail.contains(&name), "{fault:?}");
}

async fn a_checkpoint_that_was_tampered_with_is_found(home: Home) {
    home.scanned(&scan_record()).await;
    home.store.record(&entry("x")).await.unwrap();
    let pruned = home.store.prune(i64::MAX, false, false).await.unwrap();
    assert_eq!(pruned.checkpoint, Some(3));
    home.store.record(&entry("y")).await.unwrap();
    home.store.record(&entry("z")).await.unwrap();
    let verdict = home.store.verify_audit(|_| ()).await.unwrap();
    assert_eq!((verdict.fault, verdict.first, verdict.checkpoint), (None, Some(4), Some(3)));
    let macs = home.texts("SELECT mac FROM audit ORDER BY number").await;
    for (sql, number, kind) in [
        ("DELETE FROM audit WHERE number = 4".to_owned(), 1, AuditFaultKind::Removed),
        ("UPDATE audit SET after_json = NULL WHERE number = 4".to_owned(), 1, AuditFaultKind::Removed),
        (
            "UPDATE audit SET after_json = replace(after_json, '\"scans\":1', '\"scans\":0') WHERE number = 4".to_owned(),
            4,
            AuditFaultKind::Changed,
        ),
        // more rows go, and another row says that they were pruned
        (
            format!(
                "DELETE FROM audit WHERE number <= 5; UPDATE audit SET action = 'database.pruned', \
                 after_json = '{{\"checkpoint\":{{\"mac\":\"{}\",\"through\":5}}}}' WHERE number = 6",
                macs[1]
            ),
            6,
            AuditFaultKind::Changed,
        ),
    ] {
        let (found, found_kind, detail) = fault(&home, &home.store, &sql).await;
        assert_eq!((found, found_kind), (number, kind), "{sql}: {detail}");
    }
}
