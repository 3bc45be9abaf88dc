//! The author of a layer: new, build, test, check, bench, run.

mod check;
mod from_nothing;
mod new;
mod tried;

use crate::support::repository;

/// A bundled layer as a file.
fn bundled(name: &str) -> String {
    let path = repository().join("target/layers").join(name).with_extension("wasm");
    assert!(path.exists(), "{} is not built: run `cargo xtask test`", path.display());
    path.display().to_string()
}
