//! Of `sluice.toml` as a whole.

use super::*;

fn refusal(text: &str) -> String {
    Config::parse("sluice.toml", text).unwrap_err().to_string()
}

fn stage(body: &str) -> String {
    format!(
        "default-pipeline = \"p\"\n[[pipelines.p.stages]]\nnumber = 1\nname = \"one\"\nlayers = [\"a/b\"]\n{body}"
    )
}

#[test]
fn the_default_is_the_whole_funnel_in_order() {
    let config = Config::parse("default", DEFAULT_CONFIG).unwrap();
    let stages = &config.pipelines["daily"].stages;
    let names: Vec<_> = stages.iter().map(|stage| (stage.number.to_string(), stage.name.as_str())).collect();
    let expected =
        [("0", "universe"), ("1", "liquidity"), ("1.5", "affinity"), ("2", "catalyst"), ("3", "session")];
    assert_eq!(names, expected.map(|(number, name)| (number.to_owned(), name)));
    assert_eq!(stages[0].after, Vec::<String>::new());
    assert_eq!(stages[3].after, ["affinity"]);
    assert_eq!((stages[3].pass, stages[3].score), (PassRule::AtLeast(1), ScoreRule::NoisyOr));
    assert_eq!(stages[3].threshold, Some(60.0));
    assert_eq!((stages[3].layers.len(), stages[4].unknown), (12, Unknown::Keep));
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let message = refusal("default-pipeline = \"p\"\n\ntreshold = 3\n");
    assert!(message.starts_with("sluice.toml, line 3: unknown field `treshold`"), "{message}");
    assert!(!message.contains('\n'));
}

#[test]
fn numbers_out_of_bounds_are_refused_with_stage_bound_and_value() {
    assert_eq!(
        refusal(&stage("threshold = 101")),
        "sluice.toml: pipeline p, stage one: threshold 101 is not within 0 to 100"
    );
    assert!(refusal(&stage("threshold = nan")).contains("threshold NaN is not within 0 to 100"));
    assert!(refusal(&stage("max-symbols = 0")).contains("max-symbols 0 is not within 1 to 10000"));
    assert!(refusal(&stage("pass = { at-least = 2 }")).contains("at-least 2, but the stage has 1 layer"));
    assert!(refusal(&stage("pass = \"some\"")).contains("pass is \"all\", \"any\" or { at-least = K }"));
}

#[test]
fn the_zone_of_tables_is_a_known_one_and_no_part_of_the_digest() {
    let config = |zone: &str| Config::parse("x", &stage(&format!("[display]\nzone = \"{zone}\"")));
    let (tokyo, utc) = (config("Asia/Tokyo").unwrap(), config("UTC").unwrap());
    assert_eq!(tokyo.zone.unwrap().to_string(), "Asia/Tokyo");
    assert_eq!(tokyo.digest().unwrap(), utc.digest().unwrap());
    assert!(config("Tokio").unwrap_err().to_string().contains("display, zone: \"Tokio\" is no time zone"));
}

#[test]
fn what_makes_a_universe_healthy_has_bounds() {
    let rules = |text: &str| Config::parse("x", &stage(&format!("[universe]\n{text}")));
    let defaults = rules("").unwrap().universe;
    assert_eq!((defaults.least_instruments, defaults.stale_sessions), (8_000, 5));
    assert_eq!(rules("least-instruments = 0").unwrap().universe.least_instruments, 0);
    for (text, wanted) in [
        ("least-instruments = 1_000_001", "universe: least-instruments 1000001 is not within 0 to 1000000"),
        ("stale-sessions = 0", "universe: stale-sessions 0 is not within 1 to 252"),
    ] {
        assert!(rules(text).unwrap_err().to_string().contains(wanted), "{text}");
    }
}

#[test]
fn a_score_from_before_needs_a_stage_above() {
    assert!(refusal(&stage("score = \"before\"")).contains("there is no stage above that gives one"));
    let second = format!(
        "{}\n{}",
        stage(""),
        "[[pipelines.p.stages]]\nnumber = 2\nname = \"two\"\nlayers = [\"a/b\"]\nscore = \"before\""
    );
    let config = Config::parse("x", &second).unwrap();
    assert_eq!(config.pipelines["p"].stages[1].score, ScoreRule::Before);
}

#[test]
fn a_scan_interval_is_minutes_up_to_a_day() {
    let interval = |text: &str| {
        let config = Config::parse("x", &stage(&format!("scan-interval = {text}")))?;
        Ok::<_, ConfigError>(config.pipelines["p"].stages[0].scan_interval)
    };
    assert_eq!((interval("1").unwrap(), interval("1440").unwrap()), (Some(1), Some(1440)));
    for text in ["0", "1441"] {
        let refusal = interval(text).unwrap_err().to_string();
        assert!(refusal.ends_with(&format!("scan-interval {text} is not within 1 to 1440")), "{refusal}");
    }
}

#[test]
fn the_name_of_a_pipeline_has_no_slash_and_nothing_unprintable() {
    for name in ["a/b", "", "a\\u001b", "a\\u202e"] {
        let text =
            stage("").replace("\"p\"", &format!("\"{name}\"")).replace(".p.", &format!(".\"{name}\"."));
        assert!(refusal(&text).contains("1 to 64 printable characters without a slash"), "{name}");
    }
}

#[test]
fn the_source_is_the_whole_path_and_the_digest_of_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sluice.toml");
    let built_in = Config::read(&path).unwrap().source().clone();
    assert_eq!(built_in.path, "the built-in configuration");
    std::fs::write(&path, DEFAULT_CONFIG).unwrap();
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    let read = Config::read(&folder.path().join("sub/../sluice.toml")).unwrap().source().clone();
    let whole = path.canonicalize().unwrap();
    assert_eq!((read.path.as_str(), &read.digest), (whole.to_str().unwrap(), &built_in.digest));
    std::fs::write(&path, format!("{DEFAULT_CONFIG}\n")).unwrap();
    assert_ne!(Config::read(&path).unwrap().source().digest, built_in.digest);
}

#[test]
fn a_stage_after_an_unknown_or_later_one_is_refused() {
    assert!(refusal(&stage("after = [\"two\"]")).contains("after names two, which is no stage above it"));
}

#[test]
fn names_and_numbers_of_stages_are_unique() {
    let twice = format!(
        "{}\n{}",
        stage(""),
        "[[pipelines.p.stages]]\nnumber = 1.0\nname = \"two\"\nlayers = [\"a/b\"]"
    );
    assert!(refusal(&twice).contains("number 1 is used twice"), "{}", refusal(&twice));
}

#[test]
fn a_default_pipeline_that_is_not_there_is_refused_with_those_that_are() {
    let text = stage("").replace("default-pipeline = \"p\"", "default-pipeline = \"q\"");
    assert!(refusal(&text).contains("default-pipeline q is none of the pipelines: p"));
}

#[test]
fn limits_and_settings_reach_their_layer() {
    let text = stage(
        "[layers.\"a/b\".settings]\nx = 1.5\nn = 3\nwords = [\"u\", \"v\"]\n[layers.\"a/b\".limits]\nfuel = 7\nwall-ms = 20",
    );
    let layer = Config::parse("sluice.toml", &text).unwrap().layer("a/b");
    assert_eq!(layer.settings["x"], Value::Number(1.5));
    assert_eq!(layer.settings["n"], Value::Integer(3));
    assert_eq!(layer.settings["words"], Value::Texts(vec!["u".into(), "v".into()]));
    assert_eq!(layer.limits.fuel, 7);
    assert_eq!(layer.limits.wall.as_millis(), 20);
    assert_eq!(layer.limits.memory_bytes, Limits::default().memory_bytes);
}

#[test]
fn the_cap_of_the_cache_is_mebibytes_and_changes_no_digest() {
    let with = |text: &str| Config::parse("x", &format!("{}\n[cache]\n{text}", stage("")));
    let plain = Config::parse("x", &stage("")).unwrap();
    assert_eq!(plain.cache_bytes, 512 << 20);
    let small = with("max-mib = 3").unwrap();
    assert_eq!(small.cache_bytes, 3 << 20);
    assert_eq!(small.digest().unwrap(), plain.digest().unwrap());
    assert_eq!(with("max-mib = 0").unwrap().cache_bytes, 0);
    let refusal = with("max-mib = 1048577").unwrap_err().to_string();
    assert_eq!(refusal, "x: cache: max-mib 1048577 is not within 0 to 1048576");
}

#[test]
fn equal_files_have_equal_digests_and_any_change_another() {
    let digest = |text: &str| Config::parse("x", text).unwrap().digest().unwrap();
    assert_eq!(digest(DEFAULT_CONFIG), digest(&format!("{DEFAULT_CONFIG}\n# a comment\n")));
    assert_ne!(digest(DEFAULT_CONFIG), digest(&DEFAULT_CONFIG.replace("threshold = 60", "threshold = 61")));
}
