use super::*;
use std::io::Read as _;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn xnys() -> Calendar {
    Calendar::for_mic("XNYS").unwrap()
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
    assert_eq!(xnys().phase(at("2007-11-23T15:00:00Z")), Phase::Closed);
    assert!(matches!(xnys().session(day("2199-01-01")), Err(CalendarError::NoCoverage { .. })));
}

#[test]
fn an_unknown_venue_is_refused() {
    assert_eq!(
        Calendar::for_mic("XX\nX").unwrap_err().to_string(),
        "no calendar for venue \"XX\\nX\": use an ISO 10383 code such as XNYS, XNAS, XLON, XTKS or XHKG"
    );
}

#[test]
fn sessions_until_ends_with_the_newest_that_had_opened() {
    let dates = |instant: &str, n| -> Vec<String> {
        xnys().sessions_until(at(instant), n).iter().map(|session| session.date.to_string()).collect()
    };
    assert_eq!(dates("2024-07-05T13:29:59Z", 2), ["2024-07-02", "2024-07-03"]);
    assert_eq!(dates("2024-07-05T13:30:00Z", 2), ["2024-07-03", "2024-07-05"]);
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
    let tokyo = Calendar::for_mic("XTKS").unwrap();
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

/// Rows of a shared calendar table as (date, open, close, break, early).
fn table(mic: &str) -> Option<Vec<[String; 6]>> {
    let path = crate::testing::shared(&format!("calendars/{mic}.csv.gz"))?;
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let mut fields = line.split(',').map(str::to_owned);
        std::array::from_fn(|_| fields.next().unwrap_or_default())
    });
    Some(rows.collect())
}

/// Differences to the shared table between two dates: sessions that only one side has, and other hours.
fn differences(mic: &str, first: &str, last: &str) -> Option<Vec<String>> {
    let rows = table(mic)?;
    let calendar = Calendar::for_mic(mic).unwrap();
    let mut wrong = Vec::new();
    let mut expected: std::collections::BTreeMap<NaiveDate, &[String; 6]> =
        rows.iter().map(|row| (day(&row[0]), row)).collect();
    for date in day(first).iter_days().take_while(|date| *date <= day(last)) {
        match (calendar.session(date), expected.remove(&date)) {
            (Err(error), _) => wrong.push(error.to_string()),
            (Ok(None), None) => {}
            (Ok(None), Some(_)) => wrong.push(format!("{date}: closed here")),
            (Ok(Some(_)), None) => wrong.push(format!("{date}: closed there")),
            (Ok(Some(session)), Some(row)) => {
                let (start, end) = session.midday_break.unzip();
                let same = same(Some(session.opens), &row[1], OPENING_AUCTION_MS)
                    && same(Some(session.closes), &row[2], CLOSING_AUCTION_MS)
                    && same(start, &row[3], 0)
                    && same(end, &row[4], 0);
                if !same || session.early_close != (row[5] == "1") {
                    wrong.push(format!("{date}: {session:?} there {row:?}"));
                }
            }
        }
    }
    Some(wrong)
}

/// The table knows no auctions: a random opening uncross of London, closing auctions of London and Hong Kong.
const OPENING_AUCTION_MS: i64 = 30_000;
const CLOSING_AUCTION_MS: i64 = 600_000;

/// Equal, or so much later here.
fn same(ours: Option<Instant>, theirs: &str, later: i64) -> bool {
    match (ours, parse_utc(theirs)) {
        (Some(ours), Some(theirs)) => (0..=later).contains(&(ours.millis() - theirs)),
        (ours, theirs) => ours.is_none() && theirs.is_none(),
    }
}

fn parse_utc(text: &str) -> Option<i64> {
    let text = text.trim_end_matches('Z').trim_end_matches("+00:00").replace('T', " ");
    ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| chrono::NaiveDateTime::parse_from_str(&text, format).ok())
        .map(|time| time.and_utc().timestamp_millis())
}

#[test]
fn new_york_agrees_with_an_independent_table_from_2010_to_2028() {
    let Some(wrong) = differences("XNYS", "2010-01-01", "2028-12-29") else { return };
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn other_venues_agree_with_an_independent_table_in_a_recent_span() {
    for (mic, first, last, known) in [
        ("XNAS", "2010-01-01", "2026-12-31", &[][..]),
        ("XLON", "2018-01-01", "2025-12-31", &[]),
        ("XTKS", "2018-01-01", "2025-12-30", &[]),
        // The table has two days as sessions that were closed for the weather.
        ("XHKG", "2018-01-01", "2025-12-31", &["2023-09-01: closed here", "2023-09-08: closed here"]),
        ("XTSE", "2018-01-01", "2025-12-31", &[]),
    ] {
        let Some(wrong) = differences(mic, first, last) else { return };
        assert_eq!(wrong, known, "{mic}");
    }
}

#[test]
fn a_close_includes_the_closing_auction_because_it_makes_the_close() {
    let closes =
        |mic: &str, date: &str| Calendar::for_mic(mic).unwrap().session(day(date)).unwrap().unwrap().closes;
    assert_eq!(closes("XTKS", "2024-11-01"), at("2024-11-01T06:00:00Z"));
    assert_eq!(closes("XTKS", "2024-11-05"), at("2024-11-05T06:30:00Z"));
    assert_eq!(closes("XHKG", "2024-11-05"), at("2024-11-05T08:10:00Z"));
    assert_eq!(closes("XLON", "2024-11-05"), at("2024-11-05T16:40:00Z"));
}

#[test]
fn a_venue_without_holiday_table_covers_nothing() {
    let mumbai = Calendar::for_mic("XBOM").unwrap();
    assert_eq!(
        mumbai.session(day("2018-01-01")).unwrap_err().to_string(),
        "the calendar of XBOM does not cover 2018-01-01: it knows no date"
    );
    assert!(mumbai.counts_as_session(day("2018-01-01")) && !mumbai.counts_as_session(day("2018-01-06")));
}
