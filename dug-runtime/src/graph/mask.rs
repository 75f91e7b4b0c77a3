//! Walks over dependants: what a change reaches, what is masked, and what is masked no more.

use super::lookup::Governing;
use super::{Cell, Graph, LayerIx, NodeIx, Ruling, State};
use std::collections::HashSet;

/// What marks the nodes that may no longer be answered by the parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Masked,
    Unsettled,
}

impl Mark {
    fn is_on(self, cell: &Cell) -> bool {
        match self {
            Mark::Masked => cell.masked,
            Mark::Unsettled => cell.unsettled,
        }
    }
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
        self.list_all_dependencies(layer);
        let closings = self.closings;
        let targets = seeds.len();
        let mut reached = seeds;
        let mut dependants = Vec::new();
        let mut next = 0;
        while let Some(node) = reached.get(next).copied() {
            next += 1;
            if own == Own::Unanswered
                && let Some(cell) = self.layer_mut(layer).cells.get_mut(node)
            {
                cell.doubted = true;
            }
            if own == Own::Suspect || self.standing(layer, node).is_none() {
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
            // A change that has gone through an own entry need not be one of what answers.
            let is_marked = |mark: &Mark| {
                next <= targets || self.cell(layer, node).is_some_and(|cell| mark.is_on(cell))
            };
            let Some(mark) = mark.filter(is_marked) else {
                continue;
            };
            let mut above = Some(layer).filter(|_| self.layer(layer).parent.is_some());
            while let Some(place) = above {
                self.list_dependants(place, node, &mut dependants);
                for dependant in dependants.drain(..) {
                    // No second time through a mark, unless that has not told all that depends on the node.
                    let goes_on = self.mark(layer, dependant, place, mark)
                        || own == Own::Suspect && self.is_marked_in_doubt(layer, dependant, mark);
                    if goes_on {
                        reached.push(dependant);
                    }
                }
                above = self.layer(place).parent;
            }
        }
        if own == Own::Unanswered && self.closings != closings {
            self.close_quietly(layer);
        }
        reached
    }

    fn list_dependants(&self, layer: LayerIx, node: NodeIx, list: &mut Vec<NodeIx>) {
        if let Some(dependants) = self.layer(layer).dependants.get(node) {
            dependants.for_each(|dependant| list.push(dependant));
        }
    }

    /// Whether the node has the mark, and there was doubt, which is taken away.
    fn is_marked_in_doubt(&mut self, layer: LayerIx, node: NodeIx, mark: Mark) -> bool {
        let cell = self.layer_mut(layer).cells.get_mut(node);
        cell.is_some_and(|cell| mark.is_on(cell) && std::mem::take(&mut cell.doubted))
    }

    /// A change has reached `from`, on which the own entry of `node` depends. Tells whether it
    /// goes on from there: not through a tweak, beneath which the entry waits, nor where it has
    /// been. A doubt has not told all that depends on the node.
    fn change_reaches(&mut self, layer: LayerIx, node: NodeIx, from: NodeIx) -> bool {
        let Some(cell) = self.layer_mut(layer).cells.get_mut(node) else {
            return false;
        };
        let doubted = std::mem::take(&mut cell.doubted);
        let Some(cell) = self.cell(layer, node) else {
            return false;
        };
        let uncut = cell.is_uncut_from(from);
        let ruling = self.ruling_beside(layer, node, Some(cell));
        let hidden = matches!(ruling, Some(Ruling::Value(_)));
        (self.suspect(layer, node, uncut) || doubted) && !hidden
    }

    /// Nobody answers `from` as it stands, on which the own entry of `node` may rest.
    fn doubt_reaches(&mut self, layer: LayerIx, node: NodeIx, from: NodeIx) -> bool {
        let rests = self
            .cell(layer, node)
            .is_some_and(|cell| cell.rests_on(from));
        rests && self.suspect(layer, node, false) && !self.hides(layer, node)
    }

    /// Marks `node`, whose entry in `place` depends on something marked; if it
    /// is that entry that is visible from `layer`, and the mark is new.
    fn mark(&mut self, layer: LayerIx, node: NodeIx, place: LayerIx, mark: Mark) -> bool {
        let cell = self.cell(layer, node);
        let marked = cell.is_some_and(|cell| mark.is_on(cell));
        if marked || self.ruling_beside(layer, node, cell).is_some() {
            return false;
        }
        let Some(parent) = self.layer(layer).parent else {
            return false;
        };
        let visible = self.masking(layer, parent, node) == Governing::Entry(place);
        if visible {
            self.closings += 1;
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

    /// Whether the node is marked as masked in the layer, or tweaked there.
    pub(super) fn has_mask(&self, layer: LayerIx, node: NodeIx) -> bool {
        let cell = self.cell(layer, node);
        cell.is_some_and(|cell| cell.masked) || self.ruling_beside(layer, node, cell).is_some()
    }

    /// Whether the node may answer otherwise here than in the parent.
    fn should_mask(&self, layer: LayerIx, node: NodeIx) -> bool {
        let state = self.layer(layer);
        let Some(parent) = state.parent else {
            return false;
        };
        if self.is_tweaked(layer, node) {
            return true;
        }
        let Governing::Entry(place) = self.masking(layer, parent, node) else {
            return false;
        };
        self.cell(place, node).is_some_and(|cell| {
            cell.dependencies()
                .iter()
                .any(|dependency| self.has_mask(layer, dependency.node))
        })
    }

    /// Whether the mask of the node is as its dependencies say.
    pub(super) fn is_masked_as_it_should(&self, layer: LayerIx, node: NodeIx) -> bool {
        self.is_tweaked(layer, node) || self.has_mask(layer, node) == self.should_mask(layer, node)
    }

    /// Whether the node was invalidated in the layer, or rests on what was.
    pub(super) fn is_unsettled(&self, layer: LayerIx, node: NodeIx) -> bool {
        let all = self.nodes.stands_for(node);
        all.is_some_and(|item| self.layer(layer).has_invalidated_any_of(item))
            || self.cell(layer, node).is_some_and(|cell| cell.unsettled)
    }

    /// Whether the parent's entry of the node rests on what was invalidated here.
    fn should_unsettle(&self, layer: LayerIx, node: NodeIx) -> bool {
        let Some(parent) = self.layer(layer).parent else {
            return false;
        };
        let Governing::Entry(place) = self.governing(parent, node) else {
            return false;
        };
        let below = self.cell(place, node).map(Cell::dependencies);
        let mut below = below.unwrap_or_default().iter();
        below.any(|dependency| self.is_unsettled(layer, dependency.node))
    }

    /// The parent's entry of the node is another one, or shows through again: it must be checked first if it
    /// rests on what was invalidated here.
    pub(super) fn unsettle(&mut self, layer: LayerIx, node: NodeIx) {
        let stands = !self.layer(layer).has_invalidated()
            || self.is_unsettled(layer, node)
            || self.is_tweaked(layer, node);
        if stands || !self.should_unsettle(layer, node) {
            return;
        }
        self.close_quietly(layer);
        self.cell_mut(layer, node).unsettled = true;
        let reached = self.walk(layer, vec![node], Some(Mark::Unsettled), Own::Unanswered);
        self.spread(layer, &[], &reached, Spread::Doubt);
    }

    /// Masks the node, or masks it no more, as its dependencies say, and what depends on it.
    pub(super) fn refresh_mask(&mut self, layer: LayerIx, node: NodeIx) {
        if self.layer(layer).parent.is_none() || self.is_tweaked(layer, node) {
            return;
        }
        self.unsettle(layer, node);
        let masked = self.has_mask(layer, node);
        match self.should_mask(layer, node) {
            true if !masked => {
                // What it has of its own answers all the same.
                if !self.layer(layer).state(node).is_settled() {
                    self.close_quietly(layer);
                }
                self.cell_mut(layer, node).masked = true;
                let reached = self.walk(layer, vec![node], Some(Mark::Masked), Own::Unanswered);
                self.spread(layer, &[], &reached, Spread::Doubt);
            }
            false if masked => self.remask(layer, vec![node]),
            _ => {}
        }
    }

    /// What `node` depends on, as seen from `layer`, may be another entry now:
    /// its marks in the children follow.
    pub(super) fn governing_changed(&mut self, layer: LayerIx, node: NodeIx) {
        for place in 0..self.layer(layer).children.len() {
            let child = self.layer(layer).children[place];
            if self.is_tweaked(child, node) {
                continue;
            }
            deeper(|| self.refresh_mask(child, node));
            if !self.layer(child).state(node).is_settled() {
                deeper(|| self.governing_changed(child, node));
            }
        }
    }

    /// Decides anew which nodes are masked among `order` and what is masked above them.
    pub(super) fn remask(&mut self, layer: LayerIx, mut order: Vec<NodeIx>) {
        if self.layer(layer).parent.is_none() {
            return;
        }
        self.list_all_dependencies(layer);
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
        let mut bare: HashSet<NodeIx, foldhash::fast::RandomState> = HashSet::default();
        for node in &order {
            let cell = self.layer_mut(layer).cells.get_mut(*node);
            if !cell.is_some_and(|cell| std::mem::take(&mut cell.masked)) {
                bare.insert(*node);
            }
        }
        let mut new = Vec::new();
        let mut pending = order.clone();
        while let Some(node) = pending.pop() {
            let masked = self.cell(layer, node).is_some_and(|cell| cell.masked);
            if masked || !self.should_mask(layer, node) {
                continue;
            }
            if !self.is_tweaked(layer, node) {
                if bare.contains(&node) {
                    self.close_quietly(layer);
                }
                self.cell_mut(layer, node).masked = true;
                new.extend(Some(node).filter(|node| bare.contains(node)));
            }
            self.list_all_dependants(layer, node, &mut dependants);
            pending.extend(dependants.drain(..).filter(|node| within.contains(node)));
        }
        for node in &order {
            self.retain_node(*node);
        }
        if !new.is_empty() {
            let reached = self.walk(layer, new, Some(Mark::Masked), Own::Unanswered);
            self.spread(layer, &[], &reached, Spread::Doubt);
        }
        for node in order {
            self.unsettle(layer, node);
            self.prune(layer, node);
            if !self.has_mask(layer, node) {
                // What lies above shows through again.
                self.governing_changed(layer, node);
            }
            self.release_node(node);
        }
    }

    /// Decides anew whether these nodes and their twins are masked, between which entries may have moved.
    fn remask_moved(&mut self, layer: LayerIx, nodes: &[NodeIx]) {
        let mut moved = Vec::new();
        for node in nodes {
            if let Some(twin) = self.nodes.known_twin(*node) {
                moved.push(twin);
                moved.extend(Some(*node).filter(|node| !self.is_tweaked(layer, *node)));
            }
        }
        if !moved.is_empty() {
            self.remask(layer, moved);
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
            let open = reached
                .iter()
                .filter(|node| !self.is_tweaked(child, **node));
            let mut seeds: Vec<NodeIx> = open.copied().collect();
            let open = targets.iter().filter(|node| !self.blocks(child, **node));
            let targets: Vec<NodeIx> = open.copied().collect();
            let mut held = Vec::new();
            for target in &targets {
                if what == Spread::Change {
                    self.follow_line(child, *target);
                    self.suspect(child, *target, false);
                    if self.is_tweaked(child, *target) {
                        seeds.push(*target);
                    }
                } else {
                    let body = self.body(child, *target);
                    self.suspect(child, body, true);
                    if body != *target {
                        seeds.push(body);
                    }
                    held.push(body);
                }
            }
            self.remask_moved(child, &targets);
            let own = match what {
                Spread::Doubt => Own::Unanswered,
                Spread::Change | Spread::Invalidation => Own::Suspect,
            };
            let reached = self.walk(child, seeds, None, own);
            deeper(|| self.spread(child, &targets, &reached, what));
            self.release_nodes(held);
        }
    }

    /// Withdraws remembered answers of the layer, and results that are being computed from what was reached.
    fn withdraw(&mut self, layer: LayerIx, reached: &[NodeIx]) {
        let change = self.change;
        let state = self.layer_mut(layer);
        state.withdraw();
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
            .map(|(node, _)| node)
            .collect()
    }
}
