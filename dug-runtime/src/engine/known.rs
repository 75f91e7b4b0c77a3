//! What is known without running any body: the checks of [`verify`](super::verify) and
//! [`search`](super::search), with nothing adopted.

use super::compare::{fingerprint, same_value};
use super::{restore, search};
use crate::decide::decide;
use crate::digest::Fingerprint;
use crate::graph::{Candidate, Content, Dependency, Edge, NodeIx, ValueIx};
use crate::id::Snapshot;
use crate::key::{Key, hash_arguments};
use crate::layer::Layer;
use crate::levels::Question;
use crate::policy::Policy;
use crate::scope::{self, Standing};
use crate::stamp::Stamp;
use crate::trace;
use crate::tree::Locked;
use crate::value::Value;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

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

/// What an input gives.
#[derive(Clone, Copy)]
pub(crate) struct Given {
    pub(crate) fingerprint: Fingerprint,
    /// Whether it has been read, or tweaked: otherwise this is what it gave when it looked as it does.
    pub(crate) stays: bool,
}

/// What an input gives in the layer: it is read if it looks otherwise than it did.
pub(crate) fn answer_of_input(layer: &Layer, input: &Snapshot) -> Option<Given> {
    let mut graph = layer.lock();
    let arguments = input.arguments.as_slice();
    let text = input.text.as_ref();
    let node = graph.nodes.hold(input.function, arguments, text);
    decide(&mut graph, node);
    let mut known = Known::new(Policy::Recompute);
    let value = known.look(&mut graph, layer, node);
    let answer = value.and_then(|value| fingerprint(&mut graph, value));
    let answer = answer.map(|fingerprint| Given {
        fingerprint,
        stays: graph.standing(layer.ix, node).is_some(),
    });
    known.release(&mut graph);
    graph.release_node(node);
    answer
}

/// What would answer a call without running any body.
pub(crate) fn would_answer(layer: &Layer, key: &Key) -> Option<Value> {
    look(layer, key, |graph, node, found| {
        match graph.values.content(found.value) {
            Content::Held(value) => Some(Value::clone(value)),
            _ => restore::look_up(graph, layer, node, found.value),
        }
    })
}

/// If a call would be answered without running any body: what the entry that answers, or would be adopted,
/// depends on. A tweak depends on nothing. No large value is read for it.
pub(crate) fn would_rest_on(layer: &Layer, key: &Key) -> Option<Vec<Snapshot>> {
    look(layer, key, |graph, node, found| {
        let is_there = match graph.values.content(found.value) {
            Content::Held(_) => true,
            _ => restore::can_be_looked_up(graph, layer, node, found.value),
        };
        is_there.then(|| graph.snapshots(&found.dependencies))
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
    let input = graph.nodes.snapshot(node);
    let unchanged = graph.unlocked(|| layer.store()?.unchanged_input(&input));
    let Some(fingerprint) = unchanged else {
        return read_now(graph, layer, node);
    };
    let content = Content::of(fingerprint);
    let stamp = Arc::new(Stamp::known(Some(fingerprint), None));
    Some(Found {
        value: graph
            .values
            .insert_content(content, Some(input.function), Some(stamp)),
        dependencies: Vec::new(),
    })
}

/// Reads the world: from now on it is seen like this, by those who call as well. Whoever runs has not asked for it.
fn read_now(graph: &mut Locked<'_>, layer: &Layer, node: NodeIx) -> Option<Found> {
    let input = graph.nodes.snapshot(node);
    graph.unlocked(|| {
        let here = trace::with(|thread| thread.layer.borrow().clone());
        let _standing = Standing::elsewhere(here, None);
        let read = || input.function.call_by_id(input.arguments.as_slice());
        drop(catch_unwind(AssertUnwindSafe(|| trace::quietly(read))));
    });
    let answer = graph.standing(layer.ix, node)?;
    Some(Found::of(graph, answer.value, Vec::new()))
}

/// Finds out what is known without a run.
struct Looking<'a> {
    known: &'a mut Known,
    layer: &'a Layer,
}

impl search::Ask for Looking<'_> {
    fn ask(&mut self, graph: &mut Locked<'_>, node: NodeIx) -> Option<ValueIx> {
        let found = self.known.look(graph, self.layer, node);
        let would_run = found.is_none() && self.known.would_run(graph, node);
        self.known.runs += u64::from(would_run);
        found
    }

    fn keeps(&self) -> bool {
        false
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
    _question: Option<Question>,
    values: HashMap<NodeIx, Option<ValueIx>>,
    /// What twins depend on.
    beneath: HashMap<NodeIx, Vec<NodeIx>>,
    /// How often a body would have to run to go on.
    runs: u64,
    /// Nodes below which one would run before it is found that nothing is known of them.
    running: HashSet<NodeIx>,
}

impl Known {
    pub(crate) fn new(policy: Policy) -> Self {
        Known {
            policy,
            _question: Question::begin(policy),
            values: HashMap::new(),
            beneath: HashMap::new(),
            runs: 0,
            running: HashSet::new(),
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
        let runs = self.runs;
        let Some(found) = self.find(graph, layer, node) else {
            if self.runs > runs {
                self.running.insert(node);
            }
            return None;
        };
        match graph.nodes.is_twin(node) {
            true => _ = self.beneath.insert(node, found.dependencies),
            false => graph.release_nodes(found.dependencies),
        }
        self.values.insert(node, Some(found.value));
        Some(found.value)
    }

    /// The answer, and what its entry depends on: the check of [`verify`](super::verify), with nothing adopted.
    fn find(&mut self, graph: &mut Locked<'_>, layer: &Layer, node: NodeIx) -> Option<Found> {
        if let Some(answer) = graph.standing(layer.ix, node) {
            if graph.is_by_proof(layer.ix, node) {
                graph.values.retain(answer.value);
                let (dependencies, _) = restore::recorded(graph, layer, answer.value);
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
            Verdict::Differs if graph.nodes.function(node).is_input() => {
                find_input(graph, layer, node)
            }
            Verdict::Differs => {
                let found = self.find_stored(graph, layer, node);
                // What an input says as text: no body, either.
                let is_read = found.is_none() && graph.nodes.function(node).is_internal();
                match is_read && graph.may_be_restored(layer.ix, node) {
                    true => read_now(graph, layer, node),
                    false => found,
                }
            }
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
        let stored = search::find(graph, layer, node, &mut asker, policy)?;
        let function = graph.nodes.function(node);
        let value = stored.value(graph, function);
        let (dependencies, _) = restore::recorded(graph, layer, value);
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
                Some(now) if same_value(graph, node, then, now) => {}
                None if self.would_run(graph, node) => {
                    self.runs += 1;
                    return Verdict::Runs;
                }
                Some(_) | None => return Verdict::Differs,
            }
        }
        Verdict::Stands
    }

    /// Whether a call that asks the node, of which nothing is known, would run a body: its own, or one below it.
    fn would_run(&self, graph: &Locked<'_>, node: NodeIx) -> bool {
        graph.nodes.function(node).is_callable() || self.running.contains(&node)
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
