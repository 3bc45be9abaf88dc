//! What is stored is what was given, whatever it is.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sluice_store::{
    AlertFilter, AuditAction, AuditEntry, AuditFilter, Base, BreakerChange, BreakerRow, BreakerState,
    Changed, FinalStatus, Secret, SettingsChange,
};

use crate::case::Case;
use crate::home::{Backend, Home};
use crate::records::{key, new_layer, new_scan, scan_record};

pub const CASES: &[Case] =
    cases![any_text_and_number_of_a_scan_survives, any_text_of_the_rest_survives, any_breaker_survives];

/// Texts that have broken databases, and any other without NUL.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("'; DROP TABLE scans; --".to_owned()),
        Just("\"quoted\" 'and' `ticked` \\ \\' %_ ?1 $1 :name".to_owned()),
        Just("ümläut 東京 🦀 \u{202e}rtl\u{200b} a\u{0301}".to_owned()),
        Just("line\r\nbreak\ttab\u{b}\u{8}\u{7f}\u{1}".to_owned()),
        Just("\\N".to_owned()),
        Just("\\.".to_owned()),
        Just("\n\\.\n\\x41\\".to_owned()),
        Just("NULL".to_owned()),
        Just(String::new()),
        any::<String>().prop_map(|text| text.replace('\0', "")),
    ]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(-0.0),
        Just(0.0),
        Just(5e-324),
        Just(-2.225_073_858_507_201e-308),
        Just(1e308),
        Just(f64::MAX),
        Just(f64::MIN_POSITIVE),
        Just(0.1 + 0.2),
        any::<f64>(),
    ]
}

fn price() -> impl Strategy<Value = f64> {
    number().prop_filter("a price", |price| price.is_finite())
}

fn score() -> impl Strategy<Value = f64> {
    prop_oneof![Just(f64::NAN), Just(-0.0), Just(5e-324), Just(100.0), 0.0..=100.0]
}

/// As a column of numbers keeps it: negative zero is zero.
fn column(value: f64) -> Option<u64> {
    known(value + 0.0)
}

fn known(value: f64) -> Option<u64> {
    (!value.is_nan()).then(|| value.to_bits())
}

/// One database for all the cases: a server takes longer to start than a case.
fn each<S: Strategy>(home: &Home, given: &S, check: impl AsyncFn(&Home, S::Value)) {
    let cases = if home.backend == Backend::Sqlite { 40 } else { 16 };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    tokio::task::block_in_place(|| {
        let tried = runner.run(given, |value| {
            tokio::runtime::Handle::current().block_on(check(home, value));
            Ok(())
        });
        tried.unwrap_or_else(|error| panic!("{error}"));
    });
}

#[derive(Debug, Clone)]
struct Given {
    texts: Vec<String>,
    numbers: Vec<f64>,
    scores: Vec<f64>,
    prices: Vec<f64>,
    integer: i64,
    count: u64,
}

fn given() -> impl Strategy<Value = Given> {
    let parts = (
        prop::collection::vec(text(), 16),
        prop::collection::vec(number(), 8),
        prop::collection::vec(score(), 8),
        prop::collection::vec(price(), 3),
        any::<i64>(),
        0..=i64::MAX as u64,
    );
    parts.prop_map(|(texts, numbers, scores, prices, integer, count)| Given {
        texts,
        numbers,
        scores,
        prices,
        integer,
        count,
    })
}

async fn any_text_and_number_of_a_scan_survives(home: Home) {
    each(&home, &given(), scan_survives);
}

async fn scan_survives(home: &Home, given: Given) {
    let Given { texts, numbers, scores, prices, integer, count } = given;
    let t = |index: usize| texts[index].clone();
    let mut begun = new_scan(&t(0));
    (begun.config_json, begun.config_digest, begun.as_of) = (t(1), t(2), integer);
    (begun.market_digest, begun.program_version, begun.data_until) = (t(14), t(15), Some(integer));
    let mut record = scan_record();
    record.status = FinalStatus::Complete;
    (record.finished_at, record.stages_json, record.warnings) = (integer, t(3), texts.clone());
    let named = &mut record.instruments[0];
    (named.name, named.sector, named.industry) = (t(4), Some(t(5)), None);
    (named.ident, named.symbol) = (format!("x{}", t(6)), format!("S{}", t(7)));
    (named.mic, named.kind, named.status, named.currency) = (t(8), t(9), t(10), t(11));
    let run = &mut record.layer_runs[0];
    (run.fault, run.stats_json, run.stage_name, run.stage) = (Some(t(8)), t(9), t(10), t(11));
    (run.fuel, run.wall_us, run.calls, run.measures) = (count, count, count, vec![t(11), t(12)]);
    run.calls_json = t(2);
    (run.peak_memory_bytes, run.abstained) = (count, count);
    run.verdicts.reasons = vec![t(4), t(13)];
    run.verdicts.scores = scores[..3].to_vec();
    run.verdicts.percentiles = scores[3..6].to_vec();
    run.verdicts.measures = vec![numbers[..3].to_vec(), numbers[3..6].to_vec()];
    (record.results[0].reason, record.results[1].instrument) = (t(6), 0);
    (record.results[0].score, record.results[0].percentile) = (scores[6], scores[7]);
    let alert = &mut record.alerts[0];
    (alert.message, alert.kind, alert.dedupe_key, alert.evidence) = (t(7), t(8), t(9), texts.clone());
    (alert.entry, alert.stop, alert.target) = (Some(prices[0]), Some(prices[1]), Some(prices[2]));
    alert.expires_at = Some(integer);
    alert.numbers = vec![(t(10), numbers[6]), (t(10), numbers[7])];
    record.alerts[1].instrument = Some(0);

    let store = &home.store;
    let id = store.begin_scan(&begun).await.unwrap();
    store.finish_scan(&id, &record).await.unwrap();

    let scan = store.latest_scan(Some(&t(0))).await.unwrap().unwrap();
    assert_eq!((scan.id, scan.pipeline, scan.config_digest, scan.as_of), (id, t(0), t(2), integer));
    assert_eq!((scan.market_digest, scan.program_version, scan.data_until), (t(14), t(15), Some(integer)));
    assert_eq!(
        (scan.finished_at, scan.stages_json, scan.warnings),
        (Some(integer), Some(t(3)), texts.clone())
    );
    assert_eq!(store.scan_config(&id).await.unwrap(), t(1));
    let run = store.layer_runs(&id).await.unwrap().remove(0);
    assert_eq!((run.fault, run.stats_json, run.stage_name, run.stage), (Some(t(8)), t(9), t(10), t(11)));
    assert_eq!((run.fuel, run.wall_us, run.calls, run.measures), (count, count, count, vec![t(11), t(12)]));
    assert_eq!((run.peak_memory_bytes, run.abstained, run.calls_json), (count, count, t(2)));
    let verdicts = store.verdicts(run.id).await.unwrap();
    let given = &record.layer_runs[0].verdicts;
    for (row, instrument) in given.instruments.iter().enumerate() {
        let instrument = &record.instruments[*instrument as usize];
        let verdict = verdicts.iter().find(|verdict| verdict.ident == instrument.ident).unwrap();
        assert_eq!(verdict.symbol, instrument.symbol);
        assert_eq!(verdict.reason, given.reasons[given.reason[row] as usize]);
        assert_eq!(verdict.score.map(f64::to_bits), column(given.scores[row]));
        assert_eq!(verdict.percentile.map(f64::to_bits), column(given.percentiles[row]));
        let measures: Vec<Option<u64>> =
            verdict.measures.iter().map(|value| value.map(f64::to_bits)).collect();
        assert_eq!(measures, [known(given.measures[0][row]), known(given.measures[1][row])]);
    }
    let results = store.results(&id).await.unwrap();
    assert_eq!((results[0].reason.as_str(), results[1].name.as_str()), (&*t(6), &*t(4)));
    let figures = (results[0].score.map(f64::to_bits), results[0].percentile.map(f64::to_bits));
    assert_eq!(figures, (column(scores[6]), column(scores[7])));
    let of_scan = AlertFilter { scan: Some(id), all: true, limit: 9, ..AlertFilter::default() };
    let symbol = Some(record.instruments[0].symbol.clone());
    assert_eq!(store.alerts(&AlertFilter { symbol, ..of_scan.clone() }).await.unwrap().len(), 1);
    let alert = store.alerts(&AlertFilter { kind: Some(t(8)), ..of_scan }).await.unwrap().remove(0);
    assert_eq!((alert.message, alert.kind, alert.dedupe_key), (t(7), t(8), t(9)));
    assert_eq!((alert.evidence, alert.expires_at), (texts.clone(), Some(integer)));
    let stored = [alert.entry, alert.stop, alert.target].map(|price| price.map(f64::to_bits));
    assert_eq!(stored.as_slice(), prices.iter().map(|price| column(*price)).collect::<Vec<_>>());
    let back: Vec<_> = alert.numbers.iter().map(|(name, v)| (name.clone(), v.map(f64::to_bits))).collect();
    assert_eq!(back, [(t(10), known(numbers[6])), (t(10), known(numbers[7]))]);
}

async fn any_text_of_the_rest_survives(home: Home) {
    each(&home, &prop::collection::vec(text(), 8), rest_survives);
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

async fn rest_survives(home: &Home, texts: Vec<String>) {
    let t = |index: usize| texts[index].clone();
    let store = &home.store;
    let entry = AuditEntry {
        action: AuditAction::ImportFailed,
        subject: t(0),
        before_json: Some(t(1)),
        after_json: Some(t(2)),
    };
    let number = store.record(&entry).await.unwrap();
    let filter = AuditFilter {
        subject: Some(t(0)),
        action: Some("import.failed".to_owned()),
        ..AuditFilter::default()
    };
    let row = store.audit(&filter, Some(number + 1), 1).await.unwrap().remove(0);
    assert_eq!(
        (row.number, row.subject, row.before_json, row.after_json),
        (number, t(0), Some(t(1)), Some(t(2)))
    );

    let named = key(&format!("t{}", t(3)), &format!("n{}", t(4)));
    let value = format!("v{number}{}", t(5));
    let seen = store.settings().await.unwrap().revision;
    let set = vec![(named.clone(), Some(value.clone()))];
    let change = SettingsChange { base: Base::Exactly(seen), set, rolled_back_to: None };
    assert_eq!(store.change_settings(&change).await.unwrap(), Changed::Revision(seen + 1));
    let settings = store.settings().await.unwrap();
    assert!(settings.rows.is_sorted_by_key(|row| &row.key));
    let row = settings.rows.into_iter().find(|row| row.key == named).unwrap();
    assert_eq!((row.value_json, row.revision), (value.clone(), seen + 1));
    let told = store.settings_history(std::slice::from_ref(&named.target), None, 1).await.unwrap().remove(0);
    assert_eq!(
        (told.revision, &told.changes[0].key, told.changes[0].new_json.as_deref()),
        (seen + 1, &named, Some(&*value))
    );

    store.set_secret("feed", &Secret::new(t(6))).await.unwrap();
    assert_eq!(store.secret("feed").await.unwrap().unwrap().expose(), t(6));
    assert!(store.notice_file(&format!("p{}", t(7)), &number.to_string()).await.unwrap());

    let mut layer = new_layer(
        &format!("l{number}{}", t(1)),
        &format!("v{}", t(2)),
        &format!("x{number}"),
        t(3).as_bytes(),
    );
    (layer.api_version, layer.descriptor_json, layer.imports) = (t(4), t(5), texts.clone());
    store.install_layer(&layer).await.unwrap();
    assert_eq!(store.component(&layer.digest).await.unwrap().unwrap(), layer.component);
    let row = store.layers().await.unwrap().into_iter().find(|row| row.digest == layer.digest).unwrap();
    assert_eq!((row.layer, row.version, row.api_version), (layer.layer, layer.version, layer.api_version));
    assert_eq!(
        (row.descriptor_json, row.imports, row.origin),
        (layer.descriptor_json, layer.imports, layer.origin)
    );
}

fn breaker() -> impl Strategy<Value = BreakerRow> {
    let state = prop_oneof![
        Just(BreakerState::Closed),
        Just(BreakerState::Open),
        Just(BreakerState::HalfOpen),
        Just(BreakerState::Quarantined)
    ];
    let instants = prop::collection::vec(prop::option::of(any::<i64>()), 4);
    let texts = prop::collection::vec(prop::option::of(text()), 3);
    let faults = prop::collection::vec(any::<i64>(), 0..6);
    let rest = (faults, any::<u32>(), any::<i64>());
    (text(), state, instants, texts, rest).prop_map(
        |(name, state, instants, texts, (faults, openings, changed_at))| BreakerRow {
            state,
            faults,
            openings,
            opened_at: instants[0],
            retry_at: instants[1],
            probe: texts[0].clone(),
            probe_until: instants[2],
            last_fault: texts[1].clone(),
            last_fault_at: instants[3],
            reason: texts[2].clone(),
            changed_at,
            ..BreakerRow::closed(&format!("l{name}"), &format!("d{name}"))
        },
    )
}

async fn any_breaker_survives(home: Home) {
    each(&home, &(breaker(), breaker()), breaker_survives);
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

/// The first as a new row, the second in its place.
async fn breaker_survives(home: &Home, (first, second): (BreakerRow, BreakerRow)) {
    let second = BreakerRow { layer: first.layer.clone(), digest: first.digest.clone(), ..second };
    for row in [&first, &second] {
        let change = |_| BreakerChange { row: row.clone(), note: None, answer: () };
        home.store.change_breaker(&row.layer, &row.digest, change).await.unwrap();
        let stored = home.store.breakers().await.unwrap();
        let found: Vec<_> = stored.iter().filter(|found| found.layer == row.layer).collect();
        assert_eq!(found, [row]);
    }
}
