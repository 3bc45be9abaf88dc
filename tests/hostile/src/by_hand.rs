//! Layers that no compiler makes: WebAssembly text, assembled and wrapped when a test asks for them. Their answers lie
//! in memory as the canonical ABI of `wit/layer.wit` wants them.
#![expect(
    clippy::expect_used,
    reason = "a layer of the tests that cannot be assembled is a mistake in the tests"
)]

mod data;

pub use data::{OneParameter, Parameters};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const WIT: &str = include_str!("../../../wit/layer.wit");

/// Bytes of a page of memory.
const PAGE: usize = 64 << 10;
/// Where the descriptor lies; below it is nothing, as a null pointer has to point to something harmless.
const DESCRIPTOR: usize = 64;
/// Where the answers to `prepare` and `scan` lie: all zero unless the code writes there. As an answer to `prepare`
/// zeros mean "nothing needed".
const ANSWER: usize = 256;
/// Where texts and parameters begin.
const DATA: usize = 512;
/// Zeros, of which `scan` makes its columns: keep, score 0, the first reason, which is empty.
const ZEROS: usize = PAGE;
/// Where memory for what the host hands over begins: after the zeros, which are enough for 4096 instruments.
const HEAP: usize = ZEROS + 8 * 4096;

/// A layer by hand. Without any code it keeps everything at 0.
#[derive(Debug, Clone)]
pub struct ByHand {
    id: String,
    version: String,
    summary: String,
    parameters: Parameters,
    describe: String,
    prepare: String,
    scan: String,
    fields: String,
    pages: usize,
}

impl ByHand {
    /// A layer of this name (author/name), version 0.1.0.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            version: "0.1.0".to_owned(),
            summary: "Written by hand.".to_owned(),
            parameters: Parameters::None,
            describe: String::new(),
            prepare: String::new(),
            scan: String::new(),
            fields: String::new(),
            pages: 4,
        }
    }

    /// Another version.
    pub fn version(self, version: &str) -> Self {
        Self { version: version.to_owned(), ..self }
    }

    /// Another summary.
    pub fn summary(self, summary: &str) -> Self {
        Self { summary: summary.to_owned(), ..self }
    }

    /// With parameters.
    pub fn parameters(self, parameters: Parameters) -> Self {
        Self { parameters, ..self }
    }

    /// Instructions that run in `describe` before it answers.
    pub fn describe(self, code: &str) -> Self {
        Self { describe: code.to_owned(), ..self }
    }

    /// Instructions that run in `prepare` before it answers.
    pub fn prepare(self, code: &str) -> Self {
        Self { prepare: code.to_owned(), ..self }
    }

    /// Instructions that run in `scan` before its answer is returned; [`report_field`] tells where its parts lie.
    pub fn scan(self, code: &str) -> Self {
        Self { scan: code.to_owned(), ..self }
    }

    /// More fields of the module: functions, tables, memories, a start section.
    pub fn fields(self, fields: &str) -> Self {
        Self { fields: fields.to_owned(), ..self }
    }

    /// Another size of its memory, in pages of 64 KiB; at least 4.
    pub fn pages(self, pages: usize) -> Self {
        Self { pages: pages.max(4), ..self }
    }

    /// The component.
    pub fn component(&self) -> Vec<u8> {
        wrapped(&self.module())
    }

    fn module(&self) -> String {
        let data = data::describe(DESCRIPTOR, DATA, &self.id, &self.version, &self.summary, &self.parameters);
        assert!(data.end <= PAGE, "the descriptor of {} is too large for its page", self.id);
        let Self { describe, prepare, scan, fields, pages, .. } = self;
        let data: String = data.segments.iter().map(|segment| format!("  {segment}\n")).collect();
        format!(
            r#"(module
  (memory (export "memory") {pages})
  (global $heap (mut i32) (i32.const {HEAP}))
{data}
{fields}
{ALLOCATE}
  (func (export "sluice:layer/scanner@0.1.0#describe") (result i32)
    {describe}
    (i32.const {DESCRIPTOR}))
  (func (export "sluice:layer/scanner@0.1.0#prepare") (param i32 i32) (result i32)
    {prepare}
    (i32.const {ANSWER}))
  (func (export "sluice:layer/scanner@0.1.0#scan") (param $batch i32) (result i32)
    (local $count i32)
    ;; instruments of the universe
    (local.set $count (i32.load offset=20 (local.get $batch)))
    {columns}
    {scan}
    (i32.const {ANSWER})))"#,
            columns = columns(),
        )
    }
}

/// Memory for what the host hands over: taken from the end, never given back.
const ALLOCATE: &str = r#"  (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))
      (then
        (if (i32.lt_s (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1))) (i32.const 0))
          (then unreachable))))
    (local.get $at))"#;

/// The lists of a report, in their order, and where each lies in the answer: a pointer, then a length.
const LISTS: [&str; 7] = ["outcomes", "scores", "reasons", "reason", "measures", "alerts", "market"];

/// Address of the pointer to a list of the report; the length lies 4 bytes behind it.
pub fn report_field(list: &str) -> usize {
    let at = LISTS.iter().position(|name| *name == list).expect("a report has no such list");
    // the first word says whether it is a report or a fault
    ANSWER + 4 + 8 * at
}

/// Writes the honest answer: columns of zeros, one empty reason, nothing else.
fn columns() -> String {
    let list = |name: &str, length: &str| {
        let at = report_field(name);
        format!(
            "(i32.store (i32.const {at}) (i32.const {ZEROS})) (i32.store (i32.const {}) {length})",
            at + 4
        )
    };
    let count = "(local.get $count)";
    let lists = [("outcomes", count), ("scores", count), ("reasons", "(i32.const 1)"), ("reason", count)];
    lists.map(|(name, length)| list(name, length)).join("\n    ")
}

/// What a text says, of a module or a component.
pub fn assembled(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the text is no WebAssembly")
}

/// Makes a component of a module that fits the contract.
fn wrapped(module: &str) -> Vec<u8> {
    let mut bytes = assembled(module);
    let mut resolve = Resolve::default();
    let package = resolve.push_str("layer.wit", WIT).expect("the contract is no WIT");
    let world = resolve.select_world(&[package], Some("layer")).expect("the contract has no world `layer`");
    embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8, false)
        .expect("the world cannot be written into the module");
    let mut encoder = ComponentEncoder::default();
    let encoder = encoder.validate(true).module(&bytes).expect("the module does not fit the contract");
    encoder.encode().expect("the module makes no component")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_by_hand_is_a_component_and_always_the_same_one() {
        let component = ByHand::new("test/hand").component();
        assert_eq!(component.get(..8), Some(&b"\0asm\x0d\0\x01\0"[..]));
        assert_eq!(component, ByHand::new("test/hand").component());
        assert_ne!(component, ByHand::new("test/hand").scan("unreachable").component());
    }

    #[test]
    fn lists_of_a_report_follow_each_other() {
        assert_eq!(report_field("outcomes"), ANSWER + 4);
        assert_eq!(report_field("alerts"), ANSWER + 4 + 5 * 8);
    }
}
