//! A server that is lost at the commit of a restore, and does not come back while anybody waits.

use std::path::Path;
use std::time::Duration;

use sluice_store::StoreError;
use sluice_store::testing::{Patience, restore};
use sqlx::{Connection, PgConnection};

use crate::case::Case;
use crate::home::Home;
use crate::records::entry;

pub const CASES: &[Case] =
    cases![a_restore_whose_commit_nobody_can_tell_of_says_so_and_names_the_file_with_what_was_there];

/// Ends soon.
const SHORT: Patience = Patience {
    each_attempt: Duration::ZERO,
    connecting: Duration::from_millis(200),
    silence: Duration::from_secs(10),
    first_limit: Duration::from_secs(10),
    limit: Duration::from_millis(400),
    first_pause: Duration::from_millis(1),
    longest_pause: Duration::from_millis(10),
    first_back_off: Duration::ZERO,
    longest_back_off: Duration::ZERO,
};

/// A commit of a restore waits for whoever has this lock.
const AT_COMMIT: &str = "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
     PERFORM pg_advisory_xact_lock(42); RETURN NEW; END $$; \
     CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON audit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW \
     WHEN (NEW.action = 'database.restored') EXECUTE FUNCTION wait()";

async fn a_restore_whose_commit_nobody_can_tell_of_says_so_and_names_the_file_with_what_was_there(
    home: Home,
) {
    let store = &home.store;
    let file = home.folder.join("b");
    store.backup(&file, |_| ()).await.unwrap();
    store.record(&entry("later")).await.unwrap();
    let mut raw = PgConnection::connect(&home.address).await.unwrap();
    sqlx::raw_sql(AT_COMMIT).execute(&mut raw).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT pg_advisory_xact_lock(42)").execute(&mut raw).await.unwrap();

    let restoring = tokio::spawn({
        let (url, access, file) = (home.url.clone(), home.access.clone(), file.clone());
        async move { restore(&url, &access, &file, SHORT).await }
    });
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 42";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut raw).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    home.server().stop_at_once().unwrap();
    let error = restoring.await.unwrap().unwrap_err();
    let StoreError::RestoreUnknown { kept, .. } = &error else { panic!("{error:?}") };
    assert!(Path::new(kept).exists(), "{kept}");
    let text = error.to_string();
    assert!(text.starts_with("whether postgres://") && text.contains("was restored is not known"), "{text}");
    assert!(text.ends_with(&format!("and what was there before is in {kept}")), "{text}");

    // it was not: the log goes on as if nothing had been tried
    home.server().start_again().unwrap();
    assert_eq!(store.record(&entry("goes on")).await.unwrap(), 4);
    let verdict = store.verify_audit(|_| ()).await.unwrap();
    assert_eq!((verdict.fault, verdict.newest, verdict.known_newest), (None, Some(4), Some(4)));
}
