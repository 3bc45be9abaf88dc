//! Answers that the SDK would never give: the honest one, spoiled in the way that the setting `kind` names.

use sluice_sdk::Layer;
use sluice_sdk::bindings::scanner::Guest;
use sluice_sdk::bindings::types as raw;
use sluice_sdk::guest::Component;

/// A layer whose honest answer is spoiled before it leaves. It has a setting `kind`.
pub trait Spoils: Layer {
    /// Spoils an answer.
    ///
    /// # Errors
    /// The misbehaviour may be the fault itself. A kind that does not exist is one too.
    fn spoil(kind: &str, report: raw::Report) -> Result<raw::Report, raw::Fault>;
}

/// The contract's `scanner` for the layer `L`.
#[derive(Debug)]
pub struct Spoiled<L>(std::marker::PhantomData<L>);

impl<L: Spoils> Guest for Spoiled<L> {
    fn describe() -> raw::Descriptor {
        Component::<L>::describe()
    }

    fn prepare(settings: Vec<raw::Setting>) -> Result<raw::Needs, Vec<raw::SettingFault>> {
        Component::<L>::prepare(settings)
    }

    fn scan(batch: raw::Batch, settings: Vec<raw::Setting>) -> Result<raw::Report, raw::Fault> {
        let kind = kind(&settings);
        Component::<L>::scan(batch, settings).and_then(|report| L::spoil(&kind, report))
    }
}

fn kind(settings: &[raw::Setting]) -> String {
    let found = settings.iter().find(|setting| setting.name == "kind");
    match found.map(|setting| &setting.value) {
        Some(raw::Value::Text(kind)) => kind.clone(),
        _ => String::new(),
    }
}

/// A fault of the whole scan.
pub fn fault(message: impl Into<String>) -> raw::Fault {
    raw::Fault { message: message.into(), instrument: None }
}

/// Makes a component of a layer that spoils its answers.
#[macro_export]
macro_rules! export_spoiled {
    ($layer:ty) => {
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() = sluice_sdk::guest::is_layer::<$layer>;

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Component = $crate::spoiled::Spoiled<$layer>;
            sluice_sdk::bindings::export_layer! { Component with_types_in sluice_sdk::bindings }
        };
    };
}
