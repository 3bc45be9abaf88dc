//! Options, seen through the test kit.

use sluice_sdk::Outcome::{self, Abstain, Drop, Keep};
use sluice_sdk::Side;
use sluice_sdk::testkit::{Happening, Judged, Listing, Market, session_opens};

use super::Options;

fn event(ago: u32, numbers: &[(&str, f64)]) -> Happening {
    numbers.iter().fold(Happening::new("options", session_opens(ago)), |event, (name, number)| {
        event.number(name, *number)
    })
}

fn judged(events: &[Happening]) -> Judged {
    let market = Market::new().instrument("X", |i| events.iter().cloned().fold(i, Listing::event));
    market.scan::<Options>().verdict("X").clone()
}

fn of(numbers: &[(&str, f64)]) -> Judged {
    judged(&[event(0, numbers)])
}

fn opinion(judged: &Judged) -> (Outcome, f64, &str) {
    (judged.outcome, judged.score, judged.reason.as_str())
}

#[test]
fn parts_add_up_to_a_hundred_at_most() {
    let some = of(&[("iv-rank", 90.0), ("volume-ratio", 2.5), ("flow", 0.1)]);
    assert_eq!(opinion(&some), (Keep, 40.0, "unusual options"));
    let all = of(&[
        ("iv-rank", 100.0),
        ("volume-ratio", 9.0),
        ("flow", -0.9),
        ("call-sweep-premium", 1e6),
        ("put-sweep-premium", 1e6),
        ("top-strikes-share", 0.9),
    ]);
    assert_eq!(all.score, 100.0);
    assert_eq!(
        opinion(&of(&[("iv-rank", 60.0), ("volume-ratio", 2.0), ("flow", 0.3)])),
        (Drop, 0.0, "usual options")
    );
}

#[test]
fn the_strongest_part_names_the_alert() {
    let kind = |numbers: &[(&str, f64)]| {
        let alert = of(numbers).alerts.remove(0);
        (alert.kind, alert.side)
    };
    assert_eq!(kind(&[("iv-rank", 96.0), ("flow", 0.9)]), ("HIGH_IV_RANK".to_owned(), None));
    assert_eq!(kind(&[("flow", 0.9)]), ("LARGE_OPTIONS_FLOW".to_owned(), Some(Side::Long)));
    assert_eq!(kind(&[("flow", -0.9)]), ("LARGE_OPTIONS_FLOW".to_owned(), Some(Side::Short)));
    assert_eq!(kind(&[("top-strikes-share", 0.6)]), ("UNUSUAL_OPTIONS_ACTIVITY".to_owned(), None));
}

#[test]
fn only_the_newest_event_counts() {
    let judged = judged(&[event(0, &[("volume-ratio", 1.0)]), event(1, &[("volume-ratio", 9.0)])]);
    assert_eq!((judged.outcome, judged.measure("volume-ratio")), (Drop, 1.0));
}

#[test]
fn one_instrument_never_lends_its_strikes_to_another() {
    let market = Market::new()
        .instrument("A", |i| i.event(event(0, &[("top-strikes-share", 0.9)])))
        .instrument("B", |i| i.event(event(0, &[("volume-ratio", 1.0)])));
    assert_eq!(market.scan::<Options>().kept(), ["A"]);
}

#[test]
fn missing_data_is_no_opinion() {
    assert_eq!(
        (judged(&[]).outcome, judged(&[]).reason.as_str()),
        (Abstain, "nothing is known of its options")
    );
    assert_eq!(of(&[("other", 1.0)]).reason, "its options' event has none of the numbers");
    assert_eq!(judged(&[event(20, &[("iv-rank", 99.0)])]).outcome, Abstain, "too old");
}
