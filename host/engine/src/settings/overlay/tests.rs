//! Stages, whose settings need no layer; those of layers are tested with real ones in tests/changes.rs.

use super::*;
use proptest::prelude::*;

fn row(target: &str, name: &str, value_json: &str) -> SettingRow {
    let key = SettingKey { target: target.to_owned(), name: name.to_owned() };
    SettingRow { key, value_json: value_json.to_owned(), revision: 3 }
}

fn settings(rows: Vec<SettingRow>) -> Settings {
    Settings { revision: 7, rows }
}

fn default_config() -> Config {
    Config::parse("sluice.toml", crate::DEFAULT_CONFIG).unwrap()
}

fn warnings(rows: Vec<SettingRow>) -> Vec<String> {
    let mut config = default_config();
    let warnings = config.overlay(&Catalog::default(), &settings(rows));
    let before = default_config();
    assert_eq!(config.digest().unwrap(), before.digest().unwrap(), "what is ignored changes nothing");
    assert_eq!((config.settings_revision(), config.overrides().rows.len()), (7, 0));
    warnings
}

#[test]
fn what_holds_is_in_the_stage_and_among_the_overrides() {
    let mut config = default_config();
    let rows = vec![
        row("stage:daily/catalyst", "max-symbols", "7"),
        row("stage:daily/catalyst", "scan-interval", "15"),
        row("stage:daily/catalyst", "threshold", "61.5"),
    ];
    assert_eq!(config.overlay(&Catalog::default(), &settings(rows.clone())), Vec::<String>::new());
    let stage = &config.pipelines["daily"].stages[3];
    assert_eq!((stage.threshold, stage.max_symbols, stage.scan_interval), (Some(61.5), Some(7), Some(15)));
    assert_eq!(config.overrides().rows, rows);
    let record = config.overrides().record("daily", ["catalyst"].into_iter(), [].into_iter());
    let first = serde_json::json!(
        {"target": "stage:daily/catalyst", "name": "max-symbols", "value": 7, "revision": 3}
    );
    assert_eq!((record.as_array().unwrap().len(), &record[0]), (3, &first));
    let elsewhere = config.overrides().record("daily", ["universe"].into_iter(), [].into_iter());
    assert_eq!(elsewhere, serde_json::json!([]));
}

#[test]
fn a_stage_that_is_gone_is_told_with_the_command_that_removes_its_setting() {
    assert_eq!(
        warnings(vec![
            row("stage:daily/old one", "threshold", "50"),
            row("stage:nightly/catalyst", "threshold", "5")
        ]),
        [
            "setting threshold of stage old one, revision 3, is ignored: sluice.toml has no such stage; \
             `sluice configure --stage 'old one' --unset threshold` removes it",
            "setting threshold of stage catalyst, revision 3, is ignored: sluice.toml has no such stage; \
             `sluice configure --pipeline nightly --stage catalyst --unset threshold` removes it",
        ]
    );
}

#[test]
fn a_layer_that_is_gone_is_told() {
    assert_eq!(
        warnings(vec![row("layer:acme/gone", "lookback", "5")]),
        ["setting lookback of layer acme/gone, revision 3, is ignored: sluice.toml names no such layer; \
          `sluice configure --stage 0 --unset acme/gone.lookback` removes it"]
    );
}

#[test]
fn a_value_out_of_todays_bounds_is_told_and_ignored() {
    let told = warnings(vec![
        row("stage:daily/catalyst", "max-symbols", "10001"),
        row("stage:daily/catalyst", "threshold", "\"high\""),
        row("stage:daily/catalyst", "threshold", "{broken\u{1b}"),
        row("stage:daily/catalyst", "colour", "1"),
        row("planet:mars", "threshold", "1"),
        row("stage:no-slash", "threshold", "1"),
    ]);
    let reasons = [
        "is ignored: \"10001\" is out of bounds, it takes a whole number from 1 to 10000; `sluice configure --stage",
        "is ignored: \"\"high\"\" is out of bounds, it takes a number from 0 to 100;",
        "is ignored: \"{broken\u{fffd}\" is no JSON;",
        "setting colour of stage catalyst, revision 3, is ignored: stages have no such setting;",
        "setting threshold of \"planet:mars\", revision 3, is ignored: it is neither a stage's nor a layer's",
        "is ignored: it is neither a stage's nor a layer's",
    ];
    assert_eq!(told.len(), reasons.len());
    for (warning, reason) in told.iter().zip(reasons) {
        assert!(warning.contains(reason), "{warning}");
        assert!(!warning.contains('\n'));
    }
}

#[test]
fn settings_of_a_layer_that_is_not_at_hand_are_left_out_in_silence() {
    assert_eq!(warnings(vec![row("layer:sluice/liquidity", "lookback", "5")]), Vec::<String>::new());
}

proptest! {
    #[test]
    fn the_store_goes_before_the_file_and_the_file_before_the_default(
        stored in prop::option::of(1_u32..=1_440), filed in prop::option::of(1_u32..=1_440),
    ) {
        for setting in StageSetting::ALL {
            let (name, line) = (setting.name(), |value: u32| format!("{} = {}\n", setting.name(), value.min(100)));
            let text = crate::DEFAULT_CONFIG.replacen(
                "layers = [\"sluice/universe\"]\n",
                &format!("layers = [\"sluice/universe\"]\n{}", filed.map(line).unwrap_or_default()),
                1,
            );
            let mut config = Config::parse("x", &text).unwrap();
            let rows = stored.map(|value| row("stage:daily/universe", name, &value.min(100).to_string()));
            config.overlay(&Catalog::default(), &settings(rows.into_iter().collect()));
            let holds = setting.of(&config.pipelines["daily"].stages[0]);
            let expected = stored.or(filed).map(|value| f64::from(value.min(100)));
            prop_assert_eq!(holds.as_f64(), expected);
        }
    }

    #[test]
    fn no_stored_row_makes_it_panic(target in "(stage:|layer:)?.{0,12}", name in ".{0,12}", value in ".{0,20}") {
        let mut config = default_config();
        let told = config.overlay(&Catalog::default(), &settings(vec![row(&target, &name, &value)]));
        prop_assert!(told.iter().all(|line| !line.chars().any(text::is_unprintable)));
    }
}
