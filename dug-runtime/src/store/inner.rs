//! What all handles of a store share: where its bytes are, what waits to be written, and what
//! was found out about it.

use super::ahead::Ahead;
use super::backend::{Backend, Failure, FailureKind, Space, Write};
use super::batch::Blob;
use super::builder::Settings;
use super::head::{Common, Head, HeadKey};
use super::key::RecordKey;
use super::layout;
use super::pins::Pins;
use super::presence::{Presence, SEVERAL, StoredFunction};
use super::proofs::ProofCache;
use super::queue::{Job, Queue};
use super::record::{self, Encoded, FunctionKey, Kept, Record};
use super::stats::Counters;
use super::usage::Ledger;
use super::{exit, function_key};
use crate::id::Snapshot;
use crate::proof::{Parts, Proof, ProofKey};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Values up to this size lie in their records.
const SMALL: usize = 128 << 10;

pub(crate) struct Inner {
    pub(super) backend: Arc<dyn Backend>,
    pub(super) place: Option<PathBuf>,
    pub(super) settings: Settings,
    /// What opening it told.
    pub(super) notices: Vec<String>,
    pub(super) queue: Queue,
    pub(super) presence: Mutex<HashMap<usize, Presence, foldhash::fast::RandomState>>,
    /// Records that are not written yet.
    pub(super) pending: Mutex<HashMap<RecordKey, Arc<Record>>>,
    pub(super) ahead: Ahead,
    pub(super) heads: Mutex<HashMap<HeadKey, Arc<Head>, foldhash::fast::RandomState>>,
    pub(super) proofs: Mutex<ProofCache>,
    pub(super) paths: Mutex<HashMap<FunctionKey, Arc<str>>>,
    /// Functions, heads and proofs that are written.
    pub(super) written: Mutex<HashSet<Vec<u8>>>,
    /// How often something was handed over to be stored.
    pub(super) pushes: AtomicU64,
    /// How often they were removed by anybody, as far as is known.
    pub(super) collections: AtomicU64,
    pub(super) writing: Mutex<()>,
    pub(super) reported: Mutex<HashSet<FailureKind>>,
    /// Functions, by path, of which a result could not be stored, and named values.
    pub(super) unstorable: Mutex<HashSet<String>>,
    /// Keys of named values that were taken back, which could not be written.
    pub(super) unbound: Mutex<HashSet<[u8; 32]>>,
    /// Why results were not stored, by the digests of their nodes.
    unstored: Mutex<HashMap<[u8; 32], &'static str>>,
    pub(super) failure: Mutex<Option<Failure>>,
    /// Why nothing can be written, once that is known.
    pub(super) unwritable: OnceLock<Failure>,
    /// How often the backend was found to be damaged.
    damaged_reads: AtomicU64,
    /// Nothing is looked for any more.
    pub(super) given_up: AtomicBool,
    pub(super) counters: Counters,
    pub(super) ledger: Arc<Ledger>,
    pub(super) pins: Pins,
    /// Tells this process from others.
    pub(super) token: u64,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Store")
            .field("place", &self.place)
            .finish()
    }
}

impl Inner {
    pub(super) fn new(
        backend: Arc<dyn Backend>,
        place: Option<PathBuf>,
        settings: Settings,
    ) -> Self {
        use std::hash::BuildHasher;
        let started = (std::process::id(), super::now_in_milliseconds());
        Inner {
            backend,
            place,
            notices: Vec::new(),
            queue: Queue::new(settings.patience),
            settings,
            presence: Mutex::default(),
            pending: Mutex::default(),
            ahead: Ahead::default(),
            heads: Mutex::default(),
            proofs: Mutex::default(),
            paths: Mutex::default(),
            written: Mutex::default(),
            pushes: AtomicU64::new(0),
            collections: AtomicU64::new(0),
            writing: Mutex::default(),
            reported: Mutex::default(),
            unstorable: Mutex::default(),
            unbound: Mutex::default(),
            unstored: Mutex::default(),
            failure: Mutex::default(),
            unwritable: OnceLock::new(),
            damaged_reads: AtomicU64::new(0),
            given_up: AtomicBool::new(false),
            counters: Counters::default(),
            ledger: Arc::default(),
            pins: Pins::default(),
            token: foldhash::quality::RandomState::default()
                .hash_one(started)
                .max(SEVERAL + 1),
        }
    }

    /// What opening it told, which is said here and not again.
    pub(super) fn notify(&mut self, notices: Vec<String>, unwritable: Option<Failure>) {
        notices.iter().for_each(|notice| self.warn(notice));
        self.notices = notices;
        if let Some(failure) = unwritable {
            lock(&self.reported).insert(failure.kind);
            let _ = self.unwritable.set(failure);
        }
    }

    fn warn(&self, text: &str) {
        let place = self.place.as_deref().unwrap_or("memory".as_ref());
        tracing::warn!(store = %place.display(), "{text}");
    }

    /// Something has failed.
    pub(super) fn report(&self, failure: &Failure) {
        self.counters.failures.fetch_add(1, Relaxed);
        if failure.kind == FailureKind::Denied {
            let _ = self.unwritable.set(failure.clone());
        }
        self.tell(failure);
    }

    /// So many results are not stored, for this reason.
    pub(super) fn drop_results(&self, results: u64, reason: &Failure) {
        if results > 0 {
            self.counters.add_dropped(results);
            self.tell(reason);
        }
    }

    /// Returns when all that was handed over is written, or could not be; fails if the writer is stuck.
    pub(super) fn wait_for_writer(&self) -> Result<(), Failure> {
        match self.queue.wait() {
            true => Ok(()),
            false => Err(Failure {
                kind: FailureKind::Busy,
                message: "the store's writer is stuck, and not all results are stored".to_owned(),
            }),
        }
    }

    /// Says once for each kind of failure that the program goes on, and to who flushes next.
    fn tell(&self, failure: &Failure) {
        self.say(failure);
        lock(&self.failure).get_or_insert_with(|| failure.clone());
    }

    /// Says once for each kind of failure that the program goes on.
    pub(super) fn say(&self, failure: &Failure) {
        if lock(&self.reported).insert(failure.kind) {
            self.warn(&format!(
                "{failure}; the program goes on without what is not stored"
            ));
        }
    }

    /// Says once for each function, or named value, that it is not stored.
    pub(super) fn tell_unstorable(&self, of: &str, node: &str, why: &str) {
        if lock(&self.unstorable).insert(of.to_owned()) {
            self.warn(&format!(
                "`{node}` is not stored, and runs in each process: {why}"
            ));
        }
    }

    /// The result of this node was not stored.
    pub(super) fn note_unstored(&self, node: &Snapshot, why: &'static str) {
        /// Of so many nodes it is remembered.
        const MOST: usize = 4096;
        let mut unstored = lock(&self.unstored);
        if unstored.len() >= MOST {
            unstored.clear();
        }
        unstored.insert(node.digest(), why);
    }

    /// Why a result of this node was not stored by this process, if one was not.
    pub(super) fn unstored(&self, node: &Snapshot) -> Option<&'static str> {
        lock(&self.unstored).get(&node.digest()).copied()
    }

    /// The first failure since this was last asked.
    pub(super) fn take_failure(&self) -> Option<Failure> {
        lock(&self.failure).take()
    }

    /// What the backend gives, if it does not fail.
    pub(super) fn ask<T>(&self, answer: Result<T, Failure>) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(failure) => {
                self.report(&failure);
                self.give_up_after(&failure);
                None
            }
        }
    }

    /// A database that is damaged throughout fails slowly, again and again: nothing is asked of it any more,
    /// until it is opened anew and set aside.
    fn give_up_after(&self, failure: &Failure) {
        const PATIENCE: u64 = 32;
        if failure.kind == FailureKind::Damaged
            && self.damaged_reads.fetch_add(1, Relaxed) + 1 >= PATIENCE
            && !self.given_up.load(Relaxed)
        {
            let text = "the store is too damaged to be used any further by this process";
            self.warn(text);
            self.give_up(Failure {
                kind: FailureKind::Damaged,
                message: text.to_owned(),
            });
        }
    }

    /// From now on nothing is looked for, and nothing is written.
    pub(super) fn give_up(&self, reason: Failure) {
        self.given_up.store(true, Relaxed);
        let _ = self.unwritable.set(reason);
    }

    pub(super) fn read_one(&self, space: Space, key: &[u8]) -> Option<Vec<u8>> {
        let read = self.backend.read(&[(space, key)]);
        self.ask(read)?.pop().flatten()
    }

    /// What is sealed under the key; what is damaged is reported, and is not there.
    pub(super) fn read_sealed<T: serde::de::DeserializeOwned>(
        &self,
        space: Space,
        key: &[u8],
    ) -> Option<T> {
        let bytes = self.read_one(space, key)?;
        let opened = record::open(key, &bytes);
        if opened.is_none() {
            self.report(&damaged(space));
        }
        opened
    }

    /// The record under the key.
    pub(super) fn record(&self, key: &RecordKey) -> Option<Arc<Record>> {
        if let Some(record) = lock(&self.pending).get(key) {
            return Some(Arc::clone(record));
        }
        if let Some(record) = self.ahead.recent(key) {
            return Some(record);
        }
        let changes = self.ahead.changes();
        let ahead = self.ahead.take(key);
        let bytes = ahead.or_else(|| self.read_on(changes, key))?;
        let record = self.decoded(key, &bytes)?;
        self.ahead.note(changes, *key, &record);
        Some(record)
    }

    /// The record under the key, as it is now.
    pub(super) fn record_now(&self, key: &RecordKey) -> Option<Arc<Record>> {
        if let Some(record) = lock(&self.pending).get(key) {
            return Some(Arc::clone(record));
        }
        let bytes = self.read_one(Space::Record, key.bytes())?;
        self.decoded(key, &bytes)
    }

    /// What is under the key, and at times what may be asked for next.
    fn read_on(&self, changes: u64, key: &RecordKey) -> Option<Vec<u8>> {
        let read = self.backend.read_on(Space::Record, key.bytes());
        let (bytes, next) = self.ask(read)?;
        if !next.is_empty() {
            self.ahead.fill(changes, next);
        }
        bytes
    }

    pub(super) fn decoded(&self, key: &RecordKey, bytes: &[u8]) -> Option<Arc<Record>> {
        self.counters.records_read.fetch_add(1, Relaxed);
        self.counters.add_read(bytes);
        self.decode_now(key, bytes).map(Arc::new)
    }

    /// The record whose bytes these were, as it is now; `None` if it has gone, or is damaged, which is told.
    pub(super) fn decode_now(&self, key: &RecordKey, bytes: &[u8]) -> Option<Record> {
        if let Some(record) = self.decode(key, bytes) {
            return Some(record);
        }
        // Another process may have collected it, and what it names.
        let now = self.read_one(Space::Record, key.bytes())?;
        let record = self.decode(key, &now);
        if record.is_none() {
            self.report(&damaged(Space::Record));
        }
        record
    }

    /// The record whose bytes these are, if they are right and its head is there.
    pub(super) fn decode(&self, key: &RecordKey, bytes: &[u8]) -> Option<Record> {
        layout::decode(key, bytes, |head| self.head(head))
    }

    /// The head with this key.
    fn head(&self, key: &HeadKey) -> Option<Arc<Head>> {
        if let Some(head) = lock(&self.heads).get(key) {
            return Some(Arc::clone(head));
        }
        let common: Option<Common> = self.read_sealed(Space::Head, key);
        let head = common.and_then(Common::finish).map(Arc::new);
        match head.filter(|head| head.key() == key) {
            Some(head) => {
                self.found_head(&head);
                Some(head)
            }
            None => {
                // It will be written again with the next record that has it.
                lock(&self.written).remove(key.as_slice());
                None
            }
        }
    }

    /// The proof with this key.
    pub(super) fn proof(&self, key: &ProofKey) -> Option<Arc<Proof>> {
        let known = |key: &ProofKey| lock(&self.proofs).get(key);
        if let Some(proof) = known(key) {
            return proof;
        }
        lock(&self.proofs).make_room();
        // One may name others, and these others: they are read first.
        let mut pending = vec![*key];
        let mut begun: HashMap<ProofKey, Option<Parts>> = HashMap::new();
        while let Some(key) = pending.last().copied() {
            if known(&key).is_some() {
                pending.pop();
                continue;
            }
            let parts = begun.remove(&key);
            let parts = parts.unwrap_or_else(|| self.parts_of_proof(&key));
            let further = parts.iter().flat_map(Parts::further);
            let is_unread =
                |it: &&ProofKey| **it != key && known(it).is_none() && !begun.contains_key(*it);
            let unread: Vec<ProofKey> = further.filter(is_unread).copied().collect();
            if !unread.is_empty() {
                pending.extend(unread);
                begun.insert(key, parts);
                continue;
            }
            let proof = parts.and_then(|parts| parts.complete(|key| known(key).flatten()));
            if proof.is_none() {
                self.remove_damaged_proof(&key);
            }
            lock(&self.proofs).insert(key, proof.map(Arc::new));
        }
        known(key).flatten()
    }

    fn parts_of_proof(&self, key: &ProofKey) -> Option<Parts> {
        let parts: Option<Parts> = self.read_sealed(Space::Set, key);
        parts.filter(|parts| parts.key() == *key)
    }

    /// Makes room for the proof: what stands there would not be written again.
    fn remove_damaged_proof(&self, key: &ProofKey) {
        lock(&self.written).remove(key.as_slice());
        // Where there is none, another process may write it just now.
        if self.read_one(Space::Set, key).is_none() {
            return;
        }
        let (space, key) = (Space::Set, key.as_slice().into());
        // The damage is reported; that it stays, where nothing can be written, is no news.
        let _ = self.backend.write(&[Write::Remove { space, key }]);
    }

    /// A head was read, or is about to be written.
    pub(super) fn found_head(&self, head: &Arc<Head>) {
        /// How many are remembered.
        const MOST_HEADS: usize = 1 << 14;
        let mut heads = lock(&self.heads);
        if heads.len() >= MOST_HEADS {
            heads.clear();
        }
        heads.insert(*head.key(), Arc::clone(head));
    }

    /// A proof is about to be written that was looked for in vain.
    pub(super) fn found_proof(&self, proof: &Arc<Proof>) {
        let mut proofs = lock(&self.proofs);
        if let Some(None) = proofs.get(proof.key()) {
            proofs.insert(*proof.key(), Some(Arc::clone(proof)));
        }
    }

    /// The path of the function with this key.
    pub(super) fn path(&self, key: &FunctionKey) -> Option<Arc<str>> {
        if let Some(path) = lock(&self.paths).get(key) {
            return Some(Arc::clone(path));
        }
        let stored: StoredFunction = self.read_sealed(Space::Function, key)?;
        let path: Arc<str> = Arc::from(stored.path);
        let path = Some(path).filter(|path| function_key(path) == *key)?;
        lock(&self.paths).insert(*key, Arc::clone(&path));
        Some(path)
    }

    /// The encoding of a stored value.
    pub(super) fn value(&self, record: &Record) -> Option<Encoded> {
        self.counters.values_read.fetch_add(1, Relaxed);
        match &record.value {
            Kept::Nowhere => None,
            Kept::Here(encoded) => Some(encoded.clone()),
            Kept::Blob {
                digest,
                bytes,
                shape,
            } => {
                let read = self.backend.read_blob(digest, *bytes);
                let bytes = self.ask(read).flatten()?;
                self.counters.add_read(&bytes);
                Some(Encoded {
                    bytes,
                    shape: *shape,
                })
            }
        }
    }

    /// Hands a run over to be stored.
    pub(super) fn push(&self, job: Job) {
        if let Some(reason) = self.unwritable.get() {
            self.drop_results(job.results(), reason);
            return;
        }
        if self.place.is_some() {
            exit::used();
        }
        if let Some(job) = self.queue.push(job) {
            self.drop_results(job.results(), &stuck());
        }
    }

    /// Whether a value of so many bytes alone outgrows the store.
    pub(super) fn is_too_large(&self, bytes: usize) -> bool {
        self.settings.max_size.is_some_and(|max| bytes as u64 > max)
    }

    /// Whether a result that took so many nanoseconds is cheaper to run than to keep.
    pub(super) fn is_spared(&self, took: u64) -> bool {
        took < super::nanoseconds(self.settings.min_cost)
    }

    /// Where the value goes: into its record, or apart.
    pub(super) fn place_value(&self, encoded: Encoded) -> (Kept, Option<Blob>) {
        if encoded.bytes.len() <= SMALL {
            return (Kept::Here(encoded), None);
        }
        let digest = *blake3::hash(&encoded.bytes).as_bytes();
        let bytes = encoded.bytes.len() as u64;
        let shape = encoded.shape;
        (
            Kept::Blob {
                digest,
                bytes,
                shape,
            },
            Some((digest, encoded.bytes)),
        )
    }
}

/// The writer gets nothing done, as where to encode a value waits for what a caller holds.
pub(super) fn stuck() -> Failure {
    Failure {
        kind: FailureKind::Busy,
        message: "the store's writer is stuck, so results are not stored".to_owned(),
    }
}

pub(super) fn damaged(space: Space) -> Failure {
    Failure {
        kind: FailureKind::Damaged,
        message: format!("something stored is damaged: {}", space.describe()),
    }
}
