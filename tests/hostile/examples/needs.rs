//! Asks for what nobody can give, or misbehaves while it is asked. The setting `kind` says how.

use sluice_sdk::prelude::*;

settings! {
    /// What it does when it is asked what it needs.
    struct Greedy {
        /// The misbehaviour.
        kind: String = text("none"),
    }
}

const PRICES: [&str; 1] = ["close"];

impl Layer for Greedy {
    fn about() -> About {
        About::new("test/needs", "0.1.0", "Asks for what nobody can give.")
    }

    #[expect(clippy::panic, reason = "one of the misbehaviours that this layer is for")]
    fn needs(&self) -> Needs {
        let none = Needs::none();
        match self.kind.as_str() {
            "most-bars" => none.bars(BarsNeed::new("1d", 20_160, &PRICES)),
            "too-many-bars" => none.bars(BarsNeed::new("1d", 20_161, &PRICES)),
            "billion-bars" => none.bars(BarsNeed::new("1d", 1_000_000_000, &PRICES)),
            "no-bars" => none.bars(BarsNeed::new("1d", 0, &PRICES)),
            "unknown-column" => none.bars(BarsNeed::new("1d", 20, &["close", "mood"])),
            "hostile-column" => none.bars(BarsNeed::new("1d", 20, &["\u{1b}[2J'); DROP TABLE bars; --"])),
            "unknown-timeframe" => none.bars(BarsNeed::new("7s", 20, &PRICES)),
            "unknown-adjustment" => none.bars(BarsNeed::new("1d", 20, &PRICES).adjustment("by feel")),
            "billion-sessions" => none.sessions(1_000_000_000),
            "itself" => none.upstream("test/needs"),
            "nobody" => none.upstream("acme/none"),
            "many-needs" => {
                (0..100_000).fold(none, |needs, _| needs.bars(BarsNeed::new("1d", 10_000, &PRICES)))
            }
            "many-references" => (0..100_000).fold(none, |needs, at| needs.reference(&format!("R{at}"))),
            "many-facts" => (0..100_000).fold(none, |needs, at| needs.fact(&format!("fact-{at}"))),
            "panic" => panic!("on purpose, in prepare"),
            "loop" => endless(),
            _ => none,
        }
    }

    fn check(&self) -> Vec<SettingFault> {
        match self.kind.as_str() {
            "refuses" => vec![SettingFault::new("kind", "no kind is good enough")],
            "refuses-at-length" => vec![SettingFault::new("kind\u{1b}[2J", "z".repeat(1 << 20)); 3],
            _ => Vec::new(),
        }
    }

    fn judge(&self, _: &Instrument<'_>) -> Verdict {
        Verdict::keep(50.0, "always")
    }
}

fn endless() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}

export!(Greedy);
