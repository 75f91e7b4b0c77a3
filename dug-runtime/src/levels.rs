//! How deep the records of a node have the code and the inputs of now, looked at level by level. Nothing
//! here runs a body.
//!
//! What a look finds is its own, but for what it finds to have fallen: of that, the later looks of the same
//! question know, until something changes that it rests on. What stands is looked at anew each time,
//! since files may change without a word.

use crate::engine;
use crate::function::Function;
use crate::graph::Sight;
use crate::id::Snapshot;
use crate::layer::Layer;
use crate::policy::Policy;
use crate::proof::Proof;
use crate::registry;
use crate::store::{Job, Record, RecordKey, Short, Step, Store, short};
use crate::trace;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

/// Whether the code of the node, or of something at most `depth` levels below it, differs from that of each
/// of its records; or an input there.
pub(crate) fn is_stale_to(layer: &Layer, store: &Store, node: &Snapshot, depth: usize) -> bool {
    let mut levels = Levels::new(layer, store, None);
    levels.look(node, depth, None).is_err()
}

/// The newest record of the node that is not stale in this sense, and that no tweak was met by, nor those of what
/// lies below that tell so; with the proofs of all of these. `sight` is that of the layer.
pub(crate) fn newest_to(
    layer: &Layer,
    sight: Sight,
    store: &Store,
    node: &Snapshot,
    depth: usize,
) -> Option<(RecordKey, Record, Vec<Arc<Proof>>)> {
    let first = RecordKey::first(node);
    let digest = node.digest();
    let place = trace::with(|thread| thread.fallen.borrow_mut().begin(layer, sight, store));
    let mut levels = Levels::new(layer, store, place);
    levels.vouching = Some(Vec::new());
    let mut records = store.records_of(node).into_iter();
    let (key, record) = records.find(|(key, record)| {
        let name = (digest, Some(short(&record.fingerprint)));
        let has_fallen = matches!(levels.known(&name, depth), Some(Err(_)));
        !has_fallen && levels.serves(&first, key, record, depth).is_ok()
    })?;
    Some((key, record, levels.vouching?))
}

/// The node that a step has asked.
pub(crate) fn asked(function: &'static Function, step: &Step) -> Snapshot {
    let text = step.described.clone().map(Arc::new);
    Snapshot::new(function, &step.arguments, text)
}

/// That something is not what it was.
#[derive(Clone, Copy)]
struct Fall {
    /// Who looks so many levels down sees it, and who looks further.
    at: usize,
    /// Whether it is so until the sight changes, or something is stored.
    lasts: bool,
}

/// How many levels down something stands, at least.
type Found = Result<usize, Fall>;

/// By node, and the answer that is looked for.
type Name = ([u8; 32], Option<Short>);

/// What a look has found out.
#[derive(Clone, Copy, Default)]
struct Known {
    stands: Option<usize>,
    fallen: Option<Fall>,
}

/// Looks at records level by level.
struct Levels<'a> {
    layer: &'a Layer,
    store: &'a Store,
    known: HashMap<Name, Known>,
    /// Where it is shared what has fallen, if it is.
    place: Option<Place>,
    /// The proofs of records that were found to stand, if a record may stand by none whose run met a tweak.
    vouching: Option<Vec<Arc<Proof>>>,
}

impl<'a> Levels<'a> {
    fn new(layer: &'a Layer, store: &'a Store, place: Option<Place>) -> Self {
        Levels {
            layer,
            store,
            known: HashMap::new(),
            place,
            vouching: None,
        }
    }

    /// Whether a record of the node, with this answer, has the code of now down to the depth.
    fn look(&mut self, node: &Snapshot, depth: usize, answer: Option<Short>) -> Found {
        let name = (node.digest(), answer);
        if let Some(known) = self.known(&name, depth) {
            return known;
        }
        let found = match node.function.is_input() {
            true => self.gives(node, answer),
            false => self.has_record(node, depth, answer),
        };
        let known = self.known.entry(name).or_default();
        match found {
            Ok(levels) => known.stands = Some(levels),
            Err(fall) => {
                known.fallen = Some(fall);
                self.share(&name, fall);
            }
        }
        found
    }

    /// What is known of it already.
    fn known(&self, name: &Name, depth: usize) -> Option<Found> {
        let known = self.known.get(name).copied().unwrap_or_default();
        if let Some(levels) = known.stands.filter(|levels| depth <= *levels) {
            return Some(Ok(levels));
        }
        let fallen = known.fallen.or_else(|| {
            let place = self.place?;
            let at = trace::with(|thread| thread.fallen.borrow().find(place, name))?;
            Some(Fall { at, lasts: true })
        });
        fallen.filter(|fall| fall.at <= depth).map(Err)
    }

    fn share(&self, name: &Name, fall: Fall) {
        if let Some(place) = self.place
            && fall.lasts
        {
            trace::with(|thread| thread.fallen.borrow_mut().note(place, name, fall.at));
        }
    }

    /// Whether the input gives this.
    fn gives(&self, input: &Snapshot, answer: Option<Short>) -> Found {
        let now = engine::answer_of_input(self.layer, input);
        match now.map(|now| short(&now.fingerprint)) == answer {
            true => Ok(usize::MAX),
            false => Err(Fall {
                at: 0,
                // By its looks it may come to be again what it was.
                lasts: now.is_some_and(|now| now.stays),
            }),
        }
    }

    fn has_record(&mut self, node: &Snapshot, depth: usize, answer: Option<Short>) -> Found {
        let first = RecordKey::first(node);
        let mut fallen = Fall { at: 0, lasts: true };
        for (key, record) in &self.store.records_of(node) {
            if answer.is_some_and(|answer| answer != short(&record.fingerprint)) {
                continue;
            }
            match self.serves(&first, key, record, depth) {
                Ok(levels) => return Ok(levels),
                Err(fall) => {
                    fallen.at = fallen.at.max(fall.at);
                    fallen.lasts &= fall.lasts;
                }
            }
        }
        Err(fallen)
    }

    /// Whether the record of the node with this first key has the code of now down to the depth.
    fn serves(
        &mut self,
        first: &RecordKey,
        key: &RecordKey,
        record: &Record,
        depth: usize,
    ) -> Found {
        if self.vouching.is_none() {
            return self.stands(first, key, record, depth);
        }
        let proof = record.proof.and_then(|key| self.store.proof(&key));
        let proof = proof.ok_or(Fall { at: 0, lasts: true })?;
        let found = self.stands(first, key, record, depth)?;
        self.vouching
            .iter_mut()
            .for_each(|vouching| vouching.push(Arc::clone(&proof)));
        Ok(found)
    }

    fn stands(
        &mut self,
        first: &RecordKey,
        key: &RecordKey,
        record: &Record,
        depth: usize,
    ) -> Found {
        if !record.is_of(key, first) {
            return Err(Fall { at: 0, lasts: true });
        }
        let Some(below) = depth.checked_sub(1) else {
            return Ok(0);
        };
        let Err(unproved) = self.is_proved(record) else {
            return Ok(usize::MAX);
        };
        // Of what was asked in contexts that the run has opened, no levels are known.
        if record.by_proof_from.is_some() {
            return Err(unproved);
        }
        self.all_stand(record, below).map_err(|fall| Fall {
            lasts: fall.lasts && unproved.lasts,
            ..fall
        })
    }

    /// Whether nothing at all has changed below: then it has not down to any depth.
    fn is_proved(&mut self, record: &Record) -> Result<(), Fall> {
        let fallen = |lasts| Fall { at: 1, lasts };
        let proof = record.proof.and_then(|key| self.store.proof(&key));
        let proof = proof.ok_or(fallen(true))?;
        if proof.items().is_none() {
            // A function that is not known may come to be.
            let mut items = proof.items_of_any_code();
            return Err(fallen(items.all(|item| item.is_some())));
        }
        for read in proof.inputs() {
            let function = registry::find(&read.path).ok_or(fallen(false))?;
            let node = Snapshot::new(function, &read.arguments, None);
            self.look(&node, 0, Some(short(&read.fingerprint)))
                .map_err(|fall| fallen(fall.lasts))?;
        }
        Ok(())
    }

    /// Whether all that the record has asked stands down to the depth, and how deep the record does then.
    fn all_stand(&mut self, record: &Record, depth: usize) -> Found {
        let mut stands = usize::MAX;
        for step in &record.steps {
            let unknown = Fall {
                at: 1,
                lasts: false,
            };
            let function = self.store.function(record, step).ok_or(unknown)?;
            let node = asked(function, step);
            let found = crate::scope::grow(|| self.look(&node, depth, Some(step.answer)));
            let below = found.map_err(|fall| Fall {
                at: fall.at.saturating_add(1),
                ..fall
            })?;
            stands = stands.min(below.saturating_add(1));
        }
        Ok(stands)
    }
}

/// A question that a thread answers by looking at levels: while one lives, the looks of the thread share what
/// they find to have fallen.
pub(crate) struct Question {
    /// It ends on the thread on which it began.
    _thread: PhantomData<*const ()>,
}

impl Question {
    /// If the policy looks at levels.
    pub(crate) fn begin(policy: Policy) -> Option<Question> {
        matches!(policy, Policy::RecomputeTo(_)).then(|| {
            trace::with(|thread| thread.fallen.borrow_mut().questions += 1);
            Question {
                _thread: PhantomData,
            }
        })
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        let gone = trace::with(|thread| {
            let mut fallen = thread.fallen.borrow_mut();
            fallen.questions -= 1;
            let is_over = fallen.questions == 0;
            is_over.then(|| std::mem::take(&mut fallen.places))
        });
        drop(gone);
    }
}

/// Hands a run over to be stored: what has fallen for want of its record may stand again.
pub(crate) fn push(store: &Store, job: Job) {
    let wanted = trace::with(|thread| thread.fallen.borrow().wanted_of(store, &job));
    let answer = match wanted.is_empty() {
        true => None,
        false => job.stamp.fingerprint(),
    };
    let overturns = answer.is_some_and(|answer| wanted.contains(&short(&answer)));
    let before = store.push(job);
    trace::with(|thread| {
        let mut fallen = thread.fallen.borrow_mut();
        fallen.pushed(store, before, overturns);
    });
}

/// What the looks of a question have found to have fallen.
#[derive(Default)]
pub(crate) struct Fallen {
    /// How many are being answered, one inside the other.
    questions: u32,
    /// Another one when something was stored, or forgotten: what a look finds that began before is not shared.
    turn: u64,
    places: Vec<Shared>,
}

/// Where a look shares what it finds, and in which turn.
#[derive(Clone, Copy)]
struct Place {
    index: usize,
    turn: u64,
}

/// What was found in one layer and one store.
struct Shared {
    layer: u64,
    store: Store,
    sight: Sight,
    /// How many runs had been handed over to the store.
    pushes: u64,
    /// By node: answers that none of its records gives and stands, if it is looked so many levels down.
    nodes: HashMap<[u8; 32], Vec<(Short, usize)>>,
}

impl Fallen {
    /// Where a look that begins now shares what it finds.
    fn begin(&mut self, layer: &Layer, sight: Sight, store: &Store) -> Option<Place> {
        if self.questions == 0 {
            return None;
        }
        let pushes = store.pushes();
        let mut places = self.places.iter();
        let known = places.position(|shared| shared.layer == layer.uid && shared.store.is(store));
        let index = known.unwrap_or(self.places.len());
        match self.places.get_mut(index) {
            Some(shared) if (shared.sight, shared.pushes) == (sight, pushes) => {}
            Some(shared) => {
                shared.sight = sight;
                shared.pushes = pushes;
                shared.nodes.clear();
                self.turn += 1;
            }
            None => self.places.push(Shared {
                layer: layer.uid,
                store: store.clone(),
                sight,
                pushes,
                nodes: HashMap::new(),
            }),
        }
        Some(Place {
            index,
            turn: self.turn,
        })
    }

    fn find(&self, place: Place, (node, answer): &Name) -> Option<usize> {
        let shared = self.places.get(place.index)?;
        let mut answers = shared.nodes.get(node)?.iter();
        let (_, at) = answers.find(|(other, _)| Some(*other) == *answer)?;
        (place.turn == self.turn).then_some(*at)
    }

    fn note(&mut self, place: Place, (node, answer): &Name, at: usize) {
        if place.turn != self.turn {
            return;
        }
        if let (Some(shared), Some(answer)) = (self.places.get_mut(place.index), *answer) {
            let answers = shared.nodes.entry(*node).or_default();
            answers.retain(|(other, _)| *other != answer);
            answers.push((answer, at));
        }
    }

    /// The answers of the job's node that have fallen.
    fn wanted_of(&self, store: &Store, job: &Job) -> Vec<Short> {
        let shared = self.places.iter();
        let mut shared = shared
            .filter(|shared| !shared.nodes.is_empty() && shared.store.is(store))
            .peekable();
        if shared.peek().is_none() {
            return Vec::new();
        }
        let node = job.node.digest();
        let answers = shared.filter_map(|shared| shared.nodes.get(&node));
        answers.flatten().map(|(answer, _)| *answer).collect()
    }

    /// This thread has handed a run over to the store, after so many; does it give what was wanted?
    fn pushed(&mut self, store: &Store, before: u64, overturns: bool) {
        self.turn += 1;
        for shared in &mut self.places {
            if !shared.store.is(store) {
                continue;
            }
            if overturns {
                shared.nodes.clear();
            }
            // Another thread's runs are not known here: then the next look forgets all.
            if shared.pushes == before {
                shared.pushes += 1;
            }
        }
    }
}
