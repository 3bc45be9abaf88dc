//! End-to-end tests: the built program from outside, as a trader, an operator or a script meets it.
//!
//! Every test has a home folder of its own, a cleared environment, fixed dates and no network. They need the bundled
//! layers inside the program and the misbehaving ones in `target/layers/test`, both of which `cargo xtask test` builds.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests, which fail by panicking"
)]

mod support;

mod alerts;
mod audit;
mod authors;
mod bad_input;
mod breaker;
mod cache;
mod calendar;
mod configure;
mod data;
mod db;
mod demo;
mod every;
mod exit_codes;
mod fetched;
mod golden;
mod history;
mod home;
mod hostile;
mod import;
mod import_formats;
mod init;
mod injection;
mod layers;
mod lists;
mod output;
mod paging;
mod quotes;
mod real_data;
mod scan;
mod screen;
mod secret;
mod signals;
mod status;
mod symbols;
mod trust;
mod universe;
mod versions;
mod view;
mod zone;
