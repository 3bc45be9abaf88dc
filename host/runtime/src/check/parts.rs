//! How much there is of a component, counted before it is compiled: instances within instances could make the
//! compiler write code for a billion of them, and tables and functions cost the host memory that no limit of a call
//! sees.

use crate::engine::{MOST_INSTANCES, MOST_TABLE_ELEMENTS};
use wasmparser::{ComponentInstance, Encoding, Instance, Payload};

/// What the host keeps for each function, global or other item of an instance, in bytes: a function reference, the
/// largest of them.
const ITEM_BYTES: usize = 32;
/// Most that the host keeps for the instances of a component, in bytes.
const MOST_ITEM_BYTES: usize = 64 << 20;

/// Too much of something.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMany {
    pub(super) what: &'static str,
    pub(super) actual: usize,
    pub(super) limit: usize,
}

/// Counts along the payloads of a component. What is counted is an upper bound: every inner component is taken to be
/// the largest one that came before.
#[derive(Default)]
pub(super) struct Parts {
    open: Vec<Frame>,
    /// Instances of the largest finished component, those inside it included.
    largest_component: usize,
    /// Items of the largest core module.
    largest_module: usize,
    largest_table: u64,
}

#[derive(Clone, Copy)]
enum Frame {
    Module { items: usize },
    Component { instances: usize },
}

impl Parts {
    pub(super) fn see(&mut self, payload: &Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } => self.open.push(Frame::Module { items: 0 }),
            Payload::Version { encoding: Encoding::Component, .. } => {
                self.open.push(Frame::Component { instances: 0 });
            }
            Payload::End(_) => self.close(),
            Payload::InstanceSection(section) => {
                for instance in section.clone() {
                    let made = matches!(instance?, Instance::Instantiate { .. });
                    self.add(usize::from(made));
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section.clone() {
                    let made = matches!(instance?, ComponentInstance::Instantiate { .. });
                    self.add(if made { self.largest_component.saturating_add(1) } else { 0 });
                }
            }
            Payload::ImportSection(section) => self.add(count(section.count())),
            Payload::FunctionSection(section) => self.add(count(section.count())),
            Payload::GlobalSection(section) => self.add(count(section.count())),
            Payload::ElementSection(section) => self.add(count(section.count())),
            Payload::DataSection(section) => self.add(count(section.count())),
            Payload::TableSection(section) => {
                self.add(count(section.count()));
                for table in section.clone() {
                    self.largest_table = self.largest_table.max(table?.ty.initial);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, more: usize) {
        if let Some(Frame::Module { items: sum } | Frame::Component { instances: sum }) = self.open.last_mut()
        {
            *sum = sum.saturating_add(more);
        }
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Frame::Module { items }) => self.largest_module = self.largest_module.max(items),
            Some(Frame::Component { instances }) => {
                self.largest_component = self.largest_component.max(instances);
            }
            None => {}
        }
    }

    /// Whether the whole component is within the host's limits.
    pub(super) fn check(&self) -> Result<(), TooMany> {
        let instances = self.largest_component;
        if instances > MOST_INSTANCES {
            return Err(TooMany {
                what: "instances of core modules",
                actual: instances,
                limit: MOST_INSTANCES,
            });
        }
        let elements = usize::try_from(self.largest_table).unwrap_or(usize::MAX);
        if elements > MOST_TABLE_ELEMENTS {
            return Err(TooMany {
                what: "elements in one table",
                actual: elements,
                limit: MOST_TABLE_ELEMENTS,
            });
        }
        let items = instances.saturating_mul(self.largest_module);
        let limit = MOST_ITEM_BYTES / ITEM_BYTES;
        if items > limit {
            return Err(TooMany {
                what: "functions, globals and imports in its instances",
                actual: items,
                limit,
            });
        }
        Ok(())
    }
}

fn count(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::Parser;

    fn counted(text: &str) -> Parts {
        let bytes = wat::parse_str(text).unwrap();
        let mut parts = Parts::default();
        for payload in Parser::new(0).parse_all(&bytes) {
            parts.see(&payload.unwrap()).unwrap();
        }
        parts
    }

    #[test]
    fn instances_within_instances_multiply() {
        let four = "(component $a
            (core module $m (func) (func) (global i32 i32.const 0))
            (core instance (instantiate $m)) (core instance (instantiate $m)) (core instance (instantiate $m)))";
        let parts =
            counted(&format!("(component {four} (instance (instantiate $a)) (instance (instantiate $a)))"));
        assert_eq!(parts.largest_component, 2 * (3 + 1));
        assert_eq!(parts.largest_module, 3);
        assert_eq!(parts.check(), Ok(()));
    }

    #[test]
    fn a_bomb_of_instances_is_told_by_its_number() {
        let mut text = "(component $c0 (core module $m) (core instance (instantiate $m)))".to_owned();
        for level in 1..20 {
            let before = level - 1;
            let ten = format!("(instance (instantiate $c{before}))").repeat(10);
            text = format!("(component $c{level} {text} {ten})");
        }
        let refusal = counted(&text).check().unwrap_err();
        assert_eq!(refusal.what, "instances of core modules");
        assert!(refusal.actual > 1 << 60, "{refusal:?}");
    }

    #[test]
    fn a_table_and_a_module_have_their_limits() {
        let table = |elements: usize| {
            counted(&format!("(component (core module (table {elements} funcref)))")).check()
        };
        assert_eq!(table(100_000), Ok(()));
        assert_eq!(
            table(100_001),
            Err(TooMany { what: "elements in one table", actual: 100_001, limit: 100_000 })
        );
        let globals = "(global i32 i32.const 0)".repeat(20_000);
        let hundred = "(core instance (instantiate $m))".repeat(105);
        let refusal =
            counted(&format!("(component (core module $m {globals}) {hundred})")).check().unwrap_err();
        assert_eq!((refusal.actual, refusal.limit), (2_100_000, 2_097_152));
    }
}
