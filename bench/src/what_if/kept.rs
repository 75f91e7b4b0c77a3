//! What runs, and what the heap keeps.

use super::graph::{chosen, input, root, salsa_base, salsa_step, step};
use super::{FEW, STEPS};
use crate::dag::{self, Layered, Push};
use crate::harness::{Heap, heap, runs};
use crate::peers::comemo;
use dug::{Context, tweak, with_context};
use std::hint::black_box;

/// Steps for salsa's heap: it takes longer for one.
const FEWER_STEPS: usize = 1000;
/// Steps for comemo's.
const COMEMO_STEPS: usize = 20;

/// What ran, checked against computing all of it.
pub fn print_runs() {
    let context = Context::new();
    let inputs = dag::inputs::<Layered>();
    context.enter(|| assert_eq!(root(), dag::recompute::<Layered>(&inputs)));
    let built = context.stats().executions;
    let (mut ran, mut adopted, mut masked, mut pushed, mut salsa_ran) = (0, 0, 0, 0, 0);
    let mut salsa = salsa_base();
    let mut push = Push::<Layered>::new();
    context.enter(|| {
        let expected = root();
        for place in (0..STEPS).map(chosen) {
            let inner = Context::new();
            let value = inner.enter(|| {
                tweak!(input(place as u32) => dag::input(place) + 1);
                root()
            });
            let before = push.input(place);
            let (by_hand, pushes) = push.set(&[(place, before + 1)]);
            assert_eq!(value, by_hand);
            pushed += pushes;
            push.set(&[(place, before)]);
            let stats = inner.stats();
            ran += stats.executions;
            adopted += stats.adopted;
            masked += stats.masked;
            salsa_ran += runs(|| {
                assert_eq!(salsa_step(&mut salsa, place), (value, expected));
            });
            assert_eq!(root(), expected);
        }
    });
    let mut comemo = comemo::Graph::new();
    comemo.root();
    let comemo_ran = runs(|| {
        for place in (0..FEW).map(chosen) {
            assert_eq!(comemo.step(place).1, dag::recompute::<Layered>(&inputs));
        }
    });
    let mean = |count: u64| count as f64 / STEPS as f64;
    println!("\n### What runs\n");
    println!("- building runs {built} functions, the inputs that are asked for included");
    println!(
        "- a step masks {:.0} nodes, runs {:.0} functions and adopts {:.0}; push by hand runs {:.0}, \
         there and back salsa {:.0}, comemo {:.0}",
        mean(masked),
        mean(ran),
        mean(adopted),
        mean(pushed as u64),
        mean(salsa_ran),
        comemo_ran as f64 / FEW as f64
    );
}

/// What comemo's graph takes where none was before: its tables stay.
pub fn comemo_built() -> Heap {
    let mut built = None;
    heap(|| {
        let graph = comemo::Graph::new();
        graph.root();
        built = Some(graph);
    })
}

pub fn print_heap(comemo_built: Heap) {
    println!("\n### What the heap keeps\n");
    with_context(|| {
        print_built("dug", || {
            root();
        });
        // The first context of a thread costs more than those after it.
        (0..STEPS).map(chosen).for_each(|place| {
            step(place);
        });
        for count in [100, 10_000, 10_000] {
            print_grown("dug", count, |place| {
                black_box(step(place));
            });
        }
    });
    let mut salsa = None;
    print_built("salsa", || salsa = Some(salsa_base()));
    let mut salsa = salsa.expect("it was built");
    for count in [100, FEWER_STEPS] {
        print_grown("salsa", count, |place| {
            black_box(salsa_step(&mut salsa, place));
        });
    }
    println!(
        "- comemo, the graph: {} KiB, {} allocations",
        comemo_built.live >> 10,
        comemo_built.allocations
    );
    let mut comemo = comemo::Graph::new();
    comemo.root();
    print_grown(
        "comemo, which is never told to evict",
        COMEMO_STEPS,
        |place| {
            black_box(comemo.step(place));
        },
    );
}

fn print_built(who: &str, build: impl FnOnce()) {
    let built = heap(build);
    println!(
        "- {who}, the graph: {} KiB, {} allocations",
        built.live >> 10,
        built.allocations
    );
}

fn print_grown(who: &str, count: usize, step: impl FnMut(usize)) {
    let grown = heap(|| (0..count).map(chosen).for_each(step));
    println!(
        "- {who}, {count} steps: {} bytes more, {} allocations per step",
        grown.live,
        grown.allocations / count as u64
    );
}
