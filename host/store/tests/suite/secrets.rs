//! Secrets are sealed with a key that is not in the database.

use sluice_store::{AuditFilter, KeySource, Secret, Store, StoreError};

use crate::case::Case;
use crate::home::{Backend, Cell, Home, access};

pub const CASES: &[Case] = cases![
    a_secret_is_set_opened_replaced_listed_and_removed,
    the_database_holds_nothing_of_its_text,
    another_key_opens_nothing_and_replaces_nothing,
    a_secret_that_was_changed_or_put_under_another_name_does_not_open,
    names_that_are_none_are_refused_before_anything_is_written,
];

const TEXT: &str = "correct-horse-battery-staple-4711";

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

async fn exposed(store: &Store, name: &str) -> Option<String> {
    store.secret(name).await.unwrap().map(|secret| secret.expose().to_owned())
}

async fn a_secret_is_set_opened_replaced_listed_and_removed(home: Home) {
    assert_eq!(exposed(&home.store, "feed").await, None);
    for (name, text) in [("feed", TEXT), ("a.b-c_9", ""), ("feed", "ü\n\t'🦀'")] {
        home.store.set_secret(name, &secret(text)).await.unwrap();
        assert_eq!(exposed(&home.open().await, name).await.as_deref(), Some(text));
    }
    let listed = home.store.secrets().await.unwrap();
    let names: Vec<_> = listed.iter().map(|row| (row.name.as_str(), row.set_by.as_str())).collect();
    assert_eq!(names, [("a.b-c_9", "ann"), ("feed", "ann")]);
    assert!(home.store.remove_secret("feed").await.unwrap());
    assert!(!home.store.remove_secret("feed").await.unwrap());
    assert_eq!(exposed(&home.store, "feed").await, None);
    let told =
        AuditFilter { action: Some("secret".to_owned()), oldest_first: true, ..AuditFilter::default() };
    let told = home.store.audit(&told, None, 9).await.unwrap();
    let told: Vec<_> = told.iter().map(|row| (row.action.as_str(), row.subject.as_str())).collect();
    let set = |name| ("secret.set", name);
    assert_eq!(told, [set("feed"), set("a.b-c_9"), set("feed"), ("secret.removed", "feed")]);
}

async fn the_database_holds_nothing_of_its_text(home: Home) {
    home.store.set_secret("feed", &secret(TEXT)).await.unwrap();
    home.store.set_secret("feed", &secret(TEXT)).await.unwrap();
    let Cell::Bytes(sealed) = home.rows("SELECT sealed FROM secrets").await.remove(0).remove(0) else {
        panic!("no bytes")
    };
    assert_eq!(sealed.len(), 24 + TEXT.len() + 16, "nonce, text, tag");
    let backup = home.folder.join("b");
    home.store.backup(&backup, |_| ()).await.unwrap();
    let mut bytes = std::fs::read(&backup).unwrap();
    if home.backend == Backend::Sqlite {
        for suffix in ["", "-wal"] {
            bytes.extend(std::fs::read(format!("{}{suffix}", home.path().display())).unwrap());
        }
    }
    let found = bytes.windows(8).any(|window| TEXT.as_bytes().windows(8).any(|part| part == window));
    assert!(!found, "a part of the text is in the database");
}

async fn another_key_opens_nothing_and_replaces_nothing(home: Home) {
    home.store.set_secret("feed", &secret(TEXT)).await.unwrap();
    let folder = home.folder.join("other");
    std::fs::create_dir(&folder).unwrap();
    let other = Store::open(&home.url, &access(KeySource::in_home(&folder))).await.unwrap();
    let error = other.secret("feed").await.unwrap_err();
    assert!(matches!(error, StoreError::OtherKey { .. }), "{error:?}");
    assert!(
        error.to_string().contains("the secret feed of ") && !error.to_string().contains(TEXT),
        "{error}"
    );
    assert!(matches!(other.set_secret("feed", &secret("x")).await, Err(StoreError::OtherKey { .. })));
    assert!(matches!(other.set_secret("new", &secret("x")).await, Err(StoreError::OtherKey { .. })));
    assert!(matches!(other.remove_secret("feed").await, Err(StoreError::OtherKey { .. })));
    assert_eq!(exposed(&home.store, "feed").await.as_deref(), Some(TEXT));
    assert_eq!(home.store.secrets().await.unwrap().len(), 1);
}

async fn a_secret_that_was_changed_or_put_under_another_name_does_not_open(home: Home) {
    home.store.set_secret("one", &secret("first")).await.unwrap();
    home.store.set_secret("two", &secret("second")).await.unwrap();
    home.run("UPDATE secrets SET name = 'x' WHERE name = 'one'").await.unwrap();
    home.run("UPDATE secrets SET name = 'one' WHERE name = 'two'").await.unwrap();
    home.run("UPDATE secrets SET name = 'two' WHERE name = 'x'").await.unwrap();
    for name in ["one", "two"] {
        let error = home.store.secret(name).await.unwrap_err();
        assert!(matches!(error, StoreError::Sealed { .. }), "{error:?}");
        assert!(
            error.to_string().ends_with(&format!("set it again with `sluice secret set {name}`")),
            "{error}"
        );
    }
    home.store.set_secret("one", &secret("third")).await.unwrap();
    assert_eq!(exposed(&home.store, "one").await.as_deref(), Some("third"));
    let flip = match home.backend {
        Backend::Sqlite => "UPDATE secrets SET sealed = x'00' WHERE name = 'one'",
        Backend::Postgres => "UPDATE secrets SET sealed = set_byte(sealed, 30, 255 - get_byte(sealed, 30))",
    };
    home.run(flip).await.unwrap();
    assert!(matches!(home.store.secret("one").await, Err(StoreError::Sealed { .. })));
}

async fn names_that_are_none_are_refused_before_anything_is_written(home: Home) {
    for name in ["", "A", "a b", "a'; DROP TABLE secrets; --", "ä", "a\0", &"a".repeat(65)] {
        for error in [
            home.store.set_secret(name, &secret("x")).await.unwrap_err(),
            home.store.secret(name).await.unwrap_err(),
            home.store.remove_secret(name).await.unwrap_err(),
        ] {
            assert!(matches!(error, StoreError::BadSecretName { .. }), "{error:?}");
            assert!(!error.to_string().contains('\0'));
        }
    }
    assert_eq!(home.store.secrets().await.unwrap(), []);
    assert_eq!(home.number("SELECT count(*) FROM audit").await, 1);
}
