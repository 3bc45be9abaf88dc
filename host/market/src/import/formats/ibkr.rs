//! Interactive Brokers: bars of its API as tables, and activity statements, which are refused.
//!
//! Bars are stamped at their open and adjusted for splits. Whether premarket is inside depends on the request.

use super::bar_table::{self, Group, Known, Plan, Who, no_column, with_header};
use super::{has, has_any, names};
use crate::import::error::ImportError;
use crate::import::reader::Reader;
use crate::import::sink::Adjusted;
use crate::import::table::Table;

/// Bars.
pub(super) const BARS: Reader = Reader {
    name: "ibkr",
    title: "Interactive Brokers bars",
    sees: |head| {
        has(head, &["open", "high", "low", "close"])
            && has_any(head, &["date", "time"])
            && has_any(head, &["average", "wap"])
            && has_any(head, &["barcount", "count"])
            && !has_any(head, &["symbol", "ticker"])
    },
    read: |input, sink| bar_table::read(input, sink, with_header, &plan),
};

/// Statements of an account: trades, fees, dividends in sections.
pub(super) const STATEMENT: Reader = Reader {
    name: "ibkr-statement",
    title: "Interactive Brokers activity statement (refused: trades, not bars)",
    sees: |head| {
        let section = |line: &[u8]| {
            let mut fields = line.split(|byte| *byte == b',');
            let name = fields.next().unwrap_or_default();
            !name.is_empty() && fields.next() == Some(b"Header")
        };
        head.bytes.split(|byte| *byte == b'\n').take(50).any(section)
    },
    read: |input, _| {
        let reason =
            "it is an activity statement of Interactive Brokers: trades of an account, not bars of a market";
        Err(ImportError::content(
            input.head.path,
            reason,
            "import bars, e.g. those of its API's historical data",
        ))
    },
};

fn plan(table: &Table<'_>, known: &Known<'_>) -> Result<Plan, ImportError> {
    let symbol = names::symbol(known.path, known.said, names::no_rule)?;
    let stamp = table.find(&["date", "time"]).ok_or_else(|| no_column(known, table, "date"))?;
    let group = Group::usual(table, Who::One(symbol)).ok_or_else(|| no_column(known, table, "close"))?;
    let others = ["average", "wap", "barcount", "count"].map(|name| table.find(&[name]));
    Ok(Plan {
        adjustment: Adjusted::Split,
        known: others.into_iter().flatten().collect(),
        ..Plan::new("ibkr", "Interactive Brokers bars", stamp, group)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::Collected;

    #[test]
    fn bars_are_stamped_in_the_venues_zone_or_since_the_epoch() {
        let header = "date,open,high,low,close,volume,average,barCount\n";
        let clock =
            format!("{header}20211123  09:30:00,1,2,1,2,10,1.5,3\n20211123  09:31:00,1,2,1,2,10,1.5,3\n");
        let epoch = format!("{header}1637677800,1,2,1,2,10,1.5,3\n1637677860,1,2,1,2,10,1.5,3\n");
        let expected = ["AAPL 2021-11-23T14:30:00Z 1 2 1 2 10", "AAPL 2021-11-23T14:31:00Z 1 2 1 2 10"];
        for text in [clock, epoch] {
            let read = Collected::told(&BARS, "AAPL.csv", text.as_bytes(), &Said::default()).unwrap();
            assert_eq!(read.bar_lines(), expected);
        }
        let daily = format!("{header}20211123,1,2,1,2,10,1.5,3\n");
        let read = Collected::told(&BARS, "AAPL.csv", daily.as_bytes(), &Said::default()).unwrap();
        assert_eq!(read.bar_lines(), ["AAPL 2021-11-23 1 2 1 2 10"]);
    }

    #[test]
    fn a_statement_is_refused_as_one() {
        let text = b"Statement,Header,Field Name,Field Value\nTrades,Header,DataDiscriminator,Symbol\n";
        let error = Collected::told(&STATEMENT, "u1.csv", text, &Said::default()).map(|_| ()).unwrap_err();
        assert!(
            error.starts_with("u1.csv: it is an activity statement of Interactive Brokers: trades"),
            "{error}"
        );
        assert_eq!(
            crate::import::testing::seen_by(super::super::VENDORS, "u1.csv", text),
            ["ibkr-statement"]
        );
    }
}
