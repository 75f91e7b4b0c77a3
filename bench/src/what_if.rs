//! A change and a what-if on the small graph of [`dag`](crate::dag), dug beside salsa.

use crate::dag::{self, Layered, Memo, Push, Shape};
use crate::harness::{Row, heap, measure, mix, runs, table, time_ns};
use crate::peer::Salsa;
use dug::{Context, Here, here, tracked, tweak, with_context};
use std::hint::black_box;

/// Changes for one sample.
const CHANGES: usize = 20;
/// Steps for one sample.
const STEPS: usize = 100;
/// Steps for salsa's heap: it takes longer for one.
const FEW_STEPS: usize = 1000;
const WIDTH: usize = Layered::WIDTH;

#[tracked]
fn input(place: u32) -> u64 {
    dag::input(place as usize)
}

#[tracked]
fn node(layer: u32, place: u32) -> u64 {
    dag::sum_of_three::<Layered>(layer as usize, place as usize, |other| match layer {
        1 => input(other as u32),
        _ => node(layer - 1, other as u32),
    })
}

#[tracked]
fn root() -> u64 {
    dag::sum((0..WIDTH as u32).map(|place| node(Layered::LAYERS as u32, place)))
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
            inputs: dag::inputs::<Layered>(),
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

fn salsa_step(salsa: &mut Salsa, place: usize) -> (u64, u64) {
    let before = salsa.input(place);
    salsa.set(place, before + 1);
    let inside = salsa.root();
    salsa.set(place, before);
    (inside, salsa.root())
}

/// A database whose root is computed.
fn salsa_base() -> Salsa {
    let salsa = Salsa::new::<Layered>();
    salsa.root();
    salsa
}

/// Mean time of the steps, in microseconds.
fn steps(mut step: impl FnMut(usize)) -> f64 {
    time_ns(STEPS * 1000, || (0..STEPS).map(chosen).for_each(&mut step))
}

fn compare_build(rounds: usize) {
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
    ];
    table(
        "The layered graph: build",
        "us",
        &measure(rounds.min(9), rows),
    );
}

fn compare_changes(rounds: usize, work: &str) {
    let mut push = Push::<Layered>::new();
    let mut memo = Memo::default();
    let (base, mut salsa) = (base(), salsa_base());
    let mut changes = [(); 5].map(|()| Changes::new());
    let [first, second, third, fourth, fifth] = &mut changes;
    let rows = vec![
        Row::new("push by hand (floor)", || {
            first.time(|inputs, place| push.set(&[(place, inputs[place])]).0)
        }),
        Row::new("recompute all, layer by layer", || {
            second.time(|inputs, _| dag::recompute::<Layered>(inputs))
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
        Row::new("salsa: set, root", || {
            fifth.time(|inputs, place| {
                salsa.set(place, inputs[place]);
                salsa.root()
            })
        }),
    ];
    let figures = measure(rounds, rows);
    base.run(|| assert_eq!(root(), dag::recompute::<Layered>(&fourth.inputs)));
    assert_eq!(salsa.root(), dag::recompute::<Layered>(&fifth.inputs));
    let title = format!("Change one input, ask for the root; {work}");
    table(&title, "us", &figures);
}

fn compare_steps(rounds: usize, work: &str) {
    let mut push = Push::<Layered>::new();
    let (mut memo, mut inputs) = (Memo::default(), dag::inputs::<Layered>());
    let mut again = dag::inputs::<Layered>();
    let (base, mut salsa) = (base(), salsa_base());
    let rows = vec![
        Row::new("push by hand, there and back (floor)", || {
            steps(|place| {
                let before = push.input(place);
                black_box(push.set(&[(place, before + 1)]));
                black_box(push.set(&[(place, before)]));
            })
        }),
        Row::new("recompute all, twice", || {
            steps(|place| {
                inputs[place] += 1;
                black_box(dag::recompute::<Layered>(&inputs));
                inputs[place] -= 1;
                black_box(dag::recompute::<Layered>(&inputs));
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
        Row::new("salsa: set, root, restore, root", || {
            steps(|place| {
                black_box(salsa_step(&mut salsa, place));
            })
        }),
    ];
    let title = format!("What-if step, mean of {STEPS}; {work}");
    table(&title, "us", &measure(rounds, rows));
}

/// What ran, checked against computing all of it.
fn print_runs() {
    let context = Context::new();
    context.enter(|| assert_eq!(root(), dag::recompute::<Layered>(&dag::inputs::<Layered>())));
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
    let mean = |count: u64| count as f64 / STEPS as f64;
    println!("\n### What runs\n");
    println!("- building runs {built} functions, the inputs that are asked for included");
    println!(
        "- a step masks {:.0} nodes, runs {:.0} functions and adopts {:.0}; push by hand runs {:.0}, \
         salsa, there and back, {:.0}",
        mean(masked),
        mean(ran),
        mean(adopted),
        mean(pushed as u64),
        mean(salsa_ran)
    );
}

fn print_heap() {
    println!("\n### What the heap keeps\n");
    with_context(|| {
        print_built("dug", || {
            root();
        });
        // The first context of a thread costs more than those after it.
        (0..STEPS).map(chosen).for_each(|place| {
            step(place);
        });
        for count in [100, 10_000] {
            print_grown("dug", count, |place| {
                black_box(step(place));
            });
        }
    });
    let mut salsa = None;
    print_built("salsa", || salsa = Some(salsa_base()));
    let mut salsa = salsa.expect("it was built");
    for count in [100, FEW_STEPS] {
        print_grown("salsa", count, |place| {
            black_box(salsa_step(&mut salsa, place));
        });
    }
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

pub fn run(rounds: usize) {
    compare_build(rounds);
    print_runs();
    for turns in dag::WORK {
        dag::set_work(turns);
        let work = dag::work_of(turns);
        let rounds = if turns > 0 { rounds.min(7) } else { rounds };
        compare_changes(rounds, &work);
        compare_steps(rounds, &work);
    }
    dag::set_work(0);
    print_heap();
}
