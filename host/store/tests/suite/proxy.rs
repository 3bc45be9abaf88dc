//! An operation whose answer is lost on the way is repeated, and yet done once: a proxy between store and server drops
//! the connection instead of handing over that it is done.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use sluice_store::{Base, Changed, InstallOutcome, PruneSummary, ScanStatus, Secret, Store};

use crate::breakers::count;
use crate::case::Case;
use crate::home::{Backend, Database, Home, register_layers};
use crate::records::{change, entry, new_layer, new_scan, scan_record};

pub const CASES: &[Case] = cases![
    every_change_whose_answer_was_lost_is_made_once,
    a_restore_whose_answer_was_lost_tells_what_happened,
    reading_goes_on_when_the_connection_breaks,
    what_takes_long_begins_anew_when_the_connection_breaks,
];

/// What the server says when a transaction is done.
const COMMITTED: &[u8] = b"COMMIT\0";

/// What it says of one inserted row.
const INSERTED: &[u8] = b"INSERT 0 1\0";

struct Proxy {
    port: u16,
    /// The answer that is lost next, and its connection with it.
    lost: Arc<Mutex<Option<&'static [u8]>>>,
}

impl Proxy {
    fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let lost = Arc::new(Mutex::new(None));
        let losing = Arc::clone(&lost);
        // ends with the process
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, lost) = (client.unwrap(), Arc::clone(&losing));
                let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || forward(from, to, |_| false));
                thread::spawn(move || forward(server, client, |bytes| loses(&lost, bytes)));
            }
        });
        Self { port, lost }
    }

    fn lose(&self, answer: &'static [u8]) {
        *self.lost.lock().unwrap() = Some(answer);
    }

    fn lost_it(&self) -> bool {
        self.lost.lock().unwrap().is_none()
    }
}

fn loses(lost: &Mutex<Option<&'static [u8]>>, bytes: &[u8]) -> bool {
    let mut lost = lost.lock().unwrap();
    let found = lost.is_some_and(|answer| bytes.windows(answer.len()).any(|window| window == answer));
    if found {
        *lost = None;
    }
    found
}

/// Until one side closes, or `ends` says so of what would be handed over.
fn forward(mut from: TcpStream, mut to: TcpStream, ends: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count) = from.read(&mut buffer) {
        if count == 0 || ends(&buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// The database of a home, reached through a proxy.
fn through_proxy(home: &Home) -> (Proxy, Database) {
    let (server, name) = home.address.rsplit_once('/').unwrap();
    let (user, port) = server.rsplit_once(':').unwrap();
    let proxy = Proxy::before(port.parse().unwrap());
    let address = format!("{user}:{}/{name}", proxy.port);
    let database = Database::at(home.backend, &address, &home.folder);
    (proxy, database)
}

async fn every_change_whose_answer_was_lost_is_made_once(home: Home) {
    let (proxy, database) = through_proxy(&home);
    let store = database.open().await;
    let rows = async || home.number("SELECT count(*) FROM audit").await;
    let mut told = rows().await;
    macro_rules! once {
        ($answer:expr, $rows:expr, $work:expr, $expected:pat) => {
            proxy.lose($answer);
            let done = $work.await;
            assert!(matches!(done, $expected), "{}: {done:?}", stringify!($work));
            assert!(proxy.lost_it(), "{}", stringify!($work));
            told += $rows;
            assert_eq!(rows().await, told, "{}", stringify!($work));
        };
    }
    once!(COMMITTED, 1, store.record(&entry("x")), Ok(2));
    once!(
        COMMITTED,
        1,
        store.change_settings(&change(Base::Exactly(0), "stage:p/s", "x", Some("1"))),
        Ok(Changed::Revision(1))
    );
    once!(
        COMMITTED,
        1,
        store.install_layer(&new_layer("me/first", "1.0.0", "aa", b"one")),
        Ok(InstallOutcome::Installed)
    );
    store.install_layer(&new_layer("me/first", "2.0.0", "bb", b"two")).await.unwrap();
    told += 1;
    once!(COMMITTED, 1, store.remove_layer("me/first", None, &[]), Ok(2));
    once!(COMMITTED, 1, store.set_secret("feed", &Secret::new("x".to_owned())), Ok(()));
    once!(COMMITTED, 1, store.remove_secret("feed"), Ok(true));
    once!(COMMITTED, 1, store.notice_file("/f", "d1"), Ok(true));
    once!(COMMITTED, 0, register_layers_of(&store), Ok(()));
    once!(COMMITTED, 0, upserted(&store), Ok(()));
    once!(INSERTED, 0, begun(&store), Ok(ScanStatus::Running));
    let scan = store.latest_scan(None).await.unwrap().unwrap().id;
    once!(COMMITTED, 1, store.finish_scan(&scan, &scan_record()), Ok(()));
    let interrupted = store.begin_scan(&new_scan("default")).await.unwrap();
    once!(COMMITTED, 1, store.interrupt_scan(&interrupted, "Ctrl-C"), Ok(()));
    once!(COMMITTED, 1, store.accept_audit("tried"), Ok(12));
    once!(COMMITTED, 1, count(&store, "me/l", true), Ok(1));
    once!(COMMITTED, 0, count(&store, "me/l", false), Ok(2));
    once!(COMMITTED, 1, count(&store, "me/l", true), Ok(3));

    let scans = store.scans(None, 9).await.unwrap();
    let statuses: Vec<_> = scans.iter().map(|scan| scan.status).collect();
    assert_eq!(statuses, [ScanStatus::Interrupted, ScanStatus::Partial]);
    assert_eq!(store.settings().await.unwrap().revision, 1);
    assert_eq!(store.results(&scan).await.unwrap().len(), 2);
    once!(COMMITTED, 1, store.prune(i64::MAX, true, false), Ok(PruneSummary { scans: 2, .. }));
    assert_eq!(store.scans(None, 9).await.unwrap(), []);
    let verdict = store.verify_audit(|_| ()).await.unwrap();
    assert_eq!((verdict.fault, verdict.newest, verdict.known_newest), (None, Some(told), Some(told)));
}

async fn begun(store: &Store) -> Result<ScanStatus, sluice_store::StoreError> {
    let scan = store.begin_scan(&new_scan("default")).await?;
    Ok(store.scan(&scan).await?.status)
}

/// How many were written is told of the last try, which finds them there.
async fn upserted(store: &Store) -> Result<(), sluice_store::StoreError> {
    store.upsert_instruments(&scan_record().instruments).await?;
    assert_eq!(store.status().await?.instruments, 3);
    Ok(())
}

async fn register_layers_of(store: &Store) -> Result<(), sluice_store::StoreError> {
    let mut layer = crate::records::bundled(&scan_record().layer_runs[0]);
    layer.digest = "another".to_owned();
    store.register_layer(&layer).await?;
    register_layers(store).await;
    Ok(())
}

async fn a_restore_whose_answer_was_lost_tells_what_happened(home: Home) {
    let (proxy, database) = through_proxy(&home);
    let store = database.open().await;
    store.record(&entry("x")).await.unwrap();
    let file = home.folder.join("b");
    store.backup(&file, |_| ()).await.unwrap();
    store.record(&entry("y")).await.unwrap();
    store.record(&entry("z")).await.unwrap();
    // while rows are replaced: the next commit is that of the restore
    let mut told = 0;
    let losing = |rows| {
        told = rows;
        proxy.lose(COMMITTED);
    };
    let done = Store::restore(&database.url, &database.access, &file, losing).await.unwrap();
    assert!(proxy.lost_it());
    assert_eq!(done.rows, told);
    let kept = done.kept.unwrap();
    let kept = Database::at(Backend::Sqlite, &format!("sqlite:{}", kept.display()), &home.folder);
    assert_eq!(kept.number("SELECT count(*) FROM audit").await, 5);
    assert_eq!(files_that_were_kept(&home), 1);
    assert_eq!(home.number("SELECT count(*) FROM audit WHERE action = 'database.restored'").await, 1);
    store.record(&entry("goes on")).await.unwrap();
    let verdict = store.verify_audit(|_| ()).await.unwrap();
    assert_eq!((verdict.fault, verdict.newest, verdict.known_newest), (None, Some(4), Some(4)));
}

pub fn files_that_were_kept(home: &Home) -> usize {
    let files = std::fs::read_dir(&home.folder).unwrap().map(|file| file.unwrap().file_name());
    files.filter(|name| name.to_string_lossy().contains(".before-restore.")).count()
}

async fn what_takes_long_begins_anew_when_the_connection_breaks(home: Home) {
    home.scanned(&scan_record()).await;
    let (proxy, database) = through_proxy(&home);
    let store = database.open().await;
    store.record(&entry("x")).await.unwrap();
    // the log and the instruments have three rows each
    const THREE: &[u8] = b"SELECT 3\0";
    proxy.lose(THREE);
    let verdict = store.verify_audit(|_| ()).await.unwrap();
    assert!(proxy.lost_it());
    assert_eq!((verdict.fault, verdict.rows), (None, 3));
    proxy.lose(THREE);
    let file = home.folder.join("b");
    let done = store.backup(&file, |_| ()).await.unwrap();
    assert!(proxy.lost_it());
    let kept = Database::at(Backend::Sqlite, &format!("sqlite:{}", file.display()), &home.folder);
    assert_eq!(kept.number("SELECT count(*) FROM audit").await, 3);
    assert!(done.rows > 6);
    proxy.lose(b"SELECT 1\0");
    assert_eq!(store.database_status().await.unwrap().integrity, Ok(()));
    assert!(proxy.lost_it());
    let parts = std::fs::read_dir(&home.folder).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(parts.filter(|name| name.to_string_lossy().contains("sluice-part")).count(), 0);
}

async fn reading_goes_on_when_the_connection_breaks(home: Home) {
    home.scanned(&scan_record()).await;
    let (proxy, database) = through_proxy(&home);
    let store = database.open().await;
    for _ in 0..3 {
        proxy.lose(b"SELECT 1\0");
        assert_eq!(store.scans(None, 9).await.unwrap().len(), 1);
        assert!(proxy.lost_it());
    }
}
