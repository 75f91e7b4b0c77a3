//! What all handles of a store share: where its bytes are, what waits to be written, and what
//! was found out about it.

use super::ahead::Ahead;
use super::backend::{Backend, Failure, FailureKind, Space, Write};
use super::collect::COLLECTIONS;
use super::key::RecordKey;
use super::pins::Pins;
use super::record::{self, Encoded, Followed, FunctionKey, Kept, Record};
use super::stats::Counters;
use super::usage::Ledger;
use super::writer::{Blob, Job, Made, Place, Queue};
use super::{Settings, exit, function_key};
use crate::digest::Fingerprint;
use crate::function::Function;
use crate::id::Snapshot;
use crate::input::{self, Stat};
use crate::proof::{Parts, Proof, ProofKey};
use crate::stamp::Stamp;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Values up to this size lie in their records.
const SMALL: usize = 128 << 10;

/// Whether records of a function may be there.
enum Presence {
    /// There were none when it was last looked: only what this process has written, by the hashes of the arguments.
    Own {
        /// When that was; `None` while it is looked for the first time.
        since: Option<Instant>,
        hashes: HashSet<u64, foldhash::fast::RandomState>,
    },
    /// It has to be looked.
    Others,
}

/// What is stored of a function.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredFunction {
    pub(super) path: String,
    /// The process that has written all records of it, or [`SEVERAL`].
    writer: u64,
}

/// Stands for more than one process.
const SEVERAL: u64 = 0;

pub(crate) struct Inner {
    pub(super) backend: Arc<dyn Backend>,
    pub(super) place: Option<PathBuf>,
    pub(super) settings: Settings,
    pub(super) queue: Queue,
    presence: Mutex<HashMap<usize, Presence, foldhash::fast::RandomState>>,
    /// Records that are not written yet.
    pending: Mutex<HashMap<RecordKey, Arc<Record>>>,
    pub(super) ahead: Ahead,
    proofs: Mutex<HashMap<ProofKey, Option<Arc<Proof>>>>,
    paths: Mutex<HashMap<FunctionKey, Option<Arc<str>>>>,
    /// Functions and proofs that are written.
    written: Mutex<HashSet<Vec<u8>>>,
    /// How often they were removed by anybody, as far as is known.
    collections: AtomicU64,
    writing: Mutex<()>,
    reported: Mutex<HashSet<FailureKind>>,
    /// Functions, by path, of which a result does not come back from its encoding.
    unstorable: Mutex<HashSet<String>>,
    failure: Mutex<Option<Failure>>,
    /// Nothing can be written.
    pub(super) read_only: AtomicBool,
    pub(super) counters: Counters,
    pub(super) ledger: Arc<Ledger>,
    pub(super) pins: Pins,
    /// Tells this process from others.
    token: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
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
            settings,
            queue: Queue::default(),
            presence: Mutex::default(),
            pending: Mutex::default(),
            ahead: Ahead::default(),
            proofs: Mutex::default(),
            paths: Mutex::default(),
            written: Mutex::default(),
            collections: AtomicU64::new(0),
            writing: Mutex::default(),
            reported: Mutex::default(),
            unstorable: Mutex::default(),
            failure: Mutex::default(),
            read_only: AtomicBool::new(false),
            counters: Counters::default(),
            ledger: Arc::default(),
            pins: Pins::default(),
            token: foldhash::quality::RandomState::default()
                .hash_one(started)
                .max(SEVERAL + 1),
        }
    }

    /// Says once that something has failed, and goes on.
    pub(super) fn report(&self, failure: &Failure) {
        self.counters.failures.fetch_add(1, Relaxed);
        if failure.kind == FailureKind::Denied {
            self.read_only.store(true, Relaxed);
        }
        if lock(&self.reported).insert(failure.kind) {
            let place = self.place.as_deref().unwrap_or("memory".as_ref());
            tracing::warn!(store = %place.display(), "{failure}; the program goes on without what is not stored");
        }
        lock(&self.failure).get_or_insert_with(|| failure.clone());
    }

    /// Says once for each function that its results do not come back from their encoding.
    pub(super) fn tell_unstorable(&self, job: &Job) {
        if lock(&self.unstorable).insert(job.node.function.path().to_owned()) {
            tracing::warn!(
                "`{}` is not stored, and runs in each process: its encoding does not decode to what \
                 has the same encoding (as of a `HashSet`, of `serde(untagged)`, `tag`, `flatten` or \
                 `skip_serializing_if`)",
                job.node.print()
            );
        }
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
                None
            }
        }
    }

    fn read_one(&self, space: Space, key: &[u8]) -> Option<Vec<u8>> {
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

    /// Whether records of the node may be there.
    pub(super) fn expects(&self, function: &'static Function, hash: u64) -> bool {
        /// After this time it is looked again whether other processes have written records.
        const TRUSTED: Duration = Duration::from_secs(1);
        let address = std::ptr::from_ref(function).addr();
        let mut presence = lock(&self.presence);
        // What this process writes from now on is noted.
        let entry = presence.entry(address).or_insert_with(|| Presence::Own {
            since: None,
            hashes: HashSet::default(),
        });
        match entry {
            Presence::Others => return true,
            Presence::Own { since, hashes } => {
                if since.is_some_and(|since| since.elapsed() < TRUSTED) {
                    return hashes.contains(&hash);
                }
            }
        }
        drop(presence);
        let key = function_key(function.path());
        let stored: Option<StoredFunction> = self.read_sealed(Space::Function, &key);
        let mut presence = lock(&self.presence);
        let Some(Presence::Own { since, hashes }) = presence.get_mut(&address) else {
            return true;
        };
        // Records that this process wrote before it first looked have not been noted.
        let all_noted = |stored: StoredFunction| stored.writer == self.token && since.is_some();
        if !stored.is_none_or(all_noted) {
            presence.insert(address, Presence::Others);
            return true;
        }
        *since = Some(Instant::now());
        hashes.contains(&hash)
    }

    /// Records of these nodes are about to be there.
    pub(super) fn expect_own(&self, nodes: impl Iterator<Item = (&'static Function, u64)>) {
        /// Beyond this many it is simpler to look.
        const MOST: usize = 1 << 20;
        let mut presence = lock(&self.presence);
        for (function, hash) in nodes {
            let address = std::ptr::from_ref(function).addr();
            let entry = presence.get_mut(&address);
            if let Some(Presence::Own { hashes, .. }) = entry {
                hashes.insert(hash);
                if hashes.len() > MOST {
                    presence.insert(address, Presence::Others);
                }
            }
        }
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
    fn record_now(&self, key: &RecordKey) -> Option<Arc<Record>> {
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

    fn decoded(&self, key: &RecordKey, bytes: &[u8]) -> Option<Arc<Record>> {
        self.counters.records_read.fetch_add(1, Relaxed);
        self.counters.add_read(bytes);
        let record = Record::decode(key, bytes);
        if record.is_none() {
            self.report(&damaged(Space::Record));
        }
        record.map(Arc::new)
    }

    /// The proof with this key.
    pub(super) fn proof(&self, key: &ProofKey) -> Option<Arc<Proof>> {
        if let Some(proof) = lock(&self.proofs).get(key) {
            return proof.clone();
        }
        let parts: Option<Parts> = self.read_sealed(Space::Set, key);
        let proof = parts.and_then(Parts::finish).map(Arc::new);
        let proof = proof.filter(|proof| proof.key() == key);
        lock(&self.proofs).insert(*key, proof.clone());
        if proof.is_none() {
            self.remove_damaged_proof(key);
        }
        proof
    }

    /// Makes room for the proof: what stands there would not be written again.
    fn remove_damaged_proof(&self, key: &ProofKey) {
        lock(&self.written).remove(key.as_slice());
        let (space, key) = (Space::Set, key.as_slice().into());
        // The damage is reported; that it stays, where nothing can be written, is no news.
        let _ = self.backend.write(&[Write::Remove { space, key }]);
    }

    /// A proof is about to be written that was looked for in vain.
    fn found_proof(&self, proof: &Arc<Proof>) {
        if let Some(known @ None) = lock(&self.proofs).get_mut(proof.key()) {
            *known = Some(Arc::clone(proof));
        }
    }

    /// The path of the function with this key.
    pub(super) fn path(&self, key: &FunctionKey) -> Option<Arc<str>> {
        if let Some(path) = lock(&self.paths).get(key) {
            return path.clone();
        }
        let stored: Option<StoredFunction> = self.read_sealed(Space::Function, key);
        let path = stored.map(|stored| Arc::from(stored.path));
        let path = path.filter(|path: &Arc<str>| function_key(path) == *key);
        lock(&self.paths).insert(*key, path.clone());
        path
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
        if !self.read_only.load(Relaxed) {
            if self.place.is_some() {
                exit::used();
            }
            self.queue.push(job);
        }
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

    /// Nothing is written by this process while the answer lives, but by its holder.
    pub(super) fn write_alone(&self) -> MutexGuard<'_, ()> {
        lock(&self.writing)
    }

    /// Functions and proofs that were taken for written may have been removed.
    pub(super) fn forget_written(&self) {
        lock(&self.written).clear();
        lock(&self.proofs).retain(|_, proof| proof.is_some());
        lock(&self.paths).retain(|_, path| path.is_some());
    }

    /// Looks, in what is read with each batch, whether another process has removed anything.
    fn notice_collections(&self, stored: Option<Vec<u8>>) {
        let count: Option<u64> = stored.and_then(|bytes| record::open(COLLECTIONS, &bytes));
        let count = count.unwrap_or_default();
        if self.collections.swap(count, Relaxed) != count {
            self.forget_written();
        }
    }

    /// Writes records, with all that they need. Gives the bytes.
    pub(super) fn write(&self, records: Vec<Made>) -> u64 {
        let _alone = self.write_alone();
        let firsts: Vec<RecordKey> = records
            .iter()
            .filter_map(|made| match &made.place {
                Place::Behind(first) => Some(*first),
                Place::At(_) => None,
            })
            .collect();
        let keys = firsts
            .iter()
            .map(|first| (Space::Record, first.bytes().as_slice()));
        let keys = keys.chain([(Space::Usage, COLLECTIONS)]);
        let known = self.ask(self.backend.read(&keys.collect::<Vec<_>>()));
        let mut known = known.unwrap_or_default();
        self.notice_collections(known.pop().flatten());
        let mut batch = Batch {
            known: HashMap::new(),
            writes: Vec::new(),
            rest: Vec::new(),
            placed: Vec::new(),
            apart: 0,
        };
        for (first, bytes) in firsts.iter().zip(known) {
            let record = bytes.and_then(|bytes| Record::decode(first, &bytes));
            batch.known.insert(*first, record.map(Arc::new));
        }
        for made in records {
            self.add(&mut batch, made);
        }
        let Batch {
            writes,
            rest,
            placed,
            apart,
            ..
        } = batch;
        let count = writes.len() as u64;
        let all: Vec<Write> = rest.into_iter().chain(writes).collect();
        if all.is_empty() {
            return 0;
        }
        let bytes = all.iter().map(Write::bytes).sum::<u64>() + apart;
        if self.ask(self.backend.write(&all)).is_some() {
            self.counters.add_written(count, bytes);
            for (key, stamp) in placed {
                stamp.set_record(key);
            }
        } else {
            // They may be written after all with the next record that needs them.
            lock(&self.written).clear();
        }
        lock(&self.pending).clear();
        self.ahead.clear();
        bytes
    }

    fn add(&self, batch: &mut Batch, made: Made) {
        if let Some((digest, bytes)) = &made.blob
            && self.ask(self.backend.write_blob(digest, bytes)).is_none()
        {
            return;
        }
        if let Some((_, bytes)) = &made.blob {
            batch.apart += bytes.len() as u64;
        }
        for path in &made.functions {
            self.add_function(batch, path);
        }
        if let Some(proof) = &made.proof {
            self.add_sealed(batch, Space::Set, proof.key(), proof.parts());
            self.found_proof(proof);
        }
        let placed = match made.place {
            Place::Behind(first) => self.find_place(batch, &first, made.record),
            Place::At(key) => Some((key, made.record)),
        };
        let Some((key, record)) = placed else {
            return;
        };
        let Some(bytes) = record.encode(&key) else {
            return;
        };
        batch.writes.push(Write::Put {
            space: Space::Record,
            key: key.bytes().as_slice().into(),
            value: bytes.into(),
        });
        batch.placed.push((key, made.stamp));
        let record = Arc::new(record);
        batch.known.insert(key, Some(Arc::clone(&record)));
        lock(&self.pending).insert(key, record);
    }

    /// Where the record goes: behind those that were given the same answers so far.
    fn find_place(
        &self,
        batch: &mut Batch,
        first: &RecordKey,
        mut record: Record,
    ) -> Option<(RecordKey, Record)> {
        let mut key = *first;
        loop {
            let known = match batch.known.get(&key) {
                Some(known) => known.clone(),
                None => self.record_now(&key),
            };
            let Some(known) = known else {
                return Some((key, record));
            };
            match record.follow(&known) {
                // What lies behind so many answers differs later, unless it is damaged: it gives way
                // then, lest the search go in a circle.
                Followed::Until(place) if place >= record.from as usize => {
                    let turns = record.turns(place + 1);
                    key = first.after(turns.iter());
                    record.from = u32::try_from(place + 1).ok()?;
                }
                // What else it rests on is another matter.
                Followed::All if known.by_proof_from.is_some() && known.proof != record.proof => {
                    key = key.beside();
                }
                // The same run again, or one that asks otherwise after the same answers: the newer stays.
                _ => return Some((key, record)),
            }
        }
    }

    /// Remembers how an input looked when it was read.
    pub(super) fn write_input(&self, job: &Job, value: &Value) {
        let settled = input::stat_of(&**value);
        let (Some(stat), Some(fingerprint)) = (settled, job.stamp.known_fingerprint()) else {
            return;
        };
        let key = input_key(&job.node.digest());
        if let Some(value) = record::seal(&key, &(stat, fingerprint)) {
            let space = Space::Input;
            let (key, value) = (key.as_slice().into(), value.into());
            self.ask(self.backend.write(&[Write::Put { space, key, value }]));
        }
    }

    /// What the input gave, if it looks as it did then.
    pub(super) fn unchanged_input(&self, node: &Snapshot) -> Option<Fingerprint> {
        let path = input::path_of(node)?;
        let (stat, fingerprint): (Stat, Fingerprint) =
            self.read_sealed(Space::Input, &input_key(&node.digest()))?;
        (Stat::of(&path)? == stat).then_some(fingerprint)
    }

    fn add_function(&self, batch: &mut Batch, path: &str) {
        let key = function_key(path);
        if !lock(&self.written).insert(key.to_vec()) {
            return;
        }
        // Those that are there already would be overlooked if the function became this process's own.
        let there: Option<StoredFunction> = self.read_sealed(Space::Function, &key);
        let is_own = there.is_none_or(|there| there.writer == self.token);
        let stored = StoredFunction {
            path: path.to_owned(),
            writer: if is_own { self.token } else { SEVERAL },
        };
        // Processes that took the function for their own will see that another writes records of it.
        if let Some(value) = record::seal(&key, &stored) {
            batch.rest.push(Write::Put {
                space: Space::Function,
                key: key.as_slice().into(),
                value: value.into(),
            });
        }
    }

    fn add_sealed<T: Serialize>(&self, batch: &mut Batch, space: Space, key: &[u8], content: &T) {
        if lock(&self.written).insert(key.to_vec())
            && let Some(value) = record::seal(key, content)
        {
            batch.rest.push(Write::Insert {
                space,
                key: key.into(),
                value: value.into(),
            });
        }
    }
}

/// Changes that go together.
struct Batch {
    /// What is under the keys, these changes included.
    known: HashMap<RecordKey, Option<Arc<Record>>>,
    /// Records.
    writes: Vec<Write>,
    /// What they need, which must be there first.
    rest: Vec<Write>,
    /// Where the values are that the stamps speak of.
    placed: Vec<(RecordKey, Arc<Stamp>)>,
    /// The bytes of values that lie apart.
    apart: u64,
}

/// Under what it is remembered how an input looked, by the digest of its node.
pub(super) fn input_key(node: &[u8; 32]) -> InputKey {
    let mut key = InputKey::default();
    key.copy_from_slice(&node[..16]);
    key
}

pub(super) type InputKey = [u8; 16];

pub(super) fn damaged(space: Space) -> Failure {
    Failure {
        kind: FailureKind::Damaged,
        message: format!("a stored {space:?} is damaged"),
    }
}
