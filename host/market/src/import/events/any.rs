//! Events of any kind as a table of text: `symbol,kind,known_at,effective_at,headline,id` and columns of figures.

use super::moment::Moments;
use super::publish::publish;
use crate::import::error::ImportError;
use crate::import::faults::{FaultKind, quoted};
use crate::import::headers::{EVENT, HEADLINE, Header, KNOWN, SYMBOL, header};
use crate::import::reader::{Input, Reader};
use crate::import::sink::Origin;
use crate::import::sink::{EventRow, Sink, When};
use crate::import::table::{Row, Table, listed};
use crate::parse::number;

const TITLE: &str = "events (CSV)";
/// Longest kind of event and longest name of a figure in bytes.
const MAX_WORD_BYTES: usize = 32;

pub(super) const READERS: &[Reader] =
    &[Reader { name: "events", title: TITLE, sees: |head| header(head) == Some(Header::Events), read }];

struct Columns {
    symbol: usize,
    kind: usize,
    known: usize,
    effective: Option<usize>,
    headline: Option<usize>,
    id: Option<usize>,
    /// Figures and remarks: whatever else there is.
    others: Vec<(usize, String)>,
}

fn read(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    let (path, said) = (input.head.path, input.said);
    let mut table = Table::open(input)?;
    let found = table.find(SYMBOL).zip(table.find(EVENT)).zip(table.find(KNOWN));
    let ((symbol, kind), known) = found.ok_or_else(|| ImportError::Columns {
        path: path.to_path_buf(),
        found: listed(table.names()),
        wanted: "events need symbol, kind and known_at".to_owned(),
    })?;
    let effective = table.find(&["effectiveat", "effective", "effectivedate"]);
    let (headline, id) = (table.find(HEADLINE), table.find(&["id", "eventid"]));
    let own: Vec<usize> =
        [Some(symbol), Some(kind), Some(known), effective, headline, id].into_iter().flatten().collect();
    let names = table.names().iter().enumerate().filter(|(column, _)| !own.contains(column));
    let others = names.filter_map(|(column, name)| Some((column, words(name)?))).collect();
    let columns = Columns { symbol, kind, known, effective, headline, id, others };
    sink.begin(Origin::without_bars("csv", TITLE, Vec::new()));
    let mut moments = Moments::default();
    while let Some(row) = table.next(sink)? {
        let place = row.place();
        let Some(ticker) = sink.ticker(place, row.get(columns.symbol)) else { continue };
        let zone = said.zone.unwrap_or_else(|| sink.zone(ticker));
        let mut moment = |column: usize| {
            let text = row.text(Some(column)).unwrap_or_default();
            moments
                .read(&text, zone)
                .map_err(|fault| format!("{} {}", quoted(text.as_bytes()), fault.reason()))
        };
        let effective = columns.effective.filter(|column| !row.get(*column).is_empty());
        let when = moment(columns.known).and_then(|known| Ok((known, effective.map(moment).transpose()?)));
        let (known, effective) = match when {
            Ok(when) => when,
            Err(reason) => {
                sink.fault(FaultKind::Date, place, &mut || reason.clone());
                continue;
            }
        };
        let Some(kind) = row.text(Some(columns.kind)).and_then(|text| words(&text)) else {
            sink.fault(FaultKind::Entry, place, &mut || "no kind of event".to_owned());
            continue;
        };
        let effective = effective.map(|effective| starts(effective, known));
        publish(sink, place, event(&columns, &row, ticker, kind, known, effective));
    }
    Ok(())
}

/// What takes effect on a later date does so when trading of that date begins, and not when it is over.
fn starts(effective: When, known: When) -> When {
    match effective {
        When::OnDate(date) if effective != known => When::BeforeOpen(date),
        other => other,
    }
}

fn event(
    columns: &Columns,
    row: &Row<'_>,
    ticker: crate::import::sink::Ticker,
    kind: String,
    known: When,
    effective: Option<When>,
) -> EventRow {
    let (mut numbers, mut attributes) = (Vec::new(), Vec::new());
    for (column, name) in &columns.others {
        match number(row.get(*column)) {
            Some(value) if value.is_nan() => {}
            Some(value) => numbers.push((name.clone(), value)),
            None => attributes.extend(row.text(Some(*column)).map(|text| (name.clone(), text))),
        }
    }
    let headline = row.text(columns.headline).unwrap_or_else(|| kind.clone());
    EventRow { ticker, kind, known, effective, headline, id: row.text(columns.id), numbers, attributes }
}

/// Lower-case words joined by hyphens; none when nothing is left.
fn words(text: &str) -> Option<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    (!name.is_empty() && name.len() <= MAX_WORD_BYTES).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::{Collected, seen_by};

    #[test]
    fn any_event_is_read_with_its_figures_and_remarks() {
        let text = "symbol,kind,known_at,effective_at,headline,id,eps_estimate,note\n\
            A,Earnings,2024-01-10,2024-01-31 post,A reports,e1,0.66,conf call\n\
            NA,halt,2024-01-31T15:00:00Z,,,h1,,\n\
            A,,2024-01-10,,,,,\nA,x,soon,,,,,\nA,x,2024-01-10,never,,,,\nA,split,2024-01-10,2024-02-01,,,,\n";
        assert_eq!(seen_by(READERS, "e.csv", text.as_bytes()), ["events"]);
        let read = Collected::read(&READERS[0], "e.csv", text.as_bytes(), &Said::default()).unwrap();
        let date = |text: &str| text.parse().unwrap();
        let first = &read.events[0].1;
        assert_eq!(
            (first.kind.as_str(), first.headline.as_str(), first.id.as_deref()),
            ("earnings", "A reports", Some("e1"))
        );
        assert_eq!(first.known, When::OnDate(date("2024-01-10")));
        assert_eq!(first.effective, Some(When::AfterClose(date("2024-01-31"))));
        assert_eq!(first.numbers, [("eps-estimate".to_owned(), 0.66)]);
        assert_eq!(first.attributes, [("note".to_owned(), "conf call".to_owned())]);
        let halt = &read.events[1].1;
        assert_eq!((halt.headline.as_str(), halt.effective), ("halt", None));
        assert_eq!(read.events[2].1.effective, Some(When::BeforeOpen(date("2024-02-01"))));
        assert_eq!((read.count(FaultKind::Entry), read.count(FaultKind::Date)), (1, 2));
    }
}
