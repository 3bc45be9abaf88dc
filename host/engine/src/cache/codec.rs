//! Answers as bytes and back, bit by bit the same.
//!
//! What is read here has a checksum of ours; still nothing of it is taken on trust: whatever does not fit is none.

use crate::validate::{Believed, Refused};
use sluice_runtime::{Alert, Outcome, Severity, Side};

/// Far more than any layer declares: no more columns are made for bytes that claim them.
const MOST_MEASURES: usize = 10_000;

/// An answer as it is kept, with the warnings that the layer logged.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Kept {
    pub(crate) answer: Believed,
    pub(crate) complaints: Vec<String>,
}

/// Bytes of what an answer says of each of its instruments, in their order; `take` gets the place and the bytes.
///
/// None when it says something that is about no instrument: it cannot be divided then.
pub(crate) fn divided(answer: &Believed, mut take: impl FnMut(usize, &[u8])) -> Option<()> {
    let on_one = answer.alerts.iter().all(|alert| alert.instrument.is_some())
        && answer.refused.iter().all(|refused| refused.instrument.is_some());
    if !on_one || !answer.market.is_empty() {
        return None;
    }
    let sorted = Sorted::new(answer);
    let mut out = Out(Vec::new());
    for at in 0..answer.outcomes.len() {
        out.0.clear();
        out.one(answer, &sorted, at);
        take(at, &out.0);
    }
    Some(())
}

/// Bytes of a whole answer.
pub(crate) fn whole(answer: &Believed, complaints: &[String]) -> Vec<u8> {
    let sorted = Sorted::new(answer);
    let mut out = Out(Vec::new());
    out.count(answer.outcomes.len());
    // a layer that judges the market raises alerts on instruments of which it has no verdict
    let beyond = |at: Option<u32>| at.is_none_or(|at| at as usize >= answer.outcomes.len());
    let alerts: Vec<&Alert> = answer.alerts.iter().filter(|alert| beyond(alert.instrument)).collect();
    out.count(alerts.len());
    for alert in alerts {
        out.integer(alert.instrument.map_or(-1, i64::from));
        out.alert(alert);
    }
    let refused: Vec<&Refused> = answer.refused.iter().filter(|refused| beyond(refused.instrument)).collect();
    out.count(refused.len());
    for refused in refused {
        out.integer(refused.instrument.map_or(-1, i64::from));
        out.text(&refused.rule);
    }
    out.pairs(&answer.market);
    out.count(answer.measures.len());
    out.texts(complaints);
    for at in 0..answer.outcomes.len() {
        out.one(answer, &sorted, at);
    }
    out.0
}

/// What bytes that begin with those of [`divided`] say of an instrument, and the rest of them.
pub(crate) fn one_of(bytes: &[u8]) -> Option<(One, &[u8])> {
    let mut input = In(bytes);
    let one = input.one()?;
    Some((one, input.0))
}

/// The answer whose bytes are those of [`whole`].
pub(crate) fn whole_of(bytes: &[u8]) -> Option<Kept> {
    let mut input = In(bytes);
    let mut answer = Believed::default();
    let instruments = input.count()?;
    let instrument = |at: i64| match at {
        -1 => Some(None),
        at => u32::try_from(at).ok().map(Some),
    };
    for _ in 0..input.count()? {
        let on = instrument(input.integer()?)?;
        answer.alerts.push(Alert { instrument: on, ..input.alert()? });
    }
    for _ in 0..input.count()? {
        let on = instrument(input.integer()?)?;
        answer.refused.push(Refused { instrument: on, rule: input.text()? });
    }
    answer.market = input.pairs()?;
    let measures = input.count().filter(|count| *count <= MOST_MEASURES)?;
    answer.measures = (0..measures).map(|_| Vec::new()).collect();
    let complaints = input.texts()?;
    for _ in 0..instruments {
        input.one()?.add(&mut answer)?;
    }
    input.0.is_empty().then_some(Kept { answer, complaints })
}

/// Places of alerts and refusals by their instruments, those of one in their own order.
struct Sorted<'a> {
    alerts: Vec<(u32, &'a Alert)>,
    refused: Vec<(u32, &'a str)>,
}

impl<'a> Sorted<'a> {
    fn new(answer: &'a Believed) -> Self {
        let mut alerts: Vec<_> =
            answer.alerts.iter().filter_map(|alert| Some((alert.instrument?, alert))).collect();
        let mut refused: Vec<_> =
            answer.refused.iter().filter_map(|of| Some((of.instrument?, of.rule.as_str()))).collect();
        alerts.sort_by_key(|(at, _)| *at);
        refused.sort_by_key(|(at, _)| *at);
        Self { alerts, refused }
    }
}

fn of<T>(sorted: &[(u32, T)], at: usize) -> &[(u32, T)] {
    let first = sorted.partition_point(|(own, _)| (*own as usize) < at);
    let end = sorted.partition_point(|(own, _)| (*own as usize) <= at);
    sorted.get(first..end).unwrap_or_default()
}

/// What is said of one instrument.
#[derive(Debug)]
pub(crate) struct One {
    outcome: Outcome,
    score: f64,
    reason: String,
    measures: Vec<f64>,
    alerts: Vec<Alert>,
    refused: Vec<String>,
}

impl One {
    /// Adds it to an answer, as that on its next instrument. None, and the answer as it was, when it has other measures.
    pub(crate) fn add(self, answer: &mut Believed) -> Option<()> {
        self.fits(answer).then(|| self.add_to(answer))
    }

    /// Whether it has as many measures as the others.
    fn fits(&self, answer: &Believed) -> bool {
        (answer.outcomes.is_empty() && answer.measures.is_empty())
            || answer.measures.len() == self.measures.len()
    }

    fn add_to(self, answer: &mut Believed) {
        let at = u32::try_from(answer.outcomes.len()).unwrap_or(u32::MAX);
        answer.outcomes.push(self.outcome);
        answer.scores.push(self.score);
        if answer.reasons.last() != Some(&self.reason) {
            answer.reasons.push(self.reason);
        }
        let reason = answer.reasons.len().saturating_sub(1);
        answer.reason.push(u32::try_from(reason).unwrap_or(u32::MAX));
        if answer.measures.is_empty() {
            answer.measures = self.measures.iter().map(|_| Vec::new()).collect();
        }
        for (column, value) in answer.measures.iter_mut().zip(self.measures) {
            column.push(value);
        }
        let own = |alert: Alert| Alert { instrument: Some(at), ..alert };
        answer.alerts.extend(self.alerts.into_iter().map(own));
        let own = |rule: String| Refused { instrument: Some(at), rule };
        answer.refused.extend(self.refused.into_iter().map(own));
    }
}

/// Bytes that grow.
struct Out(Vec<u8>);

impl Out {
    fn one(&mut self, answer: &Believed, sorted: &Sorted<'_>, at: usize) {
        self.0.push(match answer.outcomes.get(at) {
            Some(Outcome::Keep) => 0,
            Some(Outcome::Drop) => 1,
            Some(Outcome::Abstain) | None => 2,
        });
        self.number(answer.scores.get(at).copied().unwrap_or(f64::NAN));
        let reason = answer.reason.get(at).and_then(|index| answer.reasons.get(*index as usize));
        self.text(reason.map_or("", String::as_str));
        self.count(answer.measures.len());
        for column in &answer.measures {
            self.number(column.get(at).copied().unwrap_or(f64::NAN));
        }
        let alerts = of(&sorted.alerts, at);
        self.count(alerts.len());
        alerts.iter().for_each(|(_, alert)| self.alert(alert));
        let refused = of(&sorted.refused, at);
        self.count(refused.len());
        refused.iter().for_each(|(_, rule)| self.text(rule));
    }

    fn alert(&mut self, alert: &Alert) {
        self.text(&alert.kind);
        self.0.push(match alert.severity {
            Severity::Info => 0,
            Severity::Notice => 1,
            Severity::Urgent => 2,
        });
        self.number(alert.confidence);
        self.text(&alert.message);
        self.0.push(match alert.side {
            None => 0,
            Some(Side::Long) => 1,
            Some(Side::Short) => 2,
        });
        for price in [alert.entry, alert.stop, alert.target] {
            self.0.push(u8::from(price.is_some()));
            self.number(price.unwrap_or_default());
        }
        self.0.push(u8::from(alert.expires_at.is_some()));
        self.integer(alert.expires_at.unwrap_or_default());
        self.text(&alert.dedupe_key);
        self.texts(&alert.evidence);
        self.pairs(&alert.numbers);
    }

    /// Counts are small: one byte for most of them.
    fn count(&mut self, count: usize) {
        match u8::try_from(count) {
            Ok(small) if small < LARGE => self.0.push(small),
            _ => {
                self.0.push(LARGE);
                self.0.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
            }
        }
    }

    fn integer(&mut self, number: i64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn number(&mut self, number: f64) {
        self.0.extend_from_slice(&number.to_bits().to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn texts(&mut self, texts: &[String]) {
        self.count(texts.len());
        texts.iter().for_each(|text| self.text(text));
    }

    fn pairs(&mut self, pairs: &[(String, f64)]) {
        self.count(pairs.len());
        for (name, number) in pairs {
            self.text(name);
            self.number(*number);
        }
    }
}

/// A count that does not fit into the byte that says this is in the four after it.
const LARGE: u8 = u8::MAX;

/// Bytes that are read from their beginning.
struct In<'a>(&'a [u8]);

impl In<'_> {
    fn one(&mut self) -> Option<One> {
        let outcome = match self.byte()? {
            0 => Outcome::Keep,
            1 => Outcome::Drop,
            2 => Outcome::Abstain,
            _ => return None,
        };
        let score = self.number()?;
        let reason = self.text()?;
        let measures = self.count()?;
        let measures = (0..measures).map(|_| self.number()).collect::<Option<_>>()?;
        let alerts = self.count()?;
        let alerts = (0..alerts).map(|_| self.alert()).collect::<Option<_>>()?;
        let refused = self.texts()?;
        Some(One { outcome, score, reason, measures, alerts, refused })
    }

    fn alert(&mut self) -> Option<Alert> {
        let kind = self.text()?;
        let severity = match self.byte()? {
            0 => Severity::Info,
            1 => Severity::Notice,
            2 => Severity::Urgent,
            _ => return None,
        };
        let confidence = self.number()?;
        let message = self.text()?;
        let side = match self.byte()? {
            0 => None,
            1 => Some(Side::Long),
            2 => Some(Side::Short),
            _ => return None,
        };
        let [entry, stop, target] = [self.price()?, self.price()?, self.price()?];
        let expires = self.flag()?;
        let at = self.integer()?;
        Some(Alert {
            instrument: None,
            kind,
            severity,
            confidence,
            message,
            side,
            entry,
            stop,
            target,
            expires_at: expires.then_some(at),
            dedupe_key: self.text()?,
            evidence: self.texts()?,
            numbers: self.pairs()?,
        })
    }

    fn price(&mut self) -> Option<Option<f64>> {
        let known = self.flag()?;
        let price = self.number()?;
        Some(known.then_some(price))
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn count(&mut self) -> Option<usize> {
        match self.byte()? {
            LARGE => self.array().map(|bytes| u32::from_le_bytes(bytes) as usize),
            small => Some(usize::from(small)),
        }
    }

    fn integer(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    fn number(&mut self) -> Option<f64> {
        self.array().map(|bytes| f64::from_bits(u64::from_le_bytes(bytes)))
    }

    fn text(&mut self) -> Option<String> {
        let length = self.count()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok().map(str::to_owned)
    }

    fn texts(&mut self) -> Option<Vec<String>> {
        let count = self.count()?;
        (0..count).map(|_| self.text()).collect()
    }

    fn pairs(&mut self) -> Option<Vec<(String, f64)>> {
        let count = self.count()?;
        (0..count).map(|_| Some((self.text()?, self.number()?))).collect()
    }
}

#[cfg(test)]
mod tests;
