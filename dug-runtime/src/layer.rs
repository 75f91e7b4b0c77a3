//! A living layer: a context entered under a parent.
//!
//! Layers of scenarios, and the shared layers above them, are not freed when
//! the last handle goes: they fall asleep under their parent.

use crate::context::Context;
use crate::graph::{LayerIx, Limits, NodeIx, Role, SleeperKey, Surface};
use crate::id::NodeId;
use crate::policy::Policy;
use crate::stats::{Counters, Tally};
use crate::store::Store;
use crate::tree::{Locked, Tree};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Keeps a layer alive; dropping the last handle frees what the layer holds, or lets it sleep.
pub(crate) struct Layer {
    tree: Arc<Tree>,
    pub(crate) ix: LayerIx,
    /// Unique in the process.
    pub(crate) uid: u64,
    pub(crate) surface: Arc<Surface>,
    parent: Option<Arc<Layer>>,
    pub(crate) context: Context,
    /// Of the context, or of the nearest one around that has one.
    store: Option<Store>,
    policy: Policy,
    /// Where all is counted that happens in the layer and below.
    tally: Option<Arc<Tally>>,
    /// How many layers up to this one were opened by running functions, without a gap.
    pub(crate) depth_in_runs: u32,
    /// How it is kept when it is left, unless it was changed.
    keeping: Option<Keeping>,
    changed: AtomicBool,
    /// The layers below that are shared by all who enter them.
    below: Mutex<HashMap<SleeperKey, (u64, Weak<Layer>)>>,
    left: bool,
}

/// As what a layer is kept, and within which limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keeping {
    pub(crate) key: SleeperKey,
    pub(crate) limits: Limits,
}

/// What a new layer is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purpose {
    /// A running function opens it, or what is asked in it is noted for another reason.
    pub(crate) notes_questions: bool,
    /// A running function opens it.
    pub(crate) in_run: bool,
    pub(crate) role: Role,
    pub(crate) keeping: Option<Keeping>,
}

impl Purpose {
    /// A context is entered, by a running function or by none.
    pub(crate) fn plain(in_run: bool) -> Self {
        Purpose {
            notes_questions: in_run,
            in_run,
            role: Role::Plain,
            keeping: None,
        }
    }
}

impl Layer {
    /// A new layer.
    pub(crate) fn new(
        context: Context,
        parent: Option<Arc<Layer>>,
        purpose: Purpose,
    ) -> Arc<Layer> {
        let tree = parent
            .as_ref()
            .map_or_else(Arc::default, |parent| Arc::clone(&parent.tree));
        let surface_around = parent.as_ref().map(|parent| Arc::clone(&parent.surface));
        let around = surface_around.as_ref();
        let is_in_scenario =
            purpose.role == Role::Scenario || around.is_some_and(|around| around.is_in_scenario);
        let surface = Arc::new(Surface::new(surface_around, is_in_scenario));
        if purpose.notes_questions {
            surface.set_opaque();
        }
        let parent_ix = parent.as_ref().map(|parent| parent.ix);
        let ix = tree.lock().add_layer(
            parent_ix,
            purpose.notes_questions,
            purpose.role,
            Arc::clone(&surface),
        );
        Self::around(tree, ix, surface, context, parent, purpose)
    }

    /// The sleeper that `purpose` names, awake again.
    pub(crate) fn wake(
        context: Context,
        parent: &Arc<Layer>,
        purpose: Purpose,
    ) -> Option<Arc<Layer>> {
        let keeping = purpose.keeping?;
        let mut graph = parent.lock();
        let ix = graph.wake_sleeper(parent.ix, keeping.key, keeping.limits)?;
        let surface = graph.layer(ix).new_surface();
        drop(graph);
        let (tree, parent) = (Arc::clone(&parent.tree), Some(Arc::clone(parent)));
        Some(Self::around(tree, ix, surface, context, parent, purpose))
    }

    fn around(
        tree: Arc<Tree>,
        ix: LayerIx,
        surface: Arc<Surface>,
        context: Context,
        parent: Option<Arc<Layer>>,
        purpose: Purpose,
    ) -> Arc<Layer> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let depth_above = parent.as_ref().map_or(0, |parent| parent.depth_in_runs);
        let inherited = || parent.as_ref().and_then(|parent| parent.tally.clone());
        let policy_around = parent.as_ref().map(|parent| parent.policy);
        let around = || parent.as_ref().and_then(|parent| parent.store.clone());
        Arc::new(Layer {
            policy: context.policy().or(policy_around).unwrap_or_default(),
            store: context.store().cloned().or_else(around),
            tally: context.tally().or_else(inherited),
            tree,
            ix,
            uid: NEXT.fetch_add(1, Ordering::Relaxed),
            surface,
            parent,
            context,
            depth_in_runs: if purpose.in_run { depth_above + 1 } else { 0 },
            keeping: purpose.keeping,
            changed: AtomicBool::new(false),
            below: Mutex::default(),
            left: false,
        })
    }

    /// The layer below with this key that all who enter it share; made by `make` if none is alive.
    pub(crate) fn shared_below(
        &self,
        key: SleeperKey,
        make: impl FnOnce() -> Arc<Layer>,
    ) -> Arc<Layer> {
        loop {
            let mut below = self.below();
            match below.get(&key).map(|(_, layer)| layer.upgrade()) {
                Some(Some(layer)) => return layer,
                // Its last handle goes at this moment: it is about to fall asleep.
                Some(None) => {
                    drop(below);
                    std::thread::yield_now();
                }
                None => {
                    let layer = make();
                    below.insert(key, (layer.uid, Arc::downgrade(&layer)));
                    return layer;
                }
            }
        }
    }

    fn below(&self) -> MutexGuard<'_, HashMap<SleeperKey, (u64, Weak<Layer>)>> {
        self.below.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its context was changed while somebody stood in it: it is no longer the layer of its scenario.
    pub(crate) fn set_changed(&self) {
        self.changed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn lock(&self) -> Locked<'_> {
        self.tree.lock()
    }

    /// Counts something that has happened in the layer.
    pub(crate) fn count(&self, count: impl Fn(&Counters)) {
        count(self.context.counters());
        if let Some(tally) = &self.tally {
            tally.count(count);
        }
    }

    pub(crate) fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// The store in which the node is to be named; the log says if there is none.
    pub(crate) fn store_to_tag(&self, node: &NodeId) -> Option<&Store> {
        if self.store.is_none() {
            tracing::warn!("`{node}` is not tagged: its context has no store");
        }
        self.store()
    }

    /// The store, then those of the layers around that have others.
    pub(crate) fn stores(&self) -> impl Iterator<Item = &Store> {
        let mut last: Option<&Store> = None;
        let stores = self.outward().filter_map(|layer| layer.store.as_ref());
        stores.filter(move |store| last.replace(store).is_none_or(|last| !last.is(store)))
    }

    pub(crate) fn policy(&self) -> Policy {
        self.policy
    }

    pub(crate) fn tally(&self) -> Option<&Arc<Tally>> {
        self.tally.as_ref()
    }

    /// The one around all others.
    pub(crate) fn outermost(self: &Arc<Self>) -> Arc<Layer> {
        let mut outermost = self;
        while let Some(parent) = &outermost.parent {
            outermost = parent;
        }
        Arc::clone(outermost)
    }

    pub(crate) fn parent(&self) -> Option<&Arc<Layer>> {
        self.parent.as_ref()
    }

    /// The layer whose answer for the node, whatever that is, is the answer here: as far out as can be
    /// told without the lock. A run below a scenario is looked at in each of its layers.
    pub(crate) fn answers_as(self: &Arc<Self>, node: NodeIx) -> &Arc<Layer> {
        let mut at = self;
        while at.surface.lets_through(node)
            && let Some(parent) = &at.parent
        {
            at = parent;
        }
        match at.surface.is_in_scenario {
            true => self,
            false => at,
        }
    }

    /// This layer and those around it, from the inside out.
    pub(crate) fn outward(&self) -> impl Iterator<Item = &Layer> {
        std::iter::successors(Some(self), |layer| layer.parent.as_deref())
    }

    /// Whether this is `inner`, or one that it lies in.
    pub(crate) fn is_at_or_above(&self, inner: &Layer) -> bool {
        inner.outward().any(|layer| layer.uid == self.uid)
    }

    pub(crate) fn tree(&self) -> &Arc<Tree> {
        &self.tree
    }

    /// Frees what the layer holds, or lets it sleep. Gives back its parent.
    fn leave(&mut self) -> Option<Arc<Layer>> {
        if std::mem::replace(&mut self.left, true) {
            return None;
        }
        let keeping = self
            .keeping
            .filter(|keeping| !self.changed.load(Ordering::Relaxed) && keeping.limits.layers > 0);
        let mut graph = self.tree.lock();
        let mut whole = None;
        match (&self.parent, keeping) {
            (Some(_), Some(keeping)) => graph.put_to_sleep(self.ix, keeping.key, keeping.limits),
            (Some(_), None) => graph.remove_layer(self.ix),
            // Nothing else of the tree is left: there is no need to give things back one by one.
            (None, _) => whole = Some(std::mem::take(&mut *graph)),
        }
        // Values are dropped without the lock: drops are user code.
        drop(graph);
        drop(whole);
        if let (Some(parent), Some(Keeping { key, .. })) = (&self.parent, self.keeping) {
            let mut below = parent.below();
            if below.get(&key).is_some_and(|(uid, _)| *uid == self.uid) {
                below.remove(&key);
            }
        }
        if let Some(keeping) = keeping {
            self.weigh(keeping.limits);
        }
        self.parent.take()
    }

    /// Adds the size of what the sleeper's values hold on the heap, told by their encodings.
    fn weigh(&self, limits: Limits) {
        let values = self.tree.lock().unweighed(self.ix);
        let Some((turn, values)) = values.filter(|(_, values)| !values.is_empty()) else {
            return;
        };
        let weights: Vec<_> = values
            .iter()
            .map(|(node, value, encode)| {
                let encoded = catch_unwind(AssertUnwindSafe(|| encode(&**value)));
                let encoded = encoded.ok().and_then(Result::ok);
                (*node, encoded.map_or(0, |bytes| bytes.len()))
            })
            .collect();
        drop(values);
        self.tree.lock().weigh(self.ix, turn, &weights, limits);
    }
}

impl Drop for Layer {
    fn drop(&mut self) {
        // One after the other: a long line of parents must not become a deep recursion.
        let mut above = self.leave();
        while let Some(layer) = above {
            above = Arc::into_inner(layer).and_then(|mut layer| layer.leave());
        }
    }
}
