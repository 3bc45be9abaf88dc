//! Progress bars on stderr, only where a person looks.

use indicatif::{ProgressBar, ProgressStyle};
use sluice_engine::Observer;
use sluice_market::{ExportProgress, ImportProgress, ImportStep};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

/// Between two pictures of a spinner.
const TICK: Duration = Duration::from_millis(100);

/// Something that takes a while, nobody knows how long.
pub struct Spinner {
    bar: ProgressBar,
    doing: &'static str,
}

impl Spinner {
    /// Begins to turn; indicatif draws nothing when stderr is no terminal.
    pub fn new(doing: &'static str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(doing);
        bar.enable_steady_tick(TICK);
        Self { bar, doing }
    }

    /// Tells how many rows are done.
    pub fn rows(&self, rows: u64) {
        self.bar.set_message(format!("{}: {rows} rows", self.doing));
    }
}

impl Drop for Spinner {
    /// Takes it away, so that what is printed next stands alone.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// One bar that follows whatever is going on.
pub struct Progress {
    bar: ProgressBar,
    stage: Mutex<String>,
}

impl Progress {
    /// A bar; indicatif draws nothing when stderr is no terminal.
    pub fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{msg:<28} {wide_bar} {percent:>3} %") {
            bar.set_style(style);
        }
        Self { bar, stage: Mutex::new(String::new()) }
    }

    /// Follows an import or the making of a market.
    pub fn import(&self, progress: ImportProgress) {
        let step = match progress.step {
            ImportStep::Read => "reading",
            ImportStep::Write => "writing",
            ImportStep::Make => "making a synthetic market",
        };
        if self.bar.message() != step {
            self.bar.set_message(step);
        }
        self.bar.set_length(progress.total);
        self.bar.set_position(progress.done);
    }

    /// Follows an export.
    pub fn export(&self, progress: ExportProgress) {
        if self.bar.message() != "exporting" {
            self.bar.set_message("exporting");
        }
        self.bar.set_length(progress.total);
        self.bar.set_position(progress.done);
    }

    /// Follows a download; the bar stays empty where nobody knows its length.
    pub fn fetch(&self, done: u64, total: Option<u64>) {
        if self.bar.message() != "fetching" {
            self.bar.set_message("fetching");
        }
        self.bar.set_length(total.unwrap_or(u64::MAX));
        self.bar.set_position(done);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Progress {
    fn stage_started(&self, number: &str, name: &str, instruments: usize, calls: usize) {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        name.clone_into(&mut stage);
        self.bar.set_message(format!("{number} {name}: {instruments}"));
        self.bar.set_length(calls as u64);
        self.bar.set_position(0);
    }

    fn call_done(&self, name: &str) {
        if *self.stage.lock().unwrap_or_else(PoisonError::into_inner) == name {
            self.bar.inc(1);
        }
    }

    fn stage_done(&self, name: &str, out: usize) {
        tracing::info!("stage {name} lets {out} through");
    }
}
