//! The registry of Debian's package `docker-registry`, on a free port, its content in a temporary folder.

use crate::authority::{Certified, HOST};
use crate::found::program;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use tempfile::TempDir;

/// Runs the registry until its own input ends, as it does when the test is gone.
const SCRIPT: &str = r#"
"$1" serve "$2" </dev/null 2>&1 &
pid=$!
read -r _
kill "$pid"
wait "$pid"
rm -rf -- "$3"
"#;

/// What it says when it is ready, before its address.
const READY: &str = "listening on 127.0.0.1:";

/// A running registry.
pub struct Registry {
    shell: Child,
    input: Option<ChildStdin>,
    port: u16,
    is_encrypted: bool,
    // the shell removes it: it outlives a test that is killed
    _folder: PathBuf,
}

impl Registry {
    /// Starts one: with TLS where there is a certificate, and where there is a `realm` only for whom the server at that
    /// address gives a token.
    ///
    /// # Errors
    /// When there is none, or it does not start.
    pub fn start(certified: Option<&Certified>, realm: Option<&str>) -> io::Result<Self> {
        let program = program().ok_or_else(|| io::Error::other("there is no registry"))?;
        let folder = TempDir::with_prefix("sluice-registry-")?.keep();
        let mut config = format!(
            "version: 0.1\nlog: {{level: info, accesslog: {{disabled: true}}}}\nstorage: {{filesystem: {{rootdirectory: \
             {0}/data}}, maintenance: {{uploadpurging: {{enabled: false}}}}}}\nhttp:\n  addr: \"127.0.0.1:0\"\n  secret: \
             test\n",
            folder.display()
        );
        if let Some(certified) = certified {
            fs::write(folder.join("server.pem"), &certified.certificate_pem)?;
            fs::write(folder.join("server.key"), &certified.key_pem)?;
            let files = format!("certificate: {0}/server.pem, key: {0}/server.key", folder.display());
            config.push_str(&format!("  tls: {{{files}}}\n"));
        }
        if let Some(realm) = realm {
            config.push_str(&format!("auth: {{silly: {{realm: \"{realm}\", service: test}}}}\n"));
        }
        let file = folder.join("config.yml");
        fs::write(&file, config)?;
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "registry"])
            .args([program.as_path(), &file, &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Ctrl-C and a test runner that ends the test's whole group do not reach it
            .process_group(0)
            .spawn()?;
        let input = shell.stdin.take();
        let output = shell.stdout.take().ok_or_else(|| io::Error::other("sh has no output"))?;
        let mut lines = BufReader::new(output).lines();
        let port = loop {
            let line = lines.next().ok_or_else(|| io::Error::other("the registry ended"))??;
            if let Some((_, address)) = line.split_once(READY) {
                let digits: String = address.chars().take_while(char::is_ascii_digit).collect();
                break digits.parse().map_err(io::Error::other)?;
            }
        };
        // it must not wait for a reader of what it says
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { shell, input, port, is_encrypted: certified.is_some(), _folder: folder })
    }

    /// Its host and port: by the name in its certificate, else by its number.
    #[must_use]
    pub fn host(&self) -> String {
        let host = if self.is_encrypted { HOST } else { "127.0.0.1" };
        format!("{host}:{}", self.port)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.shell.wait();
    }
}
