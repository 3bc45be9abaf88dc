//! A database with as many alerts as somebody wants, to measure lists with:
//! `cargo run --release -p sluice-store --example many_alerts -- HOME [ALERTS [ALERTS-A-SCAN]]`, a million in scans of
//! a thousand when nothing is said. `cargo xtask bench` times `sluice alerts --format csv` on it.

use sluice_store::{
    Access, Actor, AlertRecord, BundledLayer, DatabaseUrl, FinalStatus, InstrumentRecord, KeySource,
    LayerRunRecord, LayerRunStatus, NewScan, ScanRecord, Severity, Side, Store, VerdictColumns,
};
use std::error::Error;
use std::path::PathBuf;

/// Instruments that have alerts.
const INSTRUMENTS: u32 = 500;
/// 2026-11-24 21:00 UTC.
const CLOSE: i64 = 1_795_554_000_000;
/// Milliseconds from one scan to the next.
const APART: i64 = 900_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let home = PathBuf::from(words.next().ok_or("which home folder?")?);
    let mut number = |default: u32| words.next().map_or(Ok(default), |word| word.parse::<u32>());
    let (all, each) = (number(1_000_000)?, number(1_000)?.max(1));
    std::fs::create_dir_all(&home)?;
    let access = Access { actor: Actor::current(), key: KeySource::in_home(&home) };
    let store = Store::open(&DatabaseUrl::in_home(&home), &access).await?;
    let mut left = all;
    for scan in 0_i64.. {
        if left == 0 {
            break;
        }
        let count = left.min(each);
        left -= count;
        let at = CLOSE + APART * scan;
        let record = record(at, count);
        for run in &record.layer_runs {
            store.register_layer(&layer(run)).await?;
        }
        let id = store.begin_scan(&new_scan(at)).await?;
        store.finish_scan(&id, &record).await?;
    }
    store.close().await;
    Ok(())
}

fn new_scan(at: i64) -> NewScan {
    NewScan {
        pipeline: "daily".to_owned(),
        as_of: at,
        data_until: Some(at),
        started_at: at,
        config_json: "{}".to_owned(),
        config_digest: "c".repeat(64),
        market_digest: "d".repeat(64),
        program_version: "0.1.0".to_owned(),
    }
}

fn record(at: i64, alerts: u32) -> ScanRecord {
    let layers = ["sluice/volume", "sluice/technical", "sluice/gap", "sluice/news"];
    ScanRecord {
        status: FinalStatus::Complete,
        finished_at: at + 400,
        stages_json: "[]".to_owned(),
        warnings: Vec::new(),
        instruments: (0..INSTRUMENTS).map(instrument).collect(),
        layer_runs: layers.into_iter().zip(0..).map(|(layer, index)| layer_run(layer, index)).collect(),
        results: Vec::new(),
        alerts: (0..alerts).map(alert).collect(),
        cool_down: None,
        shadows: Vec::new(),
        reach: None,
    }
}

fn instrument(index: u32) -> InstrumentRecord {
    InstrumentRecord {
        ident: format!("XNAS:S{index:05}"),
        symbol: format!("S{index:05}"),
        mic: "XNAS".to_owned(),
        kind: "stock".to_owned(),
        status: "active".to_owned(),
        currency: "USD".to_owned(),
        ..InstrumentRecord::default()
    }
}

fn layer_run(layer: &str, index: u32) -> LayerRunRecord {
    LayerRunRecord {
        stage: "2".to_owned(),
        stage_name: "catalyst".to_owned(),
        layer: layer.to_owned(),
        version: "0.1.0".to_owned(),
        digest: format!("{index:064}"),
        status: LayerRunStatus::Ok,
        fault: None,
        calls: 0,
        cache_hits: 0,
        cache_misses: 0,
        fuel: 0,
        wall_us: 0,
        peak_memory_bytes: 0,
        abstained: 0,
        stats_json: "{}".to_owned(),
        calls_json: "[]".to_owned(),
        measures: Vec::new(),
        verdicts: VerdictColumns::default(),
    }
}

fn layer(run: &LayerRunRecord) -> BundledLayer {
    BundledLayer {
        layer: run.layer.clone(),
        version: run.version.clone(),
        digest: run.digest.clone(),
        api_version: "0.1.0".to_owned(),
        size: 60_000,
        imports: Vec::new(),
        descriptor_json: "{}".to_owned(),
    }
}

fn alert(index: u32) -> AlertRecord {
    // looks arbitrary, and has all its digits where prices have two
    let noise = (f64::from(index) * 12.9898).sin().mul_add(43_758.547, 0.0).rem_euclid(1.0);
    let entry = (noise * 20_000.0).round() / 100.0 + 1.0;
    AlertRecord {
        layer_run: index % 4,
        instrument: Some(index % INSTRUMENTS),
        kind: "volume-spike".to_owned(),
        severity: Severity::Notice,
        confidence: noise,
        message: format!("Volume {:.1} times the mean of 20 bars, close above the high", noise * 9.0),
        side: Some(Side::Long),
        entry: Some(entry),
        stop: Some(entry - 1.5 * noise),
        target: Some(entry + 3.0 * noise),
        expires_at: None,
        dedupe_key: format!("volume-spike:{index}"),
        evidence: Vec::new(),
        numbers: vec![("ratio".to_owned(), noise * 9.0)],
        surfaced: true,
        cool_key: String::new(),
        event_keys: Vec::new(),
        risk_json: None,
    }
}
