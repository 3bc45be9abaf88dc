use proptest::prelude::*;

use super::*;

const RAW: Basis = Basis { splits: false, dividends: false, through: i64::MIN };

fn split_adjusted(through: i64) -> Basis {
    Basis { splits: true, dividends: false, through }
}

fn totally_adjusted(through: i64) -> Basis {
    Basis { splits: true, dividends: true, through }
}

fn split(ex: i64, ratio: f64) -> Step {
    Step { ex, effect: Effect::Split(ratio), known: true }
}

fn dividend(ex: i64, cash: f64) -> Step {
    Step { ex, effect: Effect::Dividend(cash), known: true }
}

fn wanted(adjustment: Adjustment, until: i64) -> Wanted {
    Wanted { adjustment, until }
}

/// The prices of bars on the days 1, 2, 3… after the adjustment.
fn prices(steps: &[Step], wanted: Wanted, stored: &[f64], basis: &dyn Fn(usize) -> Basis) -> Vec<f64> {
    let times: Vec<i64> = (1..).take(stored.len()).collect();
    let history = History { times: &times, closes: stored };
    let mut prices = stored.to_vec();
    for run in runs(steps, wanted, history, times.len(), basis) {
        run.adjust_prices(&mut prices);
    }
    prices
}

fn raw(steps: &[Step], wanted: Wanted, stored: &[f64]) -> Vec<f64> {
    prices(steps, wanted, stored, &|_| RAW)
}

#[test]
fn a_split_between_two_imports_leaves_no_false_fall() {
    // closes 400 and 404, a split 4:1, then 101
    let stored = [400.0, 404.0, 101.0];
    let seen = raw(&[split(3, 4.0)], wanted(Adjustment::Split, 3), &stored);
    assert_eq!(seen, [100.0, 101.0, 101.0]);
    // the first two came in a file that ended on day 2, adjusted for what had happened until then
    let of_file = |row| split_adjusted(if row < 2 { 2 } else { 3 });
    assert_eq!(prices(&[split(3, 4.0)], wanted(Adjustment::Split, 3), &stored, &of_file), seen);
}

#[test]
fn a_price_is_never_above_its_high_of_a_year_because_of_a_split() {
    let mut stored = vec![1000.0; 100];
    stored.push(101.0);
    let seen = raw(&[split(101, 10.0)], wanted(Adjustment::Split, 101), &stored);
    let high = seen.iter().copied().fold(0.0, f64::max);
    assert_eq!((high, seen[100] / high), (101.0, 1.0));
}

#[test]
fn a_scan_as_of_a_day_before_a_split_does_not_know_it() {
    let stored = [400.0, 404.0];
    assert_eq!(raw(&[split(3, 4.0)], wanted(Adjustment::Split, 2), &stored), stored);
    let unknown = Step { known: false, ..split(2, 4.0) };
    assert_eq!(raw(&[unknown], wanted(Adjustment::Split, 2), &stored), stored);
}

#[test]
fn what_a_later_file_was_adjusted_for_is_taken_back() {
    // the file ends on day 3, after the split: its prices of days 1 and 2 were divided by 4 when it was made
    let steps = [split(3, 4.0)];
    let stored = [100.0, 101.0, 101.0];
    let basis = |_| split_adjusted(3);
    assert_eq!(prices(&steps, wanted(Adjustment::Split, 2), &stored[..2], &basis), [400.0, 404.0]);
    assert_eq!(prices(&steps, wanted(Adjustment::Split, 3), &stored, &basis), stored);
    assert_eq!(prices(&steps, wanted(Adjustment::Raw, 3), &stored, &basis), [400.0, 404.0, 101.0]);
}

#[test]
fn raw_prices_stay_as_they_are() {
    let stored = [400.0, 404.0, 101.0];
    assert_eq!(raw(&[split(3, 4.0), dividend(2, 4.0)], wanted(Adjustment::Raw, 3), &stored), stored);
}

#[test]
fn several_splits_multiply_and_a_reverse_split_raises_prices() {
    let stored = [60.0, 20.0, 200.0];
    let steps = [split(2, 3.0), split(3, 0.1)];
    let seen = raw(&steps, wanted(Adjustment::Split, 3), &stored);
    assert!(seen.iter().all(|price| (price - 200.0).abs() < 1e-9), "{seen:?}");
}

#[test]
fn volume_goes_the_other_way() {
    let times = [1, 2];
    let history = History { times: &times, closes: &[] };
    let mut volumes = [1000.0, 5000.0];
    for run in runs(&[split(2, 4.0)], wanted(Adjustment::Split, 2), history, 2, &|_| RAW) {
        run.adjust_volumes(&mut volumes);
    }
    assert_eq!(volumes, [4000.0, 5000.0]);
    for run in runs(&[split(2, 4.0)], wanted(Adjustment::Split, 1), history, 1, &|_| split_adjusted(2)) {
        run.adjust_volumes(&mut volumes);
    }
    assert_eq!(volumes, [1000.0, 5000.0]);
}

#[test]
fn a_dividend_lowers_what_was_before_by_its_share_of_the_close() {
    let stored = [98.0, 100.0, 95.0, 96.0];
    let seen = raw(&[dividend(3, 5.0)], wanted(Adjustment::Total, 4), &stored);
    assert_eq!(seen, [98.0 * 0.95, 95.0, 95.0, 96.0]);
    // and changes neither volumes nor what asks for splits only
    assert_eq!(raw(&[dividend(3, 5.0)], wanted(Adjustment::Split, 4), &stored), stored);
    let history = History { times: &[1, 2, 3, 4], closes: &stored };
    let mut volumes = [10.0; 4];
    for run in runs(&[dividend(3, 5.0)], wanted(Adjustment::Total, 4), history, 4, &|_| RAW) {
        run.adjust_volumes(&mut volumes);
    }
    assert_eq!(volumes, [10.0; 4]);
}

#[test]
fn a_dividend_on_the_day_of_a_split_is_one_of_the_new_shares() {
    // 100 before a split 4:1 is 25 of the new footing; a dividend of 5 is a fifth of it
    let steps = [dividend(2, 5.0), split(2, 4.0)];
    assert_eq!(raw(&steps, wanted(Adjustment::Total, 2), &[100.0, 20.0]), [20.0, 20.0]);
}

#[test]
fn a_dividend_as_large_as_the_price_or_without_a_close_before_it_changes_nothing() {
    let stored = [4.0, 4.0];
    assert_eq!(raw(&[dividend(2, 5.0)], wanted(Adjustment::Total, 2), &stored), stored);
    let unknown = [f64::NAN, 4.0];
    assert_eq!(raw(&[dividend(2, 1.0)], wanted(Adjustment::Total, 2), &unknown)[1], 4.0);
}

#[test]
fn bars_that_no_action_touches_are_not_touched() {
    let times = [1, 2, 3];
    let history = History { times: &times, closes: &[] };
    let none = |steps: &[Step], basis| runs(steps, wanted(Adjustment::Split, 3), history, 3, &|_| basis);
    assert_eq!(none(&[], RAW), []);
    assert_eq!(none(&[split(1, 2.0)], RAW), []);
    assert_eq!(none(&[split(4, 2.0)], RAW), []);
    assert_eq!(none(&[split(3, 2.0)], split_adjusted(3)), []);
}

/// Traded prices by day and the actions between them.
fn market() -> impl Strategy<Value = (Vec<f64>, Vec<Step>)> {
    let prices = proptest::collection::vec(10.0..100.0_f64, 12);
    let effect = prop_oneof![
        prop_oneof![Just(2.0), Just(4.0), Just(0.5)].prop_map(Effect::Split),
        (0.1..5.0_f64).prop_map(Effect::Dividend),
    ];
    let steps = proptest::collection::btree_map(2..=12_i64, (effect, any::<bool>()), 0..4);
    let step = |(ex, (effect, known))| Step { ex, effect, known };
    (prices, steps.prop_map(move |steps| steps.into_iter().map(step).collect()))
}

proptest! {
    /// Whatever the files had been adjusted for, the same is seen.
    #[test]
    fn what_is_seen_does_not_depend_on_what_was_stored(
        (traded, steps) in market(),
        until in 1..=12_i64,
        through in 1..=12_i64,
        ask in prop_oneof![Just(Adjustment::Raw), Just(Adjustment::Split), Just(Adjustment::Total)],
        dividends in any::<bool>(),
    ) {
        let as_of = wanted(ask, until);
        // a file made on a day is what somebody saw who knew everything then
        let of_vendor: Vec<Step> = steps.iter().map(|step| Step { known: true, ..*step }).collect();
        let kind = if dividends { Adjustment::Total } else { Adjustment::Split };
        let stored = raw(&of_vendor, wanted(kind, through), &traded);
        let basis = Basis { splits: true, dividends, through };
        let seen = prices(&steps, as_of, &stored, &|_| basis);
        let truth = raw(&steps, as_of, &traded);
        for (day, (seen, truth)) in (1..=until.min(through)).zip(seen.iter().zip(&truth)) {
            prop_assert!((seen / truth - 1.0).abs() < 1e-12, "day {day}: {seen} instead of {truth}");
        }
    }

    /// What comes after the day of the question changes nothing.
    #[test]
    fn later_actions_and_bars_change_nothing((traded, steps) in market(), until in 1..=12_i64) {
        let known: Vec<Step> = steps.iter().copied().filter(|step| step.ex <= until).collect();
        let count = usize::try_from(until).unwrap();
        for ask in [Adjustment::Split, Adjustment::Total] {
            let full = raw(&steps, wanted(ask, until), &traded);
            let cut = raw(&known, wanted(ask, until), &traded[..count]);
            prop_assert_eq!(&full[..count], &cut[..]);
        }
    }
}

#[test]
fn the_closes_are_only_wanted_where_dividends_count() {
    let steps = [split(2, 2.0), dividend(3, 1.0)];
    assert!(needs_closes(&steps, wanted(Adjustment::Total, 5), false));
    assert!(needs_closes(&steps, wanted(Adjustment::Raw, 5), true));
    assert!(!needs_closes(&steps, wanted(Adjustment::Split, 5), false));
    assert!(!needs_closes(&steps[..1], wanted(Adjustment::Total, 5), true));
    let totally = prices(&steps[1..], wanted(Adjustment::Raw, 5), &[9.0, 9.0, 9.0], &|_| totally_adjusted(3));
    assert_eq!(totally, [10.0, 10.0, 9.0]);
}
