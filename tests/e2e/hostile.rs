//! Layers that misbehave beside the bundled ones of the default pipeline. Whatever a layer does: the program lives and
//! says exactly what happened, the other layers' results are those of a scan without it, nothing of a faulty answer is
//! stored, and the next scan is complete.

mod answers;
mod breakers;
mod calls;
mod files;
mod poison;

use crate::support::{Home, list, test_layer};
use serde_json::Value;
use std::fmt::Write;

/// Two pipelines that differ by the hostile layer in the last stage of one.
const PIPELINES: &str = r#"
[[pipelines.good.stages]]
number = 0
name = "universe"
layers = ["sluice/universe"]
[[pipelines.good.stages]]
number = 1
name = "liquidity"
layers = ["sluice/liquidity"]
[[pipelines.good.stages]]
number = 2
name = "catalyst"
layers = ["sluice/volume", "sluice/technical"]
pass = "any"
score = "noisy-or"

[[pipelines.hostile.stages]]
number = 0
name = "universe"
layers = ["sluice/universe"]
[[pipelines.hostile.stages]]
number = 1
name = "liquidity"
layers = ["sluice/liquidity"]
[[pipelines.hostile.stages]]
number = 2
name = "catalyst"
layers = ["sluice/volume", "sluice/technical", "ID"]
pass = "any"
score = "noisy-or"
"#;

/// Position of the last stage, and of the hostile layer in it.
const LAST: usize = 2;
const HOSTILE: usize = 2;

/// A home in which a hostile layer is installed and a good scan was made.
struct Stand {
    home: Home,
    id: String,
    good: Value,
    /// Rows of the good scan in the database.
    rows: Rows,
}

/// Verdicts and alerts in a database.
type Rows = [u64; 2];

/// How a scan with a hostile layer ended.
struct Outcome {
    home: Home,
    code: i32,
    scan: Value,
}

impl Stand {
    /// With a layer of `tests/hostile`.
    fn with(file: &str) -> Self {
        Self::of(Home::with_market(), &test_layer(file))
    }

    /// With a component.
    fn by_hand(component: &[u8]) -> Self {
        let home = Home::with_market();
        let file = home.file("hand.wasm", component);
        Self::of(home, &file)
    }

    fn of(home: Home, file: &str) -> Self {
        let id = home.json(&["layer", "install", file])["id"].as_str().unwrap().to_owned();
        home.configure(&PIPELINES.replace("ID", &id));
        let good = home.json(&["scan", "--no-cache", "--pipeline", "good"]);
        assert_eq!(good["status"], "complete");
        assert!(
            list(&good, "results").len() > 10,
            "a funnel that lets hardly anything through proves little"
        );
        let rows = rows(&home);
        Self { home, id, good, rows }
    }

    /// A home like this one in which the hostile layer has these settings, limits and more.
    fn configured(&self, settings: &str, limits: &str, more: &str) -> Home {
        let home = self.home.copy();
        self.configure(&home, settings, limits, more);
        home
    }

    /// Gives the hostile layer of a home other settings.
    fn configure(&self, home: &Home, settings: &str, limits: &str, more: &str) {
        let text = std::fs::read_to_string(self.home.path().join("sluice.toml")).unwrap();
        let layer = format!("layers.\"{}\"", self.id);
        let tables =
            format!("[{layer}]\n{more}\n[{layer}.settings]\n{settings}\n[{layer}.limits]\n{limits}\n");
        std::fs::write(home.path().join("sluice.toml"), format!("{text}\n{tables}")).unwrap();
    }

    /// A scan with the hostile layer under these settings and limits, in a home of its own.
    fn scan(&self, settings: &str, limits: &str) -> Outcome {
        Outcome::of(self.configured(settings, limits, ""))
    }

    /// That the hostile layer faulted and cost nothing but its own opinion; gives its fault.
    fn faults(&self, settings: &str, limits: &str) -> String {
        let outcome = self.scan(settings, limits);
        let fault = self.fault_of(settings, &outcome);
        self.is_good_again(&outcome.home);
        fault
    }

    fn fault_of(&self, settings: &str, outcome: &Outcome) -> String {
        let fault = self.is_contained(outcome.code, &outcome.scan);
        let fault = fault.and_then(|fault| self.is_not_stored(outcome).map(|()| fault));
        fault.unwrap_or_else(|error| panic!("{settings}: {error}"))
    }

    /// That the program lives on: what a scan without the hostile layer says is what it always was.
    fn is_good_again(&self, home: &Home) {
        let again = home.run(&["scan", "--no-cache", "--pipeline", "good", "--format", "json"]);
        assert_eq!((again.code, &again.json()["results"]), (0, &self.good["results"]));
    }

    fn is_contained(&self, code: i32, scan: &Value) -> Result<String, String> {
        let hostile = &scan["stages"][LAST]["layers"][HOSTILE];
        equal("code", &code.into(), &3.into())?;
        equal("status", &scan["status"], &"partial".into())?;
        equal("layer's status", &hostile["status"], &"faulted".into())?;
        equal("results", &scan["results"], &self.good["results"])?;
        equal("alerts", &scan["alerts"], &self.good["alerts"])?;
        self.others_are_unchanged(scan)?;
        let fault = hostile["fault"].as_str().ok_or("no fault is told")?;
        if fault.contains(char::is_control) || fault.len() > 1500 {
            return Err(format!("no text for a terminal: {fault:?}"));
        }
        let warning = format!("{} faulted, none of its answers is used: {fault}", self.id);
        let warned = list(scan, "warnings").iter().filter(|line| **line == warning.as_str()).count();
        equal("warnings of the fault", &warned.into(), &1.into())?;
        Ok(fault.to_owned())
    }

    /// That nothing of the hostile layer is in the database but that it faulted, and that its breaker knows.
    fn is_not_stored(&self, outcome: &Outcome) -> Result<(), String> {
        let added = rows(&outcome.home).iter().zip(self.rows).map(|(all, good)| all - good).collect();
        equal("new verdicts and alerts", &added, &self.rows.to_vec().into())?;
        // nothing that it said was right, so that it is not called for a while
        let breaker = &outcome.home.json(&["breaker", "show", &self.id])[0];
        equal("breaker", &breaker["state"], &"open".into())?;
        let fault = outcome.hostile()["fault"].as_str().unwrap_or_default();
        let known = breaker["last_fault"].as_str().unwrap_or_default();
        match !known.is_empty() && fault.starts_with(known) {
            true => Ok(()),
            false => Err(format!("the breaker knows of {breaker}")),
        }
    }

    /// That every other layer said and used the same as in the scan without it.
    fn others_are_unchanged(&self, scan: &Value) -> Result<(), String> {
        for (stage, good) in list(scan, "stages").iter().zip(list(&self.good, "stages")) {
            for (layer, good) in list(stage, "layers").iter().zip(list(good, "layers")) {
                for key in ["id", "digest", "status", "calls", "fuel", "abstained", "stats"] {
                    if layer[key] != good[key] {
                        return Err(format!("{} {key}: {} instead of {}", good["id"], layer[key], good[key]));
                    }
                }
            }
        }
        Ok(())
    }

    /// One line per misbehaviour: its settings, and the fault that it comes to.
    fn told<'a>(&self, cases: impl IntoIterator<Item = &'a str>, limits: &str) -> String {
        let mut text = String::new();
        let mut last = None;
        for settings in cases {
            let outcome = self.scan(settings, limits);
            writeln!(text, "{}: {}", settings.replace('\n', ", "), self.fault_of(settings, &outcome))
                .unwrap();
            last = Some(outcome);
        }
        self.is_good_again(&last.expect("no case").home);
        text
    }
}

impl Outcome {
    /// A scan with the hostile layer.
    fn of(home: Home) -> Self {
        let ran = home.run(&["scan", "--no-cache", "--pipeline", "hostile", "--format", "json"]);
        assert!([0, 3].contains(&ran.code), "{}{}", ran.stdout, ran.stderr);
        Self { home, code: ran.code, scan: ran.json() }
    }

    /// The hostile layer's part of the result.
    fn hostile(&self) -> &Value {
        &self.scan["stages"][LAST]["layers"][HOSTILE]
    }

    /// What the hostile layer said of every instrument that got through.
    fn opinions<'a>(&'a self, id: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let opinion = move |result: &'a Value| (result["symbol"].as_str().unwrap(), &result["layers"][id]);
        list(&self.scan, "results").iter().map(opinion)
    }
}

fn equal(what: &str, is: &Value, should: &Value) -> Result<(), String> {
    if is == should { Ok(()) } else { Err(format!("{what}: {is} instead of {should}")) }
}

fn rows(home: &Home) -> Rows {
    let status = home.json(&["db", "status"]);
    assert_eq!(status["intact"], true, "{status}");
    ["verdicts", "alerts"].map(|table| status["tables"][table].as_u64().unwrap())
}
