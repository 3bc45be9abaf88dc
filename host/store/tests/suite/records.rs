//! Small made-up records.

use sluice_store::{
    AlertRecord, AuditAction, AuditEntry, Base, BundledLayer, Cause, FinalStatus, InstrumentRecord,
    LayerRunRecord, LayerRunStatus, NewLayer, NewScan, Outcome, Provenance, ReachRecord, ReachedRecord,
    ResultRecord, ScanRecord, SettingKey, SettingsChange, Severity, Side, VerdictColumns,
};

pub fn new_scan(pipeline: &str) -> NewScan {
    NewScan {
        pipeline: pipeline.to_owned(),
        as_of: 1_517_950_800_000,
        data_until: Some(1_517_950_800_000),
        started_at: 1_795_554_000_000,
        config_json: "{\"stages\":[]}".to_owned(),
        config_digest: "c1".to_owned(),
        market_digest: "m1".to_owned(),
        program_version: "0.1.0".to_owned(),
    }
}

pub fn instrument(ident: &str, symbol: &str) -> InstrumentRecord {
    InstrumentRecord {
        ident: ident.to_owned(),
        symbol: symbol.to_owned(),
        name: format!("{symbol} Inc"),
        mic: "XNAS".to_owned(),
        kind: "stock".to_owned(),
        status: "active".to_owned(),
        currency: "USD".to_owned(),
        sector: Some("Energy".to_owned()),
        industry: None,
    }
}

/// Two layers over three instruments, two results, two alerts.
pub fn scan_record() -> ScanRecord {
    ScanRecord {
        status: FinalStatus::Partial,
        finished_at: 1_795_554_000_400,
        stages_json: "[{\"number\":\"1\"}]".to_owned(),
        warnings: vec!["one".to_owned(), "two; 'quoted'".to_owned()],
        instruments: vec![instrument("i-aa", "AA"), instrument("i-brk", "BRK.B"), instrument("i-na", "NA")],
        layer_runs: vec![layer_run("1", "sluice/liquidity", "d1"), layer_run("1.5", "sluice/volume", "d2")],
        results: vec![
            ResultRecord {
                rank: 1,
                instrument: 2,
                outcome: Outcome::Keep,
                score: 99.5,
                percentile: 100.0,
                reason: "first".to_owned(),
            },
            ResultRecord {
                rank: 2,
                instrument: 0,
                outcome: Outcome::Keep,
                score: f64::NAN,
                percentile: f64::NAN,
                reason: String::new(),
            },
        ],
        alerts: vec![alert(Some(2), "spike", true), alert(None, "breadth", false)],
        cool_down: None,
        shadows: Vec::new(),
        reach: Some(reach(&[
            (0, 2, None, Cause::Passed),
            (1, 0, Some(0), Cause::Verdict),
            (2, 2, None, Cause::Passed),
        ])),
    }
}

/// How far these came through two stages: position, level, where it was stopped, why.
pub fn reach(instruments: &[(u32, u8, Option<u8>, Cause)]) -> ReachRecord {
    let one = |(instrument, level, stopped, cause): &(u32, u8, Option<u8>, Cause)| ReachedRecord {
        instrument: *instrument,
        level: *level,
        stopped: *stopped,
        cause: *cause,
        told_by: stopped.or(level.checked_sub(1)),
        score: 10.0 * f64::from(*instrument) + 0.5,
        passed_by: level.checked_sub(1),
        passed_score: 10.0 * f64::from(*instrument) + if stopped.is_some() { 0.25 } else { 0.5 },
    };
    let stages = [("1", "liquidity"), ("1.5", "volume")];
    ReachRecord {
        stages: stages.map(|(number, name)| (number.to_owned(), name.to_owned())).to_vec(),
        whole: true,
        instruments: instruments.iter().map(one).collect(),
    }
}

pub fn layer_run(stage: &str, layer: &str, digest: &str) -> LayerRunRecord {
    LayerRunRecord {
        stage: stage.to_owned(),
        stage_name: "catalyst".to_owned(),
        layer: layer.to_owned(),
        version: "0.1.0".to_owned(),
        digest: digest.to_owned(),
        status: LayerRunStatus::Faulted,
        fault: Some("out of fuel".to_owned()),
        calls: 3,
        cache_hits: 2,
        cache_misses: 1,
        fuel: 12_345,
        wall_us: 678,
        peak_memory_bytes: 65_536,
        abstained: 1,
        stats_json: "{\"count\":2}".to_owned(),
        calls_json: "[{\"fuel\":12345}]".to_owned(),
        measures: vec!["ratio".to_owned(), "z-score".to_owned()],
        verdicts: VerdictColumns {
            instruments: vec![0, 2, 1],
            outcomes: vec![0, 1, 2],
            scores: vec![1.0 / 3.0, 0.0, f64::NAN],
            percentiles: vec![100.0, 50.0, f64::NAN],
            reasons: vec!["fine".to_owned(), "no data".to_owned()],
            reason: vec![0, 0, 1],
            measures: vec![vec![0.1, -2.5e-7, f64::NAN], vec![f64::NAN, 1e300, f64::NAN]],
        },
    }
}

pub fn alert(instrument: Option<u32>, kind: &str, surfaced: bool) -> AlertRecord {
    AlertRecord {
        layer_run: 1,
        instrument,
        kind: kind.to_owned(),
        severity: Severity::Urgent,
        confidence: 0.75,
        message: "look".to_owned(),
        side: Some(Side::Short),
        entry: Some(10.0),
        stop: Some(11.5),
        target: None,
        expires_at: Some(1_795_554_900_000),
        dedupe_key: format!("{kind}:x"),
        evidence: vec!["news-1".to_owned()],
        numbers: vec![("ratio".to_owned(), 4.25), ("unknown".to_owned(), f64::NAN)],
        surfaced,
        cool_key: String::new(),
        event_keys: Vec::new(),
        risk_json: None,
    }
}

/// The layer of a run as the program carries it.
pub fn bundled(run: &LayerRunRecord) -> BundledLayer {
    BundledLayer {
        layer: run.layer.clone(),
        version: run.version.clone(),
        digest: run.digest.clone(),
        api_version: "0.1.0".to_owned(),
        size: 4,
        imports: vec!["sluice:layer/log@0.1.0".to_owned()],
        descriptor_json: "{}".to_owned(),
    }
}

pub fn new_layer(layer: &str, version: &str, digest: &str, component: &[u8]) -> NewLayer {
    NewLayer {
        layer: layer.to_owned(),
        version: version.to_owned(),
        digest: digest.to_owned(),
        api_version: "0.1.0".to_owned(),
        size: component.len() as u64,
        imports: vec!["sluice:layer/log@0.1.0".to_owned()],
        descriptor_json: "{\"summary\":\"x\"}".to_owned(),
        component: component.to_vec(),
        origin: "mine.wasm".to_owned(),
        behind_bundled: false,
        provenance: Provenance::default(),
    }
}

/// Something that was done outside the database.
pub fn entry(subject: &str) -> AuditEntry {
    AuditEntry {
        action: AuditAction::ImportFinished,
        subject: subject.to_owned(),
        before_json: Some("{\"bars\":1}".to_owned()),
        after_json: Some("{\"bars\":2}".to_owned()),
    }
}

pub fn key(target: &str, name: &str) -> SettingKey {
    SettingKey { target: target.to_owned(), name: name.to_owned() }
}

/// A change of one setting; no value: it is unset.
pub fn change(base: Base, target: &str, name: &str, value: Option<&str>) -> SettingsChange {
    SettingsChange { base, set: vec![(key(target, name), value.map(str::to_owned))], rolled_back_to: None }
}
