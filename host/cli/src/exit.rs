//! Exit codes, and which error has which.

use crate::signals::Stopped;
use sluice_engine::{EngineError, PlanError, ScanStatus, SettingsError};
use sluice_store::StoreError;
use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Done,
    /// The command line makes no sense (clap uses the same code), or a value is refused.
    Usage,
    /// The result is incomplete; it says what is missing and why.
    Partial,
    /// Nothing usable came out.
    Failed,
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
        match error.downcast_ref::<EngineError>() {
            Some(EngineError::Interrupted) => Self::Interrupted,
            Some(EngineError::UnknownSymbols { .. } | EngineError::Future { .. }) => Self::Usage,
            Some(EngineError::Plan(
                PlanError::Pipeline { .. } | PlanError::Stage { .. } | PlanError::BeyondStage { .. },
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

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done | Exit::ClosedPipe => 0,
            Exit::Usage => 2,
            Exit::Partial => 3,
            Exit::Failed => 4,
            Exit::Interrupted => 130,
        })
    }
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

fn is_closed_pipe(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
}
