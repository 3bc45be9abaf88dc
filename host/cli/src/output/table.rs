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

/// A table of texts; what would act on a terminal is replaced. Columns whose cells are all numbers (or empty) are aligned
/// to the right. On a narrow terminal only columns of words are broken into lines, between words: a number, an instant, a
/// name or a sparkline in pieces cannot be read.
pub fn plain(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Table {
    arranged(header, rows, None)
}

/// The same for a terminal of this width; none: of the terminal that there is.
fn arranged(header: &[&str], rows: impl Iterator<Item = Vec<String>>, width: Option<u16>) -> Table {
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
    let extents: Vec<Extent> = (0..header.len()).map(|column| Extent::of(header, &rows, column)).collect();
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = width {
        table.set_width(width);
    }
    table.set_header(header.iter().map(|name| (*name).to_owned()).enumerate().map(cell));
    for row in rows {
        table.add_row(row.into_iter().enumerate().map(cell));
    }
    let room = table.width().map_or(usize::MAX, usize::from);
    let (padding, widths) = fitted(&extents, room);
    for ((column, extent), width) in table.column_iter_mut().zip(&extents).zip(widths) {
        column.set_padding((padding, padding));
        column.set_constraint(match width < extent.natural {
            true => {
                let all = width.saturating_add(2 * usize::from(padding));
                ColumnConstraint::Absolute(Width::Fixed(u16::try_from(all).unwrap_or(u16::MAX)))
            }
            false => ColumnConstraint::ContentWidth,
        });
    }
    table
}

/// How wide the content of a column is, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Extent {
    /// On one line.
    natural: usize,
    /// The narrowest in which it can be read.
    least: usize,
}

impl Extent {
    fn of(header: &[&str], rows: &[Vec<String>], column: usize) -> Self {
        let cells = || rows.iter().filter_map(|row| row.get(column)).map(String::as_str);
        let all = || cells().chain(header.get(column).copied());
        let count = |text: &str| text.chars().count();
        let natural = all().map(count).max().unwrap_or_default();
        let least = match (cells().any(is_prose), column + 1 == header.len()) {
            (false, _) => natural,
            // the last one has the sentences
            (true, true) => natural.min(LEAST_TEXT),
            (true, false) => {
                let word = all().flat_map(str::split_whitespace).map(count).max().unwrap_or_default();
                word.min(LEAST_TEXT)
            }
        };
        Self { natural, least }
    }
}

/// Blanks beside a cell, and the widths of the columns. Columns of words give room, the widest first; when that is not
/// enough, the blanks go too.
fn fitted(extents: &[Extent], room: usize) -> (u16, Vec<usize>) {
    let frame = |padding: u16| 1 + extents.len() * (1 + 2 * usize::from(padding));
    let least: usize = extents.iter().map(|extent| extent.least).sum();
    let padding = if least.saturating_add(frame(1)) <= room { 1 } else { 0 };
    let room = room.saturating_sub(frame(padding));
    // nothing is wider than all of the room, unless it cannot be read otherwise
    let mut widths: Vec<usize> =
        extents.iter().map(|extent| extent.natural.min(room).max(extent.least)).collect();
    loop {
        let over = widths.iter().sum::<usize>().saturating_sub(room);
        let widest = widths.iter_mut().zip(extents).filter(|(width, extent)| **width > extent.least);
        match widest.max_by_key(|(width, _)| **width) {
            Some((width, _)) if over > 0 => *width -= 1,
            _ => return (padding, widths),
        }
    }
}

/// Whether a text has several words: a name, a number or an instant, with its zone behind it, has not.
fn is_prose(text: &str) -> bool {
    text.split_whitespace().filter(|word| word.starts_with(char::is_alphabetic)).nth(1).is_some()
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
    fn a_narrow_terminal_breaks_sentences_only_and_does_without_blanks() {
        let row =
            || vec!["BRK.B".to_owned(), "1,000.25".to_owned(), "unusual volume after a breakout".to_owned()];
        for (width, first, head) in [
            (0, "│BRK.B ┆1,000.25┆unusual volume", "┆   price┆reason"),
            (20, "│BRK.B ┆1,000.25┆unusual volume", "┆   price┆reason"),
            (40, "│ BRK.B  ┆ 1,000.25 ┆ unusual volume", "┆    price ┆ reason"),
            (80, "│ BRK.B  ┆ 1,000.25 ┆ unusual volume after a breakout │", "┆    price ┆ reason"),
        ] {
            let rows = std::iter::once(row());
            let text = arranged(&["symbol", "price", "reason"], rows, Some(width)).to_string();
            assert!(text.contains(first) && text.contains(head), "{width}: {text}");
        }
    }

    #[test]
    fn a_sparkline_or_a_number_is_never_broken_and_a_line_fits_into_80_columns() {
        let header = ["rank", "symbol", "price", "change", "rvol", "atr", "sector", "spark"];
        let sparks = ["▁▂▃▄▅▆▇█▁▂▃▄▅▆▇█▁▂▃▄", "▁▂▃▄▅▆▇█▁▂▃▄▅▆▇█ ▂▃▄"];
        let row = |rank: &str, symbol: &str, sector: &str, spark: &str| {
            let cells = [rank, symbol, "1234.56", "-12.34", "3.21", "45.67", sector, spark];
            cells.map(str::to_owned).to_vec()
        };
        let rows = [
            row("1", "BRK.B", "Information Technology", sparks[0]),
            row("2", "AAPL", "Consumer Discretionary", sparks[1]),
        ];
        let text = arranged(&header, rows.into_iter(), Some(80)).to_string();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        for whole in
            [sparks[0], sparks[1], "1234.56", "-12.34", "45.67", "BRK.B", "Information", "Discretionary"]
        {
            assert!(text.contains(whole), "{whole} is broken: {text}");
        }
        let instants = ["2025-06-30 16:00:00 EDT", "2025-06-30T20:00:00Z"];
        let rows = instants.map(|at| vec![at.to_owned(), "a sentence of several words".to_owned()]);
        let text = arranged(&["when", "what"], rows.into_iter(), Some(30)).to_string();
        assert!(instants.iter().all(|at| text.contains(at)), "{text}");
    }

    #[test]
    fn room_is_given_by_the_widest_words_first() {
        let extent = |natural, least| Extent { natural, least };
        let columns = [extent(8, 8), extent(30, 10), extent(20, 12)];
        assert_eq!(fitted(&columns, usize::MAX), (1, vec![8, 30, 20]));
        assert_eq!(fitted(&columns, 68), (1, vec![8, 30, 20]));
        assert_eq!(fitted(&columns, 58), (1, vec![8, 20, 20]));
        assert_eq!(fitted(&columns, 48), (1, vec![8, 15, 15]));
        assert_eq!(fitted(&columns, 40), (1, vec![8, 10, 12]));
        assert_eq!(fitted(&columns, 39), (0, vec![8, 14, 13]));
        assert_eq!(fitted(&columns, 10), (0, vec![8, 10, 12]));
        assert_eq!(fitted(&[], 80), (1, Vec::new()));
    }

    #[test]
    fn small_prices_keep_four_decimals() {
        assert_eq!(Numbers::Rounded.price(Some(0.12345)), "0.1235");
        assert_eq!(Numbers::Rounded.price(Some(12.345)), "12.35");
        assert_eq!(Numbers::Rounded.price(None), "–");
    }
}
