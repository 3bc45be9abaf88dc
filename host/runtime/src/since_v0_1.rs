//! Version 0.1 of the contract: generated bindings and their conversion to and from the host's own types.
//!
//! A later version gets a file of its own beside this one; nothing outside these files knows a generated type.

mod answer;
mod batch;

use crate::call::{self, CallState};
use crate::log::LogLevel;
use crate::model::{Batch, Descriptor, Needs, Report, Setting, SettingFault};
use wasmtime::component::{HasSelf, InstancePre, Linker, WasmStr};
use wasmtime::{Engine, Store, StoreContextMut};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "layer",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

use bindings::sluice::layer::{log as imported, types as wit};

impl wit::Host for CallState {}

/// A linker that grants what version 0.1 may import: `log`, and the types that it names.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    wit::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    linker.instance(LOG)?.func_wrap("log", log)?;
    Ok(linker)
}

/// The interface of the only function that a layer may import.
const LOG: &str = "sluice:layer/log@0.1.0";

/// The host's `log`. Written by hand instead of generated, because it needs the store to charge for the line, and
/// because a text of which only the beginning is kept need not be copied.
fn log(
    mut store: StoreContextMut<'_, CallState>,
    (level, message): (imported::Level, WasmStr),
) -> wasmtime::Result<()> {
    let (bytes, line) = {
        let text = message.to_str(&store)?;
        (text.len(), store.data().beginning(&text).to_owned())
    };
    call::charge_line(&mut store, bytes)?;
    let level = match level {
        imported::Level::Debug => LogLevel::Debug,
        imported::Level::Info => LogLevel::Info,
        imported::Level::Warn => LogLevel::Warn,
        imported::Level::Error => LogLevel::Error,
    };
    store.data_mut().log(level, &line);
    Ok(())
}

/// A compiled component whose imports and exports fit version 0.1.
#[derive(Clone)]
pub(crate) struct Linked(bindings::LayerPre<CallState>);

impl Linked {
    /// Checks that every export is there; their types are checked with the first instance, in [`Linked::describe`].
    pub(crate) fn new(instance: InstancePre<CallState>) -> wasmtime::Result<Self> {
        bindings::LayerPre::new(instance).map(Self)
    }

    /// Instantiates and calls `describe`. The inner error tells which function has another type than the contract's.
    pub(crate) fn describe(
        &self,
        store: &mut Store<CallState>,
    ) -> wasmtime::Result<Result<Descriptor, wasmtime::Error>> {
        let instance = self.0.instance_pre().instantiate(&mut *store)?;
        store.data_mut().has_started();
        match bindings::Layer::new(&mut *store, &instance) {
            Ok(layer) => layer.sluice_layer_scanner().call_describe(store).map(answer::descriptor).map(Ok),
            Err(mismatch) => Ok(Err(mismatch)),
        }
    }

    /// Instantiates and calls `prepare`.
    pub(crate) fn prepare(
        &self,
        store: &mut Store<CallState>,
        settings: &[Setting],
    ) -> wasmtime::Result<Result<Needs, Vec<SettingFault>>> {
        let lists = batch::SettingLists::new(settings);
        let layer = self.0.instantiate(&mut *store)?;
        store.data_mut().has_started();
        let answer = layer.sluice_layer_scanner().call_prepare(store, &lists.settings(settings))?;
        Ok(answer.map(answer::needs).map_err(answer::setting_faults))
    }

    /// Instantiates and calls `scan`. The inner error is the layer's own fault.
    pub(crate) fn scan(
        &self,
        store: &mut Store<CallState>,
        input: &Batch<'_>,
        settings: &[Setting],
    ) -> wasmtime::Result<Result<Report, Fault>> {
        let lists = batch::SettingLists::new(settings);
        let packed = batch::Packed::new(input);
        let columns = batch::Columns::new(input, &packed);
        let pieces = batch::Pieces::new(input, &columns);
        let venues = pieces.venues(input);
        let layer = self.0.instantiate(&mut *store)?;
        store.data_mut().has_started();
        let answer = layer.sluice_layer_scanner().call_scan(
            store,
            pieces.batch(input, &venues),
            &lists.settings(settings),
        )?;
        Ok(answer
            .map(answer::report)
            .map_err(|fault| Fault { message: fault.message, instrument: fault.instrument }))
    }
}

/// A layer's own word that it could not answer.
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) instrument: Option<u32>,
}
