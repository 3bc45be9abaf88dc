//! Bars of the old set, read in stretches as the merge walks through it in order.

use std::ops::Range;

use super::super::error::ImportError;
use crate::error::MarketError;
use crate::market::Series;
use crate::set::{NUMBERS, Span};

/// Rows of the old set that are read at a time: 7 MB.
const STRETCH_ROWS: u64 = 131_072;

/// A bar of the old set.
#[derive(Debug, Clone, Copy)]
pub(super) struct OldBar {
    pub(super) key: i64,
    pub(super) values: [f64; NUMBERS],
    pub(super) origin: i32,
}

/// The bars of one timeframe, of which a stretch is in memory.
pub(super) struct OldBars<'a> {
    series: &'a Series,
    rows: Range<u64>,
    keys: Vec<i64>,
    numbers: [Vec<f64>; NUMBERS],
    origins: Vec<i32>,
}

impl<'a> OldBars<'a> {
    pub(super) fn new(series: &'a Series) -> Self {
        Self { series, rows: 0..0, keys: Vec::new(), numbers: Default::default(), origins: Vec::new() }
    }

    /// Where the bars of an instrument are.
    pub(super) fn span(&self, position: usize) -> Span {
        self.series.spans.get(position).copied().unwrap_or_default()
    }

    /// The columns of as many of the rows as are read at a time, at least one; none for an empty range.
    pub(super) fn columns(&mut self, rows: Range<u64>) -> Result<Columns<'_>, MarketError> {
        if !rows.is_empty() && !self.rows.contains(&rows.start) {
            self.load(rows.start)?;
        }
        let local = |row: u64| usize::try_from(row.saturating_sub(self.rows.start)).unwrap_or(usize::MAX);
        let end = rows.end.min(self.rows.end).max(rows.start);
        let local = local(rows.start)..local(end);
        Ok(Columns {
            keys: self.keys.get(local.clone()).unwrap_or_default(),
            numbers: self.numbers.each_ref().map(|column| column.get(local.clone()).unwrap_or_default()),
            origins: self.origins.get(local).unwrap_or_default(),
        })
    }

    fn bar(&mut self, row: u64) -> Result<Option<OldBar>, MarketError> {
        let columns = self.columns(row..row + 1)?;
        let Some((key, origin)) = columns.keys.first().zip(columns.origins.first()) else { return Ok(None) };
        let values = columns.numbers.map(|column| column.first().copied().unwrap_or(f64::NAN));
        Ok(Some(OldBar { key: *key, values, origin: *origin }))
    }

    fn load(&mut self, start: u64) -> Result<(), MarketError> {
        let file = &self.series.file;
        self.rows = start..file.rows().min(start + STRETCH_ROWS);
        let ranges = std::slice::from_ref(&self.rows);
        self.keys.clear();
        file.read_keys(ranges, &mut self.keys)?;
        for (number, column) in self.numbers.iter_mut().enumerate() {
            column.clear();
            file.read_numbers(number, ranges, column)?;
        }
        self.origins.clear();
        file.read_origins(ranges, &mut self.origins)
    }
}

/// Some rows as columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns<'a> {
    pub(super) keys: &'a [i64],
    pub(super) numbers: [&'a [f64]; NUMBERS],
    pub(super) origins: &'a [i32],
}

/// The old bars that become those of one instrument: of itself, and of series that were joined to it.
#[derive(Default)]
pub(super) struct OldRows {
    pieces: Vec<Piece>,
}

struct Piece {
    rows: Range<u64>,
    keys: Range<i64>,
    /// Newest day or open of the whole series in the old set.
    newest: i64,
    next: Option<OldBar>,
}

impl OldRows {
    pub(super) fn new(
        bars: &mut OldBars<'_>,
        positions: &[(usize, Range<i64>)],
    ) -> Result<Self, ImportError> {
        let mut rows = Self { pieces: Vec::with_capacity(positions.len()) };
        for (position, keys) in positions {
            let span = bars.span(*position);
            let newest = span.keys.map_or(0, |keys| keys.1);
            let mut piece =
                Piece { rows: span.first..span.first + span.rows, keys: keys.clone(), newest, next: None };
            piece.step(bars)?;
            rows.pieces.push(piece);
        }
        Ok(rows)
    }

    fn least(&self) -> Option<usize> {
        let keys = self.pieces.iter().enumerate().filter_map(|(index, piece)| Some((piece.next?.key, index)));
        // of equal keys the later series comes last and so takes the other's place
        keys.min().map(|(_, index)| index)
    }

    /// The bar that comes next, and the newest key of its series.
    pub(super) fn peek(&self) -> Option<(OldBar, i64)> {
        let piece = self.pieces.get(self.least()?)?;
        Some((piece.next?, piece.newest))
    }

    /// Takes the bar that comes next.
    pub(super) fn step(&mut self, bars: &mut OldBars<'_>) -> Result<(), ImportError> {
        match self.least().and_then(|index| self.pieces.get_mut(index)) {
            Some(piece) => piece.step(bars),
            None => Ok(()),
        }
    }
}

impl Piece {
    fn step(&mut self, bars: &mut OldBars<'_>) -> Result<(), ImportError> {
        self.next = None;
        while !self.rows.is_empty() {
            let bar = bars.bar(self.rows.start)?;
            self.rows.start += 1;
            if bar.is_some_and(|bar| self.keys.contains(&bar.key)) {
                self.next = bar;
                break;
            }
        }
        Ok(())
    }
}
