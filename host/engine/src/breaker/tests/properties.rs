//! What holds whatever happens: random rules, random scans, random clocks.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Admit(u8),
    Report { who: u8, faults: usize, all_faulted: bool, calls: u64, noise: f64 },
    Reset,
    Trip,
}

fn step() -> impl Strategy<Value = Step> {
    let report = (0_u8..4, 0_usize..7, any::<bool>(), 0_u64..3, 0.0..=1.0).prop_map(
        |(who, faults, all, calls, noise)| Step::Report {
            who,
            faults,
            // faults without a call are those of `prepare`
            all_faulted: all && faults > 0,
            calls,
            noise,
        },
    );
    prop_oneof![
        8 => (0_u8..4).prop_map(Step::Admit),
        8 => report,
        1 => Just(Step::Reset),
        1 => Just(Step::Trip),
    ]
}

prop_compose! {
    fn rules()(
        faults in 1_u32..8,
        window in 1_u64..900,
        back_off in 1_u64..120,
        longer in 1_u64..40,
        jitter in 0.0..=0.5,
        openings in 1_u32..8,
        healthy in 1_u64..5_000,
        probe in 1_u64..900,
    ) -> BreakerRules {
        BreakerRules {
            faults,
            window: Duration::from_secs(window),
            back_off: Duration::from_secs(back_off),
            longest_back_off: Duration::from_secs(back_off * longer),
            jitter,
            openings,
            healthy: Duration::from_secs(healthy),
            probe: Duration::from_secs(probe),
        }
    }
}

/// What one step did.
struct Done {
    before: BreakerRow,
    now: i64,
    admission: Option<(String, Admission)>,
    action: Option<AuditAction>,
}

fn take(life: &mut Life, step: &Step) -> Done {
    let before = life.row.clone();
    let noted = life.noted.len();
    let admission = match step {
        Step::Admit(who) => {
            let who = format!("scan {who}");
            let admission = life.admit(&who);
            Some((who, admission))
        }
        Step::Report { who, faults: count, all_faulted, calls, noise } => {
            let conduct = Conduct { all_faulted: *all_faulted, calls: *calls, ..faults(*count) };
            let who = format!("scan {who}");
            let change = report(&life.rules, life.row.clone(), life.now, &who, &conduct, *noise);
            life.take(change);
            None
        }
        Step::Reset => {
            life.reset();
            None
        }
        Step::Trip => {
            life.trip("a reason");
            None
        }
    };
    Done { before, now: life.now, admission, action: life.noted.get(noted).copied() }
}

/// What a row looks like at any time.
fn assert_sound(life: &Life) -> Result<(), TestCaseError> {
    let (row, rules) = (&life.row, &life.rules);
    prop_assert!(row.faults.len() <= rules.faults as usize, "{row:?}");
    prop_assert!(row.faults.is_sorted());
    prop_assert!(row.openings <= rules.openings);
    let tripped = row.reason.is_some();
    prop_assert!(!tripped || row.state == BreakerState::Quarantined);
    prop_assert_eq!(row.state == BreakerState::Quarantined, tripped || row.openings == rules.openings);
    prop_assert_eq!(row.state == BreakerState::Open, row.retry_at.is_some());
    prop_assert_eq!(row.probe.is_some(), row.probe_until.is_some());
    prop_assert!(row.probe.is_none() || row.state == BreakerState::HalfOpen);
    prop_assert_eq!(row.state == BreakerState::Closed, row.opened_at.is_none());
    Ok(())
}

fn assert_waits_within_the_jitter(life: &Life, done: &Done) -> Result<(), TestCaseError> {
    if done.action == Some(AuditAction::BreakerOpened) {
        prop_assert_eq!(life.row.openings, done.before.openings.min(life.row.openings - 1) + 1);
        let wait = (life.row.retry_at.unwrap() - done.now) as f64;
        let middle = life.rules.wait(life.row.openings).as_millis() as f64;
        let spread = middle * life.rules.jitter + 1.0;
        prop_assert!(
            (middle - spread..=middle + spread).contains(&wait),
            "{wait} is not {middle} ± {spread}"
        );
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_breaker_stays_sound_whatever_happens_and_whatever_the_clock_does(
        rules in rules(),
        steps in vec((step(), -2_000_i64..3_000), 1..120),
    ) {
        let mut life = Life { rules, ..Life::new() };
        for (step, seconds) in steps {
            life.after(seconds * SECOND);
            let done = take(&mut life, &step);
            assert_sound(&life)?;
            assert_waits_within_the_jitter(&life, &done)?;
        }
    }

    #[test]
    fn nobody_else_is_admitted_while_a_probe_lives(
        rules in rules(),
        steps in vec((step(), 0_i64..300), 1..120),
    ) {
        let mut life = Life { rules, ..Life::new() };
        let mut living: Option<(String, i64)> = None;
        for (step, seconds) in steps {
            life.after(seconds * SECOND);
            let done = take(&mut life, &step);
            if life.row.state != BreakerState::HalfOpen || life.row.probe.is_none() {
                living = None;
            }
            let Some((who, admission)) = done.admission else { continue };
            match admission {
                Admission::Probe => {
                    let until = life.row.probe_until.unwrap();
                    if let Some((other, believed)) = &living {
                        prop_assert!(*other == who || *believed <= life.now, "{} beside {}", who, other);
                    }
                    prop_assert!(until > life.now);
                    living = Some((who, until));
                }
                Admission::Closed => prop_assert_eq!(life.row.state, BreakerState::Closed),
                Admission::Refused(_) => prop_assert_ne!(life.row.state, BreakerState::Closed),
            }
        }
    }

    #[test]
    fn only_a_report_opens_or_closes_and_only_the_probe_closes(
        rules in rules(),
        steps in vec((step(), -100_i64..300), 1..120),
    ) {
        let mut life = Life { rules, ..Life::new() };
        for (step, seconds) in steps {
            life.after(seconds * SECOND);
            let done = take(&mut life, &step);
            let reported = matches!(step, Step::Report { .. });
            match done.action {
                None => {}
                Some(AuditAction::BreakerProbed) => {
                    prop_assert!(matches!(done.admission, Some((_, Admission::Probe))));
                }
                Some(AuditAction::BreakerClosed) => {
                    let Step::Report { who, faults, all_faulted, .. } = step else { panic!("{step:?}") };
                    prop_assert_eq!(done.before.probe, Some(format!("scan {who}")));
                    prop_assert!(!all_faulted && faults < life.rules.faults as usize);
                }
                Some(AuditAction::BreakerOpened | AuditAction::BreakerQuarantined) => prop_assert!(reported),
                Some(AuditAction::BreakerReset) => prop_assert!(is_plain(&life.row)),
                Some(AuditAction::BreakerTripped) => prop_assert!(life.row.reason.is_some()),
                Some(other) => panic!("{other}"),
            }
        }
    }

    /// However the clock jumps, who keeps asking gets through, unless an operator is needed.
    #[test]
    fn an_open_breaker_is_probed_within_the_longest_wait_of_any_clock(
        rules in rules(),
        jump in -1_000_000_000_i64..1_000_000_000,
        noise in 0.0..=1.0,
    ) {
        let rules = BreakerRules { openings: 9, ..rules };
        let mut life = Life { rules, ..Life::new() };
        let change = report(&life.rules, life.row.clone(), life.now, "s", &broken(), noise);
        life.take(change);
        life.after(jump * SECOND);
        let first = life.admit("s");
        if first != Admission::Probe {
            let longest = life.rules.longest_back_off.as_millis() as f64 * (1.0 + life.rules.jitter);
            life.after(longest.round() as i64);
            prop_assert_eq!(life.admit("s"), Admission::Probe);
        }
    }

    #[test]
    fn waits_never_shrink_and_never_exceed_the_longest(rules in rules(), opening in 1_u32..200) {
        let (wait, next) = (rules.wait(opening), rules.wait(opening + 1));
        prop_assert!(wait <= next && next <= rules.longest_back_off);
        prop_assert!(next == rules.longest_back_off || next == wait * 2);
    }

    #[test]
    fn whatever_a_layer_says_is_kept_short_and_clean(text in "\\PC{0,40}|(?s).{0,700}") {
        let mut life = Life::new();
        life.report("s", &Conduct { faults: vec![text.clone()], ..faults(0) });
        let kept = life.row.last_fault.clone().unwrap();
        prop_assert!(kept.len() <= TEXT_BYTES);
        prop_assert!(!kept.contains(sluice_runtime::text::is_unprintable));
        life.trip(&text);
        prop_assert_eq!(life.row.reason.clone().unwrap(), kept);
    }

    /// The store repeats a change whose commit failed: the same row and the same present give the same change.
    #[test]
    fn a_change_is_a_function_of_its_inputs(rules in rules(), steps in vec((step(), 0_i64..300), 1..30)) {
        let run = || {
            let mut life = Life { rules: rules.clone(), ..Life::new() };
            for (step, seconds) in &steps {
                life.after(seconds * SECOND);
                take(&mut life, step);
            }
            (life.row, life.noted)
        };
        prop_assert_eq!(run(), run());
    }
}
