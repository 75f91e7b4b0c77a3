//! Writes records, with all that they need: where each goes, and what has to be there first.

use super::backend::{Hold, Space, Write};
use super::collect::COLLECTIONS;
use super::head::Head;
use super::inner::{Inner, lock};
use super::key::RecordKey;
use super::presence::{SEVERAL, StoredFunction};
use super::record::{self, Followed, MOST_BESIDE, Record};
use super::usage::Usage;
use super::{key_of, latest, layout};
use crate::function::Function;
use crate::proof::Proof;
use crate::stamp::Stamp;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, MutexGuard};

/// A value that lies apart, under its digest.
pub(super) type Blob = ([u8; 32], Vec<u8>);

/// A record to be written.
pub(super) struct Made {
    pub(super) place: Place,
    pub(super) record: Record,
    /// Of the value.
    pub(super) stamp: Arc<Stamp>,
    /// The functions that it names, as far as they may not be written.
    pub(super) functions: Vec<&'static Function>,
    pub(super) proof: Option<Arc<Proof>>,
    /// A value that is too large to lie in the record.
    pub(super) blob: Option<Blob>,
    /// Whether a new process may be able to ask something that it rests on only later: until then nothing but a
    /// proof tells it whether this is right, so each of its proofs has a record.
    pub(super) rests_on_instances: bool,
}

/// Where a record goes.
pub(super) enum Place {
    /// Among those of its node.
    Behind {
        /// Of which this is the first.
        first: RecordKey,
        /// As a rule none are there.
        is_new: bool,
    },
    At(RecordKey),
}

/// Changes that go together.
struct Batch {
    /// What is under the keys, these changes included.
    known: HashMap<RecordKey, Option<Arc<Record>>>,
    /// Records.
    writes: Vec<Write>,
    /// How many of them are of runs.
    results: u64,
    /// What they need, which must be there first.
    rest: Vec<Write>,
    /// Where the values are that the stamps speak of.
    placed: Vec<(RecordKey, Arc<Stamp>)>,
    /// Whether what other processes write meanwhile where nothing was is to stay.
    others_stay: bool,
    /// What goes where nothing was: by the place among the records that are written.
    inserted: Vec<(usize, RecordKey, Arc<Record>, bool)>,
    /// The bytes of values that lie apart.
    apart: u64,
}

impl Inner {
    /// Nothing is written by this process while the answer lives, but by its holder.
    pub(super) fn write_alone(&self) -> MutexGuard<'_, ()> {
        lock(&self.writing)
    }

    /// Functions and proofs that were taken for written may have been removed.
    pub(super) fn forget_written(&self) {
        lock(&self.written).clear();
        lock(&self.proofs).forget_missing();
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
        /// As many are remembered as written.
        const MOST_WRITTEN: usize = 1 << 16;
        let _alone = self.queue.expose(|| self.write_alone());
        if lock(&self.written).len() > MOST_WRITTEN {
            lock(&self.written).clear();
        }
        let lease = self.queue.expose(|| self.backend.lease(Hold::Together));
        let Some(_lease) = self.ask(lease) else {
            let runs = |made: &&Made| matches!(made.place, Place::Behind { .. });
            self.counters
                .add_dropped(records.iter().filter(runs).count() as u64);
            return 0;
        };
        // Others may be as quick, and write where nothing was: then it goes behind theirs. Where there still
        // is nothing that can be read, what is there is damaged, and gives way.
        let (mut bytes, beaten) = self.write_once(records, true);
        if !beaten.is_empty() {
            bytes += self.write_once(beaten, false).0;
        }
        lock(&self.pending).clear();
        self.ahead.clear();
        bytes
    }

    /// Gives the bytes, and what was not written since something was there after all, if that is to stay.
    fn write_once(&self, records: Vec<Made>, others_stay: bool) -> (u64, Vec<Made>) {
        let places = records.iter().filter_map(|made| match &made.place {
            // What is there after all stays, and is looked at then.
            Place::Behind { is_new: true, .. } => None,
            Place::Behind { first, .. } => Some(*first),
            Place::At(key) => Some(*key),
        });
        let places: Vec<RecordKey> = places.collect();
        let keys = places
            .iter()
            .map(|key| (Space::Record, key.bytes().as_slice()));
        let keys = keys.chain([(Space::Count, COLLECTIONS)]);
        let known = self.ask(self.backend.read(&keys.collect::<Vec<_>>()));
        let mut known = known.unwrap_or_default();
        self.notice_collections(known.pop().flatten());
        let mut batch = Batch {
            known: HashMap::new(),
            writes: Vec::new(),
            results: 0,
            rest: Vec::new(),
            placed: Vec::new(),
            inserted: Vec::new(),
            others_stay,
            apart: 0,
        };
        for (key, bytes) in places.iter().zip(known) {
            let record = bytes.and_then(|bytes| self.decode(key, &bytes));
            batch.known.insert(*key, record.map(Arc::new));
        }
        for made in records {
            self.add(&mut batch, made);
        }
        let Batch {
            writes,
            results,
            rest,
            placed,
            inserted,
            apart,
            ..
        } = batch;
        let (count, before) = (writes.len() as u64, rest.len());
        let all: Vec<Write> = rest.into_iter().chain(writes).collect();
        if all.is_empty() {
            return (0, Vec::new());
        }
        let mut bytes = all.iter().map(Write::bytes).sum::<u64>() + apart;
        let Some(changed) = self.ask(self.backend.write(&all)) else {
            self.counters.add_dropped(results);
            // They may be written after all with the next record that needs them.
            lock(&self.written).clear();
            return (bytes, Vec::new());
        };
        let is_beaten = |nth: usize| changed.get(before + nth) == Some(&false);
        let lost = (0..all.len() - before).filter(|nth| is_beaten(*nth));
        let lost: Vec<u64> = lost.map(|nth| all[before + nth].bytes()).collect();
        bytes -= lost.iter().sum::<u64>();
        self.counters.add_written(count - lost.len() as u64, bytes);
        let mut beaten: Vec<Made> = Vec::new();
        for (nth, first, record, rests_on_instances) in inserted {
            if is_beaten(nth) {
                let mut record = Record::clone(&record);
                record.from = 0;
                beaten.push(Made {
                    place: Place::Behind {
                        first,
                        is_new: false,
                    },
                    record,
                    stamp: Arc::clone(&placed[nth].1),
                    functions: Vec::new(),
                    proof: None,
                    blob: None,
                    rests_on_instances,
                });
            }
        }
        for (nth, (key, stamp)) in placed.into_iter().enumerate() {
            if !is_beaten(nth) {
                stamp.set_record(key);
            }
        }
        (bytes, beaten)
    }

    fn add(&self, batch: &mut Batch, made: Made) {
        if let Some((digest, bytes)) = &made.blob
            && self.ask(self.backend.write_blob(digest, bytes)).is_none()
        {
            self.counters.add_dropped(1);
            return;
        }
        if let Some((_, bytes)) = &made.blob {
            batch.apart += bytes.len() as u64;
        }
        self.add_head(batch, &made.record.head, &made.functions);
        if let Some(proof) = &made.proof {
            self.add_proof(batch, proof);
        }
        let first = match &made.place {
            Place::Behind { first, .. } => Some(*first),
            Place::At(_) => None,
        };
        let placed = match made.place {
            Place::Behind { first, is_new } => {
                if is_new {
                    batch.known.entry(first).or_insert(None);
                }
                self.find_place(batch, &first, made.record, made.rests_on_instances)
            }
            Place::At(key) => Some((key, made.record)),
        };
        let Some((key, mut record)) = placed else {
            return;
        };
        if let Some(Some(known)) = batch.known.get(&key)
            && keep_value(&mut record, known)
        {
            self.add_head(batch, &record.head, &[]);
        }
        // It stands for what was stored there before.
        if let Some(Some(known)) = batch.known.get(&key) {
            let last_used = record.usage.last_used.max(known.usage.last_used);
            record.usage = Usage {
                last_used,
                ..known.usage
            };
        }
        let Some(bytes) = layout::encode(&key, &record) else {
            return;
        };
        let (space, value) = (Space::Record, bytes.into());
        let record = Arc::new(record);
        let at: Box<[u8]> = key.bytes().as_slice().into();
        let is_empty = batch.others_stay && matches!(batch.known.get(&key), Some(None));
        batch.writes.push(match first.filter(|_| is_empty) {
            Some(first) => {
                let nth = batch.writes.len();
                let record = Arc::clone(&record);
                batch
                    .inserted
                    .push((nth, first, record, made.rests_on_instances));
                Write::Insert {
                    space,
                    key: at,
                    value,
                }
            }
            None => Write::Put {
                space,
                key: at,
                value,
            },
        });
        batch.results += u64::from(first.is_some());
        if let Some(first) = first.filter(|first| *first != key && record.proof.is_some()) {
            batch.rest.extend(latest::write(&first, &key));
        }
        batch.placed.push((key, made.stamp));
        batch.known.insert(key, Some(Arc::clone(&record)));
        lock(&self.pending).insert(key, record);
    }

    /// Where the record goes: behind those that were given the same answers so far.
    fn find_place(
        &self,
        batch: &mut Batch,
        first: &RecordKey,
        mut record: Record,
        rests_on_instances: bool,
    ) -> Option<(RecordKey, Record)> {
        let (mut key, mut beside) = (*first, 0);
        loop {
            let known = match batch.known.get(&key) {
                Some(known) => known.clone(),
                None => {
                    let known = self.record_now(&key);
                    batch.known.insert(key, known.clone());
                    known
                }
            };
            let Some(known) = known else {
                return Some((key, record));
            };
            match record.follow(&known) {
                // What lies behind so many answers differs later, unless it is damaged: it gives way
                // then, lest the search go in a circle.
                Followed::Until(place) if place >= record.from as usize => {
                    let turns = record.turns(place + 1);
                    (key, beside) = (first.after(turns.iter()), 0);
                    record.from = u32::try_from(place + 1).ok()?;
                }
                // What else it rests on is another matter.
                Followed::All
                    if (known.by_proof_from.is_some() || rests_on_instances)
                        && known.proof != record.proof
                        && beside < MOST_BESIDE =>
                {
                    (key, beside) = (key.beside(), beside + 1);
                }
                // The same run again, or one that asks otherwise after the same answers: the newer stays.
                _ => return Some((key, record)),
            }
        }
    }

    /// What records name that have this head.
    fn add_head(&self, batch: &mut Batch, head: &Arc<Head>, functions: &[&'static Function]) {
        if lock(&self.written).contains(head.key().as_slice()) {
            return;
        }
        for function in functions {
            self.add_function(batch, function);
            batch.rest.extend(self.writes_of_code(function));
        }
        let Some(value) = record::seal(head.key(), head.common()) else {
            return;
        };
        // What stands there may be damaged.
        batch.rest.push(Write::Put {
            space: Space::Head,
            key: head.key().as_slice().into(),
            value: value.into(),
        });
        lock(&self.written).insert(head.key().to_vec());
        self.found_head(head);
    }

    fn add_function(&self, batch: &mut Batch, function: &Function) {
        let key = key_of(function);
        if !lock(&self.written).insert(key.to_vec()) {
            return;
        }
        // Those that are there already would be overlooked if the function became this process's own.
        let there: Option<StoredFunction> = self.read_sealed(Space::Function, &key);
        let is_own = there.is_none_or(|there| there.writer == self.token);
        let stored = StoredFunction {
            path: function.path().to_owned(),
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

    /// The proof, and those that it names.
    fn add_proof(&self, batch: &mut Batch, proof: &Arc<Proof>) {
        self.found_proof(proof);
        let mut pending = vec![proof];
        while let Some(proof) = pending.pop() {
            if !lock(&self.written).contains(proof.key().as_slice()) {
                self.add_codes(batch, proof);
                self.add_sealed(batch, Space::Set, proof.key(), proof.parts());
                pending.extend(proof.further());
            }
        }
    }

    /// What is known of the codes that a new proof names: also of functions that have no records.
    fn add_codes(&self, batch: &mut Batch, proof: &Proof) {
        for reached in proof.functions() {
            if let Some(function) = crate::registry::find(&reached.path)
                && function.code_fingerprint() == *reached.code.as_bytes()
            {
                batch.rest.extend(self.writes_of_code(function));
            }
        }
    }

    fn add_sealed<T: Serialize>(&self, batch: &mut Batch, space: Space, key: &[u8], content: &T) {
        if lock(&self.written).contains(key) {
            return;
        }
        lock(&self.written).insert(key.to_vec());
        if let Some(value) = record::seal(key, content) {
            batch.rest.push(Write::Insert {
                space,
                key: key.into(),
                value: value.into(),
            });
        }
    }
}

/// What takes the place of an equal result has the value of that, if its own is not to be stored: it may be tagged.
/// Tells whether that is so.
fn keep_value(record: &mut Record, known: &Record) -> bool {
    let is_spared = !record.has_value() && known.has_value();
    if !is_spared || record.fingerprint != known.fingerprint {
        return false;
    }
    let Some(head) = record.head.with_shape(known.value.shape()) else {
        return false;
    };
    record.head = Arc::new(head);
    record.value = known.value.clone();
    true
}
