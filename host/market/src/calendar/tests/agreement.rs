//! Every venue that an independent table has, day by day over the whole span that both cover. Where they differ stands
//! in [`KNOWN`], with who is right and why; anything else is a failure.
//!
//! The tables are those of `exchange_calendars` 4.13.2, in `calendars/` of the shared data.

use std::collections::BTreeMap;
use std::io::Read as _;

use super::*;

/// What differs on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    /// No session here, one there.
    ClosedHere,
    /// A session here, none there.
    ClosedThere,
    Opens,
    Closes,
    Break,
    EarlyClose,
}
use Difference::{Break, ClosedHere, ClosedThere, Closes, EarlyClose, Opens};

/// Who is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    /// We are; the independent table is wrong, and the difference stays.
    Here,
    /// The independent table is; `exchange-hours` differs, and [`venues`] corrects it.
    There,
}
use Right::{Here, There};

/// Days of a venue that differ in the same way: first and last of them, how many, who is right and why.
type Known = (&'static str, &'static str, &'static str, Difference, usize, Right, &'static str);

#[rustfmt::skip]
const KNOWN: &[Known] = &[
    ("XNYS", "2018-12-05", "2018-12-05", ClosedThere, 1, There, "national day of mourning for George H. W. Bush"),
    ("XNAS", "2018-12-05", "2018-12-05", ClosedThere, 1, There, "the same"),
    ("XLON", "2022-09-19", "2022-09-19", ClosedThere, 1, There, "state funeral of Queen Elizabeth II"),
    ("XTKS", "2020-10-01", "2020-10-01", ClosedThere, 1, There, "system failure, no trading all day"),
    ("XTKS", "2024-11-05", "2027-12-30", Closes, 769, There, "trading ends at 15:25, the closing auction at 15:30"),
    ("XTKS", "2010-01-04", "2011-11-18", Break, 462, Here, "the lunch began at 11:00 until 2011-11-18; 11:30 throughout there"),
    ("XHKG", "2011-09-29", "2011-09-29", ClosedThere, 1, There, "typhoon Nesat"),
    ("XHKG", "2013-08-14", "2013-08-14", ClosedThere, 1, There, "typhoon Utor"),
    ("XHKG", "2015-09-03", "2015-09-03", ClosedThere, 1, There, "a holiday of that year alone"),
    ("XHKG", "2016-08-02", "2016-08-02", ClosedThere, 1, There, "typhoon Nida"),
    ("XHKG", "2016-10-21", "2016-10-21", ClosedThere, 1, There, "typhoon Haima"),
    ("XHKG", "2017-08-23", "2017-08-23", ClosedThere, 1, There, "typhoon Hato"),
    ("XHKG", "2020-10-13", "2020-10-13", ClosedThere, 1, There, "typhoon Nangka"),
    ("XHKG", "2021-10-13", "2021-10-13", ClosedThere, 1, There, "typhoon Kompasu"),
    ("XHKG", "2023-07-17", "2023-07-17", ClosedThere, 1, There, "typhoon Talim"),
    ("XHKG", "2023-09-01", "2023-09-08", ClosedHere, 2, Here, "typhoon Saola and a black rainstorm: no trading on both days"),
    ("XHKG", "2024-09-06", "2024-09-06", ClosedThere, 1, There, "typhoon Yagi"),
    ("XHKG", "2011-02-02", "2011-02-02", Closes, 1, Here, "eve of the Lunar New Year: a half day by the exchange's own calendar of 2011"),
    ("XHKG", "2011-02-02", "2011-02-02", EarlyClose, 1, Here, "the same"),
    ("XHKG", "2017-01-27", "2027-12-24", Closes, 25, There, "half days end at 12:00, their closing auction at 12:10"),
    ("XHKG", "2010-01-04", "2012-03-02", Break, 534, Here, "the lunch was 12:30 to 14:30, from 2011-03-07 12:00 to 13:30; 12:00 to 13:00 throughout there"),
    ("XHKG", "2012-03-05", "2027-12-31", Break, 3864, There, "a lunch from 12:00 to 13:00"),
    ("XTSE", "2010-07-01", "2010-07-01", ClosedThere, 1, There, "Canada Day"),
];

/// Rows of a shared calendar table by date.
fn table(name: &str) -> Option<BTreeMap<NaiveDate, Vec<String>>> {
    let path = crate::testing::shared(&format!("calendars/{name}.csv.gz"))?;
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let rows = text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    Some(rows.map(|row| (day(&row[0]), row)).collect())
}

/// Whether two instants are in the same minute: a random opening auction makes seconds.
fn same_minute(ours: Option<Instant>, theirs: &str) -> bool {
    let minute = |instant: Instant| instant.millis() / 60_000;
    ours.map(minute) == (!theirs.is_empty()).then(|| minute(at(theirs)))
}

/// The days that differ, by kind, where both cover them; with the number of days compared.
fn differences(calendar: &Calendar) -> Option<(BTreeMap<Difference, Vec<NaiveDate>>, usize)> {
    let mic = calendar.mic();
    let rows = table(mic)?;
    let (Some((first, _)), Some((last, _))) = (rows.first_key_value(), rows.last_key_value()) else {
        panic!("{mic}")
    };
    let mut found: BTreeMap<Difference, Vec<NaiveDate>> = BTreeMap::new();
    let mut compared = 0;
    for date in first.iter_days().take_while(|date| date <= last) {
        let Ok(session) = calendar.session(date) else { continue };
        compared += 1;
        let mut differs = |difference| found.entry(difference).or_default().push(date);
        match (session, rows.get(&date)) {
            (None, None) => {}
            (None, Some(_)) => differs(ClosedHere),
            (Some(_), None) => differs(ClosedThere),
            (Some(session), Some(row)) => {
                let (start, end) = session.midday_break.unzip();
                let checks = [
                    (Opens, same_minute(Some(session.opens), &row[1])),
                    (Closes, same_minute(Some(session.closes), &row[2])),
                    (Break, same_minute(start, &row[3]) && same_minute(end, &row[4])),
                    (EarlyClose, session.early_close == (row[5] == "1")),
                ];
                checks.iter().filter(|(_, same)| !same).for_each(|(difference, _)| differs(*difference));
            }
        }
    }
    Some((found, compared))
}

/// The calendar of a venue as `exchange-hours` has it.
fn uncorrected(mic: &str) -> Calendar {
    let (position, mic) = venues::find(mic).unwrap();
    let venues::Venue { hours, mics, consolidated_us, .. } = venues::VENUES[position];
    let plain = venues::Venue {
        hours,
        mics,
        consolidated_us,
        closures: &[],
        lunches: &[],
        auction: None,
        half_day_auction: None,
    };
    Calendar { mic, schedule: Arc::new(Schedule::new(Box::leak(Box::new(plain)))) }
}

/// Takes the days of a row of [`KNOWN`] out; says how many there were.
fn take(found: &mut BTreeMap<Difference, Vec<NaiveDate>>, known: &Known) -> usize {
    let (_, first, last, difference, ..) = known;
    let days = found.entry(*difference).or_default();
    let before = days.len();
    days.retain(|date| !(day(first)..=day(last)).contains(date));
    before - days.len()
}

#[test]
fn every_venue_agrees_with_an_independent_table_but_for_the_known_days() {
    let mut wrong = Vec::new();
    for mic in ["XNYS", "XNAS", "XLON", "XTKS", "XHKG", "XTSE"] {
        let Some((mut found, compared)) = differences(&calendar(mic)) else { return };
        assert!(compared > 5_000, "{mic}: only {compared} days were compared");
        let (mut plain, _) = differences(&uncorrected(mic)).unwrap();
        for known in KNOWN.iter().filter(|known| known.0 == mic) {
            let (_, first, last, difference, count, right, why) = known;
            assert!(!why.is_empty());
            let days = match right {
                Here => take(&mut found, known),
                There => take(&mut plain, known),
            };
            if days != *count {
                wrong.push(format!("{mic} {difference:?} from {first} to {last}: {days} days, not {count}"));
            }
        }
        for (difference, days) in found.iter().filter(|(_, days)| !days.is_empty()) {
            let some: Vec<String> = days.iter().take(25).map(ToString::to_string).collect();
            wrong.push(format!("{mic} {difference:?}, {} unknown days: {}", days.len(), some.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pre_and_post_market_of_new_york_agree_with_an_independent_table() {
    let Some(rows) = table("XNYS_pre_post") else { return };
    let mut compared = 0;
    let xnys = xnys();
    for (date, row) in rows {
        let Ok(session) = xnys.session(date) else { continue };
        let session = session.unwrap_or_else(|| panic!("{date} is a session there"));
        let ours = [session.pre_opens, session.opens, session.closes, session.post_closes];
        let theirs: Vec<Instant> = row[1..5].iter().map(|text| at(text)).collect();
        assert_eq!(ours.to_vec(), theirs, "{date}");
        compared += 1;
    }
    assert!(compared > 4_500, "only {compared} sessions were compared");
}

#[test]
fn mumbai_has_a_table_there_and_no_calendar_here() {
    let Some(rows) = table("XBOM") else { return };
    let mumbai = calendar("XBOM");
    for date in rows.keys() {
        assert_eq!(mumbai.session(*date), Err(CalendarError::NoCalendar { mic: "XBOM".to_owned() }));
    }
}
