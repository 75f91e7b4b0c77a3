//! What is stored of a node, and whether it is right here and now. Nothing here runs a body.

use crate::decide::decide;
use crate::digest::Fingerprint;
use crate::engine;
use crate::id::{NodeId, Snapshot};
use crate::key::Key;
use crate::layer::Layer;
use crate::registry;
use crate::trace;
use crate::value::Value;
use std::cell::RefCell;
use std::sync::Arc;

/// A node apart from any call.
pub(crate) fn snapshot_of(key: &Key) -> Snapshot {
    Snapshot::new(key.function, &key.arguments, key.described().cloned())
}

/// Whether nothing that is stored of the node is right in the layer, as far as can be known without running a body.
pub(crate) fn is_stale(layer: &Layer, node: &Snapshot) -> bool {
    let mut graph = layer.lock();
    let arguments = node.arguments.as_slice();
    let text = node.text.as_ref();
    let interned = graph.nodes.hold(node.function, arguments, text);
    decide(&mut graph, interned);
    let stored = engine::stored_stamp(&mut graph, layer, interned).is_some();
    graph.release_node(interned);
    !stored
}

thread_local! {
    /// From where a guard looks at what the handles among its arguments hold: it stands nowhere.
    static GUARDED: RefCell<Option<Option<Arc<Layer>>>> = const { RefCell::new(None) };
}

/// Has `guard` tested, whose arguments may be handles on what is at hand in the layer.
pub(crate) fn guarding<R>(layer: Option<Arc<Layer>>, guard: impl FnOnce() -> R) -> R {
    /// Puts back what was there before.
    struct Restore(Option<Option<Arc<Layer>>>);

    impl Drop for Restore {
        fn drop(&mut self) {
            GUARDED.replace(self.0.take());
        }
    }

    let _restore = Restore(GUARDED.replace(Some(layer)));
    guard()
}

/// Whether a guard is tested on this thread.
pub(crate) fn is_guarding() -> bool {
    GUARDED.with_borrow(Option::is_some)
}

/// The value of the node that has this fingerprint, from the current context or its store.
pub(crate) fn find_value(id: &NodeId, fingerprint: &Fingerprint) -> Option<Value> {
    let guarded = || GUARDED.with_borrow(|layer| layer.clone().flatten());
    let layer = trace::with(|thread| thread.current_layer()).or_else(guarded)?;
    let node = Snapshot::new(registry::find(id.function())?, id.arguments(), None);
    if let Some(value) = engine::value_in_memory(&layer, &node, fingerprint) {
        return Some(value);
    }
    let store = layer.store()?;
    let records = store.records_of(&node).into_iter();
    let mut serving = records.filter(|(_, record)| record.fingerprint == *fingerprint);
    serving.find_map(|(key, _)| store.load(node.function, &key, *fingerprint))
}
