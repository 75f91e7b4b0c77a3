//! Layers of a tree: coming, going, and what was asked in them.

use super::by_node::ByNode;
use super::dependants::{Dependants, Unlisted};
use super::rules::Rules;
use super::sleep::{Role, Sleeping};
use super::surface::Surface;
use super::{Cell, Garbage, Graph, LayerIx, NodeIx, Ruling, RunRef, State, UNKNOWN, narrow};
use crate::function::Definition;
use crate::graph::runs::RunIx;
use crate::tweak::Wide;
use smallvec::SmallVec;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub(crate) type Table<V> = HashMap<NodeIx, V, foldhash::fast::RandomState>;

/// What was asked inside a layer that a running function opened, at every depth.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    order: Vec<NodeIx>,
    /// For each node the depth of the layer whose tweak answered, 0 where no tweak did.
    tweaked_at: Table<u32>,
}

impl Asked {
    /// Notes one answer; tells whether the node is new.
    fn insert(&mut self, node: NodeIx, tweaked_at: u32) -> bool {
        match self.tweaked_at.entry(node) {
            std::collections::hash_map::Entry::Occupied(mut known) => {
                let least = (*known.get()).min(tweaked_at);
                known.insert(least);
                false
            }
            std::collections::hash_map::Entry::Vacant(new) => {
                new.insert(tweaked_at);
                self.order.push(node);
                true
            }
        }
    }

    /// What a function that runs at `depth` depends on: all but what was answered by tweaks deeper than that.
    pub(crate) fn outside(&self, depth: u32) -> impl Iterator<Item = NodeIx> + '_ {
        self.order
            .iter()
            .copied()
            .filter(move |node| self.tweaked_at[node] <= depth)
    }
}

/// One layer: the entries, tweaks and marks of a context under one parent.
#[derive(Debug)]
pub(crate) struct LayerState {
    pub(crate) parent: Option<LayerIx>,
    pub(crate) children: Vec<LayerIx>,
    /// 1 for the outermost layer.
    pub(crate) depth: u32,
    pub(super) cells: ByNode<Cell>,
    /// Whose own entries depend on a node that has a cell, as far as these are listed.
    pub(super) dependants: ByNode<Dependants>,
    /// The tweaks of many nodes.
    pub(super) rules: Rules,
    /// How many nodes of each item have a tweak of their own, by its address.
    pub(super) tweaked: HashMap<usize, usize, foldhash::fast::RandomState>,
    /// The items of which a node was ever invalidated here, by address.
    invalidated: HashSet<usize, foldhash::fast::RandomState>,
    /// How many tweaks are in force.
    pub(crate) tweaks: usize,
    /// Whether there ever was a tweak.
    pub(crate) ever_tweaked: bool,
    /// Whether a way to an answer was ever closed of which those who remember the answer were not told.
    pub(super) closed_quietly: bool,
    /// Nodes that are being computed in this layer.
    pub(crate) running: Table<SmallVec<[RunIx; 1]>>,
    pub(super) role: Role,
    /// The shared layer of the scenarios that are entered from here, awake or asleep.
    pub(super) shared: Option<LayerIx>,
    pub(super) sleeping: Option<Box<Sleeping>>,
    /// Of a shared layer: the runs, in layers of scenarios, of nodes that it may come to hold.
    pub(super) sought: Table<SmallVec<[RunRef; 1]>>,
    /// Of a shared layer: nodes whose result was waited for and not kept, so that nobody waits again.
    pub(super) unkept: Table<()>,
    /// Counts what the layer has come to hold, or lost.
    pub(super) learned: u64,
    /// Own entries that are to be listed among the dependants.
    pub(super) unlisted: Unlisted,
    /// The bytes of the own entries, as far as they can be seen from outside.
    pub(super) entries_size: usize,
    /// Of a layer that may sleep: nodes with new values of which only a part can be seen from outside.
    pub(super) unweighed: Vec<NodeIx>,
    /// The bytes that cannot be seen from outside, where they were found out.
    pub(super) weights: Table<usize>,
    /// While something runs here: when each node was last reached by a change.
    pub(crate) touched: Table<u64>,
    /// Of a layer that a running function opened.
    pub(crate) asked: Option<Asked>,
    /// How often answers may have been withdrawn.
    withdrawn: u64,
    pub(super) surface: Arc<Surface>,
}

impl LayerState {
    /// A node of the item is invalidated.
    pub(super) fn invalidates(&mut self, item: &'static Definition) {
        self.invalidated.insert(std::ptr::from_ref(item).addr());
    }

    /// Whether any node was ever invalidated here.
    pub(super) fn has_invalidated(&self) -> bool {
        !self.invalidated.is_empty()
    }

    /// Whether a node of the item was ever invalidated here. (One of an item that nobody knew may have been.)
    pub(super) fn has_invalidated_any_of(&self, item: &'static Definition) -> bool {
        std::ptr::eq(item, &UNKNOWN) && !self.invalidated.is_empty()
            || self.invalidated.contains(&std::ptr::from_ref(item).addr())
    }

    pub(crate) fn state(&self, node: NodeIx) -> State {
        self.cells
            .get(node)
            .map_or(State::Absent, |cell| cell.state)
    }

    /// How often answers may have been withdrawn.
    pub(super) fn withdrawn(&self) -> u64 {
        self.withdrawn
    }

    /// The surface of a layer that was woken, with another epoch than before.
    pub(crate) fn new_surface(&self) -> Arc<Surface> {
        self.surface.withdraw();
        Arc::clone(&self.surface)
    }

    /// An answer may have been withdrawn.
    pub(crate) fn withdraw(&mut self) {
        self.withdrawn += 1;
        self.surface.withdraw();
    }
}

impl Graph {
    /// A new layer; `tracks` if what is asked in it is noted, as for a running function that opens it.
    pub(crate) fn add_layer(
        &mut self,
        parent: Option<LayerIx>,
        tracks: bool,
        role: Role,
        surface: Arc<Surface>,
    ) -> LayerIx {
        let depth = parent.map_or(1, |parent| self.layer(parent).depth + 1);
        self.scenarios += usize::from(role == Role::Scenario);
        let layer = LayerIx(narrow(self.layers.insert(LayerState {
            parent,
            children: Vec::new(),
            depth,
            cells: ByNode::new(parent.is_none()),
            dependants: ByNode::new(parent.is_none()),
            rules: Rules::new(),
            tweaked: HashMap::default(),
            invalidated: HashSet::default(),
            tweaks: 0,
            ever_tweaked: false,
            closed_quietly: false,
            running: Table::default(),
            role,
            shared: None,
            sleeping: None,
            sought: Table::default(),
            unkept: Table::default(),
            learned: 0,
            unlisted: Unlisted::default(),
            entries_size: 0,
            unweighed: Vec::new(),
            weights: Table::default(),
            touched: Table::default(),
            asked: tracks.then(Asked::default),
            withdrawn: 0,
            surface,
        })));
        if let Some(parent) = parent {
            let parent = self.layer_mut(parent);
            parent.children.push(layer);
            if role == Role::Shared {
                parent.shared = Some(layer);
            }
        }
        layer
    }

    /// Frees a layer and everything that it holds. Its children are gone already.
    pub(crate) fn remove_layer(&mut self, layer: LayerIx) {
        self.remove_sleepers(layer);
        let state = self.layers.remove(layer.0 as usize);
        self.scenarios -= usize::from(state.role == Role::Scenario);
        debug_assert!(state.children.is_empty() && state.running.is_empty());
        if let Some(parent) = state.parent {
            let parent = self.layer_mut(parent);
            parent.children.retain(|sibling| *sibling != layer);
            parent.shared = parent.shared.filter(|shared| *shared != layer);
        }
        let cells = state.cells;
        cells.take_each(|node, cell| self.release_cell(node, cell));
        for (node, ()) in state.unkept {
            self.release_node(node);
        }
        let is_asleep = state.sleeping.is_some_and(|sleeping| sleeping.is_asleep());
        for rule in state.rules.into_iter().flat_map(|(_, rules)| rules) {
            self.rules -= 1;
            self.release_ruling(rule.ruling);
            // The guards of a layer that sleeps are not asked any more.
            if !(is_asleep && matches!(rule.wide, Wide::Guard { .. })) {
                self.unwant(&rule.wide);
            }
            self.garbage.push(Garbage::Rule(rule.wide));
        }
        for node in state.asked.into_iter().flat_map(|asked| asked.order) {
            self.release_node(node);
        }
    }

    /// A tweak is gone.
    pub(super) fn release_ruling(&mut self, ruling: Ruling) {
        match ruling {
            Ruling::Value(value) => {
                self.values.unhold(value);
                self.release_value(value);
            }
            Ruling::Failed => {}
            Ruling::Relative(action) => {
                let action = self.actions.remove(action.0 as usize);
                self.relatives -= 1;
                self.garbage.push(Garbage::Action(action));
            }
        }
    }

    fn release_cell(&mut self, node: NodeIx, cell: Cell) {
        if let Some(tweak) = cell.tweak() {
            self.release_ruling(tweak);
        }
        if let Some(value) = cell.value {
            if cell.state != State::Unloaded {
                self.values.unhold(value);
            }
            self.release_value(value);
        }
        if let Some(dependencies) = cell.dependencies {
            self.release_dependencies(dependencies);
        }
        self.release_node(node);
    }

    /// The cell of a node, made if need be, to be changed in any way.
    pub(crate) fn cell_mut(&mut self, layer: LayerIx, node: NodeIx) -> &mut Cell {
        self.layers[layer.0 as usize].surface.own(node);
        self.any_cell_mut(layer, node)
    }

    /// The own entry of `dependant` depends on the node.
    pub(super) fn add_dependant(&mut self, layer: LayerIx, node: NodeIx, dependant: NodeIx) {
        self.any_cell_mut(layer, node);
        let all = &mut self.layer_mut(layer).dependants;
        let of_node = all.get_or_insert_with(node, Dependants::default);
        of_node.insert(dependant);
    }

    /// The own entry of `dependant` depends on the node no longer.
    pub(super) fn remove_dependant(&mut self, layer: LayerIx, node: NodeIx, dependant: NodeIx) {
        let all = &mut self.layer_mut(layer).dependants;
        let Some(of_node) = all.get_mut(node) else {
            return;
        };
        of_node.remove(dependant);
        if of_node.is_empty() {
            all.remove(node);
        }
    }

    fn any_cell_mut(&mut self, layer: LayerIx, node: NodeIx) -> &mut Cell {
        let cells = &mut self.layers[layer.0 as usize].cells;
        let nodes = &mut self.nodes;
        cells.get_or_insert_with(node, || {
            nodes.retain(node);
            Cell::default()
        })
    }

    #[inline]
    pub(crate) fn cell(&self, layer: LayerIx, node: NodeIx) -> Option<&Cell> {
        self.layer(layer).cells.get(node)
    }

    /// Removes the cell if it says nothing, and no own entry depends on the node.
    pub(crate) fn prune(&mut self, layer: LayerIx, node: NodeIx) {
        let state = self.layer_mut(layer);
        if state.cells.get(node).is_some_and(Cell::is_empty) && state.dependants.get(node).is_none()
        {
            state.cells.remove(node);
            self.release_node(node);
        }
    }

    /// Whether there ever was a tweak in `inner`, or in a layer between it and `outer`.
    pub(crate) fn is_tweaked_between(&self, inner: LayerIx, outer: LayerIx) -> bool {
        std::iter::successors(Some(inner), |layer| self.layer(*layer).parent)
            .take_while(|layer| *layer != outer)
            .any(|layer| self.layer(layer).ever_tweaked)
    }

    /// Notes that `node` was asked for and answered in `layer`, by the tweak at that depth or by none.
    pub(crate) fn note_asked(&mut self, layer: LayerIx, node: NodeIx, tweaked_at: u32) {
        if let Some(asked) = &mut self.layer_mut(layer).asked
            && asked.insert(node, tweaked_at)
        {
            self.retain_node(node);
        }
    }

    /// Notes that `node` was asked for in `layer`, where a body may have opened it.
    #[inline]
    pub(crate) fn note_question(&mut self, layer: LayerIx, node: NodeIx) {
        if self.layer(layer).asked.is_some() {
            let valued_at = self.valued_at(layer, node);
            self.note_asked(layer, node, valued_at);
        }
    }

    /// Begins to note what is asked in a layer that no running function opened.
    pub(crate) fn begin_noting(&mut self, layer: LayerIx) {
        let state = self.layer_mut(layer);
        state.surface.set_opaque();
        state.asked.get_or_insert_default();
    }

    /// Ends that; gives the nodes that were asked for since, to be released by the caller.
    pub(crate) fn end_noting(&mut self, layer: LayerIx) -> Vec<NodeIx> {
        let asked = self.layer_mut(layer).asked.take();
        asked.map_or_else(Vec::new, |asked| asked.order)
    }

    /// Notes all that was asked in `layer` for its parent too, before `layer` goes.
    pub(crate) fn note_asked_in_parent(&mut self, layer: LayerIx) {
        let Some(parent) = self.layer(layer).parent else {
            return;
        };
        if self.layer(parent).asked.is_none() {
            return;
        }
        let depth = self.layer(layer).depth;
        let Some(asked) = &self.layer(layer).asked else {
            return;
        };
        let answers: Vec<(NodeIx, u32)> = asked
            .order
            .iter()
            .map(|node| (*node, asked.tweaked_at[node]))
            .filter(|(_, tweaked_at)| *tweaked_at < depth)
            .collect();
        for (node, tweaked_at) in answers {
            self.note_asked(parent, node, tweaked_at);
        }
    }
}
