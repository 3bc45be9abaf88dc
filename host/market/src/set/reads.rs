//! Reads that end. A file may lie on a disk that has died or on a server that stopped answering; then a read hangs, no
//! signal ends it, and whoever made it hangs too.
//!
//! What the page cache has is read at once, on the caller's thread: that is the normal way and costs nothing more. All
//! else is read on a thread of its own. When its [time](Patience) is over the caller goes on with an error, and the
//! thread ends when the read does. Errors that pass by themselves are tried again after a pause; any other is told at
//! once. After some failures in a row the file rests: reads fail at once, until one of them may try again.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long is waited for a file, and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// All attempts of one read together: long enough for a disk that has to start, or for a server that restarts.
    limit: Duration,
    /// Attempts of one read.
    attempts: u32,
    /// Pause after the first attempt; each later one is twice as long, and all are up to a quarter longer or shorter.
    pause: Duration,
    /// Failed reads in a row after which the file rests.
    failures: u32,
    /// How long it rests.
    rest: Duration,
}

impl Patience {
    /// For the files of a set.
    const NORMAL: Self = Self {
        limit: Duration::from_secs(30),
        attempts: 5,
        pause: Duration::from_millis(50),
        failures: 3,
        rest: Duration::from_secs(60),
    };
}

/// Does once what a file is asked, within the same time.
pub(crate) fn patiently<T: Send + 'static>(
    attempt: impl Fn() -> io::Result<T> + Send + Sync + 'static,
) -> io::Result<T> {
    Guard::new(Patience::NORMAL).patiently(attempt)
}

/// An open file. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Reads {
    file: Arc<File>,
    guard: Arc<Guard>,
}

impl Reads {
    /// Opens a file and tells its length.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, u64)> {
        Self::open_with(path, Patience::NORMAL)
    }

    fn open_with(path: &Path, patience: Patience) -> io::Result<(Self, u64)> {
        let (guard, path) = (Arc::new(Guard::new(patience)), path.to_path_buf());
        let open = move || {
            let file = File::open(&path)?;
            let length = file.metadata()?.len();
            Ok((Arc::new(file), length))
        };
        let (file, length) = guard.patiently(open)?;
        Ok((Self { file, guard }, length))
    }

    /// Fills the buffer from an offset.
    pub(crate) fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read_at(rest, offset + filled as u64)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                count => filled += count,
            }
        }
        Ok(())
    }

    /// Reads some bytes from an offset; none at the end of the file.
    pub(crate) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let at_hand = cached::read_at(&self.file, buffer, offset);
        if at_hand > 0 {
            return Ok(at_hand);
        }
        let (file, length) = (Arc::clone(&self.file), buffer.len());
        let bytes = self.guard.patiently(move || {
            let mut bytes = vec![0; length];
            let count = file.read_at(&mut bytes, offset)?;
            bytes.truncate(count);
            Ok(bytes)
        })?;
        if let Some(start) = buffer.get_mut(..bytes.len()) {
            start.copy_from_slice(&bytes);
        }
        Ok(bytes.len())
    }
}

/// What stands in front of a file.
#[derive(Debug)]
struct Guard {
    patience: Patience,
    rest: Mutex<Rest>,
}

#[derive(Debug, Default)]
struct Rest {
    /// Failed reads in a row.
    failures: u32,
    /// No read is tried before.
    until: Option<Instant>,
}

impl Guard {
    fn new(patience: Patience) -> Self {
        Self { patience, rest: Mutex::default() }
    }

    /// Does what may hang, within the time that there is for it.
    fn patiently<T: Send + 'static>(
        &self,
        attempt: impl Fn() -> io::Result<T> + Send + Sync + 'static,
    ) -> io::Result<T> {
        self.admit()?;
        let (attempt, deadline) = (Arc::new(attempt), Instant::now() + self.patience.limit);
        let (mut pause, mut left) = (self.patience.pause, self.patience.attempts);
        loop {
            let error = match apart(Arc::clone(&attempt), deadline) {
                Some(Err(error)) if passes(error.kind()) => error,
                Some(answer) => {
                    // it may be an error, but it is an answer
                    *self.rest() = Rest::default();
                    return answer;
                }
                None => unanswered(Unanswered::Late(self.patience.limit)),
            };
            let wait = jittered(pause, noise());
            left = left.saturating_sub(1);
            if left == 0 || Instant::now() + wait >= deadline {
                self.failed();
                return Err(error);
            }
            std::thread::sleep(wait);
            pause *= 2;
        }
    }

    /// Whether a read may be tried. After a rest one is, and the others wait for how it ends.
    fn admit(&self) -> io::Result<()> {
        let (mut rest, now) = (self.rest(), Instant::now());
        if let Some(until) = rest.until {
            if now < until {
                return Err(unanswered(Unanswered::Rests { failures: rest.failures, left: until - now }));
            }
            rest.until = Some(now + self.patience.limit);
        }
        Ok(())
    }

    fn failed(&self) {
        let mut rest = self.rest();
        rest.failures = rest.failures.saturating_add(1);
        if rest.failures >= self.patience.failures {
            rest.until = Some(Instant::now() + self.patience.rest);
        }
    }

    fn rest(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes an attempt on a thread of its own; none when it has not ended at the deadline.
fn apart<T: Send + 'static>(
    attempt: Arc<impl Fn() -> io::Result<T> + Send + Sync + 'static>,
    deadline: Instant,
) -> Option<io::Result<T>> {
    let (done, answer) = sync_channel(1);
    let work = move || {
        // nobody listens any more when the time was over
        let _ = done.send(attempt());
    };
    match std::thread::Builder::new().name("sluice-read".into()).spawn(work) {
        Ok(_) => answer.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok(),
        Err(error) => Some(Err(error)),
    }
}

/// Whether an error passes by itself. One of the disk itself does not: the system has tried again already.
fn passes(kind: ErrorKind) -> bool {
    use ErrorKind::{
        ConnectionAborted, ConnectionReset, HostUnreachable, Interrupted, NetworkDown, NetworkUnreachable,
        ResourceBusy, TimedOut, WouldBlock,
    };
    matches!(
        kind,
        ConnectionAborted
            | ConnectionReset
            | HostUnreachable
            | Interrupted
            | NetworkDown
            | NetworkUnreachable
            | ResourceBusy
            | TimedOut
            | WouldBlock
    )
}

/// Why there is no answer, with what to do.
#[derive(Debug)]
enum Unanswered {
    /// It did not come in time.
    Late(Duration),
    /// It was not waited for, after so many failures in a row.
    Rests { failures: u32, left: Duration },
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DO: &str = "see to the disk or the server that has it, then try again";
        match self {
            Self::Late(limit) => write!(f, "no answer within {} s: {DO}", limit.as_secs_f64()),
            Self::Rests { failures, left } => write!(
                f,
                "{failures} reads in a row had no answer, and the next one is made in {:.0} s: {DO}",
                left.as_secs_f64().ceil()
            ),
        }
    }
}

impl std::error::Error for Unanswered {}

fn unanswered(why: Unanswered) -> io::Error {
    io::Error::new(ErrorKind::TimedOut, why)
}

/// Three to five quarters of a pause, so that many readers do not come back together. `noise`: 0 to 1.
fn jittered(pause: Duration, noise: f64) -> Duration {
    pause.mul_f64(0.75 + noise.clamp(0.0, 1.0) / 2.0)
}

/// 0 to 1, another one each time; it needs no more chance than the clock's.
fn noise() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    f64::from(now.subsec_nanos().wrapping_mul(2_654_435_761) >> 16) / f64::from(u16::MAX)
}

/// Reads of what the page cache has.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod cached {
    use std::ffi::{c_int, c_void};
    use std::fs::File;
    use std::os::fd::AsRawFd;

    /// Do not wait: read only what is there.
    const RWF_NOWAIT: c_int = 8;

    /// `struct iovec`.
    #[repr(C)]
    struct Part {
        base: *mut c_void,
        length: usize,
    }

    unsafe extern "C" {
        fn preadv2(file: c_int, parts: *const Part, count: c_int, offset: i64, flags: c_int) -> isize;
    }

    /// How many bytes of the buffer were filled at once; 0 when there are none, or whenever anything is unclear.
    pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> usize {
        let Ok(offset) = i64::try_from(offset) else { return 0 };
        let part = Part { base: buffer.as_mut_ptr().cast(), length: buffer.len() };
        #[expect(unsafe_code, reason = "the standard library has no read that does not wait")]
        // SAFETY: the descriptor is open as long as `file` is borrowed. The one part is memory of `buffer`, which is
        // borrowed for the call and as long as the part says; the kernel writes at most so many bytes into it. The
        // declaration is that of glibc and musl where `off_t` has 64 bits, as on every such target with pointers of 64.
        let count = unsafe { preadv2(file.as_raw_fd(), &part, 1, offset, RWF_NOWAIT) };
        usize::try_from(count).unwrap_or(0)
    }
}

/// Elsewhere nobody knows what the page cache has.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
mod cached {
    pub(super) fn read_at(_: &std::fs::File, _: &mut [u8], _: u64) -> usize {
        0
    }
}

#[cfg(test)]
mod tests;
