//! What proves the results of runs, made as they are stored.

use super::queue::Job;
use crate::digest::Fingerprint;
use crate::function::Definition;
use crate::proof::{Making, Parts, Proof, ProofKey};
use std::collections::HashMap;
use std::sync::Arc;

/// Proofs that were read, or looked for in vain.
#[derive(Default)]
pub(super) struct ProofCache {
    by_key: HashMap<ProofKey, Option<Arc<Proof>>>,
    /// What they hold, as [`weight`] counts it.
    weight: usize,
}

/// A cache that holds more is emptied: its proofs live on where they are needed.
const MOST_WEIGHT: usize = 1 << 16;

/// Of a proof beside what it shares with others: about in proportion to its bytes.
fn weight(proof: Option<&Proof>) -> usize {
    let of = |parts: &Parts| parts.inputs().count() + parts.functions().count();
    1 + proof.map_or(0, |proof| of(proof.parts()))
}

impl ProofCache {
    pub(super) fn get(&self, key: &ProofKey) -> Option<Option<Arc<Proof>>> {
        self.by_key.get(key).cloned()
    }

    pub(super) fn insert(&mut self, key: ProofKey, proof: Option<Arc<Proof>>) {
        self.weight += weight(proof.as_deref());
        self.by_key.insert(key, proof);
    }

    pub(super) fn forget_missing(&mut self) {
        self.by_key.retain(|_, proof| proof.is_some());
    }

    /// Tells whether all is forgotten.
    pub(super) fn make_room(&mut self) -> bool {
        let is_full = self.weight > MOST_WEIGHT;
        if is_full {
            *self = Self::default();
        }
        is_full
    }
}

/// Proofs that were made, so that equal ones are one.
#[derive(Default)]
pub(super) struct Proofs {
    by_key: ProofCache,
    /// By the function and the proofs of what it asked, as far as they differ.
    made: HashMap<(usize, Vec<ProofKey>), Option<Arc<Proof>>>,
}

/// How many combinations are remembered.
const MOST_MADE: usize = 1 << 16;

impl Proofs {
    /// The proof of what the run returned; `None` if it rests on something that cannot be proved.
    pub(super) fn of(&mut self, job: &Job) -> Option<Arc<Proof>> {
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
        if self.by_key.make_room() {
            self.made.clear();
        }
        let proof = self.unite(job, &below);
        // An equal value may stand for another computation here: then what is asked beneath
        // tweaks of the body's own is another matter than the proof says.
        let is_unsettled = |item: Option<&'static Definition>| {
            item.is_none_or(|item| job.unsettled.contains(&std::ptr::from_ref(item).addr()))
        };
        let is_doubted = |proof: &Arc<Proof>| {
            !job.unsettled.is_empty() && proof.items_of_any_code().any(is_unsettled)
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
        let mut making = Making::default();
        making.add_function(function.path(), code);
        for proof in below {
            making.add(proof);
        }
        for (node, stamp) in &job.uncut {
            // What an input gives has to be known outside.
            let unknown = node.function.is_input() && stamp.is_none();
            if unknown || !node.function.is_lasting() {
                return None;
            }
            let code = Fingerprint::new(node.function.code_fingerprint());
            making.add_function(node.function.path(), code);
        }
        let proof = making.finish(|proof| self.one(proof));
        Some(self.one(proof))
    }

    /// The one that is equal to it.
    fn one(&mut self, proof: Proof) -> Arc<Proof> {
        if let Some(Some(known)) = self.by_key.get(proof.key()) {
            return known;
        }
        let proof = Arc::new(proof);
        self.by_key.insert(*proof.key(), Some(Arc::clone(&proof)));
        proof
    }
}
