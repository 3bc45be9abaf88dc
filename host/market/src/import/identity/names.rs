//! For how long an instrument holds a ticker.

use std::ops::Range;

use super::ALWAYS;
use crate::days::day_of;
use crate::instrument::Instrument;
use crate::symbol::Symbol;

/// An instrument's hold on a ticker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hold {
    pub(super) days: Range<i32>,
    /// Only as another spelling.
    pub(super) alias: bool,
}

/// The days on which an instrument has a ticker; none when it never had it.
pub(super) fn hold_of(instrument: &Instrument, symbol: &Symbol) -> Option<Hold> {
    let mut start = ALWAYS.start;
    for former in &instrument.former {
        let until = day_of(former.until);
        if former.symbol == *symbol {
            return Some(Hold { days: start..until, alias: false });
        }
        start = until;
    }
    let end = instrument.delisted.map_or(ALWAYS.end, day_of);
    let own = instrument.symbol == *symbol;
    (own || instrument.aliases.contains(symbol)).then_some(Hold { days: start..end.max(start), alias: !own })
}
