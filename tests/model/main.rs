//! The model check: random programs and random sessions against an evaluator
//! that never caches.
//!
//! | variable | meaning |
//! |---|---|
//! | `DUG_MODEL_CASES` | number of cases of each test that runs (default 5000 small ones, 1000 with one thread, 100 with several; with stores 2000, 500 and 50) |
//! | `DUG_MODEL_SEED` | the first seed (default 1); case `i` has the seed `first + i` |
//! | `DUG_MODEL_REPLAY` | a seed, or the path of a file with a case as it was printed: runs that alone |
//!
//! `program`, `tweaks`, `scenario`, `session`: what a case is. `grow`, `session::draw`, `stored`: how it is
//! drawn from a seed; `grow::small`, `session::small`: small ones; `session::enrich`: values from outside, handles,
//! and what is deleted from stores, in some
//! cases; `session::excuse`: policies, and what is accepted. `interpret`: what a body means. `functions`, `nodes`, `body`, `typed`: how dug runs it.
//! `world`: files and bindings, by the session's account. `evaluate`: how it is answered without a cache.
//! `run`, `frame`, `act`, `booked`, `question`, `outside`, `together`: how a session is done and checked.
//! `leeway`, `past`, `possible`: policies and acceptances, by which more than one answer is right.
//! `expect`, `asleep`, `again`: what must not run again. `stored`: stores, restarts, versions of the code.
//! `elsewhere`: scenarios in another process. `shrink`: how a failing case is made small.
//!
//! Answers are always checked. What may run is not counted where it is hard to foretell: calls with handles
//! beneath contexts of bodies, above handles that relative tweaks have made, after results were collected, in
//! contexts with policies, and once something was accepted.

mod act;
mod again;
mod asleep;
mod body;
mod booked;
mod elsewhere;
mod evaluate;
mod expect;
mod frame;
mod functions;
mod grow;
mod interpret;
mod leeway;
mod nodes;
mod outside;
mod past;
mod possible;
mod program;
mod question;
mod random;
mod run;
mod scenario;
mod session;
mod shrink;
mod stored;
mod together;
mod tweaks;
mod typed;
mod world;

use session::Case;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};
use stored::stored;

/// How long one case may take before it counts as hanging.
const DEADLINE: Duration = Duration::from_secs(120);

/// How often a failing case with threads is tried again while it is shrunk.
const TRIES: u32 = 12;

#[test]
fn model_small() {
    check(session::small, false, false, 5000);
}

#[test]
fn model_one_thread() {
    check(|seed| session::case(seed, false), false, false, 1000);
}

#[test]
fn model_threads() {
    check(|seed| session::case(seed, true), true, false, 100);
}

#[test]
fn model_stored_small() {
    check(|seed| stored(session::small(seed)), false, true, 2000);
}

#[test]
fn model_stored() {
    check(|seed| stored(session::case(seed, false)), false, true, 500);
}

#[test]
fn model_stored_threads() {
    check(|seed| stored(session::case(seed, true)), true, true, 50);
}

fn check(case: fn(u64) -> Case, threads: bool, stored: bool, default_cases: u64) {
    quiet_panics();
    let setting = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
    let number = |name, default| setting(name).map_or(default, |text| text.parse().expect(name));
    let cases: Box<dyn Iterator<Item = Case>> = match setting("DUG_MODEL_REPLAY") {
        Some(text) => match text.parse() {
            Ok(seed) => Box::new(std::iter::once(case(seed))),
            Err(_) => {
                let text = std::fs::read_to_string(&text)
                    .expect("DUG_MODEL_REPLAY is neither a seed nor a readable file");
                let case: Case = serde_json::from_str(&text).expect("the replayed file is no case");
                Box::new(
                    Some(case)
                        .filter(|case| case.threads == threads && case.store.is_some() == stored)
                        .into_iter(),
                )
            }
        },
        None => {
            let first = number("DUG_MODEL_SEED", 1);
            let count = number("DUG_MODEL_CASES", default_cases);
            Box::new((0..count).map(move |offset| case(first.wrapping_add(offset))))
        }
    };
    for case in cases {
        if let Some(fault) = fails(&case) {
            report(case, fault);
        }
    }
}

/// How the case fails, if it does.
fn fails(case: &Case) -> Option<String> {
    let _watch = Watch::start(case);
    let fault = run::run(case).err()?;
    let panic = LAST_PANIC
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let at = if fault.contains("panic") || fault.contains("Refused") {
        panic
    } else {
        None
    };
    Some(at.map_or(fault.clone(), |at| {
        format!("{fault} (the last panic was {at})")
    }))
}

fn report(case: Case, fault: String) {
    let seed = case.seed;
    let first = format!("seed {seed}: {fault}");
    let tries = if case.threads { TRIES } else { 1 };
    let (small, fault) = shrink::shrink(case, fault, &|case| (0..tries).find_map(|_| fails(case)));
    let text = serde_json::to_string(&small).unwrap_or_default();
    let file = format!("{}/model-{seed}.json", env!("CARGO_TARGET_TMPDIR"));
    let written = std::fs::write(&file, &text).is_ok();
    let replay = if written {
        file
    } else {
        "<a file with the line above>".to_owned()
    };
    panic!(
        "{MARK}\n  {first}\n  shrunk: {fault}\n\n{}\n{text}\n\nreplay: DUG_MODEL_REPLAY={replay} (shrunk) or DUG_MODEL_REPLAY={seed} (as drawn)\n",
        listed(&small),
    );
}

/// The case as a person reads it.
fn listed(case: &Case) -> String {
    let nodes = case
        .program
        .nodes
        .iter()
        .enumerate()
        .map(|(index, def)| format!("  {index}: {:?} {:?}\n", def.kind, def.body));
    let pool = case.pool.iter().enumerate();
    let pool = pool.map(|(index, level)| format!("  {index}: {level:?}\n"));
    let steps = case.steps.iter().map(|step| format!("  {step:?}\n"));
    let other = |(index, def): (usize, &program::Def)| {
        let changed = case.program.nodes[index].body != def.body;
        changed.then(|| format!("  {index}: {:?}\n", def.body))
    };
    let versions = case.versions.iter().zip(1..).map(|(version, number)| {
        let nodes = version.nodes.iter().enumerate().filter_map(other);
        format!("version {number}\n{}", nodes.collect::<String>())
    });
    format!(
        "nodes\n{}{}stores {:?}\nscenarios, kept {:?}\n{}steps\n{}",
        nodes.collect::<String>(),
        versions.collect::<String>(),
        case.store,
        case.keeps,
        pool.collect::<String>(),
        steps.collect::<String>()
    )
}

/// How the reports of this test begin; all other panics are part of the cases.
const MARK: &str = "the model check failed";

static LAST_PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Bodies panic all the time: only the reports are printed, of the others the last is remembered.
fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let text = info.payload_as_str().unwrap_or_default();
            if text.starts_with(MARK) || std::env::var_os("DUG_MODEL_LOUD").is_some() {
                loud(info);
            } else if !text.contains("depends on itself") {
                *LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner) = Some(info.to_string());
            }
        }));
    });
}

/// Aborts the process if it lives too long: a case that hangs cannot fail otherwise.
struct Watch(u64);

/// The cases that run, and since when.
static WATCHED: Mutex<BTreeMap<u64, (Instant, Case)>> = Mutex::new(BTreeMap::new());

fn watched() -> MutexGuard<'static, BTreeMap<u64, (Instant, Case)>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watch {
    fn start(case: &Case) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        static ONCE: Once = Once::new();
        ONCE.call_once(|| drop(std::thread::spawn(abort_what_hangs)));
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        watched().insert(number, (Instant::now(), case.clone()));
        Watch(number)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        watched().remove(&self.0);
    }
}

fn abort_what_hangs() {
    loop {
        std::thread::sleep(Duration::from_secs(1));
        for (start, case) in watched().values() {
            if start.elapsed() > DEADLINE {
                let text = serde_json::to_string(case).unwrap_or_default();
                let (seed, listed) = (case.seed, listed(case));
                // What is printed would be held back by the test, and be lost.
                let said = format!("{MARK}: seed {seed} hangs\n\n{listed}\n{text}\n");
                let _ = std::io::stderr().write_all(said.as_bytes());
                std::process::abort();
            }
        }
    }
}
