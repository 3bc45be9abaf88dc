//! Bars as the set has them, of several instruments at once.

use std::ops::Range;

use crate::error::MarketError;
use crate::market::Series;
use crate::set::NUMBERS;

/// Stored bars of some instruments: instrument `i` owns the rows `starts[i]..starts[i + 1]`, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    starts: Vec<usize>,
    keys: Vec<i64>,
    numbers: [Vec<f64>; NUMBERS],
}

/// The bars of one instrument.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Own<'a> {
    /// Days, or UTC milliseconds of opens.
    pub(crate) keys: &'a [i64],
    /// Open, high, low, close, volume; NaN is missing.
    pub(crate) columns: [&'a [f64]; NUMBERS],
}

impl Stored {
    /// Reads the bars of instruments, given by ascending positions in the set, of which `wanted` tells the keys.
    pub(crate) fn read(
        series: &Series,
        positions: &[usize],
        wanted: impl Fn(usize) -> Range<i64>,
    ) -> Result<Self, MarketError> {
        let ranges: Vec<Range<u64>> = positions
            .iter()
            .map(|position| {
                series.spans.get(*position).map_or(0..0, |span| span.first..span.first + span.rows)
            })
            .collect();
        let mut all = Vec::new();
        series.file.read_keys(&full(&ranges), &mut all)?;
        let mut stored = Self { starts: vec![0], ..Self::default() };
        let mut narrow = Vec::with_capacity(ranges.len());
        let mut rest = all.as_slice();
        for (position, range) in positions.iter().zip(ranges) {
            let length = usize::try_from(range.end - range.start).unwrap_or_default();
            let (own, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            rest = after;
            let wanted = wanted(*position);
            let first = own.partition_point(|key| *key < wanted.start);
            let end = own.partition_point(|key| *key < wanted.end).max(first);
            stored.keys.extend_from_slice(own.get(first..end).unwrap_or_default());
            stored.starts.push(stored.keys.len());
            narrow.push(range.start + first as u64..range.start + end as u64);
        }
        for (number, column) in stored.numbers.iter_mut().enumerate() {
            series.file.read_numbers(number, &full(&narrow), column)?;
        }
        Ok(stored)
    }

    /// The bars of each instrument, in the order of the positions.
    pub(crate) fn instruments(&self) -> impl Iterator<Item = Own<'_>> {
        self.starts.windows(2).map(|ends| {
            let own = match *ends {
                [start, end] => start..end,
                _ => 0..0,
            };
            Own {
                keys: self.keys.get(own.clone()).unwrap_or_default(),
                columns: self.numbers.each_ref().map(|column| column.get(own.clone()).unwrap_or_default()),
            }
        })
    }
}

/// The ranges with rows: an empty one need not ascend.
fn full(ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    ranges.iter().filter(|range| range.start < range.end).cloned().collect()
}
