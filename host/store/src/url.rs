//! Where the database is.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

use crate::error::{StoreError, one_line};
use crate::secret::Secret;

/// Name of the database file in the home folder.
const FILE_NAME: &str = "sluice.db";

/// Where the database is: the path of a SQLite file, or a PostgreSQL server. Shown without secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Sqlite(PathBuf),
    /// As given, which may hold a password, and as shown.
    Postgres {
        url: Secret,
        shown: String,
    },
}

/// Options that a PostgreSQL URL may have: those of libpq that the driver understands. It would ignore others, and a
/// misspelt `sslmode` must not lose the encryption.
const POSTGRES_OPTIONS: [&str; 13] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

impl DatabaseUrl {
    /// The SQLite file of a home folder.
    #[must_use]
    pub fn in_home(home: &Path) -> Self {
        Self::sqlite_file(home.join(FILE_NAME))
    }

    /// A SQLite file.
    #[must_use]
    pub fn sqlite_file(path: PathBuf) -> Self {
        Self(Kind::Sqlite(path))
    }

    /// The same from wherever it is used: a file by its path from the root.
    pub(crate) fn whole(&self) -> Self {
        match self.path().map(std::path::absolute) {
            Some(Ok(path)) => Self::sqlite_file(path),
            _ => self.clone(),
        }
    }

    /// Where it is, however that is written: a file without links on its path, a server without user and options.
    pub(crate) fn place(&self) -> String {
        match &self.0 {
            Kind::Sqlite(path) => match path.canonicalize() {
                Ok(path) => Self::sqlite_file(path).to_string(),
                Err(_) => self.whole().to_string(),
            },
            Kind::Postgres { url, shown } => match server_options(url.expose()) {
                Ok(options) => place_of(&options),
                Err(_) => shown.clone(),
            },
        }
    }

    /// The database file; none on a server.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Sqlite(path) => Some(path),
            Kind::Postgres { .. } => None,
        }
    }

    /// How to reach the server; none for a file.
    pub(crate) fn server(&self) -> Option<Result<PgConnectOptions, StoreError>> {
        match &self.0 {
            Kind::Sqlite(_) => None,
            Kind::Postgres { url, .. } => Some(server_options(url.expose())),
        }
    }
}

/// What the names of the files end with that SQLite keeps beside a database file.
pub(crate) const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A file beside a database file, such as `-wal`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Sqlite(path) => write!(f, "sqlite:{}", one_line(&path.display().to_string())),
            Kind::Postgres { shown, .. } => f.write_str(shown),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl FromStr for DatabaseUrl {
    type Err = StoreError;

    fn from_str(url: &str) -> Result<Self, StoreError> {
        let (scheme, rest) = url.split_once(':').unwrap_or(("", url));
        match scheme {
            "sqlite" => sqlite(rest, url),
            "postgres" | "postgresql" => postgres(url),
            _ => Err(bad(url, "the scheme is not known")),
        }
    }
}

fn postgres(url: &str) -> Result<DatabaseUrl, StoreError> {
    if !url.contains("://") {
        return Err(bad(url, "// is missing after the scheme"));
    }
    if hides_its_password(url) {
        let why =
            "an @ stands behind a ?; in a password and in an option, ? is written %3F and @ %40".to_owned();
        return Err(StoreError::BadServerUrl { url: without_secrets(url), why });
    }
    if let Some((_, options)) = url.split_once('?') {
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let name = option.split_once('=').map_or(option, |(name, _)| name);
            if !POSTGRES_OPTIONS.contains(&name) {
                return Err(StoreError::BadServerUrl {
                    url: without_secrets(url),
                    why: format!(
                        "it has no option {}; it has {}",
                        one_line(name),
                        POSTGRES_OPTIONS.join(", ")
                    ),
                });
            }
        }
    }
    server_options(url)?;
    named_files(url)?;
    Ok(DatabaseUrl(Kind::Postgres { url: Secret::new(url.to_owned()), shown: without_secrets(url) }))
}

/// Refuses a URL whose certificates cannot be read: the driver takes that for a server that cannot be reached.
fn named_files(url: &str) -> Result<(), StoreError> {
    let options = url.split_once('?').map_or("", |(_, options)| options);
    for (name, value) in options.split('&').filter_map(|option| option.split_once('=')) {
        // a value may be the certificate itself, or a path whose characters are written as %XX
        let is_path = ["sslrootcert", "sslcert", "sslkey"].contains(&name)
            && !value.starts_with("-----BEGIN")
            && !value.contains(['%', '+']);
        if let Some(error) = is_path.then(|| std::fs::File::open(value).err()).flatten() {
            let why = format!("its {name} cannot be read: {}", one_line(&error.to_string()));
            return Err(StoreError::BadServerUrl { url: without_secrets(url), why });
        }
    }
    Ok(())
}

fn server_options(url: &str) -> Result<PgConnectOptions, StoreError> {
    url.parse().map_err(|error: sqlx::Error| {
        let why = match error {
            // the driver's own words may repeat the URL with its password
            sqlx::Error::Configuration(_) => "it cannot be read as a URL".to_owned(),
            other => one_line(&other.to_string()),
        };
        StoreError::BadServerUrl { url: without_secrets(url), why }
    })
}

fn place_of(options: &PgConnectOptions) -> String {
    let host = match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => options.get_host().to_owned(),
    };
    // without a name it is the user's own
    let database = options.get_database().unwrap_or(options.get_username());
    one_line(&format!("postgres://{host}:{}/{database}", options.get_port()))
}

/// The part behind `sqlite:`: a path, relative or absolute, with or without `//`.
fn sqlite(rest: &str, url: &str) -> Result<DatabaseUrl, StoreError> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() || path.ends_with('/') {
        return Err(bad(url, "it names no file"));
    }
    if path == ":memory:" {
        return Err(bad(url, "a database in memory would lose every scan"));
    }
    if path.contains('?') {
        return Err(bad(url, "options behind ? are not understood"));
    }
    if path.contains('\0') {
        return Err(bad(url, "a path has no NUL"));
    }
    Ok(DatabaseUrl::sqlite_file(PathBuf::from(path)))
}

fn bad(url: &str, why: &'static str) -> StoreError {
    StoreError::BadUrl { url: without_secrets(url), why }
}

/// Whether nothing tells where the password ends: it may go on behind the `?` that it holds.
fn hides_its_password(url: &str) -> bool {
    url.split_once('?').is_some_and(|(_, options)| options.contains('@'))
}

/// The URL with its user's password and the options that may hold a secret replaced by stars.
fn without_secrets(url: &str) -> String {
    let (start, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    if hides_its_password(url) || (start.is_empty() && rest.contains("password")) {
        return one_line(&format!("{start}***"));
    }
    let (base, options) = match rest.split_once('?') {
        Some((base, options)) => (base, format!("?{}", shown_options(options))),
        None => (rest, String::new()),
    };
    let base = match base.rsplit_once('@') {
        Some((user, host)) if user.contains(':') => {
            format!("{}:***@{host}", user.split_once(':').map_or(user, |(name, _)| name))
        }
        _ => base.to_owned(),
    };
    one_line(&format!("{start}{base}{options}"))
}

/// Options of which a value tells nothing that must be kept are shown, all others hidden.
fn shown_options(options: &str) -> String {
    const HARMLESS: [&str; 6] = ["application_name", "host", "port", "dbname", "sslmode", "ssl_mode"];
    let shown = options.split('&').map(|option| match option.split_once('=') {
        Some((name, _)) if !HARMLESS.contains(&name) => format!("{name}=***"),
        _ => option.to_owned(),
    });
    shown.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests;
