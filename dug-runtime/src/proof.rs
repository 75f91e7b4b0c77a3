//! What proves, without a look at the graph, that a node gives a value: the functions and the
//! external inputs at or below it.
//!
//! If the code of each of the functions is what it was, each of the inputs gives what it
//! gave, and no tweak is about any of them, then the node gives this value: all that it
//! rests on would run as it did. A value that rests on a tweak has no proof.

use crate::digest::{Digester, Fingerprint};
use crate::function::Definition;
use crate::id::Snapshot;
use crate::registry;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, OnceLock};

/// A function, and the code that it ran with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Reached {
    pub(crate) path: Arc<str>,
    pub(crate) code: Fingerprint,
}

/// An external input, and what it gave.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Read {
    pub(crate) path: Arc<str>,
    pub(crate) arguments: Box<[u8]>,
    pub(crate) fingerprint: Fingerprint,
}

/// Names a proof: a digest of what it says.
pub(crate) type ProofKey = [u8; 10];

/// The functions and the inputs at or below a node.
#[derive(Debug)]
pub(crate) struct Proof {
    key: ProofKey,
    parts: Parts,
    /// Those that its parts name.
    further: Box<[Arc<Proof>]>,
    /// The items of the functions, if the code of all of them is what it was.
    items: OnceLock<Option<Box<[&'static Definition]>>>,
}

/// What is stored of a proof.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parts {
    functions: BTreeSet<Reached>,
    inputs: BTreeSet<Read>,
    /// Proofs whose inputs count, too: were each of many results to name many inputs, storing and checking them
    /// would be quadratic.
    further: BTreeSet<ProofKey>,
}

impl Parts {
    pub(crate) fn key(&self) -> ProofKey {
        let mut digester = Digester::new("dug proof 1");
        for Reached { path, code } in &self.functions {
            digester = digester.part(path.as_bytes()).part(code.as_bytes());
        }
        digester = digester.part(b"inputs");
        for read in &self.inputs {
            digester = digester
                .part(read.path.as_bytes())
                .part(&read.arguments)
                .part(read.fingerprint.as_bytes());
        }
        digester = digester.part(b"further");
        for proof in &self.further {
            digester = digester.part(proof);
        }
        let digest = digester.finish();
        let mut key = ProofKey::default();
        let length = key.len();
        key.copy_from_slice(&digest[..length]);
        key
    }

    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Read> {
        self.inputs.iter()
    }

    /// The functions, with the code that each ran with.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &Reached> {
        self.functions.iter()
    }

    /// The proofs whose inputs count, too.
    pub(crate) fn further(&self) -> impl Iterator<Item = &ProofKey> {
        self.further.iter()
    }

    /// The proof; `None` if there is none of those whose inputs count.
    pub(crate) fn complete(
        self,
        mut find: impl FnMut(&ProofKey) -> Option<Arc<Proof>>,
    ) -> Option<Proof> {
        let further = self.further.iter().map(&mut find);
        let further: Option<_> = further.collect();
        Some(Proof::new(further?, self))
    }
}

/// A proof that is being made.
#[derive(Default)]
pub(crate) struct Making {
    functions: BTreeSet<Reached>,
    /// Proofs whose inputs count.
    below: Vec<Arc<Proof>>,
}

/// A proof names at most so many inputs itself.
const MOST_INPUTS: usize = 64;

/// It names those of one that has fewer than this; of others, the proof.
const FEW_INPUTS: usize = 8;

/// It names at most so many others.
const MOST_FURTHER: usize = 16;

impl Making {
    pub(crate) fn add_function(&mut self, path: &str, code: Fingerprint) {
        let path = path.into();
        self.functions.insert(Reached { path, code });
    }

    /// The functions and the inputs of the proof.
    pub(crate) fn add(&mut self, proof: &Arc<Proof>) {
        self.functions.extend(proof.parts.functions.iter().cloned());
        self.add_inputs_of(proof);
    }

    pub(crate) fn add_inputs_of(&mut self, proof: &Arc<Proof>) {
        self.below.push(Arc::clone(proof));
    }

    /// The proof. Those that it names and nobody else has made go through `known`, so that equal ones are one.
    pub(crate) fn finish(self, mut known: impl FnMut(Proof) -> Arc<Proof>) -> Proof {
        let mut inputs = BTreeSet::new();
        let mut further = Further::default();
        for proof in &self.below {
            inputs.extend(proof.parts.inputs.iter().cloned());
            further.add_those_of(proof);
        }
        further.spare(&mut inputs);
        if inputs.len() > MOST_INPUTS {
            inputs.clear();
            further = Further::default();
            for proof in &self.below {
                if proof.parts.inputs.len() < FEW_INPUTS {
                    inputs.extend(proof.parts.inputs.iter().cloned());
                    further.add_those_of(proof);
                } else {
                    further.add(proof);
                }
            }
            further.spare(&mut inputs);
            while inputs.len() > MOST_INPUTS {
                let rest = inputs.iter().nth(MOST_INPUTS).cloned();
                let rest = rest.map(|first| inputs.split_off(&first));
                let set = Parts {
                    inputs: std::mem::replace(&mut inputs, rest.unwrap_or_default()),
                    ..Parts::default()
                };
                further.add(&known(Proof::new(Box::default(), set)));
            }
        }
        if further.0.len() > MOST_FURTHER {
            let all = std::mem::take(&mut further).proof(BTreeSet::new(), BTreeSet::new());
            further.add(&known(all));
        }
        further.proof(self.functions, inputs)
    }
}

/// Proofs that another one names.
#[derive(Default)]
struct Further(BTreeMap<ProofKey, Arc<Proof>>);

impl Further {
    fn add(&mut self, proof: &Arc<Proof>) {
        self.0.insert(proof.key, Arc::clone(proof));
    }

    fn add_those_of(&mut self, proof: &Proof) {
        for proof in &proof.further {
            self.add(proof);
        }
    }

    /// Takes the inputs away that one of them names itself.
    fn spare(&self, inputs: &mut BTreeSet<Read>) {
        let is_named = |read: &Read| self.0.values().any(|it| it.parts.inputs.contains(read));
        inputs.retain(|read| !is_named(read));
    }

    /// The proof that names them.
    fn proof(self, functions: BTreeSet<Reached>, inputs: BTreeSet<Read>) -> Proof {
        let parts = Parts {
            functions,
            inputs,
            further: self.0.keys().copied().collect(),
        };
        Proof::new(self.0.into_values().collect(), parts)
    }
}

impl Proof {
    fn new(further: Box<[Arc<Proof>]>, parts: Parts) -> Self {
        Proof {
            key: parts.key(),
            parts,
            further,
            items: OnceLock::new(),
        }
    }

    /// Of what an external input has given.
    pub(crate) fn of_input(node: &Snapshot, fingerprint: Fingerprint) -> Arc<Proof> {
        let path: Arc<str> = node.function.path().into();
        let code = Fingerprint::new(node.function.code_fingerprint());
        let read = Read {
            path: Arc::clone(&path),
            arguments: node.arguments.as_slice().into(),
            fingerprint,
        };
        let parts = Parts {
            functions: BTreeSet::from([Reached { path, code }]),
            inputs: BTreeSet::from([read]),
            further: BTreeSet::new(),
        };
        Arc::new(Proof::new(Box::default(), parts))
    }

    pub(crate) fn key(&self) -> &ProofKey {
        &self.key
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The proofs whose inputs count, too.
    pub(crate) fn further(&self) -> &[Arc<Proof>] {
        &self.further
    }

    pub(crate) fn has_inputs(&self) -> bool {
        !self.parts.inputs.is_empty() || !self.further.is_empty()
    }

    /// It, and all whose inputs count with its own, each with the place of one that names it.
    pub(crate) fn sets(&self) -> Sets<'_> {
        Sets {
            all: vec![(self, 0)],
            seen: HashSet::new(),
            next: 0,
        }
    }

    /// All inputs at or below, some perhaps more than once.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Read> {
        self.sets().flat_map(|set| set.parts.inputs.iter())
    }

    /// The functions at or below, with the code that each ran with.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &Reached> {
        self.parts.functions.iter()
    }

    /// The code that the function with this path ran with.
    pub(crate) fn code_of(&self, path: &str) -> Option<Fingerprint> {
        let mut functions = self.functions();
        let reached = functions.find(|reached| &*reached.path == path)?;
        Some(reached.code)
    }

    /// Whether it says that the function is below, with this code.
    pub(crate) fn includes(&self, path: &str, code: Fingerprint) -> bool {
        let path = path.into();
        self.parts.functions.contains(&Reached { path, code })
    }

    /// The items of the functions, whatever their code is now; `None` for one that this program does not know,
    /// or not yet.
    pub(crate) fn items_of_any_code(&self) -> impl Iterator<Item = Option<&'static Definition>> {
        let functions = self.parts.functions.iter();
        functions.map(|reached| Some(registry::code(&reached.path)?.0))
    }

    /// The items of the functions, if this program has all of them with the code that they ran with.
    pub(crate) fn items(&self) -> Option<&[&'static Definition]> {
        if let Some(items) = self.items.get() {
            return items.as_deref();
        }
        let mut items = Vec::new();
        for reached in self.functions() {
            // One that is not known may come to be.
            let (item, code) = registry::code(&reached.path)?;
            if code != reached.code {
                return self.items.get_or_init(|| None).as_deref();
            }
            items.push(item);
        }
        let items = self.items.get_or_init(|| Some(distinct(items).into()));
        items.as_deref()
    }
}

/// The sets of inputs that a proof names, itself first; those that one names come behind it.
pub(crate) struct Sets<'a> {
    all: Vec<(&'a Proof, usize)>,
    seen: HashSet<ProofKey>,
    next: usize,
}

impl<'a> Sets<'a> {
    /// The latest, the one that names it, and so on to the proof.
    pub(crate) fn path(&self) -> impl Iterator<Item = &'a Proof> {
        let mut at = self.next.checked_sub(1);
        std::iter::from_fn(move || {
            let (set, above) = self.all[at?];
            at = (above != at?).then_some(above);
            Some(set)
        })
    }
}

impl<'a> Iterator for Sets<'a> {
    type Item = &'a Proof;

    fn next(&mut self) -> Option<&'a Proof> {
        let at = self.next;
        let (set, _) = *self.all.get(at)?;
        self.next += 1;
        let new = set
            .further
            .iter()
            .filter(|proof| self.seen.insert(proof.key));
        self.all.extend(new.map(|proof| (&**proof, at)));
        Some(set)
    }
}

/// One after the other: one may name another, that a further one, and so on.
impl Drop for Proof {
    fn drop(&mut self) {
        let mut pending = std::mem::take(&mut self.further).into_vec();
        while let Some(proof) = pending.pop() {
            if let Some(mut proof) = Arc::into_inner(proof) {
                pending.append(&mut std::mem::take(&mut proof.further).into_vec());
            }
        }
    }
}

/// What was found out of sets of inputs in one tree of layers: they give the same in all of it, but for
/// tweaks. Where many results rest on one large set, it is looked at once.
#[derive(Debug, Default)]
pub(crate) struct KnownSets {
    /// Those whose own inputs give what they gave.
    stand: HashSet<ProofKey>,
    /// Those of which some input, own or further, gives something else.
    fallen: HashSet<ProofKey>,
    /// Counts how often all was forgotten.
    time: u64,
}

impl KnownSets {
    /// Inputs may give something else than they did.
    pub(crate) fn forget(&mut self) {
        self.time += 1;
        self.stand.clear();
        self.fallen.clear();
    }

    pub(crate) fn time(&self) -> u64 {
        self.time
    }

    pub(crate) fn stands(&self, set: &Proof) -> bool {
        self.stand.contains(&set.key)
    }

    /// Whether the set is known to have fallen, or one that it names.
    pub(crate) fn has_fallen(&self, set: &Proof) -> bool {
        let mut sets = std::iter::once(&set.key).chain(&set.parts.further);
        !self.fallen.is_empty() && sets.any(|key| self.fallen.contains(key))
    }

    /// The inputs of the set itself were asked since the time, and give what they gave.
    pub(crate) fn note_standing(&mut self, set: &Proof, time: u64) {
        if time == self.time {
            self.stand.insert(set.key);
        }
    }

    /// As [`note_standing`](Self::note_standing), where they give something else.
    pub(crate) fn note_fallen(&mut self, set: &Proof, time: u64) {
        if time == self.time {
            self.fallen.insert(set.key);
        }
    }
}

/// Each item once.
pub(crate) fn distinct(
    items: impl IntoIterator<Item = &'static Definition>,
) -> Vec<&'static Definition> {
    let mut items: Vec<_> = items.into_iter().collect();
    items.sort_unstable_by_key(|item| std::ptr::from_ref(*item).addr());
    items.dedup_by(|one, other| std::ptr::eq(*one, *other));
    items
}
