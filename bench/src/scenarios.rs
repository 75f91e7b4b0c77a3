//! A sweep of many scenarios over the large graph of [`dag`](crate::dag): each
//! changes an input or two and asks for the top of a tree of sums over the last
//! layer. No two scenarios are equal, so that nothing can be had from one before.

use crate::dag::{self, Change, Push, Shape, Wide};
use crate::harness::{heap, mix, process_ns, ran, runs};
use crate::peers::salsa_graphs::Salsa;
use dug::{Here, Scenario, here, tracked, tweak, with_context};
use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;

const SCENARIOS: usize = 10_000;
/// Scenarios of a chunk: all that answer take their part of it in turn.
const CHUNK: usize = 1000;
/// What is measured of a chunk where a scenario takes long.
const SAMPLE: usize = 10;
/// Scenarios that the heap is looked at after.
const LOOKS: [usize; 3] = [100, 1000, SCENARIOS];

#[tracked]
fn input(place: u32) -> u64 {
    ran();
    dag::input(place as usize)
}

#[tracked]
fn node(layer: u32, place: u32) -> u64 {
    ran();
    dag::sum_of_three::<Wide>(layer as usize, place as usize, |other| match layer {
        1 => input(other as u32),
        _ => node(layer - 1, other as u32),
    })
}

#[tracked]
fn part(level: u32, place: u32) -> u64 {
    ran();
    dag::sum(Wide::beneath(place).map(|beneath| match level {
        1 => node(Wide::LAYERS as u32, beneath),
        _ => part(level - 1, beneath),
    }))
}

#[tracked]
fn top() -> u64 {
    ran();
    dag::sum(Wide::beneath(0).map(|beneath| part(Wide::LEVELS as u32, beneath)))
}

/// What a scenario changes: one input, and in every other one a second one anywhere.
type Changes = Vec<Change>;

fn changes(nth: usize) -> Changes {
    let places = (0..1 + nth % 2).map(|which| {
        let drawn = mix((2 * nth + which) as u64 + 77);
        (drawn % Wide::WIDTH as u64) as usize
    });
    let places: BTreeSet<usize> = places.collect();
    let shifted = |place| (place, dag::input(place) + 1 + nth as u64);
    places.into_iter().map(shifted).collect()
}

/// What dug answers in one scenario of the current context. The one place that says how it is entered.
fn answer(changes: &Changes) -> u64 {
    scenario(changes).enter(top)
}

fn scenario(changes: &Changes) -> Scenario {
    changes
        .iter()
        .fold(Scenario::new(), |scenario, (place, value)| {
            let tweaked = scenario.with(tweak!(in input(*place as u32) => *value));
            tweaked.expect("an input is tweaked once")
        })
}

/// What dug answers in each scenario, on so many threads or as many as are of use. The one place that says how they
/// are swept.
fn sweep(scenarios: &[Changes], threads: Option<usize>) -> Vec<u64> {
    let sweep = dug::sweep(scenarios.iter().map(scenario));
    let sweep = match threads {
        Some(threads) => sweep.threads(threads),
        None => sweep,
    };
    let answers = sweep.run(top);
    let answers = answers.into_results().into_iter();
    answers
        .map(|answer| answer.expect("nothing panics"))
        .collect()
}

/// A context whose top is computed.
fn base() -> Here {
    with_context(|| {
        top();
        here()
    })
}

fn push_there_and_back(push: &mut Push<Wide>, changes: &Changes) -> (u64, usize) {
    let before: Changes = changes
        .iter()
        .map(|(place, _)| (*place, push.input(*place)))
        .collect();
    let there = push.set(changes);
    push.set(&before);
    there
}

fn recompute(inputs: &mut [u64], changes: &Changes) -> u64 {
    let mut swap = changes.clone();
    for (place, value) in &mut swap {
        std::mem::swap(&mut inputs[*place], value);
    }
    let value = dag::recompute::<Wide>(inputs);
    for (place, before) in swap {
        inputs[place] = before;
    }
    value
}

fn salsa_answer(salsa: &mut Salsa, changes: &Changes) -> u64 {
    let mut before = Vec::with_capacity(changes.len());
    for (place, value) in changes {
        before.push((*place, salsa.input(*place)));
        salsa.set(*place, *value);
    }
    let value = salsa.top();
    for (place, value) in before {
        salsa.set(place, value);
    }
    value
}

/// A database whose top is computed.
fn salsa_base() -> Salsa {
    let salsa = Salsa::new::<Wide>();
    salsa.top();
    salsa
}

/// Answers scenarios, in the order given.
type Sweep<'a> = Box<dyn FnMut(&[Changes]) -> Vec<u64> + 'a>;

/// One line of the table, while it is measured.
struct Entrant<'a> {
    name: &'static str,
    /// How many scenarios of each chunk it takes.
    takes: usize,
    sweep: Sweep<'a>,
    answered: usize,
    cpu_us: f64,
    wall_s: f64,
}

impl<'a> Entrant<'a> {
    fn new(
        name: &'static str,
        takes: usize,
        sweep: impl FnMut(&[Changes]) -> Vec<u64> + 'a,
    ) -> Self {
        Entrant {
            name,
            takes,
            sweep: Box::new(sweep),
            answered: 0,
            cpu_us: 0.0,
            wall_s: 0.0,
        }
    }

    /// Answers its part of a chunk.
    fn take(&mut self, chunk: &[Changes]) -> Vec<u64> {
        let (cpu, wall) = (process_ns(), Instant::now());
        let answers = black_box((self.sweep)(&chunk[..self.takes]));
        self.cpu_us += (process_ns() - cpu) / 1000.0;
        self.wall_s += wall.elapsed().as_secs_f64();
        self.answered += answers.len();
        answers
    }
}

fn one_by_one<'a>(
    mut answer: impl FnMut(&Changes) -> u64 + 'a,
) -> impl FnMut(&[Changes]) -> Vec<u64> + 'a {
    move |scenarios| scenarios.iter().map(&mut answer).collect()
}

fn compare(scenarios: &[Changes], work: &str) {
    let [of_one, of_two, of_all] = [(); 3].map(|()| base());
    let mut salsa = salsa_base();
    let (mut push, mut inputs) = (Push::<Wide>::new(), dag::inputs::<Wide>());
    let mut entrants = vec![
        Entrant::new(
            "push by hand, there and back (floor)",
            CHUNK,
            one_by_one(|changes| push_there_and_back(&mut push, changes).0),
        ),
        Entrant::new(
            "brute force: recompute all, layer by layer",
            SAMPLE,
            one_by_one(|changes| recompute(&mut inputs, changes)),
        ),
        Entrant::new("dug: sweep, one thread", CHUNK, |chunk| {
            of_one.run(|| sweep(chunk, Some(1)))
        }),
        Entrant::new("dug: sweep, two threads", CHUNK, |chunk| {
            of_two.run(|| sweep(chunk, Some(2)))
        }),
        Entrant::new("dug: sweep, as many as are of use", CHUNK, |chunk| {
            of_all.run(|| sweep(chunk, None))
        }),
        Entrant::new(
            "salsa: set, top, restore",
            SAMPLE,
            one_by_one(|changes| salsa_answer(&mut salsa, changes)),
        ),
    ];
    for chunk in scenarios.chunks(CHUNK) {
        let mut expected = Vec::new();
        for entrant in &mut entrants {
            let answers = entrant.take(chunk);
            if expected.is_empty() {
                expected = answers;
            } else {
                assert_eq!(answers, expected[..answers.len()], "{}", entrant.name);
            }
        }
    }
    print_table(&entrants, work);
}

fn print_table(entrants: &[Entrant<'_>], work: &str) {
    println!("\n### {SCENARIOS} scenarios over a large graph; {work}\n");
    println!(
        "| | scenarios measured | CPU us per scenario | ratio | s for {SCENARIOS}, on the clock |"
    );
    println!("|---|---:|---:|---:|---:|");
    let mean = |entrant: &Entrant<'_>| entrant.cpu_us / entrant.answered as f64;
    for entrant in entrants {
        let whole = if entrant.answered < SCENARIOS {
            "by extrapolation "
        } else {
            ""
        };
        println!(
            "| {} | {} | {:.1} | {:.2} | {whole}{:.2} |",
            entrant.name,
            entrant.answered,
            mean(entrant),
            mean(entrant) / mean(&entrants[0]),
            entrant.wall_s * SCENARIOS as f64 / entrant.answered as f64
        );
    }
}

/// How many functions the changes really reach, the tree of sums included. The
/// inputs are not among them: they answer by a tweak.
fn cone(push: &mut Push<Wide>, changes: &Changes) -> u64 {
    let (_, ran) = push.set(changes);
    let mut places: BTreeSet<usize> = push.reached().collect();
    let mut tree = 0;
    for _ in 0..Wide::LEVELS {
        places = places.iter().map(|place| place / Wide::FAN).collect();
        tree += places.len();
    }
    (ran + tree) as u64
}

fn print_runs(scenarios: &[Changes]) {
    println!("\n### What runs\n");
    let mut push = Push::<Wide>::new();
    let (mut total, mut most, mut cones, mut exact) = (0, 0, 0, 0);
    let built = runs(|| drop(base()));
    let base = base();
    for changes in scenarios {
        let ran = runs(|| {
            black_box(base.run(|| answer(changes)));
        });
        let cone = cone(&mut push, changes);
        total += ran;
        most = most.max(ran);
        cones += cone;
        exact += usize::from(ran == cone);
    }
    let mean = |count: u64| count as f64 / scenarios.len() as f64;
    println!("- building runs {built} functions, the inputs included");
    println!(
        "- dug: a scenario runs {:.1} functions, {most} at most; it reaches {:.1}; \
         in {exact} of {} the two are equal",
        mean(total),
        mean(cones),
        scenarios.len()
    );
    let few = &scenarios[..SAMPLE];
    let again = runs(|| {
        base.run(|| black_box(sweep(few, Some(1))));
    });
    println!("- dug: the first {SAMPLE} again run {again} functions in all");
    with_context(|| {
        let counted = few[..3].iter().map(|changes| {
            runs(|| {
                black_box(answer(changes));
            })
        });
        let counted: Vec<u64> = counted.collect();
        println!("- dug, nothing asked outside: the first three run {counted:?} functions");
    });
    let mut salsa = salsa_base();
    let ran = runs(|| {
        for changes in few {
            black_box(salsa_answer(&mut salsa, changes));
        }
    });
    println!(
        "- salsa: the first {SAMPLE} run {:.1} functions each, what the one before had reached included",
        ran as f64 / SAMPLE as f64
    );
}

fn print_heap(scenarios: &[Changes]) {
    println!("\n### What the heap keeps\n");
    println!(
        "| | the graph, KiB | scenarios | KiB more after them | at most meanwhile | allocations per scenario |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    let mut kept = None;
    let built = heap(|| kept = Some(base()));
    let base = kept.expect("it was built");
    print_growth("dug", built.live, &LOOKS, scenarios, |part| {
        black_box(base.run(|| sweep(part, Some(1))));
    });
    let mut kept = None;
    let built = heap(|| kept = Some(salsa_base()));
    let mut salsa = kept.expect("it was built");
    print_growth("salsa", built.live, &LOOKS[..1], scenarios, |part| {
        for changes in part {
            black_box(salsa_answer(&mut salsa, changes));
        }
    });
}

/// What is kept of the scenarios after more and more of them.
fn print_growth(
    who: &str,
    built: i64,
    looks: &[usize],
    scenarios: &[Changes],
    mut sweep: impl FnMut(&[Changes]),
) {
    let (mut done, mut live, mut peak, mut allocations) = (0, 0, 0, 0);
    for look in looks {
        let grown = heap(|| sweep(&scenarios[done..*look]));
        done = *look;
        peak = peak.max(live + grown.peak);
        live += grown.live;
        allocations += grown.allocations;
        println!(
            "| {who} | {} | {done} | {:.1} | {:.1} | {} |",
            built >> 10,
            live as f64 / 1024.0,
            peak as f64 / 1024.0,
            allocations / done as u64
        );
    }
}

/// In chunks, not in rounds: every scenario is answered once for each amount of work.
pub fn run(_rounds: usize) {
    let scenarios: Vec<Changes> = (0..SCENARIOS).map(changes).collect();
    for turns in dag::WORK {
        dag::set_work(turns);
        let work = dag::work_of(turns);
        compare(&scenarios, &work);
    }
    dag::set_work(0);
    print_runs(&scenarios);
    print_heap(&scenarios);
}
