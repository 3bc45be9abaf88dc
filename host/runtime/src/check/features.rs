//! What of WebAssembly layers may use, and names for the rest: the engine refuses what is not taken here, and is told
//! here what it was.

use wasmparser::{Validator, WasmFeatures};

/// Something that no layer may use.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Feature {
    /// What it is called.
    pub(crate) name: &'static str,
    /// How a layer is built without it.
    pub(crate) without: &'static str,
    flags: WasmFeatures,
}

/// What layers may use: WebAssembly 2, several memories and extended constants, which adapters and language runtimes
/// need, and the component model without asynchrony.
pub(crate) const TAKEN: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::COMPONENT_MODEL);

const REFUSED: [Feature; 13] = [
    Feature {
        name: "relaxed SIMD, whose results differ between processors",
        without: "target feature relaxed-simd",
        flags: WasmFeatures::RELAXED_SIMD,
    },
    Feature {
        name: "threads or shared memory",
        without: "target feature atomics",
        flags: WasmFeatures::THREADS,
    },
    Feature {
        name: "memory of 64 bits",
        without: "memory64, that is, for wasm32",
        flags: WasmFeatures::MEMORY64.union(WasmFeatures::CM64),
    },
    Feature { name: "tail calls", without: "target feature tail-call", flags: WasmFeatures::TAIL_CALL },
    Feature {
        name: "exceptions",
        without: "target feature exception-handling, with panics that abort",
        flags: WasmFeatures::EXCEPTIONS.union(WasmFeatures::GC_TYPES),
    },
    Feature {
        name: "exceptions of the old kind",
        without: "target feature exception-handling, with panics that abort",
        flags: WasmFeatures::LEGACY_EXCEPTIONS.union(WasmFeatures::EXCEPTIONS).union(WasmFeatures::GC_TYPES),
    },
    Feature {
        name: "typed function references",
        without: "typed function references",
        flags: WasmFeatures::FUNCTION_REFERENCES.union(WasmFeatures::GC_TYPES),
    },
    Feature {
        name: "garbage-collected types",
        without: "WasmGC",
        flags: WasmFeatures::GC.union(WasmFeatures::FUNCTION_REFERENCES).union(WasmFeatures::GC_TYPES),
    },
    Feature {
        name: "threads that share everything",
        without: "shared-everything-threads",
        flags: WasmFeatures::SHARED_EVERYTHING_THREADS.union(WasmFeatures::THREADS),
    },
    Feature {
        name: "stack switching",
        without: "stack switching",
        flags: WasmFeatures::STACK_SWITCHING.union(WasmFeatures::FUNCTION_REFERENCES),
    },
    Feature {
        name: "memory pages of another size",
        without: "custom page sizes",
        flags: WasmFeatures::CUSTOM_PAGE_SIZES,
    },
    Feature {
        name: "wide arithmetic",
        without: "target feature wide-arithmetic",
        flags: WasmFeatures::WIDE_ARITHMETIC,
    },
    Feature {
        name: "asynchronous functions",
        without: "async in its exports and imports",
        flags: WasmFeatures::CM_ASYNC
            .union(WasmFeatures::CM_ASYNC_STACKFUL)
            .union(WasmFeatures::CM_MORE_ASYNC_BUILTINS)
            .union(WasmFeatures::CM_THREADING),
    },
];

/// Of a component that was refused: the switched-off feature that is to blame, if it is one. Reads the bytes once
/// for every candidate, so it is asked only after a refusal.
pub(crate) fn refused_feature(bytes: &[u8]) -> Option<&'static Feature> {
    let reach = |features| match Validator::new_with_features(features).validate_all(bytes) {
        Ok(_) => usize::MAX,
        Err(error) => error.offset(),
    };
    let refused_at = reach(TAKEN);
    if refused_at == usize::MAX {
        return None;
    }
    REFUSED.iter().find(|feature| reach(TAKEN.union(feature.flags)) > refused_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blamed(module: &str) -> Option<&'static str> {
        let bytes = wat::parse_str(format!("(component (core module {module}))")).unwrap();
        refused_feature(&bytes).map(|feature| feature.name)
    }

    #[test]
    fn each_feature_is_known_by_its_name() {
        let relaxed = "(func (param v128) (result v128) local.get 0 local.get 0 i8x16.relaxed_swizzle)";
        assert_eq!(blamed(relaxed), Some("relaxed SIMD, whose results differ between processors"));
        assert_eq!(blamed("(memory 1 1 shared)"), Some("threads or shared memory"));
        assert_eq!(blamed("(memory i64 1)"), Some("memory of 64 bits"));
        assert_eq!(blamed("(func $f return_call $f)"), Some("tail calls"));
        assert_eq!(blamed("(tag)"), Some("exceptions"));
        assert_eq!(blamed("(type $f (func)) (func (param (ref $f)))"), Some("typed function references"));
        assert_eq!(blamed("(type (struct (field i32)))"), Some("garbage-collected types"));
        assert_eq!(blamed("(memory 1 (pagesize 1))"), Some("memory pages of another size"));
    }

    #[test]
    fn what_is_taken_or_wrong_in_itself_blames_nothing() {
        assert_eq!(
            blamed("(memory 1) (memory 2) (table 1 externref) (func (result v128) v128.const i64x2 0 0)"),
            None
        );
        assert_eq!(blamed("(func (result i32))"), None);
        assert_eq!(blamed("(tag) (func (result i32))"), Some("exceptions"));
    }
}
