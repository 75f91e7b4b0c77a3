//! Entries: kept, adopted, withdrawn, freed.

use super::dependants::Unlisted;
use super::{Dependencies, Dependency, Edge, Graph, LayerIx, Moment, NodeIx, Role, State, ValueIx};
use std::collections::HashSet;

impl Graph {
    /// Makes an entry that answers `node` in `layer`. Takes over the caller's
    /// reference to `value` and to `dependencies`.
    pub(crate) fn keep(
        &mut self,
        layer: LayerIx,
        node: NodeIx,
        value: ValueIx,
        dependencies: Dependencies,
    ) {
        let computed = self.is_computed(layer, node);
        let held = self.values.is_held(value);
        self.layer_mut(layer).learned += 1;
        let cell = self.cell_mut(layer, node);
        let old = (cell.state, cell.value.replace(value));
        let old_dependencies = cell.dependencies.replace(dependencies.clone());
        cell.state = if held { State::Valid } else { State::Unloaded };
        cell.forbidden = false;
        cell.doubted = false;
        cell.computed = computed;
        cell.set_has_uncut(dependencies.iter().any(|it| it.edge() == Edge::Uncut));
        let listed = cell.is_listed();
        if held {
            self.values.hold(value);
        }
        match listed {
            true => self.list_edges(layer, node, &dependencies),
            false if old_dependencies.is_none() => self.list_later(layer, node),
            false => {}
        }
        let size = self.size_of_entry(value, &dependencies);
        drop(dependencies);
        let results = self.nodes.function(node).results();
        let state = self.layer_mut(layer);
        state.entries_size += size;
        if state.role != Role::Plain && results.is_some_and(|results| results.has_heap) {
            state.unweighed.push(node);
        }
        if let Some(old_dependencies) = old_dependencies {
            if let Some(old_value) = old.1 {
                self.shrink(layer, node, old_value, &old_dependencies);
            }
            if listed {
                self.forget_edges(layer, node, &old_dependencies);
            }
            self.release_dependencies(old_dependencies);
        }
        if let (state, Some(old_value)) = old {
            if state != State::Unloaded {
                self.values.unhold(old_value);
            }
            self.release_value(old_value);
        }
        // Where the parent answers, what that says is what masks.
        let parent = self.layer(layer).parent;
        if parent.is_some_and(|parent| !self.is_open(parent, node)) {
            self.refresh_mask(layer, node);
        }
        debug_assert!(self.is_masked_as_it_should(layer, node));
        self.governing_changed(layer, node);
    }

    /// The node becomes one of the dependants of these.
    fn list_edges(&mut self, layer: LayerIx, node: NodeIx, dependencies: &Dependencies) {
        for dependency in dependencies.iter() {
            self.add_dependant(layer, dependency.node, node);
        }
    }

    /// The entry of the node is listed among the dependants when somebody wants to know these: many layers are
    /// gone before.
    fn list_later(&mut self, layer: LayerIx, node: NodeIx) {
        let state = self.layer_mut(layer);
        state.unlisted.insert(node, state.cells.len());
    }

    /// Lists those whose entries are not yet among the dependants of what they depend on, in the layer and those
    /// around it.
    pub(super) fn list_all_dependencies(&mut self, layer: LayerIx) {
        let mut at = Some(layer);
        while let Some(layer) = at {
            if !self.layer(layer).unlisted.is_empty() {
                self.list_dependencies(layer);
            }
            at = self.layer(layer).parent;
        }
    }

    #[cold]
    fn list_dependencies(&mut self, layer: LayerIx) {
        let state = self.layer_mut(layer);
        let unlisted = match std::mem::take(&mut state.unlisted) {
            Unlisted::Of(nodes) => nodes,
            Unlisted::All => {
                let cells = state.cells.iter();
                let unlisted = cells.filter(|(_, cell)| !cell.is_listed());
                unlisted.map(|(node, _)| node).collect()
            }
        };
        for node in unlisted {
            let cell = self.layer_mut(layer).cells.get_mut(node);
            let cell = cell.filter(|cell| !cell.is_listed());
            let listed = cell.and_then(|cell| {
                let dependencies = cell.dependencies.clone()?;
                cell.set_listed(true);
                Some(dependencies)
            });
            if let Some(dependencies) = listed {
                self.list_edges(layer, node, &dependencies);
            }
        }
    }

    /// Makes an entry, which is suspect if what it depends on does not answer in the layer as it stands.
    pub(super) fn keep_checked(
        &mut self,
        layer: LayerIx,
        node: NodeIx,
        value: ValueIx,
        dependencies: Dependencies,
    ) {
        let all_answer = self.all_answer(layer, dependencies.iter().copied());
        self.keep(layer, node, value, dependencies);
        if !all_answer {
            self.doubt(layer, node);
        }
    }

    /// The own entry, which was just made, has to be checked before it answers again.
    pub(crate) fn doubt(&mut self, layer: LayerIx, node: NodeIx) {
        self.suspect(layer, node, false);
        self.close_quietly(layer);
    }

    /// Whether all that was asked in the layer since `start` still has an answer, as far as is seen at a glance.
    pub(crate) fn is_as_since(&self, layer: LayerIx, start: Moment) -> bool {
        let mut around = self.above(layer);
        start == self.moment() && !around.any(|place| self.layer(place).closed_quietly)
    }

    /// Whether changes get through from all of these: a mark that came up since they were
    /// asked may have closed the way to what an outer layer has answered. Where it has, the
    /// entry that depends on them has to be checked first.
    pub(crate) fn all_answer(
        &self,
        layer: LayerIx,
        asked: impl IntoIterator<Item = Dependency>,
    ) -> bool {
        self.layer(layer).parent.is_none()
            || asked.into_iter().all(|dependency| match dependency.edge() {
                Edge::Asked(_) => self.standing(layer, dependency.node).is_some(),
                Edge::Inside(_) | Edge::Uncut | Edge::Reached => true,
            })
    }

    /// Takes `node` off the dependants of what it no longer depends on.
    fn forget_edges(&mut self, layer: LayerIx, node: NodeIx, old: &Dependencies) {
        let cell = self.cell(layer, node);
        let Some(new) = cell.and_then(|cell| cell.dependencies.clone()) else {
            return;
        };
        if !new.are(old) {
            let kept: HashSet<NodeIx, foldhash::fast::RandomState> =
                new.iter().map(|dependency| dependency.node).collect();
            for dependency in old.iter().filter(|old| !kept.contains(&old.node)) {
                self.forget_edge(layer, node, dependency.node);
            }
        }
    }

    fn forget_edge(&mut self, layer: LayerIx, node: NodeIx, dependency: NodeIx) {
        self.remove_dependant(layer, dependency, node);
        self.prune(layer, dependency);
    }

    /// The node's entry that had these goes.
    fn shrink(
        &mut self,
        layer: LayerIx,
        node: NodeIx,
        value: ValueIx,
        dependencies: &Dependencies,
    ) {
        let size = self.size_of_entry(value, dependencies);
        let state = self.layer_mut(layer);
        let weight = match state.weights.is_empty() {
            true => 0,
            false => state.weights.remove(&node).unwrap_or(0),
        };
        let size = size + weight;
        state.entries_size = state.entries_size.saturating_sub(size);
    }

    /// Frees the own entry, if there is one.
    pub(crate) fn drop_entry(&mut self, layer: LayerIx, node: NodeIx) {
        if self.layer(layer).state(node).is_settled() {
            self.close_quietly(layer);
        }
        let Some(cell) = self.layer_mut(layer).cells.get_mut(node) else {
            return;
        };
        let state = std::mem::take(&mut cell.state);
        let value = cell.value.take();
        let dependencies = cell.dependencies.take();
        let listed = cell.is_listed();
        cell.set_listed(false);
        if let (Some(value), Some(dependencies)) = (value, &dependencies) {
            self.shrink(layer, node, value, dependencies);
        }
        if let Some(value) = value {
            if state != State::Unloaded {
                self.values.unhold(value);
            }
            self.release_value(value);
        }
        if let Some(dependencies) = dependencies {
            for dependency in dependencies.iter().filter(|_| listed) {
                self.forget_edge(layer, node, dependency.node);
            }
            self.release_dependencies(dependencies);
        }
        self.prune(layer, node);
    }

    /// Gives the own entry of `from`, and what is said of it, to `to`, unless that has one.
    pub(super) fn move_entry(&mut self, layer: LayerIx, from: NodeIx, to: NodeIx) {
        self.close_quietly(layer);
        if self.layer(layer).state(to) != State::Absent {
            self.drop_entry(layer, from);
        }
        let Some(cell) = self.layer_mut(layer).cells.get_mut(from) else {
            return;
        };
        let forbidden = std::mem::take(&mut cell.forbidden);
        // What the parent makes of the node, or of its twin, must be checked first.
        cell.unsettled |= forbidden;
        let state = std::mem::take(&mut cell.state);
        let (value, dependencies) = (cell.value.take(), cell.dependencies.take());
        let (has_uncut, doubted) = (cell.has_uncut(), cell.doubted);
        let listed = cell.is_listed();
        cell.set_listed(false);
        if state == State::Absent && !forbidden {
            return;
        }
        let target = self.cell_mut(layer, to);
        target.forbidden |= forbidden;
        if state != State::Absent {
            target.state = state;
            target.value = value;
            target.dependencies = dependencies.clone();
            target.set_has_uncut(has_uncut);
            target.doubted |= doubted;
            target.set_listed(listed);
            match (dependencies, listed) {
                (Some(dependencies), true) => {
                    for dependency in dependencies.iter() {
                        self.remove_dependant(layer, dependency.node, from);
                    }
                    self.list_edges(layer, to, &dependencies);
                }
                (unlisted, _) => {
                    drop(unlisted);
                    self.list_later(layer, to);
                }
            }
            self.refresh_mask(layer, to);
            self.governing_changed(layer, to);
        }
        self.prune(layer, from);
    }

    /// Something below the own entry has changed. `uncut` if it cannot be adopted any more.
    /// Tells whether the walk goes on to its dependants.
    pub(crate) fn suspect(&mut self, layer: LayerIx, node: NodeIx, uncut: bool) -> bool {
        let Some(cell) = self.layer_mut(layer).cells.get_mut(node) else {
            return false;
        };
        let (before, value) = (cell.state, cell.value);
        cell.state = match before {
            State::Absent => State::Absent,
            State::Broken => State::Broken,
            State::Valid | State::Suspect | State::Unloaded if uncut => State::Broken,
            State::Valid | State::Suspect | State::Unloaded => State::Suspect,
        };
        if let (State::Unloaded, Some(value)) = (before, value) {
            // From here on the entry counts again among those that hold the value.
            self.values.hold(value);
        }
        self.closings += u64::from(before.is_settled());
        before.is_settled()
    }
}
