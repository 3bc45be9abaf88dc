//! Every limit in a pair: just obeyed, just violated.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

mod support;

use sluice_runtime::{Batch, CallError, CallFailure, Layer, Limits};
use support::{Waves, batch, load, scan};

/// The least limit with which the call answers, between one that fails and one that works.
fn least(fails: u64, works: u64, call: impl Fn(u64) -> Result<(), Box<CallError>>) -> u64 {
    let (mut fails, mut works) = (fails, works);
    while works - fails > 1 {
        let middle = fails.midpoint(works);
        if call(middle).is_ok() { works = middle } else { fails = middle }
    }
    works
}

fn with_fuel(layer: &Layer, batch: &Batch<'_>, fuel: u64) -> Result<(), Box<CallError>> {
    scan(layer, batch, Limits { fuel, ..Limits::default() }).map(|_| ())
}

#[test]
fn a_call_works_with_the_fuel_that_it_uses_and_fails_with_less() {
    let layer = load("kernel");
    let waves = Waves::new(4, 252);
    let batch = waves.batch();
    let used = scan(&layer, &batch, Limits::default()).unwrap().usage.fuel;
    with_fuel(&layer, &batch, used).unwrap();
    let least = least(0, used, |fuel| with_fuel(&layer, &batch, fuel));
    // fuel is looked at where functions begin and loops turn, so that the last few instructions may be for free
    assert!(used - least < 1000, "used {used}, but {least} is enough");
    let error = with_fuel(&layer, &batch, least - 1).unwrap_err();
    assert_eq!(error.failure, CallFailure::Fuel { limit: least - 1 });
}

#[test]
fn a_call_works_with_the_memory_that_it_uses_and_fails_with_one_byte_less() {
    let layer = load("kernel");
    let waves = Waves::new(512, 252);
    let call = |memory_bytes| scan(&layer, &waves.batch(), Limits { memory_bytes, ..Limits::default() });
    let peak = call(Limits::default().memory_bytes).unwrap().usage.peak_memory_bytes;
    assert!(peak > 512 * 252 * 5 * 8, "the columns alone have {} bytes, not {peak}", 512 * 252 * 5 * 8);
    assert_eq!(call(peak).unwrap().usage.peak_memory_bytes, peak);
    let error = call(peak - 1).unwrap_err();
    let CallFailure::Memory { limit, wanted } = error.failure else { panic!("{error}") };
    assert_eq!(limit, peak - 1);
    assert!(wanted > limit);
}

#[test]
fn an_instance_that_does_not_fit_into_the_memory_is_a_memory_failure_before_it_runs() {
    let layer = load("empty");
    let peak = scan(&layer, &batch(0), Limits::default()).unwrap().usage.peak_memory_bytes;
    let limits = Limits { memory_bytes: 64 << 10, ..Limits::default() };
    let error = scan(&layer, &batch(0), limits).unwrap_err();
    let CallFailure::Memory { limit: 65_536, wanted } = error.failure else { panic!("{error}") };
    assert!(wanted > 65_536 && wanted <= peak, "{wanted}");
}

#[test]
fn an_answer_within_the_report_limit_is_read_and_one_byte_less_is_told() {
    let layer = load("empty");
    let call = |report_bytes: u64| {
        let limits = Limits { report_bytes: usize::try_from(report_bytes).unwrap(), ..Limits::default() };
        scan(&layer, &batch(1000), limits).map(|_| ())
    };
    let least = least(0, 1 << 20, call);
    // scores, reasons and outcomes of 1000 instruments
    assert!(least >= 1000 * (8 + 4 + 1), "{least}");
    let error = call(least - 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "layer test/empty@0.1.0: handed over an answer or a log line that could not be read within {} bytes (too much \
             data is being copied between the host and the guest: fuel allocated for hostcalls has been exhausted): \
             make it answer less, or raise its `report-mib` limit",
            least - 1
        )
    );
}
