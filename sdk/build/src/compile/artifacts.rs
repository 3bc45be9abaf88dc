//! Reading cargo's messages: which modules there are now.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{ModulePath, Selection};

/// The `.wasm` modules of the selected targets in cargo's messages, one JSON object per line. A line that is no
/// JSON object is the output of some build script and means nothing here.
pub(super) fn modules(messages: &str, selection: &Selection) -> Vec<ModulePath> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages.filter_map(|message| module(&message, selection)).collect()
}

fn module(message: &Value, selection: &Selection) -> Option<ModulePath> {
    if message.get("reason")?.as_str()? != "compiler-artifact" {
        return None;
    }
    let target = message.get("target")?;
    let kind = |wanted: &str| {
        target.get("kind").and_then(Value::as_array).is_some_and(|kinds| kinds.iter().any(|k| k == wanted))
    };
    let name = match selection {
        Selection::Examples(_) if kind("example") => target.get("name")?.as_str()?.to_owned(),
        Selection::Package | Selection::Packages(_) if kind("cdylib") => folder_name(message)?,
        _ => return None,
    };
    let files = message.get("filenames")?.as_array()?.iter().filter_map(Value::as_str).map(PathBuf::from);
    let path =
        files.into_iter().find(|file| file.extension().is_some_and(|extension| extension == "wasm"))?;
    Some(ModulePath { name, path, fresh: message.get("fresh")?.as_bool()? })
}

/// A layer is called by its folder: packages need prefixes to be unique, folders do not.
fn folder_name(message: &Value) -> Option<String> {
    let folder = Path::new(message.get("manifest_path")?.as_str()?).parent()?;
    Some(folder.file_name()?.to_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &str = concat!(
        r#"{"reason":"compiler-artifact","manifest_path":"/r/dep/Cargo.toml","target":{"kind":["lib"],"name":"dep"},"filenames":["/t/libdep.rlib"],"fresh":true}"#,
        "\nwarning: not JSON\n",
        r#"{"reason":"build-script-executed","package_id":"x"}"#,
        "\n",
        r#"{"reason":"compiler-artifact","manifest_path":"/w/plugins/volume/Cargo.toml","target":{"kind":["cdylib","rlib"],"name":"sluice_volume"},"filenames":["/t/libsluice_volume.rlib","/t/sluice_volume.wasm"],"fresh":false}"#,
        "\n",
        r#"{"reason":"compiler-artifact","manifest_path":"/w/tests/hostile/Cargo.toml","target":{"kind":["example"],"crate_types":["cdylib"],"name":"endless"},"filenames":["/t/examples/endless.wasm"],"fresh":true}"#,
        "\n",
        r#"{"reason":"build-finished","success":true}"#,
    );

    #[test]
    fn a_layer_is_named_after_its_folder() {
        let found = modules(MESSAGES, &Selection::Packages(vec!["sluice-volume".into()]));
        let expected =
            ModulePath { name: "volume".into(), path: "/t/sluice_volume.wasm".into(), fresh: false };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn an_example_keeps_its_own_name() {
        let found = modules(MESSAGES, &Selection::Examples("sluice-hostile".into()));
        let expected =
            ModulePath { name: "endless".into(), path: "/t/examples/endless.wasm".into(), fresh: true };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn messages_of_another_shape_mean_nothing() {
        assert_eq!(
            modules("{\"reason\":\"compiler-artifact\"}\n[]\n{\"reason\":7}\n\n", &Selection::Package),
            []
        );
    }
}
