//! Expressions as users write them.

use std::collections::HashMap;

use proptest::prelude::*;

use crate::{Answer, Quote, Screen, ScreenError, Sight, functions, names};

/// An instrument of five bars and some texts.
#[derive(Default)]
struct Fixture {
    columns: HashMap<&'static str, Vec<f64>>,
    texts: HashMap<&'static str, &'static str>,
    facts: HashMap<&'static str, f64>,
    quote: Option<Quote>,
}

impl Fixture {
    fn closes(closes: &[f64]) -> Self {
        let mut fixture = Self::default();
        for column in ["open", "high", "low", "close"] {
            fixture.columns.insert(column, closes.to_vec());
        }
        fixture.columns.insert("volume", vec![100.0; closes.len()]);
        fixture
    }
}

impl Sight for Fixture {
    fn bars(&self) -> usize {
        self.columns.values().map(Vec::len).max().unwrap_or(0)
    }

    fn column(&self, name: &str) -> &[f64] {
        self.columns.get(name).map_or(&[], Vec::as_slice)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).copied()
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        (name == "cik").then_some("320193")
    }

    fn fact(&self, name: &str) -> Option<f64> {
        self.facts.get(name).copied()
    }

    fn quote(&self) -> Option<Quote> {
        self.quote
    }

    fn upstream(&self, layer: &str, measure: &str) -> Option<f64> {
        (layer == "sluice/volume" && measure == "score").then_some(60.0)
    }
}

fn answer(text: &str, sight: &Fixture) -> Answer {
    Screen::condition(text).unwrap_or_else(|error| panic!("{text}: {error}")).answer(sight)
}

fn value(text: &str, sight: &Fixture) -> f64 {
    Screen::number(text).unwrap_or_else(|error| panic!("{text}: {error}")).value(sight)
}

fn refused(text: &str) -> String {
    Screen::condition(text).map(|_| ()).map_err(|error: ScreenError| error.to_string()).unwrap_err()
}

#[test]
fn the_newest_quote_has_one_value_and_is_unknown_without_one() {
    let mut quoted = Fixture::closes(&[100.0]);
    let (bid, ask) = (99.5, 100.5);
    quoted.quote = Some(Quote { at: 0, bid, ask, bid_size: 300.0, ask_size: f64::NAN, last: 100.25 });
    for (text, wanted) in [
        ("bid", 99.5),
        ("ask", 100.5),
        ("bid_size", 300.0),
        ("last - close", 0.25),
        // of the middle, 100
        ("spread", 1.0),
    ] {
        assert_eq!(value(text, &quoted), wanted, "{text}");
    }
    assert_eq!(answer("spread < 2", &quoted), Answer::True);
    assert_eq!(answer("ask_size > 1", &quoted), Answer::Unknown("ask_size > 1".to_owned()));
    for (bid, ask) in [(0.0, 100.0), (100.0, 0.0), (0.0, 0.0)] {
        quoted.quote = quoted.quote.map(|quote| Quote { bid, ask, ..quote });
        assert_eq!(answer("spread < 2", &quoted), Answer::Unknown("spread < 2".to_owned()), "{bid} {ask}");
    }
    let none = Fixture::closes(&[100.0]);
    assert_eq!(answer("spread < 2", &none), Answer::Unknown("spread < 2".to_owned()));
    assert!(Screen::condition("close > 1 and spread < 2").unwrap().wants().quote);
    let wants = Screen::condition("bid > 1").unwrap().wants().clone();
    assert_eq!((wants.quote, wants.lookback, wants.columns.len()), (true, 0, 0));
    assert!(!Screen::condition("close > 1").unwrap().wants().quote);
    assert_eq!(refused("bid[1] > 1"), "column 1: this has one value, not one for each bar: it has no [n]");
}

#[test]
fn what_is_read_of_earlier_layers_is_told_with_its_places() {
    let text = "sector == 'ä' and Upstream( \"sluice/volume\" ,'ratio')>2 or upstream('a/b', 'score') < 1";
    let screen = Screen::condition(text).unwrap();
    let told: Vec<_> = screen
        .upstream()
        .iter()
        .map(|of| (of.layer.as_str(), of.layer_at, of.measure.as_str(), of.measure_at))
        .collect();
    assert_eq!(told, [("sluice/volume", 29, "ratio", 46), ("a/b", 69, "score", 76)]);
    let at = |column: usize| text.chars().nth(column - 1).unwrap();
    assert_eq!([29, 46, 69, 76].map(at), ['"', '\'', '\'', '\'']);
    assert_eq!(Screen::condition("sector == 'upstream(\"a/b\", \"c\")'").unwrap().upstream(), []);
}

#[test]
fn arithmetic_binds_as_in_school() {
    let bars = Fixture::closes(&[1.0, 2.0, 3.0, 4.0, 10.0]);
    for (text, wanted) in [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("-close + 12", 2.0),
        ("10 - 2 - 3", 5.0),
        ("close / 4 / 5", 0.5),
        ("close - close[1]", 6.0),
        ("close[1][1]", 3.0),
        ("highest(close, 3) - lowest(3)", 7.0),
        ("sma(close * 2, 2)", 14.0),
        ("sma(2)[1]", 3.5),
        ("change", 150.0),
        ("abs(0 - 3) + min(1, 2) + max(1, 2)", 6.0),
        ("count(close > 2, 4)", 3.0),
        ("5m / 1k", 5000.0),
    ] {
        assert_eq!(value(text, &bars), wanted, "{text}");
    }
}

#[test]
fn conditions_join_and_name_the_part_that_decides() {
    let mut bars = Fixture::closes(&[1.0, 2.0, 3.0, 4.0, 10.0]);
    bars.texts.insert("sector", "Energy");
    bars.facts.insert("market-cap", 2e9);
    for text in [
        "close > 9 and volume == 100",
        "close > 11 or sector == 'energy'",
        "not close > 11",
        "sector in (\"Utilities\", \"Energy\") and sector not in ('Materials')",
        "market_cap >= 2b and upstream('sluice/volume', 'score') == 60",
        "crosses_above(close, 5) and not crosses_below(close, 5)",
        "every(close > 0, 5) and some(close > 9, 5) and not every(close > 2, 5)",
        "attribute(\"cik\") == \"320193\"",
        "is_known(close) and not is_known(close[9])",
    ] {
        assert_eq!(answer(text, &bars), Answer::True, "{text}");
    }
    let why = answer("close > 5 and sector == 'Materials' and volume > 1k", &bars);
    assert_eq!(why, Answer::False("sector == 'Materials'".to_owned()));
}

#[test]
fn what_is_missing_is_unknown_and_decides_only_where_it_must() {
    let bars = Fixture::closes(&[1.0, 2.0, f64::NAN]);
    let unknown = |part: &str| Answer::Unknown(part.to_owned());
    assert_eq!(answer("close > 1", &bars), unknown("close > 1"));
    assert_eq!(answer("volume > 50 and close > 1", &bars), unknown("close > 1"));
    assert_eq!(answer("volume > 500 and close > 1", &bars), Answer::False("volume > 500".to_owned()));
    assert_eq!(answer("volume > 50 or close > 1", &bars), Answer::True);
    assert_eq!(answer("pe < 10", &bars), unknown("pe < 10"));
    assert_eq!(answer("sector == 'Energy'", &bars), unknown("sector == 'Energy'"));
    assert_eq!(answer("volume / 0 > 1", &bars), unknown("volume / 0 > 1"));
    assert_eq!(answer("close[1] > 1", &Fixture::default()), unknown("close[1] > 1"));
}

#[test]
fn wilders_values_come_out_of_the_language_too() {
    // the closes and values of the SDK's own test of RSI
    let closes = [
        44.34, 44.09, 44.15, 43.61, 44.33, 44.83, 45.10, 45.42, 45.84, 46.08, 45.89, 46.03, 45.61, 46.28,
        46.28, 46.00,
    ];
    let bars = Fixture::closes(&closes);
    assert!((value("rsi(14)", &bars) - 66.2496).abs() < 5e-5);
    assert!((value("rsi(14)[1]", &bars) - 70.4641).abs() < 5e-5);
    assert_eq!(value("rsi", &bars), value("rsi(close, 14)", &bars));
}

#[test]
fn an_expression_says_what_it_needs_to_see() {
    let screen = Screen::condition("rvol > 2 and close > sma(50)[5] and sector != 'X' and pe < 9").unwrap();
    let wants = screen.wants();
    assert_eq!(wants.columns.iter().copied().collect::<Vec<_>>(), ["close", "volume"]);
    assert_eq!((wants.lookback, wants.profile), (55, true));
    assert_eq!(wants.facts.iter().map(String::as_str).collect::<Vec<_>>(), ["pe"]);
    let none = Screen::condition("kind == 'etf'").unwrap();
    assert_eq!((none.wants().lookback, none.wants().profile), (0, false));
    assert_eq!(Screen::number("atr(14)").unwrap().wants().columns.len(), 3);
}

#[test]
fn errors_point_at_the_column_and_say_what_would_do() {
    for (text, wanted) in [
        ("", "column 1: the expression is empty"),
        ("close >", "column 8: the expression ends where a value should be"),
        (
            "close",
            "column 1: this is a number, a condition is wanted here: compare it with something, as in x > 0",
        ),
        ("rsii(14) < 70", "column 1: rsii is unknown: did you mean rsi?"),
        ("close > fooooo", "column 9: fooooo is unknown: `sluice screen functions` lists what there is"),
        ("close = 5", "column 7: = alone means nothing: write == to compare"),
        ("1 < close < 2", "column 11: comparisons do not chain: join two of them with and"),
        ("(close > 1", "column 11: a bracket that was opened is not closed"),
        ("close > 1 volume", "column 11: volume is too much here: the expression was complete before it"),
        ("sma(close) > 1", "column 1: sma lacks its number of bars: write sma([x = close], n)"),
        ("sma(0) > 1", "column 5: a whole number of bars from 1 to 1000 is wanted here"),
        ("sma(2.5) > 1", "column 5: a whole number of bars from 1 to 1000 is wanted here"),
        ("close[-1] > 1", "column 7: a whole number of bars from 0 to 1000 is wanted here"),
        (
            "rsi(close, 14, 3) > 1",
            "column 16: rsi has an argument too many: write rsi([x = close], [n = 14])",
        ),
        ("sector > 5", "column 1: this is a text, a number is wanted here"),
        ("sector == 5", "column 11: this is a number, a text is wanted here"),
        ("pe[1] > 5", "column 1: this has one value, not one for each bar: it has no [n]"),
        ("fact(pe) > 5", "column 6: a text of 1 to 64 bytes in quotes is wanted here"),
        (
            "ema(1000) > 5",
            "column 1: it looks back over 16000 bars, warm-up included; at most 2500 are read: shorten its periods",
        ),
        ("sector in ()", "column 11: the list is empty"),
    ] {
        assert_eq!(refused(text), wanted, "{text}");
    }
    let pointed = Screen::condition("close > fo").unwrap_err().pointed("close > fo");
    assert_eq!(pointed, "close > fo\n        ^");
}

#[test]
fn of_a_long_text_the_part_around_the_place_is_shown() {
    let text = format!("{}close > fo{}", "close > 1 and ".repeat(20), " and close > 1".repeat(20));
    let pointed = Screen::condition(&text).unwrap_err().pointed(&text);
    let (shown, mark) = pointed.split_once('\n').unwrap();
    assert_eq!(shown.chars().count(), 74);
    assert!(shown.starts_with('…') && shown.ends_with('…'), "{shown}");
    let place: String = shown.chars().skip(mark.chars().count() - 1).take(2).collect();
    assert_eq!(place, "fo");
}

#[test]
fn an_expression_of_any_kind_has_its_value() {
    let mut sight = Fixture::closes(&[1.0]);
    sight.texts.insert("symbol", "AAA");
    let value = |text: &str| {
        let screen = Screen::any(text).unwrap();
        (screen.is_condition(), screen.is_text(), screen.value(&sight).is_nan(), screen.text_value(&sight))
    };
    assert_eq!(value("1 + 1"), (false, false, false, None));
    assert_eq!(value("1 > 0"), (true, false, false, None));
    assert_eq!(value("symbol"), (false, true, true, Some("AAA".to_owned())));
    assert_eq!(value("sector"), (false, true, true, None));
}

#[test]
fn deep_and_long_texts_are_refused_before_they_hurt() {
    let deep = format!("{}close{} > 1", "(".repeat(60), ")".repeat(60));
    assert!(refused(&deep).contains("more than 48 levels"), "{}", refused(&deep));
    let minus = format!("{}close > 1", "-".repeat(4000));
    assert!(refused(&minus).contains("more than 48 levels"));
    let wide = vec!["close>1"; 200].join(" and ");
    assert!(refused(&wide).contains("more than 512 parts"));
    assert!(refused(&"a".repeat(5000)).contains("5000 bytes"));
}

#[test]
fn every_listed_form_is_understood() {
    for entry in functions() {
        let text = entry.form.replace("[x = close]", "close").replace(['[', ']'], "").replace("n = ", "");
        let text = text.replace("k = ", "").replace("condition", "close > 1").replace("(x", "(close");
        let text = text.replace(", x", ", open").replace(", n", ", 3").replace("(n)", "(3)");
        let known = Screen::number(&text).is_ok()
            || Screen::condition(&text).is_ok()
            || Screen::condition(&format!("{text} == 'x'")).is_ok();
        assert!(known, "{} as {text}", entry.form);
    }
    for entry in names() {
        let known = Screen::number(&entry.form).is_ok()
            || Screen::condition(&format!("{} == 'x'", entry.form)).is_ok();
        assert!(known, "{}", entry.form);
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[a-z0-9_ ()<>=!+*/.,'\"\\[\\]-]{0,60}") {
        if let Ok(screen) = Screen::condition(&text) {
            let _ = screen.answer(&Fixture::closes(&[1.0, 2.0, 3.0]));
        }
    }

    #[test]
    fn bars_before_the_lookback_never_change_a_window(
        closes in proptest::collection::vec(1.0..100.0_f64, 30..60),
        period in 1_usize..20,
        ago in 0_usize..5,
    ) {
        let screen = Screen::number(&format!("sma({period})[{ago}] + highest(high, {period})")).unwrap();
        let needed = screen.wants().lookback;
        let cut = closes.len() - needed;
        let whole = screen.value(&Fixture::closes(&closes));
        let part = screen.value(&Fixture::closes(closes.get(cut..).unwrap()));
        prop_assert!((whole - part).abs() < 1e-9, "{whole} {part}");
    }

    #[test]
    fn later_bars_never_change_an_earlier_value(
        closes in proptest::collection::vec(1.0..100.0_f64, 40..60),
        ago in 1_usize..10,
    ) {
        let text = "rsi(5) + ema(4) + macd(3, 6, 2) + atr(3) + count(close > open[1], 3)";
        let now = value(text, &Fixture::closes(closes.get(..closes.len() - ago).unwrap()));
        let later = value(&format!("({text})[{ago}]"), &Fixture::closes(&closes));
        prop_assert!((now - later).abs() < 1e-9, "{now} {later}");
    }
}
