//! One declaration, two uses: the descriptor and the parsing.

use super::*;

crate::choice! {
    /// A size.
    enum Size {
        Small = "small",
        Large = "large",
    }
}

crate::settings! {
    /// Every type that a setting can have.
    struct Every {
        /// A share.
        /// Of the whole.
        min_share: f64 = default(0.5).unit("ratio").range(0.0..=1.0),
        /// A count.
        count: u32 = default(3).range(1..=9),
        /// An offset.
        offset: i32 = default(-1).at_least(-5),
        /// A flag.
        loud: bool = default(true),
        /// A name.
        name: String = text("x").max_length(4),
        /// Some words.
        words: Vec<String> = texts(["a", "b"]).choices(&["a", "b", "c"]).max_length(2),
        /// Weights.
        weights: Vec<(String, f64)> = table([("a", 1.0)]).at_most(2.0),
        /// A size.
        size: Size = default(Size::Small),
    }
}

crate::settings! {
    /// No settings at all.
    struct Nothing {}
}

fn setting(name: &str, value: impl Into<Value>) -> raw::Setting {
    raw::Setting { name: name.to_owned(), value: value.into().0 }
}

fn fault_of(name: &str, value: impl Into<Value>) -> String {
    let faults = parse::<Every>(vec![setting(name, value)]).unwrap_err();
    assert_eq!((faults.len(), faults[0].name.as_str()), (1, name));
    faults[0].message.clone()
}

#[test]
fn a_field_becomes_a_parameter_with_its_doc_unit_default_and_bounds() {
    let parameters = Every::parameters();
    let names: Vec<&str> = parameters.iter().map(|parameter| parameter.0.name.as_str()).collect();
    assert_eq!(names, ["min-share", "count", "offset", "loud", "name", "words", "weights", "size"]);
    let share = &parameters[0].0;
    assert_eq!((share.doc.as_str(), share.unit.as_str()), ("A share. Of the whole.", "ratio"));
    assert_eq!((share.minimum, share.maximum), (Some(0.0), Some(1.0)));
    assert!(matches!(share.default, raw::Value::Number(0.5)));
    assert_eq!((parameters[2].0.minimum, parameters[2].0.maximum), (Some(-5.0), None));
    assert_eq!(parameters[5].0.max_length, 2);
    assert_eq!(parameters[7].0.choices, ["small", "large"]);
    assert!(Nothing::parameters().is_empty());
}

#[test]
fn what_is_not_given_has_its_default() {
    let every = parse::<Every>(Vec::new()).unwrap();
    assert_eq!((every.min_share, every.count, every.offset, every.loud), (0.5, 3, -1, true));
    assert_eq!((every.name.as_str(), every.size), ("x", Size::Small));
    assert_eq!(every.words, ["a", "b"]);
    assert_eq!(every.weights, [("a".to_owned(), 1.0)]);
}

#[test]
fn what_is_given_arrives_typed() {
    let given = vec![
        setting("count", 9),
        setting("size", "large"),
        setting("min-share", 1.0),
        setting("words", vec!["c".to_owned()]),
        setting("loud", false),
    ];
    let every = parse::<Every>(given).unwrap();
    assert_eq!((every.count, every.size, every.min_share, every.loud), (9, Size::Large, 1.0, false));
    assert_eq!(every.words, ["c"]);
}

#[test]
fn every_fault_is_told_by_name_and_all_of_them_at_once() {
    assert_eq!(fault_of("min-share", 1.5), "1.5 is above the greatest allowed, 1 ratio");
    assert_eq!(fault_of("min-share", f64::NAN), "NaN is not a finite number");
    assert_eq!(fault_of("count", 0), "0 is below the least allowed, 1");
    assert_eq!(fault_of("count", "many"), "has the wrong type, it must be a whole number, not negative");
    assert_eq!(fault_of("name", "too long"), "has 8 bytes, at most 4 are allowed");
    assert_eq!(fault_of("words", vec!["d".to_owned()]), "\"d\" is none of a, b, c");
    assert_eq!(fault_of("words", vec!["a".to_owned(); 3]), "has 3 entries, at most 2 are allowed");
    assert_eq!(fault_of("weights", vec![("a".to_owned(), 3.0)]), "3 is above the greatest allowed, 2");
    assert_eq!(fault_of("size", "huge"), "\"huge\" is none of small, large");
    assert_eq!(fault_of("colour", "red"), "the layer has no such setting");
    let both = parse::<Every>(vec![setting("count", 0), setting("colour", "red")]).unwrap_err();
    assert_eq!(both.len(), 2);
}
