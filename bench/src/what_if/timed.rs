//! How long building, changes and what-ifs take.

use super::graph::{WIDTH, base, chosen, input, root, salsa_base, salsa_step, step};
use super::{FEW, STEPS};
use crate::dag::{self, Layered, Memo, Push};
use crate::harness::{Row, measure, mix, table, time_ns};
use crate::peers::comemo;
use dug::{tweak, with_context};
use std::hint::black_box;

/// Changes for one sample.
const CHANGES: usize = 20;

/// One change after another, to inputs that go on from where they are.
struct Changes {
    made: u64,
    inputs: Vec<u64>,
}

impl Changes {
    fn new() -> Self {
        Changes {
            made: 0,
            inputs: dag::inputs::<Layered>(),
        }
    }

    /// Mean time of so many changes, in microseconds; `apply` gets all inputs and the place of the changed one.
    fn time(&mut self, count: usize, mut apply: impl FnMut(&[u64], usize) -> u64) -> f64 {
        time_ns(count * 1000, || {
            for _ in 0..count {
                self.made += 1;
                let place = (mix(self.made) % WIDTH as u64) as usize;
                self.inputs[place] += 1;
                black_box(apply(&self.inputs, place));
            }
        })
    }
}

/// Mean time of so many steps, in microseconds.
fn mean(count: usize, mut step: impl FnMut(usize)) -> f64 {
    time_ns(count * 1000, || (0..count).map(chosen).for_each(&mut step))
}

pub fn build(rounds: usize) {
    let inputs = dag::inputs::<Layered>();
    let rows = vec![
        Row::new("HashMap (floor)", || {
            time_ns(1000, || {
                black_box(Memo::default().root(&inputs));
            })
        }),
        Row::new("dug", || {
            with_context(|| {
                time_ns(1000, || {
                    black_box(root());
                })
            })
        }),
        Row::new("salsa, the inputs included", || {
            let mut built = None;
            let time = time_ns(1000, || built = Some(salsa_base()));
            drop(built);
            time
        }),
        Row::new("comemo (keeps its tables)", || {
            let graph = comemo::Graph::new();
            time_ns(1000, || {
                black_box(graph.root());
            })
        }),
    ];
    table(
        "The layered graph: build",
        "us",
        &measure(rounds.min(9), rows),
    );
}

/// comemo's graph, whose root is computed.
fn comemo_base() -> comemo::Graph {
    let graph = comemo::Graph::new();
    graph.root();
    graph
}

pub fn changes(rounds: usize, work: &str, with_comemo: bool) {
    let mut push = Push::<Layered>::new();
    let mut memo = Memo::default();
    let (base, mut salsa) = (base(), salsa_base());
    let mut comemo = comemo_base();
    let mut changes = [(); 6].map(|()| Changes::new());
    let [first, second, third, fourth, fifth, sixth] = &mut changes;
    let mut rows = vec![
        Row::new("push by hand (floor)", || {
            first.time(CHANGES, |inputs, place| {
                push.set(&[(place, inputs[place])]).0
            })
        }),
        Row::new("recompute all, layer by layer", || {
            second.time(CHANGES, |inputs, _| dag::recompute::<Layered>(inputs))
        }),
        Row::new("HashMap cleared and filled", || {
            third.time(CHANGES, |inputs, _| memo.root(inputs))
        }),
        Row::new("dug: tweak, root", || {
            base.run(|| {
                fourth.time(CHANGES, |inputs, place| {
                    tweak!(input(place as u32) => inputs[place]);
                    root()
                })
            })
        }),
        Row::new("salsa: set, root", || {
            fifth.time(CHANGES, |inputs, place| {
                salsa.set(place, inputs[place]);
                salsa.root()
            })
        }),
    ];
    if with_comemo {
        let name = format!("comemo: change, root; {FEW} a round");
        rows.push(Row::new(&name, || {
            sixth.time(FEW, |inputs, place| {
                comemo.set(place, inputs[place]);
                comemo.root()
            })
        }));
    }
    let figures = measure(rounds, rows);
    base.run(|| assert_eq!(root(), dag::recompute::<Layered>(&fourth.inputs)));
    assert_eq!(salsa.root(), dag::recompute::<Layered>(&fifth.inputs));
    assert_eq!(comemo.root(), dag::recompute::<Layered>(&sixth.inputs));
    let title = format!("Change one input, ask for the root; {work}");
    table(&title, "us", &figures);
}

pub fn steps(rounds: usize, work: &str, with_comemo: bool) {
    let mut push = Push::<Layered>::new();
    let (mut memo, mut inputs) = (Memo::default(), dag::inputs::<Layered>());
    let mut again = dag::inputs::<Layered>();
    let (base, mut salsa) = (base(), salsa_base());
    let mut comemo = comemo_base();
    let mut rows = vec![
        Row::new("push by hand, there and back (floor)", || {
            mean(STEPS, |place| {
                let before = push.input(place);
                black_box(push.set(&[(place, before + 1)]));
                black_box(push.set(&[(place, before)]));
            })
        })
        .counted(STEPS),
        Row::new("recompute all, twice", || {
            mean(STEPS, |place| {
                inputs[place] += 1;
                black_box(dag::recompute::<Layered>(&inputs));
                inputs[place] -= 1;
                black_box(dag::recompute::<Layered>(&inputs));
            })
        }),
        Row::new("HashMap cleared and filled, twice", || {
            mean(STEPS, |place| {
                again[place] += 1;
                black_box(memo.root(&again));
                again[place] -= 1;
                black_box(memo.root(&again));
            })
        }),
        Row::new("dug: with_context { tweak, root }, root", || {
            base.run(|| {
                root();
                mean(STEPS, |place| {
                    black_box(step(place));
                })
            })
        })
        .counted(STEPS),
        Row::new("salsa: set, root, restore, root", || {
            mean(STEPS, |place| {
                black_box(salsa_step(&mut salsa, place));
            })
        })
        .counted(STEPS),
    ];
    if with_comemo {
        let name = format!("comemo: change, root, restore, root; {FEW} steps a round");
        let row = Row::new(&name, || {
            mean(FEW, |place| {
                black_box(comemo.step(place));
            })
        })
        .counted(FEW);
        rows.push(row);
    }
    let title = format!("What-if step, mean of {STEPS}; {work}");
    table(&title, "us", &measure(rounds, rows));
}
