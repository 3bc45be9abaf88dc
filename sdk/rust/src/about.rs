//! What a layer is: its descriptor, without the parameters (those come from its struct).

use crate::bindings::types as raw;

/// How much of the universe a layer sees in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Each instrument is judged alone; the host may split the universe as it likes.
    #[default]
    PerInstrument,
    /// Instruments are judged against each other; one call sees all of them.
    CrossSection,
    /// No verdicts on instruments, only numbers and alerts on the market as a whole.
    Market,
}

/// Who the layer is and what it can report. Never changes for one component.
#[derive(Debug, Clone)]
pub struct About {
    id: &'static str,
    version: &'static str,
    summary: &'static str,
    scope: Scope,
    alerts: Vec<&'static str>,
    measures: Vec<Measure>,
}

#[derive(Debug, Clone)]
struct Measure {
    name: &'static str,
    unit: &'static str,
    doc: &'static str,
}

impl About {
    /// `id` is `author/name` (lower-case letters, digits, hyphens), `version` a semantic version (usually
    /// `env!("CARGO_PKG_VERSION")`), `summary` one sentence for a list.
    pub fn new(id: &'static str, version: &'static str, summary: &'static str) -> Self {
        Self { id, version, summary, scope: Scope::default(), alerts: Vec::new(), measures: Vec::new() }
    }

    /// Sets the scope; per instrument unless told.
    pub fn scope(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// Declares a number that the layer reports of each instrument. `unit` is USD, percent, ratio…, "" for a pure
    /// number.
    pub fn measure(mut self, name: &'static str, unit: &'static str, doc: &'static str) -> Self {
        self.measures.push(Measure { name, unit, doc });
        self
    }

    /// Declares a kind of alert that the layer may raise: one of [`crate::kind`], or `author/NAME` with its own author.
    pub fn alert(mut self, kind: &'static str) -> Self {
        self.alerts.push(kind);
        self
    }

    /// The declared measures, in order.
    pub(crate) fn measure_names(&self) -> impl Iterator<Item = &'static str> {
        self.measures.iter().map(|measure| measure.name)
    }

    pub(crate) fn into_raw(self, parameters: Vec<raw::Parameter>) -> raw::Descriptor {
        raw::Descriptor {
            id: self.id.to_owned(),
            version: self.version.to_owned(),
            summary: self.summary.to_owned(),
            scope: match self.scope {
                Scope::PerInstrument => raw::Scope::PerInstrument,
                Scope::CrossSection => raw::Scope::CrossSection,
                Scope::Market => raw::Scope::Market,
            },
            parameters,
            alerts: self.alerts.into_iter().map(str::to_owned).collect(),
            measures: self.measures.into_iter().map(Measure::into_raw).collect(),
        }
    }
}

impl Measure {
    fn into_raw(self) -> raw::Measure {
        raw::Measure { name: self.name.to_owned(), doc: self.doc.to_owned(), unit: self.unit.to_owned() }
    }
}
