//! What a store holds, read once and kept small: which records, and what each of them needs.

use crate::digest::Fingerprint;
use crate::function::Function;
use crate::id::{NodeId, Snapshot, digest_of};
use crate::input::Stat;
use crate::proof::{Parts, ProofKey};
use crate::registry;
use crate::store::backend::{Failure, Space};
use crate::store::code::{self, CodeKey, Row};
use crate::store::head::{Common, HeadKey};
use crate::store::inner::Inner;
use crate::store::inputs::{InputKey, input_key};

use crate::store::RecordKey;
use crate::store::record::{self, FunctionKey, Kept, Record};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

/// A record.
pub(super) struct Found {
    pub(super) key: RecordKey,
    /// How many steps lead to it.
    pub(super) from: u32,
    /// How many stand beside it that are found by way of it.
    pub(super) followers: u32,
    pub(super) last_used: u64,
    /// Its own, without a value that lies apart.
    pub(super) bytes: u64,
    pub(super) blob: Option<Place>,
    pub(super) head: Place,
    pub(super) proof: Option<ProofKey>,
    /// The keys of inputs that it asked.
    pub(super) inputs: Box<[InputKey]>,
    pub(super) is_stale: bool,
    pub(super) is_pinned: bool,
}

/// Among what is listed once.
pub(super) type Place = u32;

/// Something that records name.
pub(super) struct Named {
    pub(super) space: Space,
    pub(super) key: Box<[u8]>,
    pub(super) bytes: u64,
}

/// Each of many equal things once.
pub(super) struct Listed<T> {
    places: HashMap<T, Place>,
    pub(super) all: Vec<T>,
}

impl<T: Clone + Eq + Hash> Listed<T> {
    fn place(&mut self, thing: T) -> Place {
        let next = Place::try_from(self.all.len()).unwrap_or(Place::MAX);
        let all = &mut self.all;
        *self.places.entry(thing).or_insert_with_key(|thing| {
            all.push(thing.clone());
            next
        })
    }
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Listed {
            places: HashMap::new(),
            all: Vec::new(),
        }
    }
}

#[derive(Default)]
pub(super) struct Survey {
    pub(super) records: Vec<Found>,
    /// What records may name: it was there before them.
    pub(super) named: Vec<Named>,
    pub(super) damaged: Vec<Named>,
    /// The large values of records, with their bytes.
    pub(super) blobs: Listed<([u8; 32], u64)>,
    /// With the functions that each of them names.
    pub(super) heads: Listed<(HeadKey, Arc<[FunctionKey]>)>,
    /// The keys of the inputs that proofs name.
    pub(super) inputs_of: HashMap<ProofKey, Vec<InputKey>>,
    /// The keys of the proofs that proofs name.
    pub(super) further_of: HashMap<ProofKey, Vec<ProofKey>>,
    /// The keys of the codes that proofs name.
    pub(super) codes_of: HashMap<ProofKey, Vec<CodeKey>>,
    /// What codes and lists of parts name.
    pub(super) needs: HashMap<Box<[u8]>, Vec<Box<[u8]>>>,
    /// The nodes that are tagged.
    pinned: HashSet<NodeId>,
    known: HashMap<FunctionKey, Known>,
}

/// What this program knows of a function.
#[derive(Clone, Default)]
struct Known {
    function: Option<&'static Function>,
    /// Its path, if it reads the world outside.
    input: Option<Arc<str>>,
}

impl Survey {
    pub(super) fn of(store: &Inner) -> Result<Survey, Failure> {
        let mut survey = Survey::default();
        // First what records name, then they: what is written with its record meanwhile is not listed without it.
        survey.read_heads(store)?;
        survey.read_functions(store)?;
        survey.read_proofs(store)?;
        survey.read_inputs(store)?;
        survey.read_latest(store)?;
        survey.read_tags(store)?;
        survey.read_records(store)?;
        Ok(survey)
    }

    fn list(&mut self, space: Space, key: &[u8], bytes: &[u8], is_sound: bool) {
        let named = Named {
            space,
            key: key.into(),
            bytes: (key.len() + bytes.len()) as u64,
        };
        match is_sound {
            true => self.named.push(named),
            false => self.damaged.push(named),
        }
    }

    fn read_heads(&mut self, store: &Inner) -> Result<(), Failure> {
        store.each_entry(Space::Head, &[], |key, bytes| {
            let head = record::open::<Common>(key, bytes).and_then(Common::finish);
            let is_sound = head.is_some_and(|head| head.key() == key);
            self.list(Space::Head, key, bytes, is_sound);
        })
    }

    fn read_functions(&mut self, store: &Inner) -> Result<(), Failure> {
        store.each_entry(Space::Function, &[], |key, bytes| {
            let row = code::Row::open(key, bytes);
            self.list(Space::Function, key, bytes, row.is_some());
            let key = || key.into();
            match row {
                Some(Row::Code(ran)) => {
                    let list = ran.reached.map(|list| list.as_slice().into());
                    self.needs.insert(key(), list.into_iter().collect());
                }
                Some(Row::List(parts)) => {
                    let parts = parts.iter().map(|part| part.as_slice().into());
                    self.needs.insert(key(), parts.collect());
                }
                Some(Row::Function | Row::Part) | None => {}
            }
        })
    }

    fn read_proofs(&mut self, store: &Inner) -> Result<(), Failure> {
        store.each_entry(Space::Set, &[], |key, bytes| {
            let parts: Option<Parts> = record::open(key, bytes);
            let proof = parts.map(|parts| (parts.key(), parts));
            let proof = proof.filter(|(proof, _)| proof == key);
            self.list(Space::Set, key, bytes, proof.is_some());
            if let Some((proof, parts)) = proof {
                let codes = parts.functions();
                let codes = codes.map(|ran| code::code_key(&ran.path, &ran.code));
                self.codes_of.insert(proof, codes.collect());
                self.further_of
                    .insert(proof, parts.further().copied().collect());
                let inputs = parts.inputs();
                let inputs = inputs.map(|read| input_key(&digest_of(&read.path, &read.arguments)));
                let inputs: Vec<InputKey> = inputs.collect();
                if !inputs.is_empty() {
                    self.inputs_of.insert(proof, inputs);
                }
            }
        })
    }

    /// The proofs, and those that they name, at every depth.
    pub(super) fn with_further(&self, proofs: impl Iterator<Item = ProofKey>) -> HashSet<ProofKey> {
        let mut pending: Vec<ProofKey> = proofs.collect();
        let mut all = HashSet::new();
        while let Some(proof) = pending.pop() {
            if all.insert(proof) {
                pending.extend(self.further_of.get(&proof).into_iter().flatten());
            }
        }
        all
    }

    fn read_inputs(&mut self, store: &Inner) -> Result<(), Failure> {
        store.each_entry(Space::Input, &[], |key, bytes| {
            let seen: Option<(Stat, Fingerprint)> = record::open(key, bytes);
            self.list(Space::Input, key, bytes, seen.is_some());
        })
    }

    fn read_latest(&mut self, store: &Inner) -> Result<(), Failure> {
        store.each_entry(Space::Latest, &[], |key, bytes| {
            let latest: Option<Vec<u8>> = record::open(key, bytes);
            self.list(Space::Latest, key, bytes, latest.is_some());
        })
    }

    fn read_tags(&mut self, store: &Inner) -> Result<(), Failure> {
        store.each_entry(Space::Tag, &[], |key, bytes| {
            match record::open::<crate::store::tags::Tag>(key, bytes) {
                Some(tag) => {
                    self.pinned.insert(tag.node);
                }
                None => self.list(Space::Tag, key, bytes, false),
            }
        })
    }

    fn read_records(&mut self, store: &Inner) -> Result<(), Failure> {
        store.each_entry(Space::Record, &[], |key, bytes| {
            let decoded = RecordKey::from_bytes(key);
            let decoded = decoded.and_then(|key| Some((key, store.decode(&key, bytes)?)));
            match decoded {
                Some((key, record)) => self.add(store, key, &record, bytes.len()),
                None => self.list(Space::Record, key, bytes, false),
            }
        })
    }

    fn add(&mut self, store: &Inner, key: RecordKey, record: &Record, length: usize) {
        let functions = record.functions().iter();
        let known: Vec<Known> = functions
            .map(|function| self.known(store, function))
            .collect();
        let function = known.first().and_then(|known| known.function);
        let is_stale = |function| {
            let node = Snapshot::new(function, &record.arguments, None);
            !record.is_of(&key, &RecordKey::first(&node))
        };
        let blob = match &record.value {
            Kept::Blob { digest, bytes, .. } => Some(self.blobs.place((*digest, *bytes))),
            _ => None,
        };
        // Whatever the handles among its arguments hold.
        let is_pinned = !self.pinned.is_empty()
            && store
                .id_of(record)
                .is_some_and(|node| self.pinned.contains(&node));
        let found = Found {
            key,
            from: record.from,
            followers: 0,
            last_used: record.usage.last_used,
            bytes: (key.bytes().len() + length) as u64,
            blob,
            head: self
                .heads
                .place((*record.head.key(), record.functions().into())),
            proof: record.proof,
            inputs: inputs_of(&known, record),
            is_stale: function.is_some_and(is_stale),
            is_pinned,
        };
        self.records.push(found);
    }

    fn known(&mut self, store: &Inner, key: &FunctionKey) -> Known {
        let known = self.known.entry(*key).or_insert_with(|| {
            let path = store.path(key);
            let function = path.as_deref().and_then(registry::find);
            let is_input = function.is_some_and(Function::is_input);
            Known {
                function,
                input: path.filter(|_| is_input),
            }
        });
        known.clone()
    }
}

/// The keys of the inputs that the run asked itself.
fn inputs_of(known: &[Known], record: &Record) -> Box<[InputKey]> {
    if known.iter().all(|known| known.input.is_none()) {
        return Box::default();
    }
    let asked = record.steps.iter().filter_map(|step| {
        let path = known.get(step.function as usize)?.input.as_ref()?;
        Some(input_key(&digest_of(path, &step.arguments)))
    });
    asked.collect()
}
