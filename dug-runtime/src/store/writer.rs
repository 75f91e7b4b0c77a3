//! Writes behind the caller: runs are handed over as they are, and one thread makes records
//! of them, in batches. Callers wait only if it falls behind.
//!
//! Encoding, hashing and checking values is user code; it runs here, off the caller's path.

use super::Inner;
use super::collect::Room;
use super::key::{RecordKey, short};
use super::record::{Kept, Record, Run, Step};
use crate::digest::Fingerprint;
use crate::function::Definition;
use crate::id::Snapshot;
use crate::proof::{Parts, Proof, ProofKey};
use crate::stamp::{Asked, Stamp};
use crate::value::Value;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
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

/// Runs that wait to be stored are at most this many.
const MOST_WAITING: usize = 8192;
/// Records that go into one batch.
const BATCH: usize = 1024;

type NodeName = (usize, u64);

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// How many runs of each node wait, or are about to be written.
    waiting: HashMap<NodeName, u32, foldhash::fast::RandomState>,
    handed_over: u64,
    finished: u64,
    /// Somebody waits for all to be written: no reason to gather more.
    hurry: bool,
    closing: bool,
    /// There is something else to write than runs.
    nudged: bool,
}

/// What waits to be stored.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// There is something to do.
    work: Condvar,
    /// Something was done.
    done: Condvar,
}

fn name_of(job: &Job) -> NodeName {
    (std::ptr::from_ref(job.node.function).addr(), job.hash)
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a run over. Waits while too many are waiting.
    pub(super) fn push(&self, job: Job) {
        let mut state = self.state();
        while state.jobs.len() >= MOST_WAITING && !state.closing {
            let waited = self.done.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        if state.closing {
            drop(state);
            return;
        }
        *state.waiting.entry(name_of(&job)).or_insert(0) += 1;
        state.handed_over += 1;
        let idle = state.jobs.is_empty();
        state.jobs.push_back(job);
        drop(state);
        if idle {
            self.work.notify_one();
        }
    }

    /// Returns when all that was handed over by now is written, or could not be.
    pub(super) fn wait(&self) {
        let mut state = self.state();
        let target = state.handed_over;
        while state.finished < target {
            state.hurry = true;
            self.work.notify_one();
            let waited = self.done.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// As [`wait`](Self::wait), as long as something is written in each such time.
    pub(super) fn wait_at_the_end(&self, patience: Duration) {
        let mut state = self.state();
        let target = state.handed_over;
        while state.finished < target {
            state.hurry = true;
            self.work.notify_one();
            let before = state.finished;
            let waited = self
                .done
                .wait_timeout_while(state, patience, |state| state.finished == before);
            let (now, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() {
                return;
            }
            state = now;
        }
    }

    /// As [`wait`](Self::wait), if runs of this node are waiting.
    pub(super) fn wait_for(&self, node: &Snapshot, hash: u64) {
        /// To find nothing is always right; and who waits may hold what the writer needs.
        const PATIENCE: Duration = Duration::from_secs(1);
        let name = (std::ptr::from_ref(node.function).addr(), hash);
        let until = Instant::now() + PATIENCE;
        let mut state = self.state();
        while state.waiting.contains_key(&name) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
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

    /// The next runs to be stored; `None` at the end.
    fn take(&self) -> Option<Vec<Job>> {
        /// So long a batch is waited for.
        const GATHER: Duration = Duration::from_millis(20);
        let mut state = self.state();
        while state.jobs.is_empty() {
            if state.closing {
                return None;
            }
            if std::mem::take(&mut state.nudged) {
                return Some(Vec::new());
            }
            let waited = self.work.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        if state.jobs.len() < BATCH && !state.hurry && !state.closing {
            let waited = self.work.wait_timeout(state, GATHER);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let count = state.jobs.len().min(BATCH);
        Some(state.jobs.drain(..count).collect())
    }

    fn finish(&self, names: &[NodeName]) {
        let mut state = self.state();
        for name in names {
            if let Some(count) = state.waiting.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    state.waiting.remove(name);
                }
            }
        }
        state.finished += names.len() as u64;
        state.hurry &= state.finished < state.handed_over;
        drop(state);
        self.done.notify_all();
    }
}

/// What the writer's thread does until the store is closed.
pub(super) fn run(store: &Inner) {
    let mut proofs = Proofs::default();
    let mut room = Room::default();
    while let Some(jobs) = store.queue.take() {
        let names: Vec<NodeName> = jobs.iter().map(name_of).collect();
        let records = jobs
            .iter()
            .filter_map(|job| guarded(|| make(store, job, &mut proofs)).flatten());
        let records: Vec<Made> = records.collect();
        let hashes = jobs.iter().map(|job| (job.node.function, job.hash));
        store.expect_own(hashes);
        let written = store.write(records);
        store.queue.finish(&names);
        // One by one: of two panics at once the process would die.
        for job in jobs {
            guarded(|| drop(job));
        }
        room.keep(store, written);
        if store.ledger.is_full() {
            store.write_usages();
        }
    }
    store.write_usages();
}

/// Calls what runs user code. Were the writer to end by a panic, others would wait for it for ever.
fn guarded<R>(f: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(answer) => Some(answer),
        Err(panic) => {
            // To drop what a panic carries may panic.
            std::mem::forget(panic);
            None
        }
    }
}

/// A value that lies apart, under its digest.
pub(super) type Blob = ([u8; 32], Vec<u8>);

/// A record to be written.
pub(super) struct Made {
    pub(super) place: Place,
    pub(super) record: Record,
    /// Of the value.
    pub(super) stamp: Arc<Stamp>,
    pub(super) functions: Vec<&'static str>,
    pub(super) proof: Option<Arc<Proof>>,
    /// A value that is too large to lie in the record.
    pub(super) blob: Option<Blob>,
}

/// Where a record goes.
pub(super) enum Place {
    /// Among those of its node, of which this is the first.
    Behind(RecordKey),
    At(RecordKey),
}

/// The record of a run; `None` if it has none.
fn make(store: &Inner, job: &Job, proofs: &mut Proofs) -> Option<Made> {
    let started = Instant::now();
    let (value, own, below) = match &job.what {
        What::Ran { value, own, below } => (value, *own, *below),
        What::Found(key, record) => return renew(store, job, *key, record, proofs),
    };
    if job.node.function.is_input() {
        let proof = Proof::of_input(&job.node, job.stamp.fingerprint()?);
        store.write_input(job, value);
        job.stamp.set_proof(proof);
        return None;
    }
    let encoded = encode(store, job, value);
    let fingerprint = job.stamp.fingerprint();
    let proof = proofs.of(job);
    job.stamp.set_proof(proof.clone());
    let estimate = job.asked.iter().map(|asked| asked.stamp.estimate());
    let estimate = estimate.fold(own, u64::saturating_add);
    job.stamp.set_estimate(estimate);
    let fingerprint = fingerprint?;
    if !job.uncut.is_empty() && proof.is_none() {
        return None;
    }
    let (functions, steps) = steps(job)?;
    let (value, blob) = match encoded {
        Some(_) if store.is_spared(own.saturating_add(below)) => (Kept::Nowhere, None),
        Some(encoded) => store.place_value(encoded),
        None if job.node.function.is_stored() => return None,
        None => (Kept::Nowhere, None),
    };
    let record = Record {
        functions: functions
            .iter()
            .map(|path| super::function_key(path))
            .collect(),
        arguments: job.node.arguments.as_slice().to_vec(),
        text: job.node.print_arguments(),
        steps,
        from: 0,
        by_proof_from: match job.uncut.is_empty() {
            true => None,
            false => Some(u32::try_from(job.before_uncut).ok()?),
        },
        fingerprint,
        value,
        proof: proof.as_ref().map(|proof| *proof.key()),
        run: Run {
            saved_at: super::now_in_milliseconds(),
            own,
            below,
            estimate,
            saving: super::nanoseconds(started.elapsed()),
        },
    };
    Some(Made {
        place: Place::Behind(RecordKey::first(&job.node)),
        record,
        stamp: Arc::clone(&job.stamp),
        functions,
        proof,
        blob,
    })
}

/// The record with the proof that it has now, if that is another, or is no longer there.
fn renew(
    store: &Inner,
    job: &Job,
    key: RecordKey,
    record: &Record,
    proofs: &mut Proofs,
) -> Option<Made> {
    let proof = proofs.of(job);
    job.stamp.set_proof(proof.clone());
    let proof = proof
        .filter(|proof| record.proof != Some(*proof.key()) || store.proof(proof.key()).is_none())?;
    let mut record = record.clone();
    record.proof = Some(*proof.key());
    Some(Made {
        place: Place::At(key),
        record,
        stamp: Arc::clone(&job.stamp),
        functions: Vec::new(),
        proof: Some(proof),
        blob: None,
    })
}

/// The encoding of the value, if it is to be stored and decodes to what has the same encoding.
fn encode(store: &Inner, job: &Job, value: &Value) -> Option<super::record::Encoded> {
    let function = job.node.function;
    let results = function.results().filter(|_| function.is_stored())?;
    let bytes = (results.encode)(&**value).ok()?;
    if !function.is_by_graph() {
        job.stamp
            .set_fingerprint(Some(Fingerprint::of_encoding(&bytes)));
    }
    let back = (results.decode)(&bytes).ok();
    let again = back.and_then(|back| (results.encode)(&*back).ok());
    if again.as_ref() != Some(&bytes) {
        store.tell_unstorable(job);
        return None;
    }
    let shape = (results.shape)(&**value);
    Some(super::record::Encoded { bytes, shape })
}

/// The steps of the run, and the functions named in them; `None` if one of them cannot be asked again.
fn steps(job: &Job) -> Option<(Vec<&'static str>, Vec<Step>)> {
    let mut functions = vec![job.node.function.path()];
    let mut steps = Vec::with_capacity(job.asked.len());
    for Asked { node, stamp } in &job.asked {
        if !node.function.is_lasting() {
            return None;
        }
        let path = node.function.path();
        let place = functions.iter().position(|other| *other == path);
        let place = place.unwrap_or_else(|| {
            functions.push(path);
            functions.len() - 1
        });
        steps.push(Step {
            function: u32::try_from(place).ok()?,
            arguments: node.arguments.as_slice().to_vec(),
            described: node.text.as_deref().cloned(),
            answer: short(&stamp.fingerprint()?),
        });
    }
    Some((functions, steps))
}

/// Proofs that were made, so that equal ones are one.
#[derive(Default)]
struct Proofs {
    by_key: HashMap<ProofKey, Arc<Proof>>,
    /// By the function and the proofs of what it asked, as far as they differ.
    made: HashMap<(usize, Vec<ProofKey>), Option<Arc<Proof>>>,
}

/// How many combinations are remembered.
const MOST_MADE: usize = 1 << 16;

impl Proofs {
    /// The proof of what the run returned; `None` if it rests on something that cannot be proved.
    fn of(&mut self, job: &Job) -> Option<Arc<Proof>> {
        let function = job.node.function;
        let stamps = job.asked.iter().map(|asked| &asked.stamp);
        let mut below = Vec::new();
        for stamp in stamps.chain(job.uncut.iter().filter_map(|(_, stamp)| stamp.as_ref())) {
            below.push(stamp.proof()?);
        }
        below.sort_unstable_by_key(|proof| *proof.key());
        below.dedup_by_key(|proof| *proof.key());
        let keys = below.iter().map(|proof| *proof.key());
        let made_from = (std::ptr::from_ref(function).addr(), keys.collect());
        let plain = job.uncut.is_empty();
        if plain && let Some(proof) = self.made.get(&made_from) {
            return proof.clone();
        }
        let proof = self.unite(job, &below);
        // An equal value may stand for another computation here: then what is asked beneath
        // tweaks of the body's own is another matter than the proof says.
        let is_unsettled =
            |item: &'static Definition| job.unsettled.contains(&std::ptr::from_ref(item).addr());
        let is_doubted = |proof: &Arc<Proof>| {
            let items = || proof.items_of_any_code();
            !job.unsettled.is_empty()
                && items().is_none_or(|items| items.into_iter().any(is_unsettled))
        };
        let proof = proof.filter(|proof| !is_doubted(proof));
        if plain {
            if self.made.len() >= MOST_MADE {
                self.made.clear();
            }
            self.made.insert(made_from, proof.clone());
        }
        proof
    }

    fn unite(&mut self, job: &Job, below: &[Arc<Proof>]) -> Option<Arc<Proof>> {
        let function = job.node.function;
        let code = Fingerprint::new(function.code_fingerprint());
        if let [one] = below
            && job.uncut.is_empty()
            && one.includes(function.path(), code)
        {
            return Some(Arc::clone(one));
        }
        let mut parts = Parts::default();
        parts.add_function(function.path(), code);
        for proof in below {
            parts.add(proof);
        }
        for (node, stamp) in &job.uncut {
            // What an input gives has to be known outside.
            let unknown = node.function.is_input() && stamp.is_none();
            if unknown || !node.function.is_lasting() {
                return None;
            }
            let code = Fingerprint::new(node.function.code_fingerprint());
            parts.add_function(node.function.path(), code);
        }
        let proof = Arc::new(parts.finish()?);
        if self.by_key.len() >= MOST_MADE {
            self.by_key.clear();
        }
        let known = self.by_key.entry(*proof.key()).or_insert(proof);
        Some(Arc::clone(known))
    }
}
