//! Sectors with their members' changes.

use std::collections::BTreeMap;

use sluice_sdk::indicators::percent_change;

/// Percent changes of one instrument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Change {
    pub(crate) long: f64,
    pub(crate) short: f64,
}

impl Change {
    /// Of its newest close against those so many bars before; none when one of the three is missing.
    pub(crate) fn of(close: &[f64], long: usize, short: usize) -> Option<Self> {
        let ago = |bars: usize| close.len().checked_sub(bars + 1).and_then(|at| close.get(at)).copied();
        let now = ago(0)?;
        let change = Self { long: percent_change(ago(long)?, now), short: percent_change(ago(short)?, now) };
        (change.long.is_finite() && change.short.is_finite()).then_some(change)
    }
}

/// A sector and its medians, percent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sector<'a> {
    pub(crate) name: &'a str,
    pub(crate) members: usize,
    pub(crate) long: f64,
    pub(crate) short: f64,
    /// From 1, the greatest long momentum first.
    pub(crate) rank: usize,
}

/// All sectors that have enough members, best first.
#[derive(Debug)]
pub(crate) struct Sectors<'a>(Vec<Sector<'a>>);

impl<'a> Sectors<'a> {
    pub(crate) fn of(members: impl Iterator<Item = (&'a str, Change)>, least: usize) -> Self {
        let mut by_name: BTreeMap<&str, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
        for (name, change) in members {
            let (long, short) = by_name.entry(name).or_default();
            long.push(change.long);
            short.push(change.short);
        }
        let enough = by_name.into_iter().filter(|(_, (long, _))| long.len() >= least);
        let mut sectors: Vec<Sector<'_>> = enough
            .map(|(name, (long, short))| Sector {
                name,
                members: long.len(),
                long: median(long),
                short: median(short),
                rank: 0,
            })
            .collect();
        sectors.sort_by(|a, b| b.long.total_cmp(&a.long).then(a.name.cmp(b.name)));
        sectors.iter_mut().zip(1..).for_each(|(sector, rank)| sector.rank = rank);
        Self(sectors)
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Sector<'a>> {
        self.0.iter().find(|sector| sector.name == name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Sector<'a>> {
        self.0.iter()
    }
}

/// NaN of nothing.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2) {
        (Some(&upper), 0) => f64::midpoint(values.get(middle - 1).copied().unwrap_or(upper), upper),
        (Some(&only), _) => only,
        (None, _) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_or_the_mean_of_both() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn changes_are_of_one_instrument_and_need_all_their_closes() {
        let close = [100.0, 110.0, 120.0, 132.0];
        let change = Change::of(&close, 3, 1).unwrap();
        assert!((change.long - 32.0).abs() < 1e-9 && (change.short - 10.0).abs() < 1e-9, "{change:?}");
        assert_eq!(Change::of(&close, 4, 1), None);
        assert_eq!(Change::of(&[f64::NAN, 110.0, 120.0, 132.0], 3, 1), None);
    }
}
