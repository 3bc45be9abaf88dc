//! Facts: figures of instruments such as market capitalisation, P/E and float, with when each was known.
//!
//! Either a row per figure (`symbol,known_at,name,value`) or a column per figure (`symbol,known_at,market_cap,pe`).

use super::moment::Moments;
use crate::import::error::ImportError;
use crate::import::faults::{FaultKind, quoted};
use crate::import::headers::{FACT_DAY, FACT_NAME, FACTS, Header, NAME, SYMBOL, header};
use crate::import::reader::{Input, Reader};
use crate::import::sink::Origin;
use crate::import::sink::{FactRow, Sink};
use crate::import::table::{Table, listed, plain_name};
use crate::parse::number;

const TITLE: &str = "facts (CSV)";
/// Longest name of a fact in bytes.
const MAX_NAME_BYTES: usize = 32;

pub(super) const READERS: &[Reader] =
    &[Reader { name: "facts", title: TITLE, sees: |head| header(head) == Some(Header::Facts), read }];

/// Where the figures are.
enum Figures {
    /// The columns of name and value.
    Rows(usize, usize),
    /// A column each.
    Columns(Vec<(usize, String)>),
}

fn read(input: &mut Input<'_>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    let (path, said) = (input.head.path, input.said);
    let mut table = Table::open(input)?;
    let figures = match table.find(FACT_NAME).zip(table.find(&["value"])) {
        Some((name, value)) => Figures::Rows(name, value),
        None => Figures::Columns(columns(&table)),
    };
    let empty = matches!(&figures, Figures::Columns(columns) if columns.is_empty());
    let found = table.find(SYMBOL).zip(table.find(FACT_DAY)).filter(|_| !empty);
    let (symbol, day) = found.ok_or_else(|| ImportError::Columns {
        path: path.to_path_buf(),
        found: listed(table.names()),
        wanted: "facts need symbol, known_at (or date), and name and value or a column per fact".to_owned(),
    })?;
    let used: Vec<usize> = match &figures {
        Figures::Rows(name, value) => vec![symbol, day, *name, *value],
        Figures::Columns(columns) => {
            [symbol, day].into_iter().chain(columns.iter().map(|(at, _)| *at)).collect()
        }
    };
    sink.begin(Origin::without_bars("csv", TITLE, table.others(&used)));
    let mut moments = Moments::default();
    while let Some(row) = table.next(sink)? {
        let place = row.place();
        let Some(ticker) = sink.ticker(place, row.get(symbol)) else { continue };
        let zone = said.zone.unwrap_or_else(|| sink.zone(ticker));
        let text = row.text(Some(day)).unwrap_or_default();
        let Some(known) = moments.cell(sink, place, &text, zone) else { continue };
        let mut tell = |name: &str, text: &[u8]| match value(text) {
            Some(value) if value.is_nan() => {}
            Some(value) => sink.fact(place, FactRow { ticker, name: name.to_owned(), value, known }),
            None => {
                let text = quoted(text);
                sink.fault(FaultKind::Number, place, &mut || format!("{text} is no number"));
            }
        };
        match &figures {
            Figures::Columns(columns) => {
                columns.iter().for_each(|(column, name)| tell(name, row.get(*column)))
            }
            Figures::Rows(name, value) => match fact_name(&String::from_utf8_lossy(row.get(*name))) {
                Some(name) => tell(&name, row.get(*value)),
                None => {
                    let text = quoted(row.get(*name));
                    sink.fault(FaultKind::Entry, place, &mut || format!("{text} is no name of a fact"));
                }
            },
        }
    }
    Ok(())
}

/// Every column that is no ticker, date or text of a directory.
fn columns(table: &Table<'_>) -> Vec<(usize, String)> {
    const TEXTS: &[&str] =
        &["sector", "industry", "exchange", "currency", "kind", "type", "mic", "country", "index", ""];
    let names = table.names().iter().zip(table.plain_names()).enumerate();
    let figures = names.filter(|(_, (_, plain))| {
        ![SYMBOL, FACT_DAY, NAME, TEXTS].iter().any(|names| names.contains(&plain.as_str()))
    });
    figures.filter_map(|(column, (name, _))| Some((column, fact_name(name)?))).collect()
}

/// The name of a fact: `Market Cap` and `marketCap` are `market-cap`, others are made of lower-case words.
fn fact_name(text: &str) -> Option<String> {
    let plain = plain_name(text);
    if let Some((_, name)) = FACTS.iter().find(|(column, _)| *column == plain) {
        return Some((*name).to_owned());
    }
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    (text.is_ascii() && !name.is_empty() && name.len() <= MAX_NAME_BYTES).then_some(name)
}

/// A number, also with `K`, `M`, `B` or `T` behind it; NaN when it is missing.
fn value(text: &[u8]) -> Option<f64> {
    if let Some(value) = number(text) {
        return Some(value);
    }
    let (last, rest) = text.trim_ascii().split_last()?;
    let factor = match last {
        b'K' | b'k' => 1e3,
        b'M' => 1e6,
        b'B' => 1e9,
        b'T' => 1e12,
        _ => return None,
    };
    number(rest).filter(|value| value.is_finite()).map(|value| value * factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::sink::When;
    use crate::import::testing::{Collected, seen_by};

    fn read(text: &str) -> Collected {
        assert_eq!(seen_by(READERS, "f.csv", text.as_bytes()), ["facts"]);
        Collected::read(&READERS[0], "f.csv", text.as_bytes(), &Said::default()).unwrap()
    }

    fn told(read: &Collected) -> Vec<(&str, &str, f64)> {
        read.facts.iter().map(|(_, f)| (read.spelling(f.ticker), f.name.as_str(), f.value)).collect()
    }

    #[test]
    fn a_row_per_figure_and_a_column_per_figure_say_the_same() {
        let rows = read(
            "symbol,date,name,value\nA,2024-01-31,Market Cap,1.5B\nA,2024-01-31,P/E,12.5\nA,2024-01-31,x y,NA\nA,2024-01-31,?,1\n",
        );
        let columns = read(
            "symbol,known_at,market_cap,P/E,sector\nA,2024-01-31,1.5B,12.5,Tech\nA,2024-01-31,,n/a,Tech\nA,soon,1,1,T\nA,2024-01-31,x,1e1,T\n",
        );
        assert_eq!(told(&rows), [("A", "market-cap", 1.5e9), ("A", "pe", 12.5)]);
        assert_eq!(told(&columns)[..2], told(&rows));
        assert_eq!(told(&columns)[2..], [("A", "pe", 10.0)]);
        assert_eq!(columns.facts[0].1.known, When::OnDate("2024-01-31".parse().unwrap()));
        assert_eq!(columns.origins[0].ignored, ["sector"]);
        assert_eq!(rows.count(FaultKind::Entry), 1);
        assert_eq!((columns.count(FaultKind::Date), columns.count(FaultKind::Number)), (1, 1));
    }

    #[test]
    fn values_may_end_in_a_letter_of_size_and_in_nothing_else() {
        assert_eq!(value(b"2.5T"), Some(2.5e12));
        assert_eq!(value(b"10K"), Some(1e4));
        for text in ["5X", "B", "1,5B", "-B", "5 percent"] {
            assert_eq!(value(text.as_bytes()), None, "{text}");
        }
    }
}
