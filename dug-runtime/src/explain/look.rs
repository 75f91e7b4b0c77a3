//! Finds out how a node would be answered, and what of it, or below it, stands in the way.
//!
//! As a search for a stored result does, it goes through what a run asked in the order of asking,
//! and ends where something is known to answer otherwise: what was asked behind that is
//! no longer certain. What would have to run does not end it.

use super::change::{CodeChange, Now};
use super::stored::{Ran, choose, store_has};
use super::{Answer, Explanation, Reason};
use crate::decide::decide;
use crate::digest::Fingerprint;
use crate::engine::{self, Known};
use crate::graph::{Candidate, Content, Edge, NodeIx, UNKNOWN, ValueIx};
use crate::id::Snapshot;
use crate::layer::Layer;
use crate::policy::Policy;
use crate::scope;
use crate::stamp::Stamp;
use crate::store::{Short, short};
use crate::tree::Locked;
use crate::unkept::{self, Why};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Deeper than this nothing is said.
const DEEPEST: usize = 24;

/// Of more nodes than this nothing is said.
const MOST: usize = 100;

/// Why the node runs in the layer, or does not.
pub(crate) fn explain(layer: &Layer, node: &Snapshot) -> Explanation {
    let mut graph = layer.lock();
    let mut look = Look::new(layer, DEEPEST);
    let explanation = look.at(&mut graph, node);
    look.release(&mut graph);
    explanation
}

/// What was found out so far.
pub(super) struct Look<'a> {
    pub(super) layer: &'a Layer,
    pub(super) known: Known,
    /// How deep it is looked.
    deepest: usize,
    /// What was explained, with the answer that it was to give.
    seen: HashSet<(NodeIx, Option<Short>)>,
    /// What is different between codes of functions, which many nodes share.
    pub(super) changes: HashMap<(String, Fingerprint), Vec<CodeChange>>,
    /// The codes of functions as they are, by path, and where the files of their crates lie.
    pub(super) now: HashMap<String, Arc<Now>>,
    /// Held, so that `seen` means the same as long as this lives.
    held: Vec<NodeIx>,
}

impl<'a> Look<'a> {
    pub(super) fn new(layer: &'a Layer, deepest: usize) -> Self {
        Look {
            layer,
            known: Known::new(layer.policy()),
            deepest,
            seen: HashSet::new(),
            changes: HashMap::new(),
            now: HashMap::new(),
            held: Vec::new(),
        }
    }

    pub(super) fn release(self, graph: &mut Locked<'_>) {
        self.known.release(graph);
        graph.release_nodes(self.held);
    }

    /// Explains a node that is asked for.
    pub(super) fn at(&mut self, graph: &mut Locked<'_>, node: &Snapshot) -> Explanation {
        self.seen.clear();
        let interned = self.intern(graph, node);
        self.explain(graph, interned, None, 0)
    }

    /// The node, held until the end.
    pub(super) fn intern(&mut self, graph: &mut Locked<'_>, node: &Snapshot) -> NodeIx {
        let arguments = node.arguments.as_slice();
        let text = node.text.as_ref();
        let interned = graph.nodes.hold(node.function, arguments, text);
        self.held.push(interned);
        decide(graph, interned);
        interned
    }

    /// Explains the node; `then` is what it is to answer, if that is known.
    fn explain(
        &mut self,
        graph: &mut Locked<'_>,
        node: NodeIx,
        then: Option<Short>,
        depth: usize,
    ) -> Explanation {
        let snapshot = graph.nodes.snapshot(node);
        let answer = self.answer(graph, node, depth);
        let mut explanation = Explanation {
            node: snapshot.id(),
            answer,
            reasons: Vec::new(),
            is_shortened: false,
        };
        let is_new = self.seen.len() < MOST && self.seen.insert((node, then));
        if !is_new || depth > self.deepest {
            explanation.is_shortened = true;
            return explanation;
        }
        explanation.reasons = match answer {
            Answer::Tweak => Vec::new(),
            _ if snapshot.function.is_input() => match (then, answer) {
                (None, Answer::Memory | Answer::Store) => Vec::new(),
                _ => vec![Reason::Input {
                    node: snapshot.id(),
                }],
            },
            Answer::Store | Answer::Policy if then.is_none() => Vec::new(),
            // Without a store nothing says what was different before.
            Answer::Memory if self.layer.store().is_none() && then.is_none() => Vec::new(),
            _ => self.reasons(graph, node, &snapshot, then, depth),
        };
        explanation
    }

    fn answer(&mut self, graph: &mut Locked<'_>, node: NodeIx, depth: usize) -> Answer {
        let found = self.known.look(graph, self.layer, node);
        if graph.is_tweaked_around(self.layer.ix, node) {
            return found.map_or(Answer::Run, |_| Answer::Tweak);
        }
        let Some(value) = found else {
            return Answer::Run;
        };
        let is_held = matches!(graph.values.content(value), Content::Held(_));
        let stamp = graph.values.stamp(value).cloned();
        let is_found = stamp.as_ref().is_some_and(|stamp| stamp.is_found());
        if graph.nodes.function(node).is_input() || (is_held && !is_found) {
            return Answer::Memory;
        }
        if !is_found {
            // Its value was unloaded.
            let is_stored = stamp.is_some_and(|stamp| self.has_value(graph, &stamp));
            return match depth > 0 || is_stored {
                true => Answer::Memory,
                false => Answer::Run,
            };
        }
        // Who depends on it needs no more than the fingerprint.
        let is_needed = depth == 0 && !is_held;
        let lacks_value = |stamp: &Arc<Stamp>| !self.has_value(graph, stamp);
        if is_needed && stamp.as_ref().is_some_and(lacks_value) {
            return Answer::Run;
        }
        let mut is_right = || {
            let right = engine::stored_stamp(graph, self.layer, node);
            let record = stamp.as_ref().and_then(|stamp| stamp.record());
            right.is_some_and(|right| right.record() == record)
        };
        match self.layer.policy() == Policy::Recompute || is_right() {
            true => Answer::Store,
            false => Answer::Policy,
        }
    }

    fn has_value(&self, graph: &mut Locked<'_>, stamp: &Stamp) -> bool {
        let layer = self.layer;
        let found = stamp.stored();
        graph.unlocked(|| {
            found.is_some_and(|(key, fingerprint)| {
                layer
                    .stores()
                    .any(|store| store.has_value(&key, fingerprint))
            })
        })
    }

    /// What stands in the way of what is kept of the node; of what answers from memory, what stood in
    /// the way when it ran.
    fn reasons(
        &mut self,
        graph: &mut Locked<'_>,
        node: NodeIx,
        snapshot: &Snapshot,
        then: Option<Short>,
        depth: usize,
    ) -> Vec<Reason> {
        if graph.is_tweaked_around(self.layer.ix, node) {
            return vec![Reason::Relative];
        }
        let (mut reasons, mut disturbed) = (Vec::new(), Vec::new());
        for candidate in graph.candidates(self.layer.ix, node) {
            if reasons.is_empty() {
                reasons = self.reasons_of_entry(graph, &candidate, depth, &mut disturbed);
            }
            graph.release_candidate(candidate);
        }
        if !reasons.is_empty() {
            return reasons;
        }
        let stored = self.reasons_of_stored(graph, node, snapshot, then, depth);
        let is_found = |reason: &Reason| {
            matches!(
                reason,
                Reason::Dependency { .. }
                    | Reason::Input { .. }
                    | Reason::Tweaked { .. }
                    | Reason::Gone { .. }
                    | Reason::Unused { .. }
                    | Reason::Invalidated
            )
        };
        match disturbed.is_empty() || stored.iter().any(is_found) {
            true => stored,
            false => disturbed,
        }
    }

    /// Why nothing that is stored of the node is right here.
    fn reasons_of_stored(
        &mut self,
        graph: &mut Locked<'_>,
        node: NodeIx,
        snapshot: &Snapshot,
        then: Option<Short>,
        depth: usize,
    ) -> Vec<Reason> {
        let mut reasons = Vec::new();
        let function = snapshot.function;
        let Some(store) = self.layer.store() else {
            let unkept = unkept::here(self.layer, snapshot).map(reason_of_unkept);
            return vec![unkept.unwrap_or(Reason::NoStore)];
        };
        if !function.is_lasting() {
            return vec![Reason::NotStored];
        }
        let standing = graph.standing(self.layer.ix, node);
        if standing.is_none() && !graph.may_be_restored(self.layer.ix, node) {
            return vec![Reason::Invalidated];
        }
        let own = standing.and_then(|answer| graph.values.stamp(answer.value).cloned());
        let (chosen, is_spared) = graph.unlocked(|| {
            let records = store.records_of(snapshot);
            // Written by now.
            let own = own
                .filter(|stamp| !stamp.is_found())
                .and_then(|stamp| stamp.record());
            let mut its = records.iter().filter(|(key, _)| Some(*key) == own);
            let is_spared = its.any(|(_, record)| !record.has_value());
            let chosen = choose(store, function, records, own.as_ref(), then);
            (chosen, is_spared)
        });
        let unstored = |why: &'static str| Reason::Unstored {
            why: why.to_owned(),
        };
        let Some(Ran { key, record, code }) = self.nearest(graph, store, function, chosen) else {
            if !function.is_stored() {
                return vec![Reason::NotStored];
            }
            let unkept = || unkept::anywhere(snapshot).map(reason_of_unkept);
            let known = store.unstored(snapshot).map(unstored);
            let spared = is_spared.then_some(Reason::NoValue);
            let known = known.or(spared).or_else(unkept);
            return vec![known.unwrap_or(Reason::NeverStored)];
        };
        let now = Fingerprint::new(function.code_fingerprint());
        if code != Some(now) {
            let changes = code.map(|code| self.changes(graph, store, function.path(), code));
            return vec![Reason::Code {
                function: function.path().to_owned(),
                changes: changes.unwrap_or_default(),
            }];
        }
        self.reasons_of_record(graph, store, &record, depth, &mut reasons);
        if reasons.is_empty() && then.is_none() {
            reasons.push(if !function.is_stored() {
                Reason::NotStored
            } else if record.has_value() && store_has(graph, store, &key, &record) {
                Reason::Unknown
            } else {
                let known = store.unstored(snapshot).map(unstored);
                known.unwrap_or(Reason::NoValue)
            });
        }
        reasons
    }

    /// Why an entry of this or an outer layer is not right here. Where a stored result vouches for it, what
    /// was asked stands there; which functions tweaks are about goes to `disturbed`.
    fn reasons_of_entry(
        &mut self,
        graph: &mut Locked<'_>,
        candidate: &Candidate,
        depth: usize,
        disturbed: &mut Vec<Reason>,
    ) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for dependency in candidate.dependencies.iter() {
            match dependency.edge() {
                Edge::Reached => {}
                Edge::Uncut => {
                    let undisturbed =
                        graph.is_undisturbed(self.layer.ix, candidate.origin, dependency.node);
                    if undisturbed {
                        continue;
                    }
                    let function = graph.nodes.function(dependency.node);
                    match graph.nodes.stands_for(dependency.node) {
                        None => reasons.push(Reason::Tweaked {
                            function: function.name().to_owned(),
                        }),
                        Some(item) if std::ptr::eq(item, &UNKNOWN) => {
                            disturbed.push(Reason::Unknown);
                        }
                        Some(item) => disturbed.push(Reason::Tweaked {
                            function: item.name.to_owned(),
                        }),
                    }
                }
                Edge::Asked(then) | Edge::Inside(then) => {
                    let now = self.known.look(graph, self.layer, dependency.node);
                    let differs = match now {
                        Some(now) if engine::same_value(graph, dependency.node, then, now) => {
                            continue;
                        }
                        now => now.is_some(),
                    };
                    let then = fingerprint(graph, then).filter(|_| differs);
                    let then = then.map(|then| short(&then));
                    let of = self.below(graph, dependency.node, then, depth);
                    reasons.push(Reason::Dependency { of, differs });
                    if differs {
                        break;
                    }
                }
            }
        }
        reasons
    }

    /// What stands in the way of a node that was asked; `then` is what it gave, if that is not what it
    /// answers now. Of what would run, it is not known which of its runs is to be compared.
    pub(super) fn below(
        &mut self,
        graph: &mut Locked<'_>,
        node: NodeIx,
        then: Option<Short>,
        depth: usize,
    ) -> Box<Explanation> {
        Box::new(scope::grow(|| self.explain(graph, node, then, depth + 1)))
    }
}

fn reason_of_unkept(why: Why) -> Reason {
    Reason::Unkept {
        why: why.text().to_owned(),
    }
}

/// The fingerprint of a value. Runs user code.
pub(super) fn fingerprint(graph: &mut Locked<'_>, value: ValueIx) -> Option<Fingerprint> {
    graph.values.retain(value);
    let fingerprint = engine::fingerprint(graph, value);
    graph.release_value(value);
    fingerprint
}
