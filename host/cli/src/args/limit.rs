//! How many rows of a list are printed.

use crate::args::Format;
use clap::Args;

/// Rows of a table, unless told otherwise.
const IN_TABLES: u32 = 100;

/// More than any list has.
const ALL: u32 = u32::MAX;

/// Which part of a list is printed that is there already.
#[derive(Debug, Clone, Default, Args)]
pub struct Page {
    /// At most so many, or all [default: 100 in tables, else all]
    #[arg(long, value_name = "N|all", value_parser = limit)]
    pub limit: Option<u32>,
    /// Those behind this one: what the last line of a list names that goes on
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<String>,
}

impl Page {
    /// Most rows of it in a format.
    pub fn most(&self, format: Format) -> usize {
        let most = self.limit.unwrap_or(if format == Format::Table { IN_TABLES } else { ALL });
        usize::try_from(most).unwrap_or(usize::MAX)
    }
}

/// A whole number, 1 and more.
///
/// # Errors
/// A sentence on what would do.
pub fn whole(text: &str) -> Result<u32, String> {
    let number = text.parse::<u32>().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("write a whole number from 1 to {}", u32::MAX))
}

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
    fn tables_have_a_hundred_rows_and_other_formats_all_unless_told_otherwise() {
        let most =
            |limit| [Format::Table, Format::Csv].map(|format| Page { limit, after: None }.most(format));
        assert_eq!(most(None), [100, ALL as usize]);
        assert_eq!(most(Some(7)), [7, 7]);
        assert_eq!(most(Some(ALL)), [ALL as usize; 2]);
    }

    #[test]
    fn a_whole_number_is_1_and_more() {
        assert_eq!((whole("1"), whole("4294967295")), (Ok(1), Ok(u32::MAX)));
        for text in ["0", "-1", "abc", "", "1.5", "4294967296"] {
            assert_eq!(whole(text), Err("write a whole number from 1 to 4294967295".to_owned()), "{text}");
        }
    }

    #[test]
    fn a_limit_is_a_number_or_all() {
        assert_eq!((limit("1"), limit("4294967295"), limit("all")), (Ok(1), Ok(ALL), Ok(ALL)));
        for text in ["0", "-1", "4294967296", "", "ALL", "1.5"] {
            assert_eq!(limit(text), Err("write a number from 1 to 4294967295, or all".to_owned()), "{text}");
        }
    }
}
