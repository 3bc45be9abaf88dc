//! The search for the instruments that make a layer fault: one of them must not cost the answers on all others.
//!
//! A faulty call's instruments are halved until the fault is alone; a fault that names an instrument is believed so
//! far that the others are asked once without it. The search is made in the order of the shards, with bounds that
//! count calls, so that it finds the same with any number of threads; only its time is measured by the clock.

use super::call::Fault;
use crate::error::EngineError;
use std::time::{Duration, Instant};

/// Most instruments of one layer that are left out of a scan; with more, the layer is at fault and not they.
pub(super) const MOST_LEFT_OUT: usize = 8;
/// Most calls of one search: eight instruments in shards of up to 1,024 take at most 2·10 each.
const MOST_CALLS: usize = 160;
/// Longest search. A call that uses its whole fuel takes about a second, and a search for one instrument nine of them.
const LONGEST: Duration = Duration::from_secs(30);
/// Faults in a row, without a single answer so far, after which the layer counts as faulty on everything.
const HOPELESS: usize = 6;

/// What may still be spent on one layer's search.
pub(super) struct Budget {
    calls: usize,
    left_out: usize,
    until: Instant,
    /// Faults since the search began, until something was answered.
    in_vain: Option<usize>,
}

impl Budget {
    /// `answered`: some other call of the layer brought an answer.
    pub(super) fn new(answered: bool) -> Self {
        Self {
            calls: MOST_CALLS,
            left_out: MOST_LEFT_OUT,
            until: Instant::now() + LONGEST,
            in_vain: (!answered).then_some(0),
        }
    }

    /// Why the search must end before another call.
    fn ended(&self) -> Option<String> {
        if self.in_vain.is_some_and(|faults| faults >= HOPELESS) {
            return Some(format!("it faulted on every one of {HOPELESS} parts of its input, too"));
        }
        if self.calls == 0 {
            return Some(format!("the instruments behind it were not found within {MOST_CALLS} calls"));
        }
        if Instant::now() > self.until {
            return Some(format!("the instruments behind it were not found within {} s", LONGEST.as_secs()));
        }
        None
    }

    fn count<A>(&mut self, answer: &Result<A, Fault>) {
        self.calls = self.calls.saturating_sub(1);
        self.in_vain = match answer {
            Ok(_) => None,
            Err(_) => self.in_vain.map(|faults| faults + 1),
        };
    }

    fn leave_out(&mut self) -> Result<(), String> {
        match self.left_out.checked_sub(1) {
            Some(left) => self.left_out = left,
            None => return Err(format!("more than {MOST_LEFT_OUT} instruments make it fault")),
        }
        Ok(())
    }
}

/// What a search found.
#[derive(Debug)]
pub(super) struct Found<A> {
    /// Answers with the rows that they are about.
    pub(super) answers: Vec<(Vec<usize>, A)>,
    /// Rows that are left out, with the fault of each.
    pub(super) left_out: Vec<(usize, Fault)>,
}

/// How a search ended.
#[derive(Debug)]
pub(super) enum Ended<A> {
    /// Every row is answered or left out.
    Found(Found<A>),
    /// Nothing is certain; why.
    GivenUp(String),
}

/// Rows of a call that faulted, and its fault.
struct Faulty {
    rows: Vec<usize>,
    fault: Fault,
}

/// Searches within the rows of a call that brought `fault`. `call` asks the layer about some of them, ascending.
///
/// # Errors
/// Those of `call`.
pub(super) fn isolate<A>(
    rows: Vec<usize>,
    fault: Fault,
    budget: &mut Budget,
    call: &mut impl FnMut(&[usize]) -> Result<Result<A, Fault>, EngineError>,
) -> Result<Ended<A>, EngineError> {
    let mut found = Found { answers: Vec::new(), left_out: Vec::new() };
    let mut faulty = vec![Faulty { rows, fault }];
    while let Some(Faulty { mut rows, mut fault }) = faulty.pop() {
        let named = fault.row.and_then(|row| rows.iter().position(|known| *known == row));
        let alone = if rows.len() == 1 { Some(0) } else { named };
        let parts = match alone {
            Some(at) => {
                if let Err(why) = budget.leave_out() {
                    return Ok(Ended::GivenUp(why));
                }
                let row = rows.remove(at);
                fault.row = Some(row);
                found.left_out.push((row, fault));
                vec![rows]
            }
            None => {
                let rest = rows.split_off(rows.len() / 2);
                vec![rows, rest]
            }
        };
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            if let Some(why) = budget.ended() {
                return Ok(Ended::GivenUp(why));
            }
            let answer = call(&part)?;
            budget.count(&answer);
            match answer {
                Ok(answer) => found.answers.push((part, answer)),
                Err(fault) => faulty.push(Faulty { rows: part, fault }),
            }
        }
    }
    Ok(Ended::Found(found))
}

#[cfg(test)]
mod tests;
