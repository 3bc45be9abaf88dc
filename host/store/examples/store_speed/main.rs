//! How long the store takes on this machine: opening, storing a scan of 10,000 instruments, reading it back, and
//! what other ways of writing the same verdicts would take.
//!
//! `cargo run --release -p sluice-store --example store_speed [FOLDER] [ways]`: the folder decides which disk is
//! measured; the other ways are only measured when asked for.
//!
//! `cargo run --release -p sluice-store --example store_speed postgres URL`: the same in an empty database of a server,
//! which keeps what is written.

mod sample;
mod ways;

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sluice_store::{
    Access, Actor, AlertFilter, AuditAction, Base, BreakerChange, BreakerNote, BreakerRow, DatabaseUrl,
    KeySource, ScanId, SettingKey, SettingsChange, Store,
};

/// Scans that are stored one after the other; the median is printed.
const ROUNDS: usize = 15;

/// Repetitions of a single look-up.
const LOOKUPS: usize = 200;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).filter(|word| word != "postgres");
    if let (None, Some(url)) = (&folder, std::env::args().nth(2)) {
        // key and newest hashes only
        let home = tempfile::tempdir()?;
        return store(&url.parse()?, home.path()).await;
    }
    let folder = tempfile::tempdir_in(folder.map_or_else(std::env::temp_dir, PathBuf::from))?;
    store(&DatabaseUrl::in_home(folder.path()), folder.path()).await?;
    if std::env::args_os().nth(2).is_some_and(|word| word == "ways") {
        ways::compare(folder.path()).await?;
    }
    Ok(())
}

/// The store as it is.
async fn store(url: &DatabaseUrl, home: &Path) -> Result<(), Box<dyn Error>> {
    let access = Access { actor: Actor::current(), key: KeySource::in_home(home) };
    let record = sample::scan();
    let (created, store) = timed(Store::open(url, &access)).await;
    let store = store?;
    report("create and open", &[created])?;
    for run in &record.layer_runs {
        store.register_layer(&sample::layer(run)).await?;
    }
    let mut begins = Vec::new();
    let mut finishes = Vec::new();
    for _ in 0..ROUNDS {
        let (begin, scan) = timed(store.begin_scan(&sample::new_scan())).await;
        let (finish, done) = timed(store.finish_scan(&scan?, &record)).await;
        done?;
        begins.push(begin);
        finishes.push(finish);
    }
    report("finish_scan, 10,000 new instruments", finishes.get(..1).unwrap_or_default())?;
    report("finish_scan, the same again", finishes.get(1..).unwrap_or_default())?;
    report("begin_scan", &begins)?;
    let (status, found) = timed(store.status()).await;
    let found = found?;
    report("status", &[status])?;
    let last = found.last_scan.ok_or("no scan was stored")?.id;
    report("results of a scan", &[timed(store.results(&last)).await.0])?;
    let filter = AlertFilter { limit: 50, all: true, ..AlertFilter::default() };
    report("newest 50 alerts of all", &[timed(store.alerts(&filter)).await.0])?;
    let runs = store.layer_runs(&last).await?;
    let first = runs.first().ok_or("no layer run was stored")?.id;
    lookups(&store, &last).await?;
    changes(&store).await?;
    breakers(&store).await?;
    report("verdicts of a layer run", &[timed(store.verdicts(first)).await.0])?;
    report("close", &[timed(store.close()).await.0])?;
    let mut opens = Vec::new();
    let mut whole = Vec::new();
    for _ in 0..ROUNDS {
        let (open, store) = timed(Store::open(url, &access)).await;
        let store = store?;
        let begun = Instant::now();
        let scan = store.begin_scan(&sample::new_scan()).await?;
        store.finish_scan(&scan, &record).await?;
        store.close().await;
        opens.push(open);
        whole.push(begun.elapsed() + open);
    }
    report("open an existing one", &opens)?;
    report("open, begin, finish, close", &whole)?;
    let store = Store::open(url, &access).await?;
    let size = store.status().await?.size_bytes;
    store.close().await;
    say(&format!("{} scans in {} MB", 2 * ROUNDS, size / 1_000_000))
}

/// Single look-ups, each repeated.
async fn lookups(store: &Store, scan: &ScanId) -> Result<(), Box<dyn Error>> {
    store.install_layer(&sample::new_layer()).await?;
    let digest = sample::new_layer().digest;
    let of_symbol = AlertFilter { symbol: Some("S00040".to_owned()), limit: 10, ..AlertFilter::default() };
    let (mut scans, mut alerts, mut settings, mut components) = (vec![], vec![], vec![], vec![]);
    for _ in 0..LOOKUPS {
        let (took, found) = timed(store.scan(scan)).await;
        found?;
        scans.push(took);
        let (took, found) = timed(store.alerts(&of_symbol)).await;
        found?.first().ok_or("no alert was found")?;
        alerts.push(took);
        let (took, found) = timed(store.settings()).await;
        found?;
        settings.push(took);
        let (took, found) = timed(store.component(&digest)).await;
        found?.ok_or("no component was found")?;
        components.push(took);
    }
    report("look up a scan", &scans)?;
    report("look up 10 alerts of a symbol", &alerts)?;
    report("look up the settings", &settings)?;
    report("look up a component of 60 KB", &components)
}

/// Small changes with their rows of the audit log, and checking that log.
async fn changes(store: &Store) -> Result<(), Box<dyn Error>> {
    let mut settings = Vec::new();
    for value in 0..LOOKUPS {
        let base = Base::Seen(store.settings().await?.revision);
        let key = SettingKey { target: "stage:default/catalyst".to_owned(), name: "threshold".to_owned() };
        let change = SettingsChange { base, set: vec![(key, Some(value.to_string()))], rolled_back_to: None };
        let (took, changed) = timed(store.change_settings(&change)).await;
        changed?;
        settings.push(took);
    }
    report("change a setting", &settings)?;
    let (took, verdict) = timed(store.verify_audit(|_| ())).await;
    report(&format!("check an audit log of {} rows", verdict?.rows), &[took])
}

/// Breakers of a hundred components, and the report that stands in for one of them.
async fn breakers(store: &Store) -> Result<(), Box<dyn Error>> {
    let count = |told: bool| {
        move |mut row: BreakerRow| {
            row.openings += 1;
            row.faults = vec![1_795_554_000_000; 5];
            let action = AuditAction::BreakerOpened;
            let note = BreakerNote { action, before_json: "{}".to_owned(), after_json: "{}".to_owned() };
            BreakerChange { row, note: told.then_some(note), answer: () }
        }
    };
    let (mut quiet, mut told, mut reads, mut goods) = (vec![], vec![], vec![], vec![]);
    for step in 0..LOOKUPS {
        let digest = format!("{:064}", step % 100);
        let (took, done) = timed(store.change_breaker("sluice/volume", &digest, count(false))).await;
        done?;
        quiet.push(took);
        let (took, done) = timed(store.change_breaker("sluice/volume", &digest, count(true))).await;
        done?;
        told.push(took);
        let (took, found) = timed(store.breakers()).await;
        found?.last().ok_or("no breaker was found")?;
        reads.push(took);
    }
    for _ in 0..ROUNDS {
        let report = store.last_good("default", "catalyst", "sluice/volume", 0..=i64::MAX);
        let (took, found) = timed(report).await;
        found?.ok_or("no report was found")?;
        goods.push(took);
    }
    report("change a breaker", &quiet)?;
    report("change a breaker and tell the log", &told)?;
    report("read all of up to 100 breakers", &reads)?;
    report("newest good report of 2,000 verdicts", &goods)
}

/// What a future gave, and how long it took.
async fn timed<T>(work: impl Future<Output = T>) -> (Duration, T) {
    let begun = Instant::now();
    let value = work.await;
    (begun.elapsed(), value)
}

/// Prints the smallest, the median and the largest of some durations.
fn report(what: &str, durations: &[Duration]) -> Result<(), Box<dyn Error>> {
    let mut sorted = durations.to_vec();
    sorted.sort();
    let at = |index: usize| sorted.get(index).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3);
    let (least, median, most) = (at(0), at(sorted.len() / 2), at(sorted.len().saturating_sub(1)));
    say(&format!(
        "{what:<40} {least:8.3} {median:8.3} {most:8.3} ms (least, median, most of {})",
        sorted.len()
    ))
}

fn say(line: &str) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}
