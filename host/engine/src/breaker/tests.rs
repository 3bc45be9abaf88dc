//! One breaker through its life, step by step; [`properties`] does the same with anything.

mod properties;

use super::*;
use sluice_store::{AuditAction, BreakerChange, BreakerRow, BreakerState};
use std::time::Duration;

/// Where the tests begin: 2025-06-30T20:00:00Z.
const START: i64 = 1_751_313_600_000;
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// A breaker with its clock, and the last thing that became of it.
struct Life {
    rules: BreakerRules,
    row: BreakerRow,
    now: i64,
    noted: Vec<AuditAction>,
}

impl Life {
    fn new() -> Self {
        let row = BreakerRow::closed("a/b", "d1");
        Self { rules: BreakerRules::default(), row, now: START, noted: Vec::new() }
    }

    fn take<T>(&mut self, change: BreakerChange<Decided<T>>) -> T {
        let (before, note) = (self.row.state, change.note);
        assert_eq!(note.is_some(), change.answer.transition.is_some());
        if let (Some(note), Some(transition)) = (&note, &change.answer.transition) {
            assert_eq!((transition.from, transition.to), (before, change.row.state));
            assert_eq!((transition.layer.as_str(), transition.digest.as_str()), ("a/b", "d1"));
            assert_eq!(transition.action, note.action);
            self.noted.push(note.action);
        } else {
            assert_eq!(before, change.row.state, "a silent transition");
        }
        self.row = change.row;
        change.answer.value
    }

    fn admit(&mut self, who: &str) -> Admission {
        let change = admit(&self.rules, self.row.clone(), self.now, who);
        self.take(change)
    }

    fn report(&mut self, who: &str, conduct: &Conduct) {
        let change = report(&self.rules, self.row.clone(), self.now, who, conduct, 0.5);
        self.take(change);
    }

    fn reset(&mut self) -> bool {
        let change = reset(self.row.clone(), self.now);
        self.take(change)
    }

    fn trip(&mut self, reason: &str) -> bool {
        let change = trip(self.row.clone(), self.now, reason);
        self.take(change)
    }

    fn after(&mut self, millis: i64) -> &mut Self {
        self.now += millis;
        self
    }

    fn refusal(&mut self, who: &str) -> Refusal {
        match self.admit(who) {
            Admission::Refused(refusal) => refusal,
            other => panic!("{other:?}"),
        }
    }

    /// Opened by a scan in which nothing worked.
    fn opened() -> Self {
        let mut life = Self::new();
        life.report("s0", &broken());
        life
    }
}

fn faults(count: usize) -> Conduct {
    let faults = (1..=count).map(|number| format!("fault {number}")).collect();
    Conduct { faults, all_faulted: false, calls: 40 }
}

fn broken() -> Conduct {
    Conduct { all_faulted: true, ..faults(1) }
}

fn good() -> Conduct {
    faults(0)
}

/// A scan in which the layer was not called: the stage above let nothing through, or somebody stopped it.
fn nothing() -> Conduct {
    Conduct::default()
}

#[test]
fn a_layer_that_works_has_a_plain_breaker_for_ever() {
    let mut life = Life::new();
    for _ in 0..100 {
        assert_eq!(life.after(MINUTE).admit("s"), Admission::Closed);
        life.report("s", &good());
        assert_eq!(life.row, BreakerRow::closed("a/b", "d1"));
    }
    assert_eq!(life.noted, []);
}

#[test]
fn the_fifth_fault_within_ten_minutes_opens_it_and_the_fourth_does_not() {
    let mut life = Life::new();
    for number in 1..=4 {
        life.report("s", &faults(1));
        assert_eq!((life.row.state, life.row.faults.len()), (BreakerState::Closed, number));
        life.after(2 * MINUTE);
    }
    life.report("s", &faults(1));
    assert_eq!(life.row.state, BreakerState::Open);
    assert_eq!((life.row.opened_at, life.row.retry_at), (Some(life.now), Some(life.now + MINUTE)));
    assert_eq!(life.row.last_fault.as_deref(), Some("fault 1"));
    assert_eq!(life.noted, [AuditAction::BreakerOpened]);
}

#[test]
fn a_fault_counts_for_ten_minutes_and_not_a_millisecond_longer() {
    for (age, state) in [(10 * MINUTE - 1, BreakerState::Open), (10 * MINUTE, BreakerState::Closed)] {
        let mut life = Life::new();
        life.report("s", &faults(1));
        life.after(age).report("s", &faults(4));
        assert_eq!(life.row.state, state, "{age}");
    }
}

#[test]
fn five_faults_of_one_scan_open_it_and_four_do_not() {
    let mut life = Life::new();
    life.report("s", &faults(4));
    assert_eq!(life.row.state, BreakerState::Closed);
    let mut life = Life::new();
    life.report("s", &faults(5));
    assert_eq!((life.row.state, life.row.last_fault.as_deref()), (BreakerState::Open, Some("fault 5")));
}

#[test]
fn a_scan_in_which_every_call_faulted_opens_it_at_once() {
    let life = Life::opened();
    assert_eq!((life.row.state, life.row.faults.as_slice()), (BreakerState::Open, &[START][..]));
    let mut wordless = Life::new();
    wordless.report("s", &Conduct { all_faulted: true, ..nothing() });
    assert_eq!(wordless.row.state, BreakerState::Open);
    assert_eq!(wordless.row.last_fault.as_deref(), Some("every call faulted"));
}

#[test]
fn good_scans_alone_never_open_it_even_when_the_rules_became_stricter() {
    let mut life = Life::new();
    life.report("s", &faults(4));
    life.rules.faults = 2;
    life.report("s", &good());
    assert_eq!((life.row.state, life.row.faults.len()), (BreakerState::Closed, 2));
}

#[test]
fn an_open_one_refuses_until_its_wait_is_over_then_admits_one_probe() {
    let mut life = Life::opened();
    let refusal = life.after(MINUTE - 1).refusal("s1");
    assert_eq!((refusal.state, refusal.opened_at), (BreakerState::Open, Some(START)));
    assert_eq!(refusal.retry_at, Some(START + MINUTE));
    assert!(!is_due(&life.row, life.now));
    assert!(is_due(&life.row, life.now + 1));
    assert_eq!(life.after(1).admit("s1"), Admission::Probe);
    assert_eq!((life.row.state, life.row.probe.as_deref()), (BreakerState::HalfOpen, Some("s1")));
    let refusal = life.refusal("s2");
    assert_eq!((refusal.state, refusal.retry_at), (BreakerState::HalfOpen, Some(life.now + 10 * MINUTE)));
    assert_eq!(life.admit("s1"), Admission::Probe, "the one that probes may ask again");
    assert_eq!(life.noted, [AuditAction::BreakerOpened, AuditAction::BreakerProbed]);
}

#[test]
fn a_probe_that_works_closes_it() {
    let mut life = Life::opened();
    life.after(MINUTE).admit("s1");
    life.after(SECOND).report("s1", &good());
    let row = &life.row;
    assert_eq!((row.state, row.openings, row.faults.len()), (BreakerState::Closed, 1, 0));
    assert_eq!((row.opened_at, row.retry_at, &row.probe, row.probe_until), (None, None, &None, None));
    assert_eq!(row.last_fault.as_deref(), Some("fault 1"), "to be seen later");
    assert_eq!((row.changed_at, life.admit("s2")), (life.now, Admission::Closed));
    assert_eq!(life.noted.last(), Some(&AuditAction::BreakerClosed));
}

#[test]
fn a_probe_with_few_faults_closes_it_and_they_count() {
    let mut life = Life::opened();
    life.after(MINUTE).admit("s1");
    life.report("s1", &faults(4));
    assert_eq!((life.row.state, life.row.faults.as_slice()), (BreakerState::Closed, &[life.now; 4][..]));
    life.after(SECOND).report("s2", &faults(1));
    assert_eq!((life.row.state, life.row.openings), (BreakerState::Open, 2));
}

#[test]
fn a_probe_that_fails_opens_it_again_for_twice_as_long_until_it_is_quarantined() {
    let mut life = Life::opened();
    for wait in [1, 2, 4, 8] {
        assert_eq!(life.row.retry_at, Some(life.now + wait * MINUTE));
        assert_eq!(life.after(wait * MINUTE).admit("s"), Admission::Probe);
        life.report("s", &broken());
    }
    assert_eq!((life.row.state, life.row.openings), (BreakerState::Quarantined, 5));
    assert_eq!((life.row.retry_at, life.row.opened_at), (None, Some(life.now)));
    let refusal = life.after(1_000 * HOUR).refusal("s");
    assert_eq!((refusal.state, refusal.openings, refusal.retry_at), (BreakerState::Quarantined, 5, None));
    assert_eq!(life.noted.last(), Some(&AuditAction::BreakerQuarantined));
}

#[test]
fn openings_are_forgotten_after_a_day_without_a_fault() {
    for (hours, openings) in [(23, 3), (24, 1)] {
        let mut life = Life::opened();
        life.after(MINUTE).admit("s");
        life.report("s", &broken());
        life.after(2 * MINUTE).admit("s");
        life.report("s", &good());
        assert_eq!(life.row.openings, 2);
        life.after(hours * HOUR).report("s", &broken());
        assert_eq!(life.row.openings, openings, "after {hours} hours");
    }
}

#[test]
fn a_fault_begins_the_healthy_day_anew() {
    let mut life = Life::opened();
    life.after(MINUTE).admit("s");
    life.report("s", &good());
    life.after(23 * HOUR).report("s", &faults(1));
    life.after(23 * HOUR).report("s", &good());
    assert_eq!((life.row.openings, is_plain(&life.row)), (1, false));
    life.after(HOUR).report("s", &good());
    assert_eq!((life.row.openings, is_plain(&life.row)), (0, true));
}

#[test]
fn time_that_it_was_open_is_not_healthy() {
    let mut life = Life::opened();
    life.after(48 * HOUR).admit("s");
    life.report("s", &broken());
    assert_eq!((life.row.state, life.row.openings), (BreakerState::Open, 2));
}

#[test]
fn a_probe_that_died_is_forgotten_after_its_time_and_its_word_counts_as_long_as_nobody_took_over() {
    let mut life = Life::opened();
    life.after(MINUTE).admit("dead");
    life.after(10 * MINUTE - 1).refusal("s2");
    let mut late =
        Life { row: life.row.clone(), rules: life.rules.clone(), noted: vec![], now: life.now + MINUTE };
    late.report("dead", &good());
    assert_eq!(late.row.state, BreakerState::Closed);
    assert_eq!(life.after(1).admit("s2"), Admission::Probe);
    for conduct in [good(), broken()] {
        life.report("dead", &conduct);
        assert_eq!((life.row.state, life.row.probe.as_deref()), (BreakerState::HalfOpen, Some("s2")));
    }
    assert_eq!(life.row.openings, 1);
}

#[test]
fn a_probe_without_a_single_call_makes_room_for_the_next() {
    let mut life = Life::opened();
    life.after(MINUTE).admit("s1");
    life.report("s1", &nothing());
    assert_eq!((life.row.state, &life.row.probe), (BreakerState::HalfOpen, &None));
    assert!(is_due(&life.row, life.now));
    assert_eq!(life.admit("s2"), Admission::Probe);
    life.report("s1", &nothing());
    assert_eq!(life.row.probe.as_deref(), Some("s2"), "only its own place");
}

#[test]
fn scans_that_ran_at_once_open_it_once() {
    let mut life = Life::opened();
    let retry_at = life.row.retry_at;
    life.after(SECOND).report("s1", &broken());
    life.after(SECOND).report("s2", &good());
    assert_eq!((life.row.state, life.row.openings, life.row.retry_at), (BreakerState::Open, 1, retry_at));
    assert_eq!(life.row.last_fault_at, Some(START + SECOND));
    assert_eq!(life.noted, [AuditAction::BreakerOpened]);
}

#[test]
fn an_operators_reset_closes_it_and_forgets_what_counted() {
    let mut life = Life::opened();
    assert!(life.after(SECOND).reset());
    assert!(is_plain(&life.row));
    assert_eq!((life.row.last_fault.as_deref(), life.row.changed_at), (Some("fault 1"), life.now));
    assert_eq!(life.admit("s"), Admission::Closed);
    assert!(!life.reset(), "there is nothing left to do");
    assert_eq!(life.noted, [AuditAction::BreakerOpened, AuditAction::BreakerReset]);
}

#[test]
fn a_reset_also_forgets_the_faults_of_a_closed_one() {
    let mut life = Life::new();
    life.report("s", &faults(4));
    assert!(!is_plain(&life.row));
    assert!(life.reset());
    life.report("s", &faults(4));
    assert_eq!(life.row.state, BreakerState::Closed);
}

#[test]
fn an_operators_trip_holds_until_a_reset_whatever_scans_report() {
    let mut life = Life::new();
    assert!(life.trip("it lies"));
    assert_eq!((life.row.state, life.row.opened_at), (BreakerState::Quarantined, Some(START)));
    life.after(48 * HOUR).report("s", &good());
    life.report("s", &broken());
    let refusal = life.refusal("s");
    assert_eq!((refusal.reason.as_deref(), refusal.retry_at), (Some("it lies"), None));
    assert_eq!(life.row.openings, 0);
    assert!(!life.trip("it lies"), "nothing changes");
    assert!(life.trip("it lies again"), "the reason does");
    assert!(life.reset());
    assert_eq!((life.admit("s"), life.row.reason.as_deref()), (Admission::Closed, None));
    let expected = [AuditAction::BreakerTripped, AuditAction::BreakerTripped, AuditAction::BreakerReset];
    assert_eq!(life.noted, expected);
}

#[test]
fn a_trip_ends_a_probe() {
    let mut life = Life::opened();
    life.after(MINUTE).admit("s");
    life.trip("enough");
    life.report("s", &good());
    assert_eq!((life.row.state, &life.row.probe), (BreakerState::Quarantined, &None));
}

#[test]
fn a_clock_that_is_set_back_keeps_nobody_out_for_longer_than_the_longest_wait() {
    let mut life = Life::opened();
    let refusal = life.after(-1_000 * HOUR).refusal("s");
    assert_eq!(refusal.retry_at, Some(life.now + 33 * MINUTE));
    assert_eq!(refusal.opened_at, Some(life.now), "it did not open in the future");
    assert_eq!(life.after(33 * MINUTE).admit("s"), Admission::Probe);
    life.after(-1_000 * HOUR).refusal("s2");
    assert_eq!(life.row.probe_until, Some(life.now + 10 * MINUTE));
    assert_eq!(life.after(10 * MINUTE).admit("s2"), Admission::Probe);
}

#[test]
fn faults_of_a_future_that_did_not_come_count_as_of_now() {
    let mut life = Life::new();
    life.report("s", &faults(4));
    life.after(-HOUR).report("s", &good());
    assert_eq!(life.row.faults, [life.now; 4]);
    life.after(10 * MINUTE).report("s", &good());
    assert_eq!(life.row.faults, [0; 0]);
}

#[test]
fn a_fault_is_kept_short_and_clean() {
    let mut life = Life::new();
    let text = format!("a\nb\u{1b}[31m\u{202e}{}", "ä".repeat(600));
    life.report("s", &Conduct { faults: vec![text], ..faults(0) });
    let kept = life.row.last_fault.clone().unwrap();
    assert!(kept.starts_with("a b\u{fffd}[31m\u{fffd}ä"), "{kept}");
    assert!((498..=500).contains(&kept.len()), "{}", kept.len());
    life.report("s", &Conduct { faults: vec!["\u{7}".repeat(10_000_000)], ..faults(0) });
    assert_eq!(life.row.last_fault.unwrap().len(), 498, "a whole number of replacements of 3 bytes");
}

#[test]
fn a_million_faults_of_a_scan_leave_as_many_as_open_it() {
    let mut life = Life::new();
    life.report("s", &Conduct { faults: vec![String::new(); 1_000_000], ..faults(0) });
    assert_eq!((life.row.faults.len(), life.row.openings), (5, 1));
}

#[test]
fn the_audit_log_hears_state_openings_retry_and_cause() {
    let change =
        report(&BreakerRules::default(), BreakerRow::closed("a/b", "d1"), START, "s", &broken(), 0.5);
    let note = change.note.unwrap();
    assert_eq!(note.before_json, r#"{"state":"closed","reason":null,"openings":0,"retry_at":null}"#);
    assert_eq!(
        note.after_json,
        r#"{"state":"open","fault":"fault 1","reason":null,"openings":1,"retry_at":"2025-06-30T20:01:00Z"}"#
    );
    let note = admit(&BreakerRules::default(), change.row.clone(), START + MINUTE, "scan 7").note.unwrap();
    assert_eq!(
        note.after_json,
        r#"{"state":"half-open","probe":"scan 7","reason":null,"openings":1,"retry_at":null}"#
    );
    let note = trip(change.row, START, "why not").note.unwrap();
    assert_eq!(note.after_json, r#"{"state":"quarantined","reason":"why not","openings":1,"retry_at":null}"#);
}

#[test]
fn a_refusal_says_in_one_line_why_and_what_to_do() {
    let mut life = Life::opened();
    let mut told = vec![life.refusal("s").to_string()];
    life.after(MINUTE).admit("s");
    told.push(life.refusal("s2").to_string());
    life.rules.openings = 2;
    life.report("s", &broken());
    told.push(life.refusal("s").to_string());
    life.trip("wrong signals");
    told.push(life.refusal("s").to_string());
    assert_eq!(
        told,
        [
            "its breaker is open since 2025-06-30T20:00:00Z (last fault: fault 1); a scan probes it from \
             2025-06-30T20:01:00Z on, `sluice breaker reset a/b` closes it at once",
            "its breaker is half-open (last fault: fault 1); another scan probes it, until 2025-06-30T20:11:00Z at \
             the latest: scan again after it, or close it with `sluice breaker reset a/b`",
            "its breaker is quarantined since 2025-06-30T20:01:00Z, opened 2 times without a healthy day between \
             (last fault: fault 1); activate a version that works, or `sluice breaker reset a/b` once the cause is \
             gone",
            "an operator tripped its breaker (reason: wrong signals) since 2025-06-30T20:01:00Z; \
             `sluice breaker reset a/b` closes it",
        ]
    );
}

#[test]
fn senseless_rules_and_instants_do_no_harm() {
    let rules = BreakerRules {
        faults: 0,
        window: Duration::MAX,
        back_off: Duration::MAX,
        longest_back_off: Duration::MAX,
        jitter: f64::INFINITY,
        openings: 0,
        healthy: Duration::ZERO,
        probe: Duration::MAX,
    };
    for now in [i64::MIN, -1, 0, i64::MAX] {
        let mut life = Life { rules: rules.clone(), now, ..Life::new() };
        life.admit("s");
        life.report("s", &faults(1));
        assert_eq!(life.row.state, BreakerState::Quarantined);
        life.rules.openings = 9;
        life.reset();
        life.report("s", &broken());
        life.refusal_or_probe();
    }
}

impl Life {
    fn refusal_or_probe(&mut self) {
        assert_ne!(self.admit("s"), Admission::Closed);
    }
}
