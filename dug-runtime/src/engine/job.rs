//! What is handed to a store of a run: what it asked, what it was given, and how long it took.

use super::restore::stamps_of;
use crate::graph::{Dependency, Edge, NodeIx};
use crate::layer::Layer;
use crate::stamp::{Recipe, Stamp};
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

    pub(super) fn stop(self) -> Took {
        let all = self.started.elapsed();
        let below = trace::with(|thread| thread.called.replace(self.before + all));
        Took {
            own: all.saturating_sub(below),
            below,
        }
    }
}

/// What the store of the layer is told of the run of `node`, which has just been kept; `None` if
/// it is not to be stored. From now on the value has a stamp.
pub(super) fn of_run(
    graph: &mut Locked<'_>,
    layer: &Layer,
    node: NodeIx,
    took: Took,
) -> Option<Job> {
    let record = graph.nodes.get(node);
    let (snapshot, hash, function) = (record.snapshot(), record.hash(), record.function);
    if !function.is_lasting() || graph.is_computed(layer.ix, node) {
        return None;
    }
    let (value, content, dependencies) = graph.kept(layer.ix, node)?;
    let asked = stamps_of(graph, &dependencies);
    let uncut = uncut_of(graph, layer, &dependencies);
    graph.release_dependencies(dependencies);
    let uncut = uncut?;
    let by_computation = !function.is_stored() && !function.is_input() || function.is_by_graph();
    let recipe = match function.encode_result() {
        Some(encode) if !by_computation => Recipe::Content(Value::clone(&content), encode),
        _ => Recipe::Computation(snapshot.clone(), asked.clone().into()),
    };
    let stamp = Arc::new(Stamp::new(recipe));
    if let Some(store) = layer.store() {
        stamp.count_in(store.ledger());
    }
    graph.values.set_stamp(value, Arc::clone(&stamp));
    let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    Some(Job {
        node: snapshot,
        hash,
        stamp,
        asked,
        uncut,
        what: What::Ran {
            value: content,
            own: nanoseconds(took.own),
            below: nanoseconds(took.below),
        },
    })
}

/// What the run asked in contexts that it had tweaked, and how that was answered outside.
/// `None` if it is not known what lies below.
fn uncut_of(
    graph: &mut Locked<'_>,
    layer: &Layer,
    dependencies: &[Dependency],
) -> Option<Vec<(crate::id::Snapshot, Option<Arc<Stamp>>)>> {
    let mut uncut = Vec::new();
    for dependency in dependencies {
        if dependency.edge() != Edge::Uncut {
            continue;
        }
        if graph.nodes.stands_for(dependency.node).is_some() {
            return None;
        }
        let snapshot = graph.nodes.get(dependency.node).snapshot();
        let standing = graph.standing(layer.ix, dependency.node);
        let stamp = standing.map(|answer| graph.values.stamp_of(answer.value));
        uncut.push((snapshot, stamp));
    }
    Some(uncut)
}
