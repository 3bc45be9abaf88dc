//! The audit log: what it tells, how it is read, and that it goes on only from where it is known to have ended.

use std::fs;

use sluice_store::{
    AuditAction, AuditEntry, AuditFaultKind, AuditFilter, AuditRow, Base, KeySource, Secret, Store,
    StoreError,
};

use crate::case::Case;
use crate::home::{Database, Home, access};
use crate::records::{change, entry, new_layer, new_scan, scan_record};

pub const CASES: &[Case] = cases![
    every_kind_of_change_has_its_row_and_the_log_is_intact,
    a_row_tells_who_did_what_and_when,
    a_log_that_lost_its_end_is_not_continued_until_somebody_accepts_that,
    a_database_whose_log_was_cut_opens_even_after_a_dead_scan,
    what_another_home_wrote_is_no_cut,
    without_the_file_of_newest_hashes_the_log_is_intact_but_its_end_is_not_known,
    rows_are_filtered,
    what_is_no_text_is_refused,
];

pub async fn rows(store: &Store) -> Vec<AuditRow> {
    store.audit(&AuditFilter { oldest_first: true, ..AuditFilter::default() }, None, 1000).await.unwrap()
}

/// One of everything that the log tells of; the number of rows is returned.
pub async fn busy(home: &Home) -> u64 {
    let store = &home.store;
    store.record(&entry("import")).await.unwrap();
    store.change_settings(&change(Base::Seen(0), "stage:p/s", "threshold", Some("60"))).await.unwrap();
    store.install_layer(&new_layer("me/first", "1.0.0", "aa", b"one")).await.unwrap();
    store.remove_layer("me/first", None, &[]).await.unwrap();
    home.scanned(&scan_record()).await;
    let scan = store.begin_scan(&new_scan("default")).await.unwrap();
    store.interrupt_scan(&scan, "Ctrl-C").await.unwrap();
    store.set_secret("feed", &Secret::new("x".to_owned())).await.unwrap();
    store.remove_secret("feed").await.unwrap();
    store.notice_file("/etc/sluice.toml", "d1").await.unwrap();
    // has a row of its own and none in the log
    crate::breakers::count(store, "me/l", false).await.unwrap();
    10
}

async fn every_kind_of_change_has_its_row_and_the_log_is_intact(home: Home) {
    let written = busy(&home).await;
    let rows = rows(&home.store).await;
    let actions: Vec<&str> = rows.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "database.created",
            "import.finished",
            "settings.changed",
            "layer.installed",
            "layer.removed",
            "scan.finished",
            "scan.interrupted",
            "secret.set",
            "secret.removed",
            "file.changed",
        ]
    );
    let mut steps = Vec::new();
    let verdict = home.store.verify_audit(|checked| steps.push(checked)).await.unwrap();
    assert_eq!(verdict.fault, None);
    assert_eq!((verdict.rows, verdict.first, verdict.newest), (written, Some(1), Some(10)));
    assert_eq!((verdict.known_newest, verdict.checkpoint), (Some(10), None));
    assert_eq!(steps.last(), Some(&10));
    // what changes nothing is not told
    home.store.remove_layer("no/such", None, &[]).await.unwrap();
    home.store.remove_secret("feed").await.unwrap();
    home.store.notice_file("/etc/sluice.toml", "d1").await.unwrap();
    home.store.mark_abandoned().await.unwrap();
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().rows, 10);
    assert_eq!(home.store.database_status().await.unwrap().audit_rows, 10);
}

async fn a_row_tells_who_did_what_and_when(home: Home) {
    let number = home.store.record(&entry("bars of 2026")).await.unwrap();
    assert_eq!(number, 2);
    let row = home.store.audit(&AuditFilter::default(), None, 1).await.unwrap().remove(0);
    let created = rows(&home.store).await.remove(0);
    assert_eq!((row.number, row.actor.as_str(), row.host.as_str()), (2, "ann", "desk"));
    assert_eq!((row.action.as_str(), row.subject.as_str()), ("import.finished", "bars of 2026"));
    assert_eq!(
        (row.before_json.as_deref(), row.after_json.as_deref()),
        (Some("{\"bars\":1}"), Some("{\"bars\":2}"))
    );
    assert_eq!((row.mac.len(), created.number), (64, 1));
    assert!(row.at >= created.at && created.at > 1_600_000_000_000, "{row:?}");
    assert_eq!((created.subject, created.before_json), (home.url.to_string(), None));
}

/// Removes the newest rows past the store.
async fn cut(database: &Database, from: i64) {
    database.run(&format!("DELETE FROM audit WHERE number >= {from}")).await.unwrap();
}

async fn a_log_that_lost_its_end_is_not_continued_until_somebody_accepts_that(home: Home) {
    for step in 2..=5 {
        home.store.record(&entry(&step.to_string())).await.unwrap();
    }
    cut(&home, 4).await;
    let store = home.open().await;
    let error = store.record(&entry("x")).await.unwrap_err();
    assert!(matches!(error, StoreError::AuditCut { number: 5, .. }), "{error:?}");
    let expected = format!(
        "cannot write into the audit log: the audit log of {} does not continue after row 5, which was written here;",
        home.url
    );
    assert!(error.to_string().starts_with(&expected), "{error}");
    let refused = store.change_settings(&change(Base::Seen(0), "stage:p/s", "x", Some("1"))).await;
    assert!(matches!(refused, Err(StoreError::AuditCut { .. })));
    assert_eq!(store.settings().await.unwrap().revision, 0);
    let scan = store.begin_scan(&new_scan("default")).await.unwrap();
    assert!(matches!(store.finish_scan(&scan, &scan_record()).await, Err(StoreError::AuditCut { .. })));
    assert_eq!(rows(&store).await.len(), 3, "nothing was written");

    assert_eq!(store.accept_audit("restored by hand").await.unwrap(), 4);
    assert_eq!(store.record(&entry("x")).await.unwrap(), 5);
    store.finish_scan(&scan, &scan_record()).await.unwrap();
    let told = rows(&store).await.remove(3);
    assert_eq!(
        (told.action.as_str(), told.after_json.as_deref()),
        ("audit.accepted", Some("{\"reason\":\"restored by hand\"}"))
    );
    let before: String = told.before_json.unwrap();
    assert!(before.contains("\"audit_rows\":5"), "{before}");
    let verdict = store.verify_audit(|_| ()).await.unwrap();
    assert_eq!((verdict.fault, verdict.newest, verdict.known_newest), (None, Some(6), Some(6)));
}

async fn a_database_whose_log_was_cut_opens_even_after_a_dead_scan(home: Home) {
    let scan = home.store.begin_scan(&new_scan("default")).await.unwrap();
    home.store.record(&entry("x")).await.unwrap();
    cut(&home, 2).await;
    home.run("UPDATE scans SET host = 'elsewhere', started_at = 0").await.unwrap();
    let store = home.open().await;
    let fault = store.verify_audit(|_| ()).await.unwrap().fault.unwrap();
    assert_eq!(fault.kind, AuditFaultKind::Cut);
    store.accept_audit("tried").await.unwrap();
    let store = home.open().await;
    assert_eq!(store.scan(&scan).await.unwrap().status, sluice_store::ScanStatus::Interrupted);
}

/// A second home with the same key, as of another user or machine.
async fn what_another_home_wrote_is_no_cut(home: Home) {
    let folder = home.folder.join("second");
    fs::create_dir(&folder).unwrap();
    let second = Database { folder: folder.clone(), ..Database::at(home.backend, &home.address, &folder) };
    let other = second.open().await;
    home.store.record(&entry("first")).await.unwrap();
    other.record(&entry("second")).await.unwrap();
    other.record(&entry("third")).await.unwrap();
    home.store.record(&entry("fourth")).await.unwrap();
    for store in [&home.store, &other] {
        assert_eq!(store.verify_audit(|_| ()).await.unwrap().fault, None);
    }
    let verdict = other.verify_audit(|_| ()).await.unwrap();
    assert_eq!((verdict.newest, verdict.known_newest), (Some(5), Some(4)));
    // a cut of what the second home does not know of is seen by the first only
    cut(&home, 5).await;
    assert_eq!(other.verify_audit(|_| ()).await.unwrap().fault, None);
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault.unwrap().kind, AuditFaultKind::Cut);
}

async fn without_the_file_of_newest_hashes_the_log_is_intact_but_its_end_is_not_known(home: Home) {
    home.store.record(&entry("x")).await.unwrap();
    fs::remove_file(home.heads()).unwrap();
    let verdict = home.store.verify_audit(|_| ()).await.unwrap();
    assert_eq!((verdict.fault, verdict.newest, verdict.known_newest), (None, Some(2), None));
    home.store.record(&entry("y")).await.unwrap();
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().known_newest, Some(3), "it is made again");
    // a line that is none of ours is not in the way
    fs::write(home.heads(), "{\"id\":7}\nnonsense\n").unwrap();
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().known_newest, None);
    home.store.record(&entry("z")).await.unwrap();
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

async fn rows_are_filtered(home: Home) {
    let named = |action, subject: &str| AuditEntry { action, ..entry(subject) };
    for (action, subject) in [
        (AuditAction::LayerInstalled, "me/100%_sure@1"),
        (AuditAction::LayerRemoved, "me/100xysure@1"),
        (AuditAction::FileChanged, "it's \"quoted\" \\ ?1 $1"),
        (AuditAction::ImportBegun, "Ümläut"),
    ] {
        home.store.record(&named(action, subject)).await.unwrap();
    }
    home.run("UPDATE audit SET action = 'layerish.done', actor = 'bob', at = 5 WHERE number = 5")
        .await
        .unwrap();
    let numbers = async |filter: AuditFilter| -> Vec<i64> {
        home.store.audit(&filter, None, 100).await.unwrap().iter().map(|row| row.number).collect()
    };
    let none: [i64; 0] = [];
    let action = |action: &str| AuditFilter { action: Some(action.to_owned()), ..AuditFilter::default() };
    let subject = |text: &str| AuditFilter { subject: Some(text.to_owned()), ..AuditFilter::default() };
    assert_eq!(numbers(AuditFilter::default()).await, [5, 4, 3, 2, 1]);
    assert_eq!(numbers(action("layer")).await, [3, 2], "a whole word");
    assert_eq!(numbers(action("layer.removed")).await, [3]);
    assert_eq!(numbers(action("layer.")).await, none);
    assert_eq!(numbers(action("lay")).await, none);
    assert_eq!(numbers(action("%")).await, none);
    assert_eq!(numbers(action("layer' OR 'a'='a")).await, none);
    assert_eq!(numbers(subject("%_")).await, [2], "no pattern");
    assert_eq!(numbers(subject("100")).await, [3, 2]);
    assert_eq!(
        numbers(subject("_")).await,
        if home.url.to_string().contains('_') { vec![2, 1] } else { vec![2] }
    );
    assert_eq!(numbers(subject("it's \"quoted\" \\ ?1 $1")).await, [4]);
    assert_eq!(numbers(subject("'")).await, [4]);
    assert_eq!(numbers(subject("\\")).await, [4]);
    assert_eq!(numbers(subject("mlä")).await, [5]);
    assert_eq!(numbers(subject("ÜMLÄUT")).await, none);
    assert_eq!(numbers(subject("")).await, [5, 4, 3, 2, 1], "in every text");
    assert_eq!(numbers(AuditFilter { actor: Some("bob".to_owned()), ..AuditFilter::default() }).await, [5]);
    assert_eq!(numbers(AuditFilter { until: Some(6), ..AuditFilter::default() }).await, [5]);
    assert_eq!(numbers(AuditFilter { since: Some(5), until: Some(5), ..AuditFilter::default() }).await, none);
    assert_eq!(numbers(AuditFilter { since: Some(6), ..action("layer") }).await, [3, 2]);
    let all = AuditFilter {
        actor: Some("ann".to_owned()),
        action: Some("layer".to_owned()),
        subject: Some("sure".to_owned()),
        since: Some(0),
        until: Some(i64::MAX),
        oldest_first: true,
    };
    assert_eq!(numbers(all.clone()).await, [2, 3]);
    let next = home.store.audit(&all, Some(2), 100).await.unwrap();
    assert_eq!(next.iter().map(|row| row.number).collect::<Vec<_>>(), [3]);
}

async fn what_is_no_text_is_refused(home: Home) {
    let spoilt = [
        AuditEntry { subject: "\0".to_owned(), ..entry("x") },
        AuditEntry { before_json: Some("\0".to_owned()), ..entry("x") },
        AuditEntry { after_json: Some("\0".to_owned()), ..entry("x") },
    ];
    for entry in spoilt {
        let error = home.store.record(&entry).await.unwrap_err();
        assert!(matches!(error, StoreError::BadRecord { .. }), "{error:?}");
    }
    assert!(home.store.accept_audit("\0").await.is_err());
    let other =
        Store::open(&home.url, &access(KeySource::given(&"0".repeat(64), &home.folder).unwrap())).await;
    let error = other.unwrap().record(&entry("x")).await.unwrap_err();
    assert!(matches!(error, StoreError::OtherKey { .. }), "{error:?}");
    assert_eq!(home.number("SELECT count(*) FROM audit").await, 1);
}
