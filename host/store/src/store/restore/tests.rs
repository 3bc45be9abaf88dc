//! A server that is lost at the commit of a restore, and does not come back while anybody waits.

use std::time::Duration;

use sqlx::{Connection, PgConnection};

use super::*;
use crate::records::AuditEntry;
use crate::{Actor, KeySource};

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

fn entry(subject: &str) -> AuditEntry {
    AuditEntry {
        action: AuditAction::ImportFinished,
        subject: subject.to_owned(),
        before_json: None,
        after_json: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_whose_commit_nobody_can_tell_of_says_so_and_names_the_file_with_what_was_there() {
    if let Some(reason) = sluice_test_postgres::missing() {
        eprintln!("skipped: {reason}");
        return;
    }
    let (server, home) = (sluice_test_postgres::Server::start().unwrap(), tempfile::tempdir().unwrap());
    let actor = Actor { name: "ann".to_owned(), host: "desk".to_owned() };
    let access = Access { actor, key: KeySource::in_home(home.path()) };
    let url: DatabaseUrl = server.url().parse().unwrap();
    let store = Store::open(&url, &access).await.unwrap();
    let file = home.path().join("b");
    store.backup(&file, |_| ()).await.unwrap();
    store.record(&entry("later")).await.unwrap();
    let mut raw = PgConnection::connect(&server.url()).await.unwrap();
    sqlx::raw_sql(AT_COMMIT).execute(&mut raw).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT pg_advisory_xact_lock(42)").execute(&mut raw).await.unwrap();

    let restoring = tokio::spawn({
        let (url, access, file) = (url.clone(), access.clone(), file.clone());
        async move {
            let copy = Copy::of_backup(&file, &url, &access).await.unwrap();
            let progress = Progress::new(|_| ());
            let done = restore_from(&copy, &url, &access, &file, SHORT, progress).await;
            copy.remove().await;
            done
        }
    });
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 42";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut raw).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    server.stop_at_once().unwrap();
    let error = restoring.await.unwrap().unwrap_err();
    let StoreError::RestoreUnknown { kept, .. } = &error else { panic!("{error:?}") };
    assert!(Path::new(kept).exists(), "{kept}");
    let text = error.to_string();
    assert!(text.starts_with("whether postgres://") && text.contains("was restored is not known"), "{text}");
    assert!(text.ends_with(&format!("and what was there before is in {kept}")), "{text}");

    // it was not: the log goes on as if nothing had been tried
    server.start_again().unwrap();
    assert_eq!(store.record(&entry("goes on")).await.unwrap(), 4);
    let verdict = store.verify_audit(|_| ()).await.unwrap();
    assert_eq!((verdict.fault, verdict.newest, verdict.known_newest), (None, Some(4), Some(4)));
}
