//! One call of the layer that is tried, made as a scan makes it: what it sees is read from a snapshot, its answer is
//! checked before it is believed.

use super::dice::Dice;
use super::error::AuthorError;
use super::subject::Subject;
use crate::batch::{self, Reading, Said, Told};
use crate::shard::shards;
use crate::validate::validate;
use sluice_market::{MarketError, Snapshot};
use sluice_runtime::{
    Alert, CALL_STACK_BYTES, CallFailure, CallUsage, Cancel, LogLine, Outcome, Report, text,
};

/// Longest symbol in a message, in bytes.
const SYMBOL_BYTES: usize = 32;

/// What a layer said of one instrument.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Opinion {
    pub(super) outcome: Outcome,
    pub(super) score: f64,
    pub(super) reason: String,
    /// In the order of the descriptor.
    pub(super) measures: Vec<f64>,
    pub(super) alerts: Vec<Alert>,
}

/// What a layer said in one call or in several that belong together.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// In the order in which it was asked; empty of a layer that judges the market only.
    pub(super) opinions: Vec<Opinion>,
    /// Alerts on the market as a whole.
    pub(super) alerts: Vec<Alert>,
    /// Figures on the market.
    pub(super) market: Vec<(String, f64)>,
    /// Alerts whose prices make no sense.
    pub(super) refused: Vec<String>,
    /// What each call cost.
    pub(super) usage: Vec<CallUsage>,
    pub(super) log: Vec<LogLine>,
}

impl Heard {
    fn append(&mut self, other: Self) {
        self.opinions.extend(other.opinions);
        self.alerts.extend(other.alerts);
        self.market.extend(other.market);
        self.refused.extend(other.refused);
        self.usage.extend(other.usage);
        self.log.extend(other.log);
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// The layer's fault, on one line, and what it had logged.
    Fault(String, Vec<LogLine>),
    /// Not the layer's.
    Other(AuthorError),
}

impl From<MarketError> for NoAnswer {
    fn from(error: MarketError) -> Self {
        Self::Other(error.into())
    }
}

/// A layer and the snapshot that it is asked about.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) subject: &'a Subject,
    pub(super) snapshot: &'a Snapshot,
    pub(super) cancel: &'a Cancel,
}

impl Asking<'_> {
    /// Asks about these instruments (positions in the snapshot) in one call, in their order. Must run on a thread of
    /// [`on_call_stack`].
    pub(super) fn ask(&self, instruments: &[usize]) -> Result<Heard, NoAnswer> {
        let Subject { sight, settings, limits, .. } = self.subject;
        let reading = Reading::read(self.snapshot, sight, instruments, None)?;
        let references = batch::references(self.snapshot, sight, None)?;
        let told = Told::read(self.snapshot, sight, instruments)?;
        let upstream = self.upstream(instruments);
        let venues = batch::venues(self.snapshot, sight);
        let batch = batch::batch(self.snapshot, sight, &venues, &reading, &references, &told, &upstream);
        match self.subject.layer().scan(&batch, settings, *limits, self.cancel) {
            Ok(answer) => {
                let mut heard = self.believe(answer.value, instruments)?;
                heard.usage.push(answer.usage);
                heard.log = answer.log;
                Ok(heard)
            }
            Err(error) if error.failure == CallFailure::Cancelled => {
                Err(NoAnswer::Other(AuthorError::Interrupted))
            }
            Err(error) => Err(NoAnswer::Fault(self.named(&error.failure, instruments), error.log)),
        }
    }

    /// Asks about them in shards of a size.
    pub(super) fn ask_in_shards(&self, instruments: &[usize], size: usize) -> Result<Heard, NoAnswer> {
        self.ask_parts(instruments.chunks(size.max(1)))
    }

    /// Asks about them in the shards that a scan makes.
    pub(super) fn ask_as_a_scan(&self, instruments: &[usize]) -> Result<Heard, NoAnswer> {
        self.ask_parts(self.shards(instruments).into_iter())
    }

    /// The shards that a scan makes of them.
    pub(super) fn shards<'b>(&self, instruments: &'b [usize]) -> Vec<&'b [usize]> {
        shards(instruments, self.subject.descriptor().scope, &self.subject.sight.bars)
    }

    fn ask_parts<'b>(&self, parts: impl Iterator<Item = &'b [usize]>) -> Result<Heard, NoAnswer> {
        let mut whole = Heard::default();
        for part in parts {
            whole.append(self.ask(part)?);
        }
        Ok(whole)
    }

    /// The ticker of an instrument.
    pub(super) fn symbol(&self, instrument: usize) -> &str {
        let instrument = self.snapshot.instruments().get(instrument);
        instrument.map_or("an unknown instrument", |instrument| instrument.symbol.as_str())
    }

    /// Every instrument of the snapshot.
    pub(super) fn everything(&self) -> Vec<usize> {
        (0..self.snapshot.instruments().len()).collect()
    }

    fn believe(&self, report: Report, instruments: &[usize]) -> Result<Heard, NoAnswer> {
        let symbol = |at: usize| instruments.get(at).map_or("an unknown instrument", |at| self.symbol(*at));
        let believed =
            validate(report, self.subject.descriptor(), instruments.len(), &symbol).map_err(|violation| {
                NoAnswer::Fault(format!("gave an answer that is refused: {}", violation.rule), Vec::new())
            })?;
        let reasons = believed.reason.iter().map(|at| believed.reasons.get(*at as usize).cloned());
        let opinion =
            |(at, ((outcome, score), reason)): (usize, ((&Outcome, &f64), Option<String>))| Opinion {
                outcome: *outcome,
                score: *score,
                reason: reason.unwrap_or_default(),
                measures: believed
                    .measures
                    .iter()
                    .map(|column| column.get(at).copied().unwrap_or(f64::NAN))
                    .collect(),
                alerts: Vec::new(),
            };
        let verdicts = believed.outcomes.iter().zip(&believed.scores).zip(reasons).enumerate();
        let mut heard = Heard {
            opinions: verdicts.map(opinion).collect(),
            market: believed.market,
            refused: believed.refused.into_iter().map(|refused| refused.rule).collect(),
            ..Heard::default()
        };
        for mut alert in believed.alerts {
            // within the shard, and shards are what is compared
            let at = alert.instrument.take().map(|at| at as usize);
            match at.and_then(|at| heard.opinions.get_mut(at)) {
                Some(opinion) => opinion.alerts.push(alert),
                None => heard.alerts.push(alert),
            }
        }
        Ok(heard)
    }

    /// A failure with the ticker of the instrument that the layer named.
    fn named(&self, failure: &CallFailure, instruments: &[usize]) -> String {
        match failure {
            CallFailure::Fault { instrument: Some(at), .. } => match instruments.get(*at as usize) {
                Some(at) => {
                    format!("{failure} (it names {})", text::clean(self.symbol(*at), SYMBOL_BYTES))
                }
                None => format!("{failure} (it names instrument number {at} of {})", instruments.len()),
            },
            _ => failure.to_string(),
        }
    }

    /// What layers above would have said: a score that depends on the ticker alone, of some instruments none.
    fn upstream(&self, instruments: &[usize]) -> Vec<Said> {
        let said = |layer: &String| {
            let score = |at: &usize| {
                let mut dice = Dice::of(self.symbol(*at), 1);
                if self.symbol(*at).starts_with(super::ground::NOTHING) || dice.below(4) == 0 {
                    return f64::NAN;
                }
                (dice.unit() * 100.0).round()
            };
            let scores = instruments.iter().map(score).collect();
            Said { layer: layer.clone(), columns: vec![("score".to_owned(), scores)] }
        };
        self.subject.sight.needs.upstream.iter().map(said).collect()
    }
}

/// Does the work on a thread with the stack that calls need.
pub(super) fn on_call_stack<T: Send>(
    work: impl FnOnce() -> Result<T, AuthorError> + Send,
) -> Result<T, AuthorError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("sluice-author".into()).stack_size(CALL_STACK_BYTES);
        let thread = thread.spawn_scoped(scope, work)?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
