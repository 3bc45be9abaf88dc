//! Hexadecimal text of bytes, lower case.

/// The digits of `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.extend([digit(byte >> 4), digit(byte & 0xf)]);
    }
    text
}

/// The bytes of digits in either case; none for anything else.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(value(*high)? << 4 | value(*low)?),
            _ => None,
        })
        .collect()
}

/// A hexadecimal digit of a number below 16.
fn digit(number: u8) -> char {
    char::from(if number < 10 { b'0' + number } else { b'a' - 10 + number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_anything_else_is_none() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&bytes)).unwrap(), bytes);
        assert_eq!(encode(&[0x0f, 0xa0]), "0fa0");
        assert_eq!(decode("0FA0").unwrap(), [0x0f, 0xa0]);
        for text in ["0", "0g", "é0", " 0"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
