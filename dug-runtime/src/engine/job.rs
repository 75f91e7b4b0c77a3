//! What is handed to a store of a run: what it asked, what it was given, and how long it took.

use super::restore::stamps_of;
use crate::function::Function;
use crate::graph::{Dependencies, Dependency, Edge, NodeIx};
use crate::id::Snapshot;
use crate::layer::Layer;
use crate::stamp::{Asked, Recipe, Stamp};
use crate::store::{Job, What};
use crate::trace;
use crate::tree::Locked;
use crate::value::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Times a body, and apart from it the tracked functions that it calls.
pub(super) struct Watch {
    started: Instant,
    /// What the functions had taken that the asker has called before.
    before: Duration,
}

/// What a body took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Took {
    own: Duration,
    below: Duration,
}

impl Watch {
    pub(super) fn start() -> Self {
        let before = trace::with(|thread| thread.called.replace(Duration::ZERO));
        Watch {
            started: Instant::now(),
            before,
        }
    }

    /// Before the frame of the body is gone.
    pub(super) fn stop(self) -> Took {
        let all = self.started.elapsed();
        let below = trace::with(|thread| {
            let elsewhere = thread.called_elsewhere();
            elsewhere + thread.called.replace(self.before + all)
        });
        // Threads that work at once take more in all.
        let below = below.min(all);
        Took {
            own: all.saturating_sub(below),
            below,
        }
    }
}

/// A run that was kept, as the fingerprint of its result needs it.
struct Kept {
    node: Snapshot,
    hash: u64,
    stamp: Arc<Stamp>,
    asked: Vec<Asked>,
    value: Value,
    dependencies: Dependencies,
}

/// Gives the value of the entry of `node`, which has just been kept, its stamp. `None` if it has none.
fn stamped(graph: &mut Locked<'_>, layer: &Layer, node: NodeIx) -> Option<Kept> {
    let (snapshot, hash) = (graph.nodes.snapshot(node), graph.nodes.hash(node));
    let function = snapshot.function;
    if graph.is_computed(layer.ix, node) {
        stamp_of_tweak(graph, layer, node, function);
        return None;
    }
    if !function.is_lasting() {
        return None;
    }
    let (value, content, dependencies) = graph.kept(layer.ix, node)?;
    let asked = stamps_of(graph, &dependencies);
    // A handle on the value knows its stamp already.
    let stamp = match graph.values.stamp(value) {
        Some(stamp) => Arc::clone(stamp),
        None => {
            let stamp = Arc::new(Stamp::default());
            graph.set_stamp(value, Arc::clone(&stamp));
            stamp
        }
    };
    if let Some(store) = layer.store() {
        stamp.count_in(store.ledger());
    }
    if asked.iter().any(|asked| asked.stamp.is_passing()) {
        stamp.set_passing();
    }
    set_recipe(&stamp, &snapshot, &content, &asked, &dependencies);
    Some(Kept {
        node: snapshot,
        hash,
        stamp,
        asked,
        value: content,
        dependencies,
    })
}

/// How the fingerprint is made of what the node's run has given.
fn set_recipe(
    stamp: &Stamp,
    node: &Snapshot,
    content: &Value,
    asked: &[Asked],
    dependencies: &[Dependency],
) {
    let function = node.function;
    match function.encode_result() {
        Some(encode) if !function.is_by_graph() => stamp.offer_content(content, encode),
        // What was asked without cut-off is no part of the recipe: another run of the same
        // recipe may have given another value.
        _ if has_uncut(dependencies) => stamp.set_fingerprint(None),
        _ => stamp.set_recipe(Recipe::Computation(node.clone(), asked.into())),
    }
}

/// The stamp of what the node's run has given, with its fingerprint at once. That is made without the lock.
pub(super) fn stamp_to_compare(
    graph: &mut Locked<'_>,
    node: NodeIx,
    dependencies: &[Dependency],
    content: &Value,
) -> Option<Arc<Stamp>> {
    let snapshot = graph.nodes.snapshot(node);
    if !snapshot.function.is_lasting() {
        return None;
    }
    let asked = stamps_of(graph, dependencies);
    graph.unlocked(|| {
        let stamp = Stamp::default();
        set_recipe(&stamp, &snapshot, content, &asked, dependencies);
        stamp.fingerprint();
        drop(asked);
        Some(Arc::new(stamp))
    })
}

/// As [`stamped`], for what relative tweaks have made, which is not stored.
fn stamp_of_tweak(graph: &mut Locked<'_>, layer: &Layer, node: NodeIx, function: &Function) {
    let Some(value) = graph.answer_of_own(layer.ix, node) else {
        return;
    };
    match (function.encode_result(), graph.values.stamp(value)) {
        (None, _) => graph.set_stamp(value, Arc::new(Stamp::passing())),
        (Some(_), Some(of_handle)) => of_handle.set_proof(None),
        // It is made when it is asked for.
        (Some(_), None) => {}
    }
}

/// Gives the value of the entry of `node`, which has just been kept, its stamp. Keeps the lock: what is
/// returned is to be dropped without it.
#[must_use]
pub(super) fn stamp_of_run(
    graph: &mut Locked<'_>,
    layer: &Layer,
    node: NodeIx,
) -> impl Sized + use<> {
    let kept = stamped(graph, layer, node)?;
    graph.release_dependencies(kept.dependencies);
    Some((kept.stamp, kept.asked, kept.value))
}

/// What the store of the layer is told of the run of `node`, which has just been kept; `None` if
/// it is not to be stored. Keeps the lock.
pub(super) fn of_run(
    graph: &mut Locked<'_>,
    layer: &Layer,
    node: NodeIx,
    took: Took,
) -> Option<Job> {
    let kept = stamped(graph, layer, node)?;
    let uncut = uncut_of(graph, layer, &kept.dependencies);
    let mut edges = kept.dependencies.iter();
    let before = edges.position(|dependency| dependency.edge() == Edge::Uncut);
    let before = &kept.dependencies[..before.unwrap_or_default()];
    let before_uncut = before.iter().filter_map(|asked| asked.answer()).count();
    let unsettled = match has_uncut(&kept.dependencies) {
        true => graph.unsettled_items(layer.ix),
        false => Vec::new(),
    };
    graph.release_dependencies(kept.dependencies);
    let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    Some(Job {
        node: kept.node,
        hash: kept.hash,
        stamp: kept.stamp,
        asked: kept.asked,
        uncut: uncut?,
        before_uncut,
        unsettled,
        what: What::Ran {
            value: kept.value,
            own: nanoseconds(took.own),
            below: nanoseconds(took.below),
        },
    })
}

fn has_uncut(dependencies: &[Dependency]) -> bool {
    let mut edges = dependencies.iter().map(|dependency| dependency.edge());
    edges.any(|edge| edge == Edge::Uncut)
}

/// What the run asked in contexts that it had tweaked, and how that was answered outside.
/// `None` if it is not known what lies below, or if that rests on a tweak: then nothing proves the result.
fn uncut_of(
    graph: &mut Locked<'_>,
    layer: &Layer,
    dependencies: &[Dependency],
) -> Option<Vec<(Snapshot, Option<Arc<Stamp>>)>> {
    let mut uncut = Vec::new();
    for dependency in dependencies {
        if dependency.edge() != Edge::Uncut {
            continue;
        }
        let original = graph.nodes.original(dependency.node);
        // What relative tweaks have made need not stand where the tweaks are.
        if graph.nodes.stands_for(dependency.node).is_some()
            || graph.is_hypothetical(layer.ix, original)
        {
            return None;
        }
        let snapshot = graph.nodes.snapshot(dependency.node);
        let standing = graph.standing(layer.ix, dependency.node);
        let stamp = standing.map(|answer| graph.values.stamp_of(answer.value));
        uncut.push((snapshot, stamp));
    }
    Some(uncut)
}
