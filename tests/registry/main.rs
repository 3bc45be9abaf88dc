//! `sluice layer publish|install oci://…` against a registry that each test starts for itself. Where none can be started
//! the tests are reported as ignored.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking"
)]

#[path = "../e2e/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "shared with the end-to-end tests, which need more of it")]
mod support;

use libtest_mimic::{Arguments, Trial};
use serde_json::json;
use sluice_test_web::{Answer, Authority, HttpsServer, Registry};
use support::{Home, Ran, test_layer};

/// The cases by name.
const CASES: [(&str, fn()); 6] = [
    ("what_is_published_is_installed_with_its_signature", what_is_published_is_installed_with_its_signature),
    (
        "a_registry_with_tls_needs_an_authority_that_is_known",
        a_registry_with_tls_needs_an_authority_that_is_known,
    ),
    ("a_registry_lets_in_whom_it_knows", a_registry_lets_in_whom_it_knows),
    ("what_is_not_there_or_no_component_is_refused", what_is_not_there_or_no_component_is_refused),
    (
        "without_tls_only_a_registry_on_this_machine_is_spoken_to",
        without_tls_only_a_registry_on_this_machine_is_spoken_to,
    ),
    ("a_registry_that_is_not_there_is_told", a_registry_that_is_not_there_is_told),
];

fn main() {
    let arguments = Arguments::from_args();
    let missing = sluice_test_web::missing();
    if let Some(reason) = missing.as_ref().filter(|_| !arguments.list) {
        eprintln!("registry tests skipped: {reason}");
    }
    let trial = |(name, run): (&str, fn())| {
        let trial = Trial::test(format!("registry::{name}"), move || {
            run();
            Ok(())
        });
        trial.with_ignored_flag(missing.is_some())
    };
    libtest_mimic::run(&arguments, CASES.into_iter().map(trial).collect()).exit();
}

/// A home with a copy of a layer beside it.
fn home() -> (Home, String) {
    let home = Home::compiled();
    let layer = home.file("empty.wasm", std::fs::read(test_layer("empty")).unwrap());
    (home, layer)
}

/// Without the port of the registry.
fn plain(text: &str, registry: &Registry) -> String {
    text.replace(&registry.host(), "HOST")
}

fn what_is_published_is_installed_with_its_signature() {
    let (home, layer) = home();
    let registry = Registry::start(None, None).unwrap();
    let tagged = format!("oci://{}/me/empty:0.1.0", registry.host());
    let publish = |file: &str, to: &str| home.json(&["layer", "publish", file, to, "--plain-http"]);
    let unsigned = publish(&layer, &tagged);
    assert_eq!(unsigned["signer"], json!(null));
    assert_eq!(publish(&layer, &tagged)["reference"], unsigned["reference"], "the same twice has one digest");

    let secret = home.user().join("ann.key").display().to_string();
    let made = home.json(&["trust", "new-key", &secret, "--no-password"]);
    home.ok(&["trust", "add", made["public_key"].as_str().unwrap(), "--name", "ann"]);
    home.ok(&["layer", "sign", &layer, "--secret-key", &secret]);
    let signed = publish(&layer, &tagged);
    assert_eq!(signed["signer"]["name"], "ann");
    let by_digest = signed["reference"].as_str().unwrap();
    let start = format!("oci://{}/me/empty@sha256:", registry.host());
    assert!(by_digest.starts_with(&start) && by_digest != unsigned["reference"], "{by_digest}");

    home.configure("[trust]\nrequire = \"signed\"\n");
    let old = home.fails(&["layer", "install", unsigned["reference"].as_str().unwrap(), "--plain-http"]);
    assert!(old.contains("it is not signed"), "{old}");
    let installed = home.json(&["layer", "install", &tagged, "--plain-http"]);
    assert_eq!((&installed["id"], &installed["installed"]), (&json!("test/empty"), &json!(true)));
    assert_eq!((&installed["source"], &installed["signer"]), (&signed["reference"], &signed["signer"]));
    let again = home.json(&["layer", "install", by_digest, "--plain-http"]);
    assert_eq!(again["installed"], false);
    let other = format!("sha256:{}", "0".repeat(64));
    let error = home.fails(&["layer", "install", &tagged, "--plain-http", "--digest", &other]);
    assert!(error.contains(&other), "{error}");
}

fn a_registry_with_tls_needs_an_authority_that_is_known() {
    let (home, layer) = home();
    let authority = Authority::new("of the test").unwrap();
    let ca_file = home.file("ca.pem", authority.pem());
    let other = home.file("other.pem", Authority::new("somebody else").unwrap().pem());
    let registry = Registry::start(Some(&authority.certify().unwrap()), None).unwrap();
    let tagged = format!("oci://{}/empty:1", registry.host());
    home.ok(&["layer", "publish", &layer, &tagged, "--ca-file", &ca_file]);
    assert!(
        home.ok(&["layer", "install", &tagged, "--ca-file", &ca_file]).starts_with("installed test/empty")
    );
    let error = plain(&home.fails(&["layer", "install", &tagged, "--ca-file", &other]), &registry);
    insta::assert_snapshot!(error, @"oci://HOST/empty:1 cannot be trusted: invalid peer certificate: UnknownIssuer; --ca-file adds the certificate of your own authority");
}

/// `me:pa55` in base64, as a client says it.
const KNOWN: &str = "authorization: basic bwu6cge1nq==";

fn a_registry_lets_in_whom_it_knows() {
    let (home, layer) = home();
    let authority = Authority::new("of the test").unwrap();
    let ca_file = home.file("ca.pem", authority.pem());
    // where the registry sends its clients for a token
    let tokens = HttpsServer::start(&authority.certify().unwrap(), |request| {
        match request.headers.iter().any(|line| line.to_lowercase() == KNOWN) {
            true => Answer::file("{\"token\": \"t0ken\"}"),
            false => Answer::status(401),
        }
    });
    let realm = tokens.unwrap().url("/token");
    let registry = Registry::start(Some(&authority.certify().unwrap()), Some(&realm)).unwrap();
    let tagged = format!("oci://{}/empty:1", registry.host());
    let publish = ["layer", "publish", &layer, &tagged, "--ca-file", &ca_file];
    let refused = "oci://HOST/empty:1: the registry lets in only whom it knows: set SLUICE_REGISTRY_USER and \
         SLUICE_REGISTRY_PASSWORD, or keep USER:PASSWORD with `sluice secret set NAME` and give --credentials NAME";
    assert_eq!(plain(&home.fails(&publish), &registry), refused);
    let as_user = |args: &[&str], user: &str, password: &str| {
        let mut command = home.spawnable(args);
        command.env("SLUICE_REGISTRY_USER", user).env("SLUICE_REGISTRY_PASSWORD", password);
        Ran::of(command)
    };
    let wrong = as_user(&publish, "me", "wr0ng-password");
    assert_eq!((wrong.code, plain(&wrong.stderr, &registry)), (4, format!("error: {refused}\n")));
    let ran = as_user(&publish, "me", "pa55");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let install = ["layer", "install", &tagged, "--ca-file", &ca_file];
    assert_eq!(plain(&home.fails(&install), &registry), refused);
    let set = Ran::with_input(home.spawnable(&["secret", "set", "registry"]), "me:pa55\n");
    assert_eq!(set.code, 0, "{}", set.stderr);
    let known = [&install[..], &["--credentials", "registry"]].concat();
    assert!(home.ok(&known).starts_with("installed test/empty"));
    let unknown = [&install[..], &["--credentials", "nobody"]].concat();
    insta::assert_snapshot!(home.refuses(&unknown, 2), @"no secret is called nobody: `sluice secret set nobody` stores one");
    let mut half = home.spawnable(&install);
    half.env("SLUICE_REGISTRY_USER", "me");
    let half = Ran::of(half);
    assert!(half.code == 2 && half.stderr.contains("go together"), "{}", half.stderr);
}

fn what_is_not_there_or_no_component_is_refused() {
    let (home, layer) = home();
    let registry = Registry::start(None, None).unwrap();
    let at = |path: &str| format!("oci://{}/{path}", registry.host());
    let error = home.fails(&["layer", "install", &at("empty:1"), "--plain-http"]);
    let error = plain(&error, &registry);
    insta::assert_snapshot!(error, @"oci://HOST/empty:1: it is not there: check its name, and its tag or digest");
    let text = home.file("text.wasm", "hello");
    let error = home.fails(&["layer", "publish", &text, &at("empty:1"), "--plain-http"]);
    assert!(error.contains("no WebAssembly component"), "{error}");
    let refused = |to: &str| home.refuses(&["layer", "publish", &layer, to, "--plain-http"], 2);
    insta::assert_snapshot!(refused("empty.wasm"), @"layers are published to a registry: give oci://HOST[:PORT]/REPOSITORY:TAG");
    insta::assert_snapshot!(refused("oci://me/empty:1"), @"oci://me/empty:1: it is no reference in a registry: it begins with no host; use oci://HOST[:PORT]/REPOSITORY:TAG or …@sha256:DIGEST");
    insta::assert_snapshot!(refused("oci://localhost/me/empty"), @"oci://localhost/me/empty: it is no reference in a registry: it names neither a tag nor a digest; use oci://HOST[:PORT]/REPOSITORY:TAG or …@sha256:DIGEST");
    let by_digest = format!("oci://localhost:1/empty@sha256:{}", "0".repeat(64));
    assert!(refused(&by_digest).contains("what is published gets a tag"));
    // a signature of another build does not go out
    std::fs::write(format!("{layer}.minisig"), "hello").unwrap();
    let error = home.fails(&["layer", "publish", &layer, &at("empty:1"), "--plain-http"]);
    assert!(error.contains("its signature cannot be read"), "{error}");
}

fn without_tls_only_a_registry_on_this_machine_is_spoken_to() {
    let (home, layer) = home();
    let refused = |args: &[&str]| home.refuses(args, 2);
    let far = "oci://registry.example.org/empty:1";
    insta::assert_snapshot!(refused(&["layer", "publish", &layer, far, "--plain-http"]), @"oci://registry.example.org/empty:1: --plain-http is for a registry on this machine only; name one as localhost or 127.0.0.1");
    assert!(refused(&["layer", "install", far, "--plain-http"]).contains("on this machine only"));
}

fn a_registry_that_is_not_there_is_told() {
    let (home, _) = home();
    // a port that was free a moment ago
    let registry = Registry::start(None, None).unwrap();
    let host = registry.host();
    drop(registry);
    let error = home.fails(&["layer", "install", &format!("oci://{host}/empty:1"), "--plain-http"]);
    assert!(error.starts_with(&format!("cannot reach oci://{host}/empty:1: ")), "{error}");
}
