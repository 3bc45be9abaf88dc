//! Files outside the database whose changes the audit log tells of.

use sluice_store::{AuditFilter, StoreError};

use crate::case::Case;
use crate::home::Home;

pub const CASES: &[Case] = cases![
    a_file_is_told_of_at_first_sight_and_whenever_it_changed,
    what_is_no_path_or_digest_is_refused_by_name,
];

async fn a_file_is_told_of_at_first_sight_and_whenever_it_changed(home: Home) {
    let notice = async |path: &str, digest: &str| home.store.notice_file(path, digest).await.unwrap();
    assert!(notice("/a/sluice.toml", "d1").await);
    assert!(!notice("/a/sluice.toml", "d1").await);
    assert!(notice("/b/it's.toml", "d1").await, "another file");
    assert!(notice("/a/sluice.toml", "d2").await);
    assert!(!home.open().await.notice_file("/a/sluice.toml", "d2").await.unwrap(), "known to everybody");
    assert!(notice("/a/sluice.toml", "d1").await, "back again");
    let told =
        AuditFilter { action: Some("file.changed".to_owned()), oldest_first: true, ..AuditFilter::default() };
    let told = home.store.audit(&told, None, 9).await.unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|row| (row.subject.as_str(), row.before_json.as_deref(), row.after_json.as_deref().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("/a/sluice.toml", None, "{\"digest\":\"d1\"}"),
            ("/b/it's.toml", None, "{\"digest\":\"d1\"}"),
            ("/a/sluice.toml", Some("{\"digest\":\"d1\"}"), "{\"digest\":\"d2\"}"),
            ("/a/sluice.toml", Some("{\"digest\":\"d2\"}"), "{\"digest\":\"d1\"}"),
        ]
    );
    // another machine has its own file of that name
    home.run("UPDATE noticed_files SET host = 'elsewhere'").await.unwrap();
    assert!(notice("/a/sluice.toml", "d1").await);
}

async fn what_is_no_path_or_digest_is_refused_by_name(home: Home) {
    for (path, digest, field) in
        [("", "d", "path"), ("p", "", "digest"), ("a\0", "d", "path"), ("p", "\0", "digest")]
    {
        let error = home.store.notice_file(path, digest).await.unwrap_err();
        assert!(matches!(error, StoreError::BadRecord { .. }), "{error:?}");
        assert!(error.to_string().contains(&format!(": {field} ")), "{error}");
    }
    assert_eq!(home.number("SELECT count(*) FROM noticed_files").await, 0);
}
