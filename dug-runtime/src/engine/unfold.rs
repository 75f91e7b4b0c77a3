//! What an answer rests on, step by step, where it was taken from a store without a look below it.
//!
//! The record tells what the run asked. Where it does not tell all, the body runs once more: the
//! answer stays, and what it depends on is known from then on.

use super::claim::{Claim, claim};
use super::restore::recorded;
use super::run::Claimed;
use super::verify::{forget_remembered, run_claimed};
use crate::decide::decide;
use crate::graph::{Dependency, Edge, NodeIx};
use crate::id::Snapshot;
use crate::layer::Layer;
use crate::scope;
use crate::trace;
use crate::tree::Locked;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Asks `node` in the layer, in which this thread stands for nobody, unless its value is in
/// memory; gives all nodes that it depends on, held. What cannot be asked, or panics, stays unknown.
pub(crate) fn ask_with_below(
    graph: &mut Locked<'_>,
    layer: &Arc<Layer>,
    node: NodeIx,
) -> Vec<NodeIx> {
    decide(graph, node);
    if graph.answer(layer.ix, node).is_none() {
        call(graph, layer, node);
    }
    let names = graph.with_twins(layer.ix, node);
    for name in &names {
        graph.retain_node(*name);
    }
    for name in &names {
        if graph.is_unexplored(layer.ix, *name) && !unfold(graph, layer, *name) {
            run_again(graph, layer, *name);
        }
    }
    graph.release_nodes(names);
    if graph.lacks_unaskable(layer.ix, node) {
        run_again(graph, layer, node);
    }
    let below = graph.dependencies_of(layer.ix, node);
    for node in &below {
        graph.retain_node(*node);
    }
    below
}

/// Makes what the record says the dependencies of the entry that answers here. Tells whether that is all.
fn unfold(graph: &mut Locked<'_>, layer: &Layer, node: NodeIx) -> bool {
    let Some(answer) = graph.standing(layer.ix, node) else {
        return false;
    };
    graph.values.retain(answer.value);
    let (below, are_all) = recorded(graph, layer, answer.value);
    for node in &below {
        decide(graph, *node);
    }
    let snapshots = graph.snapshots(&below);
    let can_be_asked = |node: &Snapshot| {
        node.function.prints(node.arguments.as_slice());
        node.function.may_be_called()
    };
    let are_all = are_all && graph.unlocked(|| snapshots.iter().all(can_be_asked));
    let now = graph.standing(layer.ix, node);
    let stands = now.is_some_and(|now| now.value == answer.value);
    match are_all && stands {
        true if below.is_empty() => {}
        true => {
            let below = below.into_iter();
            let below = below.map(|below| Dependency::new(below, Edge::Uncut));
            graph.depend_too(layer.ix, node, below.collect());
        }
        false => graph.release_nodes(below),
    }
    graph.release_value(answer.value);
    are_all && stands
}

/// Has the body run in the layer, whatever answers there.
fn run_again(graph: &mut Locked<'_>, layer: &Arc<Layer>, node: NodeIx) {
    let snapshot = graph.nodes.snapshot(node);
    if !snapshot.function.is_callable() {
        return;
    }
    // What it asks is noted for the own entry.
    graph.depend_too(layer.ix, node, Vec::new());
    if let Claim::Run(run) = claim(graph, layer, node, None) {
        let claimed = Claimed::new(run, layer);
        graph.unlocked(|| drop(scope::grow(|| run_claimed(claimed, &snapshot))));
    }
}

fn call(graph: &mut Locked<'_>, layer: &Layer, node: NodeIx) {
    let snapshot = graph.nodes.snapshot(node);
    let function = snapshot.function;
    if function.is_callable() {
        graph.unlocked(|| {
            forget_remembered(layer, &snapshot);
            let call = || function.call_by_id(snapshot.arguments.as_slice());
            let call = || scope::grow(call).map(drop);
            drop(catch_unwind(AssertUnwindSafe(|| trace::quietly(call))));
        });
    }
}
