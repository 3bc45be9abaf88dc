//! A part of a list of alerts as one text, for those who read a million of them: the database hands over one value
//! instead of twenty for each alert, and nothing is copied when it is read.
//!
//! Each field is either `value;` or `length:text`, the length in bytes, so that a text may hold anything. A number is
//! written out or counted in parts ([`PARTS`]).

use crate::ids::AlertCursor;
use crate::sql::PARTS;

/// Alerts in the order of their list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertPage {
    text: String,
    count: usize,
    last: Option<AlertCursor>,
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

impl AlertPage {
    /// Reads what the database handed over; none when it is not what was asked for.
    pub(crate) fn read(text: String) -> Option<Self> {
        let mut rest = text.as_str();
        let (mut count, mut last) = (0, None);
        while !rest.is_empty() {
            let (line, after) = line(rest)?;
            let before = last.replace(line.cursor);
            if before.is_some_and(|before: AlertCursor| !before.comes_before(line.cursor)) {
                return None;
            }
            (rest, count) = (after, count + 1);
        }
        Some(Self { text, count, last })
    }

    /// Adds what comes behind it.
    pub(crate) fn append(&mut self, more: &Self) {
        self.text.push_str(&more.text);
        self.count += more.count;
        self.last = more.last.or(self.last);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The last one's place in the list.
    #[must_use]
    pub fn last(&self) -> Option<AlertCursor> {
        self.last
    }

    /// All of them, in order.
    pub fn lines(&self) -> impl Iterator<Item = AlertLine<'_>> {
        let mut rest = self.text.as_str();
        // what could not be read was refused when the page came
        std::iter::from_fn(move || {
            let (line, after) = line(rest)?;
            rest = after;
            Some(line)
        })
    }
}

fn line(text: &str) -> Option<(AlertLine<'_>, &str)> {
    let mut fields = Fields(text);
    let line = AlertLine {
        cursor: AlertCursor { scan: fields.integer()?, alert: fields.integer()? },
        raised_at: fields.integer()?,
        as_of: fields.integer()?,
        surfaced: fields.integer()? != 0,
        repetition: fields.integer()? != 0,
        repeats: u64::try_from(fields.integer()?).ok()?,
        confidence: fields.number()??,
        entry: fields.number()?,
        stop: fields.number()?,
        target: fields.number()?,
        scan: fields.text()?,
        layer: fields.text()?,
        version: fields.text()?,
        symbol: Some(fields.text()?).filter(|symbol| !symbol.is_empty()),
        kind: fields.text()?,
        severity: fields.text()?,
        side: Some(fields.text()?).filter(|side| !side.is_empty()),
        message: fields.text()?,
        risk_json: Some(fields.text()?).filter(|risk| !risk.is_empty()),
    };
    Some((line, fields.0))
}

/// What of a text is still to be read.
struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    /// Up to a mark.
    fn until(&mut self, mark: u8) -> Option<&'a str> {
        let end = self.0.bytes().position(|byte| byte == mark)?;
        let field = self.0.get(..end)?;
        self.0 = self.0.get(end + 1..)?;
        Some(field)
    }

    fn integer(&mut self) -> Option<i64> {
        self.until(b';')?.parse().ok()
    }

    /// The inner one is none where there is no number.
    fn number(&mut self) -> Option<Option<f64>> {
        match self.until(b';')? {
            "" | "NULL" => Some(None),
            field => match PARTS.iter().find(|(letter, ..)| field.starts_with(*letter)) {
                // no more of its bits are set than a double has, so both steps are exact
                Some((_, one, _)) => {
                    field.get(1..)?.parse::<i64>().ok().map(|parts| Some(parts as f64 / one))
                }
                None => field.parse().ok().map(Some),
            },
        }
    }

    fn text(&mut self) -> Option<&'a str> {
        let length: usize = self.until(b':')?.parse().ok()?;
        let field = self.0.get(..length)?;
        self.0 = self.0.get(length..)?;
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "9;4;1795554000400;1795554000000;1;0;3;0.75;103.69;a9007199254740992;;4:scan3:a/b5:0.1.06:BRK.B;4:KIND6:notice4:long7:a;b:c\u{1f}\n2:{}";
    const SECOND: &str = "8;1;1;2;0;1;0;1.0;NULL;NULL;NULL;4:scan3:a/b5:0.1.00:4:KIND4:info0:3:é!0:";

    #[test]
    fn fields_of_any_content_are_read_back() {
        let page = AlertPage::read(format!("{FIRST}{SECOND}")).unwrap();
        let lines: Vec<_> = page.lines().collect();
        assert_eq!((page.len(), lines.len(), page.last()), (2, 2, Some(AlertCursor { scan: 8, alert: 1 })));
        assert_eq!((lines[0].symbol, lines[0].message), (Some("BRK.B;"), "a;b:c\u{1f}\n"));
        assert_eq!((lines[0].entry, lines[0].stop, lines[0].target), (Some(103.69), Some(2.0), None));
        assert_eq!((lines[0].side, lines[0].surfaced, lines[0].confidence), (Some("long"), true, 0.75));
        assert_eq!((lines[0].repetition, lines[0].repeats, lines[0].risk_json), (false, 3, Some("{}")));
        assert_eq!((lines[1].repetition, lines[1].repeats, lines[1].risk_json), (true, 0, None));
        assert_eq!((lines[1].symbol, lines[1].side, lines[1].message), (None, None, "é!"));
    }

    #[test]
    fn what_is_cut_or_out_of_order_is_refused() {
        for end in 1..FIRST.len() {
            assert_eq!(AlertPage::read(FIRST[..end].to_owned()), None, "{end}");
        }
        assert_eq!(AlertPage::read(format!("{SECOND}{FIRST}")), None);
        assert_eq!(AlertPage::read(String::new()), Some(AlertPage::default()));
    }
}
