use super::*;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// Far longer than any test may take.
const LONG: Duration = Duration::from_secs(60);

/// Waits for an answer as good as for ever, and hardly between attempts.
fn patient() -> Patience {
    Patience { limit: LONG, attempts: 3, pause: Duration::from_nanos(1), failures: 2, rest: LONG }
}

/// Does not wait for an answer.
fn impatient() -> Patience {
    Patience { limit: Duration::ZERO, ..patient() }
}

/// Answers with these errors, then with the number of the attempt; counts the attempts.
fn fails(
    errors: &'static [ErrorKind],
) -> (Arc<AtomicU32>, impl Fn() -> io::Result<u32> + Send + Sync + 'static) {
    let attempts = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&attempts);
    let attempt = move || {
        let number = counted.fetch_add(1, Ordering::SeqCst);
        errors.get(number as usize).map_or(Ok(number), |kind| Err((*kind).into()))
    };
    (attempts, attempt)
}

/// An attempt that ends when the sender is dropped.
fn hangs() -> (Sender<()>, impl Fn() -> io::Result<u32> + Send + Sync + 'static) {
    let (end, ended): (Sender<()>, Receiver<()>) = channel();
    let ended = Mutex::new(ended);
    let attempt = move || {
        let _ = ended.lock().unwrap().recv();
        Ok(7)
    };
    (end, attempt)
}

#[test]
fn what_fails_for_a_moment_is_tried_again_and_what_fails_for_good_is_not() {
    let (attempts, passing) = fails(&[ErrorKind::Interrupted, ErrorKind::NetworkDown]);
    assert_eq!(Guard::new(patient()).patiently(passing).unwrap(), 2);
    assert_eq!(attempts.load(Ordering::SeqCst), 3);
    let (attempts, lasting) = fails(&[ErrorKind::PermissionDenied]);
    assert_eq!(Guard::new(patient()).patiently(lasting).unwrap_err().kind(), ErrorKind::PermissionDenied);
    assert_eq!(attempts.load(Ordering::SeqCst), 1);
}

#[test]
fn after_the_last_attempt_the_error_is_told() {
    let (attempts, failing) = fails(&[ErrorKind::ResourceBusy; 9]);
    assert_eq!(Guard::new(patient()).patiently(failing).unwrap_err().kind(), ErrorKind::ResourceBusy);
    assert_eq!(attempts.load(Ordering::SeqCst), 3);
}

#[test]
fn a_read_that_hangs_is_given_up_with_its_limit() {
    let (_end, hanging) = hangs();
    let limit = Duration::from_millis(20);
    let error = Guard::new(Patience { limit, ..patient() }).patiently(hanging).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(
        error.to_string(),
        "no answer within 0.02 s: see to the disk or the server that has it, then try again"
    );
}

#[test]
fn after_failures_in_a_row_nothing_is_tried_for_a_while() {
    let guard = Guard::new(impatient());
    for _ in 0..2 {
        let (_end, hanging) = hangs();
        assert!(guard.patiently(hanging).unwrap_err().to_string().starts_with("no answer within 0 s"));
    }
    let (attempts, attempt) = fails(&[]);
    assert_eq!(
        guard.patiently(attempt).unwrap_err().to_string(),
        "2 reads in a row had no answer, and the next one is made in 60 s: see to the disk or the server that has it, \
         then try again"
    );
    assert_eq!(attempts.load(Ordering::SeqCst), 0);
}

#[test]
fn after_the_rest_one_read_is_tried_and_its_answer_ends_it() {
    let guard = Guard::new(Patience { rest: Duration::ZERO, ..patient() });
    let busy = || guard.patiently(fails(&[ErrorKind::ResourceBusy; 9]).1).unwrap_err();
    busy();
    busy();
    // the rest is over at once: this one is the probe, and while it lasts others are refused
    guard.admit().unwrap();
    assert!(guard.admit().unwrap_err().to_string().starts_with("2 reads in a row had no answer"));
    guard.failed();
    assert_eq!(guard.patiently(|| Ok(7)).unwrap(), 7);
    assert_eq!(guard.rest().failures, 0);
    guard.admit().unwrap();
    guard.admit().unwrap();
}

#[test]
fn failures_that_are_not_in_a_row_do_not_add_up() {
    let guard = Guard::new(patient());
    for _ in 0..3 {
        guard.patiently(fails(&[ErrorKind::ResourceBusy; 9]).1).unwrap_err();
        assert_eq!(guard.patiently(|| Ok(7)).unwrap(), 7);
    }
}

#[test]
fn pauses_are_scattered_by_a_quarter() {
    let pause = Duration::from_millis(100);
    assert_eq!([0.0, 0.5, 1.0, 9.0].map(|noise| jittered(pause, noise).as_millis()), [75, 100, 125, 125]);
    assert!((0..99).all(|_| (0.0..=1.0).contains(&noise())));
}

#[test]
fn a_file_is_read_at_any_offset_and_not_beyond_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let bytes: Vec<u8> = (0..100_000_u32).map(|at| (at % 251) as u8).collect();
    std::fs::write(&path, &bytes).unwrap();
    let (reads, length) = Reads::open(&path).unwrap();
    assert_eq!(length, 100_000);
    let mut buffer = vec![0; 70_000];
    reads.read_exact_at(&mut buffer, 12_345).unwrap();
    assert!(buffer == bytes[12_345..82_345]);
    let end = reads.read_exact_at(&mut buffer, 50_000).unwrap_err();
    assert_eq!(end.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(reads.read_at(&mut buffer, 100_000).unwrap(), 0);
    assert_eq!(reads.read_at(&mut buffer, u64::MAX).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_file_that_is_not_there_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let error = Reads::open(&folder.path().join("none")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

/// A pipe without a writer stands for a server that does not answer: opening it hangs.
#[test]
fn opening_what_does_not_answer_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let patience = Patience { limit: Duration::from_millis(20), ..patient() };
    let error = Reads::open_with(&path, patience).unwrap_err();
    assert!(error.to_string().starts_with("no answer within 0.02 s"), "{error}");
    // a writer lets the thread end that hangs there
    drop(File::options().write(true).open(&path).unwrap());
}
