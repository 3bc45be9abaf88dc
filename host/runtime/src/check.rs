//! What can be known of a component before it is compiled: size, kind, contract version, imports.
//!
//! Compiling is the expensive and dangerous part, so everything that can be refused is refused here first.

mod features;
mod parts;

use crate::error::LoadError;
use crate::limits::MOST_COMPONENT_BYTES;
pub(crate) use features::{Feature, TAKEN, refused_feature};
use parts::Parts;
use std::fmt;
use wasmparser::{Encoding, Parser, Payload};

/// The contract's package.
const PACKAGE: &str = "sluice:layer/";
/// What every layer exports.
const SCANNER: &str = "sluice:layer/scanner";
/// What a layer may import: the log, and the types that the exports name.
const ALLOWED: [&str; 2] = ["sluice:layer/log", "sluice:layer/types"];
/// Longest list of names in a message.
const NAMES_SHOWN: usize = 5;

/// A version of the contract, without its patch level: within one, nothing changes shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion {
    /// Major.
    pub major: u64,
    /// Minor.
    pub minor: u64,
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The versions that this host can talk to, oldest first.
pub const API_VERSIONS: [ApiVersion; 1] = [ApiVersion { major: 0, minor: 1 }];

/// Looks at the bytes of a would-be layer without running or compiling anything; says which version of the
/// contract it speaks.
///
/// # Errors
/// Every way in which the bytes are no layer that this host can take; `source_name` stands in the message.
pub fn inspect(source_name: &str, bytes: &[u8]) -> Result<ApiVersion, LoadError> {
    inspect_within(source_name, bytes, MOST_COMPONENT_BYTES)
}

/// As [`inspect`], for a component of at most `limit` bytes.
pub(crate) fn inspect_within(source_name: &str, bytes: &[u8], limit: usize) -> Result<ApiVersion, LoadError> {
    let survey = survey(source_name, bytes, limit);
    match (survey.refusals.into_iter().next(), survey.api) {
        (None, Some(api)) => Ok(api),
        (Some(error), _) => Err(error),
        // a survey without a version has a refusal
        (None, None) => Err(LoadError::OtherWorld { source_name: source_name.to_owned(), found: list(&[]) }),
    }
}

/// What can be known of a component without compiling it, and every reason to refuse it that shows.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// The version of the contract that it speaks, when the host has it.
    pub(crate) api: Option<ApiVersion>,
    /// Names that it imports, cut and cleaned.
    pub(crate) imports: Vec<String>,
    /// Why it is no layer; in the order in which one would mend it.
    pub(crate) refusals: Vec<LoadError>,
}

impl Survey {
    fn refused(error: LoadError) -> Self {
        Self { refusals: vec![error], ..Self::default() }
    }
}

/// Looks at the bytes of a would-be layer of at most `limit` bytes.
pub(crate) fn survey(source_name: &str, bytes: &[u8], limit: usize) -> Survey {
    let source_name = source_name.to_owned();
    let limit = limit.min(MOST_COMPONENT_BYTES);
    if bytes.len() > limit {
        return Survey::refused(LoadError::TooLarge { source_name, actual: bytes.len(), limit });
    }
    if wasmtime::Engine::detect_precompiled(bytes).is_some() {
        return Survey::refused(LoadError::Precompiled { source_name });
    }
    if !bytes.starts_with(b"\0asm") {
        return Survey::refused(LoadError::NotWasm { source_name, found: describe_start(bytes) });
    }
    let surface = match surface(bytes) {
        Ok(Some(surface)) => surface,
        Ok(None) => return Survey::refused(LoadError::CoreModule { source_name }),
        Err(error) => {
            let detail = one_line(&error.to_string());
            return Survey::refused(LoadError::Damaged { source_name, detail });
        }
    };
    let mut refusals = Vec::new();
    let mut api = None;
    let version = surface.exports.iter().find_map(|name| version_of(name, SCANNER));
    if version.is_none() {
        let found = list(&surface.exports);
        refusals.push(LoadError::OtherWorld { source_name: source_name.clone(), found });
    }
    let forbidden: Vec<String> = surface.imports.iter().filter(|name| !is_allowed(name)).cloned().collect();
    if !forbidden.is_empty() {
        let imports = list(&forbidden);
        refusals.push(LoadError::ForbiddenImports { source_name: source_name.clone(), imports });
    }
    if let Some(version) = version {
        match speaks(version) {
            Ok(known) => api = Some(known),
            Err(needed) => {
                let source_name = source_name.clone();
                refusals.push(LoadError::ApiVersion { source_name, needed, have: have() });
            }
        }
    }
    if let Err(parts::TooMany { what, actual, limit }) = surface.parts.check() {
        refusals.push(LoadError::TooMany { source_name, what, actual, limit });
    }
    let imports = surface.imports.iter().map(|name| quote(name)).collect();
    Survey { api, imports, refusals }
}

/// The version of the contract that a layer names, when the host has it; else what it needs, in words.
fn speaks(version: &str) -> Result<ApiVersion, String> {
    let needed = semver::Version::parse(version).map_err(|_| quote(version))?;
    supported(&needed).ok_or_else(|| format!("{}.{}", needed.major, needed.minor))
}

/// What a component is on its outside: names that it imports and exports at its top level, and how much there is of
/// it.
struct Surface {
    imports: Vec<String>,
    exports: Vec<String>,
    parts: Parts,
}

/// None for a core module.
fn surface(bytes: &[u8]) -> wasmparser::Result<Option<Surface>> {
    let mut surface = Surface { imports: Vec::new(), exports: Vec::new(), parts: Parts::default() };
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        surface.parts.see(&payload)?;
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => return Ok(None),
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    surface.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    surface.exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(Some(surface))
}

fn supported(needed: &semver::Version) -> Option<ApiVersion> {
    API_VERSIONS
        .into_iter()
        .find(|have| needed.pre.is_empty() && have.major == needed.major && have.minor == needed.minor)
}

fn have() -> String {
    match API_VERSIONS {
        [only] => only.to_string(),
    }
}

/// The version in `sluice:layer/scanner@0.1.0`, when the interface is the one asked for.
fn version_of<'a>(name: &'a str, interface: &str) -> Option<&'a str> {
    name.strip_prefix(interface)?.strip_prefix('@')
}

fn is_allowed(name: &str) -> bool {
    name.starts_with(PACKAGE) && ALLOWED.iter().any(|allowed| version_of(name, allowed).is_some())
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let shown: Vec<String> = names.iter().take(NAMES_SHOWN).map(|name| quote(name)).collect();
    match names.len().saturating_sub(NAMES_SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A name from outside, cut and cleaned for a message.
fn quote(name: &str) -> String {
    crate::text::clean(name, 80)
}

fn one_line(text: &str) -> String {
    crate::text::clean(text.lines().next().unwrap_or_default(), 200)
}

fn describe_start(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "an empty file".to_owned();
    }
    let start = bytes.get(..bytes.len().min(16)).unwrap_or_default();
    format!("it starts with \"{}\"", start.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wat(text: &str) -> Vec<u8> {
        wat::parse_str(text).unwrap()
    }

    fn refusal(bytes: &[u8]) -> String {
        inspect("x.wasm", bytes).unwrap_err().to_string()
    }

    fn exporting(interface: &str) -> Vec<u8> {
        wat(&format!(r#"(component (instance $i) (export "{interface}" (instance $i)))"#))
    }

    #[test]
    fn a_scanner_of_a_known_version_is_taken() {
        let version = inspect("x.wasm", &exporting("sluice:layer/scanner@0.1.7")).unwrap();
        assert_eq!(version, ApiVersion { major: 0, minor: 1 });
    }

    #[test]
    fn a_newer_contract_is_refused_with_both_versions() {
        assert_eq!(
            refusal(&exporting("sluice:layer/scanner@0.3.0")),
            "x.wasm: the layer needs sluice:layer 0.3, this host has 0.1: install a newer sluice, \
             or build the layer with an SDK for 0.1"
        );
        assert!(refusal(&exporting("sluice:layer/scanner@0.1.0-rc.1")).contains("needs sluice:layer 0.1"));
    }

    #[test]
    fn another_world_is_refused_with_what_it_exports() {
        assert_eq!(
            refusal(&exporting("wasi:cli/run@0.2.0")),
            "x.wasm: this component is no layer, for it exports wasi:cli/run@0.2.0 instead of sluice:layer/scanner: \
             build it against wit/layer.wit"
        );
        assert!(refusal(&wat("(component)")).contains("exports nothing instead of sluice:layer/scanner"));
    }

    #[test]
    fn imports_beyond_the_log_are_refused_by_name() {
        let bytes = wat(r#"(component
            (import "sluice:layer/log@0.1.0" (instance))
            (import "wasi:filesystem/types@0.2.0" (instance))
            (import "sluice:layer/logger@0.1.0" (instance))
            (instance $i) (export "sluice:layer/scanner@0.1.0" (instance $i)))"#);
        assert_eq!(
            refusal(&bytes),
            "x.wasm: the layer imports wasi:filesystem/types@0.2.0, sluice:layer/logger@0.1.0, but a layer may \
             import nothing except sluice:layer/log: build it for wasm32-unknown-unknown without WASI"
        );
    }

    #[test]
    fn every_reason_that_shows_is_found_and_the_first_is_told() {
        let bytes = wat(r#"(component
            (import "wasi:io/poll@0.2.0" (instance))
            (instance $i) (export "sluice:layer/scanner@0.3.0" (instance $i)))"#);
        let survey = survey("x.wasm", &bytes, bytes.len());
        assert_eq!((survey.api, survey.imports), (None, vec!["wasi:io/poll@0.2.0".to_owned()]));
        let told: Vec<String> = survey.refusals.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("imports wasi:io/poll@0.2.0") && told[1].contains("needs sluice:layer 0.3"));
        assert_eq!(refusal(&bytes), told[0]);
    }

    #[test]
    fn imports_of_inner_components_do_not_count_as_its_own() {
        let bytes = wat(r#"(component
            (component (import "wasi:io/poll@0.2.0" (instance)))
            (instance $i) (export "sluice:layer/scanner@0.1.0" (instance $i)))"#);
        assert!(inspect("x.wasm", &bytes).is_ok());
    }

    #[test]
    fn core_modules_texts_and_empty_files_are_told_apart() {
        assert!(refusal(&wat("(module)")).contains("core WebAssembly module"));
        assert!(
            refusal(b"(component)").contains("no WebAssembly component (it starts with \"(component)\")")
        );
        assert!(refusal(b"").contains("an empty file"));
    }

    #[test]
    fn a_component_cut_short_is_damaged() {
        let bytes = exporting("sluice:layer/scanner@0.1.0");
        let cut = &bytes[..bytes.len() - 3];
        assert!(refusal(cut).contains("the component is damaged"), "{}", refusal(cut));
    }

    #[test]
    fn a_component_above_the_size_limit_is_refused_unread() {
        let bytes = vec![0; MOST_COMPONENT_BYTES + 1];
        assert_eq!(
            refusal(&bytes),
            "x.wasm: 67108865 bytes are too large for a layer: the limit is 67108864 bytes; \
             build it in release mode and strip it"
        );
    }

    #[test]
    fn a_lower_size_limit_holds_and_a_higher_one_is_the_hosts() {
        let bytes = exporting("sluice:layer/scanner@0.1.0");
        assert!(inspect_within("x.wasm", &bytes, bytes.len()).is_ok());
        let error = inspect_within("x.wasm", &bytes, bytes.len() - 1).unwrap_err();
        assert!(matches!(error, LoadError::TooLarge { actual, limit, .. } if limit == actual - 1));
        let large = vec![0; MOST_COMPONENT_BYTES + 1];
        assert!(matches!(inspect_within("x.wasm", &large, usize::MAX), Err(LoadError::TooLarge { .. })));
    }
}
