//! A target as a plain program: `PROGRAM [--seconds N] [--seed N] [FILE|FOLDER]…`. Makes its inputs of noise and of the
//! given files, edited at random. An input that ends the target by a panic is kept in `fuzz/artifacts` and told. Finds
//! less than libFuzzer, which sees what an input reaches, and needs nothing but Rust.

use crate::edits::edited;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Longest input without a file behind it, and longest script of edits, in bytes.
const NOISE_BYTES: u64 = 2_048;
const SCRIPT_BYTES: u64 = 64;

/// Runs the target until its time is over.
pub fn main(run: fn(&[u8])) -> ExitCode {
    let (mut seconds, mut seed, mut files) = (10, 1, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = |otherwise| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
        match argument.as_str() {
            "--seconds" => seconds = number(seconds),
            "--seed" => seed = number(seed),
            path => collect(Path::new(path), &mut files),
        }
    }
    let seeds: Vec<Vec<u8>> = files.iter().filter_map(|file| std::fs::read(file).ok()).collect();
    seeds.iter().for_each(|seed| run(seed));
    let (mut dice, end) = (Dice(seed), Instant::now() + Duration::from_secs(seconds));
    let mut inputs = seeds.len();
    while Instant::now() < end {
        let input = dice.input(&seeds);
        if catch_unwind(AssertUnwindSafe(|| run(&input))).is_err() {
            return broken(&input);
        }
        inputs += 1;
    }
    println!("{inputs} inputs in {seconds} s, {} of them from files: nothing found", seeds.len());
    ExitCode::SUCCESS
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    match std::fs::read_dir(path) {
        Ok(entries) => {
            files.extend(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()))
        }
        Err(_) => files.push(path.to_owned()),
    }
    files.sort();
}

fn broken(input: &[u8]) -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts");
    let file = folder.join(format!("random-{}", std::process::id()));
    match std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, input)) {
        Ok(()) => eprintln!("this input breaks the target: {}", file.display()),
        Err(error) => eprintln!("this input breaks the target, and cannot be kept ({error}): {input:?}"),
    }
    ExitCode::FAILURE
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same inputs for the same seed everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Up to so many bytes, short ones as often as long ones.
    fn bytes(&mut self, most: u64) -> Vec<u8> {
        let most = (most >> (self.roll() % 8)).max(1);
        let length = self.roll() % (most + 1);
        (0..length).map(|_| self.roll().to_le_bytes()[3]).collect()
    }

    fn input(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let drawn = usize::try_from(self.roll() % (seeds.len() as u64 + 1)).unwrap_or(0);
        match seeds.get(drawn) {
            Some(seed) => edited(seed, &self.bytes(SCRIPT_BYTES)),
            None => self.bytes(NOISE_BYTES),
        }
    }
}
