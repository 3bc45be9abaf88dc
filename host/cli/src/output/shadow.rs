//! What became of a version that was tried beside the active one, in one line.

use super::table::{NONE, Numbers};
use sluice_engine::{ShadowResult, Then};

/// The line.
pub fn told(shadow: &ShadowResult) -> String {
    let ShadowResult { layer, stage, active, candidate, instruments, .. } = shadow;
    let number = |value: Option<f64>, decimals| match value {
        Some(_) => Numbers::Rounded.number(value, decimals),
        None => NONE.to_owned(),
    };
    let scores = match shadow.scores_differ {
        0 => "0 scores".to_owned(),
        many => format!(
            "{many} scores by {} in the mean and {} at most",
            number(shadow.mean_difference, 2),
            number(shadow.greatest_difference, 2)
        ),
    };
    let then = match (shadow.then, &shadow.fault, shadow.errors.first()) {
        (Then::Withdrawn, Some(fault), _) => {
            format!("it is withdrawn and {active} stays active: {fault}")
        }
        (Then::Withdrawn, None, Some(error)) => format!(
            "it is withdrawn and {active} stays active, for it faulted on {}: {}",
            error.symbol, error.fault
        ),
        (Then::Withdrawn, None, None) => format!("it is withdrawn and {active} stays active"),
        (Then::Switched, ..) => "it is active from the next scan on".to_owned(),
        (Then::Tried { scans_left: 1 }, ..) => "1 scan to go".to_owned(),
        (Then::Tried { scans_left }, ..) => format!("{scans_left} scans to go"),
    };
    format!(
        "{layer}@{candidate} was tried beside {active} in stage {stage} on {instruments} instruments: {} outcomes differ, \
         {scores}, {} alerts more, {} fewer, fuel × {}; {then}",
        shadow.outcomes_differ,
        shadow.alerts_more,
        shadow.alerts_fewer,
        number(shadow.fuel_ratio, 2)
    )
}
