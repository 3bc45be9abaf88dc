//! A list of alerts page by page, read ahead: while somebody reads and shows one page, the database works on the next ones.

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::Store;
use super::alerts::{LONGEST_TEXT, Reading};
use crate::error::StoreError;
use crate::rows::{AlertFilter, AlertPage, AlertTexts};

/// Pages that wait to be taken. With the one that is shown and the one that is being read there are three, some megabytes.
const WAITING: usize = 1;

/// Pages that are read in one transaction when nobody is waited for between them: some 0.1 s. Each transaction costs as much
/// as reading a hundred alerts; a long one keeps a file's write-ahead log from being folded in.
const AT_ONCE: u32 = 32;

/// Blocks up to this size stay with the process when they are freed: some times the text of a page.
const KEPT_BYTES: usize = 8 << 20;

/// Lets the C library keep the blocks in which SQLite and its driver build texts. By default it gives every one back to the
/// system and takes it anew for the next page, a page fault for each 4 KiB, which is an eighth of the time of a long list.
/// It keeps blocks up to the size of the largest one that was ever freed (`M_MMAP_THRESHOLD`, mallopt(3)); this one is
/// never written to, so it takes no memory. Other C libraries ignore it.
fn keep_large_blocks() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(KEPT_BYTES)));
}

/// Hands over the pages of a list. The task that reads them stops where it stands when this is dropped.
#[derive(Debug)]
pub struct AlertPages {
    store: Store,
    coming: Receiver<Result<Coming, StoreError>>,
    /// The last page was handed over, or what came in its place.
    ended: bool,
}

/// A page on its way.
#[derive(Debug)]
struct Coming {
    texts: AlertTexts,
    /// No other one follows. Without this mark, a task that ended early would look like the end of the list.
    last: bool,
}

impl Store {
    /// The alerts that the filter lets through, as many as it says, in pages as [`Store::alert_page`] has them. A task asks
    /// for them: on a runtime with a thread beside the caller's, the database reads on whatever the caller does between two
    /// pages, and nothing is kept open in it while nobody takes them. Must be called inside a tokio runtime.
    #[must_use]
    pub fn alert_pages(&self, filter: &AlertFilter) -> AlertPages {
        keep_large_blocks();
        let (to, coming) = channel(WAITING);
        let (store, filter) = (self.clone(), filter.clone());
        tokio::spawn(async move { store.read_ahead(filter, &to).await });
        AlertPages { store: self.clone(), coming, ended: false }
    }

    /// Reads until the list ends, a page cannot be read, or nobody wants more.
    async fn read_ahead(&self, mut filter: AlertFilter, to: &Sender<Result<Coming, StoreError>>) {
        let reading = Reading::new(self);
        let mut read_at_once = 0;
        loop {
            let read = tokio::select! {
                read = reading.texts(&filter) => read,
                () = to.closed() => return,
            };
            let coming = read.map(|texts| {
                let count = u32::try_from(texts.len()).unwrap_or(u32::MAX);
                let last = count < filter.limit.min(LONGEST_TEXT) || count >= filter.limit;
                filter.limit = filter.limit.saturating_sub(count);
                filter.after = texts.last().or(filter.after);
                Coming { texts, last }
            });
            let last = !matches!(coming, Ok(Coming { last: false, .. }));
            read_at_once += 1;
            let waiting = match to.try_send(coming) {
                Ok(()) => None,
                Err(TrySendError::Full(coming)) => Some(coming),
                Err(TrySendError::Closed(_)) => return,
            };
            if last || waiting.is_some() || read_at_once >= AT_ONCE {
                reading.end().await;
                read_at_once = 0;
            }
            if let Some(coming) = waiting
                && to.send(coming).await.is_err()
            {
                return;
            }
            if last {
                return;
            }
        }
    }
}

impl AlertPages {
    /// The next page; none when there is no other. The last one may be empty.
    ///
    /// # Errors
    /// When the database cannot be read. Nothing comes after that.
    pub async fn next(&mut self) -> Result<Option<AlertPage>, StoreError> {
        if self.ended {
            return Ok(None);
        }
        let coming = self.coming.recv().await;
        self.ended = !matches!(coming, Some(Ok(Coming { last: false, .. })));
        let page = match coming {
            Some(coming) => coming.and_then(|coming| self.store.page(coming.texts)),
            None => Err(StoreError::Failed {
                doing: "list alerts".to_owned(),
                database: self.store.shown(),
                why: "reading ended before the list did".to_owned(),
                advice: "try again",
            }),
        };
        self.ended |= page.is_err();
        page.map(Some)
    }
}
