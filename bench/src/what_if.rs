//! A change and a what-if on the layered graph of [`dag`](crate::dag).

use crate::dag::{self, LAYERS, Memo, Push, WIDTH};
use crate::harness::{Row, heap, measure, mix, table, time_ns};
use dug::{Context, Here, here, tracked, tweak, with_context};
use std::hint::black_box;

/// Changes for one sample.
const CHANGES: usize = 20;
/// Steps for one sample.
const STEPS: usize = 100;
/// Turns of work on top of adding up.
const WORK: [u32; 2] = [0, 250];

#[tracked]
fn input(place: u32) -> u64 {
    dag::input(place as usize)
}

#[tracked]
fn node(layer: u32, place: u32) -> u64 {
    dag::sum_of_three(layer as usize, place as usize, |other| match layer {
        1 => input(other as u32),
        _ => node(layer - 1, other as u32),
    })
}

#[tracked]
fn root() -> u64 {
    dag::sum((0..WIDTH as u32).map(|place| node(LAYERS as u32, place)))
}

/// Which input the `nth` what-if is about.
fn chosen(nth: usize) -> usize {
    (mix(nth as u64 + 77) % WIDTH as u64) as usize
}

/// One change after another, to inputs that go on from where they are.
struct Changes {
    made: u64,
    inputs: Vec<u64>,
}

impl Changes {
    fn new() -> Self {
        Changes {
            made: 0,
            inputs: dag::inputs(),
        }
    }

    /// Mean time of some changes, in microseconds; `apply` gets all inputs and the place of the changed one.
    fn time(&mut self, mut apply: impl FnMut(&[u64], usize) -> u64) -> f64 {
        time_ns(CHANGES * 1000, || {
            for _ in 0..CHANGES {
                self.made += 1;
                let place = (mix(self.made) % WIDTH as u64) as usize;
                self.inputs[place] += 1;
                black_box(apply(&self.inputs, place));
            }
        })
    }
}

/// A context whose root is computed.
fn base() -> Here {
    with_context(|| {
        root();
        here()
    })
}

fn step(place: usize) -> (u64, u64) {
    let inside = with_context(|| {
        tweak!(input(place as u32) => dag::input(place) + 1);
        root()
    });
    (inside, root())
}

/// Mean time of the steps, in microseconds.
fn steps(mut step: impl FnMut(usize)) -> f64 {
    time_ns(STEPS * 1000, || (0..STEPS).map(chosen).for_each(&mut step))
}

fn compare_build(rounds: usize) {
    let inputs = dag::inputs();
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
    ];
    table(
        "The layered graph: build",
        "us",
        &measure(rounds.min(9), rows),
    );
}

fn compare_changes(rounds: usize, work: &str) {
    let mut push = Push::new();
    let mut memo = Memo::default();
    let base = base();
    let mut changes = [(); 4].map(|()| Changes::new());
    let [first, second, third, fourth] = &mut changes;
    let rows = vec![
        Row::new("push by hand (floor)", || {
            first.time(|inputs, place| push.set(place, inputs[place]).0)
        }),
        Row::new("recompute all, layer by layer", || {
            second.time(|inputs, _| dag::recompute(inputs))
        }),
        Row::new("HashMap cleared and filled", || {
            third.time(|inputs, _| memo.root(inputs))
        }),
        Row::new("dug: tweak, root", || {
            base.run(|| {
                fourth.time(|inputs, place| {
                    tweak!(input(place as u32) => inputs[place]);
                    root()
                })
            })
        }),
    ];
    let figures = measure(rounds, rows);
    base.run(|| assert_eq!(root(), dag::recompute(&fourth.inputs)));
    let title = format!("Change one input, ask for the root; {work}");
    table(&title, "us", &figures);
}

fn compare_steps(rounds: usize, work: &str) {
    let mut push = Push::new();
    let (mut memo, mut inputs) = (Memo::default(), dag::inputs());
    let mut again = dag::inputs();
    let base = base();
    let rows = vec![
        Row::new("push by hand, there and back (floor)", || {
            steps(|place| {
                let before = push.input(place);
                black_box(push.set(place, before + 1));
                black_box(push.set(place, before));
            })
        }),
        Row::new("recompute all, twice", || {
            steps(|place| {
                inputs[place] += 1;
                black_box(dag::recompute(&inputs));
                inputs[place] -= 1;
                black_box(dag::recompute(&inputs));
            })
        }),
        Row::new("HashMap cleared and filled, twice", || {
            steps(|place| {
                again[place] += 1;
                black_box(memo.root(&again));
                again[place] -= 1;
                black_box(memo.root(&again));
            })
        }),
        Row::new("dug: with_context { tweak, root }, root", || {
            base.run(|| {
                root();
                steps(|place| {
                    black_box(step(place));
                })
            })
        }),
    ];
    let title = format!("What-if step, mean of {STEPS}; {work}");
    table(&title, "us", &measure(rounds, rows));
}

fn work_of(turns: u32) -> String {
    let time = time_ns(1000, || {
        for sum in 0..1000 {
            black_box(dag::work(black_box(sum)));
        }
    });
    match turns {
        0 => "nodes only add up".into(),
        _ => format!("{time:.0} ns of work per node"),
    }
}

/// What ran, checked against computing all of it.
fn print_runs() {
    let context = Context::new();
    context.enter(|| assert_eq!(root(), dag::recompute(&dag::inputs())));
    let built = context.stats().executions;
    let (mut ran, mut adopted, mut masked, mut pushed) = (0, 0, 0, 0);
    let mut push = Push::new();
    context.enter(|| {
        let expected = root();
        for place in (0..STEPS).map(chosen) {
            let inner = Context::new();
            let value = inner.enter(|| {
                tweak!(input(place as u32) => dag::input(place) + 1);
                root()
            });
            let before = push.input(place);
            let (by_hand, runs) = push.set(place, before + 1);
            assert_eq!(value, by_hand);
            pushed += runs;
            push.set(place, before);
            let stats = inner.stats();
            ran += stats.executions;
            adopted += stats.adopted;
            masked += stats.masked;
            assert_eq!(root(), expected);
        }
    });
    let mean = |count: u64| count as f64 / STEPS as f64;
    println!("\n### What runs\n");
    println!("- building runs {built} functions, the inputs that are asked for included");
    println!(
        "- a step masks {:.0} nodes, runs {:.0} functions and adopts {:.0}; push by hand runs {:.0}",
        mean(masked),
        mean(ran),
        mean(adopted),
        pushed as f64 / STEPS as f64
    );
}

fn print_heap() {
    println!("\n### What the heap keeps\n");
    with_context(|| {
        let built = heap(|| {
            root();
        });
        println!(
            "- the graph: {} KiB, {} allocations",
            built.live >> 10,
            built.allocations
        );
        for place in (0..STEPS).map(chosen) {
            step(place);
        }
        for count in [100, 10_000] {
            let grown = heap(|| {
                for place in (0..count).map(chosen) {
                    black_box(step(place));
                }
            });
            println!(
                "- {count} steps: {} bytes more, {} allocations per step",
                grown.live,
                grown.allocations / count as u64
            );
        }
    });
}

pub fn run(rounds: usize) {
    compare_build(rounds);
    print_runs();
    for turns in WORK {
        dag::set_work(turns);
        let work = work_of(turns);
        let rounds = if turns > 0 { rounds.min(7) } else { rounds };
        compare_changes(rounds, &work);
        compare_steps(rounds, &work);
    }
    dag::set_work(0);
    print_heap();
}
