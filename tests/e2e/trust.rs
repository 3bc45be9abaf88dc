//! `sluice trust`, `layer sign`, and what installing and scanning make of signatures.

use crate::support::{Home, Ran, list, test_layer, texts};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A home with a copy of a layer beside it, ready to be signed.
struct Desk {
    home: Home,
    layer: String,
}

impl Desk {
    fn new() -> Self {
        let home = Home::compiled();
        let layer = home.file("empty.wasm", std::fs::read(test_layer("empty")).unwrap());
        Self { home, layer }
    }

    fn requiring_signatures() -> Self {
        let desk = Self::new();
        desk.home.configure("[trust]\nrequire = \"signed\"\n");
        desk
    }

    /// Makes a key; gives the file of its secret half and the public key.
    fn key(&self, name: &str) -> (String, String) {
        let path = self.home.user().join(name).display().to_string();
        let made = self.home.json(&["trust", "new-key", &path, "--no-password"]);
        (path, made["public_key"].as_str().unwrap().to_owned())
    }

    fn sign(&self, secret: &str) {
        self.home.ok(&["layer", "sign", &self.layer, "--secret-key", secret]);
    }

    fn signature(&self) -> PathBuf {
        PathBuf::from(format!("{}.minisig", self.layer))
    }

    fn install(&self) -> Ran {
        self.home.run(&["layer", "install", &self.layer])
    }

    /// What an installation is refused with, without folders and ids of keys.
    fn refused(&self) -> String {
        let error = self.home.fails(&["layer", "install", &self.layer]);
        plain(&error.replace(&self.layer, "empty.wasm"))
    }
}

/// Without the ids of keys, which are new in every test.
fn plain(text: &str) -> String {
    let is_id = |word: &str| word.len() == 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let word = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        if is_id(bare) { word.replace(bare, "KEYID") } else { word.to_owned() }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn mode(file: &str) -> u32 {
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777
}

/// A stage with a layer of the program and an installed one.
const BOTH: &str = "[[pipelines.both.stages]]\nnumber = 0\nname = \"both\"\n\
     layers = [\"sluice/universe\", \"test/empty\"]\npass = \"any\"\n";

#[test]
fn a_signed_layer_of_a_trusted_author_is_installed_and_says_by_whom() {
    let desk = Desk::requiring_signatures();
    let (secret, public) = desk.key("ann.key");
    assert_eq!((mode(&secret), mode(&format!("{secret}.pub"))), (0o600, 0o644));
    desk.sign(&secret);
    let comment = std::fs::read_to_string(desk.signature()).unwrap();
    assert!(comment.contains("trusted comment: test/empty@0.1.0 sha256:"), "{comment}");
    assert_eq!(mode(&desk.signature().display().to_string()), 0o644);
    desk.home.ok(&["trust", "add", &public, "--name", "ann"]);
    let installed = desk.home.json(&["layer", "install", &desk.layer]);
    assert_eq!((&installed["installed"], &installed["signer"]["name"]), (&json!(true), &json!("ann")));
    let checked = desk.home.json(&["layer", "check", &desk.layer]);
    assert_eq!(installed["imports"], checked["imports"]);
    let whole = std::fs::canonicalize(&desk.layer).unwrap().display().to_string();
    assert_eq!(installed["source"], whole.as_str());
    let layers = desk.home.json(&["layer", "list"]);
    let row = layers.as_array().unwrap().iter().find(|layer| layer["id"] == "test/empty").unwrap();
    assert_eq!((&row["source"], &row["signer"]), (&installed["source"], &installed["signer"]));
    assert!(desk.home.ok(&["layer", "list"]).contains("signed by"));
    let log = desk.home.json(&["audit", "log", "--action", "layer.installed"]);
    let after = &log[0]["after"];
    assert_eq!(after["provenance"]["signer"]["name"], "ann", "{log}");
    assert_eq!((&after["digest"], &after["size"]), (&installed["digest"], &installed["size"]));
    assert_eq!((&after["api_version"], &after["imports"]), (&installed["api"], &installed["imports"]));
}

#[test]
fn where_signatures_are_required_each_cause_of_a_refusal_is_named() {
    let desk = Desk::requiring_signatures();
    let (ann, ann_public) = desk.key("ann.key");
    let (bob, _) = desk.key("bob.key");
    let checked = desk.home.run(&["layer", "check", &desk.layer]);
    assert!(checked.code == 1 && checked.stdout.contains("refused: it is not signed"), "{}", checked.stdout);
    insta::assert_snapshot!(desk.refused(), @"empty.wasm: it is not signed, and [trust] in sluice.toml requires that: get its .minisig file from its author, or look at it and sign it yourself with `sluice layer sign`");
    desk.home.ok(&["trust", "add", &ann_public, "--name", "ann"]);
    desk.sign(&bob);
    insta::assert_snapshot!(desk.refused(), @"empty.wasm: it is signed with key KEYID, which is not trusted: compare the key with the one that its author publishes, then `sluice trust add PUBLICKEY --name WHO`");
    std::fs::write(desk.signature(), "hello\u{1b}[31m").unwrap();
    insta::assert_snapshot!(desk.refused(), @"empty.wasm: its signature cannot be read: it is not in minisign's format; get its .minisig file again");
    std::fs::write(desk.signature(), [0xff; 100_000]).unwrap();
    insta::assert_snapshot!(desk.refused(), @"empty.wasm: its signature cannot be read: it has more than 8192 bytes; get its .minisig file again");
    desk.sign(&ann);
    let mut bytes = std::fs::read(&desk.layer).unwrap();
    bytes.extend([0, 2, 1, b'x']);
    let signed = std::fs::read(&desk.layer).unwrap();
    std::fs::write(&desk.layer, bytes).unwrap();
    insta::assert_snapshot!(desk.refused(), @"empty.wasm: its signature by ann (key KEYID) is not of this file: one of them was altered, or belongs to another build; get both again");
    std::fs::write(&desk.layer, signed).unwrap();
    desk.home.ok(&["trust", "remove", "ann"]);
    insta::assert_snapshot!(desk.refused(), @"empty.wasm: it is signed with key KEYID of ann, which was taken out of trust: get it signed with another key, or `sluice trust add` the key again");
    assert_eq!(desk.home.json(&["status"])["installed_layers"], 0);
    desk.home.ok(&["trust", "add", &ann_public, "--name", "ann"]);
    assert_eq!(desk.install().code, 0);
}

#[test]
fn where_none_is_required_a_wrong_signature_is_refused_and_an_unknown_key_is_a_warning() {
    let desk = Desk::new();
    let (ann, ann_public) = desk.key("ann.key");
    desk.sign(&ann);
    let ran = desk.install();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("signed by unknown key "), "{}", ran.stdout);
    let warning = plain(&ran.stderr.replace(&desk.layer, "empty.wasm"));
    insta::assert_snapshot!(warning.trim(), @"WARN empty.wasm: it is signed with key KEYID, which nobody here knows, so that the signature says nothing: `sluice trust add` makes it known");
    desk.home.ok(&["trust", "add", &format!("{ann}.pub"), "--name", "ann"]);
    let again = desk.install();
    assert!(
        again.stdout.starts_with("already installed, with a new signature: test/empty@0.1.0"),
        "{}",
        again.stdout
    );
    assert!(again.stdout.contains("signed by ann"), "{}", again.stdout);
    assert!(desk.install().stdout.starts_with("already installed: "));
    let mut bytes = std::fs::read(&desk.layer).unwrap();
    bytes.extend([0, 2, 1, b'x']);
    std::fs::write(&desk.layer, bytes).unwrap();
    assert!(desk.refused().contains("is not of this file"), "{}", desk.refused());
    desk.home.ok(&["trust", "remove", "ann"]);
    assert!(
        desk.refused().contains("is not of this file"),
        "a key that is not trusted any more is known still"
    );
    assert_eq!(ann_public.len(), 56);
}

#[test]
fn an_installed_layer_is_not_called_when_its_signer_is_not_trusted_any_more() {
    let home = Home::with_market();
    let layer = home.file("empty.wasm", std::fs::read(test_layer("empty")).unwrap());
    let secret = home.user().join("ann.key").display().to_string();
    let public = home.json(&["trust", "new-key", &secret, "--no-password"])["public_key"].clone();
    let public = public.as_str().unwrap();
    home.ok(&["layer", "sign", &layer, "--secret-key", &secret]);
    home.ok(&["trust", "add", public, "--name", "ann"]);
    home.ok(&["layer", "install", &layer]);
    home.configure(&format!("{BOTH}[trust]\nrequire = \"signed\"\n"));
    let scan = || home.run(&["scan", "--pipeline", "both", "--format", "json"]);
    let ran = scan();
    assert_eq!((ran.code, &ran.json()["status"]), (0, &json!("complete")), "{}", ran.stderr);
    home.ok(&["trust", "remove", "ann"]);
    let ran = scan();
    assert_eq!((ran.code, &ran.json()["status"]), (3, &json!("partial")), "{}", ran.stderr);
    let told = ran.json()["stages"][0]["layers"].to_string();
    assert!(told.contains("which was taken out of trust"), "{told}");
    home.ok(&["trust", "add", public, "--name", "ann"]);
    assert_eq!(scan().code, 0);
    assert_eq!(home.json(&["breaker", "list"]), json!([]), "who is not trusted has not faulted");
    home.configure(BOTH);
    home.ok(&["trust", "remove", "ann"]);
    assert_eq!(scan().code, 0, "nothing is required");
}

#[test]
fn an_unsigned_layer_that_is_installed_already_is_not_called_where_signatures_are_required() {
    let home = Home::with_market();
    home.ok(&["layer", "install", &test_layer("empty")]);
    home.configure(&format!("{BOTH}[trust]\nrequire = \"signed\"\n"));
    let ran = home.run(&["scan", "--pipeline", "both", "--format", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let layers = &ran.json()["stages"][0]["layers"];
    assert_eq!(layers[0]["status"], "ok", "layers of the program need no signature: {layers}");
    assert!(layers[1].to_string().contains("it is not signed"), "{layers}");
}

#[tokio::test]
async fn a_component_that_was_altered_in_the_database_is_not_called() {
    if crate::support::encrypted() {
        return;
    }
    let home = Home::with_market();
    home.ok(&["layer", "install", &test_layer("empty")]);
    home.configure(BOTH);
    let url = format!("sqlite:{}", home.path().join("sluice.db").display());
    let mut raw = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    let altered = sqlx::query("UPDATE layer_components SET bytes = CAST(bytes || x'00020178' AS BLOB)");
    assert_eq!(altered.execute(&mut raw).await.unwrap().rows_affected(), 1);
    sqlx::Connection::close(raw).await.unwrap();
    let ran = home.run(&["scan", "--pipeline", "both", "--format", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let told = ran.json()["stages"][0]["layers"][1].to_string();
    assert!(told.contains("its component was altered in the database"), "{told}");
}

#[test]
fn keys_are_listed_with_those_that_were_removed_and_every_change_is_in_the_log() {
    let desk = Desk::new();
    let home = &desk.home;
    insta::assert_snapshot!(home.ok(&["trust", "list"]), @"no key is trusted: `sluice trust add PUBLICKEY --name WHO` adds one");
    let (_, ann) = desk.key("ann.key");
    let (_, bob) = desk.key("bob.key");
    assert_eq!(plain(&home.ok(&["trust", "add", &ann, "--name", "ann"])), "trusted key KEYID of ann\n");
    assert_eq!(
        plain(&home.ok(&["trust", "add", &ann, "--name", "ann"])),
        "already trusted: key KEYID of ann\n"
    );
    home.ok(&["trust", "add", &bob]);
    let keys = home.json(&["trust", "list"]);
    let names: Vec<&Value> = keys.as_array().unwrap().iter().map(|key| &key["name"]).collect();
    assert!(names.contains(&&json!("ann")) && names.contains(&&keys[0]["key"]), "{keys}");
    let conflict = plain(&home.fails(&["trust", "add", &ann, "--name", "eve"]));
    insta::assert_snapshot!(conflict, @"key KEYID cannot be trusted as eve: key KEYID of ann is trusted already; choose another --name, or `sluice trust remove KEYID` first");
    assert_eq!(plain(&home.ok(&["trust", "remove", "ann"])), "removed key KEYID of ann\n");
    let error = home.fails(&["trust", "remove", "ann"]);
    insta::assert_snapshot!(error, @"no trusted key has the name or id ann: `sluice trust list` shows what there is");
    let keys = home.json(&["trust", "list"]);
    let of_ann = keys.as_array().unwrap().iter().find(|key| key["name"] == "ann").unwrap();
    assert_eq!((&of_ann["trusted"], of_ann["removed_at"].is_string()), (&json!(false), true));
    let log = json!({ "rows": home.json(&["audit", "log", "--action", "trust", "--oldest-first"]) });
    assert_eq!(texts(&log, "rows", "action"), ["trust.added", "trust.added", "trust.removed"]);
    assert_eq!(list(&log, "rows")[0]["after"]["name"], "ann");
    assert_eq!(list(&log, "rows")[2]["before"]["public_key"], ann.as_str());
}

#[test]
fn a_key_that_is_none_is_refused_by_name() {
    let desk = Desk::new();
    let file = desk.home.file("a.pub", "untrusted comment: x\nnonsense\n");
    let refused = |args: &[&str]| desk.home.refuses(args, 2).replace(&file, "a.pub");
    insta::assert_snapshot!(refused(&["trust", "add", "nonsense"]), @"nonsense is neither a public key nor a file: a key is a line of 56 characters that begins with RW");
    insta::assert_snapshot!(refused(&["trust", "add", &file]), @"a.pub: that is no public key of minisign: one is a line of 56 characters that begins with RW, alone or as the second line of a .pub file");
    let (secret, public) = desk.key("ann.key");
    let error = refused(&["trust", "add", &secret]);
    assert!(error.contains("that is no public key"), "{error}");
    let ran = desk.home.run(&["trust", "add", &public, "--name", "a\u{1b}[31m"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(!desk.home.path().join("sluice.db").exists(), "a refusal made a database");
}

#[test]
fn a_new_key_replaces_no_file_and_its_password_protects_it() {
    let desk = Desk::new();
    let path = desk.home.user().join("k.key").display().to_string();
    let with_password = |args: &[&str], password: &str| {
        let mut command = desk.home.spawnable(args);
        command.env("SLUICE_SIGNING_PASSWORD", password);
        Ran::of(command)
    };
    let refused = |args: &[&str]| desk.home.refuses(args, 2).replace(&path, "k.key");
    insta::assert_snapshot!(refused(&["trust", "new-key", &path]), @"a password is needed, and there is no terminal to type it: set SLUICE_SIGNING_PASSWORD");
    let empty = with_password(&["trust", "new-key", &path], "");
    assert_eq!((empty.code, Path::new(&path).exists()), (2, false), "{}", empty.stderr);
    let made = with_password(&["trust", "new-key", &path], "s3cret-password");
    assert_eq!(made.code, 0, "{}", made.stderr);
    let before = std::fs::read(&path).unwrap();
    insta::assert_snapshot!(refused(&["trust", "new-key", &path, "--no-password"]), @"k.key is there already: choose another name");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let sign = ["layer", "sign", &desk.layer, "--secret-key", &path];
    insta::assert_snapshot!(refused(&sign), @"a password is needed, and there is no terminal to type it: set SLUICE_SIGNING_PASSWORD");
    let wrong = with_password(&sign, "other");
    insta::assert_snapshot!(wrong.stderr.replace(&path, "k.key").trim(), @"error: cannot sign with k.key: it does not open with this password");
    assert!(!desk.signature().exists());
    assert_eq!(with_password(&sign, "s3cret-password").code, 0);
    assert!(desk.signature().exists());
    let shown = [made.stdout, made.stderr, wrong.stderr].concat();
    assert!(!shown.contains("s3cret-password"));
}

#[test]
fn only_what_install_would_take_is_signed_and_only_with_a_key() {
    let desk = Desk::new();
    let (secret, _) = desk.key("ann.key");
    let text = desk.home.file("text.wasm", "hello");
    let error = desk.home.fails(&["layer", "sign", &text, "--secret-key", &secret]);
    assert!(error.contains("no WebAssembly component"), "{error}");
    let error = desk.home.fails(&["layer", "sign", &desk.layer, "--secret-key", &text]);
    insta::assert_snapshot!(error.replace(&text, "text.wasm"), @"cannot sign with text.wasm: it is no secret key of minisign: `sluice trust new-key FILE` makes one");
    let public = format!("{secret}.pub");
    assert_eq!(desk.home.run(&["layer", "sign", &desk.layer, "--secret-key", &public]).code, 4);
    assert_eq!(desk.home.run(&["layer", "sign", &desk.layer, "--secret-key", "/nonexistent"]).code, 4);
    assert!(!desk.signature().exists());
}

#[test]
fn a_word_that_is_no_policy_is_refused_with_its_line() {
    let desk = Desk::new();
    desk.home.configure("[trust]\nrequire = \"sometimes\"\n");
    let error = desk.home.fails(&["layer", "install", &desk.layer]);
    assert!(error.contains("unknown variant `sometimes`, expected `none` or `signed`"), "{error}");
}
