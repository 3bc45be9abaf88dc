//! A scan of 10,000 instruments through four layers, made up.

use sluice_store::{
    AlertRecord, BundledLayer, Cause, FinalStatus, InstrumentRecord, LayerRunRecord, LayerRunStatus,
    NewLayer, NewScan, Outcome, Provenance, ReachRecord, ReachedRecord, ResultRecord, ScanRecord, Severity,
    Side, VerdictColumns,
};

/// 2026-11-24 21:00 UTC.
const CLOSE: i64 = 1_795_554_000_000;

/// A number in 0..1 that looks arbitrary and has all its digits.
fn noise(seed: u32) -> f64 {
    (f64::from(seed) * 12.9898).sin().mul_add(43_758.547, 0.0).rem_euclid(1.0)
}

pub fn new_scan() -> NewScan {
    NewScan {
        pipeline: "default".to_owned(),
        as_of: CLOSE,
        data_until: Some(CLOSE),
        started_at: CLOSE,
        config_json: "{\"stages\": []}".repeat(300),
        config_digest: "c".repeat(64),
        market_digest: "d".repeat(64),
        program_version: "0.1.0".to_owned(),
    }
}

pub fn scan() -> ScanRecord {
    let run = |index, stage: &str, name: &str, layer: &str, rows| LayerRunRecord {
        stage: stage.to_owned(),
        stage_name: name.to_owned(),
        layer: layer.to_owned(),
        version: "0.1.0".to_owned(),
        digest: format!("{index:064}"),
        status: LayerRunStatus::Ok,
        fault: None,
        calls: 20,
        cache_hits: 2,
        cache_misses: 1,
        fuel: 123_456_789,
        wall_us: 45_000,
        peak_memory_bytes: 9_000_000,
        abstained: 120,
        stats_json: "{\"count\": 10000}".to_owned(),
        calls_json: "[{\"shard\": 0, \"fuel\": 6172839, \"wall_us\": 2250, \"memory\": 9000000}]".to_owned(),
        measures: ["close", "dollar-volume", "ratio", "sessions"].map(str::to_owned).to_vec(),
        verdicts: verdicts(rows),
    };
    ScanRecord {
        status: FinalStatus::Complete,
        finished_at: CLOSE + 400,
        stages_json: "[{\"number\": \"0\"}]".repeat(10),
        warnings: vec!["12 instruments have no bar of the last session".to_owned()],
        instruments: (0..10_000).map(instrument).collect(),
        layer_runs: vec![
            run(0, "0", "universe", "sluice/universe", 10_000),
            run(1, "1", "liquidity", "sluice/liquidity", 10_000),
            run(2, "2", "catalyst", "sluice/volume", 2_000),
            run(3, "2", "catalyst", "sluice/technical", 2_000),
        ],
        results: (0..300).map(result).collect(),
        alerts: (0..500).map(alert).collect(),
        cool_down: Some(12 * 3_600_000),
        shadows: Vec::new(),
        reach: Some(ReachRecord {
            stages: ["universe", "liquidity", "catalyst"]
                .map(|name| (name.to_owned(), name.to_owned()))
                .to_vec(),
            whole: true,
            instruments: (0..10_000).map(reached).collect(),
        }),
    }
}

/// As in the columns of verdicts; every 30th comes through.
fn reached(index: u32) -> ReachedRecord {
    let (level, stopped, cause) = match index {
        index if index.is_multiple_of(30) => (3, None, Cause::Passed),
        index if index.is_multiple_of(5) => (2, Some(2), Cause::Threshold),
        _ => (1, Some(1), Cause::Verdict),
    };
    ReachedRecord {
        instrument: index,
        level,
        stopped,
        cause,
        told_by: stopped.or(level.checked_sub(1)),
        score: noise(index + 1) * 100.0,
        passed_by: level.checked_sub(1),
        passed_score: noise(index + 1) * 100.0,
    }
}

fn instrument(index: u32) -> InstrumentRecord {
    InstrumentRecord {
        ident: format!("XNAS:S{index:05}:2001-01-02"),
        symbol: format!("S{index:05}"),
        name: format!("Sample Corporation No. {index}"),
        mic: "XNAS".to_owned(),
        kind: "stock".to_owned(),
        status: "active".to_owned(),
        currency: "USD".to_owned(),
        sector: Some("Technology".to_owned()),
        industry: None,
    }
}

/// The first of every `10,000 / rows` instruments, each with a reason of its own of about 30 bytes.
fn verdicts(rows: u32) -> VerdictColumns {
    let column = |salt: u32, scale: f64| (0..rows).map(|row| noise(row + salt) * scale).collect::<Vec<f64>>();
    VerdictColumns {
        instruments: (0..rows).map(|row| row * (10_000 / rows)).collect(),
        outcomes: (0..rows).map(|row| u8::from(!row.is_multiple_of(5))).collect(),
        scores: column(1, 100.0),
        percentiles: column(2, 100.0),
        reasons: (0..rows).map(|row| format!("trades ${:.1} million a day", noise(row) * 1e4)).collect(),
        reason: (0..rows).collect(),
        measures: vec![column(3, 500.0), column(4, 1e9), column(5, 5.0), vec![252.0; rows as usize]],
    }
}

fn result(index: u32) -> ResultRecord {
    ResultRecord {
        rank: index + 1,
        instrument: index * 30,
        outcome: Outcome::Keep,
        score: 100.0 - f64::from(index) / 10.0,
        percentile: 99.0,
        reason: "volume 4.2 times its 20-session mean".to_owned(),
    }
}

fn alert(index: u32) -> AlertRecord {
    AlertRecord {
        layer_run: 2 + index % 2,
        instrument: Some(index * 20),
        kind: "volume-spike".to_owned(),
        severity: Severity::Notice,
        confidence: noise(index),
        message: "volume 4.2 times its 20-session mean, close above the high of 20 sessions".to_owned(),
        side: Some(Side::Long),
        entry: Some(noise(index) * 100.0),
        stop: Some(noise(index) * 95.0),
        target: None,
        expires_at: Some(CLOSE + 86_400_000),
        dedupe_key: format!("volume-spike:S{index:05}"),
        evidence: Vec::new(),
        numbers: vec![
            ("ratio".to_owned(), noise(index) * 5.0),
            ("z-score".to_owned(), noise(index + 9) * 4.0),
        ],
        surfaced: !index.is_multiple_of(3),
        cool_key: format!("sluice/volume VOLUME_SPIKE long S{index:05}"),
        event_keys: Vec::new(),
        risk_json: None,
    }
}

/// The layer that a run names.
pub fn layer(run: &LayerRunRecord) -> BundledLayer {
    BundledLayer {
        layer: run.layer.clone(),
        version: run.version.clone(),
        digest: run.digest.clone(),
        api_version: "0.1.0".to_owned(),
        size: 60_000,
        imports: vec!["sluice:layer/log@0.1.0".to_owned()],
        descriptor_json: "{}".to_owned(),
    }
}

/// A layer from outside.
pub fn new_layer() -> NewLayer {
    NewLayer {
        layer: "me/sample".to_owned(),
        version: "1.0.0".to_owned(),
        digest: "e".repeat(64),
        api_version: "0.1.0".to_owned(),
        size: 60_000,
        imports: Vec::new(),
        descriptor_json: "{}".to_owned(),
        component: vec![7; 60_000],
        origin: "sample.wasm".to_owned(),
        behind_bundled: false,
        provenance: Provenance::default(),
    }
}
