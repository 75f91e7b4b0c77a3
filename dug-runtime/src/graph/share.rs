//! What scenarios have in common: a result that rests on nothing that its
//! scenario touches is held by the shared layer around, for all siblings.
//!
//! The layers, from the outside in: the one that scenarios are entered from;
//! their shared layer, which has no tweaks and so answers as that does; the
//! layer of a scenario; *its* shared layer, if scenarios are entered from
//! there; and so on. What is held by a shared layer is never seen further out.
//!
//! While a node is computed for a scenario that is not known to touch it, the shared layers around
//! *seek* the result: siblings wait for it instead of running it too. As soon as the run is given
//! something that a tweak has touched, they are told to wait no longer.

use super::runs::NOWHERE;
use super::sleep::Role;
use super::{Dependency, Edge, Graph, LayerIx, NodeIx, RunRef, State, ValueIx};
use crate::digest::Fingerprint;
use smallvec::SmallVec;

impl Graph {
    /// The outermost shared layer that answers the node, computed in `layer`, as that does: with a result that has
    /// this fingerprint, if it is known.
    pub(crate) fn home(
        &self,
        layer: LayerIx,
        node: NodeIx,
        dependencies: &[Dependency],
        fingerprint: Option<Fingerprint>,
    ) -> Option<LayerIx> {
        if self.scenarios == 0 {
            return None;
        }
        let agrees = |shared| {
            let found = self.found(shared, node);
            found.is_none_or(|found| fingerprint == Some(found))
        };
        let around = self.shared_around(layer);
        let homes = around.take_while(|(at, shared)| {
            self.is_untouched(layer, *at, *shared, node, dependencies) && agrees(*shared)
        });
        homes.last().map(|(_, shared)| shared)
    }

    /// Whether a shared layer around answers the node with what was found in a store. That may have been
    /// accepted, or excused by a policy: where what it rests on is tweaked, the code of now may answer
    /// otherwise without resting on that.
    pub(crate) fn is_found_around(&self, layer: LayerIx, node: NodeIx) -> bool {
        if self.scenarios == 0 || self.is_tweaked_around(layer, node) {
            return false;
        }
        let mut around = self.shared_around(layer);
        around.any(|(_, shared)| self.found(shared, node).is_some())
    }

    /// The fingerprint of what answers the node in a shared layer, if that was found in a store.
    fn found(&self, shared: LayerIx, node: NodeIx) -> Option<Fingerprint> {
        if !self.values.has_found() {
            return None;
        }
        let owner = self.body_owner(shared, node);
        let answer = self.standing(shared, owner)?;
        let stamp = self.values.stamp(answer.value)?;
        stamp
            .is_found()
            .then(|| stamp.known_fingerprint())
            .flatten()
    }

    /// The outermost layer, no further out than the [`home`](Self::home) of what `layer` has computed for
    /// the node, that may hold it under this name for `layer` too: a shared one, for which an own entry of `layer`
    /// makes way, or `layer` itself.
    pub(crate) fn home_by_name(&mut self, layer: LayerIx, home: LayerIx, node: NodeIx) -> LayerIx {
        let mut place = layer;
        for shared in self.above(layer).skip(1).step_by(2) {
            // Further out, what a twin stands for has the name of the node itself.
            if self.body_owner(shared, node) != node {
                break;
            }
            place = shared;
            if shared == home {
                break;
            }
        }
        if place != layer && self.layer(layer).state(node) != State::Absent {
            // The own entry, which answers no more, would hide it.
            self.drop_entry(layer, node);
        }
        place
    }

    /// The entry that `place`, a shared layer, holds of the node is right in `layer` too. If marks hide
    /// it from there, since what it rests on is masked and only happens to answer the same, `layer`
    /// gets one of its own.
    pub(crate) fn show(&mut self, layer: LayerIx, place: LayerIx, node: NodeIx) {
        if place == layer {
            return;
        }
        let Some(cell) = self.cell(place, node) else {
            return;
        };
        // What was asked inside contexts may yet turn out to be masked here.
        let mut edges = cell
            .dependencies()
            .iter()
            .map(|dependency| dependency.edge());
        let found_inside = edges.any(|edge| matches!(edge, Edge::Uncut | Edge::Reached));
        // An own entry whose value cannot be had would hide it.
        let shown = self.standing(layer, node).is_some_and(|answer| {
            cell.value == Some(answer.value) || self.values.is_held(answer.value)
        });
        if shown && !found_inside {
            return;
        }
        let (Some(value), Some(dependencies)) = (cell.value, cell.dependencies.clone()) else {
            return;
        };
        let dependencies = self.hold(dependencies);
        self.values.retain(value);
        self.keep_checked(layer, node, value, dependencies);
    }

    /// Whether nothing that `layer` tweaks can matter to what the node was computed from in `from`.
    fn is_untouched(
        &self,
        from: LayerIx,
        layer: LayerIx,
        shared: LayerIx,
        node: NodeIx,
        dependencies: &[Dependency],
    ) -> bool {
        let is_closed = |node| {
            let closed = self.cell(layer, node).is_some_and(super::Cell::is_closed);
            closed || self.is_tweaked(layer, node)
        };
        // Its own mask may come from an entry further out, which depends on more than this result does.
        let cell = self.cell(layer, node);
        let is_apart = cell.is_some_and(|cell| cell.forbidden || cell.unsettled)
            || self.ruling_beside(layer, node, cell).is_some();
        !is_apart
            && dependencies
                .iter()
                .all(|dependency| match dependency.edge() {
                    // What depends on something marked is marked: nobody here would see it further out.
                    Edge::Asked(then) | Edge::Inside(then) => {
                        let now = self.standing(shared, dependency.node);
                        now.is_some_and(|now| self.values.known_equal(then, now.value))
                            && !self.has_mask(layer, dependency.node)
                            && !self.is_unsettled(layer, dependency.node)
                    }
                    // What an entry further in has answered is not known in the layer, and so not masked.
                    Edge::Uncut | Edge::Reached => {
                        let mut inside = self.above(from).take_while(|place| *place != shared);
                        !is_closed(dependency.node)
                            && !inside.any(|place| self.holds(place, dependency.node))
                    }
                })
    }

    /// The run may find what shared layers can hold.
    pub(super) fn seek(&mut self, layer: LayerIx, node: NodeIx, run: RunRef) {
        if self.scenarios == 0 {
            return;
        }
        let mut outermost = NOWHERE;
        let places: SmallVec<[_; 2]> = self.shared_places(layer, node).collect();
        for (shared, node) in places {
            let state = self.layer_mut(shared);
            state.sought.entry(node).or_default().push(run);
            outermost = state.depth;
        }
        self.runs.set_sought(run, outermost);
    }

    /// The layer of a scenario and its shared layer, those around them, and so on.
    fn shared_around(&self, layer: LayerIx) -> impl Iterator<Item = (LayerIx, LayerIx)> {
        let pair = |at: LayerIx| {
            let state = self.layer(at);
            let shared = state.parent.filter(|_| state.role == Role::Scenario)?;
            (self.layer(shared).role == Role::Shared).then_some((at, shared))
        };
        std::iter::successors(pair(layer), move |(_, shared)| {
            pair(self.layer(*shared).parent?)
        })
    }

    /// The shared layers that may come to hold what the layer finds for the node, and the name it has there.
    fn shared_places(
        &self,
        layer: LayerIx,
        mut node: NodeIx,
    ) -> impl Iterator<Item = (LayerIx, NodeIx)> {
        self.shared_around(layer).map_while(move |(at, shared)| {
            if self.has_mask(at, node) {
                return None;
            }
            // Siblings know what a twin finds as the node's own, where no relative tweak is in force.
            node = self.body_owner(shared, node);
            Some((shared, node))
        })
    }

    /// The run is over: it is still in the table of runs.
    pub(super) fn end_search(&mut self, run: RunRef) {
        if self.scenarios == 0 {
            return;
        }
        let Some(record) = self.runs.get(run) else {
            return;
        };
        let (layer, node, alive) = (record.layer, record.node, record.sought != NOWHERE);
        let names = [node, self.nodes.original(node)];
        let kept = self
            .above(layer)
            .take_while(|place| self.layer(*place).role != Role::Plain)
            .any(|place| names.iter().any(|name| self.holds(place, *name)));
        let around: SmallVec<[_; 2]> = self.shared_around(layer).collect();
        for (_, shared) in around {
            for name in names {
                let sought = &mut self.layer_mut(shared).sought;
                let Some(runs) = sought.get_mut(&name) else {
                    continue;
                };
                runs.retain(|other| *other != run);
                if runs.is_empty() {
                    sought.remove(&name);
                }
                // Nobody waits again for what is not kept, such as errors: each scenario has to run it.
                let unkept = alive && !kept && self.runs.waiting > 0;
                if unkept && self.layer_mut(shared).unkept.insert(name, ()).is_none() {
                    self.retain_node(name);
                }
            }
        }
    }

    /// A run of the node by a sibling, whose result may be that of this layer too; and the depth
    /// of the shared layer that would hold it.
    pub(crate) fn run_of_sibling(&self, layer: LayerIx, node: NodeIx) -> Option<(RunRef, u32)> {
        if self.scenarios == 0 {
            return None;
        }
        for (shared, node) in self.shared_places(layer, node) {
            let state = self.layer(shared);
            if state.unkept.contains_key(&node) {
                return None;
            }
            let mut runs = state.sought.get(&node).into_iter().flatten();
            if let Some(run) = runs.find(|run| self.runs.is_sought(**run, state.depth)) {
                return Some((*run, state.depth));
            }
        }
        None
    }

    /// `asker` needs `node`, which has answered it `value` in `layer`, unless it is still to be
    /// computed. Where a tweak of a scenario has touched that, no shared layer will hold the
    /// result of `asker`, nor that of those who asked for it. Tells whether this is news:
    /// somebody may wait for it.
    #[inline]
    pub(crate) fn touch(
        &mut self,
        asker: Option<RunRef>,
        layer: LayerIx,
        node: NodeIx,
        value: Option<ValueIx>,
    ) -> bool {
        self.scenarios > 0 && self.touch_sought(asker, layer, node, value)
    }

    fn touch_sought(
        &mut self,
        asker: Option<RunRef>,
        layer: LayerIx,
        node: NodeIx,
        value: Option<ValueIx>,
    ) -> bool {
        let Some((run, place)) = asker.and_then(|asker| self.nearest_of_scenario(asker)) else {
            return false;
        };
        let sought = self.runs.sought(run);
        let value = value.filter(|_| place == layer);
        let mut untouched = NOWHERE;
        let is_touched = |(at, shared): (LayerIx, LayerIx)| {
            let differs = |value| {
                let answer = self.standing(shared, node);
                !answer.is_some_and(|now| self.values.known_equal(value, now.value))
            };
            let touched = self.has_mask(at, node) || value.is_some_and(differs);
            if !touched {
                untouched = self.layer(shared).depth;
            }
            touched
        };
        let touched = self
            .shared_around(place)
            .take_while(|(_, shared)| self.layer(*shared).depth >= sought)
            .any(is_touched);
        if touched {
            self.runs.give_up(run, untouched);
        }
        touched
    }

    /// The run itself, or the nearest of those that asked for it, that computes in the layer of a
    /// scenario; with that layer. It may lie inside contexts that the run has opened.
    fn nearest_of_scenario(&self, run: RunRef) -> Option<(RunRef, LayerIx)> {
        /// A longer recursion inside a context is not followed at each step.
        const FAR: usize = 32;
        let mut at = run;
        for _ in 0..FAR {
            let record = self.runs.get(at)?;
            if self.layer(record.layer).role == Role::Scenario {
                return Some((at, record.layer)).filter(|_| record.sought != NOWHERE);
            }
            at = record.parent?;
        }
        None
    }
}
