//! How far the instruments of a scan came: packed into one value, and compared with another scan's.

use crate::ids::{Cause, Movement};

/// Stands for "no stage stopped it".
const NO_STAGE: u8 = u8::MAX;

/// How far one instrument came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reached {
    /// The instrument's key in the database.
    pub(crate) key: i64,
    /// Place of the last stage that let it through, from 1; 0: none did.
    pub(crate) level: u8,
    /// Place from 0 of the stage that stopped it; none when it came through.
    pub(crate) stopped: Option<u8>,
    pub(crate) cause: Cause,
    /// Of the stage that stopped it, else of the last one; NaN: none.
    pub(crate) score: f64,
}

/// Ascending by key, each key once. Keys are told by their distances, in bytes of seven bits.
pub(crate) fn pack(reached: &[Reached]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(reached.len() * 13);
    let mut last = 0_i64;
    for one in reached {
        let mut step = one.key.wrapping_sub(last).cast_unsigned();
        last = one.key;
        while step >= 0x80 {
            bytes.push(low_bits(step) | 0x80);
            step >>= 7;
        }
        bytes.push(low_bits(step));
        bytes.extend([one.level, one.stopped.unwrap_or(NO_STAGE), one.cause.code()]);
        bytes.extend(one.score.to_bits().to_le_bytes());
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
        let (score, rest) = rest.split_first_chunk::<8>()?;
        bytes = rest;
        let [level, stopped, cause] = *head;
        reached.push(Reached {
            key,
            level,
            stopped: (stopped != NO_STAGE).then_some(stopped),
            cause: Cause::of_code(cause)?,
            score: f64::from_bits(u64::from_le_bytes(*score)),
        });
    }
    Some(reached)
}

/// An instrument that came further than before, or less far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moved {
    pub(crate) key: i64,
    pub(crate) kind: Movement,
    /// Levels before and after.
    pub(crate) from: u8,
    pub(crate) to: u8,
    /// The stage whose layers tell why: the one that it passed last when it came further, else the one that stopped it.
    pub(crate) told_by: Option<u8>,
    pub(crate) cause: Cause,
    pub(crate) score: f64,
}

/// Everything that moved, by key; both ascending by key.
pub(crate) fn compare(before: &[Reached], after: &[Reached]) -> Vec<Moved> {
    let mut moved = Vec::new();
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let key = match (before.peek(), after.peek()) {
            (Some(old), Some(new)) => old.key.min(new.key),
            (Some(one), None) | (None, Some(one)) => one.key,
            (None, None) => return moved,
        };
        let old = before.next_if(|one| one.key == key).map_or(0, |one| one.level);
        let new = after.next_if(|one| one.key == key);
        let level = new.map_or(0, |one| one.level);
        let kind = match (old, level) {
            (old, new) if old == new => continue,
            (0, _) => Movement::Entered,
            (_, 0) => Movement::Left,
            (old, new) if new > old => Movement::Promoted,
            _ => Movement::Demoted,
        };
        let unlisted = Reached { key, level: 0, stopped: None, cause: Cause::Unlisted, score: f64::NAN };
        let one = new.copied().unwrap_or(unlisted);
        let is_up = level > old;
        // the score is that of the stage that stopped it, which tells nothing of how it came there
        let is_told = !is_up || one.stopped.is_none();
        moved.push(Moved {
            key,
            kind,
            from: old,
            to: level,
            told_by: if is_up { level.checked_sub(1) } else { one.stopped },
            cause: if is_up { Cause::Passed } else { one.cause },
            score: if is_told { one.score } else { f64::NAN },
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(key: i64, level: u8, stopped: Option<u8>, cause: Cause) -> Reached {
        Reached { key, level, stopped, cause, score: 12.5 }
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

    proptest! {
        #[test]
        fn packed_values_read_back(
            keys in proptest::collection::btree_set(0_i64.., 0..40),
            rest in proptest::collection::vec((0_u8..9, proptest::option::of(0_u8..9), 0_u8..7, any::<u64>()), 40),
        ) {
            let reached: Vec<Reached> = keys
                .into_iter()
                .zip(rest)
                .map(|(key, (level, stopped, cause, bits))| Reached {
                    key,
                    level,
                    stopped,
                    cause: Cause::of_code(cause).unwrap(),
                    score: f64::from_bits(bits),
                })
                .collect();
            let bits = |all: &[Reached]| format!("{all:?} {:?}", all.iter().map(|one| one.score.to_bits()).collect::<Vec<_>>());
            prop_assert_eq!(bits(&unpack(&pack(&reached)).unwrap()), bits(&reached));
        }

        #[test]
        fn made_up_bytes_are_refused_or_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = unpack(&bytes);
        }
    }
}
