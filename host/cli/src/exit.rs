//! Exit codes, and which error has which.

use crate::signals::Stopped;
use sluice_engine::{AuthorError, EngineError, PlanError, ScanStatus, SettingsError, SwapError};
use sluice_market::CalendarError;
use sluice_store::StoreError;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Done,
    /// A check found something.
    Found,
    /// The command line makes no sense (clap uses the same code), or a value is refused.
    Usage,
    /// The result is incomplete; it says what is missing and why.
    Partial,
    /// Nothing usable came out.
    Failed,
    /// The day has no session, and one is required.
    NoSession,
    /// Stopped by the user.
    Interrupted,
    /// Nobody reads stdout any more, as after `| head`: no failure, nothing more to say.
    ClosedPipe,
}

impl Exit {
    /// The code of an error.
    pub fn of(error: &anyhow::Error) -> Self {
        if error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>()).any(is_closed_pipe) {
            return Self::ClosedPipe;
        }
        if error.is::<Usage>() {
            return Self::Usage;
        }
        if error.is::<Stopped>() {
            return Self::Interrupted;
        }
        if let Some(error) = error.downcast_ref::<SettingsError>() {
            return Self::of_settings(error);
        }
        if let Some(StoreError::UnknownRevision { .. } | StoreError::BadSecretName { .. }) =
            error.downcast_ref()
        {
            return Self::Usage;
        }
        match error.downcast_ref::<SwapError>() {
            Some(SwapError::UnknownPipeline { .. }) => return Self::Usage,
            Some(SwapError::Engine(engine)) if is_interruption(engine) => return Self::Interrupted,
            _ => {}
        }
        if let Some(AuthorError::Interrupted) = error.downcast_ref() {
            return Self::Interrupted;
        }
        if error.is::<CalendarError>() {
            return Self::Usage;
        }
        match error.downcast_ref::<EngineError>() {
            Some(engine) if is_interruption(engine) => Self::Interrupted,
            Some(EngineError::NoSession { .. }) => Self::NoSession,
            Some(
                EngineError::UnknownSymbols { .. }
                | EngineError::UnknownList { .. }
                | EngineError::Excluded { .. }
                | EngineError::NotAmong { .. }
                | EngineError::Future { .. }
                | EngineError::View(_),
            ) => Self::Usage,
            Some(EngineError::Plan(
                PlanError::Pipeline { .. }
                | PlanError::Stage { .. }
                | PlanError::BeyondStage { .. }
                | PlanError::Screening(_),
            )) => Self::Usage,
            _ => Self::Failed,
        }
    }

    /// A refused name or value is wrong usage; a file that is wrong or a layer that is missing is not.
    fn of_settings(error: &SettingsError) -> Self {
        match error {
            SettingsError::Plan(PlanError::Layer(_) | PlanError::Setting { .. }) => Self::Failed,
            _ => Self::Usage,
        }
    }
}

impl From<ScanStatus> for Exit {
    fn from(status: ScanStatus) -> Self {
        match status {
            ScanStatus::Complete => Self::Done,
            ScanStatus::Partial => Self::Partial,
            ScanStatus::Failed => Self::Failed,
        }
    }
}

impl Exit {
    /// What the shell sees; 130 is 128 + SIGINT.
    fn code(self) -> i32 {
        match self {
            Self::Done | Self::ClosedPipe => 0,
            Self::Found => 1,
            Self::Usage => 2,
            Self::Partial => 3,
            Self::Failed => 4,
            Self::NoSession => 5,
            Self::Interrupted => 130,
        }
    }
}

/// Ends the program. Threads of the database may still run, and what they commit is safe at any instant; but the
/// library that encrypts files tidies up at a normal exit, and such a thread would meet its remains. So there is
/// none where files are encrypted.
pub fn leave(exit: Exit) -> ! {
    #[cfg(feature = "encrypted-sqlite")]
    signal_hook::low_level::exit(exit.code());
    #[cfg(not(feature = "encrypted-sqlite"))]
    std::process::exit(exit.code());
}

/// A command line that clap takes but that makes no sense.
#[derive(Debug)]
pub struct Usage(pub String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

fn is_interruption(error: &EngineError) -> bool {
    matches!(error, EngineError::Interrupted | EngineError::Author(AuthorError::Interrupted))
}

fn is_closed_pipe(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
}
