//! A process that keeps scanning while a test goes on.

use super::{Home, send};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, ChildStdout, Stdio};

/// A process that keeps scanning, and what it says; it is ended with the test.
pub struct Scanner {
    process: Child,
    stdout: BufReader<ChildStdout>,
    /// None: nobody listens.
    stderr: Option<BufReader<ChildStderr>>,
}

impl Scanner {
    /// Starts `sluice scan` with these arguments.
    pub fn start(home: &Home, args: &[&str]) -> Self {
        Self::spawn(home, args, Stdio::piped())
    }

    /// The same, whatever it says beside its results: for long runs, in which a pipe would fill.
    pub fn start_unheard(home: &Home, args: &[&str]) -> Self {
        Self::spawn(home, args, Stdio::null())
    }

    fn spawn(home: &Home, args: &[&str], stderr: Stdio) -> Self {
        let args = [&["scan", "--format", "json"], args].concat();
        let mut process = home.spawnable(&args).stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let stderr = process.stderr.take().map(BufReader::new);
        Self { process, stdout, stderr }
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The next scan's document.
    pub fn scan(&mut self) -> Value {
        match self.next() {
            Some(scan) => scan,
            None => {
                let mut rest = String::new();
                self.stderr.as_mut().map(|stderr| stderr.read_to_string(&mut rest));
                panic!("it ended without a further scan: {rest}");
            }
        }
    }

    /// The next scan's document; none when it ended.
    pub fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        if self.stdout.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}")))
    }

    /// Reads what it says beside its results up to a line with this text.
    pub fn told(&mut self, text: &str) -> String {
        let mut line = String::new();
        let stderr = self.stderr.as_mut().expect("somebody listens");
        while stderr.read_line(&mut line).unwrap() > 0 {
            if line.contains(text) {
                return line;
            }
            line.clear();
        }
        panic!("it ended without a word of {text:?}");
    }

    /// The exit code after a signal.
    pub fn end(mut self, signal: &str) -> Option<i32> {
        send(signal, self.pid());
        // what it still wants to say must find room
        std::io::copy(&mut self.stdout, &mut std::io::sink()).unwrap();
        self.process.wait().unwrap().code()
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
