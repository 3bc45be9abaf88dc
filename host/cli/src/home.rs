//! Where Sluice keeps its things: one folder with the configuration, the bars, the database and compiled layers.

use crate::args::Global;
use crate::exit::Usage;
use anyhow::{Context, bail};
use sluice_engine::{Config, VerdictCache};
use sluice_market::{Calendars, Market, Zone};
use sluice_runtime::{LogLevel, LogSink, Runtime, RuntimeOptions};
use sluice_store::{Access, Actor, DatabaseUrl, KeySource, Secret, Store};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Variable with the key itself. There is no option for it: everybody on the machine sees arguments.
const KEY_VARIABLE: &str = "SLUICE_KEY";

/// The folder, the database and the key that the command line chose.
#[derive(Debug, Clone)]
pub struct Home {
    folder: PathBuf,
    database: Option<DatabaseUrl>,
    key: Key,
}

/// Where the key of audit log and secrets is.
#[derive(Debug, Clone)]
enum Key {
    /// A file in the home folder.
    InHome,
    /// Another file.
    File(PathBuf),
    /// Its digits, from the environment.
    Given(Secret),
}

impl Home {
    /// `--home`, else `SLUICE_HOME` (both through clap), else `$XDG_DATA_HOME/sluice`, else
    /// `~/.local/share/sluice`.
    ///
    /// # Errors
    /// When none of these is known, `--db` is no database URL, or two keys are named.
    pub fn of(global: &Global) -> anyhow::Result<Self> {
        let folder = match (&global.home, data_folder()) {
            (Some(folder), _) => folder.clone(),
            (None, Some(data)) => data.join("sluice"),
            (None, None) => bail!("no home folder is known: give --home DIR or set SLUICE_HOME"),
        };
        let database = match &global.db {
            None => None,
            Some(url) => Some(url.parse().map_err(|error| Usage(format!("--db: {error}")))?),
        };
        Ok(Self { folder, database, key: key(global)? })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A home of its own inside this one, with the same key if one was named.
    pub fn within(&self, name: &str) -> Self {
        let folder = self.folder.join(name);
        Self { folder, database: None, key: self.key.clone() }
    }

    /// `sluice.toml`.
    pub fn config_file(&self) -> PathBuf {
        self.folder.join("sluice.toml")
    }

    /// Folder of the bar set.
    pub fn market_folder(&self) -> PathBuf {
        self.folder.join("market")
    }

    /// Folder of the SDKs that new layers are made with.
    pub fn sdk_folder(&self) -> PathBuf {
        self.folder.join("sdk")
    }

    /// What is deployed.
    ///
    /// # Errors
    /// When `sluice.toml` is there but wrong.
    pub fn config(&self) -> anyhow::Result<Config> {
        Ok(Config::read(&self.config_file())?)
    }

    /// The zone in which instants are shown: the one given, else that of `sluice.toml`, else UTC. A file that is wrong
    /// is the business of those commands that need more of it.
    pub fn zone(&self, given: Option<Zone>) -> Zone {
        let configured = || Config::read(&self.config_file()).ok().and_then(|config| config.zone);
        given.or_else(configured).unwrap_or_default()
    }

    /// When venues have sessions, with the days that `calendar.toml` changes.
    ///
    /// # Errors
    /// When `calendar.toml` is there but wrong.
    pub fn calendars(&self) -> anyhow::Result<Calendars> {
        Ok(Calendars::read(&self.folder.join("calendar.toml"))?)
    }

    /// The bars.
    ///
    /// # Errors
    /// When the set is damaged, or `calendar.toml` is wrong.
    pub fn market(&self) -> anyhow::Result<Market> {
        Ok(Market::open_with(&self.market_folder(), &self.calendars()?)?)
    }

    /// The database; a new one is made.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn store(&self) -> anyhow::Result<Store> {
        Ok(Store::open(&self.database()?, &self.access()?).await?)
    }

    /// Where the database is. The home folder is made: its file, the key and the newest hashes of the audit log lie
    /// there unless others are named.
    ///
    /// # Errors
    /// When the home folder cannot be made.
    pub fn database(&self) -> anyhow::Result<DatabaseUrl> {
        self.make()?;
        Ok(self.url())
    }

    /// Where the database is, whether or not it is there.
    pub fn url(&self) -> DatabaseUrl {
        self.database.clone().unwrap_or_else(|| DatabaseUrl::in_home(&self.folder))
    }

    /// Who acts, and with which key.
    ///
    /// # Errors
    /// When `SLUICE_KEY` is no key.
    pub fn access(&self) -> anyhow::Result<Access> {
        let key = match &self.key {
            Key::InHome => KeySource::in_home(&self.folder),
            Key::File(path) => KeySource::file(path),
            Key::Given(digits) => KeySource::given(digits.expose(), &self.folder)
                .map_err(|error| Usage(format!("{KEY_VARIABLE}: {error}")))?,
        };
        Ok(Access { actor: Actor::current(), key })
    }

    /// Whether anything was imported.
    pub fn has_market(&self) -> bool {
        self.market_folder().exists()
    }

    /// Whether a database is there already; of a server's it is assumed.
    pub fn has_store(&self) -> bool {
        self.url().path().is_none_or(Path::exists)
    }

    /// Refuses to go on without a database, before one is made for nothing.
    ///
    /// # Errors
    /// When there is none.
    pub fn require_store(&self) -> anyhow::Result<()> {
        if !self.has_store() {
            bail!("there is no database at {}: the first import or scan makes it", self.url());
        }
        Ok(())
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

    /// The answers of layers that are kept from scan to scan; none when the configuration keeps none, or the folder
    /// cannot be trusted, which is told.
    pub fn verdicts(&self, config: &Config) -> Option<VerdictCache> {
        if config.cache_bytes == 0 {
            return None;
        }
        VerdictCache::open(&self.verdict_folder(), config.cache_bytes)
            .map_err(|error| tracing::warn!("the verdict cache is not used: {error}"))
            .ok()
    }

    /// Those that were kept by earlier scans, for one that uses none: the cap holds for them nevertheless.
    pub fn unused_verdicts(&self, config: &Config) -> Option<VerdictCache> {
        if !self.has_verdicts() {
            return None;
        }
        VerdictCache::open(&self.verdict_folder(), config.cache_bytes).ok()
    }

    /// Folder of those answers.
    pub fn verdict_folder(&self) -> PathBuf {
        self.folder.join("cache").join("verdicts")
    }

    /// Whether there is one already.
    pub fn has_verdicts(&self) -> bool {
        self.verdict_folder().exists()
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

/// `SLUICE_KEY`, else `--key-file` (or `SLUICE_KEY_FILE`, both through clap), else a file in the home folder.
fn key(global: &Global) -> anyhow::Result<Key> {
    let given = std::env::var_os(KEY_VARIABLE).map(|digits| digits.to_string_lossy().into_owned());
    match (given, &global.key_file) {
        (Some(_), Some(_)) => {
            bail!(Usage(format!(
                "{KEY_VARIABLE} and --key-file (SLUICE_KEY_FILE) name two keys: give one of them"
            )))
        }
        (Some(digits), None) => Ok(Key::Given(Secret::new(digits))),
        (None, Some(file)) => Ok(Key::File(file.clone())),
        (None, None) => Ok(Key::InHome),
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
