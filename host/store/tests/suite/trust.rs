//! Keys whose signatures count, and where layers came from.

use sluice_store::{AuditFilter, InstallOutcome, NewLayer, Provenance, TrustOutcome};

use crate::case::Case;
use crate::home::Home;
use crate::records::new_layer;

pub const CASES: &[Case] = cases![
    a_key_is_trusted_once_and_remembered_when_it_is_removed,
    names_ids_and_keys_are_taken_once_among_those_that_are_trusted,
    eight_that_trust_a_key_at_once_leave_one,
    where_a_layer_came_from_is_kept_and_told,
    a_signature_that_comes_later_is_taken_and_never_lost,
];

async fn told(home: &Home) -> Vec<(String, String)> {
    let rows = home.store.audit(&AuditFilter::default(), None, 100).await.unwrap();
    let about = |action: &str| action.starts_with("trust.") || action.starts_with("layer.");
    let mut told: Vec<_> = rows
        .into_iter()
        .filter(|row| about(row.action.as_str()))
        .map(|row| (row.action.as_str().to_owned(), row.subject))
        .collect();
    told.reverse();
    told
}

fn pair(action: &str, subject: &str) -> (String, String) {
    (action.to_owned(), subject.to_owned())
}

async fn a_key_is_trusted_once_and_remembered_when_it_is_removed(home: Home) {
    let store = &home.store;
    assert_eq!(store.trusted_keys().await.unwrap(), []);
    assert_eq!(store.trust_key("RWbob", "B0", "bob").await.unwrap(), TrustOutcome::Added);
    assert_eq!(store.trust_key("RWann", "A0", "ann").await.unwrap(), TrustOutcome::Added);
    assert_eq!(store.trust_key("RWann", "A0", "ann").await.unwrap(), TrustOutcome::AlreadyTrusted);
    let names = |rows: &[sluice_store::TrustedKeyRow]| -> Vec<(String, bool)> {
        rows.iter().map(|row| (row.name.clone(), row.removed_at.is_none())).collect()
    };
    let rows = store.trusted_keys().await.unwrap();
    assert_eq!(names(&rows), [("ann".to_owned(), true), ("bob".to_owned(), true)]);
    assert_eq!((&*rows[0].public_key, &*rows[0].key_id), ("RWann", "A0"));
    assert!(rows[0].added_at > 0 && !rows[0].added_by.is_empty());
    assert_eq!(store.distrust_key("nobody").await.unwrap(), None);
    assert_eq!(store.distrust_key("A0").await.unwrap().unwrap().name, "ann");
    assert_eq!(store.distrust_key("ann").await.unwrap(), None);
    assert_eq!(
        names(&store.trusted_keys().await.unwrap()),
        [("ann".to_owned(), false), ("bob".to_owned(), true)]
    );
    assert_eq!(store.distrust_key("bob").await.unwrap().unwrap().key_id, "B0");
    assert_eq!(store.trust_key("RWann", "A0", "ann again").await.unwrap(), TrustOutcome::Added);
    assert_eq!(
        names(&store.trusted_keys().await.unwrap()),
        [("ann again".to_owned(), true), ("bob".to_owned(), false)]
    );
    let expected =
        ["trust.added B0", "trust.added A0", "trust.removed A0", "trust.removed B0", "trust.added A0"];
    let told: Vec<String> =
        told(&home).await.into_iter().map(|(action, subject)| format!("{action} {subject}")).collect();
    assert_eq!(told, expected);
}

async fn names_ids_and_keys_are_taken_once_among_those_that_are_trusted(home: Home) {
    let store = &home.store;
    store.trust_key("RWann", "A0", "ann").await.unwrap();
    let refused = |key: &'static str, id: &'static str, name: &'static str| async move {
        store.trust_key(key, id, name).await.unwrap_err().to_string()
    };
    assert_eq!(
        refused("RWother", "A0", "mallory").await,
        "key A0 cannot be trusted as mallory: key A0 of ann is trusted already; choose another --name, or \
         `sluice trust remove A0` first"
    );
    assert!(refused("RWother", "C0", "ann").await.contains("key A0 of ann is trusted already"));
    assert!(refused("RWann", "A0", "eve").await.contains("key A0 of ann is trusted already"));
    assert!(refused("RW", "C0", "").await.contains("name is empty"));
    assert!(refused("RW", "C0", "a\0").await.contains("name contains a NUL"));
    store.distrust_key("ann").await.unwrap();
    assert_eq!(store.trust_key("RWother", "A0", "ann").await.unwrap(), TrustOutcome::Added);
}

async fn eight_that_trust_a_key_at_once_leave_one(home: Home) {
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let store = home.store.clone();
            tokio::spawn(async move { store.trust_key("RWann", "A0", "ann").await.unwrap() })
        })
        .collect();
    let mut added = 0;
    for task in tasks {
        added += usize::from(task.await.unwrap() == TrustOutcome::Added);
    }
    assert_eq!((added, home.store.trusted_keys().await.unwrap().len()), (1, 1));
    assert_eq!(told(&home).await, [pair("trust.added", "A0")]);
}

fn signed(by: &str) -> NewLayer {
    let provenance = Provenance {
        source: Some("https://example.org/x.wasm".to_owned()),
        signature: Some(format!("untrusted comment: x\nby {by}\n")),
        signer: Some("A0".to_owned()),
        signer_name: Some(by.to_owned()),
    };
    NewLayer { provenance, ..new_layer("me/first", "1.0.0", "aa", b"one") }
}

async fn kept(home: &Home) -> Provenance {
    let rows = home.store.layers().await.unwrap();
    rows.into_iter().find(|row| row.layer == "me/first").unwrap().provenance
}

async fn where_a_layer_came_from_is_kept_and_told(home: Home) {
    home.store.install_layer(&signed("ann")).await.unwrap();
    assert_eq!(kept(&home).await, signed("ann").provenance);
    let rows = home.store.audit(&AuditFilter::default(), None, 1).await.unwrap();
    let after: serde_json::Value = serde_json::from_str(rows[0].after_json.as_deref().unwrap()).unwrap();
    assert_eq!(after["provenance"]["source"], "https://example.org/x.wasm");
    assert_eq!(after["provenance"]["signer"]["name"], "ann");
    assert_eq!((&after["digest"], &after["imports"][0]), (&"aa".into(), &"sluice:layer/log@0.1.0".into()));
    let mut spoilt = signed("ann");
    spoilt.version = "2.0.0".to_owned();
    spoilt.provenance.source = Some("a\0b".to_owned());
    let error = home.store.install_layer(&spoilt).await.unwrap_err().to_string();
    assert!(error.contains("source contains a NUL"), "{error}");
}

async fn a_signature_that_comes_later_is_taken_and_never_lost(home: Home) {
    let bare = new_layer("me/first", "1.0.0", "aa", b"one");
    let install = |layer: NewLayer| {
        let store = home.store.clone();
        async move { store.install_layer(&layer).await.unwrap() }
    };
    assert_eq!(install(bare.clone()).await, InstallOutcome::Installed);
    assert_eq!(kept(&home).await, Provenance::default());
    assert_eq!(install(signed("ann")).await, InstallOutcome::Signed);
    assert_eq!(install(signed("ann")).await, InstallOutcome::AlreadyInstalled);
    assert_eq!(install(bare.clone()).await, InstallOutcome::AlreadyInstalled);
    assert_eq!(kept(&home).await, signed("ann").provenance);
    assert_eq!(install(signed("bob")).await, InstallOutcome::Signed);
    let subject = "me/first@1.0.0";
    let expected =
        [pair("layer.installed", subject), pair("layer.signed", subject), pair("layer.signed", subject)];
    assert_eq!(told(&home).await, expected);
    // removed and installed anew it has what it came with then
    assert_eq!(home.store.remove_layer("me/first", None, &[]).await.unwrap(), 1);
    assert_eq!(install(bare).await, InstallOutcome::Installed);
    assert_eq!(kept(&home).await, Provenance::default());
}
