//! Where each bar came from, as the set keeps it.

use std::collections::HashMap;

use super::super::sink::{Adjusted, Ticker};
use super::super::taken::Section;
use crate::market::MarketSet;
use crate::set::{OriginRecord, SetWriter};

/// The origins of imported and of old bars by the numbers of the writer.
pub(super) struct Origins {
    /// By section: its origin without how far the bars of a ticker reach.
    sections: Vec<OriginRecord>,
    /// Newest day of the bars of a ticker in a section of adjusted prices, sorted.
    through: Vec<(Ticker, u32, i32)>,
    known: HashMap<(u32, Option<i32>), u32>,
    last: Option<((Ticker, u32), u32)>,
    old: HashMap<(i32, Option<i32>), u32>,
}

impl Origins {
    pub(super) fn new(sections: &[Section], through: Vec<(Ticker, u32, i32)>) -> Self {
        let record = |section: &Section| OriginRecord {
            source: section.origin.source.to_owned(),
            stamped: section.origin.stamped,
            adjusted: section.origin.adjustment,
            through: None,
        };
        Self {
            sections: sections.iter().map(record).collect(),
            through,
            known: HashMap::new(),
            last: None,
            old: HashMap::new(),
        }
    }

    /// The origin of the bars of a ticker in a section.
    pub(super) fn of(&mut self, ticker: Ticker, section: u32, writer: &mut SetWriter) -> u32 {
        if let Some((place, origin)) = self.last
            && place == (ticker, section)
        {
            return origin;
        }
        let known =
            self.through.binary_search_by_key(&(ticker, section), |(ticker, section, _)| (*ticker, *section));
        let through = known.ok().and_then(|index| self.through.get(index)).map(|(.., day)| *day);
        let origin = *self.known.entry((section, through)).or_insert_with(|| {
            let record = self.sections.get(section as usize).cloned().unwrap_or_else(OriginRecord::unknown);
            writer.origin(OriginRecord { through, ..record })
        });
        self.last = Some(((ticker, section), origin));
        origin
    }

    /// The origin of old bars with that number. Sets of the first format do not tell how far their files reached:
    /// `newest`, the newest day of the instrument's bars, stands in for it.
    pub(super) fn of_old(
        &mut self,
        set: &MarketSet,
        number: i32,
        newest: i32,
        writer: &mut SetWriter,
    ) -> u32 {
        let through = set.first_format.then_some(newest);
        *self.old.entry((number, through)).or_insert_with(|| {
            let record = usize::try_from(number).ok().and_then(|number| set.origins.get(number)).cloned();
            let record = record.unwrap_or_else(OriginRecord::unknown);
            let adjusted = record.adjusted != Adjusted::Raw;
            writer.origin(OriginRecord { through: through.filter(|_| adjusted).or(record.through), ..record })
        })
    }
}
