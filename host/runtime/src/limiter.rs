//! Memory of one call: every linear memory and table, summed. A refusal is remembered, because the layer only
//! sees a failed `memory.grow` and then traps in a way that does not tell why.

use wasmtime::ResourceLimiter;

/// What a table element costs the host: a pointer-sized slot.
const TABLE_ELEMENT_BYTES: usize = size_of::<usize>();

/// Core instances, memories and tables of one component: a language runtime with adapters has some ten.
const MAX_PARTS: usize = 32;

/// Sums what a call grows and refuses what goes beyond.
#[derive(Debug)]
pub(crate) struct MemoryMeter {
    limit: usize,
    used: usize,
    refused: Option<usize>,
}

impl MemoryMeter {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, used: 0, refused: None }
    }

    /// Memory in use. It never shrinks within a call, so this is the peak.
    pub(crate) fn peak(&self) -> usize {
        self.used
    }

    /// The sum that was asked for when the limit refused, in bytes.
    pub(crate) fn refused(&self) -> Option<usize> {
        self.refused
    }

    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let wanted = self.used.saturating_add(desired.saturating_sub(current));
        if wanted > self.limit {
            self.refused = Some(wanted);
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
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let bytes = |elements: usize| elements.saturating_mul(TABLE_ELEMENT_BYTES);
        Ok(self.grow(bytes(current), bytes(desired)))
    }

    fn instances(&self) -> usize {
        MAX_PARTS
    }

    fn tables(&self) -> usize {
        MAX_PARTS
    }

    fn memories(&self) -> usize {
        MAX_PARTS
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
        assert_eq!(meter.refused(), Some(1001));
        assert_eq!(meter.peak(), 1000);
    }

    #[test]
    fn growth_beyond_a_declared_maximum_is_not_our_refusal() {
        let mut meter = MemoryMeter::new(1000);
        assert!(!meter.memory_growing(0, 200, Some(100)).unwrap());
        assert_eq!(meter.refused(), None);
    }
}
