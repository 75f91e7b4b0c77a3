//! Answers calls: looks up, adopts, waits, runs. The one place that runs user
//! code, and always without a lock.

mod claim;
mod run;
mod verify;

use crate::bounds::InMemoryResult;
use crate::error::Error;
use crate::graph::{NodeIx, ValueIx};
use crate::hits::Slot;
use crate::key::Key;
use crate::layer::Layer;
use crate::trace;
use crate::tree::Locked;
use crate::value::{Value, expect_ref};
use claim::Claim;
use run::Claimed;
use std::cell::Cell;
use std::sync::Arc;

pub(crate) use verify::would_answer;

/// What a body has produced.
pub(crate) struct Produced {
    value: Value,
    /// Whether it may be kept: not an `Err`.
    keep: bool,
}

/// A body, its types erased; called once.
type Body<'b> = &'b mut dyn FnMut() -> Produced;

impl Key {
    /// The answer, if this thread remembers it. A call goes on with [`run`](Self::run) otherwise.
    #[inline]
    pub fn hit<R: InMemoryResult>(&self) -> Option<R> {
        trace::with(|thread| {
            let hits = thread.hits.borrow();
            let slot = {
                let layer = thread.layer.borrow();
                let layer = layer.as_ref()?;
                let (function, arguments) = (self.function, self.arguments.as_slice());
                let slot = hits.find(function, self.hash(), arguments, layer.uid, layer.epoch())?;
                if self.refused.is_some() {
                    return None;
                }
                if !thread.note_slot(layer, slot) {
                    return None;
                }
                thread.count_hit();
                slot
            };
            Some(expect_ref::<R>(&*slot.value).clone())
        })
    }

    /// The answer, by running `body` if need be; `keep` tells whether what it returns may be kept.
    ///
    /// # Panics
    /// With an error of dug, or when `body` does.
    pub fn run<R: InMemoryResult>(self, body: impl FnOnce() -> R, keep: fn(&R) -> bool) -> R {
        let mut body = Some(body);
        let value = call(&self, &mut || {
            let Some(body) = body.take() else {
                unreachable!("a body is run once for each call");
            };
            let result = body();
            Produced {
                keep: keep(&result),
                value: Arc::new(result),
            }
        });
        match Arc::downcast::<R>(value) {
            Ok(value) => Arc::unwrap_or_clone(value),
            Err(_) => unreachable!("a node's value is always of its function's result type"),
        }
    }
}

/// Answers a call that this thread does not remember.
fn call(key: &Key, body: Body<'_>) -> Value {
    if let Some(error) = key.refusal() {
        trace::raise(error);
    }
    trace::with(|thread| thread.forget_freed());
    let Some(layer) = trace::with(|thread| thread.current_layer()) else {
        trace::raise(Error::NoContext {
            node: printed(key),
            caller: key.caller,
        });
    };
    let mut graph = layer.lock();
    let node = key.intern(&mut graph);
    if let Some(forced) = take_forced(&graph, &layer, node) {
        graph.release_node(node);
        drop(graph);
        return run::run(forced, key, body);
    }
    let mut waited = false;
    loop {
        if let Some(answer) = graph.answer(layer.ix, node) {
            graph.note_asked(layer.ix, node, answer.tweaked_at);
            let slot = deliver(&mut graph, &layer, key, node, answer.value);
            graph.release_node(node);
            drop(graph);
            if !waited {
                trace::with(|thread| thread.count_hit());
            }
            let value = Value::clone(&slot.value);
            remember(slot);
            return value;
        }
        if !std::mem::replace(&mut waited, true) {
            layer.context.counters().add_miss();
            graph.note_asked(layer.ix, node, 0);
        }
        let asker = trace::with(|thread| thread.current_run());
        match claim::claim(&mut graph, &layer, node, asker) {
            Claim::Waited => {}
            Claim::Circle(circle) => {
                graph.release_node(node);
                drop(graph);
                let circle = circle.iter().map(crate::id::Snapshot::print).collect();
                trace::raise(Error::Cycle {
                    circle,
                    caller: key.caller,
                });
            }
            Claim::Run(run) => {
                let claimed = Claimed::new(run, Arc::clone(&layer));
                if verify::adopt(&mut graph, &claimed, node) {
                    claimed.end(&mut graph);
                    continue;
                }
                graph.release_node(node);
                drop(graph);
                return run::run(claimed, key, body);
            }
        }
    }
}

fn printed(key: &Key) -> String {
    match &key.text {
        Some(text) => format!("{}({text})", key.function.name()),
        None => key.function.print(&key.arguments),
    }
}

/// The run that was claimed for this very call, if there is one.
fn take_forced(graph: &Locked<'_>, layer: &Arc<Layer>, node: NodeIx) -> Option<Claimed> {
    trace::with(|thread| {
        let mut forced = thread.forced.borrow_mut();
        let run = forced.as_ref().filter(|forced| {
            Arc::ptr_eq(&forced.layer, layer)
                && graph
                    .runs
                    .get(forced.run)
                    .is_some_and(|run| run.node == node)
        });
        run?;
        forced
            .take()
            .map(|forced| Claimed::new(forced.run, forced.layer))
    })
}

/// Notes an answer for the running node, under the lock, and makes what this thread remembers of it.
fn deliver(
    graph: &mut Locked<'_>,
    layer: &Arc<Layer>,
    key: &Key,
    node: NodeIx,
    value: ValueIx,
) -> Slot {
    trace::with(|thread| {
        thread.note(graph, layer, node, value);
        let stamp = thread
            .frame
            .borrow()
            .as_ref()
            .map_or(0, |frame| frame.stamp);
        Slot {
            function: key.function,
            hash: key.hash(),
            layer: layer.uid,
            epoch: layer.epoch(),
            arguments: graph.nodes.get(node).arguments.clone(),
            node,
            value_ix: value,
            value: Value::clone(graph.values.held(value)),
            recorded_by: Cell::new(stamp),
        }
    })
}

/// Remembers an answer for this thread. If the layer's epoch has risen since, the slot never answers.
fn remember(slot: Slot) {
    // Borrowed while a remembered value is cloned: then this answer is not remembered.
    let gone = trace::with(|thread| {
        let hits = thread.hits.try_borrow_mut();
        hits.map(|mut hits| hits.fill(slot))
    });
    drop(gone);
}
