//! Tables that a person wants to read.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};
use sluice_runtime::text;

/// What stands where there is no number.
pub const NONE: &str = "–";

/// Digits of a digest that people read: enough to tell components apart.
const DIGEST_DIGITS: usize = 12;

/// The narrowest that a column of sentences gets on a narrow terminal, in characters.
const LEAST_TEXT: usize = 16;

/// A table of texts; what would act on a terminal is replaced. Columns whose cells are all numbers (or empty) are aligned to the right. On a narrow terminal
/// only the last column is broken into lines: a number or a name in pieces cannot be read.
pub fn plain(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Table {
    let clean = |text: String| match text.contains(text::is_unprintable) {
        true => text::line(&text, usize::MAX),
        false => text,
    };
    let rows: Vec<Vec<String>> = rows.map(|row| row.into_iter().map(clean).collect()).collect();
    let numeric: Vec<bool> = (0..header.len())
        .map(|column| rows.iter().filter_map(|row| row.get(column)).all(|text| is_number(text)))
        .collect();
    let cell = |(column, text): (usize, String)| {
        let alignment =
            if numeric.get(column) == Some(&true) { CellAlignment::Right } else { CellAlignment::Left };
        Cell::new(text).set_alignment(alignment)
    };
    let last = header.len().saturating_sub(1);
    let longest = rows.iter().filter_map(|row| row.get(last)).map(|text| text.chars().count());
    let longest = longest.chain(header.get(last).map(|name| name.chars().count())).max().unwrap_or_default();
    let text_width = u16::try_from(longest.min(LEAST_TEXT)).unwrap_or(u16::MAX);
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.iter().map(|name| (*name).to_owned()).enumerate().map(cell));
    for row in rows {
        table.add_row(row.into_iter().enumerate().map(cell));
    }
    table.set_constraints((0..header.len()).map(|column| match column == last {
        true => ColumnConstraint::LowerBoundary(Width::Fixed(text_width)),
        false => ColumnConstraint::ContentWidth,
    }));
    table
}

fn is_number(text: &str) -> bool {
    text.is_empty() || text == NONE || text.replace([',', '%', ' '], "").parse::<f64>().is_ok()
}

/// How numbers are written: rounded for people, as they are for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// Few decimals, thousands separated.
    Rounded,
    /// Every digit, nothing else.
    Exact,
}

impl Numbers {
    /// A number with so many decimals; a dash when there is none.
    pub fn number(self, value: Option<f64>, decimals: usize) -> String {
        match (value, self) {
            (None, _) => NONE.to_owned(),
            (Some(value), Self::Rounded) => format!("{value:.decimals$}"),
            (Some(value), Self::Exact) => value.to_string(),
        }
    }

    /// A price: two decimals, four below one.
    pub fn price(self, value: Option<f64>) -> String {
        self.number(value, if value.is_some_and(|value| value.abs() < 1.0) { 4 } else { 2 })
    }

    /// A quantity: whole where it is, as most are.
    pub fn shares(self, value: Option<f64>) -> String {
        let is_whole = value.is_none_or(|shares| shares.fract() == 0.0);
        self.number(value, if is_whole { 0 } else { 4 })
    }

    /// Any figure: two decimals, none from a hundred thousand on.
    pub fn figure(self, value: f64) -> String {
        match self {
            Self::Exact => value.to_string(),
            Self::Rounded if value.abs() >= 1e5 => {
                let sign = if value < 0.0 { "-" } else { "" };
                let digits = format!("{:.0}", value.abs());
                format!("{sign}{}", thousands(&digits))
            }
            Self::Rounded => format!("{value:.2}"),
        }
    }

    /// A size in the unit that reads best, or in bytes.
    pub fn bytes(self, value: u64) -> String {
        if self == Self::Exact { value.to_string() } else { bytes(value) }
    }

    /// A count with thousands separated by commas.
    pub fn count(self, value: u64) -> String {
        let digits = value.to_string();
        if self == Self::Exact { digits } else { thousands(&digits) }
    }
}

/// Digits in groups of three.
fn thousands(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Digits of a digest that people read.
pub fn digest(digest: &str) -> String {
    digest.chars().take(DIGEST_DIGITS).collect()
}

/// Bytes in the unit that reads best.
pub fn bytes(value: u64) -> String {
    const KIB: f64 = 1024.0;
    let value = value as f64;
    if value < KIB {
        format!("{value} B")
    } else if value < KIB * KIB {
        format!("{:.1} KiB", value / KIB)
    } else {
        format!("{:.1} MiB", value / KIB / KIB)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        assert_eq!(
            ["0", "999", "1,000", "12,345,678"].map(str::to_owned),
            [0, 999, 1000, 12_345_678].map(|value| Numbers::Rounded.count(value))
        );
    }

    #[test]
    fn figures_have_two_decimals_or_are_large() {
        let figures =
            [0.0, -1.234, 99_999.994, 1_234_567.8, -100_000.0].map(|value| Numbers::Rounded.figure(value));
        assert_eq!(figures, ["0.00", "-1.23", "99999.99", "1,234,568", "-100,000"]);
        assert_eq!(Numbers::Exact.figure(-1.234), "-1.234");
    }

    #[test]
    fn numbers_for_programs_are_exact() {
        assert_eq!(Numbers::Exact.count(12_345_678), "12345678");
        assert_eq!(Numbers::Exact.number(Some(65.74350000000001), 1), "65.74350000000001");
        assert_eq!(Numbers::Rounded.number(Some(65.74350000000001), 1), "65.7");
    }

    #[test]
    fn numbers_stand_on_the_right_and_texts_on_the_left() {
        let rows = [vec!["A".to_owned(), "1,000".to_owned()], vec!["LONG".to_owned(), "7".to_owned()]];
        let table = plain(&["symbol", "volume"], rows.into_iter()).to_string();
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[3], "│ A      ┆  1,000 │", "{table}");
        assert_eq!(lines[4], "│ LONG   ┆      7 │", "{table}");
    }

    #[test]
    fn what_would_act_on_a_terminal_is_replaced() {
        let table =
            plain(&["subject"], std::iter::once(vec!["a\u{1b}[31m\nb\u{202e}".to_owned()])).to_string();
        assert!(table.contains("a\u{fffd}[31m b\u{fffd}"), "{table}");
    }

    #[test]
    fn a_narrow_terminal_breaks_the_last_column_only() {
        let row =
            || vec!["BRK.B".to_owned(), "1,000.25".to_owned(), "unusual volume after a breakout".to_owned()];
        for width in [0, 20, 40] {
            let mut table = plain(&["symbol", "price", "reason"], std::iter::once(row()));
            table.set_width(width);
            let text = table.to_string();
            assert!(text.contains("│ BRK.B  ┆ 1,000.25 ┆ unusual volume"), "{width}: {text}");
            assert!(text.contains("┆    price ┆ reason"), "{width}: {text}");
        }
    }

    #[test]
    fn small_prices_keep_four_decimals() {
        assert_eq!(Numbers::Rounded.price(Some(0.12345)), "0.1235");
        assert_eq!(Numbers::Rounded.price(Some(12.345)), "12.35");
        assert_eq!(Numbers::Rounded.price(None), "–");
    }
}
