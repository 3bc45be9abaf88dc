//! Earnings in sessions, seen through the test kit: its newest session is Friday, 2024-06-28, 14:30 to 21:00 UTC.

use sluice_sdk::Outcome::{self, Abstain, Drop, Keep};
use sluice_sdk::testkit::{Happening, Judged, Market, session_opens};

use super::Earnings;

const DAY_MS: i64 = 86_400_000;

fn market(days_ahead: &[i64]) -> Market {
    let known = session_opens(30);
    Market::new().instrument("X", |i| {
        days_ahead.iter().fold(i, |i, days| {
            let effective = session_opens(0) + days * DAY_MS;
            i.event(Happening::new("earnings", known).effective_at(effective).number("eps-estimate", 1.5))
        })
    })
}

fn judged(days_ahead: &[i64]) -> Judged {
    market(days_ahead).scan::<Earnings>().verdict("X").clone()
}

fn opinion(judged: &Judged) -> (Outcome, f64, &str) {
    (judged.outcome, judged.score, judged.reason.as_str())
}

#[test]
fn a_report_of_today_scores_a_hundred_and_alerts_with_its_event() {
    let today = judged(&[0]);
    assert_eq!(opinion(&today), (Keep, 100.0, "earnings soon"));
    assert_eq!((today.measure("sessions-ahead"), today.measure("eps-estimate")), (0.0, 1.5));
    let alert = &today.alerts[0];
    assert_eq!((alert.kind.as_str(), alert.message.as_str()), ("EARNINGS_ANNOUNCEMENT", "Earnings today"));
    assert_eq!((alert.evidence.as_slice(), alert.confidence), (["X-0".to_owned()].as_slice(), 1.0));
    assert_eq!(alert.dedupe_key, "EARNINGS_ANNOUNCEMENT XNYS:X X-0");
}

#[test]
fn sessions_are_counted_and_weekends_are_not() {
    let monday = judged(&[3]);
    assert_eq!((monday.measure("sessions-ahead"), monday.score), (1.0, 92.0));
    assert_eq!(monday.alerts[0].message, "Earnings in the next session");
    let friday = judged(&[7]);
    assert_eq!((friday.measure("sessions-ahead"), friday.score), (5.0, 60.0), "7 days are 5 sessions");
    let after = judged(&[10]);
    assert_eq!(opinion(&after), (Drop, 0.0, "no earnings within 5 sessions"));
    assert_eq!(after.measure("sessions-ahead"), 6.0);
    assert!(after.alerts.is_empty());
}

#[test]
fn the_soonest_coming_report_counts_and_past_ones_do_not() {
    let several = judged(&[90, 4, -91]);
    assert_eq!((several.measure("sessions-ahead"), several.score), (2.0, 84.0));
    assert_eq!(several.alerts[0].evidence, ["X-1"]);
    assert_eq!(opinion(&judged(&[-1, -91])), (Drop, 0.0, "no coming earnings are known"));
}

#[test]
fn within_is_a_setting_and_may_be_today_only() {
    let today_only =
        |days| market(&[days]).scan_with::<Earnings>(&[("within", 0_u32.into())]).verdict("X").clone();
    assert_eq!((today_only(0).outcome, today_only(0).score), (Keep, 100.0));
    assert_eq!(opinion(&today_only(3)), (Drop, 0.0, "no earnings within 0 sessions"));
}

#[test]
fn no_date_told_is_no_opinion() {
    assert_eq!(opinion(&judged(&[])).0, Abstain);
    assert_eq!(judged(&[]).reason, "no date of earnings is known");
    let lost = market(&[0]).without_calendar().scan::<Earnings>().verdict("X").clone();
    assert_eq!((lost.outcome, lost.reason.as_str()), (Abstain, "the sessions of its venue are unknown"));
}
