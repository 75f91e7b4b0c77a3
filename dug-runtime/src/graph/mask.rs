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

/// Which own entries a walk makes suspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// All that depend on what it reaches: answers may have changed.
    Suspect,
    /// Those that depend on what cannot be answered as it stands: no answer has changed, but
    /// changes would not get through to them from there.
    Unanswered,
}

/// What a walk carries on into the children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spread {
    /// Answers may have changed.
    Change,
    /// And the own entries of the targets may not be adopted.
    Invalidation,
    /// No answer has changed; see [`Own::Unanswered`].
    Doubt,
}

/// Calls `f`, one layer further in, with enough stack: layers nest to any depth.
fn deeper<R>(f: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(64 << 10, 1 << 20, f)
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
            if own == Own::Suspect || self.answer(layer, node).is_none() {
                self.list_dependants(layer, node, &mut dependants);
                for dependant in dependants.drain(..) {
                    let goes_on = match own {
                        Own::Suspect => self.change_reaches(layer, dependant, node),
                        Own::Unanswered => self.doubt_reaches(layer, dependant, node),
                    };
                    if goes_on {
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

    /// Nobody answers `from` as it stands, on which the own entry of `node` may rest.
    fn doubt_reaches(&mut self, layer: LayerIx, node: NodeIx, from: NodeIx) -> bool {
        let rests = self
            .cell(layer, node)
            .is_some_and(|cell| cell.rests_on(from));
        rests && self.suspect(layer, node, false) && !self.layer(layer).is_tweaked(node)
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
    pub(super) fn refresh_mask(&mut self, layer: LayerIx, node: NodeIx) {
        let state = self.layer(layer);
        if state.parent.is_none() || state.is_tweaked(node) {
            return;
        }
        let masked = state.is_masked(node);
        match self.should_mask(layer, node) {
            true if !masked => {
                self.cell_mut(layer, node).masked = true;
                let reached = self.walk(layer, vec![node], Some(Mark::Masked), Own::Unanswered);
                self.spread(layer, &[], &reached, Spread::Doubt);
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
            deeper(|| self.refresh_mask(child, node));
            if !self.layer(child).state(node).is_settled() {
                deeper(|| self.governing_changed(child, node));
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

    /// Carries a walk on into the living children: beneath their own tweaks, what it reached in
    /// `layer` is reached in them too. `targets` are the nodes that were tweaked, untweaked or
    /// invalidated themselves.
    pub(super) fn spread(
        &mut self,
        layer: LayerIx,
        targets: &[NodeIx],
        reached: &[NodeIx],
        what: Spread,
    ) {
        if what != Spread::Doubt {
            self.withdraw(layer, reached);
        }
        for place in 0..self.layer(layer).children.len() {
            let child = self.layer(layer).children[place];
            let open = |graph: &Graph, nodes: &[NodeIx]| -> Vec<NodeIx> {
                let state = graph.layer(child);
                let open = nodes.iter().filter(|node| !state.is_tweaked(**node));
                open.copied().collect()
            };
            let (seeds, targets) = (open(self, reached), open(self, targets));
            for target in &targets {
                self.suspect(child, *target, what == Spread::Invalidation);
            }
            let own = match what {
                Spread::Doubt => Own::Unanswered,
                Spread::Change | Spread::Invalidation => Own::Suspect,
            };
            let reached = self.walk(child, seeds, None, own);
            deeper(|| self.spread(child, &targets, &reached, what));
        }
    }

    /// Withdraws remembered answers of the layer, and results that are being computed from what was reached.
    fn withdraw(&mut self, layer: LayerIx, reached: &[NodeIx]) {
        let change = self.change;
        let state = self.layer_mut(layer);
        state.raise_epoch();
        if !state.running.is_empty() {
            state
                .touched
                .extend(reached.iter().map(|node| (*node, change)));
        }
    }

    /// The value of the own entry is gone: no answer has changed, but what is being computed
    /// may name the value, and threads may remember it.
    pub(super) fn unloaded(&mut self, layer: LayerIx, node: NodeIx) {
        self.change += 1;
        let mut pending = vec![layer];
        while let Some(layer) = pending.pop() {
            self.withdraw(layer, &[node]);
            pending.extend(&self.layer(layer).children);
        }
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
