//! Databento: bars as CSV, raw (nanoseconds, prices in 10⁻⁹) or pretty, and as DBN.
//!
//! A bar is stamped with its start; a bar of a day is that of a day in UTC. Prices are as traded.

mod dbn_file;

use super::bar_table::{self, Group, Known, Plan, Who, no_column, with_header};
use super::{first_row, has};
use crate::bars::Timeframe;
use crate::import::error::ImportError;
use crate::import::reader::Reader;
use crate::import::sink::Adjusted;
use crate::import::table::Table;

/// Text.
pub(super) const CSV: Reader = Reader {
    name: "databento-csv",
    title: "Databento bars as CSV",
    sees: |head| has(head, &["tsevent", "rtype", "instrumentid", "open", "high", "low", "close"]),
    read: |input, sink| bar_table::read(input, sink, with_header, &plan),
};

/// Binary.
pub(super) const DBN: Reader = Reader {
    name: "dbn",
    title: "Databento's binary encoding (DBN)",
    sees: |head| dbn_file::sees(head.bytes),
    read: dbn_file::read,
};

fn plan(table: &Table<'_>, known: &Known<'_>) -> Result<Plan, ImportError> {
    let column = |name: &str| table.find(&[name]).ok_or_else(|| no_column(known, table, name));
    let (who, same) = match (table.find(&["symbol"]), &known.said.symbol) {
        (_, Some(symbol)) => (Who::One(symbol.clone()), table.find(&["instrumentid"])),
        (Some(column), None) => (Who::column(column), None),
        (None, None) => {
            let reason = "it numbers its instruments and has no column of symbols";
            let advice = "export it with symbols (map_symbols), or name the one it holds with --symbol";
            return Err(ImportError::content(known.path, reason, advice));
        }
    };
    let group = Group::usual(table, who).ok_or_else(|| no_column(known, table, "close"))?;
    let open = group.numbers.first().copied().flatten();
    let first = open.and_then(|open| first_row(known.head, true).get(open).cloned()).unwrap_or_default();
    let ids = ["publisherid", "instrumentid"].map(|name| table.find(&[name]));
    Ok(Plan {
        told: Some((column("rtype")?, timeframe)),
        adjustment: Adjusted::Raw,
        billionths: !first.contains('.'),
        utc_days: true,
        same,
        known: ids.into_iter().flatten().collect(),
        ..Plan::new("databento", "Databento bars (CSV)", column("tsevent")?, group)
    })
}

/// The record type of bars.
fn timeframe(rtype: &[u8]) -> Option<Timeframe> {
    match rtype {
        b"32" => Some(Timeframe::Second),
        b"33" => Some(Timeframe::Minute),
        b"34" => Some(Timeframe::Hour),
        b"35" => Some(Timeframe::Day),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::Collected;

    const HEADER: &str = "ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume";

    fn read(text: &str) -> Result<Collected, String> {
        Collected::told(&CSV, "x.csv", text.as_bytes(), &Said::default())
    }

    #[test]
    fn raw_and_pretty_bars_are_the_same() {
        let raw = format!(
            "{HEADER},symbol\n1525161840000000000,33,1,42,9223372036854775807,101500000000,99000000000,100250000000,7,ESM8\n"
        );
        let pretty = format!(
            "{HEADER},symbol\n2018-05-01T08:04:00.000000000Z,33,1,42,,101.500000000,99.000000000,100.250000000,7,ESM8\n"
        );
        let bar = "ESM8 2018-05-01T08:04:00Z NaN 101.5 99 100.25 7";
        // an undefined price is the largest integer when raw and empty when pretty
        assert_eq!(read(&raw).unwrap().bar_lines(), [bar]);
        assert_eq!(
            read(&pretty.replace("42,,", "42,NaN,").replace("NaN", "100.0")).unwrap().bar_lines(),
            [bar.replace("NaN", "100")]
        );
        let origin = &read(&raw).unwrap().origins[0];
        assert_eq!((origin.timeframe, origin.adjustment), (Timeframe::Minute, Adjusted::Raw));
        assert!(origin.ignored.is_empty());
    }

    #[test]
    fn a_day_is_a_day_in_utc() {
        let text = format!(
            "{HEADER},symbol\n1525132800000000000,35,1,42,1000000000,1000000000,1000000000,1000000000,7,ESM8\n"
        );
        assert_eq!(read(&text).unwrap().bar_lines(), ["ESM8 2018-05-01 1 1 1 1 7"]);
    }

    #[test]
    fn numbered_instruments_need_a_symbol_and_may_not_be_mixed() {
        let row = "1525161840000000000,33,1,42,1,1,1,1,7\n";
        let error = read(&format!("{HEADER}\n{row}")).unwrap_err();
        assert!(
            error.contains("no column of symbols; export it with symbols (map_symbols), or name"),
            "{error}"
        );
        let said = Said { symbol: Some("ESM8".to_owned()), ..Said::default() };
        let text = format!("{HEADER}\n{row}{}", row.replace(",42,", ",43,"));
        let error = Collected::told(&CSV, "x.csv", text.as_bytes(), &said).map(|_| ()).unwrap_err();
        assert_eq!(
            error,
            "x.csv: line 3: it holds bars of \"42\" and of \"43\"; export it with a column of symbols"
        );
    }
}
