use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn fault(row: Option<usize>) -> Fault {
    Fault { text: "broke".to_owned(), row }
}

/// A search among so many rows for a layer that breaks on some of them, and perhaps says on which; with the calls.
fn search(rows: usize, poisonous: &BTreeSet<usize>, names: bool, answered: bool) -> (Ended<()>, usize) {
    let mut calls = 0;
    let broken = |rows: &[usize]| rows.iter().copied().find(|row| poisonous.contains(row));
    let word = |row: usize| fault(names.then_some(row));
    let mut call = |rows: &[usize]| {
        calls += 1;
        Ok(broken(rows).map_or(Ok(()), |row| Err(word(row))))
    };
    let all: Vec<usize> = (0..rows).collect();
    let first = word(broken(&all).unwrap());
    let ended = isolate(all, first, &mut Budget::new(answered), &mut call).unwrap();
    (ended, calls)
}

fn found(ended: Ended<()>) -> (BTreeSet<usize>, Vec<usize>) {
    let Ended::Found(found) = ended else { panic!("{ended:?}") };
    let left_out = found.left_out.iter().map(|(row, _)| *row).collect();
    let mut answered: Vec<usize> = found.answers.into_iter().flat_map(|(rows, ())| rows).collect();
    answered.sort_unstable();
    (left_out, answered)
}

fn given_up(ended: Ended<()>) -> String {
    match ended {
        Ended::GivenUp(why) => why,
        Ended::Found(found) => panic!("{found:?}"),
    }
}

#[test]
fn one_of_512_is_found_in_eighteen_calls() {
    for at in [0, 1, 255, 256, 511] {
        let (ended, calls) = search(512, &BTreeSet::from([at]), false, true);
        let (left_out, answered) = found(ended);
        assert_eq!(left_out, BTreeSet::from([at]));
        assert_eq!(answered.len(), 511);
        assert_eq!(calls, 18);
    }
}

#[test]
fn one_that_the_fault_names_costs_one_more_call() {
    let (ended, calls) = search(512, &BTreeSet::from([77]), true, false);
    assert_eq!((found(ended).0, calls), (BTreeSet::from([77]), 1));
}

#[test]
fn a_layer_that_breaks_on_everything_is_given_up_after_a_few_calls() {
    let (ended, calls) = search(512, &(0..512).collect(), false, false);
    assert_eq!(given_up(ended), "it faulted on every one of 6 parts of its input, too");
    assert_eq!(calls, HOPELESS);
}

#[test]
fn a_layer_that_names_one_after_the_other_is_given_up_when_there_are_too_many() {
    let (ended, calls) = search(512, &(0..512).collect(), true, true);
    assert_eq!(given_up(ended), "more than 8 instruments make it fault");
    assert_eq!(calls, MOST_LEFT_OUT);
}

#[test]
fn a_fault_that_was_the_size_of_the_call_leaves_nobody_out() {
    let mut call = |rows: &[usize]| Ok(if rows.len() > 100 { Err(fault(None)) } else { Ok(()) });
    let ended = isolate((0..512).collect(), fault(None), &mut Budget::new(false), &mut call).unwrap();
    let (left_out, answered) = found(ended);
    assert!(left_out.is_empty());
    assert_eq!(answered, (0..512).collect::<Vec<_>>());
}

#[test]
fn a_name_outside_the_call_is_not_believed() {
    let mut call = |rows: &[usize]| Ok(if rows.contains(&3) { Err(fault(Some(900))) } else { Ok(()) });
    let ended = isolate((0..8).collect(), fault(Some(900)), &mut Budget::new(false), &mut call).unwrap();
    assert_eq!(found(ended).0, BTreeSet::from([3]));
}

#[test]
fn an_error_of_the_scan_ends_the_search() {
    let mut call = |_: &[usize]| Err::<Result<(), Fault>, _>(EngineError::Interrupted);
    let ended = isolate((0..8).collect(), fault(None), &mut Budget::new(false), &mut call);
    assert!(matches!(ended, Err(EngineError::Interrupted)));
}

proptest! {
    #[test]
    fn up_to_eight_are_found_and_every_other_row_is_answered_once(
        rows in 1_usize..600,
        seeds in proptest::collection::vec(any::<prop::sample::Index>(), 1..=MOST_LEFT_OUT),
        names: bool,
    ) {
        let poisonous: BTreeSet<usize> = seeds.iter().map(|seed| seed.index(rows)).collect();
        let (ended, calls) = search(rows, &poisonous, names, true);
        let (left_out, answered) = found(ended);
        prop_assert_eq!(&left_out, &poisonous);
        let others: Vec<usize> = (0..rows).filter(|row| !poisonous.contains(row)).collect();
        prop_assert_eq!(answered, others);
        prop_assert!(calls <= MOST_CALLS, "{} calls", calls);
    }

    #[test]
    fn a_search_ends_within_its_calls_whatever_breaks(rows in 1_usize..600, every in 1_usize..50, names: bool) {
        let poisonous: BTreeSet<usize> = (0..rows).step_by(every).collect();
        let (_, calls) = search(rows, &poisonous, names, false);
        prop_assert!(calls <= MOST_CALLS, "{} calls", calls);
    }
}
