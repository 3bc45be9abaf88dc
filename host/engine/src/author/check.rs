//! Whether a component would be installed, and what an operator would stumble over.

use super::asking::{Asking, NoAnswer, on_call_stack};
use super::error::AuthorError;
use super::ground::{Ground, NOTHING};
use super::subject::Subject;
use crate::config::Config;
use crate::kinds::unknown_kinds;
use serde::Serialize;
use sluice_market::Symbol;
use sluice_runtime::{
    Cancel, Descriptor, Layer, LoadLimits, Outcome, Parameter, Runtime, Scope, Value, text,
};
use std::path::Path;

/// Ordinary instruments of the market of a trial call.
const INSTRUMENTS: u32 = 60;
/// Longest id or version that is repeated, in bytes.
const NAME_BYTES: usize = 80;

/// What is known of a component that may be a layer.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// author/name, when it could be asked.
    pub id: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Version of the contract that it speaks, when this host has it.
    pub api: Option<String>,
    /// SHA-256, lower-case hex.
    pub digest: String,
    /// Size in bytes.
    pub size: usize,
    /// What it imports.
    pub imports: Vec<String>,
    /// Every reason to refuse it; install tells the first.
    pub refusals: Vec<String>,
    /// What an operator would stumble over.
    pub warnings: Vec<String>,
    /// The layer, when it is one.
    #[serde(skip)]
    pub layer: Option<Layer>,
}

impl Checked {
    /// Whether install would take it.
    pub fn is_accepted(&self) -> bool {
        self.refusals.is_empty()
    }
}

/// Looks at a component as install does; `source_name` is what messages call it. What can be seen without calling
/// the layer for work is in the warnings; [`trial`] has the rest.
pub fn check(runtime: &Runtime, source_name: &str, bytes: &[u8]) -> Checked {
    let examined = runtime.examine(source_name, bytes, &LoadLimits::default());
    let (layer, refusals) = match examined.outcome {
        Ok(layer) => (Some(layer), Vec::new()),
        Err(refused) => (None, refused.reasons().map(ToString::to_string).collect()),
    };
    let said = |name: fn(&Descriptor) -> &str| {
        examined.descriptor.as_ref().map(|descriptor| text::line(name(descriptor), NAME_BYTES))
    };
    let warnings = layer.as_ref().map(warnings).unwrap_or_default();
    Checked {
        id: said(|descriptor| &descriptor.id),
        version: said(|descriptor| &descriptor.version),
        api: examined.api.map(|api| api.to_string()),
        digest: examined.digest,
        size: examined.size,
        imports: examined.imports,
        refusals,
        warnings,
        layer,
    }
}

/// What its description tells.
fn warnings(layer: &Layer) -> Vec<String> {
    let descriptor = layer.descriptor();
    let mut warnings = Vec::new();
    let unknown = unknown_kinds(layer).join(", ");
    if !unknown.is_empty() {
        let author = descriptor.id.split('/').next().unwrap_or_default();
        warnings.push(format!(
            "{} may raise alerts of kinds that nobody knows: {unknown}; use a published kind or {author}/NAME",
            layer.label()
        ));
    }
    if descriptor.summary.trim().is_empty() {
        warnings.push("it has no summary: `sluice layer list` shows it to operators".to_owned());
    }
    warnings.extend(descriptor.parameters.iter().filter_map(unbounded));
    let undocumented = descriptor.parameters.iter().filter(|parameter| parameter.doc.trim().is_empty());
    warnings.extend(
        undocumented
            .map(|parameter| format!("parameter {} has no text that says what it does", parameter.name)),
    );
    if descriptor.scope == Scope::Market && !descriptor.measures.is_empty() {
        warnings
            .push("it declares measures, but a layer that judges the market only reports none".to_owned());
    }
    warnings
}

/// A parameter that an operator can set to anything.
fn unbounded(parameter: &Parameter) -> Option<String> {
    let Parameter { name, minimum, maximum, choices, max_length, .. } = parameter;
    let any_text = choices.is_empty() && *max_length == 0;
    let lacks = match &parameter.default {
        Value::Boolean(_) => return None,
        Value::Number(_) | Value::Integer(_) => match (minimum, maximum) {
            (None, None) => "neither minimum nor maximum",
            (None, Some(_)) => "no minimum",
            (Some(_), None) => "no maximum",
            (Some(_), Some(_)) => return None,
        },
        Value::Text(_) | Value::Texts(_) if any_text => "neither choices nor a longest length",
        Value::Table(_) if *max_length == 0 && minimum.is_none() && maximum.is_none() => "no bounds",
        Value::Text(_) | Value::Texts(_) | Value::Table(_) => return None,
    };
    Some(format!(
        "parameter {name} has {lacks}: whoever mistypes it gets a nonsense scan instead of a refusal"
    ))
}

/// What became of trial calls.
#[derive(Debug, Default)]
pub struct Trial {
    /// Why calls failed.
    pub faults: Vec<String>,
    /// What else an operator would stumble over.
    pub warnings: Vec<String>,
}

/// Calls the layer on a small synthetic market and tells what an operator would stumble over. `folder`, which must be
/// empty, holds the market meanwhile.
///
/// # Errors
/// When the market cannot be made, or the user stops it.
pub fn trial(config: &Config, layer: &Layer, folder: &Path, cancel: &Cancel) -> Result<Trial, AuthorError> {
    let subject = match Subject::new(config, layer) {
        Ok(subject) => subject,
        Err(error) => {
            let faults = vec![format!("a scan could not call it: {error}")];
            return Ok(Trial { faults, ..Trial::default() });
        }
    };
    let mut warnings = Vec::new();
    let needs = &subject.sight.needs;
    if !subject.needs_data() && !needs.profile && needs.references.is_empty() {
        warnings.push(
            "it asks for no data: of an instrument it sees ticker, venue, kind and status only".to_owned(),
        );
    }
    let ground = Ground::lay(folder, &subject.sight, INSTRUMENTS)?;
    let called = on_call_stack(|| called(&subject, &ground, cancel))?;
    warnings.extend(called.warnings);
    Ok(Trial { faults: called.faults, warnings })
}

fn called(subject: &Subject, ground: &Ground, cancel: &Cancel) -> Result<Trial, AuthorError> {
    let descriptor = subject.descriptor();
    let (mut faults, mut warnings, mut opinions, mut blind) = (Vec::new(), Vec::new(), 0_usize, false);
    let mut written = vec![false; descriptor.measures.len()];
    for moment in ground.moments() {
        let snapshot = ground.at(*moment)?;
        let asking = Asking { subject, snapshot: &snapshot, cancel };
        let heard = match asking.ask_as_a_scan(&asking.everything()) {
            Ok(heard) => heard,
            Err(NoAnswer::Fault(fault, _)) => {
                faults.push(format!("a trial call {} failed: it {fault}", moment.name));
                continue;
            }
            Err(NoAnswer::Other(error)) => return Err(error),
        };
        warnings.extend(heard.refused.first().map(|refused| format!("in a trial call: {refused}")));
        for opinion in &heard.opinions {
            opinions += usize::from(opinion.outcome != Outcome::Abstain);
            let values = written.iter_mut().zip(&opinion.measures);
            values.for_each(|(written, value)| *written |= value.is_finite());
        }
        let nothing = Symbol::spelled(NOTHING).ok().and_then(|symbol| snapshot.find(&symbol));
        let judged = nothing.and_then(|at| heard.opinions.get(at));
        blind |= judged.is_some_and(|opinion| opinion.outcome != Outcome::Abstain);
    }
    if blind && subject.needs_data() {
        warnings.push(format!(
            "it does not abstain on {NOTHING}, of which no bars, events or facts are known: `sluice layer test` tells more"
        ));
    }
    // what was never judged may have measures all the same
    if opinions > 0 {
        let unwritten = descriptor.measures.iter().zip(&written).filter(|(_, written)| !**written);
        warnings.extend(unwritten.map(|(measure, _)| {
            format!("measure {} was not written in any of {opinions} opinions of a trial call", measure.name)
        }));
    }
    Ok(Trial { faults, warnings })
}
