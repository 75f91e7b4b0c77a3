//! What a store must know of a value in memory: its fingerprint, found out when it is first
//! needed, and what proves that the node gives it.

use crate::digest::{Digester, Fingerprint};
use crate::id::Snapshot;
use crate::proof::Proof;
use crate::store::{Ledger, Record, RecordKey};
use crate::value::{EncodeValue, Value};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Relaxed, SeqCst},
};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Of one value, shared between the graph that holds it and the writer that stores it.
#[derive(Default)]
pub(crate) struct Stamp {
    /// `None` inside: there is none, and nothing that depends on the value is stored.
    fingerprint: OnceLock<Option<Fingerprint>>,
    recipe: Mutex<Option<Recipe>>,
    /// `None` inside: only the trace can tell whether the node gives this value.
    proof: OnceLock<Option<Arc<Proof>>>,
    /// Where the value is stored.
    record: OnceLock<RecordKey>,
    /// Answers from memory that are in no ledger yet.
    hits: AtomicU64,
    /// Where they are counted, once it is known where the value is stored.
    ledger: OnceLock<Arc<Ledger>>,
    /// What it would take to compute it without memoization, in nanoseconds.
    estimate: AtomicU64,
    /// It rests on a tweak of a result that is kept in memory only, and has no name elsewhere.
    passing: AtomicBool,
    /// No body gave the value here: it was found in a store.
    found: bool,
}

/// From what a fingerprint is made.
pub(crate) enum Recipe {
    /// From the value's encoding.
    Content(Value, EncodeValue),
    /// From the code, the arguments and the fingerprints of the dependencies.
    Computation(Snapshot, Box<[Asked]>),
}

/// A dependency of a run: what it asked, and what it was given.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) node: Snapshot,
    pub(crate) stamp: Arc<Stamp>,
}

impl fmt::Debug for Stamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Stamp")
            .field("fingerprint", &self.fingerprint.get())
            .finish_non_exhaustive()
    }
}

impl Stamp {
    /// From now on its fingerprint can be made in this way.
    pub(crate) fn set_recipe(&self, recipe: Recipe) {
        if self.fingerprint.get().is_none() {
            let before = self.recipe().replace(recipe);
            drop(before);
        }
    }

    /// As [`set_recipe`](Self::set_recipe): from the content of the value, unless there is a recipe already.
    pub(crate) fn offer_content(&self, value: &Value, encode: EncodeValue) {
        if self.fingerprint.get().is_none() {
            self.recipe()
                .get_or_insert_with(|| Recipe::Content(Value::clone(value), encode));
        }
    }

    /// Of a value whose fingerprint is known.
    pub(crate) fn known(fingerprint: Option<Fingerprint>, proof: Option<Arc<Proof>>) -> Self {
        let mut stamp = Stamp::default();
        stamp.fingerprint = fingerprint.into();
        stamp.proof = proof.into();
        stamp
    }

    /// Of a value that was found in a store. Its proof is still to be set.
    pub(crate) fn found(record: &Record, key: RecordKey) -> Self {
        let mut stamp = Stamp::default();
        stamp.fingerprint = Some(record.fingerprint).into();
        stamp.record = key.into();
        stamp.estimate = record.run.estimate.into();
        stamp.found = true;
        stamp
    }

    /// Whether the value was found in a store, and no body gave it here.
    pub(crate) fn is_found(&self) -> bool {
        self.found
    }

    /// Of what a tweak gives: nothing proves it but the tweak.
    pub(crate) fn of_tweak(value: Option<Value>, encode: Option<EncodeValue>) -> Self {
        match (value, encode) {
            (Some(value), Some(encode)) => {
                let stamp = Stamp::default();
                stamp.set_proof(None);
                stamp.set_recipe(Recipe::Content(value, encode));
                stamp
            }
            _ => Stamp::known(None, None),
        }
    }

    /// Of what a tweak gives for a result that is kept in memory only.
    pub(crate) fn passing() -> Self {
        let stamp = Stamp::known(None, None);
        stamp.set_passing();
        stamp
    }

    /// From now on neither the value is stored nor what rests on it.
    pub(crate) fn set_passing(&self) {
        self.passing.store(true, Relaxed);
    }

    pub(crate) fn is_passing(&self) -> bool {
        self.passing.load(Relaxed)
    }

    /// The fingerprint, made if need be: that runs user code, and must not be asked for under a lock.
    pub(crate) fn fingerprint(&self) -> Option<Fingerprint> {
        if let Some(known) = self.fingerprint.get() {
            return *known;
        }
        // Left in its place until the fingerprint is there: others may need it meanwhile.
        let recipe = self.recipe().clone()?;
        let made = recipe.make();
        self.set_fingerprint(made);
        *self.fingerprint.get_or_init(|| made)
    }

    /// Makes the fingerprint, if that needs the value, which is not kept for it any longer. Runs user code.
    pub(crate) fn let_go_of_content(&self) {
        let needs_it = matches!(&*self.recipe(), Some(Recipe::Content(..)));
        if needs_it {
            self.fingerprint();
        }
    }

    /// As far as it is known without making it.
    pub(crate) fn known_fingerprint(&self) -> Option<Fingerprint> {
        self.fingerprint.get().copied().flatten()
    }

    /// It was found out, with the encoding at hand.
    pub(crate) fn set_fingerprint(&self, fingerprint: Option<Fingerprint>) {
        self.fingerprint.get_or_init(|| fingerprint);
        let recipe = self.recipe().take();
        // Its value may be dropped here, without the lock: that is user code.
        drop(recipe);
    }

    fn recipe(&self) -> MutexGuard<'_, Option<Recipe>> {
        self.recipe.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the value was found, or was written by now.
    pub(crate) fn record(&self) -> Option<RecordKey> {
        self.record.get().copied()
    }

    /// Where the value is stored, and its fingerprint, if both are known.
    pub(crate) fn stored(&self) -> Option<(RecordKey, Fingerprint)> {
        Some((self.record()?, self.known_fingerprint()?))
    }

    /// The value was written.
    pub(crate) fn set_record(&self, key: RecordKey) {
        self.record.get_or_init(|| key);
        self.add_hits(0);
    }

    /// From now on it is counted how often the value answers.
    pub(crate) fn count_in(&self, ledger: &Arc<Ledger>) {
        self.ledger.get_or_init(|| Arc::clone(ledger));
    }

    /// Whether the value may be stored where hits are counted there.
    pub(crate) fn may_be_of(&self, ledger: &Arc<Ledger>) -> bool {
        self.ledger.get().is_none_or(|own| Arc::ptr_eq(own, ledger))
    }

    pub(crate) fn is_counted(&self) -> bool {
        self.ledger.get().is_some()
    }

    /// The value has answered so often from memory.
    pub(crate) fn add_hits(&self, hits: u64) {
        self.hits.fetch_add(hits, SeqCst);
        if let (Some(key), Some(ledger)) = (self.record.get(), self.ledger.get()) {
            let hits = self.hits.swap(0, SeqCst);
            if hits > 0 {
                ledger.add_hits(key, hits);
            }
        }
    }

    pub(crate) fn estimate(&self) -> u64 {
        self.estimate.load(Relaxed)
    }

    pub(crate) fn set_estimate(&self, estimate: u64) {
        self.estimate.store(estimate, Relaxed);
    }

    pub(crate) fn proof(&self) -> Option<Arc<Proof>> {
        self.proof.get()?.clone()
    }

    pub(crate) fn set_proof(&self, proof: Option<Arc<Proof>>) {
        self.proof.get_or_init(|| proof);
    }
}

/// One after the other: a long chain of computations must not become a deep recursion.
impl Drop for Stamp {
    fn drop(&mut self) {
        let mut pending: Vec<Arc<Stamp>> = self.take_below();
        while let Some(stamp) = pending.pop() {
            if let Some(mut stamp) = Arc::into_inner(stamp) {
                pending.append(&mut stamp.take_below());
            }
        }
    }
}

impl Stamp {
    /// Takes the stamps away that the recipe rests on.
    fn take_below(&mut self) -> Vec<Arc<Stamp>> {
        let recipe = self.recipe.get_mut();
        match recipe.unwrap_or_else(PoisonError::into_inner).take() {
            Some(Recipe::Computation(_, asked)) => {
                asked.into_iter().map(|asked| asked.stamp).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Clone for Recipe {
    fn clone(&self) -> Self {
        match self {
            Recipe::Content(value, encode) => Recipe::Content(Value::clone(value), *encode),
            Recipe::Computation(node, asked) => Recipe::Computation(node.clone(), asked.clone()),
        }
    }
}

impl Recipe {
    /// `None` where the value refuses to be encoded, or a dependency has no fingerprint.
    fn make(&self) -> Option<Fingerprint> {
        match self {
            Recipe::Content(value, encode) => {
                let encoded = catch_unwind(AssertUnwindSafe(|| encode(&**value)));
                Some(Fingerprint::of_encoding(&encoded.ok()?.ok()?))
            }
            Recipe::Computation(node, asked) => crate::scope::grow(|| of_computation(node, asked)),
        }
    }
}

/// The fingerprint of a result by its computation: code, arguments, and the fingerprints of the
/// dependencies in the order of their ids.
fn of_computation(node: &Snapshot, asked: &[Asked]) -> Option<Fingerprint> {
    let mut dependencies = Vec::with_capacity(asked.len());
    for asked in asked {
        dependencies.push((asked.node.digest(), asked.stamp.fingerprint()?));
    }
    dependencies.sort_unstable();
    let mut digester = Digester::new("dug computation 1")
        .part(&node.function.code_fingerprint())
        .part(&node.digest());
    for (id, fingerprint) in &dependencies {
        digester = digester.part(id).part(fingerprint.as_bytes());
    }
    Some(Fingerprint::new(digester.finish()))
}
