//! The ways to misbehave: a layer of `tests/hostile` with settings, under limits of about 20 ms a call.

use sluice_engine::{Catalog, Config, LayerSource, Plan, Selection};
use sluice_runtime::Runtime;
use std::fmt;
use std::path::Path;

/// Layers that behave, beside every case. The first keeps every instrument, so that all are in the result.
pub const GOOD: [&str; 3] = ["test/empty", "sluice/liquidity", "sluice/technical"];

/// Fuel of a hostile call, about 20 ms.
const FUEL: u64 = 40_000_000;
/// Its wall limit, ms; for some cases fuel without end makes it the one that stops them.
const WALL_MS: u32 = 20;
const ENDLESS_FUEL: u64 = 100_000_000_000;
/// Its memory, MiB; the pool keeps as much of a slot resident.
pub const MEMORY_MIB: u32 = 32;

/// Layer, and for each of its cases the settings as TOML.
const LAYERS: [(&str, &[&str]); 14] = [
    ("spin", &[""]),
    ("hungry", &[""]),
    ("panics", &[""]),
    ("fault", &[""]),
    ("flood", &[""]),
    ("silly_alert", &[""]),
    ("undeclared_alert", &[""]),
    ("burns", &["turns = 1000", "turns = 2000000000"]),
    (
        "columns",
        &[
            "kind = \"nothing\"",
            "kind = \"outcomes-long\"",
            "kind = \"scores-short\"",
            "kind = \"reason-far-out-of-range\"",
            "kind = \"measure-undeclared\"",
            "kind = \"measure-packed-odd\"",
            "kind = \"alert-out-of-range\"",
            "kind = \"alerts-over-the-limit\"",
            "kind = \"alerts-ten-million\"",
            "kind = \"market-nan\"",
        ],
    ),
    (
        "scores",
        &[
            "kind = \"nan\"",
            "kind = \"minus-infinity\"",
            "kind = \"above-hundred\"",
            "kind = \"minus-zero\"",
            "kind = \"subnormal\"",
        ],
    ),
    ("state", &["kind = \"counts\"", "kind = \"every-second\""]),
    (
        "needs",
        &[
            "kind = \"billion-bars\"",
            "kind = \"unknown-column\"",
            "kind = \"loop\"",
            "kind = \"panic\"",
            "kind = \"itself\"",
        ],
    ),
    (
        "texts",
        &[
            "kind = \"escapes\"",
            "kind = \"megabyte\"",
            "kind = \"ten-megabytes\"\nplace = \"fault\"",
            "kind = \"ten-megabytes\"\nplace = \"log\"",
            "kind = \"override\"\nplace = \"panic\"",
            "kind = \"sql\"\nplace = \"alert\"",
        ],
    ),
    // POISON: one instrument of the market
    (
        "poison",
        &[
            "symbols = [\"*\"]",
            "symbols = [\"*\"]\nkind = \"names\"",
            "symbols = [\"*\"]\nkind = \"nan\"",
            "symbols = [\"POISON\"]",
            "symbols = [\"POISON\"]\nkind = \"names\"",
            "symbols = [\"POISON\"]\nkind = \"loop\"",
        ],
    ),
];

/// A way to misbehave.
pub struct Case {
    /// author/name.
    pub id: String,
    /// Its wall limit.
    pub wall_ms: f64,
    settings: &'static str,
    fuel: u64,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, settings, fuel, .. } = self;
        write!(f, "{id} ({}, fuel {fuel})", settings.replace('\n', ", "))
    }
}

/// All cases with their plans; what is poison is the symbol `poison`.
pub fn plans(runtime: &Runtime, poison: &str) -> Vec<(Case, Plan)> {
    let catalog = catalog(runtime);
    let mut plans = Vec::new();
    for (name, settings) in LAYERS {
        for settings in settings {
            for fuel in [FUEL, ENDLESS_FUEL] {
                let id = format!("test/{}", name.replace('_', "-"));
                let case = Case { id, wall_ms: f64::from(WALL_MS), settings, fuel };
                let plan = plan(&catalog, &case, poison);
                plans.push((case, plan));
            }
        }
    }
    plans
}

fn plan(catalog: &Catalog, case: &Case, poison: &str) -> Plan {
    let Case { id, settings, fuel, .. } = case;
    let layers = [GOOD[0], id, GOOD[1], GOOD[2]];
    let settings = settings.replace("POISON", poison);
    let text = format!(
        "default-pipeline = \"soak\"\n[[pipelines.soak.stages]]\nnumber = 0\nname = \"soak\"\nlayers = {layers:?}\n\
         pass = \"any\"\n[layers.\"{id}\".settings]\n{settings}\n[layers.\"{id}\".limits]\nfuel = {fuel}\n\
         wall-ms = {WALL_MS}\nmemory-mib = {MEMORY_MIB}\n"
    );
    let config = Config::parse("soak", &text).expect("no configuration");
    Plan::new(&config, catalog, &Selection::default()).expect("no plan")
}

/// The good layers and the hostile ones. All of them are called with stacks of the usual size.
fn catalog(runtime: &Runtime) -> Catalog {
    let hostile = LAYERS.iter().map(|(name, _)| format!("test/{name}"));
    let good = ["test/empty", "liquidity", "technical"].map(str::to_owned);
    let source = |name: String| LayerSource::own(&name, component(&name));
    Catalog::load(runtime, &good.into_iter().chain(hostile).map(source).collect::<Vec<_>>())
}

fn component(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/layers").join(name);
    std::fs::read(path.with_extension("wasm")).expect("a layer that `cargo xtask build` makes")
}

/// The kind of a fault, by how its text begins.
pub fn kind(fault: &str) -> &'static str {
    const KINDS: [(&str, &str); 9] = [
        ("used up its fuel", "fuel"),
        ("was stopped by the host", "wall time"),
        ("wanted", "memory"),
        ("panicked", "panics"),
        ("trapped", "traps"),
        ("its answer is refused", "refused answers"),
        ("its answer", "unreadable answers"),
        ("reported a fault", "reported faults"),
        ("asks for", "needs that cannot be met"),
    ];
    KINDS.iter().find(|(start, _)| fault.starts_with(start)).map_or("others", |(_, kind)| kind)
}
