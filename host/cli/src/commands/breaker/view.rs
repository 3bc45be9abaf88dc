//! A breaker as it is printed.

use crate::output::clock::Clock;
use crate::output::list::Item;
use crate::output::table::{self, NONE, Numbers};
use serde::Serialize;
use sluice_engine::breaker;
use sluice_store::{BreakerRow, BreakerState};

/// A breaker as it is printed; instants by the clock of the reader.
#[derive(Debug, Serialize)]
pub struct View {
    layer: String,
    /// Null: no component of this digest is known any more.
    version: Option<String>,
    digest: String,
    state: &'static str,
    /// How many count.
    faults: usize,
    /// Since the last healthy day.
    openings: u32,
    opened_at: Option<String>,
    /// When it may be tried; null while it is quarantined: not before it is reset.
    retry_at: Option<String>,
    /// The next scan tries it.
    probe_due: bool,
    /// The scan that tries it.
    probe: Option<String>,
    probe_until: Option<String>,
    last_fault: Option<String>,
    last_fault_at: Option<String>,
    /// Why an operator tripped it.
    reason: Option<String>,
    /// The last change of its state; null: there was none.
    changed_at: Option<String>,
}

impl View {
    /// Of a row as it counts now.
    pub fn new(row: BreakerRow, version: Option<String>, now: i64, clock: Clock) -> Self {
        let instant = |millis| clock.show(millis);
        let never_changed = row.changed_at == 0 && row.state == BreakerState::Closed;
        Self {
            probe_due: breaker::is_due(&row, now),
            version,
            state: row.state.as_str(),
            faults: row.faults.len(),
            openings: row.openings,
            opened_at: row.opened_at.map(instant),
            retry_at: row.retry_at.map(instant),
            probe: row.probe,
            probe_until: row.probe_until.map(instant),
            last_fault: row.last_fault,
            last_fault_at: row.last_fault_at.map(instant),
            reason: row.reason,
            changed_at: (!never_changed).then(|| instant(row.changed_at)),
            layer: row.layer,
            digest: row.digest,
        }
    }

    /// Digest of the component.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// All of it for people.
    pub fn table(&self) -> comfy_table::Table {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| NONE.to_owned());
        let rows = [
            ("version", text(&self.version)),
            ("digest", self.digest.clone()),
            ("state", self.state()),
            ("since", text(&self.changed_at)),
            ("faults that count", self.faults.to_string()),
            ("openings", self.openings.to_string()),
            ("opened at", text(&self.opened_at)),
            ("probed from", text(&self.retry_at)),
            ("probed by", text(&self.probe)),
            ("believed until", text(&self.probe_until)),
            ("last fault", text(&self.last_fault)),
            ("last fault at", text(&self.last_fault_at)),
            ("tripped because", text(&self.reason)),
        ];
        // what says nothing is left out, but for what everybody looks for
        let rows = rows.into_iter().filter(|(name, value)| value != NONE || *name == "last fault");
        table::plain(&[&self.layer, ""], rows.map(|(name, value)| vec![name.to_owned(), value]))
    }

    /// The state in words.
    fn state(&self) -> String {
        match (self.probe_due, &self.reason) {
            (true, _) => format!("{}, a probe is due", self.state),
            (false, Some(_)) => format!("{}, tripped by an operator", self.state),
            (false, None) => self.state.to_owned(),
        }
    }

    /// What led to the state.
    fn why(&self) -> String {
        match (&self.reason, &self.last_fault) {
            (Some(reason), _) => format!("tripped: {reason}"),
            (None, Some(fault)) => fault.clone(),
            (None, None) => NONE.to_owned(),
        }
    }
}

impl Item for View {
    fn header(numbers: Numbers) -> &'static [&'static str] {
        match numbers {
            Numbers::Rounded => {
                &["layer", "version", "digest", "state", "faults", "openings", "probed from", "why"]
            }
            Numbers::Exact => &[
                "layer",
                "version",
                "digest",
                "state",
                "faults",
                "openings",
                "opened_at",
                "retry_at",
                "probe_due",
                "last_fault",
                "reason",
            ],
        }
    }

    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| NONE.to_owned());
        let (layer, version) = (self.layer.clone(), text(&self.version));
        let (faults, openings) = (self.faults.to_string(), self.openings.to_string());
        vec![match numbers {
            Numbers::Rounded => vec![
                layer,
                version,
                table::digest(&self.digest),
                self.state(),
                faults,
                openings,
                text(&self.retry_at),
                self.why(),
            ],
            Numbers::Exact => vec![
                layer,
                version,
                self.digest.clone(),
                self.state.to_owned(),
                faults,
                openings,
                text(&self.opened_at),
                text(&self.retry_at),
                self.probe_due.to_string(),
                text(&self.last_fault),
                text(&self.reason),
            ],
        }]
    }
}
