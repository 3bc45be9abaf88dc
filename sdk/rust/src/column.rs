//! A named column of numbers, whichever of the contract's two forms it came in.

use crate::bindings::types as raw;

/// Bytes of one packed number.
const NUMBER_BYTES: usize = 8;

/// A column with its numbers at hand. A list is taken over as it is; packed bytes are unpacked once.
#[derive(Debug)]
pub(crate) struct Numbers {
    pub(crate) name: String,
    pub(crate) values: Vec<f64>,
}

impl Numbers {
    pub(crate) fn new(column: raw::Column) -> Self {
        Self { name: column.name, values: numbers(column.values) }
    }

    /// The number in this row; none when there is no such row or it is NaN.
    pub(crate) fn known(&self, row: usize) -> Option<f64> {
        self.values.get(row).copied().filter(|number| !number.is_nan())
    }
}

/// Bytes left over at the end of a packed column are ignored.
pub(crate) fn numbers(values: raw::Values) -> Vec<f64> {
    match values {
        raw::Values::Numbers(numbers) => numbers,
        raw::Values::Packed(bytes) => {
            let (numbers, _rest) = bytes.as_chunks::<NUMBER_BYTES>();
            numbers.iter().map(|&number| f64::from_le_bytes(number)).collect()
        }
    }
}
