//! What changes the answers of a layer: tweaks come and go, entries are
//! invalidated, cleared and unloaded.

use super::mask::{Mark, Own, Spread};
use super::{Content, Graph, LayerIx, NodeIx, State, ValueIx};

impl Graph {
    /// Answers `node` with `value` from now on. Takes over the caller's reference
    /// to `value`. Returns how many nodes were masked.
    pub(crate) fn tweak(&mut self, layer: LayerIx, node: NodeIx, value: ValueIx) -> u64 {
        let masked = self.masked;
        self.change += 1;
        self.values.hold(value);
        let old = self.cell_mut(layer, node).tweak.replace(value);
        let state = self.layer_mut(layer);
        state.ever_tweaked = true;
        state.tweaks += usize::from(old.is_none());
        self.drop_tweak_value(old);
        self.suspect(layer, node, false);
        let reached = self.walk(layer, vec![node], Some(Mark::Masked), Own::Suspect);
        self.spread(layer, &[node], &reached, Spread::Change);
        self.governing_changed(layer, node);
        self.masked - masked
    }

    /// Takes the tweak of `node` back, if there is one.
    pub(crate) fn untweak(&mut self, layer: LayerIx, node: NodeIx) {
        let state = self.layer_mut(layer);
        let Some(old) = state
            .cells
            .get_mut(&node)
            .and_then(|cell| cell.tweak.take())
        else {
            return;
        };
        state.tweaks -= 1;
        self.change += 1;
        self.retain_node(node);
        self.drop_tweak_value(Some(old));
        let reached = self.walk(layer, vec![node], None, Own::Suspect);
        self.spread(layer, &[node], &reached, Spread::Change);
        self.remask(layer, node);
        self.governing_changed(layer, node);
        self.prune(layer, node);
        self.release_node(node);
    }

    fn drop_tweak_value(&mut self, old: Option<ValueIx>) {
        if let Some(old) = old {
            self.values.unhold(old);
            self.release_value(old);
        }
    }

    /// Forbids to answer `node` here from what was kept, until its body has run.
    pub(crate) fn invalidate(&mut self, layer: LayerIx, node: NodeIx) {
        self.change += 1;
        self.cell_mut(layer, node).forbidden = true;
        self.suspect(layer, node, true);
        let reached = self.walk(layer, vec![node], Some(Mark::Unsettled), Own::Suspect);
        self.spread(layer, &[node], &reached, Spread::Invalidation);
    }

    /// Frees all own entries; tweaks stay.
    pub(crate) fn clear(&mut self, layer: LayerIx) {
        self.change += 1;
        let entries = self.own_entries(layer);
        let known: Vec<NodeIx> = self.layer(layer).cells.keys().copied().collect();
        for node in &known {
            self.retain_node(*node);
        }
        for node in &entries {
            self.drop_entry(layer, *node);
        }
        for node in &known {
            if let Some(cell) = self.layer_mut(layer).cells.get_mut(node) {
                cell.masked = false;
            }
            self.prune(layer, *node);
        }
        let tweaked = self.tweaked(layer);
        self.walk(layer, tweaked, Some(Mark::Masked), Own::Unanswered);
        self.spread(layer, &[], &entries, Spread::Change);
        for node in known {
            self.governing_changed(layer, node);
            self.release_node(node);
        }
    }

    fn tweaked(&self, layer: LayerIx) -> Vec<NodeIx> {
        let cells = &self.layer(layer).cells;
        cells
            .iter()
            .filter(|(_, cell)| cell.tweak.is_some())
            .map(|(node, _)| *node)
            .collect()
    }

    /// Frees the value of the own entry; `left` is what remains of it for comparisons.
    pub(crate) fn unload(&mut self, layer: LayerIx, node: NodeIx, left: Content) {
        let Some(cell) = self.layer_mut(layer).cells.get_mut(&node) else {
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
            self.garbage.push(content);
        }
        self.unloaded(layer, node);
    }
}
