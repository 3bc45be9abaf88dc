//! Settings: numbered revisions that refuse what others overtook.

use sluice_store::{
    AuditFilter, Base, ChangeRow, Changed, KeySource, SettingKey, Settings, SettingsChange, Store, StoreError,
};

use crate::case::Case;
use crate::home::{Home, access};
use crate::records::{change, key};

pub const CASES: &[Case] = cases![
    a_change_is_the_next_revision_with_its_audit_row,
    what_is_so_already_is_not_written_again,
    a_change_of_other_keys_goes_through_and_one_of_the_same_is_refused_with_the_newer_one,
    exactly_refuses_any_newer_revision,
    a_base_that_was_never_there_is_refused,
    the_settings_of_every_revision_can_be_read_back_for_a_rollback,
    the_history_is_paged_without_gaps_or_doubles_while_it_grows,
    a_change_without_its_audit_row_leaves_no_revision,
    what_cannot_be_kept_is_refused_by_name,
];

const STAGE: &str = "stage:daily/catalyst";
const LAYER: &str = "layer:sluice/volume";

async fn set(store: &Store, target: &str, name: &str, value: Option<&str>) -> i64 {
    let base = Base::Exactly(store.settings().await.unwrap().revision);
    match store.change_settings(&change(base, target, name, value)).await.unwrap() {
        Changed::Revision(revision) => revision,
        Changed::Nothing => panic!("nothing changed"),
    }
}

fn held(settings: &Settings) -> Vec<(&str, &str, i64)> {
    settings.rows.iter().map(|row| (row.key.name.as_str(), row.value_json.as_str(), row.revision)).collect()
}

async fn a_change_is_the_next_revision_with_its_audit_row(home: Home) {
    assert_eq!(home.store.settings().await.unwrap(), Settings::default());
    assert_eq!(set(&home.store, STAGE, "threshold", Some("60")).await, 1);
    let both = SettingsChange {
        base: Base::Seen(1),
        set: vec![
            (key(STAGE, "threshold"), Some("65".to_owned())),
            (key(LAYER, "ratio"), Some("{\"a\":[1.5,null]}".to_owned())),
            (key(LAYER, "unknown"), None),
        ],
        rolled_back_to: None,
    };
    assert_eq!(home.open().await.change_settings(&both).await.unwrap(), Changed::Revision(2));
    let settings = home.store.settings().await.unwrap();
    assert_eq!(settings.revision, 2);
    assert_eq!(held(&settings), [("ratio", "{\"a\":[1.5,null]}", 2), ("threshold", "65", 2)]);
    let newest = home.store.settings_history(&[], None, 1).await.unwrap().remove(0);
    assert_eq!((newest.revision, newest.actor.as_str(), newest.rolled_back_to), (2, "ann", None));
    let row = |key: SettingKey, old: Option<&str>, new: &str| ChangeRow {
        key,
        old_json: old.map(str::to_owned),
        new_json: Some(new.to_owned()),
    };
    assert_eq!(
        newest.changes,
        [
            row(key(LAYER, "ratio"), None, "{\"a\":[1.5,null]}"),
            row(key(STAGE, "threshold"), Some("60"), "65")
        ]
    );
    let told = home.store.audit(&AuditFilter::default(), None, 1).await.unwrap().remove(0);
    assert_eq!((told.action.as_str(), told.subject.as_str()), ("settings.changed", "revision 2"));
    assert_eq!(
        told.before_json.as_deref(),
        Some(
            "{\"settings\":{\"layer:sluice/volume\":{\"ratio\":null},\"stage:daily/catalyst\":{\"threshold\":60}}}"
        )
    );
    assert_eq!(
        told.after_json.as_deref(),
        Some(
            "{\"settings\":{\"layer:sluice/volume\":{\"ratio\":{\"a\":[1.5,null]}},\"stage:daily/catalyst\":{\"threshold\":65}}}"
        )
    );
}

async fn what_is_so_already_is_not_written_again(home: Home) {
    set(&home.store, STAGE, "threshold", Some("60")).await;
    let rows = home.number("SELECT count(*) FROM audit").await;
    for (name, value) in [("threshold", Some("60")), ("max-symbols", None)] {
        let same = change(Base::Seen(1), STAGE, name, value);
        assert_eq!(home.store.change_settings(&same).await.unwrap(), Changed::Nothing);
    }
    let none = SettingsChange { base: Base::Seen(1), set: Vec::new(), rolled_back_to: None };
    assert_eq!(home.store.change_settings(&none).await.unwrap(), Changed::Nothing);
    assert_eq!(home.store.settings().await.unwrap().revision, 1);
    assert_eq!(home.number("SELECT count(*) FROM audit").await, rows);
}

async fn a_change_of_other_keys_goes_through_and_one_of_the_same_is_refused_with_the_newer_one(home: Home) {
    set(&home.store, STAGE, "threshold", Some("60")).await;
    set(&home.store, STAGE, "threshold", Some("65")).await;
    set(&home.store, STAGE, "max-symbols", Some("9")).await;
    // its author saw revision 1
    let other = change(Base::Seen(1), LAYER, "threshold", Some("2"));
    assert_eq!(home.store.change_settings(&other).await.unwrap(), Changed::Revision(4));
    let late = change(Base::Seen(1), STAGE, "threshold", Some("70"));
    let error = home.store.change_settings(&late).await.unwrap_err();
    let StoreError::StaleSettings { base: 1, newest } = &error else { panic!("{error:?}") };
    assert_eq!(newest.revision, 2);
    assert_eq!(
        error.to_string(),
        "the settings changed since revision 1: revision 2 by ann set threshold of stage:daily/catalyst from 60 to 65; \
         nothing was written, look at `sluice configure --show` and repeat the change if it still fits"
    );
    let fits = change(Base::Seen(2), STAGE, "threshold", Some("70"));
    assert_eq!(home.store.change_settings(&fits).await.unwrap(), Changed::Revision(5));
}

async fn exactly_refuses_any_newer_revision(home: Home) {
    set(&home.store, STAGE, "threshold", Some("60")).await;
    set(&home.store, STAGE, "threshold", None).await;
    let late = change(Base::Exactly(1), LAYER, "ratio", Some("2"));
    let error = home.store.change_settings(&late).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("revision 2 by ann set threshold of stage:daily/catalyst from 60 to nothing;")
    );
    assert_eq!(home.store.settings().await.unwrap(), Settings { revision: 2, rows: Vec::new() });
}

async fn a_base_that_was_never_there_is_refused(home: Home) {
    for base in [Base::Seen(3), Base::Exactly(-1), Base::Seen(i64::MAX)] {
        let error = home.store.change_settings(&change(base, STAGE, "x", Some("1"))).await.unwrap_err();
        assert!(matches!(error, StoreError::StaleSettings { .. }), "{error:?}");
    }
    assert_eq!(home.store.settings().await.unwrap().revision, 0);
}

async fn the_settings_of_every_revision_can_be_read_back_for_a_rollback(home: Home) {
    let mut expected = vec![home.store.settings().await.unwrap()];
    for (name, value) in
        [("a", Some("1")), ("b", Some("\"x\"")), ("a", Some("2")), ("b", None), ("a", None), ("b", Some("3"))]
    {
        set(&home.store, STAGE, name, value).await;
        expected.push(home.store.settings().await.unwrap());
    }
    for (revision, settings) in (0..).zip(&expected) {
        let read = home.store.settings_at(revision).await.unwrap();
        assert_eq!(&read, settings, "revision {revision}");
    }
    for unknown in [7, -1] {
        let error = home.store.settings_at(unknown).await.unwrap_err();
        assert!(matches!(error, StoreError::UnknownRevision { newest: 6, .. }), "{error:?}");
    }
    // back to revision 3: a is 2, b is "x"
    let back = SettingsChange {
        base: Base::Exactly(6),
        set: vec![(key(STAGE, "a"), Some("2".to_owned())), (key(STAGE, "b"), Some("\"x\"".to_owned()))],
        rolled_back_to: Some(3),
    };
    assert_eq!(home.store.change_settings(&back).await.unwrap(), Changed::Revision(7));
    let now = home.store.settings().await.unwrap();
    assert_eq!(held(&now), [("a", "2", 7), ("b", "\"x\"", 7)]);
    assert_eq!(home.store.settings_history(&[], None, 1).await.unwrap()[0].rolled_back_to, Some(3));
    let told = home.store.audit(&AuditFilter::default(), None, 1).await.unwrap().remove(0);
    assert!(told.after_json.unwrap().contains("\"rolled_back_to\":3"));
}

async fn the_history_is_paged_without_gaps_or_doubles_while_it_grows(home: Home) {
    for step in 1..=7 {
        let target = if step % 3 == 0 { LAYER } else { STAGE };
        set(&home.store, target, "x", Some(&step.to_string())).await;
    }
    for (targets, expected) in [
        (vec![], vec![7, 6, 5, 4, 3, 2, 1]),
        (vec![LAYER.to_owned()], vec![6, 3]),
        (vec![LAYER.to_owned(), STAGE.to_owned(), "no such".to_owned()], vec![7, 6, 5, 4, 3, 2, 1]),
        (vec!["' OR 1=1 --".to_owned()], vec![]),
    ] {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = home.store.settings_history(&targets, before, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            assert!(page.len() <= 2 && page.iter().all(|row| row.changes.len() == 1));
            before = Some(last.revision);
            seen.extend(page.iter().map(|row| row.revision).filter(|revision| *revision <= 7));
            let now = home.store.settings().await.unwrap().revision;
            set(&home.store, STAGE, "y", Some(&now.to_string())).await;
        }
        assert_eq!(seen, expected, "{targets:?}");
    }
    assert_eq!(home.store.settings_history(&[], None, 0).await.unwrap(), []);
}

async fn a_change_without_its_audit_row_leaves_no_revision(home: Home) {
    set(&home.store, STAGE, "threshold", Some("60")).await;
    let before = home.content(|_| true).await;
    let folder = home.folder.join("other");
    std::fs::create_dir(&folder).unwrap();
    let other = Store::open(&home.url, &access(KeySource::in_home(&folder))).await.unwrap();
    let error =
        other.change_settings(&change(Base::Seen(1), STAGE, "threshold", Some("70"))).await.unwrap_err();
    assert!(matches!(error, StoreError::OtherKey { .. }), "{error:?}");
    assert!(error.to_string().ends_with("name its key file with --key-file"), "{error}");
    assert_eq!(home.content(|_| true).await, before);
}

async fn what_cannot_be_kept_is_refused_by_name(home: Home) {
    for (target, name, value, expected) in [
        ("", "x", "1", "target of a setting is empty"),
        (STAGE, "", "1", "setting of stage:daily/catalyst is empty"),
        (STAGE, "x", "", "setting x is empty"),
        ("a\0", "x", "1", "target of a setting contains a NUL"),
        (STAGE, "x\0", "1", "setting of stage:daily/catalyst contains a NUL"),
        (STAGE, "x", "\"\0\"", "setting x contains a NUL"),
    ] {
        let error =
            home.store.change_settings(&change(Base::Seen(0), target, name, Some(value))).await.unwrap_err();
        assert!(error.to_string().starts_with(&format!("cannot change the settings: {expected}")), "{error}");
    }
    let twice = SettingsChange {
        base: Base::Seen(0),
        set: vec![(key(STAGE, "x"), Some("1".to_owned())), (key(STAGE, "x"), None)],
        rolled_back_to: None,
    };
    let error = home.store.change_settings(&twice).await.unwrap_err().to_string();
    assert!(error.contains("setting x of stage:daily/catalyst is given twice"), "{error}");
    assert_eq!(home.store.settings().await.unwrap().revision, 0);
}
