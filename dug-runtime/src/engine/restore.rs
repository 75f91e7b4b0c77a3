//! Stored results in the graph: what is found to be right stands there as an entry whose value is not in
//! memory, and no value is loaded but the one that a caller needs.

use super::run::{Claimed, keep_restored};
use super::search::{Ask, By, find};
use super::verify::{Wanted, ask};
use crate::decide::decide;
use crate::graph::{Dependency, NodeIx, RunRef, ValueIx};
use crate::handle::Stored;
use crate::id::NodeId;
use crate::key::Key;
use crate::layer::Layer;
use crate::levels;
use crate::proof::Proof;
use crate::scope::Standing;
use crate::stamp::{Asked, Stamp};
use crate::stats::Counters;
use crate::store::{Job, What};
use crate::tree::Locked;
use crate::value::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Brings the value of what stands for `node` back to memory.
pub(super) fn load(graph: &mut Locked<'_>, layer: &Layer, node: NodeIx, value: ValueIx) -> bool {
    graph.values.retain(value);
    let loaded = look_up(graph, layer, node, value);
    let found = loaded.is_some();
    if let Some(loaded) = loaded {
        graph.load(layer.ix, node, value, loaded);
        layer.count(Counters::add_load);
    }
    graph.release_value(value);
    found
}

/// The value of a stored result that nothing in memory holds. Runs user code.
pub(super) fn look_up(
    graph: &mut Locked<'_>,
    layer: &Layer,
    node: NodeIx,
    value: ValueIx,
) -> Option<Value> {
    let stamp = Arc::clone(graph.values.stamp(value)?);
    let (key, fingerprint) = stamp.stored()?;
    let snapshot = graph.nodes.snapshot(node);
    let function = snapshot.function;
    graph.unlocked(|| {
        let made = catch_unwind(AssertUnwindSafe(|| {
            let on_stored = function.results()?.on_stored;
            // It may have been found further out, in another store.
            let mut stores = layer.stores();
            let store = stores.find(|store| store.has_value(&key, fingerprint))?;
            let Some((record, pin)) = store.pinned(&key) else {
                let value = store.load(function, &key, fingerprint)?;
                let handle = (function.results()?.handle)(&*value);
                return Some(match handle {
                    Some(handle) => handle.named(snapshot.id(), stamp),
                    None => value,
                });
            };
            let handle = on_stored(Stored {
                origin: snapshot.id(),
                function,
                store: store.clone(),
                key,
                record,
                pin,
                stamp,
            });
            handle.or_else(|| store.load(function, &key, fingerprint))
        }));
        made.ok().flatten()
    })
}

/// Whether [`look_up`] would find it, as far as can be told without reading what lies apart. May run user code.
pub(super) fn can_be_looked_up(
    graph: &mut Locked<'_>,
    layer: &Layer,
    node: NodeIx,
    value: ValueIx,
) -> bool {
    let stamp = graph.values.stamp(value);
    let Some((key, fingerprint)) = stamp.and_then(|stamp| stamp.stored()) else {
        return false;
    };
    let function = graph.nodes.function(node);
    graph.unlocked(|| {
        let mut stores = layer.stores();
        let could_load = || stores.any(|store| store.could_load(function, &key, fingerprint));
        catch_unwind(AssertUnwindSafe(could_load)).unwrap_or(false)
    })
}

/// Makes a stored result of `node` stand here, if one is right here.
pub(super) fn restore(
    graph: &mut Locked<'_>,
    claimed: &Claimed,
    node: NodeIx,
    wanted: Wanted,
) -> bool {
    let layer = claimed.layer;
    if layer.store().is_none() || wanted == Wanted::Value && !graph.nodes.function(node).is_stored()
    {
        return false;
    }
    if graph.nodes.function(node).is_input() {
        return restore_input(graph, claimed, node);
    }
    let mut asker = Running {
        layer,
        run: claimed.run,
    };
    let Some(found) = find(graph, layer, node, &mut asker, layer.policy()) else {
        return false;
    };
    let store = found.store;
    let stamp = Arc::new(Stamp::found(&found.record, found.key));
    stamp.count_in(store.ledger());
    store.touch(&found.key, &found.record);
    // What a scenario finds, or a context with a tweak, is not what the world is now.
    let is_of_world = layer.parent().is_none() && found.record.proof.is_some();
    if let Some(first) = found.behind.filter(|_| is_of_world) {
        store.note_latest(&first, &found.key);
    }
    match found.by {
        By::Proof(proof) => stamp.set_proof(Some(proof)),
        // Nothing proves that the node gives this here.
        By::Policy => stamp.set_proof(None),
        // The proof may have become another, and a better one for next time.
        By::Trace => {
            let job = Job {
                asked: stamps_of(graph, &found.dependencies),
                node: graph.nodes.snapshot(node),
                hash: graph.nodes.hash(node),
                stamp: Arc::clone(&stamp),
                uncut: Vec::new(),
                before_uncut: 0,
                unsettled: Vec::new(),
                what: What::Found(found.key, Arc::clone(&found.record)),
            };
            levels::push(&store, job);
        }
    }
    let kept = keep_restored(graph, claimed, &stamp, found.dependencies);
    if kept {
        layer.count(Counters::add_restored);
    }
    kept
}

/// As [`restore`], for a file: if it looks as it did, it gives what it gave.
fn restore_input(graph: &mut Locked<'_>, claimed: &Claimed, node: NodeIx) -> bool {
    let layer = claimed.layer;
    let Some(store) = layer.store() else {
        return false;
    };
    if !graph.may_be_restored(layer.ix, node) {
        return false;
    }
    let snapshot = graph.nodes.snapshot(node);
    let stamp = graph.unlocked(|| {
        let fingerprint = store.unchanged_input(&snapshot)?;
        let stamp = Stamp::known(
            Some(fingerprint),
            Some(Proof::of_input(&snapshot, fingerprint)),
        );
        Some(Arc::new(stamp))
    });
    stamp.is_some_and(|stamp| keep_restored(graph, claimed, &stamp, Vec::new()))
}

/// What was asked, as the writer needs it.
pub(super) fn stamps_of(graph: &mut Locked<'_>, asked: &[Dependency]) -> Vec<Asked> {
    let asked = asked.iter().filter_map(|dependency| {
        let value = dependency.answer()?;
        let node = graph.nodes.snapshot(dependency.node);
        let stamp = graph.values.stamp_of(value);
        Some(Asked { node, stamp })
    });
    asked.collect()
}

/// What the record of a value says that its node depends on, as far as this program knows the
/// functions, held; and whether that is all.
pub(super) fn recorded(
    graph: &mut Locked<'_>,
    layer: &Layer,
    value: ValueIx,
) -> (Vec<NodeIx>, bool) {
    let stamp = graph.values.stamp(value).cloned();
    let found = stamp.and_then(|stamp| Some((stamp.stored()?, stamp)));
    let Some(((key, fingerprint), stamp)) = found else {
        return (Vec::new(), false);
    };
    let steps = graph.unlocked(|| {
        // Stores may have an equal result under one key that was computed in another way.
        let stores = layer.stores();
        let mut stores = stores.filter(|store| stamp.may_be_of(store.ledger()));
        stores.find_map(|store| store.steps(&key, fingerprint))
    });
    let (steps, are_all) = steps.unwrap_or_default();
    let nodes = steps.into_iter().map(|(function, step)| {
        let described = step.described.map(Arc::new);
        graph
            .nodes
            .hold(function, &step.arguments, described.as_ref())
    });
    (nodes.collect(), are_all)
}

/// Has `call` run in a layer where the body of the node runs again, whatever is kept, for nobody
/// but the caller.
pub(crate) fn afresh<R>(id: &NodeId, inside: Arc<Layer>, call: impl FnOnce() -> R) -> Option<R> {
    let key = Key::of_id(id).ok()?;
    let _standing = Standing::elsewhere(Some(Arc::clone(&inside)), None);
    let mut graph = inside.lock();
    let node = key.intern(&mut graph);
    decide(&mut graph, node);
    graph.invalidate(inside.ix, node);
    graph.release_node(node);
    drop(graph);
    Some(call())
}

/// Runs what has to be run, on behalf of a run.
struct Running<'a> {
    layer: &'a Arc<Layer>,
    run: RunRef,
}

impl Ask for Running<'_> {
    fn ask(&mut self, graph: &mut Locked<'_>, node: NodeIx) -> Option<ValueIx> {
        ask(graph, self.layer, node, self.run)
    }

    fn keeps(&self) -> bool {
        true
    }
}
