//! A database of its own for each case, and ways past the store.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sluice_store::{Access, Actor, DatabaseUrl, KeySource, ScanId, ScanRecord, Store};
use sluice_test_postgres::Server;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Connection, Row, TypeInfo, ValueRef};
use tempfile::TempDir;

use crate::records::{bundled, new_scan, scan_record};

/// The schema that this program knows.
pub const NEWEST: i64 = 8;

/// The key of every case.
pub const KEY: &str = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e";

/// Kind of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// A database that is or will be there, and who opens it.
#[derive(Clone)]
pub struct Database {
    pub backend: Backend,
    pub url: DatabaseUrl,
    pub access: Access,
    /// Home folder of whoever opens it: key and newest hashes.
    pub folder: PathBuf,
    /// The URL with whatever it takes to connect.
    pub address: String,
}

/// An open store with two registered layers in a database of its own.
pub struct Home {
    pub store: Store,
    database: Database,
    server: Option<Server>,
    _folder: TempDir,
}

/// A value as either database has it; numbers by their bits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    Null,
    Integer(i64),
    Number(u64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A connection past the store.
pub enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Home {
    pub async fn new(backend: Backend) -> Self {
        let server = match backend {
            Backend::Sqlite => None,
            Backend::Postgres => Some(Server::start().unwrap()),
        };
        let folder = tempfile::tempdir().unwrap();
        let address = match &server {
            None => format!("sqlite:{}", folder.path().join("sluice.db").display()),
            Some(server) => server.url(),
        };
        let database = Database::at(backend, &address, folder.path());
        let store = database.open().await;
        register_layers(&store).await;
        Self { store, database, server, _folder: folder }
    }

    /// The server that runs for this case only.
    pub fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// Begins and finishes a scan.
    pub async fn scanned(&self, record: &ScanRecord) -> ScanId {
        scanned(&self.store, record).await
    }

    /// A database of the same kind that nobody has used yet, opened with the same key from a home of its own.
    pub async fn fresh(&self, name: &str) -> Database {
        let folder = self.folder.join(name);
        std::fs::create_dir(&folder).unwrap();
        let address = match self.backend {
            Backend::Sqlite => format!("sqlite:{}", folder.join("sluice.db").display()),
            Backend::Postgres => {
                self.run(&format!("CREATE DATABASE {name}")).await.unwrap();
                with_name(&self.address, name)
            }
        };
        Database::at(self.backend, &address, &folder)
    }
}

impl Deref for Home {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

/// The URL of another database of the same server.
pub fn with_name(address: &str, name: &str) -> String {
    let (server, _) = address.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

pub async fn register_layers(store: &Store) {
    for run in scan_record().layer_runs {
        store.register_layer(&bundled(&run)).await.unwrap();
    }
}

pub async fn scanned(store: &Store, record: &ScanRecord) -> ScanId {
    let scan = store.begin_scan(&new_scan("default")).await.unwrap();
    store.finish_scan(&scan, record).await.unwrap();
    scan
}

/// Ann, with a key.
pub fn access(key: KeySource) -> Access {
    Access { actor: Actor { name: "ann".to_owned(), host: "desk".to_owned() }, key }
}

impl Database {
    pub fn at(backend: Backend, address: &str, folder: &Path) -> Self {
        Self {
            backend,
            url: address.parse().unwrap(),
            access: access(KeySource::given(KEY, folder).unwrap()),
            folder: folder.to_owned(),
            address: address.to_owned(),
        }
    }

    /// A file in a folder.
    pub fn file(folder: &Path) -> Self {
        Self::at(Backend::Sqlite, &format!("sqlite:{}", folder.join("sluice.db").display()), folder)
    }

    /// A store of its own, which stands for another process.
    pub async fn open(&self) -> Store {
        Store::open(&self.url, &self.access).await.unwrap()
    }

    pub fn path(&self) -> &Path {
        self.url.path().unwrap()
    }

    /// The file of the newest hashes.
    pub fn heads(&self) -> PathBuf {
        self.folder.join("audit.heads")
    }

    pub async fn raw(&self) -> Raw {
        match self.backend {
            Backend::Sqlite => Raw::Sqlite(raw_file(self.path()).await),
            Backend::Postgres => Raw::Postgres(PgConnection::connect(&self.address).await.unwrap()),
        }
    }

    /// Runs statements past the store.
    pub async fn run(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let mut raw = self.raw().await;
        let done = raw.run(sql).await;
        raw.close().await;
        done
    }

    pub async fn rows(&self, sql: &str) -> Vec<Vec<Cell>> {
        let mut raw = self.raw().await;
        let rows = raw.rows(sql).await;
        raw.close().await;
        rows
    }

    /// The only number of a query.
    pub async fn number(&self, sql: &str) -> i64 {
        match self.rows(sql).await.as_slice() {
            [row] => match row.as_slice() {
                [Cell::Integer(number)] => *number,
                other => panic!("{sql}: {other:?}"),
            },
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// The only column of a query.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let text = |row: Vec<Cell>| match row.into_iter().next() {
            Some(Cell::Text(text)) => text,
            other => panic!("{sql}: {other:?}"),
        };
        self.rows(sql).await.into_iter().map(text).collect()
    }

    /// Every row of every table that `keep` lets through, sorted.
    pub async fn content(&self, keep: impl Fn(&str) -> bool) -> Vec<(String, Vec<Vec<Cell>>)> {
        let mut tables = crate::schema::tables(self).await;
        tables.retain(|table| keep(table));
        let mut content = Vec::new();
        for table in tables {
            let columns = crate::schema::columns(self, &table).await.join(", ");
            let mut rows = self.rows(&format!("SELECT {columns} FROM {table}")).await;
            rows.sort();
            content.push((table, rows));
        }
        content
    }
}

/// Opens a SQLite file past the store; an encrypted one with the key of every case.
pub async fn raw_file(path: &Path) -> SqliteConnection {
    let mut options = SqliteConnectOptions::new().filename(path);
    if cfg!(feature = "encrypted-sqlite") {
        let digits =
            KEY.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16));
        let key: Vec<u8> = digits.map(Result::unwrap).collect();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(b"sluice database file 1");
        let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        options = options.pragma("key", format!("\"x'{hex}'\""));
    }
    options.foreign_keys(true).create_if_missing(true).connect().await.unwrap()
}

impl Raw {
    pub async fn run(&mut self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        Ok(match self {
            Self::Sqlite(connection) => sql.execute(connection).await?.rows_affected(),
            Self::Postgres(connection) => sql.execute(connection).await?.rows_affected(),
        })
    }

    pub async fn rows(&mut self, sql: &str) -> Vec<Vec<Cell>> {
        let sql = AssertSqlSafe(sql);
        match self {
            Self::Sqlite(connection) => {
                sqlx::query(sql).fetch_all(connection).await.unwrap().iter().map(sqlite_cells).collect()
            }
            Self::Postgres(connection) => {
                sqlx::query(sql).fetch_all(connection).await.unwrap().iter().map(postgres_cells).collect()
            }
        }
    }

    pub async fn close(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await.unwrap(),
            Self::Postgres(connection) => connection.close().await.unwrap(),
        }
    }
}

fn sqlite_cells(row: &SqliteRow) -> Vec<Cell> {
    let cell = |at: usize| {
        let value = row.try_get_raw(at).unwrap();
        match value.type_info().name() {
            _ if value.is_null() => Cell::Null,
            "INTEGER" => Cell::Integer(row.get(at)),
            "REAL" => Cell::Number(row.get::<f64, _>(at).to_bits()),
            "BLOB" => Cell::Bytes(row.get(at)),
            _ => Cell::Text(row.get(at)),
        }
    };
    (0..row.len()).map(cell).collect()
}

fn postgres_cells(row: &PgRow) -> Vec<Cell> {
    let cell = |at: usize| {
        let kind = row.columns()[at].type_info().name().to_owned();
        match kind.as_str() {
            _ if row.try_get_raw(at).unwrap().is_null() => Cell::Null,
            "INT8" => Cell::Integer(row.get(at)),
            "FLOAT8" => Cell::Number(row.get::<f64, _>(at).to_bits()),
            "BYTEA" => Cell::Bytes(row.get(at)),
            "BOOL" => Cell::Integer(i64::from(row.get::<bool, _>(at))),
            _ => Cell::Text(row.get(at)),
        }
    };
    (0..row.len()).map(cell).collect()
}
