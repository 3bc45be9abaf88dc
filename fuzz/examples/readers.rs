//! `readers FOLDER [DATA]`: prints the names of all readers of market files, one a line, and fills a folder with small
//! files to begin with: a made-up market as this program exports it, and the beginnings of what lies below DATA.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use sluice_market::{
    BarSpan, BarView, ExportRequest, Market, SyntheticOptions, Timeframe, export, synthesize,
};

/// Most bytes of a file: what a reader looks at first and some rows.
const HEAD_BYTES: u64 = 4 << 10;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    exports(folder)?;
    for data in arguments {
        heads(Path::new(&data), folder)?;
    }
    for name in sluice_market::fuzz::names() {
        println!("{name}");
    }
    Ok(())
}

/// A few bars in every format that can be exported.
fn exports(folder: &Path) -> Result<(), Failure> {
    let set = folder.with_extension("market");
    let options = SyntheticOptions {
        symbols: 2,
        sessions: 3,
        seed: 7,
        end: "2024-06-28".parse()?,
        mic: "XNYS".to_owned(),
    };
    synthesize(&set, &options, &mut |_| {})?;
    let market = Market::open(&set)?;
    let span = BarSpan { timeframe: Timeframe::Day, from: None, to: None };
    for name in ["bars.parquet", "bars.arrow", "bars.csv"] {
        let to = folder.join(name);
        if !to.exists() {
            export(
                BarView::Imported(&market),
                &ExportRequest { to: &to, instruments: &[0, 1], span },
                &mut |_| {},
            )?;
        }
    }
    fs::remove_dir_all(set)?;
    Ok(())
}

/// The beginning of every file below a folder, under a name that tells where it came from.
fn heads(from: &Path, folder: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if path.is_dir() {
            heads(&path, folder)?;
            continue;
        }
        let mut head = Vec::new();
        File::open(&path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
        let name: Vec<_> =
            path.components().rev().take(3).map(|part| part.as_os_str().to_string_lossy()).collect();
        fs::write(folder.join(name.join("-")), head)?;
    }
    Ok(())
}
