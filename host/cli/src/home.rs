//! Where Sluice keeps its things: one folder with the configuration, the bars, the database and compiled layers.

use crate::args::Global;
use anyhow::{Context, bail};
use sluice_engine::Config;
use sluice_market::Market;
use sluice_runtime::{LogLevel, LogSink, Runtime, RuntimeOptions};
use sluice_store::{DatabaseUrl, Store};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder and the database that the command line chose.
#[derive(Debug, Clone)]
pub struct Home {
    folder: PathBuf,
    database: Option<DatabaseUrl>,
}

impl Home {
    /// `--home`, else `SLUICE_HOME` (both through clap), else `$XDG_DATA_HOME/sluice`, else
    /// `~/.local/share/sluice`.
    ///
    /// # Errors
    /// When none of these is known, or `--db` is no database URL.
    pub fn of(global: &Global) -> anyhow::Result<Self> {
        let folder = match (&global.home, data_folder()) {
            (Some(folder), _) => folder.clone(),
            (None, Some(data)) => data.join("sluice"),
            (None, None) => bail!("no home folder is known: give --home DIR or set SLUICE_HOME"),
        };
        Ok(Self { folder, database: global.db.clone() })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A home of its own inside this one.
    pub fn within(&self, name: &str) -> Self {
        Self { folder: self.folder.join(name), database: None }
    }

    /// `sluice.toml`.
    pub fn config_file(&self) -> PathBuf {
        self.folder.join("sluice.toml")
    }

    /// Folder of the bar set.
    pub fn market_folder(&self) -> PathBuf {
        self.folder.join("market")
    }

    /// What is deployed.
    ///
    /// # Errors
    /// When `sluice.toml` is there but wrong.
    pub fn config(&self) -> anyhow::Result<Config> {
        Ok(Config::read(&self.config_file())?)
    }

    /// The bars.
    ///
    /// # Errors
    /// When the set is damaged.
    pub fn market(&self) -> anyhow::Result<Market> {
        Ok(Market::open(&self.market_folder())?)
    }

    /// The database; a new one is made.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn store(&self) -> anyhow::Result<Store> {
        let url = match &self.database {
            Some(url) => url.clone(),
            None => {
                self.make()?;
                DatabaseUrl::in_home(&self.folder)
            }
        };
        Ok(Store::open(&url).await?)
    }

    /// Whether anything was imported.
    pub fn has_market(&self) -> bool {
        self.market_folder().exists()
    }

    /// Whether a database is there already.
    pub fn has_store(&self) -> bool {
        self.database.is_some() || self.folder.join("sluice.db").exists()
    }

    /// The sandbox with its cache of compiled layers.
    ///
    /// # Errors
    /// When this machine cannot run layers.
    pub fn runtime(&self) -> anyhow::Result<Runtime> {
        let options = RuntimeOptions {
            cache: Some(self.folder.join("cache").join("layers")),
            sink: Some(Arc::new(Traced)),
            ..RuntimeOptions::default()
        };
        Ok(Runtime::new(options)?)
    }

    /// Makes the folder, readable by its owner only.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(&self) -> anyhow::Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&self.folder)
            .with_context(|| format!("cannot make the home folder {}", self.folder.display()))
    }
}

fn data_folder() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
}

/// Layers' log lines as tracing events.
struct Traced;

impl LogSink for Traced {
    fn line(&self, layer: &str, level: LogLevel, message: &str) {
        match level {
            LogLevel::Debug => tracing::debug!(target: "sluice::layer", "{layer}: {message}"),
            LogLevel::Info => tracing::info!(target: "sluice::layer", "{layer}: {message}"),
            LogLevel::Warn => tracing::warn!(target: "sluice::layer", "{layer}: {message}"),
            LogLevel::Error => tracing::error!(target: "sluice::layer", "{layer}: {message}"),
        }
    }
}
