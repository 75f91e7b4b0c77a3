//! Walks over dependants: what a change reaches, what is masked, and what is masked no more.

use super::lookup::Governing;
use super::{Graph, LayerIx, NodeIx, State};
use std::collections::HashSet;

/// What marks the nodes that may no longer be answered by the parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Masked,
    Unsettled,
}

/// Whether a walk also makes own entries suspect. New entries change no answer, they only need marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    Suspect,
    Leave,
}

impl Graph {
    /// Walks from `seeds` over the entries that are visible in `layer`: own entries become
    /// suspect, entries of the parents are marked. Returns the seeds and all that was reached.
    pub(super) fn walk(
        &mut self,
        layer: LayerIx,
        seeds: Vec<NodeIx>,
        mark: Option<Mark>,
        own: Own,
    ) -> Vec<NodeIx> {
        let mut reached = seeds;
        let mut dependants = Vec::new();
        let mut next = 0;
        while let Some(node) = reached.get(next).copied() {
            next += 1;
            if own == Own::Suspect {
                self.list_dependants(layer, node, &mut dependants);
                for dependant in dependants.drain(..) {
                    if self.change_reaches(layer, dependant, node) {
                        reached.push(dependant);
                    }
                }
            }
            let Some(mark) = mark else { continue };
            let mut above = Some(layer).filter(|_| self.layer(layer).parent.is_some());
            while let Some(place) = above {
                self.list_dependants(place, node, &mut dependants);
                for dependant in dependants.drain(..) {
                    if self.mark(layer, dependant, place, mark) {
                        reached.push(dependant);
                    }
                }
                above = self.layer(place).parent;
            }
        }
        reached
    }

    fn list_dependants(&self, layer: LayerIx, node: NodeIx, list: &mut Vec<NodeIx>) {
        if let Some(cell) = self.cell(layer, node) {
            cell.dependants.for_each(|dependant| list.push(dependant));
        }
    }

    /// A change has reached `from`, on which the own entry of `node` depends. Tells whether it
    /// goes on from there: not through a tweak, beneath which the entry waits.
    fn change_reaches(&mut self, layer: LayerIx, node: NodeIx, from: NodeIx) -> bool {
        let Some(cell) = self.cell(layer, node) else {
            return false;
        };
        let (tweaked, uncut) = (cell.tweak.is_some(), cell.is_uncut_from(from));
        self.suspect(layer, node, uncut) && !tweaked
    }

    /// Marks `node`, whose entry in `place` depends on something marked; if it
    /// is that entry that is visible from `layer`, and the mark is new.
    fn mark(&mut self, layer: LayerIx, node: NodeIx, place: LayerIx, mark: Mark) -> bool {
        if let Some(cell) = self.cell(layer, node) {
            let marked = match mark {
                Mark::Masked => cell.masked,
                Mark::Unsettled => cell.unsettled,
            };
            if marked || cell.tweak.is_some() {
                return false;
            }
        }
        let Some(parent) = self.layer(layer).parent else {
            return false;
        };
        let visible = self.masking(layer, parent, node) == Governing::Entry(place);
        if visible {
            let cell = self.cell_mut(layer, node);
            match mark {
                Mark::Masked => {
                    cell.masked = true;
                    self.masked += 1;
                }
                Mark::Unsettled => cell.unsettled = true,
            }
        }
        visible
    }

    /// Whether the node may answer otherwise here than in the parent.
    fn should_mask(&self, layer: LayerIx, node: NodeIx) -> bool {
        let state = self.layer(layer);
        let Some(parent) = state.parent else {
            return false;
        };
        if state.is_tweaked(node) {
            return true;
        }
        let Governing::Entry(place) = self.masking(layer, parent, node) else {
            return false;
        };
        self.cell(place, node).is_some_and(|cell| {
            cell.dependencies()
                .iter()
                .any(|dependency| state.is_masked(dependency.node))
        })
    }

    /// Masks the node, or masks it no more, as its dependencies say, and what depends on it.
    /// New knowledge of dependencies changes no answer: own entries stay as they are.
    pub(super) fn refresh_mask(&mut self, layer: LayerIx, node: NodeIx) {
        let state = self.layer(layer);
        if state.parent.is_none() || state.is_tweaked(node) {
            return;
        }
        let masked = state.is_masked(node);
        match self.should_mask(layer, node) {
            true if !masked => {
                self.cell_mut(layer, node).masked = true;
                self.walk(layer, vec![node], Some(Mark::Masked), Own::Leave);
            }
            false if masked => self.remask(layer, node),
            _ => {}
        }
    }

    /// What `node` depends on, as seen from `layer`, may be another entry now:
    /// its marks in the children follow.
    pub(super) fn governing_changed(&mut self, layer: LayerIx, node: NodeIx) {
        for place in 0..self.layer(layer).children.len() {
            let child = self.layer(layer).children[place];
            if self.layer(child).is_tweaked(node) {
                continue;
            }
            self.refresh_mask(child, node);
            if !self.layer(child).state(node).is_settled() {
                self.governing_changed(child, node);
            }
        }
    }

    /// Decides anew which nodes are masked among `node` and what is masked above it.
    pub(super) fn remask(&mut self, layer: LayerIx, node: NodeIx) {
        if self.layer(layer).parent.is_none() {
            return;
        }
        let mut order = vec![node];
        let mut within: HashSet<NodeIx, foldhash::fast::RandomState> =
            order.iter().copied().collect();
        let mut dependants = Vec::new();
        let mut next = 0;
        while let Some(node) = order.get(next).copied() {
            next += 1;
            self.list_all_dependants(layer, node, &mut dependants);
            for dependant in dependants.drain(..) {
                let masked = self.cell(layer, dependant).is_some_and(|cell| cell.masked);
                if masked && within.insert(dependant) {
                    order.push(dependant);
                }
            }
        }
        for node in &order {
            if let Some(cell) = self.layer_mut(layer).cells.get_mut(node) {
                cell.masked = false;
            }
        }
        let mut pending = order.clone();
        while let Some(node) = pending.pop() {
            let masked = self.cell(layer, node).is_some_and(|cell| cell.masked);
            if masked || !self.should_mask(layer, node) {
                continue;
            }
            self.cell_mut(layer, node).masked = true;
            self.list_all_dependants(layer, node, &mut dependants);
            pending.extend(dependants.drain(..).filter(|node| within.contains(node)));
        }
        for node in order {
            self.retain_node(node);
            self.prune(layer, node);
            if !self.layer(layer).is_masked(node) {
                // What lies above shows through again.
                self.governing_changed(layer, node);
            }
            self.release_node(node);
        }
    }

    pub(super) fn list_all_dependants(&self, layer: LayerIx, node: NodeIx, list: &mut Vec<NodeIx>) {
        let mut at = Some(layer);
        while let Some(place) = at {
            self.list_dependants(place, node, list);
            at = self.layer(place).parent;
        }
    }

    /// Carries a change on into the living children: beneath their own tweaks, what it
    /// reached in `layer` is changed in them too. `targets` are the nodes that were tweaked,
    /// untweaked or invalidated themselves; `broken` if their entries may not be adopted.
    pub(super) fn spread(
        &mut self,
        layer: LayerIx,
        targets: &[NodeIx],
        reached: &[NodeIx],
        broken: bool,
    ) {
        self.settle_change(layer, reached);
        for place in 0..self.layer(layer).children.len() {
            let child = self.layer(layer).children[place];
            let open = |graph: &Graph, node: &NodeIx| !graph.layer(child).is_tweaked(*node);
            let seeds: Vec<NodeIx> = reached
                .iter()
                .copied()
                .filter(|node| open(self, node))
                .collect();
            let targets: Vec<NodeIx> = targets
                .iter()
                .copied()
                .filter(|node| open(self, node))
                .collect();
            for target in &targets {
                self.suspect(child, *target, broken);
            }
            let reached = self.walk(child, seeds, None, Own::Suspect);
            self.spread(child, &targets, &reached, broken);
        }
    }

    /// Withdraws cached answers of the layer, and results that are being computed from what was reached.
    fn settle_change(&mut self, layer: LayerIx, reached: &[NodeIx]) {
        let change = self.change;
        let state = self.layer_mut(layer);
        state.raise_epoch();
        if !state.running.is_empty() {
            state
                .touched
                .extend(reached.iter().map(|node| (*node, change)));
        }
    }

    /// As after a change that reached nothing.
    pub(super) fn raise_epochs(&mut self, layer: LayerIx) {
        self.spread(layer, &[], &[], false);
    }

    /// Own entries of the layer, whatever they are worth.
    pub(super) fn own_entries(&self, layer: LayerIx) -> Vec<NodeIx> {
        let cells = &self.layer(layer).cells;
        cells
            .iter()
            .filter(|(_, cell)| cell.state != State::Absent)
            .map(|(node, _)| *node)
            .collect()
    }
}
