//! Rows put together into one text by the database itself: the functions for that have other names in either.

use super::Pool;

/// Which of the two databases is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// A column of a row that becomes a text.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Field<'a> {
    /// Never NULL.
    Integer(&'a str),
    /// With every digit that tells one number from another, or counted in [`PARTS`]; NULL is empty.
    Number(&'a str),
    /// Of a closed set, without `;`; NULL is empty.
    Word(&'a str),
    /// Any text, with its length in bytes as a field in front; NULL is empty.
    Text(&'a str),
}

/// What a number may be counted in.
pub(crate) struct Parts {
    /// What stands in front of the count. A minus costs nothing, and counts have no other use for it.
    pub(crate) mark: Option<u8>,
    /// How many of it make one: a power of two, so that a product with it is exact.
    pub(crate) one: f64,
    /// For numbers from this one on, which is a count of at least 2^52 with all bits of the number in it,
    from: f64,
    /// up to, without, this one, which keeps the count below 2^62.
    to: f64,
}

/// A count is written in a fraction of the time that the digits of a double take. Whoever reads finds the one without a
/// mark last, since every count begins like it; SQLite tries it first, since most prices are of it.
pub(crate) const PARTS: [Parts; 3] = [
    Parts { mark: Some(b'+'), one: (1_u64 << 42) as f64, from: 1024.0, to: 1_048_576.0 },
    Parts { mark: Some(b'-'), one: (1_u64 << 62) as f64, from: 1.0 / 1024.0, to: 1.0 },
    Parts { mark: None, one: (1_u64 << 52) as f64, from: 1.0, to: 1024.0 },
];

/// What stands in front of a number that is written out.
pub(crate) const WRITTEN: u8 = b'=';

impl Dialect {
    pub(crate) fn of(pool: &Pool) -> Self {
        match pool {
            Pool::Sqlite(_) => Self::Sqlite,
            Pool::Postgres(_) => Self::Postgres,
        }
    }

    /// A row as a text, `value;` for each field, as [`Field`] says.
    pub(crate) fn line(self, fields: &[Field<'_>]) -> String {
        let fields: Vec<String> = fields
            .iter()
            .map(|field| match (field, self) {
                (Field::Integer(column), _) => (*column).to_owned(),
                (Field::Number(column), Self::Sqlite) => counted(column),
                (Field::Number(column), Self::Postgres) => {
                    format!("coalesce('{}' || {column}, '')", char::from(WRITTEN))
                }
                (Field::Word(column), _) => format!("coalesce({column}, '')"),
                (Field::Text(column), _) => {
                    format!("coalesce(octet_length({column}), 0), coalesce({column}, '')")
                }
            })
            .collect();
        // the empty field at the end gives the last one its separator
        format!("concat_ws(';', {}, '')", fields.join(", "))
    }

    /// The values of an integer column of all rows, each once, with commas between them.
    pub(crate) fn distinct(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("group_concat(DISTINCT {column})"),
            Self::Postgres => format!("string_agg(DISTINCT {column}::text, ',')"),
        }
    }

    /// The values of a JSON array of integers that is bound as a parameter, as the rows of a statement.
    pub(crate) fn integers_of(self, parameter: &str) -> String {
        match self {
            Self::Sqlite => format!("SELECT value FROM json_each({parameter})"),
            Self::Postgres => {
                format!("SELECT value::bigint FROM json_array_elements_text({parameter}::json)")
            }
        }
    }

    /// The lines of all rows one behind the other. SQLite takes them in the order of the inner statement.
    pub(crate) fn joined(self, column: &str, order: &str) -> String {
        match self {
            Self::Sqlite => format!("group_concat({column}, '')"),
            Self::Postgres => format!("string_agg({column}, '' ORDER BY {order})"),
        }
    }
}

/// A number for SQLite: counted in parts, else written as a literal that gives the same number.
fn counted(column: &str) -> String {
    let cases: String = PARTS
        .iter()
        .rev()
        .map(|Parts { mark, one, from, to }| {
            let count = format!("CAST({column} * {one:.1} AS INTEGER)");
            let count = match mark {
                None => count,
                Some(b'-') => format!("-{count}"),
                Some(mark) => format!("'{}' || {count}", char::from(*mark)),
            };
            format!("WHEN {column} >= {from:?} AND {column} < {to:?} THEN {count} ")
        })
        .collect();
    let written = char::from(WRITTEN);
    format!("CASE {cases}WHEN {column} IS NULL THEN '' ELSE '{written}' || quote({column}) END")
}
