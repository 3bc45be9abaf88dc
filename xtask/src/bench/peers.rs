//! The peer: the same funnel in Python, on the same files.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::market_file;
use crate::place;
use crate::step::{describe, run};

/// What the funnel needs: polars to read and group, TA-Lib for RSI and ATR.
const PACKAGES: [&str; 4] = ["polars", "TA-Lib", "numpy", "pyarrow"];

/// A Python with the packages, and the files to read.
pub struct Peer {
    python: PathBuf,
    bars: PathBuf,
    instruments: PathBuf,
}

impl Peer {
    /// Makes the environment below target/peers if it is not there yet.
    pub fn set_up(home: &Path) -> anyhow::Result<Self> {
        let folder = place::target().join("peers");
        let python = folder.join("bin/python");
        if !has_packages(&python) {
            run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
            run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))?;
        }
        Ok(Self {
            python,
            bars: market_file(home, "bars-1d-")?,
            instruments: market_file(home, "instruments-")?,
        })
    }

    /// One whole run, from the start of Python to the printed counts.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(place::root().join("xtask/peers/funnel.py")).arg(&self.bars).arg(&self.instruments);
        command
    }

    /// The counts that it prints.
    pub fn funnel(&self) -> anyhow::Result<String> {
        let mut command = self.command();
        let output = command.output().with_context(|| format!("cannot run {}", describe(&command)))?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "the polars funnel failed: {}", complaint.trim());
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

fn has_packages(python: &Path) -> bool {
    let imports = ["-c", "import polars, talib, numpy, pyarrow"];
    crate::step::works(Command::new(python).args(imports))
}
