//! The command line of `sluice alerts`.

use super::limit::limit;
use super::scan::score;
use super::time::Moment;
use clap::Args;
use sluice_engine::StageNumber;
use sluice_market::Symbol;
use sluice_store::AlertCursor;

/// Options of `alerts`.
#[derive(Debug, Args)]
#[command(after_help = "\
An alert is raised when its scan ends; that, not the instant that the scan is about, is what --hours, --since and \
--until mean. Its score is its confidence on a scale from 0 to 100. A kind may be written in any case, with - or _.

Examples:
  sluice alerts --symbol BRK.B
  sluice alerts --hours 24 --min-score 70
  sluice alerts --since 2026-06-01 --until 2026-06-30 --kind MOMENTUM
  sluice alerts --limit 50                      the newest 50; the last line says how to go on
  sluice alerts --limit 50 --after 12-345
  sluice alerts --limit all --format csv > alerts.csv")]
pub struct Alerts {
    /// Of this scan only
    #[arg(long, value_name = "ID")]
    pub scan: Option<String>,
    /// On this instrument only, by any spelling of its ticker
    #[arg(long, value_parser = Symbol::spelled)]
    pub symbol: Option<Symbol>,
    /// Of this kind only
    #[arg(long)]
    pub kind: Option<String>,
    /// Raised by this layer only, or by the layers of the stage with this number
    #[arg(long, value_name = "AUTHOR/NAME|N", value_parser = of)]
    pub layer: Option<Of>,
    /// Raised within the last so many hours
    #[arg(long, value_name = "N", conflicts_with_all = ["since", "until"], value_parser = clap::value_parser!(u32).range(1..))]
    pub hours: Option<u32>,
    /// Raised at or after this instant, or on this day (UTC) and later
    #[arg(long, value_name = "WHEN")]
    pub since: Option<Moment>,
    /// Raised up to this instant, or on this day (UTC) and earlier
    #[arg(long, value_name = "WHEN")]
    pub until: Option<Moment>,
    /// With at least this score, 0 to 100
    #[arg(long, value_name = "X", value_parser = score)]
    pub min_score: Option<f64>,
    /// Also alerts on instruments that did not make it through the scan
    #[arg(long)]
    pub all: bool,
    /// At most so many, or all
    #[arg(long, default_value = "100", value_name = "N|all", value_parser = limit)]
    pub limit: u32,
    /// Those behind this one: the `cursor` of the last alert that was seen
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<AlertCursor>,
}

/// Who raised an alert.
#[derive(Debug, Clone, PartialEq)]
pub enum Of {
    /// A layer, by author/name.
    Layer(String),
    /// The layers of a stage: what a bare number meant ever since.
    Stage(StageNumber),
}

/// # Errors
/// None: what is no number of a stage is looked up as a layer.
fn of(text: &str) -> Result<Of, std::convert::Infallible> {
    let stage = text.parse().ok().and_then(StageNumber::new);
    Ok(stage.map_or_else(|| Of::Layer(text.to_owned()), Of::Stage))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_number_is_a_stage() {
        let stage = |number| Ok(Of::Stage(StageNumber::new(number).unwrap()));
        assert_eq!((of("2"), of("1.5")), (stage(2.0), stage(1.5)));
        for text in ["sluice/volume", "volume", "-1", "NaN", "", "1.234"] {
            assert_eq!(of(text), Ok(Of::Layer(text.to_owned())), "{text}");
        }
    }
}
