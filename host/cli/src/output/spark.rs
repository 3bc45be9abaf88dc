//! Sparklines: a few numbers as one word.

/// Heights from low to high, where the terminal can draw them.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The same where it cannot.
const DIGITS: [char; 8] = ['0', '1', '2', '3', '4', '5', '6', '7'];
/// Terminals whose fonts have no blocks of every height.
const PLAIN_TERMINALS: [&str; 2] = ["dumb", "linux"];

/// The numbers from the lowest to the highest of them; a blank where there is none.
pub fn spark(values: &[f64]) -> String {
    let plain = std::env::var("TERM").is_ok_and(|terminal| PLAIN_TERMINALS.contains(&terminal.as_str()));
    draw(values, if plain { &DIGITS } else { &BLOCKS })
}

fn draw(values: &[f64], heights: &[char; 8]) -> String {
    let known = values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = known
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let height = |value: &f64| {
        if !value.is_finite() {
            return ' ';
        }
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        let steps = heights.len() - 1;
        let at = heights.iter().enumerate().rev().find(|(at, _)| share * steps as f64 + 0.5 >= *at as f64);
        at.map_or(' ', |(_, height)| *height)
    };
    values.iter().map(height).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_is_low_and_the_highest_is_high() {
        assert_eq!(draw(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], &BLOCKS), "▁▂▃▄▅▆▇█");
        assert_eq!(draw(&[8.0, 1.0, 4.4], &DIGITS), "703");
    }

    #[test]
    fn what_is_missing_is_blank_and_what_never_moves_is_in_the_middle() {
        assert_eq!(draw(&[1.0, f64::NAN, 2.0], &DIGITS), "0 7");
        assert_eq!(draw(&[5.0, 5.0], &DIGITS), "44");
        assert_eq!(draw(&[], &DIGITS), "");
    }
}
