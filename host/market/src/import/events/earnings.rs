//! Earnings, a row per report: `symbol,date,qtr,eps_est,eps,release_time,surp`.
//!
//! Nobody says when the date of a report was announced, so that a report is known when it is out: `pre` before the
//! open of its date, `post` after the close, and otherwise when that day is over. Announced dates come as events
//! (`events` CSV, kind `earnings`, with `known_at` before `effective_at`).

use chrono::NaiveDate;

use super::moment::{Part, plain_date};
use super::publish::publish;
use crate::import::error::ImportError;
use crate::import::faults::{FaultKind, quoted};
use crate::import::headers::{Header, SYMBOL, header};
use crate::import::reader::{Input, Reader};
use crate::import::sink::Origin;
use crate::import::sink::{EventRow, Sink, When};
use crate::import::table::{Row, Table, listed};
use crate::parse::number;

const TITLE: &str = "earnings (CSV)";
/// Two-digit years up to this one are in this century, as in Excel (2029) and beyond it.
const LAST_SHORT_YEAR: i32 = 68;
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

pub(super) const READERS: &[Reader] =
    &[Reader { name: "earnings", title: TITLE, sees: |head| header(head) == Some(Header::Earnings), read }];

struct Columns {
    symbol: usize,
    date: usize,
    release: usize,
    quarter: Option<usize>,
    numbers: Vec<(usize, &'static str)>,
}

fn read(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    let path = input.head.path;
    let mut table = Table::open(input)?;
    let found = table.find(SYMBOL).zip(table.find(&["date", "reportdate"])).zip(table.find(&["releasetime"]));
    let ((symbol, date), release) = found.ok_or_else(|| ImportError::Columns {
        path: path.to_path_buf(),
        found: listed(table.names()),
        wanted: "earnings need symbol, date and release_time".to_owned(),
    })?;
    let numbers: [(&[&str], &'static str); 3] = [
        (&["epsest", "epsestimate"], "eps-estimate"),
        (&["eps", "epsactual"], "eps"),
        (&["surp", "surprise"], "surprise"),
    ];
    let numbers = numbers.iter().filter_map(|(names, ours)| Some((table.find(names)?, *ours))).collect();
    let columns = Columns { symbol, date, release, quarter: table.find(&["qtr", "quarter"]), numbers };
    let used: Vec<usize> = [symbol, date, release]
        .into_iter()
        .chain(columns.quarter)
        .chain(columns.numbers.iter().map(|(column, _)| *column))
        .collect();
    sink.begin(Origin::without_bars("csv", TITLE, table.others(&used)));
    while let Some(row) = table.next(sink)? {
        report(&columns, &row, sink);
    }
    Ok(())
}

fn report(columns: &Columns, row: &Row<'_>, sink: &mut dyn Sink) {
    let place = row.place();
    let text = row.text(Some(columns.date)).unwrap_or_default();
    let Some(date) = plain_date(&text).or_else(|| month_first(&text)) else {
        let text = quoted(text.as_bytes());
        return sink.fault(FaultKind::Date, place, &mut || {
            format!("{text} is no date such as 2/14/13 or 2013-02-14")
        });
    };
    let Some(ticker) = sink.ticker(place, row.get(columns.symbol)) else { return };
    let mut numbers = Vec::with_capacity(columns.numbers.len());
    for (column, name) in &columns.numbers {
        match number(row.get(*column)) {
            Some(value) if value.is_nan() => {}
            Some(value) => numbers.push(((*name).to_owned(), value)),
            None => {
                let text = quoted(row.get(*column));
                return sink.fault(FaultKind::Number, place, &mut || format!("{text} is no number"));
            }
        }
    }
    let release = row.text(Some(columns.release)).unwrap_or_default();
    let known = Part::read(&release).map_or(When::OnDate(date), |part| part.of(date));
    let quarter = row.text(columns.quarter).and_then(|text| quarter(&text));
    let attributes =
        [("quarter", quarter), ("release-time", (!release.is_empty()).then(|| release.to_lowercase()))];
    publish(
        sink,
        place,
        EventRow {
            ticker,
            kind: "earnings".to_owned(),
            known,
            effective: Some(known),
            headline: headline(&numbers),
            id: Some(format!("earnings:{date}")),
            numbers,
            attributes: attributes
                .into_iter()
                .filter_map(|(name, text)| Some((name.to_owned(), text?)))
                .collect(),
        },
    );
}

fn headline(numbers: &[(String, f64)]) -> String {
    let find = |name: &str| numbers.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    match (find("eps"), find("eps-estimate")) {
        (Some(eps), Some(estimate)) => format!("Earnings of {eps} a share, {estimate} expected"),
        (Some(eps), None) => format!("Earnings of {eps} a share"),
        (None, Some(estimate)) => format!("Earnings, {estimate} a share expected"),
        (None, None) => "Earnings".to_owned(),
    }
}

/// `M/D/YY` or `M/D/YYYY`: this layout is American.
fn month_first(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || ![1, 2].contains(&month.len()) || ![1, 2].contains(&day.len()) {
        return None;
    }
    NaiveDate::from_ymd_opt(full_year(year)?, month.parse().ok()?, day.parse().ok()?)
}

fn full_year(text: &str) -> Option<i32> {
    let year: i32 = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    match text.len() {
        4 => Some(year),
        2 if year <= LAST_SHORT_YEAR => Some(2000 + year),
        2 => Some(1900 + year),
        _ => None,
    }
}

/// The month in which the quarter ended, `2012-10`: from `10/2012`, or from what Excel makes of it, `12-Oct`.
fn quarter(text: &str) -> Option<String> {
    let (year, month) = if let Some((month, year)) = text.split_once('/') {
        (full_year(year)?, month.parse().ok()?)
    } else {
        let (year, name) = text.split_once('-')?;
        let month = MONTHS.iter().position(|month| name.eq_ignore_ascii_case(month))?;
        (full_year(year)?, u32::try_from(month).ok()? + 1)
    };
    NaiveDate::from_ymd_opt(year, month, 1).map(|date| date.format("%Y-%m").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::{Collected, seen_by};

    #[test]
    fn reports_are_known_before_the_open_or_after_the_close() {
        let text = "symbol,date,qtr,eps_est,eps,release_time,surp\n\
            A,2/14/13,13-Jan,0.66,0.63,post,-0.03\n\
            A,2013-11-14,10/2013,NULL,0.81,pre,NULL\n\
            NA,11/29/13,12-Oct,1,2,NULL,1\n\
            A,13/1/13,12-Oct,1,2,pre,1\n\
            A,1/1/13,12-Oct,x,2,pre,1\n";
        assert_eq!(seen_by(READERS, "e.csv", text.as_bytes()), ["earnings"]);
        let read = Collected::read(&READERS[0], "e.csv", text.as_bytes(), &Said::default()).unwrap();
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let known: Vec<When> = read.events.iter().map(|(_, event)| event.known).collect();
        assert_eq!(
            known,
            [
                When::AfterClose(date("2013-02-14")),
                When::BeforeOpen(date("2013-11-14")),
                When::OnDate(date("2013-11-29")),
            ]
        );
        let (first, second) = (&read.events[0].1, &read.events[1].1);
        assert_eq!(first.effective, Some(first.known));
        assert_eq!(first.headline, "Earnings of 0.63 a share, 0.66 expected");
        let numbers = [("eps-estimate", 0.66), ("eps", 0.63), ("surprise", -0.03)];
        assert_eq!(first.numbers, numbers.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(second.numbers, [("eps".to_owned(), 0.81)]);
        assert_eq!(first.attributes[0], ("quarter".to_owned(), "2013-01".to_owned()));
        assert_eq!(second.attributes[0].1, "2013-10");
        let faults: Vec<_> = read.faults.iter().map(|(kind, _, _)| *kind).collect();
        assert_eq!(faults, [FaultKind::Date, FaultKind::Number]);
    }

    #[test]
    fn quarters_that_excel_has_mangled_are_read() {
        assert_eq!(quarter("12-Oct").as_deref(), Some("2012-10"));
        assert_eq!(quarter("4/2009").as_deref(), Some("2009-04"));
        for text in ["", "Q3", "12-Okt", "13/2012", "2012"] {
            assert_eq!(quarter(text), None, "{text}");
        }
    }
}
