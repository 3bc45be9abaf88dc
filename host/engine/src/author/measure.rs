//! What a layer costs on a synthetic market, and how close that is to its limits.

use super::asking::{Asking, NoAnswer, on_call_stack};
use super::error::AuthorError;
use super::ground::Ground;
use super::subject::Subject;
use serde::Serialize;
use sluice_runtime::{CallUsage, Cancel};
use std::path::Path;
use std::time::Duration;

/// Ordinary instruments of the market.
const INSTRUMENTS: u32 = 2_000;
/// How often the market is gone through; the median counts.
const ROUNDS: usize = 5;

/// What a layer costs.
#[derive(Debug, Serialize)]
pub struct Cost {
    /// author/name@version.
    pub layer: String,
    /// Instruments of the market.
    pub instruments: usize,
    /// Calls that a scan makes of it.
    pub calls: usize,
    /// Instruments of its greatest call.
    pub largest_call: usize,
    /// Wall time of an instrument in microseconds, the median of some rounds.
    pub micros_per_instrument: f64,
    /// Fuel of an instrument.
    pub fuel_per_instrument: f64,
    /// Memory of an instrument in the greatest call, in bytes, with what the layer needs for itself.
    pub memory_bytes_per_instrument: f64,
    /// Wall time of a call about no instrument, in microseconds: what each call costs before it begins.
    pub micros_per_call: f64,
    /// The costliest call against the limits of a call.
    pub limits: Vec<Share>,
}

/// A cost and its limit.
#[derive(Debug, Serialize)]
pub struct Share {
    /// `fuel`, `wall-ms`, `memory-mib`: the key of the limit.
    pub limit: &'static str,
    /// What the costliest call used, in the limit's unit.
    pub used: f64,
    /// The limit.
    pub most: f64,
    /// The one as a percentage of the other.
    pub percent: f64,
}

impl Share {
    fn new(limit: &'static str, used: f64, most: f64) -> Self {
        Self { limit, used, most, percent: if most > 0.0 { 100.0 * used / most } else { 100.0 } }
    }
}

/// Measures the layer. `folder`, which must be empty, holds the market meanwhile.
///
/// # Errors
/// When the market cannot be made, the layer fails, or the user stops it.
pub fn measure(subject: &Subject, folder: &Path, cancel: &Cancel) -> Result<Cost, AuthorError> {
    let ground = Ground::lay(folder, &subject.sight, INSTRUMENTS)?;
    on_call_stack(|| {
        let mut costliest: Option<Cost> = None;
        for moment in ground.moments() {
            let snapshot = ground.at(*moment)?;
            let cost = cost(&Asking { subject, snapshot: &snapshot, cancel })?;
            let more = |known: &Cost| cost.fuel_per_instrument > known.fuel_per_instrument;
            if costliest.as_ref().is_none_or(more) {
                costliest = Some(cost);
            }
        }
        let why = || "it was asked at no instant".to_owned();
        costliest.ok_or_else(|| AuthorError::Failed { layer: subject.layer().label().to_owned(), why: why() })
    })
}

fn cost(asking: &Asking<'_>) -> Result<Cost, AuthorError> {
    let subject = asking.subject;
    let failed = |no_answer| match no_answer {
        NoAnswer::Fault(why, _) => AuthorError::Failed { layer: subject.layer().label().to_owned(), why },
        NoAnswer::Other(error) => error,
    };
    let everything = asking.everything();
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        rounds.push(asking.ask_as_a_scan(&everything).map_err(failed)?.usage);
    }
    let mut empty = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        empty.extend(asking.ask(&[]).map_err(failed)?.usage.first().map(|usage| usage.wall));
    }
    let walls = rounds.iter().map(|round| round.iter().map(|usage| usage.wall).sum::<Duration>()).collect();
    let all: Vec<CallUsage> = rounds.iter().flatten().copied().collect();
    let calls = rounds.first().map_or(0, Vec::len);
    let instruments = everything.len();
    let largest_call = asking.shards(&everything).iter().map(|shard| shard.len()).max().unwrap_or(0);
    let fuel: u64 = rounds.first().map_or(0, |round| round.iter().map(|usage| usage.fuel).sum());
    let most = |of: fn(&CallUsage) -> f64| all.iter().map(of).fold(0.0, f64::max);
    let memory = most(|usage| usage.peak_memory_bytes as f64);
    let limits = subject.limits;
    const MIB: f64 = (1 << 20) as f64;
    Ok(Cost {
        layer: subject.layer().label().to_owned(),
        instruments,
        calls,
        largest_call,
        micros_per_instrument: micros(median(walls)) / instruments.max(1) as f64,
        fuel_per_instrument: fuel as f64 / instruments.max(1) as f64,
        memory_bytes_per_instrument: memory / largest_call.max(1) as f64,
        micros_per_call: micros(median(empty)),
        limits: vec![
            Share::new("fuel", most(|usage| usage.fuel as f64), limits.fuel as f64),
            Share::new("wall-ms", most(|usage| micros(usage.wall) / 1e3), micros(limits.wall) / 1e3),
            Share::new("memory-mib", memory / MIB, limits.memory_bytes as f64 / MIB),
        ],
    })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
