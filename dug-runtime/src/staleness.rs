//! What is stored of a node, and whether it is right here and now. Nothing here runs a body.

use crate::decide::decide;
use crate::digest::Fingerprint;
use crate::engine;
use crate::function::Function;
use crate::id::{NodeId, Snapshot};
use crate::key::Key;
use crate::layer::Layer;
use crate::registry;
use crate::store::{Record, RecordKey, Short, Step, Store, short};
use crate::trace;
use crate::value::Value;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// A node apart from any call.
pub(crate) fn snapshot_of(key: &Key) -> Snapshot {
    Snapshot::new(key.function, &key.arguments, key.described().cloned())
}

/// Whether nothing that is stored of the node is right in the layer, as far as can be known without running a body.
pub(crate) fn is_stale(layer: &Layer, node: &Snapshot) -> bool {
    let mut graph = layer.lock();
    let arguments = node.arguments.as_slice();
    let text = node.text.as_ref();
    let interned = graph.nodes.hold(node.function, arguments, text);
    decide(&mut graph, interned);
    let stored = engine::stored_stamp(&mut graph, layer, interned).is_some();
    graph.release_node(interned);
    !stored
}

/// Whether the code of the node, or of something at most `depth` levels below it, differs from that of each
/// of its records; or an input there.
pub(crate) fn is_stale_to(layer: &Layer, store: &Store, node: &Snapshot, depth: usize) -> bool {
    let mut levels = Levels::new(layer, store);
    !levels.stands(node, depth, None)
}

/// The records of the node that are not stale in this sense, the newest first.
pub(crate) fn records_to<'a>(
    layer: &'a Layer,
    store: &'a Store,
    node: &Snapshot,
    depth: usize,
) -> impl Iterator<Item = (RecordKey, Record)> + use<'a> {
    let first = RecordKey::first(node);
    let mut levels = Levels::new(layer, store);
    let records = store.records_of(node).into_iter();
    records.filter(move |(key, record)| levels.serves(&first, key, record, depth))
}

/// Looks at records level by level.
struct Levels<'a> {
    layer: &'a Layer,
    store: &'a Store,
    /// By node, how many levels are left, and the answer that is looked for.
    known: HashMap<([u8; 32], usize, Option<Short>), bool>,
}

impl<'a> Levels<'a> {
    fn new(layer: &'a Layer, store: &'a Store) -> Self {
        Levels {
            layer,
            store,
            known: HashMap::new(),
        }
    }

    /// Whether a record of the node, with this answer, has the code of now down to the depth.
    fn stands(&mut self, node: &Snapshot, depth: usize, answer: Option<Short>) -> bool {
        let name = (node.digest(), depth, answer);
        if let Some(known) = self.known.get(&name) {
            return *known;
        }
        let stands = match node.function.is_input() {
            true => engine::answer_of_input(self.layer, node).map(|now| short(&now)) == answer,
            false => self.has_record(node, depth, answer),
        };
        self.known.insert(name, stands);
        stands
    }

    fn has_record(&mut self, node: &Snapshot, depth: usize, answer: Option<Short>) -> bool {
        let first = RecordKey::first(node);
        let records = self.store.records_of(node);
        records.iter().any(|(key, record)| {
            let answers = answer.is_none_or(|answer| answer == short(&record.fingerprint));
            answers && self.serves(&first, key, record, depth)
        })
    }

    /// Whether the record of the node with this first key has the code of now down to the depth.
    fn serves(
        &mut self,
        first: &RecordKey,
        key: &RecordKey,
        record: &Record,
        depth: usize,
    ) -> bool {
        // Of what was asked in contexts that the run has opened, no levels are known.
        let has_levels = record.by_proof_from.is_none();
        record.is_of(key, first)
            && (depth == 0
                || self.is_proved(record)
                || has_levels && self.all_stand(record, depth - 1))
    }

    /// Whether nothing at all has changed below: then it has not down to any depth.
    fn is_proved(&mut self, record: &Record) -> bool {
        let proof = record.proof.and_then(|key| self.store.proof(&key));
        let Some(proof) = proof.filter(|proof| proof.items().is_some()) else {
            return false;
        };
        proof.inputs().all(|read| {
            registry::find(&read.path).is_some_and(|function| {
                let node = Snapshot::new(function, &read.arguments, None);
                self.stands(&node, 0, Some(short(&read.fingerprint)))
            })
        })
    }

    fn all_stand(&mut self, record: &Record, depth: usize) -> bool {
        record.steps.iter().all(|step| {
            let below = self.store.function(record, step);
            below.is_some_and(|function| {
                crate::scope::grow(|| self.stands(&asked(function, step), depth, Some(step.answer)))
            })
        })
    }
}

/// The node that a step has asked.
pub(crate) fn asked(function: &'static Function, step: &Step) -> Snapshot {
    let text = step.described.clone().map(Arc::new);
    Snapshot::new(function, &step.arguments, text)
}

thread_local! {
    /// From where a guard looks at what the handles among its arguments hold: it stands nowhere.
    static GUARDED: RefCell<Option<Option<Arc<Layer>>>> = const { RefCell::new(None) };
}

/// Has `guard` tested, whose arguments may be handles on what is at hand in the layer.
pub(crate) fn guarding<R>(layer: Option<Arc<Layer>>, guard: impl FnOnce() -> R) -> R {
    /// Puts back what was there before.
    struct Restore(Option<Option<Arc<Layer>>>);

    impl Drop for Restore {
        fn drop(&mut self) {
            GUARDED.replace(self.0.take());
        }
    }

    let _restore = Restore(GUARDED.replace(Some(layer)));
    guard()
}

/// Whether a guard is tested on this thread.
pub(crate) fn is_guarding() -> bool {
    GUARDED.with_borrow(Option::is_some)
}

/// The value of the node that has this fingerprint, from the current context or its store.
pub(crate) fn find_value(id: &NodeId, fingerprint: &Fingerprint) -> Option<Value> {
    let guarded = || GUARDED.with_borrow(|layer| layer.clone().flatten());
    let layer = trace::with(|thread| thread.current_layer()).or_else(guarded)?;
    let node = Snapshot::new(registry::find(id.function())?, id.arguments(), None);
    if let Some(value) = engine::value_in_memory(&layer, &node, fingerprint) {
        return Some(value);
    }
    let store = layer.store()?;
    let records = store.records_of(&node).into_iter();
    let mut serving = records.filter(|(_, record)| record.fingerprint == *fingerprint);
    serving.find_map(|(key, _)| store.load(node.function, &key, *fingerprint))
}
