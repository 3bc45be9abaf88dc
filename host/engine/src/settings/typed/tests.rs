//! Every kind of value as typed, bounds in pairs, and the way through the store.

use super::*;
use crate::plan::fit;
use crate::record::json_value;
use proptest::prelude::*;

fn parameter(default: Value) -> Parameter {
    Parameter {
        name: "p".to_owned(),
        doc: String::new(),
        unit: String::new(),
        default,
        minimum: None,
        maximum: None,
        choices: Vec::new(),
        max_length: 0,
    }
}

fn number() -> Parameter {
    Parameter { minimum: Some(0.5), maximum: Some(50.0), ..parameter(Value::Number(2.0)) }
}

fn integer() -> Parameter {
    Parameter { minimum: Some(-3.0), maximum: Some(250.0), ..parameter(Value::Integer(20)) }
}

fn texts_of(choices: &[&str]) -> Parameter {
    let choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
    Parameter { choices, max_length: 4, ..parameter(Value::Texts(Vec::new())) }
}

fn table_of() -> Parameter {
    Parameter { minimum: Some(0.0), maximum: Some(1.0), max_length: 2, ..parameter(Value::Table(Vec::new())) }
}

fn refused(parameter: &Parameter, typed: &str) -> String {
    value(parameter, typed).unwrap_err()
}

#[test]
fn bounds_just_obeyed_are_taken_and_just_violated_refused() {
    let pairs = [
        (number(), "0.5", "0.49999999999999994", "below the minimum of 0.5"),
        (number(), "50", "50.00000000000001", "above the maximum of 50"),
        (integer(), "-3", "-4", "below the minimum of -3"),
        (integer(), "250", "251", "above the maximum of 250"),
        (parameter(Value::Integer(0)), "2147483647", "2147483648", "out of bounds"),
        (parameter(Value::Integer(0)), "-2147483648", "-2147483649", "out of bounds"),
        (
            Parameter { max_length: 3, ..parameter(Value::Text(String::new())) },
            "abc",
            "abcd",
            "over the limit of 3",
        ),
        (texts_of(&[]), "a,b,c,d", "a,b,c,d,e", "5 texts are over the limit of 4"),
        (texts_of(&["a", "b"]), "a,b", "a,c", "\"c\" is none of a, b"),
        (table_of(), "a=0,b=1", "a=0,b=1.0000000000000002", "above the maximum of 1"),
        (table_of(), "a=0,b=1", "a=0,b=1,c=1", "3 rows are over the limit of 2"),
    ];
    for (parameter, obeyed, violated, fault) in pairs {
        assert!(value(&parameter, obeyed).is_ok(), "{obeyed}");
        let refusal = refused(&parameter, violated);
        assert!(refusal.contains(fault), "{violated}: {refusal}");
    }
}

#[test]
fn numbers_are_finite_decimals_and_integers_plain_digits() {
    assert_eq!(value(&number(), "5e0"), Ok(Value::Number(5.0)));
    assert_eq!(value(&number(), "12.25"), Ok(Value::Number(12.25)));
    for text in [
        "NaN", "inf", "-inf", "infinity", "", "1e999", "+5", " 5", "5 ", "0x10", ".5", "5.", "1_0", "5-1",
        "--5",
    ] {
        assert!(value(&number(), text).is_err(), "{text:?}");
    }
    assert_eq!(value(&integer(), "-2"), Ok(Value::Integer(-2)));
    for text in ["1e3", "10.0", "+5", " 5", "0x10", "", "-", "007", "-0", "1,0", "99999999999999999999"] {
        assert!(value(&integer(), text).is_err(), "{text:?}");
    }
}

#[test]
fn a_truth_is_written_true_or_false() {
    let parameter = parameter(Value::Boolean(false));
    assert_eq!(value(&parameter, "true"), Ok(Value::Boolean(true)));
    assert_eq!(value(&parameter, "false"), Ok(Value::Boolean(false)));
    for text in ["True", "yes", "1", "", "true "] {
        assert_eq!(refused(&parameter, text), "neither true nor false", "{text:?}");
    }
}

#[test]
fn texts_are_separated_by_commas_or_a_json_array() {
    let words = |words: &[&str]| Ok(Value::Texts(words.iter().map(|word| (*word).to_owned()).collect()));
    let parameter = parameter(Value::Texts(Vec::new()));
    assert_eq!(value(&parameter, "stock, etf"), words(&["stock", "etf"]));
    assert_eq!(value(&parameter, "[]"), words(&[]));
    assert_eq!(value(&parameter, r#"["a,b", ""]"#), words(&["a,b", ""]));
    assert!(refused(&parameter, "a,,b").starts_with("an empty text stands between its commas"));
    assert!(refused(&parameter, "").contains("an empty list is []"));
    assert!(refused(&parameter, "[1]").starts_with("no JSON array of texts"));
    assert!(refused(&parameter, "[\"a\"").starts_with("no JSON array of texts"));
}

#[test]
fn a_table_is_pairs_or_a_json_object_sorted_by_name_without_repetition() {
    let parameter = parameter(Value::Table(Vec::new()));
    let rows = Ok(Value::Table(vec![("a".to_owned(), -1.5), ("b".to_owned(), 2.0)]));
    assert_eq!(value(&parameter, "b=2, a=-1.5"), rows);
    assert_eq!(value(&parameter, r#"{"b": 2, "a": -1.5}"#), rows);
    assert_eq!(value(&parameter, "{}"), Ok(Value::Table(Vec::new())));
    assert_eq!(refused(&parameter, "a=1,a=2"), "\"a\" stands in it twice");
    assert_eq!(refused(&parameter, r#"{"a":1,"a":2}"#), "\"a\" stands in it twice");
    assert_eq!(refused(&parameter, "a=nan"), "\"nan\" is no plain decimal number");
    assert!(refused(&parameter, r#"{"a":"1"}"#).starts_with("no JSON object of numbers"));
    assert!(refused(&parameter, r#"{"a":1e999}"#).starts_with("no JSON object of numbers"));
    for text in ["", "a", "=1", "a=1,"] {
        assert!(refused(&parameter, text).contains("is no name=number"), "{text:?}");
    }
}

#[test]
fn what_cannot_be_printed_is_refused_also_behind_an_escape() {
    let (text, texts, table) =
        (Value::Text(String::new()), Value::Texts(Vec::new()), Value::Table(Vec::new()));
    for default in [&text, &texts, &table] {
        for typed in ["a\u{1b}", "a\0", "a\n", "\u{202e}a"] {
            let refusal = refused(&parameter(default.clone()), typed);
            assert_eq!(refusal, "it has characters that cannot be printed", "{typed:?}");
        }
    }
    for (default, typed) in [(texts, r#"["\u001b"]"#), (table, r#"{"\u202e": 1}"#)] {
        assert_eq!(
            refused(&parameter(default), typed),
            "it has characters that cannot be printed",
            "{typed}"
        );
    }
}

#[test]
fn bounds_are_told_in_words() {
    let choice =
        Parameter { choices: vec!["keep".into(), "drop".into()], ..parameter(Value::Text("keep".into())) };
    let cases = [
        (number(), "a number from 0.5 to 50"),
        (integer(), "a whole number from -3 to 250"),
        (
            Parameter { minimum: Some(1.0), ..parameter(Value::Integer(1)) },
            "a whole number from 1 to 2147483647",
        ),
        (Parameter { minimum: Some(1.0), ..parameter(Value::Number(1.0)) }, "a number of at least 1"),
        (Parameter { maximum: Some(1.0), ..parameter(Value::Number(1.0)) }, "a number of at most 1"),
        (parameter(Value::Number(1.0)), "a number"),
        (parameter(Value::Boolean(true)), "true or false"),
        (choice, "one of keep, drop"),
        (Parameter { max_length: 9, ..parameter(Value::Text(String::new())) }, "a text, at most 9 bytes"),
        (texts_of(&["a", "b"]), "some of a, b, at most 4 of them"),
        (table_of(), "name=number pairs, each a number from 0 to 1, at most 2 of them"),
    ];
    for (parameter, words) in cases {
        assert_eq!(bounds(&parameter), words);
    }
}

#[test]
fn stored_values_that_are_no_setting_are_refused_and_never_panic() {
    for json in ["null", "[1]", "[[]]", r#"{"a":"b"}"#, r#"{"a":null}"#] {
        assert!(stored(&serde_json::from_str(json).unwrap()).is_err(), "{json}");
    }
    assert_eq!(stored(&Json::from(5_000_000_000_i64)), Ok(Value::Number(5e9)));
}

/// A value as an operator would type it.
fn written(value: &Value) -> String {
    match value {
        Value::Number(number) => format!("{number:?}"),
        Value::Integer(integer) => integer.to_string(),
        Value::Boolean(boolean) => boolean.to_string(),
        Value::Text(text) => text.clone(),
        other => json_value(other).to_string(),
    }
}

fn values() -> impl Strategy<Value = Value> {
    let finite = any::<f64>().prop_filter_map("finite", |number| number.is_finite().then_some(number + 0.0));
    let word = "[^\\p{C}]{0,20}";
    prop_oneof![
        finite.clone().prop_map(Value::Number),
        any::<i32>().prop_map(Value::Integer),
        any::<bool>().prop_map(Value::Boolean),
        word.prop_map(Value::Text),
        prop::collection::vec(word, 0..5).prop_map(Value::Texts),
        prop::collection::btree_map("[^\\p{C}]{1,9}", finite, 0..5)
            .prop_map(|rows| Value::Table(rows.into_iter().collect())),
    ]
}

proptest! {
    #[test]
    fn every_value_comes_back_from_typing_and_from_the_store(given in values()) {
        let parameter = parameter(given.clone());
        let typed = value(&parameter, &written(&given));
        prop_assert_eq!(typed.as_ref(), Ok(&given));
        let json = json_value(&given).to_string();
        let read = stored(&serde_json::from_str(&json).unwrap()).unwrap();
        prop_assert_eq!(fit(&parameter, &read), given);
    }

    #[test]
    fn whatever_is_taken_is_of_the_kind_and_within_the_bounds(text in ".{0,12}|-?[0-9.eE+-]{0,9}|[0-9]{1,12}") {
        for parameter in [number(), integer(), texts_of(&["a", "1"]), table_of(), parameter(Value::Boolean(true))] {
            if let Ok(value) = value(&parameter, &text) {
                prop_assert_eq!(parameter.check(&value), Ok(()), "{}", text);
            }
        }
    }

    #[test]
    fn a_whole_number_is_taken_exactly_as_it_prints(number in any::<i64>(), text in "[-+]?[0-9]{1,3}|.{0,4}") {
        prop_assert_eq!(whole(&number.to_string()), Ok(number));
        if let Ok(number) = whole(&text) {
            prop_assert_eq!(number.to_string(), text);
        }
    }
}
