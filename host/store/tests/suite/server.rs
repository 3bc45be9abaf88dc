//! What holds of a server only: whose database it is, how it is reached, what its own settings must not change.

use sluice_store::{AuditFilter, DatabaseUrl, Store};
use sluice_test_postgres::Server;

use crate::case::Case;
use crate::home::{Database, Home, with_name};
use crate::records::{entry, new_layer};

pub const CASES: &[Case] = cases![
    tables_of_another_program_are_refused_and_left_alone,
    a_missing_database_and_an_unknown_user_are_named,
    encryption_is_verified_against_the_named_ca_only,
    isolation_that_the_server_prefers_does_not_matter,
    lists_are_in_the_order_of_bytes_whatever_the_servers_collation,
];

async fn refused(url: &DatabaseUrl, home: &Database) -> String {
    Store::open(url, &home.access).await.unwrap_err().to_string()
}

async fn tables_of_another_program_are_refused_and_left_alone(home: Home) {
    for (name, sql) in [
        ("migrated", "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY)"),
        ("alike", "CREATE TABLE scans (number BIGINT PRIMARY KEY)"),
        ("other", "CREATE TABLE notes (text TEXT)"),
    ] {
        let other = home.fresh(name).await;
        other.run(sql).await.unwrap();
        let tables = "SELECT tablename::TEXT FROM pg_tables WHERE schemaname = 'public'";
        let before = other.texts(tables).await;
        let error = refused(&other.url, &other).await;
        assert!(error.ends_with("it is a database of another program; use another --db"), "{name}: {error}");
        assert!(Store::migrate(&other.url, &other.access).await.is_err(), "{name}");
        assert_eq!(other.texts(tables).await, before);
    }
}

async fn a_missing_database_and_an_unknown_user_are_named(home: Home) {
    let server = home.server().url();
    let url: DatabaseUrl = with_name(&server, "nothing").parse().unwrap();
    let error = refused(&url, &home).await;
    assert!(error.contains("database \"nothing\" does not exist; create it first"), "{error}");
    let url: DatabaseUrl = server.replace("//sluice@", "//nobody:geheim@").parse().unwrap();
    let error = refused(&url, &home).await;
    assert!(error.contains("role \"nobody\" does not exist; check user and password"), "{error}");
    assert!(!error.contains("geheim"), "{error}");
}

async fn encryption_is_verified_against_the_named_ca_only(home: Home) {
    let server = Server::start_tls().unwrap();
    let (own, other) = (server.ca_file().unwrap().display(), server.other_ca_file().unwrap().display());
    let url: DatabaseUrl =
        server.url_with(&format!("sslmode=verify-full&sslrootcert={own}")).parse().unwrap();
    let store = Store::open(&url, &home.access).await.unwrap();
    store.record(&entry("x")).await.unwrap();
    assert_eq!(store.verify_audit(|_| ()).await.unwrap().fault, None);
    store.close().await;

    let at = |host: &str, options: String| -> DatabaseUrl {
        format!("{}?{options}", server.url_at(host)).parse().unwrap()
    };
    let stranger = refused(&at("localhost", format!("sslmode=verify-full&sslrootcert={other}")), &home).await;
    assert!(stranger.contains("check sslmode, sslrootcert and the server's certificate"), "{stranger}");
    assert!(stranger.contains("certificate") && stranger.contains("UnknownIssuer"), "{stranger}");
    let name = refused(&at("127.0.0.1", format!("sslmode=verify-full&sslrootcert={own}")), &home).await;
    assert!(name.contains("check sslmode, sslrootcert and the server's certificate"), "{name}");
    let file = server.url_with("sslmode=verify-full&sslrootcert=/no/such/ca.pem").parse::<DatabaseUrl>();
    let file = file.unwrap_err().to_string();
    assert!(file.contains("its sslrootcert cannot be read: No such file"), "{file}");
    let plain = refused(&at("localhost", "sslmode=disable".to_owned()), &home).await;
    assert!(plain.contains("no encryption"), "{plain}");
}

async fn isolation_that_the_server_prefers_does_not_matter(home: Home) {
    for level in ["repeatable read", "serializable"] {
        home.run(&format!("ALTER DATABASE sluice SET default_transaction_isolation TO '{level}'"))
            .await
            .unwrap();
        crate::concurrent::records_at_once(&home, 4, 10).await;
    }
    let rows =
        home.store.audit(&AuditFilter { oldest_first: true, ..AuditFilter::default() }, None, 999).await;
    let numbers: Vec<i64> = rows.unwrap().iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=81).collect::<Vec<i64>>());
}

async fn lists_are_in_the_order_of_bytes_whatever_the_servers_collation(home: Home) {
    let english = "SELECT count(*) FROM pg_collation WHERE collname = 'en-x-icu'";
    if home.number(english).await == 0 {
        eprintln!("skipped: this server has no ICU");
        return;
    }
    home.run(
        "ALTER TABLE secrets ALTER COLUMN name TYPE TEXT COLLATE \"en-x-icu\"; \
         ALTER TABLE layers ALTER COLUMN layer TYPE TEXT COLLATE \"en-x-icu\"",
    )
    .await
    .unwrap();
    let names = ["a-b", "a.c", "a_a", "ab"];
    for (index, name) in names.iter().enumerate().rev() {
        home.store.set_secret(name, &sluice_store::Secret::new("x".to_owned())).await.unwrap();
        home.store.install_layer(&new_layer(name, "1.0.0", &index.to_string(), b"x")).await.unwrap();
    }
    assert_ne!(
        home.texts("SELECT name FROM secrets ORDER BY name").await,
        names,
        "the server's order is another"
    );
    let secrets: Vec<String> = home.store.secrets().await.unwrap().into_iter().map(|row| row.name).collect();
    assert_eq!(secrets, names);
    let layers: Vec<String> = home.store.layers().await.unwrap().into_iter().map(|row| row.layer).collect();
    assert_eq!(layers[..4], names);
}
