use super::*;

fn read(text: &str) -> Result<Time, TimeFault> {
    Time::read(text.as_bytes(), b"", None)
}

fn clock(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").unwrap()
}

#[test]
fn dates_are_read_in_every_form_that_has_one_meaning() {
    for text in [
        "2018-02-07",
        "2018/02/07",
        "2018.2.7",
        "20180207",
        " 2018-02-07 ",
        "20180207T",
        "07-Feb-2018",
        "7 Feb 2018",
        "Feb 7, 2018",
        "February 07, 2018",
        "07-FEB-18",
    ] {
        assert_eq!(read(text), Ok(Time::Date("2018-02-07".parse().unwrap())), "{text}");
    }
}

#[test]
fn clocks_keep_what_is_written_and_their_zone() {
    let nine_thirty = clock("2018-02-07 09:30:00");
    for text in [
        "2018-02-07 09:30",
        "2018-02-07T09:30:00",
        "20180207 09:30:00",
        "20180207  093000",
        "2018.02.07 9:30",
        "2018-02-07 9:30 AM",
        "2018-02-07 09:30:00.000",
    ] {
        assert_eq!(read(text), Ok(Time::Clock(nine_thirty)), "{text}");
    }
    assert_eq!(Time::read(b"20180207", b"093000", None), Ok(Time::Clock(nine_thirty)));
    assert_eq!(Time::read(b"2018-02-07", b"", None).map(Time::at_midnight), Ok(true));
    assert_eq!(read("2018-02-07 12:05 am"), Ok(Time::Clock(clock("2018-02-07 00:05:00"))));
    assert_eq!(read("2018-02-07T09:30:00-05:00"), Ok(Time::Offset(nine_thirty, -18_000)));
    assert_eq!(read("2018-02-07 09:30:00+0530"), Ok(Time::Offset(nine_thirty, 19_800)));
    let fine = clock("2018-05-01 08:04:00.123");
    assert_eq!(read("2018-05-01T08:04:00.123456789Z"), Ok(Time::Offset(fine, 0)));
    assert_eq!(read("20180207 09:30:00 US/Eastern"), Ok(Time::Zoned(nine_thirty, Tz::US__Eastern)));
}

#[test]
fn an_offset_makes_an_instant_and_a_clock_alone_does_not() {
    let instant = "2018-02-07T14:30:00Z".parse().unwrap();
    assert_eq!(read("2018-02-07 09:30:00-05:00").unwrap().exact(), Some(instant));
    assert_eq!(read("2018-02-07 09:30:00").unwrap().exact(), None);
}

#[test]
fn numbers_since_the_epoch_tell_their_unit_by_their_magnitude() {
    let instant: Instant = "2025-01-01T00:00:00Z".parse().unwrap();
    for (text, unit) in [
        ("1735689600", Unit::Seconds),
        ("1735689600.0", Unit::Seconds),
        ("1735689600000", Unit::Millis),
        ("1735689600000000", Unit::Micros),
        ("1735689600000000000", Unit::Nanos),
    ] {
        assert_eq!(read(text), Ok(Time::Epoch(instant, unit)), "{text}");
    }
    let half = Instant::from_millis(instant.millis() + 500);
    assert_eq!(read("1735689600.5"), Ok(Time::Epoch(half, Unit::Seconds)));
}

#[test]
fn what_is_no_time_is_unreadable() {
    for text in [
        "",
        "x",
        "2018-02-30",
        "2018-13-01",
        "20181301",
        "2018-02-07x",
        "2018-02-07 25:00",
        "2018-02-07 09:60",
        "2018-02-07 09:30:00 Nowhere/City",
        "2018-02/07",
        "12",
        "99999999",
        "-1735689600",
        "2018-02-07 +05:00",
        "13 Foo 2018",
        "2018-02-07 09:30:00+25:00",
        "99999999999999999999",
    ] {
        assert_eq!(read(text), Err(TimeFault::Unreadable), "{text}");
    }
}

fn told(texts: &[&str]) -> Result<Option<Order>, String> {
    let mut evidence = OrderEvidence::default();
    for (line, text) in texts.iter().enumerate() {
        evidence.see(line as u64 + 2, text.as_bytes());
    }
    evidence.order(Path::new("f.csv")).map_err(|error| error.to_string())
}

#[test]
fn the_order_of_dates_is_told_by_the_whole_file() {
    assert_eq!(told(&["11/1/2019", "11/12/2019", "11/13/2019"]), Ok(Some(Order::MonthFirst)));
    assert_eq!(told(&["1.11.2019", "13.11.2019"]), Ok(Some(Order::DayFirst)));
    assert_eq!(told(&["2019-11-01", "", "x"]), Ok(None));
    let date = |text: &str, order| Time::read(text.as_bytes(), b"", Some(order)).map(Time::written_date);
    assert_eq!(date("2/7/2018", Order::MonthFirst), Ok("2018-02-07".parse().unwrap()));
    assert_eq!(date("2/7/18", Order::DayFirst), Ok("2018-07-02".parse().unwrap()));
    assert_eq!(date("2/7/99", Order::DayFirst), Ok("1999-07-02".parse().unwrap()));
    assert_eq!(read("2/7/2018"), Err(TimeFault::OrderUnknown));
}

#[test]
fn dates_that_do_not_tell_or_contradict_each_other_are_refused_with_the_line() {
    assert_eq!(
        told(&["2/7/2018", "2/8/2018"]).unwrap_err(),
        "f.csv: line 2: whether \"2/7/2018\" begins with the month or with the day cannot be told, here and in \
         the rest of the file; write its dates like 2018-02-07"
    );
    assert_eq!(
        told(&["2/17/2018", "17/2/2018"]).unwrap_err(),
        "f.csv: line 2: \"2/17/2018\" has its month first, and \"17/2/2018\" in line 3 its day; write its dates \
         like 2018-02-07"
    );
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(
        text in proptest::collection::vec(proptest::num::u8::ANY, 0..40),
        near in "[0-9]{1,10}[-/. :T]{0,2}[0-9A-Za-z]{0,4}[-/. :+]{0,2}[0-9]{0,4}[ T]?[0-9:.]{0,12}[-+Z ]?[0-9:A-Za-z/]{0,8}",
    ) {
        for order in [None, Some(Order::DayFirst), Some(Order::MonthFirst)] {
            let _ = Time::read(&text, b"", order);
            let _ = Time::read(near.as_bytes(), &text, order);
            if let Ok(time) = Time::read(near.as_bytes(), b"", order) {
                let _ = (time.exact(), time.written());
            }
        }
    }
}
