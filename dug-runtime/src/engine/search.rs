//! The stored result of a node that is right here: the run that gave it would be the same here, as its
//! proof says, or its dependencies, asked in their order.
//!
//! Nothing that the function itself would not have asked for is asked.

use super::compare::fingerprint;
use crate::decide::decide;
use crate::digest::Fingerprint;
use crate::function::{Definition, Function};
use crate::graph::{Content, Dependency, Edge, NodeIx, UNKNOWN, ValueIx};
use crate::id::Snapshot;
use crate::key::hash_arguments;
use crate::layer::Layer;
use crate::levels;
use crate::policy::Policy;
use crate::proof::{Proof, distinct};
use crate::scope;
use crate::stamp::Stamp;
use crate::store::{Record, RecordKey, Short, Step, Store, short};
use crate::tree::Locked;
use std::sync::Arc;

/// Who is asked what a node answers here.
pub(super) trait Ask {
    /// `None` if it is not known. Of the value there may only be a fingerprint.
    fn ask(&mut self, graph: &mut Locked<'_>, node: NodeIx) -> Option<ValueIx>;

    /// Whether what is asked is kept from then on.
    fn keeps(&self) -> bool;
}

/// A record that is right here.
pub(super) struct Found {
    pub(super) store: Store,
    pub(super) key: RecordKey,
    pub(super) record: Arc<Record>,
    pub(super) by: By,
    /// The first record of its node, if it had to be looked for behind that one.
    pub(super) behind: Option<RecordKey>,
    /// What an entry of it depends on, held.
    pub(super) dependencies: Vec<Dependency>,
}

/// Why a record is right.
pub(super) enum By {
    Proof(Arc<Proof>),
    /// What it asked answers as it did.
    Trace,
    /// It may be wrong, and the layer's policy excuses that.
    Policy,
}

impl Found {
    /// The value, which is not in memory, held.
    pub(super) fn value(&self, graph: &mut Locked<'_>, function: &'static Function) -> ValueIx {
        let content = Content::of(self.record.fingerprint);
        let stamp = Arc::new(Stamp::found(&self.record, self.key));
        stamp.count_in(self.store.ledger());
        graph
            .values
            .insert_content(content, Some(function), Some(stamp))
    }
}

/// The stored result of `node` that is right in the layer, if there is one: in its store, or in
/// one further out.
pub(super) fn find(
    graph: &mut Locked<'_>,
    layer: &Layer,
    node: NodeIx,
    asker: &mut dyn Ask,
    policy: Policy,
) -> Option<Found> {
    // What a store further out proves needs none of the runs that it may take to check what one further in has.
    let has_several = policy == Policy::Recompute && layer.stores().nth(1).is_some();
    if has_several {
        let mut stores = layer.stores();
        let proved = stores.find_map(|store| proved_in(store, graph, layer, node, asker));
        if proved.is_some() {
            return proved;
        }
    }
    let mut stores = layer.stores();
    stores.find_map(|store| find_in(store, graph, layer, node, asker, policy))
}

/// The key of the first record of the node, if the store may have one.
fn first_in(store: &Store, graph: &mut Locked<'_>, node: NodeIx) -> Option<(Snapshot, RecordKey)> {
    let (snapshot, hash) = (graph.nodes.snapshot(node), graph.nodes.hash(node));
    graph.unlocked(|| {
        let first = store
            .expects(&snapshot, hash)
            .then(|| RecordKey::first(&snapshot))?;
        Some((snapshot, first))
    })
}

/// A result in this store that is right by its proof, among those that are looked for first.
fn proved_in(
    store: &Store,
    graph: &mut Locked<'_>,
    layer: &Layer,
    node: NodeIx,
    asker: &mut dyn Ask,
) -> Option<Found> {
    if !graph.may_be_restored(layer.ix, node) {
        return None;
    }
    let (snapshot, first) = first_in(store, graph, node)?;
    let mut search = Search::new(store, &snapshot, layer, asker);
    let (_, record, proof) = search.read(graph, |store| Some((first, store.record(&first)?)))?;
    let found = search.by_proof(graph, first, &record, proof);
    found.or_else(|| search.latest(graph, &first))
}

fn find_in(
    store: &Store,
    graph: &mut Locked<'_>,
    layer: &Layer,
    node: NodeIx,
    asker: &mut dyn Ask,
    policy: Policy,
) -> Option<Found> {
    // What was asked for another store may have changed that.
    if !graph.may_be_restored(layer.ix, node) {
        return None;
    }
    if policy != Policy::Recompute {
        let snapshot = graph.nodes.snapshot(node);
        if let Some(excused) = excused(store, graph, layer, &snapshot, policy) {
            return Some(excused);
        }
    }
    let (snapshot, first) = first_in(store, graph, node)?;
    let mut search = Search::new(store, &snapshot, layer, asker);
    let found = search.find(graph, &first);
    let asked = search.asked;
    match found {
        Some(found) if matches!(found.by, By::Trace) => Some(Found {
            dependencies: asked,
            ..found
        }),
        found => {
            for dependency in asked {
                graph.release_dependency(dependency);
            }
            found
        }
    }
}

/// The newest result of the node that the policy excuses from being checked, or from being checked any deeper.
fn excused(
    store: &Store,
    graph: &mut Locked<'_>,
    layer: &Layer,
    node: &Snapshot,
    policy: Policy,
) -> Option<Found> {
    // What a body asks in a context of its own has to be known one by one.
    if graph.layer(layer.ix).asked.is_some() {
        return None;
    }
    let depth = match policy {
        Policy::Recompute => return None,
        Policy::RecomputeTo(depth) => Some(depth),
        Policy::OnlyMissing => None,
    };
    let sight = graph.sight();
    let (key, record, proofs) = graph.unlocked(|| {
        let proved = |(key, record): (RecordKey, Record)| {
            let proof = store.proof(&record.proof?)?;
            Some((key, record, vec![proof]))
        };
        match depth {
            Some(depth) => levels::newest_to(layer, sight, store, node, depth),
            None => store.records_of(node).into_iter().find_map(proved),
        }
    })?;
    let items = proofs.iter().flat_map(|proof| proof.items_of_any_code());
    let items: Vec<_> = items.collect();
    // What is not known cannot be tweaked yet.
    let mut known = items.iter().flatten();
    if known.any(|item| graph.is_disturbed(layer.ix, item)) {
        return None;
    }
    let items = distinct(items.into_iter().map(|item| item.unwrap_or(&UNKNOWN)));
    Some(Found {
        store: store.clone(),
        key,
        dependencies: edges_to_any(graph, &items),
        record: Arc::new(record),
        by: By::Policy,
        behind: None,
    })
}

/// What is found without looking below depends on all nodes of these items; held.
fn edges_to_any(graph: &mut Locked<'_>, items: &[&'static Definition]) -> Vec<Dependency> {
    let any = items.iter().map(|item| graph.nodes.any_of(item));
    any.map(|any| Dependency::new(any, Edge::Uncut)).collect()
}

/// The search among the records of one node.
struct Search<'a> {
    store: &'a Store,
    node: &'a Snapshot,
    layer: &'a Layer,
    asker: &'a mut dyn Ask,
    /// What was asked so far, and what it answers here; holds references.
    asked: Vec<Dependency>,
    /// The same, as keys of records name it.
    turns: Vec<Short>,
}

impl<'a> Search<'a> {
    fn new(store: &'a Store, node: &'a Snapshot, layer: &'a Layer, asker: &'a mut dyn Ask) -> Self {
        Search {
            store,
            node,
            layer,
            asker,
            asked: Vec::new(),
            turns: Vec::new(),
        }
    }

    /// The record that was right last, if its proof stands here.
    fn latest(&mut self, graph: &mut Locked<'_>, first: &RecordKey) -> Option<Found> {
        let (key, record, proof) = self.read(graph, |store| store.latest(first))?;
        self.by_proof(graph, key, &record, proof)
    }

    fn find(&mut self, graph: &mut Locked<'_>, first: &RecordKey) -> Option<Found> {
        let store = self.store;
        let mut key = *first;
        loop {
            let (_, record, proof) = self.read(graph, |store| Some((key, store.record(&key)?)))?;
            let behind = (key != *first).then_some(*first);
            if let Some(found) = self.by_proof(graph, key, &record, proof) {
                return Some(Found { behind, ..found });
            }
            if key == *first
                && let Some(latest) = self.latest(graph, first)
            {
                return Some(latest);
            }
            let steps = record.certain_steps();
            let from = self.asked.len();
            if steps.len() < from {
                return None;
            }
            let mut next = record.by_proof_from.map(|_| key.beside());
            for (place, step) in steps.iter().enumerate().skip(from) {
                let Some(fingerprint) = self.ask(graph, &record, place) else {
                    let is_of_instance = self.is_of_instance(graph, &record, step);
                    return is_of_instance
                        .then(|| self.any_by_proof(graph, first))
                        .flatten();
                };
                if step.answer != short(&fingerprint) {
                    next = Some(first.after(self.turns.iter()));
                    break;
                }
            }
            match next {
                Some(next) => key = next,
                None => {
                    return Some(Found {
                        store: store.clone(),
                        key,
                        record,
                        by: By::Trace,
                        behind,
                        dependencies: Vec::new(),
                    });
                }
            }
        }
    }

    /// Any record that is right by its proof, the newest first.
    fn any_by_proof(&mut self, graph: &mut Locked<'_>, first: &RecordKey) -> Option<Found> {
        let (store, node) = (self.store, self.node);
        let records = graph.unlocked(|| store.records_of(node));
        records.into_iter().find_map(|(key, record)| {
            let (key, record, proof) = self.read(graph, |_| Some((key, Arc::new(record))))?;
            let found = self.by_proof(graph, key, &record, proof)?;
            let behind = (key != *first).then_some(*first);
            record
                .is_of(&key, first)
                .then_some(Found { behind, ..found })
        })
    }

    /// Whether what the step asked may not be known to this process yet.
    fn is_of_instance(&self, graph: &mut Locked<'_>, record: &Record, step: &Step) -> bool {
        let store = self.store;
        let function = graph.unlocked(|| store.function(record, step));
        function.is_none_or(Function::is_instance)
    }

    /// A record of this node, and what proves it, if the code is what it was.
    fn read(
        &self,
        graph: &mut Locked<'_>,
        find: impl FnOnce(&Store) -> Option<(RecordKey, Arc<Record>)>,
    ) -> Option<(RecordKey, Arc<Record>, Option<Arc<Proof>>)> {
        graph.unlocked(|| {
            let (key, record) = find(self.store)?;
            // Keys are short: that of another node may be the same.
            if record.arguments != self.node.arguments.as_slice() {
                return None;
            }
            let proof = record.proof.and_then(|key| self.store.proof(&key));
            // Whether the code is what it was is found out once.
            let proof = proof.filter(|proof| proof.items().is_some());
            Some((key, record, proof))
        })
    }

    /// The record, if its proof stands here.
    fn by_proof(
        &mut self,
        graph: &mut Locked<'_>,
        key: RecordKey,
        record: &Arc<Record>,
        proof: Option<Arc<Proof>>,
    ) -> Option<Found> {
        let proof = proof?;
        let dependencies = self.stands(graph, &proof)?;
        Some(Found {
            store: self.store.clone(),
            key,
            record: Arc::clone(record),
            by: By::Proof(proof),
            behind: None,
            dependencies,
        })
    }

    /// What an entry depends on that is right by this proof; `None` if it is not right here.
    fn stands(&mut self, graph: &mut Locked<'_>, proof: &Proof) -> Option<Vec<Dependency>> {
        let layer = self.layer.ix;
        // What a body asks in a context of its own has to be known one by one.
        if graph.layer(layer).asked.is_some() {
            return None;
        }
        let items = proof.items()?;
        if items.iter().any(|item| graph.is_disturbed(layer, item)) {
            return None;
        }
        // They are there before inputs are read, without the lock: what disturbs them meanwhile is noted.
        let edges = edges_to_any(graph, items);
        if self.has_inputs(graph, proof) {
            return Some(edges);
        }
        for edge in edges {
            graph.release_dependency(edge);
        }
        None
    }

    /// Whether the inputs that the proof names give here what they gave then.
    fn has_inputs(&mut self, graph: &mut Locked<'_>, proof: &Proof) -> bool {
        let time = graph.known_sets.time();
        // What is only looked at may change without a word.
        let notes = self.asker.keeps() && !proof.further().is_empty();
        let mut sets = proof.sets();
        while let Some(set) = sets.next() {
            let has_fallen = graph.known_sets.has_fallen(set);
            if !has_fallen && graph.known_sets.stands(set) {
                continue;
            }
            let stands = !has_fallen && self.gives_the_same(graph, set);
            match stands {
                _ if !notes => {}
                true => graph.known_sets.note_standing(set, time),
                false => sets
                    .path()
                    .for_each(|set| graph.known_sets.note_fallen(set, time)),
            }
            if !stands {
                return false;
            }
        }
        true
    }

    /// Whether the inputs that the set names itself give here what they gave then.
    fn gives_the_same(&mut self, graph: &mut Locked<'_>, set: &Proof) -> bool {
        set.parts().inputs().all(|read| {
            let Some(function) = crate::registry::find(&read.path) else {
                return false;
            };
            let node = graph.nodes.hold(function, &read.arguments, None);
            let now = self.ask_node(graph, node);
            if let Some((value, _)) = now {
                graph.release_value(value);
            }
            graph.release_node(node);
            now.is_some_and(|(_, now)| now == read.fingerprint)
        })
    }

    /// Asks the dependency at `place` of the record; `None` if it cannot be asked.
    fn ask(
        &mut self,
        graph: &mut Locked<'_>,
        record: &Record,
        place: usize,
    ) -> Option<Fingerprint> {
        let step = record.steps.get(place)?;
        let store = self.store;
        let hash = hash_arguments(&step.arguments);
        let function = graph.unlocked(|| {
            let function = store.function(record, step)?;
            store.expect(function, hash);
            Some(function)
        })?;
        let described = step.described.clone().map(Arc::new);
        let node = graph
            .nodes
            .intern(function, hash, &step.arguments, described.as_ref());
        let answer = self.ask_node(graph, node);
        let Some((value, fingerprint)) = answer else {
            graph.release_node(node);
            return None;
        };
        self.asked.push(Dependency::new(node, Edge::Asked(value)));
        self.turns.push(record.turn(step, &short(&fingerprint)));
        Some(fingerprint)
    }

    /// What the node answers here, held.
    fn ask_node(&mut self, graph: &mut Locked<'_>, node: NodeIx) -> Option<(ValueIx, Fingerprint)> {
        decide(graph, node);
        let value = scope::grow(|| self.asker.ask(graph, node))?;
        graph.values.retain(value);
        // It may be withdrawn meanwhile: then what is found is not kept.
        let fingerprint = fingerprint(graph, value);
        if fingerprint.is_none() {
            graph.release_value(value);
        }
        fingerprint.map(|fingerprint| (value, fingerprint))
    }
}
