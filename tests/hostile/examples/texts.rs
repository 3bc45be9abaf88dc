//! Texts that could hurt whoever shows or stores them: endless ones, such as move a terminal's cursor, such as turn
//! the text around them, such as are HTML or SQL. `kind` says which, `place` where they stand.

use sluice_sdk::prelude::*;

const KIND: &str = "TEST";

choice! {
    /// Where the text stands.
    enum Place {
        /// The reason of every verdict.
        Reason = "reason",
        /// The message of an alert on every instrument.
        Alert = "alert",
        /// The key by which alerts are one.
        Key = "key",
        /// The name of a figure of an alert.
        Figure = "figure",
        /// The name of a figure on the market.
        Market = "market",
        /// The layer's fault.
        Fault = "fault",
        /// The message of a panic.
        Panic = "panic",
        /// A line of the log.
        Log = "log",
    }
}

settings! {
    /// What the text is.
    struct Texts {
        /// The misbehaviour.
        kind: String = text("none"),
        /// Where it stands.
        place: Place = default(Place::Reason),
    }
}

impl Texts {
    fn text(&self) -> Option<String> {
        let text = match self.kind.as_str() {
            "none" => "harmless",
            "empty" => "",
            "at-the-limit" => return Some("x".repeat(500)),
            "over-the-limit" => return Some("x".repeat(501)),
            "megabyte" => return Some("x".repeat(1 << 20)),
            "ten-megabytes" => return Some("y".repeat(10 << 20)),
            "lines" => "one\ntwo\r\nthree",
            "nul" => "before\0after",
            "escapes" => "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31mred",
            "override" => "100 \u{202e}sselhtrow",
            "isolate" => "a\u{2066}b\u{2069}c",
            "html" => "<script>alert(1)</script><img src=x onerror=alert(2)>&amp;",
            "sql" => "'); DROP TABLE verdicts; --",
            "formula" => "=HYPERLINK(\"http://example.invalid\",\"click\")",
            "emoji" => "📈 naïve Ελλάδα",
            _ => return None,
        };
        Some(text.to_owned())
    }
}

impl Layer for Texts {
    fn about() -> About {
        About::new("test/texts", "0.1.0", "Texts that could hurt whoever shows or stores them.").alert(KIND)
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    #[expect(clippy::panic, reason = "one of the misbehaviours that this layer is for")]
    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let text = self.text().ok_or_else(|| Fault::new(format!("there is no kind {}", self.kind)))?;
        let alert = || Alert::new(KIND);
        let keep = || Verdict::keep(50.0, "always");
        let verdict = |_| match self.place {
            Place::Reason => Verdict::keep(50.0, text.clone()),
            Place::Alert => keep().alert(alert().message(text.clone())),
            Place::Key => keep().alert(alert().dedupe_key(text.clone())),
            Place::Figure => keep().alert(alert().number(text.clone(), 1.0)),
            Place::Market | Place::Fault | Place::Panic | Place::Log => keep(),
        };
        match self.place {
            Place::Fault => return Err(Fault::new(text)),
            Place::Panic => panic!("{text}"),
            Place::Log => log::warn(&text),
            _ => {}
        }
        let report: Report = batch.instruments().map(verdict).collect();
        Ok(if self.place == Place::Market { report.market(text, 1.0) } else { report })
    }
}

export!(Texts);
