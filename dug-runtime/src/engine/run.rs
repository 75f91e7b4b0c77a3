//! Runs a body as a frame on the trace stack, and keeps what it returns.

use super::compare::same_value;
use super::frame::{Notes, OnStack};
use super::job::{self, Watch};
use super::{Body, Produced, deliver, remember};
use crate::graph::{
    Content, Dependencies, Dependency, Graph, LayerIx, Moment, NodeIx, RunRef, ValueIx,
};
use crate::key::Key;
use crate::layer::Layer;
use crate::levels;
use crate::scope;
use crate::stamp::Stamp;
use crate::trace;
use crate::tree::Locked;
use crate::unkept::{self, Why};
use crate::value::Value;
use std::sync::Arc;

/// The right and the duty to compute a node. Dropping it, also in a panic,
/// lets those who wait try for themselves.
pub(super) struct Claimed<'l> {
    pub(super) run: RunRef,
    pub(super) layer: &'l Arc<Layer>,
    ended: bool,
}

impl<'l> Claimed<'l> {
    pub(super) fn new(run: RunRef, layer: &'l Arc<Layer>) -> Self {
        Claimed {
            run,
            layer,
            ended: false,
        }
    }

    /// The computation is over.
    pub(super) fn end(mut self, graph: &mut Locked<'_>) {
        self.ended = true;
        graph.end_run(self.run);
        graph.wake();
    }

    /// Somebody else ends it.
    pub(super) fn hand_over(mut self) -> (RunRef, Arc<Layer>) {
        self.ended = true;
        (self.run, Arc::clone(self.layer))
    }
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        if !self.ended {
            let mut graph = self.layer.lock();
            graph.end_run(self.run);
            graph.wake();
        }
    }
}

/// Runs the body of the claimed node and keeps the result, if it may be kept.
pub(super) fn run(claimed: Claimed, key: &Key, body: Body<'_>) -> Value {
    let layer = claimed.layer;
    let on_stack = OnStack::push(claimed.run, layer);
    let watch = layer.store().map(|_| Watch::start());
    let Produced { value, keep, stamp } = scope::grow(body);
    let took = watch.map(Watch::stop);
    // Contexts further in may have a store, and need the name of what has no encoding.
    let is_named = stamp.is_some() || key.function.is_internal();
    let (notes, tainted) = on_stack.leave();
    let mut graph = layer.lock();
    let kept = finish(&mut graph, &claimed, notes, keep && !tainted, &value, stamp);
    let why = match (keep, tainted) {
        (false, _) => Why::IsErr,
        (true, true) => Why::ReadUnkept,
        (true, false) => Why::Withdrawn,
    };
    let mut unneeded = None;
    let job = match (&kept, took) {
        (Some((_, value)), Some(_)) if is_stored(&graph, *value) => None,
        (Some((node, _)), Some(took)) => job::of_run(&mut graph, layer, *node, took),
        (Some((node, _)), None) if is_named => {
            unneeded = Some(job::stamp_of_run(&mut graph, layer, *node));
            None
        }
        _ => None,
    };
    claimed.end(&mut graph);
    let remembered = kept.map(|(node, ix)| deliver(&mut graph, layer, key, node, ix));
    drop(graph);
    drop(unneeded);
    if let (Some(store), Some(job)) = (layer.store(), job)
        && !job.stamp.is_passing()
    {
        levels::push(store, job);
    }
    match remembered {
        Some(answer) => answer.into_iter().for_each(|answer| remember(key, answer)),
        None => {
            trace::with(|thread| thread.taint());
            unkept::note(layer, key, why);
        }
    }
    value
}

/// Whether a store has the value, from an earlier run.
fn is_stored(graph: &Graph, value: ValueIx) -> bool {
    let stamp = graph.values.stamp(value);
    stamp.is_some_and(|stamp| stamp.record().is_some())
}

/// Makes the entry. `None` if the result must not be kept.
fn finish(
    graph: &mut Locked<'_>,
    claimed: &Claimed,
    notes: Notes,
    keep: bool,
    value: &Value,
    mut stamp: Option<Arc<Stamp>>,
) -> Option<(NodeIx, ValueIx)> {
    let run = graph.runs.get(claimed.run)?;
    let (node, layer, start) = (run.node, run.layer, run.start);
    let stands = keep && {
        !notes.with(|noted| {
            let read = noted.iter().map(|note| note.dependency.node);
            graph.was_touched(layer, read.chain([node]), start.change)
        })
    };
    if !stands {
        // What changes have reached may be gone: notes need not hold what they name.
        notes.release(graph);
        return None;
    }
    if let Some(answer) = graph.answer_of_own(layer, node) {
        // Computed twice, since waiting would have closed a circle, or to see what it asks: the first stays.
        match graph.is_unexplored(layer, node) {
            true => {
                let asked = notes.settle(graph);
                graph.depend_too(layer, node, asked.to_vec());
            }
            false => notes.release(graph),
        }
        return Some((node, answer));
    }
    let dependencies = notes.settle(graph);
    if stamp.is_none() && graph.is_found_around(layer, node) {
        stamp = job::stamp_to_compare(graph, node, &dependencies, value);
        // It was made without the lock.
        let read = dependencies.iter().map(|dependency| dependency.node);
        let touched = graph.was_touched(layer, read.chain([node]), start.change);
        let known = graph.answer_of_own(layer, node);
        if touched || known.is_some() {
            graph.release_dependencies(dependencies);
            return known.filter(|_| !touched).map(|answer| (node, answer));
        }
    }
    let content = Content::Held(Value::clone(value));
    let before = graph.input_before(layer, node);
    let new = New { content, stamp };
    let ix = keep_result(graph, layer, node, dependencies, new, Some(start));
    if let Some(before) = before {
        // It was taken to give what it gave before, by its looks, and has been read only now.
        graph.values.retain(ix);
        if !same_value(graph, node, before, ix) {
            graph.input_changed(layer, node);
        }
        // It may have been withdrawn while the two were compared.
        let stands = graph.answer(layer, node).is_some_and(|now| now.value == ix);
        graph.release_value(before);
        graph.release_value(ix);
        if !stands {
            return None;
        }
    }
    Some((node, ix))
}

/// Makes the entry of a stored result that was found to be right, unless something that it rests
/// on was withdrawn meanwhile. Takes over the references of the dependencies.
pub(super) fn keep_restored(
    graph: &mut Locked<'_>,
    claimed: &Claimed,
    stamp: &Arc<Stamp>,
    dependencies: Vec<Dependency>,
) -> bool {
    let Some(run) = graph.runs.get(claimed.run) else {
        return false;
    };
    let (node, layer, start) = (run.node, run.layer, run.start);
    let read = dependencies.iter().map(|dependency| dependency.node);
    let touched = graph.was_touched(layer, read.chain([node]), start.change);
    let known = graph.answer_of_own(layer, node).is_some();
    let Some(fingerprint) = stamp.known_fingerprint().filter(|_| !touched && !known) else {
        for dependency in dependencies {
            graph.release_dependency(dependency);
        }
        return known;
    };
    let content = Content::of(fingerprint);
    let stamp = Some(Arc::clone(stamp));
    keep_result(
        graph,
        layer,
        node,
        Dependencies::new(dependencies.into_iter()),
        New { content, stamp },
        None,
    );
    true
}

/// A value that the graph does not have yet.
struct New {
    content: Content,
    stamp: Option<Arc<Stamp>>,
}

/// Makes the entry, in the layer or in a shared one around it. The dependencies were asked after `start`, if that is given.
fn keep_result(
    graph: &mut Locked<'_>,
    layer: LayerIx,
    node: NodeIx,
    dependencies: Dependencies,
    new: New,
    start: Option<Moment>,
) -> ValueIx {
    let stamp = new.stamp.as_ref();
    let fingerprint = stamp.and_then(|stamp| stamp.known_fingerprint());
    if let Some(home) = graph.home(layer, node, &dependencies, fingerprint) {
        return keep_shared(graph, (layer, home), node, dependencies, new);
    }
    let is_as_since = start.is_some_and(|start| graph.is_as_since(layer, start));
    debug_assert!(!is_as_since || graph.all_answer(layer, dependencies.iter().copied()));
    let all_answer = is_as_since || graph.all_answer(layer, dependencies.iter().copied());
    let ix = keep_entry(graph, layer, node, dependencies, new);
    if !all_answer {
        graph.doubt(layer, node);
    }
    ix
}

/// Makes the entry in the shared layer `home`, whose answer is the same as that of `layer`.
fn keep_shared(
    graph: &mut Locked<'_>,
    (layer, home): (LayerIx, LayerIx),
    node: NodeIx,
    dependencies: Dependencies,
    new: New,
) -> ValueIx {
    // Where no relative tweak is in force, what a twin has found is the node's own.
    let owner = graph.body_owner(home, node);
    let ix = match graph.answer_of_own(home, owner) {
        // A sibling was quicker.
        Some(answer) => answer,
        None => {
            let shared = graph.hold(dependencies.clone());
            keep_entry(graph, home, owner, shared, new)
        }
    };
    if owner != node {
        graph.values.retain(ix);
        let place = graph.home_by_name(layer, home, node);
        graph.keep(place, node, ix, dependencies);
        graph.show(layer, place, node);
    } else {
        graph.release_dependencies(dependencies);
        graph.show(layer, home, node);
    }
    ix
}

fn keep_entry(
    graph: &mut Locked<'_>,
    layer: LayerIx,
    node: NodeIx,
    dependencies: Dependencies,
    new: New,
) -> ValueIx {
    let function = graph.nodes.function(node);
    let ix = graph
        .values
        .insert_content(new.content, Some(function), new.stamp);
    graph.keep(layer, node, ix, dependencies);
    ix
}
