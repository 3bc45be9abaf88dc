//! The text of `sluice.toml`: parsed or refused in one line; what is parsed holds together.
#![cfg_attr(fuzzing, no_main)]

use sluice_engine::{Config, PassRule};
use sluice_fuzz::assert_told;

sluice_fuzz::target!(parse);

fn parse(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Config::parse("sluice.toml", text) {
        Err(error) => assert_told(&error.to_string()),
        Ok(config) => check(&config, text),
    }
}

fn check(config: &Config, text: &str) {
    assert!(config.pipelines.contains_key(&config.default_pipeline));
    for stages in config.pipelines.values().map(|pipeline| &pipeline.stages) {
        for (at, stage) in stages.iter().enumerate() {
            let above = &stages[..at];
            assert!(above.iter().all(|other| other.name != stage.name && other.number != stage.number));
            assert!(stage.after.iter().all(|name| above.iter().any(|other| other.name == *name)));
            assert!(stage.threshold.is_none_or(|least| (0.0..=100.0).contains(&least)));
            assert!(stage.layers.iter().all(|layer| layer.weight > 0.0 && layer.weight.is_finite()));
            if let PassRule::AtLeast(least) = stage.pass {
                assert!(least > 0 && least as usize <= stage.layers.len());
            }
        }
    }
    let digest = config.digest().expect("a configuration is JSON");
    let again = Config::parse("sluice.toml", text).expect("it was parsed once");
    assert_eq!(again.digest().ok(), Some(digest));
}
