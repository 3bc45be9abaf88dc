//! Where the database is.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::{StoreError, one_line};

/// Name of the database file in the home folder.
const FILE_NAME: &str = "sluice.db";

/// Where the database is: the path of a SQLite file. Shown without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    path: PathBuf,
}

impl DatabaseUrl {
    /// The SQLite file of a home folder.
    #[must_use]
    pub fn in_home(home: &Path) -> Self {
        Self { path: home.join(FILE_NAME) }
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file beside the database file that SQLite keeps, such as `-wal`.
    pub(crate) fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(suffix);
        PathBuf::from(name)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sqlite:{}", one_line(&self.path.display().to_string()))
    }
}

impl FromStr for DatabaseUrl {
    type Err = StoreError;

    fn from_str(url: &str) -> Result<Self, StoreError> {
        let (scheme, rest) = url.split_once(':').unwrap_or(("", url));
        match scheme {
            "sqlite" => sqlite(rest, url),
            "postgres" | "postgresql" => Err(StoreError::Postgres { url: without_secrets(url) }),
            _ => Err(bad(url, "the scheme is not known")),
        }
    }
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
    Ok(DatabaseUrl { path: PathBuf::from(path) })
}

fn bad(url: &str, why: &'static str) -> StoreError {
    StoreError::BadUrl { url: without_secrets(url), why }
}

/// The URL with its user's password and its options (which may hold one) replaced by stars.
fn without_secrets(url: &str) -> String {
    let (base, options) = match url.split_once('?') {
        Some((base, _)) => (base, "?***"),
        None => (url, ""),
    };
    let shown = match base.split_once("://") {
        None => base.to_owned(),
        Some((scheme, rest)) => match rest.rsplit_once('@') {
            None => base.to_owned(),
            Some((user, host)) => match user.split_once(':') {
                None => base.to_owned(),
                Some((name, _)) => format!("{scheme}://{name}:***@{host}"),
            },
        },
    };
    one_line(&format!("{shown}{options}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> String {
        url.parse::<DatabaseUrl>().unwrap_err().to_string()
    }

    #[test]
    fn both_spellings_name_the_same_file_and_read_back() {
        for (url, path) in [
            ("sqlite:a/b.db", "a/b.db"),
            ("sqlite://a/b.db", "a/b.db"),
            ("sqlite:/var/x.db", "/var/x.db"),
            ("sqlite:///var/x.db", "/var/x.db"),
            ("sqlite:with blank#and;.db", "with blank#and;.db"),
        ] {
            let parsed: DatabaseUrl = url.parse().unwrap();
            assert_eq!(parsed.path(), Path::new(path), "{url}");
            assert_eq!(parsed.to_string().parse::<DatabaseUrl>().unwrap(), parsed);
        }
        assert_eq!(DatabaseUrl::in_home(Path::new("/h")).to_string(), "sqlite:/h/sluice.db");
    }

    #[test]
    fn postgres_is_refused_with_what_to_use_and_without_the_password() {
        assert_eq!(
            refusal("postgres://trader:geheim@db.example:5432/scans?sslpassword=geheim"),
            "postgres://trader:***@db.example:5432/scans?***: this version stores in SQLite; use sqlite:PATH"
        );
        assert!(!refusal("postgresql://t:a:b@c@h/d").contains("b@c"));
    }

    #[test]
    fn what_names_no_file_is_refused() {
        for url in [
            "",
            "sqlite:",
            "sqlite://",
            "sqlite:dir/",
            "sqlite::memory:",
            "mysql://h/d",
            "x.db",
            "sqlite:a?mode=ro",
        ] {
            let text = refusal(url);
            assert!(
                text.ends_with("use sqlite:PATH, for example sqlite:/var/lib/sluice/sluice.db"),
                "{text}"
            );
            assert!(!text.contains('\n'));
        }
    }
}
