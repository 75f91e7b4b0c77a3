//! Adoption: an entry is right here if its dependencies, checked in the order
//! of asking, give here what they gave when it was made. The first difference
//! ends the check, so nothing runs that the function itself would not have asked for.

use super::claim::{Claim, claim};
use super::compare::same_value;
use super::frame::OnStack;
use super::restore::restore;
use super::run::Claimed;
use crate::graph::{Candidate, Edge, NodeIx, Outcome, RunRef, ValueIx};
use crate::id::Snapshot;
use crate::layer::Layer;
use crate::scope;
use crate::stats::Counters;
use crate::trace::{self, Forced};
use crate::tree::Locked;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What is needed of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Value,
    /// The value need not be in memory.
    Fingerprint,
}

/// Makes the own suspect entry, or the one of a parent, answer here, if it is right here.
pub(super) fn adopt(
    graph: &mut Locked<'_>,
    claimed: &Claimed,
    node: NodeIx,
    wanted: Wanted,
) -> bool {
    let (layer, run) = (claimed.layer, claimed.run);
    if graph.nodes.is_new(node) {
        return false;
    }
    let mut adopted = false;
    for candidate in graph.candidates(layer.ix, node) {
        // Another thread may have been quicker, if both compute since waiting would close a circle.
        adopted = adopted || graph.answer_of_own(layer.ix, node).is_some();
        let serves = wanted == Wanted::Fingerprint || graph.values.is_held(candidate.value);
        if !adopted
            && serves
            && let Some(now) = verify(graph, layer, run, &candidate)
        {
            let start = graph.runs.get(run).map_or(0, |run| run.start.change);
            let read = candidate
                .dependencies
                .iter()
                .map(|dependency| dependency.node);
            if !graph.was_touched(layer.ix, read.chain([node]), start) {
                graph.adopt(layer.ix, node, &candidate, &now);
                layer.count(Counters::add_adoption);
                adopted = true;
            }
        }
        graph.release_candidate(candidate);
    }
    adopted
}

/// Whether the candidate is right here; and the values that took the place of equal ones, by place.
fn verify(
    graph: &mut Locked<'_>,
    layer: &Arc<Layer>,
    run: RunRef,
    candidate: &Candidate,
) -> Option<Vec<(usize, ValueIx)>> {
    // What rests on no value is looked at first: it needs no run.
    let uncut = candidate
        .dependencies
        .iter()
        .filter(|dependency| dependency.edge() == Edge::Uncut);
    let stands = |graph: &Locked<'_>| {
        uncut
            .clone()
            .all(|dependency| graph.is_undisturbed(layer.ix, candidate.origin, dependency.node))
    };
    if !stands(graph) {
        return None;
    }
    let begun = graph.moment();
    // What is right there has been given what is answered there.
    let is_answered_so = |graph: &Locked<'_>, node| {
        candidate.is_settled
            && graph.moment() == begun
            && graph.is_answered_as_in(layer.ix, candidate.origin, node)
    };
    let mut replaced = Vec::new();
    for (place, dependency) in candidate.dependencies.iter().enumerate() {
        match dependency.edge() {
            Edge::Uncut | Edge::Reached => {}
            Edge::Asked(_) if is_answered_so(graph, dependency.node) => {}
            Edge::Asked(then) | Edge::Inside(then) => {
                let now = scope::grow(|| ask(graph, layer, dependency.node, run))?;
                if now != then {
                    if !same_value(graph, dependency.node, then, now) {
                        return None;
                    }
                    replaced.push((place, now));
                }
            }
        }
    }
    // Values that were found early may have gone while later ones were computed, and marks have come up.
    let values_stand = replaced.iter().all(|(place, now)| {
        let node = candidate.dependencies[*place].node;
        graph
            .standing(layer.ix, node)
            .is_some_and(|answer| answer.value == *now)
    });
    (values_stand && stands(graph)).then_some(replaced)
}

/// What `node` answers here, by its id; `None` if it cannot be asked, panics, or is not kept. Of
/// the value there may only be a fingerprint.
pub(super) fn ask(
    graph: &mut Locked<'_>,
    layer: &Arc<Layer>,
    node: NodeIx,
    asker: RunRef,
) -> Option<ValueIx> {
    let mut has_run = false;
    loop {
        if let Some(answer) = graph.standing(layer.ix, node) {
            graph.note_question(layer.ix, node);
            return Some(answer.value);
        }
        graph.note_question(layer.ix, node);
        if graph.knows_outcome(asker, layer.ix, node) {
            return None;
        }
        if let Some(outermost) = super::place_of_input(graph, layer, node, Wanted::Fingerprint) {
            let original = graph.nodes.original(node);
            graph.retain_node(original);
            let read = ask(graph, &outermost, original, asker);
            graph.release_node(original);
            read?;
            continue;
        }
        let claimed = match claim(graph, layer, node, Some(asker)) {
            Claim::Circle(_) => return None,
            Claim::Waited => continue,
            Claim::Run(run) => Claimed::new(run, layer),
        };
        if adopt(graph, &claimed, node, Wanted::Fingerprint)
            || restore(graph, &claimed, node, Wanted::Fingerprint)
        {
            claimed.end(graph);
            continue;
        }
        if !graph.nodes.function(node).is_callable() {
            claimed.end(graph);
            return None;
        }
        // Held, so that no other value comes to have its number.
        let before = graph.value_of_own(layer.ix, node);
        before.into_iter().for_each(|it| graph.values.retain(it));
        let outcome = run_by_id(graph, claimed, node, asker);
        let is_kept = graph.value_of_own(layer.ix, node) != before;
        before.into_iter().for_each(|it| graph.release_value(it));
        let is_first = !std::mem::replace(&mut has_run, true);
        if matches!(outcome, Some(Outcome::Returned(_)))
            && is_first
            && is_kept
            && graph.is_suspect(layer.ix, node)
        {
            // What it was given was closed by what it asked after that: it is checked like any other entry.
            graph.unlocked(|| drop(outcome));
            continue;
        }
        let standing = graph.standing(layer.ix, node).map(|answer| answer.value);
        match outcome {
            Some(outcome) if standing.is_none() => graph.add_outcome(asker, node, outcome),
            Some(Outcome::Returned(value)) if value.is_plain() => {}
            outcome => {
                graph.unlocked(|| drop(outcome));
                // It may have been withdrawn meanwhile.
                return graph.standing(layer.ix, node).map(|answer| answer.value);
            }
        }
        return standing;
    }
}

/// Has the function called with the arguments of `node`, decoded: the call finds the claim and
/// runs the body. Tells how that ended, unless the function could not be called.
fn run_by_id(
    graph: &mut Locked<'_>,
    claimed: Claimed,
    node: NodeIx,
    asker: RunRef,
) -> Option<Outcome> {
    let snapshot = graph.nodes.snapshot(node);
    graph.unlocked(|| {
        let on_stack = OnStack::push(asker, claimed.layer);
        let outcome = run_claimed(claimed, &snapshot);
        drop(on_stack);
        outcome
    })
}

/// As [`run_by_id`], without the lock, for whoever this thread works for.
pub(super) fn run_claimed(claimed: Claimed, node: &Snapshot) -> Option<Outcome> {
    let (run, layer) = claimed.hand_over();
    let arguments = node.arguments.as_slice();
    // The body is to run although this thread may remember an answer, which may have been masked since.
    forget_remembered(&layer, node);
    let before = trace::with(|thread| thread.forced.replace(Some(Forced { run, layer })));
    // A panic counts as a difference: the function will meet it when it asks for itself.
    let called = catch_unwind(AssertUnwindSafe(|| {
        trace::quietly(|| node.function.call_by_id(arguments))
    }));
    let unused = trace::with(|thread| thread.forced.replace(before));
    if let Some(forced) = unused {
        drop(Claimed::new(forced.run, &forced.layer));
    }
    let returned = trace::with(|thread| thread.returned.take());
    match called {
        Ok(Ok(_)) => returned.map(Outcome::Returned),
        Ok(Err(_)) => None,
        Err(payload) => Some(Outcome::Panicked(payload)),
    }
}

/// Makes this thread look for the answer of the node when it is called next.
pub(super) fn forget_remembered(layer: &Layer, node: &Snapshot) {
    let remembered = trace::with(|thread| {
        let mut hits = thread.hits.try_borrow_mut().ok()?;
        let layers = layer.outward().map(|layer| layer.uid);
        Some(hits.forget(node.function, node.arguments.as_slice(), layers))
    });
    drop(remembered);
}
