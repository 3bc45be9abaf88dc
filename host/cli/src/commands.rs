//! One file per command.

pub mod alerts;
pub mod audit;
mod audited;
pub mod breaker;
pub mod cache;
pub mod calendar;
pub mod completions;
pub mod configure;
pub mod data;
pub mod database;
pub mod demo;
pub mod diff;
pub mod import;
pub mod init;
pub mod layer;
pub mod list;
mod paging;
pub mod scan;
pub mod screen;
pub mod secret;
pub mod status;
pub mod symbol;
pub mod synthesize;
pub mod trust;
pub mod universe;

pub use symbol::why;

/// A runtime for the database's and the signals' sake; the work itself runs on threads of its own.
fn tokio() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// The same with a thread beside this one, on which reading goes on while this one prints, or waits for whoever reads that.
fn tokio_beside() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?)
}

/// Tells of the components that cannot be called: a command that shows what there is would leave them out in silence.
fn warn_of_unloadable(catalog: &sluice_engine::Catalog) {
    for (component, _) in catalog.components() {
        if let sluice_engine::Component::Unloadable(it) = component {
            tracing::warn!("layer {} {}", it.id, it.why);
        }
    }
}
