//! Columns by name: a few of the result itself, and whatever the language of screens can say.

use sluice_runtime::text;
use sluice_screen::{Screen, ScreenError};
use std::str::FromStr;
use thiserror::Error;

/// Names that messages and help list: those of a result, and every name of the language of screens. Beside them every
/// expression of the language is a column.
pub const COLUMN_NAMES: [&str; 39] = [
    "rank",
    "symbol",
    "outcome",
    "score",
    "percentile",
    "reason",
    "alerts",
    "date",
    "price",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "bid",
    "ask",
    "bid_size",
    "ask_size",
    "last",
    "spread",
    "change",
    "gap",
    "rvol",
    "atr",
    "rsi",
    "dollar_volume",
    "spread_of_day",
    "market_cap",
    "pe",
    "float",
    "days_to_earnings",
    "name",
    "kind",
    "status",
    "venue",
    "currency",
    "sector",
    "industry",
    "spark",
];
/// Longest expression that a message repeats, in bytes.
const SHOWN_BYTES: usize = 80;

/// A figure that can be shown beside an instrument.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    name: String,
    pub(super) what: What,
}

/// Where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    Rank,
    Symbol,
    Outcome,
    Score,
    Percentile,
    Reason,
    /// How many alerts there are on it.
    Alerts,
    /// Date of the newest bar.
    Date,
    /// The newest closes.
    Spark,
    /// What an expression comes to at the newest daily bar.
    Expression(Box<Screen>),
}

/// A text that is no column.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ColumnError {
    /// A word that nobody knows.
    #[error("there is no column {name}: there are {}, and what `sluice screen functions` lists", COLUMN_NAMES.join(", "))]
    Unknown {
        /// The word.
        name: String,
    },
    /// An expression that is wrong.
    #[error("column {text}, {error}\n{}", .error.pointed(.text))]
    Expression {
        /// The expression.
        text: String,
        /// What is wrong with it.
        error: ScreenError,
    },
    /// Something else than `:asc` or `:desc` behind the name.
    #[error("\"{direction}\" is no direction: write COLUMN:asc or COLUMN:desc")]
    Direction {
        /// What stands there.
        direction: String,
    },
    /// A column that has no order.
    #[error("rows have no order by {name}: choose a column of numbers or words")]
    Unsortable {
        /// The column.
        name: String,
    },
}

impl Column {
    /// As it was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for Column {
    type Err = ColumnError;

    fn from_str(written: &str) -> Result<Self, ColumnError> {
        let name = written.trim();
        let what = match name.to_ascii_lowercase().as_str() {
            "rank" => What::Rank,
            "symbol" => What::Symbol,
            "outcome" => What::Outcome,
            "score" => What::Score,
            "percentile" => What::Percentile,
            "reason" => What::Reason,
            "alerts" => What::Alerts,
            "date" => What::Date,
            "spark" => What::Spark,
            "price" => What::Expression(Box::new(expression("close")?)),
            _ => What::Expression(Box::new(expression(name)?)),
        };
        Ok(Self { name: name.to_owned(), what })
    }
}

fn expression(written: &str) -> Result<Screen, ColumnError> {
    Screen::any(written).map_err(|error| {
        let is_word = written.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        let text = text::clean(written, SHOWN_BYTES);
        match is_word || text != written {
            true => ColumnError::Unknown { name: text },
            false => ColumnError::Expression { text, error },
        }
    })
}

/// An order of the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Sort {
    /// By what.
    pub column: Column,
    /// Largest first.
    pub descending: bool,
}

impl FromStr for Sort {
    type Err = ColumnError;

    fn from_str(written: &str) -> Result<Self, ColumnError> {
        let (name, descending) = match written.rsplit_once(':') {
            None => (written, false),
            Some((name, "asc")) => (name, false),
            Some((name, "desc")) => (name, true),
            Some((_, other)) => {
                return Err(ColumnError::Direction { direction: text::clean(other, SHOWN_BYTES) });
            }
        };
        let column: Column = name.parse()?;
        match column.what {
            What::Spark => Err(ColumnError::Unsortable { name: column.name }),
            _ => Ok(Self { column, descending }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        text.parse::<Column>().unwrap_err().to_string()
    }

    #[test]
    fn every_name_that_messages_list_is_a_column() {
        for name in COLUMN_NAMES {
            assert_eq!(name.parse::<Column>().unwrap().name(), name);
        }
        for name in crate::screening::names() {
            assert!(COLUMN_NAMES.contains(&name.form.as_str()), "{}", name.form);
        }
        assert!("sma(50) / close".parse::<Column>().is_ok());
    }

    #[test]
    fn an_unknown_word_is_refused_with_the_list_and_a_wrong_expression_with_its_place() {
        assert!(
            refused("prise").starts_with("there is no column prise: there are rank, symbol, outcome, score")
        );
        assert!(refused("").starts_with("there is no column :"));
        assert_eq!(
            refused("sma(0)"),
            "column sma(0), column 5: a whole number of bars from 1 to 1000 is wanted here\nsma(0)\n    ^"
        );
        assert!(refused("\u{1b}[31m").starts_with("there is no column"));
    }

    #[test]
    fn an_order_has_a_direction() {
        let sort = |text: &str| text.parse::<Sort>().map(|sort| (sort.column.name, sort.descending));
        assert_eq!(sort("change"), Ok(("change".into(), false)));
        assert_eq!(sort("change:desc"), Ok(("change".into(), true)));
        assert_eq!(sort("change:asc"), Ok(("change".into(), false)));
        assert_eq!(
            sort("change:down").unwrap_err().to_string(),
            "\"down\" is no direction: write COLUMN:asc or COLUMN:desc"
        );
        assert!(sort("spark").unwrap_err().to_string().contains("no order by spark"));
    }
}
