mod agreement;
mod cases;
mod changes;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn calendar(mic: &str) -> Calendar {
    Calendars::default().for_mic(mic).unwrap()
}

fn xnys() -> Calendar {
    calendar("XNYS")
}

#[test]
fn an_ordinary_new_york_session_follows_daylight_saving() {
    let winter = xnys().session(day("2018-02-07")).unwrap().unwrap();
    assert_eq!((winter.opens, winter.closes), (at("2018-02-07T14:30:00Z"), at("2018-02-07T21:00:00Z")));
    assert_eq!(
        (winter.pre_opens, winter.post_closes),
        (at("2018-02-07T09:00:00Z"), at("2018-02-08T01:00:00Z"))
    );
    assert!(!winter.early_close);
    let before = xnys().session(day("2024-03-08")).unwrap().unwrap();
    let after = xnys().session(day("2024-03-11")).unwrap().unwrap();
    assert_eq!((before.opens, after.opens), (at("2024-03-08T14:30:00Z"), at("2024-03-11T13:30:00Z")));
    let november = xnys().session(day("2024-11-04")).unwrap().unwrap();
    assert_eq!(november.closes, at("2024-11-04T21:00:00Z"));
}

#[test]
fn early_closes_and_holidays_are_known() {
    let early = xnys().session(day("2024-07-03")).unwrap().unwrap();
    assert_eq!((early.closes, early.early_close), (at("2024-07-03T17:00:00Z"), true));
    assert_eq!(early.post_closes, at("2024-07-03T21:00:00Z"));
    for closed in ["2020-07-03", "2025-01-09", "2012-10-29", "2018-12-05", "2024-07-04", "2024-07-06"] {
        assert_eq!(xnys().session(day(closed)), Ok(None), "{closed}");
    }
}

#[test]
fn a_date_before_the_tables_is_a_typed_no_coverage() {
    let error = xnys().session(day("2007-11-23")).unwrap_err();
    assert!(matches!(error, CalendarError::NoCoverage { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "the calendar of XNYS does not cover 2007-11-23: it knows 2010-01-01 to 2028-12-29"
    );
    assert!(xnys().sessions_until(at("2007-11-23T21:00:00Z"), 3).is_empty());
    for beyond in ["2007-11-23T15:00:00Z", "2035-11-28T15:00:00Z"] {
        assert_eq!(xnys().phase(at(beyond)).as_str(), "unknown", "{beyond}");
    }
    assert!(matches!(xnys().session(day("2199-01-01")), Err(CalendarError::NoCoverage { .. })));
}

#[test]
fn an_unknown_venue_is_refused() {
    assert_eq!(
        Calendars::default().for_mic("XX\nX").unwrap_err().to_string(),
        "no calendar for venue \"XX\\nX\": use an ISO 10383 code such as XNYS, XNAS, XLON, XTKS or XHKG"
    );
}

#[test]
fn sessions_until_ends_with_the_newest_that_had_begun_pre_market_included() {
    let dates = |instant: &str, n| -> Vec<String> {
        xnys().sessions_until(at(instant), n).iter().map(|session| session.date.to_string()).collect()
    };
    assert_eq!(dates("2024-07-05T07:59:59Z", 2), ["2024-07-02", "2024-07-03"]);
    assert_eq!(dates("2024-07-05T08:00:00Z", 2), ["2024-07-03", "2024-07-05"]);
    assert_eq!(dates("2024-07-07T13:30:00Z", 1), ["2024-07-05"]);
    assert_eq!(xnys().sessions_until(at("2010-01-06T15:00:00Z"), 10).len(), 3);
    assert_eq!(xnys().sessions_until(at("2024-07-07T13:30:00Z"), 1000).len(), 1000);
}

#[test]
fn the_last_completed_session_has_closed() {
    let date = |instant: &str| xnys().last_completed(at(instant)).map(|session| session.date.to_string());
    assert_eq!(date("2024-07-03T16:59:59Z").as_deref(), Some("2024-07-02"));
    assert_eq!(date("2024-07-03T17:00:00Z").as_deref(), Some("2024-07-03"));
    assert_eq!(date("2001-01-01T00:00:00Z"), None);
}

#[test]
fn phases_have_exclusive_ends() {
    let phase = |instant: &str| xnys().phase(at(instant)).as_str();
    assert_eq!(phase("2024-07-03T07:59:59Z"), "closed");
    assert_eq!(phase("2024-07-03T08:00:00Z"), "pre");
    assert_eq!(phase("2024-07-03T13:30:00Z"), "regular");
    assert_eq!(phase("2024-07-03T17:00:00Z"), "post");
    assert_eq!(phase("2024-07-03T21:00:00Z"), "closed");
    assert_eq!(phase("2024-07-04T15:00:00Z"), "closed");
    let tokyo = calendar("XTKS");
    assert_eq!(tokyo.phase(at("2024-07-03T03:00:00Z")), Phase::Break);
    assert_eq!(tokyo.phase(at("2024-07-03T03:30:00Z")), Phase::Regular);
}

#[test]
fn a_bar_is_known_at_its_close_or_at_the_end_of_a_day_without_session() {
    assert_eq!(xnys().known_at(day("2024-07-03")), at("2024-07-03T17:00:00Z"));
    assert_eq!(xnys().known_at(day("2024-07-04")), at("2024-07-05T04:00:00Z"));
    assert_eq!(xnys().known_at(day("2001-07-03")), at("2001-07-04T04:00:00Z"));
    assert_eq!(xnys().bar_opens(day("2024-07-04")), at("2024-07-04T04:00:00Z"));
}

#[test]
fn the_close_is_known_when_the_closing_auction_is_over() {
    let ends = |mic: &str, date: &str| {
        let session = calendar(mic).session(day(date)).unwrap().unwrap();
        (session.closes, session.settles)
    };
    assert_eq!(ends("XTKS", "2024-11-01"), (at("2024-11-01T06:00:00Z"), at("2024-11-01T06:00:00Z")));
    assert_eq!(ends("XTKS", "2024-11-05"), (at("2024-11-05T06:30:00Z"), at("2024-11-05T06:30:00Z")));
    assert_eq!(ends("XHKG", "2024-11-05"), (at("2024-11-05T08:00:00Z"), at("2024-11-05T08:10:00Z")));
    assert_eq!(ends("XLON", "2024-11-05"), (at("2024-11-05T16:30:00Z"), at("2024-11-05T16:40:00Z")));
    assert_eq!(calendar("XLON").known_at(day("2024-11-05")), at("2024-11-05T16:40:00Z"));
    let before = calendar("XLON").last_completed(at("2024-11-05T16:39:59Z")).unwrap();
    assert_eq!(before.date, day("2024-11-04"));
}

#[test]
fn a_venue_without_holiday_table_has_no_calendar() {
    let mumbai = calendar("XBOM");
    assert_eq!(
        mumbai.session(day("2018-01-01")).unwrap_err().to_string(),
        "there is no calendar for XBOM: no table of its holidays is known; calendar.toml can add sessions"
    );
    assert!(mumbai.counts_as_session(day("2018-01-01")) && !mumbai.counts_as_session(day("2018-01-06")));
}

#[test]
fn what_no_venue_trades_is_open_around_the_clock_on_every_day_of_any_year() {
    let coin = calendar("XXXX");
    assert_eq!((coin.zone(), coin.mic()), ("UTC", "XXXX"));
    for date in ["1970-01-01", "2009-01-03", "2024-12-25", "2199-06-13"] {
        let session = coin.session(day(date)).unwrap().unwrap();
        assert_eq!(session.opens, at(&format!("{date}T00:00:00Z")));
        assert_eq!(session.closes.millis() - session.opens.millis(), 86_400_000);
        assert!(!session.early_close && session.midday_break.is_none());
        assert_eq!(coin.known_at(day(date)), session.closes);
    }
    assert_eq!(coin.phase(at("2024-12-25T00:00:00Z")), Phase::Regular);
    assert_eq!(coin.last_completed(at("2024-12-25T00:00:00Z")).unwrap().date, day("2024-12-24"));
    assert_eq!(coin.next_session(at("2024-12-25T00:00:00Z")).unwrap().date, day("2024-12-26"));
    assert_eq!(coin.sessions_until(at("2024-12-25T12:00:00Z"), 1000).len(), 1000);
}

#[test]
fn the_next_session_opens_after_the_instant() {
    let next = |instant: &str| xnys().next_session(at(instant)).map(|session| session.date.to_string());
    assert_eq!(next("2024-07-03T13:29:59Z").as_deref(), Some("2024-07-03"));
    assert_eq!(next("2024-07-03T13:30:00Z").as_deref(), Some("2024-07-05"));
    assert_eq!(next("2024-07-05T20:00:00Z").as_deref(), Some("2024-07-08"));
    assert_eq!(next("2001-07-05T20:00:00Z"), None);
}
