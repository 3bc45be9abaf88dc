//! Row ranges in the order of a request, read in the order of the file.

use std::ops::Range;

use crate::error::MarketError;

/// Row ranges in the order of the request, and the order in which the file has them.
pub(super) struct Layout<'a> {
    ranges: &'a [Range<u64>],
    starts: &'a [u32],
    /// The order of the file; none when it is that of the request.
    order: Option<Vec<usize>>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(ranges: &'a [Range<u64>], starts: &'a [u32]) -> Self {
        let order = (!ranges.is_sorted_by_key(|range| range.start)).then(|| {
            let mut order: Vec<usize> = (0..ranges.len()).collect();
            order.sort_by_key(|index| ranges.get(*index).map(|range| range.start));
            order
        });
        Self { ranges, starts, order }
    }

    /// Reads a column with a function that wants ascending ranges; the answer is in the order of the request.
    pub(super) fn read<T: Copy + Default>(
        &self,
        read: impl FnOnce(&[Range<u64>], &mut Vec<T>) -> Result<(), MarketError>,
    ) -> Result<Vec<T>, MarketError> {
        let mut values = Vec::new();
        let Some(order) = &self.order else {
            read(self.ranges, &mut values)?;
            return Ok(values);
        };
        let ascending: Vec<Range<u64>> =
            order.iter().filter_map(|index| self.ranges.get(*index).cloned()).collect();
        read(&ascending, &mut values)?;
        let mut placed = vec![T::default(); values.len()];
        let mut rest = values.as_slice();
        for (index, range) in order.iter().zip(&ascending) {
            let length = usize::try_from(range.end - range.start).unwrap_or_default();
            let Some((own, after)) = rest.split_at_checked(length) else { break };
            rest = after;
            let start = self.starts.get(*index).map_or(0, |start| *start as usize);
            if let Some(target) = placed.get_mut(start..start + length) {
                target.copy_from_slice(own);
            }
        }
        Ok(placed)
    }
}

/// Where the rows of each range begin when they stand one after the other, then how many there are.
pub(super) fn starts_of(ranges: &[Range<u64>]) -> Result<Vec<u32>, MarketError> {
    let mut starts = Vec::with_capacity(ranges.len() + 1);
    let mut rows = 0_u64;
    starts.push(0);
    for range in ranges {
        rows += range.end - range.start;
        let limit = u64::from(u32::MAX);
        starts.push(u32::try_from(rows).map_err(|_| MarketError::TooManyRows { rows, limit })?);
    }
    Ok(starts)
}

/// The values of one range, by its start and the next one's.
pub(super) fn window_of<'a, T>(values: &'a [T], window: &[u32]) -> &'a [T] {
    match window {
        [start, end] => values.get(*start as usize..*end as usize).unwrap_or_default(),
        _ => &[],
    }
}

/// As [`window_of`], to be changed.
pub(super) fn window_of_mut<'a, T>(values: &'a mut [T], window: &[u32]) -> &'a mut [T] {
    match window {
        [start, end] => values.get_mut(*start as usize..*end as usize).unwrap_or_default(),
        _ => &mut [],
    }
}
