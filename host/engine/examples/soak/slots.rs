//! Fills every slot of the pool before anything is measured: a slot keeps what its greediest call touched, up to a
//! limit, so that memory would go on growing until the greediest layer has been in each.

use crate::cases::MEMORY_MIB;
use crate::process;
use sluice_engine::{Catalog, Config, LayerSource, Plan, Selection};
use sluice_hostile::by_hand::ByHand;
use sluice_runtime::Runtime;

/// Memories that the pool holds ready for each call, the most that a component may have.
const MEMORIES: usize = 8;
/// Pages of 64 KiB that each has at first.
const PAGES: usize = 4;
/// Turns of a loop by which a call holds its slots until the other ones have theirs too, about a second.
const TURNS: u32 = 1_000_000_000;
/// Most attempts: on a busy machine calls may come one after another and share their slots.
const ATTEMPTS: usize = 5;

/// What is resident when every slot is full, KiB.
fn full_kib(calls: usize) -> u64 {
    ((calls * MEMORIES) as u64 * u64::from(MEMORY_MIB)) << 10
}

/// Runs `scan` with layers that hold all slots at once, until all are full.
pub fn fill(runtime: &Runtime, calls: usize, scan: impl Fn(&Plan)) {
    let plan = plan(runtime, calls);
    for _ in 0..ATTEMPTS {
        scan(&plan);
        if process::memory_kib() >= full_kib(calls) {
            return;
        }
    }
}

/// As many greedy layers as there can be calls at a time, each of which is called once.
fn plan(runtime: &Runtime, calls: usize) -> Plan {
    let ids: Vec<String> = (0..calls).map(|number| format!("test/greedy-{number}")).collect();
    let source = |id: &String| LayerSource::own(id, greedy(id));
    let catalog = Catalog::load(runtime, &ids.iter().map(source).collect::<Vec<_>>());
    let mut text = format!(
        "default-pipeline = \"fill\"\n[[pipelines.fill.stages]]\nnumber = 0\nname = \"fill\"\nlayers = {ids:?}\n"
    );
    let memory = MEMORIES * MEMORY_MIB as usize;
    for id in &ids {
        text += &format!(
            "[layers.\"{id}\".limits]\nfuel = 100_000_000_000\nwall-ms = 60_000\nmemory-mib = {memory}\n"
        );
    }
    let config = Config::parse("fill", &text).expect("no configuration");
    Plan::new(&config, &catalog, &Selection::default()).expect("no plan")
}

/// Takes as much memory as a hostile layer may have in every memory, touches it, and holds it for a while.
fn greedy(id: &str) -> Vec<u8> {
    let most = MEMORY_MIB as usize * 16;
    let more = most - PAGES;
    let (mut fields, mut code) = ("(global $turns (mut i32) (i32.const 0))\n".to_owned(), String::new());
    for number in 0..MEMORIES {
        // the first is the one that the layer has anyway
        let name = if number == 0 { String::new() } else { format!("$m{number}") };
        if number > 0 {
            fields += &format!("(memory {name} {PAGES})\n");
        }
        code += &format!(
            "(drop (memory.grow {name} (i32.const {more}))) \
             (memory.fill {name} (i32.const {}) (i32.const 1) (i32.const {}))\n",
            PAGES << 16,
            more << 16,
        );
    }
    code += &format!(
        "(loop $hold (global.set $turns (i32.add (global.get $turns) (i32.const 1))) \
         (br_if $hold (i32.lt_u (global.get $turns) (i32.const {TURNS}))))"
    );
    ByHand::new(id).fields(&fields).scan(&code).pages(PAGES).component()
}
