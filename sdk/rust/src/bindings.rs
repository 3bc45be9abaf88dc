//! The types and the glue that `wit-bindgen` generates from `wit/layer.wit`.
//!
//! Hidden: an author works with the views of this crate. Only `export!` and the modules that convert between the
//! contract and the views may name anything of this module.

wit_bindgen::generate!({
    path: "../../wit",
    world: "layer",
    pub_export_macro: true,
    export_macro_name: "export_layer",
    default_bindings_module: "sluice_sdk::bindings",
    runtime_path: "wit_bindgen::rt",
});

pub use exports::sluice::layer::scanner;
pub use sluice::layer::{log, types};
