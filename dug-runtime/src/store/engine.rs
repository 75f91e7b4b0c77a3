//! What the engine asks of a store.

use super::backend::Space;
use super::record::{Kept, Record, Step};
use super::{Job, Ledger, Pin, RecordKey, Store};
use crate::digest::Fingerprint;
use crate::function::Function;
use crate::id::Snapshot;
use crate::key::hash_arguments;
use crate::proof::{Proof, ProofKey};
use crate::value::Value;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Instant;

thread_local!(static LOADING: RefCell<Vec<RecordKey>> = const { RefCell::new(Vec::new()) });

/// While it lives, this thread decodes the value of a record. A value that asks for itself meanwhile
/// cannot be had.
struct Loading;

impl Loading {
    fn begin(key: &RecordKey) -> Option<Loading> {
        LOADING.with_borrow_mut(|loading| {
            let is_new = !loading.contains(key);
            is_new.then(|| loading.push(*key))
        })?;
        Some(Loading)
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        LOADING.with_borrow_mut(|loading| loading.pop());
    }
}

impl Store {
    /// Whether records of the node may be there; those that wait to be written are written first.
    pub(crate) fn expects(&self, node: &Snapshot, hash: u64) -> bool {
        self.await_runs_of(node, hash);
        self.0.inner.expects(node.function, hash)
    }

    /// A record that was found names the node: one of it may be there, whoever wrote it.
    pub(crate) fn expect(&self, function: &'static Function, hash: u64) {
        let node = std::iter::once((function, hash));
        self.0.inner.expect_records(node);
    }

    /// Has runs of the node written that wait for that.
    pub(crate) fn await_runs_of(&self, node: &Snapshot, hash: u64) {
        self.0.inner.queue.wait_for(node, hash);
    }

    pub(crate) fn record(&self, key: &RecordKey) -> Option<Arc<Record>> {
        self.0.inner.record(key)
    }

    pub(crate) fn proof(&self, key: &ProofKey) -> Option<Arc<Proof>> {
        self.0.inner.proof(key)
    }

    /// The function of a step, if this program has it.
    pub(crate) fn function(&self, record: &Record, step: &Step) -> Option<&'static Function> {
        let key = record.functions().get(step.function as usize)?;
        let path = self.0.inner.path(key)?;
        crate::registry::find(&path)
    }

    /// The path of the function of a step.
    pub(crate) fn path_of(&self, record: &Record, step: &Step) -> Option<String> {
        let key = record.functions().get(step.function as usize)?;
        Some(self.0.inner.path(key)?.to_string())
    }

    /// The records of the node, for whichever code and answers, the newest first.
    pub(crate) fn records_of(&self, node: &Snapshot) -> Vec<(RecordKey, Record)> {
        let inner = &self.0.inner;
        self.await_runs_of(node, hash_arguments(node.arguments.as_slice()));
        let records = inner.records_of(node.function.path(), node.arguments.as_slice());
        inner.ask(records).unwrap_or_default()
    }

    /// Why a result of the node was not stored by this process, if one was not.
    pub(crate) fn unstored(&self, node: &Snapshot) -> Option<&'static str> {
        self.0.inner.unstored(node)
    }

    /// The proofs of the records of a node, the newest first.
    pub(crate) fn proofs_of(&self, path: &str, arguments: &[u8]) -> Vec<Arc<Proof>> {
        let inner = &self.0.inner;
        let records = inner.ask(inner.records_of(path, arguments));
        let records = records.unwrap_or_default().into_iter();
        let proofs = records.filter_map(|(_, record)| inner.proof(&record.proof?));
        proofs.collect()
    }

    /// Removes all records of the node, whatever the handles among its arguments held.
    pub(crate) fn forget(&self, node: &Snapshot) {
        let inner = &self.0.inner;
        self.await_runs_of(node, hash_arguments(node.arguments.as_slice()));
        for id in self.variants_of(&node.id()) {
            let records = inner.records_of(id.function(), id.arguments());
            let records = inner.ask(records).unwrap_or_default();
            let keys = records.iter().map(|(key, _)| key.bytes().as_slice().into());
            let removals = keys.map(|key| (Space::Record, key)).collect();
            inner.ask(inner.remove(removals));
        }
    }

    /// The record, and what keeps its value in the store, if that lies apart from it.
    pub(crate) fn pinned(&self, key: &RecordKey) -> Option<(Arc<Record>, Pin)> {
        let record = self.record(key)?;
        let digest = match &record.value {
            Kept::Blob { digest, .. } => *digest,
            Kept::Here(_) | Kept::Nowhere => return None,
        };
        Some((record, self.0.inner.pins.pin(digest)))
    }

    /// Whether the value with this fingerprint is stored under the key.
    pub(crate) fn has_value(&self, key: &RecordKey, fingerprint: Fingerprint) -> bool {
        let record = self.record(key);
        record.is_some_and(|record| {
            record.fingerprint == fingerprint && record.value != Kept::Nowhere
        })
    }

    /// Whether the two are handles of one store.
    pub(crate) fn is(&self, other: &Store) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What the run with this result asked, as far as this program knows the functions; and whether
    /// that is all that it depends on.
    pub(crate) fn steps(
        &self,
        key: &RecordKey,
        fingerprint: Fingerprint,
    ) -> Option<(Vec<(&'static Function, Step)>, bool)> {
        let record = self
            .record(key)
            .filter(|record| record.fingerprint == fingerprint)?;
        let steps = record.steps.iter();
        let known = steps.filter_map(|step| Some((self.function(&record, step)?, step.clone())));
        let known: Vec<_> = known.collect();
        let are_all = record.by_proof_from.is_none() && known.len() == record.steps.len();
        Some((known, are_all))
    }

    /// The value with this fingerprint of the record under the key, if it is what its function
    /// returns. Runs user code.
    pub(crate) fn load(
        &self,
        function: &'static Function,
        key: &RecordKey,
        fingerprint: Fingerprint,
    ) -> Option<Value> {
        // Another run may have taken its place meanwhile.
        let record = self.record(key)?;
        self.load_of(function, key, &record, fingerprint)
    }

    /// As [`load`](Self::load), of a record that may have gone meanwhile.
    pub(crate) fn load_of(
        &self,
        function: &'static Function,
        key: &RecordKey,
        record: &Record,
        fingerprint: Fingerprint,
    ) -> Option<Value> {
        let started = Instant::now();
        let value = self.decode(function, key, record, fingerprint)?;
        self.0.inner.ledger.add_load(key, started.elapsed());
        self.0.inner.write_usages_soon();
        Some(value)
    }

    /// Whether [`load`](Self::load) would find it, as far as can be told without reading what lies apart.
    /// May run user code.
    pub(crate) fn could_load(
        &self,
        function: &'static Function,
        key: &RecordKey,
        fingerprint: Fingerprint,
    ) -> bool {
        let Some(record) = self.record(key) else {
            return false;
        };
        match &record.value {
            Kept::Nowhere => false,
            Kept::Here(_) => self.decode(function, key, &record, fingerprint).is_some(),
            Kept::Blob { digest, bytes, .. } => {
                let inner = &self.0.inner;
                let is_there = || inner.ask(inner.backend.has_blob(digest, *bytes));
                record.fingerprint == fingerprint && is_there() == Some(true)
            }
        }
    }

    fn decode(
        &self,
        function: &'static Function,
        key: &RecordKey,
        record: &Record,
        fingerprint: Fingerprint,
    ) -> Option<Value> {
        let _loading = Loading::begin(key)?;
        let inner = &self.0.inner;
        let encoded = (record.fingerprint == fingerprint).then(|| inner.value(record))??;
        let results = function.results()?;
        let value = (results.decode)(&encoded.bytes).ok()?;
        ((results.shape)(&*value) == encoded.shape).then_some(value)
    }

    /// Where it is counted how often results are used.
    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        &self.0.inner.ledger
    }

    /// The record was found to be right.
    pub(crate) fn touch(&self, key: &RecordKey, record: &Record) {
        let inner = &self.0.inner;
        inner.ledger.touch(key, record.usage.last_used);
        inner.write_usages_soon();
    }

    /// Of the node with this first record the other one is right as the world is now.
    pub(crate) fn note_latest(&self, first: &RecordKey, key: &RecordKey) {
        let inner = &self.0.inner;
        inner.ledger.note_latest(first, key);
        inner.write_usages_soon();
    }

    /// Hands a run over to be stored; tells after how many others.
    pub(crate) fn push(&self, job: Job) -> u64 {
        let inner = &self.0.inner;
        inner.push(job);
        // Whoever looks from now on finds it, or waits for it.
        inner.pushes.fetch_add(1, SeqCst)
    }

    /// How often runs, and what was accepted, were handed over to be stored.
    pub(crate) fn pushes(&self) -> u64 {
        self.0.inner.pushes.load(SeqCst)
    }

    /// What the file of an input's node gave, if it looks as it did then.
    pub(crate) fn unchanged_input(&self, node: &Snapshot) -> Option<Fingerprint> {
        self.0.inner.unchanged_input(node)
    }
}
