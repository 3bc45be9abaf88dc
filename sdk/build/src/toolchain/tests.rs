//! The search over machines that are only told about.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;

use super::*;
use crate::machine::{Output, ThisMachine};

const SYSROOT: &str = "/rustup/toolchains/t";
const HOST: &str = "x86_64-unknown-linux-gnu";

/// A machine on which only what was said exists. Commands are told apart by their text.
#[derive(Default)]
struct Fake {
    answers: BTreeMap<String, Result<String, String>>,
    files: Vec<PathBuf>,
    /// A file that appears when a command whose text starts so has run.
    installs: Vec<(&'static str, &'static str)>,
    root: bool,
    calls: RefCell<Vec<String>>,
}

impl Fake {
    fn answer(mut self, command: &str, text: &str) -> Self {
        self.answers.insert(command.into(), Ok(text.into()));
        self
    }

    fn refuse(mut self, command: &str, stderr: &str) -> Self {
        self.answers.insert(command.into(), Err(stderr.into()));
        self
    }

    fn file(mut self, path: &str) -> Self {
        self.files.push(path.into());
        self
    }

    fn compiler(self, path: &str, sysroot: &str, release: &str) -> Self {
        let version = format!("rustc {release}\nhost: {HOST}\nrelease: {release}\n");
        let probe = "--crate-type=lib --emit=obj -o - --target wasm32-unknown-unknown -";
        self.answer(&format!("{path} -vV"), &version)
            .answer(&format!("{path} --print sysroot"), &format!("{sysroot}\n"))
            .answer(&format!("{path} {probe}"), "")
            .file(path)
    }

    /// rustup with one toolchain, without the guest target.
    fn with_rustup() -> Self {
        let rustc = format!("{SYSROOT}/bin/rustc");
        Self::default()
            .answer("rustup which cargo", &format!("{SYSROOT}/bin/cargo\n"))
            .answer("rustup which rustc", &format!("{rustc}\n"))
            .compiler(&rustc, SYSROOT, "1.95.0")
            .file(&format!("{SYSROOT}/lib/rustlib/{HOST}/bin/rust-lld"))
    }

    fn find(&self, ways: &[Way]) -> Result<Toolchain, ToolchainError> {
        let search = Search { dir: "/w".into(), memory: None, ways: ways.to_vec() };
        find_toolchain(self, &search, &mut |_| {})
    }

    fn called(&self, start: &str) -> usize {
        self.calls.borrow().iter().filter(|call| call.starts_with(start)).count()
    }
}

impl Machine for Fake {
    fn run(&self, call: &Call) -> io::Result<Output> {
        let text = format!("{} {}", call.program.display(), call.args.join(" "));
        self.calls.borrow_mut().push(text.clone());
        match self.answers.get(&text) {
            Some(Ok(stdout)) => Ok(Output { success: true, stdout: stdout.clone(), stderr: String::new() }),
            Some(Err(stderr)) => Ok(Output { success: false, stdout: String::new(), stderr: stderr.clone() }),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }

    fn exists(&self, path: &Path) -> bool {
        let calls = self.calls.borrow();
        let installed = |(after, file): &(&str, &str)| {
            Path::new(file) == path && calls.iter().any(|call| call.starts_with(after))
        };
        self.files.iter().any(|file| file.starts_with(path)) || self.installs.iter().any(installed)
    }

    fn list(&self, dir: &Path) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = self.files.iter().filter_map(|file| child(dir, file)).collect();
        found.dedup();
        found
    }

    fn var(&self, name: &str) -> Option<String> {
        (name == "RUSTUP_HOME").then(|| "/rustup".to_owned())
    }

    fn is_root(&self) -> bool {
        self.root
    }
}

fn child(dir: &Path, file: &Path) -> Option<PathBuf> {
    Some(dir.join(file.strip_prefix(dir).ok()?.components().next()?))
}

const TARGET_LIB: &str = "/rustup/toolchains/t/lib/rustlib/wasm32-unknown-unknown/lib";
const SYSTEM_LOCK: &str = "/usr/lib/rustlib/src/rust/library/Cargo.lock";

#[test]
fn an_installed_target_is_taken_and_nothing_else_is_tried() {
    let machine = Fake::with_rustup().file(&format!("{TARGET_LIB}/libstd.rlib")).compiler(
        "/usr/bin/rustc",
        "/usr",
        "1.96.0",
    );
    let found = machine.find(&Way::ALL).unwrap();
    assert_eq!((found.way, found.library), (Way::Installed, None));
    assert_eq!(found.cargo, Path::new("/rustup/toolchains/t/bin/cargo"));
    assert_eq!(machine.called("rustup target"), 0);
    assert_eq!(machine.called("/usr/bin/rustc"), 0);
}

#[test]
fn rustup_is_asked_before_a_compiler_with_source() {
    let mut machine = Fake::with_rustup()
        .answer("rustup target add wasm32-unknown-unknown", "")
        .file(SYSTEM_LOCK)
        .compiler("/usr/bin/rustc", "/usr", "1.96.0");
    machine.installs.push(("rustup target add", TARGET_LIB));
    let found = machine.find(&Way::ALL).unwrap();
    assert_eq!((found.way, found.library), (Way::RustupAdd, None));
    assert_eq!(machine.called("/usr/bin/rustc"), 0);
}

#[test]
fn without_a_network_the_systems_compiler_builds_its_own_library_with_rustups_linker() {
    let machine = Fake::with_rustup()
        .refuse("rustup target add wasm32-unknown-unknown", "error: could not download\n")
        .file(SYSTEM_LOCK)
        .compiler("/usr/bin/rustc", "/usr", "1.96.0");
    let found = machine.find(&Way::ALL).unwrap();
    assert_eq!(found.way, Way::Source);
    assert_eq!(found.rustc, Path::new("/usr/bin/rustc"));
    assert_eq!(found.cargo, Path::new("/rustup/toolchains/t/bin/cargo"));
    let library = found.library.unwrap();
    assert_eq!(library.source, Path::new("/usr/lib/rustlib/src/rust/library"));
    let linker = format!("/rustup/toolchains/t/lib/rustlib/{HOST}/bin");
    assert_eq!(library.linker_dir.as_deref(), Some(Path::new(&linker)));
    assert_eq!(machine.called("apt-get"), 0);
}

#[test]
fn source_of_the_active_rust_goes_before_the_systems() {
    let machine = Fake::with_rustup()
        .file("/rustup/toolchains/t/lib/rustlib/src/rust/library/Cargo.lock")
        .file(SYSTEM_LOCK)
        .compiler("/usr/bin/rustc", "/usr", "1.96.0");
    let found = machine.find(&[Way::Source]).unwrap();
    assert_eq!(found.rustc, Path::new("/rustup/toolchains/t/bin/rustc"));
}

#[test]
fn another_toolchain_of_rustup_with_source_is_found() {
    let machine = Fake::with_rustup()
        .compiler("/rustup/toolchains/z/bin/rustc", "/rustup/toolchains/z", "1.97.0-nightly")
        .file("/rustup/toolchains/z/lib/rustlib/src/rust/library/Cargo.lock");
    let found = machine.find(&[Way::Source]).unwrap();
    assert_eq!(found.rustc, Path::new("/rustup/toolchains/z/bin/rustc"));
}

#[test]
fn an_old_compiler_is_refused_even_with_its_source() {
    let machine = Fake::with_rustup().file(SYSTEM_LOCK).compiler("/usr/bin/rustc", "/usr", "1.63.0");
    let error = machine.find(&[Way::Source]).unwrap_err().to_string();
    assert!(error.contains("/usr/bin/rustc 1.63.0 is older than 1.95"), "{error}");
}

#[test]
fn debian_installs_only_as_root_and_as_the_last_way() {
    let mut machine = Fake::with_rustup()
        .refuse("rustup target add wasm32-unknown-unknown", "error: no network\n")
        .file("/etc/debian_version")
        .answer("apt-get update", "")
        .answer("apt-get install -y --no-install-recommends rustc-web rust-web-src", "");
    let refused = machine.find(&Way::ALL).unwrap_err().to_string();
    assert!(refused.contains("apt-get needs root"), "{refused}");
    assert_eq!(machine.called("apt-get"), 0);

    machine.root = true;
    let mut machine = machine.compiler("/usr/bin/rustc", "/usr", "1.96.0");
    machine.installs.push(("apt-get install", SYSTEM_LOCK));
    machine.installs.push(("apt-get install", "/usr/lib/rustlib/src/rust/library"));
    let found = machine.find(&Way::ALL).unwrap();
    assert_eq!((found.way, found.rustc.as_path()), (Way::Debian, Path::new("/usr/bin/rustc")));
    let calls = machine.calls.borrow();
    let at = |start: &str| calls.iter().position(|call| call.starts_with(start)).unwrap();
    assert!(at("rustup target") < at("apt-get update") && at("apt-get update") < at("apt-get install"));
}

#[test]
fn a_compiler_without_any_linker_is_refused() {
    let mut machine = Fake::with_rustup().file(SYSTEM_LOCK).compiler("/usr/bin/rustc", "/usr", "1.96.0");
    machine.files.retain(|file| !file.ends_with("rust-lld"));
    let error = machine.find(&[Way::Source]).unwrap_err().to_string();
    assert!(error.contains("no rust-lld to link with"), "{error}");
}

#[test]
fn when_nothing_works_one_error_tells_every_reason_and_what_to_install() {
    let machine = Fake::with_rustup()
        .refuse("rustup target add wasm32-unknown-unknown", "info: downloading\nerror: no network\n");
    let error = machine.find(&Way::ALL).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no Rust on this machine can build layers for wasm32-unknown-unknown; tried:\n  \
         - the target of the active Rust: wasm32-unknown-unknown is not installed for Rust 1.95.0 in \
         /rustup/toolchains/t\n  \
         - rustup target add: error: no network\n  \
         - a Rust with its library source: /rustup/toolchains/t/bin/rustc 1.95.0 has no library source in \
         /rustup/toolchains/t/lib/rustlib/src/rust/library\n  \
         - Debian's rustc-web and rust-web-src: this is no Debian\n\
         install one of these and try again:\n  \
         - rustup target add wasm32-unknown-unknown\n  \
         - rustup component add rust-src\n  \
         - on Debian, as root: apt-get install rustc-web rust-web-src"
    );
}

#[test]
fn without_cargo_the_error_says_where_to_get_it() {
    let error = Fake::default().find(&Way::ALL).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot run cargo (neither rustup nor cargo is on the PATH); install Rust from https://rustup.rs and try again"
    );
}

#[test]
fn a_search_that_may_not_install_never_calls_an_installer() {
    let search = Search::without_installing("/w");
    assert_eq!(search.ways, [Way::Installed, Way::Source]);
}

#[test]
fn what_was_found_is_remembered_until_a_compiler_changes() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (active, other) = (path("t/bin/rustc"), path("usr/bin/rustc"));
    for file in [&active, &other] {
        std::fs::create_dir_all(Path::new(file).parent().unwrap()).unwrap();
        std::fs::write(file, "v1").unwrap();
    }
    let memory_file = dir.path().join("target/guest-toolchain.json");
    let memory = Memory::new(&memory_file);
    let found = Toolchain {
        way: Way::Source,
        cargo: "/cargo".into(),
        rustc: PathBuf::from(&other),
        release: "1.96.0".into(),
        library: Some(Library { source: "/s".into(), linker_dir: None }),
    };
    assert_eq!(memory.recall(Path::new(&active)), None);
    memory.keep(Path::new(&active), &found);
    assert_eq!(memory.recall(Path::new(&active)), Some((Way::Source, PathBuf::from(&other))));
    std::fs::write(&other, "version 2").unwrap();
    assert_eq!(memory.recall(Path::new(&active)), None);
}

#[test]
fn a_remembered_toolchain_saves_the_slow_attempts() {
    let dir = tempfile::tempdir().unwrap();
    let sysroot = dir.path().join("t");
    let rustc = sysroot.join("bin/rustc");
    std::fs::create_dir_all(rustc.parent().unwrap()).unwrap();
    std::fs::write(&rustc, "").unwrap();
    let (sysroot, rustc) = (sysroot.to_str().unwrap(), rustc.to_str().unwrap());
    let machine = || {
        Fake::default()
            .answer("rustup which cargo", "/cargo")
            .answer("rustup which rustc", rustc)
            .refuse("rustup target add wasm32-unknown-unknown", "error: no network")
            .compiler(rustc, sysroot, "1.95.0")
            .file(&format!("{sysroot}/lib/rustlib/src/rust/library/Cargo.lock"))
            .file(&format!("{sysroot}/lib/rustlib/{HOST}/bin/rust-lld"))
    };
    let search =
        Search { dir: "/w".into(), memory: Some(dir.path().join("m.json")), ways: Way::ALL.to_vec() };
    let (first, second) = (machine(), machine());
    let found = find_toolchain(&first, &search, &mut |_| {}).unwrap();
    assert_eq!(find_toolchain(&second, &search, &mut |_| {}).unwrap(), found);
    assert_eq!((first.called("rustup target"), second.called("rustup target")), (1, 0));
}

#[test]
fn this_machine_answers_the_search_or_tells_why_not() {
    let search = Search::without_installing(env!("CARGO_MANIFEST_DIR"));
    match find_toolchain(&ThisMachine, &search, &mut |_| {}) {
        Ok(found) => assert!(found.rustc.is_file() && found.cargo.is_file(), "{found}"),
        Err(error) => assert!(error.to_string().contains("rustup target add"), "{error}"),
    }
}
