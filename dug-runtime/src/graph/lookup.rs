//! Who answers: tweaks, entries, the parent; and which entries may be adopted.

use super::{Cell, Dependencies, Dependency, Edge, Graph, LayerIx, NodeIx, Ruling, State, ValueIx};
use crate::function::Definition;
use smallvec::SmallVec;
use std::collections::HashSet;

/// An answer that needs no run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) value: ValueIx,
}

/// An entry that may be right here, if its dependencies answer as they did.
/// Holds references, to be given back with [`Graph::release_candidate`].
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) value: ValueIx,
    pub(crate) dependencies: Dependencies,
    pub(crate) origin: LayerIx,
    /// Whether the entry is right where it is from.
    pub(crate) is_settled: bool,
}

/// Which entry says, above a layer, what a node depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Governing {
    /// A tweak: the node depends on nothing.
    Tweak,
    Entry(LayerIx),
    Unknown,
}

impl Graph {
    /// The innermost tweak of the node; else the own entry; else, unless the
    /// node is closed here, what the parent answers. The value is in memory.
    #[inline]
    pub(crate) fn answer(&self, layer: LayerIx, node: NodeIx) -> Option<Answer> {
        self.standing(layer, node)
            .filter(|answer| self.values.is_held(answer.value))
    }

    /// As [`answer`](Self::answer), where only the fingerprint of the value may be in memory.
    #[inline]
    pub(crate) fn standing(&self, layer: LayerIx, node: NodeIx) -> Option<Answer> {
        let mut at = Some(layer);
        let mut closed = false;
        while let Some(layer) = at {
            let state = self.layer(layer);
            let cell = state.cells.get(node);
            let ruling = self.ruling_beside(layer, node, cell);
            if let Some(Ruling::Value(value)) = ruling {
                return Some(Answer { value });
            }
            if let Some(Ruling::Failed) = ruling {
                return None;
            }
            if let Some(cell) = cell {
                if !closed && cell.state.is_settled() {
                    return cell.value.map(|value| Answer { value });
                }
                closed |= cell.is_closed();
            }
            if ruling.is_some() {
                // What lies above is not made by the relative tweaks of this layer.
                return None;
            }
            at = state.parent;
        }
        None
    }

    /// Where the own suspect entry and those above are, from the inside out.
    pub(super) fn adoptable_entries(&self, layer: LayerIx, node: NodeIx) -> SmallVec<[LayerIx; 2]> {
        let mut places = SmallVec::new();
        if self.guard_fails(layer, node) {
            return places;
        }
        for place in self.above(layer) {
            let cell = self.cell(place, node);
            let ruling = self.ruling_beside(place, node, cell);
            if cell.is_some_and(|cell| cell.forbidden) || matches!(ruling, Some(Ruling::Value(_))) {
                break;
            }
            if cell.is_some_and(Cell::may_be_adopted) {
                places.push(place);
            }
            if ruling.is_some() {
                break;
            }
            places.extend(self.shared_entry(place, node));
        }
        places
    }

    /// The shared layer of the scenarios that were entered from `layer`, if it has an entry of
    /// the node's body: where the same was asked for, the same was computed.
    fn shared_entry(&self, layer: LayerIx, node: NodeIx) -> Option<LayerIx> {
        let shared = self.layer(layer).shared?;
        let cell = self.cell(shared, node)?;
        let adoptable = cell.may_be_adopted();
        let plain = !cell.computed && !cell.forbidden && !self.is_computed(layer, node);
        (adoptable && plain).then_some(shared)
    }

    /// The entries that may be right here, best first.
    pub(crate) fn candidates(&mut self, layer: LayerIx, node: NodeIx) -> SmallVec<[Candidate; 2]> {
        let mut candidates: SmallVec<[Candidate; 2]> = self
            .adoptable_entries(layer, node)
            .into_iter()
            .filter_map(|origin| self.candidate(origin, node))
            .collect();
        let is_forbidden = |place| self.cell(place, node).is_some_and(|cell| cell.forbidden);
        if self.nodes.is_twin(node) && !self.above(layer).any(is_forbidden) {
            // Above the relative tweaks, the entries of the node itself are those of its body.
            let original = self.nodes.original(node);
            let is_relative = |place: &LayerIx| {
                matches!(self.ruling(*place, original), Some(Ruling::Relative(_)))
            };
            let outermost = self.above(layer).filter(is_relative).last();
            let above = outermost.map_or(Some(layer), |place| self.layer(place).parent);
            if let Some(above) = above {
                for origin in self.adoptable_entries(above, original) {
                    candidates.extend(self.candidate(origin, original));
                }
            }
        }
        candidates
    }

    /// Whether a stored result may be right in the layer: its node's body would run there, and was
    /// not invalidated.
    pub(crate) fn may_be_restored(&self, layer: LayerIx, node: NodeIx) -> bool {
        let original = self.nodes.original(node);
        let is_forbidden = |place| {
            let names = [node, original];
            names
                .iter()
                .any(|name| self.cell(place, *name).is_some_and(|cell| cell.forbidden))
        };
        let function = self.nodes.function(node);
        let by_its_body = self.nodes.is_twin(node) || !self.is_tweaked_around(layer, node);
        function.is_lasting() && by_its_body && !self.above(layer).any(is_forbidden)
    }

    /// Whether, at or above the layer, a node of the item is tweaked, or was ever invalidated.
    pub(crate) fn is_disturbed(&self, layer: LayerIx, item: &'static Definition) -> bool {
        self.above(layer).any(|place| {
            let state = self.layer(place);
            state.has_invalidated_any_of(item) || state.tweaks > 0 && state.tweaks_any_of(item)
        })
    }

    fn candidate(&mut self, origin: LayerIx, node: NodeIx) -> Option<Candidate> {
        let cell = self.cell(origin, node)?;
        let value = cell.value?;
        let is_settled = cell.state.is_settled();
        let dependencies = cell.dependencies.clone()?;
        let dependencies = self.hold(dependencies);
        self.values.retain(value);
        self.values.hold(value);
        Some(Candidate {
            value,
            dependencies,
            origin,
            is_settled,
        })
    }

    pub(crate) fn release_candidate(&mut self, candidate: Candidate) {
        self.values.unhold(candidate.value);
        self.release_value(candidate.value);
        self.release_dependencies(candidate.dependencies);
    }

    /// Whether the node is answered, as in `origin`, since the layers from this one up to that know nothing of it.
    pub(crate) fn is_answered_as_in(&self, layer: LayerIx, origin: LayerIx, node: NodeIx) -> bool {
        let mut at = layer;
        while at != origin {
            let state = self.layer(at);
            match state.parent {
                Some(parent) if state.surface.lets_through(node) => at = parent,
                _ => return false,
            }
        }
        self.standing(origin, node).is_some()
    }

    /// Whether no change can have come through an edge without cut-off: the node below it is
    /// open in every layer between here and where the entry is from, and so is all that
    /// entries of it rest on that were made there.
    /// (In the layer that the entry is from the change would have broken it.)
    pub(crate) fn is_undisturbed(
        &self,
        layer: LayerIx,
        origin: LayerIx,
        dependency: NodeIx,
    ) -> bool {
        let mut pending: SmallVec<[(LayerIx, NodeIx); 4]> = SmallVec::new();
        let mut seen: HashSet<(LayerIx, NodeIx), foldhash::fast::RandomState> = HashSet::default();
        pending.push((layer, dependency));
        while let Some((mut at, node)) = pending.pop() {
            let item = self.nodes.stands_for(node);
            while at != origin {
                let cell = self.cell(at, node);
                let invalidated =
                    item.is_some_and(|item| self.layer(at).has_invalidated_any_of(item));
                let disturbed = cell.is_some_and(Cell::is_closed)
                    || invalidated
                    || self.ruling_beside(at, node, cell).is_some();
                let Some(parent) = self.layer(at).parent.filter(|_| !disturbed) else {
                    return false;
                };
                // The layers around need not know of the node, and then do not mask it.
                let below = cell.map(Cell::dependencies).unwrap_or_default();
                let below = below.iter().map(|below| (at, below.node));
                pending.extend(below.filter(|below| seen.insert(*below)));
                at = parent;
            }
        }
        true
    }

    /// The entry, at or above `layer`, that says what the node depends on: the one that
    /// answers; failing that, the nearest one.
    pub(super) fn governing(&self, layer: LayerIx, node: NodeIx) -> Governing {
        let mut nearest = Governing::Unknown;
        let mut closed = false;
        let mut at = Some(layer);
        while let Some(place) = at {
            let state = self.layer(place);
            let cell = state.cells.get(node);
            let ruling = self.ruling_beside(place, node, cell);
            if let Some(Ruling::Value(_)) = ruling {
                return Governing::Tweak;
            }
            if let Some(cell) = cell {
                if cell.state.is_settled() && !closed {
                    return Governing::Entry(place);
                }
                if cell.state != State::Absent && nearest == Governing::Unknown {
                    nearest = Governing::Entry(place);
                }
                closed |= cell.is_closed();
            }
            if ruling.is_some() {
                break;
            }
            at = state.parent;
        }
        nearest
    }

    /// Whether the layer answers the node, as it stands, without a check.
    pub(super) fn is_open(&self, layer: LayerIx, node: NodeIx) -> bool {
        let mut at = Some(layer);
        while let Some(place) = at {
            let state = self.layer(place);
            let cell = state.cells.get(node);
            let ruling = self.ruling_beside(place, node, cell);
            match cell {
                _ if matches!(ruling, Some(Ruling::Value(_))) => return true,
                _ if matches!(ruling, Some(Ruling::Failed)) => return false,
                Some(cell) if cell.state.is_settled() => return true,
                _ if ruling.is_some() => return false,
                Some(cell) if cell.is_closed() => return false,
                _ => at = state.parent,
            }
        }
        false
    }

    /// The entry that says whether the node is masked in `layer`: the one that answers in the
    /// parent; if none does, the own one; failing that, the nearest one above.
    pub(super) fn masking(&self, layer: LayerIx, parent: LayerIx, node: NodeIx) -> Governing {
        let above = self.governing(parent, node);
        let own = self.layer(layer).state(node) != State::Absent;
        if own && above != Governing::Tweak && !self.is_open(parent, node) {
            return Governing::Entry(layer);
        }
        above
    }

    /// Whether, since `start`, a change in this layer has reached one of the dependencies.
    pub(crate) fn was_touched(
        &self,
        layer: LayerIx,
        dependencies: impl IntoIterator<Item = NodeIx>,
        start: u64,
    ) -> bool {
        let touched = &self.layer(layer).touched;
        !touched.is_empty()
            && dependencies
                .into_iter()
                .any(|node| touched.get(&node).is_some_and(|change| *change > start))
    }

    /// Makes the candidate's answer the own one; where a dependency was checked by
    /// comparing, the value that it has now takes the place of the old one.
    pub(crate) fn adopt(
        &mut self,
        layer: LayerIx,
        node: NodeIx,
        candidate: &Candidate,
        now: &[(usize, ValueIx)],
    ) {
        self.values.retain(candidate.value);
        let is_inside = |dependency: &Dependency| matches!(dependency.edge(), Edge::Inside(_));
        let dependencies = if now.is_empty() && !candidate.dependencies.iter().any(is_inside) {
            self.hold(candidate.dependencies.clone())
        } else {
            let mut dependencies = candidate.dependencies.to_vec();
            for dependency in dependencies.iter_mut() {
                // It was asked for here, to check it.
                if let Edge::Inside(value) = dependency.edge() {
                    *dependency = Dependency::new(dependency.node, Edge::Asked(value));
                }
            }
            for (place, value) in now {
                let node = dependencies[*place].node;
                dependencies[*place] = Dependency::new(node, Edge::Asked(*value));
            }
            for dependency in &dependencies {
                self.retain_dependency(*dependency);
            }
            Dependencies::new(dependencies.into_iter())
        };
        if self.layer(layer).asked.is_some() {
            for dependency in dependencies.iter() {
                self.note_asked(layer, dependency.node, 0);
            }
        }
        // What no scenario touches stands for all of them, as if it had been run here.
        let stamp = self.values.stamp(candidate.value);
        let fingerprint = stamp.and_then(|stamp| stamp.known_fingerprint());
        let home = self.home(layer, node, &dependencies, fingerprint);
        let place = home.map_or(layer, |home| self.home_by_name(layer, home, node));
        let further_out =
            home.filter(|home| *home != place && self.body_owner(*home, node) == node);
        if let Some(home) = further_out.filter(|home| self.answer_of_own(*home, node).is_none()) {
            self.values.retain(candidate.value);
            let shared = self.hold(dependencies.clone());
            self.keep_checked(home, node, candidate.value, shared);
        }
        self.keep_checked(place, node, candidate.value, dependencies);
        self.show(layer, place, node);
    }
}
