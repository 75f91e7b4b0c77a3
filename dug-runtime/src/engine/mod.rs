//! Answers calls: looks up, adopts, waits, runs. The one place that runs user
//! code, and always without a lock.

mod claim;
mod compare;
mod frame;
mod hit;
mod job;
mod known;
mod restore;
mod run;
mod search;
mod unfold;
mod verify;

use crate::bounds::InMemoryResult;
use crate::decide::decide;
use crate::error::Error;
use crate::graph::{End, NodeIx, Outcome, ValueIx};
use crate::handle::Tracked;
use crate::hits::{self, Kept, Name, When};
use crate::id::NodeId;
use crate::inline;
use crate::key::Key;
use crate::layer::Layer;
use crate::levels::Question;
use crate::scope::Standing;
use crate::stamp::Stamp;
use crate::stats::Counters;
use crate::trace;
use crate::tree::Locked;
use crate::value::Value;
use claim::Claim;
use run::Claimed;
use std::panic::Location;
use std::sync::Arc;
use verify::Wanted;

pub(crate) use compare::{fingerprint, have_equal_encodings, same_value};
pub(crate) use known::{
    Known, answer_of_input, answering_stamp, stored_stamp, value_in_memory, would_answer,
    would_rest_on,
};
pub(crate) use restore::afresh;
pub(crate) use unfold::ask_with_below;

/// What a body has produced.
pub(crate) struct Produced {
    value: Value,
    /// Whether it may be kept: not an `Err`.
    keep: bool,
    /// Of a handle, which has it too.
    stamp: Option<Arc<Stamp>>,
}

/// The result as it leaves the function: a handle has the name of its node.
fn named(key: &Key, value: Value) -> (Value, Option<Arc<Stamp>>) {
    if !key.function.returns_handles() {
        return (value, None);
    }
    let stamp = Arc::new(Stamp::default());
    let Some(handle) = named_with(key, &value, &stamp) else {
        return (value, None);
    };
    if let Some(encode) = key.function.encode_result() {
        // Not of the handle that has this stamp: each would keep the other.
        stamp.offer_content(&value, encode);
    }
    (handle, Some(stamp))
}

/// The handle that the value is, with the name of the node and with this stamp.
fn named_with(key: &Key, value: &Value, stamp: &Arc<Stamp>) -> Option<Value> {
    let handle = (key.function.results()?.handle)(&**value)?;
    let text = key.described().map(|described| &*described.text);
    let id = NodeId::of(key.function, &key.arguments, text);
    Some(handle.named(id, Arc::clone(stamp)))
}

/// A body, its types erased; called once.
type Body<'b> = &'b mut dyn FnMut() -> Produced;

impl Key {
    /// The answer, by running `body` if need be; `keep` tells whether what it returns may be kept. The body
    /// is run once, and of no type of its own: this is compiled once for each type of result.
    ///
    /// # Panics
    /// With an error of dug, or when `body` does.
    pub fn run<R: InMemoryResult>(
        mut self,
        body: &mut dyn FnMut() -> R,
        keep: fn(&R) -> bool,
    ) -> R {
        self.inlines = const { inline::inlines::<R>() };
        let value = call(&self, &mut || {
            let result = body();
            let keep = keep(&result);
            let result = Value::of(result, self.function.encode_result());
            let (value, stamp) = named(&self, result);
            Produced { value, keep, stamp }
        });
        match value.take() {
            Ok(value) => value,
            Err(_) => unreachable!("a node's value is always of its function's result type"),
        }
    }

    /// As [`run`](Self::run), of a body that owns what it works on.
    ///
    /// # Panics
    /// As that.
    pub fn run_once<R: InMemoryResult>(self, body: impl FnOnce() -> R, keep: fn(&R) -> bool) -> R {
        let mut body = Some(body);
        self.run(&mut || given(&mut body)(), keep)
    }

    /// The answer of an input, by reading it if need be: again, if another thread has had all inputs
    /// read again before the answer was taken from the outermost layer.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub(crate) fn read<R: InMemoryResult>(self, mut body: impl FnMut() -> R) -> R {
        self.run(&mut body, |_| true)
    }
}

/// What the body of a call works on, which is run once.
///
/// # Panics
/// The second time.
pub fn given<T>(given: &mut Option<T>) -> T {
    match given.take() {
        Some(given) => given,
        None => unreachable!("a body is run once for each call"),
    }
}

/// A handle on what the call, which has just been made, has returned: the value is shared with
/// the cache, if that holds it and it is more than a number.
pub(crate) fn handle_on<R: Send + Sync + 'static>(key: &Key, id: &NodeId, result: R) -> Tracked<R> {
    let shared = trace::with(|thread| thread.current_layer()).and_then(|layer| {
        let mut graph = layer.lock();
        let node = key.find(&graph)?;
        let answer = graph.answer(layer.ix, node)?;
        if graph.values.stamp(answer.value).is_none() && !graph.is_tweaked_around(layer.ix, node) {
            let unneeded = job::stamp_of_run(&mut graph, &layer, node);
            graph.unlocked(|| drop(unneeded));
        }
        let answer = graph.answer(layer.ix, node)?;
        let stamp = graph.values.stamp_of(answer.value);
        let value = Value::clone(graph.values.held(answer.value));
        Some((value.into_shared().ok()?, stamp))
    });
    match shared {
        Some((value, stamp)) => Tracked::holding(Some(id.clone()), value, Some(stamp)),
        None => Tracked::holding(Some(id.clone()), Arc::new(result), None),
    }
}

/// Ends a call of the node with an error where no context is.
pub(crate) fn require_context(node: impl FnOnce() -> String, caller: &'static Location<'static>) {
    if trace::with(|thread| thread.current_layer()).is_none() {
        trace::raise(outside(node(), caller));
    }
}

/// That the node was called where no context is.
fn outside(node: String, caller: &'static Location<'static>) -> Error {
    match trace::with(|thread| thread.nowhere.get()) {
        true => Error::InGuard { node, caller },
        false => Error::NoContext { node, caller },
    }
}

/// Answers a call that this thread does not remember.
fn call(key: &Key, body: Body<'_>) -> Value {
    if let Some(error) = key.refusal() {
        trace::raise(error);
    }
    trace::with(|thread| thread.forget_freed());
    let Some(layer) = trace::with(|thread| thread.current_layer()) else {
        trace::raise(outside(printed(key), key.caller));
    };
    let mut graph = layer.lock();
    let node = key.intern(&mut graph);
    decide(&mut graph, node);
    if let Some(forced) = take_forced(&graph, &layer, node) {
        graph.release_node(node);
        let value = compute(graph, forced, key, body);
        trace::with(|thread| thread.returned.replace(Some(Value::clone(&value))));
        return value;
    }
    answer(graph, &layer, key, node, body)
}

/// The answer of `node`, which is that of the call or its twin. Takes over the caller's hold of it.
fn answer(
    mut graph: Locked<'_>,
    layer: &Arc<Layer>,
    key: &Key,
    node: NodeIx,
    body: Body<'_>,
) -> Value {
    let mut waited = graph.nodes.is_twin(node);
    // Whether what stands here is right, and its value cannot be had.
    let mut lost = false;
    loop {
        let standing = graph.standing(layer.ix, node);
        if let Some(answer) = standing.filter(|answer| graph.values.is_held(answer.value)) {
            graph.note_question(layer.ix, node);
            let mut value = Value::clone(graph.values.held(answer.value));
            let mut remembered = deliver(&mut graph, layer, key, node, answer.value);
            let given = key.function.returns_handles() && graph.is_tweaked_around(layer.ix, node);
            let given = given.then(|| graph.values.stamp_of(answer.value));
            graph.release_node(node);
            drop(graph);
            if let Some(named) = given.and_then(|stamp| named_with(key, &value, &stamp)) {
                // What a tweak gives belongs to no node yet, or to another.
                if let Some(answer) = &mut remembered {
                    answer.value = Kept::Shared(Value::clone(&named));
                }
                value = named;
            }
            if !waited {
                trace::with(|thread| thread.count_hit());
            }
            if let Some(mut answer) = remembered {
                answer.hits = u32::from(!waited);
                remember(key, answer);
            }
            return value;
        }
        if !std::mem::replace(&mut waited, true) {
            layer.count(Counters::add_miss);
        }
        graph.note_question(layer.ix, node);
        if let Some(outermost) = place_of_input(&graph, layer, node, Wanted::Value) {
            // Noted for nobody there: the answer comes round again here.
            let original = graph.nodes.original(node);
            graph.retain_node(original);
            graph.unlocked(|| {
                let _standing = Standing::elsewhere(Some(Arc::clone(&outermost)), None);
                drop(answer(
                    outermost.lock(),
                    &outermost,
                    key,
                    original,
                    &mut *body,
                ));
            });
            continue;
        }
        let asker = trace::with(|thread| thread.current_run());
        let outcome = asker.and_then(|asker| graph.take_outcome(asker, layer.ix, node));
        if let Some(outcome) = outcome {
            graph.release_node(node);
            drop(graph);
            trace::with(|thread| thread.taint());
            match outcome {
                Outcome::Returned(value) => return value,
                Outcome::Panicked(payload) => trace::resume(payload),
            }
        }
        match claim::claim(&mut graph, layer, node, asker) {
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
                let _question = Question::begin(layer.policy());
                let claimed = Claimed::new(run, layer);
                let found = match standing {
                    Some(answer) if !lost => {
                        lost = !restore::load(&mut graph, layer, node, answer.value);
                        true
                    }
                    Some(_) => verify::adopt(&mut graph, &claimed, node, Wanted::Value),
                    None => {
                        verify::adopt(&mut graph, &claimed, node, Wanted::Fingerprint)
                            || restore::restore(&mut graph, &claimed, node, Wanted::Value)
                    }
                };
                if found {
                    claimed.end(&mut graph);
                    continue;
                }
                graph.release_node(node);
                return compute(graph, claimed, key, body);
            }
        }
    }
}

/// Where the node reads the world, if that is elsewhere and was not done yet: in the outermost
/// layer, so that all of them see one world.
fn place_of_input(
    graph: &Locked<'_>,
    layer: &Arc<Layer>,
    node: NodeIx,
    wanted: Wanted,
) -> Option<Arc<Layer>> {
    if !graph.nodes.function(node).is_input() {
        return None;
    }
    let outermost = layer.outermost();
    let original = graph.nodes.original(node);
    let elsewhere = !Arc::ptr_eq(&outermost, layer) && graph.may_be_restored(layer.ix, node);
    let read = match wanted {
        Wanted::Value => graph.answer(outermost.ix, original),
        Wanted::Fingerprint => graph.standing(outermost.ix, original),
    };
    (elsewhere && read.is_none()).then_some(outermost)
}

/// Computes the claimed node: by its body, or by the relative tweaks that rule it.
fn compute(graph: Locked<'_>, claimed: Claimed<'_>, key: &Key, body: Body<'_>) -> Value {
    let layer = claimed.layer;
    let Some(node) = graph.runs.get(claimed.run).map(|run| run.node) else {
        unreachable!("a claimed node is being computed");
    };
    let (line, end) = match graph.nodes.is_twin(node) {
        false if graph.may_be_computed() => graph.line(layer.ix, node),
        _ => (Vec::new(), End::Body),
    };
    if end == End::Failed {
        let reason = graph.guard_failure(layer.ix, node);
        drop(graph);
        trace::raise(Error::Unguarded {
            node: printed(key),
            reason: reason.as_deref().unwrap_or_default().to_owned(),
        });
    }
    if line.is_empty() {
        drop(graph);
        if !key.function.is_internal() {
            layer.count(Counters::add_execution);
        }
        return run::run(claimed, key, body);
    }
    let actions = graph.actions(&line);
    let valued = match end {
        End::Value(value, _) => Some(Value::clone(graph.values.held(value))),
        End::Body | End::Failed => None,
    };
    drop(graph);
    let mut computation = || {
        let old = valued.clone().unwrap_or_else(|| {
            let mut graph = layer.lock();
            let twin = graph.nodes.twin(node);
            answer(graph, layer, key, twin, &mut *body)
        });
        let line = actions.iter().rev();
        let (value, stamp) = named(key, line.fold(old, |old, action| action.answer(old)));
        Produced {
            value,
            keep: true,
            stamp,
        }
    };
    run::run(claimed, key, &mut computation)
}

fn printed(key: &Key) -> String {
    match key.described() {
        Some(described) => format!("{}({})", key.function.name(), described.text),
        None => key.function.print(&key.arguments),
    }
}

/// The run that was claimed for this very call, if there is one.
fn take_forced<'l>(graph: &Locked<'_>, layer: &'l Arc<Layer>, node: NodeIx) -> Option<Claimed<'l>> {
    trace::with(|thread| {
        let mut forced = thread.forced.borrow_mut();
        let run = forced.as_ref().filter(|forced| {
            Arc::ptr_eq(&forced.layer, layer)
                && graph
                    .runs
                    .get(forced.run)
                    .is_some_and(|run| graph.nodes.original(run.node) == node)
        });
        run?;
        forced.take().map(|forced| Claimed::new(forced.run, layer))
    })
}

/// Notes an answer for the running node, under the lock, and makes what this thread
/// remembers of it: of a twin, nothing.
fn deliver(
    graph: &mut Locked<'_>,
    layer: &Arc<Layer>,
    key: &Key,
    node: NodeIx,
    value: ValueIx,
) -> Option<hits::Answer> {
    trace::with(|thread| {
        if graph.touch(thread.current_run(), layer.ix, node, Some(value)) {
            graph.wake();
        }
        thread.note(graph, layer, node, value);
        graph.hold_ruled(layer.ix, node);
        if graph.nodes.is_twin(node) {
            return None;
        }
        let stamp = thread.recorder();
        let counted = graph.values.stamp(value);
        let counted = counted.filter(|stamp| stamp.is_counted()).cloned();
        let name = Name::of(key.function.known_number(), &key.arguments);
        Some(hits::Answer {
            name,
            arguments: name.is_long().then(|| graph.nodes.arguments(node)),
            hits: 0,
            of: When::now(layer.answers_as(node)),
            inside: When::now(layer),
            node,
            value_ix: value,
            value: Kept::Shared(Value::clone(graph.values.held(value))),
            counted,
            recorded_by: stamp,
        })
    })
}

/// Remembers an answer for this thread. If the layer has another epoch by now, it never answers.
fn remember(key: &Key, mut answer: hits::Answer) {
    let mut unneeded = None;
    if let (Kept::Shared(value), Some(inlines)) = (&answer.value, key.inlines)
        && let Some(value) = inlines(value)
    {
        unneeded = Some(std::mem::replace(&mut answer.value, Kept::Inline(value)));
    }
    let mut answer = Some(answer);
    let gone = trace::with(|thread| {
        if !trace::begins_remembering() {
            return None;
        }
        // Borrowed while a remembered value is cloned: then this answer is not remembered.
        let mut hits = thread.hits.try_borrow_mut().ok()?;
        answer.take().map(|answer| hits.fill(answer))
    });
    drop((gone, answer, unneeded));
}
