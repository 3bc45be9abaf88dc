//! Which instruments go into one call.
//!
//! The size depends on bytes and on a constant, never on the number of cores, so that fuel and results are the
//! same on every machine.

use crate::plan::BarsPlan;
use sluice_runtime::Scope;

/// Most instruments of one call: enough to make the cost of a call vanish, few enough to keep all cores busy on
/// a few thousand instruments.
const MOST_INSTRUMENTS: usize = 512;
/// Column bytes of one call that are aimed at, so that what is copied and reset stays in a processor's cache (measured
/// a fifth faster than with 5 MiB a call) and the calls of a stage spread over the cores.
const COLUMN_BYTES: usize = 1 << 20;
/// Bytes of one number in a column.
const NUMBER_BYTES: usize = 8;

/// Divides `instruments`. A layer that compares instruments or judges the market sees all of them at once.
pub(crate) fn shards<'a>(instruments: &'a [usize], scope: Scope, bars: &[BarsPlan]) -> Vec<&'a [usize]> {
    match scope {
        Scope::PerInstrument => instruments.chunks(shard_size(bars)).collect(),
        Scope::CrossSection | Scope::Market => vec![instruments],
    }
}

fn shard_size(bars: &[BarsPlan]) -> usize {
    let bytes = |plan: &BarsPlan| {
        let columns = plan.columns.len() + usize::from(plan.time);
        plan.lookback as usize * columns * NUMBER_BYTES
    };
    let each: usize = bars.iter().map(bytes).sum();
    (COLUMN_BYTES / each.max(1)).clamp(1, MOST_INSTRUMENTS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_market::{Adjustment, BarColumn, Timeframe};

    fn bars(lookback: u32) -> BarsPlan {
        BarsPlan {
            timeframe: Timeframe::Day,
            columns: vec![BarColumn::Close, BarColumn::Volume],
            time: true,
            lookback,
            adjustment: Adjustment::Split,
        }
    }

    #[test]
    fn small_needs_make_shards_of_the_constant_size() {
        let instruments: Vec<usize> = (0..1200).collect();
        let sizes: Vec<usize> =
            shards(&instruments, Scope::PerInstrument, &[bars(20)]).iter().map(|shard| shard.len()).collect();
        assert_eq!(sizes, [512, 512, 176]);
    }

    #[test]
    fn large_needs_make_smaller_shards_by_bytes() {
        assert_eq!(shard_size(&[bars(1_000)]), 43);
        assert_eq!(shard_size(&[bars(1_000), bars(1_000)]), 21);
    }

    #[test]
    fn a_cross_section_is_never_divided() {
        let instruments: Vec<usize> = (0..1200).collect();
        assert_eq!(shards(&instruments, Scope::CrossSection, &[bars(20)]).len(), 1);
        assert_eq!(shards(&[], Scope::Market, &[]), [&[] as &[usize]]);
    }
}
