//! Names that are bound in the outermost layer: applied as tweaks are, and known as what is read of
//! the world is. What rests on them can be proved, and they are no what-ifs.

use super::{Graph, LayerIx, NodeIx, Ruling};
use crate::function::Definition;
use crate::proof::Proof;
use crate::stamp::Stamp;
use std::sync::Arc;

impl Graph {
    /// Whether a tweak of the node in the layer is the world's answer there, and no what-if: a name that is
    /// bound where nothing is further out.
    pub(crate) fn binds(&self, layer: LayerIx, node: NodeIx) -> bool {
        self.nodes.function(node).is_named_value() && self.layer(layer).parent.is_none()
    }

    /// As of an input, it is known what the ruling gives.
    pub(super) fn bind(&mut self, layer: LayerIx, node: NodeIx, ruling: Ruling) {
        let Ruling::Value(value) = ruling else { return };
        let snapshot = self.nodes.snapshot(node);
        // Encodes what dug itself has made: its name and fingerprint.
        let given = self.values.stamp_of(value).fingerprint();
        let proof = given.map(|given| Proof::of_input(&snapshot, given));
        let stamp = Arc::new(Stamp::known(given, proof));
        self.set_stamp(value, stamp);
        let item = snapshot.function.item();
        let was_read = self.cell(layer, node).is_some() || self.nodes.known_any_of(item).is_some();
        if was_read {
            self.note_changed_input(item);
        }
    }

    pub(super) fn note_changed_input(&mut self, item: &'static Definition) {
        self.known_sets.forget();
        self.changed_inputs.insert(std::ptr::from_ref(item).addr());
    }

    /// As [`is_tweaked_around`](Self::is_tweaked_around), but for names that are bound in the outermost layer.
    pub(crate) fn is_hypothetical(&self, layer: LayerIx, node: NodeIx) -> bool {
        let mut above = self.above(layer);
        above.any(|place| self.is_tweaked(place, node) && !self.binds(place, node))
    }
}
