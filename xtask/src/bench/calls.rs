//! Figures from inside the host: what a call of a layer costs, what many scans in one process leave behind. The engine
//! has the programs; they print one JSON object per line with `name`, `value`, `unit`, and `at_most` or `at_least` where
//! there is a target.

use anyhow::Context as _;
use serde_json::Value;

use super::figure::{Figure, Target};
use crate::place;

/// Where the programs are.
const PACKAGE: &str = "sluice-engine";

/// Calls of layers.
pub fn figures() -> anyhow::Result<Vec<Figure>> {
    of_program("bench_calls", &[])
}

/// So many scans in one process.
pub fn many_scans(scans: u32) -> anyhow::Result<Vec<Figure>> {
    of_program("many_scans", &[scans.to_string()])
}

fn of_program(example: &str, arguments: &[String]) -> anyhow::Result<Vec<Figure>> {
    let mut command =
        place::cargo(&["run", "--release", "--quiet", "--package", PACKAGE, "--example", example]);
    command.arg("--").args(arguments);
    let output = command.stderr(std::process::Stdio::inherit()).output().context("cannot run cargo")?;
    anyhow::ensure!(output.status.success(), "{example} of {PACKAGE} failed: {}", output.status);
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter(|line| !line.trim().is_empty()).map(|line| figure(example, line)).collect()
}

fn figure(example: &str, line: &str) -> anyhow::Result<Figure> {
    let unknown = || format!("{example} printed something else than a figure: {line}");
    let value: Value = serde_json::from_str(line).with_context(unknown)?;
    let number = |name: &str| value.get(name).and_then(Value::as_f64);
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let target = match (number("at_most"), number("at_least")) {
        (Some(limit), _) => Target::AtMost(limit),
        (None, Some(limit)) => Target::AtLeast(limit),
        (None, None) => Target::None,
    };
    let name = text("name").with_context(unknown)?;
    Ok(Figure::new(name, number("value").with_context(unknown)?, text("unit").unwrap_or(""), target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_figure_with_or_without_a_target() {
        let told = figure("x", r#"{"name":"empty layer","value":31.5,"unit":"µs","at_most":40}"#).unwrap();
        assert_eq!(told, Figure::new("empty layer", 31.5, "µs", Target::AtMost(40.0)));
        let told = figure("x", r#"{"name":"x","value":2,"unit":""}"#).unwrap();
        assert_eq!(told, Figure::new("x", 2.0, "", Target::None));
    }

    #[test]
    fn anything_else_is_an_error_that_shows_the_line() {
        for line in ["hello", r#"{"name":"x"}"#, r#"{"value":1}"#] {
            let told = figure("x", line).unwrap_err().to_string();
            assert!(told.ends_with(line), "{told}");
        }
    }
}
