//! `sluice layer install https://…`, from a server that the test starts.

use crate::support::{Home, Ran, test_layer};
use serde_json::json;
use sluice_test_web::{Answer, Authority, HttpsServer, Request};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A home, and an authority that its user trusts.
struct Desk {
    home: Home,
    authority: Authority,
    ca_file: String,
    layer: Vec<u8>,
    digest: String,
}

impl Desk {
    fn new() -> Self {
        let home = Home::compiled();
        let authority = Authority::new("of the test").unwrap();
        let ca_file = home.file("ca.pem", authority.pem());
        let layer = std::fs::read(test_layer("empty")).unwrap();
        let path = home.file("empty.wasm", &layer);
        let checked = home.json(&["layer", "check", &path]);
        let digest = format!("sha256:{}", checked["digest"].as_str().unwrap());
        Self { home, authority, ca_file, layer, digest }
    }

    fn serve(&self, answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> HttpsServer {
        HttpsServer::start(&self.authority.certify().unwrap(), answer).unwrap()
    }

    /// A server of the layer, under any path, without a signature.
    fn serve_layer(&self) -> HttpsServer {
        let layer = self.layer.clone();
        self.serve(move |request| match request.path.contains(".minisig") {
            true => Answer::status(404),
            false => Answer::file(layer.clone()),
        })
    }

    fn install(&self, url: &str) -> Ran {
        self.home.run(&["layer", "install", url, "--digest", &self.digest, "--ca-file", &self.ca_file])
    }

    /// What an installation is refused with, without the port.
    fn refused(&self, url: &str, code: i32) -> String {
        let args = ["layer", "install", url, "--digest", &self.digest, "--ca-file", &self.ca_file];
        without_port(&self.home.refuses(&args, code))
    }
}

fn without_port(text: &str) -> String {
    let Some((before, rest)) = text.split_once("localhost:") else { return text.to_owned() };
    format!("{before}localhost:PORT{}", without_port(rest.trim_start_matches(|c: char| c.is_ascii_digit())))
}

#[test]
fn a_layer_is_installed_from_an_address_with_its_digest() {
    let desk = Desk::new();
    let server = desk.serve_layer();
    let url = server.url("/layers/empty.wasm?v=1");
    let ran = desk.install(&url);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    assert!(ran.stdout.starts_with("installed test/empty@0.1.0"), "{}", ran.stdout);
    let layers = desk.home.json(&["layer", "list"]);
    let row = layers.as_array().unwrap().iter().find(|layer| layer["id"] == "test/empty").unwrap();
    assert_eq!((&row["source"], &row["signer"]), (&json!(url), &json!(null)));
}

#[test]
fn the_signature_beside_it_is_taken_and_its_absence_is_told_where_one_is_required() {
    let desk = Desk::new();
    let secret = desk.home.user().join("ann.key").display().to_string();
    let made = desk.home.json(&["trust", "new-key", &secret, "--no-password"]);
    desk.home.ok(&["trust", "add", made["public_key"].as_str().unwrap(), "--name", "ann"]);
    let path = desk.home.user().join("empty.wasm").display().to_string();
    desk.home.ok(&["layer", "sign", &path, "--secret-key", &secret]);
    let signature = std::fs::read(format!("{path}.minisig")).unwrap();
    desk.home.configure("[trust]\nrequire = \"signed\"\n");
    let error = desk.refused(&desk.serve_layer().url("/empty.wasm"), 4);
    assert!(error.contains("empty.wasm: it is not signed"), "{error}");
    let layer = desk.layer.clone();
    let server = desk.serve(move |request| match request.path.as_str() {
        "/empty.wasm" => Answer::file(layer.clone()),
        "/empty.wasm.minisig" => Answer::file(signature.clone()),
        _ => Answer::status(404),
    });
    let ran = desk.install(&server.url("/empty.wasm"));
    assert!(ran.code == 0 && ran.stdout.contains("signed by ann"), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn an_address_needs_tls_and_a_digest() {
    let desk = Desk::new();
    let refused = |args: &[&str]| desk.home.refuses(&[&["layer", "install"], args].concat(), 2);
    insta::assert_snapshot!(refused(&["http://localhost/x.wasm", "--digest", &desk.digest]), @"http://localhost/x.wasm: http: is neither encrypted nor checked: use https:, or download the file and install it from its path");
    insta::assert_snapshot!(refused(&["https://localhost/x.wasm"]), @"https://localhost/x.wasm: what comes from the web must be what its author says: give --digest sha256:HEX, which `sluice layer check` prints");
    let secret = refused(&["https://me:s3cret@localhost/x.wasm", "--digest", &desk.digest]);
    insta::assert_snapshot!(secret, @"an address with a user or password is not taken: it would be stored with the layer");
    let ran = desk.home.run(&["layer", "install", "https://localhost/x.wasm", "--digest", "sha256:12"]);
    assert!(ran.code == 2 && ran.stderr.contains("64 hexadecimal digits"), "{}", ran.stderr);
    let other = desk.home.file("none.pem", "no certificate");
    let args = ["https://localhost/x.wasm", "--digest", &desk.digest, "--ca-file", &other];
    assert!(refused(&args).ends_with("has no certificate: it must be in PEM"));
}

#[test]
fn another_content_than_was_asked_for_is_refused_with_both_digests() {
    let desk = Desk::new();
    let server = desk.serve(|_| Answer::file("something else"));
    let error = desk.refused(&server.url("/x.wasm"), 4).replace(&desk.digest, "EXPECTED");
    insta::assert_snapshot!(error, @"https://localhost:PORT/x.wasm has digest sha256:f41f3fa625ff120ddca7ef456bf66371ecea23c129f4e4c32367101edb516cf8, but EXPECTED was asked for: it was altered or is another build; ask its author which digest is right");
    assert_eq!(desk.home.json(&["status"])["installed_layers"], 0);
}

#[test]
fn a_server_that_nobody_vouches_for_is_refused() {
    let desk = Desk::new();
    let server = desk.serve_layer();
    let url = server.url("/empty.wasm");
    let other = desk.home.file("other.pem", Authority::new("somebody else").unwrap().pem());
    let args = ["layer", "install", &url, "--digest", &desk.digest, "--ca-file", &other];
    let error = without_port(&desk.home.fails(&args));
    insta::assert_snapshot!(error, @"https://localhost:PORT/empty.wasm cannot be trusted: invalid peer certificate: UnknownIssuer; --ca-file adds the certificate of your own authority");
    let by_number = url.replace("localhost", "127.0.0.1");
    let error = desk.refused(&by_number, 4);
    assert!(error.contains("cannot be trusted: ") && error.contains("127.0.0.1"), "{error}");
}

#[test]
fn redirects_are_followed_a_few_times_and_only_to_tls() {
    let desk = Desk::new();
    let layer = desk.layer.clone();
    let server = desk.serve(move |request| {
        let step = |rest: &str| rest.parse::<u32>().unwrap_or_default();
        match request.path.split_at(1).1 {
            "plain" => Answer::redirect("http://localhost/x.wasm"),
            "0" => Answer::file(layer.clone()),
            path if path.contains("minisig") => Answer::status(404),
            path => Answer::redirect(&format!("/{}", step(path) - 1)),
        }
    });
    assert_eq!(desk.install(&server.url("/5")).code, 0);
    insta::assert_snapshot!(desk.refused(&server.url("/6"), 4), @"https://localhost:PORT/6 leads elsewhere and is not followed: there are more than 5 redirects");
    insta::assert_snapshot!(desk.refused(&server.url("/plain"), 4), @"https://localhost:PORT/plain leads elsewhere and is not followed: it goes to an address that is not encrypted");
}

#[test]
fn more_than_a_component_may_have_is_not_read_to_its_end() {
    let desk = Desk::new();
    let told = desk.serve(|_| Answer { told_length: Some(1 << 40), ..Answer::file("x") });
    insta::assert_snapshot!(desk.refused(&told.url("/x"), 4), @"https://localhost:PORT/x has more than the 67108864 bytes that a component may have");
    let untold = desk.serve(|_| Answer { told_length: None, ..Answer::file(vec![0; (64 << 20) + 100_000]) });
    assert!(desk.refused(&untold.url("/x"), 4).contains("more than the 67108864 bytes"));
}

#[test]
fn faults_that_pass_are_tried_again_and_others_are_told_at_once() {
    let desk = Desk::new();
    let tries = Arc::new(AtomicUsize::new(0));
    let (layer, count) = (desk.layer.clone(), tries.clone());
    let server = desk.serve(move |request| match request.path.contains("minisig") {
        true => Answer::status(404),
        // an error, an answer that breaks off, the file
        false => match count.fetch_add(1, Ordering::Relaxed) {
            0 => Answer::status(503),
            1 => Answer { told_length: Some(layer.len()), ..Answer::file(&layer[..layer.len() / 2]) },
            _ => Answer::file(layer.clone()),
        },
    });
    let ran = desk.install(&server.url("/empty.wasm"));
    assert_eq!((ran.code, tries.load(Ordering::Relaxed)), (0, 3), "{}", ran.stderr);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let server = desk.serve(move |request| {
        seen.lock().unwrap().push(request.path.clone());
        Answer::status(if request.path == "/busy" { 503 } else { 404 })
    });
    insta::assert_snapshot!(desk.refused(&server.url("/gone"), 4), @"https://localhost:PORT/gone answered 404, so it is not there: check the address");
    insta::assert_snapshot!(desk.refused(&server.url("/busy"), 4), @"https://localhost:PORT/busy answered 503");
    assert_eq!(*asked.lock().unwrap(), ["/gone", "/busy", "/busy", "/busy"]);
}
