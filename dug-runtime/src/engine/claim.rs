//! Who computes a node: this thread, or another that is waited for.

use crate::graph::{NodeIx, RunRef};
use crate::id::Snapshot;
use crate::layer::Layer;
use crate::trace;
use crate::tree::Locked;
use crate::waits;

/// What became of the wish to compute a node.
pub(super) enum Claim {
    /// This thread computes it.
    Run(RunRef),
    /// Another thread did, or gave up; look again.
    Waited,
    /// The node is being computed by those who ask for it.
    Circle(Vec<Snapshot>),
}

/// Claims the computation of `node`, on behalf of `asker`.
pub(super) fn claim(
    graph: &mut Locked<'_>,
    layer: &Layer,
    node: NodeIx,
    asker: Option<RunRef>,
) -> Claim {
    if let Some(run) = graph.closes_cycle(layer.ix, node, asker) {
        return Claim::Circle(graph.circle(asker, run));
    }
    if graph.touch(asker, layer.ix, node, None) {
        graph.wake();
    }
    let me = trace::with(|thread| thread.number);
    let own = graph.runs_of(layer.ix, node).next().map(|run| (run, None));
    let other = own.or_else(|| {
        let (run, depth) = graph.run_of_sibling(layer.ix, node)?;
        Some((run, Some(depth)))
    });
    if let Some((run, shared)) = other
        && let Some(thread) = graph.runs.get(run).map(|run| run.thread)
    {
        // Asked anew each time: the node may have been carried to other threads meanwhile.
        let mut waits = false;
        while waits::begin(graph, layer.tree(), me, (run, shared), thread) {
            waits = true;
            if !graph.runs.is_awaited(run, shared) {
                break;
            }
            graph.wait();
        }
        if waits {
            waits::end(me);
            return Claim::Waited;
        }
    }
    Claim::Run(graph.start_run(layer.ix, node, asker, me))
}
