//! Owns the tracked functions under test, and the programs that run in them.
//! What is done with single nodes, by index, is in `nodes`.

use crate::body::Body;
use crate::evaluate::Outcome;
use crate::interpret::{Halt, number};
use crate::program::{Expr, Kind, Program};
use dug::{Tracked, tracked};
use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

#[tracked]
pub fn leaf(program: u64, index: u32) -> i64 {
    infallible(run_body(program, index, None))
}

#[tracked]
pub fn op(program: u64, index: u32) -> i64 {
    infallible(run_body(program, index, None))
}

#[tracked]
pub fn other(program: u64, index: u32) -> i64 {
    infallible(run_body(program, index, None))
}

#[tracked(fingerprint = graph)]
pub fn by_graph(program: u64, index: u32) -> i64 {
    infallible(run_body(program, index, None))
}

#[tracked]
pub fn fallible(program: u64, index: u32) -> Result<i64, i64> {
    run_body(program, index, None)
}

#[tracked(cache_err)]
pub fn named(program: u64, index: &str) -> Result<i64, i64> {
    run_body(program, index.parse().unwrap_or(0), None)
}

#[tracked(in_memory)]
pub fn opaque(program: u64, index: u32) -> Opaque {
    Opaque(infallible(run_body(program, index, None)))
}

#[tracked]
pub fn handle(program: u64, index: u32) -> Tracked<i64> {
    // A handle that is passed on belongs to this node from then on.
    if let Some(live) = found(program)
        && let Expr::Ask(node) = live.program.nodes[index as usize].body
        && live.program.kind(node) == Kind::Handle
    {
        live.runs[index as usize].fetch_add(1, Ordering::SeqCst);
        return handle(program, node);
    }
    Tracked::new(infallible(run_body(program, index, None)))
}

#[tracked]
pub fn through(program: u64, index: u32, handle: Tracked<i64>) -> i64 {
    infallible(run_body(program, index, Some(handle)))
}

/// A result that can be neither compared nor serialized.
#[derive(Clone)]
pub struct Opaque(pub i64);

/// The payload of the bodies' own panics.
struct Boom(i64);

/// Panics as a body does.
pub fn boom(value: i64) -> ! {
    resume_unwind(Box::new(Boom(value)))
}

/// A program that runs, found by the key that its nodes carry.
pub struct Live {
    pub key: u64,
    pub program: Arc<Program>,
    /// Whether bodies take their time, so that threads meet.
    slow: bool,
    runs: Vec<AtomicU64>,
    /// How often closures of tweaks have run.
    pub closures: AtomicU64,
    complaints: Mutex<Vec<String>>,
    /// For each node whose calls have a handle, one that holds another number: names are told by ids.
    pub names: Vec<Option<Tracked<i64>>>,
}

static LIVE: RwLock<BTreeMap<u64, Arc<Live>>> = RwLock::new(BTreeMap::new());

impl Live {
    /// Makes the program known; its key is new.
    pub fn start(program: Program, slow: bool) -> Arc<Live> {
        static KEYS: AtomicU64 = AtomicU64::new(1);
        Live::start_as(KEYS.fetch_add(1, Ordering::Relaxed), program, slow)
    }

    /// Makes a program known that has its key from another process, or from another version of it.
    pub fn start_as(key: u64, program: Program, slow: bool) -> Arc<Live> {
        let runs = program.nodes.iter().map(|_| AtomicU64::new(0)).collect();
        let live = Arc::new(Live {
            key,
            slow,
            runs,
            closures: AtomicU64::new(0),
            complaints: Mutex::default(),
            names: crate::nodes::names(key, &program),
            program: Arc::new(program),
        });
        LIVE.write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, live.clone());
        live
    }

    /// Forgets the program.
    pub fn stop(&self) {
        LIVE.write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
    }

    /// How often each body has run so far.
    pub fn runs(&self) -> Vec<u64> {
        self.runs
            .iter()
            .map(|count| count.load(Ordering::SeqCst))
            .collect()
    }

    /// What bodies found wrong while they ran, each once.
    pub fn complaints(&self) -> Vec<String> {
        std::mem::take(
            &mut *self
                .complaints
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Notes what a body found wrong.
    pub fn complain(&self, text: String) {
        self.complaints
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(text);
    }
}

/// What a call does, panics included.
pub fn observe(call: impl FnOnce() -> Outcome) -> Outcome {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|payload| blame(&*payload))
}

/// What a panic is.
pub fn blame(payload: &(dyn Any + Send)) -> Outcome {
    if let Some(Boom(value)) = payload.downcast_ref() {
        return Outcome::Panic(*value);
    }
    if let Some(dug::Error::Cycle { .. }) = payload.downcast_ref() {
        return Outcome::Cycle;
    }
    let text = match (
        payload.downcast_ref::<String>(),
        payload.downcast_ref::<&str>(),
    ) {
        (Some(text), _) => text.as_str(),
        (None, Some(text)) => text,
        (None, None) => "a panic with a payload that is no text",
    };
    if text.contains("depends on itself") {
        return Outcome::Cycle;
    }
    Outcome::Refused(text.to_owned())
}

/// The program that runs under the key. Nothing is held: what is called next looks, too.
fn found(key: u64) -> Option<Arc<Live>> {
    let live = LIVE.read().unwrap_or_else(PoisonError::into_inner);
    live.get(&key).cloned()
}

fn infallible(result: Result<i64, i64>) -> i64 {
    result.unwrap_or_else(|code| code)
}

fn run_body(key: u64, index: u32, given: Option<Tracked<i64>>) -> Result<i64, i64> {
    let Some(live) = found(key) else {
        return Err(i64::MIN);
    };
    let count = live.runs[index as usize].fetch_add(1, Ordering::SeqCst);
    if live.slow {
        match (count + u64::from(index)) % 8 {
            0 => std::thread::sleep(Duration::from_micros(20)),
            _ => std::thread::yield_now(),
        }
    }
    let body: &Expr = &live.program.nodes[index as usize].body;
    match number(&mut Body::new(live.clone(), index, given), body) {
        Ok(value) => Ok(value),
        Err(Halt::Fail(code)) => Err(code),
        Err(other) => resume_unwind(Box::new(format!("a body ended by {other:?}"))),
    }
}
