//! A trial call of a version that is to become the active one: on the market that scans are about, or on a synthetic one
//! while nothing was imported.

use super::asking::{Asking, NoAnswer, on_call_stack};
use super::check::trial;
use super::subject::Subject;
use crate::config::Config;
use crate::error::EngineError;
use crate::look::look;
use sluice_market::{AsOf, Market};
use sluice_runtime::{Cancel, Layer, Scope};
use std::path::Path;

/// Instruments of a trial call, for a layer that judges each alone: enough that most of what there is occurs.
const INSTRUMENTS: usize = 256;

/// What a layer is tried on.
pub(crate) struct Sample<'a> {
    /// The bars that scans are about; none: a synthetic market is made.
    pub(crate) market: Option<&'a Market>,
    /// An empty folder for that.
    pub(crate) folder: &'a Path,
}

/// Calls the layer as a scan of now would; gives on what it was tried, in words.
///
/// # Errors
/// When the market cannot be read or made, or the user stops it; the inner error is the layer's fault.
pub(crate) fn sample(
    config: &Config,
    layer: &Layer,
    sample: &Sample<'_>,
    cancel: &Cancel,
) -> Result<Result<String, String>, EngineError> {
    let Some(market) = sample.market else {
        let tried = trial(config, layer, sample.folder, cancel)?;
        return Ok(match tried.faults.into_iter().next() {
            None => Ok("a synthetic market".to_owned()),
            Some(fault) => Err(fault),
        });
    };
    let subject = match Subject::new(config, layer) {
        Ok(subject) => subject,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let snapshot = look(market, &AsOf::Latest)?;
    let most = match subject.descriptor().scope {
        Scope::PerInstrument => INSTRUMENTS,
        Scope::CrossSection | Scope::Market => usize::MAX,
    };
    let instruments: Vec<usize> = snapshot.listed().iter().copied().take(most).collect();
    let asking = Asking { subject: &subject, snapshot: &snapshot, cancel };
    let asked = on_call_stack(|| match asking.ask_as_a_scan(&instruments) {
        Ok(_) => Ok(Ok(())),
        Err(NoAnswer::Fault(fault, _)) => Ok(Err(fault)),
        Err(NoAnswer::Other(error)) => Err(error),
    })?;
    let on = match instruments.len() {
        1 => format!("1 instrument as of {}", snapshot.as_of()),
        many => format!("{many} instruments as of {}", snapshot.as_of()),
    };
    Ok(asked.map(|()| on.clone()).map_err(|fault| format!("on {on} it {fault}")))
}
