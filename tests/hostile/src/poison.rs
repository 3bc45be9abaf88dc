//! What a layer does that is fine with every instrument but some. Two layers share it: one judges each instrument
//! alone, the other all of them together.

use sluice_sdk::prelude::*;

settings! {
    /// Which instruments are poison, and how.
    pub struct Poison {
        /// The misbehaviour: none, panic, unreachable, names, names-first, names-nobody, nan, infinity, reason, loop.
        kind: String = text("panic"),
        /// Symbols of the instruments that it befalls; `*`: all of them.
        symbols: Vec<String> = texts(["BAD"]),
    }
}

impl Poison {
    /// The honest answer of every instrument.
    fn honest(instrument: &Instrument<'_>) -> Verdict {
        Verdict::keep(
            f64::from(u8::try_from(instrument.symbol().len()).unwrap_or(0)),
            "by the length of its symbol",
        )
    }

    fn is_poison(&self, instrument: &Instrument<'_>) -> bool {
        self.symbols.iter().any(|symbol| symbol == "*" || symbol == instrument.symbol())
    }

    /// Judges one instrument, or misbehaves.
    #[expect(clippy::panic, reason = "the misbehaviour that this layer is for")]
    fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
        if !self.is_poison(instrument) {
            return Self::honest(instrument);
        }
        match self.kind.as_str() {
            "panic" => panic!("cannot stand {}", instrument.symbol()),
            "nan" => Verdict::keep(f64::NAN, "no number"),
            "infinity" => Verdict::keep(f64::INFINITY, "no number"),
            "reason" => Verdict::keep(50.0, "\u{1b}[2Jcleared"),
            "loop" => endless(),
            _ => Self::honest(instrument),
        }
    }

    /// Judges a batch, or misbehaves.
    ///
    /// # Errors
    /// When the misbehaviour is to name an instrument.
    pub fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let poison = batch.instruments().find(|instrument| self.is_poison(instrument));
        if let Some(poison) = poison {
            let fault = Fault::new(format!("cannot stand {}", poison.symbol()));
            match self.kind.as_str() {
                "names" => return Err(fault.at(&poison)),
                "names-first" => {
                    return Err(batch.instruments().next().map_or(fault.clone(), |it| fault.at(&it)));
                }
                "names-nobody" => return Err(fault),
                _ => {}
            }
        }
        Ok(batch.instruments().map(|instrument| self.judge(&instrument)).collect())
    }
}

fn endless() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}
