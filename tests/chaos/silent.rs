//! A server that stands still within a scan: its connections stay open and nothing answers. The scan is held at a known
//! place, where it stores what came out; nothing depends on how fast anything is.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};

use serde_json::json;
use sluice_test_postgres::Server;
use sqlx::{Connection, PgConnection};

use crate::support::Home;

/// The lock that whoever writes into the audit log takes, as the storing of a scan does at its end.
const AUDIT: i64 = 0x536c_7569_0000_0005;

/// A home with a market whose database is a server, with one stored scan.
fn home() -> (Home, Server) {
    let (home, server) = (Home::with_market(), Server::start().unwrap());
    home.ok(&["scan", "--db", &server.url()]);
    (home, server)
}

/// A scan that waits at its end, and the connection that it waits for. While both stand, the server is stopped.
fn stopped_within_a_scan(home: &Home, server: &Server, run: impl FnOnce(Child, &dyn Fn())) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut raw = runtime.block_on(async {
        let mut raw = PgConnection::connect(&server.url()).await.unwrap();
        let hold = format!("BEGIN; SELECT pg_advisory_xact_lock({AUDIT})");
        sqlx::raw_sql(sqlx::AssertSqlSafe(hold)).execute(&mut raw).await.unwrap();
        raw
    });
    let mut scan = home.spawnable(&["scan", "-vvv", "--format", "json", "--db", &server.url()]);
    let mut scan = scan.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    while runtime.block_on(sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut raw)).unwrap() == 0 {
        assert!(scan.try_wait().unwrap().is_none(), "the scan ended without its audit row");
        std::thread::yield_now();
    }
    server.pause().unwrap();
    run(scan, &|| server.resume().unwrap());
    runtime.block_on(async { sqlx::raw_sql("COMMIT").execute(&mut raw).await.unwrap() });
}

fn state(home: &Home, server: &Server) -> (u64, serde_json::Value) {
    let url = server.url();
    let status = home.json(&["db", "status", "--db", &url]);
    assert_eq!((&status["intact"], &status["running_scans"]), (&json!(true), &json!(0)));
    assert_eq!(home.json(&["audit", "verify", "--db", &url])["intact"], true);
    let scan = home.json(&["status", "--db", &url])["last_scan"]["status"].clone();
    (status["tables"]["scans"].as_u64().unwrap(), scan)
}

/// A scan that noticed the silence is stored once when the server goes on.
pub fn goes_on() {
    let (home, server) = home();
    let mut scan = None;
    stopped_within_a_scan(&home, &server, |mut child, resume| {
        let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let noticed = told.find(|line| line.contains("trying again"));
        assert!(noticed.is_some(), "the scan gave up, or never asked");
        resume();
        scan = Some((child, told));
    });
    let (mut child, told) = scan.unwrap();
    let told: Vec<String> = told.collect();
    let mut result = String::new();
    child.stdout.take().unwrap().read_to_string(&mut result).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{told:?}");
    let result: serde_json::Value = serde_json::from_str(&result).unwrap();
    assert_eq!(result["status"], "complete");
    assert_eq!(state(&home, &server), (2, json!("complete")));
}

/// The server is named, and what was promised is there when it goes on.
pub fn for_good() {
    let (home, server) = home();
    stopped_within_a_scan(&home, &server, |child, resume| {
        let output = child.wait_with_output().unwrap();
        resume();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{told}");
        let errors: Vec<&str> = told.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(errors.len(), 1, "{told}");
        assert!(
            errors[0].contains(" could not be reached for ") && errors[0].contains("postgres://"),
            "{told}"
        );
        assert!(
            errors[0].ends_with("check that the server runs and the URL is right, then try again"),
            "{told}"
        );
        assert!(output.stdout.is_empty(), "a scan that is not stored has no result");
    });
    let done = home.json(&["scan", "--db", &server.url()]);
    assert_eq!(done["status"], "complete");
    assert_eq!(state(&home, &server), (3, json!("complete")));
    let told = home.json(&["audit", "log", "--action", "scan", "--oldest-first", "--db", &server.url()]);
    let actions: Vec<&str> =
        told.as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["scan.finished", "scan.interrupted", "scan.finished"]);
}
