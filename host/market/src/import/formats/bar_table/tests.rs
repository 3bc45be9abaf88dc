use crate::bars::Timeframe;
use crate::import::reader::Said;
use crate::import::testing::Collected;

const ONE: &crate::import::reader::Reader = &super::super::generic::ONE;

fn said() -> Said {
    Said { symbol: Some("A".to_owned()), ..Said::default() }
}

fn read(text: &str) -> Result<Collected, String> {
    Collected::told(ONE, "x.csv", text.as_bytes(), &said())
}

/// Rows behind a header, with prices that do not matter.
fn stamps(stamps: &[&str]) -> String {
    let rows: String = stamps.iter().map(|stamp| format!("{stamp},1,2,1,2,10\n")).collect();
    format!("date,open,high,low,close,volume\n{rows}")
}

fn error(text: &str) -> String {
    read(text).map(|_| ()).unwrap_err()
}

#[test]
fn dates_in_american_order_are_told_by_the_whole_file() {
    let read = read(&stamps(&["11/1/2019", "11/4/2019", "11/13/2019"])).unwrap();
    let expected = ["2019-11-01", "2019-11-04", "2019-11-13"].map(|date| format!("A {date} 1 2 1 2 10"));
    assert_eq!(read.bar_lines(), expected);
    assert_eq!(
        error(&stamps(&["11/1/2019", "11/4/2019"])),
        "x.csv: line 2: whether \"11/1/2019\" begins with the month or with the day cannot be told, here and in \
         the rest of the file; write its dates like 2018-02-07"
    );
}

#[test]
fn an_order_that_only_the_end_of_a_long_file_tells_is_found() {
    // 64 KiB of the second of each month come before the first date that tells
    let mut dates: Vec<String> =
        (0..6000).map(|n| format!("{}/{}/{}", n % 12 + 1, n / 12 % 12 + 1, 1950 + n / 144)).collect();
    dates.push("12/31/2024".to_owned());
    let texts: Vec<&str> = dates.iter().map(String::as_str).collect();
    let said = Said { timeframe: Some(Timeframe::Day), ..said() };
    let read = Collected::told(ONE, "x.csv", stamps(&texts).as_bytes(), &said).unwrap();
    assert_eq!(read.bars.len(), 6001);
    assert_eq!(read.bar_lines()[1], "A 1950-02-01 1 2 1 2 10");
}

#[test]
fn a_thousands_mark_that_comes_late_is_asked_of_the_whole_file() {
    let mut text = stamps(&[]);
    for day in 0..4000 {
        let date = crate::days::date_of(day);
        text += &format!("{date},1.5,2,1,2,10\n");
    }
    let late = format!("{text}2020-01-02,\"1,000.50\",\"1,000\",1,2,10\n");
    assert_eq!(read(&late).unwrap().bar_lines()[4000], "A 2020-01-02 1000.5 1000 1 2 10");
    let unclear = format!("{}2020-01-02,\"1,000\",2,1,2,10\n", text.replace("1.5", "1"));
    let line = unclear.lines().count();
    assert!(
        error(&unclear).starts_with(&format!("x.csv: line {line}: whether the comma of \"1,000\" marks"))
    );
}

#[test]
fn decimal_commas_are_read_and_mixed_marks_refused() {
    let text = "date;open;high;low;close;volume\n2018-02-06;1,5;2,5;1;2;1.000\n2018-02-07;1,5;2.5;1;2;10\n";
    assert!(
        error(text)
            .starts_with("x.csv: line 3: \"2.5\" has a decimal point, and \"1,5\" in line 2 a decimal comma")
    );
}

#[test]
fn stamps_without_an_offset_are_in_the_venues_zone_or_the_one_that_is_said() {
    let text = stamps(&["2022-03-11 09:30", "2022-03-11 09:31", "2022-03-14 09:30"]);
    let times = |read: &Collected| -> Vec<String> {
        read.bar_lines().iter().filter_map(|line| line.split(' ').nth(1).map(str::to_owned)).collect()
    };
    let expected = ["2022-03-11T14:30:00Z", "2022-03-11T14:31:00Z", "2022-03-14T13:30:00Z"];
    assert_eq!(times(&read(&text).unwrap()), expected);
    let tokyo = Said { zone: Some(chrono_tz::Tz::Asia__Tokyo), ..said() };
    let expected = ["2022-03-11T00:30:00Z", "2022-03-11T00:31:00Z", "2022-03-14T00:30:00Z"];
    assert_eq!(times(&Collected::told(ONE, "x.csv", text.as_bytes(), &tokyo).unwrap()), expected);
}

#[test]
fn local_times_that_clock_changes_skip_or_repeat_are_said() {
    let said = Said { timeframe: Some(Timeframe::Minutes30), ..said() };
    let text = stamps(&["2025-03-09 02:30", "2025-03-09 03:30", "2025-11-02 01:30"]);
    let read = Collected::told(ONE, "x.csv", text.as_bytes(), &said).unwrap();
    assert_eq!(read.bar_lines(), ["A 2025-03-09T07:30:00Z 1 2 1 2 10", "A 2025-11-02T05:30:00Z 1 2 1 2 10"]);
    assert_eq!(
        read.fault_lines(),
        [
            "unreadable-date line 2: clocks were set forward over 2025-03-09 02:30:00: there was no such time",
            "ambiguous-time line 4: clocks were set back over 2025-11-02 01:30:00: the earlier one is taken, \
             2025-11-02T05:30:00Z"
        ]
    );
}

#[test]
fn daily_stamps_are_dates_whatever_their_clock() {
    let text = stamps(&[
        "2022-06-06 00:00:00+01:00", // midnight as it is written
        "2022-06-07T04:00:00Z",      // midnight at the venue
        "2022-06-08 16:00:00",
        "1654732800", // midnight in UTC
    ]);
    let said = Said { timeframe: Some(Timeframe::Day), ..said() };
    let read = Collected::told(ONE, "x.csv", text.as_bytes(), &said).unwrap();
    assert_eq!(
        read.bar_lines(),
        [
            "A 2022-06-06 1 2 1 2 10",
            "A 2022-06-07T04:00:00Z 1 2 1 2 10",
            "A 2022-06-08 1 2 1 2 10",
            "A 2022-06-09 1 2 1 2 10"
        ]
    );
}

#[test]
fn the_timeframe_is_worked_out_checked_and_overridden() {
    let intraday = |minutes: &[u32]| {
        let texts: Vec<String> =
            minutes.iter().map(|m| format!("2022-03-11 {:02}:{:02}", 9 + m / 60, m % 60)).collect();
        stamps(&texts.iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert_eq!(read(&intraday(&[0, 5, 10, 20])).unwrap().origins[0].timeframe, Timeframe::Minutes5);
    assert!(
        error(&intraday(&[0]))
            .starts_with("x.csv: it has too few bars to tell their timeframe; name one with")
    );
    assert!(
        error(&intraday(&[0, 10, 20]))
            .contains("its bars are 10 min apart, which is no timeframe that is stored")
    );
    let said = Said { timeframe: Some(Timeframe::Hour), ..said() };
    let read = Collected::told(ONE, "x.csv", intraday(&[30, 60, 120]).as_bytes(), &said).unwrap();
    assert_eq!((read.bars.len(), read.origins[0].timeframe), (3, Timeframe::Hour));
}

#[test]
fn a_file_whose_later_rows_do_not_fit_its_timeframe_is_refused() {
    let mut texts: Vec<String> = (0..3000)
        .map(|n| format!("2022-03-{:02} {:02}:{:02}", 1 + n / 288, n / 12 % 24, n % 12 * 5))
        .collect();
    texts.extend((0..1000).map(|n| format!("2022-04-{:02} {:02}:{:02}", 1 + n / 600, n / 60 % 10, n % 60)));
    let text = stamps(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let error = error(&text);
    assert!(
        error.starts_with("x.csv: line 3003: its first rows are bars of 5m, but 800 of 4000 rows do not fit"),
        "{error}"
    );
}

#[test]
fn unreadable_rows_are_faults_with_their_lines() {
    let text = "date,open,high,low,close,volume\n\n2018-02-06,1,2,1,x,10\n2018-02-31,1,2,1,2,10\n2018-02-07,1,2,1,2,10\n";
    let read = read(text).unwrap();
    assert_eq!(read.bars.len(), 1);
    assert_eq!(
        read.fault_lines(),
        [
            "unreadable-number line 3: \"x\" is no number",
            "unreadable-date line 4: \"2018-02-31\" is no time: want one like 2018-02-07 or 2018-02-07T14:30:00Z"
        ]
    );
}
