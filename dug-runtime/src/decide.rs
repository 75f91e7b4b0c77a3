//! Finds out what patterns and guards need to know of nodes: reads their
//! arguments back and tests them. That is user code, so it runs without the
//! lock, outside of every context: a guard sees the arguments only.

use crate::error::Error;
use crate::graph::{Ends, NodeIx, Undecided, Verdict};
use crate::id::Snapshot;
use crate::layer::Layer;
use crate::scope::Standing;
use crate::staleness;
use crate::trace;
use crate::tree::Locked;
use crate::tweak::{Guard, Wide};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Finds out what the tweaks of the tree need to know of a node that the caller
/// holds, and is about to use.
#[inline]
pub(crate) fn decide(graph: &mut Locked<'_>, node: NodeIx) {
    while let Some(undecided) = graph.undecided(node) {
        find_out_unlocked(graph, vec![(node, undecided)]);
    }
}

/// Finds out what a tweak that is about to come needs to know of all nodes known so far.
fn decide_all(graph: &mut Locked<'_>, wide: &Wide) {
    loop {
        let nodes = graph.undecided_nodes(wide);
        if nodes.is_empty() {
            return;
        }
        let mut work = Vec::with_capacity(nodes.len());
        for node in &nodes {
            graph.retain_node(*node);
            work.extend(graph.undecided(*node).map(|undecided| (*node, undecided)));
        }
        find_out_unlocked(graph, work);
        graph.release_nodes(nodes);
    }
}

fn find_out_unlocked(graph: &mut Locked<'_>, work: Vec<(NodeIx, Undecided)>) {
    let work: Vec<(NodeIx, Snapshot, Undecided)> = work
        .into_iter()
        .map(|(node, undecided)| (node, graph.nodes.snapshot(node), undecided))
        .collect();
    let found = graph.unlocked(|| {
        let layer = trace::with(|thread| thread.current_layer());
        let _nowhere = Standing::nowhere();
        let work = work.into_iter();
        let found = work.map(|(node, snapshot, undecided)| {
            let ends = undecided.ends.then(|| ends(&snapshot));
            let guards = undecided.guards.iter();
            let verdicts = guards.map(|guard| {
                let said = staleness::guarding(layer.clone(), || verdict(guard, &snapshot));
                (guard.uid, said)
            });
            (node, ends, verdicts.collect())
        });
        found.collect::<Vec<(NodeIx, Option<Ends>, Vec<(u64, Verdict)>)>>()
    });
    for (node, ends, verdicts) in found {
        graph.decide(node, ends, verdicts);
    }
}

fn ends(snapshot: &Snapshot) -> Ends {
    if let Some(described) = &snapshot.text {
        return Ends::At(described.ends.clone().into());
    }
    let read = || snapshot.function.ends(snapshot.arguments.as_slice()).ok();
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Some(ends)) => Ends::At(ends.into()),
        _ => Ends::Unknown,
    }
}

/// What the guard says of the node. Where it fails, only those hear of it who ask for the
/// node under the guarded tweak.
fn verdict(guard: &Guard, snapshot: &Snapshot) -> Verdict {
    let arguments = snapshot.arguments.as_slice();
    let said = catch_unwind(AssertUnwindSafe(|| {
        trace::quietly(|| guard.accepts(arguments))
    }));
    match said {
        Ok(Ok(true)) => Verdict::Accepted,
        Ok(Ok(false)) => Verdict::Rejected,
        Ok(Err(Error::NotCallable { reason, .. })) => Verdict::Failed(reason.into()),
        Ok(Err(error)) => Verdict::Failed(error.to_string().into()),
        Err(payload) => {
            let text = trace::text_of(&*payload);
            Verdict::Failed(format!("it panicked: {}", text.unwrap_or("..")).into())
        }
    }
}

/// While it lives, a tree finds out of each new node what a wide tweak needs to know.
pub(crate) struct Prepared {
    layer: Arc<Layer>,
    wide: Wide,
}

impl Prepared {
    /// Finds it out of all nodes that the layer's tree knows.
    pub(crate) fn new(layer: Arc<Layer>, wide: Wide) -> Self {
        let prepared = Prepared { layer, wide };
        let mut graph = prepared.layer.lock();
        graph.want(&prepared.wide);
        decide_all(&mut graph, &prepared.wide);
        drop(graph);
        prepared
    }

    pub(crate) fn is_for(&self, layer: &Layer, wide: &Wide) -> bool {
        Arc::ptr_eq(self.layer.tree(), layer.tree()) && self.wide.is_same(wide)
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        self.layer.lock().unwant(&self.wide);
    }
}
