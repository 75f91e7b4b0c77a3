//! Adoption: an entry is right here if its dependencies, checked in the order
//! of asking, give here what they gave when it was made. The first difference
//! ends the check, so nothing runs that the function itself would not have asked for.

use super::claim::{Claim, claim};
use super::restore::{self, restore};
use super::run::{Claimed, OnStack};
use crate::decide::decide;
use crate::digest::Fingerprint;
use crate::graph::{Candidate, Content, Dependency, Edge, NodeIx, Outcome, RunRef, ValueIx};
use crate::id::Snapshot;
use crate::key::{Key, hash_arguments};
use crate::layer::Layer;
use crate::policy::Policy;
use crate::scope;
use crate::stamp::Stamp;
use crate::stats::Counters;
use crate::trace::{self, Forced};
use crate::tree::Locked;
use crate::value::{EncodeValue, Value};
use std::collections::HashMap;
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
    let (layer, run) = (&claimed.layer, claimed.run);
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
            let start = graph.runs.get(run).map_or(0, |run| run.start);
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
    let mut replaced = Vec::new();
    for (place, dependency) in candidate.dependencies.iter().enumerate() {
        match dependency.edge() {
            Edge::Uncut | Edge::Reached => {}
            Edge::Asked(then) | Edge::Inside(then) => {
                let now = scope::grow(|| ask(graph, layer, dependency.node, run))?;
                if now != then {
                    if !same_value(graph, then, now) {
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
    loop {
        if let Some(answer) = graph.standing(layer.ix, node) {
            graph.note_question(layer.ix, node);
            return Some(answer.value);
        }
        graph.note_question(layer.ix, node);
        if graph.knows_outcome(asker, layer.ix, node) {
            return None;
        }
        if let Some(outermost) = super::place_of_input(graph, layer, node) {
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
            Claim::Run(run) => Claimed::new(run, Arc::clone(layer)),
        };
        if adopt(graph, &claimed, node, Wanted::Fingerprint)
            || restore(graph, &claimed, node, Wanted::Fingerprint)
        {
            claimed.end(graph);
            continue;
        }
        if !graph.nodes.get(node).function.is_callable() {
            claimed.end(graph);
            return None;
        }
        let outcome = run_by_id(graph, claimed, node, asker);
        match (graph.standing(layer.ix, node), outcome) {
            (None, Some(outcome)) => graph.add_outcome(asker, node, outcome),
            (_, outcome) => graph.unlocked(|| drop(outcome)),
        }
        // It may have been withdrawn while the lock was released.
        return graph.standing(layer.ix, node).map(|answer| answer.value);
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
    let snapshot = graph.nodes.get(node).snapshot();
    graph.unlocked(|| {
        let (run, layer) = claimed.hand_over();
        let on_stack = OnStack::push(asker, &layer);
        // The body is to run although this thread may remember an answer, which may have been masked since.
        let remembered = trace::with(|thread| {
            let mut hits = thread.hits.try_borrow_mut().ok()?;
            hits.forget(snapshot.function, snapshot.arguments.as_slice(), layer.uid)
        });
        drop(remembered);
        let before = trace::with(|thread| thread.forced.replace(Some(Forced { run, layer })));
        // A panic counts as a difference: the function will meet it when it asks for itself.
        let called = catch_unwind(AssertUnwindSafe(|| {
            trace::quietly(|| snapshot.function.call_by_id(snapshot.arguments.as_slice()))
        }));
        let unused = trace::with(|thread| thread.forced.replace(before));
        drop(unused.map(|forced| Claimed::new(forced.run, forced.layer)));
        drop(on_stack);
        let returned = trace::with(|thread| thread.returned.take());
        match called {
            Ok(Ok(_)) => returned.map(Outcome::Returned),
            Ok(Err(_)) => None,
            Err(payload) => Some(Outcome::Panicked(payload)),
        }
    })
}

/// Whether two values of one function have equal encodings, or equal fingerprints where one of
/// them is not in memory or cannot be encoded. Runs user code, without the lock.
pub(crate) fn same_value(graph: &mut Locked<'_>, then: ValueIx, now: ValueIx) -> bool {
    if graph.values.known_equal(then, now) {
        return true;
    }
    let encode = graph.values.encode(then);
    let [a, b] = [then, now].map(|value| graph.values.content(value).clone());
    let [stamp, other] = [then, now].map(|value| graph.values.stamp(value).cloned());
    graph.values.retain(now);
    let equal = graph.unlocked(move || match (&a, &b) {
        (Content::Held(_), Content::Held(_)) if encode.is_some() => {
            have_equal_encodings(encode, &a, &b)
        }
        _ => {
            let then = fingerprint_of(&a, stamp.as_deref(), encode);
            then.is_some() && then == fingerprint_of(&b, other.as_deref(), encode)
        }
    });
    if equal {
        graph.values.set_equal(then, now);
    }
    graph.release_value(now);
    equal
}

/// The fingerprint of a value of the tree, which the caller holds. Runs user code, without the lock.
pub(crate) fn fingerprint(graph: &mut Locked<'_>, value: ValueIx) -> Option<Fingerprint> {
    let content = graph.values.content(value).clone();
    let encode = graph.values.encode(value);
    let stamp = match &content {
        Content::Held(_) => Some(graph.values.stamp_of(value)),
        Content::Fingerprint(_) | Content::Gone => graph.values.stamp(value).cloned(),
    };
    graph.unlocked(move || fingerprint_of(&content, stamp.as_deref(), encode))
}

/// The fingerprint of a value. Runs user code.
fn fingerprint_of(
    content: &Content,
    stamp: Option<&Stamp>,
    encode: Option<EncodeValue>,
) -> Option<Fingerprint> {
    match (content, stamp, encode) {
        // What is unloaded has left that of its content, which is not how all are told apart.
        (Content::Fingerprint(of_content), Some(stamp), _) => {
            stamp.fingerprint().or(Some(*of_content))
        }
        (Content::Fingerprint(of_content), None, _) => Some(*of_content),
        (Content::Held(_) | Content::Gone, Some(stamp), _) => stamp.fingerprint(),
        (Content::Held(value), None, Some(encode)) => {
            let encoded = catch_unwind(AssertUnwindSafe(|| encode(&**value)));
            Some(Fingerprint::of_encoding(&encoded.ok()?.ok()?))
        }
        _ => None,
    }
}

/// Whether the contents have equal encodings, as far as they are left. What panics differs.
pub(crate) fn have_equal_encodings(encode: Option<EncodeValue>, a: &Content, b: &Content) -> bool {
    catch_unwind(AssertUnwindSafe(|| compare(encode, a, b))).unwrap_or(false)
}

fn compare(encode: Option<EncodeValue>, a: &Content, b: &Content) -> bool {
    let Some(encode) = encode else { return false };
    let digest = |content: &Content| match content {
        Content::Held(value) => {
            let bytes = encode(&**value).ok()?;
            Some(Fingerprint::of_encoding(&bytes))
        }
        Content::Fingerprint(fingerprint) => Some(*fingerprint),
        Content::Gone => None,
    };
    match (a, b) {
        (Content::Held(a), Content::Held(b)) => match (encode(&**a), encode(&**b)) {
            (Ok(a), Ok(b)) => a == b,
            _ => false,
        },
        _ => matches!((digest(a), digest(b)), (Some(a), Some(b)) if a == b),
    }
}

/// How a call would be answered without running any body.
pub(crate) struct WouldAnswer {
    pub(crate) value: Value,
    /// Of the entry that answers, or would be adopted; a tweak has none.
    pub(crate) dependencies: Vec<Snapshot>,
}

/// The value that answers the node in the layer, if it is in memory and has this fingerprint.
pub(crate) fn value_in_memory(
    layer: &Layer,
    node: &Snapshot,
    fingerprint: &Fingerprint,
) -> Option<Value> {
    let arguments = node.arguments.as_slice();
    let mut graph = layer.lock();
    let node = graph
        .nodes
        .find(node.function, hash_arguments(arguments), arguments)?;
    let answer = graph.answer(layer.ix, node)?;
    let stamp = graph.values.stamp_of(answer.value);
    let value = Value::clone(graph.values.held(answer.value));
    drop(graph);
    (stamp.fingerprint().as_ref() == Some(fingerprint)).then_some(value)
}

/// Of the stored result of the node, which the caller holds, that is right in the layer, if there is one, as
/// far as can be known without running a body.
pub(crate) fn stored_stamp(
    graph: &mut Locked<'_>,
    layer: &Layer,
    node: NodeIx,
) -> Option<Arc<Stamp>> {
    let mut known = Known::new(Policy::Recompute);
    let found = known.find_stored(graph, layer, node);
    let stamp = found.and_then(|found| {
        let stamp = graph.values.stamp(found.value).cloned();
        graph.release_value(found.value);
        graph.release_nodes(found.dependencies);
        stamp
    });
    known.release(graph);
    stamp
}

/// The fingerprint of what an input gives in the layer: it is read if it looks otherwise than it did.
pub(crate) fn answer_of_input(layer: &Layer, input: &Snapshot) -> Option<Fingerprint> {
    let mut graph = layer.lock();
    let arguments = input.arguments.as_slice();
    let hash = hash_arguments(arguments);
    let node = graph
        .nodes
        .intern(input.function, hash, arguments, input.text.as_ref());
    decide(&mut graph, node);
    let mut known = Known::new(Policy::Recompute);
    let value = known.look(&mut graph, layer, node);
    let answer = value.and_then(|value| fingerprint(&mut graph, value));
    known.release(&mut graph);
    graph.release_node(node);
    answer
}

/// How a call would be answered without running any body, if it would.
pub(crate) fn would_answer(layer: &Layer, key: &Key) -> Option<WouldAnswer> {
    look(layer, key, |graph, node, found| {
        let value = match graph.values.content(found.value) {
            Content::Held(value) => Some(Value::clone(value)),
            _ => restore::look_up(graph, layer, node, found.value),
        };
        value.map(|value| WouldAnswer {
            value,
            dependencies: graph.snapshots(&found.dependencies),
        })
    })
}

/// What a store knows of the value that would answer a call without running any body.
pub(crate) fn answering_stamp(layer: &Layer, key: &Key) -> Option<Arc<Stamp>> {
    look(layer, key, |graph, _, found| {
        graph.values.stamp(found.value).cloned()
    })
}

/// What `f` gives of what would answer a call without running any body.
fn look<T>(
    layer: &Layer,
    key: &Key,
    f: impl FnOnce(&mut Locked<'_>, NodeIx, &Found) -> Option<T>,
) -> Option<T> {
    let mut graph = layer.lock();
    let node = key.intern(&mut graph);
    decide(&mut graph, node);
    let mut known = Known::new(layer.policy());
    let found = known.find(&mut graph, layer, node);
    let found = found.and_then(|found| {
        let seen = f(&mut graph, node, &found);
        graph.release_value(found.value);
        graph.release_nodes(found.dependencies);
        seen
    });
    known.release(&mut graph);
    graph.release_node(node);
    found
}

/// What would answer, and what that depends on; held, since other threads may drop it meanwhile.
struct Found {
    value: ValueIx,
    dependencies: Vec<NodeIx>,
}

impl Found {
    fn of(graph: &mut Locked<'_>, value: ValueIx, dependencies: Vec<NodeIx>) -> Self {
        graph.values.retain(value);
        for node in &dependencies {
            graph.retain_node(*node);
        }
        Found {
            value,
            dependencies,
        }
    }
}

/// What an input gives: what it gave if it looks as it did, else what is read now, which is no body.
fn find_input(graph: &mut Locked<'_>, layer: &Layer, node: NodeIx) -> Option<Found> {
    if !graph.may_be_restored(layer.ix, node) {
        return None;
    }
    let input = graph.nodes.get(node).snapshot();
    let function = input.function;
    let unchanged = graph.unlocked(|| {
        let unchanged = layer
            .store()
            .and_then(|store| store.unchanged_input(&input));
        if unchanged.is_none() {
            // From now on this world is seen, by those who call as well.
            let read = || function.call_by_id(input.arguments.as_slice());
            drop(catch_unwind(AssertUnwindSafe(|| trace::quietly(read))));
        }
        unchanged
    });
    let Some(fingerprint) = unchanged else {
        let answer = graph.standing(layer.ix, node)?;
        return Some(Found::of(graph, answer.value, Vec::new()));
    };
    let content = Content::Fingerprint(fingerprint);
    let encode = function.encode_result();
    let stamp = Arc::new(Stamp::known(Some(fingerprint), None));
    Some(Found {
        value: graph.values.insert_content(content, encode, Some(stamp)),
        dependencies: Vec::new(),
    })
}

/// Finds out what is known without a run.
struct Looking<'a> {
    known: &'a mut Known,
    layer: &'a Layer,
}

impl restore::Ask for Looking<'_> {
    fn ask(&mut self, graph: &mut Locked<'_>, node: NodeIx) -> Option<ValueIx> {
        self.known.look(graph, self.layer, node)
    }
}

/// What comes of checking an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Stands,
    Differs,
    /// To check it would run a body.
    Runs,
}

/// What was found out about nodes while looking; holds references.
pub(crate) struct Known {
    /// What is done with what is stale.
    policy: Policy,
    values: HashMap<NodeIx, Option<ValueIx>>,
    /// What twins depend on.
    beneath: HashMap<NodeIx, Vec<NodeIx>>,
}

impl Known {
    pub(crate) fn new(policy: Policy) -> Self {
        Known {
            policy,
            values: HashMap::new(),
            beneath: HashMap::new(),
        }
    }

    /// What `node` would answer here without a run.
    pub(crate) fn look(
        &mut self,
        graph: &mut Locked<'_>,
        layer: &Layer,
        node: NodeIx,
    ) -> Option<ValueIx> {
        if let Some(known) = self.values.get(&node) {
            return *known;
        }
        // Until it is known: what depends on itself is not adopted.
        graph.retain_node(node);
        self.values.insert(node, None);
        let found = self.find(graph, layer, node)?;
        match graph.nodes.is_twin(node) {
            true => _ = self.beneath.insert(node, found.dependencies),
            false => graph.release_nodes(found.dependencies),
        }
        self.values.insert(node, Some(found.value));
        Some(found.value)
    }

    /// The answer, and what its entry depends on: the check of [`verify`], with nothing adopted.
    fn find(&mut self, graph: &mut Locked<'_>, layer: &Layer, node: NodeIx) -> Option<Found> {
        if let Some(answer) = graph.standing(layer.ix, node) {
            if graph.is_by_proof(layer.ix, node) {
                graph.values.retain(answer.value);
                let dependencies = restore::recorded(graph, layer, answer.value);
                let value = answer.value;
                return Some(Found {
                    value,
                    dependencies,
                });
            }
            let dependencies = graph.dependencies_of(layer.ix, node);
            return Some(Found::of(graph, answer.value, dependencies));
        }
        let mut verdict = Verdict::Differs;
        let mut found = None;
        for candidate in graph.candidates(layer.ix, node) {
            if verdict == Verdict::Differs {
                verdict = self.stands(graph, layer, &candidate);
                if verdict == Verdict::Stands {
                    let dependencies = graph.shown(&candidate.dependencies);
                    let dependencies = self.beneath_twins(dependencies);
                    found = Some(Found::of(graph, candidate.value, dependencies));
                }
            }
            graph.release_candidate(candidate);
        }
        match verdict {
            Verdict::Stands | Verdict::Runs => found,
            Verdict::Differs if graph.nodes.get(node).function.is_input() => {
                find_input(graph, layer, node)
            }
            Verdict::Differs => self.find_stored(graph, layer, node),
        }
    }

    fn find_stored(
        &mut self,
        graph: &mut Locked<'_>,
        layer: &Layer,
        node: NodeIx,
    ) -> Option<Found> {
        let policy = self.policy;
        let mut asker = Looking { known: self, layer };
        let stored = restore::find(graph, layer, node, &mut asker, policy)?;
        let function = graph.nodes.get(node).function;
        let value = stored.value(graph, function);
        let dependencies = restore::recorded(graph, layer, value);
        for dependency in stored.dependencies {
            graph.release_dependency(dependency);
        }
        Some(Found {
            value,
            dependencies,
        })
    }

    /// The nodes with what they depend on in the place of twins, which were looked at.
    fn beneath_twins(&self, nodes: Vec<NodeIx>) -> Vec<NodeIx> {
        let mut beneath = Vec::new();
        for node in nodes {
            let below = self
                .beneath
                .get(&node)
                .map_or(std::slice::from_ref(&node), Vec::as_slice);
            for node in below {
                if !beneath.contains(node) {
                    beneath.push(*node);
                }
            }
        }
        beneath
    }

    fn stands(&mut self, graph: &mut Locked<'_>, layer: &Layer, candidate: &Candidate) -> Verdict {
        let mut edges = candidate.dependencies.iter();
        let disturbed = |dependency: &Dependency| {
            dependency.edge() == Edge::Uncut
                && !graph.is_undisturbed(layer.ix, candidate.origin, dependency.node)
        };
        if edges.any(disturbed) {
            return Verdict::Differs;
        }
        for dependency in candidate.dependencies.iter() {
            let Some(then) = dependency.answer() else {
                continue;
            };
            let node = dependency.node;
            match scope::grow(|| self.look(graph, layer, node)) {
                Some(now) if same_value(graph, then, now) => {}
                None if graph.nodes.get(node).function.is_callable() => return Verdict::Runs,
                Some(_) | None => return Verdict::Differs,
            }
        }
        Verdict::Stands
    }

    pub(crate) fn release(self, graph: &mut Locked<'_>) {
        for nodes in self.beneath.into_values() {
            graph.release_nodes(nodes);
        }
        for (node, value) in self.values {
            if let Some(value) = value {
                graph.release_value(value);
            }
            graph.release_node(node);
        }
    }
}
