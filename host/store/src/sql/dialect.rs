//! Rows put together into one text by the database itself: the functions for that have other names in either.

use super::Pool;

/// Which of the two databases is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    pub(crate) fn of(pool: &Pool) -> Self {
        match pool {
            Pool::Sqlite(_) => Self::Sqlite,
            Pool::Postgres(_) => Self::Postgres,
        }
    }

    /// A row as a text: integers and numbers as `value;` with every digit that tells one number from another, texts as
    /// `length:text` with the length in bytes; a text that is NULL is empty.
    pub(crate) fn line(self, integers: &[&str], numbers: &[&str], texts: &[&str]) -> String {
        let integer = match self {
            Self::Sqlite => "%d;",
            Self::Postgres => "%s;",
        };
        let form = [
            integer.repeat(integers.len()),
            "%s;".repeat(numbers.len()),
            match self {
                Self::Sqlite => "%d:%s",
                Self::Postgres => "%s:%s",
            }
            .repeat(texts.len()),
        ]
        .concat();
        let mut values: Vec<String> = integers.iter().map(|column| (*column).to_owned()).collect();
        values.extend(numbers.iter().map(|column| match self {
            // as a literal that gives the same number, "NULL" where there is none
            Self::Sqlite => format!("quote({column})"),
            Self::Postgres => (*column).to_owned(),
        }));
        values.extend(texts.iter().map(|column| format!("coalesce(octet_length({column}), 0), {column}")));
        format!("format('{form}', {})", values.join(", "))
    }

    /// The lines of all rows one behind the other. SQLite takes them in the order of the inner statement.
    pub(crate) fn joined(self, column: &str, order: &str) -> String {
        match self {
            Self::Sqlite => format!("group_concat({column}, '')"),
            Self::Postgres => format!("string_agg({column}, '' ORDER BY {order})"),
        }
    }
}
