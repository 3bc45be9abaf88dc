//! A part of a list of alerts as texts, for those who read a million of them: the database hands over one value for some
//! thousand alerts and another for the layer runs that raised them, instead of twenty for each alert, and nothing is
//! copied when it is shown.

mod fields;

use std::collections::HashMap;
use std::ops::Range;

use self::fields::Fields;
use crate::ids::AlertCursor;

/// Alerts in the order of their list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertPage {
    sections: Vec<Section>,
    runs: Vec<Run>,
}

/// An alert, as far as lists show it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlertLine<'a> {
    /// Its place in the list.
    pub cursor: AlertCursor,
    /// The scan that raised it.
    pub scan: &'a str,
    /// When that scan finished, UTC milliseconds since the Unix epoch.
    pub raised_at: i64,
    /// The instant that the scan is about.
    pub as_of: i64,
    /// author/name of the layer.
    pub layer: &'a str,
    /// Its version.
    pub version: &'a str,
    /// The ticker at the time of the scan; none: the market as a whole.
    pub symbol: Option<&'a str>,
    /// As the layer declared it.
    pub kind: &'a str,
    /// info, notice, urgent.
    pub severity: &'a str,
    /// 0..1.
    pub confidence: f64,
    /// For a person.
    pub message: &'a str,
    /// long, short.
    pub side: Option<&'a str>,
    /// Price in the instrument's currency.
    pub entry: Option<f64>,
    /// Price in the instrument's currency.
    pub stop: Option<f64>,
    /// Price in the instrument's currency.
    pub target: Option<f64>,
    /// Shown to the user, or held back.
    pub surfaced: bool,
    /// Not shown because it repeats an earlier alert.
    pub repetition: bool,
    /// Later alerts that were held back as repetitions of this one.
    pub repeats: u64,
    /// The host's risk figures, JSON.
    pub risk_json: Option<&'a str>,
}

/// What the database handed over for a page. Nobody has read it yet, but for the place where it ends: that is all that is
/// needed to ask for the next one.
#[derive(Debug, Default)]
pub(crate) struct AlertTexts {
    /// The alerts, from each statement a text and how many are in it.
    alerts: Vec<(String, usize)>,
    last: Option<AlertCursor>,
    /// The layer runs that raised them.
    runs: String,
}

/// Bytes that an alert has at least: a separator for each field.
const LEAST: usize = 20;

/// Alerts that came in one text.
#[derive(Debug, Clone, PartialEq)]
struct Section {
    text: String,
    alerts: Vec<Alert>,
}

/// What an alert has for itself.
#[derive(Debug, Clone, PartialEq)]
struct Alert {
    /// Place of its layer run among those of the page.
    run: u32,
    id: i64,
    surfaced: bool,
    repetition: bool,
    repeats: u64,
    confidence: f64,
    entry: Option<f64>,
    stop: Option<f64>,
    target: Option<f64>,
    severity: Part,
    side: Part,
    symbol: Part,
    kind: Part,
    message: Part,
    risk_json: Part,
}

/// Part of a section's text, in bytes: in 32 bits, since a page has many of them.
type Part = Range<u32>;

/// What all alerts of a layer run have in common.
#[derive(Debug, Clone, PartialEq)]
struct Run {
    id: i64,
    /// Number of its scan.
    number: i64,
    raised_at: i64,
    as_of: i64,
    scan: String,
    layer: String,
    version: String,
}

impl AlertTexts {
    /// Adds the text of so many alerts; none when it is not what was asked for.
    pub(crate) fn add(&mut self, alerts: String, count: i64) -> Option<()> {
        if count > 0 {
            self.last = Some(end(&alerts)?);
            self.alerts.push((alerts, usize::try_from(count).ok()?));
        }
        Some(())
    }

    /// Adds the text of the layer runs that raised them.
    pub(crate) fn raised_by(&mut self, runs: String) {
        self.runs = runs;
    }

    /// How many alerts there are.
    pub(crate) fn len(&self) -> usize {
        self.alerts.iter().map(|(_, count)| count).sum()
    }

    /// The last one's place in the list.
    pub(crate) fn last(&self) -> Option<AlertCursor> {
        self.last
    }

    /// The page; none when it is not what was asked for.
    pub(crate) fn read(self) -> Option<AlertPage> {
        let (mut runs, mut places) = (Vec::new(), HashMap::new());
        let mut fields = Fields::of(&self.runs);
        while !fields.is_empty() {
            let run = run(&mut fields)?;
            places.insert(run.id, u32::try_from(runs.len()).ok()?);
            runs.push(run);
        }
        let mut last: Option<AlertCursor> = None;
        let mut sections = Vec::with_capacity(self.alerts.len());
        for (text, count) in self.alerts {
            // a database that tells a wrong number gets no more room than the text has alerts
            let mut alerts = Vec::with_capacity(count.min(text.len() / LEAST));
            let mut fields = Fields::of(&text);
            while !fields.is_empty() {
                let (alert, cursor) = alert(&mut fields, &places)?;
                let of_its_scan = run_at(&runs, alert.run)?.number == cursor.scan;
                let ordered = last.is_none_or(|last| last.comes_before(cursor));
                (of_its_scan && ordered).then_some(())?;
                last = Some(cursor);
                alerts.push(alert);
            }
            (alerts.len() == count).then_some(())?;
            sections.push(Section { text, alerts });
        }
        (last == self.last).then_some(AlertPage { sections, runs })
    }
}

fn run_at(runs: &[Run], place: u32) -> Option<&Run> {
    runs.get(usize::try_from(place).ok()?)
}

/// The place in the list of the alert that a text ends with.
fn end(alerts: &str) -> Option<AlertCursor> {
    let mut fields = alerts.strip_suffix(';')?.rsplit(';');
    let (alert, scan) = (fields.next()?, fields.next()?);
    Some(AlertCursor { scan: scan.parse().ok()?, alert: alert.parse().ok()? })
}

/// An alert and its place in the list. Where the layer runs stand is told by id.
fn alert(fields: &mut Fields<'_>, runs: &HashMap<i64, u32>) -> Option<(Alert, AlertCursor)> {
    let (surfaced, repetition) = (fields.integer()? != 0, fields.integer()? != 0);
    let repeats = u64::try_from(fields.integer()?).ok()?;
    let (confidence, entry) = (fields.number()??, fields.number()?);
    let (stop, target) = (fields.number()?, fields.number()?);
    let (severity, side) = (fields.word()?, fields.word()?);
    let (symbol, kind) = (fields.text()?, fields.text()?);
    let (message, risk_json) = (fields.text()?, fields.text()?);
    let run = *runs.get(&fields.integer()?)?;
    let cursor = AlertCursor { scan: fields.integer()?, alert: fields.integer()? };
    let alert = Alert {
        run,
        id: cursor.alert,
        surfaced,
        repetition,
        repeats,
        confidence,
        entry,
        stop,
        target,
        severity,
        side,
        symbol,
        kind,
        message,
        risk_json,
    };
    Some((alert, cursor))
}

/// As texts are cut.
fn wide(part: &Part) -> Option<Range<usize>> {
    Some(usize::try_from(part.start).ok()?..usize::try_from(part.end).ok()?)
}

fn run(fields: &mut Fields<'_>) -> Option<Run> {
    let (id, number) = (fields.integer()?, fields.integer()?);
    let (raised_at, as_of) = (fields.integer()?, fields.integer()?);
    let mut text = || fields.text().and_then(|part| fields.whole().get(wide(&part)?)).map(str::to_owned);
    Some(Run { id, number, raised_at, as_of, scan: text()?, layer: text()?, version: text()? })
}

impl AlertPage {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sections.iter().map(|section| section.alerts.len()).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The last one's place in the list.
    #[must_use]
    pub fn last(&self) -> Option<AlertCursor> {
        let section = self.sections.last()?;
        Some(self.line(section, section.alerts.last()?)?.cursor)
    }

    /// All of them, in order.
    pub fn lines(&self) -> impl Iterator<Item = AlertLine<'_>> {
        // every alert has its layer run and every part is one of its text, or there were no page
        self.sections
            .iter()
            .flat_map(move |section| section.alerts.iter().filter_map(move |alert| self.line(section, alert)))
    }

    fn line<'a>(&'a self, section: &'a Section, alert: &Alert) -> Option<AlertLine<'a>> {
        let run = run_at(&self.runs, alert.run)?;
        let text = |part: &Part| section.text.get(wide(part)?);
        let given = |part: &Part| text(part).filter(|text| !text.is_empty());
        Some(AlertLine {
            cursor: AlertCursor { scan: run.number, alert: alert.id },
            scan: &run.scan,
            raised_at: run.raised_at,
            as_of: run.as_of,
            layer: &run.layer,
            version: &run.version,
            symbol: given(&alert.symbol),
            kind: text(&alert.kind)?,
            severity: text(&alert.severity)?,
            confidence: alert.confidence,
            message: text(&alert.message)?,
            side: given(&alert.side),
            entry: alert.entry,
            stop: alert.stop,
            target: alert.target,
            surfaced: alert.surfaced,
            repetition: alert.repetition,
            repeats: alert.repeats,
            risk_json: given(&alert.risk_json),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str =
        "1;0;3;=0.75;=103.69;9007199254740992;;notice;long;6;BRK.B;;4;KIND;7;a;b:c\u{1f}\n;2;{};90;9;4;";
    const SECOND: &str = "0;1;0;=1.0;;-4611686018427387904;+4503599627370496;info;;0;;4;KIND;3;é!;0;;80;8;1;";
    const RUNS: &str = "80;8;1;2;4;sca2;3;a/c;5;0.2.0;90;9;1795554000400;1795554000000;4;scan;3;a/b;5;0.1.0;";

    /// Texts, each with the number of alerts that the database says are in it.
    fn page(texts: &[(&str, i64)], runs: &str) -> Option<AlertPage> {
        let mut page = AlertTexts::default();
        for (text, count) in texts {
            page.add((*text).to_owned(), *count)?;
        }
        page.raised_by(runs.to_owned());
        page.read()
    }

    #[test]
    fn fields_of_any_content_are_read_back() {
        let joined = format!("{FIRST}{SECOND}");
        let page = page(&[(&joined, 2)], RUNS).unwrap();
        let lines: Vec<_> = page.lines().collect();
        assert_eq!((page.len(), lines.len(), page.last()), (2, 2, Some(AlertCursor { scan: 8, alert: 1 })));
        assert_eq!((lines[0].symbol, lines[0].message), (Some("BRK.B;"), "a;b:c\u{1f}\n"));
        assert_eq!((lines[0].entry, lines[0].stop, lines[0].target), (Some(103.69), Some(2.0), None));
        assert_eq!((lines[0].side, lines[0].surfaced, lines[0].confidence), (Some("long"), true, 0.75));
        assert_eq!((lines[0].repetition, lines[0].repeats, lines[0].risk_json), (false, 3, Some("{}")));
        assert_eq!((lines[0].scan, lines[0].layer, lines[0].version), ("scan", "a/b", "0.1.0"));
        assert_eq!((lines[0].raised_at, lines[0].as_of), (1_795_554_000_400, 1_795_554_000_000));
        assert_eq!((lines[1].repetition, lines[1].repeats, lines[1].risk_json), (true, 0, None));
        assert_eq!((lines[1].symbol, lines[1].side, lines[1].message), (None, None, "é!"));
        assert_eq!((lines[1].entry, lines[1].stop, lines[1].target), (None, Some(1.0), Some(1024.0)));
        assert_eq!((lines[1].scan, lines[1].layer, lines[1].severity), ("sca2", "a/c", "info"));
    }

    #[test]
    fn two_texts_are_one_page() {
        let two = page(&[(FIRST, 1), (SECOND, 1)], RUNS).unwrap();
        let one = page(&[("", 0), (&format!("{FIRST}{SECOND}"), 2)], RUNS).unwrap();
        assert!(two.lines().eq(one.lines()));
        assert_eq!((two.len(), two.last()), (one.len(), one.last()));
        assert_eq!(page(&[("", 0), ("", 0)], ""), Some(AlertPage::default()));
    }

    #[test]
    fn what_is_cut_or_out_of_order_or_of_an_unknown_layer_run_is_refused() {
        for end in 0..FIRST.len() {
            assert_eq!(page(&[(&FIRST[..end], 1)], RUNS), None, "{end}");
        }
        for end in 0..RUNS.len() {
            assert_eq!(page(&[(FIRST, 1), (SECOND, 1)], &RUNS[..end]), None, "{end}");
        }
        assert_eq!(page(&[(SECOND, 1), (FIRST, 1)], RUNS), None);
        assert_eq!(page(&[(FIRST, 2)], RUNS), None, "another number of alerts");
        assert_eq!(page(&[(FIRST, 1)], &RUNS.replace("90;9;", "90;7;")), None, "a layer run of another scan");
    }
}
