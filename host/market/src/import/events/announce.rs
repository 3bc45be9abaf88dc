//! What a company does to its shares, told twice: as an action, by which bars are adjusted, and as an event.

use chrono::NaiveDate;

use super::publish::publish;

use crate::import::faults::Place;
use crate::import::sink::{ActionKind, ActionRow, EventRow, Sink, Ticker, When};

/// What else is said of an action.
#[derive(Debug, Default)]
pub(crate) struct About {
    /// The date on which it was declared: known when that day is over, unless the ex-date came first.
    pub(crate) declared: Option<NaiveDate>,
    /// For the headline, such as the new ticker.
    pub(crate) detail: String,
    pub(crate) numbers: Vec<(String, f64)>,
    pub(crate) attributes: Vec<(String, String)>,
}

/// Tells of an action of a ticker. Whoever tells of the same action gives the same id, so that two sources of one
/// split make one split.
pub(crate) fn announce(
    sink: &mut dyn Sink,
    place: Place,
    ticker: Ticker,
    kind: ActionKind,
    ex_date: NaiveDate,
    about: About,
) {
    let known = about.declared.filter(|declared| *declared < ex_date).map(When::OnDate);
    let (event, id, headline, number) = words(&kind, ex_date, &about.detail);
    let mut numbers = about.numbers;
    numbers.extend(number.map(|(name, value)| (name.to_owned(), value)));
    sink.action(place, ActionRow { ticker, kind, ex_date, known, id: Some(id.clone()) });
    publish(
        sink,
        place,
        EventRow {
            ticker,
            kind: event.to_owned(),
            known: known.unwrap_or(When::BeforeOpen(ex_date)),
            effective: Some(When::BeforeOpen(ex_date)),
            headline,
            id: Some(id),
            numbers,
            attributes: about.attributes,
        },
    );
}

type Words = (&'static str, String, String, Option<(&'static str, f64)>);

/// Kind of event, identity, headline and the number of an action.
fn words(kind: &ActionKind, ex_date: NaiveDate, detail: &str) -> Words {
    let more = if detail.is_empty() { String::new() } else { format!(" {detail}") };
    match kind {
        ActionKind::Split(ratio) => (
            "split",
            format!("split:{ex_date}"),
            format!("Split: {ratio} new for 1 old{more}"),
            Some(("ratio", *ratio)),
        ),
        // a regular and a special dividend may share a date
        ActionKind::Dividend(cash) => (
            "dividend",
            format!("dividend:{ex_date}:{cash}"),
            format!("Dividend of {cash} a share{more}"),
            Some(("cash", *cash)),
        ),
        ActionKind::Rename(_) => ("rename", format!("rename:{ex_date}"), format!("New ticker{more}"), None),
        ActionKind::Delisting => {
            ("listing", format!("delisting:{ex_date}"), format!("Listing ends{more}"), None)
        }
    }
}
