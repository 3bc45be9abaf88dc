//! From a core module to a component.

use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

use crate::WrapError;

/// What every WebAssembly file starts with.
const MAGIC: &[u8] = b"\0asm";

/// Bytes 4..8 of a core module: version 1.
const CORE_VERSION: &[u8] = &[1, 0, 0, 0];

/// How the name of the custom section begins in which bindings describe the world.
const WORLD_SECTION: &str = "component-type";

/// Makes a component of a core module whose `component-type` section (written by the SDK's bindings) says which
/// world it implements. The component is validated. Equal modules make equal components.
///
/// # Errors
/// The bytes are no core module, name no world, import WASI, or do not fit the world that they name.
pub fn wrap(module: &[u8]) -> Result<Vec<u8>, WrapError> {
    let Some(version) = module.strip_prefix(MAGIC) else {
        return Err(WrapError::NotWasm { size: module.len() });
    };
    if !version.starts_with(CORE_VERSION) {
        return Err(WrapError::AlreadyComponent);
    }
    let content = Content::of(module)?;
    if !content.names_world {
        return Err(WrapError::NoWorld);
    }
    if let Some(module) = content.wasi {
        return Err(WrapError::Wasi { module });
    }
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true).module(module).map_err(refused)?.encode().map_err(refused)
}

/// What a look at the sections of a module tells.
#[derive(Default)]
struct Content {
    names_world: bool,
    /// The first import module of WASI, old (`wasi_snapshot_preview1`) or new (`wasi:…`).
    wasi: Option<String>,
}

impl Content {
    /// Reads every section to its end: the encoder panics over a module that is cut short.
    fn of(module: &[u8]) -> Result<Self, WrapError> {
        let mut content = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload.map_err(refused)? {
                Payload::CustomSection(section) => {
                    content.names_world |= section.name().starts_with(WORLD_SECTION);
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let module = import.map_err(refused)?.module;
                        if content.wasi.is_none() && module.starts_with("wasi") {
                            content.wasi = Some(module.to_owned());
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(content)
    }
}

/// The whole chain of causes in one line.
fn refused(error: impl std::fmt::Display) -> WrapError {
    let chain = format!("{error:#}");
    let lines: Vec<&str> = chain.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    WrapError::Refused { reason: lines.join(": ") }
}

#[cfg(test)]
mod tests {
    use wit_component::{StringEncoding, embed_component_metadata};
    use wit_parser::Resolve;

    use super::*;

    const WORLD: &str = "package a:b@0.1.0; world w { export answer: func() -> u32; }";

    fn module(text: &str) -> Vec<u8> {
        wat::parse_str(text).unwrap()
    }

    /// A module that says it implements `WORLD`.
    fn named(text: &str) -> Vec<u8> {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("w.wit", WORLD).unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        let mut bytes = module(text);
        embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8, false).unwrap();
        bytes
    }

    const ANSWER: &str = r#"(module (func (export "answer") (result i32) i32.const 42))"#;

    #[test]
    fn a_module_of_a_world_becomes_a_component_and_always_the_same_one() {
        let component = wrap(&named(ANSWER)).unwrap();
        assert_eq!(component.get(..8), Some(&b"\0asm\x0d\0\x01\0"[..]));
        assert_eq!(component, wrap(&named(ANSWER)).unwrap());
    }

    #[test]
    fn what_is_no_webassembly_is_refused() {
        for bytes in [&b""[..], b"\0as", b"MZ\x90\0", b"(module)"] {
            assert_eq!(wrap(bytes), Err(WrapError::NotWasm { size: bytes.len() }));
        }
        let told = wrap(b"(module)").unwrap_err().to_string();
        assert!(
            told.starts_with("not a WebAssembly module (8 bytes that do not start with \"\\0asm\")"),
            "{told}"
        );
    }

    #[test]
    fn a_component_is_not_wrapped_twice() {
        let component = wrap(&named(ANSWER)).unwrap();
        assert_eq!(wrap(&component), Err(WrapError::AlreadyComponent));
    }

    #[test]
    fn a_module_that_names_no_world_is_refused_with_advice() {
        let error = wrap(&module(ANSWER)).unwrap_err();
        assert_eq!(error, WrapError::NoWorld);
        assert!(error.to_string().contains("no component-type section"), "{error}");
        assert!(error.to_string().contains("sluice-sdk"), "{error}");
    }

    #[test]
    fn a_module_built_for_wasi_is_refused_by_name() {
        let text = r#"(module (import "wasi_snapshot_preview1" "fd_write" (func)))"#;
        let expected = WrapError::Wasi { module: "wasi_snapshot_preview1".into() };
        assert_eq!(wrap(&named(text)), Err(expected));
    }

    #[test]
    fn a_module_without_what_its_world_exports_is_refused_in_one_line() {
        let told = wrap(&named("(module)")).unwrap_err().to_string();
        assert!(told.contains("answer"), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }

    #[test]
    fn a_module_cut_short_is_refused() {
        let whole = named(ANSWER);
        for end in 8..whole.len() {
            assert!(wrap(&whole[..end]).is_err(), "cut at {end}");
        }
    }
}
