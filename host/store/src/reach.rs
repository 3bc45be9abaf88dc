//! How far the instruments of a scan came: packed into one value, and compared with another scan's.

use crate::ids::{Cause, Movement};

/// Stands for "no stage".
const NO_STAGE: u8 = u8::MAX;
/// Beside the cause: who tells why follows, since it is not [`Usual`].
const UNUSUAL: u8 = 0x80;

/// How far the instrument with a key of the database came.
pub(crate) type Reached = crate::records::Reached<i64>;

/// Who tells why: the stage that stopped it, else the last one, which is also the one that it passed. So it is where every
/// stage has an opinion and nothing was passed before; and in what was stored before there were others.
struct Usual {
    told_by: Option<u8>,
    passed_by: Option<u8>,
    passed_score: f64,
}

impl Usual {
    fn of(level: u8, stopped: Option<u8>, score: f64) -> Self {
        let last = level.checked_sub(1);
        Self {
            told_by: stopped.or(last),
            passed_by: last,
            passed_score: if stopped.is_none() { score } else { f64::NAN },
        }
    }

    fn is(&self, one: &Reached) -> bool {
        (self.told_by, self.passed_by) == (one.told_by, one.passed_by)
            && self.passed_score.to_bits() == one.passed_score.to_bits()
    }
}

/// Ascending by key, each key once. Keys are told by their distances, in bytes of seven bits.
pub(crate) fn pack(reached: &[Reached]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(reached.len() * 13);
    let mut last = 0_i64;
    for one in reached {
        let mut step = one.instrument.wrapping_sub(last).cast_unsigned();
        last = one.instrument;
        while step >= 0x80 {
            bytes.push(low_bits(step) | 0x80);
            step >>= 7;
        }
        bytes.push(low_bits(step));
        let is_usual = Usual::of(one.level, one.stopped, one.score).is(one);
        let cause = one.cause.code() | if is_usual { 0 } else { UNUSUAL };
        bytes.extend([one.level, one.stopped.unwrap_or(NO_STAGE), cause]);
        bytes.extend(one.score.to_bits().to_le_bytes());
        if !is_usual {
            bytes.extend([one.told_by.unwrap_or(NO_STAGE), one.passed_by.unwrap_or(NO_STAGE)]);
            bytes.extend(one.passed_score.to_bits().to_le_bytes());
        }
    }
    bytes
}

fn low_bits(number: u64) -> u8 {
    (number & 0x7f) as u8
}

/// Reads what [`pack`] wrote; none of anything else.
pub(crate) fn unpack(mut bytes: &[u8]) -> Option<Vec<Reached>> {
    let mut reached = Vec::with_capacity(bytes.len() / 12);
    let mut key = 0_i64;
    while !bytes.is_empty() {
        let (mut step, mut shift) = (0_u64, 0_u32);
        loop {
            let (byte, rest) = bytes.split_first()?;
            bytes = rest;
            step |= u64::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        key = key.wrapping_add(step.cast_signed());
        let (head, rest) = bytes.split_first_chunk::<3>()?;
        bytes = rest;
        let [level, stopped, cause] = *head;
        let (stopped, score) = (stage(stopped), number(&mut bytes)?);
        let Usual { mut told_by, mut passed_by, mut passed_score } = Usual::of(level, stopped, score);
        if cause & UNUSUAL != 0 {
            let (stages, rest) = bytes.split_first_chunk::<2>()?;
            bytes = rest;
            [told_by, passed_by] = stages.map(stage);
            passed_score = number(&mut bytes)?;
        }
        let cause = Cause::of_code(cause & !UNUSUAL)?;
        reached.push(Reached {
            instrument: key,
            level,
            stopped,
            cause,
            told_by,
            score,
            passed_by,
            passed_score,
        });
    }
    Some(reached)
}

fn stage(byte: u8) -> Option<u8> {
    (byte != NO_STAGE).then_some(byte)
}

/// Takes a number off the front.
fn number(bytes: &mut &[u8]) -> Option<f64> {
    let (number, rest) = bytes.split_first_chunk::<8>()?;
    *bytes = rest;
    Some(f64::from_bits(u64::from_le_bytes(*number)))
}

impl Reached {
    /// Whether the stage that tells why speaks for the instrument: it let it through, or others had better scores.
    pub(crate) fn is_told_for_it(&self) -> bool {
        self.told_by != self.stopped || self.cause == Cause::MaxSymbols
    }
}

/// An instrument that came further than before, or less far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moved {
    pub(crate) key: i64,
    pub(crate) kind: Movement,
    /// Levels before and after.
    pub(crate) from: u8,
    pub(crate) to: u8,
    /// The stage whose layers tell why: the last one with an opinion that it passed when it came further, else the one that
    /// tells why it went no further.
    pub(crate) told_by: Option<u8>,
    /// Whether those of its layers tell why that kept the instrument, else the others.
    pub(crate) by_keepers: bool,
    pub(crate) cause: Cause,
    pub(crate) score: f64,
}

/// Everything that moved, by key; both ascending by key.
pub(crate) fn compare(before: &[Reached], after: &[Reached]) -> Vec<Moved> {
    let mut moved = Vec::new();
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let key = match (before.peek(), after.peek()) {
            (Some(old), Some(new)) => old.instrument.min(new.instrument),
            (Some(one), None) | (None, Some(one)) => one.instrument,
            (None, None) => return moved,
        };
        let old = before.next_if(|one| one.instrument == key).map_or(0, |one| one.level);
        let new = after.next_if(|one| one.instrument == key);
        let level = new.map_or(0, |one| one.level);
        let kind = match (old, level) {
            (old, new) if old == new => continue,
            (0, _) => Movement::Entered,
            (_, 0) => Movement::Left,
            (old, new) if new > old => Movement::Promoted,
            _ => Movement::Demoted,
        };
        let (told_by, by_keepers, cause, score) = match new {
            None => (None, false, Cause::Unlisted, f64::NAN),
            Some(one) if level > old => (one.passed_by, true, Cause::Passed, one.passed_score),
            Some(one) => (one.told_by, one.is_told_for_it(), one.cause, one.score),
        };
        moved.push(Moved { key, kind, from: old, to: level, told_by, by_keepers, cause, score });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(key: i64, level: u8, stopped: Option<u8>, cause: Cause) -> Reached {
        let (score, Usual { told_by, passed_by, passed_score }) = (12.5, Usual::of(level, stopped, 12.5));
        Reached { instrument: key, level, stopped, cause, told_by, score, passed_by, passed_score }
    }

    #[test]
    fn what_moved_is_told_with_the_stage_that_tells_why() {
        let before = [
            one(1, 3, None, Cause::Passed),
            one(2, 1, Some(1), Cause::Verdict),
            one(3, 3, None, Cause::Passed),
            one(4, 2, Some(2), Cause::Threshold),
            one(6, 3, None, Cause::Passed),
        ];
        let after = [
            one(1, 3, None, Cause::Passed),
            one(2, 3, None, Cause::Passed),
            one(3, 2, Some(2), Cause::MaxSymbols),
            one(5, 1, Some(1), Cause::NoOpinion),
            one(6, 0, Some(0), Cause::Verdict),
        ];
        let told: Vec<_> = compare(&before, &after)
            .iter()
            .map(|moved| (moved.key, moved.kind, moved.from, moved.to, moved.told_by, moved.cause))
            .collect();
        assert_eq!(
            told,
            [
                (2, Movement::Promoted, 1, 3, Some(2), Cause::Passed),
                (3, Movement::Demoted, 3, 2, Some(2), Cause::MaxSymbols),
                (4, Movement::Left, 2, 0, None, Cause::Unlisted),
                (5, Movement::Entered, 0, 1, Some(0), Cause::Passed),
                (6, Movement::Left, 3, 0, Some(0), Cause::Verdict),
            ]
        );
        assert!(compare(&after, &after).is_empty());
    }

    #[test]
    fn the_last_stage_with_an_opinion_tells_why_and_its_score_is_told() {
        let before = [
            one(1, 1, Some(1), Cause::Verdict),
            one(2, 1, Some(1), Cause::Verdict),
            one(3, 4, None, Cause::Passed),
            one(4, 4, None, Cause::Passed),
        ];
        // the last of four stages, place 3, has no opinion on the first and the third; the second is stopped there
        let after = [
            Reached { told_by: Some(2), score: 100.0, passed_by: Some(2), passed_score: 100.0, ..before[2] },
            Reached { passed_by: Some(1), passed_score: 70.0, ..one(2, 3, Some(3), Cause::Verdict) },
            Reached {
                told_by: Some(2),
                score: 61.0,
                passed_by: Some(2),
                passed_score: 61.0,
                ..one(3, 3, Some(3), Cause::MaxSymbols)
            },
            one(4, 3, Some(3), Cause::Threshold),
        ];
        let after = [Reached { instrument: 1, ..after[0] }, after[1], after[2], after[3]];
        let told: Vec<_> = compare(&before, &unpack(&pack(&after)).unwrap())
            .iter()
            .map(|moved| (moved.key, moved.kind, moved.told_by, moved.by_keepers, moved.cause, moved.score))
            .collect();
        assert_eq!(
            told,
            [
                (1, Movement::Promoted, Some(2), true, Cause::Passed, 100.0),
                (2, Movement::Promoted, Some(1), true, Cause::Passed, 70.0),
                (3, Movement::Demoted, Some(2), true, Cause::MaxSymbols, 61.0),
                (4, Movement::Demoted, Some(3), false, Cause::Threshold, 12.5),
            ]
        );
    }

    #[test]
    fn what_was_packed_before_the_stage_that_tells_was_kept_still_reads() {
        // key 7, level 2, stopped at place 2 by its threshold; then key 8, which came through three stages
        let mut bytes = vec![7, 2, 2, Cause::Threshold.code()];
        bytes.extend(40.0_f64.to_le_bytes());
        bytes.extend([1, 3, NO_STAGE, Cause::Passed.code()]);
        bytes.extend(90.0_f64.to_le_bytes());
        let read = unpack(&bytes).unwrap();
        assert_eq!((read[0].told_by, read[0].score, read[0].passed_by), (Some(2), 40.0, Some(1)));
        assert!(read[0].passed_score.is_nan());
        assert_eq!((read[1].told_by, read[1].passed_by, read[1].passed_score), (Some(2), Some(2), 90.0));
        assert_eq!(pack(&read), bytes);
    }

    proptest! {
        #[test]
        fn packed_values_read_back(
            keys in proptest::collection::btree_set(0_i64.., 0..40),
            rest in proptest::collection::vec((0_u8..9, proptest::option::of(0_u8..9), 0_u8..7, any::<u64>()), 40),
            told in proptest::collection::vec(proptest::option::of((0_u8..9, 0_u8..9, any::<u64>())), 40),
        ) {
            let reached: Vec<Reached> = keys
                .into_iter()
                .zip(rest)
                .zip(told)
                .map(|((key, (level, stopped, cause, bits)), told)| {
                    let (score, cause) = (f64::from_bits(bits), Cause::of_code(cause).unwrap());
                    let Usual { told_by, passed_by, passed_score } = Usual::of(level, stopped, score);
                    let usual = Reached { instrument: key, level, stopped, cause, told_by, score, passed_by, passed_score };
                    told.map_or(usual, |(told_by, passed_by, bits)| Reached {
                        told_by: Some(told_by),
                        passed_by: Some(passed_by),
                        passed_score: f64::from_bits(bits),
                        ..usual
                    })
                })
                .collect();
            let scores = |one: &Reached| (one.score.to_bits(), one.passed_score.to_bits());
            let bits = |all: &[Reached]| format!("{all:?} {:?}", all.iter().map(scores).collect::<Vec<_>>());
            prop_assert_eq!(bits(&unpack(&pack(&reached)).unwrap()), bits(&reached));
        }

        #[test]
        fn made_up_bytes_are_refused_or_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = unpack(&bytes);
        }
    }
}
