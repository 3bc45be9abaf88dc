//! Why no alert matches: a kind, a layer or an instrument that nobody knows is a mistake, not an empty list.
//!
//! Asked only when nothing was found, so it costs nothing otherwise. What once was stored is known, whether the program
//! still knows it or not.

use super::known_symbol;
use crate::args::{Alerts, Of};
use crate::exit::Usage;
use crate::home::Home;
use anyhow::bail;
use sluice_engine::{ALERT_KINDS, Versions};
use sluice_runtime::text;
use sluice_store::{AlertFilter, Store};

/// Longest that a word of the user is repeated, in bytes.
const SHOWN_BYTES: usize = 64;

/// Refuses what nobody knows.
///
/// # Errors
/// The word that is unknown, with those that are known; or what cannot be read.
pub async fn refuse(
    home: &Home,
    store: &Store,
    options: &Alerts,
    filter: &AlertFilter,
) -> anyhow::Result<()> {
    if let Some(kind) = filter.kind.as_deref().filter(|kind| !is_kind(kind)) {
        let of_kind = AlertFilter { kind: filter.kind.clone(), ..AlertFilter::default() };
        if !is_stored(store, of_kind).await? {
            let (kind, known) = (text::clean(kind, SHOWN_BYTES), ALERT_KINDS.join(", "));
            bail!(Usage(format!("no alert was ever of the kind {kind}: the published ones are {known}")));
        }
    }
    if let Some(Of::Layer(layer)) = &options.layer {
        let by_layer = AlertFilter { layer: filter.layer.clone(), ..AlertFilter::default() };
        if !is_stored(store, by_layer).await? {
            known_layer(home, store, layer).await?;
        }
    }
    if let Some(symbol) = &options.symbol {
        let on_symbol = AlertFilter { symbol: filter.symbol.clone(), ..AlertFilter::default() };
        if known_symbol(home, symbol)?.is_none() && !is_stored(store, on_symbol).await? {
            bail!(Usage(format!(
                "no alert was ever raised on {symbol}, and no instrument has this ticker: `sluice data list` tells what \
                 is imported"
            )));
        }
    }
    Ok(())
}

/// Whether a kind is published, or an author's own by its form.
fn is_kind(kind: &str) -> bool {
    ALERT_KINDS.contains(&kind) || kind.contains('/')
}

async fn is_stored(store: &Store, filter: AlertFilter) -> anyhow::Result<bool> {
    Ok(!store.alerts(&AlertFilter { all: true, limit: 1, ..filter }).await?.is_empty())
}

async fn known_layer(home: &Home, store: &Store, layer: &str) -> anyhow::Result<()> {
    let versions = Versions::read(&home.runtime()?, crate::BUNDLED, Some(store), None).await?;
    let ids = || versions.all().iter().map(|version| version.id.as_str());
    if ids().any(|id| id == layer) {
        return Ok(());
    }
    let same_name = ids().find(|id| id.split_once('/').is_some_and(|(_, name)| name == layer));
    let hint = match same_name {
        Some(id) => format!("did you mean {id}?"),
        None => "`sluice layer list` tells which there are; a number means a stage".to_owned(),
    };
    bail!(Usage(format!("no layer {}: {hint}", text::clean(layer, SHOWN_BYTES))))
}
