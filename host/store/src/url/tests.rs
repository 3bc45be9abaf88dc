//! What is understood as a database's URL, how it is shown, and that no password ever is.

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
        assert_eq!(parsed.path(), Some(Path::new(path)), "{url}");
        assert_eq!(parsed.to_string().parse::<DatabaseUrl>().unwrap(), parsed);
    }
    assert_eq!(DatabaseUrl::in_home(Path::new("/h")).to_string(), "sqlite:/h/sluice.db");
}

#[test]
fn a_place_is_the_same_however_it_is_written() {
    let place = |url: &str| url.parse::<DatabaseUrl>().unwrap().place();
    let server = place("postgres://ann:geheim@db.example/scans?sslmode=disable");
    assert_eq!(server, "postgres://db.example:5432/scans");
    assert_eq!(place("postgresql://bob@db.example:5432/scans"), server);
    assert_ne!(place("postgres://ann@db.example/other"), server);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().canonicalize().unwrap().join("x.db");
    std::fs::write(&file, "").unwrap();
    assert_eq!(DatabaseUrl::sqlite_file(file.clone()).place(), format!("sqlite:{}", file.display()));
    #[cfg(unix)]
    {
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let place = DatabaseUrl::sqlite_file(link).place();
        assert_eq!(place, format!("sqlite:{}", file.display()));
    }
}

#[test]
fn a_server_is_shown_without_the_password_wherever_it_stands() {
    let url = "postgres://trader:geheim@db.example:5432/scans?sslmode=verify-full&password=geheim";
    let parsed: DatabaseUrl = url.parse().unwrap();
    assert_eq!(parsed.path(), None);
    assert_eq!(
        parsed.to_string(),
        "postgres://trader:***@db.example:5432/scans?sslmode=verify-full&password=***"
    );
    assert!(!format!("{parsed:?}").contains("geheim"));
    assert!(!"postgresql://t:a:b@c@h/d".parse::<DatabaseUrl>().unwrap().to_string().contains("b@c"));
}

#[test]
fn a_misspelt_option_of_a_server_is_refused_instead_of_ignored() {
    let text = refusal("postgres://t:geheim@h/d?ssl_mode=verify-full");
    assert!(
        text.contains("it has no option ssl_mode; it has application_name, ") && !text.contains("geheim"),
        "{text}"
    );
    let text = refusal("postgres://t:geheim@h/d?sslmode=alwyas");
    assert!(text.starts_with("postgres://t:***@h/d?sslmode=alwyas") && !text.contains("geheim"), "{text}");
    let text = refusal("postgres://t:geheim@h:port/d");
    assert!(text.contains("cannot be read as a URL") && !text.contains("geheim"), "{text}");
}

#[test]
fn a_refused_url_never_shows_a_password_however_it_is_misspelt() {
    for url in [
        "postgres://ann:pa?geheim@h/d",
        "postgres://ann:geheim?@h/d",
        "postgres://ann:p@a?geheim=x@h/d?sslmode=require",
        "postgres:ann:geheim@h/d",
        "postgres//ann:geheim@h/d",
        "mysql:ann:geheim@h",
        "host=h user=ann password=geheim",
        "postgres://h/d?password=geheim@h",
    ] {
        let text = refusal(url);
        assert!(!text.contains("geheim") && text.contains("***"), "{text}");
    }
}

#[test]
fn a_certificate_that_cannot_be_read_is_named() {
    let text = refusal("postgres://t@h/d?sslmode=verify-full&sslrootcert=/no/such/ca.pem");
    assert!(text.contains("its sslrootcert cannot be read: No such file"), "{text}");
    let inline = "postgres://t@h/d?sslrootcert=-----BEGIN%20CERTIFICATE-----";
    assert!(inline.parse::<DatabaseUrl>().is_ok());
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
            text.ends_with("use sqlite:PATH, for example sqlite:/var/lib/sluice/sluice.db, or postgres://USER@HOST/DATABASE"),
            "{text}"
        );
        assert!(!text.contains('\n'));
    }
}
