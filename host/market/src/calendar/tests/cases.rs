//! What has been reported against other scanners' calendars, with the right values.

use super::*;

fn closes(date: &str) -> Instant {
    xnys().session(day(date)).unwrap().unwrap().closes
}

/// QuantConnect/Lean#7352, pandas_market_calendars#155.
#[test]
fn the_third_of_july_closes_early_unless_the_fourth_is_a_saturday() {
    for date in ["2023-07-03", "2024-07-03", "2025-07-03"] {
        assert_eq!(closes(date), at(&format!("{date}T17:00:00Z")), "{date}");
    }
    assert_eq!(xnys().session(day("2020-07-03")), Ok(None));
}

/// QuantConnect/Lean#5152: hours were those of the weekday. 2007 is before the tables, which say so rather than give
/// a Friday's hours; the user can tell that day.
#[test]
fn hours_are_those_of_the_date_not_of_its_weekday() {
    assert_eq!(closes("2010-11-26"), at("2010-11-26T18:00:00Z"));
    assert_eq!(closes("2010-12-03"), at("2010-12-03T21:00:00Z"));
    assert!(matches!(xnys().session(day("2007-11-23")), Err(CalendarError::NoCoverage { .. })));
    let told = "[[day]]\nmic = \"XNYS\"\ndate = 2007-11-23\nkind = \"session\"\nopens = \"09:30\"\ncloses = \"13:00\"\n";
    let told = Calendars::parse("calendar.toml", told).unwrap().for_mic("XNYS").unwrap();
    let session = told.session(day("2007-11-23")).unwrap().unwrap();
    assert_eq!((session.closes, session.early_close), (at("2007-11-23T18:00:00Z"), true));
}

/// rsheftel/pandas_market_calendars#389.
#[test]
fn the_day_of_mourning_is_closed_and_the_last_date_of_the_tables_can_be_seen() {
    assert_eq!(xnys().session(day("2025-01-09")), Ok(None));
    let error = xnys().session(day("2031-01-02")).unwrap_err().to_string();
    assert!(error.contains("it knows 2010-01-01 to 2028-12-29"), "{error}");
}

/// gerrymanoim/exchange_calendars#4: the last special day was lost where a table ended.
#[test]
fn the_edges_of_every_calendar_are_exact() {
    for venue in venues::VENUES {
        let calendar = calendar(venue.mics[0]);
        for (first, last) in calendar.schedule.coverage() {
            for (edge, beyond) in [(first, first.pred_opt()), (last, last.succ_opt())] {
                assert!(calendar.session(edge).is_ok(), "{} {edge}", calendar.mic());
                assert!(calendar.session(beyond.unwrap()).is_err(), "{} beyond {edge}", calendar.mic());
            }
        }
    }
    // The last session of the NYSE's table.
    assert_eq!(closes("2028-12-29"), at("2028-12-29T21:00:00Z"));
    let last = xnys().sessions_until(at("2028-12-29T23:00:00Z"), 1);
    assert_eq!(last.first().map(|session| session.date), Some(day("2028-12-29")));
}

/// igoropaniuk/stonks-cli#95: any time before the open was called pre-market.
#[test]
fn pre_market_is_from_four_and_post_market_to_eight_in_the_evening() {
    let phase = |instant: &str| xnys().phase(at(instant)).as_str();
    // 02:47, 03:59, 04:00, 09:29, 09:30, 15:59, 16:00, 19:59, 20:00 in New York
    assert_eq!(phase("2025-06-30T06:47:00Z"), "closed");
    assert_eq!(phase("2025-06-30T07:59:59Z"), "closed");
    assert_eq!(phase("2025-06-30T08:00:00Z"), "pre");
    assert_eq!(phase("2025-06-30T13:29:59Z"), "pre");
    assert_eq!(phase("2025-06-30T13:30:00Z"), "regular");
    assert_eq!(phase("2025-06-30T19:59:59Z"), "regular");
    assert_eq!(phase("2025-06-30T20:00:00Z"), "post");
    assert_eq!(phase("2025-06-30T23:59:59Z"), "post");
    assert_eq!(phase("2025-07-01T00:00:00Z"), "closed");
    // A half day: post-market to 17:00.
    assert_eq!(phase("2024-07-03T20:59:59Z"), "post");
    assert_eq!(phase("2024-07-03T21:00:00Z"), "closed");
}

/// dpguthrie/yahooquery#128.
#[test]
fn the_half_past_nine_bar_opens_its_session_on_both_sides_of_daylight_saving() {
    for (date, stamp) in [("2022-03-11", "2022-03-11T14:30:00Z"), ("2022-03-14", "2022-03-14T13:30:00Z")] {
        let opens = xnys().session(day(date)).unwrap().unwrap().opens;
        assert_eq!((opens, xnys().bar_opens(day(date))), (at(stamp), at(stamp)));
        assert_eq!(xnys().local(opens).unwrap().to_string(), format!("{date} 09:30:00"));
    }
}

/// enarjord/passivbot#1155: the venue's clock is New York whatever the host's is; nothing here asks the host's.
#[test]
fn a_time_of_the_venue_is_new_york_time() {
    let opens = xnys().session(day("2026-01-05")).unwrap().unwrap().opens;
    assert_eq!((opens, xnys().zone()), (at("2026-01-05T14:30:00Z"), "America/New_York"));
}

/// pkjmesra/PKScreener#30: holidays were counted in a two-week high.
#[test]
fn windows_are_counted_in_sessions() {
    let thanksgiving = at("2026-11-26T15:00:00Z");
    assert_eq!(xnys().session(day("2026-11-26")), Ok(None));
    assert_eq!(xnys().phase(thanksgiving), Phase::Closed);
    let ten = xnys().sessions_until(thanksgiving, 10);
    assert_eq!((ten.len(), ten[0].date, ten[9].date), (10, day("2026-11-12"), day("2026-11-25")));
}

/// node-cron#492: days on which the clock changes.
#[test]
fn a_clock_change_neither_loses_nor_doubles_a_session() {
    for (from, to, sessions) in [("2025-03-07", "2025-03-11", 3), ("2025-10-31", "2025-11-04", 3)] {
        let days = day(from).iter_days().take_while(|date| *date <= day(to));
        assert_eq!(days.filter(|date| xnys().session(*date).unwrap().is_some()).count(), sessions);
    }
    // Both Sundays have 23 or 25 hours; a bar that somebody dates so is known when the day is over.
    assert_eq!(xnys().known_at(day("2025-03-09")), at("2025-03-10T04:00:00Z"));
    assert_eq!(xnys().bar_opens(day("2025-03-09")), at("2025-03-09T05:00:00Z"));
    assert_eq!(xnys().known_at(day("2025-11-02")), at("2025-11-03T05:00:00Z"));
}
