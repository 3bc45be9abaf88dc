//! A CSV table of numbers and the comparison that the truth tests share.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::Read;

/// Largest distance from the truth, as a share of it.
const TOLERANCE: f64 = 1e-9;
/// Values closer to zero than this count as zero: sums that TA-Lib takes numbers out of keep a residue of rounding.
const ZERO: f64 = 1e-12;

/// Columns by name; a blank cell, or one that is no number (a date), is NaN.
pub struct Table(BTreeMap<String, Vec<f64>>);

impl Table {
    /// Reads a table whose first line names the columns.
    pub fn read(from: impl Read) -> Self {
        let mut reader = csv::Reader::from_reader(from);
        let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let mut columns = vec![Vec::new(); names.len()];
        for record in reader.records() {
            for (column, cell) in columns.iter_mut().zip(&record.unwrap()) {
                column.push(cell.parse().unwrap_or(f64::NAN));
            }
        }
        Self(names.into_iter().zip(columns).collect())
    }

    /// A column, which must be there.
    pub fn column(&self, name: &str) -> &[f64] {
        self.0.get(name).unwrap_or_else(|| panic!("the table has no column {name}"))
    }

    /// The names of all columns but bars and dates.
    pub fn truths(&self) -> Vec<&str> {
        let bars = ["date", "open", "high", "low", "close", "volume"];
        self.0.keys().map(String::as_str).filter(|name| !bars.contains(name)).collect()
    }

    /// Fails unless `values` are the first rows of the column called `name`, with NaN in the same places.
    pub fn assert_starts_with(&self, name: &str, values: &[f64], whose: &str) {
        let truth = &self.column(name)[..values.len()];
        for (row, (&value, &truth)) in values.iter().zip(truth).enumerate() {
            assert!(is_close(value, truth), "{whose} {name} row {row}: {value}, should be {truth}");
        }
    }

    /// Fails unless `values` are the column called `name`, with NaN in the same places.
    pub fn assert_is(&self, name: &str, values: &[f64], whose: &str) {
        assert_eq!(values.len(), self.column(name).len(), "{whose} {name}: rows");
        self.assert_starts_with(name, values, whose);
    }
}

fn is_close(value: f64, truth: f64) -> bool {
    if value.is_nan() || truth.is_nan() {
        return value.is_nan() && truth.is_nan();
    }
    (value - truth).abs() <= (TOLERANCE * truth.abs()).max(ZERO)
}
