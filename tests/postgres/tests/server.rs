//! A test's own PostgreSQL, through a client: what tests elsewhere rely on.
#![expect(clippy::print_stderr, reason = "a test program tells why it skips")]

mod support;

use std::thread;
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};
use sluice_test_postgres::{Server, missing};
use support::{Tried, connect, folder_of, number, run, texts};

type Test = fn() -> Tried;

fn main() {
    let missing = missing();
    let arguments = Arguments::from_args();
    if let Some(reason) = missing.as_ref().filter(|_| !arguments.list) {
        eprintln!("PostgreSQL tests skipped: {reason}");
    }
    let needs_server: [(&str, Test); 9] = [
        ("every_server_starts_with_one_empty_database", every_server_starts_with_one_empty_database),
        (
            "a_stopped_server_comes_back_on_its_port_with_its_data",
            a_stopped_server_comes_back_on_its_port_with_its_data,
        ),
        ("what_was_committed_outlives_an_immediate_stop", what_was_committed_outlives_an_immediate_stop),
        ("a_paused_server_answers_when_it_goes_on", a_paused_server_answers_when_it_goes_on),
        (
            "verify_full_holds_for_localhost_and_its_own_ca_only",
            verify_full_holds_for_localhost_and_its_own_ca_only,
        ),
        ("a_dropped_server_is_gone_with_its_folder", a_dropped_server_is_gone_with_its_folder),
        ("a_killed_test_leaves_neither_server_nor_folder", || killed::leaves_nothing(false)),
        ("a_killed_test_leaves_not_even_a_paused_server", || killed::leaves_nothing(true)),
        ("tests_that_start_at_once_share_one_template", tests_that_start_at_once_share_one_template),
    ];
    let mut trials: Vec<Trial> = needs_server
        .into_iter()
        .map(|(name, test)| Trial::test(name, move || Ok(test()?)).with_ignored_flag(missing.is_some()))
        .collect();
    trials.push(Trial::test("a_machine_without_postgres_sees_tests_ignored_with_the_reason", || {
        Ok(a_machine_without_postgres_sees_tests_ignored_with_the_reason()?)
    }));
    libtest_mimic::run(&arguments, trials).exit();
}

fn every_server_starts_with_one_empty_database() -> Tried {
    let (one, other) = (Server::start()?, Server::start()?);
    assert_ne!(one.url(), other.url());
    run(&one.url(), "CREATE TABLE t (n INT)")?;
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(number(&one.url(), tables)?, 1);
    assert_eq!(number(&other.url(), tables)?, 0);
    let url = one.url_with("application_name=me");
    let settings = "SELECT concat_ws(' ', current_database(), current_user, current_setting('server_encoding'), \
        current_setting('lc_collate', true), current_setting('timezone'), current_setting('application_name'))";
    let told = texts(&url, settings)?.concat();
    assert!(told.starts_with("sluice sluice UTF8") && told.ends_with("UTC me"), "{told}");
    let order = "SELECT x FROM (VALUES ('a'), ('B'), ('ä')) AS v (x) ORDER BY x";
    assert_eq!(texts(&url, order)?, ["B", "a", "ä"], "compared by code points");
    Ok(())
}

fn a_stopped_server_comes_back_on_its_port_with_its_data() -> Tried {
    let server = Server::start()?;
    let url = server.url();
    run(&url, "CREATE TABLE t (n INT); INSERT INTO t VALUES (7)")?;
    server.stop()?;
    assert!(connect(&url).is_err());
    server.stop()?;
    assert!(server.pause().is_err() && server.resume().is_err(), "there is nothing to pause");
    server.start_again()?;
    server.start_again()?;
    assert_eq!(server.url(), url);
    assert_eq!(number(&url, "SELECT n::BIGINT FROM t")?, 7);
    let log = std::fs::read_to_string(server.log_file())?;
    assert!(
        log.contains("received fast shutdown request") && !log.contains("was not properly shut down"),
        "{log}"
    );
    Ok(())
}

fn what_was_committed_outlives_an_immediate_stop() -> Tried {
    let server = Server::start()?;
    run(&server.url(), "CREATE TABLE t (n INT); INSERT INTO t VALUES (7)")?;
    server.stop_at_once()?;
    assert!(connect(&server.url()).is_err());
    server.start_again()?;
    assert_eq!(number(&server.url(), "SELECT n::BIGINT FROM t")?, 7);
    let log = std::fs::read_to_string(server.log_file())?;
    assert!(log.contains("was not properly shut down"), "{log}");
    Ok(())
}

/// Nothing is measured: an answer that comes at all while the server is paused is the failure.
fn a_paused_server_answers_when_it_goes_on() -> Tried {
    let server = Server::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        use sqlx::Connection as _;
        let mut open = sqlx::PgConnection::connect(&server.url()).await?;
        server.pause()?;
        let mut answer = Box::pin(sqlx::query_scalar::<_, i64>("SELECT 7::BIGINT").fetch_one(&mut open));
        let short = Duration::from_millis(300);
        assert!(tokio::time::timeout(short, &mut answer).await.is_err(), "an open connection was answered");
        let url = server.url();
        let fresh = tokio::time::timeout(short, sqlx::PgConnection::connect(&url)).await;
        assert!(fresh.is_err(), "a new connection was answered");
        server.resume()?;
        assert_eq!(answer.await?, 7);
        server.pause()?;
        server.stop()?;
        Ok(())
    })
}

fn verify_full_holds_for_localhost_and_its_own_ca_only() -> Tried {
    let server = Server::start_tls()?;
    let own = server.ca_file().ok_or("no CA")?.display();
    let other = server.other_ca_file().ok_or("no other CA")?.display();
    let encrypted = "SELECT count(*) FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl";
    let verified = server.url_with(&format!("sslmode=verify-full&sslrootcert={own}"));
    assert!(verified.contains("@localhost:"), "{verified}");
    assert_eq!(number(&verified, encrypted)?, 1);
    assert_eq!(number(&server.url_with("sslmode=require"), encrypted)?, 1);
    let address = server.url_at("127.0.0.1");
    assert_eq!(number(&format!("{address}?sslmode=verify-ca&sslrootcert={own}"), encrypted)?, 1);
    let refused = |url: String| connect(&url).err().map(|error| error.to_string()).ok_or(url);
    refused(format!("{address}?sslmode=verify-full&sslrootcert={own}"))?;
    refused(server.url_with(&format!("sslmode=verify-full&sslrootcert={other}")))?;
    refused(server.url_with(&format!("sslmode=verify-ca&sslrootcert={other}")))?;
    let plain = refused(server.url_with("sslmode=disable"))?;
    assert!(plain.contains("no encryption"), "{plain}");
    Ok(())
}

fn a_dropped_server_is_gone_with_its_folder() -> Tried {
    let server = Server::start()?;
    let url = server.url();
    let folder = folder_of(&url)?;
    assert!(folder.is_dir());
    drop(server);
    assert!(!folder.exists());
    assert!(connect(&url).is_err());
    Ok(())
}

fn tests_that_start_at_once_share_one_template() -> Tried {
    let lasting = tempfile::tempdir()?;
    let started: Vec<std::io::Result<Server>> = thread::scope(|scope| {
        let starts: Vec<_> = (0..3).map(|_| scope.spawn(|| Server::start_in(lasting.path()))).collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap_or_else(|_| Err(std::io::Error::other("a start panicked"))))
            .collect()
    });
    for server in started {
        assert_eq!(number(&server?.url(), "SELECT 7::BIGINT")?, 7);
    }
    let entries = std::fs::read_dir(lasting.path())?.flatten();
    let folders: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    let [template] = folders.as_slice() else { return Err(format!("not one: {folders:?}").into()) };
    assert_ne!(template.extension(), Some("new".as_ref()), "left unfinished");
    Ok(())
}

fn a_machine_without_postgres_sees_tests_ignored_with_the_reason() -> Tried {
    let output = std::process::Command::new(std::env::current_exe()?)
        .args(["--exact", "every_server_starts_with_one_empty_database"])
        .env(sluice_test_postgres::SWITCH, "none")
        .output()?;
    assert!(output.status.success());
    let (out, err) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    assert!(out.contains("0 passed; 0 failed; 1 ignored"), "{out}");
    assert_eq!(err, "PostgreSQL tests skipped: SLUICE_TEST_POSTGRES=none\n");
    Ok(())
}

/// A program that holds a server, killed.
mod killed {
    use std::io::{BufRead as _, BufReader};
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};
    use std::{fs, thread};

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    use crate::support::{Tried, connect, folder_of};

    /// The guard gives a server 10 s.
    const CLEANED_UP_WITHIN: Duration = Duration::from_secs(30);

    pub fn leaves_nothing(paused: bool) -> Tried {
        let mut holder = Command::new(env!("CARGO_BIN_EXE_sluice-test-postgres"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut url = String::new();
        BufReader::new(holder.stdout.take().ok_or("no output")?).read_line(&mut url)?;
        let url = url.trim();
        let folder = folder_of(url)?;
        let postmaster = postmaster(&folder)?;
        let family: Vec<i32> = children(postmaster)?.into_iter().chain([postmaster]).collect();
        assert!(family.len() > 2, "the postmaster has children: {family:?}");
        if paused {
            family.iter().try_for_each(|&pid| kill(Pid::from_raw(pid), Signal::SIGSTOP))?;
        }
        holder.kill()?;
        holder.wait()?;
        let until = Instant::now() + CLEANED_UP_WITHIN;
        while folder.exists() {
            assert!(Instant::now() < until, "{} is still there", folder.display());
            thread::yield_now();
        }
        assert!(connect(url).is_err());
        let left: Vec<i32> = family.into_iter().filter(|&pid| runs(pid)).collect();
        assert!(left.is_empty(), "processes are left: {left:?}");
        Ok(())
    }

    fn postmaster(folder: &Path) -> Result<i32, Box<dyn std::error::Error>> {
        let text = fs::read_to_string(folder.join("data/postmaster.pid"))?;
        Ok(text.lines().next().ok_or("an empty file")?.parse()?)
    }

    fn children(pid: i32) -> Result<Vec<i32>, Box<dyn std::error::Error>> {
        let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
        Ok(text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?)
    }

    /// A zombie runs no more; who collects it is the machine's business.
    fn runs(pid: i32) -> bool {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.contains("(postgres)") && !stat.contains(") Z ")
    }
}
