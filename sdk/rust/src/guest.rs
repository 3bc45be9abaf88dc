//! Between the contract and a [`Layer`]: what [`export!`](crate::export) calls. The test kit takes the same way.

use crate::bindings::types as raw;
use crate::setting::{self, Parameter};
use crate::{Batch, Fault, Layer, SettingFault};

/// The contract's `scanner` for the layer `L`.
#[derive(Debug)]
pub struct Component<L>(std::marker::PhantomData<L>);

impl<L: Layer> crate::bindings::scanner::Guest for Component<L> {
    fn describe() -> raw::Descriptor {
        report_panics();
        describe::<L>()
    }

    fn prepare(settings: Vec<raw::Setting>) -> Result<raw::Needs, Vec<raw::SettingFault>> {
        report_panics();
        prepare::<L>(settings)
    }

    fn scan(batch: raw::Batch, settings: Vec<raw::Setting>) -> Result<raw::Report, raw::Fault> {
        report_panics();
        scan::<L>(batch, settings)
    }
}

pub(crate) fn describe<L: Layer>() -> raw::Descriptor {
    L::about().into_raw(L::parameters().into_iter().map(|Parameter(parameter)| parameter).collect())
}

pub(crate) fn prepare<L: Layer>(settings: Vec<raw::Setting>) -> Result<raw::Needs, Vec<raw::SettingFault>> {
    let layer =
        configured::<L>(settings).map_err(|faults| faults.into_iter().map(into_raw).collect::<Vec<_>>())?;
    Ok(layer.needs().0)
}

pub(crate) fn scan<L: Layer>(
    batch: raw::Batch,
    settings: Vec<raw::Setting>,
) -> Result<raw::Report, raw::Fault> {
    let layer = configured::<L>(settings).map_err(|faults| refused(&faults).into_raw())?;
    let batch = Batch::new(batch);
    let report = layer.scan(&batch).and_then(|report| report.into_raw(&L::about(), &batch));
    report.map_err(Fault::into_raw)
}

/// The layer under these settings, or every setting that it refuses.
fn configured<L: Layer>(settings: Vec<raw::Setting>) -> Result<L, Vec<SettingFault>> {
    let layer: L = setting::parse(settings)?;
    let faults = layer.check();
    if faults.is_empty() { Ok(layer) } else { Err(faults) }
}

fn into_raw(fault: SettingFault) -> raw::SettingFault {
    raw::SettingFault { name: fault.name, message: fault.message }
}

fn refused(faults: &[SettingFault]) -> Fault {
    let list: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.name, fault.message)).collect();
    Fault::new(format!("settings refused: {}", list.join("; ")))
}

/// A panic becomes a trap that says nothing, so its message, file and line go to the log before, as one line.
#[cfg(target_arch = "wasm32")]
fn report_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let message = panic.payload_as_str().unwrap_or("no message");
            let (file, line) = panic.location().map_or(("", 0), |place| (place.file(), place.line()));
            crate::log::error(format!("{message} ({file}:{line})"));
        }));
    });
}

/// Natively a panic has its own ways of being seen.
#[cfg(not(target_arch = "wasm32"))]
fn report_panics() {}

/// Compiles when `L` is a layer. For [`export!`](crate::export).
pub fn is_layer<L: Layer>() {}

/// Makes a component of a layer: `sluice_sdk::export!(MyLayer);`, once per crate of type `cdylib`. Natively it only
/// checks the type, so that the same crate is tested without WebAssembly.
#[macro_export]
macro_rules! export {
    ($layer:ty) => {
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() = $crate::guest::is_layer::<$layer>;

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Component = $crate::guest::Component<$layer>;
            $crate::bindings::export_layer! { Component with_types_in $crate::bindings }
        };
    };
}
