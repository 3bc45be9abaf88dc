//! `sluice secret`: what is stored is sealed, and nothing of it is ever shown.

use crate::support::{Home, Ran, contents};
use serde_json::{Value, json};

const VALUE: &str = "Pr0vider-k3y/with+signs=and blanks'; DROP TABLE secrets; --";

fn set(home: &Home, name: &str, input: impl Into<Vec<u8>>) -> Ran {
    Ran::with_input(home.spawnable(&["secret", "set", name]), input)
}

fn names(home: &Home) -> Vec<Value> {
    let list = home.json(&["secret", "list"]);
    list.as_array().unwrap().iter().map(|secret| secret["name"].clone()).collect()
}

#[test]
fn secrets_are_set_listed_replaced_and_removed() {
    let home = Home::empty();
    assert_eq!(names(&home), Vec::<Value>::new());
    assert!(!home.path().exists(), "looking made something");
    let ran = set(&home, "provider.key", format!("{VALUE}\n"));
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "set provider.key\n", ""));
    assert_eq!(set(&home, "web_hook-2", "x").code, 0);
    assert_eq!(set(&home, "provider.key", "another").code, 0);
    assert_eq!(names(&home), ["provider.key", "web_hook-2"]);
    assert_eq!(home.ok(&["secret", "remove", "provider.key"]), "removed provider.key\n");
    assert_eq!(names(&home), ["web_hook-2"]);
    insta::assert_snapshot!(home.fails(&["secret", "remove", "provider.key"]), @"no secret is called provider.key: `sluice secret list` shows what there is");
    let log = home.json(&["audit", "log", "--action", "secret", "--oldest-first"]);
    let told: Vec<(&Value, &Value)> =
        log.as_array().unwrap().iter().map(|row| (&row["action"], &row["subject"])).collect();
    let (set, removed) = (json!("secret.set"), json!("secret.removed"));
    let (key, hook) = (json!("provider.key"), json!("web_hook-2"));
    assert_eq!(told, [(&set, &key), (&set, &hook), (&set, &key), (&removed, &key)]);
}

/// The text as it is, in hexadecimal and in UTF-16.
fn disguises(text: &str) -> Vec<Vec<u8>> {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![text.as_bytes().to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes(), wide]
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

#[test]
fn a_secret_is_in_no_file_and_in_no_output() {
    let home = Home::with_market();
    let mut said = Vec::new();
    let mut loud = home.spawnable(&["secret", "set", "provider.key", "-vvv"]);
    loud.env("SLUICE_LOG", "trace");
    said.push(Ran::with_input(loud, format!("{VALUE}\n")));
    let backup = home.user().join("backup.db").display().to_string();
    let export = home.user().join("audit.ndjson").display().to_string();
    for args in [
        &["secret", "list", "--format", "json"][..],
        &["secret", "list", "-vvv"],
        &["audit", "log", "--format", "csv"],
        &["audit", "export", &export],
        &["db", "status"],
        &["db", "backup", &backup],
        &["scan"],
        &["status"],
    ] {
        said.push(home.run(args));
    }
    for ran in &said {
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        for disguise in disguises(VALUE) {
            assert!(!holds(ran.stdout.as_bytes(), &disguise) && !holds(ran.stderr.as_bytes(), &disguise));
        }
    }
    let mut files = contents(home.user());
    files.retain(|(path, _)| !path.starts_with(home.path().join("cache")));
    assert!(files.len() > 5, "{files:?}");
    for (path, bytes) in files {
        for disguise in disguises(VALUE) {
            assert!(!holds(&bytes, &disguise), "the secret is in {}", path.display());
        }
    }
}

#[test]
fn the_value_ends_before_its_last_end_of_line_and_has_bounds() {
    let home = Home::empty();
    for (input, code) in [
        (vec![], 2),
        (b"\n".to_vec(), 2),
        (b"\r\n".to_vec(), 2),
        (b" \n".to_vec(), 0),
        (vec![b'x'; 65_536], 0),
        ([vec![b'x'; 65_536], b"\n".to_vec()].concat(), 0),
        ([vec![b'x'; 65_536], b"\r\n".to_vec()].concat(), 0),
        (vec![b'x'; 65_537], 2),
        ([vec![b'x'; 65_537], b"\n".to_vec()].concat(), 2),
        (vec![b'x'; 1 << 20], 2),
        (b"\xff\xfe".to_vec(), 2),
        (b"two\nlines\n".to_vec(), 0),
    ] {
        let length = input.len();
        let ran = set(&home, "a", input);
        assert_eq!(ran.code, code, "{length} bytes: {}{}", ran.stdout, ran.stderr);
        assert!(code == 0 || ran.stdout.is_empty());
    }
    insta::assert_snapshot!(set(&home, "a", "").stderr, @"error: a: the secret is empty; `sluice secret remove a` removes one");
    insta::assert_snapshot!(set(&home, "a", "x".repeat(70_000)).stderr, @"error: a: the secret is longer than 65536 bytes");
    insta::assert_snapshot!(set(&home, "a", b"\xff".to_vec()).stderr, @"error: a: a secret is UTF-8 text, stdin is not");
}

#[test]
fn a_refused_secret_makes_nothing() {
    let home = Home::empty();
    set(&home, "a", "");
    assert!(!home.path().exists());
}

#[test]
fn a_name_is_short_and_plain_and_the_value_is_no_argument() {
    let home = Home::empty();
    for name in ["", "Key", "a b", "a/b", "../x", "'; DROP TABLE secrets; --", "schlüssel", &"x".repeat(65)]
    {
        for command in ["set", "remove"] {
            let ran = Ran::with_input(home.spawnable(&["secret", command, name]), VALUE);
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{name}");
            assert!(
                ran.stderr.contains("1 to 64 of a–z, 0–9, dot, underscore and dash"),
                "{name}: {}",
                ran.stderr
            );
        }
    }
    assert_eq!(home.run(&["secret", "set", "name", "value"]).code, 2, "a value as an argument");
    assert_eq!(home.run(&["secret", "set"]).code, 2);
    assert!(!home.path().exists());
    assert_eq!(set(&home, &"x".repeat(64), "v").code, 0);
}

#[test]
fn another_key_does_not_open_what_was_sealed_nor_replace_it() {
    let home = Home::empty();
    assert_eq!(set(&home, "a", "v").code, 0);
    let mut other = home.spawnable(&["secret", "set", "a"]);
    other.env("SLUICE_KEY", "00".repeat(32));
    let ran = Ran::with_input(other, "w");
    assert_eq!((ran.code, ran.stdout.as_str()), (4, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("key"), "{}", ran.stderr);
}
