//! What threads see of a layer without the lock of its tree.

use super::NodeIx;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// So many bits say of which nodes a layer may know something.
const BITS: u32 = 12;

/// Whether answers of a layer stand, and which may be its own. What each hit reads lies apart from what others write.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Surface {
    /// Another one, which no layer has had before, whenever an answer may have been withdrawn.
    epoch: AtomicU64,
    parent: Option<Arc<Surface>>,
    /// Whether it is the layer of a scenario, or lies in one.
    pub(crate) is_in_scenario: bool,
    /// A filter after Bloom, of one bit for each node: those that may be answered otherwise than in the
    /// parent. Bits are never taken back.
    own: Filter,
}

#[derive(Debug)]
#[repr(align(64))]
struct Filter([AtomicU64; 1 << (BITS - u64::BITS.ilog2())]);

impl Surface {
    /// Of a new layer.
    pub(crate) fn new(parent: Option<Arc<Surface>>, is_in_scenario: bool) -> Self {
        Surface {
            epoch: AtomicU64::new(new_epoch()),
            parent,
            is_in_scenario,
            own: Filter([const { AtomicU64::new(0) }; _]),
        }
    }

    /// That of the layer around.
    #[inline]
    pub(crate) fn parent(&self) -> Option<&Surface> {
        self.parent.as_deref()
    }

    #[inline]
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Answers may have been withdrawn.
    pub(super) fn withdraw(&self) {
        self.epoch.store(new_epoch(), Ordering::Release);
    }

    /// From now on every answer has to be looked for under the lock.
    pub(crate) fn set_opaque(&self) {
        for own in &self.own.0 {
            own.store(u64::MAX, Ordering::Release);
        }
    }

    /// From now on the node may be answered otherwise than in the parent.
    #[inline]
    pub(super) fn own(&self, node: NodeIx) {
        let (word, bit) = place(node);
        let own = &self.own.0[word];
        // All who write hold the lock of the tree.
        own.store(own.load(Ordering::Relaxed) | bit, Ordering::Release);
    }

    /// Whether the node is answered as in the parent, for certain.
    #[inline]
    pub(crate) fn lets_through(&self, node: NodeIx) -> bool {
        let (word, bit) = place(node);
        self.own.0[word].load(Ordering::Acquire) & bit == 0
    }
}

impl Drop for Surface {
    fn drop(&mut self) {
        // One after the other: a long line of parents must not become a deep recursion.
        let mut around = self.parent.take();
        while let Some(surface) = around {
            around = Arc::into_inner(surface).and_then(|mut surface| surface.parent.take());
        }
    }
}

#[inline]
fn place(node: NodeIx) -> (usize, u64) {
    // Nodes that are next to one another have bits of their own.
    let bit = node.0 & ((1 << BITS) - 1);
    ((bit / u64::BITS) as usize, 1 << (bit % u64::BITS))
}

fn new_epoch() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
