//! How many rows of a list are printed.

/// More than any list has.
const ALL: u32 = u32::MAX;

/// A number of rows, 1 and more, or `all`.
///
/// # Errors
/// A sentence on what would do.
pub fn limit(text: &str) -> Result<u32, String> {
    if text == "all" {
        return Ok(ALL);
    }
    let number = text.parse::<u32>().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("write a number from 1 to {ALL}, or all"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_or_all() {
        assert_eq!((limit("1"), limit("4294967295"), limit("all")), (Ok(1), Ok(ALL), Ok(ALL)));
        for text in ["0", "-1", "4294967296", "", "ALL", "1.5"] {
            assert_eq!(limit(text), Err("write a number from 1 to 4294967295, or all".to_owned()), "{text}");
        }
    }
}
