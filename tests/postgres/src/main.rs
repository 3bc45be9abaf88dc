//! `cargo run --release -p sluice-test-postgres`: a server to try things with by hand. It prints the server's URL and
//! runs until its input ends.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::io::{self, Read as _};

fn main() -> io::Result<()> {
    let server = sluice_test_postgres::Server::start()?;
    println!("{}", server.url());
    io::stdin().read_to_end(&mut Vec::new()).map(drop)
}
