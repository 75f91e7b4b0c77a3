//! What waits to be stored. Callers wait only if the writer falls behind.

use super::key::RecordKey;
use super::record::Record;
use crate::function::Function;
use crate::id::Snapshot;
use crate::stamp::{Asked, Stamp};
use crate::value::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What was found out about a node, and may be stored.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) node: Snapshot,
    /// The hash of its arguments.
    pub(crate) hash: u64,
    pub(crate) stamp: Arc<Stamp>,
    /// The dependencies in the order of asking.
    pub(crate) asked: Vec<Asked>,
    /// What it depends on without cut-off; of what was answered outside too, how.
    pub(crate) uncut: Vec<(Snapshot, Option<Arc<Stamp>>)>,
    /// How many of the dependencies were asked before any of those.
    pub(crate) before_uncut: usize,
    /// If there are any of those: the items that were tweaked around the run, and those of inputs
    /// that had changed; by address.
    pub(crate) unsettled: Vec<usize>,
    pub(crate) what: What,
}

/// What is to be stored.
#[derive(Debug)]
pub(crate) enum What {
    /// The node ran. In nanoseconds, what the body took by itself, and what it called.
    Ran { value: Value, own: u64, below: u64 },
    /// A record was found to be right by what it asked: its proof may have to be renewed.
    Found(RecordKey, Arc<Record>),
}

impl Job {
    /// How many results are lost if it is not done.
    pub(super) fn results(&self) -> u64 {
        u64::from(matches!(self.what, What::Ran { .. }) && self.node.function.is_stored())
    }
}

/// Runs that wait to be stored are at most this many.
const MOST_WAITING: usize = 8192;
/// Their large values take about so many bytes at most.
const MOST_BYTES: u64 = 256 << 20;
/// Records that go into one batch.
const BATCH: usize = 4096;

type NodeName = (usize, u64);

#[derive(Default)]
struct State {
    /// Each with the bytes that its value is expected to take, if it is large.
    jobs: VecDeque<(Job, u64)>,
    /// What the values take that wait, or are about to be written.
    bytes: u64,
    /// What the last large result of a function took, by its address.
    large: HashMap<usize, u64, foldhash::fast::RandomState>,
    /// How many runs of each node wait, or are about to be written.
    waiting: HashMap<NodeName, u32, foldhash::fast::RandomState>,
    handed_over: u64,
    finished: u64,
    /// Somebody waits for all to be written: no reason to gather more.
    hurry: bool,
    closing: bool,
    /// Nobody writes any more.
    over: bool,
    /// There is something else to write than runs.
    nudged: bool,
    /// After which step the writer was found to be stuck.
    stuck_after: Option<u64>,
    /// After how many finished runs one was waited for in vain.
    late_after: Option<u64>,
}

/// What waits to be stored.
pub(super) struct Queue {
    state: Mutex<State>,
    /// Who writes waits, in so many threads, for what it has no power over: user code, which may wait for
    /// what a caller holds, or who collects.
    exposed: AtomicU64,
    /// How often that was begun or came to an end.
    steps: AtomicU64,
    /// So long it is waited for that.
    patience: Duration,
    /// There is something to do.
    work: Condvar,
    /// Something was done.
    done: Condvar,
}

/// Runs that are to be stored together.
pub(super) struct Taken {
    pub(super) jobs: Vec<Job>,
    names: Vec<NodeName>,
    bytes: u64,
}

impl Taken {
    fn of(jobs: Vec<(Job, u64)>) -> Taken {
        Taken {
            names: jobs.iter().map(|(job, _)| name_of(job)).collect(),
            bytes: jobs.iter().map(|(_, bytes)| bytes).sum(),
            jobs: jobs.into_iter().map(|(job, _)| job).collect(),
        }
    }
}

fn name_of(job: &Job) -> NodeName {
    (address(job.node.function), job.hash)
}

fn address(function: &'static Function) -> usize {
    std::ptr::from_ref(function).addr()
}

impl Queue {
    pub(super) fn new(patience: Duration) -> Queue {
        Queue {
            state: Mutex::default(),
            exposed: AtomicU64::new(0),
            steps: AtomicU64::new(0),
            patience,
            work: Condvar::new(),
            done: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs for the writer what may not end for long. It does not panic.
    pub(super) fn expose<R>(&self, run: impl FnOnce() -> R) -> R {
        self.steps.fetch_add(1, Relaxed);
        self.exposed.fetch_add(1, Relaxed);
        let answer = run();
        self.exposed.fetch_sub(1, Relaxed);
        self.steps.fetch_add(1, Relaxed);
        answer
    }

    /// Waits while this is so, but not for a writer that is stuck. Tells whether it is no longer so.
    fn wait_while<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        is_so: impl Fn(&State) -> bool,
    ) -> (MutexGuard<'a, State>, bool) {
        loop {
            let before = self.steps.load(Relaxed);
            if !is_so(&state) {
                return (state, true);
            }
            if state.over || state.stuck_after == Some(before) {
                return (state, false);
            }
            let waited = self
                .done
                .wait_timeout_while(state, self.patience, |state| !state.over && is_so(state));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            let is_exposed = self.exposed.load(Relaxed) > 0;
            let is_stuck = is_exposed && self.steps.load(Relaxed) == before;
            if is_stuck && is_so(&state) {
                state.stuck_after = Some(before);
            }
        }
    }

    /// Hands a run over, or gives it back. Waits while too many are waiting.
    pub(super) fn push(&self, job: Job) -> Option<Job> {
        let is_full = |state: &State| {
            let is_much = state.jobs.len() >= MOST_WAITING || state.bytes >= MOST_BYTES;
            is_much && !state.closing
        };
        let (mut state, has_room) = self.wait_while(self.state(), is_full);
        if state.closing || !has_room {
            return Some(job);
        }
        *state.waiting.entry(name_of(&job)).or_insert(0) += 1;
        state.handed_over += 1;
        let idle = state.jobs.is_empty();
        let bytes = state.large.get(&address(job.node.function));
        let bytes = bytes.copied().unwrap_or_default();
        state.bytes += bytes;
        state.jobs.push_back((job, bytes));
        let is_a_batch = state.jobs.len() == BATCH;
        drop(state);
        if idle || is_a_batch {
            self.work.notify_one();
        }
        None
    }

    /// Returns when all that was handed over by now is written, or could not be; or when the writer gets
    /// nothing done, also if that is known already: it may go on by now. Tells whether all is done.
    pub(super) fn wait(&self) -> bool {
        let mut state = self.state();
        state.stuck_after = None;
        self.wait_for_all(state)
    }

    /// As [`wait`](Self::wait), but not for a writer that is known to be stuck.
    pub(super) fn wait_unless_stuck(&self) -> bool {
        self.wait_for_all(self.state())
    }

    fn wait_for_all(&self, mut state: MutexGuard<'_, State>) -> bool {
        let target = state.handed_over;
        state.hurry |= state.finished < target;
        self.work.notify_one();
        self.wait_while(state, |state| state.finished < target).1
    }

    /// As [`wait`](Self::wait), if runs of this node are waiting.
    pub(super) fn wait_for(&self, node: &Snapshot, hash: u64) {
        /// To find nothing is always right; and who waits may hold what the writer needs.
        const PATIENCE: Duration = Duration::from_secs(1);
        let name = (address(node.function), hash);
        let until = Instant::now() + PATIENCE;
        let mut state = self.state();
        while state.waiting.contains_key(&name) {
            let left = until.saturating_duration_since(Instant::now());
            let is_stuck = state.stuck_after == Some(self.steps.load(Relaxed));
            if state.over || is_stuck || state.late_after == Some(state.finished) {
                return;
            }
            if left.is_zero() {
                state.late_after = Some(state.finished);
                return;
            }
            state.hurry = true;
            self.work.notify_one();
            let waited = self.done.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// How many runs wait.
    pub(super) fn waiting(&self) -> u64 {
        let state = self.state();
        state.handed_over - state.finished
    }

    /// Has the writer look for other work than runs.
    pub(super) fn nudge(&self) {
        self.state().nudged = true;
        self.work.notify_one();
    }

    pub(super) fn close(&self) {
        self.state().closing = true;
        self.work.notify_one();
        self.done.notify_all();
    }

    /// Nobody waits for who writes from when this is dropped, also in a panic.
    pub(super) fn writes(&self) -> impl Drop {
        struct Writes<'a>(&'a Queue);
        impl Drop for Writes<'_> {
            fn drop(&mut self) {
                let mut state = self.0.state();
                state.closing = true;
                state.over = true;
                drop(state);
                self.0.done.notify_all();
            }
        }
        Writes(self)
    }

    /// The next runs to be stored; `None` at the end.
    pub(super) fn take(&self) -> Option<Taken> {
        /// So long a batch is waited for.
        const GATHER: Duration = Duration::from_millis(20);
        let mut state = self.state();
        while state.jobs.is_empty() {
            if state.closing {
                return None;
            }
            if std::mem::take(&mut state.nudged) {
                return Some(Taken::of(Vec::new()));
            }
            let waited = self.work.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        if state.jobs.len() < BATCH && !state.hurry && !state.closing {
            let waited = self.work.wait_timeout(state, GATHER);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let count = state.jobs.len().min(BATCH);
        Some(Taken::of(state.jobs.drain(..count).collect()))
    }

    /// A result of the function takes so many bytes.
    pub(super) fn note_large(&self, function: &'static Function, bytes: u64) {
        self.state().large.insert(address(function), bytes);
    }

    /// They are written, or could not be. Gives them back.
    pub(super) fn finish(&self, taken: Taken) -> Vec<Job> {
        let mut state = self.state();
        for name in &taken.names {
            if let Some(count) = state.waiting.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    state.waiting.remove(name);
                }
            }
        }
        state.bytes -= taken.bytes;
        state.finished += taken.names.len() as u64;
        state.hurry &= state.finished < state.handed_over;
        drop(state);
        self.done.notify_all();
        taken.jobs
    }
}
