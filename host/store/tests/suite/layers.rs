//! Installing, registering and removing layers.

use sluice_store::{
    ActivationRow, AuditAction, AuditFilter, InstallOutcome, LayerRunStatus, StoreError, VersionKey,
};

use crate::case::Case;
use crate::home::Home;
use crate::records::{bundled, layer_run, new_layer, scan_record};

pub const CASES: &[Case] = cases![
    an_installed_layer_is_listed_without_and_read_with_its_bytes,
    the_same_version_with_another_content_is_refused_by_name,
    a_removed_layers_bytes_are_gone_and_its_scans_stay_readable,
    a_bundled_layer_is_recorded_once_and_may_change_with_the_program,
    a_version_waits_when_another_one_was_there_before_it,
    one_of_two_that_switch_at_once_is_told_and_changes_nothing,
    a_version_that_is_gone_cannot_become_active_and_an_active_one_cannot_go,
];

async fn an_installed_layer_is_listed_without_and_read_with_its_bytes(home: Home) {
    let given = new_layer("me/first", "1.0.0", "aa", b"\0asm\xff");
    assert_eq!(home.store.install_layer(&given).await.unwrap(), InstallOutcome::Installed);
    assert_eq!(home.store.install_layer(&given).await.unwrap(), InstallOutcome::AlreadyInstalled);
    let layers = home.store.layers().await.unwrap();
    let ids: Vec<_> = layers.iter().map(|row| (row.layer.as_str(), row.is_bundled())).collect();
    assert_eq!(ids, [("me/first", false), ("sluice/liquidity", true), ("sluice/volume", true)]);
    let row = &layers[0];
    assert_eq!((&*row.version, &*row.digest, &*row.api_version, row.size), ("1.0.0", "aa", "0.1.0", 5));
    assert_eq!(
        (&row.imports, &row.descriptor_json, &row.origin),
        (&given.imports, &given.descriptor_json, &given.origin)
    );
    assert_eq!(home.store.component("aa").await.unwrap().as_deref(), Some(&b"\0asm\xff"[..]));
    assert_eq!(home.store.component("d1").await.unwrap(), None);
    assert_eq!(home.store.component("' OR 1=1 --").await.unwrap(), None);
    assert_eq!(home.store.status().await.unwrap().layers, 1);
}

async fn the_same_version_with_another_content_is_refused_by_name(home: Home) {
    home.store.install_layer(&new_layer("me/first", "1.0.0", "aa", b"old")).await.unwrap();
    let error = home.store.install_layer(&new_layer("me/first", "1.0.0", "bb", b"new")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "layer me/first@1.0.0 is installed as aa, the given one is bb; give it another version, or remove the \
         installed one first"
    );
    assert_eq!(home.store.component("bb").await.unwrap(), None);
    let next = home.store.install_layer(&new_layer("me/first", "1.1.0", "bb", b"new")).await.unwrap();
    assert_eq!(next, InstallOutcome::Installed);
    for (spoilt, expected) in [
        (new_layer("", "1", "cc", b"x"), "cannot install layer @1: layer is empty; nothing was written"),
        (
            new_layer("a/b", "1", "c\0", b"x"),
            "cannot install layer a/b@1: digest contains a NUL: \"c\\0\"; nothing was written",
        ),
    ] {
        assert_eq!(home.store.install_layer(&spoilt).await.unwrap_err().to_string(), expected);
    }
    let mut short = new_layer("a/b", "1", "cc", b"four");
    short.size = 5;
    let error = home.store.install_layer(&short).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot install layer a/b@1: size is 5, the component has 4 bytes; nothing was written"
    );
    short = new_layer("a/b", "1", "cc", b"four");
    short.origin = "bundled".to_owned();
    assert!(home.store.install_layer(&short).await.is_err());
}

async fn a_removed_layers_bytes_are_gone_and_its_scans_stay_readable(home: Home) {
    home.store.install_layer(&new_layer("me/first", "1.0.0", "aa", b"one")).await.unwrap();
    home.store.install_layer(&new_layer("me/first", "2.0.0", "bb", b"two")).await.unwrap();
    let mut record = scan_record();
    record.layer_runs[0] = layer_run("1", "me/first", "aa");
    record.layer_runs[0].version = "1.0.0".to_owned();
    record.layer_runs[0].status = LayerRunStatus::Ok;
    let scan = home.scanned(&record).await;

    assert_eq!(home.store.remove_layer("me/first", Some("1.0.0"), &[]).await.unwrap(), 1);
    assert_eq!(home.store.remove_layer("me/first", Some("1.0.0"), &[]).await.unwrap(), 0);
    assert_eq!(home.store.component("aa").await.unwrap(), None);
    assert_eq!(home.store.component("bb").await.unwrap().as_deref(), Some(&b"two"[..]));
    assert_eq!(home.number("SELECT count(*) FROM layer_components").await, 1);
    let run = home.store.layer_runs(&scan).await.unwrap().remove(0);
    assert_eq!((&*run.layer, &*run.version, &*run.digest), ("me/first", "1.0.0", "aa"));
    assert_eq!(home.store.verdicts(run.id).await.unwrap().len(), 3);

    // a bundled layer is not installed, so that it cannot be removed
    assert_eq!(home.store.remove_layer("sluice/volume", None, &[]).await.unwrap(), 0);
    assert_eq!(home.store.remove_layer("me/first", None, &[]).await.unwrap(), 1);
    assert_eq!(home.store.remove_layer("no/such", None, &[]).await.unwrap(), 0);

    // the same again, or its author's next try under the same version
    let back = new_layer("me/first", "1.0.0", "aa", b"one");
    assert_eq!(home.store.install_layer(&back).await.unwrap(), InstallOutcome::Installed);
    assert_eq!(home.store.component("aa").await.unwrap().as_deref(), Some(&b"one"[..]));
    assert_eq!(home.store.remove_layer("me/first", None, &[]).await.unwrap(), 1);
    let fixed = new_layer("me/first", "1.0.0", "cc", b"fixed");
    assert_eq!(home.store.install_layer(&fixed).await.unwrap(), InstallOutcome::Installed);
}

async fn a_bundled_layer_is_recorded_once_and_may_change_with_the_program(home: Home) {
    let mut layer = bundled(&scan_record().layer_runs[0]);
    home.store.register_layer(&layer).await.unwrap();
    assert_eq!(home.store.layers().await.unwrap().len(), 2);
    layer.digest = "d1-of-the-next-build".to_owned();
    home.store.register_layer(&layer).await.unwrap();
    assert_eq!(home.store.layers().await.unwrap().len(), 3);

    // installed from a file as well: it has bytes then, and registering it again takes nothing away
    let mut file = new_layer(&layer.layer, &layer.version, &layer.digest, b"four");
    file.origin = "copy.wasm".to_owned();
    assert_eq!(home.store.install_layer(&file).await.unwrap(), InstallOutcome::Installed);
    home.store.register_layer(&layer).await.unwrap();
    assert_eq!(home.store.component(&layer.digest).await.unwrap().as_deref(), Some(&b"four"[..]));
    assert_eq!(home.store.remove_layer(&layer.layer, None, &[]).await.unwrap(), 1);
    home.store.register_layer(&layer).await.unwrap();
    let row = home.store.layers().await.unwrap().into_iter().find(|row| row.digest == layer.digest).unwrap();
    assert!(row.is_bundled());
}

fn active(version: &str) -> Option<VersionKey> {
    Some(VersionKey::Installed(version.to_owned()))
}

async fn switch(home: &Home, row: ActivationRow, to: &str) -> Result<(), StoreError> {
    let before = row.active.clone();
    let row = row.switched(VersionKey::Installed(to.to_owned()), before, 5, Some(9));
    let (was, is) = ("{\"p\":\"1.0.0\"}", "{\"p\":\"1.1.0\"}");
    home.store.change_activations(&[row], AuditAction::LayerActivated, "me/first", was, is).await
}

async fn a_version_waits_when_another_one_was_there_before_it(home: Home) {
    let mut behind = new_layer("sluice/own", "9.0.0", "d9", b"x");
    behind.behind_bundled = true;
    for layer in [
        new_layer("me/first", "1.0.0", "aa", b"1"),
        new_layer("me/first", "1.1.0", "bb", b"2"),
        new_layer("me/other", "1.0.0", "cc", b"3"),
        behind,
    ] {
        home.store.install_layer(&layer).await.unwrap();
    }
    let layers = home.store.layers().await.unwrap();
    let waits: Vec<_> = layers.iter().map(|row| (row.digest.as_str(), row.waits)).collect();
    assert_eq!(
        waits.iter().filter(|(digest, _)| !digest.starts_with("d")).collect::<Vec<_>>(),
        [&("aa", false), &("bb", true), &("cc", false)]
    );
    assert!(waits.contains(&("d9", true)), "{waits:?}");
    home.store.remove_layer("me/first", None, &[]).await.unwrap();
    home.store.install_layer(&new_layer("me/first", "1.1.0", "bb", b"2")).await.unwrap();
    let layers = home.store.layers().await.unwrap();
    assert!(layers.iter().any(|row| row.digest == "bb" && !row.waits), "the first one again");
}

async fn one_of_two_that_switch_at_once_is_told_and_changes_nothing(home: Home) {
    for (version, digest) in [("1.0.0", "aa"), ("1.1.0", "bb"), ("1.2.0", "cc")] {
        home.store.install_layer(&new_layer("me/first", version, digest, digest.as_bytes())).await.unwrap();
    }
    let none = ActivationRow::none("p", "me/first");
    switch(&home, none.clone(), "bb").await.unwrap();
    let error = switch(&home, none, "cc").await.unwrap_err().to_string();
    assert_eq!(
        error,
        "somebody changed meanwhile which version of me/first is active in pipeline p; nothing was written, look at \
         `sluice layer show me/first` and try again"
    );
    let rows = home.store.activations().await.unwrap();
    let [row] = <[ActivationRow; 1]>::try_from(rows).unwrap();
    assert_eq!((&row.active, &row.previous, row.revision), (&active("bb"), &None, 1));
    assert_eq!((row.since, row.trial_until, row.enabled), (5, Some(9), true));
    switch(&home, row, "cc").await.unwrap();
    let row = home.store.activations().await.unwrap().remove(0);
    assert_eq!((row.active, row.previous, row.revision), (active("cc"), active("bb"), 2));
    let told = home.store.audit(&AuditFilter::default(), None, 2).await.unwrap();
    assert_eq!((&*told[0].action, &*told[0].subject), ("layer.activated", "me/first"));
    assert_eq!(told[0].after_json.as_deref(), Some("{\"p\":\"1.1.0\"}"));
}

async fn a_version_that_is_gone_cannot_become_active_and_an_active_one_cannot_go(home: Home) {
    for (version, digest) in [("1.0.0", "aa"), ("1.1.0", "bb")] {
        home.store.install_layer(&new_layer("me/first", version, digest, digest.as_bytes())).await.unwrap();
    }
    let none = ActivationRow::none("p", "me/first");
    let error = switch(&home, none.clone(), "zz").await.unwrap_err().to_string();
    assert!(error.starts_with("layer me/first with digest zz is not installed any more"), "{error}");
    switch(&home, none, "bb").await.unwrap();
    let error = home.store.remove_layer("me/first", None, &["p"]).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "layer me/first@1.1.0 stays: pipeline p has it active; `sluice layer activate me/first@VERSION` makes \
         another version the active one first"
    );
    assert_eq!(home.store.status().await.unwrap().layers, 2, "nothing of it was done");
    assert_eq!(home.store.remove_layer("me/first", None, &["q"]).await.unwrap(), 2);
    let row = home.store.activations().await.unwrap().remove(0);
    assert_eq!((row.active, row.trial_until), (None, None));
}
