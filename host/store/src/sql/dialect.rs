//! Rows put together into one text by the database itself: the functions for that have other names in either.

use super::Pool;

/// Which of the two databases is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// Letters of what a number may be counted in, and how many of it make one: for numbers from the first bound up to the
/// second a whole number of 64 bits, which is written in a fraction of the time that the digits of a double take. A
/// product with a power of two is exact.
pub(crate) const PARTS: [(char, f64, [f64; 2]); 3] = [
    ('a', (1_u64 << 52) as f64, [1.0, 1024.0]),
    ('b', (1_u64 << 42) as f64, [1024.0, 1_048_576.0]),
    ('c', (1_u64 << 62) as f64, [1.0 / 1024.0, 1.0]),
];

impl Dialect {
    pub(crate) fn of(pool: &Pool) -> Self {
        match pool {
            Pool::Sqlite(_) => Self::Sqlite,
            Pool::Postgres(_) => Self::Postgres,
        }
    }

    /// A row as a text: integers and numbers as `value;`, texts as `length:text` with the length in bytes; a text that is
    /// NULL is empty. A number has every digit that tells one number from another, or is a whole number of
    /// [`PARTS`].
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
            Self::Sqlite => exact(column),
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

/// A number for SQLite: of its parts, else as a literal that gives the same number, "NULL" where there is none.
fn exact(column: &str) -> String {
    let cases: Vec<String> = PARTS
        .iter()
        .map(|(letter, one, [from, to])| {
            format!(
                "WHEN {column} >= {from:?} AND {column} < {to:?} THEN '{letter}' || CAST({column} * {one:.1} AS INTEGER)"
            )
        })
        .collect();
    format!("CASE {} ELSE quote({column}) END", cases.join(" "))
}
