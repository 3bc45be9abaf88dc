//! A measured number beside what it should be, and the table of them.

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// It is only told.
    None,
    /// Smaller is better.
    AtMost(f64),
    /// Larger is better.
    AtLeast(f64),
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub name: String,
    pub value: f64,
    /// ms, µs, MB…; "" for a pure number.
    pub unit: String,
    pub target: Target,
}

impl Figure {
    pub fn new(name: &str, value: f64, unit: &str, target: Target) -> Self {
        Self { name: name.to_owned(), value, unit: unit.to_owned(), target }
    }

    fn row(&self) -> [String; 4] {
        let number = |value: f64| {
            let digits = if value.abs() < 10.0 { 2 } else { usize::from(value.abs() < 100.0) };
            format!("{value:.digits$} {}", self.unit).trim_end().to_owned()
        };
        let (target, met) = match self.target {
            Target::None => (String::new(), ""),
            Target::AtMost(limit) => (format!("≤ {}", number(limit)), yes_no(self.value <= limit)),
            Target::AtLeast(limit) => (format!("≥ {}", number(limit)), yes_no(self.value >= limit)),
        };
        [self.name.clone(), number(self.value), target, met.to_owned()]
    }
}

const fn yes_no(met: bool) -> &'static str {
    if met { "yes" } else { "no" }
}

/// The figures as a Markdown table, columns aligned.
pub fn table(figures: &[Figure]) -> String {
    let head = ["figure", "measured", "target", "met"].map(str::to_owned);
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(figures.iter().map(Figure::row)).collect();
    let mut widths = [0; 4];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for (at, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(widths) {
            text.push_str(&format!("| {cell:<width$} "));
        }
        text.push_str("|\n");
        if at == 0 {
            widths.iter().for_each(|&width| text.push_str(&format!("|{}", "-".repeat(width + 2))));
            text.push_str("|\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_was_met() {
        let figures = [
            Figure::new("scan", 354.4, "ms", Target::AtMost(370.0)),
            Figure::new("status", 31.26, "ms", Target::AtMost(30.0)),
            Figure::new("layers at once", 1.8, "", Target::AtLeast(1.7)),
            Figure::new("processor", 600.0, "ms", Target::None),
        ];
        assert_eq!(
            table(&figures),
            "\
| figure         | measured | target    | met |
|----------------|----------|-----------|-----|
| scan           | 354 ms   | ≤ 370 ms  | yes |
| status         | 31.3 ms  | ≤ 30.0 ms | no  |
| layers at once | 1.80     | ≥ 1.70    | yes |
| processor      | 600 ms   |           |     |
"
        );
    }

    #[test]
    fn a_figure_that_is_no_number_meets_nothing() {
        let row = |target| Figure::new("x", f64::NAN, "ms", target).row()[3].clone();
        assert_eq!((row(Target::AtMost(1.0)), row(Target::AtLeast(1.0))), ("no".into(), "no".into()));
    }
}
