//! Lists in one column: JSON arrays of texts, of instants and of numbers. Numbers read back exactly, NaN is `null`.

use sqlx::error::BoxDynError;

/// JSON has no infinity; this overflows to it in every reader of 64-bit floats.
const INFINITE: &[u8] = b"1e999";
const MINUS_INFINITE: &[u8] = b"-1e999";

/// A JSON array of texts.
pub(crate) fn texts<T: AsRef<str>>(list: impl IntoIterator<Item = T>) -> Result<String, BoxDynError> {
    let list: Vec<T> = list.into_iter().collect();
    let list: Vec<&str> = list.iter().map(AsRef::as_ref).collect();
    Ok(serde_json::to_string(&list)?)
}

/// Reads what [`texts`] wrote.
pub(crate) fn read_texts(json: &str) -> Result<Vec<String>, BoxDynError> {
    Ok(serde_json::from_str(json)?)
}

/// A JSON array of instants, UTC milliseconds.
pub(crate) fn instants(list: &[i64]) -> Result<String, BoxDynError> {
    Ok(serde_json::to_string(list)?)
}

/// Reads what [`instants`] wrote.
pub(crate) fn read_instants(json: &str) -> Result<Vec<i64>, BoxDynError> {
    Ok(serde_json::from_str(json)?)
}

/// A JSON array of numbers, each in the shortest form that reads back as the same 64-bit float.
pub(crate) fn numbers(values: impl Iterator<Item = f64>) -> Result<String, BoxDynError> {
    // one verdict's measures: about four of up to 18 digits
    let mut json = Vec::with_capacity(80);
    json.push(b'[');
    for (index, value) in values.enumerate() {
        if index > 0 {
            json.push(b',');
        }
        if value.is_infinite() {
            json.extend_from_slice(if value < 0.0 { MINUS_INFINITE } else { INFINITE });
        } else {
            // NaN becomes null
            serde_json::to_writer(&mut json, &value)?;
        }
    }
    json.push(b']');
    Ok(String::from_utf8(json)?)
}

/// Reads what [`numbers`] wrote.
pub(crate) fn read_numbers(json: &str) -> Result<Vec<Option<f64>>, BoxDynError> {
    let inner = json.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let inner = inner.ok_or_else(|| format!("{json:?} is no array"))?;
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    let number = |item: &str| match item {
        "null" => Ok(None),
        item => item.parse().map(Some).map_err(|_| format!("{item:?} is no number").into()),
    };
    inner.split(',').map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn missing_infinite_and_negative_zero_survive() {
        let json = numbers([1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0].into_iter()).unwrap();
        assert_eq!(json, "[1.5,null,1e999,-1e999,-0.0]");
        let back = read_numbers(&json).unwrap();
        assert_eq!(back[..4], [Some(1.5), None, Some(f64::INFINITY), Some(f64::NEG_INFINITY)]);
        assert!(back[4].unwrap().is_sign_negative());
        assert_eq!(numbers(std::iter::empty()).unwrap(), "[]");
        assert_eq!(read_numbers("[]").unwrap(), []);
        assert!(read_numbers("{}").is_err());
        assert!(read_numbers("[1,x]").is_err());
    }

    proptest! {
        #[test]
        fn every_number_reads_back_bit_for_bit_and_is_json(values in prop::collection::vec(any::<f64>(), 0..8)) {
            let json = numbers(values.iter().copied()).unwrap();
            let back = read_numbers(&json).unwrap();
            prop_assert_eq!(back.len(), values.len());
            for (value, back) in values.iter().zip(back) {
                prop_assert_eq!(back.map(f64::to_bits), (!value.is_nan()).then(|| value.to_bits()));
            }
            if values.iter().all(|value| !value.is_infinite()) {
                prop_assert!(serde_json::from_str::<Vec<Option<f64>>>(&json).is_ok());
            }
        }

        #[test]
        fn every_instant_reads_back(list in prop::collection::vec(any::<i64>(), 0..5)) {
            prop_assert_eq!(read_instants(&instants(&list).unwrap()).unwrap(), list);
        }

        #[test]
        fn every_text_reads_back(list in prop::collection::vec(any::<String>(), 0..5)) {
            prop_assert_eq!(read_texts(&texts(&list).unwrap()).unwrap(), list);
        }
    }
}
