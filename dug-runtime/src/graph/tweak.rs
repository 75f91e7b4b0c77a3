//! What changes the answers of a layer: tweaks come and go, entries are
//! invalidated, cleared and unloaded.

use super::mask::{Mark, Own, Spread};
use super::rules::Rule;
use super::{Content, Garbage, Graph, LayerIx, NodeIx, Ruling, State, UNKNOWN, ValueIx, narrow};
use crate::function::Definition;
use crate::id::Snapshot;
use crate::stamp::Stamp;
use crate::tweak::{Action, Selector, Wide};
use crate::value::Value;
use std::sync::Arc;

impl Graph {
    /// What a tweak of these nodes makes of them, for this tree.
    pub(crate) fn ruling_of(&mut self, action: &Action, selector: &Selector) -> Ruling {
        match action.value() {
            Some(value) => {
                let function = selector.function();
                let in_memory = selector.encode_result().is_none() && function.is_some();
                let stamp = in_memory.then(|| Arc::new(Stamp::passing()));
                let content = Content::Held(Value::clone(value));
                Ruling::Value(self.values.insert_content(content, function, stamp))
            }
            None => {
                self.relatives += 1;
                let action = self.actions.insert(action.clone());
                Ruling::Relative(super::ActionIx(narrow(action)))
            }
        }
    }

    fn hold_ruling(&mut self, ruling: Ruling) {
        if let Ruling::Value(value) = ruling {
            self.values.hold(value);
        }
    }

    /// Tweaks one node from now on. Takes over the caller's reference to the
    /// value. Returns how many nodes were masked.
    pub(crate) fn tweak(&mut self, layer: LayerIx, node: NodeIx, ruling: Ruling) -> u64 {
        let masked = self.masked;
        self.hold_ruling(ruling);
        let binds = self.binds(layer, node);
        if binds {
            self.bind(layer, node, ruling);
        }
        let old = self.cell_mut(layer, node).replace_tweak(Some(ruling));
        let item = self.nodes.function(node).item();
        let state = self.layer_mut(layer);
        state.ever_tweaked = true;
        if old.is_none() {
            state.tweaks += 1;
            if !binds {
                state.count_tweak(item);
            }
        }
        if let Some(old) = old {
            self.release_ruling(old);
        }
        self.tweaked(layer, item, &[node]);
        self.masked - masked
    }

    /// Takes the tweak of one node back, if there is one.
    pub(crate) fn untweak(&mut self, layer: LayerIx, node: NodeIx) {
        let item = self.nodes.function(node).item();
        let binds = self.binds(layer, node);
        let state = self.layer_mut(layer);
        let cell = state.cells.get_mut(node);
        let Some(old) = cell.and_then(|cell| cell.replace_tweak(None)) else {
            return;
        };
        state.tweaks -= 1;
        match binds {
            true => self.note_changed_input(item),
            false => state.uncount_tweak(item),
        }
        self.release_ruling(old);
        self.retain_node(node);
        self.untweaked(layer, item, &[node]);
        self.release_node(node);
    }

    /// Tweaks many nodes from now on, those that are asked for later too. What was to be found
    /// out about the known ones is found out. Returns how many nodes were masked.
    pub(crate) fn tweak_wide(&mut self, layer: LayerIx, wide: Wide, ruling: Ruling) -> u64 {
        let masked = self.masked;
        self.hold_ruling(ruling);
        self.want(&wide);
        self.rules += 1;
        let item = wide.item();
        let state = self.layer_mut(layer);
        state.ever_tweaked = true;
        state.tweaks += 1;
        state.add_rule(Rule { wide, ruling });
        let ruled = self.ruled(layer, item, ruling);
        self.tweaked(layer, item, &ruled);
        self.release_nodes(ruled);
        self.masked - masked
    }

    /// Takes the tweaks of many nodes back for which `goes` says so.
    pub(crate) fn untweak_wide(&mut self, layer: LayerIx, goes: impl Fn(&Wide) -> bool) {
        let rules = self.layer(layer).rules.iter().flat_map(|(_, rules)| rules);
        let going = rules.filter(|rule| goes(&rule.wide));
        let going: Vec<_> = going.map(|rule| (rule.wide.item(), rule.ruling)).collect();
        for (item, ruling) in going {
            self.untweak_rule(layer, item, ruling);
        }
    }

    fn untweak_rule(&mut self, layer: LayerIx, item: &'static Definition, ruling: Ruling) {
        let ruled = self.ruled(layer, item, ruling);
        let state = self.layer_mut(layer);
        state.tweaks -= 1;
        if let Some(rule) = state.take_rule(ruling) {
            self.rules -= 1;
            self.unwant(&rule.wide);
            self.garbage.push(Garbage::Rule(rule.wide));
        }
        self.release_ruling(ruling);
        self.untweaked(layer, item, &ruled);
        self.release_nodes(ruled);
    }

    /// The known nodes in whose line of tweaks this ruling of the layer is. The caller holds them.
    fn ruled(&mut self, layer: LayerIx, item: &'static Definition, ruling: Ruling) -> Vec<NodeIx> {
        let mut ruled = self.nodes.of_item(item);
        ruled.retain(|node| {
            let mut rulings = self.rulings(layer, *node);
            let first = rulings.find(|other| {
                *other == ruling || matches!(other, Ruling::Value(_) | Ruling::Failed)
            });
            first.is_some_and(|first| first == ruling || first == Ruling::Failed)
        });
        for node in &ruled {
            self.retain_node(*node);
        }
        ruled
    }

    pub(crate) fn release_nodes(&mut self, nodes: Vec<NodeIx>) {
        for node in nodes {
            self.release_node(node);
        }
    }

    /// There are new tweaks of these nodes.
    fn tweaked(&mut self, layer: LayerIx, item: &'static Definition, nodes: &[NodeIx]) {
        self.change += 1;
        for node in nodes {
            self.follow_line(layer, *node);
            self.suspect(layer, *node, false);
        }
        let seeds = self.with_any_of(item, nodes);
        let reached = self.walk(layer, seeds, Some(Mark::Masked), Own::Suspect);
        self.spread(layer, nodes, &reached, Spread::Change);
        for node in nodes {
            self.governing_changed(layer, *node);
        }
    }

    /// The nodes of the item, and what stands for all of them, if some entry depends on that.
    fn with_any_of(&self, item: &'static Definition, nodes: &[NodeIx]) -> Vec<NodeIx> {
        nodes.iter().copied().chain(self.anys_of(item)).collect()
    }

    /// What stands for all nodes of the item, and for those of items that nobody knew, if some entry depends on it.
    fn anys_of(&self, item: &'static Definition) -> impl Iterator<Item = NodeIx> {
        let items = [item, &UNKNOWN];
        items
            .into_iter()
            .filter_map(|item| self.nodes.known_any_of(item))
    }

    /// Tweaks of these nodes have gone.
    fn untweaked(&mut self, layer: LayerIx, item: &'static Definition, nodes: &[NodeIx]) {
        self.change += 1;
        for node in nodes {
            self.follow_line(layer, *node);
        }
        let seeds = self.with_any_of(item, nodes);
        let reached = self.walk(layer, seeds, None, Own::Suspect);
        self.spread(layer, nodes, &reached, Spread::Change);
        let bare = nodes.iter().filter(|node| !self.is_tweaked(layer, **node));
        let mut bare: Vec<NodeIx> = bare.copied().collect();
        for node in &bare {
            if let Some(cell) = self.layer_mut(layer).cells.get_mut(*node) {
                cell.ruled = false;
            }
        }
        bare.extend(nodes.iter().filter_map(|node| self.nodes.known_twin(*node)));
        bare.extend(
            self.anys_of(item)
                .filter(|any| !self.is_tweaked(layer, *any)),
        );
        // All at once: one of them may be masked by another.
        self.remask(layer, bare);
        for node in nodes {
            self.governing_changed(layer, *node);
            self.prune(layer, *node);
        }
    }

    /// The line of the node's tweaks has changed here, or further out. What relative tweaks have
    /// made goes; the own entry of the body is the twin's while there are any, else the node's.
    pub(super) fn follow_line(&mut self, layer: LayerIx, node: NodeIx) {
        let twin = self.nodes.known_twin(node);
        let was = self.cell(layer, node).is_some_and(|cell| cell.computed)
            || twin
                .and_then(|twin| self.cell(layer, twin))
                .is_some_and(|cell| cell.state != State::Absent || cell.forbidden);
        let is = self.is_computed(layer, node);
        if !was && !is {
            return;
        }
        let twin = self.nodes.twin(node);
        if was {
            self.drop_entry(layer, node);
        }
        match (was, is) {
            (false, true) => self.move_entry(layer, node, twin),
            (true, false) => {
                self.move_entry(layer, twin, node);
                if self.is_tweaked_around(layer, node) {
                    // A value answers now; beneath it the entry waits.
                    self.suspect(layer, node, false);
                }
                if self.has_mask(layer, twin) {
                    // Nothing here is said of the twin any more, on which others may depend.
                    self.remask(layer, vec![twin]);
                }
            }
            _ => {}
        }
        if let Some(cell) = self.layer_mut(layer).cells.get_mut(node) {
            cell.computed = is;
        }
        self.release_node(twin);
    }

    /// The value that an input was taken to have without being read, held.
    pub(crate) fn input_before(&mut self, layer: LayerIx, node: NodeIx) -> Option<ValueIx> {
        if !self.nodes.function(node).is_input() {
            return None;
        }
        let cell = self.cell(layer, node)?;
        let value = cell.value.filter(|_| cell.state == State::Unloaded)?;
        self.values.retain(value);
        Some(value)
    }

    /// An input gives something else than what was seen of it before.
    pub(crate) fn input_changed(&mut self, layer: LayerIx, node: NodeIx) {
        self.change += 1;
        let item = self.nodes.function(node).item();
        self.note_changed_input(item);
        let seeds = self.with_any_of(item, &[node]);
        let reached = self.walk(layer, seeds, None, Own::Suspect);
        self.spread(layer, &[], &reached, Spread::Change);
    }

    /// Forgets what the layer has read of the world: it is read again when it is asked for.
    pub(crate) fn refresh(&mut self, layer: LayerIx) {
        self.refresh_those(layer, |_| true);
    }

    /// Forgets what the layer has read of these inputs.
    pub(crate) fn refresh_those(&mut self, layer: LayerIx, wanted: impl Fn(&Snapshot) -> bool) {
        self.known_sets.forget();
        let mut inputs = self.own_entries(layer);
        inputs.retain(|node| {
            self.nodes.function(*node).is_input() && wanted(&self.nodes.snapshot(*node))
        });
        for node in &inputs {
            self.retain_node(*node);
        }
        for node in &inputs {
            self.drop_entry(layer, *node);
            self.input_changed(layer, *node);
            self.governing_changed(layer, *node);
        }
        self.release_nodes(inputs);
    }

    /// Forbids to answer `node` here from what was kept, until its body has run.
    pub(crate) fn invalidate(&mut self, layer: LayerIx, node: NodeIx) {
        self.change += 1;
        let body = self.body(layer, node);
        // What the parent makes of it by relative tweaks must be checked first, too.
        let changed: &[NodeIx] = match body == node {
            true => &[node],
            false => &[body, node],
        };
        for node in changed {
            self.cell_mut(layer, *node).unsettled = true;
        }
        self.cell_mut(layer, body).forbidden = true;
        self.suspect(layer, body, true);
        let item = self.nodes.function(node).item();
        self.layer_mut(layer).invalidates(item);
        let seeds = self.with_any_of(item, changed);
        let reached = self.walk(layer, seeds, Some(Mark::Unsettled), Own::Suspect);
        self.spread(layer, &[node], &reached, Spread::Invalidation);
        self.invalidate_asleep(layer, node);
        self.release_node(body);
    }

    /// The node, or its twin, whose entries in the layer are those of the body. The caller holds it.
    pub(super) fn body(&mut self, layer: LayerIx, node: NodeIx) -> NodeIx {
        if self.is_computed(layer, node) {
            return self.nodes.twin(node);
        }
        self.retain_node(node);
        node
    }

    /// The node whose entry in the layer a body's result is, that `node` has run: the node itself
    /// where no tweak is in force.
    pub(crate) fn body_owner(&self, layer: LayerIx, node: NodeIx) -> NodeIx {
        let original = self.nodes.original(node);
        match original != node && self.is_tweaked_around(layer, original) {
            true => node,
            false => original,
        }
    }

    /// Frees all own entries; tweaks stay.
    pub(crate) fn clear(&mut self, layer: LayerIx) {
        self.remove_sleepers(layer);
        self.free_entries(layer);
    }

    /// Frees all own entries but those of inputs; what sleeps below stays.
    pub(super) fn free_entries(&mut self, layer: LayerIx) {
        self.change += 1;
        let mut entries = self.own_entries(layer);
        // What was read of the world stays as it was read, until it is refreshed.
        entries.retain(|node| !self.nodes.function(*node).is_input());
        let cells = self.layer(layer).cells.iter();
        let known: Vec<NodeIx> = cells.map(|(node, _)| node).collect();
        for node in &known {
            self.retain_node(*node);
        }
        for node in &entries {
            self.drop_entry(layer, *node);
        }
        for node in &known {
            if let Some(cell) = self.layer_mut(layer).cells.get_mut(*node) {
                cell.masked = false;
                if std::mem::take(&mut cell.ruled) {
                    entries.push(*node);
                }
            }
            self.prune(layer, *node);
        }
        let tweaked = self.tweaked_nodes(layer);
        self.walk(layer, tweaked, Some(Mark::Masked), Own::Unanswered);
        self.spread(layer, &[], &entries, Spread::Change);
        for node in known {
            self.governing_changed(layer, node);
            self.release_node(node);
        }
    }

    /// The known nodes that the layer tweaks.
    pub(super) fn tweaked_nodes(&self, layer: LayerIx) -> Vec<NodeIx> {
        let state = self.layer(layer);
        let own = state
            .cells
            .iter()
            .filter(|(_, cell)| cell.tweak().is_some());
        let mut nodes: Vec<NodeIx> = own.map(|(node, _)| node).collect();
        let any = self.nodes.all_any_of();
        nodes.extend(
            any.filter(|(item, _)| state.tweaks_any_of(item))
                .map(|(_, any)| any),
        );
        for (item, rules) in &state.rules {
            let known = self.nodes.of_item(item).into_iter();
            nodes.extend(
                known.filter(|node| rules.iter().any(|rule| self.is_about(&rule.wide, *node))),
            );
        }
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// Frees the value of the own entry; `left` is what remains of it for comparisons.
    pub(crate) fn unload(&mut self, layer: LayerIx, node: NodeIx, left: Content) {
        let Some(cell) = self.layer_mut(layer).cells.get_mut(node) else {
            return;
        };
        let Some(value) = cell.value else { return };
        match cell.state {
            State::Absent | State::Unloaded => return,
            State::Valid => cell.state = State::Unloaded,
            State::Suspect | State::Broken => {
                self.retain_node(node);
                self.drop_entry(layer, node);
                self.unloaded(layer, node);
                self.release_node(node);
                return;
            }
        }
        if self.values.unhold(value)
            && let Content::Held(content) = self.values.unload(value, left)
        {
            self.garbage.push(Garbage::Value(content));
        }
        self.unloaded(layer, node);
    }

    /// The value of the entry that stands for `node` in `layer` has come back to memory.
    pub(crate) fn load(&mut self, layer: LayerIx, node: NodeIx, value: ValueIx, content: Value) {
        if !self.values.is_held(value) {
            self.values.unload(value, Content::Held(content));
        }
        let mut places = self.above(layer);
        let named = |place: &LayerIx| {
            let cell = self.cell(*place, node);
            cell.is_some_and(|cell| cell.state == State::Unloaded && cell.value == Some(value))
        };
        let place = places.find(named);
        drop(places);
        if let Some(place) = place {
            self.cell_mut(place, node).state = State::Valid;
            self.values.hold(value);
        }
    }
}
