//! Days that a user changes.

use super::*;

fn changed(text: &str) -> Calendars {
    Calendars::parse("calendar.toml", text).unwrap()
}

fn refusal(text: &str) -> String {
    Calendars::parse("calendar.toml", text).unwrap_err().to_string()
}

fn entry(body: &str) -> String {
    format!("[[day]]\n{body}\n")
}

#[test]
fn a_closure_is_no_session_and_the_bar_of_that_day_is_known_when_it_is_over() {
    let text = entry("mic = \"XNYS\"\ndate = 2024-07-02\nkind = \"closure\"\nnote = \"a storm\"");
    let xnys = changed(&text).for_mic("XNYS").unwrap();
    assert_eq!(xnys.session(day("2024-07-02")), Ok(None));
    assert_eq!(xnys.phase(at("2024-07-02T15:00:00Z")), Phase::Closed);
    assert_eq!(xnys.known_at(day("2024-07-02")), at("2024-07-03T04:00:00Z"));
    assert_eq!(xnys.last_completed(at("2024-07-03T12:00:00Z")).unwrap().date, day("2024-07-01"));
    assert!(!xnys.counts_as_session(day("2024-07-02")));
}

#[test]
fn a_half_day_ends_early_with_four_hours_of_post_market_in_new_york() {
    let text = entry("mic = \"XNYS\"\ndate = 2024-07-02\nkind = \"half-day\"\ncloses = \"13:00\"");
    let session = changed(&text).for_mic("XNYS").unwrap().session(day("2024-07-02")).unwrap().unwrap();
    assert_eq!((session.opens, session.closes), (at("2024-07-02T13:30:00Z"), at("2024-07-02T17:00:00Z")));
    assert_eq!((session.settles, session.post_closes), (session.closes, at("2024-07-02T21:00:00Z")));
    assert!(session.early_close);
}

#[test]
fn a_late_open_keeps_the_close() {
    let text = entry("mic = \"XLON\"\ndate = 2024-07-02\nkind = \"late-open\"\nopens = 10:15:00");
    let session = changed(&text).for_mic("XLON").unwrap().session(day("2024-07-02")).unwrap().unwrap();
    let ordinary = calendar("XLON").session(day("2024-07-02")).unwrap().unwrap();
    assert_eq!(session.opens, at("2024-07-02T09:15:00Z"));
    assert_eq!((session.closes, session.settles), (ordinary.closes, ordinary.settles));
    assert!(!session.early_close);
}

#[test]
fn a_session_can_be_added_on_a_weekend_and_where_no_table_reaches() {
    let text = [
        "mic = \"XNYS\"\ndate = \"2024-07-06\"\nkind = \"session\"\nopens = \"10:00\"\ncloses = \"12:30:30\"",
        "mic = \"XBOM\"\ndate = 2018-11-07\nkind = \"session\"\nopens = \"17:15\"\ncloses = \"18:30\"",
        "mic = \"XNYS\"\ndate = 1999-12-31\nkind = \"session\"\nopens = \"09:30\"\ncloses = \"16:00\"",
    ]
    .map(entry)
    .concat();
    let calendars = changed(&text);
    let session =
        |mic: &str, date: &str| calendars.for_mic(mic).unwrap().session(day(date)).unwrap().unwrap();
    let saturday = session("XNYS", "2024-07-06");
    assert_eq!((saturday.opens, saturday.closes), (at("2024-07-06T14:00:00Z"), at("2024-07-06T16:30:30Z")));
    assert_eq!(saturday.pre_opens, at("2024-07-06T08:00:00Z"));
    assert_eq!(session("XBOM", "2018-11-07").opens, at("2018-11-07T11:45:00Z"));
    assert_eq!(session("XNYS", "1999-12-31").closes, at("1999-12-31T21:00:00Z"));
    assert!(calendars.for_mic("XNYS").unwrap().session(day("1999-12-30")).is_err(), "still not covered");
}

#[test]
fn a_session_keeps_the_lunch_that_fits_into_it() {
    let hours = |closes: &str| {
        let text = format!(
            "mic = \"XTKS\"\ndate = 2024-07-02\nkind = \"session\"\nopens = \"09:00\"\ncloses = \"{closes}\""
        );
        changed(&entry(&text))
            .for_mic("XTKS")
            .unwrap()
            .session(day("2024-07-02"))
            .unwrap()
            .unwrap()
            .midday_break
    };
    assert_eq!(hours("14:00"), Some((at("2024-07-02T02:30:00Z"), at("2024-07-02T03:30:00Z"))));
    assert_eq!(hours("12:00"), None);
}

#[test]
fn venues_with_the_same_sessions_share_a_change() {
    let text = entry("mic = \"XNAS\"\ndate = 2024-07-02\nkind = \"closure\"");
    let calendars = changed(&text);
    assert_eq!(calendars.for_mic("ARCX").unwrap().session(day("2024-07-02")), Ok(None));
    assert!(calendars.for_mic("XLON").unwrap().session(day("2024-07-02")).unwrap().is_some());
}

#[test]
fn changes_and_the_text_s_digest_can_be_asked_for() {
    let text =
        entry("mic = \"XNYS\"\ndate = 2024-07-02\nkind = \"half-day\"\ncloses = \"13:00\"\nnote = \"x\"");
    let calendars = changed(&text);
    assert_eq!(
        serde_json::to_string(calendars.changes()).unwrap(),
        "[{\"mic\":\"XNYS\",\"date\":\"2024-07-02\",\"kind\":\"half-day\",\"closes\":\"13:00:00\",\"note\":\"x\"}]"
    );
    let other = changed(&text.replace("13:00", "12:00"));
    assert_ne!(calendars.source().unwrap().digest, other.source().unwrap().digest);
    assert_eq!(calendars.source().unwrap().digest.len(), 64);
    assert!(Calendars::default().source().is_none() && Calendars::default().changes().is_empty());
}

#[test]
fn a_missing_file_is_the_tables_alone_and_an_unreadable_one_an_error() {
    let dir = tempfile::tempdir().unwrap();
    assert!(Calendars::read(&dir.path().join("calendar.toml")).unwrap().source().is_none());
    let error = Calendars::read(dir.path()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot read {}", dir.path().display())), "{error}");
}

#[test]
fn what_cannot_be_understood_is_refused_with_its_line() {
    for (body, message) in [
        (
            "mic = \"XNYX\"\ndate = 2024-07-02\nkind = \"closure\"",
            "line 3: no calendar for venue \"XNYX\": use an ISO 10383 code such as XNYS, XNAS, XLON, XTKS or XHKG",
        ),
        (
            "mic = \"XNYS\"\ndate = \"2024-02-30\"\nkind = \"closure\"",
            "line 3: \"2024-02-30\" is no date: write it like 2026-12-24",
        ),
        (
            "mic = \"XNYS\"\ndate = 20240702\nkind = \"closure\"",
            "line 3: \"20240702\" is no date: write it like 2026-12-24",
        ),
        (
            "mic = \"XNYS\"\ndate = 2024-07-02\nkind = \"half-day\"",
            "line 3: kind \"half-day\" needs closes of the venue's clock, such as closes = \"13:00\"",
        ),
        (
            "mic = \"XNYS\"\ndate = 2024-07-02\nkind = \"closure\"\ncloses = \"13:00\"",
            "line 5: kind \"closure\" has no closes",
        ),
        (
            "mic = \"XNYS\"\ndate = 2024-07-02\nkind = \"half-day\"\ncloses = \"1 pm\"",
            "line 5: closes: \"1 pm\" is no time of day: write it like \"13:00\"",
        ),
        (
            "mic = \"XNYS\"\ndate = 2024-07-02\nkind = \"half-day\"\ncloses = \"25:00\"",
            "line 5: closes: \"25:00\" is no time of day: write it like \"13:00\"",
        ),
    ] {
        assert_eq!(refusal(&entry(body)), format!("calendar.toml, {message}"));
    }
    let unknown = refusal("[[day]]\nmic = \"XNYS\"\ndate = 2024-07-02\nkind = \"closure\"\nhours = 3\n");
    assert!(unknown.starts_with("calendar.toml, line 5: unknown field `hours`"), "{unknown}");
    let kind = refusal(&entry("mic = \"XNYS\"\ndate = 2024-07-02\nkind = \"holiday\""));
    assert!(kind.starts_with("calendar.toml, line 4: unknown variant `holiday`"), "{kind}");
    let date = refusal(&entry("mic = \"XNYS\"\ndate = 2024-02-30\nkind = \"closure\""));
    assert!(date.starts_with("calendar.toml, line 3: "), "{date}");
}

#[test]
fn what_contradicts_the_tables_or_another_line_is_refused_with_its_line() {
    let on = |mic: &str, date: &str, rest: &str| entry(&format!("mic = \"{mic}\"\ndate = {date}\n{rest}"));
    let half = "kind = \"half-day\"\ncloses = \"13:00\"";
    assert_eq!(
        refusal(&on("XNYS", "2024-07-04", half)),
        "calendar.toml, line 3: XNYS on 2024-07-04: there is no session: kind = \"session\" adds one"
    );
    assert_eq!(
        refusal(&on("XNYS", "2007-11-23", half)),
        "calendar.toml, line 3: XNYS on 2007-11-23: the calendar does not cover that date: kind = \"session\" tells both opens and closes"
    );
    assert_eq!(
        refusal(&on("XNYS", "2024-07-03", "kind = \"half-day\"\ncloses = \"14:00\"")),
        "calendar.toml, line 3: XNYS on 2024-07-03: it closes at 13:00 anyway, before 14:00"
    );
    assert_eq!(
        refusal(&on("XNYS", "2024-07-02", "kind = \"late-open\"\nopens = \"09:00\"")),
        "calendar.toml, line 3: XNYS on 2024-07-02: it opens at 09:30 anyway, after 09:00"
    );
    assert_eq!(
        refusal(&on("XNYS", "2024-07-02", "kind = \"session\"\nopens = \"13:00\"\ncloses = \"09:30\"")),
        "calendar.toml, line 3: XNYS on 2024-07-02: it would close at 09:30, not after its open at 13:00"
    );
    assert_eq!(
        refusal(&on("XNYS", "2025-03-09", "kind = \"session\"\nopens = \"02:30\"\ncloses = \"09:30\"")),
        "calendar.toml, line 3: XNYS on 2025-03-09: 02:30 does not exist in America/New_York: the clock skips it"
    );
    let closure = "kind = \"closure\"";
    assert_eq!(
        refusal(&(on("XNYS", "2024-07-02", closure) + &on("XNAS", "2024-07-02", half))),
        "calendar.toml, line 7: 2024-07-02 of XNAS, which XNYS shares, is set in line 3 already: keep one of them, kind = \"session\" tells both opens and closes"
    );
    assert!(
        Calendars::parse("x", &(on("XNYS", "2024-07-02", closure) + &on("XLON", "2024-07-02", closure)))
            .is_ok()
    );
    // What a later version of the tables may learn is no contradiction.
    assert!(Calendars::parse("x", &on("XNYS", "2024-07-04", closure)).is_ok());
    assert!(Calendars::parse("x", &on("XNYS", "2024-07-03", half)).is_ok());
}
