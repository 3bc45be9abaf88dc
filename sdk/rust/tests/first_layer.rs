//! The first own layer of the documentation does what it says, and the test kit does what the host does.

#[path = "../examples/first.rs"]
mod first;

use first::NearHigh;
use sluice_sdk::Outcome::{Abstain, Drop, Keep};
use sluice_sdk::prelude::*;
use sluice_sdk::testkit::{Happening, Market, Series, session_opens};

fn market() -> Market {
    let fallen: Vec<f64> = (0..300).map(|bar| if bar == 200 { 100.0 } else { 90.0 }).collect();
    let long_ago: Vec<f64> = (0..300).map(|bar| if bar == 40 { 100.0 } else { 90.0 }).collect();
    Market::new()
        .instrument("HIGH", |i| i.bars("1d", Series::closes(&[98.0, 100.0, 99.0])))
        .instrument("FALLEN", |i| i.bars("1d", Series::closes(&fallen)))
        .instrument("AGO", |i| i.bars("1d", Series::closes(&long_ago)))
        .instrument("NONE", |i| i)
        .instrument("NAN", |i| i.bars("1d", Series::closes(&[98.0, f64::NAN])))
}

#[test]
fn the_first_layer_keeps_what_is_near_its_high_of_a_year() {
    let scan = market().scan::<NearHigh>();
    let outcomes = ["HIGH", "FALLEN", "AGO", "NONE", "NAN"].map(|symbol| scan.verdict(symbol).outcome);
    assert_eq!(outcomes, [Keep, Drop, Keep, Abstain, Abstain]);
    let high = scan.verdict("HIGH");
    assert!((high.score - 80.0).abs() < 1e-9 && (high.measure("distance") - 1.0).abs() < 1e-9, "{high:?}");
    assert!(scan.log().is_empty());
}

#[test]
fn a_setting_changes_what_it_keeps() {
    let scan = market().scan_with::<NearHigh>(&[("max-distance", 10.5.into())]);
    assert_eq!(scan.kept(), ["HIGH", "FALLEN", "AGO"]);
}

settings! {
    /// Reads more than it asks for, on purpose.
    struct Greedy {}
}

impl Layer for Greedy {
    fn about() -> About {
        About::new("test/greedy", "0.1.0", "Counts what it sees.").measure("seen", "", "Events that it sees.")
    }

    fn needs(&self) -> Needs {
        Needs::none().bars(BarsNeed::new("1d", 2, &["close"])).events("news", 86_400, 0).reference("SPY")
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let spy = batch.reference("SPY").ok_or_else(|| Fault::new("no SPY"))?;
        let verdict = |instrument: Instrument<'_>| {
            let bars = instrument.bars("1d");
            assert!(bars.len() <= 2 && bars.volume().is_empty() && instrument.name().is_empty());
            Verdict::keep(spy.bars("1d").last_close().unwrap_or(0.0), "seen")
                .measure("seen", instrument.events("news").count() as f64)
        };
        Ok(batch.instruments().map(verdict).collect())
    }
}

#[test]
fn a_layer_sees_only_what_it_asked_for() {
    let day = 86_400_000;
    let news = |ago: i64| Happening::new("news", Market::as_of() - ago);
    let scan = Market::new()
        .reference("SPY", |i| i.bars("1d", Series::closes(&[50.0, 60.0, 70.0])))
        .reference("QQQ", |i| i)
        .instrument("A", |i| {
            i.bars("1d", Series::flat(9, 1.0, 2.0)).event(news(day)).event(news(day + 1)).event(news(-1))
        })
        .scan::<Greedy>();
    assert_eq!((scan.verdict("A").score, scan.verdict("A").measure("seen")), (70.0, 1.0));
    assert_eq!(scan.log().len(), 1, "the column that it did not ask for: {:?}", scan.log());
    assert!(session_opens(0) < Market::as_of());
}

settings! {
    /// Breaks a rule of the contract.
    struct Rogue {
        /// Which rule.
        rule: String = text("nan"),
    }
}

impl Layer for Rogue {
    fn about() -> About {
        About::new("test/rogue", "0.1.0", "Breaks a rule.")
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let verdict = |_| match self.rule.as_str() {
            "nan" => Verdict::keep(f64::NAN, "r"),
            "high" => Verdict::keep(100.5, "r"),
            "alert" => Verdict::keep(1.0, "r").alert(Alert::new("SURPRISE")),
            _ => Verdict::keep(1.0, "r"),
        };
        let skipped = usize::from(self.rule == "short");
        Ok(batch.instruments().skip(skipped).map(verdict).collect())
    }
}

#[test]
fn the_kit_believes_no_report_that_the_host_would_not_believe() {
    let market = Market::new().instrument("A", |i| i);
    let refused = |rule: &str| market.try_scan::<Rogue>(&[("rule", rule.into())]).unwrap_err();
    assert_eq!(refused("nan"), "A: score NaN with Keep");
    assert_eq!(refused("high"), "A: score 100.5 with Keep");
    assert_eq!(refused("alert"), "alert \"SURPRISE\" is raised, but about() does not declare it");
    assert_eq!(refused("short"), "0 verdicts were given for 1 instruments");
}
