//! What a check has run and cannot keep: an `Err`, a panic, or what rests on one.
//!
//! The body that is run then asks for the same again, on whatever thread. It is handed what the
//! check found, so that nothing runs twice: else each level of a long way up would double the runs.

use crate::graph::{NodeIx, Outcome, RunRef};
use crate::layer::Layer;
use crate::trace;
use crate::tree::Locked;

/// Whether there is an outcome of the node for this asker.
pub(super) fn is_known(graph: &Locked<'_>, layer: &Layer, node: NodeIx, asker: RunRef) -> bool {
    graph.knows_outcome(asker, (layer.ix, node), layer.epoch())
}

/// Remembers an outcome for the body of `asker`.
pub(super) fn hand_on(
    graph: &mut Locked<'_>,
    layer: &Layer,
    node: NodeIx,
    asker: RunRef,
    outcome: Outcome,
) {
    graph.add_outcome(asker, node, layer.epoch(), outcome);
}

/// The outcome of the node for the running one, which asks for it; once.
pub(super) fn take(graph: &mut Locked<'_>, layer: &Layer, node: NodeIx) -> Option<Outcome> {
    let asker = trace::with(|thread| thread.current_run())?;
    graph.take_outcome(asker, (layer.ix, node), layer.epoch())
}
