//! The two schemas say the same, and no table is forgotten elsewhere.

use std::collections::BTreeSet;

use sqlx::migrate::Migrator;

use crate::case::Case;
use crate::home::{Backend, Database, Home, NEWEST};

pub static FILE: Migrator = sqlx::migrate!("migrations/sqlite");
pub static SERVER: Migrator = sqlx::migrate!("migrations/postgres");

pub const CASES: &[Case] =
    cases![every_table_is_backed_up_and_counted, the_migrations_differ_in_words_of_types_only];
pub const COMPARED: &[Case] = cases![both_databases_have_the_same_tables_columns_indexes_and_references];

/// Every table of ours.
pub async fn tables(database: &Database) -> Vec<String> {
    let sql = match database.backend {
        Backend::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' \
             AND name <> '_sqlx_migrations' ORDER BY name"
        }
        Backend::Postgres => {
            "SELECT tablename::TEXT FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_sqlx_migrations' \
             ORDER BY tablename"
        }
    };
    database.texts(sql).await
}

/// Columns of a table, in order.
pub async fn columns(database: &Database, table: &str) -> Vec<String> {
    let sql = match database.backend {
        Backend::Sqlite => format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"),
        Backend::Postgres => format!(
            "SELECT column_name::TEXT FROM information_schema.columns WHERE table_name = '{table}' \
             AND table_schema = 'public' ORDER BY ordinal_position"
        ),
    };
    database.texts(&sql).await
}

async fn every_table_is_backed_up_and_counted(home: Home) {
    let status = home.store.database_status().await.unwrap();
    let mut listed: Vec<String> = status.tables.into_iter().map(|(table, _)| table).collect();
    listed.sort();
    assert_eq!(listed, tables(&home).await);
}

/// One line per fact: a column with its kind, whether it may be NULL and its place in the primary key; an index; a
/// reference.
async fn facts(database: &Database) -> BTreeSet<String> {
    let facts = match database.backend {
        Backend::Sqlite => [
            // columns of a primary key are never NULL: of rowid tables it is the number, the others insist
            "SELECT m.name || '.' || c.name || ' ' || c.type || CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 \
             THEN '' ELSE ' NULL' END || ' key ' || c.pk FROM sqlite_schema m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name <> '_sqlx_migrations' AND m.name NOT LIKE 'sqlite~_%' ESCAPE '~'",
            "SELECT CASE i.\"unique\" WHEN 1 THEN 'unique ' ELSE 'index ' END || m.name || ' (' || \
             (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) || ')' \
             || CASE i.partial WHEN 1 THEN ' of some' ELSE '' END FROM sqlite_schema m, pragma_index_list(m.name) i \
             WHERE m.type = 'table' AND i.origin <> 'pk' AND m.name <> '_sqlx_migrations'",
            "SELECT m.name || '.' || f.\"from\" || ' refers to ' || f.\"table\" || '.' || f.\"to\" || ' ' || f.on_delete \
             FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
        ],
        Backend::Postgres => [
            "SELECT c.table_name || '.' || c.column_name || ' ' || CASE c.data_type WHEN 'bigint' THEN 'INTEGER' \
             WHEN 'double precision' THEN 'REAL' WHEN 'bytea' THEN 'BLOB' ELSE upper(c.data_type) END || \
             CASE c.is_nullable WHEN 'NO' THEN '' ELSE ' NULL' END || ' key ' || coalesce((SELECT k.ordinal_position \
             FROM information_schema.key_column_usage k JOIN information_schema.table_constraints t \
             USING (constraint_name, table_name) WHERE t.constraint_type = 'PRIMARY KEY' \
             AND k.table_name = c.table_name AND k.column_name = c.column_name), 0) FROM information_schema.columns c \
             WHERE c.table_schema = 'public' AND c.table_name <> '_sqlx_migrations'",
            "SELECT CASE WHEN i.indisunique THEN 'unique ' ELSE 'index ' END || t.relname || ' (' || \
             (SELECT string_agg(a.attname, ', ' ORDER BY k.place) FROM unnest(i.indkey) WITH ORDINALITY k (at, place) \
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.at) || ')' || \
             CASE WHEN i.indpred IS NOT NULL THEN ' of some' ELSE '' END FROM pg_index i \
             JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
             WHERE n.nspname = 'public' AND NOT i.indisprimary AND t.relname <> '_sqlx_migrations'",
            "SELECT t.relname || '.' || a.attname || ' refers to ' || r.relname || '.' || b.attname || ' ' || \
             CASE c.confdeltype WHEN 'a' THEN 'NO ACTION' ELSE c.confdeltype::TEXT END FROM pg_constraint c \
             JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class r ON r.oid = c.confrelid \
             JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1] \
             JOIN pg_attribute b ON b.attrelid = r.oid AND b.attnum = c.confkey[1] WHERE c.contype = 'f'",
        ],
    };
    let mut all = BTreeSet::new();
    for sql in facts {
        let found = database.texts(sql).await;
        assert!(!found.is_empty(), "{sql}");
        all.extend(found);
    }
    all
}

async fn both_databases_have_the_same_tables_columns_indexes_and_references(home: Home) {
    let folder = tempfile::tempdir().unwrap();
    let file = Database::file(folder.path());
    file.open().await.close().await;
    assert_eq!(tables(&file).await, tables(&home).await);
    let (of_file, of_server) = (facts(&file).await, facts(&home).await);
    let only_file: Vec<_> = of_file.difference(&of_server).collect();
    let only_server: Vec<_> = of_server.difference(&of_file).collect();
    assert!(only_file.is_empty() && only_server.is_empty(), "{only_file:#?}\n{only_server:#?}");
    assert!(of_file.contains("verdicts.instrument INTEGER key 2"), "{of_file:#?}");
    for table in tables(&file).await {
        assert_eq!(columns(&file, &table).await, columns(&home, &table).await, "{table}");
    }
}

/// The checks too: the texts of the migrations are the same once the words that only one database knows are gone.
async fn the_migrations_differ_in_words_of_types_only(_home: Home) {
    let told = |migrator: &Migrator| -> Vec<(i64, String)> {
        migrator.iter().map(|migration| (migration.version, migration.description.to_string())).collect()
    };
    assert_eq!(told(&FILE), told(&SERVER));
    let versions: Vec<i64> = told(&FILE).into_iter().map(|(version, _)| version).collect();
    assert!(versions.windows(2).all(|pair| pair[0] < pair[1]), "{versions:?}");
    assert_eq!((versions.first(), versions.last()), (Some(&1), Some(&NEWEST)));
    let words = |sql: &str| sql.split_whitespace().collect::<Vec<_>>().join(" ");
    for (file, server) in FILE.iter().zip(SERVER.iter()) {
        let file = words(file.sql.as_str())
            .replace("STRICT, WITHOUT ROWID", "STRICT")
            .replace(") STRICT;", ");")
            .replace("INTEGER", "BIGINT")
            .replace("REAL", "DOUBLE PRECISION")
            .replace("BLOB", "BYTEA");
        let server = words(server.sql.as_str()).replace(" GENERATED BY DEFAULT AS IDENTITY", "");
        assert_eq!(file, server);
    }
}
