//! The numbers by which bars are judged.

/// A close so much higher or lower than the one before is a jump.
pub(crate) const LEAST_JUMP: f64 = 0.3;
/// So many equal, flat bars at the end are no trading.
pub(crate) const PADDED_BARS: usize = 5;
/// An instrument whose newest bar is more sessions behind the newest of its venue has a stale tail.
pub(crate) const STALE_SESSIONS: usize = 5;

/// New shares for old ones, as splits happen.
const SPLITS: [(u32, u32); 16] = [
    (3, 2),
    (2, 1),
    (5, 2),
    (3, 1),
    (4, 1),
    (5, 1),
    (6, 1),
    (7, 1),
    (8, 1),
    (10, 1),
    (12, 1),
    (15, 1),
    (20, 1),
    (25, 1),
    (30, 1),
    (50, 1),
];
/// How far a day's trading may move a price beside the split.
const SPLIT_TOLERANCE: f64 = 0.05;
/// Between a currency and its hundredth, such as pounds and pence.
const UNIT: f64 = 100.0;
/// The same for a change of unit, after which nothing else is near.
const UNIT_TOLERANCE: f64 = 0.15;

/// What a change of the close looks like, when nobody adjusted for it.
pub(crate) fn alike(before: f64, after: f64) -> Option<String> {
    let ratio = before / after;
    let near = |wanted: f64, tolerance: f64| (ratio / wanted - 1.0).abs() <= tolerance;
    if near(UNIT, UNIT_TOLERANCE) || near(1.0 / UNIT, UNIT_TOLERANCE) {
        return Some("a change of unit by 100, as between pounds and pence".to_owned());
    }
    // the nearest of all, in either direction
    let candidates = SPLITS.iter().flat_map(|(new, old)| [(*new, *old), (*old, *new)]);
    candidates
        .map(|(new, old)| (new, old, (ratio * f64::from(old) / f64::from(new) - 1.0).abs()))
        .filter(|(.., distance)| *distance <= SPLIT_TOLERANCE)
        .min_by(|a, b| a.2.total_cmp(&b.2))
        .map(|(new, old, _)| format!("a split of {new} for {old} that nobody adjusted for"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_and_changes_of_unit_are_recognised_in_both_directions() {
        let what = |before, after| alike(before, after).unwrap_or_default();
        assert_eq!(what(404.0, 101.0), "a split of 4 for 1 that nobody adjusted for");
        assert_eq!(what(10.0, 101.0), "a split of 1 for 10 that nobody adjusted for");
        assert_eq!(what(83.03, 40.975), "a split of 2 for 1 that nobody adjusted for");
        assert_eq!(what(30.0, 20.5), "a split of 3 for 2 that nobody adjusted for");
        assert_eq!(what(5.12, 498.0), "a change of unit by 100, as between pounds and pence");
        assert_eq!(what(498.0, 5.12), "a change of unit by 100, as between pounds and pence");
        assert_eq!(alike(100.0, 160.0), None);
        assert_eq!(alike(100.0, 0.001), None);
    }
}
