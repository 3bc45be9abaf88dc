//! Layouts of bars: one small file for each vendor.

mod alpaca;
mod bar_table;
mod binance;
mod columnar;
mod databento;
mod generic;
mod ibkr;
mod json_bars;
mod metatrader;
mod names;
mod polygon;
mod stooq;
mod tradingview;
mod yahoo;

use super::reader::{Head, Reader};
use super::table::plain_name;

/// Layouts that only their vendor has.
pub(crate) const VENDORS: &[Reader] = &[
    yahoo::ONE,
    yahoo::WIDE,
    stooq::BULK,
    stooq::SINGLE,
    alpaca::BARS,
    polygon::FLAT,
    polygon::AGGREGATES,
    databento::CSV,
    databento::DBN,
    binance::KLINES,
    tradingview::EXPORT,
    tradingview::SEEDS,
    ibkr::BARS,
    ibkr::STATEMENT,
    metatrader::HISTORY,
    metatrader::PLAIN,
    columnar::PARQUET,
    columnar::ARROW,
];

/// Tables that anybody could have made; asked when no vendor's layout fits.
pub(crate) const GENERIC: &[Reader] = &[generic::LONG, generic::ONE];

/// Whether a table has all of these columns, by their plain names.
fn has(head: &Head<'_>, names: &[&str]) -> bool {
    names.iter().all(|name| head.columns.iter().any(|column| plain_name(column) == *name))
}

/// Whether a table has any of these columns.
fn has_any(head: &Head<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| has(head, &[name]))
}

/// The fields of the first row under the header, or of the first row where there is none.
fn first_row(bytes: &[u8], header: bool) -> Vec<String> {
    let start = bytes.iter().position(|byte| *byte == b'\n').filter(|_| header).map_or(0, |end| end + 1);
    super::table::header_of(bytes.get(start..).unwrap_or_default())
}

#[cfg(test)]
mod tests;
