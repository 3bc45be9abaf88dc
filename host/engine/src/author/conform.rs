//! Tries a layer against the rules in the real sandbox, on a market with every oddity.

use super::asking::{Asking, Heard, NoAnswer, on_call_stack};
use super::compare::{self, Equality};
use super::conformance::{Conformance, RuleResult, RuleVerdict};
use super::dice::Dice;
use super::error::AuthorError;
use super::ground::{self, Ground, Moment, NOTHING};
use super::rules::Rule;
use super::subject::Subject;
use sluice_market::Symbol;
use sluice_runtime::{Cancel, Outcome, Scope};
use std::path::Path;

/// Ordinary instruments of the market: with the odd ones more than one shard.
const INSTRUMENTS: u32 = 520;
/// The sizes of shards that are tried.
const SHARDS: [usize; 3] = [1, 7, 512];
/// Most instruments that are asked about one by one: a call of a layer with an interpreter inside takes long.
const MOST_ALONE: usize = 64;
/// Most findings that are kept of a rule.
const MOST_FINDINGS: usize = 5;

/// Tries the layer. `folder`, which must be empty, holds the market meanwhile.
///
/// # Errors
/// When the market cannot be made, or the user stops it. What the layer does wrong is no error but a finding.
pub fn conform(subject: &Subject, folder: &Path, cancel: &Cancel) -> Result<Conformance, AuthorError> {
    let ground = Ground::lay(folder, &subject.sight, INSTRUMENTS)?;
    on_call_stack(|| {
        let mut trial =
            Trial { subject, cancel, findings: Vec::new(), calls: 0, opinions: 0, abstentions: 0 };
        let mut instruments = 0;
        for moment in ground.moments() {
            instruments = trial.at(&ground, *moment)?;
        }
        let instants = ground.moments().iter().map(|moment| moment.at.to_string()).collect();
        Ok(trial.conformance(instruments, instants))
    })
}

/// A trial under way.
struct Trial<'a> {
    subject: &'a Subject,
    cancel: &'a Cancel,
    findings: Vec<(Rule, String)>,
    calls: usize,
    opinions: usize,
    abstentions: usize,
}

impl<'a> Trial<'a> {
    /// Everything at one instant; gives the number of instruments.
    fn at(&mut self, ground: &Ground, moment: Moment) -> Result<usize, AuthorError> {
        let snapshot = ground.at(moment)?;
        let asking = Asking { subject: self.subject, snapshot: &snapshot, cancel: self.cancel };
        let everything = asking.everything();
        self.oddities(&asking, moment)?;
        let Some(whole) = self.hear(Rule::Survives, "all instruments", asking.ask_as_a_scan(&everything))?
        else {
            return Ok(everything.len());
        };
        self.refused(&whole);
        self.count(&whole);
        let again = asking.ask_as_a_scan(&everything);
        self.same(Rule::Deterministic, &asking, &everything, &whole, again, moment, "asked twice")?;
        self.order(&asking, &everything, &whole, moment)?;
        if self.scope() == Scope::PerInstrument {
            self.shards(&asking, &everything, &whole, moment)?;
        }
        self.abstains(&asking, &whole, moment);
        let later = ground.seen_later(moment)?;
        let from_later = Asking { snapshot: &later, ..asking };
        let answer = from_later.ask_as_a_scan(&everything);
        self.same(
            Rule::NoLookAhead,
            &asking,
            &everything,
            &whole,
            answer,
            moment,
            "as known then and from later",
        )?;
        Ok(everything.len())
    }

    fn scope(&self) -> Scope {
        self.subject.descriptor().scope
    }

    /// Each odd instrument alone, all of them together, and none.
    fn oddities(&mut self, asking: &Asking<'_>, moment: Moment) -> Result<(), AuthorError> {
        let mut odd = Vec::new();
        for (at, instrument) in asking.snapshot.instruments().iter().enumerate() {
            let Some(oddity) = ground::oddity(instrument.symbol.as_str()) else { continue };
            odd.push(at);
            let who = format!("{} ({}) {}", oddity.symbol, oddity.what, moment.name);
            if let Some(heard) = self.hear(Rule::Survives, &who, asking.ask(&[at]))? {
                self.refused(&heard);
            }
        }
        self.hear(Rule::Survives, "all odd instruments together", asking.ask(&odd))?;
        self.hear(Rule::Survives, "no instrument at all", asking.ask(&[]))?;
        Ok(())
    }

    fn order(
        &mut self,
        asking: &Asking<'_>,
        everything: &[usize],
        whole: &Heard,
        moment: Moment,
    ) -> Result<(), AuthorError> {
        let mut shuffled = everything.to_vec();
        Dice::new(5).shuffle(&mut shuffled);
        let reversed: Vec<usize> = everything.iter().rev().copied().collect();
        for (order, how) in [(shuffled, "in order and shuffled"), (reversed, "in order and reversed")] {
            let answer = asking.ask_as_a_scan(&order).map(|heard| in_order(heard, &order, everything.len()));
            self.same(Rule::OrderIndependent, asking, everything, whole, answer, moment, how)?;
        }
        Ok(())
    }

    fn shards(
        &mut self,
        asking: &Asking<'_>,
        everything: &[usize],
        whole: &Heard,
        moment: Moment,
    ) -> Result<(), AuthorError> {
        for size in SHARDS {
            let how = format!("in a scan's shards and in shards of {size}");
            let chosen = match size {
                1 => alone(asking, everything),
                _ => everything.to_vec(),
            };
            let opinions = chosen.iter().filter_map(|at| whole.opinions.get(*at).cloned()).collect();
            let expected = Heard { opinions, ..Heard::default() };
            let answer = asking.ask_in_shards(&chosen, size).map(|heard| {
                // figures on the market are a shard's own
                Heard { alerts: Vec::new(), market: Vec::new(), ..heard }
            });
            self.same(Rule::ShardIndependent, asking, &chosen, &expected, answer, moment, &how)?;
        }
        Ok(())
    }

    fn abstains(&mut self, asking: &Asking<'_>, whole: &Heard, moment: Moment) {
        if !self.subject.needs_data() {
            return;
        }
        let bars_only = {
            let needs = &self.subject.sight.needs;
            !needs.bars.is_empty()
                && needs.events.is_empty()
                && needs.facts.is_empty()
                && !needs.quotes
                && needs.upstream.is_empty()
        };
        let mut without = vec![NOTHING];
        if bars_only {
            without.push("KITNOBARS");
        }
        for symbol in without {
            let position = Symbol::spelled(symbol).ok().and_then(|symbol| asking.snapshot.find(&symbol));
            let Some(opinion) = position.and_then(|at| whole.opinions.get(at)) else { continue };
            if opinion.outcome != Outcome::Abstain {
                let what = ground::oddity(symbol).map_or("", |odd| odd.what);
                let outcome = compare::outcome(opinion.outcome);
                self.found(
                    Rule::Abstains,
                    format!(
                        "{symbol} ({what}) {}: {outcome} with score {} and reason \"{}\", where abstain is due",
                        moment.name, opinion.score, opinion.reason
                    ),
                );
            }
        }
    }

    /// Compares an answer with the one that is expected; both are in the order of `asked`.
    #[expect(clippy::too_many_arguments, reason = "a comparison has two sides and a name")]
    fn same(
        &mut self,
        rule: Rule,
        asking: &Asking<'_>,
        asked: &[usize],
        expected: &Heard,
        answer: Result<Heard, NoAnswer>,
        moment: Moment,
        how: &str,
    ) -> Result<(), AuthorError> {
        let Some(heard) = self.hear(rule, how, answer)? else { return Ok(()) };
        let exact = rule != Rule::OrderIndependent || self.scope() == Scope::PerInstrument;
        let equality = if exact { Equality::Bits } else { Equality::NineDigits };
        for ((at, one), other) in asked.iter().zip(&expected.opinions).zip(&heard.opinions) {
            if let Some(differs) = compare::opinions(one, other, self.subject.descriptor(), equality) {
                let symbol = asking.symbol(*at);
                let odd = ground::oddity(symbol).map_or_else(String::new, |odd| format!(" ({})", odd.what));
                self.found(rule, format!("{symbol}{odd} {}, {how}: {differs}", moment.name));
            }
        }
        if let Some(differs) = compare::markets(expected, &heard, equality) {
            // what a layer says of the market by shard depends on the shards; a scan keeps only its alerts
            if self.scope() != Scope::PerInstrument {
                self.found(rule, format!("the market {}, {how}: {differs}", moment.name));
            }
        }
        Ok(())
    }

    /// The answer; a fault is a finding.
    fn hear(
        &mut self,
        rule: Rule,
        who: &str,
        answer: Result<Heard, NoAnswer>,
    ) -> Result<Option<Heard>, AuthorError> {
        match answer {
            Ok(heard) => {
                self.calls += heard.usage.len();
                Ok(Some(heard))
            }
            Err(NoAnswer::Fault(fault, _)) => {
                self.calls += 1;
                self.found(rule, format!("{who}: it {fault}"));
                Ok(None)
            }
            Err(NoAnswer::Other(error)) => Err(error),
        }
    }

    fn refused(&mut self, heard: &Heard) {
        for refused in &heard.refused {
            self.found(Rule::Survives, format!("{refused}: such an alert is refused"));
        }
    }

    fn count(&mut self, heard: &Heard) {
        let abstained = heard.opinions.iter().filter(|opinion| opinion.outcome == Outcome::Abstain).count();
        self.abstentions += abstained;
        self.opinions += heard.opinions.len() - abstained;
    }

    fn found(&mut self, rule: Rule, finding: String) {
        let finding = sluice_runtime::text::line(&finding, 600);
        if !self.findings.iter().any(|(known, text)| *known == rule && *text == finding) {
            self.findings.push((rule, finding));
        }
    }

    fn conformance(self, instruments: usize, instants: Vec<String>) -> Conformance {
        let fatal = self.opinions + self.abstentions == 0 && self.scope() != Scope::Market;
        let result = |rule: Rule| {
            let mut findings: Vec<String> = self
                .findings
                .iter()
                .filter(|(known, _)| *known == rule)
                .map(|(_, text)| text.clone())
                .collect();
            let more = findings.len().saturating_sub(MOST_FINDINGS);
            findings.truncate(MOST_FINDINGS);
            let verdict = match (findings.is_empty(), self.does_not_apply(rule, fatal)) {
                (false, _) => RuleVerdict::Failed,
                (true, Some(why)) => {
                    findings.push(why.to_owned());
                    RuleVerdict::NotTried
                }
                (true, None) => RuleVerdict::Passed,
            };
            RuleResult { rule, verdict, findings, more }
        };
        let rules: Vec<RuleResult> = Rule::ALL.into_iter().map(result).collect();
        Conformance {
            layer: self.subject.layer().label().to_owned(),
            digest: self.subject.layer().digest().to_owned(),
            passed: rules.iter().all(|result| result.verdict != RuleVerdict::Failed),
            instruments,
            instants,
            opinions: self.opinions,
            abstentions: self.abstentions,
            calls: self.calls,
            rules,
        }
    }

    fn does_not_apply(&self, rule: Rule, fatal: bool) -> Option<&'static str> {
        match rule {
            Rule::Survives => None,
            _ if fatal => Some("not tried, because it fails on the market as a whole"),
            Rule::ShardIndependent if self.scope() != Scope::PerInstrument => {
                Some("does not apply: the layer sees all instruments in one call")
            }
            Rule::Abstains if self.scope() == Scope::Market => {
                Some("does not apply: the layer judges the market only")
            }
            Rule::Abstains if !self.subject.needs_data() => {
                Some("does not apply: the layer asks for no data")
            }
            _ => None,
        }
    }
}

/// Answers to instruments in another order, put back into the order of their positions.
fn in_order(heard: Heard, asked: &[usize], count: usize) -> Heard {
    let mut placed: Vec<_> = asked.iter().zip(heard.opinions).collect();
    placed.sort_by_key(|(at, _)| **at);
    let mut opinions = Vec::with_capacity(count);
    opinions.extend(placed.into_iter().map(|(_, opinion)| opinion));
    Heard { opinions, ..heard }
}

/// The odd instruments and some others, for questions about one at a time.
fn alone(asking: &Asking<'_>, everything: &[usize]) -> Vec<usize> {
    let every = (everything.len() / MOST_ALONE).max(1);
    let is_chosen = |at: &usize| at.is_multiple_of(every) || ground::oddity(asking.symbol(*at)).is_some();
    everything.iter().copied().filter(is_chosen).collect()
}
