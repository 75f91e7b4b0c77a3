//! Owns the tracked functions under test and all that touches dug's names for
//! single nodes: asking, tweaking and asking about them by index.

use crate::body::Body;
use crate::evaluate::Outcome;
use crate::interpret::{Halt, number};
use crate::program::{Answer, Expr, Kind, Program};
use dug::{node, tracked};
use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

#[tracked]
pub fn leaf(program: u64, index: u32) -> i64 {
    infallible(run_body(program, index))
}

#[tracked]
pub fn op(program: u64, index: u32) -> i64 {
    infallible(run_body(program, index))
}

#[tracked]
pub fn other(program: u64, index: u32) -> i64 {
    infallible(run_body(program, index))
}

#[tracked(fingerprint = graph)]
pub fn by_graph(program: u64, index: u32) -> i64 {
    infallible(run_body(program, index))
}

#[tracked]
pub fn fallible(program: u64, index: u32) -> Result<i64, i64> {
    run_body(program, index)
}

#[tracked(cache_err)]
pub fn named(program: u64, index: &str) -> Result<i64, i64> {
    run_body(program, index.parse().unwrap_or(0))
}

#[tracked(in_memory)]
pub fn opaque(program: u64, index: u32) -> Opaque {
    Opaque(infallible(run_body(program, index)))
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
    pub program: Program,
    /// Whether bodies take their time, so that threads meet.
    slow: bool,
    runs: Vec<AtomicU64>,
    /// How often closures of tweaks have run.
    pub closures: AtomicU64,
    complaints: Mutex<Vec<String>>,
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
            program,
            slow,
            runs,
            closures: AtomicU64::new(0),
            complaints: Mutex::default(),
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

/// Binds `$name` to the `Node` of an index, whatever function it belongs to.
macro_rules! with_node {
    ($live:expr, $index:expr, $name:ident => $then:expr) => {{
        let (key, index): (u64, u32) = ($live.key, $index);
        let text = index.to_string();
        match $live.program.kind(index) {
            Kind::Leaf => {
                let $name = node!(leaf(key, index));
                $then
            }
            Kind::Op => {
                let $name = op::node(key, index);
                $then
            }
            Kind::Other => {
                let $name = node!(other(key, index));
                $then
            }
            Kind::ByGraph => {
                let $name = node!(by_graph(key, index));
                $then
            }
            Kind::Fallible => {
                let $name = node!(fallible(key, index));
                $then
            }
            Kind::Named => {
                let $name = node!(named(key, &text));
                $then
            }
            Kind::Opaque => {
                let $name = node!(opaque(key, index));
                $then
            }
        }
    }};
}

/// The results of the functions, seen as answers.
pub trait Fits: Sized {
    fn answer(self) -> Answer;
    fn fit(answer: Answer) -> Self;
}

impl Fits for i64 {
    fn answer(self) -> Answer {
        Answer::Value(self)
    }
    fn fit(answer: Answer) -> Self {
        match answer {
            Answer::Value(value) | Answer::Error(value) => value,
        }
    }
}

impl Fits for Opaque {
    fn answer(self) -> Answer {
        Answer::Value(self.0)
    }
    fn fit(answer: Answer) -> Self {
        Opaque(i64::fit(answer))
    }
}

impl Fits for Result<i64, i64> {
    fn answer(self) -> Answer {
        self.map_or_else(Answer::Error, Answer::Value)
    }
    fn fit(answer: Answer) -> Self {
        match answer {
            Answer::Value(value) => Ok(value),
            Answer::Error(code) => Err(code),
        }
    }
}

impl Live {
    /// An ordinary call.
    pub fn ask(&self, index: u32) -> Answer {
        let key = self.key;
        match self.program.kind(index) {
            Kind::Leaf => leaf(key, index).answer(),
            Kind::Op => op(key, index).answer(),
            Kind::Other => other(key, index).answer(),
            Kind::ByGraph => by_graph(key, index).answer(),
            Kind::Fallible => fallible(key, index).answer(),
            Kind::Named => named(key, &index.to_string()).answer(),
            Kind::Opaque => opaque(key, index).answer(),
        }
    }

    /// What an ordinary call does.
    pub fn call(&self, index: u32) -> Outcome {
        observe(|| Outcome::Answer(self.ask(index)))
    }

    /// What `Node::call` does.
    pub fn call_node(&self, index: u32) -> Outcome {
        observe(|| with_node!(self, index, node => Outcome::Answer(node.call().answer())))
    }

    /// What `Node::try_call` does.
    pub fn try_call(&self, index: u32) -> Outcome {
        observe(|| {
            with_node!(self, index, node => match node.try_call() {
                Ok(result) => Outcome::Answer(result.answer()),
                Err(dug::Error::Cycle { .. }) => Outcome::Cycle,
                Err(other) => Outcome::Refused(other.to_string()),
            })
        })
    }

    pub fn get(&self, index: u32) -> Option<Answer> {
        with_node!(self, index, node => node.get().map(Fits::answer))
    }

    pub fn tweak(&self, index: u32, answer: Answer) {
        with_node!(self, index, node => node.tweak(Fits::fit(answer)));
    }

    pub fn untweak(&self, index: u32) {
        with_node!(self, index, node => node.untweak());
    }

    pub fn invalidate(&self, index: u32) {
        with_node!(self, index, node => node.invalidate());
    }

    pub fn unload(&self, index: u32) {
        with_node!(self, index, node => node.unload());
    }

    pub fn is_cached(&self, index: u32) -> bool {
        with_node!(self, index, node => node.is_cached())
    }

    pub fn is_tweaked(&self, index: u32) -> bool {
        with_node!(self, index, node => node.is_tweaked())
    }

    pub fn is_masked(&self, index: u32) -> bool {
        with_node!(self, index, node => node.is_masked())
    }

    /// The dependencies by index, each once; `None` for one that is no node of this program.
    pub fn dependencies(&self, index: u32) -> Option<Vec<u32>> {
        let ids = with_node!(self, index, node => node.dependencies());
        let mut found = Vec::new();
        for id in ids {
            let at = (0..self.program.len())
                .find(|other| with_node!(self, *other, node => *node.id() == id))?;
            if !found.contains(&at) {
                found.push(at);
            }
        }
        Some(found)
    }
}

/// What a call does, panics included.
fn observe(call: impl FnOnce() -> Outcome) -> Outcome {
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

fn infallible(result: Result<i64, i64>) -> i64 {
    result.unwrap_or_else(|code| code)
}

fn run_body(key: u64, index: u32) -> Result<i64, i64> {
    let live = LIVE
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&key)
        .cloned();
    let Some(live) = live else {
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
    match number(&mut Body::new(live.clone(), index), body) {
        Ok(value) => Ok(value),
        Err(Halt::Fail(code)) => Err(code),
        Err(other) => resume_unwind(Box::new(format!("a body ended by {other:?}"))),
    }
}
