//! Memory of one call: every linear memory and table, summed. A refusal is remembered, because the layer only
//! sees a failed `memory.grow` and then traps in a way that does not tell why.

use crate::engine::{MOST_INSTANCES, MOST_MEMORIES, MOST_TABLE_ELEMENTS, MOST_TABLES};
use wasmtime::ResourceLimiter;

/// What a table element costs the host: a pointer-sized slot.
const TABLE_ELEMENT_BYTES: usize = size_of::<usize>();

/// What a layer wanted and did not get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// So many bytes altogether.
    Bytes(usize),
    /// So many elements in one table.
    Elements(usize),
}

/// Sums what a call grows and refuses what goes beyond.
#[derive(Debug)]
pub(crate) struct MemoryMeter {
    limit: usize,
    used: usize,
    refused: Option<Refused>,
}

impl MemoryMeter {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, used: 0, refused: None }
    }

    /// Memory in use. It never shrinks within a call, so this is the peak.
    pub(crate) fn peak(&self) -> usize {
        self.used
    }

    /// The newest thing that was refused.
    pub(crate) fn refused(&self) -> Option<Refused> {
        self.refused
    }

    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let wanted = self.used.saturating_add(desired.saturating_sub(current));
        if wanted > self.limit {
            self.refused = Some(Refused::Bytes(wanted));
            return false;
        }
        self.used = wanted;
        true
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Beyond its own declared maximum the memory does not grow, whatever we say.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        Ok(self.grow(current, desired))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // As above; but the pool gives the most elements that we allow as a maximum too, and that is our refusal.
        if maximum.is_some_and(|maximum| desired > maximum && maximum < MOST_TABLE_ELEMENTS) {
            return Ok(false);
        }
        if desired > MOST_TABLE_ELEMENTS {
            self.refused = Some(Refused::Elements(desired));
            return Ok(false);
        }
        let bytes = |elements: usize| elements.saturating_mul(TABLE_ELEMENT_BYTES);
        Ok(self.grow(bytes(current), bytes(desired)))
    }

    // More of these are refused when a layer is loaded.
    fn instances(&self) -> usize {
        MOST_INSTANCES
    }

    fn tables(&self) -> usize {
        MOST_TABLES
    }

    fn memories(&self) -> usize {
        MOST_MEMORIES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_and_tables_are_summed() {
        let mut meter = MemoryMeter::new(1000);
        assert!(meter.memory_growing(0, 400, None).unwrap());
        assert!(meter.memory_growing(0, 400, None).unwrap());
        assert!(meter.table_growing(0, 25, None).unwrap());
        assert_eq!(meter.peak(), 1000);
        assert_eq!(meter.refused(), None);
    }

    #[test]
    fn one_byte_too_many_is_refused_and_remembered() {
        let mut meter = MemoryMeter::new(1000);
        assert!(meter.memory_growing(0, 1000, None).unwrap());
        assert!(!meter.memory_growing(1000, 1001, None).unwrap());
        assert_eq!(meter.refused(), Some(Refused::Bytes(1001)));
        assert_eq!(meter.peak(), 1000);
    }

    #[test]
    fn growth_beyond_a_declared_maximum_is_not_our_refusal() {
        let mut meter = MemoryMeter::new(1000);
        assert!(!meter.memory_growing(0, 200, Some(100)).unwrap());
        assert_eq!(meter.refused(), None);
    }

    #[test]
    fn one_table_has_a_limit_of_its_own() {
        let mut meter = MemoryMeter::new(usize::MAX);
        assert!(meter.table_growing(0, MOST_TABLE_ELEMENTS, None).unwrap());
        assert!(!meter.table_growing(0, MOST_TABLE_ELEMENTS + 1, None).unwrap());
        let refused = Some(Refused::Elements(MOST_TABLE_ELEMENTS + 1));
        assert_eq!(meter.refused(), refused);
        let mut pooled = MemoryMeter::new(usize::MAX);
        let maximum = Some(MOST_TABLE_ELEMENTS);
        assert!(!pooled.table_growing(0, MOST_TABLE_ELEMENTS + 1, maximum).unwrap());
        assert_eq!(pooled.refused(), refused);
    }

    #[test]
    fn a_table_beyond_its_declared_maximum_is_not_our_refusal() {
        let mut meter = MemoryMeter::new(usize::MAX);
        assert!(!meter.table_growing(0, MOST_TABLE_ELEMENTS + 1, Some(10)).unwrap());
        assert_eq!(meter.refused(), None);
    }
}
