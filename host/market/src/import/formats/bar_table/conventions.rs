//! What a table of bars means, settled before its first bar is handed on.

use super::{Known, Open, Plan, Who};
use crate::bars::Timeframe;
use crate::import::content::HEAD_BYTES;
use crate::import::error::ImportError;
use crate::import::marks::{Evidence, Marks};
use crate::import::reader::{Head, Input};
use crate::import::stamp::{Order, OrderEvidence, Time};
use crate::import::steps::Steps;
use crate::import::table::Table;

/// Distances between stamps that settle a timeframe.
const ENOUGH_STEPS: u64 = 30;

/// What a table means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conventions {
    pub(crate) marks: Marks,
    pub(crate) order: Option<Order>,
    pub(crate) timeframe: Timeframe,
    /// Whether the timeframe was worked out, and has to be checked.
    pub(crate) inferred: bool,
    /// Whether the whole file was asked for marks and order.
    pub(crate) whole: bool,
}

impl Conventions {
    /// Settles them by the first rows, or by the whole file.
    ///
    /// # Errors
    /// A file that does not tell, or contradicts itself.
    pub(super) fn of(known: &Known<'_>, open: Open, plan: &Plan) -> Result<Self, ImportError> {
        let complete = known.head.len() < HEAD_BYTES;
        let end = known.head.iter().rposition(|byte| *byte == b'\n').map_or(known.head.len(), |end| end + 1);
        let head = if complete { known.head } else { known.head.get(..end).unwrap_or_default() };
        let mut text = head;
        let mut survey = Survey::default();
        let input = &mut Input {
            head: Head { path: known.path, bytes: head, columns: &[] },
            text: &mut text,
            content: known.content,
            said: known.said,
        };
        survey.see(&mut open(input)?, known, plan)?;
        let settled = !survey.marks.has_commas()
            && !survey.order.asked()
            && (survey.told_timeframe(known, plan).is_some() || survey.steps.seen() >= ENOUGH_STEPS);
        if settled || complete {
            survey.settle(known, open, plan, complete)
        } else {
            Self::of_all(known, open, plan)
        }
    }

    /// Settles them by the whole file.
    ///
    /// # Errors
    /// A file that does not tell, or contradicts itself.
    pub(super) fn of_all(known: &Known<'_>, open: Open, plan: &Plan) -> Result<Self, ImportError> {
        Survey::of_all(known, open, plan, None)?.settle(known, open, plan, true)
    }
}

/// What rows tell.
#[derive(Default)]
struct Survey {
    marks: Evidence,
    order: OrderEvidence,
    steps: Steps,
    /// The timeframe that a column tells.
    told: Option<Timeframe>,
    /// The order of dates when it is known already.
    known_order: Option<Order>,
}

impl Survey {
    fn of_all(known: &Known<'_>, open: Open, plan: &Plan, order: Option<Order>) -> Result<Self, ImportError> {
        known.content.look(&mut |text| {
            let mut survey = Self { known_order: order, ..Self::default() };
            let input = &mut Input {
                head: Head { path: known.path, bytes: known.head, columns: &[] },
                text,
                content: known.content,
                said: known.said,
            };
            survey.see(&mut open(input)?, known, plan)?;
            Ok(survey)
        })
    }

    fn see(&mut self, table: &mut Table<'_>, known: &Known<'_>, plan: &Plan) -> Result<(), ImportError> {
        while let Some(row) = table.next_raw()? {
            for column in plan.groups.iter().flat_map(|group| group.numbers.into_iter().flatten()) {
                self.marks.see(row.line(), row.get(column));
            }
            if let (None, Some((column, read))) = (self.told, plan.told) {
                self.told = read(row.get(column));
            }
            let stamp = row.get(plan.stamp);
            self.order.see(row.line(), stamp);
            let Ok(time) = Time::read(stamp, row.maybe(plan.clock), self.known_order) else { continue };
            let (millis, midnight) = known.step(time);
            let ticker = match plan.groups.first().map(|group| &group.who) {
                Some(Who::Column(column, _)) => row.get(*column),
                _ => &[],
            };
            self.steps.see(ticker, millis, midnight);
        }
        Ok(())
    }

    /// The timeframe that need not be worked out.
    fn told_timeframe(&self, known: &Known<'_>, plan: &Plan) -> Option<Timeframe> {
        known.said.timeframe.or(plan.timeframe).or(self.told)
    }

    fn settle(
        self,
        known: &Known<'_>,
        open: Open,
        plan: &Plan,
        whole: bool,
    ) -> Result<Conventions, ImportError> {
        let marks = self.marks.marks(known.path)?;
        let order = self.order.order(known.path)?;
        let told = self.told_timeframe(known, plan);
        let timeframe = match told {
            Some(timeframe) => timeframe,
            // distances are known only once the order of the dates is
            None if order.is_some() && self.known_order.is_none() => {
                Self::of_all(known, open, plan, order)?.steps.decided(known.path)?
            }
            None => self.steps.decided(known.path)?,
        };
        Ok(Conventions { marks, order, timeframe, inferred: told.is_none(), whole })
    }
}
