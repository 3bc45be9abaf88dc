//! The command line of Sluice: arguments in, tables or JSON out. What is computed is computed below.

mod args;
mod commands;
mod exit;
mod home;
mod output;
mod progress;
mod signals;

use args::{Args, Command};
use exit::Exit;
use home::Home;
use output::Output;
use std::io::Write;

// The layers inside the program, as built by `cargo xtask build`.
include!(concat!(env!("OUT_DIR"), "/bundled.rs"));
// The SDK that `sluice layer new` writes.
include!(concat!(env!("OUT_DIR"), "/sdk.rs"));

fn main() {
    leave_out_guarded_panics();
    let args = Args::of_program();
    start_tracing(args.global.verbose);
    let exit = dispatch(args).unwrap_or_else(|error| {
        let exit = Exit::of(&error);
        if exit != Exit::ClosedPipe {
            output::complain(&error);
        }
        exit
    });
    // what `leave` may not do
    let _ = std::io::stdout().flush();
    exit::leave(exit)
}

/// A library's panic over a damaged file becomes an error, which is told of in our own words.
fn leave_out_guarded_panics() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !sluice_market::is_guarded() {
            tell(panic);
        }
    }));
}

fn dispatch(args: Args) -> anyhow::Result<Exit> {
    let home = &Home::of(&args.global)?;
    let mut out = Output::new(args.global.format, home.zone(args.global.tz));
    let exit = match args.command {
        Command::Init(options) => commands::init::run(home, &options, &mut out),
        Command::Demo(options) => commands::demo::run(home, &options, &mut out),
        Command::Import(options) => commands::import::run(home, &options, &mut out),
        Command::Synthesize(options) => commands::synthesize::run(home, &options, &mut out),
        Command::Data(command) => commands::data::run(home, &command, &mut out),
        Command::Scan(options) => commands::scan::run(home, &options, &mut out),
        Command::List(options) => commands::list::run(home, &options, &mut out),
        Command::Screen(command) => commands::screen::run(&command, &mut out),
        Command::Status(options) => commands::status::run(home, &options, &mut out),
        Command::Universe(command) => commands::universe::run(home, &command, &mut out),
        Command::Diff(options) => commands::diff::run(home, &options, &mut out),
        Command::Symbol(options) => commands::symbol::run(home, &options, &mut out),
        Command::Alerts(options) => commands::alerts::run(home, &options, &mut out),
        Command::Calendar(options) => commands::calendar::run(home, &options, &mut out),
        Command::Layer(command) => commands::layer::run(home, &command, &mut out),
        Command::Breaker(command) => commands::breaker::run(home, &command, &mut out),
        Command::Cache(options) => commands::cache::run(home, &options, &mut out),
        Command::Configure(options) => commands::configure::run(home, &options, &mut out),
        Command::Audit(command) => commands::audit::run(home, &command, &mut out),
        Command::Db(command) => commands::database::run(home, &command, &mut out),
        Command::Trust(command) => commands::trust::run(home, &command, &mut out),
        Command::Secret(command) => commands::secret::run(home, &command, &mut out),
        Command::Completions(options) => commands::completions::run(&options, &mut out),
    }?;
    out.flush()?;
    Ok(exit)
}

/// Diagnostics go to stderr. `SLUICE_LOG` takes the usual directives (`sluice_engine=debug`) and wins over `-v`.
fn start_tracing(verbose: u8) {
    let level = match verbose {
        0 => "warn,sluice::layer=off",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("SLUICE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(output::colours(&std::io::stderr()))
        .with_target(verbose > 1)
        .without_time()
        .init();
}
