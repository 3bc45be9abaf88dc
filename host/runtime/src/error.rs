//! What can go wrong between bytes and an answer. Every message is one line: who, what, limit, actual, what to do.

use std::time::Duration;
use thiserror::Error;

/// Why a component is not accepted as a layer. `source_name` is the file or the layer that the user named.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// More bytes than the host takes.
    #[error(
        "{source_name}: {actual} bytes are too large for a layer: the limit is {limit} bytes; \
         build it in release mode and strip it"
    )]
    TooLarge {
        /// The file.
        source_name: String,
        /// Its size in bytes.
        actual: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Code that is already compiled, which would run unchecked.
    #[error(
        "{source_name}: this is precompiled native code, which is never accepted as a layer: \
         install the WebAssembly component that it was made from"
    )]
    Precompiled {
        /// The file.
        source_name: String,
    },
    /// No WebAssembly at all.
    #[error(
        "{source_name}: this is no WebAssembly component ({found}): give the .wasm file that the layer's build made"
    )]
    NotWasm {
        /// The file.
        source_name: String,
        /// What it starts with.
        found: String,
    },
    /// A core module.
    #[error(
        "{source_name}: this is a core WebAssembly module, not a component: \
         wrap it, for example with `wasm-tools component new`"
    )]
    CoreModule {
        /// The file.
        source_name: String,
    },
    /// Cut off or damaged.
    #[error("{source_name}: the component is damaged ({detail}): build or copy it again")]
    Damaged {
        /// The file.
        source_name: String,
        /// What the parser says.
        detail: String,
    },
    /// Built against something else.
    #[error(
        "{source_name}: this component is no layer, for it exports {found} instead of sluice:layer/scanner: \
         build it against wit/layer.wit"
    )]
    OtherWorld {
        /// The file.
        source_name: String,
        /// What it exports.
        found: String,
    },
    /// A version of the contract that this host lacks.
    #[error(
        "{source_name}: the layer needs sluice:layer {needed}, this host has {have}: \
         install a newer sluice, or build the layer with an SDK for {have}"
    )]
    ApiVersion {
        /// The file.
        source_name: String,
        /// The version that the layer names.
        needed: String,
        /// What the host has.
        have: String,
    },
    /// Imports beyond the allow-list.
    #[error(
        "{source_name}: the layer imports {imports}, but a layer may import nothing except sluice:layer/log: \
         build it for wasm32-unknown-unknown without WASI"
    )]
    ForbiddenImports {
        /// The file.
        source_name: String,
        /// The imports, joined by commas.
        imports: String,
    },
    /// Something of WebAssembly that is switched off.
    #[error("{source_name}: the layer uses {feature}, which no layer may use: build it without {without}")]
    Feature {
        /// The file.
        source_name: String,
        /// What it uses.
        feature: &'static str,
        /// How to build it without that.
        without: &'static str,
    },
    /// Too much of something.
    #[error(
        "{source_name}: the component has {actual} {what}, over the limit of {limit}: \
         link it into fewer and smaller modules"
    )]
    TooMany {
        /// The file.
        source_name: String,
        /// Of what.
        what: &'static str,
        /// How many.
        actual: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Compiling took too long.
    #[error(
        "{source_name}: compiling it was given up at its limit of {} ms: make the component smaller, \
         or raise its `compile-ms` limit", limit.as_millis()
    )]
    CompileTime {
        /// The file.
        source_name: String,
        /// The limit.
        limit: Duration,
    },
    /// No compiler is free, nor will one be soon.
    #[error(
        "{source_name}: it cannot be compiled, for all {compilers} compilers of this process are held by \
         components whose compilation was given up: remove those, or try again later"
    )]
    CompilersBusy {
        /// The file.
        source_name: String,
        /// How many compilers there are.
        compilers: usize,
    },
    /// The compiler itself failed.
    #[error(
        "{source_name}: it cannot be compiled ({detail}): this is a fault of the host or of wasmtime, report it"
    )]
    Compiler {
        /// The file.
        source_name: String,
        /// What happened.
        detail: String,
    },
    /// No engine for the layer's stack or arithmetic.
    #[error(
        "{source_name}: this machine cannot set up an engine for its `stack-kib` and `strict` limits ({detail}): \
         leave them at their defaults"
    )]
    Engine {
        /// The file.
        source_name: String,
        /// What wasmtime says.
        detail: String,
    },
    /// The functions have other types than the contract's.
    #[error(
        "{source_name}: the layer does not fit sluice:layer {version} ({detail}): build it with the matching SDK"
    )]
    Mismatch {
        /// The file.
        source_name: String,
        /// The version that it names.
        version: String,
        /// What does not fit.
        detail: String,
    },
    /// `describe` failed.
    #[error("{source_name}: the layer could not say who it is: {}{failure}", before(.at_start))]
    Describe {
        /// The file.
        source_name: String,
        /// Whether it failed before `describe` was called, while its instance was made.
        at_start: bool,
        /// Why.
        failure: CallFailure,
    },
    /// `describe` said something that makes no sense.
    #[error("{source_name}: the layer describes itself wrongly: {detail}")]
    Descriptor {
        /// The file.
        source_name: String,
        /// Field, value and rule.
        detail: String,
    },
}

/// A call of a layer that brought no answer.
#[derive(Debug, Error)]
#[error("layer {layer}: {}{failure}", before(.at_start))]
pub struct CallError {
    /// author/name@version.
    pub layer: String,
    /// Whether it failed while its instance was made, where its start section runs, before any of its functions was
    /// called.
    pub at_start: bool,
    /// Why.
    pub failure: CallFailure,
    /// What the call had used when it ended.
    pub usage: crate::CallUsage,
    /// What the layer had logged until then.
    pub log: Vec<crate::LogLine>,
}

/// What stands before a failure of a layer that has not come to its first function.
fn before(at_start: &bool) -> &'static str {
    if *at_start { "at its start, before any of its functions was called, it " } else { "" }
}

/// Why a call brought no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallFailure {
    /// The deterministic stop.
    #[error("used up its fuel of {limit}: make it do less per instrument, or raise its `fuel` limit")]
    Fuel {
        /// Fuel given.
        limit: u64,
    },
    /// The wall clock.
    #[error(
        "was stopped by the host after {} ms, over its limit of {} ms: the machine is overloaded, or raise its \
         `wall-ms` limit", actual.as_millis(), limit.as_millis()
    )]
    Wall {
        /// The limit.
        limit: Duration,
        /// How long it ran.
        actual: Duration,
    },
    /// Memory.
    #[error(
        "wanted {wanted} bytes of memory, over its limit of {limit}: keep less at a time, or raise its `memory-mib` limit"
    )]
    Memory {
        /// The limit in bytes.
        limit: usize,
        /// The sum that it asked for, in bytes.
        wanted: usize,
    },
    /// One table.
    #[error(
        "wanted a table of {wanted} elements, over the limit of {limit}: keep what it has in its memory instead"
    )]
    Table {
        /// The limit.
        limit: usize,
        /// How many elements it asked for.
        wanted: usize,
    },
    /// The stack.
    #[error(
        "called itself too deeply for its stack of {limit} bytes: make it recurse less, or raise its `stack-kib` limit"
    )]
    Stack {
        /// The limit in bytes.
        limit: usize,
    },
    /// A panic whose message the layer logged.
    #[error("panicked: {message}")]
    Panic {
        /// The message with file and line.
        message: String,
    },
    /// Another trap.
    #[error(
        "trapped: it {trap}: this is a bug in the layer: built with debug assertions it may panic and tell where"
    )]
    Trap {
        /// What it did, in words.
        trap: String,
    },
    /// Its instance could not be made.
    #[error(
        "could not be made an instance of ({detail}): this is a fault of the host or of wasmtime, report it"
    )]
    Instance {
        /// What happened.
        detail: String,
    },
    /// Its answer, or a line for the log, broke the canonical ABI or the size limit.
    #[error(
        "handed over an answer or a log line that could not be read within {limit} bytes ({detail}): make it answer \
         less, or raise its `report-mib` limit"
    )]
    Unreadable {
        /// The limit in bytes.
        limit: usize,
        /// What happened.
        detail: String,
    },
    /// The layer's own word.
    #[error("reported a fault: {message}")]
    Fault {
        /// Its message, cut and cleaned.
        message: String,
        /// The instrument of the shard that it named.
        instrument: Option<u32>,
    },
    /// Stack or arithmetic of the call are not those that the layer was compiled for.
    #[error(
        "is compiled for a stack of {stack_bytes} bytes and {} arithmetic, but the call names other limits: load it \
         with the limits of its calls", if *.strict { "strict" } else { "ordinary" }
    )]
    Compiled {
        /// Stack that it was compiled for, in bytes.
        stack_bytes: usize,
        /// Whether it was compiled for strict arithmetic.
        strict: bool,
    },
    /// The scan was stopped by the user.
    #[error("stopped, because the scan was interrupted")]
    Cancelled,
}
