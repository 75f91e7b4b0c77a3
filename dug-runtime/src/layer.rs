//! A living layer: a context entered under a parent.

use crate::context::Context;
use crate::graph::LayerIx;
use crate::tree::{Locked, Tree};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Keeps a layer alive; dropping the last handle frees what the layer holds.
pub(crate) struct Layer {
    tree: Arc<Tree>,
    pub(crate) ix: LayerIx,
    /// Unique in the process.
    pub(crate) uid: u64,
    epoch: Arc<AtomicU64>,
    parent: Option<Arc<Layer>>,
    pub(crate) context: Context,
    /// How many layers up to this one were opened by running functions, without a gap.
    pub(crate) depth_in_runs: u32,
}

impl Layer {
    /// A new layer; `in_run` if a running function opens it.
    pub(crate) fn new(context: Context, parent: Option<Arc<Layer>>, in_run: bool) -> Arc<Layer> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let tree = parent
            .as_ref()
            .map_or_else(Arc::default, |parent| Arc::clone(&parent.tree));
        let epoch = Arc::new(AtomicU64::new(0));
        let parent_ix = parent.as_ref().map(|parent| parent.ix);
        let ix = tree.lock().add_layer(parent_ix, in_run, Arc::clone(&epoch));
        let depth_above = parent.as_ref().map_or(0, |parent| parent.depth_in_runs);
        Arc::new(Layer {
            tree,
            ix,
            uid: NEXT.fetch_add(1, Ordering::Relaxed),
            epoch,
            parent,
            context,
            depth_in_runs: if in_run { depth_above + 1 } else { 0 },
        })
    }

    pub(crate) fn lock(&self) -> Locked<'_> {
        self.tree.lock()
    }

    /// Rises whenever an answer of this layer may have been withdrawn.
    #[inline]
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    pub(crate) fn parent(&self) -> Option<&Arc<Layer>> {
        self.parent.as_ref()
    }

    /// Whether this is `inner`, or one that it lies in.
    pub(crate) fn is_at_or_above(&self, inner: &Layer) -> bool {
        let mut at = Some(inner);
        while let Some(layer) = at {
            if layer.uid == self.uid {
                return true;
            }
            at = layer.parent.as_deref();
        }
        false
    }

    /// Distinguishes trees.
    pub(crate) fn tree_address(&self) -> usize {
        Arc::as_ptr(&self.tree).addr()
    }
}

impl Drop for Layer {
    fn drop(&mut self) {
        let mut graph = self.tree.lock();
        let mut whole = None;
        if self.parent.is_some() {
            graph.remove_layer(self.ix);
        } else {
            // Nothing else of the tree is left: there is no need to give things back one by one.
            whole = Some(std::mem::take(&mut *graph));
        }
        // Values are dropped without the lock: drops are user code.
        drop(graph);
        drop(whole);
        // One after the other: a long line of parents must not become a deep recursion.
        let mut above = self.parent.take();
        while let Some(layer) = above {
            above = Arc::into_inner(layer).and_then(|mut layer| layer.parent.take());
        }
    }
}
