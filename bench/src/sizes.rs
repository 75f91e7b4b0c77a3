//! The same what-if in ever larger caches: copies of the small graph of [`dag`], of which a
//! what-if changes one input and asks for one root. What it reaches does not grow, so neither should
//! what it costs.

use crate::dag::{self, Layered, Push, Shape};
use crate::harness::{Figures, Row, heap, measure, mix, most_memory, time_ns};
use crate::peers::salsa_graphs::Salsa;
use dug::{Context, Here, here, tracked, tweak, with_context};
use std::hint::black_box;

const SIZES: [usize; 4] = [1, 10, 100, 1000];
/// Steps for one sample.
const STEPS: usize = 50;
/// What dug, salsa and the graph by hand take together for one copy, in MiB, with some room.
const ROOM: usize = 6;

#[tracked]
fn input(_copy: u32, place: u32) -> u64 {
    dag::input(place as usize)
}

#[tracked]
fn node(copy: u32, layer: u32, place: u32) -> u64 {
    dag::sum_of_three::<Layered>(layer as usize, place as usize, |other| match layer {
        1 => input(copy, other as u32),
        _ => node(copy, layer - 1, other as u32),
    })
}

#[tracked]
fn root(copy: u32) -> u64 {
    let width = Layered::WIDTH as u32;
    dag::sum((0..width).map(|place| node(copy, Layered::LAYERS as u32, place)))
}

/// So many copies, all of which are computed.
struct Copies {
    count: usize,
    place: Here,
    heap: i64,
    salsa: Salsa,
    by_hand: Vec<Push<Layered>>,
}

impl Copies {
    fn new(count: usize) -> Self {
        let mut place = None;
        let built = heap(|| {
            place = Some(with_context(|| {
                (0..count as u32).for_each(|copy| {
                    root(copy);
                });
                here()
            }));
        });
        let salsa = Salsa::copies::<Layered>(count);
        (0..count).for_each(|copy| {
            salsa.root_of(copy);
        });
        Copies {
            count,
            place: place.expect("it was built"),
            heap: built.live,
            salsa,
            by_hand: (0..count).map(|_| Push::new()).collect(),
        }
    }
}

/// Where the steps of a sample are.
#[derive(Clone, Copy)]
enum Where {
    /// In one copy.
    Near,
    /// In one copy after another, as far as there are copies.
    Spread,
}

/// The copies and inputs that the steps are about; the inputs are the same whatever the number of copies.
fn chosen(count: usize, wherever: Where) -> impl Iterator<Item = (usize, usize)> {
    (0..STEPS).map(move |nth| {
        let copy = match wherever {
            Where::Near => count / 2,
            Where::Spread => mix(nth as u64) as usize % count,
        };
        (copy, mix(nth as u64 + 77) as usize % Layered::WIDTH)
    })
}

/// Mean time of the steps, in microseconds.
fn steps(count: usize, wherever: Where, mut step: impl FnMut(usize, usize)) -> f64 {
    time_ns(STEPS * 1000, || {
        chosen(count, wherever).for_each(|(copy, place)| step(copy, place));
    })
}

fn dug_step(copy: usize, place: usize) -> (u64, u64) {
    let inside = with_context(|| {
        tweak!(input(copy as u32, place as u32) => dag::input(place) + 1);
        root(copy as u32)
    });
    (inside, root(copy as u32))
}

fn salsa_step(salsa: &mut Salsa, copy: usize, place: usize) -> (u64, u64) {
    let at = copy * Layered::WIDTH + place;
    let before = salsa.input(at);
    salsa.set(at, before + 1);
    let inside = salsa.root_of(copy);
    salsa.set(at, before);
    (inside, salsa.root_of(copy))
}

fn step_by_hand(push: &mut Push<Layered>, place: usize) -> (u64, u64) {
    let before = push.input(place);
    let inside = push.set(&[(place, before + 1)]).0;
    (inside, push.set(&[(place, before)]).0)
}

fn compare(rounds: usize, all: &mut [Copies], wherever: Where, title: &str) {
    let sizes: Vec<usize> = all.iter().map(|copies| copies.count).collect();
    let (mut dug, mut salsa, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for copies in all {
        let (count, place) = (copies.count, &copies.place);
        let (graphs, database) = (&mut copies.by_hand, &mut copies.salsa);
        rows.push(Row::new("push by hand, there and back", move || {
            steps(count, wherever, |copy, place| {
                black_box(step_by_hand(&mut graphs[copy], place));
            })
        }));
        dug.push(Row::new(
            "dug: with_context { tweak, root }, root",
            move || {
                place.run(|| {
                    steps(count, wherever, |copy, place| {
                        black_box(dug_step(copy, place));
                    })
                })
            },
        ));
        salsa.push(Row::new("salsa: set, root, restore, root", move || {
            steps(count, wherever, |copy, place| {
                black_box(salsa_step(database, copy, place));
            })
        }));
    }
    rows.append(&mut dug);
    rows.append(&mut salsa);
    print(title, &sizes, &measure(rounds, rows));
}

/// A line for each that answers, with its figures for all sizes.
fn print(title: &str, sizes: &[usize], figures: &[Figures]) {
    println!("\n### {title}\n");
    let columns: String = sizes
        .iter()
        .map(|count| format!(" {count}x, us |"))
        .collect();
    println!("| medians |{columns} last against first | of mins |");
    println!("|---|{}---:|---:|", "---:|".repeat(sizes.len()));
    for of_one in figures.chunks(sizes.len()) {
        let (first, last) = (&of_one[0], &of_one[of_one.len() - 1]);
        let medians = of_one
            .iter()
            .map(|figures| format!(" {:.1} |", figures.median));
        println!(
            "| {} |{} {:.2} | {:.2} |",
            first.name,
            medians.collect::<String>(),
            last.median / first.median,
            last.min / first.min
        );
    }
}

/// Nodes masked, functions run and adopted by one step.
type Counts = [u64; 3];

/// What the steps do, checked against the graph by hand.
fn counts(copies: &mut Copies, wherever: Where) -> Vec<Counts> {
    let (place, graphs) = (&copies.place, &mut copies.by_hand);
    let count = |(copy, at): (usize, usize)| {
        let inner = Context::new();
        let inside = inner.enter(|| {
            tweak!(input(copy as u32, at as u32) => dag::input(at) + 1);
            root(copy as u32)
        });
        let answers = (inside, root(copy as u32));
        assert_eq!(answers, step_by_hand(&mut graphs[copy], at));
        let stats = inner.stats();
        [stats.masked, stats.executions, stats.adopted]
    };
    place.run(|| chosen(copies.count, wherever).map(count).collect())
}

fn print_counts(all: &mut [Copies]) {
    println!("\n### What the steps touch, in the mean\n");
    println!("| | nodes masked | functions run | adopted | the cache, MiB | KiB per copy |");
    println!("|---|---:|---:|---:|---:|---:|");
    let expected = counts(&mut all[0], Where::Near);
    for copies in all {
        for wherever in [Where::Near, Where::Spread] {
            assert_eq!(counts(copies, wherever), expected, "{}x", copies.count);
        }
        let mean = |which: usize| {
            let sum: u64 = expected.iter().map(|counts| counts[which]).sum();
            sum as f64 / STEPS as f64
        };
        println!(
            "| {}x | {:.2} | {:.2} | {:.2} | {:.1} | {:.0} |",
            copies.count,
            mean(0),
            mean(1),
            mean(2),
            copies.heap as f64 / (1 << 20) as f64,
            copies.heap as f64 / 1024.0 / copies.count as f64
        );
    }
    println!(
        "\nThe counts are equal step by step, whatever the number of copies and wherever the steps are."
    );
}

/// MiB that the system can spare.
fn spare_memory() -> Option<usize> {
    let all = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = all
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: usize = line.trim().trim_end_matches("kB").trim_end().parse().ok()?;
    Some(kib >> 10)
}

pub fn run(rounds: usize) {
    let spare = spare_memory().unwrap_or(usize::MAX);
    let fits = |count: &usize| count.saturating_mul(ROOM) < spare;
    let (fitting, left_out): (Vec<usize>, Vec<usize>) = SIZES.iter().partition(|count| fits(count));
    if !left_out.is_empty() {
        println!("\nLeft out for lack of memory: {left_out:?} copies.");
    }
    let mut all: Vec<Copies> = fitting.into_iter().map(Copies::new).collect();
    print_counts(&mut all);
    let rounds = rounds.min(9);
    let near = format!("The same what-if in a larger cache, mean of {STEPS}, always in one copy");
    compare(rounds, &mut all, Where::Near, &near);
    let spread =
        format!("The same, each step in another copy as far as there are, mean of {STEPS}");
    compare(rounds, &mut all, Where::Spread, &spread);
    println!("\nThe process had {} MiB in use at most.", most_memory());
}
