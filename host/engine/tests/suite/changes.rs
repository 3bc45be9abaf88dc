//! Changes of settings against real layers: what is taken, and what is refused when it is made instead of at the next
//! scan, by stage or layer, setting, value and bound.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

use crate::support::{THREE_STAGES, catalog, runtime};
use serde_json::json;
use sluice_engine::{
    Catalog, ChangeRequest, Config, Selection, SettingSource, changes, effective, rollback, targets,
};
use sluice_store::{SettingKey, SettingRow, Settings};

/// A configuration with its layers and the store's settings.
struct Desk {
    config: Config,
    catalog: Catalog,
    settings: Settings,
}

impl Desk {
    fn new(text: &str) -> Self {
        let config = Config::parse("sluice.toml", text).unwrap();
        let catalog = catalog(&config, &Selection::default(), &runtime(None));
        Self { config, catalog, settings: Settings::default() }
    }

    fn default() -> Self {
        Self::new(THREE_STAGES)
    }

    /// With rows of the store: target, name, JSON; the first has revision 1.
    fn with(mut self, rows: &[(&str, &str, &str)]) -> Self {
        let rows: Vec<SettingRow> = (1..)
            .zip(rows)
            .map(|(revision, (target, name, value))| SettingRow {
                key: SettingKey { target: (*target).to_owned(), name: (*name).to_owned() },
                value_json: (*value).to_owned(),
                revision,
            })
            .collect();
        self.settings = Settings { revision: rows.len() as i64, rows };
        self
    }

    fn change(&self, stage: &str, request: &ChangeRequest) -> Result<Vec<String>, String> {
        changes(&self.config, &self.catalog, None, stage, request, &self.settings)
            .map(|rows| rows.into_iter().map(shown).collect())
            .map_err(|error| one_line(&error.to_string()))
    }

    fn set(&self, stage: &str, set: &[&str]) -> Result<Vec<String>, String> {
        self.change(stage, &ChangeRequest { set: owned(set), ..ChangeRequest::default() })
    }

    fn unset(&self, stage: &str, unset: &[&str]) -> Result<Vec<String>, String> {
        self.change(stage, &ChangeRequest { unset: owned(unset), ..ChangeRequest::default() })
    }

    fn refusal(&self, stage: &str, set: &str) -> String {
        self.set(stage, &[set]).unwrap_err()
    }

    fn back_to(&self, stage: &str, then: &Self) -> Result<Vec<String>, String> {
        rollback(&self.config, &self.catalog, None, stage, &self.settings, &then.settings)
            .map(|rows| rows.into_iter().map(shown).collect())
            .map_err(|error| one_line(&error.to_string()))
    }

    /// Name, value, source.
    fn holds(&self, stage: &str) -> Vec<(String, serde_json::Value, SettingSource)> {
        let all = effective(&self.config, &self.catalog, None, stage, &self.settings).unwrap();
        all.into_iter().map(|setting| (setting.name, setting.value, setting.source)).collect()
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn shown((key, value): (SettingKey, Option<String>)) -> String {
    format!("{} {} {}", key.target, key.name, value.unwrap_or_else(|| "unset".to_owned()))
}

fn one_line(message: &str) -> String {
    assert!(!message.chars().any(char::is_control), "{message:?}");
    message.to_owned()
}

#[test]
fn what_is_typed_becomes_rows_by_key() {
    let request = ChangeRequest {
        threshold: Some("62.5".to_owned()),
        max_symbols: Some("10000".to_owned()),
        scan_interval: Some("1440".to_owned()),
        set: owned(&["technical.lookback=60", "sluice/technical.confirm-volume=false"]),
        unset: Vec::new(),
    };
    let desk = Desk::default();
    assert_eq!(
        desk.change("2", &request).unwrap(),
        [
            "layer:sluice/technical confirm-volume false",
            "layer:sluice/technical lookback 60",
            "stage:daily/catalyst max-symbols 10000",
            "stage:daily/catalyst scan-interval 1440",
            "stage:daily/catalyst threshold 62.5",
        ]
    );
    assert_eq!(
        desk.set("Universe", &["universe.kinds=stock, etf"]).unwrap(),
        [r#"layer:sluice/universe kinds ["stock","etf"]"#]
    );
    assert_eq!(desk.set("1", &["liquidity.min-price=2"]).unwrap(), ["layer:sluice/liquidity min-price 2.0"]);
}

#[test]
fn a_value_out_of_bounds_is_refused_with_stage_setting_value_and_bound() {
    let desk = Desk::default();
    let own = |request: ChangeRequest| desk.change("catalyst", &request).unwrap_err();
    assert_eq!(
        own(ChangeRequest { threshold: Some("101".to_owned()), ..ChangeRequest::default() }),
        "stage catalyst, setting threshold, value \"101\": out of bounds; it takes a number from 0 to 100"
    );
    assert_eq!(
        own(ChangeRequest { threshold: Some("NaN".to_owned()), ..ChangeRequest::default() }),
        "stage catalyst, setting threshold, value \"NaN\": no plain decimal number; it takes a number from 0 to 100"
    );
    assert_eq!(
        own(ChangeRequest { threshold: Some("1e999".to_owned()), ..ChangeRequest::default() }),
        "stage catalyst, setting threshold, value \"1e999\": no finite number; it takes a number from 0 to 100"
    );
    assert_eq!(
        own(ChangeRequest { max_symbols: Some("1e3".to_owned()), ..ChangeRequest::default() }),
        "stage catalyst, setting max-symbols, value \"1e3\": no plain whole number; it takes a whole number from 1 to \
         10000"
    );
    assert_eq!(
        own(ChangeRequest { scan_interval: Some("1441\u{1b}[2J".to_owned()), ..ChangeRequest::default() }),
        "stage catalyst, setting scan-interval, value \"1441\u{fffd}[2J\": no plain whole number; it takes a whole \
         number from 1 to 1440"
    );
}

#[test]
fn a_parameter_out_of_its_layers_bounds_is_refused_with_layer_setting_value_and_bound() {
    let desk = Desk::default();
    assert!(desk.set("1", &["liquidity.lookback=250"]).is_ok());
    assert_eq!(
        desk.refusal("1", "liquidity.lookback=251"),
        "layer sluice/liquidity, setting lookback, value \"251\": 251 is above the maximum of 250; it takes a whole \
         number from 1 to 250"
    );
    assert_eq!(
        desk.refusal("1", "liquidity.lookback=20.0"),
        "layer sluice/liquidity, setting lookback, value \"20.0\": no plain whole number; it takes a whole number from \
         1 to 250"
    );
    assert_eq!(
        desk.refusal("0", "universe.unknown-kind=maybe"),
        "layer sluice/universe, setting unknown-kind, value \"maybe\": \"maybe\" is none of keep, drop; it takes one of \
         keep, drop"
    );
    assert_eq!(
        desk.refusal("2", "technical.confirm-volume=yes"),
        "layer sluice/technical, setting confirm-volume, value \"yes\": neither true nor false; it takes true or false"
    );
}

#[test]
fn unknown_names_are_refused_with_those_there_are_close_ones_first() {
    let desk = Desk::default();
    assert_eq!(
        desk.refusal("9", "x.y=1"),
        "pipeline daily has no stage 9: it has 0 universe, 1 liquidity, 2 catalyst"
    );
    assert_eq!(
        desk.refusal("1", "liquidity.max-prise=3"),
        "layer sluice/liquidity has no setting \"max-prise\": it has max-price, min-price, lookback, \
         min-dollar-volume, min-bars"
    );
    assert_eq!(
        desk.refusal("2", "technicall.lookback=60"),
        "stage catalyst has no layer \"technicall\": it has sluice/technical, sluice/volume"
    );
    assert_eq!(
        desk.refusal("2", "liquidity.lookback=60"),
        "stage catalyst has no layer \"liquidity\": it has sluice/volume, sluice/technical; it belongs to stage \
         liquidity of pipeline daily"
    );
    let message = desk.unset("1", &["treshold"]).unwrap_err();
    assert!(
        message.starts_with("stage liquidity has no setting \"treshold\": it has threshold, "),
        "{message}"
    );
    assert_eq!(
        desk.unset("1", &["liquidity.lookbak"]).unwrap_err(),
        "layer sluice/liquidity has no setting \"lookbak\": it has lookback, min-dollar-volume, min-price, max-price, \
         min-bars"
    );
}

#[test]
fn what_is_no_assignment_is_refused_with_one_that_would_do() {
    let desk = Desk::default();
    for typed in ["lookback", "lookback=5", "liquidity.lookback", "=", ""] {
        assert_eq!(
            desk.refusal("1", typed),
            format!(
                "--set \"{typed}\" is not LAYER.PARAM=VALUE: write it as in --set sluice/liquidity.lookback=20"
            )
        );
    }
}

#[test]
fn contradictions_and_nothing_are_refused() {
    let desk = Desk::default();
    assert_eq!(
        desk.set("1", &["liquidity.lookback=20", "sluice/liquidity.lookback=21"]).unwrap_err(),
        "layer sluice/liquidity, setting lookback: named twice in one change; name it once"
    );
    assert_eq!(
        desk.unset("1", &["threshold", "threshold"]).unwrap_err(),
        "stage liquidity, setting threshold: named twice in one change; name it once"
    );
    let both = ChangeRequest {
        threshold: Some("5".to_owned()),
        unset: owned(&["threshold"]),
        ..ChangeRequest::default()
    };
    assert_eq!(
        desk.change("1", &both).unwrap_err(),
        "stage liquidity, setting threshold: set and unset in one change; leave out one of them"
    );
    assert_eq!(
        desk.change("1", &ChangeRequest::default()).unwrap_err(),
        "nothing to change at stage liquidity: name a setting to set or unset; it has threshold, max-symbols, \
         scan-interval, sluice/liquidity.lookback, sluice/liquidity.min-dollar-volume, sluice/liquidity.min-price, \
         sluice/liquidity.max-price, sluice/liquidity.min-bars"
    );
}

#[test]
fn settings_that_a_layer_refuses_together_are_refused_when_they_are_made() {
    let desk = Desk::default();
    assert_eq!(
        desk.set("1", &["liquidity.min-price=3000"]).unwrap_err(),
        "layer sluice/liquidity, setting max-price: must be at least min-price, 3000; the change asks for min-price = \
         3000.0: nothing was changed"
    );
    assert!(desk.set("1", &["liquidity.min-price=3000", "liquidity.max-price=3000"]).is_ok());
    let raised = Desk::default().with(&[
        ("layer:sluice/liquidity", "max-price", "9000.0"),
        ("layer:sluice/liquidity", "min-price", "3000.0"),
    ]);
    assert!(raised.set("1", &["liquidity.min-price=4000"]).is_ok(), "the store's own settings count");
    assert_eq!(
        raised.unset("1", &["liquidity.max-price"]).unwrap_err(),
        "layer sluice/liquidity, setting max-price: must be at least min-price, 3000; the change asks for max-price \
         unset: nothing was changed"
    );
    let filed =
        Desk::new(&format!("{THREE_STAGES}\n[layers.\"sluice/liquidity\".settings]\nmax-price = 9000.0\n"));
    assert!(filed.set("1", &["liquidity.min-price=3000"]).is_ok(), "the file's settings count");
}

#[test]
fn a_change_of_a_stages_own_settings_does_not_ask_its_layers() {
    let broken =
        Desk::new(&format!("{THREE_STAGES}\n[layers.\"sluice/liquidity\".settings]\nmax-price = 0.5\n"));
    let request = ChangeRequest { threshold: Some("5".to_owned()), ..ChangeRequest::default() };
    assert_eq!(broken.change("1", &request).unwrap(), ["stage:daily/liquidity threshold 5.0"]);
    assert!(broken.set("1", &["liquidity.lookback=30"]).unwrap_err().contains("must be at least min-price"));
}

#[test]
fn what_the_store_still_has_of_stages_and_layers_that_are_gone_can_be_unset() {
    let desk = Desk::default().with(&[
        ("layer:acme/gone", "lookback", "5"),
        ("layer:sluice/liquidity", "bygone", "5"),
        ("stage:daily/Old", "threshold", "5"),
    ]);
    assert_eq!(desk.unset("old", &["threshold"]).unwrap(), ["stage:daily/Old threshold unset"]);
    assert_eq!(desk.unset("1", &["acme/gone.lookback"]).unwrap(), ["layer:acme/gone lookback unset"]);
    assert_eq!(desk.unset("1", &["liquidity.bygone"]).unwrap(), ["layer:sluice/liquidity bygone unset"]);
    let set = ChangeRequest { threshold: Some("5".to_owned()), ..ChangeRequest::default() };
    assert!(desk.change("old", &set).unwrap_err().starts_with("pipeline daily has no stage old"));
    assert!(
        desk.unset("older", &["threshold"]).unwrap_err().starts_with("pipeline daily has no stage older")
    );
    assert!(desk.unset("1", &["acme/other.lookback"]).unwrap_err().contains("has no layer \"acme/other\""));
}

#[test]
fn a_stage_renamed_by_capitals_alone_does_not_hide_what_the_store_has_of_it() {
    let desk = Desk::default().with(&[("stage:daily/Liquidity", "threshold", "5")]);
    assert_eq!(desk.unset("Liquidity", &["threshold"]).unwrap(), ["stage:daily/Liquidity threshold unset"]);
    assert_eq!(
        desk.unset("Liquidity", &["max-symbols"]).unwrap(),
        ["stage:daily/liquidity max-symbols unset"]
    );
}

#[test]
fn the_store_goes_before_the_file_and_the_file_before_the_layers_default() {
    let text =
        format!("{THREE_STAGES}\n[layers.\"sluice/liquidity\".settings]\nmin-price = 2\nlookback = 30\n");
    let desk = Desk::new(&text).with(&[
        ("layer:sluice/liquidity", "lookback", "40"),
        ("stage:daily/liquidity", "threshold", "10"),
        ("layer:sluice/liquidity", "min-bars", "999"),
    ]);
    use SettingSource::{Default, File, LayerDefault, Store};
    let expected = [
        ("threshold", json!(10.0), Store { revision: 2 }),
        ("max-symbols", json!(2000), File),
        ("scan-interval", json!(null), Default),
        ("sluice/liquidity.lookback", json!(40), Store { revision: 1 }),
        ("sluice/liquidity.min-dollar-volume", json!(5e6), LayerDefault),
        ("sluice/liquidity.min-price", json!(2.0), File),
        ("sluice/liquidity.max-price", json!(2000.0), LayerDefault),
        ("sluice/liquidity.min-bars", json!(10), LayerDefault),
    ];
    let expected: Vec<_> = expected.map(|(name, value, source)| (name.to_owned(), value, source)).into();
    assert_eq!(desk.holds("1"), expected);
    let all = effective(&desk.config, &desk.catalog, None, "1", &desk.settings).unwrap();
    assert_eq!((all[0].unit.as_str(), all[0].bounds.as_str()), ("points", "a number from 0 to 100"));
    assert_eq!((all[3].unit.as_str(), all[3].bounds.as_str()), ("sessions", "a whole number from 1 to 250"));
}

#[test]
fn a_layers_stored_value_out_of_todays_bounds_is_told_and_ignored() {
    let mut desk = Desk::default().with(&[
        ("layer:sluice/liquidity", "lookback", "251"),
        ("layer:sluice/liquidity", "min-price", "\"5\""),
        ("layer:sluice/liquidity", "bygone", "5"),
        ("layer:sluice/universe", "kinds", "[\"stock\"]"),
    ]);
    assert_eq!(
        desk.config.overlay(&desk.catalog, &desk.settings),
        [
            "setting lookback of layer sluice/liquidity, revision 1, is ignored: 251 is above the maximum of 250; \
             `sluice configure --stage 1 --unset sluice/liquidity.lookback` removes it",
            "setting min-price of layer sluice/liquidity, revision 2, is ignored: it is a text, but must be a number; \
             `sluice configure --stage 1 --unset sluice/liquidity.min-price` removes it",
            "setting bygone of layer sluice/liquidity, revision 3, is ignored: sluice/liquidity@0.1.0 has no such \
             setting; `sluice configure --stage 1 --unset sluice/liquidity.bygone` removes it",
        ]
    );
    assert!(!desk.config.layers.contains_key("sluice/liquidity"));
    assert_eq!(desk.config.layers["sluice/universe"].settings.len(), 1);
}

#[test]
fn the_targets_are_the_stage_and_its_layers() {
    let config = Config::parse("x", THREE_STAGES).unwrap();
    assert_eq!(
        targets(&config, None, "2").unwrap(),
        ["stage:daily/catalyst", "layer:sluice/volume", "layer:sluice/technical"]
    );
    assert!(targets(&config, Some("nightly"), "2").is_err());
}

#[test]
fn a_rollback_sets_and_unsets_what_differs_at_the_stage_only() {
    let now = Desk::default().with(&[
        ("layer:sluice/liquidity", "lookback", "40"),
        ("layer:sluice/liquidity", "min-bars", "5"),
        ("stage:daily/catalyst", "threshold", "70.0"),
    ]);
    let then = Desk::default().with(&[
        ("layer:sluice/liquidity", "min-bars", "5"),
        ("layer:sluice/liquidity", "min-price", "3.0"),
        ("stage:daily/liquidity", "threshold", "1.0"),
    ]);
    assert_eq!(
        now.back_to("1", &then).unwrap(),
        [
            "layer:sluice/liquidity lookback unset",
            "layer:sluice/liquidity min-price 3.0",
            "stage:daily/liquidity threshold 1.0",
        ]
    );
    assert_eq!(now.back_to("1", &now).unwrap(), Vec::<String>::new());
}

#[test]
fn a_rollback_to_what_today_refuses_is_refused() {
    let now = Desk::default();
    let then = Desk::default().with(&[("layer:sluice/liquidity", "lookback", "251")]);
    assert_eq!(
        now.back_to("1", &then).unwrap_err(),
        "layer sluice/liquidity, setting lookback, value \"251\": 251 is above the maximum of 250: nothing was changed"
    );
    let then = Desk::default().with(&[("layer:sluice/liquidity", "min-price", "3000.0")]);
    assert!(now.back_to("1", &then).unwrap_err().contains("must be at least min-price, 3000"));
}
